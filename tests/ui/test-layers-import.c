/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import-fixture.h"
#include "recipe.h"

/* Pictures from files, as layers. */

/* --- files --- */

static void
on_imported (GObject *source, GAsyncResult *result, gpointer data)
{
  struct fixture *fixture = data;

  g_clear_error (&fixture->error);
  fixture->id = limn_import_finish (LIMN_STUDIO (source), result, &fixture->error);
  g_assert_true ((fixture->id == 0) == (fixture->error != NULL));
  fixture->done = true;
}

static void
wait (struct fixture *fixture)
{
  while (!fixture->done)
    g_main_context_iteration (NULL, TRUE);
  fixture->done = false;
}

static void
import (struct fixture *fixture, GFile *file)
{
  limn_import_file (fixture->studio, file, NULL, on_imported, fixture);
  wait (fixture);
}

static const limn_layer *
imported (struct fixture *fixture)
{
  g_assert_no_error (fixture->error);
  g_assert_cmpuint (limn_studio_get_layer (fixture->studio), ==, fixture->id);
  return limn_document_find_layer (fixture->document, fixture->id);
}

static void
test_formats (struct fixture *fixture, gconstpointer data)
{
  static const struct {
    const char *name;
    GBytes *(*encode) (const limn_image *image);
    int tolerance;
  } cases[] = {
    { "one.png", fixture_to_png, 0 },
    { "two.jpeg", fixture_to_jpeg, 12 },
    { "three.webp", fixture_to_webp, 0 },
    { "wrong name.txt", fixture_to_webp, 0 },
  };
  g_autoptr (limn_image) image = fixture_make_image (20, 12);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GBytes) bytes = cases[i].encode (image);
    g_autoptr (GFile) file = fixture_put (fixture, cases[i].name, bytes);
    const limn_layer *layer;
    cairo_rectangle_int_t area;

    import (fixture, file);
    layer = imported (fixture);
    fixture_check_pixels (layer, image, cases[i].tolerance);
    area = limn_layer_area (layer);
    g_assert_cmpint (area.x, ==, 20);
    g_assert_cmpint (area.y, ==, 14);
    g_assert_cmpint (layer->kind, ==, LIMN_LAYER_PICTURE);
    g_assert_true (g_str_has_prefix (cases[i].name, limn_layer_get_text (layer, LIMN_LAYER_NAME)));
    g_assert_null (strchr (limn_layer_get_text (layer, LIMN_LAYER_NAME), '.'));
    /* Above the layer that was active, which is the one before. */
    g_assert_cmpint (limn_document_layer_index (fixture->document, fixture->id), ==, (int) i + 1);
  }
  g_assert_cmpstr (fixture->said->str, ==, "");
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    limn_document_undo (fixture->document);
  g_assert_cmpuint (limn_document_n_layers (fixture->document), ==, 2);
}

static void
test_scaled (struct fixture *fixture, gconstpointer data)
{
  g_autoptr (limn_image) image = fixture_make_image (300, 100);
  g_autoptr (limn_image) small = limn_image_resize (image, 60, 20);
  g_autoptr (GBytes) bytes = fixture_to_png (image);
  g_autoptr (GFile) file = fixture_put (fixture, "Wide.png", bytes);
  cairo_rectangle_int_t area;

  import (fixture, file);
  fixture_check_pixels (imported (fixture), small, 0);
  area = limn_layer_area (imported (fixture));
  g_assert_cmpint (area.x, ==, 0);
  g_assert_cmpint (area.y, ==, 10);
  g_assert_nonnull (strstr (fixture->said->str, "Wide"));
  g_assert_nonnull (strstr (fixture->said->str, "300 × 100"));
  g_assert_nonnull (strstr (fixture->said->str, "60 × 20"));
}

