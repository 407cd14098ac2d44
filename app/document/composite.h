/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "document/document.h"

/* The picture of a document, and what a model sees of it. The cairo_t functions draw in the
 * coordinates of the canvas. */

/* @pixels with their corner at @x, @y; @blend is an index of limn_blend_names. */
void limn_composite_surface (
    cairo_t *cairo, cairo_surface_t *pixels, int x, int y, int blend, double opacity);
/* The index of a layer's blending in limn_blend_names. */
int limn_composite_blend (const limn_layer *layer);
/* A layer with its opacity and blending, whether it is visible or not. */
void limn_composite_layer (cairo_t *cairo, const limn_layer *layer);
/* Its pixels alone, as they are. */
void limn_composite_pixels (cairo_t *cairo, const limn_layer *layer);
/* All visible layers onto a surface of the canvas's size; NULL when there is no memory. */
cairo_surface_t *limn_document_composite_pixels (LimnDocument *document);

/* The same with straight alpha, 4 channels. NULL when there is no memory. */
limn_image *limn_document_composite (LimnDocument *document);
/* What a ControlNet sees of a layer, visible or not, as large as the canvas: with @lines white
 * lines on black, else its colours on black. NULL when there is no such layer or no memory. */
limn_image *limn_document_see (LimnDocument *document, guint32 id, bool lines);
