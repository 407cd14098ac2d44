/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "vk/context.h"
#include "vk/memory.h"
#include "vk/pipeline.h"

/* Command buffers: the one place that touches descriptors, barriers and vkCmdDispatch. A recording
 * is made once and run many times. Barriers come by themselves: ranges that were read and written
 * since the last one are remembered, and an overlap makes a global barrier. Long recordings are cut
 * into segments, submitted one after the other, so that a cancel need not wait for all of it and no
 * driver's watchdog fires. */
struct limn_vk_recording;

struct limn_vk_binding {
  limn_buffer *buffer;
  gsize offset, size; /* bytes in the buffer; offset a multiple of LIMN_ARENA_ALIGNMENT */
  bool write;
};

struct limn_vk_dispatch {
  const struct limn_vk_shader *shader;
  guint32 spec[LIMN_VK_MAX_SPEC];
  struct limn_vk_binding bindings[LIMN_VK_MAX_BINDINGS]; /* the last one with a buffer is written */
  bool writes_f32;                                       /* whatever the storage type is */
  const void *push;
  guint push_size;
  guint32 groups[3];
};

/* For operators, inside a pass; failures go to limn_pass_fail(). */
void limn_vk_dispatch (limn_pass *pass, const struct limn_vk_dispatch *dispatch);
void limn_vk_copy (limn_pass *pass,
                   const struct limn_vk_binding *src,
                   const struct limn_vk_binding *dst);

/* The passes of the device class. */
bool limn_vk_pass_record (limn_pass *pass, GError **error);
bool limn_vk_pass_finish (limn_pass *pass, GError **error);
bool limn_vk_pass_run (limn_pass *pass, GCancellable *cancellable, GError **error);
void limn_vk_pass_free (limn_pass *pass);
