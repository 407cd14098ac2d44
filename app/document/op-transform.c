/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "document/op-private.h"

#include <math.h>
#include <string.h>

static double
to_pixels (gint32 units)
{
  return (double) units / LIMN_POINT_UNIT;
}

cairo_surface_t *
limn_op_inside (const double *corners, gsize n, cairo_rectangle_int_t area)
{
  cairo_surface_t *inside =
      cairo_image_surface_create (CAIRO_FORMAT_A8, MAX (area.width, 1), MAX (area.height, 1));
  cairo_t *cairo = cairo_create (inside);

  cairo_translate (cairo, -area.x, -area.y);
  for (gsize i = 0; i < n; i++)
    cairo_line_to (cairo, corners[i * 2], corners[i * 2 + 1]);
  cairo_close_path (cairo);
  cairo_fill (cairo);
  cairo_destroy (cairo);
  cairo_surface_flush (inside);
  return inside;
}

static cairo_rectangle_int_t
box_of (const struct limn_point *points, gsize n, cairo_rectangle_int_t all)
{
  cairo_rectangle_int_t box = { 0 };

  for (gsize i = 0; i < n; i++) {
    cairo_rectangle_int_t pixel = { (int) floor (to_pixels (points[i].x)),
                                    (int) floor (to_pixels (points[i].y)), 2, 2 };

    box = limn_rectangle_union (box, pixel);
  }
  return limn_rectangle_intersect (box, all);
}

/* Where @matrix brings what is in @box. */
static cairo_rectangle_int_t
target_of (cairo_rectangle_int_t box, const cairo_matrix_t *matrix, cairo_rectangle_int_t all)
{
  const double limit = 2.0 * LIMN_PIXELS_MAX_SIDE;
  double low[] = { limit, limit }, high[] = { -limit, -limit };
  cairo_rectangle_int_t area;

  for (int i = 0; i < 4; i++) {
    double at[] = { box.x + (i & 1 ? box.width : 0), box.y + (i & 2 ? box.height : 0) };

    cairo_matrix_transform_point (matrix, &at[0], &at[1]);
    for (int k = 0; k < 2; k++) {
      low[k] = MIN (low[k], CLAMP (at[k], -limit, limit));
      high[k] = MAX (high[k], CLAMP (at[k], -limit, limit));
    }
  }
  /* Filters reach a pixel further. */
  area.x = (int) floor (low[0]) - 2;
  area.y = (int) floor (low[1]) - 2;
  area.width = (int) ceil (high[0]) + 2 - area.x;
  area.height = (int) ceil (high[1]) + 2 - area.y;
  return limn_rectangle_intersect (area, all);
}

cairo_rectangle_int_t
limn_op_transform_bounds (const limn_op *op, cairo_rectangle_int_t all)
{
  cairo_rectangle_int_t box = box_of (op->points, op->n_points, all);

  if (box.width == 0)
    return box;
  return limn_rectangle_union (box, target_of (box, &op->matrix, all));
}

/* @count pixels that are covered alike. */
static void
move_run (guint32 *restrict from, guint32 *restrict to, guint8 inside, int count)
{
  gsize size = (gsize) count * 4;

  if (inside == 0) {
    memset (to, 0, size);
  } else if (inside == 255) {
    memcpy (to, from, size);
    memset (from, 0, size);
  } else {
    for (int i = 0; i < count; i++) {
      to[i] = limn_pixel_scale (from[i], inside);
      from[i] = limn_pixel_scale (from[i], 255u - inside);
    }
  }
}

static void
move_row (guint32 *from, guint32 *to, const guint8 *inside, int count)
{
  for (int x = 0, run; x < count; x += run) {
    run = limn_bytes_run (inside + x, count - x);
    move_run (from + x, to + x, inside[x], run);
  }
}

cairo_surface_t *
limn_op_cut (const struct limn_point *points,
             gsize n,
             cairo_surface_t *pixels,
             cairo_rectangle_int_t *box)
{
  g_autofree double *corners = g_new (double, n * 2);
  cairo_surface_t *cut, *inside;

  *box = box_of (points, n, limn_pixels_area (pixels));
  cut = box->width > 0 ? limn_pixels_new_for_writing (box->width, box->height) : NULL;
  if (cut == NULL)
    return NULL;
  for (gsize i = 0; i < n; i++) {
    corners[i * 2] = to_pixels (points[i].x);
    corners[i * 2 + 1] = to_pixels (points[i].y);
  }
  inside = limn_op_inside (corners, n, *box);
  cairo_surface_flush (pixels);
  for (int y = 0; y < box->height; y++)
    move_row (limn_pixels_row (pixels, box->y + y) + box->x, limn_pixels_row (cut, y),
              cairo_image_surface_get_data (inside) +
                  (gsize) cairo_image_surface_get_stride (inside) * (gsize) y,
              box->width);
  cairo_surface_mark_dirty (pixels);
  cairo_surface_mark_dirty (cut);
  cairo_surface_destroy (inside);
  return cut;
}

cairo_rectangle_int_t
limn_op_paste (cairo_surface_t *cut,
               cairo_rectangle_int_t box,
               const cairo_matrix_t *matrix,
               cairo_surface_t *pixels)
{
  cairo_rectangle_int_t area = target_of (box, matrix, limn_pixels_area (pixels));
  cairo_t *cairo;

  if (area.width == 0)
    return area;
  cairo = cairo_create (pixels);
  /* The clip is a part of it: Cairo's rounding depends on how much is drawn. */
  cairo_rectangle (cairo, area.x, area.y, area.width, area.height);
  cairo_clip (cairo);
  cairo_transform (cairo, matrix);
  cairo_set_source_surface (cairo, cut, box.x, box.y);
  cairo_paint (cairo);
  cairo_destroy (cairo);
  cairo_surface_flush (pixels);
  return area;
}
