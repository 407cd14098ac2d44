/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "generate/engine.h"
#include "generate/job.h"
#include "studio.h"

/* The pictures that are to be drawn, one after the other, for all windows of the program: a
 * GListModel of LimnJob in the order in which they run, those that have ended before those that
 * wait. Main thread only; the work itself is done by engine.h.
 *
 * Properties, each with notify:
 *   running (LimnJob)   what is drawn now, live or not; or NULL
 *   waiting (uint)      jobs that have not begun
 *   ready (boolean)     a model is loaded: drawing can begin
 *
 * Signals:
 *   show-requested (LimnStudio)   a person wants to see the list */
#define LIMN_TYPE_QUEUE (limn_queue_get_type ())
G_DECLARE_FINAL_TYPE (LimnQueue, limn_queue, LIMN, QUEUE, GObject)

/* The one of the program; borrowed. Its worker thread starts with it. */
LimnQueue *limn_queue_get_default (void);
/* At the end of the program: cancels everything and waits for the worker, at most for a step. */
void limn_queue_release_default (void);

/* Opens the model of the studio's document, so that the first picture begins at once. */
void limn_queue_warm (LimnQueue *queue, LimnStudio *studio);

/* What @request would need, as limn_engine_forecast(). */
void limn_queue_forecast (LimnQueue *queue,
                          struct limn_request *request,
                          GCancellable *cancellable,
                          limn_forecast_func func,
                          gpointer data);

/* Draws what the studio's document is now, as many pictures as it says, into its results. */
void limn_queue_generate (LimnQueue *queue, LimnStudio *studio);

/* One picture from @request; returns the job, borrowed. A @live job is not listed and its picture
 * is no result; a new one takes the place of one that waits. */
LimnJob *limn_queue_add (
    LimnQueue *queue, LimnStudio *studio, struct limn_request *request, guint64 seed, bool live);

LimnJob *limn_queue_get_running (LimnQueue *queue);
guint limn_queue_get_waiting (LimnQueue *queue);
bool limn_queue_get_ready (LimnQueue *queue);

/* What runs ends within one step. A job that has ended is left alone. */
void limn_queue_cancel (LimnQueue *queue, LimnJob *job);
/* All jobs of @studio that are not live, or of everybody when that is NULL. */
void limn_queue_cancel_all (LimnQueue *queue, LimnStudio *studio);
/* Among those that wait: -1 is one place to the front, 1 one back, G_MININT to the very front.
 * False when it cannot go there. */
bool limn_queue_move (LimnQueue *queue, LimnJob *job, int by);
/* Takes those that have ended off the list. */
void limn_queue_clear_finished (LimnQueue *queue);
void limn_queue_show (LimnQueue *queue, LimnStudio *studio);

/* The seed that the last picture of @studio was asked for with; false when there was none. */
bool limn_queue_last_seed (LimnQueue *queue, LimnStudio *studio, guint64 *seed);
