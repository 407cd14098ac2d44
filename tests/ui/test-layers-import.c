/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <adwaita.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>
#include <webp/encode.h>

#include "layers/import.h"
#include "layers/panel.h"
#include "recipe.h"

/* Pictures from files, drops and the clipboard, as layers. */

#define WIDTH 60
#define HEIGHT 40

struct fixture {
  char *folder;
  LimnDocument *document;
  LimnStudio *studio;
  GString *said; /* the sentences, one a line */
  char *offered; /* the action */
  guint32 id;    /* of the last import */
  GError *error; /* of the last import */
  bool done;
};

static void
on_message (LimnStudio *studio, const char *sentence, struct fixture *fixture)
{
  g_string_append_printf (fixture->said, "%s\n", sentence);
}

static void
on_offer (LimnStudio *studio,
          const char *sentence,
          const char *button,
          const char *action,
          struct fixture *fixture)
{
  g_free (fixture->offered);
  fixture->offered = g_strdup (action);
}

static void
set_up (struct fixture *fixture, gconstpointer data)
{
  *fixture = (struct fixture){ .document = limn_document_new (WIDTH, HEIGHT) };
  fixture->folder = g_dir_make_tmp ("limn-test-XXXXXX", NULL);
  fixture->said = g_string_new (NULL);
  limn_document_add_layer (fixture->document, LIMN_LAYER_SCRIBBLE, "Lower", 0);
  limn_document_add_layer (fixture->document, LIMN_LAYER_SCRIBBLE, "Upper", 1);
  fixture->studio = limn_studio_new (fixture->document);
  limn_studio_set_layer (fixture->studio, limn_document_layer (fixture->document, 0)->id);
  g_signal_connect (fixture->studio, "message", G_CALLBACK (on_message), fixture);
  g_signal_connect (fixture->studio, "offer", G_CALLBACK (on_offer), fixture);
}

static void
tear_down (struct fixture *fixture, gconstpointer data)
{
  g_autoptr (GDir) dir = g_dir_open (fixture->folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (fixture->folder, name, NULL);

    g_remove (path);
  }
  g_rmdir (fixture->folder);
  g_free (fixture->folder);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_finalize_object (fixture->studio);
  g_assert_finalize_object (fixture->document);
  g_string_free (fixture->said, TRUE);
  g_free (fixture->offered);
  g_clear_error (&fixture->error);
}

/* --- files --- */

static limn_image *
make_image (int width, int height)
{
  limn_image *image = limn_image_new (width, height, 3);

  for (int i = 0; i < width * height; i++) {
    image->pixels[i * 3] = (guint8) (40 + i % width * 200 / width);
    image->pixels[i * 3 + 1] = (guint8) (230 - i / width * 200 / height);
    image->pixels[i * 3 + 2] = 90;
  }
  return image;
}

static GBytes *
to_png (const limn_image *image)
{
  return g_byte_array_free_to_bytes (limn_png_encode (image, NULL));
}

static GBytes *
to_jpeg (const limn_image *image)
{
  struct jpeg_compress_struct jpeg;
  struct jpeg_error_mgr errors;
  unsigned char *bytes = NULL;
  unsigned long size = 0;

  jpeg.err = jpeg_std_error (&errors);
  jpeg_create_compress (&jpeg);
  jpeg_mem_dest (&jpeg, &bytes, &size);
  jpeg.image_width = (JDIMENSION) image->width;
  jpeg.image_height = (JDIMENSION) image->height;
  jpeg.input_components = 3;
  jpeg.in_color_space = JCS_RGB;
  jpeg_set_defaults (&jpeg);
  jpeg_set_quality (&jpeg, 100, TRUE);
  jpeg_start_compress (&jpeg, TRUE);
  while (jpeg.next_scanline < jpeg.image_height) {
    JSAMPROW row = image->pixels + jpeg.next_scanline * jpeg.image_width * 3;

    jpeg_write_scanlines (&jpeg, &row, 1);
  }
  jpeg_finish_compress (&jpeg);
  jpeg_destroy_compress (&jpeg);
  return g_bytes_new_with_free_func (bytes, size, free, bytes);
}

static GBytes *
to_webp (const limn_image *image)
{
  guint8 *bytes = NULL;
  gsize size =
      WebPEncodeLosslessRGB (image->pixels, image->width, image->height, image->width * 3, &bytes);

  return g_bytes_new_with_free_func (bytes, size, WebPFree, bytes);
}

static GFile *
put (struct fixture *fixture, const char *name, GBytes *bytes)
{
  g_autofree char *path = g_build_filename (fixture->folder, name, NULL);

  g_assert_true (g_file_set_contents (path, g_bytes_get_data (bytes, NULL),
                                      (gssize) g_bytes_get_size (bytes), NULL));
  return g_file_new_for_path (path);
}

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

