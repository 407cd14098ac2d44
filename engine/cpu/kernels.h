/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "ops.h"

/* The operators that oneDNN lacks or does slowly: plain functions of host pointers. Each source
 * file is compiled once for every instruction set below, and each of those fills one table.
 *
 * Arrays are dense, in F32 or BF16 (@dtype), aligned to their elements; vectors (scale, shift) are
 * always f32. Sums are f32 or better, bf16 is rounded to nearest even. All functions run on
 * OpenMP's threads, omp_get_max_threads() of them, and return when the work is done; they may be
 * called by one thread at a time. Unless said otherwise @out may be one of the inputs, and must not
 * overlap them in part. */

typedef enum {
  LIMN_CPU_ISA_BASE, /* what the compiler assumes by itself */
  LIMN_CPU_ISA_AVX2, /* with FMA */
  LIMN_CPU_ISA_AVX512,
  LIMN_CPU_ISA_AVX512_BF16,
  LIMN_N_CPU_ISAS,
} limn_cpu_isa;

/* softmax (q k^T / sqrt (d)) v by head. */
struct limn_cpu_attention {
  limn_dtype dtype;
  int n, tokens, keys, heads, d;
  bool causal;
  const void *q;     /* [n, tokens, heads * d] */
  const void *k, *v; /* [n, keys, heads * d] */
  void *out;         /* as q, and none of the inputs */
  void *scratch;     /* attention_scratch() bytes, aligned to 64 */
};

/* Mean and variance over the positions and the channels of a group. */
struct limn_cpu_group_norm {
  limn_dtype dtype;
  int n, c, groups;
  gsize positions; /* h * w */
  float epsilon;
  limn_activation activation;
  const float *scale, *shift; /* [c] */
  const float *statistics;    /* NULL, or as limn_group_norm_params has them */
  const void *x;
  void *out;
};

/* Mean and variance over the channels of each row. */
struct limn_cpu_layer_norm {
  limn_dtype dtype;
  gsize rows;
  int c;
  float epsilon;
  const float *scale, *shift; /* [c] */
  const void *x;
  void *out;
};

/* out = activation (x + bias + channel_add + residual): what follows a matrix product that could
 * not do it itself. NULL means none. */
struct limn_cpu_finish {
  limn_dtype dtype;
  int n, c;
  gsize positions;
  const void *x;
  const float *bias;       /* [c] */
  const void *channel_add; /* [n, c] */
  const void *residual;    /* as x */
  limn_activation activation;
  void *out;
};

/* out = x + scale y, picture by picture. */
struct limn_cpu_add {
  limn_dtype dtype;
  int n;
  gsize count;         /* of a picture's elements */
  const void *x, *y;   /* [n, count]; with @repeat y is [count] */
  const float *scales; /* [n, scale_stride] or NULL: 1 */
  int scale_stride;
  bool repeat;
  void *out;
};

struct limn_cpu_kernels {
  const char *name;
  /* Bytes; depends on the shape and on omp_get_max_threads(), which must not grow until the call.
   */
  gsize (*attention_scratch) (const struct limn_cpu_attention *attention);
  void (*attention) (const struct limn_cpu_attention *attention);
  void (*group_norm) (const struct limn_cpu_group_norm *norm);
  void (*layer_norm) (const struct limn_cpu_layer_norm *norm);
  void (*finish) (const struct limn_cpu_finish *finish);
  void (*activate) (
      limn_dtype dtype, void *out, const void *x, gsize count, limn_activation activation);
  void (*add) (const struct limn_cpu_add *add);
  /* x: [rows, 2 d] -> [rows, d], first half times gelu (second half); @out is not @x */
  void (*geglu) (limn_dtype dtype, void *out, const void *x, gsize rows, gsize d);
  /* table: [table_rows, c], position: [tokens, c] or NULL, ids: [n, tokens] -> [n, tokens, c]; an
   * id outside the table reads as zero */
  void (*embedding) (limn_dtype dtype,
                     void *out,
                     const void *table,
                     int table_rows,
                     const void *position,
                     const gint32 *ids,
                     int n,
                     int tokens,
                     int c);
  /* Any of F32, F16 and BF16 to F32 or BF16; @src need not be aligned and is not @dst. */
  void (*convert) (
      limn_dtype dst_dtype, void *dst, limn_dtype src_dtype, const void *src, gsize count);
};

/* The table of an instruction set, or NULL where this program or this processor lacks it;
 * LIMN_CPU_ISA_BASE is always there. */
const struct limn_cpu_kernels *limn_cpu_kernels_get (limn_cpu_isa isa);
/* The best that the processor has. */
limn_cpu_isa limn_cpu_isa_best (void);

/* What only moves bytes is the same for all; @size is that of an element. None of these may have
 * @out overlap an input. */

/* [rows, a], [rows, b] -> [rows, a + b] */
void
limn_cpu_concat (gsize size, void *out, const void *x, gsize a, const void *y, gsize b, gsize rows);
void limn_cpu_copy (void *out, const void *x, gsize bytes);
/* [n, h, w, c] -> [n, w, h, c] */
void limn_cpu_transpose (gsize size, void *out, const void *x, int n, int h, int w, int c);
/* [n, h, w, c] -> [n, out_h, out_w, c] by nearest neighbour, sources in f32 as PyTorch has them */
void limn_cpu_resize (
    gsize size, void *out, int out_h, int out_w, const void *x, int n, int h, int w, int c);
