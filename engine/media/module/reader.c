/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <libavutil/display.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "io/file.h"
#include "media/module/stream.h"

/* Of a frame: somewhat more than 8K. */
#define MAX_SIDE 16384
#define MAX_PIXELS (36 * 1000 * 1000)
/* As films are written. */
#define MIN_RATE 0.1
#define MAX_RATE 240.0

struct reader {
  char *path;
  int fd;
  int problem;
  GMappedFile *map; /* only to know that it is a plain file */
  AVFormatContext *format;
  AVIOContext *stream;
  AVCodecContext *codec;
  int index;       /* of the video stream */
  AVRational rate; /* frames a second; 0: not known */
  bool variable;   /* its frames come at times of their own: they are repeated or left out */
  int64_t end;     /* of the last frame that was decoded, in the stream's time base */
  int turn;        /* degrees to the right by which it is shown */
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
open_file (struct reader *reader, GError **error)
{
  reader->map = limn_file_map_open (reader->path, &reader->fd, error);
  return reader->map != NULL;
}

static void
close_format (struct reader *reader)
{
  avformat_close_input (&reader->format);
  limn_stream_free (&reader->stream);
}

/* FFmpeg decodes a frame or two of each stream to learn of it. */
static int
find_streams (AVFormatContext *format)
{
  guint count = format->nb_streams;
  AVDictionary **options = g_new0 (AVDictionary *, count + 1);
  int code;

  for (guint i = 0; i < count; i++)
    av_dict_set_int (&options[i], "max_pixels", MAX_PIXELS, 0);
  code = avformat_find_stream_info (format, options);
  for (guint i = 0; i < count; i++)
    av_dict_free (&options[i]);
  g_free (options);
  return code;
}

static bool
open_format (struct reader *reader, GError **error)
{
  int code;

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
    code = find_streams (reader->format);
  return code >= 0 || fail (reader, "is no film that FFmpeg reads", code, error);
}

/* The place of the stream with the picture, or a code. */
static int
find_picture (AVFormatContext *format, const AVCodec **decoder)
{
  int index = av_find_best_stream (format, AVMEDIA_TYPE_VIDEO, -1, -1, decoder, 0);

  /* A song's cover moves no more than the song. */
  if (index >= 0 && (format->streams[index]->disposition & AV_DISPOSITION_ATTACHED_PIC) != 0)
    return AVERROR_STREAM_NOT_FOUND;
  return index;
}

static bool
check_size (struct reader *reader, int width, int height, GError **error)
{
  if (width > 0 && width <= MAX_SIDE && height > 0 && height <= MAX_SIDE &&
      (int64_t) width * height <= MAX_PIXELS)
    return true;
  limn_file_set_error (error, LIMN_ERROR_FORMAT, reader->path,
                       "has %d x %d pixels, wanted at most %d in a direction and %d million in all",
                       width, height, MAX_SIDE, MAX_PIXELS / 1000000);
  return false;
}

static bool
open_codec (struct reader *reader, GError **error)
{
  const AVCodec *decoder;
  const AVCodecParameters *parameters;
  int code = find_picture (reader->format, &decoder);

  if (code < 0)
    return fail (reader, "has no moving picture that FFmpeg decodes", code, error);
  reader->index = code;
  parameters = reader->format->streams[code]->codecpar;
  if (!check_size (reader, parameters->width, parameters->height, error))
    return false;
  reader->codec = avcodec_alloc_context3 (decoder);
  code = reader->codec != NULL ? avcodec_parameters_to_context (reader->codec, parameters)
                               : AVERROR (ENOMEM);
  if (code >= 0) {
    reader->codec->max_pixels = MAX_PIXELS;
    reader->codec->thread_count = 0;
    code = avcodec_open2 (reader->codec, decoder, NULL);
  }
  if (code < 0)
    return fail (reader, "has no moving picture that FFmpeg decodes", code, error);
  return check_size (reader, reader->codec->width, reader->codec->height, error);
}

/* --- when frames are shown --- */

static int
compare_times (gconstpointer a, gconstpointer b)
{
  int64_t x = *(const int64_t *) a, y = *(const int64_t *) b;

  return (x > y) - (x < y);
}

/* The times of all frames in the order that they are shown, without decoding one. */
static GArray *
read_times (struct reader *reader)
{
  GArray *times = g_array_new (FALSE, FALSE, sizeof (int64_t));

  while (av_read_frame (reader->format, reader->packet) >= 0) {
    int64_t time =
        reader->packet->pts != AV_NOPTS_VALUE ? reader->packet->pts : reader->packet->dts;

    if (reader->packet->stream_index == reader->index && time != AV_NOPTS_VALUE)
      g_array_append_val (times, time);
    av_packet_unref (reader->packet);
  }
  g_array_sort (times, compare_times);
  return times;
}

/* Whether one is nearer to the place of another than to its own at a constant rate. */
static bool
is_variable (const GArray *times)
{
  const int64_t *time = (const void *) times->data;
  double mean;

  if (times->len < 3)
    return false;
  mean = (double) (time[times->len - 1] - time[0]) / (times->len - 1);
  for (guint i = 0; i < times->len; i++)
    if (fabs ((double) (time[i] - time[0]) - mean * i) > mean / 2)
      return true;
  return false;
}

/* The rate that most of its frames come at. Changes the order of @times. */
static AVRational
median_rate (GArray *times, AVRational time_base)
{
  int64_t *time = (void *) times->data;

  for (guint i = 0; i + 1 < times->len; i++)
    time[i] = time[i + 1] - time[i];
  g_array_set_size (times, times->len - 1);
  g_array_sort (times, compare_times);
  return av_d2q (
      CLAMP (1 / (MAX (time[times->len / 2], 1) * av_q2d (time_base)), MIN_RATE, MAX_RATE),
      1001000);
}

/* Leaves the film as it was opened. */
static bool
look_at_times (struct reader *reader, GError **error)
{
  const AVStream *stream = reader->format->streams[reader->index];
  g_autoptr (GArray) times = read_times (reader);

  reader->rate = stream->avg_frame_rate;
  reader->variable = is_variable (times);
  if (reader->variable)
    reader->rate = median_rate (times, stream->time_base);
  close_format (reader);
  return open_format (reader, error);
}

/* A camera that was held upright says so beside the frames. */
static int
read_turn (const AVStream *stream)
{
  const int32_t *matrix;
  double angle;

#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(60, 31, 102)
  const AVPacketSideData *data =
      av_packet_side_data_get (stream->codecpar->coded_side_data,
                               stream->codecpar->nb_coded_side_data, AV_PKT_DATA_DISPLAYMATRIX);

  matrix = data != NULL && data->size >= 9 * sizeof *matrix ? (const void *) data->data : NULL;
#else
  size_t size = 0;

  matrix = (const void *) av_stream_get_side_data (stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
  if (size < 9 * sizeof *matrix)
    matrix = NULL;
#endif
  angle = matrix != NULL ? -av_display_rotation_get (matrix) : 0;
  return isnan (angle) ? 0 : ((int) lrint (angle / 90) * 90 + 360) % 360;
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
  else if (open_file (reader, error) && open_format (reader, error) && open_codec (reader, error) &&
           look_at_times (reader, error)) {
    reader->turn = read_turn (reader->format->streams[reader->index]);
    return reader;
  }
  limn_av_reader_free (reader);
  return NULL;
}

void
limn_av_reader_info (gpointer data, int *width, int *height, double *rate)
{
  const struct reader *reader = data;
  bool lying = reader->turn % 180 != 0;

  *width = lying ? reader->codec->height : reader->codec->width;
  *height = lying ? reader->codec->width : reader->codec->height;
  *rate = reader->rate.num > 0 && reader->rate.den > 0 ? av_q2d (reader->rate) : 0;
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
  static const char *const turns[] = { "", ",transpose=clock", ",hflip,vflip",
                                       ",transpose=cclock" };
  const AVFrame *frame = reader->frame;
  AVRational time_base = reader->format->streams[reader->index]->time_base;
  g_autofree char *source =
      g_strdup_printf ("video_size=%dx%d:pix_fmt=%d:time_base=%d/%d:pixel_aspect=1/1", frame->width,
                       frame->height, frame->format, time_base.num, time_base.den);
  g_autofree char *times =
      reader->variable ? g_strdup_printf ("fps=%d/%d,", reader->rate.num, reader->rate.den) : NULL;
  g_autofree char *description = g_strdup_printf (
      "%sscale=%d:%d:flags=lanczos+accurate_rnd+full_chroma_int+full_chroma_inp,format=rgb24%s",
      times != NULL ? times : "", reader->codec->width, reader->codec->height,
      turns[reader->turn / 90]);
  int code;

  limn_filter_init (&reader->filter, source, description, &code);
  return code;
}

static int64_t
frame_end (const struct reader *reader)
{
  const AVFrame *frame = reader->frame;
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 30, 100)
  int64_t duration = frame->duration;
#else
  int64_t duration = frame->pkt_duration;
#endif

  return frame->best_effort_timestamp != AV_NOPTS_VALUE
             ? frame->best_effort_timestamp + MAX (duration, 1)
             : AV_NOPTS_VALUE;
}

/* Gives the next decoded frame, or the end, to the filters. */
static int
feed (struct reader *reader)
{
  int code = decode (reader);

  if (code == AVERROR_EOF && reader->filter.graph != NULL)
    return av_buffersrc_close (reader->filter.source, reader->end, 0);
  if (code >= 0 && reader->filter.graph == NULL)
    code = make_filter (reader);
  reader->frame->pts = reader->frame->best_effort_timestamp;
  reader->end = frame_end (reader);
  if (code >= 0)
    code = av_buffersrc_add_frame (reader->filter.source, reader->frame);
  av_frame_unref (reader->frame);
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
  int code = AVERROR (EAGAIN);

  for (;;) {
    if (reader->filter.graph != NULL)
      code = av_buffersink_get_frame (reader->filter.sink, reader->frame);
    if (code != AVERROR (EAGAIN))
      break;
    code = feed (reader);
    if (code < 0)
      break;
    code = AVERROR (EAGAIN);
  }
  if (code == AVERROR_EOF)
    return NULL;
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
  close_format (reader);
  av_frame_free (&reader->frame);
  av_packet_free (&reader->packet);
  if (reader->fd >= 0)
    close (reader->fd);
  g_clear_pointer (&reader->map, g_mapped_file_unref);
  g_free (reader->path);
  g_free (reader);
}
