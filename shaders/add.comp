#version 460
/* SPDX-License-Identifier: GPL-3.0-or-later */
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"

LINEAR_LAYOUT;

layout (push_constant) uniform Push {
  int count, x_shift, y_shift, out_shift;
  int scale_index;  /* -1: not scaled */
  int scale_stride; /* with a stride: the scale of the first picture that is bound */
  int size;         /* elements of a picture */
  int first;        /* what of the first picture lies before */
  int repeat;       /* 1: y is one picture, bound whole */
} push;

layout (set = 0, binding = 0) readonly buffer X { T x[]; };
layout (set = 0, binding = 1) readonly buffer Y { T y[]; };
layout (set = 0, binding = 2) readonly buffer Scale { float scale[]; };
layout (set = 0, binding = 3) writeonly buffer Out { T o[]; };

void
main ()
{
  int i = LINEAR_INDEX;
  int from = i;
  float factor = 1.0;

  if (i >= push.count)
    return;
  if (push.repeat != 0)
    from = (push.first + i) % push.size;
  if (push.scale_stride > 0)
    factor = scale[push.scale_index + (push.first + i) / push.size * push.scale_stride];
  else if (push.scale_index >= 0)
    factor = scale[push.scale_index];
  o[push.out_shift + i] = T (float (x[push.x_shift + i]) + factor * float (y[push.y_shift + from]));
}
