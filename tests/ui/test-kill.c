/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "document/file.h"
#include "document/journal.h"

/* The program is killed at a random moment of drawing, saving and generating. What the next start
 * finds must have every stroke that was finished, and the file of the drawing must be whole.
 *
 *   test-kill [ROUNDS [SEED]]
 *
 * Each round has a home of its own with a drawing in live mode; the program opens it, and xdotool
 * draws stroke after stroke, each followed by a key that a window answers by a changed action on
 * the session bus. Keys and buttons come to the program in one queue: an answer means that the
 * stroke before it was finished. With some of the strokes the drawing is saved. */

#define SIDE 256
#define BUS_NAME "org.limn.Limn"
#define ANSWER "show-results" /* the action that the key changes */
#define ANSWER_KEY "F8"
#define LONGEST 2000  /* ms from the first stroke to the end */
#define AFTER_SAVE 60 /* ms */

struct round {
  int number;
  GRand *random;
  GMainLoop *loop;
  char *home, *drawing, *journal;
  GSubprocess *program;

  guint begun, finished, saves; /* strokes that were begun; those that were answered for */
  bool answered, moved;         /* the key of the last stroke; xdotool has ended */
  bool has_actions, has_focus;  /* of the window */
  bool killed;
  guint timer; /* to the end */
};

/* --- the drawing --- */

static void
set (LimnDocument *document, limn_setting setting, GVariant *value)
{
  g_assert_true (limn_document_set_value (document, setting, value, 0));
}

static void
write_drawing (const char *path)
{
  g_autoptr (LimnDocument) document = limn_document_new (SIDE, SIDE);
  guint32 layer = limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "Drawing", 0);
  g_autoptr (GError) error = NULL;

  limn_document_set_layer (document, layer, LIMN_LAYER_CONTROL, g_variant_new_string ("scribble"),
                           0);
  set (document, LIMN_SETTING_DEVICE, g_variant_new_string ("cpu"));
  set (document, LIMN_SETTING_PROMPT, g_variant_new_string ("a red balloon"));
  set (document, LIMN_SETTING_STEPS, g_variant_new_int32 (4));
  set (document, LIMN_SETTING_LIVE, g_variant_new_boolean (TRUE));
  g_assert_true (limn_document_save (document, path, &error));
  g_assert_no_error (error);
}

/* All of the layer that are strokes with a way. */
static guint
count_strokes (LimnDocument *document)
{
  const limn_layer *layer = limn_document_layer (document, 0);

  g_assert_cmpuint (limn_document_n_layers (document), ==, 1);
  for (guint i = 0; i < layer->ops->len; i++) {
    const limn_op *op = g_ptr_array_index (layer->ops, i);

    g_assert_cmpint (op->kind, ==, LIMN_OP_STROKE);
    g_assert_cmpuint (op->n_points, >=, 2);
  }
  return layer->ops->len;
}

/* --- drawing --- */

static void draw (struct round *round);
static void kill_within (struct round *round, int longest);

static void
go_on (struct round *round)
{
  if (!round->answered || !round->moved || round->killed)
    return;
  round->finished = round->begun;
  draw (round);
}

static void
begin (struct round *round)
{
  if (!round->has_actions || !round->has_focus)
    return;
  kill_within (round, LONGEST);
  draw (round);
}

/* "Changed" of org.gtk.Actions: removed, enabled, states, added. */
static void
on_changed (GDBusConnection *bus,
            const char *sender,
            const char *path,
            const char *interface,
            const char *signal,
            GVariant *parameters,
            gpointer data)
{
  struct round *round = data;
  g_autoptr (GVariant) states = g_variant_get_child_value (parameters, 2);
  g_autoptr (GVariant) added = g_variant_get_child_value (parameters, 3);
  g_autoptr (GVariant) of_window = g_variant_lookup_value (added, ANSWER, NULL);

  /* What is changed before the window has told of its actions does not come as a change. */
  if (of_window != NULL && !round->has_actions) {
    round->has_actions = true;
    begin (round);
  } else if (round->begun > 0 && g_variant_lookup (states, ANSWER, "b", NULL)) {
    round->answered = true;
    go_on (round);
  }
}

