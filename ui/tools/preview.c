/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/preview.h"

#include <string.h>

bool
limn_preview_begin (struct limn_preview *preview, LimnToolbox *box, const limn_layer *layer)
{
  limn_preview_end (preview, box);
  preview->pixels = limn_pixels_copy (layer->pixels);
  preview->layer = preview->pixels != NULL ? layer->id : 0;
  preview->shown = (cairo_rectangle_int_t){ 0 };
  return preview->pixels != NULL;
}

static void
restore (struct limn_preview *preview, cairo_surface_t *from)
{
  cairo_rectangle_int_t area = preview->shown;

  cairo_surface_flush (from);
  cairo_surface_flush (preview->pixels);
  for (int y = area.y; y < area.y + area.height; y++)
    memcpy (limn_pixels_row (preview->pixels, y) + area.x, limn_pixels_row (from, y) + area.x,
            (gsize) area.width * 4);
  cairo_surface_mark_dirty_rectangle (preview->pixels, area.x, area.y, area.width, area.height);
}

void
limn_preview_show (struct limn_preview *preview, LimnToolbox *box, const limn_op *op)
{
  const limn_layer *layer =
      limn_document_find_layer (limn_toolbox_get_document (box), preview->layer);
  cairo_rectangle_int_t all, changed = preview->shown;

  if (preview->pixels == NULL || layer == NULL)
    return;
  all = limn_pixels_area (preview->pixels);
  restore (preview, layer->pixels);
  preview->shown = (cairo_rectangle_int_t){ 0 };
  if (op != NULL && limn_op_draw (op, &preview->pixels, all))
    preview->shown = limn_op_bounds (op, all.width, all.height);
  changed = limn_rectangle_union (changed, preview->shown);
  limn_toolbox_replace (box, preview->layer, preview->pixels, &changed);
}

void
limn_preview_end (struct limn_preview *preview, LimnToolbox *box)
{
  if (preview->layer != 0)
    limn_toolbox_replace (box, preview->layer, NULL, NULL);
  preview->layer = 0;
  g_clear_pointer (&preview->pixels, cairo_surface_destroy);
}
