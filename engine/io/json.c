/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/json.h"

#include <math.h>
#include <string.h>

#include "io/file.h"

bool
limn_json_fail (limn_json *json, const char *problem)
{
  if (json->problem == NULL)
    json->problem = problem;
  return false;
}

gsize
limn_json_position (const limn_json *json)
{
  return (gsize) (json->at - json->start);
}

void
limn_json_init (limn_json *json, const char *text, gsize length)
{
  const char *bad;

  if (text == NULL) /* what an empty mapping gives */
    text = "";
  *json = (limn_json){ .start = text, .at = text, .end = text + length };
  if (!g_utf8_validate_len (text, length, &bad)) {
    json->at = bad;
    limn_json_fail (json, "not UTF-8 text");
  }
}

static bool
at_any (const limn_json *json, const char *characters)
{
  return json->at < json->end && *json->at != '\0' && strchr (characters, *json->at) != NULL;
}

char
limn_json_peek (limn_json *json)
{
  if (json->problem != NULL)
    return 0;
  while (at_any (json, " \t\r\n"))
    json->at++;
  return json->at < json->end ? *json->at : 0;
}

static bool
fail_expected (limn_json *json, const char *problem)
{
  return limn_json_fail (json, json->at < json->end ? problem : "the text ends too early");
}

bool
limn_json_expect (limn_json *json, char c)
{
  static const struct {
    char c;
    const char *problem;
  } problems[] = {
    { '{', "an object was wanted" }, { '}', "a \"}\" was wanted" }, { '[', "an array was wanted" },
    { ']', "a \"]\" was wanted" },   { ',', "a comma was wanted" }, { ':', "a colon was wanted" },
    { '"', "a string was wanted" },
  };

  if (limn_json_peek (json) == c && json->problem == NULL) {
    json->at++;
    return true;
  }
  for (gsize i = 0; i < G_N_ELEMENTS (problems); i++)
    if (problems[i].c == c)
      return fail_expected (json, problems[i].problem);
  g_assert_not_reached ();
}

bool
limn_json_next (limn_json *json, char close, bool *first)
{
  if (limn_json_peek (json) == close && json->problem == NULL) {
    json->at++;
    return false;
  }
  if (*first) {
    *first = false;
    return json->problem == NULL;
  }
  return limn_json_expect (json, ',');
}

static bool
read_hex4 (limn_json *json, gunichar *unit)
{
  *unit = 0;
  for (int i = 0; i < 4; i++) {
    if (json->at >= json->end || !g_ascii_isxdigit (*json->at))
      return fail_expected (json, "four hexadecimal digits were wanted");
    *unit = *unit << 4 | (gunichar) g_ascii_xdigit_value (*json->at++);
  }
  return true;
}

/* After "\u": one UTF-16 unit, or two that make a pair. */
static bool
read_unicode_escape (limn_json *json, GString *value)
{
  gunichar high, low;

  if (!read_hex4 (json, &high))
    return false;
  if (high == 0)
    return limn_json_fail (json, "a string contains \\u0000");
  if (high >= 0xd800 && high <= 0xdfff) {
    if (high >= 0xdc00 || json->end - json->at < 2 || memcmp (json->at, "\\u", 2) != 0)
      return limn_json_fail (json, "half of a surrogate pair");
    json->at += 2;
    if (!read_hex4 (json, &low))
      return false;
    if (low < 0xdc00 || low > 0xdfff)
      return limn_json_fail (json, "half of a surrogate pair");
    high = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
  }
  if (value != NULL)
    g_string_append_unichar (value, high);
  return true;
}

/* After a backslash. */
static bool
read_escape (limn_json *json, GString *value)
{
  static const char names[] = "\"\\/bfnrt";
  static const char meanings[] = "\"\\/\b\f\n\r\t";

  if (json->at >= json->end)
    return fail_expected (json, "");
  if (*json->at == 'u') {
    json->at++;
    return read_unicode_escape (json, value);
  }
  if (!at_any (json, names))
    return limn_json_fail (json, "an unknown escape");
  if (value != NULL)
    g_string_append_c (value, meanings[strchr (names, *json->at) - names]);
  json->at++;
  return true;
}

/* @value may be NULL. */
static bool
read_string (limn_json *json, GString *value)
{
  if (value != NULL)
    g_string_truncate (value, 0);
  if (!limn_json_expect (json, '"'))
    return false;
  for (;;) {
    const char *run = json->at;

    while (json->at < json->end && *json->at != '"' && *json->at != '\\' &&
           (guchar) *json->at >= 0x20)
      json->at++;
    if (value != NULL)
      g_string_append_len (value, run, json->at - run);
    if (json->at >= json->end || (guchar) *json->at < 0x20)
      return fail_expected (json, "a control character in a string");
    if (*json->at++ == '"')
      return true;
    if (!read_escape (json, value))
      return false;
  }
}

