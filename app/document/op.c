/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "document/op-private.h"

#include <math.h>
#include <string.h>

limn_op *
limn_op_ref (limn_op *op)
{
  g_atomic_ref_count_inc (&op->references);
  return op;
}

void
limn_op_unref (limn_op *op)
{
  if (op == NULL || !g_atomic_ref_count_dec (&op->references))
    return;
  g_free (op->points);
  g_clear_pointer (&op->runs, g_bytes_unref);
  g_free (op);
}

static limn_op *
op_new (limn_op_kind kind, const struct limn_brush *brush)
{
  limn_op *op = g_new0 (limn_op, 1);

  g_atomic_ref_count_init (&op->references);
  op->kind = kind;
  op->brush = brush != NULL ? *brush : limn_brush_default;
  limn_brush_clamp (&op->brush);
  return op;
}

static void
set_points (limn_op *op, const struct limn_point *points, gsize n)
{
  op->points = g_memdup2 (points, n * sizeof *points);
  op->n_points = n;
}

limn_op *
limn_op_stroke (const struct limn_brush *brush, const struct limn_point *points, gsize n)
{
  limn_op *op = op_new (LIMN_OP_STROKE, brush);

  set_points (op, points, n);
  return op;
}

static bool
shape_is_whole (limn_shape shape, gsize n)
{
  static const gsize least[] = { 2, 2, 2, 3 }, most[] = { G_MAXSIZE, 2, 2, G_MAXSIZE };

  G_STATIC_ASSERT (G_N_ELEMENTS (least) == LIMN_N_SHAPES);
  return n >= least[shape] && n <= most[shape];
}

limn_op *
limn_op_shape (limn_shape shape,
               bool filled,
               const struct limn_brush *brush,
               const struct limn_point *points,
               gsize n)
{
  limn_op *op;

  if (!shape_is_whole (shape, n) || n > LIMN_STROKE_MAX_POINTS)
    return NULL;
  op = op_new (LIMN_OP_SHAPE, brush);
  op->shape = shape;
  op->filled = filled;
  set_points (op, points, n);
  return op;
}

static bool
matrix_is_good (const cairo_matrix_t *matrix)
{
  const double values[] = {
    matrix->xx, matrix->yx, matrix->xy, matrix->yy, matrix->x0, matrix->y0
  };
  double determinant = matrix->xx * matrix->yy - matrix->xy * matrix->yx;

  for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
    if (!(fabs (values[i]) < 1e6))
      return false;
  return fabs (determinant) > 1e-6;
}

limn_op *
limn_op_transform (const struct limn_point *points, gsize n, const cairo_matrix_t *matrix)
{
  limn_op *op;

  if (n < 3 || n > LIMN_STROKE_MAX_POINTS || !matrix_is_good (matrix))
    return NULL;
  op = op_new (LIMN_OP_TRANSFORM, NULL);
  op->matrix = *matrix;
  set_points (op, points, n);
  return op;
}

limn_op *
limn_op_resize (int width, int height, int dx, int dy)
{
  limn_op *op = op_new (LIMN_OP_RESIZE, NULL);

  op->width = width;
  op->height = height;
  op->dx = dx;
  op->dy = dy;
  return op;
}

bool
limn_op_is_local (const limn_op *op)
{
  return op->kind != LIMN_OP_TRANSFORM && op->kind != LIMN_OP_RESIZE;
}

static cairo_rectangle_int_t
points_bounds (const limn_op *op, double reach)
{
  gint32 left = G_MAXINT32, top = G_MAXINT32, right = G_MININT32, bottom = G_MININT32;
  cairo_rectangle_int_t area = { 0 };

  for (gsize i = 0; i < op->n_points; i++) {
    left = MIN (left, op->points[i].x);
    top = MIN (top, op->points[i].y);
    right = MAX (right, op->points[i].x);
    bottom = MAX (bottom, op->points[i].y);
  }
  if (op->n_points == 0)
    return area;
  area.x = (int) floor ((double) left / LIMN_POINT_UNIT - reach);
  area.y = (int) floor ((double) top / LIMN_POINT_UNIT - reach);
  area.width = (int) ceil ((double) right / LIMN_POINT_UNIT + reach) - area.x + 1;
  area.height = (int) ceil ((double) bottom / LIMN_POINT_UNIT + reach) - area.y + 1;
  return area;
}

cairo_rectangle_int_t
limn_op_bounds (const limn_op *op, int width, int height)
{
  cairo_rectangle_int_t all = { 0, 0, width, height };

  if (op->kind == LIMN_OP_RESIZE)
    return all;
  if (op->kind == LIMN_OP_TRANSFORM)
    return limn_op_transform_bounds (op, all);
  if (op->kind == LIMN_OP_FILL)
    return limn_rectangle_intersect (op->area, all);
  return limn_rectangle_intersect (points_bounds (op, (double) op->brush.size / 2 + 2), all);
}

gsize
limn_op_size (const limn_op *op)
{
  return sizeof *op + op->n_points * sizeof *op->points +
         (op->runs != NULL ? g_bytes_get_size (op->runs) : 0);
}

/* --- bytes --- */

static void
put_outline (GByteArray *out, const limn_op *op)
{
  limn_put_uint (out, (guint64) op->shape);
  limn_put_uint (out, op->filled ? 1 : 0);
}

