/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "edits.h"

#include "document/document-private.h"

char *
edits_digest (LimnDocument *document)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  guint32 next_id = document->next_id;

  document->next_id = 0;
  limn_put_document (bytes, document);
  document->next_id = next_id;
  return g_compute_checksum_for_data (G_CHECKSUM_SHA256, bytes->data, bytes->len);
}

char *
edits_digest_pixels (const limn_layer *layer)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  limn_put_pixels (bytes, layer->pixels);
  return g_compute_checksum_for_data (G_CHECKSUM_SHA256, bytes->data, bytes->len);
}

struct limn_brush
edits_brush (GRand *random)
{
  struct limn_brush brush = limn_brush_default;

  brush.size = (float) g_rand_double_range (random, 0.5, 40);
  brush.softness = g_rand_boolean (random) ? 0 : (float) g_rand_double (random);
  brush.colour = g_rand_int (random) | (g_rand_boolean (random) ? 0xff000000 : 0);
  brush.eraser = g_rand_int_range (random, 0, 4) == 0;
  return brush;
}

void
edits_stroke (LimnDocument *document, guint32 layer, GRand *random, int points)
{
  struct limn_brush brush = edits_brush (random);
  double x, y;
  int width, height;

  limn_document_get_size (document, &width, &height);
  x = g_rand_double_range (random, -10, width + 10);
  y = g_rand_double_range (random, -10, height + 10);
  if (!limn_document_stroke_begin (document, layer, &brush))
    return;
  for (int i = 0; i < points; i++) {
    limn_document_stroke_add (document, x, y, g_rand_double (random), (guint32) i * 8);
    x += g_rand_double_range (random, -15, 15);
    y += g_rand_double_range (random, -15, 15);
  }
  limn_document_stroke_end (document);
}

static guint32
any_layer (LimnDocument *document, GRand *random)
{
  guint count = limn_document_n_layers (document);

  if (count == 0)
    return 0;
  return limn_document_layer (document, (guint) g_rand_int_range (random, 0, (int) count))->id;
}

static void
any_points (GRand *random, struct limn_point *points, int count)
{
  for (int i = 0; i < count; i++)
    points[i] = limn_point_new (g_rand_double_range (random, -20, 220),
                                g_rand_double_range (random, -20, 170), 1, 0);
}

/* --- the changes --- */

static void
draw_stroke (LimnDocument *document, guint32 layer, GRand *random)
{
  edits_stroke (document, layer, random, g_rand_int_range (random, 1, 30));
}

static void
cancel_stroke (LimnDocument *document, guint32 layer, GRand *random)
{
  struct limn_brush brush = edits_brush (random);

  if (!limn_document_stroke_begin (document, layer, &brush))
    return;
  limn_document_stroke_add (document, 10, 10, 1, 0);
  limn_document_stroke_add (document, 100, 80, 1, 10);
  limn_document_stroke_cancel (document);
}

static void
draw_shape (LimnDocument *document, guint32 layer, GRand *random)
{
  limn_shape shape = (limn_shape) g_rand_int_range (random, 0, LIMN_N_SHAPES);
  struct limn_brush brush = edits_brush (random);
  struct limn_point points[5];
  gsize count = shape == LIMN_SHAPE_LINE || shape == LIMN_SHAPE_POLYGON ? 5 : 2;

  any_points (random, points, 5);
  limn_document_paint (document, layer,
                       limn_op_shape (shape, g_rand_boolean (random), &brush, points, count));
}

static void
fill (LimnDocument *document, guint32 id, GRand *random)
{
  const limn_layer *layer = limn_document_find_layer (document, id);
  struct limn_brush brush = edits_brush (random);
  int x = g_rand_int_range (random, 0, 200), y = g_rand_int_range (random, 0, 150);

  if (layer != NULL)
    limn_document_paint (document, id, limn_op_fill (layer->pixels, x, y, 20, &brush));
}

static void
transform (LimnDocument *document, guint32 layer, GRand *random)
{
  struct limn_point points[6];
  cairo_matrix_t matrix;

  any_points (random, points, 6);
  cairo_matrix_init_translate (&matrix, g_rand_int_range (random, -30, 30), 7.5);
  if (g_rand_boolean (random))
    cairo_matrix_rotate (&matrix, g_rand_double_range (random, -0.3, 0.3));
  limn_document_paint (document, layer, limn_op_transform (points, 6, &matrix));
}

static void
add_layer (LimnDocument *document, guint32 layer, GRand *random)
{
  guint count = limn_document_n_layers (document);

  if (count < 6)
    limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "drawn \xc3\xa4",
                             (guint) g_rand_int_range (random, 0, (int) count + 1));
}

static void
add_picture (LimnDocument *document, guint32 layer, GRand *random)
{
  g_autoptr (limn_image) image = limn_image_new (37, 29, 4);

  for (gsize i = 0; i < 37 * 29 * 4; i++)
    image->pixels[i] = (guint8) g_rand_int (random);
  if (limn_document_n_layers (document) < 6)
    limn_document_add_picture (document, image, "picture", g_rand_int_range (random, -20, 180), 11,
                               0);
}

