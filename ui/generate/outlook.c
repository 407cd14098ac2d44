/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "generate/outlook.h"

#include <glib/gi18n.h>
#include <string.h>

#include "prompt/models.h"

#define PAUSE 300 /* milliseconds that changes rest */
/* What cannot be drawn now may be possible after somebody has put a file in its place. */
#define AGAIN 2000
/* Of the memory that there is, above which a picture is tight. */
#define TIGHT 0.9
/* Bytes of a prompt that change what memory it takes, roughly. */
#define PROMPT_PART 128

struct _LimnOutlook {
  GObject parent;

  LimnStudio *studio; /* borrowed: it owns this */
  LimnDocument *document;

  guint timer;
  GCancellable *cancellable; /* of the request or the forecast */
  char *kind;                /* what was forecast */
  char *warmed;              /* device and model that were opened */
  char *problem, *note;
  bool tight;
};

G_DEFINE_FINAL_TYPE (LimnOutlook, limn_outlook, G_TYPE_OBJECT)

enum {
  SIGNAL_CHANGED,
  N_SIGNALS,
};
static guint signals[N_SIGNALS];

static void schedule (LimnOutlook *outlook, guint delay);

/* --- the answer --- */

static char *
describe (const struct limn_forecast_result *result)
{
  g_autofree char *needed = g_format_size (result->needed);
  g_autofree char *total = g_format_size (result->total);

  if (result->total == 0)
    return g_strdup_printf (_ ("Needs %s"), needed);
  /* Translators: memory, as in "Needs 512 MB of 8.2 GB". */
  return g_strdup_printf (_ ("Needs %s of %s"), needed, total);
}

static char *
describe_problem (const struct limn_forecast_result *result)
{
  g_autofree char *needed = g_format_size (result->needed);
  g_autofree char *total = g_format_size (result->total);

  if (result->error != NULL)
    return g_strdup (result->error->message);
  if (!result->refused)
    return NULL;
  return g_strdup_printf (
      _ ("The picture needs %s of memory, and there are %s: choose a smaller one"), needed, total);
}

static void
on_forecast (const struct limn_forecast_result *result, gpointer data)
{
  LimnOutlook *outlook = data;

  g_clear_object (&outlook->cancellable);
  g_free (outlook->problem);
  g_free (outlook->note);
  outlook->problem = describe_problem (result);
  outlook->note = result->error == NULL ? describe (result) : NULL;
  outlook->tight = result->total > 0 && (double) result->needed > TIGHT * (double) result->total;
  if (outlook->problem != NULL) {
    g_clear_pointer (&outlook->kind, g_free);
    g_clear_pointer (&outlook->warmed, g_free);
    if (outlook->timer == 0)
      schedule (outlook, AGAIN);
  }
  g_signal_emit (outlook, signals[SIGNAL_CHANGED], 0);
}

/* --- the question --- */

/* All that memory, and what can go wrong, depend on. */
static char *
describe_kind (const limn_request *request)
{
  const struct limn_generate_params *params = &request->params;
  GString *kind = g_string_new (NULL);

  g_string_printf (kind, "%s\n%s\n%dx%d %g %g %d %d %d %d %d %zu", request->model,
                   request->device != NULL ? request->device : "", params->width, params->height,
                   params->aspect, (double) params->hires_scale, (int) params->hires_upscale,
                   params->cfg > 1, request->image_to_image, (int) params->preview, params->steps,
                   MAX (strlen (request->prompt), strlen (request->negative)) / PROMPT_PART);
  for (guint i = 0; i < request->layers->len; i++) {
    const struct limn_request_layer *layer = request->layers->pdata[i];

    if (layer->control != NULL)
      g_string_append_printf (kind, "\n%s %s %d %g %g %g", layer->control,
                              layer->weights != NULL ? layer->weights : "", (int) layer->mode,
                              (double) layer->weight, (double) layer->start, (double) layer->end);
    else
      g_string_append (kind, "\n");
  }
  return g_string_free (kind, FALSE);
}

static void
warm (LimnOutlook *outlook, const limn_request *request)
{
  g_autofree char *key =
      g_strdup_printf ("%s\n%s", request->device != NULL ? request->device : "", request->model);

  if (g_strcmp0 (outlook->warmed, key) == 0)
    return;
  g_free (outlook->warmed);
  outlook->warmed = g_steal_pointer (&key);
  limn_queue_warm (limn_queue_get_default (), outlook->studio);
}

