/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "vk/ops.h"

struct source {
  limn_tensor weight;
  limn_dtype dtype;
  const guint8 *bytes;
  bool matrix;
  float *rows; /* four output channels of a matrix, as f32 in PyTorch's order */
};

static gsize
round4 (int count)
{
  return ((gsize) count + 3) / 4 * 4;
}

/* Elements of one block of four output channels. */
static gsize
block_elements (limn_tensor weight)
{
  return (gsize) weight.h * weight.w * round4 (weight.c) * 4;
}

static bool
is_matrix (limn_weight_kind kind)
{
  return kind == LIMN_WEIGHT_CONV || kind == LIMN_WEIGHT_LINEAR;
}

gsize
limn_vk_weight_bytes (limn_weight_kind kind, limn_tensor weight)
{
  if (!is_matrix (kind))
    return limn_tensor_bytes (weight);
  return round4 (weight.n) / 4 * block_elements (weight) * limn_dtype_size (weight.dtype);
}

/* Reads output channels 4 @block to 4 @block + 3; those past the end are zero. */
static void
read_rows (struct source *source, gsize block)
{
  limn_tensor weight = source->weight;
  gsize row = (gsize) weight.c * weight.h * weight.w;
  gsize first = block * 4;
  gsize count = MIN (4, (gsize) weight.n - first);

  memset (source->rows, 0, row * 4 * sizeof *source->rows);
  limn_convert_to_f32 (source->dtype, source->bytes + first * row * limn_dtype_size (source->dtype),
                       source->rows, count * row);
}

static void
fill_block (struct source *source, gsize block, void *dst)
{
  limn_tensor weight = source->weight;
  gsize taps = (gsize) weight.h * weight.w, c = (gsize) weight.c, row = c * taps;
  gsize elements = block_elements (weight);
  g_autofree float *ordered = g_new0 (float, elements);

  read_rows (source, block);
  for (gsize tap = 0; tap < taps; tap++)
    for (gsize in = 0; in < c; in++)
      for (gsize out = 0; out < 4; out++)
        ordered[(tap * round4 (weight.c) + in) * 4 + out] =
            source->rows[out * row + in * taps + tap];
  limn_convert_from_f32 (weight.dtype, ordered, dst, elements);
}

static void
fill_matrix (void *dst, gsize offset, gsize size, gpointer data)
{
  struct source *source = data;
  gsize bytes = block_elements (source->weight) * limn_dtype_size (source->weight.dtype);

  for (gsize done = 0; done < size; done += bytes)
    fill_block (source, (offset + done) / bytes, (guint8 *) dst + done);
}

static void
fill_rows (void *dst, gsize offset, gsize size, gpointer data)
{
  struct source *source = data;
  gsize stored = limn_dtype_size (source->weight.dtype);
  gsize given = limn_dtype_size (source->dtype);
  g_autofree float *values = g_new (float, size / stored);

  limn_convert_to_f32 (source->dtype, source->bytes + offset / stored * given, values,
                       size / stored);
  limn_convert_from_f32 (source->weight.dtype, values, dst, size / stored);
}

bool
limn_vk_weight_write (struct limn_vk *vk,
                      limn_weight_kind kind,
                      limn_tensor weight,
                      limn_dtype dtype,
                      const void *src,
                      GError **error)
{
  gsize size = limn_vk_weight_bytes (kind, weight);
  struct source source = { .weight = weight, .dtype = dtype, .bytes = src };
  g_autofree float *rows = NULL;

  if (!is_matrix (kind))
    return limn_vk_buffer_write (vk, weight.buffer, weight.offset, size,
                                 limn_dtype_size (weight.dtype), fill_rows, &source, error);

  rows = g_new (float, 4 * (gsize) weight.c * weight.h * weight.w);
  source.rows = rows;
  return limn_vk_buffer_write (vk, weight.buffer, weight.offset, size,
                               block_elements (weight) * limn_dtype_size (weight.dtype),
                               fill_matrix, &source, error);
}
