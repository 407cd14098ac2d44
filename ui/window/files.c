/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "window/files.h"

#include <string.h>

#include <glib/gi18n.h>

#include "document/file.h"
#include "document/journal.h"

#define HEAD_SIZE 12

/* What one call works on. */
struct work {
  LimnDocument *document; /* the worker's alone */
  LimnDocument *original; /* the main thread's; of a save */
  limn_document_state state;
  char *path;
  GPtrArray *warnings;
};

static void
work_free (struct work *work)
{
  g_clear_object (&work->document);
  g_clear_object (&work->original);
  g_clear_pointer (&work->warnings, g_ptr_array_unref);
  g_free (work->path);
  g_free (work);
}

static void
release_program (gpointer application, GObject *gone)
{
  g_application_release (G_APPLICATION (application));
}

void
limn_files_hold (GTask *task)
{
  GApplication *application = g_application_get_default ();

  if (application == NULL)
    return;
  g_application_hold (application);
  g_object_weak_ref (G_OBJECT (task), release_program, application);
}

static GTask *
task_new (struct work *work,
          gpointer tag,
          GCancellable *cancellable,
          GAsyncReadyCallback callback,
          gpointer data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, data);

  g_task_set_source_tag (task, tag);
  g_task_set_task_data (task, work, (GDestroyNotify) work_free);
  limn_files_hold (task);
  return task;
}

/* --- loading --- */

/* A document that nobody takes must not be offered after the next crash. */
static void
drop_document (gpointer document)
{
  limn_journal_close (document);
  g_object_unref (document);
}

/* Whether @head begins a picture that documents are not made of. */
static bool
is_foreign_picture (const guint8 *head, gsize size)
{
  return size == HEAD_SIZE &&
         (memcmp (head, "\xff\xd8\xff", 3) == 0 ||
          (memcmp (head, "RIFF", 4) == 0 && memcmp (head + 8, "WEBP", 4) == 0));
}

static bool
read_head (GFile *file, guint8 *head, gsize *size, GCancellable *cancellable)
{
  g_autoptr (GFileInputStream) stream = g_file_read (file, cancellable, NULL);

  return stream != NULL && g_input_stream_read_all (G_INPUT_STREAM (stream), head, HEAD_SIZE, size,
                                                    cancellable, NULL);
}

/* Without a history: a copy has none. */
static LimnDocument *
document_of_picture (const char *path, GError **error)
{
  g_autoptr (limn_image) image = limn_picture_load (path, LIMN_PIXELS_MAX, error);
  g_autoptr (LimnDocument) document = NULL;
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *display = g_filename_display_name (name);
  LimnDocument *copy = NULL;

  if (image == NULL)
    return NULL;
  document = limn_document_new (image->width, image->height);
  if (document != NULL && limn_document_add_picture (document, image, display, 0, 0, 0) != 0)
    copy = limn_document_copy (document);
  if (copy == NULL)
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_MEMORY, "%s: no memory for %d x %d pixels", path,
                 image->width, image->height);
  return copy;
}

static void
load (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  struct work *work = data;
  g_autoptr (GFile) file = g_file_new_for_path (work->path);
  g_autoptr (GError) error = NULL;
  guint8 head[HEAD_SIZE];
  gsize size = 0;

  if (read_head (file, head, &size, cancellable) && is_foreign_picture (head, size))
    work->document = document_of_picture (work->path, &error);
  else
    work->document = limn_document_load (work->path, work->warnings, &error);
  if (work->document == NULL) {
    g_task_return_error (task, g_steal_pointer (&error));
    return;
  }
  if (!limn_journal_start (work->document, NULL, &error))
    g_ptr_array_add (work->warnings, g_strdup (error->message));
  g_task_return_pointer (task, g_steal_pointer (&work->document), drop_document);
}

