/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gi18n.h>

#include "window/files.h"
#include "window/window-private.h"

/* --- writing --- */

/* All who wait for the save that has ended. */
static void
answer (LimnWindow *window, bool saved)
{
  g_autoptr (GArray) waiting = g_steal_pointer (&window->waiting);

  window->waiting = g_array_new (FALSE, FALSE, sizeof (struct limn_waiting));
  for (guint i = 0; i < waiting->len; i++) {
    const struct limn_waiting *each = &g_array_index (waiting, struct limn_waiting, i);

    each->func (window, saved, each->data);
  }
}

static void
on_saved (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (LimnWindow) window = data;
  g_autoptr (GError) error = NULL;
  bool saved = limn_files_save_finish (result, &error);

  window->saving = false;
  limn_window_end_busy (window);
  if (saved)
    limn_window_add_recent (window, limn_document_get_path (window->document));
  else
    limn_window_tell_error (window, _ ("The Drawing Was Not Saved"), error->message);
  limn_window_update (window);
  answer (window, saved);
}

static void
save_as (LimnWindow *window, const char *path)
{
  g_autofree char *lower = g_ascii_strdown (path, -1);

  if (g_str_has_suffix (lower, ".ora"))
    limn_window_say (window,
                     _ ("An .ora file has the layers alone: prompts, strokes and results are "
                        "kept in .limn files"));
  window->saving = true;
  limn_window_begin_busy (window);
  limn_window_update_actions (window);
  limn_files_save (window->document, path, on_saved, g_object_ref (window));
}

/* --- choosing a name --- */

/* "NAME.limn" for a name without a kind. */
static char *
complete_name (const char *path, const char *suffix, const char *other)
{
  g_autofree char *lower = g_ascii_strdown (path, -1);

  if (g_str_has_suffix (lower, suffix) || (other != NULL && g_str_has_suffix (lower, other)))
    return g_strdup (path);
  return g_strconcat (path, suffix, NULL);
}

/* The file chooser has asked about a file of the name it saw, not of the one that we completed. */
static char *
chosen_path (LimnWindow *window, const char *suffix, const char *other)
{
  g_autoptr (GFile) file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (window->chooser));
  g_autofree char *path = file != NULL ? g_file_get_path (file) : NULL;
  g_autofree char *whole = path != NULL ? complete_name (path, suffix, other) : NULL;

  if (whole == NULL) {
    limn_window_tell_error (window, _ ("The Drawing Was Not Saved"),
                            _ ("Drawings can be written to folders of this computer only."));
    return NULL;
  }
  if (!g_str_equal (whole, path) && g_file_test (whole, G_FILE_TEST_EXISTS)) {
    g_autofree char *name = g_filename_display_basename (whole);
    g_autofree char *sentence =
        g_strdup_printf (_ ("There is a file “%s” already: choose it, or another name."), name);

    limn_window_tell_error (window, _ ("The Drawing Was Not Saved"), sentence);
    return NULL;
  }
  return g_steal_pointer (&whole);
}

static void
add_filter (GtkFileChooser *chooser, const char *name, const char *suffix)
{
  g_autoptr (GtkFileFilter) filter = gtk_file_filter_new ();

  gtk_file_filter_set_name (filter, name);
  gtk_file_filter_add_suffix (filter, suffix);
  gtk_file_chooser_add_filter (chooser, filter);
}

/* In the folder of the drawing, called after it. */
static void
suggest_name (LimnWindow *window, GtkFileChooser *chooser, const char *suffix)
{
  const char *path = limn_document_get_path (window->document);
  g_autofree char *title = limn_files_title (window->document);
  g_autofree char *name = g_strconcat (title, suffix, NULL);

  if (path != NULL) {
    g_autoptr (GFile) file = g_file_new_for_path (path);
    g_autoptr (GFile) folder = g_file_get_parent (file);

    gtk_file_chooser_set_current_folder (chooser, folder, NULL);
  }
  gtk_file_chooser_set_current_name (chooser, name);
}

static GtkFileChooser *
show_chooser (LimnWindow *window, const char *title, const char *suffix, GCallback callback)
{
  GtkFileChooserNative *chooser = gtk_file_chooser_native_new (
      title, GTK_WINDOW (window), GTK_FILE_CHOOSER_ACTION_SAVE, _ ("_Save"), _ ("_Cancel"));

  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (chooser), TRUE);
  suggest_name (window, GTK_FILE_CHOOSER (chooser), suffix);
  g_signal_connect_object (chooser, "response", callback, window, 0);
  window->chooser = GTK_NATIVE_DIALOG (chooser);
  return GTK_FILE_CHOOSER (chooser);
}

static void
on_save_response (GtkNativeDialog *chooser, int response, LimnWindow *window)
{
  g_autofree char *path =
      response == GTK_RESPONSE_ACCEPT ? chosen_path (window, ".limn", ".ora") : NULL;

  g_clear_object (&window->chooser);
  if (path != NULL)
    save_as (window, path);
  else
    answer (window, false);
}

static void
ask_for_name (LimnWindow *window)
{
  GtkFileChooser *chooser =
      show_chooser (window, _ ("Save"), ".limn", G_CALLBACK (on_save_response));

  add_filter (chooser, _ ("Limn drawings"), "limn");
  add_filter (chooser, _ ("OpenRaster pictures"), "ora");
  gtk_native_dialog_show (window->chooser);
}

void
limn_window_save (LimnWindow *window, bool ask, limn_saved_func func, gpointer data)
{
  const char *path = limn_document_get_path (window->document);

  if (window->chooser != NULL || limn_studio_get_drawing (window->studio)) {
    if (func != NULL)
      func (window, false, data);
    return;
  }
  if (func != NULL) {
    struct limn_waiting waiting = { func, data };

    g_array_append_val (window->waiting, waiting);
  }
  /* What runs is waited for; what was changed since is asked about again. */
  if (window->saving)
    return;
  if (path == NULL || ask)
    ask_for_name (window);
  else
    save_as (window, path);
}

/* --- export --- */

static void
on_exported (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (LimnWindow) window = data;
  g_autoptr (GError) error = NULL;

  limn_window_end_busy (window);
  if (limn_files_export_finish (result, &error))
    limn_window_say (window, _ ("The drawing was exported"));
  else
    limn_window_tell_error (window, _ ("The Drawing Was Not Exported"), error->message);
}

static void
on_export_response (GtkNativeDialog *chooser, int response, LimnWindow *window)
{
  g_autofree char *path =
      response == GTK_RESPONSE_ACCEPT ? chosen_path (window, ".png", NULL) : NULL;

  g_clear_object (&window->chooser);
  if (path == NULL)
    return;
  limn_window_begin_busy (window);
  limn_files_export (window->document, path, on_exported, g_object_ref (window));
}

void
limn_window_choose_export (LimnWindow *window)
{
  GtkFileChooser *chooser;

  if (window->chooser != NULL)
    return;
  chooser = show_chooser (window, _ ("Export Drawing"), ".png", G_CALLBACK (on_export_response));
  add_filter (chooser, _ ("PNG pictures"), "png");
  gtk_native_dialog_show (window->chooser);
}
