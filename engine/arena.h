/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* Hands out ranges of one block of memory that does not have to exist yet: only offsets, so that
 * the measure device and a real one place the same tensors at the same offsets. Best fit; the
 * block grows at its end as needed. */
typedef struct limn_arena limn_arena;

/* Offsets and sizes are multiples of this, the largest alignment that Vulkan may ask for. */
#define LIMN_ARENA_ALIGNMENT 256

limn_arena *limn_arena_new (void);
void limn_arena_free (limn_arena *arena);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_arena, limn_arena_free)

/* Offset of @size bytes; a size of 0 counts as 1. */
gsize limn_arena_alloc (limn_arena *arena, gsize size);
/* @offset must be one that is allocated. */
void limn_arena_release (limn_arena *arena, gsize offset);
/* Forgets all allocations; the peak stays. */
void limn_arena_reset (limn_arena *arena);

gsize limn_arena_used (const limn_arena *arena); /* bytes allocated now */
gsize limn_arena_peak (const limn_arena *arena); /* bytes that the block must have */
