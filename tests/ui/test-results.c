/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "results-fixture.h"

#include <gdk/x11/gdkx.h>
#include <string.h>

#include "preferences.h"
#include "recipe-json.h"
#include "results/content.h"

/* The strip of results: what it shows, what its actions do to the document, and that nothing of it
 * stays behind. */

/* --- a strip in a window --- */

static LimnResultItem *
shown (struct fixture *fixture, guint index)
{
  g_autoptr (LimnResultItem) item =
      g_list_model_get_item (G_LIST_MODEL (limn_results_get_model (fixture->results)), index);

  return item;
}

static guint
n_shown (struct fixture *fixture)
{
  return g_list_model_get_n_items (G_LIST_MODEL (limn_results_get_model (fixture->results)));
}

static bool
has_picture (struct fixture *fixture)
{
  return limn_studio_get_picture (fixture->studio) != NULL;
}

static bool
has_layer (struct fixture *fixture)
{
  return limn_document_n_layers (fixture->document) > 0;
}

/* What is drawn, for a person to look at. */
static void
keep_picture_of (GtkWidget *widget, const char *name)
{
  const char *folder = g_getenv ("LIMN_TEST_PICTURES");
  g_autofree char *path = folder != NULL ? g_strdup_printf ("%s/%s.png", folder, name) : NULL;
  g_autoptr (GdkPaintable) paintable = gtk_widget_paintable_new (widget);
  g_autoptr (GtkSnapshot) snapshot = gtk_snapshot_new ();
  g_autoptr (GskRenderNode) node = NULL;
  g_autoptr (GdkTexture) texture = NULL;

  if (path == NULL)
    return;
  g_mkdir_with_parents (folder, 0755);
  gdk_paintable_snapshot (paintable, snapshot, gtk_widget_get_width (widget),
                          gtk_widget_get_height (widget));
  node = gtk_snapshot_to_node (snapshot);
  if (node == NULL)
    return;
  texture = gsk_renderer_render_texture (gtk_native_get_renderer (gtk_widget_get_native (widget)),
                                         node, NULL);
  gdk_texture_save_to_png (texture, path);
}

static void
keep_picture (struct fixture *fixture, const char *name)
{
  keep_picture_of (fixture->window, name);
}

