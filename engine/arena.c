/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "arena.h"

/* The block is cut into ranges without gaps, in the order of their offsets. Two free neighbours
 * are always joined. Forward passes keep some dozens of tensors alive, so walking the list costs
 * less than any tree. */
struct range {
  gsize offset, size;
  gboolean used;
};

struct limn_arena {
  GArray *ranges; /* of struct range */
  gsize used, peak;
};

limn_arena *
limn_arena_new (void)
{
  limn_arena *arena = g_new0 (limn_arena, 1);

  arena->ranges = g_array_new (FALSE, FALSE, sizeof (struct range));
  return arena;
}

void
limn_arena_free (limn_arena *arena)
{
  if (!arena)
    return;
  g_array_unref (arena->ranges);
  g_free (arena);
}

static struct range *
range_at (limn_arena *arena, guint i)
{
  return &g_array_index (arena->ranges, struct range, i);
}

/* The smallest free range that holds @size, or G_MAXUINT. */
static guint
best_fit (limn_arena *arena, gsize size)
{
  guint best = G_MAXUINT;

  for (guint i = 0; i < arena->ranges->len; i++) {
    struct range *range = range_at (arena, i);
    if (range->used || range->size < size)
      continue;
    if (best == G_MAXUINT || range->size < range_at (arena, best)->size)
      best = i;
  }
  return best;
}

/* Appends a free range, or lengthens the last one, so that the last one holds @size. */
static guint
grow (limn_arena *arena, gsize size)
{
  guint len = arena->ranges->len;
  struct range added = { .size = size };

  if (len > 0) {
    struct range *last = range_at (arena, len - 1);
    if (!last->used) {
      last->size = size;
      return len - 1;
    }
    added.offset = last->offset + last->size;
  }
  g_array_append_val (arena->ranges, added);
  return len;
}

gsize
limn_arena_alloc (limn_arena *arena, gsize size)
{
  guint i;
  struct range *range;

  size = MAX (size, 1);
  size = (size + LIMN_ARENA_ALIGNMENT - 1) / LIMN_ARENA_ALIGNMENT * LIMN_ARENA_ALIGNMENT;
  i = best_fit (arena, size);
  if (i == G_MAXUINT)
    i = grow (arena, size);

  range = range_at (arena, i);
  if (range->size > size) {
    struct range rest = { .offset = range->offset + size, .size = range->size - size };
    range->size = size;
    g_array_insert_val (arena->ranges, i + 1, rest);
    range = range_at (arena, i);
  }
  range->used = TRUE;
  arena->used += size;
  arena->peak = MAX (arena->peak, range->offset + size);
  return range->offset;
}

static void
join_with_next (limn_arena *arena, guint i)
{
  if (i + 1 >= arena->ranges->len || range_at (arena, i)->used || range_at (arena, i + 1)->used)
    return;
  range_at (arena, i)->size += range_at (arena, i + 1)->size;
  g_array_remove_index (arena->ranges, i + 1);
}

void
limn_arena_release (limn_arena *arena, gsize offset)
{
  for (guint i = 0; i < arena->ranges->len; i++) {
    struct range *range = range_at (arena, i);
    if (range->offset != offset)
      continue;
    g_assert (range->used);
    range->used = FALSE;
    arena->used -= range->size;
    join_with_next (arena, i);
    if (i > 0)
      join_with_next (arena, i - 1);
    return;
  }
  g_assert_not_reached ();
}

void
limn_arena_reset (limn_arena *arena)
{
  g_array_set_size (arena->ranges, 0);
  arena->used = 0;
}

gsize
limn_arena_used (const limn_arena *arena)
{
  return arena->used;
}

gsize
limn_arena_peak (const limn_arena *arena)
{
  return arena->peak;
}
