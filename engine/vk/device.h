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
/* Plays what happens to other people's machines: the @lose_in-th call from now on that submits work
 * or waits for it, and all after it, fail as on a lost device; the @memory_in-th call that takes
 * memory fails for want of it. 0: none does. */
void limn_vk_device_inject (limn_device *device, guint lose_in, guint memory_in);
/* Work after which a recording begins a new submission. */
void limn_vk_device_set_segment (limn_device *device, double flops);
/* How many submissions there were. */
guint64 limn_vk_device_submissions (const limn_device *device);
/* Copies go through the staging ring even where the memory can be mapped. */
void limn_vk_device_set_staging (limn_device *device, bool always);
