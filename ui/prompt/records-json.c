/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prompt/records-private.h"

#include "json-writer.h"

#define VERSION 1
#define MAX_RECORDS 10000

static void
write_record (GString *json, LimnRecord *record)
{
  GString *object = limn_json_write_begin ();

  limn_json_write_string (object, "name", limn_record_get_name (record));
  for (int i = 0; i < LIMN_N_SETTINGS; i++) {
    GVariant *value = limn_record_get_value (record, (limn_setting) i);

    if (value != NULL) {
      g_autofree char *text = limn_value_to_json (&limn_settings[i], value);

      limn_json_write_raw (object, limn_settings[i].name, text);
    }
  }
  limn_json_write_end (object);
  g_string_append (json, object->str);
  g_string_free (object, TRUE);
}

char *
limn_records_to_json (GPtrArray *records)
{
  GString *json = g_string_new (NULL);
  bool first = true;

  g_string_append_printf (json, "{\"limn\":%d,\"records\":[", VERSION);
  for (guint i = 0; i < records->len; i++) {
    LimnRecord *record = g_ptr_array_index (records, i);

    if (!limn_record_is_own (record))
      continue;
    g_string_append (json, first ? "\n" : ",\n");
    write_record (json, record);
    first = false;
  }
  g_string_append (json, "\n]}\n");
  return g_string_free (json, FALSE);
}

static bool
read_member (limn_json *json, const char *key, GString *name, GVariant **values)
{
  int setting = limn_key_find (limn_settings, LIMN_N_SETTINGS, key);

  if (g_str_equal (key, "name"))
    return limn_json_string (json, name);
  if (setting < 0)
    return limn_json_skip (json);
  g_clear_pointer (&values[setting], g_variant_unref);
  values[setting] = limn_value_from_json (json, &limn_settings[setting]);
  return json->problem == NULL;
}

/* NULL after a failure. */
static LimnRecord *
read_record (limn_json *json)
{
  g_autoptr (GString) name = g_string_new (NULL);
  g_autoptr (GString) key = g_string_new (NULL);
  GVariant *values[LIMN_N_SETTINGS] = { NULL };
  LimnRecord *record = NULL;
  bool first = true;

  limn_json_expect (json, '{');
  while (limn_json_next (json, '}', &first))
    if (!limn_json_string (json, key) || !limn_json_expect (json, ':') ||
        !read_member (json, key->str, name, values))
      break;
  if (json->problem == NULL && name->len == 0)
    limn_json_fail (json, "a name was wanted");
  if (json->problem == NULL)
    record = limn_record_new (name->str, true, values);
  for (int i = 0; i < LIMN_N_SETTINGS; i++)
    g_clear_pointer (&values[i], g_variant_unref);
  return record;
}

static void
read_records (limn_json *json, GPtrArray *records)
{
  bool first = true;

  limn_json_expect (json, '[');
  while (limn_json_next (json, ']', &first)) {
    LimnRecord *record = read_record (json);

    if (record == NULL)
      return;
    g_ptr_array_add (records, record);
    if (records->len > MAX_RECORDS)
      limn_json_fail (json, "more than " G_STRINGIFY (MAX_RECORDS) " records");
  }
}

GPtrArray *
limn_records_from_json (const char *path, const char *text, gsize length, GError **error)
{
  g_autoptr (GPtrArray) records = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GString) key = g_string_new (NULL);
  bool first = true;
  limn_json json;

  limn_json_init (&json, text, length);
  limn_json_expect (&json, '{');
  while (limn_json_next (&json, '}', &first)) {
    if (!limn_json_string (&json, key) || !limn_json_expect (&json, ':'))
      break;
    if (g_str_equal (key->str, "records"))
      read_records (&json, records);
    else
      limn_json_skip (&json);
  }
  if (!limn_json_finish (&json)) {
    limn_json_set_error (error, path, &json);
    return NULL;
  }
  return g_steal_pointer (&records);
}
