/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "window/preferences-window.h"

#include <string.h>

#include <glib/gi18n.h>

#include "limn.h"
#include "preferences.h"

struct _LimnPreferencesWindow {
  AdwPreferencesWindow parent;

  /* Template */
  AdwComboRow *colour_scheme, *renderer, *device, *preview;
  GtkSpinButton *canvas_width, *canvas_height, *history_limit, *results_limit;
  AdwPreferencesGroup *folders;

  /* Owned */
  GPtrArray *device_ids;  /* of char *: "" first */
  GPtrArray *folder_rows; /* of GtkWidget, borrowed */
  GtkNativeDialog *chooser;
  GCancellable *cancellable;
};

G_DEFINE_FINAL_TYPE (LimnPreferencesWindow, limn_preferences_window, ADW_TYPE_PREFERENCES_WINDOW)

/* --- choices: the index is the number of the enum's value --- */

static gboolean
index_from_setting (GValue *value, GVariant *variant, gpointer key)
{
  g_value_set_uint (value, (guint) g_settings_get_enum (limn_preferences (), key));
  return TRUE;
}

static GVariant *
setting_from_index (const GValue *value, const GVariantType *type, gpointer key)
{
  static const struct {
    const char *key, *nicks[4];
  } choices[] = {
    { "colour-scheme", { "system", "light", "dark" } },
    { "renderer", { "auto", "opengl", "cairo" } },
    { "preview", { "auto", "fast", "decoder", "none" } },
  };
  guint index = g_value_get_uint (value);

  for (gsize i = 0; i < G_N_ELEMENTS (choices); i++)
    if (g_str_equal (choices[i].key, key) && index < G_N_ELEMENTS (choices[i].nicks) &&
        choices[i].nicks[index] != NULL)
      return g_variant_new_string (choices[i].nicks[index]);
  return NULL;
}

static void
bind_choice (const char *key, AdwComboRow *row)
{
  g_settings_bind_with_mapping (limn_preferences (), key, row, "selected", G_SETTINGS_BIND_DEFAULT,
                                index_from_setting, setting_from_index, (gpointer) key, NULL);
}

static void
bind_number (const char *key, GtkSpinButton *button)
{
  g_settings_bind (limn_preferences (), key, gtk_spin_button_get_adjustment (button), "value",
                   G_SETTINGS_BIND_DEFAULT);
}

/* --- devices --- */

static void
list_devices (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  g_task_return_pointer (task, limn_devices_list (), (GDestroyNotify) g_ptr_array_unref);
}

static void
add_device (LimnPreferencesWindow *self, GtkStringList *names, const char *id, const char *name)
{
  gtk_string_list_append (names, name);
  g_ptr_array_add (self->device_ids, g_strdup (id));
}

static void
on_device_selected (LimnPreferencesWindow *self)
{
  guint selected = adw_combo_row_get_selected (self->device);

  if (selected < self->device_ids->len)
    g_settings_set_string (limn_preferences (), "device",
                           g_ptr_array_index (self->device_ids, selected));
}

static void
show_devices (LimnPreferencesWindow *self, const GPtrArray *list)
{
  g_autoptr (GtkStringList) names = gtk_string_list_new (NULL);
  g_autofree char *chosen = g_settings_get_string (limn_preferences (), "device");
  guint selected = GTK_INVALID_LIST_POSITION;

  add_device (self, names, "", _ ("Automatic"));
  for (guint i = 0; i < list->len; i++) {
    const struct limn_device_info *info = g_ptr_array_index (list, i);

    if (info->missing == NULL)
      add_device (self, names, info->id, info->name);
  }
  for (guint i = 0; i < self->device_ids->len; i++)
    if (g_str_equal (g_ptr_array_index (self->device_ids, i), chosen))
      selected = i;
  /* One that is not there at the moment stays chosen. */
  if (selected == GTK_INVALID_LIST_POSITION) {
    selected = self->device_ids->len;
    add_device (self, names, chosen, chosen);
  }
  adw_combo_row_set_model (self->device, G_LIST_MODEL (names));
  adw_combo_row_set_selected (self->device, selected);
  g_signal_connect_swapped (self->device, "notify::selected", G_CALLBACK (on_device_selected),
                            self);
  gtk_widget_set_sensitive (GTK_WIDGET (self->device), TRUE);
}

