/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "results/merge.h"

static LimnResultItem *
item_at (GListStore *items, guint index)
{
  g_autoptr (LimnResultItem) item = g_list_model_get_item (G_LIST_MODEL (items), index);

  /* The store keeps it. */
  return item;
}

/* Takes those out that the document has no more; returns whether there were any. */
static bool
remove_gone (GListStore *items, LimnDocument *document)
{
  g_autoptr (GHashTable) wanted = g_hash_table_new (NULL, NULL);
  bool gone = false;

  for (guint i = 0; i < limn_document_n_results (document); i++)
    g_hash_table_add (wanted, GUINT_TO_POINTER (limn_document_result (document, i)->id));
  for (guint i = g_list_model_get_n_items (G_LIST_MODEL (items)); i > 0; i--) {
    guint32 id = limn_result_item_get_id (item_at (items, i - 1));

    if (g_hash_table_contains (wanted, GUINT_TO_POINTER (id)))
      continue;
    g_list_store_remove (items, i - 1);
    gone = true;
  }
  return gone;
}

/* The order of results never changes, so that taking out and putting in is all. */
struct limn_merged
limn_results_merge (GListStore *items, LimnDocument *document, guint32 *newest)
{
  struct limn_merged merged = { .gone = remove_gone (items, document) };
  guint count = limn_document_n_results (document);

  for (guint i = 0; i < count; i++) {
    const limn_result *result = limn_document_result (document, count - 1 - i);
    LimnResultItem *there = item_at (items, i);
    g_autoptr (LimnResultItem) item = NULL;

    if (there != NULL && limn_result_item_get_id (there) == result->id) {
      limn_result_item_set_favourite (there, result->favourite);
      continue;
    }
    item = limn_result_item_new (result);
    g_list_store_insert (items, i, item);
    if (merged.added == NULL || result->id > limn_result_item_get_id (merged.added))
      merged.added = item;
    merged.is_new = merged.is_new || result->id > *newest;
    *newest = MAX (*newest, result->id);
  }
  return merged;
}
