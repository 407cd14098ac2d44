/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "layers/import.h"
#include "window/models-window.h"

#include <glib/gi18n.h>

/* Where pictures come from and go to: chooser, drop, clipboard. */

bool
limn_import_is_document (GFile *file)
{
  g_autofree char *base = g_file_get_basename (file);
  g_autofree char *name = base != NULL ? g_ascii_strdown (base, -1) : NULL;

  return name != NULL && (g_str_has_suffix (name, ".limn") || g_str_has_suffix (name, ".ora"));
}

/* Documents get a window, models become the document's. */
static bool
is_opened (GFile *file)
{
  return limn_import_is_document (file) || limn_models_window_is_model (file);
}

/* --- several files --- */

struct queue {
  LimnStudio *studio;
  GQueue files; /* of GFile */
};

static void import_next (struct queue *queue);

static void
on_imported (GObject *source, GAsyncResult *result, gpointer data)
{
  limn_import_finish (LIMN_STUDIO (source), result, NULL);
  import_next (data);
}

static void
import_next (struct queue *queue)
{
  g_autoptr (GFile) file = g_queue_pop_head (&queue->files);

  if (file != NULL) {
    limn_import_file (queue->studio, file, NULL, on_imported, queue);
    return;
  }
  g_object_unref (queue->studio);
  g_free (queue);
}

void
limn_import_files (LimnStudio *studio, GSList *files)
{
  struct queue *queue = g_new0 (struct queue, 1);

  queue->studio = g_object_ref (studio);
  g_queue_init (&queue->files);
  for (GSList *at = files; at != NULL; at = at->next)
    if (!is_opened (at->data))
      g_queue_push_tail (&queue->files, g_object_ref (at->data));
  import_next (queue);
}

/* --- the chooser --- */

static void
on_response (GtkNativeDialog *dialog, int response, gpointer data)
{
  LimnStudio *studio = g_object_get_data (G_OBJECT (dialog), "studio");
  g_autoptr (GListModel) chosen = NULL;
  g_autoslist (GFile) files = NULL;

  if (response == GTK_RESPONSE_ACCEPT)
    chosen = gtk_file_chooser_get_files (GTK_FILE_CHOOSER (dialog));
  for (guint i = 0; chosen != NULL && i < g_list_model_get_n_items (chosen); i++)
    files = g_slist_append (files, g_list_model_get_item (chosen, i));
  if (files != NULL)
    limn_import_files (studio, files);
  g_object_unref (dialog);
}

void
limn_import_choose (LimnStudio *studio, GtkWindow *parent)
{
  GtkFileChooserNative *dialog = gtk_file_chooser_native_new (
      _ ("Import Pictures"), parent, GTK_FILE_CHOOSER_ACTION_OPEN, _ ("_Import"), _ ("_Cancel"));
  g_autoptr (GtkFileFilter) filter = gtk_file_filter_new ();

  gtk_file_filter_set_name (filter, _ ("Pictures (PNG, JPEG, WebP)"));
  for (int i = 0; limn_picture_types[i] != NULL; i++)
    gtk_file_filter_add_mime_type (filter, limn_picture_types[i]);
  gtk_file_chooser_add_filter (GTK_FILE_CHOOSER (dialog), filter);
  gtk_file_chooser_set_select_multiple (GTK_FILE_CHOOSER (dialog), TRUE);
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (dialog), TRUE);
  g_object_set_data_full (G_OBJECT (dialog), "studio", g_object_ref (studio), g_object_unref);
  g_signal_connect (dialog, "response", G_CALLBACK (on_response), NULL);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (dialog));
}

/* --- drops --- */

static void
take_files (LimnStudio *studio, GtkWidget *widget, GSList *files)
{
  for (GSList *at = files; at != NULL; at = at->next)
    if (is_opened (at->data)) {
      g_autofree char *uri = g_file_get_uri (at->data);

      gtk_widget_activate_action (widget, "win.open-uri", "s", uri);
    }
  limn_import_files (studio, files);
}

static gboolean
on_drop (GtkDropTarget *target, const GValue *value, double x, double y, gpointer data)
{
  LimnStudio *studio = data;
  GtkWidget *widget = gtk_event_controller_get_widget (GTK_EVENT_CONTROLLER (target));

  if (G_VALUE_HOLDS (value, GDK_TYPE_FILE_LIST)) {
    take_files (studio, widget, g_value_get_boxed (value));
  } else if (G_VALUE_HOLDS (value, G_TYPE_FILE) && g_value_get_object (value) != NULL) {
    GSList one = { g_value_get_object (value), NULL };

    take_files (studio, widget, &one);
  } else if (G_VALUE_HOLDS (value, GDK_TYPE_TEXTURE) && g_value_get_object (value) != NULL) {
    limn_import_texture (studio, g_value_get_object (value), _ ("Dropped Picture"), NULL, NULL,
                         NULL);
  } else {
    return FALSE;
  }
  return TRUE;
}

