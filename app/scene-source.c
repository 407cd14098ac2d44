/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit.h"
#include "scene.h"

struct limn_scene_source {
  const limn_scene *scene;
  limn_film_reader *reader;
  int width, height;
  limn_image *last; /* the newest frame */
  int read;         /* frames */
  bool ended;
};

limn_scene_source *
limn_scene_source_new (const limn_scene *scene, int width, int height, GError **error)
{
  limn_film_reader *reader = limn_film_reader_new (scene->source, error);
  limn_scene_source *source;

  if (reader == NULL)
    return NULL;
  source = g_new0 (limn_scene_source, 1);
  *source = (limn_scene_source){ scene, reader, width, height };
  return source;
}

void
limn_scene_source_free (limn_scene_source *source)
{
  if (source == NULL)
    return;
  limn_film_reader_free (source->reader);
  limn_image_free (source->last);
  g_free (source);
}

static bool
read_next (limn_scene_source *source, GError **error)
{
  g_autoptr (GError) problem = NULL;
  limn_image *image = limn_film_reader_next (source->reader, &problem);

  if (problem != NULL) {
    g_propagate_error (error, g_steal_pointer (&problem));
    return false;
  }
  source->ended = image == NULL;
  if (image != NULL) {
    limn_image_free (source->last);
    source->last = image;
    source->read++;
  }
  return true;
}

/* A film that is too short stays at its last frame. */
limn_image *
limn_scene_source_read (int frame, gpointer data, GError **error)
{
  limn_scene_source *source = data;
  g_autoptr (limn_image) fitted = NULL;

  while (!source->ended && source->read <= frame)
    if (!read_next (source, error))
      return NULL;
  if (source->last == NULL) {
    limn_file_set_error (error, LIMN_ERROR_FORMAT, source->scene->source,
                         "has no frame to begin with");
    return NULL;
  }
  fitted = limn_fit (source->last, source->width, source->height);
  return limn_image_resize (fitted, source->width, source->height);
}
