/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "document/journal-private.h"

/* --- writing --- */

/* Ids of layers and results that @command may have changed or brought back. */
static void
collect (const limn_command *command, GHashTable *touched)
{
  guint32 id = command->layer != NULL ? command->layer->id : command->id;

  g_hash_table_add (touched, GUINT_TO_POINTER (id));
  for (guint i = 0; command->children != NULL && i < command->children->len; i++)
    collect (g_ptr_array_index (command->children, i), touched);
}

void
limn_put_state (GByteArray *out, LimnDocument *document, const limn_command *command)
{
  g_autoptr (GHashTable) touched = g_hash_table_new (NULL, NULL);

  collect (command, touched);
  limn_put_int (out, document->width);
  limn_put_int (out, document->height);
  limn_put_settings (out, document);
  limn_put_uint (out, document->layers->len);
  for (guint i = 0; i < document->layers->len; i++) {
    const limn_layer *layer = g_ptr_array_index (document->layers, i);
    bool whole = g_hash_table_contains (touched, GUINT_TO_POINTER (layer->id));

    limn_put_uint (out, whole ? 1 : 0);
    if (whole)
      limn_put_layer (out, layer);
    else
      limn_put_uint (out, layer->id);
  }
  limn_put_uint (out, document->results->len);
  for (guint i = 0; i < document->results->len; i++) {
    const limn_result *result = g_ptr_array_index (document->results, i);
    bool whole = g_hash_table_contains (touched, GUINT_TO_POINTER (result->id));

    limn_put_uint (out, whole ? 1 : 0);
    if (whole)
      limn_put_result (out, result);
    else
      limn_put_uint (out, result->id);
  }
}

/* --- reading --- */

static GPtrArray *
get_layers (limn_reader *reader, LimnDocument *document)
{
  GPtrArray *layers = g_ptr_array_new_with_free_func ((GDestroyNotify) limn_layer_unref);
  guint64 count = limn_get_uint_max (reader, LIMN_DOCUMENT_MAX_LAYERS);

  for (guint64 i = 0; i < count && !reader->bad; i++) {
    limn_layer *layer;

    if (limn_get_uint_max (reader, 1) == 1) {
      layer = limn_get_layer (reader);
    } else {
      layer = limn_document_get_layer (document, (guint32) limn_get_uint_max (reader, G_MAXINT32));
      layer = layer != NULL ? limn_layer_ref (layer) : NULL;
    }
    for (guint k = 0; layer != NULL && k < layers->len; k++)
      if (((const limn_layer *) g_ptr_array_index (layers, k))->id == layer->id)
        reader->bad = true;
    if (layer != NULL)
      g_ptr_array_add (layers, layer);
    else
      reader->bad = true;
  }
  return layers;
}

static GPtrArray *
get_results (limn_reader *reader, LimnDocument *document)
{
  GPtrArray *results = g_ptr_array_new_with_free_func ((GDestroyNotify) limn_result_unref);
  guint64 count = limn_get_uint_max (reader, LIMN_DOCUMENT_MAX_RESULTS);

  for (guint64 i = 0; i < count && !reader->bad; i++) {
    limn_result *result = NULL;

    if (limn_get_uint_max (reader, 1) == 1) {
      result = limn_get_result (reader);
    } else {
      int index =
          limn_document_result_index (document, (guint32) limn_get_uint_max (reader, G_MAXINT32));

      if (index >= 0)
        result = limn_result_ref (g_ptr_array_index (document->results, index));
    }
    if (result != NULL)
      g_ptr_array_add (results, result);
    else
      reader->bad = true;
  }
  return results;
}

static void
replace (GPtrArray **array, GPtrArray *with)
{
  g_ptr_array_unref (*array);
  *array = with;
}

bool
limn_get_state (limn_reader *reader, LimnDocument *document)
{
  int width = limn_get_int_range (reader, 1, LIMN_PIXELS_MAX_SIDE);
  int height = limn_get_int_range (reader, 1, LIMN_PIXELS_MAX_SIDE);
  /* Holds the settings until all is known to be good. */
  g_autoptr (LimnDocument) settings = limn_document_new (width, height);
  g_autoptr (GPtrArray) layers = NULL;
  g_autoptr (GPtrArray) results = NULL;

  if (settings == NULL)
    return false;
  limn_get_settings (reader, settings);
  layers = get_layers (reader, document);
  results = get_results (reader, document);
  if (!limn_reader_finish (reader))
    return false;
  document->width = width;
  document->height = height;
  for (int i = 0; i < LIMN_N_SETTINGS; i++) {
    g_variant_unref (document->values[i]);
    document->values[i] = g_variant_ref (settings->values[i]);
  }
  replace (&document->layers, g_steal_pointer (&layers));
  replace (&document->results, g_steal_pointer (&results));
  g_ptr_array_set_size (document->undo, 0);
  g_ptr_array_set_size (document->redo, 0);
  document->history_size = 0;
  return true;
}
