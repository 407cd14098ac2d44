/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "cpu/primitive.h"
#include "error.h"

/* A weight on its way from PyTorch's order, in which the values of one output channel follow one
 * another, into the blocks that oneDNN reads. Each thread takes a block of output channels at a
 * time: converts them, as they stand, into memory that its cache holds, and picks them from there
 * in the order of the result, which is so written once and from front to back. */

static bool
is_matrix (limn_weight_kind kind)
{
  return kind == LIMN_WEIGHT_CONV || kind == LIMN_WEIGHT_LINEAR;
}

/* --- the layout --- */

/* Positions of a side at which a convolution of so many channels usually works: latent pictures
 * become smaller as channels become more. Another size may want another layout, and gets it when it
 * comes (matrix.c). */
static int
usual_size (int channels)
{
  static const struct {
    int channels, size;
  } table[] = { { 480, 64 }, { 960, 32 }, { G_MAXINT, 16 } };
  gsize i = 0;

  while (channels > table[i].channels)
    i++;
  return table[i].size;
}

int
limn_cpu_weight_layout (struct limn_cpu *cpu, limn_weight_kind kind, limn_tensor weight)
{
  bool conv = kind == LIMN_WEIGHT_CONV;
  int size = MAX (usual_size (weight.n), MAX (weight.h, weight.w));
  int pad = weight.h / 2;
  const struct limn_cpu_key key = {
    .op = conv ? LIMN_CPU_CONV : LIMN_CPU_MATMUL,
    .dtype = (int) weight.dtype,
    .n = conv ? 2 : 1024,
    .h = conv ? size : 1,
    .w = conv ? size : 1,
    .in = conv ? limn_cpu_conv_channels (weight.dtype, weight.c) : weight.c,
    .out = weight.n,
    .kh = weight.h,
    .kw = weight.w,
    .out_h = conv ? size + 2 * pad - weight.h + 1 : 1,
    .out_w = conv ? size + 2 * pad - weight.w + 1 : 1,
    .stride = 1,
    .pad_begin = conv ? pad : 0,
    .pad_end = conv ? pad : 0,
    .bias = 1,
  };
  struct limn_cpu_primitive *primitive = limn_cpu_primitive_get (cpu, &key, true);

  g_assert (primitive != NULL); /* the reference does every shape */
  return primitive->layout;
}

gsize
limn_cpu_weight_bytes (limn_device *device, limn_weight_kind kind, limn_tensor weight)
{
  struct limn_cpu *cpu = (struct limn_cpu *) device;

  if (!is_matrix (kind))
    return limn_tensor_bytes (weight);
  return dnnl_memory_desc_get_size (
      limn_cpu_layout (cpu, limn_cpu_weight_layout (cpu, kind, weight)));
}

/* --- into blocks --- */

/* One dimension of a weight in its layout: @padded elements in blocks of @block, @stride elements
 * from one block to the next. */
struct dimension {
  gsize padded, block, stride;
};

struct plan {
  const struct limn_cpu *cpu;
  limn_dtype from, to;
  const guint8 *src;
  guint8 *dst;
  gsize rows, row, taps;    /* output channels; elements of one in the file; kh * kw */
  struct dimension out, in; /* in oneDNN's layout */
  gsize tap_strides[2], tap_counts[2];
  gsize inner;   /* elements of a block: consecutive in the result */
  guint32 *pick; /* [inner]: where each is, counted from the block's first */
  gsize pitch;   /* elements from one converted row to the next */
};

/* Fills plan->pick: which row and input channel each element of an inner block is. */
static void
make_pick (struct plan *plan, const dnnl_blocking_desc_t *blocking, int out_dim)
{
  for (gsize i = 0; i < plan->inner; i++) {
    gsize rest = i, out = 0, in = 0, out_scale = 1, in_scale = 1;

    for (int b = blocking->inner_nblks - 1; b >= 0; b--) {
      gsize block = (gsize) blocking->inner_blks[b], digit = rest % block;

      rest /= block;
      if (blocking->inner_idxs[b] == out_dim) {
        out += digit * out_scale;
        out_scale *= block;
      } else {
        in += digit * in_scale;
        in_scale *= block;
      }
    }
    plan->pick[i] = (guint32) (out * plan->pitch + in * plan->taps);
  }
}

