/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "limn.h"

struct limn_vk_instance;
struct limn_vk_physical;

/* The Vulkan device behind limn_device_open(). @index counts the usable devices, best first; the
 * best one for a negative @index. */
limn_device *
limn_vk_device_new (int index, limn_precision precision, limn_debug debug, GError **error);

/* Fills @list (of limn_device_info) with the Vulkan devices of the machine. */
void limn_vk_devices_list (GPtrArray *list);

/* The forms of the matrix shaders: direct loads, fastest on a processor that plays a GPU, and tiles
 * in shared memory, for GPUs. */
typedef enum {
  LIMN_VK_FORM_AUTO,
  LIMN_VK_FORM_DIRECT,
  LIMN_VK_FORM_TILED,
} limn_vk_form;

/* For tests: what a device would not choose by itself. They count for passes recorded later. The
 * direct form is for processors only, where the size of a subgroup is fixed. */
void limn_vk_device_set_form (limn_device *device, limn_vk_form form);
/* Lowers the largest binding, so that small tensors are bound in slices; 0: what the device has. */
void limn_vk_device_set_max_range (limn_device *device, gsize bytes);
/* Copies go through the staging ring even where the memory can be mapped. */
void limn_vk_device_set_staging (limn_device *device, bool always);
