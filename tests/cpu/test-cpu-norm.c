/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "cpu/kernel-test.h"

#include <math.h>

struct norm_case {
  int n, h, w, c, groups; /* groups 0: layer norm */
  limn_activation activation;
  double mean, scale; /* scale 0 is 1 */
  double special;
  gsize special_at;
  bool in_place;
};

static const struct norm_case cases[] = {
  { 1, 1, 1, 1, 1 },
  { 1, 3, 1, 1, 1 },
  { 2, 5, 7, 5, 1 },
  { 2, 5, 7, 5, 5 },
  { 1, 13, 13, 127, 127 },
  { 1, 13, 13, 127, 1, LIMN_ACTIVATION_SILU },
  { 1, 1, 1, 320, 32 },
  { 2, 24, 24, 320, 32, LIMN_ACTIVATION_SILU, .in_place = true },
  { 3, 16, 16, 64, 32, LIMN_ACTIVATION_SILU },
  { 1, 40, 64, 33, 3 },
  { 1, 5, 7, 2560, 32, .in_place = true },
  { 1, 1, 127, 4, 2, LIMN_ACTIVATION_RELU },
  { 1, 127, 1, 3, 3, LIMN_ACTIVATION_GELU },
  { 1, 5, 5, 8, 2, .mean = 2, .scale = 1e-30 },
  { 2, 5, 7, 10, 5, .special = NAN, .special_at = 350 + 3 },
  { 1, 13, 13, 64, 32, LIMN_ACTIVATION_SILU, .special = NAN, .special_at = 169 * 64 - 1 },
  { 2, 5, 7, 10, 2, .special = INFINITY, .special_at = 9 },
  { 1, 64, 64, 8, 2, .special = 1000, .special_at = 0 },
  { 1, 64, 64, 8, 2, .special = 1000, .special_at = 5000 },
  { 1, 5, 7, 5, 5, .mean = 1000 },
  { 2, 16, 16, 64, 32, LIMN_ACTIVATION_SILU, .mean = 1000 },
  { 1, 64, 64, 8, 2, .mean = -1000 },

  { 1, 1, 1, 1 },
  { 2, 7, 1, 5 },
  { 1, 77, 1, 768, .in_place = true },
  { 1, 3, 5, 1280 },
  { 1, 3, 1, 5000 },
  { 3, 13, 1, 127 },
  { 1, 7001, 1, 3 },
  { 1, 5, 1, 3, .scale = 0.01 },
  { 1, 5, 1, 64, .mean = 2, .scale = 1e-30 },
  { 1, 13, 1, 13, .special = NAN, .special_at = 5 * 13 },
  { 2, 13, 1, 320, .special = INFINITY, .special_at = 13 * 320 + 319 },
  { 1, 7, 1, 127, .mean = 1000 },
  { 1, 77, 1, 768, .mean = -1000 },
};

struct norm_call {
  const struct norm_case *one;
  const reference_array *values;
  const float *scale, *shift, *statistics;
  void *x, *out;
};

static void
call (struct kernel_test *t, gpointer data)
{
  struct norm_call *in = data;
  const struct norm_case *one = in->one;
  gsize positions = (gsize) one->h * (gsize) one->w, count = reference_elements (in->values);

  if (one->in_place) {
    g_autofree float *floats = g_new (float, count);
    for (gsize i = 0; i < count; i++)
      floats[i] = (float) in->values->values[i];
    limn_convert_from_f32 (t->dtype, floats, in->out, count);
    in->x = in->out;
  }
  if (one->groups > 0)
    t->kernels->group_norm (&(struct limn_cpu_group_norm){
        .dtype = t->dtype,
        .n = one->n,
        .c = one->c,
        .groups = one->groups,
        .positions = positions,
        .epsilon = 1e-5f,
        .activation = one->activation,
        .scale = in->scale,
        .shift = in->shift,
        .statistics = in->statistics,
        .x = in->x,
        .out = in->out,
    });
  else
    t->kernels->layer_norm (&(struct limn_cpu_layer_norm){
        .dtype = t->dtype,
        .rows = (gsize) one->n * positions,
        .c = one->c,
        .epsilon = 1e-5f,
        .scale = in->scale,
        .shift = in->shift,
        .x = in->x,
        .out = in->out,
    });
}