static gboolean
on_time_to_kill (gpointer data)
{
  struct round *round = data;

  g_subprocess_send_signal (round->program, SIGKILL);
  round->timer = 0;
  round->killed = true;
  if (round->moved)
    g_main_loop_quit (round->loop);
  return G_SOURCE_REMOVE;
}

/* Sooner than what was said before. */
static void
kill_within (struct round *round, int longest)
{
  guint wait = (guint) g_rand_int_range (round->random, 0, longest);

  g_clear_handle_id (&round->timer, g_source_remove);
  round->timer = g_timeout_add (wait, on_time_to_kill, round);
}

static void
on_moved (GObject *process, GAsyncResult *result, gpointer data)
{
  struct round *round = data;

  g_assert_true (g_subprocess_wait_check_finish (G_SUBPROCESS (process), result, NULL));
  round->moved = true;
  if (round->killed)
    g_main_loop_quit (round->loop);
  else
    go_on (round);
}

/* A stroke in the middle of the canvas. Many a save is the last one: they are short, and the moment
 * would seldom be in one. */
static void
draw (struct round *round)
{
  g_autoptr (GString) words = g_string_new ("xdotool ");
  g_autoptr (GSubprocess) mover = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) argv = NULL;
  int points = g_rand_int_range (round->random, 3, 12);
  bool save = g_rand_int_range (round->random, 0, 3) == 0;

  for (int i = 0; i < points; i++)
    g_string_append_printf (
        words, "mousemove %d %d %s ", g_rand_int_range (round->random, 350, 650),
        g_rand_int_range (round->random, 200, 600), i == 0 ? "mousedown 1" : "");
  g_string_append_printf (words, "mouseup 1 %s key %s", save ? "key ctrl+s" : "", ANSWER_KEY);
  round->begun++;
  round->saves += save;
  round->answered = round->moved = false;
  g_assert_true (g_shell_parse_argv (words->str, NULL, &argv, NULL));
  mover = g_subprocess_newv ((const char *const *) argv, G_SUBPROCESS_FLAGS_NONE, &error);
  g_assert_no_error (error);
  g_subprocess_wait_check_async (mover, NULL, on_moved, round);
  if (save && g_rand_int_range (round->random, 0, 3) == 0)
    kill_within (round, AFTER_SAVE);
}

/* --- a round --- */

static gboolean look_for_window (gpointer data);

/* The window has the name of the drawing once that was read. */
static void
on_looked (GObject *process, GAsyncResult *result, gpointer data)
{
  struct round *round = data;

  if (!g_subprocess_wait_check_finish (G_SUBPROCESS (process), result, NULL)) {
    g_timeout_add (20, look_for_window, round);
    return;
  }
  round->has_focus = true;
  begin (round);
}

static gboolean
look_for_window (gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) process = g_subprocess_new (
      G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE, &error, "xdotool",
      "search", "--onlyvisible", "--name", "^drawing", "windowfocus", "--sync", NULL);

  g_assert_no_error (error);
  g_subprocess_wait_check_async (process, NULL, on_looked, data);
  return G_SOURCE_REMOVE;
}

static void
start_program (struct round *round)
{
  static const char *const variables[] = { "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME",
                                           "HOME" };
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (variables); i++)
    g_subprocess_launcher_setenv (launcher, variables[i], round->home, TRUE);
  round->program = g_subprocess_launcher_spawn (launcher, &error, g_getenv ("LIMN_PROGRAM"),
                                                round->drawing, NULL);
  g_assert_no_error (error);
}

static guint
count_files (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  guint count = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    count++;
  return count;
}

/* What the next start offers of the drawing; the empty one that a window begins with may not have
 * gone yet. */
