/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vk/instance.h"

#include <dlfcn.h>
#include <string.h>

#include "error.h"
#include "vk/requirements.h"

#define VALIDATION_LAYER "VK_LAYER_KHRONOS_validation"

static const struct {
  VkResult result;
  const char *name;
} result_names[] = {
  { VK_ERROR_OUT_OF_HOST_MEMORY, "VK_ERROR_OUT_OF_HOST_MEMORY" },
  { VK_ERROR_OUT_OF_DEVICE_MEMORY, "VK_ERROR_OUT_OF_DEVICE_MEMORY" },
  { VK_ERROR_INITIALIZATION_FAILED, "VK_ERROR_INITIALIZATION_FAILED" },
  { VK_ERROR_DEVICE_LOST, "VK_ERROR_DEVICE_LOST" },
  { VK_ERROR_MEMORY_MAP_FAILED, "VK_ERROR_MEMORY_MAP_FAILED" },
  { VK_ERROR_LAYER_NOT_PRESENT, "VK_ERROR_LAYER_NOT_PRESENT" },
  { VK_ERROR_EXTENSION_NOT_PRESENT, "VK_ERROR_EXTENSION_NOT_PRESENT" },
  { VK_ERROR_FEATURE_NOT_PRESENT, "VK_ERROR_FEATURE_NOT_PRESENT" },
  { VK_ERROR_INCOMPATIBLE_DRIVER, "VK_ERROR_INCOMPATIBLE_DRIVER" },
  { VK_ERROR_TOO_MANY_OBJECTS, "VK_ERROR_TOO_MANY_OBJECTS" },
  { VK_ERROR_UNKNOWN, "VK_ERROR_UNKNOWN" },
  { VK_TIMEOUT, "VK_TIMEOUT" },
};

const char *
limn_vk_result_name (VkResult result)
{
  for (gsize i = 0; i < G_N_ELEMENTS (result_names); i++)
    if (result_names[i].result == result)
      return result_names[i].name;
  return "an unknown Vulkan error";
}

bool
limn_vk_fail (GError **error, VkResult result, const char *format, ...)
{
  bool memory = result == VK_ERROR_OUT_OF_DEVICE_MEMORY || result == VK_ERROR_OUT_OF_HOST_MEMORY;
  g_autofree char *what = NULL;
  va_list args;

  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, LIMN_ERROR, memory ? LIMN_ERROR_MEMORY : LIMN_ERROR_DEVICE, "%s: %s", what,
               limn_vk_result_name (result));
  return false;
}

static VKAPI_ATTR VkBool32 VKAPI_CALL
on_message (VkDebugUtilsMessageSeverityFlagBitsEXT severity,
            VkDebugUtilsMessageTypeFlagsEXT types,
            const VkDebugUtilsMessengerCallbackDataEXT *callback,
            void *data)
{
  struct limn_vk_instance *instance = data;

  g_mutex_lock (&instance->message_lock);
  if (!instance->message)
    instance->message = g_strdup (callback->pMessage);
  g_mutex_unlock (&instance->message_lock);
  g_critical ("Vulkan validation: %s", callback->pMessage);
  return VK_FALSE;
}

