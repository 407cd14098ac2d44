/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What brushes, shapes, the bucket and the lasso do to pixels, and how it is taken back. */

#include <math.h>
#include <string.h>

#include "edits.h"

#define SIZE 128

static limn_layer *
layer_new (void)
{
  return limn_layer_new (1, LIMN_LAYER_SCRIBBLE, SIZE, SIZE);
}

static guint32
alpha_at (const limn_layer *layer, int x, int y)
{
  return limn_pixels_row (layer->pixels, y)[x] >> 24;
}

/* Takes @op. */
static void
draw (limn_layer *layer, limn_op *op)
{
  cairo_rectangle_int_t area;

  g_assert_nonnull (op);
  g_assert_true (limn_layer_do (layer, op, &area));
  limn_op_unref (op);
}

static limn_op *
line_op (const struct limn_brush *brush, double x0, double y0, double x1, double y1)
{
  struct limn_point points[] = { limn_point_new (x0, y0, 1, 0), limn_point_new (x1, y1, 1, 0) };

  return limn_op_shape (LIMN_SHAPE_LINE, false, brush, points, 2);
}

static limn_op *
box_op (bool filled, const struct limn_brush *brush, int x0, int y0, int x1, int y1)
{
  struct limn_point points[] = { limn_point_new (x0, y0, 1, 0), limn_point_new (x1, y1, 1, 0) };

  return limn_op_shape (LIMN_SHAPE_RECTANGLE, filled, brush, points, 2);
}

/* A stroke of half the opacity that crosses itself has half the opacity everywhere; a second one
 * adds to it. */
static void
test_no_darkening (void)
{
  limn_layer *layer = layer_new ();
  struct limn_brush brush = limn_brush_default;
  struct limn_point points[80];
  guint32 most = 0;

  brush.size = 14;
  brush.softness = 0.5f;
  brush.colour = 0x80ff0000;
  for (int i = 0; i < 80; i++)
    points[i] = limn_point_new (64 + 40 * cos (i * 0.3), 64 + 40 * sin (i * 0.47), 1, 8);
  draw (layer, limn_op_stroke (&brush, points, 80));
  for (int y = 0; y < SIZE; y++)
    for (int x = 0; x < SIZE; x++)
      most = MAX (most, alpha_at (layer, x, y));
  g_assert_cmpuint (most, ==, 128);
  draw (layer, limn_op_stroke (&brush, points, 80));
  most = 0;
  for (int y = 0; y < SIZE; y++)
    for (int x = 0; x < SIZE; x++)
      most = MAX (most, alpha_at (layer, x, y));
  g_assert_cmpuint (most, ==, 192);
  limn_layer_unref (layer);
}

/* Coverage of a column, in pixels. */
static double
width_at (const limn_layer *layer, int x)
{
  double sum = 0;

  for (int y = 0; y < SIZE; y++)
    sum += alpha_at (layer, x, y) / 255.0;
  return sum;
}

static void
test_pressure (void)
{
  limn_layer *layer = layer_new ();
  struct limn_brush brush = limn_brush_default;
  struct limn_point points[12];

  brush.size = 40;
  memcpy (brush.curve, (guint8[]){ 0, 64, 128, 191, 255 }, LIMN_BRUSH_CURVE);
  for (int i = 0; i < 12; i++)
    points[i] = limn_point_new (10 + i * 10, 64, i / 11.0, 8);
  draw (layer, limn_op_stroke (&brush, points, 12));
  for (int x = 20; x < 100; x++) {
    double width = width_at (layer, x), next = width_at (layer, x + 1);

    g_assert_cmpfloat (next, >=, width - 0.02);
    g_assert_cmpfloat (next, <, width + 1.0);
    g_assert_cmpfloat_with_epsilon (width, (x + 0.5 - 10) / 110 * 40, 2.0);
  }
  limn_layer_unref (layer);
}

