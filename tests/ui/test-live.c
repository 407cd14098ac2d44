/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "generate-fixture.h"
#include "generate/live-private.h"
#include "generate/live.h"

/* Live mode: when it draws, and when it does not. */

#define NEVER 1e6 /* seconds */

/* What live mode has begun. */
struct watch {
  guint count;
  LimnJob *last; /* owned */
};

static void
on_running (LimnQueue *queue, GParamSpec *pspec, struct watch *watch)
{
  LimnJob *job = limn_queue_get_running (queue);

  if (job == NULL || job == watch->last || !limn_job_get_live (job))
    return;
  watch->count++;
  g_set_object (&watch->last, job);
}

static bool
is_idle (void)
{
  return limn_queue_get_running (limn_queue_get_default ()) == NULL;
}

/* A studio whose first live picture is there. */
static LimnStudio *
studio_new (struct watch *watch)
{
  LimnStudio *studio = fixture_studio_new ();

  *watch = (struct watch){ 0 };
  g_signal_connect (limn_queue_get_default (), "notify::running", G_CALLBACK (on_running), watch);
  limn_live_set_pause (limn_live_get (studio), 0);
  fixture_settle ();
  g_assert_cmpuint (watch->count, ==, 0);
  fixture_set_bool (studio, LIMN_SETTING_LIVE, true);
  fixture_wait (watch->count == 1 && is_idle ());
  g_assert_cmpint (limn_job_get_state (watch->last), ==, LIMN_JOB_DONE);
  return studio;
}

static void
studio_free (LimnStudio *studio, struct watch *watch)
{
  g_clear_object (&watch->last);
  fixture_studio_free (studio);
}

static void
begin_stroke (LimnStudio *studio)
{
  LimnDocument *document = limn_studio_get_document (studio);

  limn_studio_set_drawing (studio, true);
  g_assert_true (limn_document_stroke_begin (document, limn_document_layer (document, 0)->id,
                                             &limn_brush_default));
}

static void
end_stroke (LimnStudio *studio)
{
  g_assert_true (limn_document_stroke_end (limn_studio_get_document (studio)));
  limn_studio_set_drawing (studio, false);
}

/* --- strokes --- */

static void
test_stroke (void)
{
  struct watch watch;
  LimnStudio *studio = studio_new (&watch);
  LimnDocument *document = limn_studio_get_document (studio);
  const limn_image *before = limn_studio_get_picture (studio);

  g_assert_nonnull (before);
  begin_stroke (studio);
  for (int i = 0; i < 30; i++) {
    limn_document_stroke_add (document, 20 + 7 * i, 200, 1, (guint32) i * 8);
    fixture_settle ();
    g_assert_cmpuint (watch.count, ==, 1);
    g_assert_true (is_idle ());
  }
  end_stroke (studio);
  fixture_wait (watch.count == 2 && is_idle ());
  g_assert_cmpint (limn_job_get_state (watch.last), ==, LIMN_JOB_DONE);
  fixture_settle ();
  g_assert_cmpuint (watch.count, ==, 2);
  g_assert_true (limn_studio_get_picture (studio) != before);
  /* Live pictures are no results, nor in the list. */
  g_assert_cmpuint (limn_document_n_results (document), ==, 0);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (limn_queue_get_default ())), ==, 0);
  studio_free (studio, &watch);
}

/* A shape that is being pulled changes no pixel until it is let go. */
static void
test_shape_under_way (void)
{
  struct watch watch;
  LimnStudio *studio = studio_new (&watch);

  limn_studio_set_drawing (studio, true);
  fixture_draw_line (studio, 5, 5, 90, 30);
  fixture_settle ();
  g_assert_cmpuint (watch.count, ==, 1);
  limn_studio_set_drawing (studio, false);
  fixture_wait (watch.count == 2 && is_idle ());
  studio_free (studio, &watch);
}

static void
test_undo_and_layers (void)
{
  struct watch watch;
  LimnStudio *studio = studio_new (&watch);
  LimnDocument *document = limn_studio_get_document (studio);
  guint32 id = limn_document_layer (document, 0)->id;

  fixture_draw_line (studio, 10, 10, 200, 40);
  fixture_wait (watch.count == 2 && is_idle ());
  g_assert_true (limn_document_undo (document));
  fixture_wait (watch.count == 3 && is_idle ());

  /* Nothing that a picture depends on has changed in the end. */
  g_assert_true (limn_document_redo (document));
  g_assert_true (limn_document_undo (document));
  limn_document_set_layer (document, id, LIMN_LAYER_NAME, g_variant_new_string ("lines"), 0);
  limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "empty", 1);
  fixture_settle ();
  g_assert_cmpuint (watch.count, ==, 3);
  g_assert_true (is_idle ());

  limn_document_set_layer (document, id, LIMN_LAYER_VISIBLE, g_variant_new_boolean (FALSE), 0);
  fixture_wait (watch.count == 4 && is_idle ());
  studio_free (studio, &watch);
}

