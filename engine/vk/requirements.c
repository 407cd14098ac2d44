/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vk/requirements.h"

#include <string.h>

static const char *const needed_extensions[] = {
  VK_KHR_PUSH_DESCRIPTOR_EXTENSION_NAME,
  VK_KHR_SYNCHRONIZATION_2_EXTENSION_NAME,
};

/* Defined by headers younger than Debian 12's. */
#define COOPERATIVE_MATRIX_EXTENSION_NAME "VK_KHR_cooperative_matrix"

struct features {
  VkPhysicalDeviceSynchronization2FeaturesKHR sync2;
  VkPhysicalDeviceVulkan11Features vulkan11;
  VkPhysicalDeviceVulkan12Features vulkan12;
  VkPhysicalDeviceFeatures2 all;
};

/* Chains the structures that Limn looks at; they must not move afterwards. */
static void
chain (struct features *features)
{
  *features = (struct features){
    .sync2 = { .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SYNCHRONIZATION_2_FEATURES_KHR },
    .vulkan11 = { .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES },
    .vulkan12 = { .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES },
    .all = { .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2 },
  };
  features->all.pNext = &features->vulkan11;
  features->vulkan11.pNext = &features->vulkan12;
  features->vulkan12.pNext = &features->sync2;
}

static bool
has_extension (const VkExtensionProperties *extensions, guint32 count, const char *name)
{
  for (guint32 i = 0; i < count; i++)
    if (strcmp (extensions[i].extensionName, name) == 0)
      return true;
  return false;
}

static void
miss (GString *missing, bool has, const char *what)
{
  if (!has)
    g_string_append_printf (missing, "%s%s", missing->len > 0 ? ", " : "", what);
}

static void
look_at_extensions (struct limn_vk_instance *instance,
                    struct limn_vk_physical *physical,
                    GString *missing)
{
  g_autofree VkExtensionProperties *extensions = NULL;
  guint32 count = 0;

  instance->EnumerateDeviceExtensionProperties (physical->handle, NULL, &count, NULL);
  extensions = g_new0 (VkExtensionProperties, count);
  instance->EnumerateDeviceExtensionProperties (physical->handle, NULL, &count, extensions);
  for (gsize i = 0; i < G_N_ELEMENTS (needed_extensions); i++)
    miss (missing, has_extension (extensions, count, needed_extensions[i]), needed_extensions[i]);
  physical->cooperative_matrix =
      has_extension (extensions, count, COOPERATIVE_MATRIX_EXTENSION_NAME);
}

static void
look_at_queues (struct limn_vk_instance *instance,
                struct limn_vk_physical *physical,
                GString *missing)
{
  g_autofree VkQueueFamilyProperties *families = NULL;
  guint32 count = 0, family = 0;

  instance->GetPhysicalDeviceQueueFamilyProperties (physical->handle, &count, NULL);
  families = g_new0 (VkQueueFamilyProperties, count);
  instance->GetPhysicalDeviceQueueFamilyProperties (physical->handle, &count, families);
  while (family < count && !(families[family].queueFlags & VK_QUEUE_COMPUTE_BIT))
    family++;
  miss (missing, family < count, "a compute queue");
  physical->queue_family = family;
}

static void
look_at_features (struct limn_vk_instance *instance,
                  struct limn_vk_physical *physical,
                  GString *missing)
{
  struct features features;

  chain (&features);
  instance->GetPhysicalDeviceFeatures2 (physical->handle, &features.all);
  miss (missing, features.vulkan12.timelineSemaphore, "timeline semaphores");
  miss (missing, features.vulkan11.storageBuffer16BitAccess, "16-bit storage");
  miss (missing, features.sync2.synchronization2, "synchronization2");
}

static void
look_at_memory (struct limn_vk_instance *instance, struct limn_vk_physical *physical)
{
  VkPhysicalDeviceMemoryProperties memory;

  instance->GetPhysicalDeviceMemoryProperties (physical->handle, &memory);
  for (guint32 i = 0; i < memory.memoryHeapCount; i++)
    if (memory.memoryHeaps[i].flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT)
      physical->memory = MAX (physical->memory, memory.memoryHeaps[i].size);
}

struct limn_vk_physical *
limn_vk_physical_new (struct limn_vk_instance *instance, VkPhysicalDevice handle)
{
  struct limn_vk_physical *physical = g_new0 (struct limn_vk_physical, 1);
  VkPhysicalDeviceDriverProperties driver = {
    .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES,
  };
  VkPhysicalDeviceVulkan11Properties vulkan11 = {
    .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_PROPERTIES,
    .pNext = &driver,
  };
  VkPhysicalDeviceProperties2 properties = {
    .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
    .pNext = &vulkan11,
  };
  g_autoptr (GString) missing = g_string_new (NULL);

  physical->handle = handle;
  instance->GetPhysicalDeviceProperties2 (handle, &properties);
  physical->properties = properties.properties;
  physical->software = properties.properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU;
  look_at_memory (instance, physical);
  if (properties.properties.apiVersion < VK_API_VERSION_1_2) {
    miss (missing, false, "Vulkan 1.2");
  } else {
    physical->subgroup_size = vulkan11.subgroupSize;
    physical->shuffle = (vulkan11.subgroupSupportedStages & VK_SHADER_STAGE_COMPUTE_BIT) &&
                        (vulkan11.subgroupSupportedOperations & VK_SUBGROUP_FEATURE_SHUFFLE_BIT);
    g_snprintf (physical->driver, sizeof physical->driver, "%s %s", driver.driverName,
                driver.driverInfo);
    look_at_extensions (instance, physical, missing);
    look_at_queues (instance, physical, missing);
    look_at_features (instance, physical, missing);
  }
  if (missing->len > 0)
    physical->missing = g_strdup_printf ("%s lacks what Limn needs: %s",
                                         properties.properties.deviceName, missing->str);
  return physical;
}

VkResult
limn_vk_physical_create_device (struct limn_vk_instance *instance,
                                const struct limn_vk_physical *physical,
                                VkDevice *device)
{
  struct features features;
  const float priority = 1.0f;
  const VkDeviceQueueCreateInfo queue = {
    .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
    .queueFamilyIndex = physical->queue_family,
    .queueCount = 1,
    .pQueuePriorities = &priority,
  };
  const VkDeviceCreateInfo info = {
    .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
    .pNext = &features.all,
    .queueCreateInfoCount = 1,
    .pQueueCreateInfos = &queue,
    .enabledExtensionCount = G_N_ELEMENTS (needed_extensions),
    .ppEnabledExtensionNames = needed_extensions,
  };

  chain (&features);
  features.vulkan11.storageBuffer16BitAccess = VK_TRUE;
  features.vulkan12.timelineSemaphore = VK_TRUE;
  features.sync2.synchronization2 = VK_TRUE;
  return instance->CreateDevice (physical->handle, &info, NULL, device);
}
