/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "generate/live.h"

#include <string.h>

#include "generate/live-private.h"

#define PAUSE 0.3 /* seconds */
/* A picture that takes longer is worth waiting for the end of a thought. */
#define SLOW 1.5

struct _LimnLive {
  GObject parent;

  LimnStudio *studio; /* borrowed: it owns this */
  LimnDocument *document;
  double pause;

  /* Owned. */
  GSource *timer;          /* when what has changed is looked at; NULL: nothing has */
  GCancellable *making;    /* of the request that is being made */
  LimnJob *job;            /* waits or runs */
  LimnJob *last;           /* was done last */
  limn_request *seen;      /* what the last one that ended was asked for with */
  char *prompt, *negative; /* as they were, to see where somebody types */
  bool kept;
};

G_DEFINE_FINAL_TYPE (LimnLive, limn_live, G_TYPE_OBJECT)

enum {
  PROP_CAN_KEEP = 1,
  N_PROPS,
};
static GParamSpec *props[N_PROPS];

/* --- pauses --- */

/* Whether what was typed or deleted last ends behind a letter, where a word may go on. */
static bool
is_within_word (const char *before, const char *after)
{
  gsize old = strlen (before), new = strlen (after), begin = 0, end = 0;
  const char *place;

  while (begin < MIN (old, new) && before[begin] == after[begin])
    begin++;
  while (end < MIN (old, new) - begin && before[old - 1 - end] == after[new - 1 - end])
    end++;
  place = g_utf8_find_prev_char (after, after + new - end);
  return place != NULL && g_unichar_isalnum (g_utf8_get_char (place));
}

double
limn_live_pause_after (double pause, double picture, const char *before, const char *after)
{
  return pause * (1 + (picture > SLOW) + is_within_word (before, after));
}

/* --- drawing --- */

static bool
is_on (LimnLive *live)
{
  return live->document != NULL &&
         g_variant_get_boolean (limn_document_get_value (live->document, LIMN_SETTING_LIVE));
}

static void
forget_job (LimnLive *live)
{
  if (live->job == NULL)
    return;
  g_signal_handlers_disconnect_by_data (live->job, live);
  g_clear_object (&live->job);
}

static void
cancel_job (LimnLive *live)
{
  g_autoptr (LimnJob) job = live->job != NULL ? g_object_ref (live->job) : NULL;

  forget_job (live);
  if (job != NULL && !limn_job_has_ended (job))
    limn_queue_cancel (limn_queue_get_default (), job);
}

static void
on_job_state (LimnLive *live)
{
  limn_job_state state = limn_job_get_state (live->job);

  if (!limn_job_has_ended (live->job))
    return;
  g_clear_pointer (&live->seen, limn_request_unref);
  if (state != LIMN_JOB_CANCELLED)
    live->seen = limn_request_ref ((limn_request *) limn_job_get_request (live->job));
  if (state == LIMN_JOB_DONE) {
    g_set_object (&live->last, live->job);
    live->kept = false;
    g_object_notify_by_pspec (G_OBJECT (live), props[PROP_CAN_KEEP]);
  }
  forget_job (live);
}

static bool
is_known (LimnLive *live, const limn_request *request)
{
  const limn_request *known = live->job != NULL ? limn_job_get_request (live->job) : live->seen;

  return known != NULL && limn_request_equal (known, request);
}

static void
on_request (limn_request *request, gpointer data)
{
  LimnLive *live = data;
  g_autoptr (limn_request) own = request;

  g_clear_object (&live->making);
  /* A pen that came down meanwhile asks again when it lifts. */
  if (request == NULL || !is_on (live) || limn_studio_get_drawing (live->studio) ||
      is_known (live, request))
    return;
  cancel_job (live);
  live->job = g_object_ref (limn_queue_add (limn_queue_get_default (), live->studio, request,
                                            request->params.seed, true));
  g_signal_connect_swapped (live->job, "notify::state", G_CALLBACK (on_job_state), live);
}

/* --- when --- */

static void
stop_timer (LimnLive *live)
{
  if (live->timer != NULL)
    g_source_destroy (live->timer);
  g_clear_pointer (&live->timer, g_source_unref);
}

static void
stop_making (LimnLive *live)
{
  if (live->making != NULL)
    g_cancellable_cancel (live->making);
  g_clear_object (&live->making);
}

static gboolean
on_timer (gpointer data)
{
  LimnLive *live = data;

  stop_timer (live);
  if (limn_studio_get_drawing (live->studio))
    return G_SOURCE_REMOVE;
  stop_making (live);
  live->making = g_cancellable_new ();
  limn_request_make (live->document, live->making, on_request, live);
  return G_SOURCE_REMOVE;
}

/* The later of what was planned and what @delay says. */
static void
schedule (LimnLive *live, double delay)
{
  gint64 ready = g_get_monotonic_time () + (gint64) (delay * G_USEC_PER_SEC);

  if (!is_on (live))
    return;
  if (live->timer == NULL) {
    live->timer = g_timeout_source_new (0);
    g_source_set_callback (live->timer, on_timer, live, NULL);
    g_source_attach (live->timer, NULL);
  } else {
    ready = MAX (ready, g_source_get_ready_time (live->timer));
  }
  g_source_set_ready_time (live->timer, ready);
}

