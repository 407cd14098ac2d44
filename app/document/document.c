/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "document/journal-private.h"

G_DEFINE_FINAL_TYPE (LimnDocument, limn_document, G_TYPE_OBJECT)

enum {
  PIXELS_CHANGED,
  LAYER_CHANGED,
  STRUCTURE_CHANGED,
  SETTING_CHANGED,
  RESULTS_CHANGED,
  HISTORY_CHANGED,
  JOURNAL_FAILED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

void
limn_member_free (struct limn_member *member)
{
  g_free (member->name);
  g_bytes_unref (member->bytes);
  g_free (member);
}

static void
limn_document_finalize (GObject *object)
{
  LimnDocument *document = LIMN_DOCUMENT (object);

  limn_document_stroke_cancel (document);
  limn_journal_free (document->journal);
  for (int i = 0; i < LIMN_N_SETTINGS; i++)
    g_variant_unref (document->values[i]);
  g_ptr_array_unref (document->undo);
  g_ptr_array_unref (document->redo);
  g_ptr_array_unref (document->group);
  g_byte_array_unref (document->group_bytes);
  g_ptr_array_unref (document->layers);
  g_ptr_array_unref (document->results);
  g_ptr_array_unref (document->members);
  g_free (document->foreign_json);
  g_free (document->path);
  G_OBJECT_CLASS (limn_document_parent_class)->finalize (object);
}

static guint
add_signal (const char *name, guint count, const GType *types)
{
  return g_signal_newv (name, LIMN_TYPE_DOCUMENT, G_SIGNAL_RUN_LAST, NULL, NULL, NULL, NULL,
                        G_TYPE_NONE, count, (GType *) types);
}

static void
limn_document_class_init (LimnDocumentClass *class)
{
  const GType area[] = { G_TYPE_UINT, G_TYPE_INT, G_TYPE_INT, G_TYPE_INT, G_TYPE_INT };
  const GType setting[] = { G_TYPE_INT }, sentence[] = { G_TYPE_STRING };

  G_OBJECT_CLASS (class)->finalize = limn_document_finalize;
  signals[PIXELS_CHANGED] = add_signal ("pixels-changed", 5, area);
  signals[LAYER_CHANGED] = add_signal ("layer-changed", 1, area);
  signals[STRUCTURE_CHANGED] = add_signal ("structure-changed", 0, NULL);
  signals[SETTING_CHANGED] = add_signal ("setting-changed", 1, setting);
  signals[RESULTS_CHANGED] = add_signal ("results-changed", 0, NULL);
  signals[HISTORY_CHANGED] = add_signal ("history-changed", 0, NULL);
  signals[JOURNAL_FAILED] = add_signal ("journal-failed", 1, sentence);
}

static void
limn_document_init (LimnDocument *document)
{
  document->layers = g_ptr_array_new_with_free_func ((GDestroyNotify) limn_layer_unref);
  document->results = g_ptr_array_new_with_free_func ((GDestroyNotify) limn_result_unref);
  document->members = g_ptr_array_new_with_free_func ((GDestroyNotify) limn_member_free);
  document->undo = g_ptr_array_new_with_free_func ((GDestroyNotify) limn_command_free);
  document->redo = g_ptr_array_new_with_free_func ((GDestroyNotify) limn_command_free);
  document->group = g_ptr_array_new_with_free_func ((GDestroyNotify) limn_command_free);
  document->group_bytes = g_byte_array_new ();
  document->history_limit = LIMN_HISTORY_LIMIT;
  document->results_limit = LIMN_RESULTS_LIMIT;
  document->next_id = 1;
  for (int i = 0; i < LIMN_N_SETTINGS; i++)
    document->values[i] = limn_key_default (&limn_settings[i]);
}

LimnDocument *
limn_document_new (int width, int height)
{
  LimnDocument *document;

  if (!limn_pixels_size_ok (width, height))
    return NULL;
  document = g_object_new (LIMN_TYPE_DOCUMENT, NULL);
  document->width = width;
  document->height = height;
  return document;
}

LimnDocument *
limn_document_copy (LimnDocument *document)
{
  g_autoptr (LimnDocument) copy = limn_document_new (document->width, document->height);

  for (guint i = 0; i < document->layers->len; i++) {
    const limn_layer *layer = g_ptr_array_index (document->layers, i);
    limn_layer *layer_copy = limn_layer_copy (layer, layer->id);

    if (layer_copy == NULL)
      return NULL;
    g_ptr_array_add (copy->layers, layer_copy);
    if (document->live != NULL && document->live->layer == layer &&
        !limn_live_copy (document->live, layer_copy))
      return NULL;
  }
  for (guint i = 0; i < document->results->len; i++) {
    const limn_result *result = g_ptr_array_index (document->results, i);

    g_ptr_array_add (copy->results,
                     limn_result_new (result->id, result->png, result->recipe, result->favourite));
  }
  for (guint i = 0; i < document->members->len; i++) {
    const struct limn_member *member = g_ptr_array_index (document->members, i);
    struct limn_member *member_copy = g_new0 (struct limn_member, 1);

    member_copy->name = g_strdup (member->name);
    member_copy->bytes = g_bytes_ref (member->bytes);
    g_ptr_array_add (copy->members, member_copy);
  }
  for (int i = 0; i < LIMN_N_SETTINGS; i++) {
    g_variant_unref (copy->values[i]);
    copy->values[i] = g_variant_ref (document->values[i]);
  }
  copy->next_id = document->next_id;
  copy->path = g_strdup (document->path);
  copy->foreign_json = g_strdup (document->foreign_json);
  return g_steal_pointer (&copy);
}

void
limn_document_get_size (LimnDocument *document, int *width, int *height)
{
  *width = document->width;
  *height = document->height;
}

const char *
limn_document_get_path (LimnDocument *document)
{
  return document->path;
}

void
limn_document_set_path (LimnDocument *document, const char *path)
{
  g_autofree char *old = document->path;

  document->path = g_strdup (path);
}

/* --- what is there --- */

GVariant *
limn_document_get_value (LimnDocument *document, limn_setting setting)
{
  return document->values[setting];
}

const char *
limn_document_get_text (LimnDocument *document, limn_setting setting)
{
  return g_variant_get_string (document->values[setting], NULL);
}

guint
limn_document_n_layers (LimnDocument *document)
{
  return document->layers->len;
}

const limn_layer *
limn_document_layer (LimnDocument *document, guint index)
{
  return g_ptr_array_index (document->layers, index);
}

int
limn_document_layer_index (LimnDocument *document, guint32 id)
{
  for (guint i = 0; i < document->layers->len; i++)
    if (((const limn_layer *) g_ptr_array_index (document->layers, i))->id == id)
      return (int) i;
  return -1;
}

limn_layer *
limn_document_get_layer (LimnDocument *document, guint32 id)
{
  int index = limn_document_layer_index (document, id);

  return index >= 0 ? g_ptr_array_index (document->layers, index) : NULL;
}

const limn_layer *
limn_document_find_layer (LimnDocument *document, guint32 id)
{
  return limn_document_get_layer (document, id);
}

/* --- signals --- */

void
limn_document_emit_pixels (LimnDocument *document, guint32 id, cairo_rectangle_int_t area)
{
  if (area.width > 0)
    g_signal_emit (document, signals[PIXELS_CHANGED], 0, id, area.x, area.y, area.width,
                   area.height);
}

void
limn_document_emit_layer (LimnDocument *document, guint32 id)
{
  g_signal_emit (document, signals[LAYER_CHANGED], 0, id);
}

void
limn_document_emit_structure (LimnDocument *document)
{
  g_signal_emit (document, signals[STRUCTURE_CHANGED], 0);
}

void
limn_document_emit_setting (LimnDocument *document, int setting)
{
  g_signal_emit (document, signals[SETTING_CHANGED], 0, setting);
}

void
limn_document_emit_results (LimnDocument *document)
{
  g_signal_emit (document, signals[RESULTS_CHANGED], 0);
}

void
limn_document_emit_history (LimnDocument *document)
{
  g_signal_emit (document, signals[HISTORY_CHANGED], 0);
}

void
limn_document_emit_journal (LimnDocument *document, const char *sentence)
{
  g_signal_emit (document, signals[JOURNAL_FAILED], 0, sentence);
}

/* --- bytes --- */

void
limn_put_settings (GByteArray *out, LimnDocument *document)
{
  limn_put_uint (out, LIMN_N_SETTINGS);
  for (int i = 0; i < LIMN_N_SETTINGS; i++) {
    limn_put_string (out, limn_settings[i].name);
    limn_put_value (out, &limn_settings[i], document->values[i]);
  }
}

void
limn_put_document (GByteArray *out, LimnDocument *document)
{
  limn_put_int (out, document->width);
  limn_put_int (out, document->height);
  limn_put_uint (out, document->next_id);
  limn_put_string (out, document->foreign_json);
  limn_put_settings (out, document);
  limn_put_uint (out, document->layers->len);
  for (guint i = 0; i < document->layers->len; i++)
    limn_put_layer (out, g_ptr_array_index (document->layers, i));
  limn_put_uint (out, document->results->len);
  for (guint i = 0; i < document->results->len; i++)
    limn_put_result (out, g_ptr_array_index (document->results, i));
  limn_put_uint (out, document->members->len);
  for (guint i = 0; i < document->members->len; i++) {
    const struct limn_member *member = g_ptr_array_index (document->members, i);

    limn_put_string (out, member->name);
    limn_put_blob (out, g_bytes_get_data (member->bytes, NULL), g_bytes_get_size (member->bytes));
  }
}

void
limn_get_settings (limn_reader *reader, LimnDocument *document)
{
  guint64 count = limn_get_uint_max (reader, LIMN_N_SETTINGS);

  for (guint64 i = 0; i < count && !reader->bad; i++) {
    g_autofree char *name = limn_get_string (reader);
    int setting = limn_key_find (limn_settings, LIMN_N_SETTINGS, name);
    GVariant *value = setting >= 0 ? limn_get_value (reader, &limn_settings[setting]) : NULL;

    if (value != NULL) {
      g_variant_unref (document->values[setting]);
      document->values[setting] = value;
    } else {
      reader->bad = true;
    }
  }
}

static void
get_layers (limn_reader *reader, LimnDocument *document)
{
  guint64 count = limn_get_uint_max (reader, LIMN_DOCUMENT_MAX_LAYERS);

  for (guint64 i = 0; i < count && !reader->bad; i++) {
    limn_layer *layer = limn_get_layer (reader);

    if (layer != NULL && limn_document_layer_index (document, layer->id) < 0)
      g_ptr_array_add (document->layers, layer);
    else
      reader->bad = true;
    if (reader->bad)
      limn_layer_unref (layer);
  }
}

static void
get_members (limn_reader *reader, LimnDocument *document)
{
  guint64 count = limn_get_uint_max (reader, G_MAXUINT16);

  for (guint64 i = 0; i < count && !reader->bad; i++) {
    struct limn_member *member = g_new0 (struct limn_member, 1);
    const guint8 *bytes;
    gsize size;

    member->name = limn_get_string (reader);
    bytes = limn_get_blob (reader, &size);
    member->bytes = g_bytes_new (bytes, size);
    g_ptr_array_add (document->members, member);
  }
}

LimnDocument *
limn_get_document (limn_reader *reader)
{
  int width = limn_get_int_range (reader, 1, LIMN_PIXELS_MAX_SIDE);
  int height = limn_get_int_range (reader, 1, LIMN_PIXELS_MAX_SIDE);
  g_autoptr (LimnDocument) document = limn_document_new (width, height);
  guint64 results;

  if (document == NULL) {
    reader->bad = true;
    return NULL;
  }
  document->next_id = (guint32) limn_get_uint_max (reader, G_MAXINT32);
  document->foreign_json = limn_get_string (reader);
  if (*document->foreign_json == '\0')
    g_clear_pointer (&document->foreign_json, g_free);
  limn_get_settings (reader, document);
  get_layers (reader, document);
  results = limn_get_uint_max (reader, LIMN_DOCUMENT_MAX_RESULTS);
  for (guint64 i = 0; i < results && !reader->bad; i++) {
    limn_result *result = limn_get_result (reader);

    if (result != NULL && !limn_document_take_result (document, result))
      reader->bad = true;
  }
  get_members (reader, document);
  return reader->bad ? NULL : g_steal_pointer (&document);
}
