/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan.h>

/* The Vulkan functions that Limn calls. The loader is opened at run time, so that a machine
 * without Vulkan gets a sentence instead of a program that does not start. */

#define LIMN_VK_GLOBAL_FUNCTIONS(X)                                                                \
  X (CreateInstance)                                                                               \
  X (EnumerateInstanceLayerProperties)                                                             \
  X (EnumerateInstanceVersion)

#define LIMN_VK_INSTANCE_FUNCTIONS(X)                                                              \
  X (CreateDevice)                                                                                 \
  X (DestroyInstance)                                                                              \
  X (EnumerateDeviceExtensionProperties)                                                           \
  X (EnumeratePhysicalDevices)                                                                     \
  X (GetDeviceProcAddr)                                                                            \
  X (GetPhysicalDeviceFeatures2)                                                                   \
  X (GetPhysicalDeviceMemoryProperties)                                                            \
  X (GetPhysicalDeviceProperties2)                                                                 \
  X (GetPhysicalDeviceQueueFamilyProperties)

/* Of VK_EXT_debug_utils: NULL unless validation is on. */
#define LIMN_VK_DEBUG_FUNCTIONS(X)                                                                 \
  X (CreateDebugUtilsMessengerEXT)                                                                 \
  X (DestroyDebugUtilsMessengerEXT)

#define LIMN_VK_DEVICE_FUNCTIONS(X)                                                                \
  X (AllocateCommandBuffers)                                                                       \
  X (AllocateMemory)                                                                               \
  X (BeginCommandBuffer)                                                                           \
  X (BindBufferMemory)                                                                             \
  X (CmdBindPipeline)                                                                              \
  X (CmdCopyBuffer)                                                                                \
  X (CmdDispatch)                                                                                  \
  X (CmdPipelineBarrier2KHR)                                                                       \
  X (CmdPushConstants)                                                                             \
  X (CmdPushDescriptorSetKHR)                                                                      \
  X (CmdResetQueryPool)                                                                            \
  X (CmdWriteTimestamp2KHR)                                                                        \
  X (CreateBuffer)                                                                                 \
  X (CreateCommandPool)                                                                            \
  X (CreateComputePipelines)                                                                       \
  X (CreateDescriptorSetLayout)                                                                    \
  X (CreatePipelineCache)                                                                          \
  X (CreatePipelineLayout)                                                                         \
  X (CreateQueryPool)                                                                              \
  X (CreateSemaphore)                                                                              \
  X (CreateShaderModule)                                                                           \
  X (DestroyBuffer)                                                                                \
  X (DestroyCommandPool)                                                                           \
  X (DestroyDescriptorSetLayout)                                                                   \
  X (DestroyDevice)                                                                                \
  X (DestroyPipeline)                                                                              \
  X (DestroyPipelineCache)                                                                         \
  X (DestroyPipelineLayout)                                                                        \
  X (DestroyQueryPool)                                                                             \
  X (DestroySemaphore)                                                                             \
  X (DestroyShaderModule)                                                                          \
  X (DeviceWaitIdle)                                                                               \
  X (EndCommandBuffer)                                                                             \
  X (FreeCommandBuffers)                                                                           \
  X (FreeMemory)                                                                                   \
  X (GetBufferMemoryRequirements)                                                                  \
  X (GetDeviceQueue)                                                                               \
  X (GetPipelineCacheData)                                                                         \
  X (GetQueryPoolResults)                                                                          \
  X (MapMemory)                                                                                    \
  X (QueueSubmit2KHR)                                                                              \
  X (WaitSemaphores)

#define LIMN_VK_FUNCTION_FIELD(name) PFN_vk##name name;