void
limn_import_attach_drop (GtkWidget *widget, LimnStudio *studio)
{
  GType types[] = { GDK_TYPE_FILE_LIST, G_TYPE_FILE, GDK_TYPE_TEXTURE };
  GtkDropTarget *target = gtk_drop_target_new (G_TYPE_INVALID, GDK_ACTION_COPY);

  gtk_drop_target_set_gtypes (target, types, G_N_ELEMENTS (types));
  g_signal_connect_object (target, "drop", G_CALLBACK (on_drop), studio, 0);
  gtk_widget_add_controller (widget, GTK_EVENT_CONTROLLER (target));
}

/* --- the clipboard --- */

static void
tell (LimnStudio *studio, const GError *error)
{
  g_autofree char *sentence =
      g_strdup_printf (_ ("What lies on the clipboard cannot be pasted: %s"), error->message);

  limn_studio_say (studio, sentence);
}

static void
on_value (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (LimnStudio) studio = data;
  g_autoptr (GError) error = NULL;
  const GValue *value = gdk_clipboard_read_value_finish (GDK_CLIPBOARD (source), result, &error);

  if (value == NULL)
    tell (studio, error);
  else if (G_VALUE_HOLDS (value, GDK_TYPE_FILE_LIST))
    limn_import_files (studio, g_value_get_boxed (value));
  else if (g_value_get_object (value) != NULL)
    limn_import_texture (studio, g_value_get_object (value), _ ("Pasted Picture"), NULL, NULL,
                         NULL);
}

static void
on_spliced (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (LimnStudio) studio = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;

  if (g_output_stream_splice_finish (G_OUTPUT_STREAM (source), result, &error) < 0) {
    tell (studio, error);
    return;
  }
  bytes = g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (source));
  limn_import_bytes (studio, bytes, _ ("Pasted Picture"), NULL, NULL, NULL);
}

static void
on_stream (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (LimnStudio) studio = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GOutputStream) memory = NULL;
  g_autoptr (GInputStream) stream =
      gdk_clipboard_read_finish (GDK_CLIPBOARD (source), result, NULL, &error);

  if (stream == NULL) {
    tell (studio, error);
    return;
  }
  memory = g_memory_output_stream_new_resizable ();
  g_output_stream_splice_async (
      memory, stream, G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE | G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET,
      G_PRIORITY_DEFAULT, NULL, on_spliced, g_steal_pointer (&studio));
}

/* Another program's picture is taken as bytes, so that its size is checked before it is decoded. */
void
limn_import_paste (LimnStudio *studio, GdkClipboard *clipboard)
{
  GdkContentFormats *formats = gdk_clipboard_get_formats (clipboard);
  bool local = gdk_clipboard_is_local (clipboard);

  if (gdk_content_formats_contain_gtype (formats, GDK_TYPE_FILE_LIST) ||
      gdk_content_formats_contain_mime_type (formats, "text/uri-list"))
    gdk_clipboard_read_value_async (clipboard, GDK_TYPE_FILE_LIST, G_PRIORITY_DEFAULT, NULL,
                                    on_value, g_object_ref (studio));
  else if (local && gdk_content_formats_contain_gtype (formats, GDK_TYPE_TEXTURE))
    gdk_clipboard_read_value_async (clipboard, GDK_TYPE_TEXTURE, G_PRIORITY_DEFAULT, NULL, on_value,
                                    g_object_ref (studio));
  else if (gdk_content_formats_contain_mime_type (formats, "image/png") ||
           gdk_content_formats_contain_mime_type (formats, "image/jpeg") ||
           gdk_content_formats_contain_mime_type (formats, "image/webp"))
    gdk_clipboard_read_async (clipboard, (const char **) limn_picture_types, G_PRIORITY_DEFAULT,
                              NULL, on_stream, g_object_ref (studio));
  else
    limn_studio_say (studio, _ ("There is no picture on the clipboard"));
}

bool
limn_import_copy (LimnStudio *studio, guint32 id, GdkClipboard *clipboard)
{
  const limn_layer *layer = limn_document_find_layer (limn_studio_get_document (studio), id);
  cairo_surface_t *pixels = layer != NULL ? limn_pixels_copy (layer->pixels) : NULL;
  g_autoptr (GdkTexture) texture = NULL;
  g_autoptr (GBytes) bytes = NULL;
  gsize stride;

  if (pixels == NULL)
    return false;
  stride = (gsize) cairo_image_surface_get_stride (pixels);
  bytes = g_bytes_new_with_free_func (cairo_image_surface_get_data (pixels),
                                      stride * (gsize) cairo_image_surface_get_height (pixels),
                                      (GDestroyNotify) cairo_surface_destroy, pixels);
  texture = gdk_memory_texture_new (cairo_image_surface_get_width (pixels),
                                    cairo_image_surface_get_height (pixels), GDK_MEMORY_DEFAULT,
                                    bytes, stride);
  gdk_clipboard_set_texture (clipboard, texture);
  return true;
}