/* Whether the layer's pixels are those of @image, within @tolerance. */
static void
check_pixels (const limn_layer *layer, const limn_image *image, int tolerance)
{
  cairo_rectangle_int_t area = limn_layer_area (layer);

  g_assert_cmpint (area.width, ==, image->width);
  g_assert_cmpint (area.height, ==, image->height);
  for (int y = 0; y < area.height; y++)
    for (int x = 0; x < area.width; x++) {
      guint32 pixel = limn_pixels_row (layer->pixels, y)[x];

      g_assert_cmphex (pixel >> 24, ==, 0xff);
      for (int k = 0; k < 3; k++)
        g_assert_cmpint (ABS ((int) (pixel >> (16 - 8 * k) & 0xff) -
                              image->pixels[(y * image->width + x) * 3 + k]),
                         <=, tolerance);
    }
}

static void
test_formats (struct fixture *fixture, gconstpointer data)
{
  static const struct {
    const char *name;
    GBytes *(*encode) (const limn_image *image);
    int tolerance;
  } cases[] = {
    { "one.png", to_png, 0 },
    { "two.jpeg", to_jpeg, 12 },
    { "three.webp", to_webp, 0 },
    { "wrong name.txt", to_webp, 0 },
  };
  g_autoptr (limn_image) image = make_image (20, 12);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GBytes) bytes = cases[i].encode (image);
    g_autoptr (GFile) file = put (fixture, cases[i].name, bytes);
    const limn_layer *layer;
    cairo_rectangle_int_t area;

    import (fixture, file);
    layer = imported (fixture);
    check_pixels (layer, image, cases[i].tolerance);
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
  g_autoptr (limn_image) image = make_image (300, 100);
  g_autoptr (limn_image) small = limn_image_resize (image, 60, 20);
  g_autoptr (GBytes) bytes = to_png (image);
  g_autoptr (GFile) file = put (fixture, "Wide.png", bytes);
  cairo_rectangle_int_t area;

  import (fixture, file);
  check_pixels (imported (fixture), small, 0);
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
  g_autoptr (limn_image) image = make_image (20, 12);
  GBytes *(*const encoders[]) (const limn_image *) = { to_png, to_jpeg, to_webp };
  g_autoptr (GBytes) nothing = g_bytes_new_static ("", 0);
  g_autoptr (GBytes) text = g_bytes_new_static ("hello", 5);
  g_autoptr (GFile) empty = put (fixture, "empty.png", nothing);
  g_autoptr (GFile) words = put (fixture, "words.png", text);
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
    g_autoptr (GFile) file = put (fixture, "half", half);

    check_bad (fixture, file, "broken or truncated");
  }
  huge = limn_png_encode (image, NULL);
  memcpy (huge->data + 16, "\0\0\x4e\x20\0\0\x4e\x20", 8);
  huge_bytes = g_byte_array_free_to_bytes (g_steal_pointer (&huge));
  huge_file = put (fixture, "huge.png", huge_bytes);
  check_bad (fixture, huge_file, "20000 x 20000 pixels, wanted at most 16384");
}

/* --- what may happen in the meantime --- */

static void
test_cancelled (struct fixture *fixture, gconstpointer data)
{
  g_autoptr (limn_image) image = make_image (20, 12);
  g_autoptr (GBytes) bytes = to_png (image);
  g_autoptr (GFile) file = put (fixture, "one.png", bytes);
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
  g_autoptr (limn_image) image = make_image (20, 12);
  g_autoptr (GBytes) bytes = to_png (image);
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
  g_autoptr (limn_image) image = make_image (20, 12);
  g_autoptr (GBytes) bytes = to_png (image);
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
  check_pixels (imported (fixture), image, 0);
  g_assert_cmpstr (limn_document_undo_label (fixture->document), ==, "Add Layer");
}

