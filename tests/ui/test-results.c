/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <adwaita.h>
#include <gdk/x11/gdkx.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "paths.h"
#include "preferences.h"
#include "recipe-json.h"
#include "recipe-text.h"
#include "results/apply-recipe.h"
#include "results/content.h"
#include "results/results.h"
#include "results/strip.h"

/* The strip of results: what it shows, what its actions do to the document, and that nothing of it
 * stays behind. */

/* --- pictures with recipes --- */

/* A disc of a colour that follows from @number. */
static limn_image *
draw (int width, int height, guint number)
{
  limn_image *image = limn_image_new (width, height, 3);
  guint8 *at = image->pixels;

  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++, at += 3) {
      double distance = hypot (x - width / 2.0, y - height / 2.0) / (MIN (width, height) / 2.0);
      guint8 hue = (guint8) (number * 61);

      at[0] = distance < 0.8 ? (guint8) (255 - hue / 2) : (guint8) (hue / 3);
      at[1] = distance < 0.8 ? (guint8) (hue * 3) : 40;
      at[2] = (guint8) (x * 255 / width);
    }
  return image;
}

static limn_recipe *
new_recipe (const char *prompt, guint64 seed)
{
  limn_recipe *recipe = limn_recipe_new ();

  recipe->params.prompt = g_string_chunk_insert (recipe->strings, prompt);
  recipe->params.negative = "blurry";
  recipe->params.seed = seed;
  recipe->has_seed = true;
  recipe->params.steps = 11;
  recipe->params.cfg = 5.5f;
  recipe->params.width = 96;
  recipe->params.height = 64;
  recipe->params.sampler = LIMN_SAMPLER_DPMPP_2M;
  recipe->params.sigmas = LIMN_SIGMAS_KARRAS;
  return recipe;
}

static GBytes *
png_with (const limn_image *image, const char *text, const char *json)
{
  const struct limn_png_text texts[] = { { LIMN_RECIPE_TEXT, text },
                                         { LIMN_RECIPE_KEY, json, true } };
  g_autofree char *path = g_build_filename (g_get_tmp_dir (), "limn-test-results.png", NULL);
  g_autoptr (GError) error = NULL;
  char *bytes;
  gsize size;

  limn_png_save (image, path, texts, json != NULL ? 2 : 1, &error);
  g_assert_no_error (error);
  g_file_get_contents (path, &bytes, &size, &error);
  g_assert_no_error (error);
  g_unlink (path);
  return g_bytes_new_take (bytes, size);
}

static guint32
add_picture (LimnDocument *document, const char *prompt, guint64 seed, int width, int height)
{
  g_autoptr (limn_recipe) recipe = new_recipe (prompt, seed);
  g_autoptr (limn_image) image = draw (width, height, (guint) seed);
  g_autofree char *text = limn_recipe_to_text (recipe);
  g_autofree char *json = limn_recipe_to_json (recipe, NULL);
  g_autoptr (GBytes) png = png_with (image, text, json);

  return limn_document_add_result (document, png, text);
}

/* --- a strip in a window --- */

struct fixture {
  LimnStudio *studio;
  LimnDocument *document;
  LimnResults *results;
  GtkWidget *window, *strip;
  GActionGroup *actions;
  char *message;
};

static void
on_message (LimnStudio *studio, const char *sentence, struct fixture *fixture)
{
  g_free (fixture->message);
  fixture->message = g_strdup (sentence);
}

static void
set_up (struct fixture *fixture, gconstpointer data)
{
  *fixture = (struct fixture){ .document = limn_document_new (96, 64) };
  fixture->studio = limn_studio_new (fixture->document);
  g_signal_connect (fixture->studio, "message", G_CALLBACK (on_message), fixture);
  fixture->results = limn_results_for (fixture->studio);
  fixture->actions = limn_result_actions_new (fixture->studio);
  fixture->strip = limn_result_strip_new (fixture->studio);
  fixture->window = adw_window_new ();
  gtk_window_set_default_size (GTK_WINDOW (fixture->window), 700, 120);
  adw_window_set_content (ADW_WINDOW (fixture->window), fixture->strip);
  gtk_window_present (GTK_WINDOW (fixture->window));
}

