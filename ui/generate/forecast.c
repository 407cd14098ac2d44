/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "generate/forecast.h"

#include <sys/resource.h>

#include "document/inputs.h"
#include "prompt-expand.h"

#define NICENESS 5

struct question {
  limn_request *request; /* NULL: the thread ends */
  GCancellable *cancellable;
  limn_forecast_func func;
  gpointer data;
  struct limn_forecast_result result;
};

struct limn_forecaster {
  GThread *thread;
  GMainContext *context;
  GMutex mutex;
  GCond asked;
  struct question *waiting; /* the newest */
};

static void
question_free (struct question *question)
{
  if (question == NULL)
    return;
  limn_request_unref (question->request);
  g_clear_object (&question->cancellable);
  g_clear_error (&question->result.error);
  g_free (question);
}

/* --- the thread --- */

/* Devices take a while to open, so the last one stays. */
struct ruler {
  limn_device *device;
  char *id;
};

static bool
open_device (struct ruler *ruler, const char *id, GError **error)
{
  const struct limn_device_params params = { .id = id, .debug = limn_debug_from_environment () };

  if (ruler->device != NULL && g_strcmp0 (ruler->id, id) == 0)
    return true;
  g_clear_pointer (&ruler->device, limn_device_free);
  g_free (ruler->id);
  ruler->id = g_strdup (id);
  ruler->device = limn_device_open (&params, error);
  return ruler->device != NULL;
}

static bool
measure (struct ruler *ruler,
         const limn_request *request,
         struct limn_forecast_result *result,
         GError **error)
{
  const struct limn_inputs_params shapes = { .shapes = true };
  g_autofree char *prompt = limn_prompt_expand (request->prompt, request->params.seed);
  g_autofree char *negative = limn_prompt_expand (request->negative, request->params.seed);
  struct limn_generate_params params = request->params;
  struct limn_inputs inputs;
  bool good;

  if (!limn_request_check (request, 0, 0, error) || !open_device (ruler, request->device, error))
    return false;
  limn_inputs_init (&inputs, request, &shapes);
  limn_inputs_use (&inputs, &params);
  params.prompt = prompt;
  params.negative = negative;
  good = limn_forecast (ruler->device, request->model, &params, &result->needed, error);
  result->total = limn_device_memory_total (ruler->device);
  if (good && result->total > 0 && result->needed > result->total)
    result->refused = !limn_forecast_check (ruler->device, request->model, &params, NULL);
  limn_inputs_clear (&inputs);
  return good;
}

static gboolean
on_answer (gpointer data)
{
  struct question *question = data;

  if (!g_cancellable_is_cancelled (question->cancellable))
    question->func (&question->result, question->data);
  return G_SOURCE_REMOVE;
}

/* Takes @question. */
static void
answer (limn_forecaster *forecaster, struct question *question)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_callback (source, on_answer, question, (GDestroyNotify) question_free);
  g_source_attach (source, forecaster->context);
}

static struct question *
next (limn_forecaster *forecaster)
{
  struct question *question;

  g_mutex_lock (&forecaster->mutex);
  while (forecaster->waiting == NULL)
    g_cond_wait (&forecaster->asked, &forecaster->mutex);
  question = g_steal_pointer (&forecaster->waiting);
  g_mutex_unlock (&forecaster->mutex);
  return question;
}

static gpointer
work (gpointer data)
{
  limn_forecaster *forecaster = data;
  struct ruler ruler = { 0 };
  struct question *question;

  setpriority (PRIO_PROCESS, 0, getpriority (PRIO_PROCESS, 0) + NICENESS);
  while ((question = next (forecaster))->request != NULL) {
    if (g_cancellable_is_cancelled (question->cancellable)) {
      question_free (question);
      continue;
    }
    measure (&ruler, question->request, &question->result, &question->result.error);
    answer (forecaster, question);
  }
  question_free (question);
  g_clear_pointer (&ruler.device, limn_device_free);
  g_free (ruler.id);
  return NULL;
}

/* --- from the main thread --- */

/* Takes @question. */
static void
ask (limn_forecaster *forecaster, struct question *question)
{
  g_mutex_lock (&forecaster->mutex);
  question_free (forecaster->waiting);
  forecaster->waiting = question;
  g_cond_signal (&forecaster->asked);
  g_mutex_unlock (&forecaster->mutex);
}

limn_forecaster *
limn_forecaster_new (GMainContext *context)
{
  limn_forecaster *forecaster = g_new0 (limn_forecaster, 1);

  forecaster->context = g_main_context_ref (context);
  g_mutex_init (&forecaster->mutex);
  g_cond_init (&forecaster->asked);
  forecaster->thread = g_thread_new ("limn-forecast", work, forecaster);
  return forecaster;
}

void
limn_forecaster_free (limn_forecaster *forecaster)
{
  ask (forecaster, g_new0 (struct question, 1));
  g_thread_join (forecaster->thread);
  g_mutex_clear (&forecaster->mutex);
  g_cond_clear (&forecaster->asked);
  g_main_context_unref (forecaster->context);
  g_free (forecaster);
}

void
limn_forecaster_ask (limn_forecaster *forecaster,
                     limn_request *request,
                     GCancellable *cancellable,
                     limn_forecast_func func,
                     gpointer data)
{
  struct question *question = g_new0 (struct question, 1);

  question->request = limn_request_ref (request);
  question->cancellable = cancellable != NULL ? g_object_ref (cancellable) : NULL;
  question->func = func;
  question->data = data;
  ask (forecaster, question);
}
