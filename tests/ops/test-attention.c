/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "harness.h"

#include <math.h>

struct attention_case {
  int n, tokens, keys, heads, d;
  bool causal;
  double scale;    /* of q and k; 0 is 1 */
  char special_in; /* 'q', 'k' or 'v' */
  double special;
  gsize special_at;
  gsize max_range;
};

static const struct attention_case cases[] = {
  { 1, 1, 1, 1, 1 },
  { 1, 7, 7, 1, 1 },
  { 2, 7, 77, 5, 1 },
  { 1, 7, 1, 1, 8 },
  { 2, 77, 77, 2, 8 },
  { 1, 130, 77, 8, 40 },
  { 2, 7, 130, 3, 40 },
  { 1, 77, 77, 12, 64, .causal = true },
  { 3, 13, 7, 5, 64 },
  { 1, 130, 130, 1, 64 },
  { 1, 33, 77, 2, 80 },
  { 1, 7, 13, 3, 160 },
  { 2, 77, 3, 1, 160 },
  { 1, 1, 130, 1, 512 },
  { 1, 130, 130, 1, 512 },
  { 1, 7, 9, 2, 13 },
  { 1, 70001, 1, 1, 1 },

  /* Many rounds of loops: Mesa's llvmpipe leaves a shader's loops without a word once all of them
   * together have gone round 65,535 times. */
  { 1, 3, 4096, 1, 512 },
  { 1, 3, 16384, 1, 64 },
  { 1, 3, 4097, 2, 13 },
  { 1, 3, 16384, 1, 40 },
  { 1, 3, 9216, 1, 160 },

  { 1, 1, 1, 1, 8, .causal = true },
  { 2, 7, 7, 3, 1, .causal = true },
  { 1, 130, 130, 2, 40, .causal = true },
  { 1, 7, 13, 1, 8, .causal = true },
  { 1, 13, 7, 1, 8, .causal = true },
  { 1, 33, 33, 1, 160, .causal = true },

  /* Scores of 150 and more: exp() of one overflows, so the largest must be subtracted first. */
  { 1, 77, 77, 2, 64, .scale = 12 },
  { 2, 7, 130, 1, 40, .scale = 12 },
  { 1, 77, 77, 1, 8, .scale = 12, .causal = true },
  { 1, 13, 33, 1, 512, .scale = 12 },

  { 2, 13, 33, 2, 8, .special_in = 'q', .special = NAN, .special_at = 5 * 16 },
  { 2, 13, 33, 2, 8, .special_in = 'k', .special = NAN, .special_at = 7 * 16 + 8 },
  { 2, 13, 33, 2, 8, .special_in = 'v', .special = NAN, .special_at = 7 * 16 + 3 },
  { 1, 77, 77, 1, 40, .causal = true, .special_in = 'k', .special = NAN, .special_at = 50 * 40 },
  { 1, 77, 77, 1, 40, .causal = true, .special_in = 'v', .special = NAN, .special_at = 50 * 40 },
  { 1, 77, 77, 1, 64, .causal = true, .special_in = 'v', .special = INFINITY,
    .special_at = 9 * 64 },
  { 1, 13, 33, 2, 8, .special_in = 'q', .special = INFINITY, .special_at = 5 * 16 },
  { 1, 13, 33, 2, 8, .special_in = 'v', .special = -INFINITY, .special_at = 32 * 16 + 15 },
  /* Half of the queries see a score of minus infinity, which is a share of zero. */
  { 1, 13, 33, 1, 8, .special_in = 'k', .special = INFINITY, .special_at = 20 * 8 },
  { 1, 13, 33, 1, 8, .special_in = 'k', .special = INFINITY, .special_at = 0 },

  /* queries and results larger than a binding */
  { 2, 300, 77, 3, 64, .max_range = 65536 },
  { 3, 130, 77, 5, 40, .max_range = 65536 },
  { 1, 1300, 130, 1, 13, .causal = true, .max_range = 65536 },
};

struct attention_inputs {
  harness_input q, k, v;
  struct limn_attention_params params;
};

static limn_tensor
attention (limn_pass *pass, gpointer data)
{
  struct attention_inputs *inputs = data;
  return limn_attention (pass, inputs->q.tensor, inputs->k.tensor, inputs->v.tensor,
                         &inputs->params);
}

static harness_input
make_input (harness *h, const struct attention_case *one, char which, int tokens)
{
  struct harness_fill fill = { .scale = which == 'v' ? 1 : one->scale };
  if (one->special_in == which)
    fill.special = one->special, fill.special_at = one->special_at;
  return harness_activation (h, one->n, tokens, 1, one->heads * one->d, &fill);
}

static void
run (harness *h, gsize index)
{
  const struct attention_case *one = &cases[index];
  struct attention_inputs in = {
    .q = make_input (h, one, 'q', one->tokens),
    .k = make_input (h, one, 'k', one->keys),
    .v = make_input (h, one, 'v', one->keys),
    .params = { one->heads, one->causal },
  };
  /* Rounding a score of 150 to f32 changes it by 1e-5, and its exponential by that much
   * relatively. Thousands of values of both signs average to almost nothing, beside which the
   * rounding of their sum is not small. */
  bool wide = one->scale > 1 || one->keys > 4000;
  double bound = wide && h->storage == LIMN_DTYPE_F32 ? 1e-9 : 0;
  if (one->max_range > 0)
    harness_limit_range (h, one->max_range);
  harness_check (h, attention, &in,
                 reference_attention (in.q.array, in.k.array, in.v.array, one->heads, one->causal),
                 bound);
}

static void
describe (gsize index, GString *name)
{
  const struct attention_case *one = &cases[index];
  g_string_append_printf (name, "n%d %d-%d tokens %d heads of %d", one->n, one->tokens, one->keys,
                          one->heads, one->d);
  if (one->causal)
    g_string_append (name, " causal");
  if (one->scale > 1)
    g_string_append (name, " large scores");
  if (one->special_in != 0)
    g_string_append_printf (name, " %g in %c", one->special, one->special_in);
  if (one->max_range > 0)
    g_string_append (name, " sliced");
}

int
main (int argc, char **argv)
{
  static const struct harness_table table = {
    .name = "attention",
    .n_cases = G_N_ELEMENTS (cases),
    .describe = describe,
    .run = run,
    .forms = true,
  };
  harness_init (&argc, &argv);
  harness_add (&table);
  return harness_run ();
}
