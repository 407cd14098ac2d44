/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "document/command.h"
#include "document/composite.h"

#include <string.h>

guint64
limn_document_new_merge (LimnDocument *document)
{
  return ++document->next_merge;
}

/* Takes @value. */
static bool
set (LimnDocument *document, guint32 id, int key, GVariant *value, guint64 merge)
{
  const limn_command *last =
      document->undo->len > 0 ? g_ptr_array_index (document->undo, document->undo->len - 1) : NULL;
  limn_command *command;

  if (value == NULL)
    return false;
  command = limn_command_new (LIMN_COMMAND_SET);
  command->id = id;
  command->key = key;
  command->after = value;
  command->merge = merge;
  if (document->live == NULL && document->group_depth == 0 && merge != 0 && last != NULL &&
      last->kind == LIMN_COMMAND_SET && last->merge == merge && last->id == id &&
      last->key == key && last->epoch == document->epoch && document->redo->len == 0)
    return limn_document_merge (document, command);
  return limn_document_do (document, command);
}

bool
limn_document_set_value (LimnDocument *document,
                         limn_setting setting,
                         GVariant *value,
                         guint64 merge)
{
  return set (document, 0, setting, limn_key_check (&limn_settings[setting], value), merge);
}

bool
limn_document_set_layer (
    LimnDocument *document, guint32 id, limn_layer_key key, GVariant *value, guint64 merge)
{
  GVariant *checked = limn_key_check (&limn_layer_keys[key], value);

  if (id != 0 && limn_document_get_layer (document, id) != NULL)
    return set (document, id, key, checked, merge);
  g_clear_pointer (&checked, g_variant_unref);
  return false;
}

/* Takes @layer, which may be NULL. */
static guint32
add (LimnDocument *document, limn_layer *layer, guint index)
{
  limn_command *command;
  guint32 id;

  if (layer == NULL)
    return 0;
  id = layer->id;
  command = limn_command_new (LIMN_COMMAND_ADD_LAYER);
  command->layer = layer;
  command->index = index;
  return limn_document_do (document, command) ? id : 0;
}

static void
set_name (limn_layer *layer, const char *name)
{
  g_autofree char *valid = g_utf8_make_valid (name, -1);

  limn_layer_take_value (
      layer, LIMN_LAYER_NAME,
      limn_key_check (&limn_layer_keys[LIMN_LAYER_NAME], g_variant_new_string (valid)));
}

guint32
limn_document_add_layer (LimnDocument *document,
                         limn_layer_kind kind,
                         const char *name,
                         guint index)
{
  limn_layer *layer = limn_layer_new (document->next_id, kind, document->width, document->height);

  if (layer == NULL)
    return 0;
  set_name (layer, name);
  if (kind == LIMN_LAYER_SCRIBBLE)
    limn_layer_take_value (layer, LIMN_LAYER_CONTROL,
                           g_variant_ref_sink (g_variant_new_string ("scribble")));
  return add (document, layer, index);
}

guint32
limn_document_add_picture (
    LimnDocument *document, const limn_image *image, const char *name, int x, int y, guint index)
{
  cairo_surface_t *pixels = NULL;

  if (limn_pixels_size_ok (image->width, image->height))
    pixels = limn_pixels_from_image (image);
  return pixels != NULL ? limn_document_add_pixels (document, pixels, name, x, y, index) : 0;
}

guint32
limn_document_add_pixels (
    LimnDocument *document, cairo_surface_t *pixels, const char *name, int x, int y, guint index)
{
  limn_layer *layer = limn_layer_new_for_pixels (document->next_id, LIMN_LAYER_PICTURE, pixels);

  set_name (layer, name);
  limn_layer_take_value (layer, LIMN_LAYER_X,
                         limn_key_check (&limn_layer_keys[LIMN_LAYER_X], g_variant_new_int32 (x)));
  limn_layer_take_value (layer, LIMN_LAYER_Y,
                         limn_key_check (&limn_layer_keys[LIMN_LAYER_Y], g_variant_new_int32 (y)));
  return add (document, layer, index);
}

