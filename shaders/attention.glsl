/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What the forms of attention share. Tokens are [n, tokens, heads * head_dim]. Both keep, per
 * query, the largest score so far, the sum of exp (score - largest) and the weighted sum of values
 * (online softmax, arXiv:2112.05682): the scores themselves are never in memory. */

layout (constant_id = 0) const int FOURS = 16;      /* head_dim / 4, rounded up */
layout (constant_id = 1) const bool ALIGNED = true; /* head_dim is a multiple of 4 */

layout (push_constant) uniform Push {
  int queries, keys; /* of one picture, in this dispatch */
  int first_query;   /* of this dispatch */
  int heads, head_dim;
  int causal;
  float scale; /* 1 / sqrt (head_dim) */
  int q_shift, k_shift, v_shift, out_shift;
} push;

layout (set = 0, binding = 0) readonly buffer Q { T q[]; };
layout (set = 0, binding = 0) readonly buffer QFours { T4 q_fours[]; };
layout (set = 0, binding = 1) readonly buffer K { T k[]; };
layout (set = 0, binding = 1) readonly buffer KFours { T4 k_fours[]; };
layout (set = 0, binding = 2) readonly buffer V { T v[]; };
layout (set = 0, binding = 2) readonly buffer VFours { T4 v_fours[]; };
layout (set = 0, binding = 3) writeonly buffer Out { T o[]; };

#define NEGATIVE_INFINITY uintBitsToFloat (0xff800000u)

int
token_index (int n, int tokens, int token, int head)
{
  return ((n * tokens + token) * push.heads + head) * push.head_dim;
}

/* How many keys the query of row @row of this dispatch sees. */
int
key_limit (int row)
{
  return push.causal != 0 ? min (push.keys, push.first_query + row + 1) : push.keys;
}

/* Four elements of a head from @index + 4 @i on, zero past its end. */
#define DEFINE_LOAD(name, scalars, fours, shift)                                                        \
  vec4 name (int index, int i)                                                                     \
  {                                                                                                \
    if (ALIGNED)                                                                                   \
      return vec4 (fours[(shift + index) / 4 + i]);                                                          \
    vec4 value = vec4 (0.0);                                                                       \
    [[unroll]] for (int j = 0; j < 4; j++)                                                         \
      if (4 * i + j < push.head_dim)                                                               \
        value[j] = float (scalars[shift + index + 4 * i + j]);                                               \
    return value;                                                                                  \
  }

DEFINE_LOAD (load_q, q, q_fours, push.q_shift)
DEFINE_LOAD (load_k, k, k_fours, push.k_shift)
DEFINE_LOAD (load_v, v, v_fours, push.v_shift)
