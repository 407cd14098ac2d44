/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

#include "vk/functions.h"

/* The Vulkan loader, an instance, and its physical devices. */
struct limn_vk_instance {
  void *library;
  PFN_vkGetInstanceProcAddr GetInstanceProcAddr;
  LIMN_VK_GLOBAL_FUNCTIONS (LIMN_VK_FUNCTION_FIELD)
  LIMN_VK_INSTANCE_FUNCTIONS (LIMN_VK_FUNCTION_FIELD)
  LIMN_VK_DEBUG_FUNCTIONS (LIMN_VK_FUNCTION_FIELD)

  VkInstance handle;
  VkDebugUtilsMessengerEXT messenger;
  GMutex message_lock; /* drivers may call back from threads of their own */
  char *message;       /* the first that a validation layer had, or NULL */
};

/* What a physical device has of what Limn needs. */
struct limn_vk_physical {
  VkPhysicalDevice handle;
  VkPhysicalDeviceProperties properties;
  char driver[VK_MAX_DRIVER_NAME_SIZE + VK_MAX_DRIVER_INFO_SIZE];
  guint subgroup_size;
  bool shuffle;       /* among a subgroup's invocations, in compute shaders */
  guint64 memory;     /* bytes of the largest device-local heap */
  guint queue_family; /* one with compute */
  bool software;      /* a processor that plays a GPU */
  bool cooperative_matrix;
  char *missing; /* NULL, or the sentence that says why it cannot be used */
};

/* LIMN_ERROR_DEVICE where there is no loader or no driver. With @validate the Khronos validation
 * layer is on; every message of it is logged as critical and kept. */
struct limn_vk_instance *limn_vk_instance_new (bool validate, GError **error);
void limn_vk_instance_free (struct limn_vk_instance *instance);

/* Of struct limn_vk_physical, best first: discrete, integrated, virtual, software. */
GPtrArray *limn_vk_instance_list (struct limn_vk_instance *instance, GError **error);

/* False with the first message of the validation layer, when there was one. */
bool limn_vk_instance_check (struct limn_vk_instance *instance, GError **error);

/* "VK_ERROR_DEVICE_LOST" and the like. */
const char *limn_vk_result_name (VkResult result);
/* Sets LIMN_ERROR_MEMORY or LIMN_ERROR_DEVICE: "WHAT: VK_ERROR_..."; returns false. */
bool limn_vk_fail (GError **error, VkResult result, const char *format, ...) G_GNUC_PRINTF (3, 4);
