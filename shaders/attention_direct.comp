#version 460
/* SPDX-License-Identifier: GPL-3.0-or-later */
#extension GL_GOOGLE_include_directive : require
#extension GL_KHR_shader_subgroup_shuffle : require
#include "common.glsl"
#include "attention.glsl"

/* The form for a processor that plays a GPU: one lane a query. All lanes of a subgroup see the same
 * keys, so each loads one of them and a shuffle hands it round: LANES keys at a time. LANES must be
 * the device's subgroup size.
 *
 * The loops over a head's elements take STEP groups of four at once: llvmpipe ends a shader's loops,
 * silently, after 65,535 iterations in all. attention.c chooses STEP, for unrolled code takes long
 * to compile, and refuses what is too long all the same. */
layout (local_size_x_id = 2) in;
layout (constant_id = 2) const int LANES = 8;
layout (constant_id = 3) const int STEP = 1;

vec4 query[FOURS];
vec4 sums[FOURS];

void
scores_of (int own_key, out float scores[LANES])
{
  [[unroll]] for (int j = 0; j < LANES; j++)
    scores[j] = 0.0;
  [[dont_unroll]] for (int first = 0; first < FOURS; first += STEP)
    [[unroll]] for (int step = 0; step < STEP; step++)
      if (first + step < FOURS) {
        vec4 part = query[first + step];
        vec4 key = load_k (own_key, first + step);
        [[unroll]] for (int j = 0; j < LANES; j++)
          scores[j] += dot (part, subgroupShuffle (key, j));
      }
}

void
add_values (int own_value, float factor, float scores[LANES])
{
  [[dont_unroll]] for (int first = 0; first < FOURS; first += STEP)
    [[unroll]] for (int step = 0; step < STEP; step++)
      if (first + step < FOURS) {
        vec4 sum = sums[first + step] * factor;
        vec4 value = load_v (own_value, first + step);
        [[unroll]] for (int j = 0; j < LANES; j++)
          if (scores[j] != 0.0)
            sum += scores[j] * subgroupShuffle (value, j);
        sums[first + step] = sum;
      }
}

void
main ()
{
  int lane = int (gl_LocalInvocationID.x);
  int row = int (gl_GlobalInvocationID.x);
  int head = int (gl_WorkGroupID.y);
  int n = int (gl_WorkGroupID.z);
  int q_index = token_index (n, push.queries, min (row, push.queries - 1), head);
  int limit = key_limit (row);
  /* All lanes go as far as the last one of them. */
  int group_limit = key_limit (int (gl_WorkGroupID.x) * LANES + LANES - 1);
  float largest = NEGATIVE_INFINITY;
  float total = 0.0;

  [[dont_unroll]] for (int first = 0; first < FOURS; first += STEP)
    [[unroll]] for (int step = 0; step < STEP; step++)
      if (first + step < FOURS) {
        query[first + step] = load_q (q_index, first + step) * push.scale;
        sums[first + step] = vec4 (0.0);
      }

  for (int key = 0; key < group_limit; key += LANES) {
    int own = token_index (n, push.keys, min (key + lane, push.keys - 1), head);
    float scores[LANES];
    float before = largest;

    scores_of (own, scores);
    [[unroll]] for (int j = 0; j < LANES; j++)
      if (key + j < limit)
        largest = max (largest, scores[j]);
    float factor = exp (before - largest);
    total *= factor;
    [[unroll]] for (int j = 0; j < LANES; j++) {
      scores[j] = key + j < limit ? exp (scores[j] - largest) : 0.0;
      total += scores[j];
    }
    add_values (own, factor, scores);
  }

  if (row >= push.queries)
    return;
  [[dont_unroll]] for (int first = 0; first < FOURS; first += STEP)
    [[unroll]] for (int step = 0; step < STEP; step++)
      [[unroll]] for (int j = 0; j < 4; j++)
        if (4 * (first + step) + j < push.head_dim)
          o[push.out_shift + q_index + 4 * (first + step) + j] =
              T (sums[first + step][j] / total);
}
