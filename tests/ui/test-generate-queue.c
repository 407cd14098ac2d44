/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gstdio.h>
#include <string.h>

#include "generate-fixture.h"
#include "document/inputs.h"
#include "paths.h"
#include "preferences.h"
#include "recipe-json.h"
#include "recipe-text.h"

/* Pictures from drawings, by the queue, on the device cpu with the bundled model. */

static LimnDocument *
document_of (LimnStudio *studio)
{
  return limn_studio_get_document (studio);
}

/* --- a picture --- */

/* What @result's PNG says of itself. */
static limn_recipe *
read_recipe (const limn_result *result)
{
  g_autoptr (GError) error = NULL;
  gsize size;
  const void *bytes = g_bytes_get_data (result->png, &size);
  g_autoptr (GPtrArray) texts = limn_png_texts_decode (bytes, size, "result", &error);
  const char *json, *text;
  limn_recipe *recipe;

  g_assert_no_error (error);
  text = limn_png_texts_find (texts, LIMN_RECIPE_TEXT);
  json = limn_png_texts_find (texts, LIMN_RECIPE_KEY);
  g_assert_cmpstr (text, ==, result->recipe);
  g_assert_nonnull (json);
  recipe = limn_recipe_from_json (json, strlen (json), "result", &error);
  g_assert_no_error (error);
  return recipe;
}

static limn_image *
read_picture (const limn_result *result)
{
  g_autoptr (GError) error = NULL;
  gsize size;
  const void *bytes = g_bytes_get_data (result->png, &size);
  limn_image *image = limn_png_decode (bytes, size, "result", &error);

  g_assert_no_error (error);
  return image;
}

static void
assert_same_pixels (const limn_image *a, const limn_image *b)
{
  g_assert_cmpint (a->width, ==, b->width);
  g_assert_cmpint (a->height, ==, b->height);
  g_assert_cmpint (a->channels, ==, b->channels);
  g_assert_cmpmem (a->pixels, (gsize) a->width * (gsize) a->height * (gsize) a->channels, b->pixels,
                   (gsize) b->width * (gsize) b->height * (gsize) b->channels);
}

/* `limn generate --from` gives the same picture. */
static void
assert_drawn_again (const limn_result *result)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp ("limn-test-XXXXXX", &error);
  g_autofree char *from = g_build_filename (folder, "from.png", NULL);
  g_autofree char *out = g_build_filename (folder, "out.png", NULL);
  g_autofree char *err = NULL;
  const char *argv[] = {
    g_getenv ("LIMN_PROGRAM"), "generate", "--from", from, "--device", "cpu", "--out", out, NULL
  };
  g_autoptr (limn_image) first = read_picture (result), again = NULL;
  gsize size;
  const char *bytes = g_bytes_get_data (result->png, &size);
  int status;

  g_assert_true (g_file_set_contents (from, bytes, (gssize) size, NULL));
  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL,
                               NULL, &err, &status, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (err, ==, "");
  g_assert_cmpint (status, ==, 0);
  again = limn_png_load (out, &error);
  g_assert_no_error (error);
  assert_same_pixels (first, again);
  g_unlink (from);
  g_unlink (out);
  g_rmdir (folder);
}

static void
test_result (void)
{
  LimnStudio *studio = fixture_studio_new ();
  struct fixture_messages *messages = fixture_listen (studio);
  const limn_result *result;
  g_autoptr (limn_recipe) recipe = NULL;
  g_autoptr (limn_image) picture = NULL;
  guint64 seed;

  fixture_ask (studio, 1);
  fixture_wait (limn_job_has_ended (fixture_job (0)));
  g_assert_cmpstr (limn_job_get_error (fixture_job (0)), ==, NULL);
  g_assert_cmpint (limn_job_get_state (fixture_job (0)), ==, LIMN_JOB_DONE);
  g_assert_cmpint (limn_job_get_step (fixture_job (0)), ==, 4);
  g_assert_cmpstr (limn_job_get_title (fixture_job (0)), ==, "a red balloon");
  g_assert_cmpuint (messages->count, ==, 0);
  g_assert_true (limn_queue_get_ready (limn_queue_get_default ()));
  g_assert_true (limn_queue_last_seed (limn_queue_get_default (), studio, &seed));
  g_assert_cmpuint (seed, ==, 7);

  g_assert_cmpuint (limn_document_n_results (document_of (studio)), ==, 1);
  result = limn_document_result (document_of (studio), 0);
  recipe = read_recipe (result);
  g_assert_cmpstr (recipe->params.prompt, ==, "a red balloon");
  g_assert_cmpuint (recipe->params.seed, ==, 7);
  g_assert_cmpint (recipe->params.steps, ==, 4);
  g_assert_cmpint (recipe->params.width, ==, 256);
  g_assert_cmpint (recipe->params.height, ==, 256);
  g_assert_cmpuint (recipe->params.n_controls, ==, 1);
  g_assert_cmpstr (recipe->params.controls[0].type, ==, "scribble");
  g_assert_cmpstr (recipe->model.path, ==, "limn:models/starter");
  g_assert_nonnull (recipe->model.fingerprint);
  g_assert_nonnull (recipe->controlnets[0].fingerprint);
  picture = read_picture (result);
  assert_same_pixels (limn_studio_get_picture (studio), picture);
  assert_drawn_again (result);
  fixture_studio_free (studio);
}

