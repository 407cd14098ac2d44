/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "generate/engine.h"
#include "generate/job.h"

/* What only the queue does to a job. */

/* Takes a reference to @request. */
LimnJob *limn_job_new (LimnStudio *studio, limn_request *request, guint64 seed, bool live);
GCancellable *limn_job_get_cancellable (LimnJob *job);
limn_request *limn_job_get_shared_request (LimnJob *job);
void limn_job_begin_work (LimnJob *job);
void limn_job_progress (LimnJob *job, const struct limn_engine_progress *progress);
/* The end of it; what a live job drew stays with it. */
void limn_job_finish (LimnJob *job, const struct limn_engine_result *result);
void limn_job_cancel_waiting (LimnJob *job);