static void
drain (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    continue;
}

static void
tear_down (struct fixture *fixture, gconstpointer data)
{
  g_object_ref (fixture->strip);
  gtk_window_destroy (GTK_WINDOW (fixture->window));
  drain ();
  g_assert_finalize_object (fixture->strip);
  g_assert_finalize_object (fixture->actions);
  g_assert_finalize_object (fixture->studio);
  g_assert_finalize_object (fixture->document);
  g_free (fixture->message);
}

static void
wait_until (bool (*done) (struct fixture *), struct fixture *fixture)
{
  while (!done (fixture))
    g_main_context_iteration (NULL, TRUE);
}

static void
activate (struct fixture *fixture, const char *action)
{
  g_action_group_activate_action (fixture->actions, action, NULL);
}

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
has_message (struct fixture *fixture)
{
  return fixture->message != NULL;
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
  guint32 first = add_picture (fixture->document, "a red house", 1, 96, 64);
  guint32 second = add_picture (fixture->document, "a blue house", 2, 96, 64);
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
  g_autoptr (limn_image) expected = draw (96, 64, 1);
  const limn_image *picture;

  add_picture (fixture->document, "one", 1, 96, 64);
  add_picture (fixture->document, "two", 2, 96, 64);
  drain ();
  limn_results_select (fixture->results, shown (fixture, 1));
  wait_until (has_picture, fixture);
  picture = limn_studio_get_picture (fixture->studio);
  g_assert_cmpmem (picture->pixels, 96 * 64 * 3, expected->pixels, 96 * 64 * 3);
  /* Another picture that grows: nothing of the strip is shown any more. */
  limn_studio_take_picture (fixture->studio, draw (8, 8, 9));
  g_assert_null (limn_results_get_selected (fixture->results));
}

static void
test_favourite_and_filter (struct fixture *fixture, gconstpointer data)
{
  guint32 kept = add_picture (fixture->document, "one", 1, 96, 64);
  g_autoptr (GVariant) state = NULL;

  add_picture (fixture->document, "two", 2, 96, 64);
  activate (fixture, "next");
  activate (fixture, "favourite");
  g_assert_true (limn_document_result (fixture->document, 0)->favourite);
  state = g_action_group_get_action_state (fixture->actions, "favourite");
  g_assert_true (g_variant_get_boolean (state));
  activate (fixture, "favourites-only");
  g_assert_cmpuint (n_shown (fixture), ==, 1);
  g_assert_cmpuint (limn_result_item_get_id (shown (fixture, 0)), ==, kept);
  activate (fixture, "favourites-only");
  g_assert_cmpuint (n_shown (fixture), ==, 2);
  limn_document_undo (fixture->document);
  g_assert_false (limn_result_item_get_favourite (shown (fixture, 1)));
}

static void
test_discard (struct fixture *fixture, gconstpointer data)
{
  for (guint i = 1; i <= 3; i++)
    add_picture (fixture->document, "one", i, 96, 64);
  drain ();
  activate (fixture, "next");
  g_assert_cmpstr (limn_result_item_get_seed (limn_results_get_selected (fixture->results)), ==,
                   "2");
  activate (fixture, "discard");
  g_assert_cmpuint (n_shown (fixture), ==, 2);
  g_assert_cmpstr (limn_result_item_get_seed (limn_results_get_selected (fixture->results)), ==,
                   "1");
  limn_document_undo (fixture->document);
  g_assert_cmpuint (n_shown (fixture), ==, 3);
  g_assert_cmpstr (limn_result_item_get_seed (shown (fixture, 1)), ==, "2");
  g_assert_true (limn_results_get_selected (fixture->results) == shown (fixture, 1));
  wait_until (has_picture, fixture);
  for (guint i = 0; i < 3; i++)
    activate (fixture, "discard");
  g_assert_cmpuint (n_shown (fixture), ==, 0);
  g_assert_null (limn_studio_get_picture (fixture->studio));
  g_assert_false (g_action_group_get_action_enabled (fixture->actions, "discard"));
}

