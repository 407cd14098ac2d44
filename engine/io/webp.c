/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/picture-private.h"

#include <string.h>

#include <webp/decode.h>

#include "io/exif.h"
#include "io/file.h"

/* "RIFF", the size, "WEBP". */
#define RIFF_HEAD 12
#define CHUNK_HEAD 8

static const char *const problems[] = {
  [VP8_STATUS_OK] = "nothing",
  [VP8_STATUS_OUT_OF_MEMORY] = "no memory",
  [VP8_STATUS_INVALID_PARAM] = "it has no picture",
  [VP8_STATUS_BITSTREAM_ERROR] = "the data make no sense",
  [VP8_STATUS_UNSUPPORTED_FEATURE] = "it needs what libwebp does not have",
  [VP8_STATUS_SUSPENDED] = "the file ends too early",
  [VP8_STATUS_USER_ABORT] = "it was stopped",
  [VP8_STATUS_NOT_ENOUGH_DATA] = "the file ends too early",
};

static void
set_error (const struct limn_picture_source *source, VP8StatusCode status, GError **error)
{
  limn_file_set_error (error,
                       status == VP8_STATUS_OUT_OF_MEMORY ? LIMN_ERROR_MEMORY : LIMN_ERROR_FORMAT,
                       source->name, "broken or truncated WebP: %s", problems[status]);
}

static guint32
read_le32 (const guint8 *at)
{
  return (guint32) at[3] << 24 | (guint32) at[2] << 16 | (guint32) at[1] << 8 | at[0];
}

static int
find_orientation (const struct limn_picture_source *source)
{
  for (gsize at = RIFF_HEAD; at <= source->size && source->size - at >= CHUNK_HEAD;) {
    gsize length = read_le32 (source->bytes + at + 4);

    if (length > source->size - at - CHUNK_HEAD)
      break;
    if (memcmp (source->bytes + at, "EXIF", 4) == 0)
      return limn_exif_orientation (source->bytes + at + CHUNK_HEAD, length);
    at += CHUNK_HEAD + length + length % 2;
  }
  return 1;
}

limn_image *
limn_webp_decode (const struct limn_picture_source *source, int *orientation, GError **error)
{
  WebPDecoderConfig config;
  g_autoptr (limn_image) image = NULL;
  VP8StatusCode status;
  gsize stride;

  g_assert (WebPInitDecoderConfig (&config));
  status = WebPGetFeatures (source->bytes, source->size, &config.input);
  if (status != VP8_STATUS_OK) {
    set_error (source, status, error);
    return NULL;
  }
  if (config.input.has_animation) {
    limn_file_set_error (error, LIMN_ERROR_FORMAT, source->name,
                         "is a moving WebP, wanted a still picture");
    return NULL;
  }
  if (!limn_picture_check_size (source, (guint64) config.input.width, (guint64) config.input.height,
                                error))
    return NULL;
  image = limn_picture_allocate (source, config.input.width, config.input.height,
                                 config.input.has_alpha ? 4 : 3, error);
  if (image == NULL)
    return NULL;
  stride = (gsize) image->width * (gsize) image->channels;
  config.output.colorspace = image->channels == 4 ? MODE_RGBA : MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = image->pixels;
  config.output.u.RGBA.stride = (int) stride;
  config.output.u.RGBA.size = stride * (gsize) image->height;
  status = WebPDecode (source->bytes, source->size, &config);
  if (status != VP8_STATUS_OK) {
    set_error (source, status, error);
    return NULL;
  }
  *orientation = find_orientation (source);
  return g_steal_pointer (&image);
}
