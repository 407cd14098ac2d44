/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "document/op-private.h"

#include <math.h>
#include <string.h>

/* Sides of the polygon that stands for an ellipse. */
#define ELLIPSE_SIDES 180

static double
to_pixels (gint32 units)
{
  return (double) units / LIMN_POINT_UNIT;
}

static bool
draw_stroke (const limn_op *op, cairo_surface_t **pixels, cairo_rectangle_int_t area)
{
  g_autoptr (limn_mask) mask = limn_mask_new (area);
  struct limn_path path = { .brush = &op->brush };

  if (mask == NULL)
    return false;
  for (gsize i = 0; i < op->n_points; i++)
    limn_path_add (&path, mask, &op->points[i]);
  limn_path_finish (&path, mask);
  limn_mask_paint (mask, *pixels, area, &op->brush);
  return true;
}

/* The corners of the outline, x and y in turn. */
static GArray *
outline_of (const limn_op *op)
{
  GArray *outline = g_array_new (FALSE, FALSE, sizeof (double));
  double box[4];

  if (op->shape == LIMN_SHAPE_LINE || op->shape == LIMN_SHAPE_POLYGON) {
    for (gsize i = 0; i < op->n_points; i++) {
      double corner[] = { to_pixels (op->points[i].x), to_pixels (op->points[i].y) };

      g_array_append_vals (outline, corner, 2);
    }
    return outline;
  }
  for (int i = 0; i < 2; i++) {
    box[i * 2] = to_pixels (op->points[i].x);
    box[i * 2 + 1] = to_pixels (op->points[i].y);
  }
  for (int i = 0; op->shape == LIMN_SHAPE_ELLIPSE && i < ELLIPSE_SIDES; i++) {
    double angle = 2 * G_PI * i / ELLIPSE_SIDES;
    double corner[] = { (box[0] + box[2]) / 2 + (box[2] - box[0]) / 2 * cos (angle),
                        (box[1] + box[3]) / 2 + (box[3] - box[1]) / 2 * sin (angle) };

    g_array_append_vals (outline, corner, 2);
  }
  if (op->shape == LIMN_SHAPE_RECTANGLE) {
    double corners[] = { box[0], box[1], box[2], box[1], box[2], box[3], box[0], box[3] };

    g_array_append_vals (outline, corners, 8);
  }
  return outline;
}

static void
add_inside (limn_mask *mask, const GArray *outline)
{
  cairo_surface_t *inside =
      limn_op_inside ((const double *) (void *) outline->data, outline->len / 2, mask->area);
  const guint8 *data = cairo_image_surface_get_data (inside);
  gsize stride = (gsize) cairo_image_surface_get_stride (inside);

  for (gsize y = 0; data != NULL && y < (gsize) mask->area.height; y++) {
    guint8 *restrict row = mask->data + y * (gsize) mask->area.width;
    const guint8 *restrict from = data + y * stride;

    for (gsize x = 0; x < (gsize) mask->area.width; x++)
      row[x] = MAX (row[x], from[x]);
  }
  cairo_surface_destroy (inside);
}

static bool
draw_shape (const limn_op *op, cairo_surface_t **pixels, cairo_rectangle_int_t area)
{
  cairo_rectangle_int_t whole = limn_pixels_area (*pixels);
  g_autoptr (limn_mask) mask = NULL;
  g_autoptr (GArray) outline = outline_of (op);
  guint corners = outline->len / 2;
  bool closed = op->shape != LIMN_SHAPE_LINE;

  mask = limn_mask_new (op->filled ? limn_op_bounds (op, whole.width, whole.height) : area);
  if (mask == NULL)
    return false;
  for (guint i = 0; i + (closed ? 0 : 1) < corners; i++) {
    const double *from = &g_array_index (outline, double, i * 2);
    const double *to = &g_array_index (outline, double, (i + 1) % corners * 2);
    float radius = op->brush.size / 2;

    limn_mask_line (mask, (float[]){ (float) from[0], (float) from[1], radius },
                    (float[]){ (float) to[0], (float) to[1], radius }, op->brush.softness);
  }
  if (op->filled)
    add_inside (mask, outline);
  limn_mask_paint (mask, *pixels, area, &op->brush);
  return true;
}

