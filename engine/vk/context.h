/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "../device.h"
#include "vk/device.h"
#include "vk/instance.h"

/* A logical Vulkan device, which is a limn_device, with what the four files below it share:
 * memory.c, pipeline.c, command.c and the operators. Everything happens on one queue and one
 * timeline semaphore, whose value is the number of submissions. */
struct limn_vk {
  limn_device base;

  struct limn_vk_instance *instance;
  GPtrArray *physicals;              /* keeps `physical` alive */
  struct limn_vk_physical *physical; /* borrowed from `physicals` */
  LIMN_VK_DEVICE_FUNCTIONS (LIMN_VK_FUNCTION_FIELD)

  VkDevice device;
  VkQueue queue;
  VkCommandPool pool;
  VkSemaphore timeline;
  guint64 submitted; /* the timeline's value after the last submission */

  gsize max_range; /* bytes that one binding may have */
  limn_vk_form form;
  double segment_flops; /* work after which a recording begins a new submission */

  /* Faults on purpose, for tests: how many more calls until one fails; 0: never. */
  guint lose_in, memory_in;
  bool lost; /* and all later ones fail, too */

  struct limn_vk_memory *memory;       /* memory.c */
  struct limn_vk_pipelines *pipelines; /* pipeline.c */
};

/* Before a call that takes memory: VK_SUCCESS, or the failure that limn_vk_device_inject() ordered
 * for it. */
VkResult limn_vk_inject_memory (struct limn_vk *vk);

/* Submits @commands and counts the timeline up; does not wait. */
bool limn_vk_submit (struct limn_vk *vk, VkCommandBuffer commands, GError **error);
/* Blocks until submission @value is done. After a failure of these two nothing is in flight, so
 * that buffers and recordings may be freed. */
bool limn_vk_wait (struct limn_vk *vk, guint64 value, GError **error);

VkCommandBuffer limn_vk_commands_begin (struct limn_vk *vk, bool once, GError **error);
bool limn_vk_commands_end (struct limn_vk *vk, VkCommandBuffer commands, GError **error);

/* All writes so far become visible to everything after, the host included. */
void limn_vk_barrier (struct limn_vk *vk, VkCommandBuffer commands);
