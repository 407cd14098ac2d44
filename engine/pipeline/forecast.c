/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "device.h"
#include "limn.h"

bool
limn_forecast (const limn_device *device,
               const char *path,
               const struct limn_generate_params *params,
               guint64 *bytes,
               GError **error)
{
  g_autoptr (limn_device) ruler = limn_measure_device_new (device->storage);
  struct limn_generate_params own = *params;
  limn_model *model = limn_model_open (ruler, path, error);
  limn_image *image = NULL;

  own.event = NULL;
  if (model)
    image = limn_generate (model, &own, NULL, error);
  limn_model_free (model);
  limn_device_memory_use (ruler, NULL, bytes);
  if (!image)
    return false;
  limn_image_free (image);
  return true;
}
