/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "error.h"
#include "io/file.h"
#include "media/module/encoders.h"
#include "media/recipe.h"

struct writer {
  char *path, *recipe;
  limn_film_kind kind;
  bool begun; /* its header is written and its end is not */
  limn_file_writer *file;
  int problem; /* errno of what the file refused */
  AVFormatContext *format;
  AVCodecContext *codec;
  AVStream *stream;
  struct limn_filter filter;
  AVFrame *frame, *filtered;
  AVPacket *packet;
  int64_t count;
};

static bool
fail (struct writer *writer, const char *what, int code, GError **error)
{
  if (writer->problem == 0)
    return limn_av_fail (error, writer->path, what, code);
  limn_file_set_error (error, LIMN_ERROR_FILE, writer->path, "cannot be written: %s",
                       g_strerror (writer->problem));
  return false;
}

/* MP4's index comes to the front by reading the file again. */
static int
open_again (AVFormatContext *format,
            AVIOContext **stream,
            const char *url,
            int flags,
            AVDictionary **options)
{
  struct writer *writer = format->opaque;

  if (flags & AVIO_FLAG_WRITE)
    return AVERROR (EPERM);
  *stream = limn_stream_new (limn_file_writer_descriptor (writer->file), false, &writer->problem);
  return *stream != NULL ? 0 : AVERROR (ENOMEM);
}

static int
close_again (AVFormatContext *format, AVIOContext *stream)
{
  limn_stream_free (&stream);
  return 0;
}

static bool
open_format (struct writer *writer, const struct limn_film_params *params, GError **error)
{
  int code = avformat_alloc_output_context2 (&writer->format, NULL,
                                             limn_encoder_container (params->kind), NULL);

  if (code < 0)
    return fail (writer, "cannot be begun", code, error);
  writer->file = limn_file_writer_new (writer->path, error);
  if (writer->file == NULL)
    return false;
  writer->format->pb =
      limn_stream_new (limn_file_writer_descriptor (writer->file), true, &writer->problem);
  if (writer->format->pb == NULL)
    return fail (writer, "cannot be begun", AVERROR (ENOMEM), error);
  writer->format->opaque = writer;
  writer->format->io_open = open_again;
  writer->format->io_close2 = close_again;
  writer->format->flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_BITEXACT;
  return true;
}

static bool
open_stream (struct writer *writer, const struct limn_film_params *params, bool few, GError **error)
{
  bool global_header = (writer->format->oformat->flags & AVFMT_GLOBALHEADER) != 0;
  int code = AVERROR (ENOMEM);

  writer->codec = limn_encoder_open (writer->path, params, few, global_header, error);
  if (writer->codec == NULL)
    return false;
  writer->stream = avformat_new_stream (writer->format, NULL);
  if (writer->stream != NULL)
    code = avcodec_parameters_from_context (writer->stream->codecpar, writer->codec);
  if (code < 0)
    return fail (writer, "cannot be begun", code, error);
  writer->stream->time_base = writer->codec->time_base;
  writer->stream->avg_frame_rate = writer->codec->framerate;
  return true;
}

static bool
open_filter (struct writer *writer, const struct limn_film_params *params, GError **error)
{
  g_autofree char *description = limn_encoder_filter (params, writer->codec);
  g_autofree char *source = g_strdup_printf (
      "video_size=%dx%d:pix_fmt=%d:time_base=%d/%d:pixel_aspect=1/1", params->width, params->height,
      AV_PIX_FMT_RGB24, writer->codec->time_base.num, writer->codec->time_base.den);
  int code;

  return limn_filter_init (&writer->filter, source, description, &code) ||
         fail (writer, "its frames cannot be converted", code, error);
}

static bool
write_header (struct writer *writer, const struct limn_film_params *params, GError **error)
{
  AVDictionary *options = NULL;
  int code;

  if (params->recipe != NULL)
    av_dict_set (&writer->format->metadata, "comment", params->recipe, 0);
  if (params->kind == LIMN_FILM_H264 || params->kind == LIMN_FILM_H265)
    av_dict_set (&options, "movflags", "+faststart", 0);
  /* GIF counts repetitions, -1 being none. */
  if (params->kind == LIMN_FILM_GIF)
    av_dict_set_int (&options, "loop", params->loops == 1 ? -1 : MAX (params->loops - 1, 0), 0);
  if (params->kind == LIMN_FILM_APNG)
    av_dict_set_int (&options, "plays", params->loops, 0);
  code = avformat_write_header (writer->format, &options);
  av_dict_free (&options);
  writer->begun = code >= 0;
  return code >= 0 || fail (writer, "cannot be begun", code, error);
}

static bool
allocate (struct writer *writer, GError **error)
{
  writer->frame = av_frame_alloc ();
  writer->filtered = av_frame_alloc ();
  writer->packet = av_packet_alloc ();
  return (writer->frame != NULL && writer->filtered != NULL && writer->packet != NULL) ||
         fail (writer, "cannot be begun", AVERROR (ENOMEM), error);
}

