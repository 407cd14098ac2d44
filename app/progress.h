/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stdio.h>

#include <glib.h>
#include <stdbool.h>

typedef enum {
  LIMN_PROGRESS_LOAD,   /* the model is being opened on @name, a device */
  LIMN_PROGRESS_START,  /* @picture of @pictures, @steps, @width, @height, @seed, @name of the
                         * model */
  LIMN_PROGRESS_TEXT,   /* the prompts take @chunks of the text encoder */
  LIMN_PROGRESS_STEP,   /* @step of @steps, @seconds, @memory, @path of the preview or NULL */
  LIMN_PROGRESS_DECODE, /* @seconds, @memory */
  LIMN_PROGRESS_RESULT, /* @path, @seed, @width, @height, @seconds, @memory at its peak */
  LIMN_N_PROGRESS,
} limn_progress_kind;

/* One thing that happened, copied so that it can travel from the worker to the main thread. */
struct limn_progress_message {
  limn_progress_kind kind;
  int step, steps;       /* 1-based */
  int picture, pictures; /* 1-based */
  int width, height;
  int chunks;
  double seconds; /* since the generation began */
  guint64 memory; /* bytes */
  guint64 seed;
  char *path;
  char *name;
};

void limn_progress_message_free (struct limn_progress_message *message);

/* Tells a person or a program how far a job is: one redrawn line where @out is a terminal, plain
 * lines elsewhere, JSON objects (one a line, described in docs/cli.md) on request. Main thread. */
typedef struct limn_progress limn_progress;

/* Borrows @out. */
limn_progress *limn_progress_new (FILE *out, bool json);
void limn_progress_free (limn_progress *progress);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_progress, limn_progress_free)

/* LIMN_ERROR_FILE when @out takes no more, as when the reader of a pipe has gone. */
bool limn_progress_show (limn_progress *progress,
                         const struct limn_progress_message *message,
                         GError **error);

/* The job has ended with @failure, which the caller reports on stderr: leaves the terminal with an
 * empty line, or writes the JSON event. A failed write is of no interest any more. */
void limn_progress_fail (limn_progress *progress, const GError *failure);
