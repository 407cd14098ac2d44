/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/config.h"

#include <math.h>
#include <string.h>

#include "io/file.h"
#include "io/json.h"

/* Bytes; the largest that diffusers writes have a few thousand. */
#define MAX_CONFIG (16 << 20)

/* The text of one value inside limn_config.text. The whole text was checked to be JSON. */
struct value {
  const char *text;
  gsize length;
};

struct limn_config {
  char *path;
  char *text;
  GHashTable *values;    /* owned key -> owned struct value; top level only, nulls left out */
  GStringChunk *strings; /* what limn_config_string() lends */
  GError *failure;
};

static limn_json
value_reader (const struct value *value)
{
  limn_json json;

  limn_json_init (&json, value->text, value->length);
  return json;
}

static const struct value *
find (const limn_config *config, const char *key)
{
  return g_hash_table_lookup (config->values, key);
}

static bool
read_values (limn_config *config, gsize length, GError **error)
{
  g_autoptr (GString) key = g_string_new (NULL);
  bool first = true;
  limn_json json;

  limn_json_init (&json, config->text, length);
  if (!limn_json_expect (&json, '{'))
    return limn_json_set_error (error, config->path, &json);
  while (limn_json_next (&json, '}', &first)) {
    struct value value;

    if (!limn_json_string (&json, key) || !limn_json_expect (&json, ':'))
      return limn_json_set_error (error, config->path, &json);
    limn_json_peek (&json);
    value.text = json.at;
    if (!limn_json_skip (&json))
      return limn_json_set_error (error, config->path, &json);
    value.length = (gsize) (json.at - value.text);
    if (*value.text == 'n')
      g_hash_table_remove (config->values, key->str);
    else
      g_hash_table_replace (config->values, g_strdup (key->str), g_memdup2 (&value, sizeof value));
  }
  return limn_json_finish (&json) || limn_json_set_error (error, config->path, &json);
}

limn_config *
limn_config_parse (const char *name, const char *text, gssize length, GError **error)
{
  g_autoptr (limn_config) config = g_new0 (limn_config, 1);
  gsize size = length < 0 ? strlen (text) : (gsize) length;

  config->path = g_strdup (name);
  config->values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  config->strings = g_string_chunk_new (256);
  if (size > MAX_CONFIG) {
    limn_file_set_error (error, LIMN_ERROR_FORMAT, name, "%zu bytes, wanted at most %d", size,
                         MAX_CONFIG);
    return NULL;
  }
  config->text = g_malloc (size + 1);
  if (size > 0)
    memcpy (config->text, text, size);
  config->text[size] = '\0';
  return read_values (config, size, error) ? g_steal_pointer (&config) : NULL;
}

limn_config *
limn_config_open (const char *path, GError **error)
{
  g_autoptr (GMappedFile) map = limn_file_map (path, error);

  if (map == NULL)
    return NULL;
  return limn_config_parse (path, g_mapped_file_get_contents (map),
                            (gssize) g_mapped_file_get_length (map), error);
}

void
limn_config_free (limn_config *config)
{
  if (config == NULL)
    return;
  g_clear_error (&config->failure);
  g_string_chunk_free (config->strings);
  g_hash_table_unref (config->values);
  g_free (config->text);
  g_free (config->path);
  g_free (config);
}

const char *
limn_config_path (const limn_config *config)
{
  return config->path;
}

bool
limn_config_has (const limn_config *config, const char *key)
{
  return find (config, key) != NULL;
}

void
limn_config_fail (limn_config *config, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list args;

  if (config->failure != NULL)
    return;
  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  limn_file_set_error (&config->failure, LIMN_ERROR_FORMAT, config->path, "%s", message);
}

bool
limn_config_finish (limn_config *config, GError **error)
{
  if (config->failure == NULL)
    return true;
  g_propagate_error (error, g_steal_pointer (&config->failure));
  return false;
}

/* "KEY is VALUE, wanted WANTED" */
G_GNUC_PRINTF (4, 5)
static void
fail_value (
    limn_config *config, const char *key, const struct value *value, const char *format, ...)
{
  g_autofree char *found = limn_file_escape (value->text, (gssize) value->length);
  g_autofree char *wanted = NULL;
  va_list args;

  va_start (args, format);
  wanted = g_strdup_vprintf (format, args);
  va_end (args);
  limn_config_fail (config, "\"%s\" is %s, wanted %s", key, found, wanted);
}

static char *
describe_choices (const char *const *choices)
{
  g_autofree char *list = g_strjoinv ("\", \"", (char **) choices);

  return g_strdup_printf ("\"%s\"", list);
}

