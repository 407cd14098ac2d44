/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "document/layer.h"

#include <string.h>

/* So many of the latest operations have a snapshot each. */
#define RECENT_SNAPSHOTS 200
/* Operations from one of the older ones to the next: what taking one back may have to draw again.
 */
#define SNAPSHOT_INTERVAL 16
/* Bytes of snapshots of all layers together, above which a layer keeps its first and its last. */
#define SNAPSHOT_LIMIT ((gsize) 256 << 20)
#define MAX_OPS (1 << 24)

struct saved {
  guint n_ops;
  limn_snapshot *snapshot;
};

static void
saved_free (struct saved *saved)
{
  limn_snapshot_free (saved->snapshot);
  g_free (saved);
}

limn_layer *
limn_layer_new_for_pixels (guint32 id, limn_layer_kind kind, cairo_surface_t *pixels)
{
  limn_layer *layer = g_new0 (limn_layer, 1);

  layer->references = 1;
  layer->id = id;
  layer->kind = kind;
  layer->pixels = pixels;
  layer->ops = g_ptr_array_new_with_free_func ((GDestroyNotify) limn_op_unref);
  layer->snapshots = g_ptr_array_new_with_free_func ((GDestroyNotify) saved_free);
  for (int i = 0; i < LIMN_N_LAYER_KEYS; i++)
    layer->values[i] = limn_key_default (&limn_layer_keys[i]);
  return layer;
}

limn_layer *
limn_layer_ref (limn_layer *layer)
{
  layer->references++;
  return layer;
}

void
limn_layer_unref (limn_layer *layer)
{
  if (layer == NULL || --layer->references > 0)
    return;
  for (int i = 0; i < LIMN_N_LAYER_KEYS; i++)
    g_variant_unref (layer->values[i]);
  g_free (layer->foreign_kind);
  g_free (layer->foreign_json);
  g_free (layer->changed);
  g_ptr_array_unref (layer->ops);
  g_ptr_array_unref (layer->snapshots);
  cairo_surface_destroy (layer->pixels);
  g_free (layer);
}

limn_layer *
limn_layer_copy (const limn_layer *layer, guint32 id)
{
  cairo_surface_t *pixels = limn_pixels_share (layer->pixels);
  limn_layer *copy;

  if (pixels == NULL)
    return NULL;
  copy = limn_layer_new_for_pixels (id, layer->kind, pixels);
  copy->foreign_kind = g_strdup (layer->foreign_kind);
  copy->foreign_json = g_strdup (layer->foreign_json);
  for (int i = 0; i < LIMN_N_LAYER_KEYS; i++)
    limn_layer_take_value (copy, (limn_layer_key) i, g_variant_ref (layer->values[i]));
  for (guint i = 0; i < layer->ops->len; i++)
    g_ptr_array_add (copy->ops, limn_op_ref (g_ptr_array_index (layer->ops, i)));
  return copy;
}

bool
limn_layer_get_bool (const limn_layer *layer, limn_layer_key key)
{
  return g_variant_get_boolean (layer->values[key]);
}

int
limn_layer_get_int (const limn_layer *layer, limn_layer_key key)
{
  return g_variant_get_int32 (layer->values[key]);
}

double
limn_layer_get_double (const limn_layer *layer, limn_layer_key key)
{
  return g_variant_get_double (layer->values[key]);
}

const char *
limn_layer_get_text (const limn_layer *layer, limn_layer_key key)
{
  return g_variant_get_string (layer->values[key], NULL);
}

void
limn_layer_take_value (limn_layer *layer, limn_layer_key key, GVariant *value)
{
  g_variant_unref (layer->values[key]);
  layer->values[key] = value;
}

cairo_rectangle_int_t
limn_layer_area (const limn_layer *layer)
{
  cairo_rectangle_int_t area = limn_pixels_area (layer->pixels);

  area.x = limn_layer_get_int (layer, LIMN_LAYER_X);
  area.y = limn_layer_get_int (layer, LIMN_LAYER_Y);
  return area;
}

