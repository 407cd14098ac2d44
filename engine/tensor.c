/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor.h"

#include <string.h>

static const struct {
  const char *name;
  gsize size;
} dtypes[] = {
  [LIMN_DTYPE_NONE] = { "none", 0 }, [LIMN_DTYPE_F32] = { "f32", 4 },
  [LIMN_DTYPE_F16] = { "f16", 2 },   [LIMN_DTYPE_BF16] = { "bf16", 2 },
  [LIMN_DTYPE_I32] = { "i32", 4 },
};
G_STATIC_ASSERT (G_N_ELEMENTS (dtypes) == LIMN_N_DTYPES);

gsize
limn_dtype_size (limn_dtype dtype)
{
  return dtypes[dtype].size;
}

const char *
limn_dtype_name (limn_dtype dtype)
{
  return dtypes[dtype].name;
}

static guint32
float_bits (float value)
{
  guint32 bits;

  memcpy (&bits, &value, sizeof bits);
  return bits;
}

static float
float_from_bits (guint32 bits)
{
  float value;

  memcpy (&value, &bits, sizeof value);
  return value;
}

/* Shifts the lowest @shift bits out, rounding to nearest even. */
static guint32
round_shift (guint32 value, guint shift)
{
  guint32 half = 1u << (shift - 1);
  guint32 odd = (value >> shift) & 1;

  return (value + half - 1 + odd) >> shift;
}

static guint16
f16_from_float (float value)
{
  guint32 bits = float_bits (value);
  guint16 sign = (guint16) ((bits >> 16) & 0x8000);
  guint32 magnitude = bits & 0x7fffffff;

  if (magnitude > 0x7f800000)
    return (guint16) (sign | 0x7e00 | ((magnitude >> 13) & 0x1ff));
  if (magnitude >= 0x477ff000) /* 65520 and more round to infinity */
    return sign | 0x7c00;
  if (magnitude >= 0x38800000) /* normal: rebias the exponent from 127 to 15 */
    return (guint16) (sign | round_shift (magnitude - (112u << 23), 13));
  if (magnitude < 0x33000000) /* below half of the smallest subnormal */
    return sign;

  guint32 mantissa = (magnitude & 0x7fffff) | 0x800000;
  guint shift = 126 - (magnitude >> 23);
  return (guint16) (sign | round_shift (mantissa, shift));
}

static float
f16_to_float (guint16 half)
{
  guint32 sign = (guint32) (half & 0x8000) << 16;
  guint32 exponent = (half >> 10) & 0x1f;
  guint32 mantissa = half & 0x3ff;

  if (exponent == 0x1f)
    return float_from_bits (sign | 0x7f800000 | mantissa << 13);
  if (exponent == 0) {
    float subnormal = (float) mantissa * 0x1p-24f;
    return sign ? -subnormal : subnormal;
  }
  return float_from_bits (sign | (exponent + 112) << 23 | mantissa << 13);
}

static guint16
bf16_from_float (float value)
{
  guint32 bits = float_bits (value);

  if ((bits & 0x7fffffff) > 0x7f800000)
    return (guint16) (bits >> 16 | 0x40);
  /* The sum cannot wrap: the largest pattern left is that of infinity. */
  return (guint16) ((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

void
limn_f32_to_f16 (const float *src, guint16 *dst, gsize count)
{
  for (gsize i = 0; i < count; i++)
    dst[i] = f16_from_float (src[i]);
}

void
limn_f16_to_f32 (const guint16 *src, float *dst, gsize count)
{
  for (gsize i = 0; i < count; i++)
    dst[i] = f16_to_float (src[i]);
}

void
limn_f32_to_bf16 (const float *src, guint16 *dst, gsize count)
{
  for (gsize i = 0; i < count; i++)
    dst[i] = bf16_from_float (src[i]);
}

void
limn_bf16_to_f32 (const guint16 *src, float *dst, gsize count)
{
  for (gsize i = 0; i < count; i++)
    dst[i] = float_from_bits ((guint32) src[i] << 16);
}

void
limn_convert_to_f32 (limn_dtype dtype, const void *src, float *dst, gsize count)
{
  const guint8 *bytes = src;
  gsize size = limn_dtype_size (dtype);

  if (dtype == LIMN_DTYPE_F32) {
    memcpy (dst, src, count * size);
    return;
  }

  g_assert (dtype == LIMN_DTYPE_F16 || dtype == LIMN_DTYPE_BF16);
  for (gsize i = 0; i < count; i++) {
    guint16 value;
    memcpy (&value, bytes + i * size, sizeof value); /* a file's tensor may be unaligned */
    if (dtype == LIMN_DTYPE_F16)
      dst[i] = f16_to_float (value);
    else
      dst[i] = float_from_bits ((guint32) value << 16);
  }
}

void
limn_convert_from_f32 (limn_dtype dtype, const float *src, void *dst, gsize count)
{
  if (dtype == LIMN_DTYPE_F32)
    memcpy (dst, src, count * sizeof *src);
  else if (dtype == LIMN_DTYPE_F16)
    limn_f32_to_f16 (src, dst, count);
  else if (dtype == LIMN_DTYPE_BF16)
    limn_f32_to_bf16 (src, dst, count);
  else
    g_assert_not_reached ();
}
