/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "io/picture.h"

/* What the readers of the single formats share. */

struct limn_picture_source {
  const char *name; /* for messages */
  const guint8 *bytes;
  gsize size;
  gint64 max_pixels;
};

/* Sets the sentence with the limit when a picture is too large. */
bool limn_picture_check_size (const struct limn_picture_source *source,
                              guint64 width,
                              guint64 height,
                              GError **error);
/* NULL with LIMN_ERROR_MEMORY: a small file can claim a gigabyte of pixels. The size was checked.
 */
limn_image *limn_picture_allocate (
    const struct limn_picture_source *source, int width, int height, int channels, GError **error);

/* *@orientation is what the file says of it, 1 to 8 (io/exif.h). */
limn_image *
limn_jpeg_decode (const struct limn_picture_source *source, int *orientation, GError **error);
limn_image *
limn_webp_decode (const struct limn_picture_source *source, int *orientation, GError **error);
