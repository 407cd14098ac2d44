/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "cpu/kernel-test.h"

#include <math.h>

struct attention_case {
  int n, tokens, keys, heads, d;
  bool causal;
  double scale;    /* of q and k; 0 is 1 */
  char special_in; /* 'q', 'k' or 'v' */
  double special;
  gsize special_at;
};

static const struct attention_case cases[] = {
  { 1, 1, 1, 1, 1 },
  { 2, 7, 77, 5, 1 },
  { 1, 7, 1, 1, 8 },
  { 2, 77, 77, 2, 8 },
  { 1, 130, 77, 8, 40 },
  { 2, 66, 513, 2, 40 },
  { 3, 13, 7, 5, 64 },
  { 1, 130, 130, 1, 64 },
  { 1, 33, 385, 2, 80 },
  { 1, 9, 200, 3, 160 },
  { 2, 77, 3, 1, 160 },
  { 1, 1, 130, 1, 512 },
  { 1, 67, 257, 1, 512 },
  { 1, 7, 9, 2, 13 },
  { 1, 5, 400, 2, 7 },
  { 1, 3, 4097, 2, 13 },
  { 1, 8, 9216, 1, 160 },
  { 1, 2, 65, 1, 700 },

  /* all widths of a last panel */
  { 1, 5, 50, 1, 9 },
  { 1, 5, 50, 1, 17 },
  { 1, 5, 50, 1, 25 },
  { 1, 5, 50, 1, 33 },
  { 1, 5, 50, 1, 47 },
  { 1, 5, 50, 1, 49 },

  { 1, 1, 1, 1, 8, .causal = true },
  { 2, 7, 7, 3, 1, .causal = true },
  { 1, 77, 77, 12, 64, .causal = true },
  { 1, 400, 400, 2, 40, .causal = true },
  { 1, 7, 13, 1, 8, .causal = true },
  { 1, 13, 7, 1, 8, .causal = true },
  { 1, 130, 130, 1, 512, .causal = true },

  /* scores of 150 and more */
  { 1, 77, 477, 2, 64, .scale = 12 },
  { 2, 7, 130, 1, 40, .scale = 12 },
  { 1, 77, 77, 1, 8, .scale = 12, .causal = true },
  { 1, 13, 133, 1, 512, .scale = 12 },

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
  { 1, 13, 33, 1, 8, .special_in = 'k', .special = -INFINITY, .special_at = 0 },
  { 1, 13, 1, 1, 8, .special_in = 'k', .special = INFINITY, .special_at = 0 },
};

static reference_array *
make (struct kernel_test *t, const struct attention_case *one, char which, int tokens)
{
  double scale = which != 'v' && one->scale > 0 ? one->scale : 1;
  reference_array *array =
      kernel_test_array (t, t->dtype, one->n, tokens, 1, one->heads * one->d, 0, scale);

  if (one->special_in == which)
    array->values[one->special_at] = one->special;
  return array;
}

static void
call (struct kernel_test *t, gpointer data)
{
  struct limn_cpu_attention *attention = data;

  attention->scratch = kernel_test_scratch (t, t->kernels->attention_scratch (attention));
  t->kernels->attention (attention);
}

static void
run (struct kernel_test *t, gsize index)
{
  const struct attention_case *one = &cases[index];
  reference_array *q = make (t, one, 'q', one->tokens), *k = make (t, one, 'k', one->keys);
  reference_array *v = make (t, one, 'v', one->keys);
  reference_array *expected =
      kernel_test_keep (t, reference_attention (q, k, v, one->heads, one->causal));
  struct limn_cpu_attention attention = {
    t->dtype,
    one->n,
    one->tokens,
    one->keys,
    one->heads,
    one->d,
    one->causal,
    kernel_test_input (t, t->dtype, q),
    kernel_test_input (t, t->dtype, k),
    kernel_test_input (t, t->dtype, v),
    .out = kernel_test_output (t, expected),
  };
  /* Rounding a score of 150 to f32 changes its exponential by 1e-5; thousands of values of both
   * signs average to almost nothing, beside which the rounding of their sum is not small. Shares of
   * one query are bf16 too where the processor multiplies such. */
  double bound = one->scale > 1 || one->keys > 4000 ? 1e-9 : 1e-11;

  if (t->dtype == LIMN_DTYPE_BF16)
    bound = 1e-5;
  kernel_test_threads (t, expected, attention.out, call, &attention);
  kernel_test_check (t, attention.out, expected, bound);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  kernel_test_add ("attention", G_N_ELEMENTS (cases), run);
  return g_test_run ();
}