/* --- snapshots --- */

static limn_op *
op_at (const limn_layer *layer, guint index)
{
  return g_ptr_array_index (layer->ops, index);
}

static struct saved *
last_saved (const limn_layer *layer)
{
  guint count = layer->snapshots->len;

  return count > 0 ? g_ptr_array_index (layer->snapshots, count - 1) : NULL;
}

const limn_snapshot *
limn_layer_last_snapshot (const limn_layer *layer, const guint8 **changed)
{
  const struct saved *saved = last_saved (layer);

  *changed = layer->changed;
  return saved != NULL ? saved->snapshot : NULL;
}

static int
tile_count (const limn_snapshot *snapshot)
{
  return snapshot->columns * snapshot->rows;
}

static void
mark_changed (limn_layer *layer, cairo_rectangle_int_t area)
{
  const limn_snapshot *snapshot = last_saved (layer)->snapshot;

  area = limn_snapshot_area (snapshot, area);
  for (int y = area.y / LIMN_TILE; y * LIMN_TILE < area.y + area.height; y++)
    for (int x = area.x / LIMN_TILE; x * LIMN_TILE < area.x + area.width; x++)
      layer->changed[y * snapshot->columns + x] = 1;
}

static void
mark_op (limn_layer *layer, const limn_op *op)
{
  const limn_snapshot *snapshot = last_saved (layer)->snapshot;

  mark_changed (layer, limn_op_bounds (op, snapshot->width, snapshot->height));
}

/* One more is among the latest: the one that no longer is goes when it is too near to its
 * neighbour. */
static void
thin_out (limn_layer *layer)
{
  guint count = layer->snapshots->len;
  const struct saved *before, *saved;

  if (count < RECENT_SNAPSHOTS + 2)
    return;
  before = g_ptr_array_index (layer->snapshots, count - RECENT_SNAPSHOTS - 2);
  saved = g_ptr_array_index (layer->snapshots, count - RECENT_SNAPSHOTS - 1);
  if (saved->n_ops - before->n_ops < SNAPSHOT_INTERVAL)
    g_ptr_array_remove_index (layer->snapshots, count - RECENT_SNAPSHOTS - 1);
}

/* Takes @snapshot. */
static void
keep_snapshot (limn_layer *layer, limn_snapshot *snapshot)
{
  struct saved *saved = g_new0 (struct saved, 1);

  saved->n_ops = layer->ops->len;
  saved->snapshot = snapshot;
  g_ptr_array_add (layer->snapshots, saved);
  g_free (layer->changed);
  layer->changed = g_malloc0 ((gsize) tile_count (snapshot));
}

static void
take_snapshot (limn_layer *layer)
{
  const struct saved *previous = last_saved (layer);

  if (previous != NULL && previous->n_ops == layer->ops->len)
    return;
  keep_snapshot (layer,
                 limn_snapshot_new (layer->pixels, previous != NULL ? previous->snapshot : NULL,
                                    layer->changed));
  thin_out (layer);
  while (limn_tiles_size () > SNAPSHOT_LIMIT && layer->snapshots->len > 2)
    g_ptr_array_remove_index (layer->snapshots, 1);
}

void
limn_layer_prepare (limn_layer *layer)
{
  if (layer->snapshots->len == 0)
    take_snapshot (layer);
}

void
limn_layer_append (limn_layer *layer, limn_op *op)
{
  g_ptr_array_add (layer->ops, limn_op_ref (op));
  layer->changes++;
  mark_op (layer, op);
  take_snapshot (layer);
}

bool
limn_layer_do (limn_layer *layer, limn_op *op, cairo_rectangle_int_t *area)
{
  return limn_layer_do_drawn (layer, op, NULL, area);
}

