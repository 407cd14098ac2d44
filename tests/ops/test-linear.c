/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "harness.h"

#include <math.h>

enum {
  BIAS = 1 << 0,
  RESIDUAL = 1 << 1,
  BOTH = BIAS | RESIDUAL,
};

struct linear_case {
  int n, h, w, in, out;
  int parts;
  limn_activation activation;
  double special; /* at element @special_at of x */
  gsize special_at;
  double weight_special; /* at the first weight of the second output channel */
  gsize max_range;
  bool staging;
};

static const struct linear_case cases[] = {
  { 1, 1, 1, 1, 1 },
  { 1, 1, 1, 3, 5, BIAS },
  { 1, 1, 1, 320, 1280, BIAS, LIMN_ACTIVATION_SILU },
  { 2, 77, 1, 127, 13, BIAS },
  { 1, 13, 1, 13, 127, RESIDUAL },
  { 3, 7, 5, 64, 320, BOTH },
  { 1, 130, 1, 768, 64, BOTH },
  { 1, 3, 1, 5120, 13, BIAS },
  { 1, 4, 1, 4, 4, BOTH },
  { 2, 5, 13, 5, 3, BIAS },
  { 1, 64, 1, 64, 64 },
  { 1, 17, 1, 1, 127, BIAS },
  { 1, 127, 1, 127, 1, BIAS },
  { 1, 300, 300, 1, 1, BIAS },

  { 1, 13, 1, 13, 13, BOTH, LIMN_ACTIVATION_RELU },
  { 1, 13, 1, 13, 13, BOTH, LIMN_ACTIVATION_SILU },
  { 1, 13, 1, 13, 13, BOTH, LIMN_ACTIVATION_GELU },
  { 1, 13, 1, 13, 13, BOTH, LIMN_ACTIVATION_QUICK_GELU },
  { 1, 13, 1, 13, 13, BOTH, LIMN_ACTIVATION_SOFT_CLAMP },

  { 1, 20, 1, 64, 64, BIAS, .special = NAN, .special_at = 5 * 64 },
  { 2, 13, 1, 13, 127, BIAS, .special = INFINITY, .special_at = 13 * 13 },
  { 1, 13, 1, 127, 5, BIAS, .special = -INFINITY, .special_at = 127 * 12 + 126 },
  { 1, 13, 1, 13, 13, BIAS, LIMN_ACTIVATION_RELU, .special = NAN, .special_at = 0 },
  { 1, 21, 1, 13, 127, BIAS, .weight_special = NAN },
  { 1, 21, 1, 64, 64, BIAS, .weight_special = INFINITY },

  { 2, 300, 1, 127, 64, BOTH, .max_range = 65536 },
  { 1, 40, 1, 127, 1280, BOTH, .max_range = 65536 },
  { 3, 131, 1, 64, 131, BIAS, .max_range = 65536 },

  /* weights through staging memory, the second larger than one piece of it */
  { 1, 5, 1, 127, 13, BOTH, .staging = true },
  { 1, 1, 1, 1283, 1801, BIAS, .staging = true },
};

struct linear_inputs {
  harness_input x, weight, bias, residual;
  struct limn_linear_params params;
};

static limn_tensor
linear (limn_pass *pass, gpointer data)
{
  struct linear_inputs *inputs = data;
  return limn_linear (pass, inputs->x.tensor, inputs->weight.tensor, &inputs->params);
}

static void
run (harness *h, gsize index)
{
  static const limn_dtype file_dtypes[] = { LIMN_DTYPE_F32, LIMN_DTYPE_F16, LIMN_DTYPE_BF16 };
  const struct linear_case *one = &cases[index];
  struct harness_fill x_fill = { .special = one->special, .special_at = one->special_at };
  struct harness_fill weight_fill = { .scale = sqrt (3.0 / one->in) };
  if (one->weight_special != 0)
    weight_fill.special = one->weight_special, weight_fill.special_at = (gsize) one->in;
  if (one->staging)
    harness_use_staging (h);

  struct linear_inputs in = {
    .x = harness_activation (h, one->n, one->h, one->w, one->in, &x_fill),
    .weight = harness_weight (h, LIMN_WEIGHT_LINEAR, file_dtypes[index % 3], one->out, 1, 1,
                              one->in, &weight_fill),
    .params.activation = one->activation,
  };
  if (one->parts & BIAS)
    in.bias = harness_vector (h, one->out, NULL);
  if (one->parts & RESIDUAL)
    in.residual = harness_activation (h, one->n, one->h, one->w, one->out, NULL);
  in.params.bias = in.bias.tensor;
  in.params.residual = in.residual.tensor;

  struct reference_linear_params params = { in.bias.array, in.residual.array, one->activation };
  if (one->max_range > 0)
    harness_limit_range (h, one->max_range);
  harness_check (h, linear, &in, reference_linear (in.x.array, in.weight.array, &params), 0);
}

static void
describe (gsize index, GString *name)
{
  const struct linear_case *one = &cases[index];
  g_string_append_printf (name, "%dx%dx%d c%d-%d", one->n, one->h, one->w, one->in, one->out);
  if (one->special != 0)
    g_string_append_printf (name, " %g in x", one->special);
  if (one->weight_special != 0)
    g_string_append_printf (name, " %g in the weight", one->weight_special);
  if (one->max_range > 0)
    g_string_append (name, " sliced");
  if (one->staging)
    g_string_append (name, " staged");
}

int
main (int argc, char **argv)
{
  static const struct harness_table table = {
    .name = "linear",
    .n_cases = G_N_ELEMENTS (cases),
    .describe = describe,
    .run = run,
    .forms = true,
  };
  harness_init (&argc, &argv);
  harness_add (&table);
  return harness_run ();
}
