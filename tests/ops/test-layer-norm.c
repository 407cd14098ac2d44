/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "harness.h"

#include <math.h>

struct layer_norm_case {
  int n, h, w, c;
  double mean, scale;
  double special;
  gsize special_at;
  gsize max_range;
};

static const struct layer_norm_case cases[] = {
  { 1, 1, 1, 1 },
  { 2, 7, 1, 5 },
  { 1, 77, 1, 768 },
  { 1, 3, 5, 1280 },
  { 3, 13, 1, 127 },
  { 1, 130, 1, 64 },
  { 1, 1, 1, 320 },
  { 2, 3, 1, 4 },
  { 1, 5, 1, 3, .scale = 0.01 },
  { 1, 70001, 1, 3 },
  { 1, 5, 1, 64, .mean = 2, .scale = 1e-30 },
  { 1, 13, 1, 13, .special = NAN, .special_at = 5 * 13 },
  { 2, 13, 1, 320, .special = INFINITY, .special_at = 13 * 320 + 319 },
  { 2, 150, 1, 127, .max_range = 65536 },
  { 1, 30, 30, 64, .max_range = 65536 },
};

/* Rounding the mean to f32 moves every value by up to 3e-5 of the deviation; a variance out of
 * the mean of squares would be wrong by a tenth. */
#define LARGE_MEAN_BOUND 1e-8

static const struct layer_norm_case large_mean_cases[] = {
  { 1, 7, 1, 127, .mean = 1000 },
  { 1, 77, 1, 768, .mean = -1000 },
};

struct layer_norm_inputs {
  harness_input x;
  struct limn_layer_norm_params params;
};

static limn_tensor
layer_norm (limn_pass *pass, gpointer data)
{
  struct layer_norm_inputs *inputs = data;
  return limn_layer_norm (pass, inputs->x.tensor, &inputs->params);
}

static void
run_one (harness *h, const struct layer_norm_case *one, double bound)
{
  struct harness_fill fill = { one->scale, one->mean, one->special, one->special_at };
  harness_input scale = harness_vector (h, one->c, &(struct harness_fill){ .mean = 1 });
  harness_input shift = harness_vector (h, one->c, NULL);
  struct layer_norm_inputs in = {
    .x = harness_activation (h, one->n, one->h, one->w, one->c, &fill),
    .params = { scale.tensor, shift.tensor, 1e-5f },
  };
  if (one->max_range > 0)
    harness_limit_range (h, one->max_range);
  harness_check (h, layer_norm, &in,
                 reference_layer_norm (in.x.array, scale.array, shift.array, in.params.epsilon),
                 bound);
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
describe_one (const struct layer_norm_case *one, GString *name)
{
  g_string_append_printf (name, "%dx%dx%d c%d", one->n, one->h, one->w, one->c);
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
    .name = "layer-norm",
    .n_cases = G_N_ELEMENTS (cases),
    .describe = describe,
    .run = run,
  };
  static const struct harness_table large_mean_table = {
    .name = "layer-norm-large-mean",
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
