/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "generate/request.h"

/* The threads that may block: a worker that owns the device and the model and draws one picture at
 * a time, and one that forecasts memory beside it. All functions are for the main thread and return
 * at once, but for limn_engine_free(); all callbacks come from the main loop. */
typedef struct limn_engine limn_engine;

limn_engine *limn_engine_new (void);
/* Cancels what runs and waits for the threads. No callback comes afterwards. */
void limn_engine_free (limn_engine *engine);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_engine, limn_engine_free)

/* --- drawing --- */

typedef enum {
  LIMN_PHASE_LOAD, /* opens what is not open yet */
  LIMN_PHASE_STEPS,
  LIMN_PHASE_DECODE,
} limn_phase;

/* How far it is. What happened since the last call comes in one. */
struct limn_engine_progress {
  limn_phase phase;
  int step, steps;
  double seconds_left; /* -1: not known yet */
  guint64 memory;      /* bytes in use on the device */
  limn_image *picture; /* the predicted or the finished picture, to be taken, or NULL */
  bool finished;       /* @picture is the last one */
};

/* Of a run that has ended. */
struct limn_engine_result {
  GError *error; /* NULL, or why there is none; LIMN_ERROR_CANCELLED too */
  GBytes *png;   /* with the recipe in its texts */
  char *recipe;  /* as `limn generate --from` and other programs read it */
  double seconds;
  GStrv warnings; /* sentences: what was left out; may be empty */
};

struct limn_engine_callbacks {
  void (*progress) (struct limn_engine_progress *progress, gpointer data);
  void (*done) (const struct limn_engine_result *result, gpointer data);
  gpointer data;
};

/* Only when nothing else runs. @done is called exactly once. */
void limn_engine_draw (limn_engine *engine,
                       limn_request *request,
                       guint64 seed,
                       GCancellable *cancellable,
                       const struct limn_engine_callbacks *callbacks);

/* Opens the model of @request as a draw would, and runs a step, so that the next one begins at
 * once; a draw ends it. @ready is told when the model is open, or that it cannot be opened. */
void limn_engine_warm (limn_engine *engine,
                       limn_request *request,
                       void (*ready) (bool good, gpointer data),
                       gpointer data);

/* --- forecasts --- */

struct limn_forecast_result {
  GError *error;         /* NULL, or why such a picture cannot be drawn */
  guint64 needed, total; /* bytes; @total 0 where the device does not say */
  bool refused;          /* the device would not begin */
};

typedef void (*limn_forecast_func) (const struct limn_forecast_result *result, gpointer data);

/* One at a time: a new one takes the place of one that waits, whose @func is never called. Never
 * called after @cancellable was cancelled. */
void limn_engine_forecast (limn_engine *engine,
                           limn_request *request,
                           GCancellable *cancellable,
                           limn_forecast_func func,
                           gpointer data);
