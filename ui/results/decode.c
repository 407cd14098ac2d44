/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "results/decode.h"

#include <glib/gi18n.h>

struct request {
  GBytes *png;
  int width, height;
};

static void
request_free (struct request *request)
{
  g_bytes_unref (request->png);
  g_free (request);
}

static limn_image *
decode (const struct request *request, GCancellable *cancellable, GError **error)
{
  g_autoptr (limn_image) image = NULL;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;
  image = limn_png_decode (g_bytes_get_data (request->png, NULL), g_bytes_get_size (request->png),
                           _ ("A result"), error);
  if (image == NULL || g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;
  if (request->width <= 0 || (image->width == request->width && image->height == request->height))
    return g_steal_pointer (&image);
  return limn_image_resize (image, request->width, request->height);
}

static void
decode_image (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  GError *error = NULL;
  limn_image *image = decode (data, cancellable, &error);

  if (image != NULL)
    g_task_return_pointer (task, image, (GDestroyNotify) limn_image_free);
  else
    g_task_return_error (task, error);
}

/* Takes @image. */
static GdkTexture *
texture_from_image (limn_image *image)
{
  static const GdkMemoryFormat formats[] = { [3] = GDK_MEMORY_R8G8B8, [4] = GDK_MEMORY_R8G8B8A8 };
  g_autoptr (limn_image) owned = image;
  g_autoptr (GBytes) bytes = NULL;
  gsize stride;

  if (image->channels == 1) {
    owned = limn_image_to_rgb (image);
    limn_image_free (image);
  }
  stride = (gsize) owned->width * (gsize) owned->channels;
  bytes = g_bytes_new_take (g_steal_pointer (&owned->pixels), stride * (gsize) owned->height);
  return gdk_memory_texture_new (owned->width, owned->height, formats[owned->channels], bytes,
                                 stride);
}

static void
decode_texture (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  GError *error = NULL;
  limn_image *image = decode (data, cancellable, &error);

  if (image != NULL)
    g_task_return_pointer (task, texture_from_image (image), g_object_unref);
  else
    g_task_return_error (task, error);
}

static void
decode_pixels (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  GError *error = NULL;
  g_autoptr (limn_image) image = decode (data, cancellable, &error);
  cairo_surface_t *pixels = image != NULL ? limn_pixels_from_image (image) : NULL;

  if (pixels != NULL)
    g_task_return_pointer (task, pixels, (GDestroyNotify) cairo_surface_destroy);
  else if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_new_error (task, LIMN_ERROR, LIMN_ERROR_MEMORY,
                             _ ("There is no memory for the picture"));
}

void
limn_decode (GBytes *png,
             limn_decoded kind,
             int width,
             int height,
             GCancellable *cancellable,
             GAsyncReadyCallback callback,
             gpointer data)
{
  static const GTaskThreadFunc functions[] = { [LIMN_DECODED_IMAGE] = decode_image,
                                               [LIMN_DECODED_TEXTURE] = decode_texture,
                                               [LIMN_DECODED_PIXELS] = decode_pixels };
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, data);
  struct request *request = g_new0 (struct request, 1);

  request->png = g_bytes_ref (png);
  request->width = width;
  request->height = height;
  g_task_set_task_data (task, request, (GDestroyNotify) request_free);
  g_task_run_in_thread (task, functions[kind]);
}

gpointer
limn_decode_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
