/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gstdio.h>
#include <math.h>

#include "generate/outlook.h"
#include "generate/queue.h"
#include "person.h"
#include "preferences.h"
#include "results/cell.h"

/* A person draws in the real window, with mouse and keys: from the first stroke to the drawing that
 * is opened again. */

#define SIDE 256

/* --- the studio --- */

static bool
is_quiet (gpointer data)
{
  return limn_queue_get_running (limn_queue_get_default ()) == NULL &&
         limn_queue_get_waiting (limn_queue_get_default ()) == 0;
}

static bool
can_generate (gpointer data)
{
  LimnWindow *window = data;
  GActionGroup *group = limn_window_get_group (window, "generate");

  return g_action_group_get_action_enabled (group, "run") &&
         limn_outlook_get_note (limn_outlook_get (window->studio)) != NULL;
}

static void
set_int (LimnWindow *window, limn_setting setting, int value)
{
  g_assert_true (
      limn_document_set_value (window->document, setting, g_variant_new_int32 (value), 0));
}

/* A window with an empty drawing that can be drawn on. */
static LimnWindow *
open_studio (void)
{
  LimnWindow *window = fixture_window ();

  person_faces (window);
  return window;
}

/* The same, with the model loaded and so many steps. */
static LimnWindow *
open_studio_for (int steps)
{
  LimnWindow *window = open_studio ();

  limn_document_set_value (window->document, LIMN_SETTING_DEVICE, g_variant_new_string ("cpu"), 0);
  limn_document_set_value (window->document, LIMN_SETTING_SEED, g_variant_new_uint64 (7), 0);
  limn_document_set_value (window->document, LIMN_SETTING_SEED_LOCKED, g_variant_new_boolean (TRUE),
                           0);
  set_int (window, LIMN_SETTING_STEPS, steps);
  fixture_wait (can_generate, window);
  return window;
}

static void
close_studio (LimnWindow *window)
{
  limn_document_set_value (window->document, LIMN_SETTING_LIVE, g_variant_new_boolean (FALSE), 0);
  limn_queue_cancel_all (limn_queue_get_default (), NULL);
  fixture_wait (is_quiet, NULL);
  fixture_close (window);
}

static void
draw_balloon (LimnWindow *window)
{
  static const double string[] = { 128, 170, 124, 190, 131, 210, 127, 235 };
  double ring[2 * 25];

  for (int i = 0; i < 25; i++) {
    ring[2 * i] = 128 + 60 * sin (i * G_PI / 12);
    ring[2 * i + 1] = 105 - 65 * cos (i * G_PI / 12);
  }
  person_draws (window, ring, 25);
  person_draws (window, string, 4);
}

/* A stroke of its own for each number. */
static void
draw_line (LimnWindow *window, int number)
{
  double y = 30 + number * 25;
  double points[] = { 30, y, 90, y + 12, 150, y - 8, 225, y + number };

  person_draws (window, points, 4);
}

/* --- finding --- */

struct search {
  GType type;
  const char *action;
  GtkWidget *found;
  guint count;
};

static void
look_at (GtkWidget *widget, gpointer data)
{
  struct search *search = data;

  if (!G_TYPE_CHECK_INSTANCE_TYPE (widget, search->type) || !gtk_widget_get_mapped (widget))
    return;
  if (search->action != NULL &&
      g_strcmp0 (gtk_actionable_get_action_name (GTK_ACTIONABLE (widget)), search->action) != 0)
    return;
  search->found = widget;
  search->count++;
}

static GtkWidget *
button_of (LimnWindow *window, const char *action)
{
  struct search search = { GTK_TYPE_BUTTON, action, NULL, 0 };

  fixture_walk (GTK_WIDGET (window), look_at, &search);
  g_assert_cmpuint (search.count, ==, 1);
  return search.found;
}

static void
count_filled (GtkWidget *widget, gpointer count)
{
  if (LIMN_IS_RESULT_CELL (widget) && gtk_widget_get_mapped (widget) &&
      limn_result_cell_get_item (LIMN_RESULT_CELL (widget)) != NULL)
    ++*(guint *) count;
}

