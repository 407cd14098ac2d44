/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "window/window-private.h"

#include <math.h>

#include <glib/gi18n.h>

#include "canvas/canvas.h"
#include "document/journal.h"
#include "generate/bar.h"
#include "layers/import.h"
#include "layers/panel.h"
#include "preferences.h"
#include "prompt/models.h"
#include "prompt/panel.h"
#include "results/strip.h"
#include "tools/actions.h"
#include "tools/options.h"
#include "tools/pen.h"
#include "tools/toolbar.h"
#include "window/files.h"
#include "window/keys.h"

/* What is quicker than this shows no spinner. */
#define SPINNER_DELAY_MS 300
#define MIB ((gsize) 1 << 20)

G_DEFINE_FINAL_TYPE (LimnWindow, limn_window, ADW_TYPE_APPLICATION_WINDOW)

LimnStudio *
limn_window_get_studio (LimnWindow *window)
{
  return window->studio;
}

/* --- telling --- */

void
limn_window_say (LimnWindow *window, const char *sentence)
{
  /* A toast takes markup. */
  g_autofree char *text = g_markup_escape_text (sentence, -1);

  if (!window->closed)
    adw_toast_overlay_add_toast (window->toasts, adw_toast_new (text));
}

static void
on_offer (LimnWindow *self, const char *sentence, const char *button, const char *action)
{
  g_autofree char *text = g_markup_escape_text (sentence, -1);
  AdwToast *toast = adw_toast_new (text);

  adw_toast_set_button_label (toast, button);
  adw_toast_set_detailed_action_name (toast, action);
  adw_toast_overlay_add_toast (self->toasts, toast);
}

void
limn_window_tell_error (LimnWindow *window, const char *heading, const char *sentence)
{
  GtkWidget *dialog;

  if (window->closed)
    return;
  dialog = adw_message_dialog_new (GTK_WINDOW (window), heading, NULL);
  adw_message_dialog_set_body (ADW_MESSAGE_DIALOG (dialog), sentence);
  adw_message_dialog_add_response (ADW_MESSAGE_DIALOG (dialog), "close", _ ("_Close"));
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
show_spinner (gpointer data)
{
  LimnWindow *self = data;

  self->busy_source = 0;
  gtk_spinner_start (self->spinner);
}

void
limn_window_begin_busy (LimnWindow *window)
{
  if (window->busy++ == 0)
    window->busy_source = g_timeout_add_once (SPINNER_DELAY_MS, show_spinner, window);
}

void
limn_window_end_busy (LimnWindow *window)
{
  if (--window->busy > 0)
    return;
  g_clear_handle_id (&window->busy_source, g_source_remove);
  if (!window->closed)
    gtk_spinner_stop (window->spinner);
}

/* --- title and buttons --- */

static void
describe_button (GtkWidget *button, const char *plain, const char *format, const char *label)
{
  g_autofree char *text = label != NULL ? g_strdup_printf (format, _ (label)) : g_strdup (plain);

  gtk_widget_set_tooltip_text (button, text);
}

void
limn_window_update (LimnWindow *window)
{
  LimnDocument *document = window->document;
  g_autofree char *name = limn_files_title (document);
  g_autofree char *folder = limn_files_folder (document);
  g_autofree char *marked = g_strconcat ("• ", name, NULL);
  g_autofree char *title = NULL;
  const char *shown = limn_document_is_modified (document) ? marked : name;

  adw_window_title_set_title (window->title, shown);
  adw_window_title_set_subtitle (window->title, folder != NULL ? folder : "");
  /* Translators: the title of a window, the drawing's name in it */
  title = g_strdup_printf (_ ("%s – Limn"), shown);
  gtk_window_set_title (GTK_WINDOW (window), title);
  /* Translators: with what is undone, as "Undo: Stroke" */
  describe_button (window->undo_button, _ ("Undo"), _ ("Undo: %s"),
                   limn_document_undo_label (document));
  describe_button (window->redo_button, _ ("Redo"), _ ("Redo: %s"),
                   limn_document_redo_label (document));
  limn_window_update_actions (window);
}

static void
show_zoom (gpointer data)
{
  LimnWindow *self = data;
  double percent = limn_canvas_get_scale (LIMN_CANVAS (self->canvas)) * 100;
  g_autofree char *text = g_strdup_printf (_ ("%.0f%%"), percent);
  g_autofree char *spoken = g_strdup_printf (_ ("View, %.0f%% of the original size"), percent);

  self->view_source = 0;
  if (g_strcmp0 (gtk_menu_button_get_label (self->view_button), text) == 0)
    return;
  gtk_menu_button_set_label (self->view_button, text);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->view_button), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  spoken, -1);
}

/* Later, since this also comes while the canvas gets its size, and the button may need another one.
 */