/* From the middle outwards it never gets darker, and the edge of a hard brush is where it is. */
static void
test_softness (void)
{
  for (int softness = 0; softness <= 4; softness++) {
    limn_layer *layer = layer_new ();
    struct limn_brush brush = limn_brush_default;
    int last = 255;

    brush.size = 60;
    brush.softness = (float) softness / 4;
    draw (layer,
          limn_op_stroke (&brush, (struct limn_point[]){ limn_point_new (64.5, 64.5, 1, 0) }, 1));
    g_assert_cmpint (alpha_at (layer, 64, 64), ==, 255);
    for (int x = 64; x < SIZE; x++) {
      g_assert_cmpint (alpha_at (layer, x, 64), <=, last);
      last = (int) alpha_at (layer, x, 64);
      g_assert_cmpint (last, ==, alpha_at (layer, 64, x));
    }
    g_assert_cmpint (alpha_at (layer, 96, 64), ==, 0);
    if (softness == 0)
      g_assert_cmpint (alpha_at (layer, 93, 64), ==, 255);
    if (softness == 4)
      g_assert_cmpint (alpha_at (layer, 79, 64), <, 160);
    limn_layer_unref (layer);
  }
}

/* A line thinner than a pixel is as pale as it is thin, and has no gaps. */
static void
test_thin (void)
{
  limn_layer *layer = layer_new ();
  struct limn_brush brush = limn_brush_default;

  brush.size = 0.5f;
  draw (layer, line_op (&brush, 10, 20.5, 118, 90.5));
  for (int x = 12; x < 116; x++) {
    g_assert_cmpfloat (width_at (layer, x), >, 0.25);
    g_assert_cmpfloat (width_at (layer, x), <, 0.95);
  }
  limn_layer_unref (layer);
}

/* Drawn as it grew or in one go: the same pixels, and no point is lost. */
static void
test_growing (void)
{
  GRand *random = g_rand_new_with_seed (40);

  for (int i = 0; i < 30; i++) {
    g_autoptr (LimnDocument) document = limn_document_new (SIZE, SIZE);
    guint32 id = limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "lines", 0);
    const limn_layer *grown = limn_document_find_layer (document, id);
    limn_layer *whole = layer_new ();
    g_autofree char *first = NULL, *second = NULL;

    for (int k = 0; k < 3; k++) {
      int points = g_rand_int_range (random, 1, 60);
      limn_op *op;

      edits_stroke (document, id, random, points);
      op = g_ptr_array_index (grown->ops, k);
      g_assert_cmpuint (op->n_points, ==, points);
      draw (whole, limn_op_ref (op));
    }
    first = edits_digest_pixels (grown);
    second = edits_digest_pixels (whole);
    g_assert_cmpstr (first, ==, second);
    limn_layer_unref (whole);
  }
  g_rand_free (random);
}

static limn_op *
any_op (cairo_surface_t *pixels, GRand *random)
{
  struct limn_brush brush = edits_brush (random);
  struct limn_point points[20];

  for (int i = 0; i < 20; i++)
    points[i] =
        limn_point_new (g_rand_double_range (random, -30, SIZE + 30),
                        g_rand_double_range (random, -30, SIZE + 30), g_rand_double (random), 8);
  switch (g_rand_int_range (random, 0, 3)) {
  case 0:
    return limn_op_stroke (&brush, points, 20);
  case 1:
    return limn_op_shape (
        (limn_shape) g_rand_int_range (random, LIMN_SHAPE_RECTANGLE, LIMN_SHAPE_POLYGON),
        g_rand_boolean (random), &brush, points, 2);
  default:
    return limn_op_fill (pixels, g_rand_int_range (random, 0, SIZE),
                         g_rand_int_range (random, 0, SIZE), 30, &brush);
  }
}

/* In pieces or in one go: the same pixels. And nothing changes outside the bounds. */
static void
test_pieces (void)
{
  GRand *random = g_rand_new_with_seed (41);
  cairo_surface_t *whole = limn_pixels_new (SIZE, SIZE), *pieces = limn_pixels_new (SIZE, SIZE);

  for (int i = 0; i < 200; i++) {
    limn_op *op = any_op (whole, random);
    cairo_rectangle_int_t all = { 0, 0, SIZE, SIZE };
    cairo_rectangle_int_t bounds = limn_op_bounds (op, SIZE, SIZE);
    cairo_surface_t *before = limn_pixels_copy (whole);
    int step = g_rand_int_range (random, 5, 50);

    g_assert_true (limn_op_draw (op, &whole, all));
    for (int y = 0; y < SIZE; y += step)
      for (int x = 0; x < SIZE; x += step + 3) {
        cairo_rectangle_int_t piece = { x, y, step + 3, step };

        g_assert_true (limn_op_draw (op, &pieces, limn_rectangle_intersect (piece, all)));
      }
    for (int y = 0; y < SIZE; y++) {
      const guint32 *row = limn_pixels_row (whole, y), *old = limn_pixels_row (before, y);

      g_assert_cmpmem (row, SIZE * 4, limn_pixels_row (pieces, y), SIZE * 4);
      for (int x = 0; x < SIZE; x++) {
        guint32 alpha = row[x] >> 24;

        /* Still premultiplied. */
        g_assert_true ((row[x] & 0xff) <= alpha && (row[x] >> 8 & 0xff) <= alpha &&
                       (row[x] >> 16 & 0xff) <= alpha);
        if (row[x] != old[x])
          g_assert_true (x >= bounds.x && y >= bounds.y && x < bounds.x + bounds.width &&
                         y < bounds.y + bounds.height);
      }
    }
    cairo_surface_destroy (before);
    limn_op_unref (op);
  }
  cairo_surface_destroy (whole);
  cairo_surface_destroy (pieces);
  g_rand_free (random);
}