guint32
limn_document_duplicate_layer (LimnDocument *document, guint32 id, const char *name)
{
  int index = limn_document_layer_index (document, id);
  limn_layer *copy;

  if (index < 0)
    return 0;
  copy = limn_layer_copy (limn_document_layer (document, (guint) index), document->next_id);
  if (copy != NULL)
    set_name (copy, name);
  return add (document, copy, (guint) index + 1);
}

bool
limn_document_remove_layer (LimnDocument *document, guint32 id)
{
  limn_command *command = limn_command_new (LIMN_COMMAND_REMOVE_LAYER);

  command->id = id;
  return limn_document_do (document, command);
}

bool
limn_document_move_layer (LimnDocument *document, guint32 id, guint index)
{
  limn_command *command = limn_command_new (LIMN_COMMAND_MOVE_LAYER);

  command->id = id;
  command->index = index;
  return limn_document_do (document, command);
}

/* Both drawn into one picture, with the values of the lower; its opacity and blending stay what
 * they are, so that only the upper's are drawn in. */
static limn_layer *
merged_layer (LimnDocument *document, const limn_layer *lower, const limn_layer *upper)
{
  cairo_rectangle_int_t area =
      limn_rectangle_union (limn_layer_area (lower), limn_layer_area (upper));
  cairo_surface_t *pixels = limn_pixels_size_ok (area.width, area.height)
                                ? limn_pixels_new (area.width, area.height)
                                : NULL;
  limn_layer *merged;
  cairo_t *cairo;

  if (pixels == NULL)
    return NULL;
  cairo = cairo_create (pixels);
  cairo_translate (cairo, -area.x, -area.y);
  limn_composite_pixels (cairo, lower);
  if (limn_layer_get_bool (upper, LIMN_LAYER_VISIBLE))
    limn_composite_layer (cairo, upper);
  cairo_destroy (cairo);
  cairo_surface_flush (pixels);
  merged = limn_layer_new_for_pixels (document->next_id, lower->kind, pixels);
  for (int i = 0; i < LIMN_N_LAYER_KEYS; i++)
    limn_layer_take_value (merged, (limn_layer_key) i, g_variant_ref (lower->values[i]));
  limn_layer_take_value (merged, LIMN_LAYER_X, g_variant_ref_sink (g_variant_new_int32 (area.x)));
  limn_layer_take_value (merged, LIMN_LAYER_Y, g_variant_ref_sink (g_variant_new_int32 (area.y)));
  return merged;
}

guint32
limn_document_merge_down (LimnDocument *document, guint32 id)
{
  int index = limn_document_layer_index (document, id);
  const limn_layer *upper, *lower;
  limn_layer *merged;
  guint32 merged_id;

  if (index < 1 || document->live != NULL)
    return 0;
  upper = limn_document_layer (document, (guint) index);
  lower = limn_document_layer (document, (guint) index - 1);
  if (limn_layer_get_bool (lower, LIMN_LAYER_LOCKED) ||
      (merged = merged_layer (document, lower, upper)) == NULL)
    return 0;
  limn_document_begin_group (document);
  limn_document_remove_layer (document, upper->id);
  limn_document_remove_layer (document, lower->id);
  merged_id = add (document, merged, (guint) index - 1);
  limn_document_end_group (document);
  return merged_id;
}

static void
shift (LimnDocument *document, const limn_layer *layer, int dx, int dy)
{
  int x = limn_layer_get_int (layer, LIMN_LAYER_X), y = limn_layer_get_int (layer, LIMN_LAYER_Y);

  if (dx != 0)
    limn_document_set_layer (document, layer->id, LIMN_LAYER_X, g_variant_new_int32 (x + dx), 0);
  if (dy != 0)
    limn_document_set_layer (document, layer->id, LIMN_LAYER_Y, g_variant_new_int32 (y + dy), 0);
}

static void
resize_layer (LimnDocument *document, const limn_layer *layer, int dx, int dy)
{
  limn_command *command = limn_command_new (LIMN_COMMAND_PAINT);

  command->id = layer->id;
  command->op = limn_op_resize (document->width, document->height, dx, dy);
  limn_document_do (document, command);
}