static gboolean
on_frame (GtkWidget *widget, GdkFrameClock *clock, gpointer data)
{
  int *left = data;

  return --*left > 0 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static void
draw_frames (struct fixture *fixture, int count)
{
  gtk_widget_add_tick_callback (fixture->window, on_frame, &count, NULL);
  while (count > 0)
    g_main_context_iteration (NULL, TRUE);
}

/* Until every cell has its thumbnail and was drawn. */
static bool
is_drawn (struct fixture *fixture)
{
  for (guint i = 0; i < MIN (n_shown (fixture), 6); i++) {
    g_autoptr (GdkPaintable) thumbnail = NULL;

    g_object_get (shown (fixture, i), "thumbnail", &thumbnail, NULL);
    if (thumbnail == NULL)
      return false;
  }
  return true;
}

/* --- tests --- */

static void
test_newest_first (struct fixture *fixture, gconstpointer data)
{
  guint32 first = fixture_add_picture (fixture->document, "a red house", 1, 96, 64);
  guint32 second = fixture_add_picture (fixture->document, "a blue house", 2, 96, 64);
  g_autofree char *words = NULL;

  g_assert_cmpuint (n_shown (fixture), ==, 2);
  g_assert_cmpuint (limn_result_item_get_id (shown (fixture, 0)), ==, second);
  g_assert_cmpuint (limn_result_item_get_id (shown (fixture, 1)), ==, first);
  words = limn_result_item_describe (shown (fixture, 0));
  g_assert_nonnull (strstr (words, "a blue house"));
  g_assert_nonnull (strstr (words, "2"));
  /* Who finished it shows it: the strip only marks it. */
  g_assert_true (limn_results_get_selected (fixture->results) == shown (fixture, 0));
  g_assert_null (limn_studio_get_picture (fixture->studio));
}

static void
test_select_shows (struct fixture *fixture, gconstpointer data)
{
  g_autoptr (limn_image) expected = fixture_draw (96, 64, 1);
  const limn_image *picture;

  fixture_add_picture (fixture->document, "one", 1, 96, 64);
  fixture_add_picture (fixture->document, "two", 2, 96, 64);
  fixture_drain ();
  limn_results_select (fixture->results, shown (fixture, 1));
  fixture_wait_until (has_picture, fixture);
  picture = limn_studio_get_picture (fixture->studio);
  g_assert_cmpmem (picture->pixels, 96 * 64 * 3, expected->pixels, 96 * 64 * 3);
  /* Another picture that grows: nothing of the strip is shown any more. */
  limn_studio_take_picture (fixture->studio, fixture_draw (8, 8, 9));
  g_assert_null (limn_results_get_selected (fixture->results));
}

static void
test_favourite_and_filter (struct fixture *fixture, gconstpointer data)
{
  guint32 kept = fixture_add_picture (fixture->document, "one", 1, 96, 64);
  g_autoptr (GVariant) state = NULL;

  fixture_add_picture (fixture->document, "two", 2, 96, 64);
  fixture_activate (fixture, "next");
  fixture_activate (fixture, "favourite");
  g_assert_true (limn_document_result (fixture->document, 0)->favourite);
  state = g_action_group_get_action_state (fixture->actions, "favourite");
  g_assert_true (g_variant_get_boolean (state));
  fixture_activate (fixture, "favourites-only");
  g_assert_cmpuint (n_shown (fixture), ==, 1);
  g_assert_cmpuint (limn_result_item_get_id (shown (fixture, 0)), ==, kept);
  fixture_activate (fixture, "favourites-only");
  g_assert_cmpuint (n_shown (fixture), ==, 2);
  limn_document_undo (fixture->document);
  g_assert_false (limn_result_item_get_favourite (shown (fixture, 1)));
}

static void
test_discard (struct fixture *fixture, gconstpointer data)
{
  for (guint i = 1; i <= 3; i++)
    fixture_add_picture (fixture->document, "one", i, 96, 64);
  fixture_drain ();
  fixture_activate (fixture, "next");
  g_assert_cmpstr (limn_result_item_get_seed (limn_results_get_selected (fixture->results)), ==,
                   "2");
  fixture_activate (fixture, "discard");
  g_assert_cmpuint (n_shown (fixture), ==, 2);
  g_assert_cmpstr (limn_result_item_get_seed (limn_results_get_selected (fixture->results)), ==,
                   "1");
  limn_document_undo (fixture->document);
  g_assert_cmpuint (n_shown (fixture), ==, 3);
  g_assert_cmpstr (limn_result_item_get_seed (shown (fixture, 1)), ==, "2");
  g_assert_true (limn_results_get_selected (fixture->results) == shown (fixture, 1));
  fixture_wait_until (has_picture, fixture);
  for (guint i = 0; i < 3; i++)
    fixture_activate (fixture, "discard");
  g_assert_cmpuint (n_shown (fixture), ==, 0);
  g_assert_null (limn_studio_get_picture (fixture->studio));
  g_assert_false (g_action_group_get_action_enabled (fixture->actions, "discard"));
}

static void
test_as_layer (struct fixture *fixture, gconstpointer data)
{
  const limn_layer *layer;
  cairo_rectangle_int_t area;

  fixture_add_picture (fixture->document, "one", 1, 48, 32);
  fixture_activate (fixture, "as-layer");
  fixture_wait_until (has_layer, fixture);
  layer = limn_document_layer (fixture->document, 0);
  area = limn_layer_area (layer);
  g_assert_cmpint (area.width, ==, 96);
  g_assert_cmpint (area.height, ==, 64);
  g_assert_cmpuint (limn_studio_get_layer (fixture->studio), ==, layer->id);
  limn_document_undo (fixture->document);
  g_assert_cmpuint (limn_document_n_layers (fixture->document), ==, 0);
}

/* --- keys --- */

static void
press (struct fixture *fixture, const char *key)
{
  GdkSurface *surface = gtk_native_get_surface (GTK_NATIVE (fixture->window));
  g_autofree char *window = g_strdup_printf ("%lu", gdk_x11_surface_get_xid (surface));
  const char *arguments[] = { "xdotool", "windowfocus", "--sync", window, "key", key, NULL };
  g_autoptr (GError) error = NULL;
  int status = 1;

  g_spawn_sync (NULL, (char **) arguments, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
                &status, &error);
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 0);
}

