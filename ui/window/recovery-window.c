/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "window/recovery-window.h"

#include <glib/gi18n.h>

#include "document/composite.h"
#include "document/journal.h"
#include "window/files.h"

/* Pixels of a thumbnail's longer side. */
#define THUMBNAIL 96
#define SHOWN 56

struct _LimnRecoveryWindow {
  AdwWindow parent;

  /* Template */
  AdwToastOverlay *toasts;
  AdwPreferencesGroup *group;
  GtkWidget *restore_all;

  /* Owned */
  GPtrArray *rows; /* of struct row */
  GCancellable *cancellable;

  /* Borrowed */
  limn_restored_func func;
  gpointer data;
};

G_DEFINE_FINAL_TYPE (LimnRecoveryWindow, limn_recovery_window, ADW_TYPE_WINDOW)

/* One that was left. A worker that reads it holds a reference to the window. */
struct row {
  limn_left *left;
  LimnRecoveryWindow *window;
  GtkWidget *widget, *restore, *discard, *picture;
};

static void
row_free (struct row *row)
{
  limn_left_free (row->left);
  g_free (row);
}

/* --- reading --- */

static GBytes *
pixels_of (limn_image *image)
{
  gsize size = (gsize) image->width * (gsize) image->height * (gsize) image->channels;

  return g_bytes_new (image->pixels, size);
}

static GdkTexture *
thumbnail_of (LimnDocument *document)
{
  g_autoptr (limn_image) whole = limn_document_composite (document);
  g_autoptr (limn_image) rgb = whole != NULL ? limn_image_to_rgb (whole) : NULL;
  g_autoptr (limn_image) small = NULL;
  g_autoptr (GBytes) bytes = NULL;
  int side = rgb != NULL ? MAX (rgb->width, rgb->height) : 0;

  if (rgb == NULL)
    return NULL;
  small = limn_image_resize (rgb, MAX (rgb->width * THUMBNAIL / side, 1),
                             MAX (rgb->height * THUMBNAIL / side, 1));
  bytes = pixels_of (small);
  return gdk_memory_texture_new (small->width, small->height, GDK_MEMORY_R8G8B8, bytes,
                                 (gsize) small->width * 3);
}

static void
read_thumbnail (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  struct row *row = data;
  g_autoptr (LimnDocument) document = NULL;
  GdkTexture *texture = NULL;

  if (!g_cancellable_is_cancelled (cancellable))
    document = limn_left_open (row->left, NULL);
  if (document != NULL)
    texture = thumbnail_of (document);
  g_task_return_pointer (task, texture, g_object_unref);
}

static void begin_thumbnail (LimnRecoveryWindow *self, guint index);

static void
on_thumbnail (GObject *source, GAsyncResult *result, gpointer data)
{
  LimnRecoveryWindow *self = LIMN_RECOVERY_WINDOW (source);
  g_autoptr (GdkTexture) texture = g_task_propagate_pointer (G_TASK (result), NULL);
  struct row *row = g_task_get_task_data (G_TASK (result));

  if (g_cancellable_is_cancelled (self->cancellable))
    return;
  if (texture != NULL && row->picture != NULL)
    gtk_picture_set_paintable (GTK_PICTURE (row->picture), GDK_PAINTABLE (texture));
  begin_thumbnail (self, GPOINTER_TO_UINT (data) + 1);
}

/* One at a time, since drawings may be large. */
static void
begin_thumbnail (LimnRecoveryWindow *self, guint index)
{
  g_autoptr (GTask) task = NULL;

  while (index < self->rows->len &&
         ((struct row *) g_ptr_array_index (self->rows, index))->widget == NULL)
    index++;
  if (index >= self->rows->len)
    return;
  task = g_task_new (self, self->cancellable, on_thumbnail, GUINT_TO_POINTER (index));
  g_task_set_task_data (task, g_ptr_array_index (self->rows, index), NULL);
  g_task_run_in_thread (task, read_thumbnail);
}

/* --- deciding --- */

static bool
is_done (LimnRecoveryWindow *self)
{
  for (guint i = 0; i < self->rows->len; i++)
    if (((struct row *) g_ptr_array_index (self->rows, i))->widget != NULL)
      return false;
  return true;
}