static void
test_eraser (void)
{
  limn_layer *layer = layer_new ();
  struct limn_brush brush = limn_brush_default;

  draw (layer, box_op (true, &brush, 10, 10, 100, 100));
  brush.eraser = true;
  brush.size = 20;
  draw (layer, line_op (&brush, 0, 50, 128, 50));
  g_assert_cmpint (alpha_at (layer, 50, 50), ==, 0);
  g_assert_cmpint (alpha_at (layer, 50, 30), ==, 255);
  brush.colour = 0x80000000;
  draw (layer, line_op (&brush, 0, 80, 128, 80));
  g_assert_cmpint (alpha_at (layer, 50, 80), ==, 127);
  limn_layer_unref (layer);
}

static void
test_shapes (void)
{
  limn_layer *layer = layer_new ();
  struct limn_point points[] = { limn_point_new (10, 10, 1, 0), limn_point_new (110, 70, 1, 0),
                                 limn_point_new (10, 120, 1, 0) };

  draw (layer, limn_op_shape (LIMN_SHAPE_ELLIPSE, false, &limn_brush_default, points, 2));
  g_assert_cmpint (alpha_at (layer, 60, 40), ==, 0);
  g_assert_cmpint (alpha_at (layer, 60, 10), >, 200);
  g_assert_cmpint (alpha_at (layer, 10, 40), >, 200);
  g_assert_cmpint (alpha_at (layer, 12, 12), ==, 0);
  draw (layer, limn_op_shape (LIMN_SHAPE_POLYGON, true, &limn_brush_default, points, 3));
  g_assert_cmpint (alpha_at (layer, 30, 70), ==, 255);
  g_assert_cmpint (alpha_at (layer, 100, 110), ==, 0);
  g_assert_null (limn_op_shape (LIMN_SHAPE_POLYGON, true, &limn_brush_default, points, 2));
  g_assert_null (limn_op_shape (LIMN_SHAPE_ELLIPSE, true, &limn_brush_default, points, 3));
  limn_layer_unref (layer);
}

/* The bucket stays within lines, goes round corners, and takes what is alike. */
static void
test_bucket (void)
{
  limn_layer *layer = layer_new ();
  struct limn_brush red = limn_brush_default;

  red.colour = 0xffff0000;
  draw (layer, box_op (false, &limn_brush_default, 20, 20, 100, 100));
  draw (layer, line_op (&limn_brush_default, 60, 20, 60, 80));
  draw (layer, limn_op_fill (layer->pixels, 30, 30, 0, &red));
  g_assert_cmphex (limn_pixels_row (layer->pixels, 50)[40], ==, 0xffff0000);
  g_assert_cmphex (limn_pixels_row (layer->pixels, 50)[80], ==, 0xffff0000);
  g_assert_cmphex (limn_pixels_row (layer->pixels, 50)[60], ==, 0xff000000);
  g_assert_cmpint (alpha_at (layer, 10, 10), ==, 0);
  g_assert_cmpint (alpha_at (layer, 110, 60), ==, 0);
  g_assert_null (limn_op_fill (layer->pixels, SIZE, 0, 0, &red));
  g_assert_null (limn_op_fill (layer->pixels, 0, -1, 0, &red));
  draw (layer, limn_op_fill (layer->pixels, 0, 0, 255, &red));
  for (int i = 0; i < SIZE; i++)
    g_assert_cmphex (limn_pixels_row (layer->pixels, i)[i], ==, 0xffff0000);
  limn_layer_unref (layer);
}

