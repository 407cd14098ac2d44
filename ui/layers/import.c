/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "layers/import.h"

#include <glib/gi18n.h>

#include "recipe.h"
#include "results/apply-recipe.h"

/* One picture on its way. What stands before "result" is set on the main thread and read by the
 * worker; the rest the other way round. */
struct import {
  LimnDocument *document;
  char *name;
  GFile *file;
  GBytes *bytes;
  GdkTexture *texture;
  int canvas_width, canvas_height;

  /* Result */
  cairo_surface_t *pixels;
  int width, height; /* of the picture as it came */
  bool has_recipe;
};

static void
import_free (struct import *import)
{
  g_object_unref (import->document);
  g_free (import->name);
  g_clear_object (&import->file);
  g_clear_pointer (&import->bytes, g_bytes_unref);
  g_clear_object (&import->texture);
  g_clear_pointer (&import->pixels, cairo_surface_destroy);
  g_free (import);
}

/* --- on a worker thread --- */

static bool
has_recipe (GPtrArray *texts)
{
  bool found = texts != NULL && (limn_png_texts_find (texts, LIMN_RECIPE_KEY) != NULL ||
                                 limn_png_texts_find (texts, LIMN_RECIPE_TEXT) != NULL);

  g_clear_pointer (&texts, g_ptr_array_unref);
  return found;
}

static limn_image *
decode_bytes (struct import *import, const char *name, GError **error)
{
  gsize size;
  const void *bytes = g_bytes_get_data (import->bytes, &size);
  limn_image *image = limn_picture_decode (bytes, size, name, LIMN_PIXELS_MAX, error);

  if (image != NULL)
    import->has_recipe = has_recipe (limn_png_texts_decode (bytes, size, name, NULL));
  return image;
}

static limn_image *
load_image (struct import *import, GCancellable *cancellable, GError **error)
{
  g_autofree char *path = import->file != NULL ? g_file_get_path (import->file) : NULL;
  g_autofree char *uri = NULL;
  limn_image *image;

  if (import->file == NULL)
    return decode_bytes (import, import->name, error);
  if (path == NULL) {
    uri = g_file_get_parse_name (import->file);
    import->bytes = g_file_load_bytes (import->file, cancellable, NULL, error);
    if (import->bytes != NULL)
      return decode_bytes (import, uri, error);
    g_prefix_error (error, "%s: ", uri);
    return NULL;
  }
  image = limn_picture_load (path, LIMN_PIXELS_MAX, error);
  if (image != NULL)
    import->has_recipe = has_recipe (limn_png_texts_load (path, NULL));
  return image;
}

/* The whole picture as large as the canvas lets it be; the same image when it fits. Takes @image.
 */
static limn_image *
fit (const struct import *import, limn_image *image)
{
  double scale = MIN ((double) import->canvas_width / image->width,
                      (double) import->canvas_height / image->height);
  limn_image *fitted;

  if (scale >= 1.0)
    return image;
  fitted = limn_image_resize (image, MAX ((int) (image->width * scale + 0.5), 1),
                              MAX ((int) (image->height * scale + 0.5), 1));
  limn_image_free (image);
  return fitted;
}

static cairo_surface_t *
download (GdkTexture *texture)
{
  int width = gdk_texture_get_width (texture), height = gdk_texture_get_height (texture);
  cairo_surface_t *pixels = limn_pixels_new (width, height);

  if (pixels == NULL)
    return NULL;
  gdk_texture_download (texture, cairo_image_surface_get_data (pixels),
                        (gsize) cairo_image_surface_get_stride (pixels));
  cairo_surface_mark_dirty (pixels);
  return pixels;
}

static void
take_image (struct import *import, limn_image *image)
{
  import->width = image->width;
  import->height = image->height;
  image = fit (import, image);
  import->pixels = limn_pixels_from_image (image);
  limn_image_free (image);
}

