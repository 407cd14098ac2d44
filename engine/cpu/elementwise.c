/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cpu/variant.h"

/* One element after another: memory is what these wait for, so each reads and writes it once. */

/* Elements that a thread takes at a time. */
#define CHUNK ((gsize) 8192)

/* --- activate --- */

LIMN_INLINE void
activate_chunk (
    limn_dtype dtype, limn_activation activation, void *out, const void *x, gsize begin, gsize end)
{
#pragma omp simd
  for (gsize i = begin; i < end; i++)
    limn_store (dtype, out, i, limn_activation_of (activation, limn_load (dtype, x, i)));
}

LIMN_INLINE void
activate_any (
    limn_dtype dtype, limn_activation activation, void *out, const void *x, gsize begin, gsize end)
{
  switch (activation) {
  case LIMN_ACTIVATION_RELU:
    activate_chunk (dtype, LIMN_ACTIVATION_RELU, out, x, begin, end);
    break;
  case LIMN_ACTIVATION_SILU:
    activate_chunk (dtype, LIMN_ACTIVATION_SILU, out, x, begin, end);
    break;
  case LIMN_ACTIVATION_GELU:
    activate_chunk (dtype, LIMN_ACTIVATION_GELU, out, x, begin, end);
    break;
  case LIMN_ACTIVATION_QUICK_GELU:
    activate_chunk (dtype, LIMN_ACTIVATION_QUICK_GELU, out, x, begin, end);
    break;
  case LIMN_ACTIVATION_SOFT_CLAMP:
    activate_chunk (dtype, LIMN_ACTIVATION_SOFT_CLAMP, out, x, begin, end);
    break;
  case LIMN_ACTIVATION_NONE:
  default:
    if (out != x)
      memcpy (limn_at_out (dtype, out, begin), limn_at (dtype, x, begin),
              (end - begin) * limn_dtype_size (dtype));
  }
}

void
LIMN_CPU_NAME (activate) (
    limn_dtype dtype, void *out, const void *x, gsize count, limn_activation activation)
{
#pragma omp parallel for if (count > LIMN_CPU_SERIAL)
  for (gsize begin = 0; begin < count; begin += CHUNK)
    LIMN_FOR_DTYPE (dtype, activate_any, activation, out, x, begin, MIN (begin + CHUNK, count));
}

/* --- add --- */

/* @y begins @before elements later than @x. */
LIMN_INLINE void
add_chunk (limn_dtype dtype,
           void *out,
           const void *x,
           const void *y,
           gsize before,
           float scale,
           gsize begin,
           gsize end)
{
#pragma omp simd
  for (gsize i = begin; i < end; i++)
    limn_store (dtype, out, i, limn_load (dtype, x, i) + scale * limn_load (dtype, y, i - before));
}

/* A chunk may have parts of two pictures, or many whole ones. */
LIMN_INLINE void
add_pictures (limn_dtype dtype, const struct limn_cpu_add *add, gsize begin, gsize end)
{
  while (begin < end) {
    gsize picture = begin / add->count, next = MIN (end, (picture + 1) * add->count);
    float scale = add->scales != NULL ? add->scales[picture * (gsize) add->scale_stride] : 1;

    add_chunk (dtype, add->out, add->x, add->y, add->repeat ? picture * add->count : 0, scale,
               begin, next);
    begin = next;
  }
}

void
LIMN_CPU_NAME (add) (const struct limn_cpu_add *add)
{
  gsize total = (gsize) add->n * add->count;

#pragma omp parallel for if (total > LIMN_CPU_SERIAL)
  for (gsize begin = 0; begin < total; begin += CHUNK)
    LIMN_FOR_DTYPE (add->dtype, add_pictures, add, begin, MIN (begin + CHUNK, total));
}

/* --- geglu --- */

LIMN_INLINE void
geglu_row (limn_dtype dtype, void *out, const void *x, gsize d)
{
#pragma omp simd
  for (gsize i = 0; i < d; i++)
    limn_store (dtype, out, i, limn_load (dtype, x, i) * limn_gelu (limn_load (dtype, x, d + i)));
}

void
LIMN_CPU_NAME (geglu) (limn_dtype dtype, void *out, const void *x, gsize rows, gsize d)
{
#pragma omp parallel for if (rows * d > LIMN_CPU_SERIAL)
  for (gsize row = 0; row < rows; row++)
    LIMN_FOR_DTYPE (dtype, geglu_row, limn_at_out (dtype, out, row * d),
                    limn_at (dtype, x, row * 2 * d), d);
}

/* --- embedding --- */

LIMN_INLINE void
embedding_row (limn_dtype dtype, void *out, const void *from, const void *position, gsize c)
{
  if (position == NULL && from == NULL)
    memset (out, 0, c * limn_dtype_size (dtype));
  else if (position == NULL || from == NULL)
    memcpy (out, from != NULL ? from : position, c * limn_dtype_size (dtype));
  else
    add_chunk (dtype, out, from, position, 0, 1, 0, c);
}