/* Moved by whole pixels every pixel is the same; and it is taken back exactly. */
static void
test_lasso (void)
{
  limn_layer *layer = layer_new ();
  struct limn_point box[] = { limn_point_new (10, 10, 1, 0), limn_point_new (50, 10, 1, 0),
                              limn_point_new (50, 50, 1, 0), limn_point_new (10, 50, 1, 0) };
  g_autofree char *before = NULL, *after = NULL;
  GRand *random = g_rand_new_with_seed (3);
  cairo_rectangle_int_t area;
  cairo_surface_t *old;
  cairo_matrix_t matrix;

  for (int i = 0; i < 5; i++)
    draw (layer, any_op (layer->pixels, random));
  draw (layer,
        box_op (true, &(struct limn_brush){ .size = 4, .colour = 0xffffffff, .eraser = true }, 55,
                0, 128, 128));
  before = edits_digest_pixels (layer);
  old = limn_pixels_copy (layer->pixels);
  cairo_matrix_init_translate (&matrix, 60, 40);
  draw (layer, limn_op_transform (box, 4, &matrix));
  for (int y = 10; y < 50; y++) {
    g_assert_cmpmem (limn_pixels_row (layer->pixels, y + 40) + 70, 160,
                     limn_pixels_row (old, y) + 10, 160);
    for (int x = 10; x < 50; x++)
      g_assert_cmpint (alpha_at (layer, x, y), ==, 0);
  }
  cairo_matrix_init_rotate (&matrix, 0.4);
  draw (layer, limn_op_transform (box, 4, &matrix));
  g_assert_true (limn_layer_undo (layer, &area));
  g_assert_true (limn_layer_undo (layer, &area));
  after = edits_digest_pixels (layer);
  g_assert_cmpstr (before, ==, after);
  cairo_matrix_init (&matrix, 1, 1, 1, 1, 0, 0);
  g_assert_null (limn_op_transform (box, 4, &matrix));
  cairo_matrix_init_translate (&matrix, NAN, 0);
  g_assert_null (limn_op_transform (box, 4, &matrix));
  cairo_surface_destroy (old);
  limn_layer_unref (layer);
  g_rand_free (random);
}

/* Pens send what they like. */
static void
test_wild_points (void)
{
  static const double values[] = { NAN, INFINITY, -INFINITY, 1e300, -1e300, 0, 64, 1e9 };
  g_autoptr (LimnDocument) document = limn_document_new (SIZE, SIZE);
  guint32 id = limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "lines", 0);
  struct limn_brush brush = { .size = NAN, .softness = INFINITY, .colour = 0xff000000 };

  g_assert_true (limn_document_stroke_begin (document, id, &brush));
  for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
    for (gsize k = 0; k < G_N_ELEMENTS (values); k++)
      limn_document_stroke_add (document, values[i], values[k], values[(i + k) % 8],
                                (guint32) (i * 1000000000));
  g_assert_true (limn_document_stroke_end (document));
  g_assert_cmpuint (
      ((limn_op *) g_ptr_array_index (limn_document_find_layer (document, id)->ops, 0))->n_points,
      ==, 64);
}

/* What is written comes back; what is cut does not crash. */
static void
test_bytes (void)
{
  GRand *random = g_rand_new_with_seed (42);
  cairo_surface_t *pixels = limn_pixels_new (SIZE, SIZE);

  for (int i = 0; i < 60; i++) {
    limn_op *op = any_op (pixels, random), *back;
    g_autoptr (GByteArray) bytes = g_byte_array_new (), again = g_byte_array_new ();
    limn_reader reader;

    limn_put_op (bytes, op);
    reader = limn_reader_init (bytes->data, bytes->len);
    back = limn_get_op (&reader);
    g_assert_nonnull (back);
    g_assert_true (limn_reader_finish (&reader));
    limn_put_op (again, back);
    g_assert_cmpmem (bytes->data, bytes->len, again->data, again->len);
    limn_op_unref (back);
    for (guint length = 0; length < bytes->len; length++) {
      reader = limn_reader_init (bytes->data, length);
      back = limn_get_op (&reader);
      g_assert_null (back);
    }
    limn_op_unref (op);
  }
  cairo_surface_destroy (pixels);
  g_rand_free (random);
}

