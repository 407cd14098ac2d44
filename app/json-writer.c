/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "json-writer.h"

GString *
limn_json_write_begin (void)
{
  return g_string_new ("{");
}

static void
append_key (GString *json, const char *key)
{
  if (json->str[json->len - 1] != '{')
    g_string_append_c (json, ',');
  g_string_append_printf (json, "\"%s\":", key);
}

static void
append_escaped (GString *json, const char *text)
{
  for (; *text != '\0'; text++) {
    guchar c = (guchar) *text;

    if (c == '"' || c == '\\')
      g_string_append_printf (json, "\\%c", c);
    else if (c < 0x20)
      g_string_append_printf (json, "\\u%04x", c);
    else
      g_string_append_c (json, *text);
  }
}

void
limn_json_append_string (GString *json, const char *value)
{
  g_autofree char *valid = g_utf8_make_valid (value, -1);

  g_string_append_c (json, '"');
  append_escaped (json, valid);
  g_string_append_c (json, '"');
}

void
limn_json_write_string (GString *json, const char *key, const char *value)
{
  append_key (json, key);
  if (value == NULL)
    g_string_append (json, "null");
  else
    limn_json_append_string (json, value);
}

void
limn_json_write_uint (GString *json, const char *key, guint64 value)
{
  append_key (json, key);
  g_string_append_printf (json, "%" G_GUINT64_FORMAT, value);
}

void
limn_json_write_double (GString *json, const char *key, double value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  append_key (json, key);
  g_string_append (json, g_ascii_formatd (text, sizeof text, "%.3f", value));
}

void
limn_json_write_raw (GString *json, const char *key, const char *value)
{
  append_key (json, key);
  g_string_append (json, value);
}

void
limn_json_write_end (GString *json)
{
  g_string_append_c (json, '}');
}
