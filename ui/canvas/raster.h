/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "canvas/scene.h"
#include "canvas/view.h"

/* Shows a scene by Cairo: the composition is kept and renewed where it is dirty, and so are the
 * tiles of the screen that show it. */
typedef struct limn_raster limn_raster;

limn_raster *limn_raster_new (LimnScene *scene);
void limn_raster_free (limn_raster *raster);

/* Composes what is dirty and in sight. False without memory. */
bool limn_raster_update (limn_raster *raster, const struct limn_view *view);
/* What limn_raster_update() has made, in the widget's coordinates. */
void
limn_raster_snapshot (limn_raster *raster, const struct limn_view *view, GtkSnapshot *snapshot);

/* The composition; borrowed. NULL before the first update. */
cairo_surface_t *limn_raster_get_pixels (limn_raster *raster);
/* The view as large as the widget, in pixels of the screen; the caller frees it. */
cairo_surface_t *limn_raster_draw (limn_raster *raster, const struct limn_view *view);
