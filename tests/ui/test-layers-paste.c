/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import-fixture.h"
#include "layers/panel.h"

/* Pictures that are dropped or pasted, as layers. */

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
test_drop (struct fixture *fixture, gconstpointer data)
{
  GtkWidget *window = gtk_window_new (), *area = gtk_label_new ("");
  g_autoptr (GSimpleActionGroup) group = g_simple_action_group_new ();
  g_autoptr (GSimpleAction) action = g_simple_action_new ("open-uri", G_VARIANT_TYPE_STRING);
  g_autoptr (limn_image) image = fixture_make_image (20, 12);
  g_autoptr (GBytes) bytes = fixture_to_jpeg (image);
  g_autoptr (GFile) first = fixture_put (fixture, "first.jpg", bytes);
  g_autoptr (GFile) second = fixture_put (fixture, "second.jpg", bytes);
  g_autoptr (GFile) document = fixture_put (fixture, "Drawing.LIMN", bytes);
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
  fixture_wait_for_layers (fixture, 4);
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
  fixture_wait_for_layers (fixture, 5);
  g_value_init (&texture, GDK_TYPE_TEXTURE);
  g_value_take_object (&texture, gdk_texture_new_from_file (first, NULL));
  drop (area, &texture);
  fixture_wait_for_layers (fixture, 6);
  fixture_check_pixels (
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
  fixture_wait_for_layers (fixture, 3);
  from = limn_document_find_layer (fixture->document, layer);
  to = limn_document_layer (fixture->document, 1);
  g_assert_cmpuint (to->id, ==, limn_studio_get_layer (fixture->studio));
  for (int y = 0; y < IMPORT_HEIGHT; y++)
    g_assert_cmpmem (limn_pixels_row (from->pixels, y), IMPORT_WIDTH * 4,
                     limn_pixels_row (to->pixels, y), IMPORT_WIDTH * 4);
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
  } cases[] = { { "image/png", fixture_to_png, 0 },
                { "image/jpeg", fixture_to_jpeg, 12 },
                { "image/webp", fixture_to_webp, 0 } };
  GdkClipboard *clipboard = gdk_display_get_clipboard (gdk_display_get_default ());
  g_autoptr (limn_image) image = fixture_make_image (20, 12);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GBytes) bytes = cases[i].encode (image);
    g_autoptr (GdkContentProvider) content =
        gdk_content_provider_new_for_bytes (cases[i].type, bytes);

    g_assert_true (gdk_clipboard_set_content (clipboard, content));
    limn_import_paste (fixture->studio, clipboard);
    fixture_wait_for_layers (fixture, 3 + i);
    fixture_check_pixels (
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

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  ADD ("drop", test_drop);
  g_test_add_func ("/import/is-document", test_is_document);
  ADD ("copy-paste", test_copy_paste);
  ADD ("paste-bytes", test_paste_bytes);
  ADD ("text-first", test_text_first);
  return g_test_run ();
}
