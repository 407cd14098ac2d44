/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "canvas/raster.h"

#include "canvas/sampler.h"

#define TILE 256 /* pixels of the screen */

struct tile {
  int column, row; /* from where the document's corner lies on the screen */
  cairo_surface_t *pixels;
  /* Kept as long as the pixels are the same: GSK does nothing for a node that it knows. It is no
   * texture, which GSK's Cairo renderer would convert in every frame. */
  GskRenderNode *node;
  cairo_rectangle_int_t dirty; /* pixels of the screen, from the same corner */
};

struct limn_raster {
  /* Owned */
  LimnScene *scene;
  cairo_surface_t *levels[LIMN_VIEW_LEVELS]; /* 0 is the composition */
  GHashTable *tiles;                         /* of tile, by its place */

  cairo_rectangle_int_t stale[LIMN_VIEW_LEVELS]; /* of the document: not in that level yet */
  struct limn_projection shown;                  /* what the tiles show */
};

static void
tile_free (struct tile *tile)
{
  g_clear_pointer (&tile->node, gsk_render_node_unref);
  cairo_surface_destroy (tile->pixels);
  g_free (tile);
}

static guint
tile_hash (gconstpointer data)
{
  const struct tile *tile = data;

  return (guint) tile->column * 31u + (guint) tile->row;
}

static gboolean
tile_equal (gconstpointer a, gconstpointer b)
{
  const struct tile *first = a, *second = b;

  return first->column == second->column && first->row == second->row;
}

limn_raster *
limn_raster_new (LimnScene *scene)
{
  limn_raster *raster = g_new0 (limn_raster, 1);

  raster->scene = g_object_ref (scene);
  raster->tiles = g_hash_table_new_full (tile_hash, tile_equal, (GDestroyNotify) tile_free, NULL);
  limn_scene_spoil (scene);
  return raster;
}

static void
drop_levels (limn_raster *raster)
{
  for (int i = 0; i < LIMN_VIEW_LEVELS; i++)
    g_clear_pointer (&raster->levels[i], cairo_surface_destroy);
  g_hash_table_remove_all (raster->tiles);
}

void
limn_raster_free (limn_raster *raster)
{
  if (raster == NULL)
    return;
  drop_levels (raster);
  g_hash_table_unref (raster->tiles);
  g_object_unref (raster->scene);
  g_free (raster);
}

/* --- the composition and its levels --- */

static cairo_rectangle_int_t
area_in_level (cairo_rectangle_int_t area, int level)
{
  int x2 = (area.x + area.width + (1 << level) - 1) >> level;
  int y2 = (area.y + area.height + (1 << level) - 1) >> level;

  area.x >>= level;
  area.y >>= level;
  area.width = x2 - area.x;
  area.height = y2 - area.y;
  return area;
}

/* Whether there is memory for it. What is new in it is stale. */
static bool
need_level (limn_raster *raster, int level)
{
  cairo_rectangle_int_t all = { 0 }, size;

  limn_scene_get_size (raster->scene, &all.width, &all.height);
  size = area_in_level (all, level);
  if (raster->levels[level] != NULL) {
    cairo_rectangle_int_t old = limn_pixels_area (raster->levels[level]);

    if (old.width == size.width && old.height == size.height)
      return true;
    drop_levels (raster);
  }
  raster->levels[level] = limn_pixels_new (size.width, size.height);
  raster->stale[level] = all;
  return raster->levels[level] != NULL;
}

static void
compose (limn_raster *raster, cairo_rectangle_int_t area)
{
  cairo_surface_t *pixels = raster->levels[0], *part;
  guint32 *corner;

  cairo_surface_flush (pixels);
  corner = limn_pixels_row (pixels, area.y) + area.x;
  part = cairo_image_surface_create_for_data ((guint8 *) corner, CAIRO_FORMAT_ARGB32, area.width,
                                              area.height, cairo_image_surface_get_stride (pixels));
  limn_scene_compose (raster->scene, part, &area);
  cairo_surface_destroy (part);
  cairo_surface_mark_dirty (pixels);
}

