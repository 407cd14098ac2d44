/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/module/stream.h"

/* The first encoder for @params that is there (@few as in media/module.h) and opens, with its size,
 * rate, quality and colours set; and the muxer's name. NULL with LIMN_ERROR_FILE: none is there. */
AVCodecContext *limn_encoder_open (const char *path,
                                   const struct limn_film_params *params,
                                   bool few,
                                   bool global_header,
                                   GError **error);

/* "mp4", "webm", "gif", "apng". */
const char *limn_encoder_container (limn_film_kind kind);
/* From RGB to what the encoder takes; the caller frees it. */
char *limn_encoder_filter (const struct limn_film_params *params, const AVCodecContext *codec);
AVRational limn_encoder_rate (const struct limn_film_params *params);
