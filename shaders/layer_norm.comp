#version 460
/* SPDX-License-Identifier: GPL-3.0-or-later */
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"

/* THREADS invocations a row in x, several rows a work group in y. With one thread there is nothing
 * to share and no barrier. */
layout (local_size_x_id = 0, local_size_y_id = 1) in;
layout (constant_id = 0) const int THREADS = 64;

layout (push_constant) uniform Push {
  int rows, c;
  int x_shift, out_shift;
  float epsilon;
} push;

layout (set = 0, binding = 0) readonly buffer X { T x[]; };
layout (set = 0, binding = 1) readonly buffer Scale { float scale[]; };
layout (set = 0, binding = 2) readonly buffer Shift { float shift[]; };
layout (set = 0, binding = 3) writeonly buffer Out { T o[]; };

shared float partial[THREADS];

float
total (float value)
{
  if (THREADS == 1)
    return value;

  float sum = 0.0;
  barrier ();
  partial[gl_LocalInvocationID.x] = value;
  barrier ();
  for (int i = 0; i < THREADS; i++)
    sum += partial[i];
  return sum;
}

void
main ()
{
  int row = int (gl_GlobalInvocationID.y);
  int t = int (gl_LocalInvocationID.x);
  bool inside = row < push.rows;
  int c_end = inside ? push.c : 0;
  int base = push.x_shift + row * push.c;
  float x_0 = inside ? float (x[base]) : 0.0; /* keeps sums small where the mean is large */
  float sum = 0.0, squares = 0.0;

  for (int c = t; c < c_end; c += THREADS)
    sum += float (x[base + c]) - x_0;
  float shifted_mean = total (sum) / float (push.c);

  for (int c = t; c < c_end; c += THREADS) {
    float d = float (x[base + c]) - x_0 - shifted_mean;
    squares += d * d;
  }
  float factor = inversesqrt (total (squares) / float (push.c) + push.epsilon);

  for (int c = t; c < c_end; c += THREADS)
    o[push.out_shift + row * push.c + c] =
        T ((float (x[base + c]) - x_0 - shifted_mean) * factor * scale[c] + shift[c]);
}
