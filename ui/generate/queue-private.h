/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "generate/job-private.h"
#include "generate/queue.h"

/* What the files of the queue share. */

/* After limn_queue_release_default(). */
bool limn_queue_is_closed (LimnQueue *queue);

/* The studio of @job shows the picture in @progress, which is taken then. */
void limn_job_show (LimnJob *job, struct limn_engine_progress *progress);
/* The picture becomes a result of the document. */
void limn_job_keep (LimnJob *job, const struct limn_engine_result *result);
/* The person hears what went wrong. */
void limn_job_tell (LimnJob *job, const struct limn_engine_result *result);
