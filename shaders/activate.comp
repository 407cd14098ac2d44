#version 460
/* SPDX-License-Identifier: GPL-3.0-or-later */
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "activation.glsl"

LINEAR_LAYOUT;

layout (push_constant) uniform Push {
  int count, x_shift, out_shift, activation;
} push;

layout (set = 0, binding = 0) readonly buffer X { T x[]; };
layout (set = 0, binding = 1) writeonly buffer Out { T o[]; };

void
main ()
{
  int i = LINEAR_INDEX;

  if (i < push.count)
    o[push.out_shift + i] = T (activate (push.activation, vec4 (x[push.x_shift + i])).x);
}
