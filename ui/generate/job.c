/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "generate/job.h"

#include <glib/gi18n.h>
#include <math.h>

#include "generate/job-private.h"

struct _LimnJob {
  GObject parent;

  GWeakRef studio, document;
  limn_request *request; /* NULL once it has ended */
  guint64 seed;
  bool live;
  char *title;
  GCancellable *cancellable;

  limn_job_state state;
  int step, steps;
  double seconds_left, seconds;
  guint64 memory;
  char *error;
  GBytes *png; /* of a live job */
  char *recipe;
};

G_DEFINE_FINAL_TYPE (LimnJob, limn_job, G_TYPE_OBJECT)

enum {
  PROP_TITLE = 1,
  PROP_STATE,
  PROP_STEP,
  PROP_STEPS,
  PROP_SECONDS_LEFT,
  PROP_MEMORY,
  PROP_ERROR,
  PROP_STATUS,
  PROP_FRACTION,
  N_PROPS,
};
static GParamSpec *props[N_PROPS];

/* --- what it is --- */

limn_job_state
limn_job_get_state (LimnJob *job)
{
  return job->state;
}

bool
limn_job_has_ended (LimnJob *job)
{
  return job->state >= LIMN_JOB_DONE;
}

const char *
limn_job_get_title (LimnJob *job)
{
  return job->title;
}

const char *
limn_job_get_error (LimnJob *job)
{
  return job->error;
}

int
limn_job_get_step (LimnJob *job)
{
  return job->step;
}

int
limn_job_get_steps (LimnJob *job)
{
  return job->steps;
}

double
limn_job_get_seconds_left (LimnJob *job)
{
  return job->seconds_left;
}

double
limn_job_get_seconds (LimnJob *job)
{
  return job->seconds;
}

guint64
limn_job_get_memory (LimnJob *job)
{
  return job->memory;
}

guint64
limn_job_get_seed (LimnJob *job)
{
  return job->seed;
}

bool
limn_job_get_live (LimnJob *job)
{
  return job->live;
}

LimnDocument *
limn_job_ref_document (LimnJob *job)
{
  return g_weak_ref_get (&job->document);
}

LimnStudio *
limn_job_ref_studio (LimnJob *job)
{
  return g_weak_ref_get (&job->studio);
}

const struct limn_request *
limn_job_get_request (LimnJob *job)
{
  return job->request;
}

limn_request *
limn_job_get_shared_request (LimnJob *job)
{
  return job->request;
}

GCancellable *
limn_job_get_cancellable (LimnJob *job)
{
  return job->cancellable;
}

GBytes *
limn_job_get_png (LimnJob *job)
{
  return job->png;
}

const char *
limn_job_get_recipe (LimnJob *job)
{
  return job->recipe;
}

/* The steps, and one more for what comes after them. */
double
limn_job_get_fraction (LimnJob *job)
{
  if (job->state == LIMN_JOB_DONE)
    return 1.0;
  return job->steps > 0 ? (double) job->step / (job->steps + 1) : 0.0;
}

static char *
describe_left (double seconds)
{
  int whole = (int) ceil (seconds);

  if (whole < 60)
    return g_strdup_printf (ngettext ("%d second left", "%d seconds left", (gulong) whole), whole);
  whole = (whole + 30) / 60;
  return g_strdup_printf (ngettext ("%d minute left", "%d minutes left", (gulong) whole), whole);
}

static char *
describe_steps (LimnJob *job)
{
  g_autofree char *left = NULL;

  if (job->seconds_left < 0)
    return g_strdup_printf (_ ("Step %d of %d"), job->step, job->steps);
  left = describe_left (job->seconds_left);
  /* Translators: the last one is "3 seconds left". */
  return g_strdup_printf (_ ("Step %d of %d, %s"), job->step, job->steps, left);
}

char *
limn_job_get_status (LimnJob *job)
{
  static const char *const words[] = {
    [LIMN_JOB_QUEUED] = N_ ("Waiting"),
    [LIMN_JOB_LOADING] = N_ ("Opening the model"),
    [LIMN_JOB_RUNNING] = NULL,
    [LIMN_JOB_DECODING] = N_ ("Finishing the picture"),
    [LIMN_JOB_DONE] = NULL,
    [LIMN_JOB_FAILED] = N_ ("Failed"),
    [LIMN_JOB_CANCELLED] = N_ ("Cancelled"),
  };
  G_STATIC_ASSERT (G_N_ELEMENTS (words) == LIMN_N_JOB_STATES);

  if (job->state == LIMN_JOB_RUNNING)
    return describe_steps (job);
  if (job->state == LIMN_JOB_DONE)
    return g_strdup_printf (_ ("Done in %.1f seconds"), job->seconds);
  if (job->error != NULL)
    return g_strdup (job->error);
  return g_strdup (_ (words[job->state]));
}

/* --- what becomes of it --- */

static void
notify_all (LimnJob *job)
{
  for (int prop = PROP_STATE; prop < N_PROPS; prop++)
    g_object_notify_by_pspec (G_OBJECT (job), props[prop]);
}

