/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "generate/queue.h"

#include "generate/queue-private.h"

/* Jobs that have ended and are still listed. */
#define MAX_ENDED 50
/* Of the steps of a live picture, what is not shown: it would flicker between noise and pictures.
 */
#define LIVE_HIDDEN 3

struct _LimnQueue {
  GObject parent;

  limn_engine *engine;
  GPtrArray *jobs;     /* of LimnJob */
  GPtrArray *lives;    /* of LimnJob: those that wait, one a studio */
  LimnJob *running;    /* may be one of @jobs */
  GHashTable *watched; /* set of documents whose end is told, borrowed */
  guint waiting;
  bool ready;
};

static void limn_queue_list_model_init (GListModelInterface *interface);

G_DEFINE_FINAL_TYPE_WITH_CODE (LimnQueue,
                               limn_queue,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL,
                                                      limn_queue_list_model_init))

enum {
  PROP_RUNNING = 1,
  PROP_WAITING,
  PROP_READY,
  N_PROPS,
};
static GParamSpec *props[N_PROPS];

enum {
  SIGNAL_SHOW_REQUESTED,
  N_SIGNALS,
};
static guint signals[N_SIGNALS];

static LimnQueue *default_queue;

static void dispatch (LimnQueue *queue);

/* --- the list --- */

static LimnJob *
job_at (LimnQueue *queue, guint index)
{
  return g_ptr_array_index (queue->jobs, index);
}

static bool
is_waiting (LimnJob *job)
{
  return limn_job_get_state (job) == LIMN_JOB_QUEUED;
}

static int
find (LimnQueue *queue, LimnJob *job)
{
  guint index;

  return g_ptr_array_find (queue->jobs, job, &index) ? (int) index : -1;
}

static void
count_waiting (LimnQueue *queue)
{
  guint waiting = 0;

  for (guint i = 0; i < queue->jobs->len; i++)
    waiting += is_waiting (job_at (queue, i));
  if (queue->waiting == waiting)
    return;
  queue->waiting = waiting;
  g_object_notify_by_pspec (G_OBJECT (queue), props[PROP_WAITING]);
}

static void
take_off (LimnQueue *queue, guint index)
{
  g_ptr_array_remove_index (queue->jobs, index);
  g_list_model_items_changed (G_LIST_MODEL (queue), index, 1, 0);
}

static void
drop_oldest (LimnQueue *queue)
{
  guint ended = 0;

  for (guint i = 0; i < queue->jobs->len; i++)
    ended += limn_job_has_ended (job_at (queue, i));
  for (guint i = 0; i < queue->jobs->len && ended > MAX_ENDED;) {
    if (limn_job_has_ended (job_at (queue, i))) {
      take_off (queue, i);
      ended--;
    } else {
      i++;
    }
  }
}

/* --- what the engine tells --- */

static void
on_progress (struct limn_engine_progress *progress, gpointer data)
{
  LimnQueue *queue = data;

  limn_job_progress (queue->running, progress);
  limn_job_show (queue->running, progress);
}

static void
set_ready (LimnQueue *queue, bool ready)
{
  if (queue->ready == ready)
    return;
  queue->ready = ready;
  g_object_notify_by_pspec (G_OBJECT (queue), props[PROP_READY]);
}

static void
on_done (const struct limn_engine_result *result, gpointer data)
{
  LimnQueue *queue = data;
  g_autoptr (LimnJob) job = g_steal_pointer (&queue->running);

  if (result->error == NULL)
    set_ready (queue, true);
  limn_job_finish (job, result);
  if (!limn_job_get_live (job))
    limn_job_keep (job, result);
  limn_job_tell (job, result);
  drop_oldest (queue);
  dispatch (queue);
  if (queue->running == NULL)
    g_object_notify_by_pspec (G_OBJECT (queue), props[PROP_RUNNING]);
}

/* --- running --- */

static LimnJob *
next (LimnQueue *queue)
{
  for (guint i = 0; i < queue->jobs->len; i++)
    if (is_waiting (job_at (queue, i)))
      return g_object_ref (job_at (queue, i));
  return queue->lives->len > 0 ? g_ptr_array_steal_index (queue->lives, 0) : NULL;
}

static void
dispatch (LimnQueue *queue)
{
  const struct limn_engine_callbacks callbacks = { on_progress, on_done, queue };

  if (queue->running != NULL || queue->engine == NULL)
    return;
  queue->running = next (queue);
  if (queue->running == NULL)
    return;
  limn_job_begin_work (queue->running);
  limn_engine_draw (queue->engine, limn_job_get_shared_request (queue->running),
                    limn_job_get_seed (queue->running), limn_job_get_cancellable (queue->running),
                    &callbacks);
  count_waiting (queue);
  g_object_notify_by_pspec (G_OBJECT (queue), props[PROP_RUNNING]);
}

