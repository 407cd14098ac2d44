/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "window/models-window.h"

#include <glib/gi18n.h>
#include <glib/gstdio.h>

#include "prompt/model-defaults.h"
#include "prompt/models.h"

struct _LimnModelsWindow {
  AdwWindow parent;

  /* Template */
  GtkSpinner *spinner;
  AdwActionRow *folder;
  GtkListBox *list;

  /* Owned */
  GtkNativeDialog *chooser;
  LimnStudio *studio;

  /* Borrowed: transient for it, and gone with it */
  LimnWindow *window;
};

G_DEFINE_FINAL_TYPE (LimnModelsWindow, limn_models_window, ADW_TYPE_WINDOW)

/* --- using one --- */

static void
on_opened (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (LimnWindow) window = data;
  g_autoptr (GError) error = NULL;
  g_autofree char *model = limn_models_open_finish (LIMN_MODELS (source), result, &error);
  LimnDocument *document = limn_studio_get_document (limn_window_get_studio (window));

  if (model != NULL)
    limn_model_defaults_choose (document, model);
  else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    limn_window_tell_error (window, _ ("The Model Cannot Be Used"), error->message);
}

void
limn_models_window_use (LimnWindow *window, GFile *file)
{
  g_autofree char *path = g_file_get_path (file);

  if (path != NULL)
    limn_models_open (limn_models_get_default (), path, NULL, on_opened, g_object_ref (window));
}

bool
limn_models_window_is_model (GFile *file)
{
  g_autofree char *path = g_file_get_path (file);
  g_autofree char *lower = path != NULL ? g_ascii_strdown (path, -1) : NULL;

  /* Checkpoints of other kinds are told why they cannot be used. */
  static const char *const suffixes[] = { ".safetensors", ".gguf", ".ckpt", ".pt", ".pth" };

  for (gsize i = 0; lower != NULL && i < G_N_ELEMENTS (suffixes); i++)
    if (g_str_has_suffix (lower, suffixes[i]))
      return true;
  return path != NULL && g_file_test (path, G_FILE_TEST_IS_DIR);
}

/* --- the list --- */

static GtkWidget *
row_new (gpointer item, gpointer data)
{
  LimnModelsWindow *self = data;
  LimnModelEntry *entry = item;
  LimnDocument *document = limn_studio_get_document (self->studio);
  const char *model = limn_model_entry_get_model (entry);
  const char *problem = limn_model_entry_get_problem (entry);
  const char *family = limn_model_entry_get_family (entry);
  AdwActionRow *row = ADW_ACTION_ROW (adw_action_row_new ());

  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), limn_model_entry_get_name (entry));
  adw_action_row_set_subtitle (row, problem != NULL ? problem : family != NULL ? family : "");
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), problem == NULL);
  g_object_set_data_full (G_OBJECT (row), "model", g_strdup (model), g_free);
  if (problem != NULL) {
    adw_action_row_add_suffix (row, gtk_image_new_from_icon_name ("dialog-warning-symbolic"));
  } else if (g_str_equal (model, limn_document_get_text (document, LIMN_SETTING_MODEL))) {
    GtkWidget *mark = gtk_image_new_from_icon_name ("object-select-symbolic");

    gtk_accessible_update_property (GTK_ACCESSIBLE (mark), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                    _ ("In use"), -1);
    adw_action_row_add_suffix (row, mark);
  }
  return GTK_WIDGET (row);
}

static void
show_list (LimnModelsWindow *self)
{
  LimnModels *models = limn_models_get_default ();

  gtk_list_box_bind_model (self->list, G_LIST_MODEL (models), row_new, self, NULL);
  if (limn_models_is_scanning (models))
    gtk_spinner_start (self->spinner);
  else
    gtk_spinner_stop (self->spinner);
}

static void
on_setting_changed (LimnModelsWindow *self, int setting)
{
  if (setting == LIMN_SETTING_MODEL)
    show_list (self);
}

static void
on_items_changed (LimnModelsWindow *self)
{
  show_list (self);
}

static void
on_row_activated (LimnModelsWindow *self, GtkListBoxRow *row)
{
  const char *model = g_object_get_data (G_OBJECT (row), "model");

  limn_model_defaults_choose (limn_studio_get_document (self->studio), model);
}

/* --- actions --- */

static void
on_response (GtkNativeDialog *chooser, int response, LimnModelsWindow *self)
{
  g_autoptr (GFile) file = NULL;

  if (response == GTK_RESPONSE_ACCEPT)
    file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (chooser));
  g_clear_object (&self->chooser);
  if (file != NULL)
    limn_models_window_use (self->window, file);
}