struct pictures {
  guint during, widths;
};

static void
on_picture (LimnStudio *studio, struct pictures *pictures)
{
  LimnJob *job = limn_queue_get_running (limn_queue_get_default ());
  const limn_image *picture = limn_studio_get_picture (studio);

  if (job != NULL && limn_job_get_state (job) == LIMN_JOB_RUNNING)
    pictures->during++;
  pictures->widths += picture->width == 256;
}

/* They change nothing in the result, whatever their kind. */
static void
test_previews (void)
{
  LimnStudio *studio = fixture_studio_new ();
  struct pictures pictures = { 0 };
  g_autoptr (limn_image) bare = NULL, shown = NULL;

  fixture_set_int (studio, LIMN_SETTING_STEPS, 20);
  limn_queue_generate (limn_queue_get_default (), studio);
  g_signal_connect (studio, "picture-changed", G_CALLBACK (on_picture), &pictures);
  fixture_wait (limn_document_n_results (document_of (studio)) == 1);
  g_assert_cmpuint (pictures.during, >, 0);
  g_assert_cmpuint (pictures.widths, >, pictures.during);

  g_settings_set_string (limn_preferences (), "preview", "none");
  pictures = (struct pictures){ 0 };
  limn_queue_generate (limn_queue_get_default (), studio);
  fixture_wait (limn_document_n_results (document_of (studio)) == 2);
  g_assert_cmpuint (pictures.during, ==, 0);
  g_assert_cmpuint (pictures.widths, ==, 1);
  g_settings_reset (limn_preferences (), "preview");
  shown = read_picture (limn_document_result (document_of (studio), 0));
  bare = read_picture (limn_document_result (document_of (studio), 1));
  assert_same_pixels (shown, bare);
  fixture_studio_free (studio);
}

/* The picture to begin with, a second layer of the same drawing, a style, and sizes that the canvas
 * tells. */
static void
test_all_inputs (void)
{
  LimnStudio *studio = fixture_studio_new ();
  LimnDocument *document = document_of (studio);
  g_autoptr (limn_image) image = limn_image_new (300, 100, 3);
  g_autoptr (limn_recipe) recipe = NULL;
  guint32 second = limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "more", 0);
  struct limn_point points[] = { limn_point_new (20, 20, 1, 0), limn_point_new (300, 90, 1, 8) };

  memset (image->pixels, 200, 300 * 100 * 3);
  g_assert_true (limn_document_resize (document, 384, 192, 0, 0));
  limn_document_set_layer (document, second, LIMN_LAYER_CONTROL, g_variant_new_string ("scribble"),
                           0);
  g_assert_true (
      limn_document_paint (document, second, limn_op_stroke (&limn_brush_default, points, 2)));
  g_assert_cmpuint (limn_document_add_picture (document, image, "paper", 30, 40, 0), !=, 0);
  fixture_set_bool (studio, LIMN_SETTING_IMAGE_TO_IMAGE, true);
  fixture_set_text (studio, LIMN_SETTING_PROMPT, "a {red|blue} balloon # a note");
  fixture_set_text (studio, LIMN_SETTING_STYLE_PROMPT, "{prompt}, watercolour");
  fixture_set_text (studio, LIMN_SETTING_STYLE_NEGATIVE, "photo");
  fixture_ask (studio, 1);
  fixture_wait (limn_job_has_ended (fixture_job (0)));
  g_assert_cmpint (limn_job_get_state (fixture_job (0)), ==, LIMN_JOB_DONE);

  recipe = read_recipe (limn_document_result (document, 0));
  g_assert_true (g_str_equal (recipe->params.prompt, "a red balloon, watercolour") ||
                 g_str_equal (recipe->params.prompt, "a blue balloon, watercolour"));
  g_assert_cmpstr (recipe->params.negative, ==, "photo");
  /* About the area of 256 x 256, twice as wide as high. */
  g_assert_cmpint (recipe->params.width, ==, 360);
  g_assert_cmpint (recipe->params.height, ==, 184);
  g_assert_cmpuint (recipe->params.n_controls, ==, 1);
  g_assert_nonnull (recipe->params.init);
  g_assert_cmpint (recipe->params.init->width, ==, 360);
  assert_drawn_again (limn_document_result (document, 0));
  fixture_studio_free (studio);
}

