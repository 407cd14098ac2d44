/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vk/memory.h"

#include <string.h>

#include "arena.h"
#include "error.h"

#define BLOCK_SIZE ((gsize) 8 << 20)     /* of blocks that small buffers share */
#define OWN_BLOCK_SIZE ((gsize) 2 << 20) /* buffers from this size on have their own */
#define STAGING_SLOTS 4
#define STAGING_SLOT_SIZE ((gsize) 8 << 20)

struct limn_vk_block {
  VkBuffer handle;
  VkDeviceMemory memory;
  guint8 *mapped; /* NULL where the host cannot see it */
  gsize size;
  limn_arena *arena; /* NULL when one buffer has it all */
};

struct limn_vk_memory {
  VkPhysicalDeviceMemoryProperties properties;
  GPtrArray *shared; /* of struct limn_vk_block with an arena */
  struct limn_vk_block *staging;
  guint64 slot_busy[STAGING_SLOTS]; /* the submission that uses a slot last */
  VkCommandBuffer slot_commands[STAGING_SLOTS];
  guint slot; /* the next to use */
  bool always_stage;
};

static int
find_type (struct limn_vk *vk, guint32 bits, VkMemoryPropertyFlags wanted)
{
  const VkPhysicalDeviceMemoryProperties *memory = &vk->memory->properties;

  for (guint32 i = 0; i < memory->memoryTypeCount; i++)
    if ((bits & (1u << i)) && (memory->memoryTypes[i].propertyFlags & wanted) == wanted)
      return (int) i;
  return -1;
}

/* Device-local memory that the host sees too is taken only where all device memory is such, as on
 * processors and integrated GPUs: elsewhere it is a small window that others need. */
static int
choose_type (struct limn_vk *vk, guint32 bits, bool host)
{
  static const VkMemoryPropertyFlags visible =
      VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
  int type = -1;

  if (host) {
    type = find_type (vk, bits, visible | VK_MEMORY_PROPERTY_HOST_CACHED_BIT);
    return type >= 0 ? type : find_type (vk, bits, visible);
  }
  if (vk->physical->properties.deviceType != VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU)
    type = find_type (vk, bits, visible | VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT);
  if (type < 0)
    type = find_type (vk, bits, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT);
  return type >= 0 ? type : find_type (vk, bits, 0);
}

static void
block_free (struct limn_vk *vk, struct limn_vk_block *block)
{
  if (!block)
    return;
  vk->DestroyBuffer (vk->device, block->handle, NULL);
  vk->FreeMemory (vk->device, block->memory, NULL);
  limn_arena_free (block->arena);
  g_free (block);
}

static VkResult
block_allocate (struct limn_vk *vk, struct limn_vk_block *block, bool host)
{
  VkMemoryRequirements needs;
  VkMemoryAllocateInfo info = { .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO };
  VkResult result;
  int type;

  vk->GetBufferMemoryRequirements (vk->device, block->handle, &needs);
  type = choose_type (vk, needs.memoryTypeBits, host);
  if (type < 0)
    return VK_ERROR_OUT_OF_DEVICE_MEMORY;
  info.allocationSize = needs.size;
  info.memoryTypeIndex = (guint32) type;
  result = limn_vk_inject_memory (vk);
  if (result == VK_SUCCESS)
    result = vk->AllocateMemory (vk->device, &info, NULL, &block->memory);
  if (result == VK_SUCCESS)
    result = vk->BindBufferMemory (vk->device, block->handle, block->memory, 0);
  if (result == VK_SUCCESS && (vk->memory->properties.memoryTypes[type].propertyFlags &
                               VK_MEMORY_PROPERTY_HOST_COHERENT_BIT))
    result =
        vk->MapMemory (vk->device, block->memory, 0, VK_WHOLE_SIZE, 0, (void **) &block->mapped);
  return result;
}