static void
test_full (struct fixture *fixture, gconstpointer data)
{
  g_autoptr (limn_image) image = make_image (2, 2);
  g_autoptr (GBytes) bytes = to_png (image);

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
  g_autoptr (limn_image) image = make_image (20, 12);
  g_autofree char *path = g_build_filename (fixture->folder, "boat.png", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GBytes) plain = to_png (image);
  g_autoptr (GFile) other = put (fixture, "plain.png", plain);

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

/* --- drops --- */

static void
on_open_uri (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  *(char **) data = g_variant_dup_string (parameter, NULL);
}

static void
drop (GtkWidget *widget, GValue *value)
{
  g_autoptr (GListModel) controllers = gtk_widget_observe_controllers (widget);
  gboolean taken = FALSE;

  for (guint i = 0; i < g_list_model_get_n_items (controllers); i++) {
    g_autoptr (GtkEventController) controller = g_list_model_get_item (controllers, i);

    if (GTK_IS_DROP_TARGET (controller))
      g_signal_emit_by_name (controller, "drop", value, 1.0, 1.0, &taken);
  }
  g_assert_true (taken);
}

static void
wait_for_layers (struct fixture *fixture, guint count)
{
  while (limn_document_n_layers (fixture->document) < count)
    g_main_context_iteration (NULL, TRUE);
}

static void
test_drop (struct fixture *fixture, gconstpointer data)
{
  GtkWidget *window = gtk_window_new (), *area = gtk_label_new ("");
  g_autoptr (GSimpleActionGroup) group = g_simple_action_group_new ();
  g_autoptr (GSimpleAction) action = g_simple_action_new ("open-uri", G_VARIANT_TYPE_STRING);
  g_autoptr (limn_image) image = make_image (20, 12);
  g_autoptr (GBytes) bytes = to_jpeg (image);
  g_autoptr (GFile) first = put (fixture, "first.jpg", bytes);
  g_autoptr (GFile) second = put (fixture, "second.jpg", bytes);
  g_autoptr (GFile) document = put (fixture, "Drawing.LIMN", bytes);
  g_autoptr (GSList) list = NULL;
  g_auto (GValue) files = G_VALUE_INIT, texture = G_VALUE_INIT, one = G_VALUE_INIT;
  g_autofree char *opened = NULL;
  g_autofree char *uri = g_file_get_uri (document);

  gtk_window_set_child (GTK_WINDOW (window), area);
  g_signal_connect (action, "activate", G_CALLBACK (on_open_uri), &opened);
  g_action_map_add_action (G_ACTION_MAP (group), G_ACTION (action));
  gtk_widget_insert_action_group (window, "win", G_ACTION_GROUP (group));
  limn_import_attach_drop (area, fixture->studio);
  list = g_slist_append (list, first);
  list = g_slist_append (list, document);
  list = g_slist_append (list, second);
  g_value_init (&files, GDK_TYPE_FILE_LIST);
  g_value_take_boxed (&files, gdk_file_list_new_from_list (list));
  drop (area, &files);
  wait_for_layers (fixture, 4);
  g_assert_cmpstr (opened, ==, uri);
  g_assert_cmpstr (
      limn_layer_get_text (limn_document_layer (fixture->document, 1), LIMN_LAYER_NAME), ==,
      "first");
  g_assert_cmpstr (
      limn_layer_get_text (limn_document_layer (fixture->document, 2), LIMN_LAYER_NAME), ==,
      "second");
  g_value_init (&one, G_TYPE_FILE);
  g_value_set_object (&one, first);
  drop (area, &one);
  wait_for_layers (fixture, 5);
  g_value_init (&texture, GDK_TYPE_TEXTURE);
  g_value_take_object (&texture, gdk_texture_new_from_file (first, NULL));
  drop (area, &texture);
  wait_for_layers (fixture, 6);
  check_pixels (
      limn_document_find_layer (fixture->document, limn_studio_get_layer (fixture->studio)), image,
      12);
  g_assert_cmpstr (fixture->said->str, ==, "");
  gtk_window_destroy (GTK_WINDOW (window));
}

static void
test_is_document (void)
{
  static const struct {
    const char *name;
    bool document;
  } cases[] = {
    { "/a/b.limn", true }, { "/a/B.ORA", true },   { "/a/b.png", false },
    { "/a/limn", false },  { "/a.limn/b", false }, { "/a/b.ora.png", false },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GFile) file = g_file_new_for_path (cases[i].name);

    g_assert_true (limn_import_is_document (file) == cases[i].document);
  }
}

/* --- the clipboard --- */

/* What is copied and pasted is the same, also where it is transparent in part. */
static void
test_copy_paste (struct fixture *fixture, gconstpointer data)
{
  GdkClipboard *clipboard = gdk_display_get_clipboard (gdk_display_get_default ());
  guint32 layer = limn_studio_get_layer (fixture->studio);
  const limn_layer *from, *to;
  struct limn_brush brush = limn_brush_default;

  brush.softness = 1;
  brush.size = 20;
  brush.colour = 0xc0a05020u;
  g_assert_true (limn_document_stroke_begin (fixture->document, layer, &brush));
  limn_document_stroke_add (fixture->document, 5, 5, 1, 0);
  limn_document_stroke_add (fixture->document, 45, 29, 0.5, 0);
  g_assert_true (limn_document_stroke_end (fixture->document));
  g_assert_false (limn_import_copy (fixture->studio, 12345, clipboard));
  g_assert_true (limn_import_copy (fixture->studio, layer, clipboard));
  limn_import_paste (fixture->studio, clipboard);
  wait_for_layers (fixture, 3);
  from = limn_document_find_layer (fixture->document, layer);
  to = limn_document_layer (fixture->document, 1);
  g_assert_cmpuint (to->id, ==, limn_studio_get_layer (fixture->studio));
  for (int y = 0; y < HEIGHT; y++)
    g_assert_cmpmem (limn_pixels_row (from->pixels, y), WIDTH * 4, limn_pixels_row (to->pixels, y),
                     WIDTH * 4);
  g_assert_true (gdk_clipboard_set_content (clipboard, NULL));
}

