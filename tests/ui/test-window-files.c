/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gstdio.h>

#include "document/file.h"
#include "document/journal.h"
#include "preferences.h"
#include "window-fixture.h"
#include "window/files.h"

/* Documents as files, through the window's own actions and dialogs. */

static void
activate (LimnWindow *window, const char *action)
{
  g_action_group_activate_action (G_ACTION_GROUP (window), action, NULL);
}

static bool
is_idle (gpointer data)
{
  LimnWindow *window = data;

  return !window->saving && window->loading == NULL && window->busy == 0;
}

static bool
has_dialog (gpointer data)
{
  return fixture_count (ADW_TYPE_MESSAGE_DIALOG) > 0;
}

static void
respond (const char *response)
{
  GtkWidget *dialog;

  fixture_wait (has_dialog, NULL);
  dialog = fixture_find (ADW_TYPE_MESSAGE_DIALOG);
  fixture_respond (dialog, response);
  fixture_settle ();
}

static char *
dialog_body (void)
{
  fixture_wait (has_dialog, NULL);
  return g_strdup (
      adw_message_dialog_get_body (ADW_MESSAGE_DIALOG (fixture_find (ADW_TYPE_MESSAGE_DIALOG))));
}

static char *
new_path (const char *name)
{
  g_autofree char *folder = g_dir_make_tmp ("limn-window-XXXXXX", NULL);

  return g_build_filename (folder, name, NULL);
}

static void
remove_path (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);

  g_unlink (path);
  g_rmdir (folder);
}

struct choice {
  LimnWindow *window;
  GFile *file;
};

static bool
is_chosen (gpointer data)
{
  const struct choice *choice = data;
  g_autoptr (GFile) file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (choice->window->chooser));

  return file != NULL && g_file_equal (file, choice->file);
}

static bool
has_chooser (gpointer data)
{
  return fixture_count (GTK_TYPE_FILE_CHOOSER_DIALOG) > 0;
}

static bool
has_no_chooser (gpointer data)
{
  return !has_chooser (data);
}

/* The person chooses @path in the file chooser that is there. It begins with a folder of its own
 * when it comes to the screen, and reads ours before it has it. */
static void
choose (LimnWindow *window, const char *path)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFile) folder = g_file_get_parent (file);
  g_autofree char *name = g_file_get_basename (file);

  g_assert_nonnull (window->chooser);
  fixture_wait (has_chooser, NULL);
  fixture_settle ();
  gtk_file_chooser_set_current_folder (GTK_FILE_CHOOSER (window->chooser), folder, NULL);
  gtk_file_chooser_set_current_name (GTK_FILE_CHOOSER (window->chooser), name);
  fixture_wait (is_chosen, &(struct choice){ window, file });
  gtk_native_dialog_hide (window->chooser);
  fixture_wait (has_no_chooser, NULL);
  g_signal_emit_by_name (window->chooser, "response", GTK_RESPONSE_ACCEPT);
}

static LimnDocument *
document_of (LimnWindow *window)
{
  return limn_studio_get_document (limn_window_get_studio (window));
}

static bool
has_path (gpointer data)
{
  return is_idle (data) && limn_document_get_path (document_of (data)) != NULL;
}

/* --- saving and opening --- */

static void
test_save_open (gconstpointer data)
{
  const char *name = data;
  g_autofree char *path = new_path (name);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (LimnDocument) before = NULL;
  LimnWindow *window = fixture_window ();

  fixture_draw (window, 20, 30, 300, 200);
  fixture_draw (window, 300, 30, 40, 400);
  limn_document_set_value (document_of (window), LIMN_SETTING_PROMPT,
                           g_variant_new_string ("a house, \"quoted\""), 0);
  g_assert_true (g_str_has_prefix (gtk_window_get_title (GTK_WINDOW (window)), "• "));
  activate (window, "save");
  limn_document_set_path (document_of (window), NULL);
  choose (window, path);
  fixture_wait (has_path, window);
  g_assert_cmpstr (limn_document_get_path (document_of (window)), ==, path);
  g_assert_false (limn_document_is_modified (document_of (window)));
  g_assert_false (g_action_group_get_action_enabled (G_ACTION_GROUP (window), "save"));
  before = limn_document_copy (document_of (window));
  fixture_close (window);

  window = fixture_window ();
  limn_window_open (window, file);
  fixture_wait (has_path, window);
  if (g_str_has_suffix (name, ".ora"))
    limn_document_set_value (document_of (window), LIMN_SETTING_PROMPT,
                             g_variant_new_string ("a house, \"quoted\""), 0);
  fixture_assert_equal (before, document_of (window));
  fixture_close (window);
  remove_path (path);
}