static void
test_as_layer (struct fixture *fixture, gconstpointer data)
{
  const limn_layer *layer;
  cairo_rectangle_int_t area;

  add_picture (fixture->document, "one", 1, 48, 32);
  activate (fixture, "as-layer");
  wait_until (has_layer, fixture);
  layer = limn_document_layer (fixture->document, 0);
  area = limn_layer_area (layer);
  g_assert_cmpint (area.width, ==, 96);
  g_assert_cmpint (area.height, ==, 64);
  g_assert_cmpuint (limn_studio_get_layer (fixture->studio), ==, layer->id);
  limn_document_undo (fixture->document);
  g_assert_cmpuint (limn_document_n_layers (fixture->document), ==, 0);
}

static void
assert_settings (LimnDocument *document, const char *prompt, guint64 seed)
{
  g_assert_cmpstr (limn_document_get_text (document, LIMN_SETTING_PROMPT), ==, prompt);
  g_assert_cmpstr (limn_document_get_text (document, LIMN_SETTING_NEGATIVE), ==, "blurry");
  g_assert_cmpstr (limn_document_get_text (document, LIMN_SETTING_SCHEDULE), ==, "karras");
  g_assert_cmpint (g_variant_get_int32 (limn_document_get_value (document, LIMN_SETTING_STEPS)), ==,
                   11);
  g_assert_cmpfloat (g_variant_get_double (limn_document_get_value (document, LIMN_SETTING_CFG)),
                     ==, 5.5);
  g_assert_cmpuint (g_variant_get_uint64 (limn_document_get_value (document, LIMN_SETTING_SEED)),
                    ==, seed);
  g_assert_true (
      g_variant_get_boolean (limn_document_get_value (document, LIMN_SETTING_SEED_LOCKED)));
  /* The size is the canvas's. */
  g_assert_cmpint (g_variant_get_int32 (limn_document_get_value (document, LIMN_SETTING_WIDTH)), ==,
                   0);
}

static void
test_use_settings (struct fixture *fixture, gconstpointer data)
{
  add_picture (fixture->document, "a (red:1.2) house, \"old\"", 18446744073709551615u, 96, 64);
  activate (fixture, "use-settings");
  wait_until (has_message, fixture);
  assert_settings (fixture->document, "a (red:1.2) house, \"old\"", 18446744073709551615u);
  limn_document_undo (fixture->document);
  g_assert_cmpstr (limn_document_get_text (fixture->document, LIMN_SETTING_PROMPT), ==, "");
  g_assert_null (limn_document_undo_label (fixture->document));
  g_clear_pointer (&fixture->message, g_free);
  activate (fixture, "use-seed");
  wait_until (has_message, fixture);
  g_assert_cmpstr (limn_document_get_text (fixture->document, LIMN_SETTING_PROMPT), ==, "");
  g_assert_cmpuint (
      g_variant_get_uint64 (limn_document_get_value (fixture->document, LIMN_SETTING_SEED)), ==,
      18446744073709551615u);
}

