/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

typedef struct limn_device limn_device;
typedef struct limn_model limn_model;
struct limn_animate_params;
struct limn_generate_params;
struct limn_motion_params;

/* Measurements of speed and memory. Nothing else should run on the machine meanwhile. */

/* One operator at one shape. */
struct limn_bench_op {
  const char *op;    /* as in ops.h */
  const char *shape; /* for reading: "64x64, 320 to 320, 3x3" */
  double seconds;    /* of one call, the best of several */
  double flops;      /* of one call; 0 for operators that only move bytes */
  double bytes;      /* read and written by one call */
  double share;      /* of the rate of the plain matrix product of this run; 0 without flops */
};

typedef void (*limn_bench_op_func) (const struct limn_bench_op *op, gpointer data);

/* The operators at the shapes that Stable Diffusion 1.5 has at 512x512, on random numbers. The
 * first is the plain matrix product, 2048 x 2048 x 2048. Calls @report after each. */
bool limn_bench_ops (limn_device *device,
                     limn_bench_op_func report,
                     gpointer data,
                     GCancellable *cancellable,
                     GError **error);

/* Rate of the plain matrix product, in FLOP/s; negative on failure. */
double limn_bench_matmul (limn_device *device, GCancellable *cancellable, GError **error);

/* What one generation spent, from a second run that finds everything loaded and compiled. */
struct limn_bench_part {
  const char *op; /* an operator of ops.h */
  double seconds; /* of all its calls */
  int calls;
};

struct limn_bench_model {
  double text;   /* seconds of the text encoder */
  double step;   /* seconds of one step, the median */
  double flops;  /* of one step, multiply-adds times two */
  double decode; /* seconds of the autoencoder */
  double total;
  GArray
      *parts; /* of struct limn_bench_part, by falling seconds: of one step, in a run of its own */
};

/* @params says what is drawn, in two steps at least; its events are replaced. */
struct limn_bench_model *limn_bench_model (limn_model *model,
                                           const struct limn_generate_params *params,
                                           GCancellable *cancellable,
                                           GError **error);
void limn_bench_model_free (struct limn_bench_model *result);

/* Draws twice. The most bytes of device memory, and what the second picture took that the first one
 * had not taken. */
bool limn_bench_memory (limn_model *model,
                        const struct limn_generate_params *params,
                        guint64 *peak,
                        guint64 *second,
                        GCancellable *cancellable,
                        GError **error);

/* One clip of limn_bench_animate(), every number beside what limn_animate_forecast() says. */
struct limn_bench_clip {
  int frames;
  guint64 peak, peak_forecast;         /* bytes of device memory */
  guint64 latents, latents_forecast;   /* bytes outside of it that grow with the frames */
  guint64 pictures, pictures_forecast; /* bytes of all finished frames, kept at once */
  double windows;                      /* of a step: not always as many */
  double step;                         /* seconds, the mean of all but the first */
};

typedef void (*limn_bench_clip_func) (const struct limn_bench_clip *clip, gpointer data);

/* Draws one window, then clips of 16, 64 and 256 frames with @params, in two steps at least and in
 * more where there are fewer frames, and calls @report after each of these. What lies outside the
 * device's memory is found from the bytes that malloc has given: beyond those of the first clip,
 * which counts as forecast. */
bool limn_bench_animate (limn_device *device,
                         const char *path,
                         const struct limn_motion_params *motion,
                         const struct limn_animate_params *params,
                         limn_bench_clip_func report,
                         gpointer data,
                         GCancellable *cancellable,
                         GError **error);

/* How far neighbouring frames lie apart, as the mean difference of values from 0 to 255. */
struct limn_bench_smoothness {
  int frames;
  double plain;      /* pixel by pixel */
  double registered; /* against the frame before, moved by the flow */
  double flow;       /* mean length of the flow, in pixels */
};

/* The flow is that of blocks of 8x8 pixels, each with the best of all moves up to 7 pixels to the
 * sides; of equally good ones the shortest. @path: a film, or a folder of PNGs. */
bool limn_bench_smooth (const char *path,
                        struct limn_bench_smoothness *smoothness,
                        GCancellable *cancellable,
                        GError **error);

typedef void (*limn_bench_progress_func) (guint64 done, guint64 total, gpointer data);

/* Writes a .safetensors file with the names, shapes and sizes of Stable Diffusion 1.5's (2 GiB, 4
 * in f32) and random weights, always the same. Calls @progress, which may be NULL, with the bytes
 * of tensors that are written. LIMN_ERROR_FILE or LIMN_ERROR_CANCELLED, and then @path is as it
 * was. */
bool limn_bench_make_random_sd15 (const char *path,
                                  bool f32,
                                  limn_bench_progress_func progress,
                                  gpointer data,
                                  GCancellable *cancellable,
                                  GError **error);