/* What is drawn while a save runs is not in the file, and is to be saved. */
static void
test_draw_while_saving (void)
{
  g_autofree char *path = new_path ("while.limn");
  LimnWindow *window = fixture_window ();

  limn_document_set_path (document_of (window), path);
  fixture_draw (window, 20, 30, 300, 200);
  activate (window, "save");
  g_assert_true (window->saving);
  fixture_draw (window, 20, 300, 300, 20);
  fixture_wait (is_idle, window);
  g_assert_true (limn_document_is_modified (document_of (window)));
  limn_document_undo (document_of (window));
  g_assert_false (limn_document_is_modified (document_of (window)));
  fixture_close (window);
  remove_path (path);
}

static void
test_export (void)
{
  g_autofree char *path = new_path ("drawing.png");
  g_autoptr (LimnDocument) exported = NULL;
  g_autoptr (GError) error = NULL;
  LimnWindow *window = fixture_window ();

  fixture_draw (window, 20, 30, 300, 200);
  activate (window, "export");
  choose (window, path);
  fixture_settle ();
  fixture_wait (is_idle, window);
  exported = limn_document_load (path, NULL, &error);
  g_assert_no_error (error);
  /* No name: an export is no drawing. */
  g_assert_null (limn_document_get_path (document_of (window)));
  g_assert_true (limn_document_is_modified (document_of (window)));
  fixture_close (window);
  remove_path (path);
}

static void
test_revert (void)
{
  g_autofree char *path = new_path ("revert.limn");
  LimnWindow *window = fixture_window ();

  fixture_draw (window, 20, 30, 300, 200);
  limn_document_set_path (document_of (window), path);
  activate (window, "save");
  fixture_wait (is_idle, window);
  fixture_draw (window, 20, 300, 300, 20);
  activate (window, "revert");
  respond ("revert");
  fixture_wait (is_idle, window);
  g_assert_false (limn_document_is_modified (document_of (window)));
  fixture_close (window);
  remove_path (path);
}

/* --- what goes wrong --- */

static void
test_bad_places (void)
{
  /* A folder that nobody may write to, not even root; a folder that is none; one that is not there.
   */
  static const char *const paths[] = { "/sys/drawing.limn", "/dev/null/drawing.limn",
                                       "/nowhere/at/all/drawing.limn" };
  LimnWindow *window = fixture_window ();

  fixture_draw (window, 20, 30, 300, 200);
  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++) {
    g_autofree char *body = NULL;

    limn_document_set_path (document_of (window), paths[i]);
    activate (window, "save");
    body = dialog_body ();
    g_test_message ("%s", body);
    g_assert_nonnull (strstr (body, "/drawing.limn"));
    g_assert_null (strchr (body, '\n'));
    respond ("close");
    /* The drawing is as it was, and still to be saved. */
    g_assert_true (limn_document_is_modified (document_of (window)));
  }
  fixture_close (window);
}

