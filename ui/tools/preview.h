/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "tools/toolbox.h"

/* What is not finished, shown in place of the layer it is for: a copy of its pixels, of which only
 * what the last picture touched is restored before the next. */
struct limn_preview {
  guint32 layer; /* 0: there is none */
  cairo_surface_t *pixels;
  cairo_rectangle_int_t shown;
};

/* False without memory. */
bool limn_preview_begin (struct limn_preview *preview, LimnToolbox *box, const limn_layer *layer);
/* Shows the layer with @op, or, with NULL, without. */
void limn_preview_show (struct limn_preview *preview, LimnToolbox *box, const limn_op *op);
/* Shows the layer itself again. */
void limn_preview_end (struct limn_preview *preview, LimnToolbox *box);
