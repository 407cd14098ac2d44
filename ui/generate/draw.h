/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "generate/engine.h"
#include "generate/stand.h"

/* One picture, on the worker thread; blocks until it is done or was cancelled. */

/* Takes @progress->picture. */
typedef void (*limn_draw_func) (struct limn_engine_progress *progress, gpointer data);

/* Fills in @result, which is zero. */
void limn_draw (struct limn_stand *stand,
                const limn_request *request,
                guint64 seed,
                GCancellable *cancellable,
                struct limn_engine_result *result,
                limn_draw_func tell,
                gpointer data);
void limn_engine_result_clear (struct limn_engine_result *result);

/* Opens what @request needs. */
bool limn_draw_open (struct limn_stand *stand, const limn_request *request, GError **error);
/* Runs a step of such a picture, so that all that is computed once has been. Failures are nothing
 * that a person need know of. */
void limn_draw_rehearse (struct limn_stand *stand,
                         const limn_request *request,
                         GCancellable *cancellable);