static void
take_row_away (struct row *row)
{
  LimnRecoveryWindow *self = row->window;

  adw_preferences_group_remove (self->group, row->widget);
  row->widget = NULL;
  row->picture = NULL;
  if (is_done (self))
    gtk_window_close (GTK_WINDOW (self));
}

static void
set_busy (struct row *row, bool busy)
{
  gtk_widget_set_sensitive (row->restore, !busy);
  gtk_widget_set_sensitive (row->discard, !busy);
}

struct restored {
  LimnDocument *document;
  char *problem;
};

static void
restored_free (gpointer data)
{
  struct restored *restored = data;

  g_object_unref (restored->document);
  g_free (restored->problem);
  g_free (restored);
}

/* What was left goes when the drawing has a journal of its own, and never before. */
static void
restore (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  struct row *row = data;
  struct restored *restored;
  GError *error = NULL;
  LimnDocument *document = limn_left_open (row->left, &error);

  if (document == NULL) {
    g_task_return_error (task, error);
    return;
  }
  restored = g_new0 (struct restored, 1);
  restored->document = document;
  if (limn_journal_start (document, NULL, &error)) {
    /* What could not be written again stays where it is. */
    if (limn_journal_sync (document))
      limn_left_discard (row->left);
  } else {
    restored->problem = g_strdup (error->message);
    g_error_free (error);
  }
  g_task_return_pointer (task, restored, restored_free);
}

static void
on_restored (GObject *source, GAsyncResult *result, gpointer data)
{
  LimnRecoveryWindow *self = LIMN_RECOVERY_WINDOW (source);
  struct row *row = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) error = NULL;
  struct restored *restored = g_task_propagate_pointer (G_TASK (result), &error);

  if (restored == NULL) {
    g_autofree char *text = g_markup_escape_text (error->message, -1);

    adw_toast_overlay_add_toast (self->toasts, adw_toast_new (text));
    set_busy (row, false);
    return;
  }
  self->func (restored->document, restored->problem, self->data);
  restored_free (restored);
  if (row->widget != NULL)
    take_row_away (row);
}

static void
begin_restoring (struct row *row)
{
  g_autoptr (GTask) task = g_task_new (row->window, NULL, on_restored, NULL);

  if (row->widget == NULL || !gtk_widget_get_sensitive (row->restore))
    return;
  set_busy (row, true);
  g_task_set_task_data (task, row, NULL);
  limn_files_hold (task);
  g_task_run_in_thread (task, restore);
}

static void
on_restore_clicked (GtkButton *button, struct row *row)
{
  begin_restoring (row);
}

static void
on_discard_response (AdwMessageDialog *dialog, const char *response, struct row *row)
{
  if (!g_str_equal (response, "discard") || row->widget == NULL)
    return;
  limn_left_discard (row->left);
  /* The window may go now, and the dialog would not notice. */
  gtk_window_set_transient_for (GTK_WINDOW (dialog), NULL);
  take_row_away (row);
}

static void
on_discard_clicked (GtkButton *button, struct row *row)
{
  GtkWidget *widget =
      adw_message_dialog_new (GTK_WINDOW (row->window), _ ("Discard the Drawing?"),
                              _ ("What was not saved of it cannot be brought back afterwards."));
  AdwMessageDialog *dialog = ADW_MESSAGE_DIALOG (widget);

  adw_message_dialog_add_responses (dialog, "cancel", _ ("_Cancel"), "discard", _ ("_Discard"),
                                    NULL);
  adw_message_dialog_set_response_appearance (dialog, "discard", ADW_RESPONSE_DESTRUCTIVE);
  g_signal_connect (dialog, "response", G_CALLBACK (on_discard_response), row);
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
on_restore_all (GtkWidget *widget, const char *name, GVariant *parameter)
{
  LimnRecoveryWindow *self = LIMN_RECOVERY_WINDOW (widget);

  for (guint i = 0; i < self->rows->len; i++)
    begin_restoring (g_ptr_array_index (self->rows, i));
}

/* --- rows --- */

static GtkWidget *
button_new (const char *icon, const char *name, GCallback callback, struct row *row)
{
  GtkWidget *button =
      icon != NULL ? gtk_button_new_from_icon_name (icon) : gtk_button_new_with_mnemonic (name);

  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  if (icon != NULL) {
    gtk_widget_set_tooltip_text (button, name);
    gtk_widget_add_css_class (button, "flat");
    gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, name,
                                    -1);
  }
  g_signal_connect (button, "clicked", callback, row);
  return button;
}

