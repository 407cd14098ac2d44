/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "vk/context.h"

/* Timestamps of a recording: one before the first operator, one after each dispatch. */
struct limn_vk_profile;

/* NULL without @error when nobody wants times, or the queue has none. */
struct limn_vk_profile *
limn_vk_profile_new (struct limn_vk *vk, VkCommandBuffer commands, GError **error);
void limn_vk_profile_free (struct limn_vk *vk, struct limn_vk_profile *profile);

/* After a dispatch that belongs to @op, a literal. What was recorded before must be done by then:
 * the caller puts a barrier between dispatches. */
void limn_vk_profile_mark (struct limn_vk *vk,
                           struct limn_vk_profile *profile,
                           VkCommandBuffer commands,
                           const char *op);

/* After a run has ended: tells the device's profile function. */
bool limn_vk_profile_report (struct limn_vk *vk, struct limn_vk_profile *profile, GError **error);
