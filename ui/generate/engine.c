/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "generate/engine.h"

#include <sys/resource.h>

#include "generate/draw.h"
#include "generate/forecast.h"

/* Added to the niceness of the worker, and with it of the threads with which a processor as a
 * device computes: who draws comes first, and what shows the picture. */
#define WORKER_NICENESS 5

/* A run as both sides see it: the worker leaves in it what is new, and the main loop is woken once
 * for all that has come since. */
struct run {
  gatomicrefcount references;
  bool warm; /* nothing is drawn */
  limn_request *request;
  guint64 seed;
  GCancellable *cancellable;

  /* Main thread. */
  limn_engine *engine; /* NULL: nobody wants to know any more */
  struct limn_engine_callbacks callbacks;
  void (*ready) (bool good, gpointer data);

  GMutex mutex; /* of what follows */
  bool posted;
  bool has_progress;
  struct limn_engine_progress progress; /* its picture is owned */
  bool is_ready, ready_good;
  bool done;
  struct limn_engine_result result;
};

struct limn_engine {
  GThread *worker;
  GAsyncQueue *runs; /* of struct run; one with no request ends the worker */
  GMainContext *context;
  limn_forecaster *forecaster;

  /* Main thread; borrowed from the queue or what has been posted. */
  struct run *current, *warming;
};

static struct run *
run_new (limn_request *request, GCancellable *cancellable)
{
  struct run *run = g_new0 (struct run, 1);

  g_atomic_ref_count_init (&run->references);
  g_mutex_init (&run->mutex);
  run->request = request != NULL ? limn_request_ref (request) : NULL;
  run->cancellable = cancellable != NULL ? g_object_ref (cancellable) : g_cancellable_new ();
  return run;
}

static struct run *
run_ref (struct run *run)
{
  g_atomic_ref_count_inc (&run->references);
  return run;
}

static void
run_unref (struct run *run)
{
  if (run == NULL || !g_atomic_ref_count_dec (&run->references))
    return;
  limn_request_unref (run->request);
  g_object_unref (run->cancellable);
  limn_image_free (run->progress.picture);
  limn_engine_result_clear (&run->result);
  g_mutex_clear (&run->mutex);
  g_free (run);
}

/* --- main thread --- */

static void
deliver_progress (struct run *run, struct limn_engine_progress *progress)
{
  if (run->engine != NULL && run->callbacks.progress != NULL)
    run->callbacks.progress (progress, run->callbacks.data);
  limn_image_free (progress->picture);
}

static void
deliver_done (struct run *run)
{
  limn_engine *engine = run->engine;

  if (engine == NULL)
    return;
  run->engine = NULL;
  if (engine->current == run)
    g_clear_pointer (&engine->current, run_unref);
  if (run->callbacks.done != NULL)
    run->callbacks.done (&run->result, run->callbacks.data);
}

static void
deliver_ready (struct run *run, bool good)
{
  limn_engine *engine = run->engine;

  if (engine != NULL && run->ready != NULL)
    run->ready (good, run->callbacks.data);
}

static gboolean
on_post (gpointer data)
{
  struct run *run = data;
  struct limn_engine_progress progress;
  bool has_progress, is_ready, done;

  g_mutex_lock (&run->mutex);
  run->posted = false;
  progress = run->progress;
  has_progress = run->has_progress;
  run->progress.picture = NULL;
  run->has_progress = false;
  is_ready = run->is_ready;
  run->is_ready = false;
  done = run->done;
  g_mutex_unlock (&run->mutex);

  if (has_progress)
    deliver_progress (run, &progress);
  if (is_ready)
    deliver_ready (run, run->ready_good);
  if (done && !run->warm)
    deliver_done (run);
  return G_SOURCE_REMOVE;
}

/* --- worker --- */

/* With the mutex held. After a frame is drawn, not before: so many pictures as are shown, and no
 * more, are worth looking at. */
static void
post (struct run *run, GMainContext *context)
{
  g_autoptr (GSource) source = NULL;

  if (run->posted)
    return;
  run->posted = true;
  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_HIGH_IDLE + 30);
  g_source_set_callback (source, on_post, run_ref (run), (GDestroyNotify) run_unref);
  g_source_attach (source, context);
}

struct teller {
  limn_engine *engine;
  struct run *run;
};