/* What A1111 writes, with what Limn has not: a sentence names it. */
static void
test_foreign_recipe (struct fixture *fixture, gconstpointer data)
{
  static const char text[] = "a red house\nNegative prompt: blurry\n"
                             "Steps: 11, Sampler: DPM++ 2M Karras, CFG scale: 5.5, Seed: 7, "
                             "Size: 96x64, Model: somebody's mix, Clip skip: 2, RNG: CPU";
  g_autoptr (limn_image) image = draw (96, 64, 1);
  g_autoptr (GBytes) png = png_with (image, text, NULL);

  limn_recipe_apply_bytes (fixture->studio, png, "it");
  wait_until (has_message, fixture);
  assert_settings (fixture->document, "a red house", 7);
  g_assert_nonnull (strstr (fixture->message, "somebody's mix"));
  g_assert_nonnull (strstr (fixture->message, "Clip skip 2"));
}

static void
test_no_recipe (struct fixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("nothing", 7);

  limn_recipe_apply_bytes (fixture->studio, bytes, "notes.txt");
  wait_until (has_message, fixture);
  g_assert_true (g_str_has_prefix (fixture->message, "notes.txt: "));
  g_assert_null (limn_document_undo_label (fixture->document));
}

/* The layers that feed the same network get its weight, the second one the second's. */
static void
test_controls (struct fixture *fixture, gconstpointer data)
{
  g_autoptr (limn_recipe) recipe = new_recipe ("one", 1);
  const struct limn_control controls[] = {
    { .type = "scribble", .weight = 0.7f, .start = 0.1f, .end = 0.5f },
    { .type = "scribble", .weight = 1.5f, .end = 1, .mode = LIMN_CONTROL_PROMPT },
    { .type = "pose", .weight = 1, .end = 1 },
  };
  g_autofree char *sentence = NULL;

  limn_document_add_layer (fixture->document, LIMN_LAYER_SCRIBBLE, "a", 0);
  limn_document_add_layer (fixture->document, LIMN_LAYER_SCRIBBLE, "b", 1);
  recipe->params.controls = controls;
  recipe->params.n_controls = G_N_ELEMENTS (controls);
  sentence = limn_recipe_apply (recipe, fixture->document);
  g_assert_nonnull (strstr (sentence, "pose"));
  for (guint i = 0; i < 2; i++) {
    const limn_layer *layer = limn_document_layer (fixture->document, i);

    g_assert_cmpfloat (limn_layer_get_double (layer, LIMN_LAYER_WEIGHT), ==, i == 0 ? 0.7 : 1.5);
    g_assert_cmpfloat (limn_layer_get_double (layer, LIMN_LAYER_END), ==, i == 0 ? 0.5 : 1);
    g_assert_cmpstr (limn_layer_get_text (layer, LIMN_LAYER_MODE), ==,
                     i == 0 ? "balanced" : "prompt");
  }
  limn_document_undo (fixture->document);
  g_assert_cmpfloat (
      limn_layer_get_double (limn_document_layer (fixture->document, 0), LIMN_LAYER_WEIGHT), ==, 1);
}

static limn_recipe *
recipe_of_model (const char *path, const char *name, const char *fingerprint)
{
  limn_recipe *recipe = new_recipe ("one", 1);

  recipe->model.path = g_string_chunk_insert (recipe->strings, path);
  recipe->model.name = g_string_chunk_insert (recipe->strings, name);
  recipe->model.fingerprint = g_string_chunk_insert (recipe->strings, fingerprint);
  return recipe;
}

static void
apply_recipe (struct fixture *fixture, limn_recipe *recipe)
{
  g_autoptr (limn_image) image = draw (16, 16, 1);
  g_autofree char *json = limn_recipe_to_json (recipe, NULL);
  g_autoptr (GBytes) png = png_with (image, "", json);

  g_clear_pointer (&fixture->message, g_free);
  limn_recipe_apply_bytes (fixture->studio, png, "it");
  wait_until (has_message, fixture);
  limn_recipe_free (recipe);
}

/* By its fingerprint wherever it is now, else by its name, else a sentence says that it is not
 * there. */