static void
check_bad (struct fixture *fixture, GFile *file, const char *words)
{
  g_autofree char *path = g_file_get_path (file);

  g_string_truncate (fixture->said, 0);
  import (fixture, file);
  g_assert_nonnull (fixture->error);
  g_assert_cmpuint (limn_document_n_layers (fixture->document), ==, 2);
  g_assert_cmpstr (limn_document_undo_label (fixture->document), ==, "Add Layer");
  g_assert_nonnull (strstr (fixture->said->str, path));
  if (strstr (fixture->said->str, words) == NULL)
    g_error ("\"%s\" lacks \"%s\"", fixture->said->str, words);
  g_assert_true (strchr (fixture->said->str, '\n') == fixture->said->str + fixture->said->len - 1);
}

static void
test_bad (struct fixture *fixture, gconstpointer data)
{
  g_autoptr (limn_image) image = fixture_make_image (20, 12);
  GBytes *(*const encoders[]) (const limn_image *) = { fixture_to_png, fixture_to_jpeg,
                                                       fixture_to_webp };
  g_autoptr (GBytes) nothing = g_bytes_new_static ("", 0);
  g_autoptr (GBytes) text = g_bytes_new_static ("hello", 5);
  g_autoptr (GFile) empty = fixture_put (fixture, "empty.png", nothing);
  g_autoptr (GFile) words = fixture_put (fixture, "words.png", text);
  g_autoptr (GFile) folder = g_file_new_for_path (fixture->folder);
  g_autoptr (GFile) missing = g_file_get_child (folder, "missing.png");
  g_autoptr (GByteArray) huge = NULL;
  g_autoptr (GBytes) huge_bytes = NULL;
  g_autoptr (GFile) huge_file = NULL;

  check_bad (fixture, empty, "is empty, wanted a PNG, JPEG or WebP picture");
  check_bad (fixture, words, "is no picture that Limn knows");
  check_bad (fixture, folder, "is a folder");
  check_bad (fixture, missing, "No such file");
  for (gsize i = 0; i < G_N_ELEMENTS (encoders); i++) {
    g_autoptr (GBytes) whole = encoders[i](image);
    g_autoptr (GBytes) half = g_bytes_new_from_bytes (whole, 0, g_bytes_get_size (whole) / 2);
    g_autoptr (GFile) file = fixture_put (fixture, "half", half);

    check_bad (fixture, file, "broken or truncated");
  }
  huge = limn_png_encode (image, NULL);
  memcpy (huge->data + 16, "\0\0\x4e\x20\0\0\x4e\x20", 8);
  huge_bytes = g_byte_array_free_to_bytes (g_steal_pointer (&huge));
  huge_file = fixture_put (fixture, "huge.png", huge_bytes);
  check_bad (fixture, huge_file, "20000 x 20000 pixels, wanted at most 16384");
}

/* --- what may happen in the meantime --- */

