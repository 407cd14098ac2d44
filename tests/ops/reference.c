/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "reference.h"

#include <assert.h>
#include <math.h>

reference_array *
reference_new (int n, int h, int w, int c)
{
  g_assert (n > 0 && h > 0 && w > 0 && c > 0);
  reference_array *array = g_new0 (reference_array, 1);
  *array = (reference_array){ n, h, w, c, NULL };
  array->values = g_new0 (double, reference_elements (array));
  return array;
}

void
reference_free (reference_array *array)
{
  if (array == NULL)
    return;
  g_free (array->values);
  g_free (array);
}

gsize
reference_elements (const reference_array *array)
{
  return (gsize) array->n * (gsize) array->h * (gsize) array->w * (gsize) array->c;
}

static double *
at (const reference_array *array, int n, int y, int x)
{
  gsize row = ((gsize) n * (gsize) array->h + (gsize) y) * (gsize) array->w + (gsize) x;
  return array->values + row * (gsize) array->c;
}

static bool
has_shape (const reference_array *array, int n, int h, int w, int c)
{
  return array->n == n && array->h == h && array->w == w && array->c == c;
}

static double
vector_at (const reference_array *vector, int c)
{
  return vector != NULL ? vector->values[c] : 0;
}

double
reference_round (limn_dtype dtype, double x)
{
  /* Significant bits, and the exponents of the smallest subnormal and of the first power of two
   * that is too large. */
  static const struct {
    int bits, lowest, end;
  } formats[LIMN_N_DTYPES] = {
    [LIMN_DTYPE_F32] = { 24, -149, 128 },
    [LIMN_DTYPE_F16] = { 11, -24, 16 },
    [LIMN_DTYPE_BF16] = { 8, -133, 128 },
  };
  g_assert (formats[dtype].bits > 0);
  if (!isfinite (x) || x == 0)
    return x;
  int exponent;
  frexp (x, &exponent);
  int quantum = MAX (exponent - formats[dtype].bits, formats[dtype].lowest);
  double rounded = ldexp (nearbyint (ldexp (x, -quantum)), quantum);
  return fabs (rounded) < ldexp (1, formats[dtype].end) ? rounded : copysign (INFINITY, x);
}

static double
none (double x)
{
  return x;
}

static double
relu (double x)
{
  return x < 0 ? 0 : x; /* NaN stays NaN, as in PyTorch */
}

static double
silu (double x)
{
  return x / (1 + exp (-x));
}

static double
gelu (double x)
{
  return x * (0.5 * erfc (-x / M_SQRT2));
}

static double
quick_gelu (double x)
{
  return x / (1 + exp (-1.702 * x));
}

static double
soft_clamp (double x)
{
  return 3 * tanh (x / 3);
}

double
reference_activation (limn_activation activation, double x)
{
  static double (*const functions[]) (double) = {
    [LIMN_ACTIVATION_NONE] = none,
    [LIMN_ACTIVATION_RELU] = relu,
    [LIMN_ACTIVATION_SILU] = silu,
    [LIMN_ACTIVATION_GELU] = gelu,
    [LIMN_ACTIVATION_QUICK_GELU] = quick_gelu,
    [LIMN_ACTIVATION_SOFT_CLAMP] = soft_clamp,
  };
  static_assert (G_N_ELEMENTS (functions) == LIMN_N_ACTIVATIONS, "one function an activation");
  return functions[activation](x);
}

int
reference_resize_source (int target, int in, int out)
{
  float ratio = (float) in / (float) out;
  return MIN ((int) floorf ((float) target * ratio), in - 1);
}

/* The pixel of @x that a window reads at (@row, @column) of the resized picture, or NULL where
 * that is in the zero padding. */
static const double *
conv2d_pixel (const reference_array *x, int n, int row, int column, int height, int width)
{
  if (row < 0 || row >= height || column < 0 || column >= width)
    return NULL;
  return at (x, n, reference_resize_source (row, x->h, height),
             reference_resize_source (column, x->w, width));
}

/* Adds one tap of the kernel to all output channels of one position. */
static void
conv2d_tap (double *out, const double *pixel, const reference_array *weight, int ky, int kx)
{
  gsize area = (gsize) weight->h * (gsize) weight->w;
  const double *w = weight->values + (gsize) ky * (gsize) weight->w + (gsize) kx;
  for (int o = 0; o < weight->n; o++) {
    double sum = 0;
    for (int i = 0; i < weight->c; i++, w += area)
      sum += pixel[i] * *w;
    out[o] += sum;
  }
}

