/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/resource.h>

#include "document/file.h"
#include "generate/outlook.h"
#include "generate/queue.h"
#include "paths.h"
#include "person.h"

/* What goes wrong around a drawing: a sentence where a person sees it, and the drawing is as it
 * was. */

#define SIDE 256

static LimnWindow *
open_drawing (void)
{
  static const double points[] = { 40, 40, 120, 200, 210, 60, 128, 30 };
  LimnWindow *window = fixture_window ();

  person_faces (window);
  person_draws (window, points, G_N_ELEMENTS (points) / 2);
  return window;
}

static bool
is_quiet (gpointer data)
{
  return limn_queue_get_running (limn_queue_get_default ()) == NULL &&
         limn_queue_get_waiting (limn_queue_get_default ()) == 0;
}

static void
close_drawing (LimnWindow *window)
{
  limn_queue_cancel_all (limn_queue_get_default (), NULL);
  fixture_wait (is_quiet, NULL);
  fixture_close (window);
}

/* --- sentences --- */

struct sentence {
  GtkWidget *where;
  const char *part;
  char *whole; /* owned */
};

static void
read_label (GtkWidget *widget, gpointer data)
{
  struct sentence *sentence = data;

  if (GTK_IS_LABEL (widget) && gtk_widget_get_mapped (widget) && sentence->whole == NULL &&
      strstr (gtk_label_get_text (GTK_LABEL (widget)), sentence->part) != NULL)
    sentence->whole = g_strdup (gtk_label_get_text (GTK_LABEL (widget)));
}

static bool
is_to_be_read (gpointer data)
{
  struct sentence *sentence = data;

  fixture_walk (sentence->where, read_label, sentence);
  return sentence->whole != NULL;
}

/* Waits until a person can read in @where a sentence that has all of @parts in it. */
static void
assert_reads (GtkWidget *where, const char *const *parts)
{
  struct sentence sentence = { where, parts[0], NULL };

  fixture_wait (is_to_be_read, &sentence);
  g_test_message ("%s", sentence.whole);
  for (int i = 0; parts[i] != NULL; i++)
    g_assert_nonnull (strstr (sentence.whole, parts[i]));
  g_assert_null (strchr (sentence.whole, '\n'));
  g_free (sentence.whole);
}

static bool
has_dialog (gpointer data)
{
  return fixture_count (ADW_TYPE_MESSAGE_DIALOG) > 0;
}

static void
assert_dialog (const char *const *parts)
{
  GtkWidget *dialog;

  fixture_wait (has_dialog, NULL);
  dialog = fixture_find (ADW_TYPE_MESSAGE_DIALOG);
  assert_reads (dialog, parts);
  fixture_respond (dialog, "close");
  fixture_settle ();
}

/* --- files --- */

/* As a PNG of 20,000 x 20,000 pixels begins; there is a row of a few in it. */
static const char huge_png[] =
    "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x4e\x20\0\0\x4e\x20\x08\x06\0\0\0\xe3\x70\x46\x39\0\0\0\x0c"
    "IDAT\x78\x9c\x63\x60\xa0\x3d\0\0\0\x64\0\x01\x86\x64\x3c\x35\0\0\0\0IEND\xae\x42\x60\x82";

static char *
whole_file (const char *folder, gsize *size)
{
  g_autofree char *path = g_build_filename (folder, "whole.limn", NULL);
  g_autoptr (LimnDocument) document = limn_document_new (64, 64);
  char *bytes = NULL;

  limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "Drawing", 0);
  g_assert_true (limn_document_save (document, path, NULL));
  g_assert_true (g_file_get_contents (path, &bytes, size, NULL));
  g_unlink (path);
  return bytes;
}

