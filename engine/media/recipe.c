/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/recipe.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/png-text.h"

#define PIECE 65536
#define GIF_HEADER 13 /* signature and logical screen descriptor */
#define GIF_FLAGS 10
#define GIF_BLOCK 255
#define PNG_HEADER 33 /* signature and IHDR */

static bool
read_at (int fd, void *buffer, gsize size, off_t offset)
{
  for (gsize done = 0; done < size;) {
    ssize_t got =
        TEMP_FAILURE_RETRY (pread (fd, (char *) buffer + done, size - done, offset + (off_t) done));

    if (got == 0)
      errno = EIO;
    if (got <= 0)
      return false;
    done += (gsize) got;
  }
  return true;
}

static bool
write_at (int fd, const void *buffer, gsize size, off_t offset)
{
  for (gsize done = 0; done < size;) {
    ssize_t put = TEMP_FAILURE_RETRY (
        pwrite (fd, (const char *) buffer + done, size - done, offset + (off_t) done));

    if (put < 0)
      return false;
    done += (gsize) put;
  }
  return true;
}

/* What follows @offset moves back by @size bytes, the last piece first. */
static bool
make_room (int fd, off_t offset, gsize size)
{
  g_autofree char *piece = g_malloc (PIECE);
  struct stat info;

  if (fstat (fd, &info) < 0)
    return false;
  for (off_t at = info.st_size; at > offset;) {
    gsize length = (gsize) MIN (at - offset, PIECE);

    at -= (off_t) length;
    if (!read_at (fd, piece, length, at) || !write_at (fd, piece, length, at + (off_t) size))
      return false;
  }
  return true;
}

static GByteArray *
make_comment (const char *recipe)
{
  GByteArray *bytes = g_byte_array_new ();
  gsize left = strlen (recipe);

  g_byte_array_append (bytes, (const guint8 *) "\x21\xfe", 2);
  while (left > 0) {
    guint8 length = (guint8) MIN (left, GIF_BLOCK);

    g_byte_array_append (bytes, &length, 1);
    g_byte_array_append (bytes, (const guint8 *) recipe, length);
    recipe += length;
    left -= length;
  }
  g_byte_array_append (bytes, (const guint8 *) "", 1);
  return bytes;
}

int
limn_film_insert_recipe (int fd, limn_film_kind kind, const char *recipe)
{
  g_autoptr (GByteArray) bytes = NULL;
  guint8 header[GIF_HEADER];
  off_t offset = PNG_HEADER;

  if (kind != LIMN_FILM_GIF && kind != LIMN_FILM_APNG)
    return 0;
  if (!read_at (fd, header, sizeof header, 0))
    return errno;
  if (kind == LIMN_FILM_GIF) {
    bool palette = (header[GIF_FLAGS] & 0x80) != 0;

    offset = GIF_HEADER + (palette ? 3 * (2 << (header[GIF_FLAGS] & 7)) : 0);
    bytes = make_comment (recipe);
  } else {
    bytes = limn_png_text_chunk ("parameters", recipe);
  }
  if (!make_room (fd, offset, bytes->len) || !write_at (fd, bytes->data, bytes->len, offset))
    return errno;
  return 0;
}
