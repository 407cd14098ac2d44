/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Every operator of ops.h once more, in plain C and in double, slow and easy to read. The tests
 * compare the devices with these. Programmer errors assert. */

#include "ops.h"

/* Values in NHWC order. A convolution's weight has n = out, h = kh, w = kw, c = in as the device's
 * has, and yet its values are in PyTorch's order: [out, in, kh, kw]. */
typedef struct {
  int n, h, w, c;
  double *values;
} reference_array;

reference_array *reference_new (int n, int h, int w, int c); /* all zero */
void reference_free (reference_array *array);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (reference_array, reference_free)

gsize reference_elements (const reference_array *array);

/* The nearest value that @dtype can hold, ties to even; infinite beyond its range. */
double reference_round (limn_dtype dtype, double x);

double reference_activation (limn_activation activation, double x);

/* As the parameters of ops.h; NULL means none. */
struct reference_conv2d_params {
  const reference_array *bias, *channel_add, *residual;
  limn_activation activation;
  int stride;
  int pad_begin, pad_end;
  int resize_h, resize_w;
};

reference_array *reference_conv2d (const reference_array *x,
                                   const reference_array *weight,
                                   const struct reference_conv2d_params *params);

/* The source row or column of nearest-neighbour resizing, in f32 as PyTorch computes it. */
int reference_resize_source (int target, int in, int out);

struct reference_linear_params {
  const reference_array *bias, *residual;
  limn_activation activation;
};

reference_array *reference_linear (const reference_array *x,
                                   const reference_array *weight,
                                   const struct reference_linear_params *params);

reference_array *reference_attention (const reference_array *q,
                                      const reference_array *k,
                                      const reference_array *v,
                                      int heads,
                                      bool causal);

struct reference_group_norm_params {
  const reference_array *scale, *shift;
  int groups;
  double epsilon;
  limn_activation activation;
};

reference_array *reference_group_norm (const reference_array *x,
                                       const struct reference_group_norm_params *params);

reference_array *reference_layer_norm (const reference_array *x,
                                       const reference_array *scale,
                                       const reference_array *shift,
                                       double epsilon);

reference_array *reference_activate (const reference_array *x, limn_activation activation);
reference_array *reference_add (const reference_array *x, const reference_array *y, double scale);
/* @y of one picture goes to every one of @x. */
reference_array *
reference_add_pictures (const reference_array *x, const reference_array *y, const double *scales);
reference_array *reference_transpose (const reference_array *x);
reference_array *reference_concat (const reference_array *x, const reference_array *y);
reference_array *reference_geglu (const reference_array *x);
reference_array *reference_copy (const reference_array *x);

/* @ids: @n rows of @tokens. @position may be NULL. */
reference_array *reference_embedding (const reference_array *table,
                                      const reference_array *position,
                                      const gint32 *ids,
                                      int n,
                                      int tokens);