reference_array *
reference_conv2d (const reference_array *x,
                  const reference_array *weight,
                  const struct reference_conv2d_params *params)
{
  int height = params->resize_h > 0 ? params->resize_h : x->h;
  int width = params->resize_w > 0 ? params->resize_w : x->w;
  int stride = params->stride > 0 ? params->stride : 1;
  int pads = params->pad_begin + params->pad_end;
  g_assert (weight->c == x->c);
  reference_array *out = reference_new (x->n, (height + pads - weight->h) / stride + 1,
                                        (width + pads - weight->w) / stride + 1, weight->n);
  for (int position = 0; position < out->n * out->h * out->w; position++) {
    int n = position / (out->h * out->w);
    int row = position / out->w % out->h, column = position % out->w;
    double *values = at (out, n, row, column);
    for (int tap = 0; tap < weight->h * weight->w; tap++) {
      int ky = tap / weight->w, kx = tap % weight->w;
      const double *pixel = conv2d_pixel (x, n, row * stride + ky - params->pad_begin,
                                          column * stride + kx - params->pad_begin, height, width);
      if (pixel != NULL)
        conv2d_tap (values, pixel, weight, ky, kx);
    }
    for (int o = 0; o < out->c; o++) {
      double sum = values[o] + vector_at (params->bias, o);
      sum += params->channel_add != NULL ? at (params->channel_add, n, 0, 0)[o] : 0;
      sum += params->residual != NULL ? at (params->residual, n, row, column)[o] : 0;
      values[o] = reference_activation (params->activation, sum);
    }
  }
  return out;
}

reference_array *
reference_linear (const reference_array *x,
                  const reference_array *weight,
                  const struct reference_linear_params *params)
{
  g_assert (has_shape (weight, weight->n, 1, 1, x->c));
  reference_array *out = reference_new (x->n, x->h, x->w, weight->n);
  for (gsize row = 0; row < reference_elements (x) / (gsize) x->c; row++) {
    const double *from = x->values + row * (gsize) x->c;
    for (int o = 0; o < out->c; o++) {
      gsize index = row * (gsize) out->c + (gsize) o;
      const double *w = at (weight, o, 0, 0);
      double sum = vector_at (params->bias, o);
      for (int i = 0; i < x->c; i++)
        sum += from[i] * w[i];
      sum += params->residual != NULL ? params->residual->values[index] : 0;
      out->values[index] = reference_activation (params->activation, sum);
    }
  }
  return out;
}

/* One query of one head: @q and @out have @d values. */
static void
attention_query (double *out,
                 const double *q,
                 const reference_array *k,
                 const reference_array *v,
                 int n,
                 int first_channel,
                 int d,
                 int n_keys)
{
  g_autofree double *scores = g_new (double, n_keys);
  double largest = -INFINITY, total = 0;
  for (int key = 0; key < n_keys; key++) {
    const double *from = at (k, n, key, 0) + first_channel;
    double sum = 0;
    for (int i = 0; i < d; i++)
      sum += q[i] * from[i];
    scores[key] = sum / sqrt (d);
    largest = fmax (largest, scores[key]);
  }
  for (int key = 0; key < n_keys; key++) {
    double share = exp (scores[key] - largest);
    const double *from = at (v, n, key, 0) + first_channel;
    total += share;
    for (int i = 0; i < d; i++)
      out[i] += share * from[i];
  }
  for (int i = 0; i < d; i++)
    out[i] /= total;
}

reference_array *
reference_attention (const reference_array *q,
                     const reference_array *k,
                     const reference_array *v,
                     int heads,
                     bool causal)
{
  g_assert (q->w == 1 && q->c % heads == 0);
  g_assert (has_shape (k, q->n, k->h, 1, q->c) && has_shape (v, q->n, k->h, 1, q->c));
  int d = q->c / heads;
  reference_array *out = reference_new (q->n, q->h, 1, q->c);
  for (int n = 0; n < q->n; n++) {
    for (int token = 0; token < q->h; token++) {
      int n_keys = causal ? MIN (token + 1, k->h) : k->h;
      for (int head = 0; head < heads; head++) {
        attention_query (at (out, n, token, 0) + head * d, at (q, n, token, 0) + head * d, k, v, n,
                         head * d, d, n_keys);
      }
    }
  }
  return out;
}

/* Mean and 1 / sqrt (variance + epsilon) of @rows rows of @width values, @stride values apart. */
static void
moments (const double *values,
         gsize rows,
         int width,
         int stride,
         double epsilon,
         double *mean,
         double *inverse)
{
  double count = (double) rows * width, sum = 0, squares = 0;
  for (gsize i = 0; i < rows * (gsize) width; i++)
    sum += values[i / (gsize) width * (gsize) stride + i % (gsize) width];
  *mean = sum / count;
  for (gsize i = 0; i < rows * (gsize) width; i++) {
    double x = values[i / (gsize) width * (gsize) stride + i % (gsize) width] - *mean;
    squares += x * x;
  }
  *inverse = 1 / sqrt (squares / count + epsilon);
}