/* --- the queue --- */

static void
test_count_and_order (void)
{
  LimnStudio *studio = fixture_studio_new ();
  LimnQueue *queue = limn_queue_get_default ();
  GListModel *list = G_LIST_MODEL (queue);
  LimnJob *last;

  fixture_set_int (studio, LIMN_SETTING_COUNT, 4);
  fixture_ask (studio, 4);
  g_assert_cmpuint (limn_queue_get_waiting (queue), ==, 3);
  g_assert_true (limn_queue_get_running (queue) == fixture_job (0));
  for (guint i = 0; i < 4; i++)
    g_assert_cmpuint (limn_job_get_seed (fixture_job (i)), ==, 7 + i);

  last = fixture_job (3);
  g_assert_true (limn_queue_move (queue, last, -1));
  g_assert_true (fixture_job (2) == last);
  g_assert_true (limn_queue_move (queue, last, 1));
  g_assert_false (limn_queue_move (queue, last, 1));
  g_assert_true (limn_queue_move (queue, last, G_MININT));
  g_assert_true (fixture_job (1) == last);
  g_assert_false (limn_queue_move (queue, last, -1));
  g_assert_false (limn_queue_move (queue, fixture_job (0), 1));
  limn_queue_cancel (queue, fixture_job (3));
  g_assert_cmpuint (g_list_model_get_n_items (list), ==, 3);

  fixture_wait (limn_document_n_results (document_of (studio)) == 3);
  fixture_wait (limn_queue_get_running (queue) == NULL);
  for (guint i = 0; i < 3; i++) {
    static const guint64 seeds[] = { 7, 10, 8 };
    g_autoptr (limn_recipe) recipe = read_recipe (limn_document_result (document_of (studio), i));

    g_assert_cmpuint (recipe->params.seed, ==, seeds[i]);
  }
  limn_queue_clear_finished (queue);
  g_assert_cmpuint (g_list_model_get_n_items (list), ==, 0);
  fixture_studio_free (studio);
}

static void
test_random_seed (void)
{
  LimnStudio *studio = fixture_studio_new ();
  LimnQueue *queue = limn_queue_get_default ();

  fixture_set_bool (studio, LIMN_SETTING_SEED_LOCKED, false);
  fixture_ask (studio, 1);
  fixture_ask (studio, 2);
  g_assert_cmpuint (limn_job_get_seed (fixture_job (0)), !=, limn_job_get_seed (fixture_job (1)));
  limn_queue_cancel_all (queue, studio);
  fixture_wait (limn_queue_get_running (queue) == NULL);
  g_assert_cmpuint (limn_queue_get_waiting (queue), ==, 0);
  fixture_studio_free (studio);
}

