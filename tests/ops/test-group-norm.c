/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "harness.h"

#include <math.h>

struct group_norm_case {
  int n, h, w, c, groups;
  double epsilon;
  limn_activation activation;
  double mean, scale;
  double special;
  gsize special_at;
  gsize max_range;
};

static const struct group_norm_case cases[] = {
  { 1, 1, 1, 1, 1, 1e-5 },
  { 1, 3, 1, 1, 1, 1e-5 },
  { 2, 5, 7, 5, 1, 1e-6 },
  { 2, 5, 7, 5, 5, 1e-5 },
  { 1, 13, 13, 127, 127, 1e-5 },
  { 1, 13, 13, 127, 1, 1e-5, LIMN_ACTIVATION_SILU },
  { 1, 1, 1, 320, 32, 1e-5 },
  { 2, 8, 8, 320, 32, 1e-5, LIMN_ACTIVATION_SILU },
  { 3, 16, 16, 64, 32, 1e-6, LIMN_ACTIVATION_SILU },
  { 1, 1, 1, 13, 13, 1e-5 },
  { 1, 1, 127, 4, 2, 1e-5, LIMN_ACTIVATION_RELU },
  { 1, 127, 1, 3, 3, 1e-5, LIMN_ACTIVATION_GELU },
  { 1, 64, 64, 32, 8, 1e-5, LIMN_ACTIVATION_SILU },
  { 1, 3, 11, 960, 32, 1e-5 },
  { 1, 31, 1, 8, 2, 1e-5 },
  { 1, 33, 1, 8, 2, 1e-5 },

  /* nothing but epsilon keeps these from dividing by zero */
  { 1, 5, 5, 8, 2, 1e-5, .mean = 2, .scale = 1e-30 },
  { 1, 13, 13, 64, 32, 1e-3, .scale = 0.01 },

  { 2, 5, 7, 10, 5, 1e-5, .special = NAN, .special_at = 350 + 3 },
  { 1, 13, 13, 64, 32, 1e-5, LIMN_ACTIVATION_SILU, .special = NAN, .special_at = 169 * 64 - 1 },
  { 2, 5, 7, 10, 2, 1e-5, .special = INFINITY, .special_at = 9 },

  { 2, 24, 24, 64, 32, 1e-5, LIMN_ACTIVATION_SILU, .max_range = 65536 },
  { 1, 53, 59, 13, 13, 1e-5, .max_range = 65536 },
  { 3, 37, 41, 15, 3, 1e-6, .max_range = 65536 },
  { 2, 24, 24, 64, 1, 1e-5, .special = NAN, .special_at = 40000, .max_range = 65536 },
};

/* Rounding the mean to f32 moves every value by up to 3e-5 of the deviation; a variance out of
 * the mean of squares would be wrong by a tenth. */
#define LARGE_MEAN_BOUND 1e-8

static const struct group_norm_case large_mean_cases[] = {
  { 1, 5, 7, 5, 5, 1e-5, .mean = 1000 },
  { 2, 16, 16, 64, 32, 1e-5, LIMN_ACTIVATION_SILU, .mean = 1000 },
  { 1, 64, 64, 8, 2, 1e-5, .mean = -1000 },
  { 1, 24, 24, 64, 4, 1e-5, .mean = 1000, .max_range = 65536 },
  /* one value far from all others, as autoencoders have them */
  { 1, 64, 64, 8, 2, 1e-5, .special = 1000, .special_at = 0 },
  { 1, 64, 64, 8, 2, 1e-5, .special = 1000, .special_at = 5000 },
};

struct group_norm_inputs {
  harness_input x;
  struct limn_group_norm_params params;
};

static limn_tensor
group_norm (limn_pass *pass, gpointer data)
{
  struct group_norm_inputs *inputs = data;
  return limn_group_norm (pass, inputs->x.tensor, &inputs->params);
}

static void
run_one (harness *h, const struct group_norm_case *one, double bound)
{
  struct harness_fill fill = { one->scale, one->mean, one->special, one->special_at };
  harness_input scale = harness_vector (h, one->c, &(struct harness_fill){ .mean = 1 });
  harness_input shift = harness_vector (h, one->c, NULL);
  struct group_norm_inputs in = {
    .x = harness_activation (h, one->n, one->h, one->w, one->c, &fill),
    .params = {
      .scale = scale.tensor,
      .shift = shift.tensor,
      .groups = one->groups,
      .epsilon = (float) one->epsilon,
      .activation = one->activation,
    },
  };
  struct reference_group_norm_params params = { scale.array, shift.array, one->groups,
                                                in.params.epsilon, one->activation };
  if (one->max_range > 0)
    harness_limit_range (h, one->max_range);
  harness_check (h, group_norm, &in, reference_group_norm (in.x.array, &params), bound);
}

static void
run (harness *h, gsize index)
{
  run_one (h, &cases[index], 0);
}

static void
run_large_mean (harness *h, gsize index)
{
  run_one (h, &large_mean_cases[index], LARGE_MEAN_BOUND);
}

static void
describe_one (const struct group_norm_case *one, GString *name)
{
  g_string_append_printf (name, "n%d %dx%d c%d %d groups", one->n, one->h, one->w, one->c,
                          one->groups);
  if (one->mean != 0)
    g_string_append_printf (name, " mean %g", one->mean);
  if (one->special != 0)
    g_string_append_printf (name, " %g in x", one->special);
  if (one->max_range > 0)
    g_string_append (name, " sliced");
}

static void
describe (gsize index, GString *name)
{
  describe_one (&cases[index], name);
}

static void
describe_large_mean (gsize index, GString *name)
{
  describe_one (&large_mean_cases[index], name);
}

int
main (int argc, char **argv)
{
  static const struct harness_table table = {
    .name = "group-norm",
    .n_cases = G_N_ELEMENTS (cases),
    .describe = describe,
    .run = run,
  };
  static const struct harness_table large_mean_table = {
    .name = "group-norm-large-mean",
    .n_cases = G_N_ELEMENTS (large_mean_cases),
    .describe = describe_large_mean,
    .run = run_large_mean,
    .only_f32 = true,
  };
  harness_init (&argc, &argv);
  harness_add (&table);
  harness_add (&large_mean_table);
  return harness_run ();
}
