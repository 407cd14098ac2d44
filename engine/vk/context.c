/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vk/context.h"

#include "error.h"

VkResult
limn_vk_inject_memory (struct limn_vk *vk)
{
  return vk->memory_in > 0 && --vk->memory_in == 0 ? VK_ERROR_OUT_OF_DEVICE_MEMORY : VK_SUCCESS;
}

/* The same for calls that can lose the device. Work goes on where the loss is only played, and a
 * lost device has none. */
static VkResult
inject_loss (struct limn_vk *vk)
{
  if (vk->lose_in > 0 && --vk->lose_in == 0) {
    vk->DeviceWaitIdle (vk->device);
    vk->lost = true;
  }
  return vk->lost ? VK_ERROR_DEVICE_LOST : VK_SUCCESS;
}

/* What was submitted before may still run, on buffers that the caller is about to free. A lost
 * device returns at once. */
static bool
fail (struct limn_vk *vk, VkResult result, const char *what, GError **error)
{
  vk->DeviceWaitIdle (vk->device);
  return limn_vk_fail (error, result, "%s %s", vk->base.name, what);
}

bool
limn_vk_submit (struct limn_vk *vk, VkCommandBuffer commands, GError **error)
{
  const VkCommandBufferSubmitInfo command_info = {
    .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_SUBMIT_INFO,
    .commandBuffer = commands,
  };
  const VkSemaphoreSubmitInfo signal = {
    .sType = VK_STRUCTURE_TYPE_SEMAPHORE_SUBMIT_INFO,
    .semaphore = vk->timeline,
    .value = vk->submitted + 1,
    .stageMask = VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT,
  };
  const VkSubmitInfo2 info = {
    .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO_2,
    .commandBufferInfoCount = 1,
    .pCommandBufferInfos = &command_info,
    .signalSemaphoreInfoCount = 1,
    .pSignalSemaphoreInfos = &signal,
  };
  VkResult result = inject_loss (vk);

  if (result == VK_SUCCESS)
    result = limn_vk_inject_memory (vk);
  if (result == VK_SUCCESS)
    result = vk->QueueSubmit2KHR (vk->queue, 1, &info, VK_NULL_HANDLE);
  if (result != VK_SUCCESS)
    return fail (vk, result, "does not take work", error);
  vk->submitted++;
  return true;
}

bool
limn_vk_wait (struct limn_vk *vk, guint64 value, GError **error)
{
  const VkSemaphoreWaitInfo info = {
    .sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
    .semaphoreCount = 1,
    .pSemaphores = &vk->timeline,
    .pValues = &value,
  };
  VkResult result = inject_loss (vk);

  if (result == VK_SUCCESS)
    result = vk->WaitSemaphores (vk->device, &info, G_MAXUINT64);
  return result == VK_SUCCESS || fail (vk, result, "stopped in the middle of its work", error);
}

VkCommandBuffer
limn_vk_commands_begin (struct limn_vk *vk, bool once, GError **error)
{
  const VkCommandBufferAllocateInfo info = {
    .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
    .commandPool = vk->pool,
    .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
    .commandBufferCount = 1,
  };
  const VkCommandBufferBeginInfo begin = {
    .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
    .flags = once ? VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT : 0,
  };
  VkCommandBuffer commands = VK_NULL_HANDLE;
  VkResult result = limn_vk_inject_memory (vk);

  if (result == VK_SUCCESS)
    result = vk->AllocateCommandBuffers (vk->device, &info, &commands);
  if (result == VK_SUCCESS)
    result = vk->BeginCommandBuffer (commands, &begin);
  if (result == VK_SUCCESS)
    return commands;
  if (commands)
    vk->FreeCommandBuffers (vk->device, vk->pool, 1, &commands);
  limn_vk_fail (error, result, "%s has no command buffer", vk->base.name);
  return VK_NULL_HANDLE;
}

bool
limn_vk_commands_end (struct limn_vk *vk, VkCommandBuffer commands, GError **error)
{
  VkResult result = limn_vk_inject_memory (vk);

  if (result == VK_SUCCESS)
    result = vk->EndCommandBuffer (commands);
  return result == VK_SUCCESS ||
         limn_vk_fail (error, result, "%s cannot record commands", vk->base.name);
}

void
limn_vk_barrier (struct limn_vk *vk, VkCommandBuffer commands)
{
  const VkMemoryBarrier2 barrier = {
    .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER_2,
    .srcStageMask = VK_PIPELINE_STAGE_2_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_2_COPY_BIT,
    .srcAccessMask = VK_ACCESS_2_SHADER_WRITE_BIT | VK_ACCESS_2_TRANSFER_WRITE_BIT,
    .dstStageMask = VK_PIPELINE_STAGE_2_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_2_COPY_BIT |
                    VK_PIPELINE_STAGE_2_HOST_BIT,
    .dstAccessMask = VK_ACCESS_2_SHADER_READ_BIT | VK_ACCESS_2_SHADER_WRITE_BIT |
                     VK_ACCESS_2_TRANSFER_READ_BIT | VK_ACCESS_2_TRANSFER_WRITE_BIT |
                     VK_ACCESS_2_HOST_READ_BIT,
  };
  const VkDependencyInfo info = {
    .sType = VK_STRUCTURE_TYPE_DEPENDENCY_INFO,
    .memoryBarrierCount = 1,
    .pMemoryBarriers = &barrier,
  };

  vk->CmdPipelineBarrier2KHR (commands, &info);
}