static void
test_cancel (void)
{
  LimnStudio *studio = fixture_studio_new ();
  struct fixture_messages *messages = fixture_listen (studio);
  LimnQueue *queue = limn_queue_get_default ();
  LimnJob *job;
  int at;

  fixture_set_int (studio, LIMN_SETTING_STEPS, 1000);
  fixture_ask (studio, 1);
  job = fixture_job (0);
  fixture_wait (limn_job_get_step (job) >= 2);
  g_assert_cmpfloat (limn_job_get_seconds_left (job), >, 0);
  g_assert_cmpfloat (limn_job_get_fraction (job), >, 0);
  g_assert_cmpuint (limn_job_get_memory (job), >, 1 << 20);
  at = limn_job_get_step (job);
  limn_queue_cancel (queue, job);
  fixture_wait (limn_job_has_ended (job));
  g_assert_cmpint (limn_job_get_state (job), ==, LIMN_JOB_CANCELLED);
  /* One was under way, and the worker may have been one ahead of what the main loop knew. */
  g_assert_cmpint (limn_job_get_step (job), <=, at + 2);
  g_assert_cmpuint (messages->count, ==, 0);
  g_assert_cmpuint (limn_document_n_results (document_of (studio)), ==, 0);

  /* The next one is drawn as if nothing had been. */
  fixture_set_int (studio, LIMN_SETTING_STEPS, 2);
  fixture_ask (studio, 2);
  fixture_wait (limn_job_has_ended (fixture_job (1)));
  g_assert_cmpint (limn_job_get_state (fixture_job (1)), ==, LIMN_JOB_DONE);
  fixture_studio_free (studio);
}

/* A window that is closed takes its pictures with it; those of another are drawn. */
static void
test_closed_window (void)
{
  LimnStudio *closed = fixture_studio_new (), *open = fixture_studio_new ();
  LimnQueue *queue = limn_queue_get_default ();

  fixture_set_int (closed, LIMN_SETTING_STEPS, 1000);
  fixture_set_int (closed, LIMN_SETTING_COUNT, 3);
  fixture_ask (closed, 3);
  fixture_ask (open, 4);
  fixture_wait (limn_job_get_step (fixture_job (0)) >= 1);
  g_assert_finalize_object (closed);
  fixture_wait (limn_document_n_results (document_of (open)) == 1);
  g_assert_cmpint (limn_job_get_state (fixture_job (0)), ==, LIMN_JOB_CANCELLED);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (queue)), ==, 2);
  fixture_studio_free (open);
}

/* The window shows another document: the picture belongs to the one that it was asked for. */
static void
test_replaced_document (void)
{
  LimnStudio *studio = fixture_studio_new ();
  g_autoptr (LimnDocument) first = g_object_ref (document_of (studio));
  g_autoptr (LimnDocument) second = limn_document_new (64, 64);

  fixture_ask (studio, 1);
  limn_studio_set_document (studio, second);
  fixture_wait (limn_job_has_ended (fixture_job (0)));
  g_assert_cmpint (limn_job_get_state (fixture_job (0)), ==, LIMN_JOB_DONE);
  g_assert_cmpuint (limn_document_n_results (first), ==, 1);
  g_assert_cmpuint (limn_document_n_results (second), ==, 0);
  g_assert_null (limn_studio_get_picture (studio));
  fixture_studio_free (studio);
}

/* --- what goes wrong --- */

static void
fail_and_go_on (limn_setting setting, const char *bad, const char *good, const char *sentence)
{
  LimnStudio *studio = fixture_studio_new ();
  struct fixture_messages *messages = fixture_listen (studio);

  fixture_set_text (studio, setting, bad);
  fixture_ask (studio, 1);
  fixture_ask (studio, 2);
  fixture_set_text (studio, setting, good);
  fixture_ask (studio, 3);
  fixture_wait (limn_job_has_ended (fixture_job (2)));
  for (guint i = 0; i < 2; i++) {
    g_assert_cmpint (limn_job_get_state (fixture_job (i)), ==, LIMN_JOB_FAILED);
    g_assert_nonnull (strstr (limn_job_get_error (fixture_job (i)), sentence));
  }
  g_assert_cmpstr (messages->last, ==, limn_job_get_error (fixture_job (0)));
  /* The same sentence is said once. */
  g_assert_cmpuint (messages->count, ==, 1);
  g_assert_cmpint (limn_job_get_state (fixture_job (2)), ==, LIMN_JOB_DONE);
  fixture_studio_free (studio);
}

static void
test_no_such_model (void)
{
  fail_and_go_on (LIMN_SETTING_MODEL, "/no/such/model", "", "/no/such/model");
}

static void
test_no_such_device (void)
{
  fail_and_go_on (LIMN_SETTING_DEVICE, "abacus", "cpu", "\"abacus\"");
}

