/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "document/file-private.h"

#include <string.h>

#include "json-writer.h"

/* --- reading --- */

static void
json_layer_free (struct limn_json_layer *layer)
{
  g_free (layer->src);
  g_free (layer->strokes);
  g_free (layer->kind);
  g_free (layer->foreign);
  for (int i = 0; i < LIMN_N_LAYER_KEYS; i++)
    g_clear_pointer (&layer->values[i], g_variant_unref);
  g_free (layer);
}

static void
json_result_free (struct limn_json_result *result)
{
  g_free (result->src);
  g_free (result->recipe);
  g_free (result);
}

void
limn_json_part_free (struct limn_json_part *part)
{
  if (part == NULL)
    return;
  for (int i = 0; i < LIMN_N_SETTINGS; i++)
    g_clear_pointer (&part->settings[i], g_variant_unref);
  g_clear_pointer (&part->layers, g_ptr_array_unref);
  g_clear_pointer (&part->results, g_ptr_array_unref);
  g_free (part->foreign);
  g_free (part);
}

struct source {
  limn_json json;
  const char *path;
  GPtrArray *warnings;
  GString *key;
};

/* The next member's name in @source->key; false at the end of the object. */
static bool
next_member (struct source *source, bool *first)
{
  return limn_json_next (&source->json, '}', first) &&
         limn_json_string (&source->json, source->key) && limn_json_expect (&source->json, ':');
}

/* A value that nobody here knows, kept as it is. */
static void
keep_foreign (struct source *source, char **foreign)
{
  g_autoptr (GString) all = g_string_new (*foreign);
  const char *from;

  limn_json_peek (&source->json);
  from = source->json.at;
  if (!limn_json_skip (&source->json))
    return;
  if (all->len > 0)
    g_string_append_c (all, ',');
  limn_json_append_string (all, source->key->str);
  g_string_append_c (all, ':');
  g_string_append_len (all, from, source->json.at - from);
  g_free (*foreign);
  *foreign = g_strdup (all->str);
}

/* One that is outside its range leaves the default. */
static void
read_value (struct source *source, const struct limn_key *key, GVariant **value)
{
  g_clear_pointer (value, g_variant_unref);
  *value = limn_value_from_json (&source->json, key);
  if (*value == NULL && source->json.problem == NULL)
    limn_file_warn (
        source->warnings, source->path,
        "\"%s\" has a value that this version does not know, and is as in a new drawing",
        key->name);
}

static void
read_text (struct source *source, char **text)
{
  g_autoptr (GString) value = g_string_new (NULL);

  if (limn_json_string (&source->json, value)) {
    g_free (*text);
    *text = g_strdup (value->str);
  }
}

static void
read_checksum (struct source *source, guint64 *checksum)
{
  g_autofree char *text = NULL;

  read_text (source, &text);
  if (text != NULL && !g_ascii_string_to_unsigned (text, 16, 0, G_MAXUINT64, checksum, NULL))
    limn_json_fail (&source->json, "a checksum was wanted");
}

static void
read_bool (struct source *source, bool *value)
{
  *value = limn_json_peek (&source->json) == 't';
  limn_json_skip (&source->json);
}

static void
read_id (struct source *source, gint64 *id)
{
  if (limn_json_natural (&source->json, id) && (*id == 0 || *id >= G_MAXINT32))
    limn_json_fail (&source->json, "an id from 1 on was wanted");
}

static void
read_layer (struct source *source, GPtrArray *layers)
{
  struct limn_json_layer *layer = g_new0 (struct limn_json_layer, 1);
  const struct {
    const char *name;
    char **text;
  } texts[] = { { "src", &layer->src }, { "strokes", &layer->strokes }, { "kind", &layer->kind } };
  bool first = true;

  g_ptr_array_add (layers, layer);
  limn_json_expect (&source->json, '{');
  while (next_member (source, &first)) {
    int key = limn_key_find (limn_layer_keys, LIMN_N_LAYER_KEYS, source->key->str);
    gsize text = 0;

    while (text < G_N_ELEMENTS (texts) && !g_str_equal (texts[text].name, source->key->str))
      text++;
    if (text < G_N_ELEMENTS (texts))
      read_text (source, texts[text].text);
    else if (key >= 0 && limn_file_key_is_ours ((limn_layer_key) key))
      read_value (source, &limn_layer_keys[key], &layer->values[key]);
    else if (g_str_equal (source->key->str, "id"))
      read_id (source, &layer->id);
    else if (g_str_equal (source->key->str, "checksum"))
      read_checksum (source, &layer->checksum);
    else
      keep_foreign (source, &layer->foreign);
  }
  if (layer->src == NULL || layer->kind == NULL)
    limn_json_fail (&source->json, "a layer lacks \"src\" or \"kind\"");
}

static void
read_result (struct source *source, GPtrArray *results)
{
  struct limn_json_result *result = g_new0 (struct limn_json_result, 1);
  bool first = true;

  g_ptr_array_add (results, result);
  limn_json_expect (&source->json, '{');
  while (next_member (source, &first)) {
    if (g_str_equal (source->key->str, "src"))
      read_text (source, &result->src);
    else if (g_str_equal (source->key->str, "recipe"))
      read_text (source, &result->recipe);
    else if (g_str_equal (source->key->str, "id"))
      read_id (source, &result->id);
    else if (g_str_equal (source->key->str, "favourite"))
      read_bool (source, &result->favourite);
    else
      limn_json_skip (&source->json);
  }
  if (result->src == NULL || result->id == 0)
    limn_json_fail (&source->json, "a result lacks \"src\" or \"id\"");
}

