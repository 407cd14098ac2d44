/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "generate/queue-private.h"

/* What is asked for, from a document. */

struct order {
  LimnQueue *queue; /* the default one or, in tests, one that lives as long */
  GWeakRef studio;
  bool locked;
  int count;
};

static void
on_request (limn_request *request, gpointer data)
{
  struct order *order = data;
  g_autoptr (limn_request) own = request;
  g_autoptr (LimnStudio) studio = g_weak_ref_get (&order->studio);
  guint64 seed;

  if (request != NULL && studio != NULL && !limn_queue_is_closed (order->queue)) {
    seed = order->locked ? request->params.seed : (guint64) g_random_int ();
    for (int i = 0; i < order->count; i++)
      limn_queue_add (order->queue, studio, request, seed + (guint64) i, false);
    g_object_set_data_full (G_OBJECT (studio), "limn-last-seed", g_memdup2 (&seed, sizeof seed),
                            g_free);
  }
  g_weak_ref_clear (&order->studio);
  g_object_unref (order->queue);
  g_free (order);
}

void
limn_queue_generate (LimnQueue *queue, LimnStudio *studio)
{
  LimnDocument *document = limn_studio_get_document (studio);
  struct order *order = g_new0 (struct order, 1);

  order->queue = g_object_ref (queue);
  g_weak_ref_init (&order->studio, studio);
  order->locked =
      g_variant_get_boolean (limn_document_get_value (document, LIMN_SETTING_SEED_LOCKED));
  order->count = g_variant_get_int32 (limn_document_get_value (document, LIMN_SETTING_COUNT));
  limn_request_make (document, NULL, on_request, order);
}

bool
limn_queue_last_seed (LimnQueue *queue, LimnStudio *studio, guint64 *seed)
{
  const guint64 *last = g_object_get_data (G_OBJECT (studio), "limn-last-seed");

  if (last != NULL)
    *seed = *last;
  return last != NULL;
}
