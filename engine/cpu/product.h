/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The matrix product inside attention: a few rows of A times a packed panel of B, with the sums in
 * registers.
 *
 * A and B are made of 32-bit words. A word is one f32, or with @pairs two bf16 that follow one
 * another along the depth, which AVX512-BF16 multiplies and adds in one instruction. B is packed in
 * panels of up to LIMN_PANEL columns, each [depth][columns], so that a panel is read in one stream.
 */

#include "cpu/variant.h"

#if defined __x86_64__
#include <immintrin.h>
#endif

#if defined __AVX512F__
#define LIMN_LANES 16
#define LIMN_ROWS 8 /* 8 x 3 sums of 32 registers */
#elif defined __AVX2__
#define LIMN_LANES 8
#define LIMN_ROWS 4 /* 4 x 3 sums of 16 registers */
#else
#define LIMN_LANES 4
#define LIMN_ROWS 4
#endif
#define LIMN_VECTORS 3
#define LIMN_PANEL (LIMN_VECTORS * LIMN_LANES)

typedef float limn_vector __attribute__ ((vector_size (LIMN_LANES * 4)));
typedef guint32 limn_bits_vector __attribute__ ((vector_size (LIMN_LANES * 4)));
/* Half a vector ends a panel whose last columns do not fill a whole one. */
typedef float limn_half __attribute__ ((vector_size (LIMN_LANES * 2)));

LIMN_INLINE limn_vector
limn_vector_load (const float *from)
{
  limn_vector v;

  memcpy (&v, from, sizeof v);
  return v;
}

LIMN_INLINE void
limn_vector_store (float *to, limn_vector v)
{
  memcpy (to, &v, sizeof v);
}

LIMN_INLINE limn_half
limn_half_load (const float *from)
{
  limn_half v;

  memcpy (&v, from, sizeof v);
  return v;
}

LIMN_INLINE void
limn_half_store (float *to, limn_half v)
{
  memcpy (to, &v, sizeof v);
}

LIMN_INLINE limn_vector
limn_multiply_add (bool pairs, limn_vector sum, float a, limn_vector b)
{
#ifdef __AVX512BF16__
  if (pairs)
    return (limn_vector) _mm512_dpbf16_ps (
        (__m512) sum, (__m512bh) b, (__m512bh) _mm512_set1_epi32 ((int) limn_float_bits (a)));
#endif
  return sum + a * b;
}

LIMN_INLINE limn_half
limn_multiply_add_half (bool pairs, limn_half sum, float a, limn_half b)
{
#ifdef __AVX512BF16__
  if (pairs)
    return (limn_half) _mm256_dpbf16_ps ((__m256) sum, (__m256bh) b,
                                         (__m256bh) _mm256_set1_epi32 ((int) limn_float_bits (a)));
#endif
  return sum + a * b;
}

/* c [rows][stride_c] = (add ? c : 0) + a [rows][stride_a] b [depth][columns of the panel] */
struct limn_product {
  float *c;
  const float *a, *b;
  gsize stride_c, stride_a;
  gsize depth;       /* words that are multiplied */
  gsize panel_depth; /* rows that panels of B have, as many or more */
};

LIMN_INLINE void
limn_product_panel (
    const struct limn_product *p, bool pairs, bool add, int rows, int vectors, bool half)
{
  const float *a = p->a, *b = p->b;
  gsize stride_a = p->stride_a, stride_c = p->stride_c, depth = p->depth;
  gsize columns = (gsize) (vectors * LIMN_LANES + (half ? LIMN_LANES / 2 : 0));
  limn_vector sums[LIMN_ROWS][LIMN_VECTORS] = { 0 };
  limn_half halves[LIMN_ROWS] = { 0 };

  if (add) {
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++) {
#pragma GCC unroll 3
      for (int j = 0; j < vectors; j++)
        sums[i][j] = limn_vector_load (p->c + (gsize) i * stride_c + j * LIMN_LANES);
      if (half)
        halves[i] = limn_half_load (p->c + (gsize) i * stride_c + vectors * LIMN_LANES);
    }
  }
  for (gsize k = 0; k < depth; k++, b += columns) {
    limn_vector column[LIMN_VECTORS] = { 0 };
    limn_half last = half ? limn_half_load (b + vectors * LIMN_LANES) : (limn_half){ 0 };
#pragma GCC unroll 3
    for (int j = 0; j < vectors; j++)
      column[j] = limn_vector_load (b + j * LIMN_LANES);
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++) {
      float value = a[(gsize) i * stride_a + k];
#pragma GCC unroll 3
      for (int j = 0; j < vectors; j++)
        sums[i][j] = limn_multiply_add (pairs, sums[i][j], value, column[j]);
      if (half)
        halves[i] = limn_multiply_add_half (pairs, halves[i], value, last);
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < rows; i++) {
#pragma GCC unroll 3
    for (int j = 0; j < vectors; j++)
      limn_vector_store (p->c + (gsize) i * stride_c + j * LIMN_LANES, sums[i][j]);
    if (half)
      limn_half_store (p->c + (gsize) i * stride_c + vectors * LIMN_LANES, halves[i]);
  }
}

/* The columns of a panel say which form it takes. */
LIMN_INLINE void
limn_product_columns (const struct limn_product *p, bool pairs, bool add, int rows, gsize columns)
{
  switch (columns * 2 / LIMN_LANES) {
  case 1:
    limn_product_panel (p, pairs, add, rows, 0, true);
    break;
  case 2:
    limn_product_panel (p, pairs, add, rows, 1, false);
    break;
  case 3:
    limn_product_panel (p, pairs, add, rows, 1, true);
    break;
  case 4:
    limn_product_panel (p, pairs, add, rows, 2, false);
    break;
  case 5:
    limn_product_panel (p, pairs, add, rows, 2, true);
    break;
  default:
    limn_product_panel (p, pairs, add, rows, 3, false);
  }
}

/* @columns rounded up to what panels can hold. */
LIMN_INLINE gsize
limn_panel_columns (gsize columns)
{
  return (columns + LIMN_LANES / 2 - 1) / (LIMN_LANES / 2) * (LIMN_LANES / 2);
}

/* All panels of B, @columns in all (a value of limn_panel_columns()). */
LIMN_INLINE void
limn_product_rows (struct limn_product p, bool pairs, bool add, int rows, gsize columns)
{
  for (gsize first = 0; first < columns; first += LIMN_PANEL) {
    gsize width = MIN (columns - first, LIMN_PANEL);

    limn_product_columns (&p, pairs, add, rows, width);
    p.c += width;
    p.b += width * p.panel_depth;
  }
}
