/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum {
  LIMN_DTYPE_NONE, /* of the null tensor */
  LIMN_DTYPE_F32,
  LIMN_DTYPE_F16,
  LIMN_DTYPE_BF16,
  LIMN_DTYPE_I32,
  LIMN_N_DTYPES,
} limn_dtype;

/* Device memory; only the device that made it looks inside. */
typedef struct limn_buffer limn_buffer;

/* A dense tensor in NHWC order, a small value that is passed by copy and owns nothing.
 *
 * A picture or feature map is [n, h, w, c]. A sequence of tokens is [n, tokens, 1, c], so that
 * turning a feature map into a sequence is a change of shape and moves no byte. A vector is
 * [1, 1, 1, c]. All zero bytes make the null tensor, which stands for "none" in parameters. */
typedef struct {
  limn_buffer *buffer; /* borrowed */
  gsize offset;        /* bytes from the start of the buffer */
  limn_dtype dtype;
  int n, h, w, c;
} limn_tensor;

/* Bytes of one element: 4, 2, 2, 4; 0 for LIMN_DTYPE_NONE. */
gsize limn_dtype_size (limn_dtype dtype);
/* "f32", "f16", "bf16", "i32" or "none". */
const char *limn_dtype_name (limn_dtype dtype);

static inline bool
limn_tensor_is_null (limn_tensor t)
{
  return t.dtype == LIMN_DTYPE_NONE;
}

/* Positions, that is n * h * w. */
static inline gsize
limn_tensor_rows (limn_tensor t)
{
  return (gsize) t.n * (gsize) t.h * (gsize) t.w;
}

static inline gsize
limn_tensor_elements (limn_tensor t)
{
  return limn_tensor_rows (t) * (gsize) t.c;
}

static inline gsize
limn_tensor_bytes (limn_tensor t)
{
  return limn_tensor_elements (t) * limn_dtype_size (t.dtype);
}

/* The same bytes in another shape; the number of elements must not change. */
static inline limn_tensor
limn_tensor_reshape (limn_tensor t, int n, int h, int w, int c)
{
  g_assert ((gsize) n * (gsize) h * (gsize) w * (gsize) c == limn_tensor_elements (t));
  t.n = n, t.h = h, t.w = w, t.c = c;
  return t;
}

static inline bool
limn_tensor_same_shape (limn_tensor a, limn_tensor b)
{
  return a.n == b.n && a.h == b.h && a.w == b.w && a.c == b.c;
}

/* The last @n of what @t holds, a view of the same bytes. */
static inline limn_tensor
limn_tensor_last (limn_tensor t, int n)
{
  g_assert (n >= 1 && n <= t.n);
  t.offset += limn_tensor_bytes (t) / (gsize) t.n * (gsize) (t.n - n);
  t.n = n;
  return t;
}

/* Conversions of @count elements between host arrays. NaN stays NaN, values outside the range of
 * f16 become infinite, rounding is to nearest even. */
void limn_f32_to_f16 (const float *src, guint16 *dst, gsize count);
void limn_f16_to_f32 (const guint16 *src, float *dst, gsize count);
void limn_f32_to_bf16 (const float *src, guint16 *dst, gsize count);
void limn_bf16_to_f32 (const guint16 *src, float *dst, gsize count);
/* Any of F32, F16 and BF16 to f32. */
void limn_convert_to_f32 (limn_dtype dtype, const void *src, float *dst, gsize count);
/* From f32 to any of F32, F16 and BF16. */
void limn_convert_from_f32 (limn_dtype dtype, const float *src, void *dst, gsize count);