static void
make_plan (struct plan *plan, const dnnl_memory_desc_t *layout, limn_tensor weight)
{
  const dnnl_blocking_desc_t *blocking = &layout->format_desc.blocking;
  bool conv = layout->ndims == 4;
  int out_dim = conv ? 0 : 1, in_dim = conv ? 1 : 0;

  g_assert (layout->format_kind == dnnl_blocked && layout->extra.flags == 0);
  plan->rows = (gsize) weight.n;
  plan->taps = (gsize) weight.h * (gsize) weight.w;
  plan->row = (gsize) weight.c * plan->taps;
  plan->out = (struct dimension){ (gsize) layout->padded_dims[out_dim], 1,
                                  (gsize) blocking->strides[out_dim] };
  plan->in = (struct dimension){ (gsize) layout->padded_dims[in_dim], 1,
                                 (gsize) blocking->strides[in_dim] };
  plan->inner = 1;
  for (int i = 0; i < blocking->inner_nblks; i++) {
    gsize block = (gsize) blocking->inner_blks[i];

    g_assert (blocking->inner_idxs[i] == out_dim || blocking->inner_idxs[i] == in_dim);
    *(blocking->inner_idxs[i] == out_dim ? &plan->out.block : &plan->in.block) *= block;
    plan->inner *= block;
  }
  for (int i = 0; i < 2; i++) {
    plan->tap_counts[i] = i == 0 ? (gsize) weight.h : (gsize) weight.w;
    plan->tap_strides[i] = conv ? (gsize) blocking->strides[2 + i] : 0;
  }
  /* An odd number of cache lines, so that rows do not all fall on the same places of the cache. */
  plan->pitch = (plan->in.padded * plan->taps + 63) / 64 * 64 + 32;
  plan->pick = g_new (guint32, plan->inner);
  make_pick (plan, blocking, out_dim);
}

/* Converts output channels @first to @first + @count into @rows; what is past the end is zero. */
static void
convert_rows (const struct plan *plan, gsize first, gsize count, guint8 *rows)
{
  gsize size = limn_dtype_size (plan->to), from = limn_dtype_size (plan->from);

  for (gsize i = 0; i < count; i++) {
    guint8 *row = rows + i * plan->pitch * size;
    gsize filled = first + i < plan->rows ? plan->row : 0;

    if (filled > 0)
      plan->cpu->kernels->convert (plan->to, row, plan->from,
                                   plan->src + (first + i) * plan->row * from, filled);
    memset (row + filled * size, 0, (plan->in.padded * plan->taps - filled) * size);
  }
}

#define DEFINE_PICK(type)                                                                          \
  static void pick_##type (type *restrict dst, const type *restrict src,                           \
                           const guint32 *restrict pick, gsize count)                              \
  {                                                                                                \
    for (gsize i = 0; i < count; i++)                                                              \
      dst[i] = src[pick[i]];                                                                       \
  }
DEFINE_PICK (guint16)
DEFINE_PICK (guint32)

/* Block @block of output channels, out of converted rows. */
static void
write_block (const struct plan *plan, gsize block, const guint8 *rows)
{
  gsize size = limn_dtype_size (plan->to);

  for (gsize in = 0; in < plan->in.padded / plan->in.block; in++) {
    for (gsize tap = 0; tap < plan->taps; tap++) {
      gsize at = block * plan->out.stride + in * plan->in.stride +
                 tap / plan->tap_counts[1] * plan->tap_strides[0] +
                 tap % plan->tap_counts[1] * plan->tap_strides[1];
      guint8 *dst = plan->dst + at * size;
      const guint8 *src = rows + (in * plan->in.block * plan->taps + tap) * size;

      if (size == 2)
        pick_guint16 ((guint16 *) dst, (const guint16 *) src, plan->pick, plan->inner);
      else
        pick_guint32 ((guint32 *) dst, (const guint32 *) src, plan->pick, plan->inner);
    }
  }
}