static GtkWidget *
picture_new (void)
{
  GtkWidget *picture = gtk_picture_new ();

  gtk_widget_set_size_request (picture, SHOWN, SHOWN);
  gtk_widget_set_margin_top (picture, 6);
  gtk_widget_set_margin_bottom (picture, 6);
  gtk_picture_set_alternative_text (GTK_PICTURE (picture), _ ("Preview"));
  return picture;
}

static void
add_row (LimnRecoveryWindow *self, limn_left *left)
{
  struct row *row = g_new0 (struct row, 1);
  g_autofree char *name =
      left->path != NULL ? g_filename_display_basename (left->path) : g_strdup (_ ("Untitled"));
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_local (left->changed);
  g_autofree char *when = g_date_time_format (time, "%c");
  AdwActionRow *widget = ADW_ACTION_ROW (adw_action_row_new ());

  row->left = left;
  row->window = self;
  row->widget = GTK_WIDGET (widget);
  row->picture = picture_new ();
  row->discard =
      button_new ("user-trash-symbolic", _ ("Discard"), G_CALLBACK (on_discard_clicked), row);
  row->restore = button_new (NULL, _ ("_Restore"), G_CALLBACK (on_restore_clicked), row);
  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (widget), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (widget), name);
  adw_action_row_set_subtitle (widget, when);
  adw_action_row_add_prefix (widget, row->picture);
  adw_action_row_add_suffix (widget, row->discard);
  adw_action_row_add_suffix (widget, row->restore);
  adw_preferences_group_add (self->group, row->widget);
  g_ptr_array_add (self->rows, row);
}

GtkWidget *
limn_recovery_window_new (GPtrArray *left, limn_restored_func func, gpointer data)
{
  LimnRecoveryWindow *self = g_object_new (LIMN_TYPE_RECOVERY_WINDOW, NULL);
  g_autoptr (GPtrArray) taken = left;

  self->func = func;
  self->data = data;
  /* The rows own them from here on. */
  g_ptr_array_set_free_func (taken, NULL);
  for (guint i = 0; i < taken->len; i++)
    add_row (self, g_ptr_array_index (taken, i));
  gtk_widget_set_visible (self->restore_all, taken->len > 1);
  begin_thumbnail (self, 0);
  return GTK_WIDGET (self);
}

/* --- GObject --- */

static void
limn_recovery_window_dispose (GObject *object)
{
  g_cancellable_cancel (LIMN_RECOVERY_WINDOW (object)->cancellable);
  G_OBJECT_CLASS (limn_recovery_window_parent_class)->dispose (object);
}

static void
limn_recovery_window_finalize (GObject *object)
{
  LimnRecoveryWindow *self = LIMN_RECOVERY_WINDOW (object);

  g_ptr_array_unref (self->rows);
  g_object_unref (self->cancellable);
  G_OBJECT_CLASS (limn_recovery_window_parent_class)->finalize (object);
}

static void
limn_recovery_window_class_init (LimnRecoveryWindowClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = limn_recovery_window_dispose;
  G_OBJECT_CLASS (class)->finalize = limn_recovery_window_finalize;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/limn/Limn/window/recovery-window.ui");
  gtk_widget_class_bind_template_child (widget_class, LimnRecoveryWindow, toasts);
  gtk_widget_class_bind_template_child (widget_class, LimnRecoveryWindow, group);
  gtk_widget_class_bind_template_child (widget_class, LimnRecoveryWindow, restore_all);
  gtk_widget_class_install_action (widget_class, "recovery.restore-all", NULL, on_restore_all);
}

static void
limn_recovery_window_init (LimnRecoveryWindow *self)
{
  self->rows = g_ptr_array_new_with_free_func ((GDestroyNotify) row_free);
  self->cancellable = g_cancellable_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
}
