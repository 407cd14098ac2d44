/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "number.h"

#include <math.h>
#include <string.h>

#define MAX_PLAIN 1e15 /* what is below is written without an exponent */

bool
limn_number_parse (const char *text, double *value)
{
  char *end = NULL;

  if (*text == '\0' || strspn (text, "+-0123456789.eE") != strlen (text))
    return false;
  *value = g_ascii_strtod (text, &end);
  return end != text && *end == '\0' && isfinite (*value);
}

bool
limn_number_double (
    const char *what, const char *text, double min, double max, double *value, GError **error)
{
  double number;

  if (!limn_number_parse (text, &number) || number < min || number > max) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "%s is \"%s\" and must be a number from %g to %g", what, text, min, max);
    return false;
  }
  *value = number;
  return true;
}

bool
limn_number_int (const char *what, const char *text, int min, int max, int *value, GError **error)
{
  gint64 number;

  if (!g_ascii_string_to_signed (text, 10, min, max, &number, NULL)) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "%s is \"%s\" and must be a whole number from %d to %d", what, text, min, max);
    return false;
  }
  *value = (int) number;
  return true;
}

bool
limn_number_choice (
    const char *what, const char *text, const char *const *names, int *choice, GError **error)
{
  g_autofree char *all = NULL;

  for (int i = 0; names[i] != NULL; i++) {
    if (g_str_equal (names[i], text)) {
      *choice = i;
      return true;
    }
  }
  all = g_strjoinv (", ", (char **) names);
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "%s is \"%s\" and must be one of %s", what, text, all);
  return false;
}

bool
limn_number_size (const char *what, const char *text, int *width, int *height, GError **error)
{
  g_auto (GStrv) sides = g_strsplit_set (text, "xX", -1);

  if (g_strv_length (sides) == 2 &&
      limn_number_int (what, sides[0], 1, LIMN_MAX_SIDE, width, NULL) &&
      limn_number_int (what, sides[1], 1, LIMN_MAX_SIDE, height, NULL))
    return true;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "%s is \"%s\" and must be WIDTHxHEIGHT with numbers from 1 to %d", what, text,
               LIMN_MAX_SIDE);
  return false;
}

static char *
format_shortest (double value, bool single, int digits)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE], format[8];
  double back = 0;

  for (int n = 1; n <= digits; n++) {
    g_snprintf (format, sizeof format, "%%.%dg", n);
    g_ascii_formatd (text, sizeof text, format, value);
    back = g_ascii_strtod (text, NULL);
    if (single ? (float) back == (float) value : back == value)
      break;
  }
  /* 10, not 1e+01. */
  if (strstr (text, "e+") != NULL && fabs (back) < MAX_PLAIN)
    g_ascii_formatd (text, sizeof text, "%.0f", back);
  return g_strdup (text);
}

char *
limn_format_double (double value)
{
  return format_shortest (value, false, 17);
}

char *
limn_format_float (float value)
{
  return format_shortest ((double) value, true, 9);
}

char *
limn_format_bytes (guint64 bytes)
{
  static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
  double amount = (double) bytes / 1024;
  gsize unit = 0;

  while (amount >= 1024 && unit + 1 < G_N_ELEMENTS (units)) {
    amount /= 1024;
    unit++;
  }
  return g_strdup_printf ("%.*f %s", unit >= 2 ? 1 : 0, amount, units[unit]);
}
