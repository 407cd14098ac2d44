/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "generate/mirror.h"

#include <string.h>

struct entry {
  limn_snapshot *snapshot;
  guint8 *stale; /* [tiles] */
};

struct limn_mirror {
  LimnDocument *document; /* it owns the mirror */
  GHashTable *entries;    /* id of a layer -> entry */
};

static int
tile_count (const limn_snapshot *snapshot)
{
  return snapshot->columns * snapshot->rows;
}

static void
entry_free (struct entry *entry)
{
  limn_snapshot_free (entry->snapshot);
  g_free (entry->stale);
  g_free (entry);
}

static struct entry *
entry_new (int width, int height)
{
  struct entry *entry = g_new0 (struct entry, 1);
  gsize count;

  entry->snapshot = limn_snapshot_new_empty (width, height);
  count = (gsize) tile_count (entry->snapshot);
  entry->stale = g_malloc (count);
  memset (entry->stale, 1, count);
  return entry;
}

/* --- what happens to the document --- */

static void
on_pixels_changed (
    LimnDocument *document, guint layer, int x, int y, int width, int height, limn_mirror *mirror)
{
  struct entry *entry = g_hash_table_lookup (mirror->entries, GUINT_TO_POINTER (layer));
  cairo_rectangle_int_t area = { x, y, width, height };

  if (entry == NULL)
    return;
  area = limn_snapshot_area (entry->snapshot, area);
  for (int row = area.y / LIMN_TILE; row * LIMN_TILE < area.y + area.height; row++)
    for (int column = area.x / LIMN_TILE; column * LIMN_TILE < area.x + area.width; column++)
      entry->stale[row * entry->snapshot->columns + column] = 1;
}

static gboolean
is_gone (gpointer id, gpointer entry, gpointer document)
{
  return limn_document_layer_index (document, GPOINTER_TO_UINT (id)) < 0;
}

static void
on_structure_changed (LimnDocument *document, limn_mirror *mirror)
{
  g_hash_table_foreach_remove (mirror->entries, is_gone, document);
}

static void
mirror_free (gpointer data)
{
  limn_mirror *mirror = data;

  g_hash_table_unref (mirror->entries);
  g_free (mirror);
}

limn_mirror *
limn_mirror_get (LimnDocument *document)
{
  limn_mirror *mirror = g_object_get_data (G_OBJECT (document), "limn-mirror");

  if (mirror != NULL)
    return mirror;
  mirror = g_new0 (limn_mirror, 1);
  mirror->document = document;
  mirror->entries = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) entry_free);
  g_signal_connect (document, "pixels-changed", G_CALLBACK (on_pixels_changed), mirror);
  g_signal_connect (document, "structure-changed", G_CALLBACK (on_structure_changed), mirror);
  g_object_set_data_full (G_OBJECT (document), "limn-mirror", mirror, mirror_free);
  return mirror;
}

/* --- tiles --- */

/* Another size means other pixels. */
static struct entry *
get_entry (limn_mirror *mirror, const limn_layer *layer)
{
  struct entry *entry = g_hash_table_lookup (mirror->entries, GUINT_TO_POINTER (layer->id));
  cairo_rectangle_int_t area = limn_pixels_area (layer->pixels);

  if (entry != NULL && entry->snapshot->width == area.width &&
      entry->snapshot->height == area.height)
    return entry;
  entry = entry_new (area.width, area.height);
  g_hash_table_replace (mirror->entries, GUINT_TO_POINTER (layer->id), entry);
  return entry;
}

/* Takes the tiles that the layer has. */
static void
share (struct entry *entry, const limn_layer *layer)
{
  const guint8 *changed;
  const limn_snapshot *last = limn_layer_last_snapshot (layer, &changed);

  if (last == NULL || last->width != entry->snapshot->width ||
      last->height != entry->snapshot->height)
    return;
  for (int i = 0; i < tile_count (last); i++) {
    if (!entry->stale[i] || changed[i])
      continue;
    limn_tile_unref (entry->snapshot->tiles[i]);
    entry->snapshot->tiles[i] = limn_tile_ref (last->tiles[i]);
    entry->stale[i] = 0;
  }
}

/* Packs up to @room of the others. Returns whether all are up to date. */
static bool
pack (struct entry *entry, const limn_layer *layer, int *room)
{
  int count = tile_count (entry->snapshot);
  g_autofree guint8 *now = g_malloc0 ((gsize) count);
  limn_snapshot *packed;
  bool any = false, all = true;

  for (int i = 0; i < count; i++) {
    if (!entry->stale[i])
      continue;
    if (*room <= 0) {
      all = false;
      break;
    }
    now[i] = any = true;
    entry->stale[i] = 0;
    (*room)--;
  }
  if (any) {
    packed = limn_snapshot_new (layer->pixels, entry->snapshot, now);
    limn_snapshot_free (entry->snapshot);
    entry->snapshot = packed;
  }
  return all;
}

limn_snapshot *
limn_mirror_take (limn_mirror *mirror, const limn_layer *layer, int *room)
{
  struct entry *entry;

  if (limn_document_is_drawing (mirror->document))
    return NULL;
  entry = get_entry (mirror, layer);
  share (entry, layer);
  return pack (entry, layer, room) ? limn_snapshot_copy (entry->snapshot) : NULL;
}