gpointer
limn_av_writer_new (const char *path,
                    const struct limn_film_params *params,
                    bool few,
                    GError **error)
{
  struct writer *writer = g_new0 (struct writer, 1);

  writer->path = g_strdup (path);
  writer->recipe = g_strdup (params->recipe);
  writer->kind = params->kind;
  if (open_format (writer, params, error) && open_stream (writer, params, few, error) &&
      open_filter (writer, params, error) && allocate (writer, error) &&
      write_header (writer, params, error))
    return writer;
  limn_av_writer_free (writer);
  return NULL;
}

const char *
limn_av_writer_encoder (gpointer data)
{
  return ((struct writer *) data)->codec->codec->name;
}

/* Gives @frame, or NULL at the end, to the encoder and writes what it has ready. */
static int
encode (struct writer *writer, AVFrame *frame)
{
  int code = avcodec_send_frame (writer->codec, frame);

  while (code >= 0) {
    code = avcodec_receive_packet (writer->codec, writer->packet);
    if (code < 0)
      break;
    writer->packet->stream_index = writer->stream->index;
    /* Some encoders leave it out, and then the last frame has no length in the film. */
    if (writer->packet->duration == 0)
      writer->packet->duration = 1;
    av_packet_rescale_ts (writer->packet, writer->codec->time_base, writer->stream->time_base);
    code = av_interleaved_write_frame (writer->format, writer->packet);
  }
  return code == AVERROR (EAGAIN) || code == AVERROR_EOF ? 0 : code;
}

/* Encodes all frames that have come through the filters. */
static int
drain (struct writer *writer)
{
  int code = 0;

  while (code >= 0 &&
         (code = av_buffersink_get_frame (writer->filter.sink, writer->filtered)) >= 0) {
    writer->filtered->pict_type = AV_PICTURE_TYPE_NONE;
    if (writer->codec->flags & AV_CODEC_FLAG_QSCALE)
      writer->filtered->quality = writer->codec->global_quality;
    code = encode (writer, writer->filtered);
    av_frame_unref (writer->filtered);
  }
  return code == AVERROR (EAGAIN) || code == AVERROR_EOF ? 0 : code;
}

static int
add (struct writer *writer, const limn_image *rgb)
{
  int code;

  writer->frame->width = rgb->width;
  writer->frame->height = rgb->height;
  writer->frame->format = AV_PIX_FMT_RGB24;
  code = av_frame_get_buffer (writer->frame, 0);
  if (code < 0)
    return code;
  for (int y = 0; y < rgb->height; y++)
    memcpy (writer->frame->data[0] + (gssize) y * writer->frame->linesize[0],
            rgb->pixels + (gsize) y * (gsize) rgb->width * 3, (gsize) rgb->width * 3);
  writer->frame->pts = writer->count++;
  code = av_buffersrc_add_frame (writer->filter.source, writer->frame);
  av_frame_unref (writer->frame);
  return code < 0 ? code : drain (writer);
}

bool
limn_av_writer_add (gpointer data, const limn_image *frame, GError **error)
{
  struct writer *writer = data;
  g_autoptr (limn_image) rgb = limn_image_to_rgb (frame);
  int code = add (writer, rgb);

  return (code >= 0 && writer->problem == 0) || fail (writer, "a frame failed", code, error);
}

bool
limn_av_writer_finish (gpointer data, GError **error)
{
  struct writer *writer = data;
  int code = av_buffersrc_add_frame (writer->filter.source, NULL);

  if (code >= 0)
    code = drain (writer);
  if (code >= 0)
    code = encode (writer, NULL);
  if (code >= 0) {
    writer->begun = false;
    code = av_write_trailer (writer->format);
  }
  avio_flush (writer->format->pb);
  if (code >= 0 && writer->problem == 0 && writer->recipe != NULL)
    writer->problem = limn_film_insert_recipe (limn_file_writer_descriptor (writer->file),
                                               writer->kind, writer->recipe);
  if (code < 0 || writer->problem != 0)
    return fail (writer, "cannot be finished", code, error);
  return limn_file_writer_finish (writer->file, error);
}

void
limn_av_writer_free (gpointer data)
{
  struct writer *writer = data;

  /* GIF's muxer keeps a packet, and lets go of it nowhere else. */
  if (writer->begun && writer->kind == LIMN_FILM_GIF)
    av_write_trailer (writer->format);
  limn_filter_clear (&writer->filter);
  avcodec_free_context (&writer->codec);
  av_frame_free (&writer->frame);
  av_frame_free (&writer->filtered);
  av_packet_free (&writer->packet);
  if (writer->format != NULL)
    limn_stream_free (&writer->format->pb);
  avformat_free_context (writer->format);
  limn_file_writer_free (writer->file);
  g_free (writer->path);
  g_free (writer->recipe);
  g_free (writer);
}