static bool
draw_fill (const limn_op *op, cairo_surface_t **pixels, cairo_rectangle_int_t area)
{
  limn_reader reader =
      limn_reader_init (g_bytes_get_data (op->runs, NULL), g_bytes_get_size (op->runs));
  g_autoptr (limn_mask) mask = limn_mask_new (area);
  int x = op->area.x, y = op->area.y;

  if (mask == NULL)
    return false;
  while (reader.at < reader.end) {
    int rows = (int) limn_get_uint (&reader);
    cairo_rectangle_int_t run;

    x = rows > 0 ? op->area.x : x;
    y += rows;
    x += (int) limn_get_uint (&reader);
    run = (cairo_rectangle_int_t){ x, y, (int) limn_get_uint (&reader) + 1, 1 };
    x += run.width;
    run = limn_rectangle_intersect (run, area);
    if (run.width > 0)
      memset (mask->data + (gsize) (run.y - area.y) * (gsize) area.width + (run.x - area.x), 255,
              (gsize) run.width);
  }
  limn_mask_paint (mask, *pixels, area, &op->brush);
  return true;
}

static bool
draw_transform (const limn_op *op, cairo_surface_t **pixels, cairo_rectangle_int_t area)
{
  cairo_rectangle_int_t box;
  cairo_surface_t *cut = limn_op_cut (op->points, op->n_points, *pixels, &box);

  if (cut == NULL)
    return box.width == 0;
  limn_op_paste (cut, box, &op->matrix, *pixels);
  cairo_surface_destroy (cut);
  return true;
}

static bool
draw_resize (const limn_op *op, cairo_surface_t **pixels, cairo_rectangle_int_t area)
{
  cairo_surface_t *resized = limn_pixels_new (op->width, op->height);
  cairo_t *cairo;

  if (resized == NULL)
    return false;
  cairo = cairo_create (resized);
  cairo_set_source_surface (cairo, *pixels, op->dx, op->dy);
  cairo_paint (cairo);
  cairo_destroy (cairo);
  cairo_surface_flush (resized);
  cairo_surface_destroy (*pixels);
  *pixels = resized;
  return true;
}

bool
limn_op_draw (const limn_op *op, cairo_surface_t **pixels, cairo_rectangle_int_t area)
{
  static bool (*const drawers[]) (const limn_op *, cairo_surface_t **, cairo_rectangle_int_t) = {
    [LIMN_OP_STROKE] = draw_stroke, [LIMN_OP_SHAPE] = draw_shape,
    [LIMN_OP_FILL] = draw_fill,     [LIMN_OP_TRANSFORM] = draw_transform,
    [LIMN_OP_RESIZE] = draw_resize,
  };
  cairo_rectangle_int_t whole = limn_pixels_area (*pixels);
  cairo_rectangle_int_t bounds = limn_op_bounds (op, whole.width, whole.height);

  G_STATIC_ASSERT (G_N_ELEMENTS (drawers) == LIMN_N_OPS);
  bounds = limn_rectangle_intersect (bounds, area);
  if (limn_op_is_local (op) && bounds.width == 0)
    return true;
  return drawers[op->kind](op, pixels, bounds);
}

/* --- the bucket --- */

struct bucket {
  cairo_surface_t *pixels;
  int width, height;
  guint32 from;
  int tolerance;
  guint8 *reached;
  GArray *open; /* of int: x, y of places from which rows are still to be filled */
};

static bool
is_like (guint32 a, guint32 b, int tolerance)
{
  for (int shift = 0; shift < 32; shift += 8)
    if (ABS ((int) ((a >> shift) & 0xff) - (int) ((b >> shift) & 0xff)) > tolerance)
      return false;
  return true;
}

