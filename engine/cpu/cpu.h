/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <oneapi/dnnl/dnnl.h>

#include "cpu/kernels.h"
#include "device.h"

/* The inside of the processor as a device, for the files of this folder. */

struct limn_cpu {
  limn_device base;
  int threads;
  const struct limn_cpu_kernels *kernels;
  dnnl_engine_t engine;
  dnnl_stream_t stream;
  GPtrArray *layouts;     /* of dnnl_memory_desc_t, each once; the number of one counts from 1 */
  GHashTable *primitives; /* of limn_cpu_primitive, by limn_cpu_key */
};

struct limn_buffer {
  guint8 *data;   /* aligned to 64 bytes at least */
  gsize size;     /* bytes */
  gsize *counter; /* a field of device->memory */
  int layout;     /* of a matrix: a number in limn_cpu.layouts; else 0 */
};

static inline void *
limn_cpu_data (limn_tensor tensor)
{
  return tensor.buffer->data + tensor.offset;
}

/* Takes care that the calling thread's OpenMP team has the device's size. To be called before
 * anything that asks for the number of threads, oneDNN's primitives among it. */
void limn_cpu_use_threads (struct limn_cpu *cpu);

/* --- memory.c --- */

limn_buffer *limn_cpu_buffer_new (limn_device *device, gsize size, gsize *counter, GError **error);
void limn_cpu_buffer_free (limn_device *device, limn_buffer *buffer);
/* What this process may have of the machine's memory, in bytes. */
guint64 limn_cpu_memory_total (void);

/* --- weight.c --- */

/* The layout in which a weight is loaded, and its bytes in that. */
int limn_cpu_weight_layout (struct limn_cpu *cpu, limn_weight_kind kind, limn_tensor weight);
gsize limn_cpu_weight_bytes (limn_device *device, limn_weight_kind kind, limn_tensor weight);
bool limn_cpu_weight_new (limn_device *device,
                          limn_weight_kind kind,
                          limn_tensor *weight,
                          limn_dtype dtype,
                          const void *src,
                          GError **error);
/* Stores @weight in another layout of the same matrix from here on. */
bool limn_cpu_weight_change (struct limn_cpu *cpu, limn_tensor weight, int layout, GError **error);

/* --- processor.c --- */

/* The name that its maker gave it; the caller frees it. */
char *limn_cpu_processor_name (void);
/* Cores that this process may use; threads that share one core count once. */
int limn_cpu_processor_cores (void);

/* --- the operators, in conv2d.c, linear.c and operators.c --- */

/* Around every operator. limn_cpu_begin() says whether it is to run: not after a failure, and not
 * when the pass was cancelled. */
struct limn_cpu_call {
  struct limn_cpu *cpu;
  double start; /* seconds */
};
bool limn_cpu_begin (limn_pass *pass, struct limn_cpu_call *call);
void limn_cpu_end (limn_pass *pass, const struct limn_cpu_call *call, limn_tensor out);

gsize limn_cpu_conv2d_scratch (limn_device *device,
                               limn_tensor out,
                               limn_tensor x,
                               limn_tensor weight,
                               const struct limn_conv2d_params *params);
gsize limn_cpu_conv2d_reorder (limn_device *device,
                               limn_tensor out,
                               limn_tensor x,
                               limn_tensor weight,
                               const struct limn_conv2d_params *params,
                               int *layout);
void limn_cpu_conv2d (limn_pass *pass,
                      limn_tensor out,
                      limn_tensor x,
                      limn_tensor weight,
                      const struct limn_conv2d_params *params);
gsize limn_cpu_linear_scratch (limn_device *device,
                               limn_tensor out,
                               limn_tensor x,
                               limn_tensor weight,
                               const struct limn_linear_params *params);
gsize limn_cpu_linear_reorder (limn_device *device,
                               limn_tensor out,
                               limn_tensor x,
                               limn_tensor weight,
                               const struct limn_linear_params *params,
                               int *layout);
void limn_cpu_linear (limn_pass *pass,
                      limn_tensor out,
                      limn_tensor x,
                      limn_tensor weight,
                      const struct limn_linear_params *params);
gsize limn_cpu_attention_scratch (limn_device *device,
                                  limn_tensor q,
                                  limn_tensor k,
                                  const struct limn_attention_params *params);
void limn_cpu_attention (limn_pass *pass,
                         limn_tensor out,
                         limn_tensor q,
                         limn_tensor k,
                         limn_tensor v,
                         const struct limn_attention_params *params);
void limn_cpu_group_norm (limn_pass *pass,
                          limn_tensor out,
                          limn_tensor x,
                          limn_tensor scratch,
                          const struct limn_group_norm_params *params);
void limn_cpu_layer_norm (limn_pass *pass,
                          limn_tensor out,
                          limn_tensor x,
                          const struct limn_layer_norm_params *params);
void
limn_cpu_activate (limn_pass *pass, limn_tensor out, limn_tensor x, limn_activation activation);
void limn_cpu_add (limn_pass *pass,
                   limn_tensor out,
                   limn_tensor x,
                   limn_tensor y,
                   const struct limn_add_params *params);
void limn_cpu_concat_op (limn_pass *pass, limn_tensor out, limn_tensor x, limn_tensor y);
void limn_cpu_transpose_op (limn_pass *pass, limn_tensor out, limn_tensor x);
void limn_cpu_geglu (limn_pass *pass, limn_tensor out, limn_tensor x);
void limn_cpu_embedding (
    limn_pass *pass, limn_tensor out, limn_tensor table, limn_tensor position, limn_tensor ids);
void limn_cpu_copy_op (limn_pass *pass, limn_tensor out, limn_tensor x);
