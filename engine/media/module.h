/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/media.h"

/* What the module gives to the engine, under the symbol limn_media_module. Handles are its own. */
struct limn_media_module {
  /* @few: every encoder but MPEG-4's, GIF's and APNG's counts as missing. */
  gpointer (*writer_new) (const char *path,
                          const struct limn_film_params *params,
                          bool few,
                          GError **error);
  const char *(*writer_encoder) (gpointer writer);
  bool (*writer_add) (gpointer writer, const limn_image *frame, GError **error);
  bool (*writer_finish) (gpointer writer, GError **error);
  void (*writer_free) (gpointer writer);

  gpointer (*reader_new) (const char *path, GError **error);
  void (*reader_info) (gpointer reader, int *width, int *height, double *rate);
  limn_image *(*reader_next) (gpointer reader, GError **error);
  const char *(*reader_recipe) (gpointer reader);
  void (*reader_free) (gpointer reader);
};

#define LIMN_MEDIA_MODULE "limn_media_module"

/* NULL, and LIMN_ERROR_FILE with what is missing. */
const struct limn_media_module *limn_media_module_get (GError **error);
