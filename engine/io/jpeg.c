/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/picture-private.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jerror.h>
#include <jpeglib.h>

#include "io/exif.h"
#include "io/file.h"

/* A small progressive file can have thousands of scans, each of which goes over all pixels. */
#define MAX_SCANS 500
#define MARKER_EXIF (JPEG_APP0 + 1)

/* libjpeg leaves its functions by longjmp. Everything that must survive the jump lives in this
 * struct, not in local variables of the function that calls setjmp. */
struct reader {
  struct jpeg_decompress_struct jpeg; /* first: libjpeg hands out its address */
  struct jpeg_error_mgr errors;
  struct jpeg_progress_mgr progress;
  jmp_buf jump;
  const struct limn_picture_source *source;
  limn_image *image;
  guint8 *row; /* of CMYK */
  GError *error;
};

G_NORETURN static void
fail (struct reader *reader, limn_error code, const char *message)
{
  if (reader->error == NULL)
    limn_file_set_error (&reader->error, code, reader->source->name, "broken or truncated JPEG: %s",
                         message);
  longjmp (reader->jump, 1);
}

G_NORETURN static void
on_error (j_common_ptr jpeg)
{
  struct reader *reader = (struct reader *) jpeg;
  char message[JMSG_LENGTH_MAX];

  reader->errors.format_message (jpeg, message);
  fail (reader,
        reader->errors.msg_code == JERR_OUT_OF_MEMORY ? LIMN_ERROR_MEMORY : LIMN_ERROR_FORMAT,
        message);
}

/* libjpeg goes on with grey where data are missing. */
static void
on_message (j_common_ptr jpeg, int level)
{
  struct reader *reader = (struct reader *) jpeg;

  if (level < 0 &&
      (reader->errors.msg_code == JWRN_JPEG_EOF || reader->errors.msg_code == JWRN_HIT_MARKER))
    fail (reader, LIMN_ERROR_FORMAT, "the file ends too early");
}

static void
on_progress (j_common_ptr jpeg)
{
  struct reader *reader = (struct reader *) jpeg;

  if (reader->jpeg.input_scan_number > MAX_SCANS)
    fail (reader, LIMN_ERROR_FORMAT, "too many scans");
}

/* CMYK without a profile: what the inks leave of white. Adobe's programs write it inverted. */
static void
put_cmyk (const guint8 *from, guint8 *to, int width, bool inverted)
{
  for (int x = 0; x < width; x++, from += 4, to += 3)
    for (int k = 0; k < 3; k++) {
      int ink = inverted ? from[k] : 255 - from[k], black = inverted ? from[3] : 255 - from[3];

      to[k] = (guint8) ((ink * black + 127) / 255);
    }
}

static void
read_rows (struct reader *reader)
{
  struct jpeg_decompress_struct *jpeg = &reader->jpeg;
  gsize stride = (gsize) reader->image->width * (gsize) reader->image->channels;

  while (jpeg->output_scanline < jpeg->output_height) {
    guint8 *out = reader->image->pixels + stride * jpeg->output_scanline;
    JSAMPROW row = reader->row != NULL ? reader->row : out;

    jpeg_read_scanlines (jpeg, &row, 1);
    if (reader->row != NULL)
      put_cmyk (row, out, reader->image->width, jpeg->saw_Adobe_marker);
  }
}

static void
find_orientation (const struct reader *reader, int *orientation)
{
  for (jpeg_saved_marker_ptr marker = reader->jpeg.marker_list; marker != NULL;
       marker = marker->next)
    if (marker->marker == MARKER_EXIF && marker->data_length > 6 &&
        memcmp (marker->data, "Exif", 4) == 0) {
      *orientation = limn_exif_orientation (marker->data, marker->data_length);
      return;
    }
}

static bool
read_jpeg (struct reader *reader, int *orientation)
{
  struct jpeg_decompress_struct *jpeg = &reader->jpeg;

  if (setjmp (reader->jump) != 0)
    return false;
  jpeg_create_decompress (jpeg);
  jpeg->progress = &reader->progress;
  jpeg_mem_src (jpeg, reader->source->bytes, reader->source->size);
  jpeg_save_markers (jpeg, MARKER_EXIF, 0xffff);
  jpeg_read_header (jpeg, TRUE);
  find_orientation (reader, orientation);
  if (!limn_picture_check_size (reader->source, jpeg->image_width, jpeg->image_height,
                                &reader->error))
    return false;
  if (jpeg->jpeg_color_space == JCS_CMYK || jpeg->jpeg_color_space == JCS_YCCK)
    jpeg->out_color_space = JCS_CMYK;
  else if (jpeg->jpeg_color_space != JCS_GRAYSCALE)
    jpeg->out_color_space = JCS_RGB;
  reader->image =
      limn_picture_allocate (reader->source, (int) jpeg->image_width, (int) jpeg->image_height,
                             jpeg->jpeg_color_space == JCS_GRAYSCALE ? 1 : 3, &reader->error);
  if (reader->image == NULL)
    return false;
  jpeg_start_decompress (jpeg);
  if (jpeg->out_color_space == JCS_CMYK)
    reader->row = g_malloc_n (jpeg->image_width, 4);
  read_rows (reader);
  return true;
}

limn_image *
limn_jpeg_decode (const struct limn_picture_source *source, int *orientation, GError **error)
{
  struct reader reader = { .source = source };

  reader.jpeg.err = jpeg_std_error (&reader.errors);
  reader.errors.error_exit = on_error;
  reader.errors.emit_message = on_message;
  reader.progress.progress_monitor = on_progress;
  if (!read_jpeg (&reader, orientation)) {
    g_clear_pointer (&reader.image, limn_image_free);
    g_propagate_error (error, reader.error);
  }
  jpeg_destroy_decompress (&reader.jpeg);
  g_free (reader.row);
  return reader.image;
}