static void
test_model (struct fixture *fixture, gconstpointer data)
{
  g_autofree char *path = limn_data_path ("models/starter");
  g_autofree char *fingerprint = limn_recipe_fingerprint (path, NULL);

  limn_document_set_value (fixture->document, LIMN_SETTING_MODEL,
                           g_variant_new_string ("/elsewhere"), 0);
  apply_recipe (fixture, recipe_of_model ("/gone/other", "other", "0123"));
  g_assert_cmpstr (limn_document_get_text (fixture->document, LIMN_SETTING_MODEL), ==,
                   "/elsewhere");
  g_assert_nonnull (strstr (fixture->message, "other"));
  apply_recipe (fixture, recipe_of_model ("/gone/other", "other", fingerprint));
  g_assert_cmpstr (limn_document_get_text (fixture->document, LIMN_SETTING_MODEL), ==, "");
  g_assert_null (strstr (fixture->message, "other"));
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
    add_picture (fixture->document, "one", i, 96, 64);
  draw_frames (fixture, 3);
  g_assert_true (gtk_widget_grab_focus (find_child (fixture->strip, "row")));
  press (fixture, "Right");
  press (fixture, "f");
  wait_until (is_second_favourite, fixture);
  press (fixture, "Return");
  wait_until (has_layer, fixture);
  press (fixture, "Delete");
  wait_until (is_two, fixture);
  g_assert_cmpstr (limn_result_item_get_seed (shown (fixture, 0)), ==, "3");
  g_assert_cmpstr (limn_result_item_get_seed (shown (fixture, 1)), ==, "1");
}

/* The recipe as text, gone with its picture. */
static void
test_details (struct fixture *fixture, gconstpointer data)
{
  GtkWidget *popover;

  add_picture (fixture->document, "a red house", 5, 96, 64);
  draw_frames (fixture, 3);
  activate (fixture, "details");
  draw_frames (fixture, 3);
  popover = find_child (fixture->strip, "popover");
  g_assert_nonnull (popover);
  g_assert_true (gtk_widget_get_mapped (popover));
  keep_picture_of (popover, "results-details");
  activate (fixture, "discard");
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

  add_picture (fixture->document, "a red / house", 5, 96, 64);
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
  add_picture (fixture->document, "one", 1, 96, 64);
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
    add_picture (fixture->document, "a red house by the sea, evening light", i + 1, sizes[i % 4][0],
                 sizes[i % 4][1]);
  drain ();
  activate (fixture, "next");
  activate (fixture, "favourite");
  activate (fixture, "next");
  draw_frames (fixture, 3);
  wait_until (is_drawn, fixture);
  wait_until (has_picture, fixture);
  g_assert_cmpint (gtk_widget_get_height (fixture->strip), >=, 92);
  draw_frames (fixture, 3);
  keep_picture (fixture, dark ? "results-dark" : "results");
  adw_style_manager_set_color_scheme (adw_style_manager_get_default (), ADW_COLOR_SCHEME_DEFAULT);
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *name;
    void (*func) (struct fixture *, gconstpointer);
    const char *data;
  } tests[] = {
    { "/results/newest-first", test_newest_first },
    { "/results/select-shows", test_select_shows },
    { "/results/favourite-and-filter", test_favourite_and_filter },
    { "/results/discard", test_discard },
    { "/results/as-layer", test_as_layer },
    { "/results/use-settings", test_use_settings },
    { "/results/foreign-recipe", test_foreign_recipe },
    { "/results/no-recipe", test_no_recipe },
    { "/results/controls", test_controls },
    { "/results/model", test_model },
    { "/results/keyboard", test_keyboard },
    { "/results/details", test_details },
    { "/results/content", test_content },
    { "/results/limit", test_limit },
    { "/results/other-document", test_other_document },
    { "/results/pictures", test_pictures },
    { "/results/pictures-dark", test_pictures, "dark" },
  };

  gtk_test_init (&argc, &argv, NULL);
  adw_init ();
  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].name, struct fixture, tests[i].data, set_up, tests[i].func, tear_down);
  return g_test_run ();
}