bool
limn_document_resize (LimnDocument *document, int width, int height, int dx, int dy)
{
  limn_command *command;

  if (!limn_pixels_size_ok (width, height) || document->live != NULL ||
      ABS (dx) > LIMN_PIXELS_MAX_SIDE || ABS (dy) > LIMN_PIXELS_MAX_SIDE)
    return false;
  command = limn_command_new (LIMN_COMMAND_CANVAS);
  command->width = width;
  command->height = height;
  limn_document_begin_group (document);
  limn_document_do (document, command);
  for (guint i = 0; i < document->layers->len; i++) {
    const limn_layer *layer = limn_document_layer (document, i);

    if (layer->kind != LIMN_LAYER_SCRIBBLE || limn_layer_get_int (layer, LIMN_LAYER_X) != 0 ||
        limn_layer_get_int (layer, LIMN_LAYER_Y) != 0)
      shift (document, layer, dx, dy);
    else
      resize_layer (document, layer, dx, dy);
  }
  limn_document_end_group (document);
  return true;
}

bool
limn_document_paint (LimnDocument *document, guint32 id, limn_op *op)
{
  return limn_document_paint_drawn (document, id, op, NULL);
}

bool
limn_document_paint_drawn (LimnDocument *document, guint32 id, limn_op *op, cairo_surface_t *drawn)
{
  const limn_layer *layer = limn_document_get_layer (document, id);
  limn_command *command;

  if (op == NULL)
    return false;
  command = limn_command_new (LIMN_COMMAND_PAINT);
  command->id = id;
  command->op = op;
  if (drawn != NULL)
    command->drawn = cairo_surface_reference (drawn);
  if (layer != NULL && !limn_layer_get_bool (layer, LIMN_LAYER_LOCKED))
    return limn_document_do (document, command);
  limn_command_free (command);
  return false;
}

/* --- a stroke as it grows --- */

static void
copy_area (cairo_surface_t *to, cairo_surface_t *from, cairo_rectangle_int_t area)
{
  cairo_surface_flush (from);
  cairo_surface_flush (to);
  for (int y = area.y; y < area.y + area.height; y++)
    memcpy (limn_pixels_row (to, y) + area.x, limn_pixels_row (from, y) + area.x,
            (gsize) area.width * 4);
  cairo_surface_mark_dirty_rectangle (to, area.x, area.y, area.width, area.height);
}

static int
kept_columns (const struct limn_live *live)
{
  return cairo_image_surface_get_width (live->before) / LIMN_TILE + 1;
}

/* The tiles that the stroke has touched, as they were. */
static void
put_back (const struct limn_live *live, cairo_surface_t *pixels)
{
  cairo_rectangle_int_t all = limn_pixels_area (live->before);
  int columns = kept_columns (live);

  for (int y = 0; y * LIMN_TILE < all.height; y++)
    for (int x = 0; x * LIMN_TILE < all.width; x++) {
      cairo_rectangle_int_t tile = { x * LIMN_TILE, y * LIMN_TILE, LIMN_TILE, LIMN_TILE };

      if (live->kept[y * columns + x] != 0)
        copy_area (pixels, live->before, limn_rectangle_intersect (tile, all));
    }
}

/* What is drawn on stays owned, so that nothing can go wrong in the middle of a stroke. */
bool
limn_live_copy (const struct limn_live *live, limn_layer *copy)
{
  if (!limn_pixels_own (&copy->pixels))
    return false;
  put_back (live, copy->pixels);
  return true;
}

static void
live_free (struct limn_live *live)
{
  limn_layer_unref (live->layer);
  limn_mask_free (live->mask);
  cairo_surface_destroy (live->before);
  g_free (live->kept);
  g_array_unref (live->points);
  g_free (live);
}

bool
limn_document_is_drawing (LimnDocument *document)
{
  return document->live != NULL;
}