static void
on_devices (GObject *source, GAsyncResult *result, gpointer data)
{
  LimnPreferencesWindow *self = LIMN_PREFERENCES_WINDOW (source);
  g_autoptr (GPtrArray) list = g_task_propagate_pointer (G_TASK (result), NULL);

  if (list != NULL && !g_cancellable_is_cancelled (self->cancellable))
    show_devices (self, list);
}

/* --- folders --- */

static void
on_remove_folder (GtkButton *button, LimnPreferencesWindow *self)
{
  const char *gone = g_object_get_data (G_OBJECT (button), "folder");
  g_auto (GStrv) folders = g_settings_get_strv (limn_preferences (), "models-folders");
  g_autoptr (GPtrArray) left = g_ptr_array_new ();

  for (int i = 0; folders[i] != NULL; i++)
    if (!g_str_equal (folders[i], gone))
      g_ptr_array_add (left, folders[i]);
  g_ptr_array_add (left, NULL);
  g_settings_set_strv (limn_preferences (), "models-folders", (const char *const *) left->pdata);
}

static GtkWidget *
folder_row_new (LimnPreferencesWindow *self, const char *folder)
{
  GtkWidget *row = adw_action_row_new ();
  GtkWidget *button = gtk_button_new_from_icon_name ("user-trash-symbolic");
  g_autofree char *shown = g_filename_display_name (folder);

  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), shown);
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (button, "flat");
  gtk_widget_set_tooltip_text (button, _ ("Do Not Look Here"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _ ("Do Not Look Here"), -1);
  g_object_set_data_full (G_OBJECT (button), "folder", g_strdup (folder), g_free);
  g_signal_connect (button, "clicked", G_CALLBACK (on_remove_folder), self);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), button);
  return row;
}

static void
show_folders (LimnPreferencesWindow *self)
{
  g_auto (GStrv) folders = g_settings_get_strv (limn_preferences (), "models-folders");

  for (guint i = 0; i < self->folder_rows->len; i++)
    adw_preferences_group_remove (self->folders, g_ptr_array_index (self->folder_rows, i));
  g_ptr_array_set_size (self->folder_rows, 0);
  for (int i = 0; folders[i] != NULL; i++) {
    GtkWidget *row = folder_row_new (self, folders[i]);

    adw_preferences_group_add (self->folders, row);
    g_ptr_array_add (self->folder_rows, row);
  }
}

static void
add_folder (const char *path)
{
  g_auto (GStrv) folders = g_settings_get_strv (limn_preferences (), "models-folders");
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) more = NULL;

  if (g_strv_contains ((const char *const *) folders, path) || !g_utf8_validate (path, -1, NULL))
    return;
  g_strv_builder_addv (builder, (const char **) folders);
  g_strv_builder_add (builder, path);
  more = g_strv_builder_end (builder);
  g_settings_set_strv (limn_preferences (), "models-folders", (const char *const *) more);
}

static void
on_folder_response (GtkNativeDialog *chooser, int response, LimnPreferencesWindow *self)
{
  g_autoptr (GFile) file = NULL;
  g_autofree char *path = NULL;

  if (response == GTK_RESPONSE_ACCEPT)
    file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (chooser));
  path = file != NULL ? g_file_get_path (file) : NULL;
  g_clear_object (&self->chooser);
  if (path != NULL)
    add_folder (path);
}

