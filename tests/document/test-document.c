/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The document and its history. */

#include "document/command.h"
#include "document/composite.h"
#include "edits.h"

#include <math.h>
#include <string.h>

/* Undone to the beginning and redone to the end, a document is what it was at every step. */
static void
test_undo_to_empty (gconstpointer data)
{
  g_autoptr (LimnDocument) document = limn_document_new (200, 150);
  g_autoptr (GPtrArray) digests = g_ptr_array_new_with_free_func (g_free);
  GRand *random = g_rand_new_with_seed (GPOINTER_TO_UINT (data));

  limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "lines", 0);
  for (int i = 0; i < 150; i++)
    edits_random (document, random);
  while (limn_document_redo (document))
    continue;
  g_assert_cmpuint (document->undo->len, >, 60);
  do
    g_ptr_array_add (digests, edits_digest (document));
  while (limn_document_undo (document));
  g_assert_cmpuint (limn_document_n_layers (document), ==, 0);
  g_assert_null (limn_document_undo_label (document));
  for (guint i = digests->len; i > 0; i--) {
    g_autofree char *digest = edits_digest (document);

    g_assert_cmpstr (digest, ==, g_ptr_array_index (digests, i - 1));
    g_assert_cmpint (limn_document_redo (document), ==, i > 1);
  }
  for (guint i = 0; i < digests->len; i++) {
    g_autofree char *digest = edits_digest (document);

    g_assert_cmpstr (digest, ==, g_ptr_array_index (digests, i));
    limn_document_undo (document);
  }
  g_rand_free (random);
}

static void
test_merge (void)
{
  g_autoptr (LimnDocument) document = limn_document_new (64, 64);
  guint32 id = limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "lines", 0);
  const limn_layer *layer = limn_document_find_layer (document, id);
  guint64 first = limn_document_new_merge (document), second = limn_document_new_merge (document);

  for (int i = 1; i <= 10; i++)
    limn_document_set_layer (document, id, LIMN_LAYER_OPACITY, g_variant_new_double (i * 0.05),
                             first);
  g_assert_cmpuint (document->undo->len, ==, 2);
  limn_document_set_layer (document, id, LIMN_LAYER_OPACITY, g_variant_new_double (0.9), second);
  limn_document_set_layer (document, id, LIMN_LAYER_WEIGHT, g_variant_new_double (0.9), second);
  limn_document_set_layer (document, id, LIMN_LAYER_WEIGHT, g_variant_new_double (0.8), 0);
  limn_document_set_layer (document, id, LIMN_LAYER_WEIGHT, g_variant_new_double (0.7), 0);
  g_assert_cmpuint (document->undo->len, ==, 6);
  for (int i = 0; i < 4; i++)
    g_assert_true (limn_document_undo (document));
  g_assert_cmpfloat (limn_layer_get_double (layer, LIMN_LAYER_OPACITY), ==, 0.5);
  g_assert_true (limn_document_undo (document));
  g_assert_cmpfloat (limn_layer_get_double (layer, LIMN_LAYER_OPACITY), ==, 1.0);
  g_assert_true (limn_document_redo (document));
  g_assert_cmpfloat (limn_layer_get_double (layer, LIMN_LAYER_OPACITY), ==, 0.5);
}

static void
test_values (void)
{
  g_autoptr (LimnDocument) document = limn_document_new (64, 64);
  GVariant *steps = limn_document_get_value (document, LIMN_SETTING_STEPS);

  g_assert_cmpint (g_variant_get_int32 (steps), ==, 20);
  g_assert_true (
      limn_document_set_value (document, LIMN_SETTING_STEPS, g_variant_new_int32 (5000), 0));
  steps = limn_document_get_value (document, LIMN_SETTING_STEPS);
  g_assert_cmpint (g_variant_get_int32 (steps), ==, 1000);
  g_assert_false (
      limn_document_set_value (document, LIMN_SETTING_STEPS, g_variant_new_double (5), 0));
  g_assert_false (
      limn_document_set_value (document, LIMN_SETTING_CFG, g_variant_new_double (NAN), 0));
  g_assert_false (limn_document_set_value (document, LIMN_SETTING_SAMPLER,
                                           g_variant_new_string ("eulerian"), 0));
  g_assert_true (limn_document_set_value (document, LIMN_SETTING_SAMPLER,
                                          g_variant_new_string ("euler-a"), 0));
  g_assert_cmpuint (document->undo->len, ==, 2);
}