static bool
read_texture (struct import *import, GError **error)
{
  int width = gdk_texture_get_width (import->texture);
  int height = gdk_texture_get_height (import->texture);

  if (!limn_pixels_size_ok (width, height)) {
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_FORMAT,
                 "%s: %d x %d pixels, wanted at most %d in each direction and %d in all",
                 import->name, width, height, LIMN_PIXELS_MAX_SIDE, LIMN_PIXELS_MAX);
    return false;
  }
  if (import->pixels == NULL)
    import->pixels = download (import->texture);
  import->width = width;
  import->height = height;
  if (import->pixels != NULL && (width > import->canvas_width || height > import->canvas_height)) {
    limn_image *image = limn_pixels_to_image (import->pixels);

    cairo_surface_destroy (import->pixels);
    take_image (import, image);
  }
  return true;
}

static void
work (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  struct import *import = data;
  GError *error = NULL;

  if (import->texture != NULL) {
    read_texture (import, &error);
  } else {
    limn_image *image = load_image (import, cancellable, &error);

    if (image != NULL)
      take_image (import, image);
  }
  if (error == NULL && import->pixels == NULL)
    g_set_error (&error, LIMN_ERROR, LIMN_ERROR_MEMORY, "%s: no memory for %d x %d pixels",
                 import->name, import->width, import->height);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

/* --- on the main thread again --- */

#define RECIPE_KEY "limn-import-recipe"

static void
offer_recipe (LimnStudio *studio, const struct import *import)
{
  GObject *source = import->file != NULL ? G_OBJECT (import->file) : NULL;
  g_autofree char *sentence = NULL;

  if (!import->has_recipe || source == NULL)
    return;
  sentence = g_strdup_printf (_ ("“%s” says how it was made"), import->name);
  g_object_set_data_full (G_OBJECT (studio), RECIPE_KEY, g_object_ref (source), g_object_unref);
  limn_studio_offer (studio, sentence, _ ("_Use Its Settings"), "layer.use-recipe");
}

bool
limn_import_use_recipe (LimnStudio *studio)
{
  GFile *file = g_object_get_data (G_OBJECT (studio), RECIPE_KEY);

  if (file == NULL)
    return false;
  limn_recipe_apply_file (studio, file);
  return true;
}

static void
tell_scaled (LimnStudio *studio, const struct import *import)
{
  int width = cairo_image_surface_get_width (import->pixels);
  int height = cairo_image_surface_get_height (import->pixels);
  g_autofree char *sentence = NULL;

  if (width == import->width && height == import->height)
    return;
  sentence = g_strdup_printf (_ ("“%s” was scaled from %d × %d to %d × %d to fit the canvas"),
                              import->name, import->width, import->height, width, height);
  limn_studio_say (studio, sentence);
}

static void
place (GTask *task)
{
  LimnStudio *studio = g_task_get_source_object (task);
  struct import *import = g_task_get_task_data (task);
  int index = limn_document_layer_index (import->document, limn_studio_get_layer (studio));
  int width = cairo_image_surface_get_width (import->pixels);
  int height = cairo_image_surface_get_height (import->pixels);
  guint32 id;

  limn_document_get_size (import->document, &import->canvas_width, &import->canvas_height);
  id = limn_document_add_pixels (
      import->document, cairo_surface_reference (import->pixels), import->name,
      (import->canvas_width - width) / 2, (import->canvas_height - height) / 2,
      index >= 0 ? (guint) index + 1 : limn_document_n_layers (import->document));
  if (id == 0) {
    limn_studio_say (studio, _ ("There is no room for another layer"));
    g_task_return_new_error (task, LIMN_ERROR, LIMN_ERROR_FAILED, "no room for another layer");
    return;
  }
  limn_studio_set_layer (studio, id);
  tell_scaled (studio, import);
  offer_recipe (studio, import);
  g_task_return_int (task, (gssize) id);
}

static void place_or_wait (GTask *task);

static gboolean
on_idle (gpointer data)
{
  place_or_wait (g_object_ref (data));
  return G_SOURCE_REMOVE;
}

/* The tools say so before the document has the whole stroke. */
static void
on_drawing (LimnStudio *studio, GParamSpec *pspec, gpointer data)
{
  if (limn_studio_get_drawing (studio))
    return;
  g_signal_handlers_disconnect_by_func (studio, on_drawing, data);
  g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, on_idle, data, g_object_unref);
}