static void
on_add_folder (GtkWidget *widget, const char *name, GVariant *parameter)
{
  LimnPreferencesWindow *self = LIMN_PREFERENCES_WINDOW (widget);
  GtkFileChooserNative *chooser;

  if (self->chooser != NULL)
    return;
  chooser = gtk_file_chooser_native_new (_ ("Add a Folder with Models"), GTK_WINDOW (self),
                                         GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER, _ ("_Add"),
                                         _ ("_Cancel"));
  g_signal_connect_object (chooser, "response", G_CALLBACK (on_folder_response), self, 0);
  self->chooser = GTK_NATIVE_DIALOG (chooser);
  gtk_native_dialog_set_modal (self->chooser, TRUE);
  gtk_native_dialog_show (self->chooser);
}

/* --- GObject --- */

GtkWidget *
limn_preferences_window_new (void)
{
  return g_object_new (LIMN_TYPE_PREFERENCES_WINDOW, NULL);
}

static void
limn_preferences_window_dispose (GObject *object)
{
  LimnPreferencesWindow *self = LIMN_PREFERENCES_WINDOW (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->chooser);
  G_OBJECT_CLASS (limn_preferences_window_parent_class)->dispose (object);
}

static void
limn_preferences_window_finalize (GObject *object)
{
  LimnPreferencesWindow *self = LIMN_PREFERENCES_WINDOW (object);

  g_ptr_array_unref (self->device_ids);
  g_ptr_array_unref (self->folder_rows);
  g_object_unref (self->cancellable);
  G_OBJECT_CLASS (limn_preferences_window_parent_class)->finalize (object);
}

static void
limn_preferences_window_class_init (LimnPreferencesWindowClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = limn_preferences_window_dispose;
  G_OBJECT_CLASS (class)->finalize = limn_preferences_window_finalize;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/limn/Limn/window/preferences-window.ui");
  gtk_widget_class_bind_template_child (widget_class, LimnPreferencesWindow, colour_scheme);
  gtk_widget_class_bind_template_child (widget_class, LimnPreferencesWindow, renderer);
  gtk_widget_class_bind_template_child (widget_class, LimnPreferencesWindow, device);
  gtk_widget_class_bind_template_child (widget_class, LimnPreferencesWindow, preview);
  gtk_widget_class_bind_template_child (widget_class, LimnPreferencesWindow, canvas_width);
  gtk_widget_class_bind_template_child (widget_class, LimnPreferencesWindow, canvas_height);
  gtk_widget_class_bind_template_child (widget_class, LimnPreferencesWindow, history_limit);
  gtk_widget_class_bind_template_child (widget_class, LimnPreferencesWindow, results_limit);
  gtk_widget_class_bind_template_child (widget_class, LimnPreferencesWindow, folders);
  gtk_widget_class_install_action (widget_class, "preferences.add-folder", NULL, on_add_folder);
}

static void
limn_preferences_window_init (LimnPreferencesWindow *self)
{
  g_autoptr (GTask) task = NULL;

  gtk_widget_init_template (GTK_WIDGET (self));
  self->device_ids = g_ptr_array_new_with_free_func (g_free);
  self->folder_rows = g_ptr_array_new ();
  self->cancellable = g_cancellable_new ();
  bind_choice ("colour-scheme", self->colour_scheme);
  bind_choice ("renderer", self->renderer);
  bind_choice ("preview", self->preview);
  bind_number ("canvas-width", self->canvas_width);
  bind_number ("canvas-height", self->canvas_height);
  bind_number ("history-limit", self->history_limit);
  bind_number ("results-limit", self->results_limit);
  show_folders (self);
  g_signal_connect_object (limn_preferences (), "changed::models-folders",
                           G_CALLBACK (show_folders), self, G_CONNECT_SWAPPED);
  /* Drivers are asked for devices, which takes a while. */
  gtk_widget_set_sensitive (GTK_WIDGET (self->device), FALSE);
  task = g_task_new (self, self->cancellable, on_devices, NULL);
  g_task_run_in_thread (task, list_devices);
}