static void
read_array (struct source *source,
            GPtrArray *array,
            guint max,
            void (*read) (struct source *, GPtrArray *))
{
  bool first = true;

  limn_json_expect (&source->json, '[');
  while (limn_json_next (&source->json, ']', &first)) {
    if (array->len >= max)
      limn_json_fail (&source->json, "there are too many of them");
    read (source, array);
  }
}

static void
read_part (struct source *source, struct limn_json_part *part)
{
  bool first = true;

  limn_json_expect (&source->json, '{');
  while (next_member (source, &first)) {
    int setting = limn_key_find (limn_settings, LIMN_N_SETTINGS, source->key->str);

    if (setting >= 0)
      read_value (source, &limn_settings[setting], &part->settings[setting]);
    else if (g_str_equal (source->key->str, "limn"))
      limn_json_natural (&source->json, &part->version);
    else if (g_str_equal (source->key->str, "layers"))
      read_array (source, part->layers, LIMN_DOCUMENT_MAX_LAYERS, read_layer);
    else if (g_str_equal (source->key->str, "results"))
      read_array (source, part->results, LIMN_DOCUMENT_MAX_RESULTS, read_result);
    else
      keep_foreign (source, &part->foreign);
  }
  limn_json_finish (&source->json);
}

struct limn_json_part *
limn_json_part_read (
    const char *text, gsize size, const char *path, GPtrArray *warnings, GError **error)
{
  struct limn_json_part *part = g_new0 (struct limn_json_part, 1);
  g_autoptr (GString) key = g_string_new (NULL);
  struct source source = { .path = path, .warnings = warnings, .key = key };

  part->layers = g_ptr_array_new_with_free_func ((GDestroyNotify) json_layer_free);
  part->results = g_ptr_array_new_with_free_func ((GDestroyNotify) json_result_free);
  limn_json_init (&source.json, text, size);
  read_part (&source, part);
  if (source.json.problem == NULL)
    return part;
  limn_json_set_error (error, path, &source.json);
  g_prefix_error (error, "%s in ", LIMN_FILE_JSON);
  limn_json_part_free (part);
  return NULL;
}

/* --- writing --- */

static void
write_layer (GString *json, const limn_layer *layer, const char *src, guint64 checksum)
{
  const char *kind =
      layer->foreign_kind != NULL ? layer->foreign_kind : limn_layer_kind_names[layer->kind];
  GString *object = limn_json_write_begin ();

  limn_json_write_string (object, "src", src);
  limn_json_write_string (object, "kind", kind);
  limn_json_write_uint (object, "id", layer->id);
  if (layer->ops->len > 0) {
    g_autofree char *strokes = limn_file_strokes_name (src);
    g_autofree char *text = g_strdup_printf ("%016" G_GINT64_MODIFIER "x", checksum);

    limn_json_write_string (object, "strokes", strokes);
    limn_json_write_string (object, "checksum", text);
  }
  for (int i = 0; i < LIMN_N_LAYER_KEYS; i++)
    if (limn_file_key_is_ours ((limn_layer_key) i)) {
      g_autofree char *value = limn_value_to_json (&limn_layer_keys[i], layer->values[i]);

      limn_json_write_raw (object, limn_layer_keys[i].name, value);
    }
  if (layer->foreign_json != NULL)
    g_string_append_printf (object, ",%s", layer->foreign_json);
  limn_json_write_end (object);
  g_string_append (json, object->str);
  g_string_free (object, TRUE);
}

static void
write_result (GString *json, const limn_result *result)
{
  g_autofree char *src = limn_file_result_name (result);
  GString *object = limn_json_write_begin ();

  limn_json_write_string (object, "src", src);
  limn_json_write_uint (object, "id", result->id);
  limn_json_write_string (object, "recipe", result->recipe);
  limn_json_write_raw (object, "favourite", result->favourite ? "true" : "false");
  limn_json_write_end (object);
  g_string_append (json, object->str);
  g_string_free (object, TRUE);
}

char *
limn_json_part_write (LimnDocument *document, const GPtrArray *srcs, const GArray *checksums)
{
  GString *json = limn_json_write_begin ();

  limn_json_write_uint (json, "limn", LIMN_FILE_VERSION);
  for (int i = 0; i < LIMN_N_SETTINGS; i++) {
    g_autofree char *value = limn_value_to_json (&limn_settings[i], document->values[i]);

    limn_json_write_raw (json, limn_settings[i].name, value);
  }
  g_string_append (json, ",\n\"layers\":[");
  for (guint i = 0; i < document->layers->len; i++) {
    g_string_append (json, i > 0 ? ",\n" : "\n");
    write_layer (json, g_ptr_array_index (document->layers, i), g_ptr_array_index (srcs, i),
                 g_array_index (checksums, guint64, i));
  }
  g_string_append (json, "],\n\"results\":[");
  for (guint i = 0; i < document->results->len; i++) {
    g_string_append (json, i > 0 ? ",\n" : "\n");
    write_result (json, g_ptr_array_index (document->results, i));
  }
  g_string_append_c (json, ']');
  if (document->foreign_json != NULL)
    g_string_append_printf (json, ",\n%s", document->foreign_json);
  limn_json_write_end (json);
  return g_string_free (json, FALSE);
}