static bool
may_reach (const struct bucket *bucket, int x, int y)
{
  return bucket->reached[(gsize) y * (gsize) bucket->width + (gsize) x] == 0 &&
         is_like (limn_pixels_row (bucket->pixels, y)[x], bucket->from, bucket->tolerance);
}

/* One place for every run of the row @y between @left and @right that the bucket may still reach.
 */
static void
open_row (struct bucket *bucket, int left, int right, int y)
{
  bool inside = false;

  if (y < 0 || y >= bucket->height)
    return;
  for (int x = left; x <= right; x++) {
    bool good = may_reach (bucket, x, y);
    int place[] = { x, y };

    if (good && !inside)
      g_array_append_vals (bucket->open, place, 2);
    inside = good;
  }
}

static void
flood (struct bucket *bucket)
{
  while (bucket->open->len > 0) {
    int y = g_array_index (bucket->open, int, bucket->open->len - 1);
    int left = g_array_index (bucket->open, int, bucket->open->len - 2), right = left;

    g_array_set_size (bucket->open, bucket->open->len - 2);
    if (!may_reach (bucket, left, y))
      continue;
    while (left > 0 && may_reach (bucket, left - 1, y))
      left--;
    while (right + 1 < bucket->width && may_reach (bucket, right + 1, y))
      right++;
    memset (bucket->reached + (gsize) y * (gsize) bucket->width + left, 1,
            (gsize) (right - left + 1));
    open_row (bucket, left, right, y - 1);
    open_row (bucket, left, right, y + 1);
  }
}

static GBytes *
runs_of (const struct bucket *bucket, cairo_rectangle_int_t *area)
{
  GByteArray *out = g_byte_array_new ();
  int last_y = -1, right = 0;

  /* The area begins at the corner, so that no column is negative. */
  *area = (cairo_rectangle_int_t){ 0 };
  for (int y = 0; y < bucket->height; y++) {
    const guint8 *row = bucket->reached + (gsize) y * (gsize) bucket->width;
    int last_x = 0;

    for (int x = 0; x < bucket->width; x++) {
      int begin = x;

      while (x < bucket->width && row[x] != 0)
        x++;
      if (x == begin)
        continue;
      if (last_y < 0)
        area->y = last_y = y;
      limn_put_uint (out, (guint64) (y - last_y));
      limn_put_uint (out, (guint64) (begin - last_x));
      limn_put_uint (out, (guint64) (x - begin - 1));
      last_y = y;
      last_x = x;
      right = MAX (right, x);
    }
  }
  area->width = right;
  area->height = last_y - area->y + 1;
  return g_byte_array_free_to_bytes (out);
}

limn_op *
limn_op_fill (cairo_surface_t *pixels, int x, int y, int tolerance, const struct limn_brush *brush)
{
  cairo_rectangle_int_t whole = limn_pixels_area (pixels);
  struct bucket bucket = {
    .pixels = pixels, .width = whole.width, .height = whole.height, .tolerance = tolerance
  };
  int place[] = { x, y };
  limn_op *op;

  if (x < 0 || y < 0 || x >= whole.width || y >= whole.height)
    return NULL;
  cairo_surface_flush (pixels);
  bucket.from = limn_pixels_row (pixels, y)[x];
  bucket.reached = g_malloc0 ((gsize) whole.width * (gsize) whole.height);
  bucket.open = g_array_new (FALSE, FALSE, sizeof (int));
  g_array_append_vals (bucket.open, place, 2);
  flood (&bucket);
  op = g_new0 (limn_op, 1);
  g_atomic_ref_count_init (&op->references);
  op->kind = LIMN_OP_FILL;
  op->brush = *brush;
  limn_brush_clamp (&op->brush);
  op->runs = runs_of (&bucket, &op->area);
  g_array_unref (bucket.open);
  g_free (bucket.reached);
  return op;
}
