/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "image.h"

/* Films and moving pictures, written and read by FFmpeg's libraries (libavformat, libavcodec,
 * libavfilter). They come with more than a hundred others, so all that calls them is a module of
 * its own, which is opened when the first film is. Any thread; a writer or reader on one at a
 * time. */

typedef enum {
  LIMN_FILM_H264, /* .mp4 */
  LIMN_FILM_H265, /* .mp4 */
  LIMN_FILM_VP9,  /* .webm */
  LIMN_FILM_AV1,  /* .webm */
  LIMN_FILM_GIF,
  LIMN_FILM_APNG,
  LIMN_FILM_PNG, /* a file for each frame: NAME-0001.png */
  LIMN_N_FILMS,
} limn_film_kind;

/* "h264", "h265", "vp9", "av1", "gif", "apng", "png"; NULL-terminated. */
extern const char *const limn_film_names[];

/* What the end of @path says: .mp4, .webm, .gif, .apng, .png; -1 for others. */
int limn_film_kind_of (const char *path);

#define LIMN_FILM_QUALITY 80

struct limn_film_params {
  limn_film_kind kind;
  int width, height;         /* of the frames that will come */
  int out_width, out_height; /* of the film; 0: the same. H.264 and its like get even sizes: a row
                                or column more, the same as the last */
  double rate;               /* frames a second, 0.1 to 240; 0: 8 */
  int quality;               /* 1 to 100, constant; 0: LIMN_FILM_QUALITY */
  int loops;                 /* GIF and APNG: how often it is shown; 0: for ever */
  const char *recipe;        /* text for the metadata, or NULL */
  const char *encoder;       /* FFmpeg's name of one, or NULL for the best that is there */
};

/* A film that is being written, under no name: nothing is at @path, or what was there before, until
 * finish() returns true, however the program ends. LIMN_ERROR_FILE, ARGUMENT. */
typedef struct limn_film_writer limn_film_writer;

limn_film_writer *
limn_film_writer_new (const char *path, const struct limn_film_params *params, GError **error);
/* FFmpeg's name of the encoder that was found: "libx264", ..., or "png". */
const char *limn_film_writer_encoder (const limn_film_writer *writer);
/* @frame is as large as the parameters say, of any number of channels. */
bool limn_film_writer_add (limn_film_writer *writer, const limn_image *frame, GError **error);
bool limn_film_writer_finish (limn_film_writer *writer, GError **error);
/* Drops what was not finished. */
void limn_film_writer_free (limn_film_writer *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_film_writer, limn_film_writer_free)

/* A film or moving picture that is read frame by frame, or a folder of PNGs, in the order of their
 * names. */
typedef struct limn_film_reader limn_film_reader;

limn_film_reader *limn_film_reader_new (const char *path, GError **error);
/* @rate is 0 where nobody says it: for a folder. */
void limn_film_reader_info (const limn_film_reader *reader, int *width, int *height, double *rate);
/* The next frame, 3 channels; NULL at the end, or with @error. */
limn_image *limn_film_reader_next (limn_film_reader *reader, GError **error);
/* What the recipe was at writing, or NULL; of a folder that of its first picture. Borrowed. */
const char *limn_film_reader_recipe (const limn_film_reader *reader);
void limn_film_reader_free (limn_film_reader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_film_reader, limn_film_reader_free)