static bool
open_loader (struct limn_vk_instance *instance, GError **error)
{
  instance->library = dlopen ("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL);
  if (instance->library)
    instance->GetInstanceProcAddr =
        (PFN_vkGetInstanceProcAddr) dlsym (instance->library, "vkGetInstanceProcAddr");
  if (!instance->GetInstanceProcAddr) {
    g_set_error_literal (error, LIMN_ERROR, LIMN_ERROR_DEVICE,
                         "there is no Vulkan on this machine: libvulkan.so.1 cannot be opened "
                         "(Debian: libvulkan1 and a driver, such as mesa-vulkan-drivers)");
    return false;
  }
#define LOAD(name) instance->name = (PFN_vk##name) instance->GetInstanceProcAddr (NULL, "vk" #name);
  LIMN_VK_GLOBAL_FUNCTIONS (LOAD)
#undef LOAD
  return true;
}

static bool
check_version (struct limn_vk_instance *instance, GError **error)
{
  guint32 version = VK_API_VERSION_1_0;

  if (instance->EnumerateInstanceVersion)
    instance->EnumerateInstanceVersion (&version);
  if (version >= VK_API_VERSION_1_2)
    return true;
  g_set_error (error, LIMN_ERROR, LIMN_ERROR_DEVICE,
               "the Vulkan loader of this machine is version %u.%u, and Limn needs 1.2",
               VK_API_VERSION_MAJOR (version), VK_API_VERSION_MINOR (version));
  return false;
}

static bool
has_validation_layer (struct limn_vk_instance *instance)
{
  g_autofree VkLayerProperties *layers = NULL;
  guint32 count = 0;

  instance->EnumerateInstanceLayerProperties (&count, NULL);
  layers = g_new0 (VkLayerProperties, count);
  instance->EnumerateInstanceLayerProperties (&count, layers);
  for (guint32 i = 0; i < count; i++)
    if (strcmp (layers[i].layerName, VALIDATION_LAYER) == 0)
      return true;
  return false;
}

static bool
create (struct limn_vk_instance *instance, bool validate, GError **error)
{
  static const char *const layers[] = { VALIDATION_LAYER };
  static const char *const extensions[] = { VK_EXT_DEBUG_UTILS_EXTENSION_NAME };
  const VkApplicationInfo application = {
    .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
    .pApplicationName = "Limn",
    .pEngineName = "liblimn",
    .apiVersion = VK_API_VERSION_1_3,
  };
  const VkInstanceCreateInfo info = {
    .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
    .pApplicationInfo = &application,
    .enabledLayerCount = validate ? G_N_ELEMENTS (layers) : 0,
    .ppEnabledLayerNames = layers,
    .enabledExtensionCount = validate ? G_N_ELEMENTS (extensions) : 0,
    .ppEnabledExtensionNames = extensions,
  };
  VkResult result = instance->CreateInstance (&info, NULL, &instance->handle);

  if (result == VK_ERROR_INCOMPATIBLE_DRIVER) {
    g_set_error_literal (error, LIMN_ERROR, LIMN_ERROR_DEVICE,
                         "there is no Vulkan driver on this machine (Debian: "
                         "mesa-vulkan-drivers has those of AMD, Intel and the processor)");
    return false;
  }
  if (result != VK_SUCCESS)
    return limn_vk_fail (error, result, "the Vulkan instance cannot be created");
#define LOAD(name)                                                                                 \
  instance->name = (PFN_vk##name) instance->GetInstanceProcAddr (instance->handle, "vk" #name);
  LIMN_VK_INSTANCE_FUNCTIONS (LOAD)
  LIMN_VK_DEBUG_FUNCTIONS (LOAD)
#undef LOAD
  return true;
}

static bool
listen (struct limn_vk_instance *instance, GError **error)
{
  const VkDebugUtilsMessengerCreateInfoEXT info = {
    .sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT,
    .messageSeverity = VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT |
                       VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT,
    .messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT,
    .pfnUserCallback = on_message,
    .pUserData = instance,
  };
  VkResult result =
      instance->CreateDebugUtilsMessengerEXT (instance->handle, &info, NULL, &instance->messenger);

  return result == VK_SUCCESS ||
         limn_vk_fail (error, result, "the validation layer cannot be listened to");
}

struct limn_vk_instance *
limn_vk_instance_new (bool validate, GError **error)
{
  struct limn_vk_instance *instance = g_new0 (struct limn_vk_instance, 1);

  g_mutex_init (&instance->message_lock);
  if (!open_loader (instance, error) || !check_version (instance, error))
    goto fail;
  if (validate && !has_validation_layer (instance)) {
    g_set_error_literal (error, LIMN_ERROR, LIMN_ERROR_DEVICE,
                         "LIMN_DEBUG asks for validation, but " VALIDATION_LAYER
                         " is not installed (Debian: vulkan-validationlayers)");
    goto fail;
  }
  if (!create (instance, validate, error) || (validate && !listen (instance, error)))
    goto fail;
  return instance;

fail:
  limn_vk_instance_free (instance);
  return NULL;
}

void
limn_vk_instance_free (struct limn_vk_instance *instance)
{
  if (!instance)
    return;
  if (instance->messenger)
    instance->DestroyDebugUtilsMessengerEXT (instance->handle, instance->messenger, NULL);
  if (instance->handle)
    instance->DestroyInstance (instance->handle, NULL);
  if (instance->library)
    dlclose (instance->library);
  g_mutex_clear (&instance->message_lock);
  g_free (instance->message);
  g_free (instance);
}

bool
limn_vk_instance_check (struct limn_vk_instance *instance, GError **error)
{
  bool good;

  g_mutex_lock (&instance->message_lock);
  good = instance->message == NULL;
  if (!good)
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_DEVICE, "Vulkan validation: %s", instance->message);
  g_mutex_unlock (&instance->message_lock);
  return good;
}

static void
physical_free (gpointer data)
{
  struct limn_vk_physical *physical = data;

  g_free (physical->missing);
  g_free (physical);
}

static int
rank (const struct limn_vk_physical *physical)
{
  static const int ranks[] = {
    [VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU] = 0, [VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU] = 1,
    [VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU] = 2,  [VK_PHYSICAL_DEVICE_TYPE_OTHER] = 3,
    [VK_PHYSICAL_DEVICE_TYPE_CPU] = 4,
  };
  guint type = physical->properties.deviceType;

  return (physical->missing ? 10 : 0) + (type < G_N_ELEMENTS (ranks) ? ranks[type] : 3);
}

static int
compare (gconstpointer a, gconstpointer b)
{
  const struct limn_vk_physical *const *first = a, *const *second = b;

  return rank (*first) - rank (*second);
}

GPtrArray *
limn_vk_instance_list (struct limn_vk_instance *instance, GError **error)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new_with_free_func (physical_free);
  g_autofree VkPhysicalDevice *handles = NULL;
  guint32 count = 0;
  VkResult result = instance->EnumeratePhysicalDevices (instance->handle, &count, NULL);

  if (result == VK_SUCCESS) {
    handles = g_new0 (VkPhysicalDevice, count);
    result = instance->EnumeratePhysicalDevices (instance->handle, &count, handles);
  }
  if (result != VK_SUCCESS) {
    limn_vk_fail (error, result, "the Vulkan devices cannot be listed");
    return NULL;
  }
  for (guint32 i = 0; i < count; i++)
    g_ptr_array_add (list, limn_vk_physical_new (instance, handles[i]));
  g_ptr_array_sort (list, compare);
  return g_steal_pointer (&list);
}
