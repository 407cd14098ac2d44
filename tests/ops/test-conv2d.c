/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "harness.h"

#include <math.h>

enum {
  BIAS = 1 << 0,
  CHANNEL_ADD = 1 << 1,
  RESIDUAL = 1 << 2,
  ALL = BIAS | CHANNEL_ADD | RESIDUAL,
};

struct conv2d_case {
  int n, h, w, in, out, kh, kw;
  int pad_begin, pad_end;
  int parts;
  int stride;
  limn_activation activation;
  int resize_h, resize_w;
  double special; /* at element @special_at of x */
  gsize special_at;
  double weight_special; /* at the first weight of the second output channel */
  gsize max_range;
  bool staging;
};

static const struct conv2d_case cases[] = {
  /* sizes of picture, channels and kernel */
  { 1, 1, 1, 1, 1, 1, 1 },
  { 1, 1, 1, 3, 5, 3, 3, 1, 1, BIAS },
  { 2, 5, 7, 3, 4, 3, 3, 1, 1, ALL, .activation = LIMN_ACTIVATION_SILU },
  { 1, 13, 13, 13, 127, 3, 3, 1, 1, BIAS },
  { 1, 13, 13, 127, 13, 3, 3, 1, 1, BIAS | RESIDUAL },
  { 3, 7, 5, 4, 5, 3, 5, 1, 1, ALL, .activation = LIMN_ACTIVATION_RELU },
  { 2, 9, 9, 5, 3, 5, 5, 2, 2, CHANNEL_ADD },
  { 1, 16, 16, 64, 64, 3, 3, 1, 1, ALL, .activation = LIMN_ACTIVATION_SILU },
  { 2, 12, 14, 4, 320, 3, 3, 1, 1, BIAS },
  { 1, 8, 8, 320, 4, 3, 3, 1, 1, BIAS },
  { 1, 1, 127, 3, 4, 1, 3, 1, 1, BIAS },
  { 1, 127, 1, 5, 13, 3, 1, 0, 0, BIAS },
  { 2, 13, 13, 127, 127, 1, 1, 0, 0, ALL, .activation = LIMN_ACTIVATION_GELU },
  { 1, 4, 4, 320, 64, 1, 1, 0, 0, RESIDUAL },
  { 1, 280, 280, 1, 1, 1, 1, 0, 0, BIAS },

  /* strides and pads */
  { 1, 13, 9, 64, 64, 3, 3, 1, 1, BIAS, .stride = 2 },
  { 1, 8, 8, 320, 320, 3, 3, 1, 1, CHANNEL_ADD, .stride = 2 },
  { 2, 9, 8, 13, 64, 3, 3, 0, 1, BIAS, .stride = 2 },
  { 1, 13, 13, 5, 5, 3, 3, 0, 0, 0, .stride = 2 },
  { 1, 11, 11, 64, 13, 1, 1, 0, 0, BIAS, .stride = 2 },
  { 3, 6, 6, 3, 5, 3, 3, 2, 0, BIAS },
  { 1, 3, 5, 4, 4, 3, 3, 4, 4, BIAS },

  /* resizing */
  { 1, 4, 5, 13, 13, 3, 3, 1, 1, BIAS, .resize_h = 8, .resize_w = 10 },
  { 2, 5, 7, 64, 5, 3, 3, 1, 1, BIAS | RESIDUAL, .resize_h = 9, .resize_w = 13 },
  { 1, 5, 7, 3, 64, 3, 3, 1, 1, ALL, .stride = 2, .resize_h = 9, .resize_w = 13 },
  { 1, 9, 13, 4, 4, 3, 3, 0, 1, BIAS, .resize_h = 5, .resize_w = 7 },
  { 1, 1, 1, 5, 3, 3, 3, 1, 1, BIAS, .resize_h = 3, .resize_w = 3 },
  { 1, 3, 3, 4, 4, 1, 1, 0, 0, 0, .resize_h = 61, .resize_w = 47 },

  /* activations */
  { 1, 5, 5, 4, 13, 3, 3, 1, 1, ALL, .activation = LIMN_ACTIVATION_RELU },
  { 1, 5, 5, 4, 13, 3, 3, 1, 1, ALL, .activation = LIMN_ACTIVATION_SILU },
  { 1, 5, 5, 4, 13, 3, 3, 1, 1, ALL, .activation = LIMN_ACTIVATION_GELU },
  { 1, 5, 5, 4, 13, 3, 3, 1, 1, ALL, .activation = LIMN_ACTIVATION_QUICK_GELU },
  { 1, 5, 5, 4, 13, 3, 3, 1, 1, ALL, .activation = LIMN_ACTIVATION_SOFT_CLAMP },

  /* NaN and infinity reach the windows that see them, and no others */
  { 2, 9, 9, 5, 13, 3, 3, 1, 1, BIAS, .special = NAN, .special_at = 0 },
  { 2, 9, 9, 64, 64, 3, 3, 1, 1, BIAS, .special = NAN, .special_at = 81 * 64 - 1 },
  { 1, 9, 9, 64, 13, 3, 3, 1, 1, BIAS, .special = INFINITY, .special_at = 40 * 64 + 3 },
  { 1, 9, 9, 4, 4, 3, 3, 0, 1, BIAS, .stride = 2, .special = NAN, .special_at = 44 * 4 },
  { 1, 5, 7, 4, 4, 3, 3, 1, 1, 0, 0, .resize_h = 9, .resize_w = 13, .special = NAN,
    .special_at = 70 },
  { 1, 7, 7, 127, 13, 1, 1, 0, 0, BIAS, .special = -INFINITY, .special_at = 7 * 127 },
  { 1, 7, 7, 13, 13, 3, 3, 1, 1, BIAS, .activation = LIMN_ACTIVATION_RELU, .special = NAN,
    .special_at = 99 },
  { 1, 7, 7, 5, 13, 3, 3, 0, 0, BIAS, .weight_special = NAN },
  { 1, 7, 7, 64, 64, 1, 1, 0, 0, BIAS, .weight_special = INFINITY },

  /* tensors larger than a binding */
  { 2, 24, 24, 64, 64, 3, 3, 1, 1, ALL, .max_range = 65536 },
  { 1, 37, 41, 13, 13, 3, 3, 1, 1, BIAS | RESIDUAL, .max_range = 65536 },
  { 1, 9, 9, 127, 127, 3, 3, 1, 1, ALL, .max_range = 65536 },
  { 1, 33, 35, 64, 5, 3, 3, 0, 1, BIAS, .stride = 2, .max_range = 65536 },
  { 1, 17, 19, 13, 64, 3, 3, 1, 1, BIAS, .resize_h = 34, .resize_w = 38, .max_range = 65536 },
  { 3, 13, 13, 127, 320, 1, 1, 0, 0, ALL, .max_range = 65536 },

  /* weights through staging memory, the second larger than one piece of it */
  { 1, 5, 5, 13, 127, 3, 3, 1, 1, ALL, .staging = true },
  { 1, 3, 3, 901, 301, 3, 3, 0, 0, BIAS, .staging = true },
};