/* --- typing --- */

static void
test_word (void)
{
  static const char *const typed[] = { "a", "a ", "a r", "a re", "a red", "a red ", "a red k" };
  struct watch watch;
  LimnStudio *studio = studio_new (&watch);

  limn_live_set_pause (limn_live_get (studio), NEVER);
  for (gsize i = 0; i < G_N_ELEMENTS (typed); i++) {
    fixture_set_text (studio, LIMN_SETTING_PROMPT, typed[i]);
    fixture_settle ();
    g_assert_cmpuint (watch.count, ==, 1);
    g_assert_true (is_idle ());
  }
  /* A stroke meanwhile does not end the word. */
  fixture_draw_line (studio, 10, 10, 200, 40);
  fixture_settle ();
  g_assert_cmpuint (watch.count, ==, 1);

  fixture_set_text (studio, LIMN_SETTING_PROMPT, "a red kite");
  limn_live_set_pause (limn_live_get (studio), 0);
  fixture_wait (watch.count == 2 && is_idle ());
  g_assert_cmpstr (limn_job_get_request (watch.last)->prompt, ==, "a red kite");
  fixture_settle ();
  g_assert_cmpuint (watch.count, ==, 2);
  studio_free (studio, &watch);
}

static void
test_pauses (void)
{
  static const struct {
    const char *before, *after;
    double picture, pause;
  } cases[] = {
    { "", "a", 0.5, 2 },
    { "a", "a ", 0.5, 1 },
    { "a ", "a cat", 0.5, 2 },
    { "a cat", "a cat,", 0.5, 1 },
    { "a cat,", "a cat", 0.5, 2 },
    { "a cat sits", "a fat cat sits", 0.5, 1 },
    { "a cat sits", "a cats sits", 0.5, 2 },
    { "x", "", 0.5, 1 },
    { "Ж", "Жа", 0.5, 2 },
    { "a", "a ", 2, 2 },
    { "a", "ab", 2, 3 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpfloat (limn_live_pause_after (1, cases[i].picture, cases[i].before, cases[i].after),
                       ==, cases[i].pause);
}

/* --- what is out of date --- */

static void
test_out_of_date (void)
{
  struct watch watch;
  LimnStudio *studio = studio_new (&watch);
  g_autoptr (LimnJob) old = NULL;

  fixture_set_int (studio, LIMN_SETTING_STEPS, 1000);
  fixture_wait (watch.count == 2 && limn_job_get_step (watch.last) >= 1);
  old = g_object_ref (watch.last);
  /* As long as nothing differs, it goes on. */
  limn_document_set_layer (limn_studio_get_document (studio),
                           limn_document_layer (limn_studio_get_document (studio), 0)->id,
                           LIMN_LAYER_NAME, g_variant_new_string ("lines"), 0);
  fixture_settle ();
  g_assert_false (limn_job_has_ended (old));

  fixture_set_int (studio, LIMN_SETTING_STEPS, 3);
  fixture_wait (watch.count == 3 && is_idle ());
  g_assert_cmpint (limn_job_get_state (old), ==, LIMN_JOB_CANCELLED);
  g_assert_cmpint (limn_job_get_step (old), <, 1000);
  g_assert_cmpint (limn_job_get_state (watch.last), ==, LIMN_JOB_DONE);
  studio_free (studio, &watch);
}

/* Many changes, while the first is drawn, are one job. */
static void
test_one_in_flight (void)
{
  struct watch watch;
  LimnStudio *studio = studio_new (&watch);

  fixture_set_int (studio, LIMN_SETTING_STEPS, 1000);
  fixture_wait (watch.count == 2 && limn_job_get_step (watch.last) >= 1);
  fixture_set_int (studio, LIMN_SETTING_STEPS, 3);
  for (int i = 0; i < 10; i++)
    fixture_draw_line (studio, 10, 10 + 20 * i, 200, 20 * i);
  fixture_wait (watch.count == 3 && is_idle ());
  fixture_settle ();
  g_assert_cmpuint (watch.count, ==, 3);
  studio_free (studio, &watch);
}

static void
test_off (void)
{
  struct watch watch;
  LimnStudio *studio = studio_new (&watch);

  fixture_set_int (studio, LIMN_SETTING_STEPS, 1000);
  fixture_wait (watch.count == 2 && limn_job_get_step (watch.last) >= 1);
  fixture_set_bool (studio, LIMN_SETTING_LIVE, false);
  fixture_wait (is_idle ());
  g_assert_cmpint (limn_job_get_state (watch.last), ==, LIMN_JOB_CANCELLED);
  fixture_set_int (studio, LIMN_SETTING_STEPS, 3);
  fixture_draw_line (studio, 10, 10, 200, 40);
  fixture_settle ();
  g_assert_cmpuint (watch.count, ==, 2);
  studio_free (studio, &watch);
}

static void
test_replaced_document (void)
{
  struct watch watch;
  LimnStudio *studio = studio_new (&watch);
  g_autoptr (LimnDocument) other = limn_document_new (64, 64);

  fixture_set_int (studio, LIMN_SETTING_STEPS, 1000);
  fixture_wait (watch.count == 2 && limn_job_get_step (watch.last) >= 1);
  limn_studio_set_document (studio, other);
  fixture_wait (is_idle ());
  g_assert_cmpint (limn_job_get_state (watch.last), ==, LIMN_JOB_CANCELLED);
  g_assert_null (limn_studio_get_picture (studio));
  g_assert_false (limn_live_keep (limn_live_get (studio)));
  g_assert_cmpuint (watch.count, ==, 2);
  studio_free (studio, &watch);
}

/* --- what is kept --- */

static void
test_keep (void)
{
  struct watch watch;
  LimnStudio *studio = studio_new (&watch);
  LimnDocument *document = limn_studio_get_document (studio);
  LimnLive *live = limn_live_get (studio);

  g_assert_true (limn_live_get_can_keep (live));
  g_assert_true (limn_live_keep (live));
  g_assert_false (limn_live_get_can_keep (live));
  g_assert_false (limn_live_keep (live));
  g_assert_cmpuint (limn_document_n_results (document), ==, 1);
  g_assert_nonnull (strstr (limn_document_result (document, 0)->recipe, "Seed: 7"));
  fixture_draw_line (studio, 10, 10, 200, 40);
  fixture_wait (watch.count == 2 && is_idle ());
  g_assert_true (limn_live_keep (live));
  g_assert_cmpuint (limn_document_n_results (document), ==, 2);
  studio_free (studio, &watch);
}

/* Generate goes first, and is a result; live mode goes on afterwards. */
static void
test_generate_meanwhile (void)
{
  struct watch watch;
  LimnStudio *studio = studio_new (&watch);

  fixture_set_int (studio, LIMN_SETTING_COUNT, 2);
  fixture_ask (studio, 2);
  fixture_draw_line (studio, 10, 10, 200, 40);
  fixture_wait (watch.count == 2 && is_idle ());
  g_assert_cmpuint (limn_document_n_results (limn_studio_get_document (studio)), ==, 2);
  g_assert_cmpint (limn_job_get_state (fixture_job (1)), ==, LIMN_JOB_DONE);
  g_assert_cmpint (limn_job_get_state (watch.last), ==, LIMN_JOB_DONE);
  studio_free (studio, &watch);
}

/* What fails says so once, and is tried again when something has changed. */
static void
test_failure (void)
{
  struct watch watch;
  LimnStudio *studio = studio_new (&watch);
  struct fixture_messages *messages = fixture_listen (studio);

  fixture_set_text (studio, LIMN_SETTING_MODEL, "/no/such/model");
  fixture_wait (watch.count == 2 && is_idle ());
  g_assert_cmpint (limn_job_get_state (watch.last), ==, LIMN_JOB_FAILED);
  fixture_settle ();
  g_assert_cmpuint (watch.count, ==, 2);
  fixture_draw_line (studio, 10, 10, 200, 40);
  fixture_wait (watch.count == 3 && is_idle ());
  g_assert_cmpuint (messages->count, ==, 1);
  fixture_set_text (studio, LIMN_SETTING_MODEL, "");
  fixture_wait (watch.count == 4 && is_idle ());
  g_assert_cmpint (limn_job_get_state (watch.last), ==, LIMN_JOB_DONE);
  studio_free (studio, &watch);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/live/stroke", test_stroke);
  g_test_add_func ("/live/shape-under-way", test_shape_under_way);
  g_test_add_func ("/live/undo-and-layers", test_undo_and_layers);
  g_test_add_func ("/live/word", test_word);
  g_test_add_func ("/live/pauses", test_pauses);
  g_test_add_func ("/live/out-of-date", test_out_of_date);
  g_test_add_func ("/live/one-in-flight", test_one_in_flight);
  g_test_add_func ("/live/off", test_off);
  g_test_add_func ("/live/replaced-document", test_replaced_document);
  g_test_add_func ("/live/keep", test_keep);
  g_test_add_func ("/live/generate-meanwhile", test_generate_meanwhile);
  g_test_add_func ("/live/failure", test_failure);
  return g_test_run ();
}
