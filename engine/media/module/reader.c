/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "io/file.h"
#include "media/module/stream.h"

/* As documents have it. */
#define MAX_SIDE 16384
#define MAX_PIXELS (100 * 1000 * 1000)

struct reader {
  char *path;
  int fd;
  int problem;
  GMappedFile *map; /* only to know that it is a plain file */
  AVFormatContext *format;
  AVIOContext *stream;
  AVCodecContext *codec;
  int index; /* of the video stream */
  struct limn_filter filter;
  AVFrame *frame;
  AVPacket *packet;
  bool draining;
};

/* Films can name other files and addresses; none of them is opened. */
static int
refuse_open (AVFormatContext *format,
             AVIOContext **stream,
             const char *url,
             int flags,
             AVDictionary **options)
{
  return AVERROR (EPERM);
}

static bool
fail (struct reader *reader, const char *what, int code, GError **error)
{
  return limn_av_fail (error, reader->path, what, code);
}

static bool
open_format (struct reader *reader, GError **error)
{
  int code;

  reader->map = limn_file_map_open (reader->path, &reader->fd, error);
  if (reader->map == NULL)
    return false;
  reader->stream = limn_stream_new (reader->fd, false, &reader->problem);
  reader->format = avformat_alloc_context ();
  if (reader->stream == NULL || reader->format == NULL)
    return fail (reader, "cannot be opened", AVERROR (ENOMEM), error);
  reader->format->pb = reader->stream;
  reader->format->io_open = refuse_open;
  reader->format->flags |= AVFMT_FLAG_CUSTOM_IO;
  /* It frees the context where it fails. */
  code = avformat_open_input (&reader->format, NULL, NULL, NULL);
  if (code >= 0)
    code = avformat_find_stream_info (reader->format, NULL);
  return code >= 0 || fail (reader, "is no film that FFmpeg reads", code, error);
}

static bool
open_codec (struct reader *reader, GError **error)
{
  const AVCodec *decoder;
  int code = av_find_best_stream (reader->format, AVMEDIA_TYPE_VIDEO, -1, -1, &decoder, 0);

  reader->index = code;
  if (code >= 0) {
    reader->codec = avcodec_alloc_context3 (decoder);
    code = reader->codec != NULL ? 0 : AVERROR (ENOMEM);
  }
  if (code >= 0)
    code = avcodec_parameters_to_context (reader->codec,
                                          reader->format->streams[reader->index]->codecpar);
  if (code >= 0) {
    reader->codec->max_pixels = MAX_PIXELS;
    reader->codec->thread_count = 0;
    code = avcodec_open2 (reader->codec, decoder, NULL);
  }
  if (code < 0)
    return fail (reader, "has no moving picture that FFmpeg decodes", code, error);
  if (reader->codec->width > 0 && reader->codec->width <= MAX_SIDE && reader->codec->height > 0 &&
      reader->codec->height <= MAX_SIDE)
    return true;
  limn_file_set_error (error, LIMN_ERROR_FORMAT, reader->path,
                       "has %d x %d pixels, wanted at most %d in a direction", reader->codec->width,
                       reader->codec->height, MAX_SIDE);
  return false;
}

gpointer
limn_av_reader_new (const char *path, GError **error)
{
  struct reader *reader = g_new0 (struct reader, 1);

  reader->path = g_strdup (path);
  reader->fd = -1;
  reader->frame = av_frame_alloc ();
  reader->packet = av_packet_alloc ();
  if (reader->frame == NULL || reader->packet == NULL)
    fail (reader, "cannot be opened", AVERROR (ENOMEM), error);
  else if (open_format (reader, error) && open_codec (reader, error))
    return reader;
  limn_av_reader_free (reader);
  return NULL;
}

void
limn_av_reader_info (gpointer data, int *width, int *height, double *rate)
{
  const struct reader *reader = data;
  AVRational found = reader->format->streams[reader->index]->avg_frame_rate;

  *width = reader->codec->width;
  *height = reader->codec->height;
  *rate = found.num > 0 && found.den > 0 ? av_q2d (found) : 0;
}

const char *
limn_av_reader_recipe (gpointer data)
{
  const struct reader *reader = data;
  AVDictionaryEntry *entry = av_dict_get (reader->format->metadata, "comment", NULL, 0);

  return entry != NULL ? entry->value : NULL;
}

/* The next decoded frame in reader->frame; AVERROR_EOF at the end. */
static int
decode (struct reader *reader)
{
  int code;

  while ((code = avcodec_receive_frame (reader->codec, reader->frame)) == AVERROR (EAGAIN)) {
    code = av_read_frame (reader->format, reader->packet);
    if (code == AVERROR_EOF && !reader->draining) {
      reader->draining = true;
      code = avcodec_send_packet (reader->codec, NULL);
    } else if (code >= 0) {
      if (reader->packet->stream_index == reader->index)
        code = avcodec_send_packet (reader->codec, reader->packet);
      av_packet_unref (reader->packet);
    }
    if (code < 0)
      return code;
  }
  return code;
}

static int
make_filter (struct reader *reader)
{
  const AVFrame *frame = reader->frame;
  g_autofree char *source =
      g_strdup_printf ("video_size=%dx%d:pix_fmt=%d:time_base=1/1:pixel_aspect=1/1", frame->width,
                       frame->height, frame->format);
  g_autofree char *description =
      g_strdup_printf ("scale=%d:%d:flags=lanczos+accurate_rnd+full_chroma_int+full_chroma_inp,"
                       "format=rgb24",
                       reader->codec->width, reader->codec->height);
  int code;

  limn_filter_init (&reader->filter, source, description, &code);
  return code;
}

static limn_image *
to_image (const AVFrame *frame)
{
  limn_image *image = limn_image_new (frame->width, frame->height, 3);

  for (int y = 0; y < frame->height; y++)
    memcpy (image->pixels + (gsize) y * (gsize) frame->width * 3,
            frame->data[0] + (gssize) y * frame->linesize[0], (gsize) frame->width * 3);
  return image;
}

limn_image *
limn_av_reader_next (gpointer data, GError **error)
{
  struct reader *reader = data;
  limn_image *image = NULL;
  int code = decode (reader);

  if (code == AVERROR_EOF)
    return NULL;
  if (code >= 0 && reader->filter.graph == NULL)
    code = make_filter (reader);
  if (code >= 0)
    code = av_buffersrc_add_frame (reader->filter.source, reader->frame);
  av_frame_unref (reader->frame);
  if (code >= 0)
    code = av_buffersink_get_frame (reader->filter.sink, reader->frame);
  if (code >= 0)
    image = to_image (reader->frame);
  else
    fail (reader, "a frame cannot be decoded", code, error);
  av_frame_unref (reader->frame);
  return image;
}

void
limn_av_reader_free (gpointer data)
{
  struct reader *reader = data;

  limn_filter_clear (&reader->filter);
  avcodec_free_context (&reader->codec);
  avformat_close_input (&reader->format);
  limn_stream_free (&reader->stream);
  av_frame_free (&reader->frame);
  av_packet_free (&reader->packet);
  if (reader->fd >= 0)
    close (reader->fd);
  g_clear_pointer (&reader->map, g_mapped_file_unref);
  g_free (reader->path);
  g_free (reader);
}