struct wanted {
  LimnWindow *window;
  guint count;
};

/* In the strip, where a person sees them. */
static bool
has_thumbnails (gpointer data)
{
  const struct wanted *wanted = data;
  guint count = 0;

  if (limn_document_n_results (wanted->window->document) != wanted->count || !is_quiet (NULL))
    return false;
  fixture_walk (GTK_WIDGET (wanted->window), count_filled, &count);
  return count == wanted->count;
}

/* --- what grows --- */

struct pictures {
  GHashTable *seen;  /* checksums */
  GHashTable *steps; /* of which the window has heard */
  guint count;
};

static void
on_picture (LimnStudio *studio, struct pictures *pictures)
{
  const limn_image *picture = limn_studio_get_picture (studio);
  LimnJob *job = limn_queue_get_running (limn_queue_get_default ());

  pictures->count++;
  if (job != NULL)
    g_hash_table_add (pictures->steps, GINT_TO_POINTER (limn_job_get_step (job)));
  if (picture != NULL)
    g_hash_table_add (pictures->seen, g_compute_checksum_for_data (G_CHECKSUM_SHA1, picture->pixels,
                                                                   (gsize) picture->width *
                                                                       (gsize) picture->height *
                                                                       (gsize) picture->channels));
}

static bool
has_grown (gpointer data)
{
  return ((struct pictures *) data)->count >= 4;
}

static void
follow_pictures (LimnWindow *window, struct pictures *pictures)
{
  pictures->seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  pictures->steps = g_hash_table_new (NULL, NULL);
  pictures->count = 0;
  g_signal_connect (window->studio, "picture-changed", G_CALLBACK (on_picture), pictures);
}

static bool
is_gone (gpointer gone)
{
  return *(bool *) gone;
}

static void
on_gone (gpointer gone, GObject *object)
{
  *(bool *) gone = true;
}