void
LIMN_CPU_NAME (embedding) (limn_dtype dtype,
                           void *out,
                           const void *table,
                           int table_rows,
                           const void *position,
                           const gint32 *ids,
                           int n,
                           int tokens,
                           int c)
{
  gsize width = (gsize) c;

#pragma omp parallel for if ((gsize) n * (gsize) tokens * width > LIMN_CPU_SERIAL)
  for (int i = 0; i < n * tokens; i++) {
    bool inside = ids[i] >= 0 && ids[i] < table_rows;
    const void *from = inside ? limn_at (dtype, table, (gsize) ids[i] * width) : NULL;
    const void *add = position ? limn_at (dtype, position, (gsize) (i % tokens) * width) : NULL;

    LIMN_FOR_DTYPE (dtype, embedding_row, limn_at_out (dtype, out, (gsize) i * width), from, add,
                    width);
  }
}

/* --- finish --- */

/* The sum in f32, one block of a row at a time, then its activation in place. */
#define FINISH_BLOCK 512

LIMN_INLINE void
finish_block (limn_dtype dtype,
              const struct limn_cpu_finish *finish,
              gsize at,     /* element of x */
              gsize add_at, /* element of channel_add */
              gsize first,
              gsize count)
{
  float sums[FINISH_BLOCK];

#pragma omp simd
  for (gsize i = 0; i < count; i++)
    sums[i] = limn_load (dtype, finish->x, at + i);
  if (finish->bias != NULL)
#pragma omp simd
    for (gsize i = 0; i < count; i++)
      sums[i] += finish->bias[first + i];
  if (finish->channel_add != NULL)
#pragma omp simd
    for (gsize i = 0; i < count; i++)
      sums[i] += limn_load (dtype, finish->channel_add, add_at + i);
  if (finish->residual != NULL)
#pragma omp simd
    for (gsize i = 0; i < count; i++)
      sums[i] += limn_load (dtype, finish->residual, at + i);

  if (finish->activation != LIMN_ACTIVATION_NONE)
    activate_any (LIMN_DTYPE_F32, finish->activation, sums, sums, 0, count);
#pragma omp simd
  for (gsize i = 0; i < count; i++)
    limn_store (dtype, finish->out, at + i, sums[i]);
}

LIMN_INLINE void
finish_row (limn_dtype dtype, const struct limn_cpu_finish *finish, gsize row)
{
  gsize c = (gsize) finish->c, picture = row / finish->positions;

  for (gsize first = 0; first < c; first += FINISH_BLOCK)
    finish_block (dtype, finish, row * c + first, picture * c + first, first,
                  MIN (c - first, FINISH_BLOCK));
}

void
LIMN_CPU_NAME (finish) (const struct limn_cpu_finish *finish)
{
  gsize rows = (gsize) finish->n * finish->positions;

#pragma omp parallel for if (rows * (gsize) finish->c > LIMN_CPU_SERIAL)
  for (gsize row = 0; row < rows; row++)
    LIMN_FOR_DTYPE (finish->dtype, finish_row, finish, row);
}

/* --- convert --- */

/* Both kinds of f16's numbers come out of one multiplication; infinity and NaN do not. */
LIMN_INLINE float
from_f16 (guint16 half)
{
  guint32 magnitude = (guint32) (half & 0x7fff) << 13;
  float value = limn_float_from_bits (magnitude) * 0x1p112f;
  guint32 bits = magnitude >= 0x0f800000 ? magnitude | 0x7f800000 : limn_float_bits (value);

  return limn_float_from_bits (bits | (guint32) (half & 0x8000) << 16);
}

LIMN_INLINE float
load_unaligned (limn_dtype dtype, const guint8 *src, gsize i)
{
  float value;
  guint16 half;

  if (dtype == LIMN_DTYPE_F32) {
    memcpy (&value, src + 4 * i, sizeof value);
    return value;
  }
  memcpy (&half, src + 2 * i, sizeof half);
  return dtype == LIMN_DTYPE_F16 ? from_f16 (half) : limn_float_from_bits ((guint32) half << 16);
}

LIMN_INLINE void
convert_from (
    limn_dtype dst_dtype, limn_dtype src_dtype, void *dst, const void *src, gsize begin, gsize end)
{
#pragma omp simd
  for (gsize i = begin; i < end; i++)
    limn_store (dst_dtype, dst, i, load_unaligned (src_dtype, src, i));
}

LIMN_INLINE void
convert_to (
    limn_dtype dst_dtype, limn_dtype src_dtype, void *dst, const void *src, gsize begin, gsize end)
{
  if (src_dtype == LIMN_DTYPE_F16)
    convert_from (dst_dtype, LIMN_DTYPE_F16, dst, src, begin, end);
  else if (src_dtype == LIMN_DTYPE_F32)
    convert_from (dst_dtype, LIMN_DTYPE_F32, dst, src, begin, end);
  else
    convert_from (dst_dtype, LIMN_DTYPE_BF16, dst, src, begin, end);
}

void
LIMN_CPU_NAME (convert) (
    limn_dtype dst_dtype, void *dst, limn_dtype src_dtype, const void *src, gsize count)
{
#pragma omp parallel for if (count > LIMN_CPU_SERIAL)
  for (gsize begin = 0; begin < count; begin += CHUNK)
    LIMN_FOR_DTYPE (dst_dtype, convert_to, src_dtype, dst, src, begin, MIN (begin + CHUNK, count));
}
