/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "window/begin.h"

#include <glib/gi18n.h>

#include "document/file.h"
#include "document/journal.h"
#include "paths.h"
#include "preferences.h"
#include "window/files.h"

/* What a drawing has when there is no memory for the size that was asked for. */
#define SMALL_SIZE 256
#define SAMPLE "samples/balloon.limn"

struct beginning {
  int width, height;
  bool sample;
  char *layer_name;
  char *problem;
};

static void
beginning_free (struct beginning *beginning)
{
  g_free (beginning->layer_name);
  g_free (beginning->problem);
  g_free (beginning);
}

/* Without a history, so that there is nothing to undo and nothing to save. */
static LimnDocument *
without_history (LimnDocument *document)
{
  LimnDocument *copy = limn_document_copy (document);

  g_object_unref (document);
  return copy;
}

static LimnDocument *
empty_drawing (const char *layer_name, int width, int height)
{
  LimnDocument *document = limn_document_new (width, height);
  guint32 layer;

  if (document == NULL)
    return NULL;
  layer = limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, layer_name, 0);
  if (layer == 0) {
    g_object_unref (document);
    return NULL;
  }
  limn_document_set_layer (document, layer, LIMN_LAYER_CONTROL, g_variant_new_string ("scribble"),
                           0);
  return without_history (document);
}

/* Nobody took it: it must not be offered after the next crash. */
static void
drop_document (gpointer document)
{
  limn_journal_close (document);
  g_object_unref (document);
}

static void
begin (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  struct beginning *beginning = data;
  g_autoptr (LimnDocument) document = NULL;
  g_autoptr (GError) error = NULL;

  if (beginning->sample) {
    g_autofree char *path = limn_data_path (SAMPLE);

    document = limn_document_load (path, NULL, &error);
    if (document != NULL)
      limn_document_set_path (document, NULL);
  } else {
    document = empty_drawing (beginning->layer_name, beginning->width, beginning->height);
    if (document == NULL)
      g_set_error (&error, LIMN_ERROR, LIMN_ERROR_MEMORY,
                   _ ("there is no memory for a drawing of %d × %d pixels"), beginning->width,
                   beginning->height);
  }
  beginning->sample = document != NULL && beginning->sample;
  if (document == NULL)
    document = empty_drawing (beginning->layer_name, SMALL_SIZE, SMALL_SIZE);
  if (document != NULL)
    limn_journal_start (document, NULL, error == NULL ? &error : NULL);
  if (error != NULL)
    beginning->problem = g_strdup (error->message);
  g_task_return_pointer (task, g_steal_pointer (&document), drop_document);
}

void
limn_begin (int width, int height, bool sample, GAsyncReadyCallback callback, gpointer data)
{
  struct beginning *beginning = g_new0 (struct beginning, 1);
  g_autoptr (GTask) task = g_task_new (g_application_get_default (), NULL, callback, data);
  GSettings *settings = limn_preferences ();

  beginning->width = width > 0 ? width : g_settings_get_int (settings, "canvas-width");
  beginning->height = height > 0 ? height : g_settings_get_int (settings, "canvas-height");
  beginning->sample = sample;
  beginning->layer_name = g_strdup (_ ("Drawing"));
  g_task_set_task_data (task, beginning, (GDestroyNotify) beginning_free);
  limn_files_hold (task);
  g_task_run_in_thread (task, begin);
}

LimnDocument *
limn_begin_finish (GAsyncResult *result, char **problem)
{
  struct beginning *beginning = g_task_get_task_data (G_TASK (result));

  *problem = g_steal_pointer (&beginning->problem);
  return g_task_propagate_pointer (G_TASK (result), NULL);
}

bool
limn_begin_is_sample (GAsyncResult *result)
{
  const struct beginning *beginning = g_task_get_task_data (G_TASK (result));

  return beginning->sample;
}