static void
reorder (const struct plan *plan)
{
  gint64 blocks = (gint64) (plan->out.padded / plan->out.block);
  gsize bytes = plan->out.block * plan->pitch * limn_dtype_size (plan->to);

#pragma omp parallel
  {
    guint8 *rows = g_malloc (bytes);

#pragma omp for schedule(dynamic)
    for (gint64 block = 0; block < blocks; block++) {
      convert_rows (plan, (gsize) block * plan->out.block, plan->out.block, rows);
      write_block (plan, (gsize) block, rows);
    }
    g_free (rows);
  }
}

bool
limn_cpu_weight_new (limn_device *device,
                     limn_weight_kind kind,
                     limn_tensor *weight,
                     limn_dtype dtype,
                     const void *src,
                     GError **error)
{
  struct limn_cpu *cpu = (struct limn_cpu *) device;
  gsize size = limn_cpu_weight_bytes (device, kind, *weight);

  limn_cpu_use_threads (cpu);
  weight->offset = 0;
  weight->buffer = limn_cpu_buffer_new (device, size, &device->memory.weights, error);
  if (!weight->buffer)
    return false;
  if (is_matrix (kind)) {
    struct plan plan = { cpu, dtype, weight->dtype, src, weight->buffer->data };

    weight->buffer->layout = limn_cpu_weight_layout (cpu, kind, *weight);
    make_plan (&plan, limn_cpu_layout (cpu, weight->buffer->layout), *weight);
    reorder (&plan);
    g_free (plan.pick);
  } else {
    cpu->kernels->convert (weight->dtype, weight->buffer->data, dtype, src,
                           limn_tensor_elements (*weight));
  }
  return true;
}

/* --- from one layout to another --- */

static dnnl_status_t
run_reorder (struct limn_cpu *cpu,
             const dnnl_memory_desc_t *from,
             void *src,
             const dnnl_memory_desc_t *to,
             void *dst)
{
  dnnl_primitive_desc_t description = NULL;
  dnnl_primitive_t primitive = NULL;
  dnnl_memory_t memories[2] = { NULL, NULL };
  dnnl_status_t status =
      dnnl_reorder_primitive_desc_create (&description, from, cpu->engine, to, cpu->engine, NULL);

  if (status == dnnl_success)
    status = dnnl_primitive_create (&primitive, description);
  if (status == dnnl_success)
    status = dnnl_memory_create (&memories[0], from, cpu->engine, src);
  if (status == dnnl_success)
    status = dnnl_memory_create (&memories[1], to, cpu->engine, dst);
  if (status == dnnl_success) {
    const dnnl_exec_arg_t arguments[] = { { DNNL_ARG_FROM, memories[0] },
                                          { DNNL_ARG_TO, memories[1] } };
    status = dnnl_primitive_execute (primitive, cpu->stream, 2, arguments);
    if (status == dnnl_success)
      status = dnnl_stream_wait (cpu->stream);
  }
  for (int i = 0; i < 2; i++)
    if (memories[i])
      dnnl_memory_destroy (memories[i]);
  if (primitive)
    dnnl_primitive_destroy (primitive);
  if (description)
    dnnl_primitive_desc_destroy (description);
  return status;
}

bool
limn_cpu_weight_change (struct limn_cpu *cpu, limn_tensor weight, int layout, GError **error)
{
  limn_buffer *buffer = weight.buffer;
  const dnnl_memory_desc_t *from = limn_cpu_layout (cpu, buffer->layout);
  const dnnl_memory_desc_t *to = limn_cpu_layout (cpu, layout);
  limn_buffer *changed = limn_cpu_buffer_new (&cpu->base, dnnl_memory_desc_get_size (to),
                                              &cpu->base.memory.weights, error);
  dnnl_status_t status;

  if (!changed)
    return false;
  limn_cpu_use_threads (cpu);
  status = run_reorder (cpu, from, buffer->data, to, changed->data);
  if (status == dnnl_success) {
    limn_buffer old = *buffer;

    *buffer = *changed;
    buffer->layout = layout;
    *changed = old;
  } else {
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_DEVICE,
                 "oneDNN cannot reorder a weight of %d to %d channels (%d)", weight.c, weight.n,
                 (int) status);
  }
  limn_cpu_buffer_free (&cpu->base, changed);
  return status == dnnl_success;
}
