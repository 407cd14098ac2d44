/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What the kernels share. Each of their files is compiled once an instruction set, with
 * LIMN_CPU_VARIANT naming it. Loops are plain C on single values which the compiler makes vectors
 * of (`omp simd`), so everything here is branchless and inline. */

#include "cpu/kernels.h"

#include <math.h>
#include <string.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#ifndef LIMN_CPU_VARIANT
#define LIMN_CPU_VARIANT base
#endif

#define LIMN_CPU_PASTE(name, variant) limn_cpu_##name##_##variant
#define LIMN_CPU_EXPAND(name, variant) LIMN_CPU_PASTE (name, variant)
/* The name of a function or table in this variant: limn_cpu_attention_avx2. */
#define LIMN_CPU_NAME(name) LIMN_CPU_EXPAND (name, LIMN_CPU_VARIANT)

/* For functions whose constant arguments (a dtype, an activation) must fold away. */
#define LIMN_INLINE static inline __attribute__ ((always_inline))

/* Elements below which a second thread costs more than it saves. */
#define LIMN_CPU_SERIAL 16384

gsize LIMN_CPU_NAME (attention_scratch) (const struct limn_cpu_attention *attention);
void LIMN_CPU_NAME (attention) (const struct limn_cpu_attention *attention);
void LIMN_CPU_NAME (group_norm) (const struct limn_cpu_group_norm *norm);
void LIMN_CPU_NAME (layer_norm) (const struct limn_cpu_layer_norm *norm);
void LIMN_CPU_NAME (finish) (const struct limn_cpu_finish *finish);
void LIMN_CPU_NAME (activate) (
    limn_dtype dtype, void *out, const void *x, gsize count, limn_activation activation);
void LIMN_CPU_NAME (add) (const struct limn_cpu_add *add);
void LIMN_CPU_NAME (geglu) (limn_dtype dtype, void *out, const void *x, gsize rows, gsize d);
void LIMN_CPU_NAME (embedding) (limn_dtype dtype,
                                void *out,
                                const void *table,
                                int table_rows,
                                const void *position,
                                const gint32 *ids,
                                int n,
                                int tokens,
                                int c);
void LIMN_CPU_NAME (convert) (
    limn_dtype dst_dtype, void *dst, limn_dtype src_dtype, const void *src, gsize count);

LIMN_INLINE int
limn_cpu_threads (void)
{
#ifdef _OPENMP
  return omp_get_max_threads ();
#else
  return 1;
#endif
}

LIMN_INLINE int
limn_cpu_thread (void)
{
#ifdef _OPENMP
  return omp_get_thread_num ();
#else
  return 0;
#endif
}

/* --- storage --- */

LIMN_INLINE guint32
limn_float_bits (float value)
{
  guint32 bits;

  memcpy (&bits, &value, sizeof bits);
  return bits;
}

LIMN_INLINE float
limn_float_from_bits (guint32 bits)
{
  float value;

  memcpy (&value, &bits, sizeof value);
  return value;
}

LIMN_INLINE guint16
limn_bf16_bits (float value)
{
  guint32 bits = limn_float_bits (value);
  guint32 rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  guint32 nan = (bits >> 16) | 0x40;

  return (guint16) ((bits & 0x7fffffff) > 0x7f800000 ? nan : rounded);
}

LIMN_INLINE float
limn_load (limn_dtype dtype, const void *array, gsize i)
{
  if (dtype == LIMN_DTYPE_F32)
    return ((const float *) array)[i];
  return limn_float_from_bits ((guint32) ((const guint16 *) array)[i] << 16);
}

LIMN_INLINE void
limn_store (limn_dtype dtype, void *array, gsize i, float value)
{
  if (dtype == LIMN_DTYPE_F32)
    ((float *) array)[i] = value;
  else
    ((guint16 *) array)[i] = limn_bf16_bits (value);
}

/* The address of element @i. */
LIMN_INLINE const void *
limn_at (limn_dtype dtype, const void *array, gsize i)
{
  return (const guint8 *) array + i * (dtype == LIMN_DTYPE_F32 ? 4 : 2);
}