/* Takes @task. */
static void
place_or_wait (GTask *task)
{
  LimnStudio *studio = g_task_get_source_object (task);
  const struct import *import = g_task_get_task_data (task);

  if (g_task_return_error_if_cancelled (task)) {
    g_object_unref (task);
  } else if (limn_studio_get_document (studio) != import->document) {
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "the document was replaced");
    g_object_unref (task);
  } else if (limn_studio_get_drawing (studio) || limn_document_is_drawing (import->document)) {
    g_signal_connect (studio, "notify::drawing", G_CALLBACK (on_drawing), task);
  } else {
    place (task);
    g_object_unref (task);
  }
}

static void
on_worked (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  GError *error = NULL;

  if (g_task_propagate_boolean (G_TASK (result), &error)) {
    place_or_wait (g_steal_pointer (&task));
    return;
  }
  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    limn_studio_say (g_task_get_source_object (task), error->message);
  g_task_return_error (task, error);
}

/* Takes @import. */
static void
start (LimnStudio *studio,
       struct import *import,
       GCancellable *cancellable,
       GAsyncReadyCallback callback,
       gpointer data)
{
  GTask *task = g_task_new (studio, cancellable, callback, data);
  /* A worker may drop its task later than anybody else: it must not be the last to hold the studio.
   */
  g_autoptr (GTask) worker = g_task_new (NULL, cancellable, on_worked, task);

  g_task_set_source_tag (task, start);
  g_task_set_check_cancellable (task, FALSE);
  import->document = g_object_ref (limn_studio_get_document (studio));
  limn_document_get_size (import->document, &import->canvas_width, &import->canvas_height);
  g_task_set_task_data (task, import, (GDestroyNotify) import_free);
  /* @task has it, and stays until the worker's callback. */
  g_task_set_task_data (worker, import, NULL);
  g_task_run_in_thread (worker, work);
}

/* "Photo" for Photo.jpeg. */
static char *
name_of (GFile *file)
{
  g_autofree char *base = g_file_get_basename (file);
  g_autofree char *name = g_filename_display_name (base != NULL ? base : "");
  char *dot = strrchr (name, '.');

  if (dot != NULL && dot != name)
    *dot = '\0';
  return g_steal_pointer (&name);
}

void
limn_import_file (LimnStudio *studio,
                  GFile *file,
                  GCancellable *cancellable,
                  GAsyncReadyCallback callback,
                  gpointer data)
{
  struct import *import = g_new0 (struct import, 1);

  import->file = g_object_ref (file);
  import->name = name_of (file);
  start (studio, import, cancellable, callback, data);
}

void
limn_import_bytes (LimnStudio *studio,
                   GBytes *bytes,
                   const char *name,
                   GCancellable *cancellable,
                   GAsyncReadyCallback callback,
                   gpointer data)
{
  struct import *import = g_new0 (struct import, 1);

  import->bytes = g_bytes_ref (bytes);
  import->name = g_strdup (name);
  start (studio, import, cancellable, callback, data);
}

void
limn_import_texture (LimnStudio *studio,
                     GdkTexture *texture,
                     const char *name,
                     GCancellable *cancellable,
                     GAsyncReadyCallback callback,
                     gpointer data)
{
  struct import *import = g_new0 (struct import, 1);

  import->texture = g_object_ref (texture);
  import->name = g_strdup (name);
  /* One of OpenGL can be read where its context is. */
  if (!GDK_IS_MEMORY_TEXTURE (texture) &&
      limn_pixels_size_ok (gdk_texture_get_width (texture), gdk_texture_get_height (texture)))
    import->pixels = download (texture);
  start (studio, import, cancellable, callback, data);
}

guint32
limn_import_finish (LimnStudio *studio, GAsyncResult *result, GError **error)
{
  gssize id = g_task_propagate_int (G_TASK (result), error);

  return id > 0 ? (guint32) id : 0;
}