bool
limn_document_stroke_begin (LimnDocument *document, guint32 id, const struct limn_brush *brush)
{
  limn_layer *layer = limn_document_get_layer (document, id);
  cairo_rectangle_int_t all;
  struct limn_live *live;

  if (document->live != NULL || document->group_depth > 0 || layer == NULL ||
      limn_layer_get_bool (layer, LIMN_LAYER_LOCKED))
    return false;
  all = limn_pixels_area (layer->pixels);
  live = g_new0 (struct limn_live, 1);
  live->layer = limn_layer_ref (layer);
  live->brush = *brush;
  limn_brush_clamp (&live->brush);
  live->path.brush = &live->brush;
  live->mask = limn_mask_new (all);
  /* Only what keep_before() has written is read. */
  live->before = limn_pixels_new_for_writing (all.width, all.height);
  live->kept =
      g_malloc0 ((gsize) (all.width / LIMN_TILE + 1) * (gsize) (all.height / LIMN_TILE + 1));
  live->points = g_array_new (FALSE, FALSE, sizeof (struct limn_point));
  if (live->mask == NULL || live->before == NULL || !limn_pixels_own (&layer->pixels)) {
    live_free (live);
    return false;
  }
  limn_layer_prepare (layer);
  document->live = live;
  return true;
}

/* The tiles of @area as they are before the stroke touches them. */
static void
keep_before (struct limn_live *live, cairo_rectangle_int_t area)
{
  cairo_rectangle_int_t all = limn_pixels_area (live->before);

  for (int y = area.y / LIMN_TILE; y * LIMN_TILE < area.y + area.height; y++)
    for (int x = area.x / LIMN_TILE; x * LIMN_TILE < area.x + area.width; x++) {
      cairo_rectangle_int_t tile = { x * LIMN_TILE, y * LIMN_TILE, LIMN_TILE, LIMN_TILE };
      guint8 *kept = &live->kept[y * kept_columns (live) + x];

      if (*kept == 0)
        copy_area (live->before, live->layer->pixels, limn_rectangle_intersect (tile, all));
      *kept = 1;
    }
}

static void
show (LimnDocument *document, cairo_rectangle_int_t area)
{
  struct limn_live *live = document->live;

  if (area.width == 0)
    return;
  keep_before (live, area);
  copy_area (live->layer->pixels, live->before, area);
  limn_mask_paint (live->mask, live->layer->pixels, area, &live->brush);
  live->area = limn_rectangle_union (live->area, area);
  limn_document_emit_pixels (document, live->layer->id, area);
}

void
limn_document_stroke_add (LimnDocument *document, double x, double y, double pressure, guint32 time)
{
  struct limn_live *live = document->live;
  struct limn_point point;

  if (live == NULL || live->points->len >= LIMN_STROKE_MAX_POINTS)
    return;
  point = limn_point_new (x - limn_layer_get_int (live->layer, LIMN_LAYER_X),
                          y - limn_layer_get_int (live->layer, LIMN_LAYER_Y), pressure,
                          live->points->len > 0 ? time - live->last_time : 0);
  live->last_time = time;
  g_array_append_val (live->points, point);
  show (document, limn_path_add (&live->path, live->mask, &point));
}

bool
limn_document_stroke_end (LimnDocument *document)
{
  struct limn_live *live = document->live;
  limn_command *command;

  if (live == NULL || live->points->len == 0) {
    limn_document_stroke_cancel (document);
    return false;
  }
  show (document, limn_path_finish (&live->path, live->mask));
  command = limn_command_new (LIMN_COMMAND_PAINT);
  command->id = live->layer->id;
  command->op = limn_op_stroke (
      &live->brush, (const struct limn_point *) (void *) live->points->data, live->points->len);
  limn_layer_append (live->layer, command->op);
  document->live = NULL;
  live_free (live);
  limn_document_keep (document, command);
  return true;
}

void
limn_document_stroke_cancel (LimnDocument *document)
{
  struct limn_live *live = document->live;

  if (live == NULL)
    return;
  document->live = NULL;
  if (live->area.width > 0) {
    put_back (live, live->layer->pixels);
    limn_document_emit_pixels (document, live->layer->id, live->area);
  }
  live_free (live);
}
