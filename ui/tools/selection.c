/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/selection.h"

#include <string.h>

/* Where what is erased is drawn: beyond any layer. */
#define AWAY (4.0 * LIMN_PIXELS_MAX_SIDE)

static bool
is_identity (const cairo_matrix_t *matrix)
{
  return matrix->xx == 1.0 && matrix->yy == 1.0 && matrix->xy == 0.0 && matrix->yx == 0.0 &&
         matrix->x0 == 0.0 && matrix->y0 == 0.0;
}

bool
limn_selection_begin (struct limn_selection *selection,
                      const limn_layer *layer,
                      const struct limn_point *points,
                      gsize n)
{
  gint32 left = G_MAXINT32, top = G_MAXINT32, right = G_MININT32, bottom = G_MININT32;

  for (gsize i = 0; i < n; i++) {
    left = MIN (left, points[i].x);
    top = MIN (top, points[i].y);
    right = MAX (right, points[i].x);
    bottom = MAX (bottom, points[i].y);
  }
  /* Half a pixel is nothing that could be taken hold of. */
  if (n < 3 || right - left < LIMN_POINT_UNIT / 2 || bottom - top < LIMN_POINT_UNIT / 2)
    return false;
  *selection = (struct limn_selection){
    .layer = layer->id,
    .points = g_memdup2 (points, n * sizeof *points),
    .n_points = n,
    .left = (double) left / LIMN_POINT_UNIT,
    .top = (double) top / LIMN_POINT_UNIT,
    .right = (double) right / LIMN_POINT_UNIT,
    .bottom = (double) bottom / LIMN_POINT_UNIT,
    .steps = g_array_new (FALSE, FALSE, sizeof (cairo_matrix_t)),
  };
  cairo_matrix_init_identity (&selection->matrix);
  return true;
}

static void
drop_pixels (struct limn_selection *selection)
{
  g_clear_pointer (&selection->base, cairo_surface_destroy);
  g_clear_pointer (&selection->cut, cairo_surface_destroy);
  g_clear_pointer (&selection->pixels, cairo_surface_destroy);
}

void
limn_selection_end (struct limn_selection *selection, LimnToolbox *box)
{
  if (selection->layer == 0)
    return;
  if (selection->pixels != NULL)
    limn_toolbox_replace (box, selection->layer, NULL, NULL);
  drop_pixels (selection);
  g_clear_pointer (&selection->points, g_free);
  g_clear_pointer (&selection->steps, g_array_unref);
  selection->layer = 0;
}

static void
paint (struct limn_selection *selection,
       LimnToolbox *box,
       const cairo_matrix_t *matrix,
       cairo_surface_t *drawn)
{
  limn_toolbox_paint_drawn (box, selection->layer,
                            limn_op_transform (selection->points, selection->n_points, matrix),
                            drawn);
  limn_selection_end (selection, box);
}

void
limn_selection_apply (struct limn_selection *selection, LimnToolbox *box)
{
  const limn_layer *layer =
      limn_document_find_layer (limn_toolbox_get_document (box), selection->layer);
  bool current = layer != NULL && layer->changes == selection->changes;

  /* What is shown is what comes out. */
  if (is_identity (&selection->matrix))
    limn_selection_end (selection, box);
  else
    paint (selection, box, &selection->matrix, current ? selection->pixels : NULL);
}

void
limn_selection_erase (struct limn_selection *selection, LimnToolbox *box)
{
  cairo_matrix_t away;

  cairo_matrix_init_translate (&away, AWAY, AWAY);
  paint (selection, box, &away, NULL);
}

/* --- what it looks like --- */

/* False without memory, or when the layer has nothing there. */
static bool
prepare (struct limn_selection *selection, const limn_layer *layer)
{
  selection->base = limn_pixels_copy (layer->pixels);
  if (selection->base != NULL)
    selection->cut =
        limn_op_cut (selection->points, selection->n_points, selection->base, &selection->cut_area);
  if (selection->cut != NULL)
    selection->pixels = limn_pixels_copy (selection->base);
  if (selection->pixels == NULL)
    drop_pixels (selection);
  selection->shown = selection->cut_area;
  selection->changes = layer->changes;
  return selection->pixels != NULL;
}

static void
restore (struct limn_selection *selection)
{
  cairo_rectangle_int_t area = selection->shown;

  cairo_surface_flush (selection->base);
  cairo_surface_flush (selection->pixels);
  for (int y = area.y; y < area.y + area.height; y++)
    memcpy (limn_pixels_row (selection->pixels, y) + area.x,
            limn_pixels_row (selection->base, y) + area.x, (gsize) area.width * 4);
  cairo_surface_mark_dirty_rectangle (selection->pixels, area.x, area.y, area.width, area.height);
}

void
limn_selection_show (struct limn_selection *selection,
                     LimnToolbox *box,
                     const cairo_matrix_t *matrix)
{
  const limn_layer *layer =
      limn_document_find_layer (limn_toolbox_get_document (box), selection->layer);
  cairo_rectangle_int_t before;
  bool is_first = selection->pixels == NULL;

  selection->matrix = *matrix;
  if (layer == NULL || (is_first && (is_identity (matrix) || !prepare (selection, layer))))
    return;
  before = selection->shown;
  if (!is_first)
    restore (selection);
  selection->shown = limn_op_paste (selection->cut, selection->cut_area, matrix, selection->pixels);
  before = limn_rectangle_union (before, selection->shown);
  limn_toolbox_replace (box, selection->layer, selection->pixels, is_first ? NULL : &before);
}

void
limn_selection_refresh (struct limn_selection *selection, LimnToolbox *box)
{
  cairo_matrix_t matrix = selection->matrix;

  if (selection->pixels == NULL)
    return;
  drop_pixels (selection);
  limn_toolbox_replace (box, selection->layer, NULL, NULL);
  limn_selection_show (selection, box, &matrix);
}

void
limn_selection_push (struct limn_selection *selection)
{
  g_array_append_val (selection->steps, selection->matrix);
}

bool
limn_selection_pop (struct limn_selection *selection, LimnToolbox *box)
{
  guint n = selection->steps->len;
  cairo_matrix_t matrix;

  if (n == 0)
    return false;
  matrix = g_array_index (selection->steps, cairo_matrix_t, n - 1);
  g_array_set_size (selection->steps, n - 1);
  limn_selection_show (selection, box, &matrix);
  return true;
}
