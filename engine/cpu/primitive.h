/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cpu/cpu.h"

/* oneDNN's primitives, made once for each key and kept as long as the device. Making one compiles
 * its code, which takes milliseconds. */

typedef enum { LIMN_CPU_CONV, LIMN_CPU_MATMUL } limn_cpu_op;

/* All of one size, so that no padding has bytes of its own: keys are compared as bytes. */
struct limn_cpu_key {
  int op;           /* limn_cpu_op */
  int dtype;        /* limn_dtype */
  int n, h, w, in;  /* of the source; a matmul has @n rows and 1, 1 */
  int out, kh, kw;  /* of the weight */
  int out_h, out_w; /* of the result */
  int stride, pad_begin, pad_end;
  int bias;       /* 1: there is one, f32, [out] */
  int residual;   /* 1: one is added, as the result */
  int activation; /* limn_activation */
  int layout;     /* of the weight, a number in limn_cpu.layouts; 0: what oneDNN likes best */
};

/* Channels of a convolution's input as oneDNN gets them. In bf16 it multiplies two at a time, and
 * for an odd number the last one of a position with the first of the next: times zero, which is NaN
 * where that is infinite. */
static inline int
limn_cpu_conv_channels (limn_dtype dtype, int channels)
{
  return dtype == LIMN_DTYPE_BF16 ? (channels + 1) / 2 * 2 : channels;
}

struct limn_cpu_primitive {
  struct limn_cpu_key key;
  int layout;    /* of the weight, a number in limn_cpu.layouts */
  gsize scratch; /* bytes */
  dnnl_primitive_desc_t description;
  dnnl_primitive_t primitive; /* made at the first run */
  dnnl_memory_t src, weight, bias, residual, dst, scratchpad;
};

/* NULL where oneDNN cannot do it so, or only in its slow reference code; with @reference that is
 * taken as well. */
struct limn_cpu_primitive *
limn_cpu_primitive_get (struct limn_cpu *cpu, const struct limn_cpu_key *key, bool reference);

struct limn_cpu_arguments {
  const void *src, *weight, *bias, *residual;
  void *dst, *scratch; /* scratch: aligned to 64 */
};

bool limn_cpu_primitive_run (struct limn_cpu *cpu,
                             struct limn_cpu_primitive *primitive,
                             const struct limn_cpu_arguments *arguments,
                             GError **error);

/* The table for limn_cpu.primitives. */
GHashTable *limn_cpu_primitives_new (void);

/* The number of @layout, which is kept, and the layout of a number. */
int limn_cpu_layout_number (struct limn_cpu *cpu, const dnnl_memory_desc_t *layout);
const dnnl_memory_desc_t *limn_cpu_layout (const struct limn_cpu *cpu, int number);
dnnl_data_type_t limn_cpu_data_type (limn_dtype dtype);

/* A primitive and what must follow it: out = activation (product + bias + channel_add + residual),
 * as much of it as is fast inside the primitive. */
struct limn_cpu_product {
  struct limn_cpu_key key; /* without layout; with all that is wanted */
  limn_tensor weight;
  limn_tensor out;
  const void *src;
  limn_tensor bias, channel_add, residual; /* null: none */
  guint8 *scratch;                         /* limn_cpu_product_scratch() bytes */
  gsize scratch_size;
};

/* Depends on the key alone, and on whether there is a channel_add. */
gsize
limn_cpu_product_scratch (struct limn_cpu *cpu, const struct limn_cpu_key *key, bool channel_add);
/* Bytes of the weight in the layout in which it is stored anew, which *@layout gets; 0 where there
 * is a primitive for the one it has. */
gsize limn_cpu_product_reorder (struct limn_cpu *cpu,
                                const struct limn_cpu_key *key,
                                bool channel_add,
                                int *layout);
bool
limn_cpu_product_run (struct limn_cpu *cpu, const struct limn_cpu_product *product, GError **error);