static void
test_too_large (void)
{
  LimnStudio *studio = fixture_studio_new ();

  fixture_set_int (studio, LIMN_SETTING_WIDTH, 16384);
  fixture_set_int (studio, LIMN_SETTING_HEIGHT, 16384);
  fixture_ask (studio, 1);
  fixture_wait (limn_job_has_ended (fixture_job (0)));
  g_assert_cmpint (limn_job_get_state (fixture_job (0)), ==, LIMN_JOB_FAILED);
  g_assert_nonnull (strstr (limn_job_get_error (fixture_job (0)), "16384 × 16384"));
  fixture_studio_free (studio);
}

/* A layer for a ControlNet that the model lacks. */
static void
test_left_out (void)
{
  LimnStudio *studio = fixture_studio_new ();
  struct fixture_messages *messages = fixture_listen (studio);
  LimnDocument *document = document_of (studio);
  g_autoptr (limn_recipe) recipe = NULL;

  limn_document_set_layer (document, limn_document_layer (document, 0)->id, LIMN_LAYER_CONTROL,
                           g_variant_new_string ("canny"), 0);
  fixture_ask (studio, 1);
  fixture_wait (limn_job_has_ended (fixture_job (0)));
  g_assert_cmpint (limn_job_get_state (fixture_job (0)), ==, LIMN_JOB_DONE);
  g_assert_cmpuint (messages->count, ==, 1);
  g_assert_nonnull (strstr (messages->last, "canny"));
  recipe = read_recipe (limn_document_result (document, 0));
  g_assert_cmpuint (recipe->params.n_controls, ==, 0);
  fixture_studio_free (studio);
}

static void
run (const char *program, const char *a, const char *b, const char *c)
{
  const char *argv[] = { program, a, b, c, NULL };
  g_autoptr (GError) error = NULL;
  int status;

  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
                               NULL, &status, &error));
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 0);
}

/* Loaded once, a model is used on when its files have gone; another one in its place is read. */
static void
test_vanished_model (void)
{
  LimnStudio *studio = fixture_studio_new ();
  g_autofree char *starter = limn_data_path ("models/starter");
  g_autofree char *folder = g_dir_make_tmp ("limn-test-XXXXXX", NULL);
  g_autofree char *model = g_build_filename (folder, "model", NULL);
  g_autofree char *config = g_build_filename (model, "unet", "config.json", NULL);
  g_autoptr (limn_image) first = NULL, second = NULL;

  run ("cp", "-r", starter, model);
  fixture_set_text (studio, LIMN_SETTING_MODEL, model);
  fixture_ask (studio, 1);
  fixture_wait (limn_job_has_ended (fixture_job (0)));
  run ("rm", "-r", "-f", model);
  fixture_ask (studio, 2);
  fixture_wait (limn_job_has_ended (fixture_job (1)));
  g_assert_cmpint (limn_job_get_state (fixture_job (1)), ==, LIMN_JOB_DONE);
  first = read_picture (limn_document_result (document_of (studio), 0));
  second = read_picture (limn_document_result (document_of (studio), 1));
  assert_same_pixels (first, second);

  run ("cp", "-r", starter, model);
  g_assert_true (g_file_set_contents (config, "{", 1, NULL));
  fixture_ask (studio, 3);
  fixture_wait (limn_job_has_ended (fixture_job (2)));
  g_assert_cmpint (limn_job_get_state (fixture_job (2)), ==, LIMN_JOB_FAILED);
  g_assert_nonnull (strstr (limn_job_get_error (fixture_job (2)), config));
  run ("rm", "-r", "-f", folder);
  fixture_studio_free (studio);
}

/* --- requests --- */

static limn_request *
make (LimnStudio *studio)
{
  limn_request *request = limn_request_try (document_of (studio));

  g_assert_nonnull (request);
  return request;
}

static void
test_request_equal (void)
{
  LimnStudio *studio = fixture_studio_new ();
  LimnDocument *document = document_of (studio);
  guint32 id = limn_document_layer (document, 0)->id;
  g_autoptr (limn_request) first = make (studio), again = make (studio), drawn = NULL;
  g_autoptr (limn_request) undone = NULL, hidden = NULL, empty = NULL, named = NULL;

  g_assert_true (limn_request_equal (first, again));
  fixture_draw_line (studio, 10, 10, 60, 40);
  drawn = make (studio);
  g_assert_false (limn_request_equal (first, drawn));
  g_assert_true (limn_document_undo (document));
  undone = make (studio);
  g_assert_true (limn_request_equal (first, undone));
  g_assert_true (limn_document_redo (document));
  g_clear_pointer (&undone, limn_request_unref);
  undone = make (studio);
  g_assert_true (limn_request_equal (drawn, undone));

  /* What does not show in the picture is no difference. */
  limn_document_set_layer (document, id, LIMN_LAYER_NAME, g_variant_new_string ("x"), 0);
  limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "empty", 1);
  named = make (studio);
  g_assert_true (limn_request_equal (drawn, named));
  limn_document_set_layer (document, id, LIMN_LAYER_VISIBLE, g_variant_new_boolean (FALSE), 0);
  hidden = make (studio);
  g_assert_cmpuint (hidden->layers->len, ==, 0);
  fixture_studio_free (studio);
}