void
limn_files_load (GFile *file,
                 GCancellable *cancellable,
                 GAsyncReadyCallback callback,
                 gpointer data)
{
  struct work *work = g_new0 (struct work, 1);
  g_autoptr (GTask) task = task_new (work, limn_files_load, cancellable, callback, data);

  work->path = g_file_get_path (file);
  work->warnings = g_ptr_array_new_with_free_func (g_free);
  if (work->path == NULL) {
    g_autofree char *uri = g_file_get_uri (file);

    g_task_return_new_error (
        task, LIMN_ERROR, LIMN_ERROR_FILE,
        _ ("%s is not on this computer, and only files that are can be opened"), uri);
    return;
  }
  g_task_run_in_thread (task, load);
}

LimnDocument *
limn_files_load_finish (GAsyncResult *result, GStrv *warnings, GError **error)
{
  struct work *work = g_task_get_task_data (G_TASK (result));
  LimnDocument *document = g_task_propagate_pointer (G_TASK (result), error);

  *warnings = NULL;
  if (document != NULL) {
    g_ptr_array_add (work->warnings, NULL);
    *warnings = (GStrv) g_ptr_array_steal (work->warnings, NULL);
  }
  return document;
}

/* --- saving --- */

static void
save (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  struct work *work = data;
  GError *error = NULL;

  if (limn_document_save (work->document, work->path, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
  g_clear_object (&work->document);
}

static void export(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  struct work *work = data;
  GError *error = NULL;

  if (limn_document_export (work->document, work->path, NULL, 0, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
  g_clear_object (&work->document);
}

static void
write_copy (GTask *task, LimnDocument *document, const char *path, GTaskThreadFunc func)
{
  struct work *work = g_task_get_task_data (task);

  work->path = g_strdup (path);
  work->original = g_object_ref (document);
  work->state = limn_document_get_state (document);
  work->document = limn_document_copy (document);
  if (work->document != NULL)
    g_task_run_in_thread (task, func);
  else
    g_task_return_new_error (task, LIMN_ERROR, LIMN_ERROR_MEMORY,
                             _ ("%s: no memory for a copy of the drawing"), path);
}

void
limn_files_save (LimnDocument *document,
                 const char *path,
                 GAsyncReadyCallback callback,
                 gpointer data)
{
  g_autoptr (GTask) task =
      task_new (g_new0 (struct work, 1), limn_files_save, NULL, callback, data);

  write_copy (task, document, path, save);
}

bool
limn_files_save_finish (GAsyncResult *result, GError **error)
{
  struct work *work = g_task_get_task_data (G_TASK (result));

  if (!g_task_propagate_boolean (G_TASK (result), error))
    return false;
  limn_document_set_path (work->original, work->path);
  limn_document_mark_saved (work->original, work->state);
  return true;
}

void
limn_files_export (LimnDocument *document,
                   const char *path,
                   GAsyncReadyCallback callback,
                   gpointer data)
{
  g_autoptr (GTask) task =
      task_new (g_new0 (struct work, 1), limn_files_export, NULL, callback, data);

  write_copy (task, document, path, export);
}

bool
limn_files_export_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* --- names --- */

char *
limn_files_title (LimnDocument *document)
{
  const char *path = limn_document_get_path (document);
  g_autofree char *name = path != NULL ? g_path_get_basename (path) : NULL;
  char *dot = name != NULL ? strrchr (name, '.') : NULL;

  if (name == NULL)
    return g_strdup (_ ("Untitled"));
  if (dot != NULL && dot != name)
    *dot = '\0';
  return g_filename_display_name (name);
}

char *
limn_files_folder (LimnDocument *document)
{
  const char *path = limn_document_get_path (document), *home = g_get_home_dir ();
  g_autofree char *folder = path != NULL ? g_path_get_dirname (path) : NULL;
  gsize length = strlen (home);

  if (folder == NULL)
    return NULL;
  if (g_str_has_prefix (folder, home) && (folder[length] == '/' || folder[length] == '\0')) {
    g_autofree char *short_name = g_strconcat ("~", folder + length, NULL);

    return g_filename_display_name (short_name);
  }
  return g_filename_display_name (folder);
}