/* A group is one step, and one that holds nothing is none. */
static void
test_group (void)
{
  g_autoptr (LimnDocument) document = limn_document_new (64, 64);
  g_autofree char *before = edits_digest (document), *after = NULL, *again = NULL;
  GRand *random = g_rand_new_with_seed (3);
  guint32 id;

  limn_document_begin_group (document);
  limn_document_end_group (document);
  g_assert_false (limn_document_undo (document));
  limn_document_begin_group (document);
  id = limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "lines", 0);
  limn_document_begin_group (document);
  limn_document_paint (document, id,
                       limn_op_shape (LIMN_SHAPE_RECTANGLE, true, &limn_brush_default,
                                      (struct limn_point[]){ limn_point_new (5, 5, 1, 0),
                                                             limn_point_new (30, 40, 1, 0) },
                                      2));
  limn_document_end_group (document);
  g_assert_false (limn_document_undo (document));
  limn_document_set_layer (document, id, LIMN_LAYER_OPACITY, g_variant_new_double (0.5), 0);
  limn_document_end_group (document);
  after = edits_digest (document);
  g_assert_true (limn_document_undo (document));
  again = edits_digest (document);
  g_assert_cmpstr (before, ==, again);
  g_assert_false (limn_document_undo (document));
  g_assert_true (limn_document_redo (document));
  g_free (again);
  again = edits_digest (document);
  g_assert_cmpstr (after, ==, again);
  g_rand_free (random);
}

static void
test_modified (void)
{
  g_autoptr (LimnDocument) document = limn_document_new (64, 64);
  g_autoptr (GBytes) png = g_bytes_new_static ("png", 3);

  g_assert_false (limn_document_is_modified (document));
  limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "a", 0);
  g_assert_true (limn_document_is_modified (document));
  limn_document_mark_saved (document, limn_document_get_state (document));
  g_assert_false (limn_document_is_modified (document));
  limn_document_undo (document);
  g_assert_true (limn_document_is_modified (document));
  limn_document_redo (document);
  g_assert_false (limn_document_is_modified (document));
  limn_document_add_result (document, png, NULL);
  g_assert_true (limn_document_is_modified (document));
  limn_document_mark_saved (document, limn_document_get_state (document));
  limn_document_undo (document);
  limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "b", 0);
  limn_document_undo (document);
  g_assert_true (limn_document_is_modified (document));
}

/* Above the limit the oldest steps go, the newest stays, and what is drawn is untouched. */
static void
test_history_limit (void)
{
  g_autoptr (LimnDocument) document = limn_document_new (200, 150);
  guint32 id = limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "lines", 0);
  g_autofree char *end = NULL, *again = NULL;
  GRand *random = g_rand_new_with_seed (9);
  guint undone = 0;

  limn_document_set_history_limit (document, 20000);
  for (int i = 0; i < 200; i++) {
    edits_stroke (document, id, random, 20);
    g_assert_cmpuint (document->history_size, <=, 20000);
  }
  g_assert_cmpuint (document->undo->len, >=, 20);
  g_assert_cmpuint (document->undo->len, <=, 70);
  end = edits_digest (document);
  while (limn_document_undo (document))
    undone++;
  g_assert_cmpuint (undone, >=, 20);
  g_assert_cmpuint (limn_document_find_layer (document, id)->ops->len, ==, 200 - undone);
  while (limn_document_redo (document))
    continue;
  again = edits_digest (document);
  g_assert_cmpstr (end, ==, again);
  limn_document_set_history_limit (document, 0);
  g_assert_cmpuint (document->undo->len, ==, 1);
  g_rand_free (random);
}