static void
stop (LimnLive *live)
{
  stop_timer (live);
  stop_making (live);
  cancel_job (live);
  g_clear_pointer (&live->seen, limn_request_unref);
}

/* --- what changes --- */

static double
text_pause (LimnLive *live, char **before, limn_setting setting)
{
  const char *after = limn_document_get_text (live->document, setting);
  double picture = live->last != NULL ? limn_job_get_seconds (live->last) : 0;
  double pause = limn_live_pause_after (live->pause, picture, *before, after);

  g_free (*before);
  *before = g_strdup (after);
  return pause;
}

static void
on_setting_changed (LimnLive *live, int setting)
{
  if (setting == LIMN_SETTING_LIVE && !is_on (live))
    stop (live);
  else if (setting == LIMN_SETTING_LIVE)
    schedule (live, 0);
  else if (setting == LIMN_SETTING_PROMPT)
    schedule (live, text_pause (live, &live->prompt, LIMN_SETTING_PROMPT));
  else if (setting == LIMN_SETTING_NEGATIVE)
    schedule (live, text_pause (live, &live->negative, LIMN_SETTING_NEGATIVE));
  else
    schedule (live, live->pause / 2);
}

/* A slider may be under the hand. */
static void
on_layer_changed (LimnLive *live)
{
  schedule (live, live->pause / 2);
}

static void
on_drawn (LimnLive *live)
{
  schedule (live, 0);
}

static void
on_drawing (LimnLive *live)
{
  if (!limn_studio_get_drawing (live->studio))
    schedule (live, 0);
}

static void
let_document_go (LimnLive *live)
{
  if (live->document == NULL)
    return;
  g_signal_handlers_disconnect_by_data (live->document, live);
  stop (live);
  g_clear_object (&live->document);
  g_clear_object (&live->last);
}

static void
on_document (LimnLive *live)
{
  LimnDocument *document = limn_studio_get_document (live->studio);

  let_document_go (live);
  live->document = g_object_ref (document);
  g_free (live->prompt);
  g_free (live->negative);
  live->prompt = g_strdup (limn_document_get_text (document, LIMN_SETTING_PROMPT));
  live->negative = g_strdup (limn_document_get_text (document, LIMN_SETTING_NEGATIVE));
  g_signal_connect_swapped (document, "setting-changed", G_CALLBACK (on_setting_changed), live);
  g_signal_connect_swapped (document, "layer-changed", G_CALLBACK (on_layer_changed), live);
  g_signal_connect_swapped (document, "pixels-changed", G_CALLBACK (on_drawn), live);
  g_signal_connect_swapped (document, "structure-changed", G_CALLBACK (on_drawn), live);
  g_object_notify_by_pspec (G_OBJECT (live), props[PROP_CAN_KEEP]);
  schedule (live, 0);
}

/* --- for others --- */

LimnLive *
limn_live_get (LimnStudio *studio)
{
  LimnLive *live = g_object_get_data (G_OBJECT (studio), "limn-live");

  if (live != NULL)
    return live;
  live = g_object_new (LIMN_TYPE_LIVE, NULL);
  live->studio = studio;
  g_object_set_data_full (G_OBJECT (studio), "limn-live", live, g_object_unref);
  g_signal_connect_object (studio, "notify::document", G_CALLBACK (on_document), live,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (studio, "notify::drawing", G_CALLBACK (on_drawing), live,
                           G_CONNECT_SWAPPED);
  on_document (live);
  return live;
}

bool
limn_live_get_can_keep (LimnLive *live)
{
  return live->last != NULL && !live->kept;
}

bool
limn_live_keep (LimnLive *live)
{
  if (!limn_live_get_can_keep (live) ||
      limn_document_add_result (live->document, limn_job_get_png (live->last),
                                limn_job_get_recipe (live->last)) == 0)
    return false;
  live->kept = true;
  g_object_notify_by_pspec (G_OBJECT (live), props[PROP_CAN_KEEP]);
  return true;
}

void
limn_live_set_pause (LimnLive *live, double seconds)
{
  bool planned = live->timer != NULL;

  live->pause = seconds;
  stop_timer (live);
  if (planned)
    schedule (live, seconds);
}

/* --- GObject --- */

static void
limn_live_get_property (GObject *object, guint prop, GValue *value, GParamSpec *pspec)
{
  LimnLive *self = LIMN_LIVE (object);

  if (prop == PROP_CAN_KEEP)
    g_value_set_boolean (value, limn_live_get_can_keep (self));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop, pspec);
}

static void
limn_live_finalize (GObject *object)
{
  LimnLive *self = LIMN_LIVE (object);

  let_document_go (self);
  g_free (self->prompt);
  g_free (self->negative);
  G_OBJECT_CLASS (limn_live_parent_class)->finalize (object);
}

static void
limn_live_class_init (LimnLiveClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);

  object_class->get_property = limn_live_get_property;
  object_class->finalize = limn_live_finalize;

  props[PROP_CAN_KEEP] = g_param_spec_boolean ("can-keep", NULL, NULL, FALSE,
                                               G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
limn_live_init (LimnLive *self)
{
  self->pause = PAUSE;
}
