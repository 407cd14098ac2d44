/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "image.h"

/* Reads any PNG as 8-bit grey, RGB or RGBA. Larger than 16,384 in a direction is refused. */
limn_image *limn_png_load (const char *path, GError **error);
/* The same from memory; @name stands in messages. */
limn_image *limn_png_decode (const void *bytes, gsize size, const char *name, GError **error);

/* Key and value in UTF-8, written as tEXt where Latin-1 suffices and else as iTXt without
 * compression, as Pillow does it, and with it all programs that write "parameters". */
struct limn_png_text {
  const char *key, *value;
  bool utf8; /* iTXt in any case, and compressed where that helps */
};

/* Writes beside @path under another name, syncs and renames, so that there is never half a file.
 * @texts may be NULL. */
bool limn_png_save (const limn_image *image,
                    const char *path,
                    const struct limn_png_text *texts,
                    gsize n_texts,
                    GError **error);

/* The bytes of such a file, without texts; the caller frees them. Equal pictures, equal bytes. */
GByteArray *limn_png_encode (const limn_image *image, GError **error);
/* The same in a tenth of the time, and a fifth larger. */
GByteArray *limn_png_encode_quick (const limn_image *image, GError **error);
/* The same as limn_png_encode() with texts. */
GByteArray *limn_png_encode_texts (const limn_image *image,
                                   const struct limn_png_text *texts,
                                   gsize n_texts,
                                   GError **error);