static struct limn_vk_block *
block_new (struct limn_vk *vk, gsize size, bool host, GError **error)
{
  struct limn_vk_block *block = g_new0 (struct limn_vk_block, 1);
  const VkBufferCreateInfo info = {
    .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
    .size = size,
    .usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT |
             VK_BUFFER_USAGE_TRANSFER_DST_BIT,
    .sharingMode = VK_SHARING_MODE_EXCLUSIVE,
  };
  VkResult result = vk->CreateBuffer (vk->device, &info, NULL, &block->handle);

  block->size = size;
  if (result == VK_SUCCESS)
    result = block_allocate (vk, block, host);
  if (result == VK_SUCCESS)
    return block;
  block_free (vk, block);
  limn_vk_fail (error, result, "%s has no %.1f MiB of memory left", vk->base.name,
                (double) size / (1 << 20));
  return NULL;
}

void
limn_vk_memory_init (struct limn_vk *vk)
{
  vk->memory = g_new0 (struct limn_vk_memory, 1);
  vk->memory->shared = g_ptr_array_new ();
  vk->instance->GetPhysicalDeviceMemoryProperties (vk->physical->handle, &vk->memory->properties);
}

void
limn_vk_memory_fini (struct limn_vk *vk)
{
  if (!vk->memory)
    return;
  block_free (vk, vk->memory->staging);
  for (guint i = 0; i < vk->memory->shared->len; i++)
    block_free (vk, g_ptr_array_index (vk->memory->shared, i));
  g_ptr_array_unref (vk->memory->shared);
  g_clear_pointer (&vk->memory, g_free);
}

void
limn_vk_memory_set_staging (struct limn_vk *vk, bool always)
{
  vk->memory->always_stage = always;
}

/* A place in one of the shared blocks, or in a new one. */
static struct limn_vk_block *
share_block (struct limn_vk *vk, gsize size, gsize *offset, GError **error)
{
  GPtrArray *shared = vk->memory->shared;
  struct limn_vk_block *block;

  for (guint i = 0; i < shared->len; i++) {
    block = g_ptr_array_index (shared, i);
    *offset = limn_arena_alloc (block->arena, size);
    if (*offset + size <= block->size)
      return block;
    limn_arena_release (block->arena, *offset);
  }
  block = block_new (vk, BLOCK_SIZE, false, error);
  if (!block)
    return NULL;
  block->arena = limn_arena_new ();
  g_ptr_array_add (shared, block);
  *offset = limn_arena_alloc (block->arena, size);
  return block;
}

limn_buffer *
limn_vk_buffer_new (limn_device *device, gsize size, gsize *counter, GError **error)
{
  struct limn_vk *vk = (struct limn_vk *) device;
  struct limn_vk_block *block;
  limn_buffer *buffer;
  gsize offset = 0;

  size = MAX (size, 4);
  if (size >= OWN_BLOCK_SIZE)
    block = block_new (vk, size, false, error);
  else
    block = share_block (vk, size, &offset, error);
  if (!block)
    return NULL;
  buffer = g_new0 (limn_buffer, 1);
  buffer->block = block;
  buffer->handle = block->handle;
  buffer->offset = offset;
  buffer->size = size;
  buffer->counter = counter;
  limn_device_count (device, counter, (gssize) size);
  return buffer;
}

void
limn_vk_buffer_free (limn_device *device, limn_buffer *buffer)
{
  struct limn_vk *vk = (struct limn_vk *) device;

  if (!buffer)
    return;
  limn_device_count (device, buffer->counter, -(gssize) buffer->size);
  if (buffer->block->arena)
    limn_arena_release (buffer->block->arena, buffer->offset);
  else
    block_free (vk, buffer->block);
  g_free (buffer);
}

static bool
ensure_staging (struct limn_vk *vk, GError **error)
{
  if (vk->memory->staging)
    return true;
  vk->memory->staging = block_new (vk, STAGING_SLOTS * STAGING_SLOT_SIZE, true, error);
  if (!vk->memory->staging)
    return false;
  limn_device_count (&vk->base, &vk->base.memory.other, STAGING_SLOTS * STAGING_SLOT_SIZE);
  if (vk->memory->staging->mapped)
    return true;
  g_set_error (error, LIMN_ERROR, LIMN_ERROR_DEVICE,
               "%s has no memory that both it and the processor see", vk->base.name);
  return false;
}

