/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <adwaita.h>
#include <time.h>

#include "generate-fixture.h"
#include "generate/bar.h"
#include "generate/live.h"
#include "generate/outlook.h"

/* The main loop is never held up: while pictures are drawn on the device cpu, with their previews,
 * no turn of it may take 16 ms of its thread. Processor time is what is measured, so that other
 * programs do not count. */

#if defined(__SANITIZE_ADDRESS__)
#define LIMIT 0.16 /* seconds; the sanitizer's share is not ours */
#else
#define LIMIT 0.016
#endif

static bool watching;
static double awake, longest;
static guint turns, pictures;

static double
thread_seconds (void)
{
  struct timespec time;

  g_assert_cmpint (clock_gettime (CLOCK_THREAD_CPUTIME_ID, &time), ==, 0);
  return (double) time.tv_sec + (double) time.tv_nsec / 1e9;
}

/* All that a turn of the main loop does lies between two calls of this. */
static int
poll_and_watch (GPollFD *fds, guint n, int timeout)
{
  int result;

  if (watching) {
    longest = MAX (longest, thread_seconds () - awake);
    turns++;
  }
  result = g_poll (fds, n, timeout);
  awake = thread_seconds ();
  return result;
}

/* What the test has done itself since the last turn, as a hand would, is not counted. */
static void
forget (void)
{
  awake = thread_seconds ();
}

static void
on_picture (LimnStudio *studio)
{
  pictures++;
}

static void
begin (void)
{
  turns = pictures = 0;
  longest = 0;
  awake = thread_seconds ();
  watching = true;
}

static void
end (guint fewest_pictures)
{
  watching = false;
  g_test_message ("%u turns, %u pictures, the longest turn %.2f ms", turns, pictures,
                  longest * 1000);
  g_assert_cmpuint (turns, >, 0);
  g_assert_cmpuint (pictures, >=, fewest_pictures);
  g_assert_cmpfloat (longest, <, LIMIT);
}

static LimnJob *
running (void)
{
  return limn_queue_get_running (limn_queue_get_default ());
}

/* A large canvas: six layers, of which three are drawn on and one is a photograph. */
static LimnStudio *
large_studio_new (void)
{
  LimnStudio *studio = fixture_studio_new ();
  LimnDocument *document = limn_studio_get_document (studio);
  g_autoptr (limn_image) photo = limn_image_new (2048, 2048, 3);
  g_autoptr (GRand) random = g_rand_new_with_seed (3);

  for (gsize i = 0; i < 2048 * 2048 * 3; i++)
    photo->pixels[i] = (guint8) g_rand_int (random);
  g_assert_true (limn_document_resize (document, 2048, 2048, 0, 0));
  for (guint i = 1; i < 5; i++) {
    guint32 id = limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "more", i);

    limn_document_set_layer (document, id, LIMN_LAYER_CONTROL, g_variant_new_string ("scribble"),
                             0);
  }
  limn_document_add_picture (document, photo, "photo", 0, 0, 5);
  fixture_set_bool (studio, LIMN_SETTING_IMAGE_TO_IMAGE, true);
  fixture_set_int (studio, LIMN_SETTING_STEPS, 20);
  limn_document_set_value (document, LIMN_SETTING_STRENGTH, g_variant_new_double (1), 0);
  return studio;
}

static void
test_pictures (void)
{
  LimnStudio *studio = large_studio_new ();

  g_signal_connect (studio, "picture-changed", G_CALLBACK (on_picture), NULL);
  fixture_set_int (studio, LIMN_SETTING_COUNT, 2);
  begin ();
  fixture_ask (studio, 2);
  fixture_wait (limn_job_has_ended (fixture_job (1)));
  fixture_settle ();
  end (3);
  g_assert_cmpuint (limn_document_n_results (limn_studio_get_document (studio)), ==, 2);
  fixture_studio_free (studio);
}

/* Live, with strokes while the last picture is still drawn, in a window with the bar. */
static void
test_live (void)
{
  LimnStudio *studio = large_studio_new ();
  LimnDocument *document = limn_studio_get_document (studio);
  GActionGroup *actions = limn_generate_actions_new (studio);
  GtkWidget *window = gtk_window_new (), *bar = limn_generate_bar_new (studio);

  limn_live_set_pause (limn_live_get (studio), 0);
  gtk_widget_insert_action_group (window, "generate", actions);
  gtk_window_set_child (GTK_WINDOW (window), bar);
  gtk_window_present (GTK_WINDOW (window));
  fixture_wait (limn_outlook_get_note (limn_outlook_get (studio)) != NULL);
  /* What is made once, of GTK and of ours, has been. */
  fixture_set_bool (studio, LIMN_SETTING_LIVE, true);
  fixture_wait (limn_live_get_can_keep (limn_live_get (studio)) && running () == NULL);
  fixture_settle ();

  g_signal_connect (studio, "picture-changed", G_CALLBACK (on_picture), NULL);
  begin ();
  for (int stroke = 0; stroke < 4; stroke++) {
    limn_studio_set_drawing (studio, true);
    g_assert_true (limn_document_stroke_begin (document, limn_document_layer (document, 0)->id,
                                               &limn_brush_default));
    for (int i = 0; i < 40; i++) {
      limn_document_stroke_add (document, 100 + 40 * i, 300 + 300 * stroke, 1, (guint32) i * 8);
      forget ();
      g_main_context_iteration (NULL, FALSE);
    }
    g_assert_true (limn_document_stroke_end (document));
    forget ();
    limn_studio_set_drawing (studio, false);
    fixture_wait (running () != NULL && limn_job_get_step (running ()) >= 2);
  }
  fixture_wait (running () == NULL);
  fixture_settle ();
  end (4);
  gtk_window_destroy (GTK_WINDOW (window));
  g_clear_object (&actions);
  fixture_settle ();
  fixture_studio_free (studio);
}

int
main (int argc, char **argv)
{
  gtk_test_init (&argc, &argv, NULL);
  adw_init ();
  g_main_context_set_poll_func (NULL, poll_and_watch);
  g_test_add_func ("/watchdog/pictures", test_pictures);
  g_test_add_func ("/watchdog/live", test_live);
  return g_test_run ();
}
