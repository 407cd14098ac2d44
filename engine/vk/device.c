/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vk/device.h"

#include <string.h>

#include "error.h"
#include "vk/ops.h"
#include "vk/requirements.h"

/* Work of one submission: some tens of milliseconds on a GPU, some tenths of a second on a
 * processor that plays one. */
#define SEGMENT_FLOPS 200e9
#define SEGMENT_FLOPS_SOFTWARE 2e9

static void
vk_free (limn_device *device)
{
  struct limn_vk *vk = (struct limn_vk *) device;

  if (vk->device) {
    vk->DeviceWaitIdle (vk->device);
    limn_vk_memory_fini (vk);
    limn_vk_pipelines_fini (vk);
    vk->DestroySemaphore (vk->device, vk->timeline, NULL);
    vk->DestroyCommandPool (vk->device, vk->pool, NULL);
    vk->DestroyDevice (vk->device, NULL);
  }
  g_clear_pointer (&vk->physicals, g_ptr_array_unref);
  limn_vk_instance_free (vk->instance);
  g_free (vk);
}

static void
fill_plain (void *dst, gsize offset, gsize size, gpointer data)
{
  memcpy (dst, (const guint8 *) data + offset, size);
}

static bool
vk_write (limn_device *device, limn_tensor dst, const void *src, GError **error)
{
  return limn_vk_buffer_write ((struct limn_vk *) device, dst.buffer, dst.offset,
                               limn_tensor_bytes (dst), 1, fill_plain, (gpointer) src, error);
}

static bool
vk_read (limn_device *device, limn_tensor src, void *dst, GError **error)
{
  return limn_vk_buffer_read ((struct limn_vk *) device, src.buffer, src.offset,
                              limn_tensor_bytes (src), dst, error);
}

static bool
vk_weight_new (limn_device *device,
               limn_weight_kind kind,
               limn_tensor *weight,
               limn_dtype dtype,
               const void *src,
               GError **error)
{
  gsize size = limn_vk_weight_bytes (kind, *weight);

  weight->offset = 0;
  weight->buffer = limn_vk_buffer_new (device, size, &device->memory.weights, error);
  if (!weight->buffer)
    return false;
  if (limn_vk_weight_write ((struct limn_vk *) device, kind, *weight, dtype, src, error))
    return true;
  limn_vk_buffer_free (device, g_steal_pointer (&weight->buffer));
  return false;
}

static const struct limn_device_class vk_class = {
  .kind = LIMN_DEVICE_VULKAN,
  .free = vk_free,
  .buffer_new = limn_vk_buffer_new,
  .buffer_free = limn_vk_buffer_free,
  .write = vk_write,
  .read = vk_read,
  .weight_new = vk_weight_new,
  .pass_record = limn_vk_pass_record,
  .pass_finish = limn_vk_pass_finish,
  .pass_run = limn_vk_pass_run,
  .pass_free = limn_vk_pass_free,
  .ops = {
    .conv2d = limn_vk_conv2d,
    .linear = limn_vk_linear,
    .attention = limn_vk_attention,
    .group_norm = limn_vk_group_norm,
    .layer_norm = limn_vk_layer_norm,
    .activate = limn_vk_activate,
    .add = limn_vk_add,
    .concat = limn_vk_concat,
    .transpose = limn_vk_transpose,
    .geglu = limn_vk_geglu,
    .embedding = limn_vk_embedding,
    .copy = limn_vk_copy_tensor,
  },
};