bool
limn_layer_do_drawn (limn_layer *layer,
                     limn_op *op,
                     cairo_surface_t *drawn,
                     cairo_rectangle_int_t *area)
{
  cairo_rectangle_int_t all = limn_pixels_area (layer->pixels);

  limn_layer_prepare (layer);
  if (layer->ops->len >= MAX_OPS) {
    cairo_surface_destroy (drawn);
    return false;
  }
  if (drawn != NULL) {
    cairo_surface_destroy (layer->pixels);
    layer->pixels = drawn;
  } else if (!limn_pixels_own (&layer->pixels) || !limn_op_draw (op, &layer->pixels, all)) {
    return false;
  }
  *area = limn_op_bounds (op, all.width, all.height);
  limn_layer_append (layer, op);
  return true;
}

/* Nothing of it need be read to know what it is like. */
limn_layer *
limn_layer_new (guint32 id, limn_layer_kind kind, int width, int height)
{
  cairo_surface_t *pixels = limn_pixels_new (width, height);
  limn_layer *layer;

  if (pixels == NULL)
    return NULL;
  layer = limn_layer_new_for_pixels (id, kind, pixels);
  keep_snapshot (layer, limn_snapshot_new_empty (width, height));
  return layer;
}

/* --- taking back --- */

/* Without the operations from @n on: the snapshot to begin with, and whether all that is to be
 * drawn and taken back is local. */
static struct saved *
find_saved (limn_layer *layer, guint n, bool *local)
{
  struct saved *saved;

  for (saved = last_saved (layer); saved != NULL && saved->n_ops > n; saved = last_saved (layer))
    g_ptr_array_set_size (layer->snapshots, (int) layer->snapshots->len - 1);
  *local = true;
  for (guint i = saved != NULL ? saved->n_ops : 0; i <= n; i++)
    *local = *local && limn_op_is_local (op_at (layer, i));
  return saved;
}

static cairo_surface_t *
replay_all (limn_layer *layer, const struct saved *saved, guint n)
{
  cairo_surface_t *pixels = limn_pixels_new (saved->snapshot->width, saved->snapshot->height);
  bool good = pixels != NULL;

  if (good)
    limn_snapshot_restore (saved->snapshot, pixels, limn_pixels_area (pixels));
  for (guint i = saved->n_ops; good && i < n; i++)
    good = limn_op_draw (op_at (layer, i), &pixels, limn_pixels_area (pixels));
  if (!good)
    g_clear_pointer (&pixels, cairo_surface_destroy);
  return pixels;
}

static void
remark (limn_layer *layer)
{
  const struct saved *saved = last_saved (layer);

  g_free (layer->changed);
  layer->changed = g_malloc0 ((gsize) tile_count (saved->snapshot));
  for (guint i = saved->n_ops; i < layer->ops->len; i++)
    mark_op (layer, op_at (layer, i));
}

bool
limn_layer_undo (limn_layer *layer, cairo_rectangle_int_t *area)
{
  guint n = layer->ops->len - 1;
  const struct saved *first =
      layer->snapshots->len > 0 ? g_ptr_array_index (layer->snapshots, 0) : NULL;
  const struct saved *saved;
  bool local, good = true;

  if (layer->ops->len == 0 || first == NULL || first->n_ops > n)
    return false;
  /* First of all, since nothing has changed when it fails. */
  if (!limn_pixels_own (&layer->pixels))
    return false;
  saved = find_saved (layer, n, &local);
  if (local) {
    cairo_rectangle_int_t all = limn_pixels_area (layer->pixels);

    *area = limn_op_bounds (op_at (layer, n), all.width, all.height);
    *area = limn_snapshot_area (saved->snapshot, *area);
    limn_snapshot_restore (saved->snapshot, layer->pixels, *area);
    for (guint i = saved->n_ops; good && i < n; i++)
      good = limn_op_draw (op_at (layer, i), &layer->pixels, *area);
  } else {
    cairo_surface_t *pixels = replay_all (layer, saved, n);

    if (pixels == NULL)
      return false;
    cairo_surface_destroy (layer->pixels);
    layer->pixels = pixels;
    *area = limn_pixels_area (pixels);
  }
  g_ptr_array_set_size (layer->ops, (int) n);
  layer->changes++;
  remark (layer);
  return good;
}

