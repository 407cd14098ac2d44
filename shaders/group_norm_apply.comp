#version 460
/* SPDX-License-Identifier: GPL-3.0-or-later */
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "activation.glsl"
#include "group_norm.glsl"

LINEAR_LAYOUT;

layout (set = 0, binding = 0) readonly buffer X { T x[]; };
layout (set = 0, binding = 1) readonly buffer Scratch { float scratch[]; };
layout (set = 0, binding = 2) readonly buffer Scale { float scale[]; };
layout (set = 0, binding = 3) readonly buffer Shift { float shift[]; };
layout (set = 0, binding = 4) writeonly buffer Out { T o[]; };

void
main ()
{
  int i = LINEAR_INDEX;
  int row = i / push.c;
  int c = i - row * push.c;

  if (row >= push.n_rows)
    return;
  int s = scratch_index (c / (push.c / push.groups), 0);
  float y = (float (x[push.x_shift + i]) - scratch[s]) * scratch[s + 1] * scale[c] + shift[c];
  o[push.out_shift + i] = T (activate (push.activation, vec4 (y)).x);
}