static void
on_view_changed (LimnWindow *self)
{
  if (self->view_source == 0)
    self->view_source = g_idle_add_once (show_zoom, self);
}

/* --- the document --- */

static void
on_journal_failed (LimnWindow *self, const char *sentence)
{
  limn_window_say (self, sentence);
}

static void
apply_limits (LimnWindow *self)
{
  gsize history = (gsize) g_settings_get_int (limn_preferences (), "history-limit");

  limn_document_set_history_limit (self->document, history * MIB);
}

static void
follow_document (LimnWindow *self)
{
  self->document = limn_studio_get_document (self->studio);
  g_signal_connect_object (self->document, "history-changed", G_CALLBACK (limn_window_update), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->document, "journal-failed", G_CALLBACK (on_journal_failed), self,
                           G_CONNECT_SWAPPED);
  apply_limits (self);
  limn_window_update (self);
}

void
limn_window_take_document (LimnWindow *window, LimnDocument *document)
{
  g_autoptr (LimnDocument) old = g_object_ref (window->document);

  g_signal_handlers_disconnect_by_data (old, window);
  limn_studio_set_document (window->studio, document);
  follow_document (window);
  limn_journal_close (old);
}

/* --- the parts --- */

static void
insert_group (LimnWindow *self, const char *name, GActionGroup *group)
{
  gtk_widget_insert_action_group (GTK_WIDGET (self), name, group);
  g_hash_table_insert (self->groups, (gpointer) name, group);
}

GActionGroup *
limn_window_get_group (LimnWindow *window, const char *name)
{
  GtkApplication *application = gtk_window_get_application (GTK_WINDOW (window));

  if (g_str_equal (name, "win"))
    return G_ACTION_GROUP (window);
  if (g_str_equal (name, "app"))
    return G_ACTION_GROUP (application);
  return g_hash_table_lookup (window->groups, name);
}

static void
add_parts (LimnWindow *self)
{
  LimnStudio *studio = self->studio;
  GtkWidget *prompt = limn_prompt_panel_new (studio);

  self->canvas = limn_canvas_new (studio);
  adw_bin_set_child (self->canvas_place, self->canvas);
  adw_bin_set_child (self->tools_place, limn_toolbar_new (studio));
  adw_bin_set_child (self->options_place, limn_tool_options_new (studio));
  adw_bin_set_child (self->generate_place, limn_generate_bar_new (studio));
  adw_bin_set_child (self->results_place, limn_result_strip_new (studio));
  adw_bin_set_child (self->prompt_place, prompt);
  adw_bin_set_child (self->layers_place, limn_layer_panel_new (studio));
  limn_pen_attach (LIMN_CANVAS (self->canvas), studio);
  limn_import_attach_drop (GTK_WIDGET (self), studio);
  insert_group (self, "view", limn_canvas_actions_new (LIMN_CANVAS (self->canvas)));
  insert_group (self, "tool", limn_tool_actions_new (studio));
  insert_group (self, "layer", limn_layer_actions_new (studio));
  insert_group (self, "prompt", limn_prompt_actions_new (LIMN_PROMPT_PANEL (prompt)));
  insert_group (self, "generate", limn_generate_actions_new (studio));
  insert_group (self, "result", limn_result_actions_new (studio));
  g_signal_connect_object (self->canvas, "view-changed", G_CALLBACK (on_view_changed), self,
                           G_CONNECT_SWAPPED);
}

/* Somebody was elsewhere, and may have moved models about. */
static void
on_active (LimnWindow *self)
{
  bool active = gtk_window_is_active (GTK_WINDOW (self));

  if (active && self->left)
    limn_models_rescan (limn_models_get_default ());
  self->left = !active;
}