static void
on_progress (struct limn_engine_progress *progress, gpointer data)
{
  struct teller *teller = data;
  struct run *run = teller->run;
  limn_image *old;

  g_mutex_lock (&run->mutex);
  old = run->progress.picture;
  run->progress = *progress;
  if (progress->picture == NULL)
    run->progress.picture = g_steal_pointer (&old);
  run->has_progress = true;
  post (run, teller->engine->context);
  g_mutex_unlock (&run->mutex);
  limn_image_free (old);
}

static void
warm (limn_engine *engine, struct limn_stand *stand, struct run *run)
{
  bool good =
      !g_cancellable_is_cancelled (run->cancellable) && limn_draw_open (stand, run->request, NULL);

  g_mutex_lock (&run->mutex);
  run->is_ready = true;
  run->ready_good = good;
  post (run, engine->context);
  g_mutex_unlock (&run->mutex);
  if (good)
    limn_draw_rehearse (stand, run->request, run->cancellable);
}

static void
draw (limn_engine *engine, struct limn_stand *stand, struct run *run)
{
  struct teller teller = { engine, run };
  struct limn_engine_result result = { 0 };

  limn_draw (stand, run->request, run->seed, run->cancellable, &result, on_progress, &teller);
  g_mutex_lock (&run->mutex);
  run->result = result;
  run->done = true;
  post (run, engine->context);
  g_mutex_unlock (&run->mutex);
}

static gpointer
work (gpointer data)
{
  limn_engine *engine = data;
  struct limn_stand stand = { 0 };
  bool more = true;

  /* The niceness of a thread is its own on Linux, and inherited by those that it starts. */
  setpriority (PRIO_PROCESS, 0, getpriority (PRIO_PROCESS, 0) + WORKER_NICENESS);
  while (more) {
    struct run *run = g_async_queue_pop (engine->runs);

    more = run->request != NULL;
    if (more)
      (run->warm ? warm : draw) (engine, &stand, run);
    run_unref (run);
  }
  limn_stand_clear (&stand);
  return NULL;
}

/* --- from the main thread --- */

limn_engine *
limn_engine_new (void)
{
  limn_engine *engine = g_new0 (limn_engine, 1);

  engine->context = g_main_context_ref_thread_default ();
  engine->runs = g_async_queue_new_full ((GDestroyNotify) run_unref);
  engine->forecaster = limn_forecaster_new (engine->context);
  engine->worker = g_thread_new ("limn-worker", work, engine);
  return engine;
}

/* What has been posted about @run comes to nobody. */
static void
abandon (struct run **run)
{
  if (*run == NULL)
    return;
  (*run)->engine = NULL;
  g_cancellable_cancel ((*run)->cancellable);
  g_clear_pointer (run, run_unref);
}

void
limn_engine_free (limn_engine *engine)
{
  if (engine == NULL)
    return;
  abandon (&engine->current);
  abandon (&engine->warming);
  g_async_queue_push (engine->runs, run_new (NULL, NULL));
  g_thread_join (engine->worker);
  limn_forecaster_free (engine->forecaster);
  g_async_queue_unref (engine->runs);
  g_main_context_unref (engine->context);
  g_free (engine);
}

/* Its rehearsal may go on after the model was ready, which is told all the same. */
static void
end_warming (limn_engine *engine)
{
  if (engine->warming != NULL)
    g_cancellable_cancel (engine->warming->cancellable);
}

void
limn_engine_draw (limn_engine *engine,
                  limn_request *request,
                  guint64 seed,
                  GCancellable *cancellable,
                  const struct limn_engine_callbacks *callbacks)
{
  struct run *run = run_new (request, cancellable);

  g_return_if_fail (engine->current == NULL);

  end_warming (engine);
  run->seed = seed;
  run->engine = engine;
  run->callbacks = *callbacks;
  engine->current = run_ref (run);
  g_async_queue_push (engine->runs, run);
}

void
limn_engine_warm (limn_engine *engine,
                  limn_request *request,
                  void (*ready) (bool good, gpointer data),
                  gpointer data)
{
  struct run *run = run_new (request, NULL);

  abandon (&engine->warming);
  run->warm = true;
  run->engine = engine;
  run->ready = ready;
  run->callbacks.data = data;
  engine->warming = run_ref (run);
  g_async_queue_push (engine->runs, run);
}

void
limn_engine_forecast (limn_engine *engine,
                      limn_request *request,
                      GCancellable *cancellable,
                      limn_forecast_func func,
                      gpointer data)
{
  limn_forecaster_ask (engine->forecaster, request, cancellable, func, data);
}