static void
test_results (void)
{
  g_autoptr (LimnDocument) document = limn_document_new (64, 64);
  g_autofree char *bytes = g_malloc0 (1000);
  g_autoptr (GBytes) png = g_bytes_new (bytes, 1000);
  g_autoptr (GBytes) large = g_bytes_new_take (g_malloc0 (4000), 4000);
  guint32 first, second;

  limn_document_set_results_limit (document, 3500);
  g_assert_cmpuint (limn_document_add_result (document, large, ""), ==, 0);
  first = limn_document_add_result (document, png, "recipe");
  second = limn_document_add_result (document, png, "recipe");
  limn_document_set_favourite (document, first, true);
  for (int i = 0; i < 5; i++)
    limn_document_add_result (document, png, "recipe");
  g_assert_cmpuint (limn_document_n_results (document), ==, 3);
  g_assert_cmpuint (limn_document_result (document, 0)->id, ==, first);
  g_assert_cmpint (limn_document_result_index (document, second), ==, -1);
  /* What had arrived is no step; the favourite was one. */
  g_assert_true (limn_document_undo (document));
  g_assert_false (limn_document_result (document, 0)->favourite);
  g_assert_false (limn_document_undo (document));
  limn_document_remove_result (document, first);
  g_assert_cmpint (limn_document_result_index (document, first), ==, -1);
  limn_document_undo (document);
  g_assert_cmpint (limn_document_result_index (document, first), ==, 0);
}

/* The first error is that nothing happens: each of these is refused. */
static void
test_refused (void)
{
  g_autoptr (LimnDocument) document = limn_document_new (64, 64);
  guint32 id = limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "lines", 0);
  g_autofree char *before = NULL, *after = NULL;
  guint steps;

  limn_document_set_layer (document, id, LIMN_LAYER_LOCKED, g_variant_new_boolean (TRUE), 0);
  before = edits_digest (document);
  steps = document->undo->len;
  g_assert_null (limn_document_new (0, 5));
  g_assert_null (limn_document_new (16384, 16384));
  g_assert_false (limn_document_stroke_begin (document, id, &limn_brush_default));
  g_assert_false (limn_document_stroke_begin (document, 77, &limn_brush_default));
  g_assert_false (limn_document_remove_layer (document, 77));
  g_assert_false (limn_document_move_layer (document, id, 1));
  g_assert_false (limn_document_resize (document, 20000, 10, 0, 0));
  g_assert_cmpuint (limn_document_merge_down (document, id), ==, 0);
  g_assert_cmpuint (limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "", 9), ==, 0);
  g_assert_false (limn_document_paint (document, id, NULL));
  g_assert_cmpuint (document->undo->len, ==, steps);
  after = edits_digest (document);
  g_assert_cmpstr (before, ==, after);
  limn_document_undo (document);
  g_assert_true (limn_document_stroke_begin (document, id, &limn_brush_default));
  g_assert_false (limn_document_undo (document));
  g_assert_false (limn_document_remove_layer (document, id));
  g_assert_false (limn_document_stroke_begin (document, id, &limn_brush_default));
  g_assert_false (limn_document_stroke_end (document));
}

static void
count_area (LimnDocument *document, guint layer, int x, int y, int width, int height, int *counts)
{
  g_assert_cmpint (x, >=, 0);
  g_assert_cmpint (y, >=, 0);
  g_assert_cmpint (x + width, <=, 64);
  g_assert_cmpint (y + height, <=, 64);
  counts[0]++;
  counts[1] = MAX (counts[1], width * height);
}

static void
count (LimnDocument *document, int *counter)
{
  ++*counter;
}

static void
test_signals (void)
{
  g_autoptr (LimnDocument) document = limn_document_new (64, 64);
  int pixels[2] = { 0 }, structure = 0, history = 0, results = 0;
  g_autoptr (GBytes) png = g_bytes_new_static ("png", 3);
  guint32 id;

  g_signal_connect (document, "pixels-changed", G_CALLBACK (count_area), pixels);
  g_signal_connect (document, "structure-changed", G_CALLBACK (count), &structure);
  g_signal_connect (document, "history-changed", G_CALLBACK (count), &history);
  g_signal_connect (document, "results-changed", G_CALLBACK (count), &results);
  id = limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "lines", 0);
  g_assert_cmpint (structure, ==, 1);
  g_assert_cmpint (history, ==, 1);
  limn_document_stroke_begin (document, id, &limn_brush_default);
  limn_document_stroke_add (document, 20, 20, 1, 0);
  g_assert_cmpint (pixels[0], ==, 1);
  g_assert_cmpint (pixels[1], <=, 9 * 9);
  limn_document_stroke_add (document, 24, 20, 1, 8);
  limn_document_stroke_end (document);
  g_assert_cmpint (pixels[1], <=, 12 * 12);
  limn_document_add_result (document, png, "");
  g_assert_cmpint (results, ==, 1);
}