/* Of documents that are gone: their weak references are NULL by now. */
static void
cancel_orphans (LimnQueue *queue)
{
  g_autoptr (GPtrArray) jobs = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = queue->jobs->len; i > 0; i--)
    g_ptr_array_add (jobs, g_object_ref (job_at (queue, i - 1)));
  for (guint i = 0; i < queue->lives->len; i++)
    g_ptr_array_add (jobs, g_object_ref (queue->lives->pdata[i]));
  if (queue->running != NULL && find (queue, queue->running) < 0)
    g_ptr_array_add (jobs, g_object_ref (queue->running));
  for (guint i = 0; i < jobs->len; i++) {
    g_autoptr (LimnDocument) own = limn_job_ref_document (jobs->pdata[i]);

    if (own == NULL && !limn_job_has_ended (jobs->pdata[i]))
      limn_queue_cancel (queue, jobs->pdata[i]);
  }
}

/* Nobody would see its pictures. */
static void
on_document_gone (gpointer data, GObject *document)
{
  LimnQueue *queue = data;

  g_hash_table_remove (queue->watched, document);
  cancel_orphans (queue);
}

static void
watch (LimnQueue *queue, LimnDocument *document)
{
  if (g_hash_table_add (queue->watched, document))
    g_object_weak_ref (G_OBJECT (document), on_document_gone, queue);
}

static void
cancel_live (LimnQueue *queue, LimnStudio *studio)
{
  for (guint i = queue->lives->len; i > 0; i--) {
    g_autoptr (LimnStudio) own = limn_job_ref_studio (queue->lives->pdata[i - 1]);

    if (own == studio)
      limn_queue_cancel (queue, queue->lives->pdata[i - 1]);
  }
}

LimnJob *
limn_queue_add (
    LimnQueue *queue, LimnStudio *studio, struct limn_request *request, guint64 seed, bool live)
{
  g_autoptr (LimnJob) job = limn_job_new (studio, request, seed, live);

  watch (queue, limn_studio_get_document (studio));
  if (live) {
    cancel_live (queue, studio);
    g_ptr_array_add (queue->lives, g_object_ref (job));
  } else {
    g_ptr_array_add (queue->jobs, g_object_ref (job));
    g_list_model_items_changed (G_LIST_MODEL (queue), queue->jobs->len - 1, 0, 1);
    count_waiting (queue);
  }
  dispatch (queue);
  /* The list, the waiting or the running one has it. */
  return job;
}

/* --- warming and forecasts --- */

static void
on_ready (bool good, gpointer data)
{
  set_ready (data, good);
}

static void
on_warm_request (limn_request *request, gpointer data)
{
  g_autoptr (LimnQueue) queue = data;
  g_autoptr (limn_request) own = request;

  if (request != NULL && queue->engine != NULL)
    limn_engine_warm (queue->engine, request, on_ready, queue);
}

void
limn_queue_warm (LimnQueue *queue, LimnStudio *studio)
{
  if (queue->running == NULL && queue->engine != NULL)
    limn_request_make (limn_studio_get_document (studio), NULL, on_warm_request,
                       g_object_ref (queue));
}

void
limn_queue_forecast (LimnQueue *queue,
                     struct limn_request *request,
                     GCancellable *cancellable,
                     limn_forecast_func func,
                     gpointer data)
{
  if (queue->engine != NULL)
    limn_engine_forecast (queue->engine, request, cancellable, func, data);
}

/* --- changing the list --- */

LimnJob *
limn_queue_get_running (LimnQueue *queue)
{
  return queue->running;
}

guint
limn_queue_get_waiting (LimnQueue *queue)
{
  return queue->waiting;
}

bool
limn_queue_is_closed (LimnQueue *queue)
{
  return queue->engine == NULL;
}

bool
limn_queue_get_ready (LimnQueue *queue)
{
  return queue->ready;
}

void
limn_queue_cancel (LimnQueue *queue, LimnJob *job)
{
  g_autoptr (LimnJob) own = g_object_ref (job);
  int index = find (queue, job);

  if (!is_waiting (job)) {
    g_cancellable_cancel (limn_job_get_cancellable (job));
    return;
  }
  g_ptr_array_remove (queue->lives, job);
  limn_job_cancel_waiting (job);
  if (index >= 0)
    take_off (queue, (guint) index);
  count_waiting (queue);
}

void
limn_queue_cancel_all (LimnQueue *queue, LimnStudio *studio)
{
  /* From the back, so that none begins meanwhile. */
  for (guint i = queue->jobs->len; i > 0; i--) {
    LimnJob *job = job_at (queue, i - 1);
    g_autoptr (LimnStudio) own = limn_job_ref_studio (job);

    if (!limn_job_has_ended (job) && (studio == NULL || own == studio))
      limn_queue_cancel (queue, job);
  }
}

bool
limn_queue_move (LimnQueue *queue, LimnJob *job, int by)
{
  int from = find (queue, job), first = 0, to;

  while (first < (int) queue->jobs->len && !is_waiting (job_at (queue, (guint) first)))
    first++;
  if (from < first || !is_waiting (job))
    return false;
  to = by == G_MININT ? first : CLAMP (from + by, first, (int) queue->jobs->len - 1);
  if (to == from)
    return false;
  g_object_ref (job);
  take_off (queue, (guint) from);
  g_ptr_array_insert (queue->jobs, to, job);
  g_list_model_items_changed (G_LIST_MODEL (queue), (guint) to, 0, 1);
  return true;
}