static GtkWidget *
find_child (GtkWidget *widget, const char *css_name)
{
  GtkWidget *found = g_str_equal (gtk_widget_get_css_name (widget), css_name) ? widget : NULL;

  for (GtkWidget *child = gtk_widget_get_first_child (widget); found == NULL && child != NULL;
       child = gtk_widget_get_next_sibling (child))
    found = find_child (child, css_name);
  return found;
}

static bool
is_second_favourite (struct fixture *fixture)
{
  return limn_result_item_get_favourite (shown (fixture, 1));
}

static bool
is_two (struct fixture *fixture)
{
  return n_shown (fixture) == 2;
}

static void
test_keyboard (struct fixture *fixture, gconstpointer data)
{
  for (guint i = 1; i <= 3; i++)
    fixture_add_picture (fixture->document, "one", i, 96, 64);
  draw_frames (fixture, 3);
  g_assert_true (gtk_widget_grab_focus (find_child (fixture->strip, "row")));
  press (fixture, "Right");
  press (fixture, "f");
  fixture_wait_until (is_second_favourite, fixture);
  press (fixture, "Return");
  fixture_wait_until (has_layer, fixture);
  press (fixture, "Delete");
  fixture_wait_until (is_two, fixture);
  g_assert_cmpstr (limn_result_item_get_seed (shown (fixture, 0)), ==, "3");
  g_assert_cmpstr (limn_result_item_get_seed (shown (fixture, 1)), ==, "1");
}

/* The recipe as text, gone with its picture. */
static void
test_details (struct fixture *fixture, gconstpointer data)
{
  GtkWidget *popover;

  fixture_add_picture (fixture->document, "a red house", 5, 96, 64);
  draw_frames (fixture, 3);
  fixture_activate (fixture, "details");
  draw_frames (fixture, 3);
  popover = find_child (fixture->strip, "popover");
  g_assert_nonnull (popover);
  g_assert_true (gtk_widget_get_mapped (popover));
  keep_picture_of (popover, "results-details");
  fixture_activate (fixture, "discard");
  g_assert_false (gtk_widget_get_visible (popover));
  /* GDK may still ask its surface where the pointer is. */
  draw_frames (fixture, 3);
}

/* A PNG goes out as the bytes that it is. */
static void
on_spliced (GObject *object, GAsyncResult *result, gpointer data)
{
  bool *done = data;

  g_assert_true (
      gdk_content_provider_write_mime_type_finish (GDK_CONTENT_PROVIDER (object), result, NULL));
  *done = true;
}

static GBytes *
provide (GdkContentProvider *content, const char *mime_type)
{
  g_autoptr (GOutputStream) stream = g_memory_output_stream_new_resizable ();
  bool done = false;

  gdk_content_provider_write_mime_type_async (content, mime_type, stream, G_PRIORITY_DEFAULT, NULL,
                                              on_spliced, &done);
  while (!done)
    g_main_context_iteration (NULL, TRUE);
  g_output_stream_close (stream, NULL, NULL);
  return g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (stream));
}

static void
test_content (struct fixture *fixture, gconstpointer data)
{
  g_autoptr (GdkContentProvider) content = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GBytes) line = NULL;
  g_autoptr (GBytes) file = NULL;
  g_auto (GStrv) uris = NULL;
  g_autofree char *path = NULL;
  g_autofree char *name = NULL;
  g_autofree char *contents = NULL;
  gsize size;
  GBytes *png;

  fixture_add_picture (fixture->document, "a red / house", 5, 96, 64);
  png = limn_result_item_get_png (shown (fixture, 0));
  name = limn_result_item_file_name (shown (fixture, 0));
  g_assert_cmpstr (name, ==, "a-red-house-5.png");
  content = limn_png_content_new (png, name);
  bytes = provide (content, "image/png");
  g_assert_true (g_bytes_equal (bytes, png));
  line = provide (content, "text/uri-list");
  contents = g_strndup (g_bytes_get_data (line, NULL), g_bytes_get_size (line));
  uris = g_uri_list_extract_uris (contents);
  path = g_filename_from_uri (uris[0], NULL, NULL);
  g_assert_true (g_str_has_suffix (path, "/a-red-house-5.png"));
  g_free (g_steal_pointer (&contents));
  g_assert_true (g_file_get_contents (path, &contents, &size, NULL));
  file = g_bytes_new (contents, size);
  g_assert_true (g_bytes_equal (file, png));
  limn_png_content_clean_up ();
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
}

