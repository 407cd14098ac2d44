/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>
#include <stdbool.h>

/* What tools draw above the picture: lines that show on dark and on light alike, one pixel of the
 * widget wide whatever the zoom. All coordinates are the widget's. */

struct limn_outline {
  GtkSnapshot *snapshot;
  double width, height; /* of the widget: nothing is drawn outside */
};

void limn_outline_circle (const struct limn_outline *outline, double x, double y, double radius);
/* Filled with @colour (0xAARRGGBB) between the circles of @inner and @outer. */
void limn_outline_ring (const struct limn_outline *outline,
                        double x,
                        double y,
                        double inner,
                        double outer,
                        guint32 colour);
/* @points: x and y in turn, @n of them. */
void
limn_outline_path (const struct limn_outline *outline, const double *points, gsize n, bool closed);
/* What can be taken hold of: a square, or a circle. */
void limn_outline_handle (const struct limn_outline *outline, double x, double y, bool round);

#define LIMN_HANDLE_SIZE 9.0
