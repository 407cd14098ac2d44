/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/outline.h"

#include <math.h>

static const GdkRGBA dark = { 0.0f, 0.0f, 0.0f, 0.8f }, light = { 1.0f, 1.0f, 1.0f, 0.8f };

/* As a border of the renderer's own: it is sharp at every scale, and costs nothing. */
static void
circle (GtkSnapshot *snapshot, double x, double y, double radius, double width, const GdkRGBA *rgba)
{
  GskRoundedRect outline;
  float line = (float) width;

  gsk_rounded_rect_init_from_rect (&outline,
                                   &GRAPHENE_RECT_INIT ((float) (x - radius), (float) (y - radius),
                                                        (float) (radius * 2), (float) (radius * 2)),
                                   (float) radius);
  gtk_snapshot_append_border (snapshot, &outline, (float[]){ line, line, line, line },
                              (GdkRGBA[]){ *rgba, *rgba, *rgba, *rgba });
}

void
limn_outline_circle (const struct limn_outline *outline, double x, double y, double radius)
{
  radius = MAX (radius, 1.0);
  circle (outline->snapshot, x, y, radius + 1.0, 1.0, &light);
  circle (outline->snapshot, x, y, radius, 1.0, &dark);
}

void
limn_outline_ring (const struct limn_outline *outline,
                   double x,
                   double y,
                   double inner,
                   double outer,
                   guint32 colour)
{
  const GdkRGBA rgba = { (float) (colour >> 16 & 0xff) / 255.0f, (float) (colour >> 8 & 0xff) / 255,
                         (float) (colour & 0xff) / 255.0f, 1.0f };

  circle (outline->snapshot, x, y, outer + 1.0, 1.0, &light);
  circle (outline->snapshot, x, y, outer, outer - inner, &rgba);
  circle (outline->snapshot, x, y, inner, 1.0, &dark);
}

void
limn_outline_path (const struct limn_outline *outline, const double *points, gsize n, bool closed)
{
  double left = INFINITY, top = INFINITY, right = -INFINITY, bottom = -INFINITY;
  const double dashes[] = { 4.0, 4.0 };
  cairo_t *cairo;

  if (n < 2)
    return;
  for (gsize i = 0; i < n; i++) {
    left = MIN (left, points[i * 2]);
    top = MIN (top, points[i * 2 + 1]);
    right = MAX (right, points[i * 2]);
    bottom = MAX (bottom, points[i * 2 + 1]);
  }
  left = MAX (left - 2, 0);
  top = MAX (top - 2, 0);
  right = MIN (right + 2, outline->width);
  bottom = MIN (bottom + 2, outline->height);
  if (right <= left || bottom <= top)
    return;
  cairo = gtk_snapshot_append_cairo (
      outline->snapshot, &GRAPHENE_RECT_INIT ((float) left, (float) top, (float) (right - left),
                                              (float) (bottom - top)));
  for (gsize i = 0; i < n; i++)
    cairo_line_to (cairo, points[i * 2], points[i * 2 + 1]);
  if (closed)
    cairo_close_path (cairo);
  cairo_set_line_width (cairo, 1.0);
  gdk_cairo_set_source_rgba (cairo, &light);
  cairo_stroke_preserve (cairo);
  gdk_cairo_set_source_rgba (cairo, &dark);
  cairo_set_dash (cairo, dashes, G_N_ELEMENTS (dashes), 0);
  cairo_stroke (cairo);
  cairo_destroy (cairo);
}

void
limn_outline_handle (const struct limn_outline *outline, double x, double y, bool round)
{
  const float size = (float) LIMN_HANDLE_SIZE;
  const GdkRGBA paper = { 1.0f, 1.0f, 1.0f, 1.0f }, ink = { 0.0f, 0.0f, 0.0f, 1.0f };
  GskRoundedRect shape;

  gsk_rounded_rect_init_from_rect (&shape,
                                   &GRAPHENE_RECT_INIT (roundf ((float) x - size / 2),
                                                        roundf ((float) y - size / 2), size, size),
                                   round ? size / 2 : 1.0f);
  gtk_snapshot_push_rounded_clip (outline->snapshot, &shape);
  gtk_snapshot_append_color (outline->snapshot, &paper, &shape.bounds);
  gtk_snapshot_pop (outline->snapshot);
  gtk_snapshot_append_border (outline->snapshot, &shape, (float[]){ 1, 1, 1, 1 },
                              (GdkRGBA[]){ ink, ink, ink, ink });
}