/* The @index-th usable device; where there is none, the reason of the best that is not. */
static struct limn_vk_physical *
choose (GPtrArray *physicals, int index, GError **error)
{
  struct limn_vk_physical *physical;

  if (physicals->len == 0) {
    g_set_error_literal (error, LIMN_ERROR, LIMN_ERROR_DEVICE,
                         "no driver offers a Vulkan device on this machine (Debian: "
                         "mesa-vulkan-drivers has those of AMD, Intel and the processor)");
    return NULL;
  }
  if (index >= (int) physicals->len) {
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_DEVICE,
                 "there is no Vulkan device %d: this machine has %u, counted from 0", index,
                 physicals->len);
    return NULL;
  }
  physical = g_ptr_array_index (physicals, MAX (index, 0));
  if (!physical->missing)
    return physical;
  g_set_error_literal (error, LIMN_ERROR, LIMN_ERROR_DEVICE, physical->missing);
  return NULL;
}

static VkResult
create_queue (struct limn_vk *vk)
{
  const VkSemaphoreTypeCreateInfo type = {
    .sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
    .semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE,
  };
  const VkSemaphoreCreateInfo semaphore = {
    .sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO,
    .pNext = &type,
  };
  const VkCommandPoolCreateInfo pool = {
    .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
    .queueFamilyIndex = vk->physical->queue_family,
  };
  VkResult result;

  vk->GetDeviceQueue (vk->device, vk->physical->queue_family, 0, &vk->queue);
  result = vk->CreateSemaphore (vk->device, &semaphore, NULL, &vk->timeline);
  if (result == VK_SUCCESS)
    result = vk->CreateCommandPool (vk->device, &pool, NULL, &vk->pool);
  return result;
}