static bool
renew_level (limn_raster *raster, int level)
{
  cairo_rectangle_int_t area;

  if (!need_level (raster, level))
    return false;
  area = area_in_level (raster->stale[level], level);
  if (raster->stale[level].width > 0)
    limn_sample_halve (raster->levels[level - 1], raster->levels[level], area);
  cairo_surface_mark_dirty (raster->levels[level]);
  raster->stale[level] = (cairo_rectangle_int_t){ 0 };
  return true;
}

/* --- tiles --- */

/* Of the screen, from the document's corner: what shows @area of the document, and one pixel of the
 * level around it, which interpolation may reach. */
static cairo_rectangle_int_t
area_on_screen (const struct limn_view *view,
                const struct limn_projection *projection,
                cairo_rectangle_int_t area)
{
  struct limn_view screen = *view;
  int reach = 2 << projection->level;

  screen.width *= view->device_scale;
  screen.height *= view->device_scale;
  screen.scale *= view->device_scale;
  screen.device_scale = 1;
  area = limn_view_area_from_document (
      &screen, (cairo_rectangle_int_t){ area.x - reach, area.y - reach, area.width + 2 * reach,
                                        area.height + 2 * reach });
  area.x -= projection->origin_x + 1;
  area.y -= projection->origin_y + 1;
  area.width += 2;
  area.height += 2;
  return area;
}

static cairo_rectangle_int_t
tile_area (const struct tile *tile)
{
  return (cairo_rectangle_int_t){ tile->column * TILE, tile->row * TILE, TILE, TILE };
}

static void
spoil_tiles (limn_raster *raster, cairo_rectangle_int_t area)
{
  GHashTableIter iter;
  struct tile *tile;

  g_hash_table_iter_init (&iter, raster->tiles);
  while (g_hash_table_iter_next (&iter, (gpointer *) &tile, NULL))
    tile->dirty =
        limn_rectangle_union (tile->dirty, limn_rectangle_intersect (tile_area (tile), area));
}

static bool
same_projection (const struct limn_projection *a, const struct limn_projection *b)
{
  return a->to_document.xx == b->to_document.xx && a->to_document.xy == b->to_document.xy &&
         a->to_document.yx == b->to_document.yx && a->to_document.yy == b->to_document.yy &&
         a->scale == b->scale;
}

/* In the widget's pixels, from where the document's corner lies. */
static GskRenderNode *
tile_node (const struct tile *tile, float part)
{
  GskRenderNode *node = gsk_cairo_node_new (
      &GRAPHENE_RECT_INIT ((float) (tile->column * TILE) * part, (float) (tile->row * TILE) * part,
                           TILE * part, TILE * part));
  cairo_t *cairo = gsk_cairo_node_get_draw_context (node);

  cairo_scale (cairo, part, part);
  cairo_set_source_surface (cairo, tile->pixels, tile->column * TILE, tile->row * TILE);
  cairo_pattern_set_filter (cairo_get_source (cairo), CAIRO_FILTER_NEAREST);
  cairo_paint (cairo);
  cairo_destroy (cairo);
  return node;
}

/* False without memory. The old pixels may be with GSK still, so these are others. */
static bool
draw_tile (limn_raster *raster, struct tile *tile, float part)
{
  const struct limn_projection *projection = &raster->shown;
  cairo_surface_t *pixels =
      tile->pixels != NULL ? limn_pixels_copy (tile->pixels) : limn_pixels_new (TILE, TILE);
  cairo_rectangle_int_t area = tile->pixels != NULL ? tile->dirty : tile_area (tile);
  int width, height;

  if (pixels == NULL)
    return false;
  limn_scene_get_size (raster->scene, &width, &height);
  limn_sample_view (projection, raster->levels[projection->level], width, height, area,
                    limn_pixels_row (pixels, area.y - tile->row * TILE) + area.x -
                        tile->column * TILE,
                    (gsize) cairo_image_surface_get_stride (pixels) / 4);
  cairo_surface_mark_dirty (pixels);
  g_clear_pointer (&tile->node, gsk_render_node_unref);
  cairo_surface_destroy (tile->pixels);
  tile->pixels = pixels;
  tile->node = tile_node (tile, part);
  tile->dirty = (cairo_rectangle_int_t){ 0 };
  return true;
}