static void
on_open (GtkWidget *widget, const char *name, GVariant *parameter)
{
  LimnModelsWindow *self = LIMN_MODELS_WINDOW (widget);
  g_autoptr (GtkFileFilter) filter = gtk_file_filter_new ();
  GtkFileChooserNative *chooser;

  if (self->chooser != NULL)
    return;
  chooser = gtk_file_chooser_native_new (_ ("Open a Model"), GTK_WINDOW (self),
                                         GTK_FILE_CHOOSER_ACTION_OPEN, _ ("_Open"), _ ("_Cancel"));
  gtk_file_filter_set_name (filter, _ ("Models"));
  gtk_file_filter_add_suffix (filter, "safetensors");
  gtk_file_filter_add_suffix (filter, "gguf");
  gtk_file_filter_add_pattern (filter, "model_index.json");
  gtk_file_chooser_add_filter (GTK_FILE_CHOOSER (chooser), filter);
  g_signal_connect_object (chooser, "response", G_CALLBACK (on_response), self, 0);
  self->chooser = GTK_NATIVE_DIALOG (chooser);
  gtk_native_dialog_set_modal (self->chooser, TRUE);
  gtk_native_dialog_show (self->chooser);
}

static char *
own_folder (void)
{
  return g_build_filename (g_get_user_data_dir (), "limn", "models", NULL);
}

static void
on_show_folder (GtkWidget *widget, const char *name, GVariant *parameter)
{
  g_autofree char *path = own_folder ();
  g_autofree char *uri = NULL;

  g_mkdir_with_parents (path, 0777);
  uri = g_filename_to_uri (path, NULL, NULL);
  gtk_show_uri (GTK_WINDOW (widget), uri, GDK_CURRENT_TIME);
}

static void
on_rescan (GtkWidget *widget, const char *name, GVariant *parameter)
{
  limn_models_rescan (limn_models_get_default ());
  show_list (LIMN_MODELS_WINDOW (widget));
}

static gboolean
on_drop (GtkDropTarget *target, const GValue *value, double x, double y, gpointer data)
{
  LimnModelsWindow *self = data;
  GSList *files = g_value_get_boxed (value);

  if (files == NULL)
    return FALSE;
  limn_models_window_use (self->window, files->data);
  return TRUE;
}

GtkWidget *
limn_models_window_new (LimnWindow *window)
{
  LimnModelsWindow *self = g_object_new (LIMN_TYPE_MODELS_WINDOW, "transient-for", window, NULL);
  LimnModels *models = limn_models_get_default ();

  self->window = window;
  self->studio = g_object_ref (limn_window_get_studio (window));
  g_signal_connect_object (models, "items-changed", G_CALLBACK (on_items_changed), self,
                           G_CONNECT_SWAPPED | G_CONNECT_AFTER);
  g_signal_connect_object (limn_studio_get_document (self->studio), "setting-changed",
                           G_CALLBACK (on_setting_changed), self, G_CONNECT_SWAPPED);
  show_list (self);
  return GTK_WIDGET (self);
}

/* --- GObject --- */

static void
limn_models_window_dispose (GObject *object)
{
  LimnModelsWindow *self = LIMN_MODELS_WINDOW (object);

  g_clear_object (&self->chooser);
  g_clear_object (&self->studio);
  G_OBJECT_CLASS (limn_models_window_parent_class)->dispose (object);
}

static void
limn_models_window_class_init (LimnModelsWindowClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = limn_models_window_dispose;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/limn/Limn/window/models-window.ui");
  gtk_widget_class_bind_template_child (widget_class, LimnModelsWindow, spinner);
  gtk_widget_class_bind_template_child (widget_class, LimnModelsWindow, folder);
  gtk_widget_class_bind_template_child (widget_class, LimnModelsWindow, list);
  gtk_widget_class_bind_template_callback (widget_class, on_row_activated);
  gtk_widget_class_install_action (widget_class, "models.open", NULL, on_open);
  gtk_widget_class_install_action (widget_class, "models.show-folder", NULL, on_show_folder);
  gtk_widget_class_install_action (widget_class, "models.rescan", NULL, on_rescan);
}

static void
limn_models_window_init (LimnModelsWindow *self)
{
  GtkDropTarget *target = gtk_drop_target_new (GDK_TYPE_FILE_LIST, GDK_ACTION_COPY);
  g_autofree char *path = own_folder ();
  g_autofree char *shown = g_filename_display_name (path);

  gtk_widget_init_template (GTK_WIDGET (self));
  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (self->folder), FALSE);
  adw_action_row_set_subtitle (self->folder, shown);
  g_signal_connect (target, "drop", G_CALLBACK (on_drop), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (target));
}
