#version 460
/* SPDX-License-Identifier: GPL-3.0-or-later */
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"

LINEAR_LAYOUT;

layout (push_constant) uniform Push {
  int count, x_shift, y_shift, out_shift;
  int scale_index; /* -1: not scaled */
} push;

layout (set = 0, binding = 0) readonly buffer X { T x[]; };
layout (set = 0, binding = 1) readonly buffer Y { T y[]; };
layout (set = 0, binding = 2) readonly buffer Scale { float scale[]; };
layout (set = 0, binding = 3) writeonly buffer Out { T o[]; };

void
main ()
{
  int i = LINEAR_INDEX;
  float factor = 1.0;

  if (i >= push.count)
    return;
  if (push.scale_index >= 0)
    factor = scale[push.scale_index];
  o[push.out_shift + i] = T (float (x[push.x_shift + i]) + factor * float (y[push.y_shift + i]));
}
