#version 460
/* SPDX-License-Identifier: GPL-3.0-or-later */
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "group_norm.glsl"

#define LOCAL 32
layout (local_size_x = LOCAL) in;

layout (set = 0, binding = 0) readonly buffer X { T x[]; };
layout (set = 0, binding = 1) readonly buffer First { T first[]; };
layout (set = 0, binding = 2) writeonly buffer Scratch { float scratch[]; };

shared vec2 partial[LOCAL];

void
main ()
{
  int group = int (gl_WorkGroupID.x);
  int part = push.part + int (gl_WorkGroupID.y);
  int t = int (gl_LocalInvocationID.x);
  int width = push.c / push.groups;
  int row = push.rows / push.parts * part + push.rows % push.parts * part / push.parts;
  int end = push.rows / push.parts * (part + 1) + push.rows % push.parts * (part + 1) / push.parts;
  float x_0 = float (first[push.first_shift + group * width]);
  int base = push.x_shift + (row - push.row) * push.c + group * width;
  int count = (end - row) * width;
  vec2 sum = vec2 (0.0);

  for (int i = t; i < count; i += LOCAL) {
    float d = float (x[base + i / width * push.c + i % width]) - x_0;
    sum += vec2 (d, d * d);
  }
  partial[t] = sum;
  barrier ();
  if (t > 0)
    return;
  for (int i = 1; i < LOCAL; i++)
    sum += partial[i];
  scratch[scratch_index (group, part)] = sum.x;
  scratch[scratch_index (group, part) + 1] = sum.y;
}
