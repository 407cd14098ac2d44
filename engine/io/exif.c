/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/exif.h"

#include <string.h>

#define PREFIX "Exif\0"
#define PREFIX_SIZE 6
#define ENTRY_SIZE 12
#define TAG_ORIENTATION 0x0112
#define TYPE_SHORT 3

/* A TIFF file in the byte order that it names itself. */
struct tiff {
  const guint8 *bytes;
  gsize size;
  bool big_endian;
};

/* 0 beyond the end. */
static guint32
get (const struct tiff *tiff, gsize at, gsize count)
{
  guint32 value = 0;

  if (at > tiff->size || count > tiff->size - at)
    return 0;
  for (gsize i = 0; i < count; i++)
    value = value << 8 | tiff->bytes[at + (tiff->big_endian ? i : count - 1 - i)];
  return value;
}

int
limn_exif_orientation (const guint8 *bytes, gsize size)
{
  struct tiff tiff;
  gsize directory;
  guint32 count;

  if (size >= PREFIX_SIZE && memcmp (bytes, PREFIX, PREFIX_SIZE) == 0) {
    bytes += PREFIX_SIZE;
    size -= PREFIX_SIZE;
  }
  if (size < 8 || (memcmp (bytes, "II*\0", 4) != 0 && memcmp (bytes, "MM\0*", 4) != 0))
    return 1;
  tiff = (struct tiff){ bytes, size, bytes[0] == 'M' };
  directory = get (&tiff, 4, 4);
  count = get (&tiff, directory, 2);
  for (guint32 i = 0; i < count; i++) {
    gsize entry = directory + 2 + (gsize) i * ENTRY_SIZE;

    if (get (&tiff, entry, 2) == TAG_ORIENTATION && get (&tiff, entry + 2, 2) == TYPE_SHORT) {
      guint32 orientation = get (&tiff, entry + 8, 2);

      return orientation >= 1 && orientation <= 8 ? (int) orientation : 1;
    }
  }
  return 1;
}

/* What is done to the picture in the file, in this order. */
static const struct {
  bool transpose, mirror_x, mirror_y;
} turns[] = {
  [2] = { .mirror_x = true },
  [3] = { .mirror_x = true, .mirror_y = true },
  [4] = { .mirror_y = true },
  [5] = { .transpose = true },
  [6] = { .transpose = true, .mirror_x = true },
  [7] = { .transpose = true, .mirror_x = true, .mirror_y = true },
  [8] = { .transpose = true, .mirror_y = true },
};

bool
limn_exif_turn (limn_image **image, int orientation)
{
  const limn_image *from = *image;
  gsize channels = (gsize) from->channels;
  bool transpose;
  limn_image *to;

  if (orientation <= 1 || orientation >= (int) G_N_ELEMENTS (turns))
    return true;
  transpose = turns[orientation].transpose;
  to = g_new0 (limn_image, 1);
  to->width = transpose ? from->height : from->width;
  to->height = transpose ? from->width : from->height;
  to->channels = from->channels;
  to->pixels = g_try_malloc_n ((gsize) to->width * (gsize) to->height, channels);
  if (to->pixels == NULL) {
    limn_image_free (to);
    return false;
  }
  for (int y = 0; y < to->height; y++)
    for (int x = 0; x < to->width; x++) {
      int u = turns[orientation].mirror_x ? to->width - 1 - x : x;
      int v = turns[orientation].mirror_y ? to->height - 1 - y : y;
      gsize source = transpose ? (gsize) u * (gsize) from->width + (gsize) v
                               : (gsize) v * (gsize) from->width + (gsize) u;

      memcpy (to->pixels + ((gsize) y * (gsize) to->width + (gsize) x) * channels,
              from->pixels + source * channels, channels);
    }
  limn_image_free (*image);
  *image = to;
  return true;
}