static bool
open_device (struct limn_vk *vk, GError **error)
{
  VkResult result = limn_vk_physical_create_device (vk->instance, vk->physical, &vk->device);

  if (result != VK_SUCCESS)
    return limn_vk_fail (error, result, "%s cannot be opened", vk->base.name);
#define LOAD(name)                                                                                 \
  vk->name = (PFN_vk##name) vk->instance->GetDeviceProcAddr (vk->device, "vk" #name);
  LIMN_VK_DEVICE_FUNCTIONS (LOAD)
#undef LOAD
  result = create_queue (vk);
  if (result != VK_SUCCESS)
    return limn_vk_fail (error, result, "%s has no queue", vk->base.name);
  limn_vk_memory_init (vk);
  return limn_vk_pipelines_init (vk, error) && limn_vk_instance_check (vk->instance, error);
}

limn_device *
limn_vk_device_new (int index, limn_precision precision, limn_debug debug, GError **error)
{
  struct limn_vk *vk = g_new0 (struct limn_vk, 1);

  vk->base.klass = &vk_class;
  vk->base.debug = debug;
  vk->instance = limn_vk_instance_new ((debug & LIMN_DEBUG_VALIDATE) != 0, error);
  if (vk->instance)
    vk->physicals = limn_vk_instance_list (vk->instance, error);
  if (vk->physicals)
    vk->physical = choose (vk->physicals, index, error);
  if (!vk->physical)
    goto fail;

  if (precision == LIMN_PRECISION_BF16) {
    g_set_error_literal (error, LIMN_ERROR, LIMN_ERROR_ARGUMENT,
                         "Vulkan devices compute in f32 or f16, not in bf16");
    goto fail;
  }
  /* A processor that plays a GPU gains nothing from half the bytes and loses exactness. */
  if (precision == LIMN_PRECISION_AUTO)
    precision = vk->physical->software ? LIMN_PRECISION_F32 : LIMN_PRECISION_F16;
  vk->base.storage = precision == LIMN_PRECISION_F16 ? LIMN_DTYPE_F16 : LIMN_DTYPE_F32;
  vk->base.name = g_strdup (vk->physical->properties.deviceName);
  vk->base.memory.total = vk->physical->memory;
  vk->max_range = vk->physical->properties.limits.maxStorageBufferRange;
  vk->segment_flops = vk->physical->software ? SEGMENT_FLOPS_SOFTWARE : SEGMENT_FLOPS;
  limn_vk_device_set_form (&vk->base, LIMN_VK_FORM_AUTO);
  if (!open_device (vk, error))
    goto fail;
  limn_vk_device_inject (
      &vk->base, debug & LIMN_DEBUG_LOSE_DEVICE ? limn_debug_number ("lose-device") : 0,
      debug & LIMN_DEBUG_OUT_OF_MEMORY ? limn_debug_number ("out-of-memory") : 0);
  return &vk->base;

fail:
  limn_device_free (&vk->base);
  return NULL;
}

void
limn_vk_device_set_form (limn_device *device, limn_vk_form form)
{
  struct limn_vk *vk = (struct limn_vk *) device;

  g_assert (device->klass == &vk_class);
  if (!vk->physical->software || !vk->physical->shuffle)
    form = LIMN_VK_FORM_TILED;
  vk->form = form == LIMN_VK_FORM_AUTO ? LIMN_VK_FORM_DIRECT : form;
}

void
limn_vk_device_set_max_range (limn_device *device, gsize bytes)
{
  struct limn_vk *vk = (struct limn_vk *) device;

  g_assert (device->klass == &vk_class);
  vk->max_range = vk->physical->properties.limits.maxStorageBufferRange;
  if (bytes > 0)
    vk->max_range = MIN (vk->max_range, bytes);
}

void
limn_vk_device_inject (limn_device *device, guint lose_in, guint memory_in)
{
  struct limn_vk *vk = (struct limn_vk *) device;

  g_assert (device->klass == &vk_class);
  vk->lose_in = lose_in;
  vk->memory_in = memory_in;
  vk->lost = false;
}

void
limn_vk_device_set_segment (limn_device *device, double flops)
{
  g_assert (device->klass == &vk_class);
  ((struct limn_vk *) device)->segment_flops = flops;
}

guint64
limn_vk_device_submissions (const limn_device *device)
{
  g_assert (device->klass == &vk_class);
  return ((const struct limn_vk *) device)->submitted;
}

void
limn_vk_device_set_staging (limn_device *device, bool always)
{
  g_assert (device->klass == &vk_class);
  limn_vk_memory_set_staging ((struct limn_vk *) device, always);
}

static const char *const type_names[] = {
  [VK_PHYSICAL_DEVICE_TYPE_OTHER] = "other",
  [VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU] = "integrated GPU",
  [VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU] = "discrete GPU",
  [VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU] = "virtual GPU",
  [VK_PHYSICAL_DEVICE_TYPE_CPU] = "processor (software Vulkan)",
};

static struct limn_device_info *
describe (const struct limn_vk_physical *physical, guint index)
{
  struct limn_device_info *info = g_new0 (struct limn_device_info, 1);
  const VkPhysicalDeviceProperties *properties = &physical->properties;
  guint type = properties->deviceType;

  info->id = g_strdup_printf ("vulkan:%u", index);
  info->name = g_strdup (properties->deviceName);
  info->type = g_strdup (type < G_N_ELEMENTS (type_names) ? type_names[type] : "other");
  info->memory = physical->memory;
  info->software = physical->software;
  info->features = g_strdup_printf (
      "%s, Vulkan %u.%u, subgroups of %u, bindings up to %u MiB, cooperative matrix: %s",
      physical->driver, VK_API_VERSION_MAJOR (properties->apiVersion),
      VK_API_VERSION_MINOR (properties->apiVersion), physical->subgroup_size,
      properties->limits.maxStorageBufferRange >> 20, physical->cooperative_matrix ? "yes" : "no");
  info->missing = g_strdup (physical->missing);
  return info;
}

void
limn_vk_devices_list (GPtrArray *list)
{
  struct limn_vk_instance *instance = limn_vk_instance_new (false, NULL);
  g_autoptr (GPtrArray) physicals = NULL;

  if (!instance)
    return;
  physicals = limn_vk_instance_list (instance, NULL);
  for (guint i = 0; physicals && i < physicals->len; i++)
    g_ptr_array_add (list, describe (g_ptr_array_index (physicals, i), i));
  limn_vk_instance_free (instance);
}
