/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/module/encoders.h"

#include <libavutil/opt.h>
#include <math.h>
#include <string.h>

#include "error.h"
#include "io/file.h"

#define DEFAULT_RATE 8.0

static const struct {
  const char *container;
  const char *encoders[4]; /* the best first */
} kinds[LIMN_N_FILMS] = {
  [LIMN_FILM_H264] = { "mp4", { "libx264", "libopenh264", "mpeg4" } },
  [LIMN_FILM_H265] = { "mp4", { "libx265", "libx264", "libopenh264", "mpeg4" } },
  [LIMN_FILM_VP9] = { "webm", { "libvpx-vp9", "libvpx" } },
  [LIMN_FILM_AV1] = { "webm", { "libsvtav1", "libaom-av1", "librav1e" } },
  [LIMN_FILM_GIF] = { "gif", { "gif" } },
  [LIMN_FILM_APNG] = { "apng", { "apng" } },
};

/* How each of them is told a constant quality: its own scale, which goes from @worst at 0 to @best
 * at 100. */
static const struct quality {
  const char *encoder, *option;
  double worst, best;
  const char *others; /* name=value, with colons between */
} qualities[] = {
  { "libx264", "crf", 48, 3, "preset=medium" },
  { "libx265", "crf", 48, 3, "x265-params=log-level=none" },
  { "libvpx-vp9", "crf", 63, 2, "b=0:deadline=good:cpu-used=3:row-mt=1" },
  { "libvpx", "crf", 63, 4, "b=100M:deadline=good:cpu-used=3" },
  { "libsvtav1", "crf", 63, 2, "preset=8" },
  { "libaom-av1", "crf", 63, 2, "b=0:cpu-used=6:row-mt=1" },
  { "librav1e", "qp", 255, 10, "speed=8" },
};

const char *
limn_encoder_container (limn_film_kind kind)
{
  return kinds[kind].container;
}

AVRational
limn_encoder_rate (const struct limn_film_params *params)
{
  return av_d2q (params->rate > 0 ? params->rate : DEFAULT_RATE, 1001000);
}

static int
even (int size)
{
  return (size + 1) / 2 * 2;
}

static void
frame_size (const struct limn_film_params *params, int *width, int *height)
{
  bool given = params->out_width > 0 && params->out_height > 0;

  *width = given ? params->out_width : params->width;
  *height = given ? params->out_height : params->height;
}

char *
limn_encoder_filter (const struct limn_film_params *params, const AVCodecContext *codec)
{
  int width, height, right, bottom;

  frame_size (params, &width, &height);
  right = codec->width - width;
  bottom = codec->height - height;
  if (params->kind == LIMN_FILM_GIF)
    return g_strdup_printf (
        "scale=%d:%d:flags=lanczos,split[a][b];[a]palettegen=stats_mode=single[p];"
        "[b][p]paletteuse=new=1:dither=sierra2_4a",
        width, height);
  if (params->kind == LIMN_FILM_APNG)
    return g_strdup_printf ("scale=%d:%d:flags=lanczos,format=rgb24", width, height);
  return g_strdup_printf ("pad=%d:%d,fillborders=right=%d:bottom=%d:mode=smear,"
                          "scale=%d:%d:flags=lanczos+accurate_rnd+full_chroma_int:"
                          "out_color_matrix=bt709:out_range=tv,format=yuv420p",
                          params->width + right, params->height + bottom, right, bottom,
                          codec->width, codec->height);
}

static void
set_quality (AVCodecContext *codec, double quality)
{
  for (gsize i = 0; i < G_N_ELEMENTS (qualities); i++) {
    const struct quality *one = &qualities[i];
    double value = one->worst + (one->best - one->worst) * quality / 100;

    if (strcmp (one->encoder, codec->codec->name) != 0)
      continue;
    av_opt_set_double (codec, one->option, round (value), AV_OPT_SEARCH_CHILDREN);
    av_set_options_string (codec, one->others, "=", ":");
    av_set_options_string (codec->priv_data, one->others, "=", ":");
    return;
  }
  if (strcmp (codec->codec->name, "mpeg4") == 0) {
    codec->flags |= AV_CODEC_FLAG_QSCALE;
    codec->global_quality = (int) (FF_QP2LAMBDA * (1 + (100 - quality) * 0.05));
    codec->mb_decision = FF_MB_DECISION_RD;
  } else {
    /* libopenh264 knows a bit rate only. */
    codec->bit_rate = (int64_t) (codec->width * codec->height * av_q2d (codec->framerate) *
                                 exp2 (quality / 20 - 4));
  }
}

static AVCodecContext *
try_encoder (const AVCodec *encoder,
             const struct limn_film_params *params,
             bool global_header,
             int *code)
{
  AVCodecContext *codec = avcodec_alloc_context3 (encoder);
  bool palette = params->kind == LIMN_FILM_GIF, rgb = params->kind == LIMN_FILM_APNG;
  bool video = !palette && !rgb;

  if (codec == NULL)
    return NULL;
  frame_size (params, &codec->width, &codec->height);
  if (video) {
    codec->width = even (codec->width);
    codec->height = even (codec->height);
    codec->color_range = AVCOL_RANGE_MPEG;
    codec->color_primaries = AVCOL_PRI_BT709;
    codec->color_trc = AVCOL_TRC_BT709;
    codec->colorspace = AVCOL_SPC_BT709;
  }
  codec->pix_fmt = palette ? AV_PIX_FMT_PAL8 : rgb ? AV_PIX_FMT_RGB24 : AV_PIX_FMT_YUV420P;
  codec->framerate = limn_encoder_rate (params);
  codec->time_base = av_inv_q (codec->framerate);
  codec->thread_count = 0;
  if (encoder->id == AV_CODEC_ID_HEVC)
    codec->codec_tag = MKTAG ('h', 'v', 'c', '1');
  if (global_header)
    codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  if (video)
    set_quality (codec, params->quality > 0 ? params->quality : LIMN_FILM_QUALITY);
  *code = avcodec_open2 (codec, encoder, NULL);
  if (*code < 0)
    avcodec_free_context (&codec);
  return codec;
}

static bool
is_there (const char *name, bool few)
{
  return !few || g_str_equal (name, "mpeg4") || g_str_equal (name, "gif") ||
         g_str_equal (name, "apng");
}

AVCodecContext *
limn_encoder_open (const char *path,
                   const struct limn_film_params *params,
                   bool few,
                   bool global_header,
                   GError **error)
{
  const char *only[] = { params->encoder, NULL };
  const char *const *names = params->encoder != NULL ? only : kinds[params->kind].encoders;
  gsize count = params->encoder != NULL ? 1 : G_N_ELEMENTS (kinds[params->kind].encoders);
  int code = AVERROR_ENCODER_NOT_FOUND;

  for (gsize i = 0; i < count && names[i] != NULL; i++) {
    const AVCodec *encoder =
        is_there (names[i], few) ? avcodec_find_encoder_by_name (names[i]) : NULL;
    AVCodecContext *codec = NULL;

    if (encoder != NULL && encoder->type == AVMEDIA_TYPE_VIDEO)
      codec = try_encoder (encoder, params, global_header, &code);
    if (codec != NULL)
      return codec;
  }
  if (params->encoder != NULL)
    limn_av_fail (error, path, params->encoder, code);
  else
    limn_file_set_error (error, LIMN_ERROR_FILE, path,
                         "this FFmpeg has no encoder for %s that works here",
                         limn_film_names[params->kind]);
  return NULL;
}
