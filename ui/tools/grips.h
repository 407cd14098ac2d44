/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "tools/selection.h"

/* What a selection is taken hold of by: eight handles that scale it, one above it that rotates it,
 * and its inside, which moves it. */
typedef enum {
  LIMN_GRIP_NONE,
  LIMN_GRIP_MOVE,
  LIMN_GRIP_ROTATE,
  LIMN_GRIP_SCALE, /* and the seven after it: in rows from the top, without the middle */
  LIMN_GRIP_END = LIMN_GRIP_SCALE + 8,
} limn_grip;

/* @dx, @dy: where the layer lies. @x, @y in pixels of the document. */
limn_grip limn_grip_at (LimnToolbox *box,
                        const struct limn_selection *selection,
                        double dx,
                        double dy,
                        double x,
                        double y);
/* What becomes of @from when @grip is dragged from @begin to @to, in pixels of the layer. Shift
 * keeps an axis, the proportions, or steps of 15 degrees; ctrl scales about the middle. */
cairo_matrix_t limn_grip_drag (limn_grip grip,
                               const struct limn_selection *selection,
                               const cairo_matrix_t *from,
                               const double begin[2],
                               const double to[2],
                               GdkModifierType modifiers);
void limn_grips_draw (LimnToolbox *box,
                      const struct limn_selection *selection,
                      double dx,
                      double dy,
                      const struct limn_outline *outline);
const char *
limn_grip_cursor (limn_grip grip, LimnToolbox *box, const struct limn_selection *selection);