static void
put_area (GByteArray *out, const limn_op *op)
{
  limn_put_int (out, op->area.x);
  limn_put_int (out, op->area.y);
  limn_put_int (out, op->area.width);
  limn_put_int (out, op->area.height);
  limn_put_blob (out, g_bytes_get_data (op->runs, NULL), g_bytes_get_size (op->runs));
}

static void
put_matrix (GByteArray *out, const limn_op *op)
{
  const double values[] = { op->matrix.xx, op->matrix.yx, op->matrix.xy,
                            op->matrix.yy, op->matrix.x0, op->matrix.y0 };

  for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
    limn_put_double (out, values[i]);
}

static void
put_size (GByteArray *out, const limn_op *op)
{
  limn_put_int (out, op->width);
  limn_put_int (out, op->height);
  limn_put_int (out, op->dx);
  limn_put_int (out, op->dy);
}

static void
get_outline (limn_reader *reader, limn_op *op)
{
  op->shape = (limn_shape) limn_get_uint_max (reader, LIMN_N_SHAPES - 1);
  op->filled = limn_get_uint_max (reader, 1) != 0;
  if (!shape_is_whole (op->shape, op->n_points))
    reader->bad = true;
}

/* Whether the runs stay within the area. */
static bool
check_runs (const limn_op *op)
{
  limn_reader reader =
      limn_reader_init (g_bytes_get_data (op->runs, NULL), g_bytes_get_size (op->runs));
  guint64 x = 0, y = 0;

  while (reader.at < reader.end && !reader.bad) {
    guint64 rows = limn_get_uint_max (&reader, LIMN_PIXELS_MAX_SIDE);

    x = rows > 0 ? 0 : x;
    y += rows;
    x += limn_get_uint_max (&reader, LIMN_PIXELS_MAX_SIDE);
    x += limn_get_uint_max (&reader, LIMN_PIXELS_MAX_SIDE) + 1;
    if (y >= (guint64) op->area.height || x > (guint64) op->area.width)
      return false;
  }
  return !reader.bad;
}

static void
get_area (limn_reader *reader, limn_op *op)
{
  const guint8 *bytes;
  gsize size;

  op->area.x = limn_get_int_range (reader, 0, LIMN_PIXELS_MAX_SIDE);
  op->area.y = limn_get_int_range (reader, 0, LIMN_PIXELS_MAX_SIDE);
  op->area.width = limn_get_int_range (reader, 0, LIMN_PIXELS_MAX_SIDE);
  op->area.height = limn_get_int_range (reader, 0, LIMN_PIXELS_MAX_SIDE);
  bytes = limn_get_blob (reader, &size);
  op->runs = g_bytes_new (bytes, size);
  if (!check_runs (op))
    reader->bad = true;
}

static void
get_matrix (limn_reader *reader, limn_op *op)
{
  double *values[] = { &op->matrix.xx, &op->matrix.yx, &op->matrix.xy,
                       &op->matrix.yy, &op->matrix.x0, &op->matrix.y0 };

  for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
    *values[i] = limn_get_double (reader);
  if (!matrix_is_good (&op->matrix) || op->n_points < 3)
    reader->bad = true;
}

static void
get_size (limn_reader *reader, limn_op *op)
{
  op->width = limn_get_int_range (reader, 1, LIMN_PIXELS_MAX_SIDE);
  op->height = limn_get_int_range (reader, 1, LIMN_PIXELS_MAX_SIDE);
  op->dx = limn_get_int_range (reader, -LIMN_PIXELS_MAX_SIDE, LIMN_PIXELS_MAX_SIDE);
  op->dy = limn_get_int_range (reader, -LIMN_PIXELS_MAX_SIDE, LIMN_PIXELS_MAX_SIDE);
  if (!limn_pixels_size_ok (op->width, op->height))
    reader->bad = true;
}

static const struct {
  bool brush, points;
  void (*put) (GByteArray *out, const limn_op *op);
  void (*get) (limn_reader *reader, limn_op *op);
} forms[] = {
  [LIMN_OP_STROKE] = { true, true, NULL, NULL },
  [LIMN_OP_SHAPE] = { true, true, put_outline, get_outline },
  [LIMN_OP_FILL] = { true, false, put_area, get_area },
  [LIMN_OP_TRANSFORM] = { false, true, put_matrix, get_matrix },
  [LIMN_OP_RESIZE] = { false, false, put_size, get_size },
};
G_STATIC_ASSERT (G_N_ELEMENTS (forms) == LIMN_N_OPS);

void
limn_put_op (GByteArray *out, const limn_op *op)
{
  limn_put_uint (out, (guint64) op->kind);
  if (forms[op->kind].brush)
    limn_put_brush (out, &op->brush);
  if (forms[op->kind].points)
    limn_put_points (out, op->points, op->n_points);
  if (forms[op->kind].put != NULL)
    forms[op->kind].put (out, op);
}

limn_op *
limn_get_op (limn_reader *reader)
{
  limn_op *op = op_new ((limn_op_kind) limn_get_uint_max (reader, LIMN_N_OPS - 1), NULL);

  if (forms[op->kind].brush)
    limn_get_brush (reader, &op->brush);
  if (forms[op->kind].points)
    op->points = limn_get_points (reader, &op->n_points);
  if (forms[op->kind].get != NULL)
    forms[op->kind].get (reader, op);
  if (reader->bad)
    g_clear_pointer (&op, limn_op_unref);
  return op;
}
