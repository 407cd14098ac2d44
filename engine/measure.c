/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "device.h"
#include "limn.h"
#include "pass-private.h"

/* The device that computes nothing: weights are counted, not copied; operators do nothing but
 * that, since ops.c already takes their memory from the arena and counts their work. */

struct limn_buffer {
  gsize size;
  gsize *counter;
  int order; /* of a weight, as the device that this one stands for says; 0: as it was loaded */
};

/* Stands for the arena, so that its tensors can be told from the others. */
static limn_buffer arena_mark;

static void
measure_free (limn_device *device)
{
  g_free (device);
}

static limn_buffer *
measure_buffer_new (limn_device *device, gsize size, gsize *counter, GError **error)
{
  limn_buffer *buffer = g_new0 (limn_buffer, 1);

  buffer->size = size;
  buffer->counter = counter;
  limn_device_count (device, counter, (gssize) size);
  return buffer;
}

static void
measure_buffer_free (limn_device *device, limn_buffer *buffer)
{
  if (buffer == &arena_mark)
    return;
  limn_device_count (device, buffer->counter, -(gssize) buffer->size);
  g_free (buffer);
}

static bool
measure_write (limn_device *device, limn_tensor dst, const void *src, GError **error)
{
  return true;
}

/* Zeros, which every caller can go on with: a whole generation on this device is its forecast. */
static bool
measure_read (limn_device *device, limn_tensor src, void *dst, GError **error)
{
  memset (dst, 0, limn_tensor_bytes (src));
  return true;
}

static bool
measure_weight_new (limn_device *device,
                    limn_weight_kind kind,
                    limn_tensor *weight,
                    limn_dtype dtype,
                    const void *src,
                    GError **error)
{
  gsize size = limn_tensor_bytes (*weight);

  if (device->real && device->real->klass->weight_bytes)
    size = device->real->klass->weight_bytes (device->real, kind, *weight);
  weight->buffer = measure_buffer_new (device, size, &device->memory.weights, error);
  return true;
}

/* Takes what @weight needs in another order, and gives back what it had. */
static void
reorder_weight (limn_pass *pass, limn_tensor weight, gsize size)
{
  limn_buffer *buffer = weight.buffer;

  if (size == 0)
    return;
  limn_device_count (pass->device, buffer->counter, (gssize) size);
  limn_device_count (pass->device, buffer->counter, -(gssize) buffer->size);
  buffer->size = size;
}

/* Those of the device that @pass is measured for, or NULL. */
static const struct limn_device_reorder *
reorder_of (const limn_pass *pass)
{
  return pass->device->real && !pass->measuring ? &pass->device->real->klass->reorder : NULL;
}

static void
measure_conv2d (limn_pass *pass,
                limn_tensor out,
                limn_tensor x,
                limn_tensor weight,
                const struct limn_conv2d_params *params)
{
  const struct limn_device_reorder *reorder = reorder_of (pass);

  if (reorder && reorder->conv2d)
    reorder_weight (
        pass, weight,
        reorder->conv2d (pass->device->real, out, x, weight, params, &weight.buffer->order));
}

static void
measure_linear (limn_pass *pass,
                limn_tensor out,
                limn_tensor x,
                limn_tensor weight,
                const struct limn_linear_params *params)
{
  const struct limn_device_reorder *reorder = reorder_of (pass);

  if (reorder && reorder->linear)
    reorder_weight (
        pass, weight,
        reorder->linear (pass->device->real, out, x, weight, params, &weight.buffer->order));
}

static void
nothing_attention (limn_pass *pass,
                   limn_tensor out,
                   limn_tensor q,
                   limn_tensor k,
                   limn_tensor v,
                   const struct limn_attention_params *params)
{
}

static void
nothing_group_norm (limn_pass *pass,
                    limn_tensor out,
                    limn_tensor x,
                    limn_tensor scratch,
                    const struct limn_group_norm_params *params)
{
}

static void
nothing_layer_norm (limn_pass *pass,
                    limn_tensor out,
                    limn_tensor x,
                    const struct limn_layer_norm_params *params)
{
}

static void
nothing_activate (limn_pass *pass, limn_tensor out, limn_tensor x, limn_activation activation)
{
}

static void
nothing_add (limn_pass *pass,
             limn_tensor out,
             limn_tensor x,
             limn_tensor y,
             const struct limn_add_params *params)
{
}

static void
nothing_concat (limn_pass *pass, limn_tensor out, limn_tensor x, limn_tensor y)
{
}

static void
nothing_unary (limn_pass *pass, limn_tensor out, limn_tensor x)
{
}

static void
nothing_embedding (
    limn_pass *pass, limn_tensor out, limn_tensor table, limn_tensor position, limn_tensor ids)
{
}

static const struct limn_device_class measure_class = {
  .kind = LIMN_DEVICE_MEASURE,
  .free = measure_free,
  .buffer_new = measure_buffer_new,
  .buffer_free = measure_buffer_free,
  .write = measure_write,
  .read = measure_read,
  .weight_new = measure_weight_new,
  .ops = {
    .conv2d = measure_conv2d,
    .linear = measure_linear,
    .attention = nothing_attention,
    .group_norm = nothing_group_norm,
    .layer_norm = nothing_layer_norm,
    .activate = nothing_activate,
    .add = nothing_add,
    .concat = nothing_concat,
    .transpose = nothing_unary,
    .geglu = nothing_unary,
    .embedding = nothing_embedding,
    .copy = nothing_unary,
  },
};

limn_device *
limn_measure_device_new (limn_dtype storage)
{
  limn_device *device = g_new0 (limn_device, 1);

  device->klass = &measure_class;
  device->storage = storage;
  device->arena = &arena_mark;
  return device;
}

limn_device *
limn_measure_device_new_for (limn_device *real)
{
  limn_device *device = limn_measure_device_new (real->storage);

  device->real = real->klass == &measure_class ? real->real : real;
  return device;
}
