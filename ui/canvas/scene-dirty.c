/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "canvas/scene-private.h"

#include "document/composite.h"

/* A region of more rectangles becomes the one around them. */
#define MAX_RECTANGLES 16
/* What is composed without looking at the clock, and when to stop for this frame, in microseconds.
 */
#define PART_PIXELS (1 << 17)
#define FRAME_TIME 8000

static guint64 last_serial;

void
limn_scene_free_source (struct limn_source *source)
{
  cairo_surface_destroy (source->pixels);
  cairo_region_destroy (source->dirty);
  g_free (source);
}

/* --- what is dirty --- */

static void
add_to_region (cairo_region_t *region, const cairo_rectangle_int_t *area)
{
  cairo_rectangle_int_t extents;

  cairo_region_union_rectangle (region, area);
  if (cairo_region_num_rectangles (region) <= MAX_RECTANGLES)
    return;
  cairo_region_get_extents (region, &extents);
  cairo_region_union_rectangle (region, &extents);
}

void
limn_scene_mark (LimnScene *self, cairo_rectangle_int_t area)
{
  cairo_rectangle_int_t canvas = { 0, 0, self->width, self->height };

  area = limn_rectangle_intersect (area, canvas);
  if (area.width > 0 && area.height > 0)
    add_to_region (self->dirty, &area);
}

bool
limn_scene_is_dirty (LimnScene *self, const cairo_rectangle_int_t *sight)
{
  return cairo_region_contains_rectangle (self->dirty, sight) != CAIRO_REGION_OVERLAP_OUT;
}

/* The next part of what is dirty within @sight: as many whole rows as make a part. */
static bool
next_part (LimnScene *self, const cairo_rectangle_int_t *sight, cairo_rectangle_int_t *part)
{
  for (int i = 0; i < cairo_region_num_rectangles (self->dirty); i++) {
    cairo_region_get_rectangle (self->dirty, i, part);
    *part = limn_rectangle_intersect (*part, *sight);
    if (part->width == 0)
      continue;
    part->height = MIN (part->height, MAX (1, PART_PIXELS / part->width));
    return true;
  }
  return false;
}

bool
limn_scene_compose_dirty (LimnScene *self,
                          const cairo_rectangle_int_t *sight,
                          bool (*compose) (gpointer data,
                                           cairo_rectangle_int_t area,
                                           GError **error),
                          gpointer data,
                          GError **error)
{
  gint64 end = g_get_monotonic_time () + FRAME_TIME;
  cairo_rectangle_int_t part;

  for (guint i = 0; i < self->sources->len; i++) {
    struct limn_source *source = g_ptr_array_index (self->sources, i);

    cairo_region_subtract (source->dirty, source->dirty);
  }
  while (next_part (self, sight, &part)) {
    if (!compose (data, part, error))
      return false;
    cairo_region_subtract_rectangle (self->dirty, &part);
    if (g_get_monotonic_time () >= end)
      break;
  }
  return true;
}

void
limn_scene_spoil (LimnScene *self)
{
  limn_scene_mark (self, (cairo_rectangle_int_t){ 0, 0, self->width, self->height });
  limn_scene_emit_changed (self);
}

/* --- sources --- */

struct limn_source *
limn_scene_find_source (LimnScene *self, guint64 key)
{
  for (guint i = 0; i < self->sources->len; i++) {
    struct limn_source *source = g_ptr_array_index (self->sources, i);

    if (source->key == key)
      return source;
  }
  return NULL;
}

struct limn_source *
limn_scene_need_source (LimnScene *self, guint64 key, cairo_surface_t *pixels)
{
  struct limn_source *source = limn_scene_find_source (self, key);

  if (source == NULL) {
    source = g_new0 (struct limn_source, 1);
    source->key = key;
    source->dirty = cairo_region_create ();
    g_ptr_array_add (self->sources, source);
  }
  if (source->pixels != pixels) {
    cairo_surface_destroy (source->pixels);
    source->pixels = cairo_surface_reference (pixels);
    source->serial = ++last_serial;
    cairo_region_subtract (source->dirty, source->dirty);
  }
  return source;
}

void
limn_scene_touch_source (LimnScene *self, struct limn_source *source, cairo_rectangle_int_t area)
{
  area = limn_rectangle_intersect (area, limn_pixels_area (source->pixels));
  if (area.width <= 0 || area.height <= 0)
    return;
  add_to_region (source->dirty, &area);
  for (guint i = 0; i < self->items->len; i++) {
    const struct limn_item *item = &g_array_index (self->items, struct limn_item, i);

    if (item->source == source)
      limn_scene_mark (self, (cairo_rectangle_int_t){ item->area.x + area.x, item->area.y + area.y,
                                                      area.width, area.height });
  }
}

void
limn_scene_drop_unused_sources (LimnScene *self)
{
  for (guint i = self->sources->len; i > 0; i--) {
    const struct limn_source *source = g_ptr_array_index (self->sources, i - 1);
    bool used = false;

    for (guint k = 0; k < self->items->len && !used; k++)
      used = g_array_index (self->items, struct limn_item, k).source == source;
    if (!used)
      g_ptr_array_remove_index (self->sources, i - 1);
  }
}

/* --- composition --- */

const struct limn_item *
limn_scene_get_items (LimnScene *self, guint *count)
{
  *count = self->items->len;
  return (const struct limn_item *) (void *) self->items->data;
}

struct limn_source *const *
limn_scene_get_sources (LimnScene *self, guint *count)
{
  *count = self->sources->len;
  return (struct limn_source *const *) self->sources->pdata;
}

void
limn_scene_get_size (LimnScene *self, int *width, int *height)
{
  *width = self->width;
  *height = self->height;
}

void
limn_scene_compose (LimnScene *self, cairo_surface_t *target, const cairo_rectangle_int_t *area)
{
  cairo_t *cairo = cairo_create (target);

  cairo_set_operator (cairo, CAIRO_OPERATOR_CLEAR);
  cairo_rectangle (cairo, 0, 0, area->width, area->height);
  cairo_fill (cairo);
  cairo_rectangle (cairo, 0, 0, area->width, area->height);
  cairo_clip (cairo);
  cairo_translate (cairo, -area->x, -area->y);
  for (guint i = 0; i < self->items->len; i++) {
    const struct limn_item *item = &g_array_index (self->items, struct limn_item, i);

    if (limn_rectangle_intersect (item->area, *area).width > 0)
      limn_composite_surface (cairo, item->source->pixels, item->area.x, item->area.y, item->blend,
                              item->opacity);
  }
  cairo_destroy (cairo);
  cairo_surface_flush (target);
}