static void
bind_preferences (LimnWindow *self)
{
  GSettings *settings = limn_preferences ();

  gtk_window_set_default_size (GTK_WINDOW (self), g_settings_get_int (settings, "window-width"),
                               g_settings_get_int (settings, "window-height"));
  if (g_settings_get_boolean (settings, "window-maximized"))
    gtk_window_maximize (GTK_WINDOW (self));
  g_settings_bind (settings, "show-sidebar", self->flap, "reveal-flap", G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (settings, "show-results", self->results_revealer, "reveal-child",
                   G_SETTINGS_BIND_DEFAULT);
  g_signal_connect_object (settings, "changed::history-limit", G_CALLBACK (apply_limits), self,
                           G_CONNECT_SWAPPED);
}

static void
remember_size (LimnWindow *self)
{
  GSettings *settings = limn_preferences ();
  GtkWindow *window = GTK_WINDOW (self);
  int width, height;

  gtk_window_get_default_size (window, &width, &height);
  g_settings_set_int (settings, "window-width", CLAMP (width, 360, 32767));
  g_settings_set_int (settings, "window-height", CLAMP (height, 294, 32767));
  g_settings_set_boolean (settings, "window-maximized", gtk_window_is_maximized (window));
}

LimnWindow *
limn_window_new (GtkApplication *application, LimnDocument *document)
{
  LimnWindow *self = g_object_new (LIMN_TYPE_WINDOW, "application", application, NULL);

  self->studio = limn_studio_new (document);
  limn_brushes_restore (self->studio);
  limn_window_add_actions (self);
  add_parts (self);
  limn_keys_bind_window (GTK_WIDGET (self));
  bind_preferences (self);
  follow_document (self);
  g_signal_connect_object (self->studio, "message", G_CALLBACK (limn_window_say), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->studio, "offer", G_CALLBACK (on_offer), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->studio, "notify::drawing", G_CALLBACK (limn_window_update_actions),
                           self, G_CONNECT_SWAPPED);
  g_signal_connect (self, "notify::is-active", G_CALLBACK (on_active), NULL);
  limn_window_follow_recent (self);
  on_view_changed (self);
  gtk_widget_grab_focus (self->canvas);
  return self;
}

/* --- GObject --- */

static gboolean
limn_window_close_request (GtkWindow *window)
{
  LimnWindow *self = LIMN_WINDOW (window);

  if (limn_window_hold_close (self))
    return GDK_EVENT_STOP;
  remember_size (self);
  limn_brushes_remember (self->studio);
  if (!self->closed)
    limn_journal_close (self->document);
  self->closed = true;
  return GTK_WINDOW_CLASS (limn_window_parent_class)->close_request (window);
}

static void
limn_window_dispose (GObject *object)
{
  LimnWindow *self = LIMN_WINDOW (object);

  g_clear_handle_id (&self->busy_source, g_source_remove);
  g_clear_handle_id (&self->recent_source, g_source_remove);
  g_clear_handle_id (&self->view_source, g_source_remove);
  if (self->loading != NULL)
    g_cancellable_cancel (self->loading);
  g_clear_object (&self->loading);
  if (self->chooser != NULL)
    gtk_native_dialog_destroy (self->chooser);
  g_clear_object (&self->chooser);
  G_OBJECT_CLASS (limn_window_parent_class)->dispose (object);
}

static void
limn_window_finalize (GObject *object)
{
  LimnWindow *self = LIMN_WINDOW (object);

  /* Without "close-request" nobody has decided about the document: its journal stays, and the next
   * start offers it. */
  g_clear_object (&self->studio);
  g_array_unref (self->waiting);
  g_hash_table_unref (self->groups);
  G_OBJECT_CLASS (limn_window_parent_class)->finalize (object);
}

static void
limn_window_class_init (LimnWindowClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);
  GObjectClass *object_class = G_OBJECT_CLASS (class);

  object_class->dispose = limn_window_dispose;
  object_class->finalize = limn_window_finalize;
  GTK_WINDOW_CLASS (class)->close_request = limn_window_close_request;

  gtk_widget_class_set_template_from_resource (widget_class, "/org/limn/Limn/window/window.ui");
  gtk_widget_class_bind_template_child (widget_class, LimnWindow, toasts);
  gtk_widget_class_bind_template_child (widget_class, LimnWindow, title);
  gtk_widget_class_bind_template_child (widget_class, LimnWindow, spinner);
  gtk_widget_class_bind_template_child (widget_class, LimnWindow, undo_button);
  gtk_widget_class_bind_template_child (widget_class, LimnWindow, redo_button);
  gtk_widget_class_bind_template_child (widget_class, LimnWindow, view_button);
  gtk_widget_class_bind_template_child (widget_class, LimnWindow, flap);
  gtk_widget_class_bind_template_child (widget_class, LimnWindow, tools_place);
  gtk_widget_class_bind_template_child (widget_class, LimnWindow, options_place);
  gtk_widget_class_bind_template_child (widget_class, LimnWindow, canvas_place);
  gtk_widget_class_bind_template_child (widget_class, LimnWindow, generate_place);
  gtk_widget_class_bind_template_child (widget_class, LimnWindow, results_place);
  gtk_widget_class_bind_template_child (widget_class, LimnWindow, prompt_place);
  gtk_widget_class_bind_template_child (widget_class, LimnWindow, layers_place);
  gtk_widget_class_bind_template_child (widget_class, LimnWindow, results_revealer);
  gtk_widget_class_bind_template_child (widget_class, LimnWindow, recent_menu);
}

static void
limn_window_init (LimnWindow *self)
{
  self->waiting = g_array_new (FALSE, FALSE, sizeof (struct limn_waiting));
  self->groups = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_object_unref);
  gtk_widget_init_template (GTK_WIDGET (self));
}