static void
test_bad_files (void)
{
  static const struct {
    const char *name, *bytes;
  } files[] = {
    { "empty.limn", "" },
    { "empty.png", "" },
    { "text.limn", "This is no drawing." },
    { "broken.ora", "PK\3\4 and nothing else" },
    { "broken.png", "\x89PNG\r\n\x1a\n and nothing else" },
    { "broken.jpeg", "\xff\xd8\xff\xe0 and nothing else" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (files); i++) {
    LimnWindow *window = fixture_window ();
    g_autofree char *path = new_path (files[i].name);
    g_autoptr (GFile) file = g_file_new_for_path (path);
    g_autofree char *body = NULL;

    g_assert_true (g_file_set_contents (path, files[i].bytes, -1, NULL));
    limn_window_open (window, file);
    body = dialog_body ();
    g_test_message ("%s", body);
    g_assert_nonnull (strstr (body, files[i].name));
    respond ("close");
    g_assert_cmpuint (limn_document_n_layers (document_of (window)), ==, 1);
    fixture_close (window);
    remove_path (path);
  }
}

/* A missing file, and a second one while that is looked for. */
static void
test_missing_file (void)
{
  g_autoptr (GFile) file = g_file_new_for_path ("/nowhere/drawing.limn");
  LimnWindow *window = fixture_window ();

  limn_window_open (window, file);
  respond ("close");
  g_assert_null (limn_document_get_path (document_of (window)));
  fixture_close (window);
}

/* --- closing --- */

static bool
is_alone (gpointer count)
{
  return fixture_count (LIMN_TYPE_WINDOW) == GPOINTER_TO_UINT (count);
}

static void
test_unsaved_cancel (void)
{
  LimnWindow *window = fixture_window ();

  fixture_draw (window, 20, 30, 300, 200);
  activate (window, "close");
  fixture_wait (has_dialog, NULL);
  fixture_screenshot (fixture_find (ADW_TYPE_MESSAGE_DIALOG), "unsaved");
  /* Asking again does not open a second dialog. */
  activate (window, "close");
  g_assert_cmpuint (fixture_count (ADW_TYPE_MESSAGE_DIALOG), ==, 1);
  respond ("cancel");
  g_assert_cmpuint (fixture_count (LIMN_TYPE_WINDOW), ==, 1);
  g_assert_true (limn_document_is_modified (document_of (window)));
  /* And it can be asked for again. */
  activate (window, "close");
  respond ("discard");
  fixture_wait (is_alone, GUINT_TO_POINTER (0));
}

static void
test_unsaved_save (void)
{
  g_autofree char *path = new_path ("closing.limn");
  g_autoptr (LimnDocument) read = NULL;
  LimnWindow *window = fixture_window ();

  fixture_draw (window, 20, 30, 300, 200);
  limn_document_set_path (document_of (window), path);
  activate (window, "close");
  respond ("save");
  fixture_wait (is_alone, GUINT_TO_POINTER (0));
  read = limn_document_load (path, NULL, NULL);
  g_assert_nonnull (read);
  remove_path (path);
}

/* A window is closed while its drawing is written: it goes when that is on the disk. */
static void
test_close_while_saving (void)
{
  g_autofree char *path = new_path ("closing.limn");
  g_autoptr (LimnDocument) read = NULL;
  LimnWindow *window = fixture_window ();

  fixture_draw (window, 20, 30, 300, 200);
  limn_document_set_path (document_of (window), path);
  activate (window, "save");
  activate (window, "close");
  g_assert_cmpuint (fixture_count (LIMN_TYPE_WINDOW), ==, 1);
  fixture_wait (is_alone, GUINT_TO_POINTER (0));
  g_assert_cmpuint (fixture_count (ADW_TYPE_MESSAGE_DIALOG), ==, 0);
  read = limn_document_load (path, NULL, NULL);
  g_assert_nonnull (read);
  remove_path (path);
}

/* Quitting asks about all windows at once; what cannot be saved keeps all of them. */
static void
test_quit_several (void)
{
  g_autofree char *path = new_path ("one.limn");
  GActionGroup *program = G_ACTION_GROUP (fixture_application ());
  LimnWindow *first = fixture_window (), *second, *third;

  second = fixture_window ();
  third = fixture_window ();
  fixture_draw (first, 20, 30, 300, 200);
  fixture_draw (second, 20, 30, 300, 200);
  limn_document_set_path (document_of (first), path);
  limn_document_set_path (document_of (second), "/sys/two.limn");
  g_action_group_activate_action (program, "quit", NULL);
  fixture_wait (has_dialog, NULL);
  fixture_screenshot (fixture_find (ADW_TYPE_MESSAGE_DIALOG), "unsaved-several");
  respond ("save");
  respond ("close");
  g_assert_cmpuint (fixture_count (LIMN_TYPE_WINDOW), ==, 3);
  g_assert_true (limn_document_is_modified (document_of (second)));
  g_action_group_activate_action (program, "quit", NULL);
  respond ("discard");
  fixture_wait (is_alone, GUINT_TO_POINTER (0));
  g_assert_nonnull (third);
  g_unlink (path);
  remove_path (path);
}

/* --- the journal --- */

/* Of the open windows' drawings nothing is left that could be recovered, since they are locked; of
 * closed ones nothing is left at all. */
static guint
count_journals (void)
{
  g_autofree char *folder = g_build_filename (g_get_user_state_dir (), "limn", "journal", NULL);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;
  guint count = 0;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    count += g_str_has_suffix (name, ".journal");
  return count;
}

static bool
has_no_journal (gpointer data)
{
  return count_journals () == 0;
}

static void
test_journal (void)
{
  LimnWindow *window;

  fixture_wait (has_no_journal, NULL);
  window = fixture_window ();
  g_assert_cmpuint (count_journals (), ==, 1);
  fixture_draw (window, 20, 30, 300, 200);
  fixture_close (window);
  fixture_wait (has_no_journal, NULL);
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  fixture_application ();
  g_test_add_data_func ("/window-files/save-open-limn", "Häuschen.limn", test_save_open);
  g_test_add_data_func ("/window-files/save-open-ora", "house.ora", test_save_open);
  g_test_add_func ("/window-files/draw-while-saving", test_draw_while_saving);
  g_test_add_func ("/window-files/export", test_export);
  g_test_add_func ("/window-files/revert", test_revert);
  g_test_add_func ("/window-files/bad-places", test_bad_places);
  g_test_add_func ("/window-files/bad-files", test_bad_files);
  g_test_add_func ("/window-files/missing-file", test_missing_file);
  g_test_add_func ("/window-files/unsaved-cancel", test_unsaved_cancel);
  g_test_add_func ("/window-files/unsaved-save", test_unsaved_save);
  g_test_add_func ("/window-files/close-while-saving", test_close_while_saving);
  g_test_add_func ("/window-files/quit-several", test_quit_several);
  g_test_add_func ("/window-files/journal", test_journal);
  return g_test_run ();
}
