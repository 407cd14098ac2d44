/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "limn.h"

/* `limn bench`: speed and memory. It measures, it does not judge: there is no bound in here. */

struct limn_bench_options {
  char *model, *motion, *device, *precision, *size;
  char *scribble;
  const char *file; /* borrowed: the operand of make-random-sd15 and smoothness */
  int steps, width, height;
  double peak; /* FLOP/s of the processor's matrix product; 0: not measured */
  gboolean json, help;
};

/* --- bench-options.c --- */

/* A line of results: text for people, an object for programs. Takes @json. */
void limn_bench_print (const struct limn_bench_options *options, const char *text, GString *json);
void limn_bench_print_seconds (const struct limn_bench_options *options,
                               const char *what,
                               double seconds);

limn_precision limn_bench_precision (const struct limn_bench_options *options);
/* Prints its name for people. */
limn_device *limn_bench_open_device (const struct limn_bench_options *options, GError **error);

/* What is drawn: the sample scribble where the model has the ControlNet for it, else the prompt
 * alone. */
struct limn_bench_drawing {
  limn_image *image; /* NULL: none */
  struct limn_control control;
  struct limn_generate_params params;
};

/* What benches of a model need. */
struct limn_bench_setting {
  limn_device *device;
  limn_model *model; /* NULL at first: forecasts do without */
  struct limn_bench_drawing drawing;
};

/* Everything but the model. @setting must be zero, and stay in its place;
 * limn_bench_setting_clear() is for what came out of a failure, too. */
bool limn_bench_setting_init (const struct limn_bench_options *options,
                              struct limn_bench_setting *setting,
                              GError **error);
void limn_bench_setting_clear (struct limn_bench_setting *setting);

/* --- the measurements --- */

bool limn_bench_run_ops (const struct limn_bench_options *options, GError **error);
bool limn_bench_run_model (const struct limn_bench_options *options, GError **error);
bool limn_bench_run_memory (const struct limn_bench_options *options, GError **error);
bool limn_bench_run_animate (const struct limn_bench_options *options, GError **error);
bool limn_bench_run_smoothness (const struct limn_bench_options *options, GError **error);
bool limn_bench_run_start (const struct limn_bench_options *options, GError **error);
