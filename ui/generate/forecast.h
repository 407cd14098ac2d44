/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "generate/engine.h"

/* What a picture would need, found on a thread and a device of its own, so that a drawing under way
 * is not disturbed. The functions are for the main thread. */
typedef struct limn_forecaster limn_forecaster;

/* Answers come from @context. */
limn_forecaster *limn_forecaster_new (GMainContext *context);
/* Waits for the forecast under way: a fraction of a second. */
void limn_forecaster_free (limn_forecaster *forecaster);
/* As limn_engine_forecast(). */
void limn_forecaster_ask (limn_forecaster *forecaster,
                          limn_request *request,
                          GCancellable *cancellable,
                          limn_forecast_func func,
                          gpointer data);