/* Ctrl+S and Ctrl+W ask nothing; the file then has what was on the canvas, pixel by pixel. */
static void
save_close_open (LimnWindow *window)
{
  g_autofree char *folder = g_dir_make_tmp ("limn-studio-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "balloon.limn", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (LimnDocument) before = NULL;
  struct wanted wanted;
  bool gone = false;

  limn_document_set_path (window->document, path);
  before = limn_document_copy (window->document);
  g_object_weak_ref (G_OBJECT (window), on_gone, &gone);
  person_does ("key ctrl+s");
  person_does ("key ctrl+w");
  fixture_wait (is_gone, &gone);
  g_assert_cmpuint (fixture_count (ADW_TYPE_MESSAGE_DIALOG), ==, 0);

  window = open_studio ();
  limn_window_open (window, file);
  wanted = (struct wanted){ window, limn_document_n_results (before) };
  fixture_wait (has_thumbnails, &wanted);
  fixture_assert_equal (before, window->document);
  for (guint i = 0; i < wanted.count; i++) {
    const limn_result *one = limn_document_result (before, i);
    const limn_result *other = limn_document_result (window->document, i);

    g_assert_true (g_bytes_equal (one->png, other->png));
    g_assert_cmpstr (one->recipe, ==, other->recipe);
  }
  g_assert_false (limn_document_is_modified (window->document));
  close_studio (window);
  g_unlink (path);
  g_rmdir (folder);
}

/* Draw, say what it is, generate by key and by button, and see it grow. */
static void
test_draw (void)
{
  LimnWindow *window = open_studio_for (12);
  struct pictures pictures;
  guint first;

  g_settings_set_string (limn_preferences (), "preview", "fast");
  draw_balloon (window);
  person_does ("key ctrl+p type --delay 2 'a red balloon, blue sky'");
  g_assert_cmpstr (limn_document_get_text (window->document, LIMN_SETTING_PROMPT), ==,
                   "a red balloon, blue sky");

  follow_pictures (window, &pictures);
  person_does ("key ctrl+Return");
  fixture_wait (has_grown, &pictures);
  fixture_screenshot (GTK_WIDGET (window), "studio-growing");
  fixture_wait (has_thumbnails, &(struct wanted){ window, 1 });
  /* One for each step, and the picture itself, all different. Where the main loop is late, it shows
   * the latest alone. */
  first = g_hash_table_size (pictures.seen);
  g_test_message ("%u pictures of %u steps", first, g_hash_table_size (pictures.steps));
  g_assert_cmpuint (first, >=, 5);
  g_assert_cmpuint (g_hash_table_size (pictures.steps), >=, 4);
  g_assert_cmpuint (pictures.count, <=, 12 + 3);

  set_int (window, LIMN_SETTING_STEPS, 8);
  fixture_wait (can_generate, window);
  person_clicks (button_of (window, "generate.run"));
  fixture_wait (has_thumbnails, &(struct wanted){ window, 2 });
  g_assert_cmpuint (g_hash_table_size (pictures.seen), >, first + 2);
  g_signal_handlers_disconnect_by_data (window->studio, &pictures);
  g_hash_table_unref (pictures.seen);
  g_hash_table_unref (pictures.steps);
  g_settings_reset (limn_preferences (), "preview");

  fixture_screenshot (GTK_WIDGET (window), "studio-light");
  g_settings_set_string (limn_preferences (), "colour-scheme", "dark");
  fixture_settle ();
  fixture_screenshot (GTK_WIDGET (window), "studio-dark");
  g_settings_set_string (limn_preferences (), "colour-scheme", "light");
  save_close_open (window);
}

/* --- live mode --- */

struct live {
  guint count;
  LimnJob *last; /* owned */
};

static void
on_running (LimnQueue *queue, GParamSpec *pspec, struct live *live)
{
  LimnJob *job = limn_queue_get_running (queue);

  if (job == NULL || job == live->last)
    return;
  g_assert_true (limn_job_get_live (job));
  live->count++;
  g_set_object (&live->last, job);
}

static bool
has_drawn (gpointer data)
{
  const struct live *live = data;

  return live->last != NULL && limn_job_has_ended (live->last) && is_quiet (NULL);
}

/* With the pen down nothing begins, and @count pictures were begun before. */
static void
draw_with_pauses (LimnWindow *window, int number, const struct live *live, guint count)
{
  double y = 40 + 60 * number;

  for (int i = 0; i < 8; i++) {
    g_autofree char *way = person_way_to (window, 40 + 22 * i, y + 5 * (i % 2));

    person_does ("%s %s", way, i == 0 ? "mousedown 1" : "");
    g_assert_true (limn_studio_get_drawing (window->studio));
    g_assert_cmpuint (live->count, ==, count);
    g_assert_true (is_quiet (NULL));
  }
}

static void
test_live (void)
{
  LimnWindow *window = open_studio_for (4);
  struct live live = { 0 };
  const limn_image *picture;

  draw_balloon (window);
  g_signal_connect (limn_queue_get_default (), "notify::running", G_CALLBACK (on_running), &live);
  person_clicks (button_of (window, "generate.live"));
  g_assert_true (
      g_variant_get_boolean (limn_document_get_value (window->document, LIMN_SETTING_LIVE)));
  fixture_wait (has_drawn, &live);
  g_assert_cmpuint (live.count, ==, 1);
  for (int i = 0; i < 3; i++) {
    picture = limn_studio_get_picture (window->studio);
    g_clear_object (&live.last);
    draw_with_pauses (window, i, &live, (guint) i + 1);
    person_does ("mouseup 1");
    fixture_wait (has_drawn, &live);
    fixture_settle ();
    g_assert_cmpuint (live.count, ==, i + 2);
    g_assert_cmpint (limn_job_get_state (live.last), ==, LIMN_JOB_DONE);
    g_assert_true (limn_studio_get_picture (window->studio) != picture);
  }
  fixture_screenshot (GTK_WIDGET (window), "studio-live");
  /* Off again, by its key: a stroke is a stroke. */
  person_does ("key ctrl+l");
  draw_line (window, 7);
  fixture_settle ();
  g_assert_cmpuint (live.count, ==, 4);
  g_signal_handlers_disconnect_by_data (limn_queue_get_default (), &live);
  g_clear_object (&live.last);
  close_studio (window);
}

/* --- cancel --- */

static bool
is_under_way (gpointer data)
{
  LimnJob *job = limn_queue_get_running (limn_queue_get_default ());

  return job != NULL && limn_job_get_step (job) >= 3;
}

struct cancel {
  LimnJob *job;
  int at;
};

/* Sees the key before the window does. */
static gboolean
on_key (GtkEventControllerKey *keys,
        guint value,
        guint code,
        GdkModifierType modifiers,
        struct cancel *cancel)
{
  if (value == GDK_KEY_Escape)
    cancel->at = limn_job_get_step (cancel->job);
  return FALSE;
}

static void
test_cancel (void)
{
  LimnWindow *window = open_studio_for (500);
  GtkEventController *keys = gtk_event_controller_key_new ();
  struct cancel cancel = { NULL, -1 };

  gtk_event_controller_set_propagation_phase (keys, GTK_PHASE_CAPTURE);
  g_signal_connect (keys, "key-pressed", G_CALLBACK (on_key), &cancel);
  gtk_widget_add_controller (GTK_WIDGET (window), keys);
  draw_balloon (window);
  person_does ("key ctrl+Return");
  fixture_wait (is_under_way, NULL);
  cancel.job = g_object_ref (limn_queue_get_running (limn_queue_get_default ()));
  person_does ("key shift+Escape");
  fixture_wait (is_quiet, NULL);
  g_assert_cmpint (limn_job_get_state (cancel.job), ==, LIMN_JOB_CANCELLED);
  g_assert_cmpint (cancel.at, >=, 3);
  /* One was under way, and the worker may have been one ahead of what the main loop knew. */
  g_assert_cmpint (limn_job_get_step (cancel.job), <=, cancel.at + 2);
  g_assert_cmpuint (limn_document_n_results (window->document), ==, 0);
  g_object_unref (cancel.job);
  close_studio (window);
}

/* --- undo --- */

#define STROKES 6

static bool
has_no_undo (gpointer document)
{
  return limn_document_undo_label (document) == NULL;
}

static bool
has_no_redo (gpointer document)
{
  return limn_document_redo_label (document) == NULL;
}

/* Each step back and forth gives the pixels from then, and all of it at a blow, too. */
static void
test_undo (void)
{
  LimnWindow *window = open_studio ();
  LimnDocument *document = window->document;
  LimnDocument *states[STROKES + 1];

  states[0] = limn_document_copy (document);
  for (int i = 0; i < STROKES; i++) {
    if (i == STROKES / 2)
      person_does ("key e");
    draw_line (window, i);
    states[i + 1] = limn_document_copy (document);
  }
  person_does ("key b");
  for (int i = STROKES; i-- > 0;) {
    person_does ("key ctrl+z");
    fixture_assert_equal (states[i], document);
  }
  fixture_wait (has_no_undo, document);
  /* There is nothing more to take back. */
  person_does ("key ctrl+z");
  fixture_assert_equal (states[0], document);
  for (int i = 1; i <= STROKES; i++) {
    person_does ("key %s", i % 2 == 0 ? "ctrl+shift+z" : "ctrl+y");
    fixture_assert_equal (states[i], document);
  }
  fixture_wait (has_no_redo, document);

  person_does_at_once ("key --repeat %d ctrl+z", STROKES);
  fixture_wait (has_no_undo, document);
  fixture_assert_equal (states[0], document);
  person_does_at_once ("key --repeat %d ctrl+shift+z", STROKES);
  fixture_wait (has_no_redo, document);
  fixture_assert_equal (states[STROKES], document);
  for (int i = 0; i <= STROKES; i++)
    g_object_unref (states[i]);
  close_studio (window);
}

int
main (int argc, char **argv)
{
  person_init (&argc, &argv, SIDE);
  g_test_add_func ("/studio/undo", test_undo);
  g_test_add_func ("/studio/draw", test_draw);
  g_test_add_func ("/studio/live", test_live);
  g_test_add_func ("/studio/cancel", test_cancel);
  return person_run ();
}