/* As another program hands it out: bytes of a type. */
static void
test_paste_bytes (struct fixture *fixture, gconstpointer data)
{
  static const struct {
    const char *type;
    GBytes *(*encode) (const limn_image *image);
    int tolerance;
  } cases[] = { { "image/png", to_png, 0 },
                { "image/jpeg", to_jpeg, 12 },
                { "image/webp", to_webp, 0 } };
  GdkClipboard *clipboard = gdk_display_get_clipboard (gdk_display_get_default ());
  g_autoptr (limn_image) image = make_image (20, 12);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GBytes) bytes = cases[i].encode (image);
    g_autoptr (GdkContentProvider) content =
        gdk_content_provider_new_for_bytes (cases[i].type, bytes);

    g_assert_true (gdk_clipboard_set_content (clipboard, content));
    limn_import_paste (fixture->studio, clipboard);
    wait_for_layers (fixture, 3 + i);
    check_pixels (
        limn_document_find_layer (fixture->document, limn_studio_get_layer (fixture->studio)),
        image, cases[i].tolerance);
  }
  g_assert_cmpstr (fixture->said->str, ==, "");
  gdk_clipboard_set_text (clipboard, "words");
  limn_import_paste (fixture->studio, clipboard);
  g_assert_nonnull (strstr (fixture->said->str, "no picture"));
  g_assert_true (gdk_clipboard_set_content (clipboard, NULL));
}

/* Where a text has the focus, its own words are copied and pasted. */
static void
test_text_first (struct fixture *fixture, gconstpointer data)
{
  GActionGroup *actions = limn_layer_actions_new (fixture->studio);
  GtkWidget *window = gtk_window_new (), *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *entry = gtk_entry_new ();
  GdkClipboard *clipboard = gdk_display_get_clipboard (gdk_display_get_default ());

  gtk_box_append (GTK_BOX (box), entry);
  gtk_box_append (GTK_BOX (box), limn_layer_panel_new (fixture->studio));
  gtk_window_set_child (GTK_WINDOW (window), box);
  gtk_widget_insert_action_group (window, "layer", actions);
  gtk_window_present (GTK_WINDOW (window));
  gdk_clipboard_set_text (clipboard, "words");
  gtk_widget_grab_focus (entry);
  g_action_group_activate_action (actions, "paste", NULL);
  while (*gtk_editable_get_text (GTK_EDITABLE (entry)) == '\0')
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (gtk_editable_get_text (GTK_EDITABLE (entry)), ==, "words");
  g_assert_cmpstr (fixture->said->str, ==, "");
  gtk_editable_set_text (GTK_EDITABLE (entry), "other");
  gtk_editable_select_region (GTK_EDITABLE (entry), 0, -1);
  g_action_group_activate_action (actions, "copy", NULL);
  g_assert_true (
      gdk_content_formats_contain_gtype (gdk_clipboard_get_formats (clipboard), G_TYPE_STRING));
  gtk_window_set_focus (GTK_WINDOW (window), NULL);
  g_action_group_activate_action (actions, "copy", NULL);
  g_assert_true (
      gdk_content_formats_contain_gtype (gdk_clipboard_get_formats (clipboard), GDK_TYPE_TEXTURE));
  g_assert_true (gdk_clipboard_set_content (clipboard, NULL));
  gtk_window_destroy (GTK_WINDOW (window));
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_finalize_object (actions);
}

#define ADD(path, function)                                                                        \
  g_test_add ("/import/" path, struct fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  gtk_test_init (&argc, &argv, NULL);
  adw_init ();
  ADD ("formats", test_formats);
  ADD ("scaled", test_scaled);
  ADD ("bad", test_bad);
  ADD ("cancelled", test_cancelled);
  ADD ("replaced", test_replaced);
  ADD ("pen", test_pen);
  ADD ("full", test_full);
  ADD ("recipe", test_recipe);
  ADD ("drop", test_drop);
  g_test_add_func ("/import/is-document", test_is_document);
  ADD ("copy-paste", test_copy_paste);
  ADD ("paste-bytes", test_paste_bytes);
  ADD ("text-first", test_text_first);
  return g_test_run ();
}
