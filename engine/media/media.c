/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/media.h"

#include <string.h>

#include "error.h"
#include "io/file.h"
#include "io/png-text.h"
#include "limn.h"
#include "media/module.h"
#include "media/sequence.h"

const char *const limn_film_names[] = {
  [LIMN_FILM_H264] = "h264", [LIMN_FILM_H265] = "h265",
  [LIMN_FILM_VP9] = "vp9",   [LIMN_FILM_AV1] = "av1",
  [LIMN_FILM_GIF] = "gif",   [LIMN_FILM_APNG] = "apng",
  [LIMN_FILM_PNG] = "png",   NULL,
};
G_STATIC_ASSERT (G_N_ELEMENTS (limn_film_names) == LIMN_N_FILMS + 1);

/* One of the two does the work. */
struct limn_film_writer {
  const struct limn_media_module *module;
  gpointer film;
  limn_sequence_writer *sequence;
  char *path;
  int width, height;
  gsize count;
};

struct limn_film_reader {
  const struct limn_media_module *module;
  gpointer film;
  limn_sequence_reader *sequence;
  char *recipe;
};

int
limn_film_kind_of (const char *path)
{
  static const struct {
    const char *end;
    limn_film_kind kind;
  } ends[] = {
    { ".mp4", LIMN_FILM_H264 }, { ".m4v", LIMN_FILM_H264 },  { ".webm", LIMN_FILM_VP9 },
    { ".gif", LIMN_FILM_GIF },  { ".apng", LIMN_FILM_APNG }, { ".png", LIMN_FILM_PNG },
  };
  g_autofree char *lower = g_ascii_strdown (path, -1);

  for (gsize i = 0; i < G_N_ELEMENTS (ends); i++)
    if (g_str_has_suffix (lower, ends[i].end))
      return (int) ends[i].kind;
  return -1;
}

static bool
check_params (const char *path, const struct limn_film_params *params, GError **error)
{
  const char *what = NULL;

  if (params->width < 1 || params->height < 1 || params->width > 16384 || params->height > 16384 ||
      params->out_width < 0 || params->out_height < 0 || params->out_width > 16384 ||
      params->out_height > 16384)
    what = "a film has 1 to 16384 pixels in each direction";
  else if (params->rate != 0 && !(params->rate >= 0.1 && params->rate <= 240))
    what = "a film has 0.1 to 240 frames a second";
  else if (params->quality < 0 || params->quality > 100)
    what = "a quality is from 1 to 100";
  else if (params->loops < 0 || params->loops > 65535)
    what = "a film is shown 1 to 65535 times, or 0 for ever";
  if (what != NULL)
    limn_file_set_error (error, LIMN_ERROR_ARGUMENT, path, "%s", what);
  return what == NULL;
}

limn_film_writer *
limn_film_writer_new (const char *path, const struct limn_film_params *params, GError **error)
{
  bool few = (limn_debug_from_environment () & LIMN_DEBUG_FEW_ENCODERS) != 0;
  g_autoptr (limn_film_writer) writer = NULL;

  if (!check_params (path, params, error))
    return NULL;
  writer = g_new0 (limn_film_writer, 1);
  writer->path = g_strdup (path);
  writer->width = params->width;
  writer->height = params->height;
  if (params->kind == LIMN_FILM_PNG)
    writer->sequence = limn_sequence_writer_new (path, params);
  else if ((writer->module = limn_media_module_get (error)) == NULL ||
           (writer->film = writer->module->writer_new (path, params, few, error)) == NULL)
    return NULL;
  return g_steal_pointer (&writer);
}

const char *
limn_film_writer_encoder (const limn_film_writer *writer)
{
  return writer->sequence != NULL ? "png" : writer->module->writer_encoder (writer->film);
}

bool
limn_film_writer_add (limn_film_writer *writer, const limn_image *frame, GError **error)
{
  if (frame->width != writer->width || frame->height != writer->height) {
    limn_file_set_error (error, LIMN_ERROR_ARGUMENT, writer->path,
                         "frame %zu has %d x %d pixels, wanted %d x %d as the first one",
                         writer->count + 1, frame->width, frame->height, writer->width,
                         writer->height);
    return false;
  }
  writer->count++;
  if (writer->sequence != NULL)
    return limn_sequence_writer_add (writer->sequence, frame, error);
  return writer->module->writer_add (writer->film, frame, error);
}

bool
limn_film_writer_finish (limn_film_writer *writer, GError **error)
{
  if (writer->count == 0) {
    limn_file_set_error (error, LIMN_ERROR_ARGUMENT, writer->path, "a film needs a frame");
    return false;
  }
  if (writer->sequence != NULL)
    return limn_sequence_writer_finish (writer->sequence, error);
  return writer->module->writer_finish (writer->film, error);
}

void
limn_film_writer_free (limn_film_writer *writer)
{
  if (writer == NULL)
    return;
  limn_sequence_writer_free (writer->sequence);
  if (writer->film != NULL)
    writer->module->writer_free (writer->film);
  g_free (writer->path);
  g_free (writer);
}

/* Of a PNG, which an APNG is too; NULL for every other file. */
static char *
png_recipe (const char *path)
{
  g_autoptr (GPtrArray) texts = limn_png_texts_load (path, NULL);

  return texts != NULL ? g_strdup (limn_png_texts_find (texts, "parameters")) : NULL;
}

limn_film_reader *
limn_film_reader_new (const char *path, GError **error)
{
  g_autoptr (limn_film_reader) reader = g_new0 (limn_film_reader, 1);

  if (g_file_test (path, G_FILE_TEST_IS_DIR))
    reader->sequence = limn_sequence_reader_new (path, error);
  else if ((reader->module = limn_media_module_get (error)) != NULL)
    reader->film = reader->module->reader_new (path, error);
  if (reader->sequence != NULL)
    reader->recipe = png_recipe (limn_sequence_reader_first (reader->sequence));
  else if (reader->film != NULL)
    reader->recipe = g_strdup (reader->module->reader_recipe (reader->film));
  if (reader->film != NULL && reader->recipe == NULL)
    reader->recipe = png_recipe (path);
  return reader->sequence != NULL || reader->film != NULL ? g_steal_pointer (&reader) : NULL;
}

void
limn_film_reader_info (const limn_film_reader *reader, int *width, int *height, double *rate)
{
  if (reader->sequence != NULL) {
    limn_sequence_reader_size (reader->sequence, width, height);
    *rate = 0;
  } else {
    reader->module->reader_info (reader->film, width, height, rate);
  }
}

limn_image *
limn_film_reader_next (limn_film_reader *reader, GError **error)
{
  if (reader->sequence != NULL)
    return limn_sequence_reader_next (reader->sequence, error);
  return reader->module->reader_next (reader->film, error);
}

const char *
limn_film_reader_recipe (const limn_film_reader *reader)
{
  return reader->recipe;
}

void
limn_film_reader_free (limn_film_reader *reader)
{
  if (reader == NULL)
    return;
  limn_sequence_reader_free (reader->sequence);
  if (reader->film != NULL)
    reader->module->reader_free (reader->film);
  g_free (reader->recipe);
  g_free (reader);
}