struct conv2d_inputs {
  harness_input x, weight, bias, channel_add, residual;
  struct limn_conv2d_params params;
};

static limn_tensor
conv2d (limn_pass *pass, gpointer data)
{
  struct conv2d_inputs *inputs = data;
  return limn_conv2d (pass, inputs->x.tensor, inputs->weight.tensor, &inputs->params);
}

static void
run (harness *h, gsize index)
{
  static const limn_dtype file_dtypes[] = { LIMN_DTYPE_F32, LIMN_DTYPE_F16, LIMN_DTYPE_BF16 };
  const struct conv2d_case *one = &cases[index];
  struct harness_fill x_fill = { .special = one->special, .special_at = one->special_at };
  struct harness_fill weight_fill = { .scale = sqrt (3.0 / (one->in * one->kh * one->kw)),
                                      .special = one->weight_special };
  int height = one->resize_h > 0 ? one->resize_h : one->h;
  int width = one->resize_w > 0 ? one->resize_w : one->w;
  int pads = one->pad_begin + one->pad_end, stride = MAX (one->stride, 1);
  if (one->weight_special != 0)
    weight_fill.special_at = (gsize) (one->in * one->kh * one->kw);
  if (one->staging)
    harness_use_staging (h);

  struct conv2d_inputs in = {
    .x = harness_activation (h, one->n, one->h, one->w, one->in, &x_fill),
    .weight = harness_weight (h, LIMN_WEIGHT_CONV, file_dtypes[index % 3], one->out, one->kh,
                              one->kw, one->in, &weight_fill),
    .params = {
      .activation = one->activation,
      .stride = one->stride,
      .pad_begin = one->pad_begin,
      .pad_end = one->pad_end,
      .resize_h = one->resize_h,
      .resize_w = one->resize_w,
    },
  };
  if (one->parts & BIAS)
    in.bias = harness_vector (h, one->out, NULL);
  if (one->parts & CHANNEL_ADD)
    in.channel_add = harness_activation (h, one->n, 1, 1, one->out, NULL);
  if (one->parts & RESIDUAL)
    in.residual = harness_activation (h, one->n, (height + pads - one->kh) / stride + 1,
                                      (width + pads - one->kw) / stride + 1, one->out, NULL);
  in.params.bias = in.bias.tensor;
  in.params.channel_add = in.channel_add.tensor;
  in.params.residual = in.residual.tensor;

  struct reference_conv2d_params params = {
    .bias = in.bias.array,
    .channel_add = in.channel_add.array,
    .residual = in.residual.array,
    .activation = one->activation,
    .stride = one->stride,
    .pad_begin = one->pad_begin,
    .pad_end = one->pad_end,
    .resize_h = one->resize_h,
    .resize_w = one->resize_w,
  };
  if (one->max_range > 0)
    harness_limit_range (h, one->max_range);
  harness_check (h, conv2d, &in, reference_conv2d (in.x.array, in.weight.array, &params), 0);
}

static void
describe (gsize index, GString *name)
{
  const struct conv2d_case *one = &cases[index];
  g_string_append_printf (name, "n%d %dx%d c%d-%d k%dx%d pads %d,%d stride %d", one->n, one->h,
                          one->w, one->in, one->out, one->kh, one->kw, one->pad_begin, one->pad_end,
                          MAX (one->stride, 1));
  if (one->resize_h > 0)
    g_string_append_printf (name, " resized to %dx%d", one->resize_h, one->resize_w);
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
    .name = "conv2d",
    .n_cases = G_N_ELEMENTS (cases),
    .describe = describe,
    .run = run,
    .forms = true,
  };
  harness_init (&argc, &argv);
  harness_add (&table);
  return harness_run ();
}
