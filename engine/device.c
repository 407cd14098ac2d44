/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "device.h"

#include <string.h>

#include "error.h"
#include "limn.h"

static const GDebugKey debug_keys[] = {
  { "validate", LIMN_DEBUG_VALIDATE }, { "time", LIMN_DEBUG_TIME },
  { "memory", LIMN_DEBUG_MEMORY },     { "sync", LIMN_DEBUG_SYNC },
  { "check", LIMN_DEBUG_CHECK },       { "few-encoders", LIMN_DEBUG_FEW_ENCODERS },
};

/* Those with a number behind them. */
static const GDebugKey number_keys[] = {
  { "lose-device", LIMN_DEBUG_LOSE_DEVICE },
  { "out-of-memory", LIMN_DEBUG_OUT_OF_MEMORY },
};

guint
limn_debug_number (const char *word)
{
  const char *text = g_getenv ("LIMN_DEBUG");
  g_auto (GStrv) words = g_strsplit_set (text ? text : "", ",;: ", -1);
  gsize length = strlen (word);
  guint64 number = 0;

  for (guint i = 0; words[i]; i++)
    if (g_str_has_prefix (words[i], word) && words[i][length] == '=' &&
        !g_ascii_string_to_unsigned (words[i] + length + 1, 10, 1, G_MAXUINT, &number, NULL))
      g_printerr ("limn: LIMN_DEBUG has \"%s\", wanted a number from 1 on\n", words[i]);
  return (guint) number;
}

limn_debug
limn_debug_from_environment (void)
{
  const char *text = g_getenv ("LIMN_DEBUG");
  guint debug = g_parse_debug_string (text, debug_keys, G_N_ELEMENTS (debug_keys));

  for (gsize i = 0; i < G_N_ELEMENTS (number_keys); i++)
    debug |= limn_debug_number (number_keys[i].key) > 0 ? number_keys[i].value : 0;
  return debug;
}

void
limn_device_free (limn_device *device)
{
  if (!device)
    return;
  if (device->arena)
    device->klass->buffer_free (device, device->arena);
  g_free (device->name);
  device->klass->free (device);
}

const char *
limn_device_name (const limn_device *device)
{
  return device->name;
}

static guint64
memory_sum (const struct limn_device_memory *memory)
{
  return memory->weights + memory->arena + memory->other;
}

guint64
limn_device_memory_total (const limn_device *device)
{
  return device->memory.total;
}

void
limn_device_memory_use (const limn_device *device, guint64 *current, guint64 *peak)
{
  if (current)
    *current = memory_sum (&device->memory);
  if (peak)
    *peak = device->memory.peak;
}

void
limn_device_count (limn_device *device, gsize *counter, gssize bytes)
{
  *counter += (gsize) bytes;
  device->memory.peak = MAX (device->memory.peak, memory_sum (&device->memory));
  if (device->debug & LIMN_DEBUG_MEMORY)
    g_printerr ("limn: memory: %" G_GSIZE_FORMAT " weights + %" G_GSIZE_FORMAT
                " arena + %" G_GSIZE_FORMAT " other bytes\n",
                device->memory.weights, device->memory.arena, device->memory.other);
}

void
limn_device_set_profile (limn_device *device, limn_profile_func profile, gpointer data)
{
  device->profile = profile;
  device->profile_data = data;
  device->arena_serial++; /* recordings with and without times differ */
}

limn_tensor
limn_tensor_new (limn_device *device, limn_dtype dtype, int n, int h, int w, int c, GError **error)
{
  limn_tensor tensor = { .dtype = dtype, .n = n, .h = h, .w = w, .c = c };

  tensor.buffer = device->klass->buffer_new (device, limn_tensor_bytes (tensor),
                                             &device->memory.weights, error);
  if (!tensor.buffer)
    return (limn_tensor){ 0 };
  return tensor;
}

void
limn_tensor_free (limn_device *device, limn_tensor *tensor)
{
  if (limn_tensor_is_null (*tensor))
    return;
  g_assert (tensor->buffer != device->arena);
  device->klass->buffer_free (device, tensor->buffer);
  *tensor = (limn_tensor){ 0 };
}

bool
limn_tensor_write (limn_device *device, limn_tensor dst, const float *src, GError **error)
{
  g_autofree void *converted = NULL;

  g_assert (dst.dtype != LIMN_DTYPE_I32);
  if (dst.dtype == LIMN_DTYPE_F32)
    return device->klass->write (device, dst, src, error);
  converted = g_malloc (limn_tensor_bytes (dst));
  limn_convert_from_f32 (dst.dtype, src, converted, limn_tensor_elements (dst));
  return device->klass->write (device, dst, converted, error);
}

bool
limn_tensor_read (limn_device *device, limn_tensor src, float *dst, GError **error)
{
  g_autofree void *stored = NULL;

  g_assert (src.dtype != LIMN_DTYPE_I32);
  if (src.dtype == LIMN_DTYPE_F32)
    return device->klass->read (device, src, dst, error);
  stored = g_malloc (limn_tensor_bytes (src));
  if (!device->klass->read (device, src, stored, error))
    return false;
  limn_convert_to_f32 (src.dtype, stored, dst, limn_tensor_elements (src));
  return true;
}

bool
limn_tensor_write_stored (limn_device *device, limn_tensor dst, const void *src, GError **error)
{
  return device->klass->write (device, dst, src, error);
}

bool
limn_tensor_read_stored (limn_device *device, limn_tensor src, void *dst, GError **error)
{
  return device->klass->read (device, src, dst, error);
}

bool
limn_tensor_write_ids (limn_device *device, limn_tensor dst, const gint32 *src, GError **error)
{
  g_assert (dst.dtype == LIMN_DTYPE_I32);
  return device->klass->write (device, dst, src, error);
}
