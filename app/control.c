/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "control.h"

#include <string.h>

#include "number.h"

#define MAX_PARTS 3

struct part {
  const char *name;
  double min, max, fallback;
};

static const struct part parts[MAX_PARTS] = {
  { "weight", 0, 10, 1 },
  { "start", 0, 1, 0 },
  { "end", 0, 1, 1 },
};

bool
limn_control_split (
    const char *option, const char *text, char **type, const char **rest, GError **error)
{
  const char *equals = strchr (text, '=');
  gsize length = equals != NULL ? (gsize) (equals - text) : 0;

  if (length == 0 || equals[1] == '\0') {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "%s is \"%s\" and must have the form TYPE=PATH", option, text);
    return false;
  }
  if (strspn (text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") < length) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "the type of %s \"%s\" may hold letters, digits, \"_\" and \"-\" only", option,
                 text);
    return false;
  }
  *type = g_strndup (text, length);
  *rest = equals + 1;
  return true;
}

struct limn_control_spec *
limn_control_spec_new (const char *type, const char *file)
{
  struct limn_control_spec *spec = g_new0 (struct limn_control_spec, 1);

  spec->type = g_strdup (type);
  spec->file = g_strdup (file);
  spec->weight = 1;
  spec->end = 1;
  return spec;
}

void
limn_control_spec_free (struct limn_control_spec *spec)
{
  if (spec == NULL)
    return;
  g_free (spec->type);
  g_free (spec->file);
  g_free (spec);
}

/* How many of the last of @n_pieces are numbers or empty; the first is always the file's. */
static int
count_numbers (char **pieces, int n_pieces)
{
  int count = 0;
  double ignored;

  while (count < MAX_PARTS && count + 1 < n_pieces) {
    const char *piece = pieces[n_pieces - 1 - count];

    if (*piece != '\0' && !limn_number_parse (piece, &ignored))
      break;
    count++;
  }
  return count;
}

static bool
read_numbers (const char *text, char **pieces, int count, double *values, GError **error)
{
  for (int i = 0; i < MAX_PARTS; i++) {
    g_autofree char *what = g_strdup_printf ("the %s in --control \"%s\"", parts[i].name, text);

    values[i] = parts[i].fallback;
    if (i < count && *pieces[i] != '\0' &&
        !limn_number_double (what, pieces[i], parts[i].min, parts[i].max, &values[i], error))
      return false;
  }
  if (values[1] >= values[2]) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "--control \"%s\" starts at %g and ends at %g; the start must come first", text,
                 values[1], values[2]);
    return false;
  }
  return true;
}

struct limn_control_spec *
limn_control_spec_parse (const char *text, GError **error)
{
  g_autofree char *type = NULL;
  g_autofree char *file = NULL;
  g_auto (GStrv) pieces = NULL;
  const char *rest;
  double values[MAX_PARTS];
  struct limn_control_spec *spec;
  int n_pieces, count;

  if (!limn_control_split ("--control", text, &type, &rest, error))
    return NULL;

  pieces = g_strsplit (rest, ":", -1);
  n_pieces = (int) g_strv_length (pieces);
  count = count_numbers (pieces, n_pieces);
  if (!read_numbers (text, pieces + n_pieces - count, count, values, error))
    return NULL;

  for (int i = n_pieces - count; i < n_pieces; i++)
    g_clear_pointer (&pieces[i], g_free);
  file = g_strjoinv (":", pieces);
  if (*file == '\0') {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--control \"%s\" names no file",
                 text);
    return NULL;
  }

  spec = limn_control_spec_new (type, file);
  spec->weight = (float) values[0];
  spec->start = (float) values[1];
  spec->end = (float) values[2];
  return spec;
}