/* Waits until the next slot of the ring is free; G_MAXUINT on failure. */
static guint
take_slot (struct limn_vk *vk, GError **error)
{
  struct limn_vk_memory *memory = vk->memory;
  guint slot = memory->slot;

  if (!ensure_staging (vk, error) || !limn_vk_wait (vk, memory->slot_busy[slot], error))
    return G_MAXUINT;
  if (memory->slot_commands[slot])
    vk->FreeCommandBuffers (vk->device, vk->pool, 1, &memory->slot_commands[slot]);
  memory->slot_commands[slot] = VK_NULL_HANDLE;
  memory->slot = (slot + 1) % STAGING_SLOTS;
  return slot;
}

static bool
copy_slot (
    struct limn_vk *vk, guint slot, VkBuffer src, VkBuffer dst, VkBufferCopy region, GError **error)
{
  struct limn_vk_memory *memory = vk->memory;
  VkCommandBuffer commands = limn_vk_commands_begin (vk, true, error);

  memory->slot_commands[slot] = commands;
  if (!commands)
    return false;
  limn_vk_barrier (vk, commands);
  vk->CmdCopyBuffer (commands, src, dst, 1, &region);
  limn_vk_barrier (vk, commands);
  if (!limn_vk_commands_end (vk, commands, error) || !limn_vk_submit (vk, commands, error))
    return false;
  memory->slot_busy[slot] = vk->submitted;
  return true;
}

static gsize
slot_offset (guint slot)
{
  return slot * STAGING_SLOT_SIZE;
}

bool
limn_vk_buffer_write (struct limn_vk *vk,
                      limn_buffer *buffer,
                      gsize offset,
                      gsize size,
                      gsize granule,
                      limn_vk_fill_func fill,
                      gpointer data,
                      GError **error)
{
  gsize most = STAGING_SLOT_SIZE / granule * granule;

  g_assert (most > 0 && offset + size <= buffer->size);
  if (buffer->block->mapped && !vk->memory->always_stage) {
    if (!limn_vk_wait (vk, vk->submitted, error))
      return false;
    fill (buffer->block->mapped + buffer->offset + offset, 0, size, data);
    return true;
  }
  for (gsize done = 0; done < size; done += most) {
    gsize part = MIN (most, size - done);
    guint slot = take_slot (vk, error);
    VkBufferCopy region = { slot_offset (slot), buffer->offset + offset + done, part };

    if (slot == G_MAXUINT)
      return false;
    fill (vk->memory->staging->mapped + slot_offset (slot), done, part, data);
    if (!copy_slot (vk, slot, vk->memory->staging->handle, buffer->handle, region, error))
      return false;
  }
  return true;
}

bool
limn_vk_buffer_read (
    struct limn_vk *vk, limn_buffer *buffer, gsize offset, gsize size, void *dst, GError **error)
{
  g_assert (offset + size <= buffer->size);
  if (buffer->block->mapped && !vk->memory->always_stage) {
    if (!limn_vk_wait (vk, vk->submitted, error))
      return false;
    memcpy (dst, buffer->block->mapped + buffer->offset + offset, size);
    return true;
  }
  for (gsize done = 0; done < size; done += STAGING_SLOT_SIZE) {
    gsize part = MIN (STAGING_SLOT_SIZE, size - done);
    guint slot = take_slot (vk, error);
    VkBufferCopy region = { buffer->offset + offset + done, slot_offset (slot), part };

    if (slot == G_MAXUINT ||
        !copy_slot (vk, slot, buffer->handle, vk->memory->staging->handle, region, error) ||
        !limn_vk_wait (vk, vk->submitted, error))
      return false;
    memcpy ((guint8 *) dst + done, vk->memory->staging->mapped + slot_offset (slot), part);
  }
  return true;
}