LIMN_INLINE void *
limn_at_out (limn_dtype dtype, void *array, gsize i)
{
  return (guint8 *) array + i * (dtype == LIMN_DTYPE_F32 ? 4 : 2);
}

/* --- functions, to some 3e-7 of their value, the far tail of gelu to 5e-6; the polynomials are
 * minimax fits --- */

/* e^x: zero below the smallest normal number, infinite where f32 is. */
LIMN_INLINE float
limn_exp (float x)
{
  const float magic = 0x1.8p23f; /* adding it rounds to an integer, in the lowest bits */
  float shifted = x * 0x1.715476p0f + magic;
  float n = shifted - magic;
  float r = x - n * 0x1.62e4p-1f - n * 0x1.7f7d1cp-20f; /* ln 2 in two parts */
  float p = 0.00138367421f;

  p = p * r + 0.00837489869f;
  p = p * r + 0.0416682325f;
  p = p * r + 0.166664198f;
  p = p * r + 0.499999911f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  p = limn_float_from_bits (limn_float_bits (p) + (limn_float_bits (shifted) << 23));
  p = x < -87.33654f ? 0.0f : p;
  return x > 88.37626f ? INFINITY : p;
}

LIMN_INLINE float
limn_silu (float x, float slope)
{
  return x / (1.0f + limn_exp (-slope * x));
}

/* x Phi(x); Phi(-|x|) = exp(-z^2) erfcx(z) / 2 at z = |x| / sqrt 2, and erfcx(z) is t times a
 * polynomial of t = 1 / (1 + 0.4 z), so that the tail is as exact as the middle. */
LIMN_INLINE float
limn_gelu (float x)
{
  float z = fabsf (x) * 0x1.6a09e6p-1f;
  float t = 1.0f / (1.0f + 0.4f * z);
  float p = 0.0421185046f;

  p = p * t + -0.144551381f;
  p = p * t + 0.0927827507f;
  p = p * t + 0.0778451338f;
  p = p * t + 0.0867854133f;
  p = p * t + 0.190383673f;
  p = p * t + 0.202661023f;
  p = p * t + 0.226334319f;
  p = p * t + 0.225640625f;
  p = 0.5f * limn_exp (-0.5f * x * x) * (t * p);
  return x * (x > 0 ? 1.0f - p : p);
}

/* 3 tanh (x / 3); small values by a polynomial, since 1 - 2 / (exp (2 x) + 1) loses their digits.
 */
LIMN_INLINE float
limn_soft_clamp (float x)
{
  float y = x * 0x1.555556p-2f, s = y * y;
  float large = copysignf (1.0f - 2.0f / (limn_exp (2.0f * fabsf (y)) + 1.0f), y);
  float p = 0.0154754277f;

  p = p * s + -0.0521014817f;
  p = p * s + 0.133101732f;
  p = p * s + -0.333323091f;
  p = p * s + 0.99999994f;
  return 3.0f * (s < 0.36f ? y * p : large);
}

LIMN_INLINE float
limn_activation_of (limn_activation activation, float x)
{
  switch (activation) {
  case LIMN_ACTIVATION_RELU:
    return x < 0 ? 0.0f : x; /* NaN stays */
  case LIMN_ACTIVATION_SILU:
    return limn_silu (x, 1.0f);
  case LIMN_ACTIVATION_GELU:
    return limn_gelu (x);
  case LIMN_ACTIVATION_QUICK_GELU:
    return limn_silu (x, 1.702f);
  case LIMN_ACTIVATION_SOFT_CLAMP:
    return limn_soft_clamp (x);
  case LIMN_ACTIVATION_NONE:
  default:
    return x;
  }
}

/* Calls a LIMN_INLINE function with the dtype, or dtype and activation, as constants. */
#define LIMN_FOR_DTYPE(dtype, function, ...)                                                       \
  ((dtype) == LIMN_DTYPE_F32 ? function (LIMN_DTYPE_F32, __VA_ARGS__)                              \
                             : function (LIMN_DTYPE_BF16, __VA_ARGS__))
