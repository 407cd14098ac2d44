/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "cpu/primitive.h"
#include "pass-private.h"

/* The input on its way to oneDNN: with an even number of channels where that is needed, then
 * resized. What is not needed takes no bytes. */
struct source {
  int channels;
  gsize padded, resized; /* bytes of scratch */
};

static gsize
bytes_of (limn_tensor x, int h, int w, int channels)
{
  gsize bytes = (gsize) x.n * (gsize) h * (gsize) w * (gsize) channels * limn_dtype_size (x.dtype);

  return (bytes + 63) / 64 * 64;
}

static struct source
plan_source (limn_tensor x, const struct limn_conv2d_params *params)
{
  struct source source = { .channels = limn_cpu_conv_channels (x.dtype, x.c) };

  if (source.channels != x.c)
    source.padded = bytes_of (x, x.h, x.w, source.channels);
  if (params->resize_h != x.h || params->resize_w != x.w)
    source.resized = bytes_of (x, params->resize_h, params->resize_w, source.channels);
  return source;
}

/* One channel of zeros more. */
static void
pad (limn_tensor x, void *dst)
{
  gint64 rows = (gint64) limn_tensor_rows (x);
  gsize row = (gsize) x.c * limn_dtype_size (x.dtype), size = limn_dtype_size (x.dtype);

#pragma omp parallel for
  for (gint64 i = 0; i < rows; i++) {
    guint8 *to = (guint8 *) dst + (gsize) i * (row + size);

    memcpy (to, (const guint8 *) limn_cpu_data (x) + (gsize) i * row, row);
    memset (to + row, 0, size);
  }
}

/* Where oneDNN is to read; @scratch has what plan_source() says. */
static const void *
make_source (const struct source *source,
             limn_tensor x,
             const struct limn_conv2d_params *params,
             guint8 *scratch)
{
  const void *data = limn_cpu_data (x);

  if (source->padded > 0) {
    pad (x, scratch);
    data = scratch;
  }
  if (source->resized == 0)
    return data;
  limn_cpu_resize (limn_dtype_size (x.dtype), scratch + source->padded, params->resize_h,
                   params->resize_w, data, x.n, x.h, x.w, source->channels);
  return scratch + source->padded;
}

static struct limn_cpu_key
make_key (limn_tensor out,
          limn_tensor x,
          limn_tensor weight,
          const struct limn_conv2d_params *params)
{
  struct limn_cpu_key key = { 0 };

  key.op = LIMN_CPU_CONV;
  key.dtype = x.dtype;
  key.n = x.n;
  key.h = params->resize_h;
  key.w = params->resize_w;
  key.in = limn_cpu_conv_channels (x.dtype, x.c);
  key.out = weight.n;
  key.kh = weight.h;
  key.kw = weight.w;
  key.out_h = out.h;
  key.out_w = out.w;
  key.stride = params->stride;
  key.pad_begin = params->pad_begin;
  key.pad_end = params->pad_end;
  key.bias = !limn_tensor_is_null (params->bias);
  key.residual = !limn_tensor_is_null (params->residual);
  key.activation = params->activation;
  return key;
}

gsize
limn_cpu_conv2d_scratch (limn_device *device,
                         limn_tensor out,
                         limn_tensor x,
                         limn_tensor weight,
                         const struct limn_conv2d_params *params)
{
  struct limn_cpu_key key = make_key (out, x, weight, params);
  struct source source = plan_source (x, params);
  bool channel_add = !limn_tensor_is_null (params->channel_add);

  return source.padded + source.resized +
         limn_cpu_product_scratch ((struct limn_cpu *) device, &key, channel_add);
}

gsize
limn_cpu_conv2d_reorder (limn_device *device,
                         limn_tensor out,
                         limn_tensor x,
                         limn_tensor weight,
                         const struct limn_conv2d_params *params,
                         int *layout)
{
  struct limn_cpu *cpu = (struct limn_cpu *) device;
  struct limn_cpu_key key = make_key (out, x, weight, params);

  if (*layout == 0)
    *layout = limn_cpu_weight_layout (cpu, LIMN_WEIGHT_CONV, weight);
  return limn_cpu_product_reorder (cpu, &key, !limn_tensor_is_null (params->channel_add), layout);
}

void
limn_cpu_conv2d (limn_pass *pass,
                 limn_tensor out,
                 limn_tensor x,
                 limn_tensor weight,
                 const struct limn_conv2d_params *params)
{
  struct source source = plan_source (x, params);
  gsize source_bytes = source.padded + source.resized;
  struct limn_cpu_product product;
  struct limn_cpu_call call;
  GError *error = NULL;

  if (!limn_cpu_begin (pass, &call))
    return;
  product = (struct limn_cpu_product){
    .key = make_key (out, x, weight, params),
    .weight = weight,
    .out = out,
    .bias = params->bias,
    .channel_add = params->channel_add,
    .residual = params->residual,
  };
  product.src = limn_cpu_data (x);
  if (!limn_tensor_is_null (pass->scratch)) {
    product.src = make_source (&source, x, params, limn_cpu_data (pass->scratch));
    product.scratch = (guint8 *) limn_cpu_data (pass->scratch) + source_bytes;
    product.scratch_size = limn_tensor_bytes (pass->scratch) - source_bytes;
  }
  if (!limn_cpu_product_run (call.cpu, &product, &error))
    limn_pass_fail (pass, error);
  limn_cpu_end (pass, &call, out);
}
