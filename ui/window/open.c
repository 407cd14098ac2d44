/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gi18n.h>

#include "document/journal.h"
#include "layers/import.h"
#include "window/application.h"
#include "window/files.h"
#include "window/models-window.h"
#include "window/window-private.h"

bool
limn_window_is_pristine (LimnWindow *window)
{
  LimnDocument *document = window->document;

  return limn_document_get_path (document) == NULL && !limn_document_is_modified (document) &&
         limn_document_undo_label (document) == NULL &&
         limn_document_redo_label (document) == NULL && !limn_studio_get_drawing (window->studio) &&
         window->loading == NULL && !window->saving;
}

/* --- reading --- */

static void
show_warnings (LimnWindow *window, const char *const *warnings)
{
  for (int i = 0; warnings[i] != NULL; i++)
    limn_window_say (window, warnings[i]);
}

/* Here, or in a window of its own where something was drawn meanwhile. */
static void
show_document (LimnWindow *window, LimnDocument *document, const char *const *warnings)
{
  if (!limn_window_is_pristine (window)) {
    GtkApplication *application = gtk_window_get_application (GTK_WINDOW (window));

    window = limn_window_new (application, document);
    gtk_window_present (GTK_WINDOW (window));
  } else {
    limn_window_take_document (window, document);
  }
  if (limn_document_get_path (document) != NULL)
    limn_window_add_recent (window, limn_document_get_path (document));
  show_warnings (window, warnings);
}

/* The document, or NULL after the error was told. Takes the reference that the call had. */
static LimnDocument *
finish_loading (LimnWindow *window, GAsyncResult *result, GStrv *warnings)
{
  g_autoptr (GError) error = NULL;
  LimnDocument *document = limn_files_load_finish (result, warnings, &error);

  limn_window_end_busy (window);
  g_clear_object (&window->loading);
  if (document == NULL && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    limn_window_tell_error (window, _ ("The File Cannot Be Opened"), error->message);
  return document;
}

static void
on_loaded (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (LimnWindow) window = data;
  g_auto (GStrv) warnings = NULL;
  g_autoptr (LimnDocument) document = finish_loading (window, result, &warnings);

  if (document == NULL)
    return;
  if (window->closed)
    limn_journal_close (document);
  else
    show_document (window, document, (const char *const *) warnings);
}

static void
load (LimnWindow *window, GFile *file, GAsyncReadyCallback callback)
{
  limn_window_begin_busy (window);
  window->loading = g_cancellable_new ();
  limn_files_load (file, window->loading, callback, g_object_ref (window));
}

void
limn_window_open (LimnWindow *window, GFile *file)
{
  GtkApplication *application = gtk_window_get_application (GTK_WINDOW (window));
  GtkWidget *other = limn_application_find (application, file);

  if (other != NULL)
    gtk_window_present (GTK_WINDOW (other));
  else if (limn_models_window_is_model (file))
    limn_models_window_use (window, file);
  else if (window->loading == NULL)
    load (window, file, on_loaded);
  else
    limn_application_open (LIMN_APPLICATION (application), file);
}

/* --- reverting --- */

static void
on_reloaded (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (LimnWindow) window = data;
  g_auto (GStrv) warnings = NULL;
  g_autoptr (LimnDocument) document = finish_loading (window, result, &warnings);

  if (document == NULL)
    return;
  if (window->closed) {
    limn_journal_close (document);
    return;
  }
  limn_window_take_document (window, document);
  show_warnings (window, (const char *const *) warnings);
}

static void
on_revert_response (AdwMessageDialog *dialog, const char *response, LimnWindow *window)
{
  const char *path = limn_document_get_path (window->document);
  g_autoptr (GFile) file = path != NULL ? g_file_new_for_path (path) : NULL;

  if (g_str_equal (response, "revert") && file != NULL && window->loading == NULL)
    load (window, file, on_reloaded);
}

void
limn_window_revert (LimnWindow *window)
{
  g_autofree char *name = limn_files_title (window->document);
  GtkWidget *widget = adw_message_dialog_new (GTK_WINDOW (window), _ ("Revert to Saved?"), NULL);
  AdwMessageDialog *dialog = ADW_MESSAGE_DIALOG (widget);

  adw_message_dialog_format_body (
      dialog, _ ("All that was changed in “%s” since it was saved is lost."), name);
  adw_message_dialog_add_responses (dialog, "cancel", _ ("_Cancel"), "revert", _ ("_Revert"), NULL);
  adw_message_dialog_set_response_appearance (dialog, "revert", ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_default_response (dialog, "cancel");
  g_signal_connect_object (dialog, "response", G_CALLBACK (on_revert_response), window, 0);
  gtk_window_present (GTK_WINDOW (dialog));
}

/* --- choosing --- */

static void
on_open_response (GtkNativeDialog *chooser, int response, LimnWindow *window)
{
  g_autoptr (GListModel) files = NULL;

  if (response == GTK_RESPONSE_ACCEPT)
    files = gtk_file_chooser_get_files (GTK_FILE_CHOOSER (chooser));
  g_clear_object (&window->chooser);
  for (guint i = 0; files != NULL && i < g_list_model_get_n_items (files); i++) {
    g_autoptr (GFile) file = g_list_model_get_item (files, i);

    limn_window_open (window, file);
  }
}

static GtkFileFilter *
filter_new (const char *name, const char *const *suffixes, const char *const *types)
{
  GtkFileFilter *filter = gtk_file_filter_new ();

  gtk_file_filter_set_name (filter, name);
  for (int i = 0; suffixes[i] != NULL; i++)
    gtk_file_filter_add_suffix (filter, suffixes[i]);
  for (int i = 0; types[i] != NULL; i++)
    gtk_file_filter_add_mime_type (filter, types[i]);
  return filter;
}

static void
add_open_filters (GtkFileChooser *chooser)
{
  static const char *const drawings[] = { "limn", "ora", NULL };
  static const char *const pictures[] = { "image/png", "image/jpeg", "image/webp", NULL };
  static const char *const models[] = { "safetensors", "gguf", NULL };
  static const char *const none[] = { NULL };
  g_autoptr (GtkFileFilter) all = filter_new (_ ("Drawings and pictures"), drawings, pictures);
  g_autoptr (GtkFileFilter) own = filter_new (_ ("Drawings"), drawings, none);
  g_autoptr (GtkFileFilter) weights = filter_new (_ ("Models"), models, none);

  gtk_file_chooser_add_filter (chooser, all);
  gtk_file_chooser_add_filter (chooser, own);
  gtk_file_chooser_add_filter (chooser, weights);
}

void
limn_window_choose_open (LimnWindow *window)
{
  GtkFileChooserNative *chooser;

  if (window->chooser != NULL)
    return;
  chooser = gtk_file_chooser_native_new (_ ("Open"), GTK_WINDOW (window),
                                         GTK_FILE_CHOOSER_ACTION_OPEN, _ ("_Open"), _ ("_Cancel"));
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (chooser), TRUE);
  gtk_file_chooser_set_select_multiple (GTK_FILE_CHOOSER (chooser), TRUE);
  add_open_filters (GTK_FILE_CHOOSER (chooser));
  g_signal_connect_object (chooser, "response", G_CALLBACK (on_open_response), window, 0);
  window->chooser = GTK_NATIVE_DIALOG (chooser);
  gtk_native_dialog_show (window->chooser);
}
