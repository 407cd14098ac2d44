#version 460
/* SPDX-License-Identifier: GPL-3.0-or-later */
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "activation.glsl"

LINEAR_LAYOUT;

layout (push_constant) uniform Push {
  int rows, d;
  int x_shift, out_shift;
} push;

layout (set = 0, binding = 0) readonly buffer X { T x[]; };
layout (set = 0, binding = 1) writeonly buffer Out { T o[]; };

void
main ()
{
  int i = LINEAR_INDEX;
  int row = i / push.d;
  int first = push.x_shift + i + row * push.d;

  if (row < push.rows)
    o[push.out_shift + i] = T (float (x[first]) * gelu (vec4 (x[first + push.d])).x);
}
