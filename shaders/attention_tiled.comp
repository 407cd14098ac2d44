#version 460
/* SPDX-License-Identifier: GPL-3.0-or-later */
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "attention.glsl"

/* The form for GPUs: a work group of 128 invocations takes QUERIES queries and goes through the
 * keys KEYS at a time. Eight invocations share a query: in the scores each has four keys, in the
 * sums each has every eighth group of four values. Queries, keys and values pass through shared
 * memory in chunks of the head's elements. */
#define QUERIES 16
#define KEYS 32
#define CHUNK 4 /* groups of four elements */
#define SHARERS 8

layout (local_size_x = 128) in;

const int OWN = (FOURS + SHARERS - 1) / SHARERS;

shared vec4 q_tile[QUERIES][CHUNK + 1];
shared vec4 k_tile[KEYS][CHUNK + 1];
shared float scores[QUERIES][KEYS + 1];
shared vec4 v_tile[KEYS][SHARERS];

int t, query, sharer, head, n, first_query;

void
load_chunk (int first_key, int fours)
{
  if (t < QUERIES * CHUNK) {
    int i = fours + t % CHUNK;
    int token = min (first_query + t / CHUNK, push.queries - 1);
    q_tile[t / CHUNK][t % CHUNK] =
        i < FOURS ? load_q (token_index (n, push.queries, token, head), i) : vec4 (0.0);
  }
  int i = fours + t % CHUNK;
  int token = min (first_key + t / CHUNK, push.keys - 1);
  k_tile[t / CHUNK][t % CHUNK] =
      i < FOURS ? load_k (token_index (n, push.keys, token, head), i) : vec4 (0.0);
}

/* Scores of this invocation's query with its four keys, into shared memory. */
void
score (int first_key, int limit)
{
  vec4 sum = vec4 (0.0);

  for (int fours = 0; fours < FOURS; fours += CHUNK) {
    barrier ();
    load_chunk (first_key, fours);
    barrier ();
    [[unroll]] for (int i = 0; i < CHUNK; i++) {
      vec4 part = q_tile[query][i];
      [[unroll]] for (int j = 0; j < 4; j++)
        sum[j] += dot (part, k_tile[sharer * 4 + j][i]);
    }
  }
  [[unroll]] for (int j = 0; j < 4; j++)
    scores[query][sharer * 4 + j] =
        first_key + sharer * 4 + j < limit ? sum[j] * push.scale : NEGATIVE_INFINITY;
}

void
main ()
{
  t = int (gl_LocalInvocationID.x);
  query = t / SHARERS;
  sharer = t % SHARERS;
  head = int (gl_WorkGroupID.y);
  n = int (gl_WorkGroupID.z);
  first_query = int (gl_WorkGroupID.x) * QUERIES;

  int row = first_query + query;
  int limit = key_limit (row);
  /* The whole group goes through the same keys, for the sake of the barriers. */
  int group_limit = key_limit (first_query + QUERIES - 1);
  float largest = NEGATIVE_INFINITY;
  float total = 0.0;
  vec4 sums[OWN];

  for (int i = 0; i < OWN; i++)
    sums[i] = vec4 (0.0);

  for (int key = 0; key < group_limit; key += KEYS) {
    float before = largest;

    score (key, limit);
    barrier ();
    for (int j = 0; j < KEYS; j++)
      largest = max (largest, scores[query][j]);
    float factor = exp (before - largest);
    total *= factor;
    for (int j = 0; j < KEYS; j++)
      total += key + j < limit ? exp (scores[query][j] - largest) : 0.0;

    for (int i = 0; i < OWN; i++) {
      barrier ();
      for (int j = query; j < KEYS; j += QUERIES) {
        int own = i * SHARERS + sharer;
        v_tile[j][sharer] = own < FOURS && key + j < push.keys
                                ? load_v (token_index (n, push.keys, key + j, head), own)
                                : vec4 (0.0);
      }
      barrier ();
      vec4 sum = sums[i] * factor;
      for (int j = 0; j < KEYS; j++)
        if (key + j < limit)
          sum += exp (scores[query][j] - largest) * v_tile[j][sharer];
      sums[i] = sum;
    }
  }

  if (row >= push.queries)
    return;
  int out_index = token_index (n, push.queries, row, head);
  for (int i = 0; i < OWN; i++) {
    int first = (i * SHARERS + sharer) * 4;
    for (int j = 0; j < 4 && first + j < push.head_dim; j++)
      o[push.out_shift + out_index + first + j] = T (sums[i][j] / total);
  }
}
