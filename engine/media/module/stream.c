/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/module/stream.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "io/file.h"

#define BUFFER_BYTES 65536

struct stream {
  int fd;
  int64_t position;
  int *problem;
};

static int
fail (struct stream *stream)
{
  if (*stream->problem == 0)
    *stream->problem = errno;
  return AVERROR (errno);
}

static int
read_packet (void *opaque, uint8_t *buffer, int size)
{
  struct stream *stream = opaque;
  ssize_t got = TEMP_FAILURE_RETRY (pread (stream->fd, buffer, (size_t) size, stream->position));

  if (got < 0)
    return fail (stream);
  stream->position += got;
  return got > 0 ? (int) got : AVERROR_EOF;
}

static int
write_packet (void *opaque, uint8_t *buffer, int size)
{
  struct stream *stream = opaque;

  for (int done = 0; done < size;) {
    ssize_t written = TEMP_FAILURE_RETRY (
        pwrite (stream->fd, buffer + done, (size_t) (size - done), stream->position));

    if (written < 0)
      return fail (stream);
    done += (int) written;
    stream->position += written;
  }
  return size;
}

static int64_t
seek (void *opaque, int64_t offset, int whence)
{
  struct stream *stream = opaque;
  struct stat info;

  if (fstat (stream->fd, &info) < 0)
    return fail (stream);
  switch (whence & ~AVSEEK_FORCE) {
  case AVSEEK_SIZE:
    return info.st_size;
  case SEEK_CUR:
    offset += stream->position;
    break;
  case SEEK_END:
    offset += info.st_size;
    break;
  default:
    break;
  }
  if (offset < 0)
    return AVERROR (EINVAL);
  stream->position = offset;
  return offset;
}

AVIOContext *
limn_stream_new (int fd, bool writable, int *problem)
{
  struct stream *stream = g_new0 (struct stream, 1);
  unsigned char *buffer = av_malloc (BUFFER_BYTES);
  AVIOContext *context = NULL;

  stream->fd = fd;
  stream->problem = problem;
  if (buffer != NULL)
    context = avio_alloc_context (buffer, BUFFER_BYTES, writable, stream, read_packet,
                                  writable ? write_packet : NULL, seek);
  if (context == NULL) {
    av_free (buffer);
    g_free (stream);
  }
  return context;
}

void
limn_stream_free (AVIOContext **context)
{
  if (*context == NULL)
    return;
  g_free ((*context)->opaque);
  av_freep (&(*context)->buffer);
  avio_context_free (context);
}

bool
limn_av_fail (GError **error, const char *path, const char *what, int code)
{
  char words[AV_ERROR_MAX_STRING_SIZE];

  av_strerror (code, words, sizeof words);
  limn_file_set_error (error, LIMN_ERROR_FILE, path, "%s: %s", what, words);
  return false;
}

bool
limn_filter_init (struct limn_filter *filter,
                  const char *source,
                  const char *description,
                  int *code)
{
  AVFilterInOut *outputs = avfilter_inout_alloc (), *inputs = avfilter_inout_alloc ();

  filter->graph = avfilter_graph_alloc ();
  *code = filter->graph != NULL && outputs != NULL && inputs != NULL ? 0 : AVERROR (ENOMEM);
  if (*code >= 0)
    *code = avfilter_graph_create_filter (&filter->source, avfilter_get_by_name ("buffer"), "in",
                                          source, NULL, filter->graph);
  if (*code >= 0)
    *code = avfilter_graph_create_filter (&filter->sink, avfilter_get_by_name ("buffersink"), "out",
                                          NULL, NULL, filter->graph);
  if (*code >= 0) {
    *outputs = (AVFilterInOut){ .name = av_strdup ("in"), .filter_ctx = filter->source };
    *inputs = (AVFilterInOut){ .name = av_strdup ("out"), .filter_ctx = filter->sink };
    *code = avfilter_graph_parse_ptr (filter->graph, description, &inputs, &outputs, NULL);
  }
  if (*code >= 0)
    *code = avfilter_graph_config (filter->graph, NULL);
  avfilter_inout_free (&inputs);
  avfilter_inout_free (&outputs);
  return *code >= 0;
}

void
limn_filter_clear (struct limn_filter *filter)
{
  avfilter_graph_free (&filter->graph);
}

void
limn_av_quiet (void)
{
  av_log_set_level (AV_LOG_QUIET);
}
