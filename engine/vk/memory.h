/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "vk/context.h"

/* Device memory. Small buffers share blocks, large ones have a block of their own; copies to and
 * from the host go through a mapping where the memory has one, else through a ring of staging
 * memory. */
struct limn_vk_block;

struct limn_buffer {
  struct limn_vk_block *block;
  VkBuffer handle;
  gsize offset, size; /* bytes; the place inside handle */
  gsize *counter;     /* in which it is counted */
};

void limn_vk_memory_init (struct limn_vk *vk);
void limn_vk_memory_fini (struct limn_vk *vk);
void limn_vk_memory_set_staging (struct limn_vk *vk, bool always);

/* As the device class wants them. */
limn_buffer *limn_vk_buffer_new (limn_device *device, gsize size, gsize *counter, GError **error);
void limn_vk_buffer_free (limn_device *device, limn_buffer *buffer);

/* Writes @size bytes of host memory for the range that begins at @offset of the whole write. */
typedef void (*limn_vk_fill_func) (void *dst, gsize offset, gsize size, gpointer data);

/* @fill is called for consecutive ranges, each a multiple of @granule bytes. Returns before the
 * device has the bytes; later submissions see them. */
bool limn_vk_buffer_write (struct limn_vk *vk,
                           limn_buffer *buffer,
                           gsize offset,
                           gsize size,
                           gsize granule,
                           limn_vk_fill_func fill,
                           gpointer data,
                           GError **error);

/* Waits for all submissions, then copies to @dst. */
bool limn_vk_buffer_read (
    struct limn_vk *vk, limn_buffer *buffer, gsize offset, gsize size, void *dst, GError **error);