LimnJob *
limn_job_new (LimnStudio *studio, limn_request *request, guint64 seed, bool live)
{
  LimnJob *job = g_object_new (LIMN_TYPE_JOB, NULL);

  g_weak_ref_set (&job->studio, studio);
  g_weak_ref_set (&job->document, limn_studio_get_document (studio));
  job->request = limn_request_ref (request);
  job->seed = seed;
  job->live = live;
  job->title = g_strdup (*request->title != '\0' ? request->title : _ ("Without a prompt"));
  return job;
}

void
limn_job_begin_work (LimnJob *job)
{
  job->state = LIMN_JOB_LOADING;
  notify_all (job);
}

void
limn_job_progress (LimnJob *job, const struct limn_engine_progress *progress)
{
  static const limn_job_state states[] = {
    [LIMN_PHASE_LOAD] = LIMN_JOB_LOADING,
    [LIMN_PHASE_STEPS] = LIMN_JOB_RUNNING,
    [LIMN_PHASE_DECODE] = LIMN_JOB_DECODING,
  };

  job->state = states[progress->phase];
  job->step = progress->step;
  job->steps = progress->steps;
  job->seconds_left = progress->seconds_left;
  job->memory = progress->memory;
  notify_all (job);
}

void
limn_job_finish (LimnJob *job, const struct limn_engine_result *result)
{
  job->seconds = result->seconds;
  job->seconds_left = -1;
  if (result->error == NULL) {
    job->state = LIMN_JOB_DONE;
  } else if (g_error_matches (result->error, LIMN_ERROR, LIMN_ERROR_CANCELLED)) {
    job->state = LIMN_JOB_CANCELLED;
  } else {
    job->state = LIMN_JOB_FAILED;
    job->error = g_strdup (result->error->message);
  }
  if (job->live && result->png != NULL) {
    job->png = g_bytes_ref (result->png);
    job->recipe = g_strdup (result->recipe);
  }
  if (!job->live)
    g_clear_pointer (&job->request, limn_request_unref);
  notify_all (job);
}

void
limn_job_cancel_waiting (LimnJob *job)
{
  g_cancellable_cancel (job->cancellable);
  job->state = LIMN_JOB_CANCELLED;
  if (!job->live)
    g_clear_pointer (&job->request, limn_request_unref);
  notify_all (job);
}

/* --- GObject --- */

static void
limn_job_get_property (GObject *object, guint prop, GValue *value, GParamSpec *pspec)
{
  LimnJob *self = LIMN_JOB (object);

  switch (prop) {
  case PROP_TITLE:
    g_value_set_string (value, self->title);
    break;
  case PROP_STATE:
    g_value_set_int (value, (int) self->state);
    break;
  case PROP_STEP:
    g_value_set_int (value, self->step);
    break;
  case PROP_STEPS:
    g_value_set_int (value, self->steps);
    break;
  case PROP_SECONDS_LEFT:
    g_value_set_double (value, self->seconds_left);
    break;
  case PROP_MEMORY:
    g_value_set_uint64 (value, self->memory);
    break;
  case PROP_ERROR:
    g_value_set_string (value, self->error);
    break;
  case PROP_STATUS:
    g_value_take_string (value, limn_job_get_status (self));
    break;
  case PROP_FRACTION:
    g_value_set_double (value, limn_job_get_fraction (self));
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop, pspec);
  }
}

static void
limn_job_finalize (GObject *object)
{
  LimnJob *self = LIMN_JOB (object);

  g_weak_ref_clear (&self->studio);
  g_weak_ref_clear (&self->document);
  limn_request_unref (self->request);
  g_object_unref (self->cancellable);
  g_clear_pointer (&self->png, g_bytes_unref);
  g_free (self->recipe);
  g_free (self->error);
  g_free (self->title);
  G_OBJECT_CLASS (limn_job_parent_class)->finalize (object);
}

static void
limn_job_class_init (LimnJobClass *class)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  GObjectClass *object_class = G_OBJECT_CLASS (class);

  object_class->get_property = limn_job_get_property;
  object_class->finalize = limn_job_finalize;

  props[PROP_TITLE] = g_param_spec_string ("title", NULL, NULL, NULL, flags);
  props[PROP_STATE] = g_param_spec_int ("state", NULL, NULL, 0, LIMN_N_JOB_STATES - 1, 0, flags);
  props[PROP_STEP] = g_param_spec_int ("step", NULL, NULL, 0, G_MAXINT, 0, flags);
  props[PROP_STEPS] = g_param_spec_int ("steps", NULL, NULL, 0, G_MAXINT, 0, flags);
  props[PROP_SECONDS_LEFT] =
      g_param_spec_double ("seconds-left", NULL, NULL, -1, G_MAXDOUBLE, -1, flags);
  props[PROP_MEMORY] = g_param_spec_uint64 ("memory", NULL, NULL, 0, G_MAXUINT64, 0, flags);
  props[PROP_ERROR] = g_param_spec_string ("error", NULL, NULL, NULL, flags);
  props[PROP_STATUS] = g_param_spec_string ("status", NULL, NULL, NULL, flags);
  props[PROP_FRACTION] = g_param_spec_double ("fraction", NULL, NULL, 0, 1, 0, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
limn_job_init (LimnJob *self)
{
  self->cancellable = g_cancellable_new ();
  self->seconds_left = -1;
  g_weak_ref_init (&self->studio, NULL);
  g_weak_ref_init (&self->document, NULL);
}