/* NULL without memory. */
static struct tile *
need_tile (limn_raster *raster, int column, int row, float part)
{
  const struct tile place = { .column = column, .row = row };
  struct tile *tile = g_hash_table_lookup (raster->tiles, &place);

  if (tile == NULL) {
    tile = g_new0 (struct tile, 1);
    tile->column = column;
    tile->row = row;
    g_hash_table_add (raster->tiles, tile);
  }
  if ((tile->node == NULL || tile->dirty.width > 0) && !draw_tile (raster, tile, part))
    return NULL;
  return tile;
}

/* Of the screen, from the document's corner. */
static cairo_rectangle_int_t
area_in_sight (const struct limn_view *view, const struct limn_projection *projection)
{
  return (cairo_rectangle_int_t){ -projection->origin_x, -projection->origin_y,
                                  view->width * view->device_scale,
                                  view->height * view->device_scale };
}

static gboolean
is_out_of_sight (gpointer key, gpointer value, gpointer data)
{
  const cairo_rectangle_int_t *sight = data;

  return limn_rectangle_intersect (tile_area (key), *sight).width == 0;
}

/* --- public --- */

struct pass {
  limn_raster *raster;
  const struct limn_view *view;
};

static bool
compose_part (gpointer data, cairo_rectangle_int_t area, GError **error)
{
  const struct pass *pass = data;
  limn_raster *raster = pass->raster;

  compose (raster, area);
  for (int level = 1; level < LIMN_VIEW_LEVELS; level++)
    raster->stale[level] = limn_rectangle_union (raster->stale[level], area);
  spoil_tiles (raster, area_on_screen (pass->view, &raster->shown, area));
  return true;
}

bool
limn_raster_update (limn_raster *raster, const struct limn_view *view)
{
  const cairo_rectangle_int_t sight = limn_view_area_in_sight (view);
  struct pass pass = { raster, view };
  struct limn_projection projection;
  bool good = need_level (raster, 0);

  limn_view_project (view, &projection);
  if (!same_projection (&projection, &raster->shown))
    g_hash_table_remove_all (raster->tiles);
  raster->shown = projection;
  good = good && limn_scene_compose_dirty (raster->scene, &sight, compose_part, &pass, NULL);
  for (int level = 1; good && level <= projection.level; level++)
    good = renew_level (raster, level);
  return good;
}

void
limn_raster_snapshot (limn_raster *raster, const struct limn_view *view, GtkSnapshot *snapshot)
{
  const float part = 1.0f / (float) view->device_scale;
  const struct limn_projection *projection = &raster->shown;
  cairo_rectangle_int_t sight = area_in_sight (view, projection), area = { 0 };

  limn_scene_get_size (raster->scene, &area.width, &area.height);
  g_hash_table_foreach_remove (raster->tiles, is_out_of_sight, &sight);
  area = limn_rectangle_intersect (area_on_screen (view, projection, area), sight);
  if (area.width <= 0)
    return;
  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT ((float) projection->origin_x * part,
                                                          (float) projection->origin_y * part));
  for (int y = area.y & ~(TILE - 1); y < area.y + area.height; y += TILE)
    for (int x = area.x & ~(TILE - 1); x < area.x + area.width; x += TILE) {
      const struct tile *tile = need_tile (raster, x / TILE, y / TILE, part);

      if (tile != NULL)
        gtk_snapshot_append_node (snapshot, tile->node);
    }
  gtk_snapshot_restore (snapshot);
}

cairo_surface_t *
limn_raster_get_pixels (limn_raster *raster)
{
  return raster->levels[0];
}

cairo_surface_t *
limn_raster_draw (limn_raster *raster, const struct limn_view *view)
{
  cairo_rectangle_int_t area = area_in_sight (view, &raster->shown);
  cairo_surface_t *pixels = limn_pixels_new (area.width, area.height);
  int width, height;

  limn_scene_get_size (raster->scene, &width, &height);
  if (pixels != NULL)
    limn_sample_view (&raster->shown, raster->levels[raster->shown.level], width, height, area,
                      limn_pixels_row (pixels, 0),
                      (gsize) cairo_image_surface_get_stride (pixels) / 4);
  cairo_surface_mark_dirty (pixels);
  return pixels;
}
