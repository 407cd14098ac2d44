#version 460
/* SPDX-License-Identifier: GPL-3.0-or-later */
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "group_norm.glsl"

LINEAR_LAYOUT;

layout (set = 0, binding = 0) readonly buffer First { T first[]; };
layout (set = 0, binding = 1) buffer Scratch { float scratch[]; };

void
main ()
{
  int group = LINEAR_INDEX;
  int width = push.c / push.groups;
  vec2 sum = vec2 (0.0);

  if (group >= push.groups)
    return;
  for (int part = 0; part < push.parts; part++) {
    int i = scratch_index (group, part);
    sum += vec2 (scratch[i], scratch[i + 1]);
  }
  sum /= float (push.rows) * float (width);

  float variance = max (sum.y - sum.x * sum.x, 0.0);
  if (isnan (sum.y) || isinf (sum.y))
    variance = sum.y - sum.x * sum.x; /* max may drop a NaN */
  int i = scratch_index (group, 0);
  scratch[i] = float (first[push.first_shift + group * width]) + sum.x;
  scratch[i + 1] = inversesqrt (variance + push.epsilon);
}
