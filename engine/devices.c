/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "cpu/processor.h"
#include "device.h"
#include "error.h"
#include "limn.h"
#include "vk/device.h"

const char *const limn_precision_names[] = {
  [LIMN_PRECISION_AUTO] = "auto", [LIMN_PRECISION_F32] = "f32", [LIMN_PRECISION_F16] = "f16",
  [LIMN_PRECISION_BF16] = "bf16", [LIMN_N_PRECISIONS] = NULL,
};

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

/* The first GPU that can be used, else the processor, which is the last of @list. */
static guint
choose (const GPtrArray *list)
{
  guint i = 0;

  while (i + 1 < list->len) {
    const struct limn_device_info *info = g_ptr_array_index (list, i);
    if (!info->missing && !info->software)
      break;
    i++;
  }
  return i;
}

static const char *
describe_use (const GPtrArray *list, guint index, guint chosen)
{
  const struct limn_device_info *info = g_ptr_array_index (list, index);
  bool processor = index + 1 == list->len;

  if (info->missing)
    return "not usable";
  if (index == chosen)
    return processor ? "default: there is no GPU that Vulkan can use" : "default: a GPU";
  if (info->software)
    return "only when asked for: cpu computes the same on the same processor, faster";
  return processor ? "only when asked for: there is a GPU"
                   : "only when asked for: another GPU comes first";
}

GPtrArray *
limn_devices_list (void)
{
  GPtrArray *list = g_ptr_array_new_with_free_func ((GDestroyNotify) limn_device_info_free);
  guint chosen;

  limn_vk_devices_list (list);
  limn_cpu_devices_list (list);
  chosen = choose (list);
  for (guint i = 0; i < list->len; i++) {
    struct limn_device_info *info = g_ptr_array_index (list, i);
    info->use = g_strdup (describe_use (list, i, chosen));
  }
  return list;
}

/* "vulkan" is -1, the best; "vulkan:2" is 2; -2 for what is neither. */
static int
parse_index (const char *id)
{
  guint64 index;

  if (strcmp (id, "vulkan") == 0)
    return -1;
  if (g_str_has_prefix (id, "vulkan:") &&
      g_ascii_string_to_unsigned (id + strlen ("vulkan:"), 10, 0, 1000, &index, NULL))
    return (int) index;
  return -2;
}

static char *
default_id (void)
{
  g_autoptr (GPtrArray) list = limn_devices_list ();
  const struct limn_device_info *info = g_ptr_array_index (list, choose (list));

  return g_strdup (info->id);
}

limn_device *
limn_device_open (const struct limn_device_params *params, GError **error)
{
  g_autofree char *id = params->id ? g_strdup (params->id) : default_id ();
  int index;

  if (strcmp (id, "cpu") == 0)
    return limn_cpu_device_new (params->precision, params->threads, params->debug, error);
  index = parse_index (id);
  if (index < -1) {
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_ARGUMENT,
                 "there is no device \"%s\": wanted \"cpu\", \"vulkan\" or \"vulkan:N\" as `limn "
                 "devices` lists them",
                 id);
    return NULL;
  }
  return limn_vk_device_new (index, params->precision, params->debug, error);
}
