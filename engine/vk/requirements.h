/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "vk/instance.h"

/* Limn's floor: Vulkan 1.2 with a compute queue, timeline semaphores, 16-bit storage, push
 * descriptors and synchronization2. */

/* Looks a device over; what it lacks is in the result's `missing`. */
struct limn_vk_physical *limn_vk_physical_new (struct limn_vk_instance *instance,
                                               VkPhysicalDevice handle);

/* Creates the logical device with exactly what was looked for. */
VkResult limn_vk_physical_create_device (struct limn_vk_instance *instance,
                                         const struct limn_vk_physical *physical,
                                         VkDevice *device);
