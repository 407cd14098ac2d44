#version 460
/* SPDX-License-Identifier: GPL-3.0-or-later */
#extension GL_GOOGLE_include_directive : require
#extension GL_KHR_shader_subgroup_shuffle : require
#include "common.glsl"
#include "attention.glsl"

/* The form for a processor that plays a GPU: ROWS queries a lane. All lanes of a subgroup see the
 * same keys, so each loads one of them and a shuffle hands it round: LANES keys at a time. LANES must
 * be the device's subgroup size.
 *
 * The loops over a head's elements take STEP groups of four at once: llvmpipe ends a shader's loops,
 * silently, after 65,535 iterations in all. attention.c chooses STEP, for unrolled code takes long
 * to compile, and refuses what is too long all the same. */
#define ROWS 4
layout (local_size_x_id = 2) in;
layout (constant_id = 2) const int LANES = 8;
layout (constant_id = 3) const int STEP = 1;

/* [fours][row] */
vec4 query[FOURS * ROWS];
vec4 sums[FOURS * ROWS];

float scores[ROWS * LANES];
float factors[ROWS];

void
score_keys (int own_key)
{
  [[unroll]] for (int i = 0; i < ROWS * LANES; i++)
    scores[i] = 0.0;
  [[dont_unroll]] for (int first = 0; first < FOURS; first += STEP)
    [[unroll]] for (int step = 0; step < STEP; step++)
      if (first + step < FOURS) {
        vec4 key = load_k (own_key, first + step);
        [[unroll]] for (int j = 0; j < LANES; j++) {
          vec4 other = subgroupShuffle (key, j);
          [[unroll]] for (int r = 0; r < ROWS; r++)
            scores[r * LANES + j] += dot (query[(first + step) * ROWS + r], other);
        }
      }
}

void
add_values (int own_value)
{
  [[dont_unroll]] for (int first = 0; first < FOURS; first += STEP)
    [[unroll]] for (int step = 0; step < STEP; step++)
      if (first + step < FOURS) {
        vec4 value = load_v (own_value, first + step);
        vec4 sum[ROWS];
        [[unroll]] for (int r = 0; r < ROWS; r++)
          sum[r] = sums[(first + step) * ROWS + r] * factors[r];
        [[unroll]] for (int j = 0; j < LANES; j++) {
          vec4 other = subgroupShuffle (value, j);
          /* A key that does not count must not bring in NaN. */
          [[unroll]] for (int r = 0; r < ROWS; r++)
            sum[r] += scores[r * LANES + j] != 0.0 ? scores[r * LANES + j] * other : vec4 (0.0);
        }
        [[unroll]] for (int r = 0; r < ROWS; r++)
          sums[(first + step) * ROWS + r] = sum[r];
      }
}

void
main ()
{
  int lane = int (gl_LocalInvocationID.x);
  int first_row = int (gl_GlobalInvocationID.x) * ROWS;
  int head = int (gl_WorkGroupID.y);
  int n = int (gl_WorkGroupID.z);
  int limits[ROWS];
  /* All lanes go as far as the last one of them. */
  int group_limit = key_limit ((int (gl_WorkGroupID.x) + 1) * LANES * ROWS - 1);
  float largest[ROWS], total[ROWS];

  [[unroll]] for (int r = 0; r < ROWS; r++) {
    limits[r] = key_limit (first_row + r);
    largest[r] = NEGATIVE_INFINITY;
    total[r] = 0.0;
  }
  [[dont_unroll]] for (int first = 0; first < FOURS; first += STEP)
    [[unroll]] for (int step = 0; step < STEP; step++)
      if (first + step < FOURS)
        [[unroll]] for (int r = 0; r < ROWS; r++) {
          int token = min (first_row + r, push.queries - 1);
          query[(first + step) * ROWS + r] =
              load_q (token_index (n, push.queries, token, head), first + step) * push.scale;
          sums[(first + step) * ROWS + r] = vec4 (0.0);
        }

  for (int key = 0; key < group_limit; key += LANES) {
    int own = token_index (n, push.keys, min (key + lane, push.keys - 1), head);

    score_keys (own);
    [[unroll]] for (int r = 0; r < ROWS; r++) {
      float before = largest[r];
      [[unroll]] for (int j = 0; j < LANES; j++)
        if (key + j < limits[r])
          largest[r] = max (largest[r], scores[r * LANES + j]);
      factors[r] = exp (before - largest[r]);
      total[r] *= factors[r];
      [[unroll]] for (int j = 0; j < LANES; j++) {
        int i = r * LANES + j;
        scores[i] = key + j < limits[r] ? exp (scores[i] - largest[r]) : 0.0;
        total[r] += scores[i];
      }
    }
    add_values (own);
  }

  [[dont_unroll]] for (int first = 0; first < FOURS; first += STEP)
    [[unroll]] for (int step = 0; step < STEP; step++)
      [[unroll]] for (int r = 0; r < ROWS; r++) {
        vec4 result = sums[(first + step) * ROWS + r] / total[r];
        int index = token_index (n, push.queries, first_row + r, head) + 4 * (first + step);
        [[unroll]] for (int j = 0; j < 4; j++)
          if (first_row + r < push.queries && 4 * (first + step) + j < push.head_dim)
            o[push.out_shift + index + j] = T (result[j]);
      }
}
