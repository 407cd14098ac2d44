/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prompt/rows.h"

#include <glib/gi18n.h>

struct _LimnDeviceRow {
  LimnSettingRow parent;

  /* Template */
  GtkDropDown *drop_down;

  /* Owned */
  GCancellable *cancellable;
  GPtrArray *ids; /* of char *, one for each line of the drop-down; "" is the best */

  bool asked;
  bool complete; /* the drop-down has what was found */
};

/* Of limn_device_info; NULL until they were looked for. For the program's life. */
static GPtrArray *devices;

G_DEFINE_FINAL_TYPE (LimnDeviceRow, limn_device_row, LIMN_TYPE_SETTING_ROW)

static void
append (LimnDeviceRow *self, GtkStringList *list, const char *id, const char *name)
{
  g_ptr_array_add (self->ids, g_strdup (id));
  gtk_string_list_append (list, name);
}

/* One that the document names and that is not here stays in the list: the drawing may go back to
 * where it is. */
static void
fill (LimnDeviceRow *self, const char *wanted)
{
  g_autoptr (GtkStringList) list = gtk_string_list_new (NULL);

  g_ptr_array_set_size (self->ids, 0);
  append (self, list, "", _ ("Automatic"));
  for (guint i = 0; devices != NULL && i < devices->len; i++) {
    const struct limn_device_info *info = g_ptr_array_index (devices, i);

    if (info->missing == NULL)
      append (self, list, info->id, info->name);
  }
  if (!g_ptr_array_find_with_equal_func (self->ids, wanted, g_str_equal, NULL)) {
    g_autofree char *name =
        devices != NULL ? g_strdup_printf (_ ("%s (not here)"), wanted) : g_strdup (wanted);

    append (self, list, wanted, name);
  }
  gtk_drop_down_set_model (self->drop_down, G_LIST_MODEL (list));
  self->complete = devices != NULL;
}

static void
limn_device_row_update (LimnSettingRow *row, LimnDocument *document, int setting)
{
  LimnDeviceRow *self = LIMN_DEVICE_ROW (row);
  const char *wanted = limn_document_get_text (document, LIMN_SETTING_DEVICE);
  guint index;

  if (setting != LIMN_SETTING_DEVICE && setting != LIMN_ALL_SETTINGS)
    return;
  if (self->complete != (devices != NULL) ||
      !g_ptr_array_find_with_equal_func (self->ids, wanted, g_str_equal, &index)) {
    fill (self, wanted);
    g_ptr_array_find_with_equal_func (self->ids, wanted, g_str_equal, &index);
  }
  gtk_drop_down_set_selected (self->drop_down, index);
}

static void
on_selected (LimnDeviceRow *self)
{
  guint selected = gtk_drop_down_get_selected (self->drop_down);

  if (limn_setting_row_is_updating (LIMN_SETTING_ROW (self)) || selected >= self->ids->len)
    return;
  limn_setting_row_new_step (LIMN_SETTING_ROW (self));
  limn_setting_row_set (LIMN_SETTING_ROW (self), LIMN_SETTING_DEVICE,
                        g_variant_new_string (g_ptr_array_index (self->ids, selected)));
}

/* --- on a worker: drivers are loaded --- */

static void
list_devices (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  g_task_return_pointer (task, limn_devices_list (), (GDestroyNotify) g_ptr_array_unref);
}

static void
on_listed (GObject *object, GAsyncResult *result, gpointer data)
{
  g_autoptr (LimnDeviceRow) self = data;
  GPtrArray *found = g_task_propagate_pointer (G_TASK (result), NULL);

  if (found == NULL)
    return;
  g_clear_pointer (&devices, g_ptr_array_unref);
  devices = found;
  self->complete = false;
  limn_setting_row_refresh (LIMN_SETTING_ROW (self));
}

/* Not before somebody sees the row: at the start of the program there is better to do than to load
 * drivers. */
static void
limn_device_row_map (GtkWidget *widget)
{
  LimnDeviceRow *self = LIMN_DEVICE_ROW (widget);
  g_autoptr (GTask) task = NULL;

  GTK_WIDGET_CLASS (limn_device_row_parent_class)->map (widget);
  limn_setting_row_refresh (LIMN_SETTING_ROW (self));
  if (self->asked || devices != NULL)
    return;
  self->asked = true;
  task = g_task_new (NULL, self->cancellable, on_listed, g_object_ref (self));
  g_task_run_in_thread (task, list_devices);
}

static gboolean
limn_device_row_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (GTK_WIDGET (LIMN_DEVICE_ROW (widget)->drop_down));
}

static void
limn_device_row_dispose (GObject *object)
{
  LimnDeviceRow *self = LIMN_DEVICE_ROW (object);

  g_cancellable_cancel (self->cancellable);
  G_OBJECT_CLASS (limn_device_row_parent_class)->dispose (object);
}

static void
limn_device_row_finalize (GObject *object)
{
  LimnDeviceRow *self = LIMN_DEVICE_ROW (object);

  g_object_unref (self->cancellable);
  g_ptr_array_unref (self->ids);
  G_OBJECT_CLASS (limn_device_row_parent_class)->finalize (object);
}

static void
limn_device_row_class_init (LimnDeviceRowClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  object_class->dispose = limn_device_row_dispose;
  object_class->finalize = limn_device_row_finalize;
  widget_class->map = limn_device_row_map;
  widget_class->grab_focus = limn_device_row_grab_focus;
  LIMN_SETTING_ROW_CLASS (class)->update = limn_device_row_update;
  gtk_widget_class_set_template_from_resource (widget_class, "/org/limn/Limn/prompt/device-row.ui");
  gtk_widget_class_bind_template_child (widget_class, LimnDeviceRow, drop_down);
}

static void
limn_device_row_init (LimnDeviceRow *self)
{
  self->cancellable = g_cancellable_new ();
  self->ids = g_ptr_array_new_with_free_func (g_free);
  gtk_widget_init_template (GTK_WIDGET (self));
  g_signal_connect_swapped (self->drop_down, "notify::selected", G_CALLBACK (on_selected), self);
}