/* Opened over a drawing, by the action of the list of recent drawings. */
static void
test_files (void)
{
  g_autofree char *folder = g_dir_make_tmp ("limn-studio-XXXXXX", NULL);
  gsize size = 0;
  g_autofree char *whole = whole_file (folder, &size);
  const struct {
    const char *name, *bytes;
    gsize size;
    const char *wanted;
  } files[] = {
    { "nothing.png", "", 0, "nothing.png" },
    { "nothing.limn", "", 0, "nothing.limn" },
    { "huge.png", huge_png, sizeof huge_png - 1, "20000 x 20000" },
    { "half.limn", whole, size / 2, "half.limn" },
    { "noise.limn", whole + 60, size - 60, "noise.limn" },
  };
  LimnWindow *window = open_drawing ();
  g_autoptr (LimnDocument) before = limn_document_copy (window->document);

  for (gsize i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autofree char *path = g_build_filename (folder, files[i].name, NULL);
    g_autofree char *uri = g_filename_to_uri (path, NULL, NULL);
    const char *const parts[] = { files[i].name, files[i].wanted, NULL };

    g_assert_true (g_file_set_contents (path, files[i].bytes, (gssize) files[i].size, NULL));
    g_action_group_activate_action (G_ACTION_GROUP (window), "open-uri",
                                    g_variant_new_string (uri));
    assert_dialog (parts);
    fixture_assert_equal (before, window->document);
    g_assert_true (limn_document_is_modified (window->document));
    g_unlink (path);
  }
  g_rmdir (folder);
  close_drawing (window);
}

static bool
is_saved (gpointer data)
{
  LimnWindow *window = data;

  return !window->saving && !limn_document_is_modified (window->document);
}

/* A place where nobody may make a file, not even root; then one where they may. */
static void
test_place (void)
{
  static const char *const parts[] = { "/proc/drawing.limn", NULL };
  g_autofree char *folder = g_dir_make_tmp ("limn-studio-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "drawing.limn", NULL);
  LimnWindow *window = open_drawing ();
  g_autoptr (LimnDocument) before = limn_document_copy (window->document);

  limn_document_set_path (window->document, "/proc/drawing.limn");
  person_does ("key ctrl+s");
  assert_dialog (parts);
  fixture_assert_equal (before, window->document);
  g_assert_true (limn_document_is_modified (window->document));
  limn_document_set_path (window->document, path);
  person_faces (window);
  person_does ("key ctrl+s");
  fixture_wait (is_saved, window);
  g_unlink (path);
  g_rmdir (folder);
  close_drawing (window);
}

/* No file may grow, as on a full disk: the journal says so in a toast, saving in a dialog; what is
 * drawn meanwhile is there when there is room again. */
static void
test_full_disk (void)
{
  static const double points[] = { 20, 200, 100, 220, 230, 210 };
  static const char *const journal[] = { "journal", NULL };
  static const char *const saving[] = { "/drawing.limn", NULL };
  g_autofree char *folder = g_dir_make_tmp ("limn-studio-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "drawing.limn", NULL);
  LimnWindow *window = open_drawing ();
  g_autoptr (LimnDocument) before = NULL;
  g_autoptr (LimnDocument) after = NULL;
  struct rlimit limit, small;

  limn_document_set_path (window->document, path);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  small = (struct rlimit){ 64, limit.rlim_max };
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &small), ==, 0);
  person_draws (window, points, G_N_ELEMENTS (points) / 2);
  assert_reads (GTK_WIDGET (window->toasts), journal);
  before = limn_document_copy (window->document);
  person_does ("key ctrl+s");
  assert_dialog (saving);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  fixture_assert_equal (before, window->document);

  person_faces (window);
  person_does ("key ctrl+s");
  fixture_wait (is_saved, window);
  after = limn_document_load (path, NULL, NULL);
  fixture_assert_equal (before, after);
  g_unlink (path);
  g_rmdir (folder);
  close_drawing (window);
}

/* --- a model --- */