void
limn_queue_clear_finished (LimnQueue *queue)
{
  for (guint i = queue->jobs->len; i > 0; i--)
    if (limn_job_has_ended (job_at (queue, i - 1)))
      take_off (queue, i - 1);
}

void
limn_queue_show (LimnQueue *queue, LimnStudio *studio)
{
  g_signal_emit (queue, signals[SIGNAL_SHOW_REQUESTED], 0, studio);
}

/* --- GListModel --- */

static GType
limn_queue_get_item_type (GListModel *list)
{
  return LIMN_TYPE_JOB;
}

static guint
limn_queue_get_n_items (GListModel *list)
{
  return LIMN_QUEUE (list)->jobs->len;
}

static gpointer
limn_queue_get_item (GListModel *list, guint position)
{
  LimnQueue *self = LIMN_QUEUE (list);

  return position < self->jobs->len ? g_object_ref (job_at (self, position)) : NULL;
}

static void
limn_queue_list_model_init (GListModelInterface *interface)
{
  interface->get_item_type = limn_queue_get_item_type;
  interface->get_n_items = limn_queue_get_n_items;
  interface->get_item = limn_queue_get_item;
}

/* --- GObject --- */

static void
limn_queue_get_property (GObject *object, guint prop, GValue *value, GParamSpec *pspec)
{
  LimnQueue *self = LIMN_QUEUE (object);

  switch (prop) {
  case PROP_RUNNING:
    g_value_set_object (value, self->running);
    break;
  case PROP_WAITING:
    g_value_set_uint (value, self->waiting);
    break;
  case PROP_READY:
    g_value_set_boolean (value, self->ready);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop, pspec);
  }
}

/* Nothing will be told of them any more. */
static void
end_all (LimnQueue *queue)
{
  if (queue->running != NULL)
    limn_job_cancel_waiting (queue->running);
  for (guint i = 0; i < queue->lives->len; i++)
    limn_job_cancel_waiting (queue->lives->pdata[i]);
  for (guint i = 0; i < queue->jobs->len; i++)
    if (is_waiting (job_at (queue, i)))
      limn_job_cancel_waiting (job_at (queue, i));
}

static void
limn_queue_dispose (GObject *object)
{
  LimnQueue *self = LIMN_QUEUE (object);
  GHashTableIter iter;
  gpointer document;

  g_hash_table_iter_init (&iter, self->watched);
  while (g_hash_table_iter_next (&iter, &document, NULL))
    g_object_weak_unref (document, on_document_gone, self);
  g_hash_table_remove_all (self->watched);
  if (self->running != NULL)
    g_cancellable_cancel (limn_job_get_cancellable (self->running));
  g_clear_pointer (&self->engine, limn_engine_free);
  end_all (self);
  g_clear_object (&self->running);
  g_ptr_array_set_size (self->lives, 0);
  g_ptr_array_set_size (self->jobs, 0);
  G_OBJECT_CLASS (limn_queue_parent_class)->dispose (object);
}

static void
limn_queue_finalize (GObject *object)
{
  LimnQueue *self = LIMN_QUEUE (object);

  g_hash_table_unref (self->watched);
  g_ptr_array_unref (self->jobs);
  g_ptr_array_unref (self->lives);
  G_OBJECT_CLASS (limn_queue_parent_class)->finalize (object);
}

static void
limn_queue_class_init (LimnQueueClass *class)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  GObjectClass *object_class = G_OBJECT_CLASS (class);

  object_class->get_property = limn_queue_get_property;
  object_class->dispose = limn_queue_dispose;
  object_class->finalize = limn_queue_finalize;

  props[PROP_RUNNING] = g_param_spec_object ("running", NULL, NULL, LIMN_TYPE_JOB, flags);
  props[PROP_WAITING] = g_param_spec_uint ("waiting", NULL, NULL, 0, G_MAXUINT, 0, flags);
  props[PROP_READY] = g_param_spec_boolean ("ready", NULL, NULL, FALSE, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);

  signals[SIGNAL_SHOW_REQUESTED] =
      g_signal_new ("show-requested", G_TYPE_FROM_CLASS (class), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                    NULL, G_TYPE_NONE, 1, LIMN_TYPE_STUDIO);
}

static void
limn_queue_init (LimnQueue *self)
{
  self->engine = limn_engine_new ();
  self->jobs = g_ptr_array_new_with_free_func (g_object_unref);
  self->lives = g_ptr_array_new_with_free_func (g_object_unref);
  self->watched = g_hash_table_new (NULL, NULL);
}

/* --- the one --- */

LimnQueue *
limn_queue_get_default (void)
{
  if (default_queue == NULL)
    default_queue = g_object_new (LIMN_TYPE_QUEUE, NULL);
  return default_queue;
}

void
limn_queue_release_default (void)
{
  if (default_queue == NULL)
    return;
  g_object_run_dispose (G_OBJECT (default_queue));
  g_clear_object (&default_queue);
}
