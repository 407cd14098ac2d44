/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "device.h"
#include "error.h"
#include "limn.h"
#include "vk/device.h"

void
limn_device_info_free (struct limn_device_info *info)
{
  if (!info)
    return;
  g_free (info->id);
  g_free (info->name);
  g_free (info->type);
  g_free (info->features);
  g_free (info->missing);
  g_free (info->use);
  g_free (info);
}

GPtrArray *
limn_devices_list (void)
{
  GPtrArray *list = g_ptr_array_new_with_free_func ((GDestroyNotify) limn_device_info_free);

  limn_vk_devices_list (list);
  for (guint i = 0; i < list->len; i++) {
    struct limn_device_info *info = g_ptr_array_index (list, i);
    if (info->missing)
      info->use = g_strdup ("not usable");
    else
      info->use = g_strdup (i == 0 ? "default" : "only when asked for");
  }
  return list;
}

/* "vulkan" is -1, the best; "vulkan:2" is 2; -2 for what is neither. */
static int
parse_index (const char *id)
{
  guint64 index;

  if (!id || strcmp (id, "vulkan") == 0)
    return -1;
  if (g_str_has_prefix (id, "vulkan:") &&
      g_ascii_string_to_unsigned (id + strlen ("vulkan:"), 10, 0, 1000, &index, NULL))
    return (int) index;
  return -2;
}

limn_device *
limn_device_open (const struct limn_device_params *params, GError **error)
{
  int index = parse_index (params->id);

  if (index < -1) {
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_ARGUMENT,
                 "there is no device \"%s\": wanted \"vulkan\" or \"vulkan:N\" as `limn devices` "
                 "lists them",
                 params->id);
    return NULL;
  }
  return limn_vk_device_new (index, params->precision, params->debug, error);
}
