/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "arena.h"
#include "vk/ops.h"

struct limn_vk_binding
limn_vk_window (limn_tensor tensor, gsize first, gsize count, bool write, gint32 *shift)
{
  gsize size = limn_dtype_size (tensor.dtype);
  gsize begin = tensor.offset + first * size;
  gsize aligned = begin / LIMN_ARENA_ALIGNMENT * LIMN_ARENA_ALIGNMENT;

  *shift = (gint32) ((begin - aligned) / size);
  return (struct limn_vk_binding){
    .buffer = tensor.buffer,
    .offset = aligned,
    .size = begin - aligned + count * size,
    .write = write,
  };
}

struct limn_vk_binding
limn_vk_whole (limn_tensor tensor, bool write)
{
  gint32 shift;
  struct limn_vk_binding binding =
      limn_vk_window (tensor, 0, limn_tensor_elements (tensor), write, &shift);

  g_assert (shift == 0);
  return binding;
}

struct limn_vk_binding
limn_vk_optional (limn_tensor tensor, limn_tensor instead)
{
  gint32 shift;

  if (!limn_tensor_is_null (tensor))
    return limn_vk_whole (tensor, false);
  return limn_vk_window (instead, 0, 1, false, &shift);
}

gsize
limn_vk_range_elements (struct limn_vk *vk, limn_tensor tensor)
{
  return (vk->max_range - LIMN_ARENA_ALIGNMENT) / limn_dtype_size (tensor.dtype);
}

#define GROUP_SIZE 64
#define GROUPS_X 32768 /* below the smallest maxComputeWorkGroupCount, 65,535 */

void
limn_vk_linear_groups (gsize count, guint32 groups[3])
{
  gsize n = (count + GROUP_SIZE - 1) / GROUP_SIZE;

  groups[0] = (guint32) MIN (n, GROUPS_X);
  groups[1] = (guint32) ((n + GROUPS_X - 1) / GROUPS_X);
  groups[2] = 1;
}