static void
test_cancelled (struct fixture *fixture, gconstpointer data)
{
  g_autoptr (limn_image) image = fixture_make_image (20, 12);
  g_autoptr (GBytes) bytes = fixture_to_png (image);
  g_autoptr (GFile) file = fixture_put (fixture, "one.png", bytes);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  limn_import_file (fixture->studio, file, cancellable, on_imported, fixture);
  g_cancellable_cancel (cancellable);
  wait (fixture);
  g_assert_error (fixture->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (limn_document_n_layers (fixture->document), ==, 2);
  g_assert_cmpstr (fixture->said->str, ==, "");
}

static void
test_replaced (struct fixture *fixture, gconstpointer data)
{
  g_autoptr (limn_image) image = fixture_make_image (20, 12);
  g_autoptr (GBytes) bytes = fixture_to_png (image);
  g_autoptr (LimnDocument) other = limn_document_new (10, 10);

  limn_import_bytes (fixture->studio, bytes, "Bytes", NULL, on_imported, fixture);
  limn_studio_set_document (fixture->studio, other);
  wait (fixture);
  g_assert_error (fixture->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (limn_document_n_layers (other), ==, 0);
  g_assert_cmpuint (limn_document_n_layers (fixture->document), ==, 2);
  g_assert_cmpstr (fixture->said->str, ==, "");
  limn_studio_set_document (fixture->studio, fixture->document);
}

/* A picture that comes while the pen is down waits until it lifts. */
static void
test_pen (struct fixture *fixture, gconstpointer data)
{
  g_autoptr (limn_image) image = fixture_make_image (20, 12);
  g_autoptr (GBytes) bytes = fixture_to_png (image);
  guint32 layer = limn_studio_get_layer (fixture->studio);

  limn_studio_set_drawing (fixture->studio, true);
  g_assert_true (limn_document_stroke_begin (fixture->document, layer, &limn_brush_default));
  limn_document_stroke_add (fixture->document, 5, 5, 1, 0);
  limn_import_bytes (fixture->studio, bytes, "Bytes", NULL, on_imported, fixture);
  while (g_signal_handler_find (fixture->studio, G_SIGNAL_MATCH_ID,
                                g_signal_lookup ("notify", LIMN_TYPE_STUDIO),
                                g_quark_from_static_string ("drawing"), NULL, NULL, NULL) == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_false (fixture->done);
  limn_document_stroke_add (fixture->document, 15, 9, 1, 10);
  limn_studio_set_drawing (fixture->studio, false);
  g_assert_cmpuint (limn_document_n_layers (fixture->document), ==, 2);
  limn_document_stroke_end (fixture->document);
  wait (fixture);
  fixture_check_pixels (imported (fixture), image, 0);
  g_assert_cmpstr (limn_document_undo_label (fixture->document), ==, "Add Layer");
}

static void
test_full (struct fixture *fixture, gconstpointer data)
{
  g_autoptr (limn_image) image = fixture_make_image (2, 2);
  g_autoptr (GBytes) bytes = fixture_to_png (image);

  while (limn_document_n_layers (fixture->document) < LIMN_DOCUMENT_MAX_LAYERS)
    limn_document_add_layer (fixture->document, LIMN_LAYER_PICTURE, "More", 0);
  limn_import_bytes (fixture->studio, bytes, "Bytes", NULL, on_imported, fixture);
  wait (fixture);
  g_assert_error (fixture->error, LIMN_ERROR, LIMN_ERROR_FAILED);
  g_assert_cmpstr (fixture->said->str, !=, "");
}

/* --- recipes --- */

static void
test_recipe (struct fixture *fixture, gconstpointer data)
{
  const struct limn_png_text text = {
    LIMN_RECIPE_TEXT, "a boat\nSteps: 12, Sampler: Euler, CFG scale: 5, Seed: 3, Size: 64x64"
  };
  g_autoptr (limn_image) image = fixture_make_image (20, 12);
  g_autofree char *path = g_build_filename (fixture->folder, "boat.png", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GBytes) plain = fixture_to_png (image);
  g_autoptr (GFile) other = fixture_put (fixture, "plain.png", plain);

  g_assert_false (limn_import_use_recipe (fixture->studio));
  import (fixture, other);
  imported (fixture);
  g_assert_null (fixture->offered);
  g_assert_true (limn_png_save (image, path, &text, 1, NULL));
  import (fixture, file);
  imported (fixture);
  g_assert_cmpstr (fixture->offered, ==, "layer.use-recipe");
  g_assert_cmpstr (limn_document_get_text (fixture->document, LIMN_SETTING_PROMPT), ==, "");
  g_assert_true (limn_import_use_recipe (fixture->studio));
  while (*limn_document_get_text (fixture->document, LIMN_SETTING_PROMPT) == '\0')
    g_main_context_iteration (NULL, TRUE);
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  ADD ("formats", test_formats);
  ADD ("scaled", test_scaled);
  ADD ("bad", test_bad);
  ADD ("cancelled", test_cancelled);
  ADD ("replaced", test_replaced);
  ADD ("pen", test_pen);
  ADD ("full", test_full);
  ADD ("recipe", test_recipe);
  return g_test_run ();
}