static void
run (struct kernel_test *t, gsize index)
{
  const struct norm_case *one = &cases[index];
  reference_array *x = kernel_test_array (t, t->dtype, one->n, one->h, one->w, one->c, one->mean,
                                          one->scale > 0 ? one->scale : 1);
  reference_array *scale = kernel_test_array (t, LIMN_DTYPE_F32, 1, 1, 1, one->c, 1, 1);
  reference_array *shift = kernel_test_array (t, LIMN_DTYPE_F32, 1, 1, 1, one->c, 0, 1);
  struct reference_group_norm_params params = { scale, shift, one->groups, (double) 1e-5f,
                                                one->activation };
  double bound = kernel_test_bound (t);

  if (one->special != 0)
    x->values[one->special_at] = one->special;
  reference_array *expected = kernel_test_keep (
      t, one->groups > 0 ? reference_group_norm (x, &params)
                         : reference_layer_norm (x, scale, shift, params.epsilon));
  struct norm_call in = {
    .one = one,
    .values = x,
    .scale = kernel_test_input (t, LIMN_DTYPE_F32, scale),
    .shift = kernel_test_input (t, LIMN_DTYPE_F32, shift),
    .x = kernel_test_input (t, t->dtype, x),
    .out = kernel_test_output (t, expected),
  };
  /* Rounding the mean to f32 moves every value by up to 3e-5 of the deviation; a variance out of
   * the mean of squares would be wrong by a tenth. */
  if (fabs (one->mean) > 100 || one->special > 100)
    bound = MAX (bound, 1e-8);
  kernel_test_threads (t, expected, in.out, call, &in);
  kernel_test_check (t, in.out, expected, bound);
}

/* Statistics from elsewhere take the place of x's own. */
static void
run_statistics (struct kernel_test *t, gsize index)
{
  struct norm_case one = { 1, 9, 11, 12, 3 };
  reference_array *x = kernel_test_array (t, t->dtype, 1, one.h, one.w, one.c, 0, 1);
  reference_array *scale = kernel_test_array (t, LIMN_DTYPE_F32, 1, 1, 1, one.c, 1, 1);
  reference_array *shift = kernel_test_array (t, LIMN_DTYPE_F32, 1, 1, 1, one.c, 0, 1);
  reference_array *given =
      kernel_test_array (t, LIMN_DTYPE_F32, 1, one.groups, LIMN_GROUP_NORM_PARTS, 2, 0, 1);
  reference_array *expected = kernel_test_keep (t, reference_new (1, one.h, one.w, one.c));

  for (gsize i = 0; i < reference_elements (x); i++) {
    gsize c = i % (gsize) one.c;
    const double *pair =
        given->values + c / (gsize) (one.c / one.groups) * LIMN_GROUP_NORM_PARTS * 2;
    expected->values[i] = (x->values[i] - pair[0]) * pair[1] * scale->values[c] + shift->values[c];
  }
  struct norm_call in = {
    .one = &one,
    .values = x,
    .scale = kernel_test_input (t, LIMN_DTYPE_F32, scale),
    .shift = kernel_test_input (t, LIMN_DTYPE_F32, shift),
    .statistics = kernel_test_input (t, LIMN_DTYPE_F32, given),
    .x = kernel_test_input (t, t->dtype, x),
    .out = kernel_test_output (t, expected),
  };
  call (t, &in);
  kernel_test_check (t, in.out, expected, kernel_test_bound (t));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  kernel_test_add ("norm", G_N_ELEMENTS (cases), run);
  kernel_test_add ("norm-statistics", 1, run_statistics);
  return g_test_run ();
}