static void
test_copy (void)
{
  g_autoptr (LimnDocument) document = edits_document_new (31, 120);
  g_autoptr (LimnDocument) copy = limn_document_copy (document);
  g_autofree char *first = edits_digest (document), *second = edits_digest (copy), *third = NULL;
  GRand *random = g_rand_new_with_seed (5);

  g_assert_cmpstr (first, ==, second);
  for (int i = 0; i < 30; i++)
    edits_random (copy, random);
  third = edits_digest (document);
  g_assert_cmpstr (first, ==, third);
  g_rand_free (random);
}

static gpointer
look (gpointer data)
{
  LimnDocument *document = data;

  for (int i = 0; i < 20; i++) {
    g_autoptr (limn_image) image = limn_document_composite (document);

    g_assert_nonnull (image);
  }
  return edits_digest (document);
}

/* Pixels are shared until somebody draws: on either side, undone, and while another thread reads
 * them. */
static void
test_copy_shares (void)
{
  g_autoptr (LimnDocument) document = edits_document_new (32, 60);
  GRand *random = g_rand_new_with_seed (6);

  for (int i = 0; i < 20; i++) {
    LimnDocument *copy = limn_document_copy (document);
    g_autoptr (LimnDocument) second = limn_document_copy (copy);
    g_autofree char *before = edits_digest (document), *kept = NULL, *read = NULL;
    GThread *thread = g_thread_new ("look", look, second);

    limn_document_undo (document);
    edits_random (document, random);
    edits_random (copy, random);
    read = g_thread_join (thread);
    g_assert_cmpstr (read, ==, before);
    g_object_unref (copy);
    kept = edits_digest (second);
    g_assert_cmpstr (kept, ==, before);
  }
  g_rand_free (random);
}

/* A stroke that crosses tiles which the box around it has and it does not touch. */
static void
test_cancel (void)
{
  g_autoptr (LimnDocument) document = limn_document_new (700, 700);
  guint32 id = limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "lines", 0);
  g_autoptr (LimnDocument) copy = NULL;
  g_autofree char *before = NULL, *between = NULL, *after = NULL;

  limn_document_paint (document, id,
                       limn_op_shape (LIMN_SHAPE_RECTANGLE, true, &limn_brush_default,
                                      (struct limn_point[]){ limn_point_new (5, 5, 1, 0),
                                                             limn_point_new (690, 690, 1, 0) },
                                      2));
  before = edits_digest (document);
  limn_document_stroke_begin (document, id,
                              &(struct limn_brush){ .size = 9,
                                                    .colour = 0xffff0000,
                                                    .curve = { 255, 255, 255, 255, 255 } });
  for (int i = 0; i < 60; i++)
    limn_document_stroke_add (document, 20 + i * 11, 20 + i * 11, 1, (guint32) i * 8);
  copy = limn_document_copy (document);
  between = edits_digest (copy);
  g_assert_cmpstr (between, ==, before);
  limn_document_stroke_cancel (document);
  after = edits_digest (document);
  g_assert_cmpstr (after, ==, before);
}

static guint32
pixel_at (const limn_image *image, int x, int y)
{
  const guint8 *pixel = image->pixels + (y * image->width + x) * image->channels;

  return (guint32) pixel[0] << 16 | (guint32) pixel[1] << 8 | pixel[2];
}

