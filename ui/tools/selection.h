/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "tools/toolbox.h"

/* What a lasso has caught: an outline on a layer, and where its pixels go. They are cut out only
 * when the matrix is another one for the first time. Coordinates are pixels of the layer. */
struct limn_selection {
  guint32 layer; /* 0: nothing is selected */
  struct limn_point *points;
  gsize n_points;
  double left, top, right, bottom; /* of the points */
  cairo_matrix_t matrix;
  GArray *steps; /* of cairo_matrix_t: what the matrix was before, the last step last */

  cairo_surface_t *base;   /* the layer without what was cut out; NULL: nothing is cut yet */
  cairo_surface_t *cut;    /* what was cut out, at @cut_area */
  cairo_surface_t *pixels; /* both together, as they are shown */
  cairo_rectangle_int_t cut_area, shown;
  guint changes; /* of the layer, when they were taken */
};

/* False, and nothing is selected, when the points enclose nothing. @points are copied. */
bool limn_selection_begin (struct limn_selection *selection,
                           const limn_layer *layer,
                           const struct limn_point *points,
                           gsize n);
/* Nothing is selected afterwards, and the layer is shown as it is. */
void limn_selection_end (struct limn_selection *selection, LimnToolbox *box);
/* The same, after one operation if the matrix does anything. */
void limn_selection_apply (struct limn_selection *selection, LimnToolbox *box);
/* The same, after what is inside the outline was taken away. */
void limn_selection_erase (struct limn_selection *selection, LimnToolbox *box);

/* What the matrix is now is kept as a step. */
void limn_selection_push (struct limn_selection *selection);
/* Back to the last step; false when there is none. */
bool limn_selection_pop (struct limn_selection *selection, LimnToolbox *box);
/* Shows what it would be with @matrix. */
void limn_selection_show (struct limn_selection *selection,
                          LimnToolbox *box,
                          const cairo_matrix_t *matrix);
/* The layer's pixels are others now. */
void limn_selection_refresh (struct limn_selection *selection, LimnToolbox *box);
