/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "device.h"
#include "error.h"
#include "limn.h"

#define MIB 1048576.0

/* Previews are made for somebody who looks at them only, and they take memory too. */
static void
look_away (const struct limn_event *event, gpointer data)
{
}

bool
limn_forecast (const limn_device *device,
               const char *path,
               const struct limn_generate_params *params,
               guint64 *bytes,
               GError **error)
{
  /* Sizes are asked of the device; nothing of it changes. */
  g_autoptr (limn_device) ruler = limn_measure_device_new_for ((limn_device *) device);
  struct limn_generate_params own = *params;
  limn_model *model = limn_model_open (ruler, path, error);
  limn_image *image = NULL;

  own.event = own.preview != LIMN_PREVIEW_NONE ? look_away : NULL;
  /* Whether the autoencoder works in tiles hangs on it. */
  ruler->memory.total = device->memory.total;
  if (model)
    image = limn_generate (model, &own, NULL, error);
  limn_model_free (model);
  limn_device_memory_use (ruler, NULL, bytes);
  if (!image)
    return false;
  limn_image_free (image);
  return true;
}

bool
limn_forecast_check (const limn_device *device,
                     const char *path,
                     const struct limn_generate_params *params,
                     GError **error)
{
  guint64 bytes;

  if (device->klass->kind != LIMN_DEVICE_CPU || device->memory.total == 0)
    return true;
  if (!limn_forecast (device, path, params, &bytes, error))
    return false;
  if (bytes <= device->memory.total)
    return true;
  g_set_error (error, LIMN_ERROR, LIMN_ERROR_MEMORY,
               "the picture would take %.1f MiB of memory, and this process may have %.1f MiB: "
               "choose a smaller one",
               (double) bytes / MIB, (double) device->memory.total / MIB);
  return false;
}
