/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Input: a PNG file, read as it is and then with right checksums; what comes out goes through the
 * functions of image.h. */

#include "fuzz.h"

#include <string.h>

#include "error.h"
#include "image.h"
#include "io/png.h"

#define SIGNATURE_SIZE 8
#define MAX_SIZE 16384
/* Larger pictures cost time and show nothing new. */
#define MAX_PIXELS (1 << 16)

static guint32
read_be32 (const uint8_t *at)
{
  return (guint32) at[0] << 24 | (guint32) at[1] << 16 | (guint32) at[2] << 8 | at[3];
}

/* PNG's checksum (ISO 3309), bit by bit. */
static guint32
crc32 (const uint8_t *bytes, gsize size)
{
  guint32 crc = 0xffffffff;

  for (gsize i = 0; i < size; i++) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; bit++)
      crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc;
}

/* Gives every whole chunk the checksum of its bytes. Whether any had another. */
static bool
repair (uint8_t *bytes, gsize size)
{
  bool changed = false;

  for (gsize at = SIGNATURE_SIZE; at + 12 <= size;) {
    gsize length = read_be32 (bytes + at);
    guint32 crc;

    if (length > size - at - 12)
      break;
    crc = GUINT32_TO_BE (crc32 (bytes + at + 4, length + 4));
    changed |= memcmp (bytes + at + 8 + length, &crc, 4) != 0;
    memcpy (bytes + at + 8 + length, &crc, 4);
    at += 12 + length;
  }
  return changed;
}

static bool
is_large (const uint8_t *bytes, gsize size)
{
  guint64 width, height;

  if (size < 24)
    return false;
  width = read_be32 (bytes + 16);
  height = read_be32 (bytes + 20);
  return width <= MAX_SIZE && height <= MAX_SIZE && width * height > MAX_PIXELS;
}

/* Bytes become floats and the same bytes again. */
static void
check_floats (const limn_image *image, float low)
{
  gsize size = (gsize) image->width * (gsize) image->height * 3;
  g_autofree float *floats = g_new (float, size);
  g_autoptr (limn_image) rgb = limn_image_to_rgb (image);
  g_autoptr (limn_image) back = NULL;

  limn_image_to_floats (image, floats, low, 1);
  back = limn_image_from_floats (floats, image->width, image->height, low, 1);
  g_assert_cmpint (rgb->channels, ==, 3);
  g_assert_cmpmem (rgb->pixels, size, back->pixels, size);
}

static void
check_image (const limn_image *image)
{
  g_autoptr (limn_image) scribble = limn_image_scribble (image);
  /* Any sizes will do, as long as they go up and down. */
  int width = 1 + (image->height * 7) % 37, height = 1 + (image->width * 11) % 41;
  g_autoptr (limn_image) resized = limn_image_resize (image, width, height);

  g_assert_true (image->channels == 1 || image->channels == 3 || image->channels == 4);
  g_assert_cmpint (scribble->width, ==, image->width);
  g_assert_cmpint (scribble->channels, ==, 3);
  g_assert_cmpint (resized->width, ==, width);
  g_assert_cmpint (resized->height, ==, height);
  g_assert_cmpint (resized->channels, ==, image->channels);
  check_floats (image, 0);
  check_floats (resized, -1);
}

static void
load (const uint8_t *data, size_t size)
{
  const char *path = fuzz_put ("picture.png", data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_image) image = limn_png_load (path, &error);

  fuzz_check (image != NULL, error, LIMN_ERROR);
  if (image != NULL)
    check_image (image);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree uint8_t *copy = g_memdup2 (data, size);

  if (is_large (data, size))
    return 0;
  load (data, size);
  if (repair (copy, size))
    load (copy, size);
  return 0;
}
