/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "generate/request.h"

#include "generate/mirror.h"
#include "preferences.h"
#include "prompt/models.h"

#define DRAWING_POLL 10 /* milliseconds */

/* The preference's words. */
static limn_preview
get_preview (void)
{
  static const struct {
    const char *word;
    limn_preview preview;
  } words[] = {
    { "auto", LIMN_PREVIEW_AUTO },
    { "fast", LIMN_PREVIEW_LATENT },
    { "decoder", LIMN_PREVIEW_DECODER },
    { "none", LIMN_PREVIEW_NONE },
  };
  g_autofree char *word = g_settings_get_string (limn_preferences (), "preview");

  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_str_equal (words[i].word, word))
      return words[i].preview;
  return LIMN_PREVIEW_AUTO;
}

/* The one of the preferences, or NULL for the best. */
static char *
get_device (void)
{
  g_autofree char *preferred = g_settings_get_string (limn_preferences (), "device");

  return *preferred != '\0' ? g_steal_pointer (&preferred) : NULL;
}

struct taking {
  limn_mirror *mirror;
  int room;
};

static limn_snapshot *
take (const limn_layer *layer, gpointer data)
{
  struct taking *taking = data;

  return limn_mirror_take (taking->mirror, layer, &taking->room);
}

limn_request *
limn_request_try (LimnDocument *document)
{
  struct taking taking = { limn_mirror_get (document), LIMN_MIRROR_TURN };
  const char *model = limn_document_get_text (document, LIMN_SETTING_MODEL);
  limn_request *request = limn_request_new (document, take, &taking);

  if (request == NULL)
    return NULL;
  if (request->device == NULL)
    request->device = get_device ();
  request->params.preview = get_preview ();
  for (guint i = 0; i < request->layers->len; i++) {
    struct limn_request_layer *layer = request->layers->pdata[i];

    if (layer->control != NULL)
      layer->weights = limn_models_control_path (model, layer->control);
  }
  return request;
}

/* --- over several turns of the main loop --- */

struct making {
  GWeakRef document;
  GCancellable *cancellable;
  limn_request_func func;
  gpointer data;
};

static void
making_free (struct making *making)
{
  g_weak_ref_clear (&making->document);
  g_clear_object (&making->cancellable);
  g_free (making);
}

/* Whether it is done with. */
static bool
try (struct making *making)
{
  g_autoptr (LimnDocument) document = g_weak_ref_get (&making->document);
  limn_request *request;

  if (g_cancellable_is_cancelled (making->cancellable))
    return true;
  request = document != NULL ? limn_request_try (document) : NULL;
  if (request == NULL && document != NULL)
    return false;
  making->func (request, making->data);
  return true;
}

static void try_later (struct making *making);

static gboolean
on_turn (gpointer data)
{
  struct making *making = data;

  if (try (making))
    making_free (making);
  else
    try_later (making);
  return G_SOURCE_REMOVE;
}

static void
try_later (struct making *making)
{
  g_autoptr (LimnDocument) document = g_weak_ref_get (&making->document);

  if (document != NULL && limn_document_is_drawing (document))
    g_timeout_add (DRAWING_POLL, on_turn, making);
  else
    g_idle_add (on_turn, making);
}

void
limn_request_make (LimnDocument *document,
                   GCancellable *cancellable,
                   limn_request_func func,
                   gpointer data)
{
  struct making *making = g_new0 (struct making, 1);

  g_weak_ref_init (&making->document, document);
  making->cancellable = cancellable != NULL ? g_object_ref (cancellable) : NULL;
  making->func = func;
  making->data = data;
  on_turn (making);
}
