/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "latents.h"

#include <string.h>

#include "limn.h"

/* Bytes before the tensor: a length and that much JSON. */
static char *
make_header (int frames, gsize count)
{
  return g_strdup_printf ("{\"latents\":{\"dtype\":\"F32\",\"shape\":[%d,%zu],"
                          "\"data_offsets\":[0,%zu]}}",
                          frames, count, (gsize) frames * count * sizeof (float));
}

bool
limn_latents_save (const char *path, const float *latents, int frames, gsize count, GError **error)
{
  g_autofree char *header = make_header (frames, count);
  guint64 length = GUINT64_TO_LE (strlen (header));
  g_autoptr (limn_file_writer) writer = limn_file_writer_new (path, error);

  return writer != NULL && limn_file_writer_append (writer, &length, sizeof length, error) &&
         limn_file_writer_append (writer, header, strlen (header), error) &&
         limn_file_writer_append (writer, latents, (gsize) frames * count * sizeof (float),
                                  error) &&
         limn_file_writer_finish (writer, error);
}

float *
limn_latents_load (const char *path, int frames, gsize *count, GError **error)
{
  g_autoptr (GMappedFile) map = limn_file_map (path, error);
  g_autofree char *header = NULL;
  const char *bytes;
  guint64 length;
  gsize size;

  if (map == NULL)
    return NULL;
  bytes = g_mapped_file_get_contents (map);
  size = g_mapped_file_get_length (map);
  if (size >= sizeof length) {
    memcpy (&length, bytes, sizeof length);
    length = GUINT64_FROM_LE (length);
    /* Whatever is not written by limn_latents_save() for as many frames has another header. */
    if (length < size - sizeof length) {
      size -= sizeof length + length;
      *count = size / sizeof (float) / (gsize) frames;
      header = make_header (frames, *count);
      if (strlen (header) == length && memcmp (header, bytes + sizeof length, length) == 0 &&
          size == *count * (gsize) frames * sizeof (float) && *count > 0)
        return g_memdup2 (bytes + sizeof length + length, size);
    }
  }
  limn_file_set_error (error, LIMN_ERROR_FORMAT, path,
                       "does not hold the latents of %d frames, as --keep-latents writes them",
                       frames);
  return NULL;
}
