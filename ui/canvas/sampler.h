/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "canvas/view.h"
#include "document/pixels.h"

/* What the shader view.frag does, by the processor. */

/* The half of @from, an ARGB32 surface, within @area of @to. An odd last row or column counts
 * twice. */
void limn_sample_halve (cairo_surface_t *from, cairo_surface_t *to, cairo_rectangle_int_t area);

/* Draws @area, in pixels of the screen from the projection's origin, to @to, rows of @stride
 * pixels: the level's pixels over white paper, transparent outside of the document. */
void limn_sample_view (const struct limn_projection *projection,
                       cairo_surface_t *level,
                       int document_width,
                       int document_height,
                       cairo_rectangle_int_t area,
                       guint32 *to,
                       gsize stride);