static void
test_composite (void)
{
  g_autoptr (LimnDocument) document = limn_document_new (64, 64);
  g_autoptr (limn_image) red = limn_image_new (32, 32, 3), all = NULL, lines = NULL;
  g_autoptr (limn_image) colours = NULL;
  guint32 id, picture;

  for (int i = 0; i < 32 * 32; i++)
    red->pixels[i * 3] = 255;
  picture = limn_document_add_picture (document, red, "red", 40, -8, 0);
  id = limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "lines", 1);
  limn_document_paint (document, id,
                       limn_op_shape (LIMN_SHAPE_LINE, false, &limn_brush_default,
                                      (struct limn_point[]){ limn_point_new (10, 12, 1, 0),
                                                             limn_point_new (50, 12, 1, 0) },
                                      2));
  limn_document_set_layer (document, picture, LIMN_LAYER_OPACITY, g_variant_new_double (0.5), 0);
  all = limn_document_composite (document);
  g_assert_cmpint (all->channels, ==, 4);
  g_assert_cmphex (pixel_at (all, 42, 20), ==, 0xff0000);
  g_assert_cmpint (all->pixels[(20 * 64 + 42) * 4 + 3], ==, 128);
  g_assert_cmpint (all->pixels[(20 * 64 + 39) * 4 + 3], ==, 0);
  g_assert_cmpint (all->pixels[(24 * 64 + 42) * 4 + 3], ==, 0);
  g_assert_cmphex (pixel_at (all, 42, 12), ==, 0);
  lines = limn_document_see (document, id, true);
  g_assert_cmpint (lines->channels, ==, 3);
  g_assert_cmphex (pixel_at (lines, 20, 12), ==, 0xffffff);
  g_assert_cmphex (pixel_at (lines, 42, 20), ==, 0);
  colours = limn_document_see (document, picture, false);
  g_assert_cmphex (pixel_at (colours, 42, 20), ==, 0xff0000);
  g_assert_cmphex (pixel_at (colours, 39, 20), ==, 0);
  g_assert_null (limn_document_see (document, 12345, true));
}

static void
test_blending (void)
{
  for (int i = 0; limn_blend_names[i] != NULL; i++) {
    g_autoptr (LimnDocument) document = limn_document_new (4, 4);
    g_autoptr (limn_image) grey = limn_image_new (4, 4, 1), all = NULL;
    guint32 id;

    memset (grey->pixels, 128, 16);
    limn_document_add_picture (document, grey, "below", 0, 0, 0);
    memset (grey->pixels, 64, 16);
    id = limn_document_add_picture (document, grey, "above", 0, 0, 1);
    g_assert_true (limn_document_set_layer (document, id, LIMN_LAYER_BLEND,
                                            g_variant_new_string (limn_blend_names[i]), 0));
    all = limn_document_composite (document);
    g_assert_cmpint (all->pixels[3], ==, 255);
    if (g_str_equal (limn_blend_names[i], "multiply"))
      g_assert_cmpint (all->pixels[0], ==, 32);
    if (g_str_equal (limn_blend_names[i], "difference"))
      g_assert_cmpint (all->pixels[0], ==, 64);
    if (g_str_equal (limn_blend_names[i], "plus"))
      g_assert_cmpint (all->pixels[0], ==, 192);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint seed = 1; seed <= 4; seed++) {
    g_autofree char *path = g_strdup_printf ("/document/undo-to-empty/%u", seed);

    g_test_add_data_func (path, GUINT_TO_POINTER (seed), test_undo_to_empty);
  }
  g_test_add_func ("/document/merge", test_merge);
  g_test_add_func ("/document/values", test_values);
  g_test_add_func ("/document/group", test_group);
  g_test_add_func ("/document/modified", test_modified);
  g_test_add_func ("/document/history-limit", test_history_limit);
  g_test_add_func ("/document/results", test_results);
  g_test_add_func ("/document/refused", test_refused);
  g_test_add_func ("/document/signals", test_signals);
  g_test_add_func ("/document/copy", test_copy);
  g_test_add_func ("/document/copy-shares", test_copy_shares);
  g_test_add_func ("/document/cancel", test_cancel);
  g_test_add_func ("/document/composite", test_composite);
  g_test_add_func ("/document/blending", test_blending);
  return g_test_run ();
}