static void
duplicate (LimnDocument *document, guint32 layer, GRand *random)
{
  if (limn_document_n_layers (document) < 6)
    limn_document_duplicate_layer (document, layer, "copy");
}

static void
merge_down (LimnDocument *document, guint32 layer, GRand *random)
{
  limn_document_merge_down (document, layer);
}

static void
remove_layer (LimnDocument *document, guint32 layer, GRand *random)
{
  if (limn_document_n_layers (document) > 1)
    limn_document_remove_layer (document, layer);
}

static void
move_layer (LimnDocument *document, guint32 layer, GRand *random)
{
  int count = (int) limn_document_n_layers (document);

  if (count > 0)
    limn_document_move_layer (document, layer, (guint) g_rand_int_range (random, 0, count));
}

static void
drag_opacity (LimnDocument *document, guint32 layer, GRand *random)
{
  guint64 merge = limn_document_new_merge (document);

  for (int i = 0; i < 5; i++)
    limn_document_set_layer (document, layer, LIMN_LAYER_OPACITY,
                             g_variant_new_double (g_rand_double (random)), merge);
}

static void
set_layer (LimnDocument *document, guint32 layer, GRand *random)
{
  int blend = g_rand_int_range (random, 0, 16);

  limn_document_set_layer (document, layer, LIMN_LAYER_BLEND,
                           g_variant_new_string (limn_blend_names[blend]), 0);
  limn_document_set_layer (document, layer, LIMN_LAYER_X,
                           g_variant_new_int32 (g_rand_int_range (random, -9, 9)), 0);
  limn_document_set_layer (document, layer, LIMN_LAYER_VISIBLE,
                           g_variant_new_boolean (g_rand_boolean (random)), 0);
}

static void
set_settings (LimnDocument *document, guint32 layer, GRand *random)
{
  limn_document_set_value (document, LIMN_SETTING_PROMPT,
                           g_variant_new_string ("a (red:1.2) \"x\""), 0);
  limn_document_set_value (document, LIMN_SETTING_STEPS,
                           g_variant_new_int32 (g_rand_int_range (random, -5, 2000)), 0);
  limn_document_set_value (
      document, LIMN_SETTING_SEED,
      g_variant_new_uint64 ((guint64) g_rand_int (random) << 32 | g_rand_int (random)), 0);
}

static void
resize (LimnDocument *document, guint32 layer, GRand *random)
{
  limn_document_resize (document, g_rand_int_range (random, 100, 260),
                        g_rand_int_range (random, 100, 200), g_rand_int_range (random, -30, 30),
                        g_rand_int_range (random, -30, 30));
}

static void
discard_result (LimnDocument *document, guint32 layer, GRand *random)
{
  guint count = limn_document_n_results (document);

  if (count > 0) {
    limn_document_set_favourite (document, limn_document_result (document, count - 1)->id, true);
    limn_document_remove_result (document, limn_document_result (document, 0)->id);
  }
}

static void
undo_some (LimnDocument *document, guint32 layer, GRand *random)
{
  int count = g_rand_int_range (random, 1, 6);

  for (int i = 0; i < count; i++)
    limn_document_undo (document);
  for (int i = g_rand_int_range (random, 0, count + 1); i > 0; i--)
    limn_document_redo (document);
}

void
edits_random (LimnDocument *document, GRand *random)
{
  static void (*const changes[]) (LimnDocument *, guint32, GRand *) = {
    draw_stroke,   draw_stroke,  draw_stroke, draw_stroke,  draw_stroke, draw_stroke,
    draw_stroke,   draw_shape,   draw_shape,  draw_shape,   fill,        fill,
    transform,     add_layer,    add_picture, duplicate,    merge_down,  remove_layer,
    move_layer,    drag_opacity, set_layer,   set_settings, resize,      discard_result,
    cancel_stroke, undo_some,
  };
  guint32 layer = any_layer (document, random);

  changes[g_rand_int_range (random, 0, G_N_ELEMENTS (changes))](document, layer, random);
}

LimnDocument *
edits_document_new (guint32 seed, int count)
{
  LimnDocument *document = limn_document_new (200, 150);
  GRand *random = g_rand_new_with_seed (seed);
  g_autoptr (limn_image) image = limn_image_new (8, 6, 3);
  g_autoptr (GByteArray) png = limn_png_encode (image, NULL);

  limn_document_add_layer (document, LIMN_LAYER_PICTURE, "paper", 0);
  limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "lines", 1);
  for (int i = 0; i < 3; i++) {
    g_autoptr (GBytes) bytes = g_bytes_new (png->data, png->len);

    limn_document_add_result (document, bytes, "a house\nSteps: 20, Seed: 1");
  }
  for (int i = 0; i < count; i++)
    edits_random (document, random);
  g_rand_free (random);
  return document;
}