/* A photograph is packed over several turns of the main loop. */
static void
on_photo (limn_request *request, gpointer data)
{
  *(limn_request **) data = request;
}

static void
test_request_of_photo (void)
{
  g_autoptr (limn_image) photo = limn_image_new (1500, 1300, 3);
  g_autoptr (GRand) random = g_rand_new_with_seed (5);
  g_autoptr (LimnDocument) document = limn_document_new (1500, 1300);
  limn_request *request = NULL;
  g_autoptr (limn_request) own = NULL;
  cairo_surface_t *pixels = limn_pixels_new (1500, 1300), *wanted;

  for (gsize i = 0; i < 1500 * 1300 * 3; i++)
    photo->pixels[i] = (guint8) g_rand_int (random);
  limn_document_add_picture (document, photo, "photo", 0, 0, 0);
  limn_document_set_value (document, LIMN_SETTING_IMAGE_TO_IMAGE, g_variant_new_boolean (TRUE), 0);
  g_assert_null (limn_request_try (document));
  limn_request_make (document, NULL, on_photo, &request);
  g_assert_null (request);
  fixture_wait (request != NULL);
  own = request;
  g_assert_cmpuint (request->layers->len, ==, 1);
  limn_snapshot_restore (((struct limn_request_layer *) request->layers->pdata[0])->pixels, pixels,
                         limn_pixels_area (pixels));
  wanted = limn_document_layer (document, 0)->pixels;
  for (int y = 0; y < 1300; y++)
    g_assert_cmpmem (limn_pixels_row (pixels, y), 1500 * 4, limn_pixels_row (wanted, y), 1500 * 4);
  cairo_surface_destroy (pixels);
}

/* While a stroke grows nothing is copied. */
static void
test_request_in_stroke (void)
{
  LimnStudio *studio = fixture_studio_new ();
  LimnDocument *document = document_of (studio);
  limn_request *request = NULL;
  g_autoptr (limn_request) own = NULL, after = NULL;

  g_assert_true (limn_document_stroke_begin (document, limn_document_layer (document, 0)->id,
                                             &limn_brush_default));
  limn_document_stroke_add (document, 20, 200, 1, 0);
  limn_document_stroke_add (document, 200, 220, 1, 10);
  g_assert_null (limn_request_try (document));
  limn_request_make (document, NULL, on_photo, &request);
  fixture_settle ();
  g_assert_null (request);
  g_assert_true (limn_document_stroke_end (document));
  fixture_wait (request != NULL);
  own = request;
  after = make (studio);
  g_assert_true (limn_request_equal (request, after));
  fixture_studio_free (studio);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/generate/result", test_result);
  g_test_add_func ("/generate/previews", test_previews);
  g_test_add_func ("/generate/all-inputs", test_all_inputs);
  g_test_add_func ("/generate/count-and-order", test_count_and_order);
  g_test_add_func ("/generate/random-seed", test_random_seed);
  g_test_add_func ("/generate/cancel", test_cancel);
  g_test_add_func ("/generate/closed-window", test_closed_window);
  g_test_add_func ("/generate/replaced-document", test_replaced_document);
  g_test_add_func ("/generate/no-such-model", test_no_such_model);
  g_test_add_func ("/generate/no-such-device", test_no_such_device);
  g_test_add_func ("/generate/too-large", test_too_large);
  g_test_add_func ("/generate/left-out", test_left_out);
  g_test_add_func ("/generate/vanished-model", test_vanished_model);
  g_test_add_func ("/request/equal", test_request_equal);
  g_test_add_func ("/request/photo", test_request_of_photo);
  g_test_add_func ("/request/in-stroke", test_request_in_stroke);
  return g_test_run ();
}
