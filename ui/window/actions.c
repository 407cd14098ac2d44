/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gi18n.h>

#include "preferences.h"
#include "shortcuts.h"
#include "tools/actions.h"
#include "window/keys.h"
#include "window/size-dialog.h"
#include "window/window-private.h"

const struct limn_shortcut limn_window_shortcuts[] = {
  { "app.new-window", "<Control>n", N_ ("New window"), N_ ("File") },
  { "win.new", NULL, N_ ("New drawing of a size"), N_ ("File") },
  { "win.open", "<Control>o", N_ ("Open"), N_ ("File") },
  { "win.save", "<Control>s", N_ ("Save"), N_ ("File") },
  { "win.save-as", "<Control><Shift>s", N_ ("Save under another name"), N_ ("File") },
  { "win.export", "<Control><Shift>e", N_ ("Export the drawing as PNG"), N_ ("File") },
  { "win.revert", NULL, N_ ("Revert to what was saved"), N_ ("File") },
  { "win.undo", "<Control>z", N_ ("Undo"), N_ ("File") },
  { "win.redo", "<Control><Shift>z", N_ ("Redo"), N_ ("File") },
  { "win.redo", "<Control>y", N_ ("Redo"), N_ ("File") },
  { "win.resize-canvas", "<Control><Alt>c", N_ ("Size of the canvas"), N_ ("File") },
  { "win.show-sidebar", "F9", N_ ("Side bar"), N_ ("Window") },
  { "win.show-results", "F8", N_ ("Results"), N_ ("Window") },
  { "win.fullscreen", "F11", N_ ("Fullscreen"), N_ ("Window") },
  { "win.focus-canvas", "<Control>period", N_ ("To the canvas"), N_ ("Window") },
  { "app.models", "<Control><Alt>m", N_ ("Models"), N_ ("Window") },
  { "app.preferences", "<Control>comma", N_ ("Preferences"), N_ ("Window") },
  { "win.show-help-overlay", "<Control>question", N_ ("Keyboard shortcuts"), N_ ("Window") },
  { "app.about", NULL, N_ ("About Limn"), N_ ("Window") },
  { "win.close", "<Control>w", N_ ("Close the window"), N_ ("Window") },
  { "app.quit", "<Control>q", N_ ("Quit"), N_ ("Window") },
  { NULL },
};

/* --- what each does --- */

static void
on_new (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  limn_size_dialog_new_drawing (data);
}

static void
on_open (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  limn_window_choose_open (data);
}

static void
on_open_uri (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  g_autoptr (GFile) file = g_file_new_for_uri (g_variant_get_string (parameter, NULL));

  limn_window_open (data, file);
}

static void
on_save (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  limn_window_save (data, false, NULL, NULL);
}

static void
on_save_as (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  limn_window_save (data, true, NULL, NULL);
}

static void
on_export (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  limn_window_choose_export (data);
}

static void
on_revert (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  limn_window_revert (data);
}

static void
on_undo (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  LimnWindow *self = data;

  if (!limn_tool_take_back (self->studio))
    limn_document_undo (self->document);
}

static void
on_redo (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  LimnWindow *self = data;

  limn_document_redo (self->document);
}

static void
on_resize_canvas (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  limn_size_dialog_resize (data);
}

static void
on_fullscreen (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  GtkWindow *window = data;

  if (gtk_window_is_fullscreen (window))
    gtk_window_unfullscreen (window);
  else
    gtk_window_fullscreen (window);
}

static void
on_focus_canvas (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  LimnWindow *self = data;

  gtk_widget_grab_focus (self->canvas);
}

static void
on_show_help_overlay (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  GtkWindow *window = GTK_WINDOW (limn_keys_window_new ());

  gtk_window_set_transient_for (window, data);
  gtk_window_present (window);
}

static void
on_close (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  gtk_window_close (data);
}

static const GActionEntry entries[] = {
  { "new", on_new },
  { "open", on_open },
  { "open-uri", on_open_uri, "s" },
  { "save", on_save },
  { "save-as", on_save_as },
  { "export", on_export },
  { "revert", on_revert },
  { "undo", on_undo },
  { "redo", on_redo },
  { "resize-canvas", on_resize_canvas },
  { "fullscreen", on_fullscreen },
  { "focus-canvas", on_focus_canvas },
  { "show-help-overlay", on_show_help_overlay },
  { "close", on_close },
};

/* Those that are preferences. */
static const char *const keys[] = { "show-sidebar", "show-results" };

void
limn_window_add_actions (LimnWindow *window)
{
  GActionMap *map = G_ACTION_MAP (window);

  g_action_map_add_action_entries (map, entries, G_N_ELEMENTS (entries), window);
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++) {
    g_autoptr (GAction) action = g_settings_create_action (limn_preferences (), keys[i]);

    g_action_map_add_action (map, action);
  }
}

/* --- what can be done --- */

static void
enable (LimnWindow *window, const char *name, bool enabled)
{
  GAction *action = g_action_map_lookup_action (G_ACTION_MAP (window), name);

  g_simple_action_set_enabled (G_SIMPLE_ACTION (action), enabled);
}

void
limn_window_update_actions (LimnWindow *window)
{
  LimnDocument *document = window->document;
  /* A copy of half a stroke would be no drawing. */
  bool drawing = limn_studio_get_drawing (window->studio);
  bool named = limn_document_get_path (document) != NULL;
  bool modified = limn_document_is_modified (document);

  enable (window, "save", !drawing && !window->saving && (modified || !named));
  enable (window, "save-as", !drawing && !window->saving);
  enable (window, "export", !drawing);
  enable (window, "revert", !drawing && !window->saving && modified && named);
  enable (window, "resize-canvas", !drawing);
  enable (window, "undo", drawing || limn_document_undo_label (document) != NULL);
  enable (window, "redo", !drawing && limn_document_redo_label (document) != NULL);
}