reference_array *
reference_group_norm (const reference_array *x, const struct reference_group_norm_params *params)
{
  g_assert (x->c % params->groups == 0);
  int width = x->c / params->groups;
  gsize positions = (gsize) x->h * (gsize) x->w;
  reference_array *out = reference_new (x->n, x->h, x->w, x->c);
  for (int i = 0; i < x->n * params->groups; i++) {
    int n = i / params->groups, first = i % params->groups * width;
    double mean, inverse;
    moments (at (x, n, 0, 0) + first, positions, width, x->c, params->epsilon, &mean, &inverse);
    for (gsize position = 0; position < positions; position++) {
      const double *from = at (x, n, 0, 0) + position * (gsize) x->c;
      double *to = at (out, n, 0, 0) + position * (gsize) x->c;
      for (int c = first; c < first + width; c++) {
        double value = (from[c] - mean) * inverse;
        value = value * params->scale->values[c] + params->shift->values[c];
        to[c] = reference_activation (params->activation, value);
      }
    }
  }
  return out;
}

reference_array *
reference_layer_norm (const reference_array *x,
                      const reference_array *scale,
                      const reference_array *shift,
                      double epsilon)
{
  reference_array *out = reference_new (x->n, x->h, x->w, x->c);
  for (gsize row = 0; row < reference_elements (x) / (gsize) x->c; row++) {
    const double *from = x->values + row * (gsize) x->c;
    double mean, inverse;
    moments (from, 1, x->c, x->c, epsilon, &mean, &inverse);
    for (int c = 0; c < x->c; c++) {
      out->values[row * (gsize) x->c + (gsize) c] =
          (from[c] - mean) * inverse * scale->values[c] + shift->values[c];
    }
  }
  return out;
}

reference_array *
reference_activate (const reference_array *x, limn_activation activation)
{
  reference_array *out = reference_new (x->n, x->h, x->w, x->c);
  for (gsize i = 0; i < reference_elements (x); i++)
    out->values[i] = reference_activation (activation, x->values[i]);
  return out;
}

reference_array *
reference_add (const reference_array *x, const reference_array *y, double scale)
{
  g_assert (has_shape (y, x->n, x->h, x->w, x->c));
  reference_array *out = reference_new (x->n, x->h, x->w, x->c);
  for (gsize i = 0; i < reference_elements (x); i++)
    out->values[i] = x->values[i] + scale * y->values[i];
  return out;
}

reference_array *
reference_add_pictures (const reference_array *x, const reference_array *y, const double *scales)
{
  g_assert (has_shape (y, y->n == 1 ? 1 : x->n, x->h, x->w, x->c));
  reference_array *out = reference_new (x->n, x->h, x->w, x->c);
  for (gsize i = 0; i < reference_elements (x); i++) {
    gsize picture = i / (reference_elements (x) / (gsize) x->n);
    out->values[i] = x->values[i] + scales[picture] * y->values[i % reference_elements (y)];
  }
  return out;
}

reference_array *
reference_transpose (const reference_array *x)
{
  reference_array *out = reference_new (x->n, x->w, x->h, x->c);
  for (int n = 0; n < x->n; n++)
    for (int row = 0; row < x->h; row++)
      for (int column = 0; column < x->w; column++)
        for (int c = 0; c < x->c; c++)
          at (out, n, column, row)[c] = at (x, n, row, column)[c];
  return out;
}

reference_array *
reference_concat (const reference_array *x, const reference_array *y)
{
  g_assert (has_shape (y, x->n, x->h, x->w, y->c));
  reference_array *out = reference_new (x->n, x->h, x->w, x->c + y->c);
  for (gsize i = 0; i < reference_elements (out); i++) {
    gsize row = i / (gsize) out->c;
    int c = (int) (i % (gsize) out->c);
    out->values[i] = c < x->c ? x->values[row * (gsize) x->c + (gsize) c]
                              : y->values[row * (gsize) y->c + (gsize) (c - x->c)];
  }
  return out;
}

reference_array *
reference_geglu (const reference_array *x)
{
  g_assert (x->c % 2 == 0);
  gsize d = (gsize) x->c / 2;
  reference_array *out = reference_new (x->n, x->h, x->w, x->c / 2);
  for (gsize i = 0; i < reference_elements (out); i++) {
    const double *from = x->values + i / d * 2 * d + i % d;
    out->values[i] = from[0] * gelu (from[d]);
  }
  return out;
}

reference_array *
reference_copy (const reference_array *x)
{
  return reference_activate (x, LIMN_ACTIVATION_NONE);
}

reference_array *
reference_embedding (const reference_array *table,
                     const reference_array *position,
                     const gint32 *ids,
                     int n,
                     int tokens)
{
  g_assert (position == NULL || (position->c == table->c && position->n >= tokens));
  reference_array *out = reference_new (n, tokens, 1, table->c);
  for (int i = 0; i < n * tokens; i++) {
    double *to = at (out, i / tokens, i % tokens, 0);
    for (int c = 0; c < table->c; c++) {
      to[c] = ids[i] >= 0 && ids[i] < table->n ? at (table, ids[i], 0, 0)[c] : 0;
      to[c] += position != NULL ? at (position, i % tokens, 0, 0)[c] : 0;
    }
  }
  return out;
}