static bool
can_generate (gpointer data)
{
  LimnWindow *window = data;
  GActionGroup *group = limn_window_get_group (window, "generate");

  return g_action_group_get_action_enabled (group, "run") &&
         limn_outlook_get_note (limn_outlook_get (window->studio)) != NULL;
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

static void
set_model (LimnWindow *window, const char *model)
{
  g_assert_true (limn_document_set_value (window->document, LIMN_SETTING_MODEL,
                                          g_variant_new_string (model), 0));
}

static void
on_looked_at (LimnOutlook *outlook, bool *changed)
{
  *changed = true;
}

static bool
is_true (gpointer value)
{
  return *(bool *) value;
}

/* Another model, which the window has looked at. */
static void
change_model (LimnWindow *window, const char *model)
{
  LimnOutlook *outlook = limn_outlook_get (window->studio);
  bool changed = false;

  g_signal_connect (outlook, "changed", G_CALLBACK (on_looked_at), &changed);
  set_model (window, model);
  fixture_wait (is_true, &changed);
  g_signal_handlers_disconnect_by_data (outlook, &changed);
}

struct wanted {
  LimnWindow *window;
  guint results;
};

static bool
has_results (gpointer data)
{
  const struct wanted *wanted = data;

  return limn_document_n_results (wanted->window->document) == wanted->results && is_quiet (NULL);
}

static bool
is_possible (gpointer window)
{
  return g_action_group_get_action_enabled (limn_window_get_group (window, "generate"), "run");
}

static bool
is_impossible (gpointer window)
{
  return !is_possible (window);
}

/* As somebody who was in another window, and comes back. */
static void
come_back (LimnWindow *window)
{
  GtkWidget *other = gtk_window_new ();

  gtk_window_present (GTK_WINDOW (other));
  person_faces (other);
  gtk_window_destroy (GTK_WINDOW (other));
  person_faces (window);
}

/* A model that is loaded is used on when its folder goes, and the button says then why it cannot
 * again, as it does to who comes back to the window; what came into its place is read, and is
 * broken. */
static void
test_model (void)
{
  g_autofree char *starter = limn_data_path ("models/starter");
  g_autofree char *folder = g_dir_make_tmp ("limn-studio-XXXXXX", NULL);
  g_autofree char *model = g_build_filename (folder, "model", NULL);
  g_autofree char *config = g_build_filename (model, "unet", "config.json", NULL);
  const char *const broken[] = { config, NULL };
  const char *const missing[] = { "does not exist", model, NULL };
  LimnWindow *window = open_drawing ();
  g_autoptr (LimnDocument) before = NULL;

  run ("cp", "-r", starter, model);
  limn_document_set_value (window->document, LIMN_SETTING_DEVICE, g_variant_new_string ("cpu"), 0);
  limn_document_set_value (window->document, LIMN_SETTING_STEPS, g_variant_new_int32 (2), 0);
  set_model (window, model);
  before = limn_document_copy (window->document);
  fixture_wait (can_generate, window);
  person_does ("key ctrl+Return");
  fixture_wait (has_results, &(struct wanted){ window, 1 });
  run ("rm", "-r", "-f", model);
  person_does ("key ctrl+Return");
  fixture_wait (has_results, &(struct wanted){ window, 2 });
  fixture_wait (is_impossible, window);
  assert_reads (GTK_WIDGET (window), missing);

  /* It is looked for again by and by. */
  run ("cp", "-r", starter, model);
  fixture_wait (is_possible, window);
  g_assert_true (g_file_set_contents (config, "{", 1, NULL));
  person_does ("key ctrl+Return");
  assert_reads (GTK_WIDGET (window->toasts), broken);
  fixture_wait (is_quiet, NULL);
  g_assert_cmpuint (limn_document_n_results (window->document), ==, 2);
  fixture_assert_equal (before, window->document);

  change_model (window, "");
  fixture_wait (can_generate, window);
  run ("rm", "-r", "-f", model);
  run ("cp", "-r", starter, model);
  change_model (window, model);
  fixture_wait (can_generate, window);
  run ("rm", "-r", "-f", folder);
  come_back (window);
  fixture_wait (is_impossible, window);
  assert_reads (GTK_WIDGET (window), missing);
  fixture_screenshot (GTK_WIDGET (window), "studio-no-model");
  fixture_assert_equal (before, window->document);
  close_drawing (window);
}

int
main (int argc, char **argv)
{
  /* What cannot grow is an error of the call that tried. */
  signal (SIGXFSZ, SIG_IGN);
  person_init (&argc, &argv, SIDE);
  /* First: after a save GTK writes its list of recent files at a moment of its own. */
  g_test_add_func ("/studio-problems/full-disk", test_full_disk);
  g_test_add_func ("/studio-problems/files", test_files);
  g_test_add_func ("/studio-problems/place", test_place);
  g_test_add_func ("/studio-problems/model", test_model);
  return person_run ();
}