/* A JSON number that is left behind. False, with the reader anywhere, when it is none. */
static bool
read_number (limn_json *json, double *number)
{
  char c = limn_json_peek (json);

  if (c != '-' && !g_ascii_isdigit (c))
    return false;
  *number = g_ascii_strtod (json->at, NULL); /* the whole text ends in a NUL */
  return limn_json_skip (json);
}

/* 3.0 and 3e0 are whole numbers, too. */
static bool
read_int (limn_json *json, int min, int max, int *number)
{
  double value;

  if (!read_number (json, &value) || !(value >= min && value <= max) || value != floor (value))
    return false;
  *number = (int) value;
  return true;
}

static bool
read_choice (limn_json *json, GString *scratch, const char *const *choices, int *index)
{
  if (!limn_json_string (json, scratch))
    return false;
  for (int i = 0; choices[i] != NULL; i++)
    if (g_str_equal (choices[i], scratch->str)) {
      *index = i;
      return true;
    }
  return false;
}

int
limn_config_int (limn_config *config, const char *key, int fallback, int min, int max)
{
  const struct value *value = find (config, key);
  int number = fallback;

  if (value != NULL) {
    limn_json json = value_reader (value);

    if (!read_int (&json, min, max, &number))
      fail_value (config, key, value, "a whole number from %d to %d", min, max);
  }
  return number;
}

double
limn_config_double (limn_config *config, const char *key, double fallback, double min, double max)
{
  const struct value *value = find (config, key);

  if (value != NULL) {
    limn_json json = value_reader (value);
    double number;

    if (read_number (&json, &number) && isfinite (number) && number >= min && number <= max)
      return number;
    fail_value (config, key, value, "a number from %g to %g", min, max);
  }
  return fallback;
}

bool
limn_config_bool (limn_config *config, const char *key, bool fallback)
{
  const struct value *value = find (config, key);

  if (value != NULL) {
    if (*value->text == 't' || *value->text == 'f')
      return *value->text == 't';
    fail_value (config, key, value, "true or false");
  }
  return fallback;
}

const char *
limn_config_string (limn_config *config, const char *key, const char *fallback)
{
  const struct value *value = find (config, key);

  if (value != NULL) {
    g_autoptr (GString) string = g_string_new (NULL);
    limn_json json = value_reader (value);

    if (limn_json_string (&json, string))
      return g_string_chunk_insert_const (config->strings, string->str);
    fail_value (config, key, value, "a string");
  }
  return fallback;
}

int
limn_config_choice (limn_config *config, const char *key, const char *const *choices, int fallback)
{
  const struct value *value = find (config, key);
  int index = fallback;

  if (value != NULL) {
    g_autoptr (GString) scratch = g_string_new (NULL);
    limn_json json = value_reader (value);

    if (!read_choice (&json, scratch, choices, &index)) {
      g_autofree char *list = describe_choices (choices);

      fail_value (config, key, value, "one of %s", list);
    }
  }
  return index;
}

/* 0 when it is no array of 1 to @max_count whole numbers in the range. */
static int
read_ints (const struct value *value, int *values, int max_count, int min, int max)
{
  limn_json json = value_reader (value);
  bool first = true;
  int count = 0;

  if (!limn_json_expect (&json, '['))
    return 0;
  while (limn_json_next (&json, ']', &first)) {
    if (count == max_count || !read_int (&json, min, max, &values[count]))
      return 0;
    count++;
  }
  return count;
}

int
limn_config_ints (
    limn_config *config, const char *key, int *values, int max_count, int repeat, int min, int max)
{
  const struct value *value = find (config, key);
  int count, number;

  g_assert (repeat <= max_count);
  if (value == NULL)
    return 0;
  if (*value->text != '[') {
    limn_json json = value_reader (value);

    if (repeat > 0 && read_int (&json, min, max, &number)) {
      for (int i = 0; i < repeat; i++)
        values[i] = number;
      return repeat;
    }
  }
  count = read_ints (value, values, max_count, min, max);
  if (count == 0)
    fail_value (config, key, value, "1 to %d whole numbers from %d to %d", max_count, min, max);
  return count;
}

int
limn_config_choices (
    limn_config *config, const char *key, const char *const *choices, int *values, int max_count)
{
  const struct value *value = find (config, key);
  g_autoptr (GString) scratch = NULL;
  g_autofree char *list = NULL;
  bool first = true;
  int count = 0;
  limn_json json;

  if (value == NULL)
    return 0;
  scratch = g_string_new (NULL);
  json = value_reader (value);
  if (limn_json_expect (&json, '['))
    while (limn_json_next (&json, ']', &first)) {
      if (count == max_count || !read_choice (&json, scratch, choices, &values[count])) {
        count = 0;
        break;
      }
      count++;
    }
  if (count == 0) {
    list = describe_choices (choices);
    fail_value (config, key, value, "1 to %d of %s", max_count, list);
  }
  return count;
}
