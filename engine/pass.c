/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pass.h"

#include "error.h"
#include "limn.h"
#include "pass-private.h"

static void
measure (limn_pass *pass)
{
  limn_device *real = pass->device;
  limn_device *ruler = limn_measure_device_new_for (real);

  pass->device = ruler;
  pass->measuring = true;
  pass->forward (pass, pass->data);
  pass->measuring = false;
  g_assert_no_error (pass->error);
  pass->device = real;
  pass->arena_bytes = limn_arena_peak (pass->arena);
  limn_device_free (ruler);
}

limn_pass *
limn_pass_new (limn_device *device, limn_forward_func forward, gpointer data)
{
  limn_pass *pass = g_new0 (limn_pass, 1);

  pass->device = device;
  pass->forward = forward;
  pass->data = data;
  pass->arena = limn_arena_new ();
  measure (pass);
  return pass;
}

void
limn_pass_free (limn_pass *pass)
{
  if (!pass)
    return;
  if (pass->device->klass->pass_free)
    pass->device->klass->pass_free (pass);
  limn_arena_free (pass->arena);
  g_clear_error (&pass->error);
  g_free (pass);
}

static bool
grow_arena (limn_device *device, gsize size, GError **error)
{
  if (device->arena_size >= size)
    return true;

  if (device->arena)
    device->klass->buffer_free (device, device->arena);
  device->arena_size = 0;
  device->arena_serial++;
  device->arena = device->klass->buffer_new (device, size, &device->memory.arena, error);
  if (!device->arena)
    return false;
  device->arena_size = size;
  return true;
}

/* Calls the forward function on the real device: to record it, or, on a device that does not
 * record, to run it. */
static bool
call_forward (limn_pass *pass, GError **error)
{
  limn_arena_reset (pass->arena);
  pass->flops = 0;
  pass->forward (pass, pass->data);
  g_assert_cmpuint (limn_arena_peak (pass->arena), ==, pass->arena_bytes);
  if (pass->error) {
    g_propagate_error (error, g_steal_pointer (&pass->error));
    return false;
  }
  return true;
}

static bool
record (limn_pass *pass, GError **error)
{
  const struct limn_device_class *klass = pass->device->klass;

  if (pass->recorded && pass->arena_serial == pass->device->arena_serial)
    return true;

  pass->recorded = false;
  pass->flops = 0; /* measuring has counted them, too, and a recording is cut by them */
  if (!klass->pass_record (pass, error) || !call_forward (pass, error))
    return false;
  if (!klass->pass_finish (pass, error))
    return false;
  pass->recorded = true;
  pass->arena_serial = pass->device->arena_serial;
  return true;
}

/* For a device that runs operators as they are called. */
static bool
run_forward (limn_pass *pass, GCancellable *cancellable, GError **error)
{
  gint64 start = g_get_monotonic_time ();
  bool good;

  pass->cancellable = cancellable;
  good = call_forward (pass, error);
  pass->cancellable = NULL;
  if (good && (pass->device->debug & LIMN_DEBUG_TIME)) {
    double seconds = (double) (g_get_monotonic_time () - start) / G_USEC_PER_SEC;
    g_printerr ("limn: time: %.4f s, %.2f GFLOP, %.1f GFLOP/s\n", seconds, pass->flops / 1e9,
                pass->flops / 1e9 / MAX (seconds, 1e-9));
  }
  return good;
}

bool
limn_pass_run (limn_pass *pass, GCancellable *cancellable, GError **error)
{
  limn_device *device = pass->device;

  if (g_cancellable_is_cancelled (cancellable)) {
    g_set_error_literal (error, LIMN_ERROR, LIMN_ERROR_CANCELLED, "cancelled");
    return false;
  }
  if (!grow_arena (device, pass->arena_bytes, error))
    return false;
  if (device->klass->pass_record) {
    if (!record (pass, error))
      return false;
  } else if (!run_forward (pass, cancellable, error)) {
    return false;
  }
  if (device->klass->pass_run && !device->klass->pass_run (pass, cancellable, error))
    return false;
  device->flops += pass->flops;
  return true;
}

gsize
limn_pass_arena_bytes (const limn_pass *pass)
{
  return pass->arena_bytes;
}

double
limn_pass_flops (const limn_pass *pass)
{
  return pass->flops;
}

limn_tensor
limn_pass_alloc (limn_pass *pass, limn_dtype dtype, int n, int h, int w, int c)
{
  limn_tensor tensor = {
    .buffer = pass->device->arena, .dtype = dtype, .n = n, .h = h, .w = w, .c = c
  };

  g_assert (n > 0 && h > 0 && w > 0 && c > 0);
  tensor.offset = limn_arena_alloc (pass->arena, limn_tensor_bytes (tensor));
  return tensor;
}

void
limn_release (limn_pass *pass, limn_tensor *tensor)
{
  if (!limn_tensor_is_null (*tensor) && tensor->buffer == pass->device->arena)
    limn_arena_release (pass->arena, tensor->offset);
  *tensor = (limn_tensor){ 0 };
}

void
limn_replace (limn_pass *pass, limn_tensor *tensor, limn_tensor with)
{
  limn_release (pass, tensor);
  *tensor = with;
}

void
limn_pass_fail (limn_pass *pass, GError *error)
{
  if (pass->error)
    g_error_free (error);
  else
    pass->error = error;
}