bool
limn_json_string (limn_json *json, GString *value)
{
  return read_string (json, value);
}

static bool
skip_digits (limn_json *json)
{
  if (json->at >= json->end || !g_ascii_isdigit (*json->at))
    return fail_expected (json, "a digit was wanted");
  while (json->at < json->end && g_ascii_isdigit (*json->at))
    json->at++;
  return true;
}

static bool
skip_number (limn_json *json)
{
  if (at_any (json, "-"))
    json->at++;
  if (at_any (json, "0"))
    json->at++;
  else if (!skip_digits (json))
    return false;
  if (at_any (json, ".")) {
    json->at++;
    if (!skip_digits (json))
      return false;
  }
  if (at_any (json, "eE")) {
    json->at++;
    if (at_any (json, "+-"))
      json->at++;
    return skip_digits (json);
  }
  return true;
}

bool
limn_json_bool (limn_json *json, bool *value)
{
  char first = limn_json_peek (json);

  *value = first == 't';
  if (first != 't' && first != 'f')
    return limn_json_fail (json, "true or false was wanted");
  return limn_json_skip (json);
}

bool
limn_json_natural (limn_json *json, gint64 *value)
{
  const char *digits;

  *value = 0;
  limn_json_peek (json);
  digits = json->at;
  if (json->problem != NULL || !skip_number (json))
    return false;
  for (const char *at = digits; at < json->at; at++) {
    if (!g_ascii_isdigit (*at)) {
      json->at = digits;
      return limn_json_fail (json, "a whole number from 0 on was wanted");
    }
    if (__builtin_mul_overflow (*value, 10, value) ||
        __builtin_add_overflow (*value, *at - '0', value)) {
      json->at = digits;
      return limn_json_fail (json, "a number is too large");
    }
  }
  return true;
}

bool
limn_json_double (limn_json *json, double *value)
{
  /* The text may end without a NUL, which strtod needs. */
  char copy[64];
  const char *from;
  gsize length;

  *value = 0;
  limn_json_peek (json);
  from = json->at;
  if (json->problem != NULL || !skip_number (json))
    return false;
  length = (gsize) (json->at - from);
  if (length < sizeof copy) {
    memcpy (copy, from, length);
    copy[length] = '\0';
    *value = g_ascii_strtod (copy, NULL);
  }
  if (length < sizeof copy && isfinite (*value))
    return true;
  json->at = from;
  *value = 0;
  return limn_json_fail (json, "a number is too large");
}

static bool
skip_word (limn_json *json)
{
  static const char *const words[] = { "true", "false", "null" };

  for (gsize i = 0; i < G_N_ELEMENTS (words); i++) {
    gsize length = strlen (words[i]);

    if ((gsize) (json->end - json->at) >= length && memcmp (json->at, words[i], length) == 0) {
      json->at += length;
      return true;
    }
  }
  return fail_expected (json, "a value was wanted");
}

static bool
skip_value (limn_json *json, int depth)
{
  bool first = true;
  char open = limn_json_peek (json);

  if (open == '"')
    return read_string (json, NULL);
  if (open == '-' || g_ascii_isdigit (open))
    return skip_number (json);
  if (open != '{' && open != '[')
    return skip_word (json);
  if (depth == LIMN_JSON_MAX_DEPTH)
    return limn_json_fail (json, "nested too deeply");
  json->at++;
  while (limn_json_next (json, open == '{' ? '}' : ']', &first)) {
    if (open == '{' && (!read_string (json, NULL) || !limn_json_expect (json, ':')))
      return false;
    if (!skip_value (json, depth + 1))
      return false;
  }
  return json->problem == NULL;
}

bool
limn_json_skip (limn_json *json)
{
  return skip_value (json, 0);
}

bool
limn_json_finish (limn_json *json)
{
  if (limn_json_peek (json) != 0 || (json->problem == NULL && json->at < json->end))
    return limn_json_fail (json, "something follows the end");
  return json->problem == NULL;
}

bool
limn_json_set_error (GError **error, const char *path, const limn_json *json)
{
  int line = 1;

  for (const char *at = json->start; at < json->at; at++)
    line += *at == '\n';
  limn_file_set_error (error, LIMN_ERROR_FORMAT, path, "not what it should be at line %d: %s", line,
                       json->problem);
  return false;
}