/* --- bytes --- */

gsize
limn_layer_size (const limn_layer *layer)
{
  cairo_rectangle_int_t area = limn_pixels_area (layer->pixels);
  gsize size = sizeof *layer + (gsize) area.width * (gsize) area.height * 4;

  for (guint i = 0; i < layer->ops->len; i++)
    size += limn_op_size (op_at (layer, i));
  return size;
}

void
limn_put_ops (GByteArray *out, const GPtrArray *ops)
{
  limn_put_uint (out, ops->len);
  for (guint i = 0; i < ops->len; i++)
    limn_put_op (out, g_ptr_array_index (ops, i));
}

bool
limn_get_ops (limn_reader *reader, GPtrArray *ops)
{
  guint64 count = limn_get_uint_max (reader, MAX_OPS);

  for (guint64 i = 0; i < count; i++) {
    limn_op *op = limn_get_op (reader);

    if (op == NULL)
      return false;
    g_ptr_array_add (ops, op);
  }
  return !reader->bad;
}

void
limn_put_layer_values (GByteArray *out, const limn_layer *layer)
{
  limn_put_uint (out, LIMN_N_LAYER_KEYS);
  for (int i = 0; i < LIMN_N_LAYER_KEYS; i++) {
    limn_put_string (out, limn_layer_keys[i].name);
    limn_put_value (out, &limn_layer_keys[i], layer->values[i]);
  }
}

void
limn_put_layer (GByteArray *out, const limn_layer *layer)
{
  limn_put_uint (out, layer->id);
  limn_put_uint (out, (guint64) layer->kind);
  limn_put_string (out, layer->foreign_kind);
  limn_put_string (out, layer->foreign_json);
  limn_put_layer_values (out, layer);
  limn_put_pixels (out, layer->pixels);
  limn_put_ops (out, layer->ops);
}

static char *
get_optional (limn_reader *reader)
{
  char *text = limn_get_string (reader);

  if (*text == '\0')
    g_clear_pointer (&text, g_free);
  return text;
}

/* Members of a JSON object without its brackets: they are written into one again. */
static bool
is_json (const char *members)
{
  g_autofree char *object = g_strdup_printf ("{%s}", members);
  limn_json json;

  limn_json_init (&json, object, strlen (object));
  return limn_json_skip (&json) && limn_json_finish (&json);
}

void
limn_get_layer_values (limn_reader *reader, limn_layer *layer)
{
  guint64 count = limn_get_uint_max (reader, LIMN_N_LAYER_KEYS);

  for (guint64 i = 0; i < count && !reader->bad; i++) {
    g_autofree char *name = limn_get_string (reader);
    int key = limn_key_find (limn_layer_keys, LIMN_N_LAYER_KEYS, name);
    GVariant *value = key >= 0 ? limn_get_value (reader, &limn_layer_keys[key]) : NULL;

    if (value != NULL)
      limn_layer_take_value (layer, (limn_layer_key) key, value);
    else
      reader->bad = true;
  }
}

limn_layer *
limn_get_layer (limn_reader *reader)
{
  guint32 id = (guint32) limn_get_uint_max (reader, G_MAXINT32);
  limn_layer_kind kind = (limn_layer_kind) limn_get_uint_max (reader, LIMN_N_LAYER_KINDS - 1);
  limn_layer *layer = limn_layer_new_for_pixels (id, kind, NULL);

  layer->foreign_kind = get_optional (reader);
  layer->foreign_json = get_optional (reader);
  limn_get_layer_values (reader, layer);
  layer->pixels = limn_get_pixels (reader);
  if (layer->foreign_json != NULL && !is_json (layer->foreign_json))
    reader->bad = true;
  if (id == 0 || layer->pixels == NULL || !limn_get_ops (reader, layer->ops))
    reader->bad = true;
  if (reader->bad)
    g_clear_pointer (&layer, limn_layer_unref);
  return layer;
}