static void
test_limit (struct fixture *fixture, gconstpointer data)
{
  g_autofree char *noise = g_malloc (700 << 10);
  g_autoptr (GBytes) bytes = NULL;

  memset (noise, 7, 700 << 10);
  bytes = g_bytes_new (noise, 700 << 10);
  g_settings_set_int (limn_preferences (), "results-limit", 1);
  limn_document_add_result (fixture->document, bytes, "");
  g_assert_null (fixture->message);
  limn_document_add_result (fixture->document, bytes, "");
  g_assert_cmpuint (n_shown (fixture), ==, 1);
  g_assert_nonnull (fixture->message);
  g_settings_reset (limn_preferences (), "results-limit");
}

/* A drawing with more than the limit keeps what it has until something arrives. */
static void
test_other_document (struct fixture *fixture, gconstpointer data)
{
  g_autofree char *noise = g_malloc0 (700 << 10);
  g_autoptr (GBytes) bytes = g_bytes_new (noise, 700 << 10);
  LimnDocument *other = limn_document_new (16, 16);

  for (guint i = 0; i < 3; i++)
    limn_document_add_result (other, bytes, "");
  g_settings_set_int (limn_preferences (), "results-limit", 1);
  fixture_add_picture (fixture->document, "one", 1, 96, 64);
  limn_studio_set_document (fixture->studio, other);
  g_assert_cmpuint (n_shown (fixture), ==, 3);
  g_assert_cmpuint (limn_document_n_results (other), ==, 3);
  g_assert_null (limn_results_get_selected (fixture->results));
  g_settings_reset (limn_preferences (), "results-limit");
  limn_studio_set_document (fixture->studio, fixture->document);
  g_assert_cmpuint (n_shown (fixture), ==, 1);
  g_assert_finalize_object (other);
}

static void
test_pictures (struct fixture *fixture, gconstpointer data)
{
  static const int sizes[][2] = { { 512, 512 }, { 512, 768 }, { 768, 512 }, { 512, 512 } };
  bool dark = data != NULL;

  adw_style_manager_set_color_scheme (adw_style_manager_get_default (),
                                      dark ? ADW_COLOR_SCHEME_FORCE_DARK
                                           : ADW_COLOR_SCHEME_FORCE_LIGHT);
  draw_frames (fixture, 3);
  keep_picture (fixture, dark ? "results-empty-dark" : "results-empty");
  for (guint i = 0; i < 12; i++)
    fixture_add_picture (fixture->document, "a red house by the sea, evening light", i + 1,
                         sizes[i % 4][0], sizes[i % 4][1]);
  fixture_drain ();
  fixture_activate (fixture, "next");
  fixture_activate (fixture, "favourite");
  fixture_activate (fixture, "next");
  draw_frames (fixture, 3);
  fixture_wait_until (is_drawn, fixture);
  fixture_wait_until (has_picture, fixture);
  g_assert_cmpint (gtk_widget_get_height (fixture->strip), >=, 92);
  draw_frames (fixture, 3);
  keep_picture (fixture, dark ? "results-dark" : "results");
  adw_style_manager_set_color_scheme (adw_style_manager_get_default (), ADW_COLOR_SCHEME_DEFAULT);
}

int
main (int argc, char **argv)
{
  static const struct fixture_case cases[] = {
    { "/results/newest-first", test_newest_first },
    { "/results/select-shows", test_select_shows },
    { "/results/favourite-and-filter", test_favourite_and_filter },
    { "/results/discard", test_discard },
    { "/results/as-layer", test_as_layer },
    { "/results/keyboard", test_keyboard },
    { "/results/details", test_details },
    { "/results/content", test_content },
    { "/results/limit", test_limit },
    { "/results/other-document", test_other_document },
    { "/results/pictures", test_pictures },
    { "/results/pictures-dark", test_pictures, "dark" },
  };

  return fixture_run (argc, argv, cases, G_N_ELEMENTS (cases));
}
