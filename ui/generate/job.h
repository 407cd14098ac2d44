/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>

#include "generate/request.h"
#include "studio.h"

/* One picture that is asked for. Main thread only.
 *
 * Properties, each with notify: title (string), state (int), step (int), steps (int), seconds-left
 * (double, -1 when it is not known), memory (uint64, bytes in use), error (string or NULL), status
 * (string: one translated line that says all of it), fraction (double, 0 to 1). */
#define LIMN_TYPE_JOB (limn_job_get_type ())
G_DECLARE_FINAL_TYPE (LimnJob, limn_job, LIMN, JOB, GObject)

typedef enum {
  LIMN_JOB_QUEUED,
  LIMN_JOB_LOADING, /* device, model, pictures */
  LIMN_JOB_RUNNING,
  LIMN_JOB_DECODING, /* the latents become the picture, and that a PNG */
  LIMN_JOB_DONE,
  LIMN_JOB_FAILED,
  LIMN_JOB_CANCELLED,
  LIMN_N_JOB_STATES,
} limn_job_state;

limn_job_state limn_job_get_state (LimnJob *job);
bool limn_job_has_ended (LimnJob *job);
const char *limn_job_get_title (LimnJob *job);
/* One sentence after LIMN_JOB_FAILED, else NULL. */
const char *limn_job_get_error (LimnJob *job);
int limn_job_get_step (LimnJob *job);
int limn_job_get_steps (LimnJob *job);
double limn_job_get_seconds_left (LimnJob *job);
double limn_job_get_fraction (LimnJob *job);
guint64 limn_job_get_memory (LimnJob *job);
guint64 limn_job_get_seed (LimnJob *job);
bool limn_job_get_live (LimnJob *job);
/* Of the work itself, without waiting; 0 before its end. */
double limn_job_get_seconds (LimnJob *job);
/* The caller frees it. */
char *limn_job_get_status (LimnJob *job);
/* Full references; NULL when they are gone. */
LimnDocument *limn_job_ref_document (LimnJob *job);
LimnStudio *limn_job_ref_studio (LimnJob *job);
/* The picture of a live job that is done, with its recipe; borrowed, else NULL. */
GBytes *limn_job_get_png (LimnJob *job);
const char *limn_job_get_recipe (LimnJob *job);
/* What it was asked for with; borrowed, and NULL once a job that is not live has ended. */
const struct limn_request *limn_job_get_request (LimnJob *job);
