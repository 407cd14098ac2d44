/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

typedef struct limn_device limn_device;
typedef struct limn_model limn_model;
struct limn_generate_params;

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

/* What one generation spent, from a second run that finds everything loaded and compiled. */
struct limn_bench_part {
  const char *op; /* an operator of ops.h */
  double seconds; /* of all its calls */
  int calls;
};

struct limn_bench_model {
  double text;   /* seconds of the text encoder */
  double step;   /* seconds of one step, the median */
  double decode; /* seconds of the autoencoder */
  double total;
  GArray
      *parts; /* of struct limn_bench_part, by falling seconds: of one step, in a run of its own */
  guint64 peak;   /* bytes of device memory */
  guint64 second; /* bytes that the second run added to it */
};

/* @params says what is drawn, in two steps at least; its events are replaced. */
struct limn_bench_model *limn_bench_model (limn_model *model,
                                           const struct limn_generate_params *params,
                                           GCancellable *cancellable,
                                           GError **error);
void limn_bench_model_free (struct limn_bench_model *result);