static void
test_pixels (void)
{
  GRand *random = g_rand_new_with_seed (43);

  /* Straight and premultiplied again: nothing is lost. */
  for (int alpha = 0; alpha < 256; alpha++) {
    cairo_surface_t *pixels = limn_pixels_new (256, 1), *back;
    g_autoptr (limn_image) image = NULL;

    for (int x = 0; x < 256; x++)
      limn_pixels_row (pixels, 0)[x] = (guint32) alpha << 24 | (guint32) MIN (x, alpha) << 16 |
                                       (guint32) (alpha - MIN (x, alpha));
    cairo_surface_mark_dirty (pixels);
    image = limn_pixels_to_image (pixels);
    back = limn_pixels_from_image (image);
    g_assert_cmpmem (limn_pixels_row (pixels, 0), 1024, limn_pixels_row (back, 0), 1024);
    cairo_surface_destroy (pixels);
    cairo_surface_destroy (back);
  }
  /* Packed and unpacked: noise, flat parts and their edges. */
  for (int i = 0; i < 40; i++) {
    int width = g_rand_int_range (random, 1, 400), height = g_rand_int_range (random, 1, 40);
    cairo_surface_t *pixels = limn_pixels_new (width, height), *back;
    g_autoptr (GByteArray) bytes = g_byte_array_new ();
    limn_reader reader;

    for (int y = 0; y < height; y++)
      for (int x = 0; x < width; x++)
        limn_pixels_row (pixels, y)[x] =
            g_rand_int_range (random, 0, 5) < i % 6 ? g_rand_int (random) % 3 : 0;
    cairo_surface_mark_dirty (pixels);
    limn_put_pixels (bytes, pixels);
    reader = limn_reader_init (bytes->data, bytes->len);
    back = limn_get_pixels (&reader);
    g_assert_nonnull (back);
    for (int y = 0; y < height; y++)
      g_assert_cmpmem (limn_pixels_row (pixels, y), (gsize) width * 4, limn_pixels_row (back, y),
                       (gsize) width * 4);
    cairo_surface_destroy (pixels);
    cairo_surface_destroy (back);
  }
  g_rand_free (random);
}

/* 400 strokes on a large canvas: their snapshots stay small, and each is taken back exactly. */
static void
test_large (void)
{
  g_autoptr (LimnDocument) document = limn_document_new (2048, 2048);
  guint32 id = limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "lines", 0);
  const limn_layer *layer = limn_document_find_layer (document, id);
  GRand *random = g_rand_new_with_seed (44);
  g_autofree char *middle = NULL, *again = NULL;
  gint64 begin, slowest_stroke = 0, slowest_undo = 0;

  for (int i = 0; i < 400; i++) {
    if (i == 60)
      middle = edits_digest_pixels (layer);
    begin = g_get_monotonic_time ();
    edits_stroke (document, id, random, 60);
    slowest_stroke = MAX (slowest_stroke, g_get_monotonic_time () - begin);
  }
  g_assert_cmpuint (limn_tiles_size (), <, 64 << 20);
  for (int i = 0; i < 340; i++) {
    begin = g_get_monotonic_time ();
    g_assert_true (limn_document_undo (document));
    slowest_undo = MAX (slowest_undo, g_get_monotonic_time () - begin);
  }
  again = edits_digest_pixels (layer);
  g_assert_cmpstr (middle, ==, again);
  g_test_message ("slowest stroke %.1f ms, slowest undo %.1f ms, snapshots %.1f MiB",
                  (double) slowest_stroke / 1000, (double) slowest_undo / 1000,
                  (double) limn_tiles_size () / (1 << 20));
  g_rand_free (random);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/strokes/no-darkening", test_no_darkening);
  g_test_add_func ("/strokes/pressure", test_pressure);
  g_test_add_func ("/strokes/softness", test_softness);
  g_test_add_func ("/strokes/thin", test_thin);
  g_test_add_func ("/strokes/growing", test_growing);
  g_test_add_func ("/strokes/pieces", test_pieces);
  g_test_add_func ("/strokes/eraser", test_eraser);
  g_test_add_func ("/strokes/shapes", test_shapes);
  g_test_add_func ("/strokes/bucket", test_bucket);
  g_test_add_func ("/strokes/lasso", test_lasso);
  g_test_add_func ("/strokes/wild-points", test_wild_points);
  g_test_add_func ("/strokes/bytes", test_bytes);
  g_test_add_func ("/strokes/pixels", test_pixels);
  g_test_add_func ("/strokes/large", test_large);
  return g_test_run ();
}
