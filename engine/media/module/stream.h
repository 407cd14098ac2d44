/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <libavcodec/avcodec.h>
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavformat/avformat.h>

#include "media/media.h"

/* What writing and reading share: files as FFmpeg's contexts, filters, and FFmpeg's errors. */

/* A context over an open file, with a position of its own; @fd stays the caller's. *@problem gets
 * the errno of the first failure. NULL when there is no memory. */
AVIOContext *limn_stream_new (int fd, bool writable, int *problem);
void limn_stream_free (AVIOContext **stream);

/* "PATH: WHAT: FFmpeg's words for @code". Always false. */
bool limn_av_fail (GError **error, const char *path, const char *what, int code);

/* @description between one source, made with @source's arguments, and one sink. False with a
 * negative code of FFmpeg in *@code. */
struct limn_filter {
  AVFilterGraph *graph;
  AVFilterContext *source, *sink; /* owned by the graph */
};

bool limn_filter_init (struct limn_filter *filter,
                       const char *source,
                       const char *description,
                       int *code);
void limn_filter_clear (struct limn_filter *filter);

/* FFmpeg prints to stderr; what it says reaches people through GErrors only. */
void limn_av_quiet (void);

/* What the module is made of; see media/module.h. */
gpointer limn_av_writer_new (const char *path,
                             const struct limn_film_params *params,
                             bool few,
                             GError **error);
const char *limn_av_writer_encoder (gpointer writer);
bool limn_av_writer_add (gpointer writer, const limn_image *frame, GError **error);
bool limn_av_writer_finish (gpointer writer, GError **error);
void limn_av_writer_free (gpointer writer);

gpointer limn_av_reader_new (const char *path, GError **error);
void limn_av_reader_info (gpointer reader, int *width, int *height, double *rate);
limn_image *limn_av_reader_next (gpointer reader, GError **error);
const char *limn_av_reader_recipe (gpointer reader);
void limn_av_reader_free (gpointer reader);