static guint
count_recovered (struct round *round)
{
  g_autoptr (GPtrArray) left = limn_journal_recover (round->journal);
  guint strokes = 0, found = 0;

  for (guint i = 0; i < left->len; i++) {
    limn_left *each = g_ptr_array_index (left, i);
    g_autoptr (GError) error = NULL;
    g_autoptr (LimnDocument) document = limn_left_open (each, &error);

    g_assert_no_error (error);
    if (each->path != NULL) {
      g_assert_cmpstr (each->path, ==, round->drawing);
      strokes = count_strokes (document);
      found++;
    } else {
      g_assert_cmpuint (count_strokes (document), ==, 0);
    }
    limn_left_discard (each);
  }
  g_assert_cmpuint (found, ==, 1);
  g_assert_cmpuint (count_files (round->journal), ==, 0);
  return strokes;
}

static void
check (struct round *round)
{
  g_autofree char *folder = g_path_get_dirname (round->drawing);
  g_autoptr (GError) error = NULL;
  g_autoptr (LimnDocument) saved = limn_document_load (round->drawing, NULL, &error);
  guint recovered = count_recovered (round);

  g_assert_no_error (error);
  g_test_message ("%d: %u strokes begun, %u finished, %u recovered; %u saves, %u strokes saved",
                  round->number, round->begun, round->finished, recovered, round->saves,
                  count_strokes (saved));
  g_assert_cmpuint (recovered, >=, round->finished);
  g_assert_cmpuint (recovered, <=, round->begun);
  g_assert_cmpuint (count_strokes (saved), <=, recovered);
  /* Nothing half written beside it. */
  g_assert_cmpuint (count_files (folder), ==, 1);
}

static void
remove_all (const char *folder)
{
  const char *argv[] = { "rm", "-r", "-f", folder, NULL };

  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
                               NULL, NULL, NULL));
}

static bool
has_owner (GDBusConnection *bus)
{
  g_autoptr (GVariant) reply = g_dbus_connection_call_sync (
      bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameHasOwner",
      g_variant_new ("(s)", BUS_NAME), NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);
  gboolean owned = TRUE;

  g_assert_nonnull (reply);
  g_variant_get (reply, "(b)", &owned);
  return owned;
}

static void
run_round (int number, GRand *random, GDBusConnection *bus)
{
  struct round round = { .number = number, .random = random };
  g_autofree char *folder = NULL;
  guint subscription;

  round.home = g_dir_make_tmp ("limn-kill-XXXXXX", NULL);
  folder = g_build_filename (round.home, "drawings", NULL);
  round.drawing = g_build_filename (folder, "drawing.limn", NULL);
  round.journal = g_build_filename (round.home, "limn", "journal", NULL);
  round.loop = g_main_loop_new (NULL, FALSE);
  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
  write_drawing (round.drawing);

  subscription =
      g_dbus_connection_signal_subscribe (bus, BUS_NAME, "org.gtk.Actions", "Changed", NULL, NULL,
                                          G_DBUS_SIGNAL_FLAGS_NONE, on_changed, &round, NULL);
  start_program (&round);
  look_for_window (&round);
  g_main_loop_run (round.loop);
  g_assert_true (g_subprocess_wait (round.program, NULL, NULL));
  g_assert_true (g_subprocess_get_if_signaled (round.program));
  g_assert_cmpint (g_subprocess_get_term_sig (round.program), ==, SIGKILL);
  g_dbus_connection_signal_unsubscribe (bus, subscription);
  /* The bus learns of it on its own. */
  while (has_owner (bus))
    g_thread_yield ();
  check (&round);

  remove_all (round.home);
  g_object_unref (round.program);
  g_main_loop_unref (round.loop);
  g_free (round.home);
  g_free (round.drawing);
  g_free (round.journal);
}

/* --- all rounds --- */

static int rounds = 10;
static guint32 seed = 5;

static void
test_rounds (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) bus = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, &error);
  GRand *random;

  if (bus == NULL) {
    g_test_skip ("there is no session bus");
    return;
  }
  random = g_rand_new_with_seed (seed);
  for (int i = 0; i < rounds; i++)
    run_round (i + 1, random, bus);
  g_rand_free (random);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (argc > 1)
    rounds = atoi (argv[1]);
  if (argc > 2)
    seed = (guint32) strtoul (argv[2], NULL, 10);
  g_test_add_func ("/kill/rounds", test_rounds);
  return g_test_run ();
}
