/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/picture.h"

#include <string.h>

#include "io/exif.h"
#include "io/file.h"
#include "io/picture-private.h"
#include "io/png.h"

#define PNG_SIGNATURE_SIZE 8
/* Bytes of a PNG up to the end of width and height. */
#define PNG_HEAD 24
#define WANTED "wanted a PNG, JPEG or WebP picture"

const char *const limn_picture_types[] = { "image/png", "image/jpeg", "image/webp", NULL };

bool
limn_picture_check_size (const struct limn_picture_source *source,
                         guint64 width,
                         guint64 height,
                         GError **error)
{
  if (width > LIMN_PICTURE_MAX_SIDE || height > LIMN_PICTURE_MAX_SIDE) {
    limn_file_set_error (error, LIMN_ERROR_FORMAT, source->name,
                         "%" G_GUINT64_FORMAT " x %" G_GUINT64_FORMAT
                         " pixels, wanted at most %d in each direction",
                         width, height, LIMN_PICTURE_MAX_SIDE);
    return false;
  }
  if (width * height > (guint64) source->max_pixels) {
    limn_file_set_error (error, LIMN_ERROR_FORMAT, source->name,
                         "%" G_GUINT64_FORMAT " x %" G_GUINT64_FORMAT
                         " pixels, wanted at most %" G_GINT64_FORMAT " in all",
                         width, height, source->max_pixels);
    return false;
  }
  return true;
}

limn_image *
limn_picture_allocate (
    const struct limn_picture_source *source, int width, int height, int channels, GError **error)
{
  limn_image *image = g_new0 (limn_image, 1);

  image->width = width;
  image->height = height;
  image->channels = channels;
  image->pixels = g_try_malloc0_n ((gsize) width * (gsize) height, (gsize) channels);
  if (image->pixels != NULL)
    return image;
  limn_image_free (image);
  limn_file_set_error (error, LIMN_ERROR_MEMORY, source->name, "no memory for %d x %d pixels",
                       width, height);
  return NULL;
}

/* --- PNG --- */

static guint32
read_be32 (const guint8 *at)
{
  return (guint32) at[0] << 24 | (guint32) at[1] << 16 | (guint32) at[2] << 8 | at[3];
}

/* Of the chunk eXIf, which stands before the pixels or after them. */
static int
png_orientation (const struct limn_picture_source *source)
{
  for (gsize at = PNG_SIGNATURE_SIZE; source->size - at >= 12;) {
    gsize length = read_be32 (source->bytes + at);

    if (length > source->size - at - 12)
      break;
    if (memcmp (source->bytes + at + 4, "eXIf", 4) == 0)
      return limn_exif_orientation (source->bytes + at + 8, length);
    at += length + 12;
  }
  return 1;
}

static limn_image *
decode_png (const struct limn_picture_source *source, int *orientation, GError **error)
{
  if (source->size >= PNG_HEAD && !limn_picture_check_size (source, read_be32 (source->bytes + 16),
                                                            read_be32 (source->bytes + 20), error))
    return NULL;
  *orientation = png_orientation (source);
  return limn_png_decode (source->bytes, source->size, source->name, error);
}

/* --- what a file is --- */

struct format {
  gsize at;
  const char *magic;
  gsize size;
  const char *found; /* for what Limn does not read: "a GIF" */
  limn_image *(*decode) (const struct limn_picture_source *source,
                         int *orientation,
                         GError **error);
};

#define MAGIC(offset, text) .at = (offset), .magic = text, .size = sizeof (text) - 1

static const struct format formats[] = {
  { MAGIC (0, "\x89PNG\r\n\x1a\n"), .decode = decode_png },
  { MAGIC (0, "\xff\xd8\xff"), .decode = limn_jpeg_decode },
  { MAGIC (8, "WEBP"), .decode = limn_webp_decode },
  { MAGIC (0, "GIF8"), .found = "a GIF" },
  { MAGIC (0, "BM"), .found = "a BMP" },
  { MAGIC (0, "II*\0"), .found = "a TIFF" },
  { MAGIC (0, "MM\0*"), .found = "a TIFF" },
  { MAGIC (4, "ftypavif"), .found = "an AVIF" },
  { MAGIC (4, "ftyphei"), .found = "a HEIF" },
  { MAGIC (4, "ftypmif1"), .found = "a HEIF" },
  { MAGIC (0, "\0\0\0\x0cJXL "), .found = "a JPEG XL" },
  { MAGIC (0, "\xff\x0a"), .found = "a JPEG XL" },
  { MAGIC (0, "8BPS"), .found = "a Photoshop file" },
  { MAGIC (0, "gimp xcf"), .found = "a GIMP file" },
  { MAGIC (0, "<svg"), .found = "an SVG" },
  { MAGIC (0, "<?xml"), .found = "an XML text" },
  { MAGIC (0, "%PDF"), .found = "a PDF" },
  { MAGIC (0, "PK\x03\x04"), .found = "an archive" },
};

static const struct format *
find_format (const struct limn_picture_source *source)
{
  for (gsize i = 0; i < G_N_ELEMENTS (formats); i++) {
    const struct format *format = &formats[i];

    if (source->size >= format->at + format->size &&
        memcmp (source->bytes + format->at, format->magic, format->size) == 0)
      return format;
  }
  return NULL;
}

limn_image *
limn_picture_decode (
    const void *bytes, gsize size, const char *name, gint64 max_pixels, GError **error)
{
  const struct limn_picture_source source = { name, bytes, size,
                                              max_pixels > 0 ? max_pixels
                                                             : LIMN_PICTURE_MAX_PIXELS };
  const struct format *format = find_format (&source);
  g_autoptr (limn_image) image = NULL;
  int orientation = 1;

  if (size == 0) {
    limn_file_set_error (error, LIMN_ERROR_FORMAT, name, "is empty, " WANTED);
    return NULL;
  }
  if (format == NULL || format->decode == NULL) {
    limn_file_set_error (error, LIMN_ERROR_FORMAT, name, "is %s, " WANTED,
                         format != NULL ? format->found : "no picture that Limn knows");
    return NULL;
  }
  image = format->decode (&source, &orientation, error);
  if (image != NULL && !limn_exif_turn (&image, orientation)) {
    limn_file_set_error (error, LIMN_ERROR_MEMORY, name, "no memory for turning %d x %d pixels",
                         image->width, image->height);
    return NULL;
  }
  return g_steal_pointer (&image);
}

limn_image *
limn_picture_load (const char *path, gint64 max_pixels, GError **error)
{
  g_autoptr (GMappedFile) map = limn_file_map (path, error);

  if (map == NULL)
    return NULL;
  return limn_picture_decode (g_mapped_file_get_contents (map), g_mapped_file_get_length (map),
                              path, max_pixels, error);
}
