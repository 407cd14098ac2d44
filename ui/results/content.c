/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "results/content.h"

#include <glib/gstdio.h>
#include <stdlib.h>

#include "limn.h"

#define MIME_PNG "image/png"
#define MIME_FILES "text/uri-list"

#define LIMN_TYPE_PNG_CONTENT (limn_png_content_get_type ())
G_DECLARE_FINAL_TYPE (LimnPngContent, limn_png_content, LIMN, PNG_CONTENT, GdkContentProvider)

struct _LimnPngContent {
  GdkContentProvider parent;

  GBytes *png;
  char *file_name; /* NULL: not as a file */
};

G_DEFINE_FINAL_TYPE (LimnPngContent, limn_png_content, GDK_TYPE_CONTENT_PROVIDER)

/* --- files; any thread --- */

static GMutex mutex;
static char *folder;     /* of this process, once there is one */
static GPtrArray *files; /* of char * */

void
limn_png_content_clean_up (void)
{
  g_mutex_lock (&mutex);
  for (guint i = 0; files != NULL && i < files->len; i++)
    g_unlink (files->pdata[i]);
  if (folder != NULL)
    g_rmdir (folder);
  g_clear_pointer (&files, g_ptr_array_unref);
  g_clear_pointer (&folder, g_free);
  g_mutex_unlock (&mutex);
}

/* A path that no other drag has, with @name as its last part where that is free. */
static char *
new_path (const char *name, GError **error)
{
  g_autofree char *path = NULL;

  g_mutex_lock (&mutex);
  if (folder == NULL) {
    folder = g_dir_make_tmp ("limn-XXXXXX", error);
    files = g_ptr_array_new_with_free_func (g_free);
    /* Once: what is dragged must be there as long as the program is. */
    static gsize registered;
    if (g_once_init_enter (&registered)) {
      atexit (limn_png_content_clean_up);
      g_once_init_leave (&registered, 1);
    }
  }
  if (folder != NULL) {
    path = g_build_filename (folder, name, NULL);
    for (guint i = 2; g_file_test (path, G_FILE_TEST_EXISTS); i++) {
      g_free (path);
      path = g_strdup_printf ("%s/%u-%s", folder, i, name);
    }
    g_ptr_array_add (files, g_strdup (path));
  }
  g_mutex_unlock (&mutex);
  return g_steal_pointer (&path);
}

/* --- bytes --- */

/* For one request: @mime_type decides what is written into @stream. */
struct request {
  GBytes *png;
  char *file_name;
  GOutputStream *stream;
};

static void
request_free (struct request *request)
{
  g_bytes_unref (request->png);
  g_free (request->file_name);
  g_object_unref (request->stream);
  g_free (request);
}

static bool
write_bytes (
    GOutputStream *stream, const void *bytes, gsize size, GCancellable *cancellable, GError **error)
{
  return g_output_stream_write_all (stream, bytes, size, NULL, cancellable, error);
}

static bool
write_file (const struct request *request, GCancellable *cancellable, GError **error)
{
  g_autofree char *path = new_path (request->file_name, error);
  g_autofree char *uri = NULL;
  g_autofree char *line = NULL;

  if (path == NULL || !limn_file_write (path, g_bytes_get_data (request->png, NULL),
                                        g_bytes_get_size (request->png), error))
    return false;
  uri = g_filename_to_uri (path, NULL, error);
  if (uri == NULL)
    return false;
  line = g_strconcat (uri, "\r\n", NULL);
  return write_bytes (request->stream, line, strlen (line), cancellable, error);
}

static void
write_request (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const struct request *request = data;
  GError *error = NULL;
  bool good;

  if (request->file_name != NULL)
    good = write_file (request, cancellable, &error);
  else
    good = write_bytes (request->stream, g_bytes_get_data (request->png, NULL),
                        g_bytes_get_size (request->png), cancellable, &error);
  if (good)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
limn_png_content_write (GdkContentProvider *provider,
                        const char *mime_type,
                        GOutputStream *stream,
                        int io_priority,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer data)
{
  LimnPngContent *self = LIMN_PNG_CONTENT (provider);
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, data);
  bool file = self->file_name != NULL && g_str_equal (mime_type, MIME_FILES);
  struct request *request;

  if (!file && !g_str_equal (mime_type, MIME_PNG)) {
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "%s", mime_type);
    return;
  }
  request = g_new0 (struct request, 1);
  request->png = g_bytes_ref (self->png);
  request->file_name = file ? g_strdup (self->file_name) : NULL;
  request->stream = g_object_ref (stream);
  g_task_set_task_data (task, request, (GDestroyNotify) request_free);
  g_task_run_in_thread (task, write_request);
}

static gboolean
limn_png_content_write_finish (GdkContentProvider *provider, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static GdkContentFormats *
limn_png_content_formats (GdkContentProvider *provider)
{
  static const char *mime_types[] = { MIME_PNG, MIME_FILES };

  return gdk_content_formats_new (mime_types,
                                  LIMN_PNG_CONTENT (provider)->file_name != NULL ? 2 : 1);
}

static void
limn_png_content_finalize (GObject *object)
{
  LimnPngContent *self = LIMN_PNG_CONTENT (object);

  g_bytes_unref (self->png);
  g_free (self->file_name);
  G_OBJECT_CLASS (limn_png_content_parent_class)->finalize (object);
}

static void
limn_png_content_class_init (LimnPngContentClass *class)
{
  GdkContentProviderClass *provider_class = GDK_CONTENT_PROVIDER_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = limn_png_content_finalize;
  provider_class->ref_formats = limn_png_content_formats;
  provider_class->write_mime_type_async = limn_png_content_write;
  provider_class->write_mime_type_finish = limn_png_content_write_finish;
}

static void
limn_png_content_init (LimnPngContent *self)
{
}

GdkContentProvider *
limn_png_content_new (GBytes *png, const char *file_name)
{
  LimnPngContent *content = g_object_new (LIMN_TYPE_PNG_CONTENT, NULL);

  content->png = g_bytes_ref (png);
  content->file_name = g_strdup (file_name);
  return GDK_CONTENT_PROVIDER (content);
}
