#version 460
/* SPDX-License-Identifier: GPL-3.0-or-later */
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"

LINEAR_LAYOUT;

layout (push_constant) uniform Push {
  int rows, c_x, c_y;
  int x_shift, y_shift, out_shift;
} push;

layout (set = 0, binding = 0) readonly buffer X { T x[]; };
layout (set = 0, binding = 1) readonly buffer Y { T y[]; };
layout (set = 0, binding = 2) writeonly buffer Out { T o[]; };

void
main ()
{
  int i = LINEAR_INDEX;
  int c_out = push.c_x + push.c_y;
  int row = i / c_out;
  int c = i - row * c_out;

  if (row >= push.rows)
    return;
  if (c < push.c_x)
    o[push.out_shift + i] = x[push.x_shift + row * push.c_x + c];
  else
    o[push.out_shift + i] = y[push.y_shift + row * push.c_y + c - push.c_x];
}