static void
on_request (limn_request *request, gpointer data)
{
  LimnOutlook *outlook = data;
  g_autoptr (limn_request) own = request;
  g_autofree char *kind = request != NULL ? describe_kind (request) : NULL;

  if (kind == NULL || g_strcmp0 (kind, outlook->kind) == 0) {
    g_clear_object (&outlook->cancellable);
    return;
  }
  g_free (outlook->kind);
  outlook->kind = g_steal_pointer (&kind);
  warm (outlook, request);
  limn_queue_forecast (limn_queue_get_default (), request, outlook->cancellable, on_forecast,
                       outlook);
}

static void
stop (LimnOutlook *outlook)
{
  g_clear_handle_id (&outlook->timer, g_source_remove);
  if (outlook->cancellable != NULL) {
    g_cancellable_cancel (outlook->cancellable);
    /* What was asked has no answer. */
    g_clear_pointer (&outlook->kind, g_free);
  }
  g_clear_object (&outlook->cancellable);
}

static gboolean
on_timer (gpointer data)
{
  LimnOutlook *outlook = data;

  outlook->timer = 0;
  stop (outlook);
  outlook->cancellable = g_cancellable_new ();
  limn_request_make (outlook->document, outlook->cancellable, on_request, outlook);
  return G_SOURCE_REMOVE;
}

static void
schedule (LimnOutlook *outlook, guint delay)
{
  g_clear_handle_id (&outlook->timer, g_source_remove);
  outlook->timer = g_timeout_add (delay, on_timer, outlook);
}

static void
on_changed (LimnOutlook *outlook)
{
  schedule (outlook, PAUSE);
}

void
limn_outlook_look_again (LimnOutlook *outlook)
{
  g_clear_pointer (&outlook->kind, g_free);
  schedule (outlook, 0);
}

static void
on_document (LimnOutlook *outlook)
{
  LimnDocument *document = limn_studio_get_document (outlook->studio);

  if (outlook->document != NULL)
    g_signal_handlers_disconnect_by_data (outlook->document, outlook);
  g_set_object (&outlook->document, document);
  g_signal_connect_swapped (document, "setting-changed", G_CALLBACK (on_changed), outlook);
  g_signal_connect_swapped (document, "layer-changed", G_CALLBACK (on_changed), outlook);
  g_signal_connect_swapped (document, "pixels-changed", G_CALLBACK (on_changed), outlook);
  g_signal_connect_swapped (document, "structure-changed", G_CALLBACK (on_changed), outlook);
  schedule (outlook, 0);
}

/* --- for others --- */

LimnOutlook *
limn_outlook_get (LimnStudio *studio)
{
  LimnOutlook *outlook = g_object_get_data (G_OBJECT (studio), "limn-outlook");

  if (outlook != NULL)
    return outlook;
  outlook = g_object_new (LIMN_TYPE_OUTLOOK, NULL);
  outlook->studio = studio;
  g_object_set_data_full (G_OBJECT (studio), "limn-outlook", outlook, g_object_unref);
  g_signal_connect_object (studio, "notify::document", G_CALLBACK (on_document), outlook,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (limn_models_get_default (), "controls-changed",
                           G_CALLBACK (limn_outlook_look_again), outlook, G_CONNECT_SWAPPED);
  on_document (outlook);
  return outlook;
}

const char *
limn_outlook_get_problem (LimnOutlook *outlook)
{
  return outlook->problem;
}

const char *
limn_outlook_get_note (LimnOutlook *outlook)
{
  return outlook->note;
}

bool
limn_outlook_get_tight (LimnOutlook *outlook)
{
  return outlook->tight;
}

/* --- GObject --- */

static void
limn_outlook_finalize (GObject *object)
{
  LimnOutlook *self = LIMN_OUTLOOK (object);

  stop (self);
  if (self->document != NULL)
    g_signal_handlers_disconnect_by_data (self->document, self);
  g_clear_object (&self->document);
  g_free (self->kind);
  g_free (self->warmed);
  g_free (self->problem);
  g_free (self->note);
  G_OBJECT_CLASS (limn_outlook_parent_class)->finalize (object);
}

static void
limn_outlook_class_init (LimnOutlookClass *class)
{
  G_OBJECT_CLASS (class)->finalize = limn_outlook_finalize;

  signals[SIGNAL_CHANGED] = g_signal_new ("changed", G_TYPE_FROM_CLASS (class), G_SIGNAL_RUN_LAST,
                                          0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
limn_outlook_init (LimnOutlook *self)
{
}
