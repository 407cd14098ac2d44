#version 460
/* SPDX-License-Identifier: GPL-3.0-or-later */
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "attention.glsl"

/* The form for a processor that plays a GPU: one invocation a query, KEYS keys at a time. The loops
 * over a head's elements take STEP groups of four at once: llvmpipe ends a shader's loops, silently,
 * after 65,535 iterations in all. attention.c chooses STEP, small because unrolled code takes long
 * to compile, and refuses what is too long all the same. */
#define KEYS 16
layout (constant_id = 2) const int STEP = 1;
layout (local_size_x = 32) in;

vec4 query[FOURS];
vec4 sums[FOURS];

void
scores_of (int key_index, int stride, int count, out float scores[KEYS])
{
  [[unroll]] for (int j = 0; j < KEYS; j++)
    scores[j] = 0.0;
  for (int first = 0; first < FOURS; first += STEP)
    [[unroll]] for (int step = 0; step < STEP; step++)
      if (first + step < FOURS)
        [[unroll]] for (int j = 0; j < KEYS; j++)
          if (j < count)
            scores[j] += dot (query[first + step], load_k (key_index + j * stride, first + step));
}

void
add_values (int value_index, int stride, int count, float factor, float scores[KEYS])
{
  for (int first = 0; first < FOURS; first += STEP)
    [[unroll]] for (int step = 0; step < STEP; step++)
      if (first + step < FOURS) {
        vec4 sum = sums[first + step] * factor;
        [[unroll]] for (int j = 0; j < KEYS; j++)
          if (j < count)
            sum += scores[j] * load_v (value_index + j * stride, first + step);
        sums[first + step] = sum;
      }
}

void
main ()
{
  int row = int (gl_GlobalInvocationID.x);
  int head = int (gl_WorkGroupID.y);
  int n = int (gl_WorkGroupID.z);
  int stride = push.heads * push.head_dim;

  if (row >= push.queries)
    return;
  int q_index = token_index (n, push.queries, row, head);
  int limit = key_limit (row);
  float largest = NEGATIVE_INFINITY;
  float total = 0.0;

  for (int i = 0; i < FOURS; i++) {
    query[i] = load_q (q_index, i) * push.scale;
    sums[i] = vec4 (0.0);
  }

  for (int key = 0; key < limit; key += KEYS) {
    int key_index = token_index (n, push.keys, key, head);
    int count = min (KEYS, limit - key);
    float scores[KEYS];
    float before = largest;

    scores_of (key_index, stride, count, scores);
    [[unroll]] for (int j = 0; j < KEYS; j++)
      if (j < count)
        largest = max (largest, scores[j]);
    float factor = exp (before - largest);
    total *= factor;
    [[unroll]] for (int j = 0; j < KEYS; j++) {
      scores[j] = j < count ? exp (scores[j] - largest) : 0.0;
      total += scores[j];
    }
    add_values (key_index, stride, count, factor, scores);
  }

  for (int i = 0; i < FOURS; i++)
    [[unroll]] for (int j = 0; j < 4; j++)
      if (4 * i + j < push.head_dim)
        o[push.out_shift + q_index + 4 * i + j] = T (sums[i][j] / total);
}
