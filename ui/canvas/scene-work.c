/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "canvas/scene-work.h"

#include <string.h>

#include "document/composite.h"

struct work {
  int width, height;
  limn_image *picture; /* to be stretched, or NULL */
  cairo_surface_t *pixels;
  int x, y;   /* of @pixels on the canvas */
  bool lines; /* as white ones on black */
};

static void
work_free (struct work *work)
{
  limn_image_free (work->picture);
  cairo_surface_destroy (work->pixels);
  g_free (work);
}

static cairo_surface_t *
scale (const struct work *work)
{
  g_autoptr (limn_image) scaled = NULL;

  if (work->picture->width == work->width && work->picture->height == work->height)
    return limn_pixels_from_image (work->picture);
  scaled = limn_image_resize (work->picture, work->width, work->height);
  return limn_pixels_from_image (scaled);
}

static cairo_surface_t *
control (const struct work *work)
{
  cairo_surface_t *canvas = limn_pixels_new (work->width, work->height);
  g_autoptr (limn_image) drawing = NULL;
  g_autoptr (limn_image) seen = NULL;
  cairo_t *cairo;

  if (canvas == NULL)
    return NULL;
  cairo = cairo_create (canvas);
  limn_composite_surface (cairo, work->pixels, work->x, work->y, 0, 1.0);
  cairo_destroy (cairo);
  drawing = limn_pixels_to_image (canvas);
  cairo_surface_destroy (canvas);
  seen = work->lines ? limn_image_scribble (drawing) : limn_image_to_rgb (drawing);
  return limn_pixels_from_image (seen);
}

static void
run (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const struct work *work = data;

  if (g_task_return_error_if_cancelled (task))
    return;
  g_task_return_pointer (task, work->picture != NULL ? scale (work) : control (work),
                         (GDestroyNotify) cairo_surface_destroy);
}

static void
start (struct work *work, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, data);

  g_task_set_source_tag (task, start);
  g_task_set_task_data (task, work, (GDestroyNotify) work_free);
  g_task_run_in_thread (task, run);
}

bool
limn_scene_scale_async (const limn_image *picture,
                        int width,
                        int height,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer data)
{
  struct work *work = g_new0 (struct work, 1);
  gsize size = (gsize) picture->width * (gsize) picture->height * (gsize) picture->channels;

  work->width = width;
  work->height = height;
  work->picture = limn_image_new (picture->width, picture->height, picture->channels);
  memcpy (work->picture->pixels, picture->pixels, size);
  start (work, cancellable, callback, data);
  return true;
}

bool
limn_scene_control_async (const limn_layer *layer,
                          int width,
                          int height,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer data)
{
  cairo_surface_t *pixels = limn_pixels_copy (layer->pixels);
  cairo_rectangle_int_t area = limn_layer_area (layer);
  struct work *work;

  if (pixels == NULL)
    return false;
  work = g_new0 (struct work, 1);
  work->width = width;
  work->height = height;
  work->pixels = pixels;
  work->x = area.x;
  work->y = area.y;
  work->lines = layer->kind == LIMN_LAYER_SCRIBBLE ||
                g_str_equal (limn_layer_get_text (layer, LIMN_LAYER_CONTROL), "scribble");
  start (work, cancellable, callback, data);
  return true;
}

cairo_surface_t *
limn_scene_work_finish (GAsyncResult *result)
{
  return g_task_propagate_pointer (G_TASK (result), NULL);
}
