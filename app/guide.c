/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "guide.h"

#include <string.h>

#include "number.h"

#define MAX_WEIGHT 10

/* CSS's names and values for the colours that have a plain one. */
static const struct {
  const char *name;
  guint32 rgb;
} colours[] = {
  { "black", 0x000000 },     { "blue", 0x0000ff },    { "brown", 0xa52a2a }, { "cyan", 0x00ffff },
  { "gold", 0xffd700 },      { "gray", 0x808080 },    { "green", 0x008000 }, { "grey", 0x808080 },
  { "lime", 0x00ff00 },      { "magenta", 0xff00ff }, { "navy", 0x000080 },  { "orange", 0xffa500 },
  { "pink", 0xffc0cb },      { "purple", 0x800080 },  { "red", 0xff0000 },   { "teal", 0x008080 },
  { "turquoise", 0x40e0d0 }, { "violet", 0xee82ee },  { "white", 0xffffff }, { "yellow", 0xffff00 },
};

G_GNUC_PRINTF (3, 4)
static bool
refuse (const char *text, GError **error, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list arguments;

  va_start (arguments, format);
  message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--guide \"%s\" %s", text, message);
  return false;
}

/* --- the values --- */

static char *
list_colours (void)
{
  GString *names = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (colours); i++)
    g_string_append_printf (names, "%s%s", i > 0 ? ", " : "", colours[i].name);
  return g_string_free (names, FALSE);
}

/* "#f80" or "#ff8800" */
static bool
parse_hex (const char *value, guint32 *rgb)
{
  gsize length = strlen (value + 1);
  guint64 number;

  if (strspn (value + 1, "0123456789abcdefABCDEF") != length || (length != 3 && length != 6))
    return false;
  number = g_ascii_strtoull (value + 1, NULL, 16);
  if (length == 3)
    number = (number >> 8 & 15) * 0x110000 | (number >> 4 & 15) * 0x1100 | (number & 15) * 0x11;
  *rgb = (guint32) number;
  return true;
}

static bool
parse_colour (struct limn_guide_spec *spec, const char *text, const char *value, GError **error)
{
  bool found = *value == '#';
  g_autofree char *names = NULL;
  guint32 rgb = 0;

  if (found && !parse_hex (value, &rgb))
    return refuse (text, error, "has the colour \"%s\", wanted # and 3 or 6 hexadecimal digits",
                   value);
  for (gsize i = 0; !found && i < G_N_ELEMENTS (colours); i++) {
    found = g_ascii_strcasecmp (colours[i].name, value) == 0;
    rgb = colours[i].rgb;
  }
  for (int k = 0; k < 3; k++)
    spec->colour[k] = (float) (rgb >> (16 - 8 * k) & 255) / 255.0f;
  if (found)
    return true;
  names = list_colours ();
  return refuse (text, error, "has the colour \"%s\", wanted one like #ff8800 or one of %s", value,
                 names);
}

static bool
parse_brightness (struct limn_guide_spec *spec, const char *text, const char *value, GError **error)
{
  double number;

  if (!limn_number_parse (value, &number) || number < 0 || number > 1)
    return refuse (text, error, "has the brightness \"%s\", wanted a number from 0 to 1", value);
  spec->brightness = (float) number;
  return true;
}

static bool
parse_file (struct limn_guide_spec *spec, const char *text, const char *value, GError **error)
{
  spec->file = g_strdup (value);
  return true;
}

static const struct {
  const char *name;
  limn_guide_kind kind;
  bool (*parse) (struct limn_guide_spec *spec, const char *text, const char *value, GError **error);
} kinds[] = {
  { "colour", LIMN_GUIDE_COLOUR, parse_colour },
  { "color", LIMN_GUIDE_COLOUR, parse_colour },
  { "brightness", LIMN_GUIDE_BRIGHTNESS, parse_brightness },
  { "edges", LIMN_GUIDE_EDGES, parse_file },
};

/* --- what stands behind them --- */

/* Cuts ":WEIGHT" off @rest. */
static bool
take_weight (struct limn_guide_spec *spec, const char *text, char *rest, GError **error)
{
  char *colon = strrchr (rest, ':');
  double number = 1;

  spec->weight = 1;
  if (!colon || (colon[1] != '\0' && !limn_number_parse (colon + 1, &number)))
    return true;
  if (number < 0 || number > MAX_WEIGHT)
    return refuse (text, error, "has the weight %s, wanted 0 to %d", colon + 1, MAX_WEIGHT);
  spec->weight = (float) number;
  *colon = '\0';
  return true;
}

/* Cuts "@X,Y,WIDTH,HEIGHT" off @rest. */
static bool
take_region (struct limn_guide_spec *spec, const char *text, char *rest, GError **error)
{
  char *at = strrchr (rest, '@');
  g_auto (GStrv) pieces = at ? g_strsplit (at + 1, ",", -1) : NULL;
  double values[4];
  int count = 0;

  if (!at)
    return true;
  while (count < 4 && pieces[count] && limn_number_parse (pieces[count], &values[count]))
    count++;
  if (count < 4 || pieces[4])
    return spec->kind == LIMN_GUIDE_EDGES ||
           refuse (text, error, "has the region \"%s\", wanted four numbers: X,Y,WIDTH,HEIGHT",
                   at + 1);
  for (int i = 0; i < 4; i++) {
    if (values[i] < 0 || values[i] > 1)
      return refuse (text, error, "has %s in its region, wanted parts of the picture from 0 to 1",
                     pieces[i]);
  }
  if (!(values[2] > 0 && values[3] > 0))
    return refuse (text, error, "has an empty region");
  if (values[0] + values[2] > 1.0001 || values[1] + values[3] > 1.0001)
    return refuse (text, error,
                   "has a region that ends at %g,%g, outside the picture, which ends at 1,1",
                   values[0] + values[2], values[1] + values[3]);
  spec->x = (float) values[0];
  spec->y = (float) values[1];
  spec->width = (float) values[2];
  spec->height = (float) values[3];
  *at = '\0';
  return true;
}

struct limn_guide_spec *
limn_guide_spec_parse (const char *text, GError **error)
{
  const char *equals = strchr (text, '=');
  gsize length = equals ? (gsize) (equals - text) : 0;
  g_autofree char *rest = NULL;
  struct limn_guide_spec *spec;
  gsize i = 0;

  if (length == 0) {
    refuse (text, error, "must have the form KIND=VALUE[@X,Y,WIDTH,HEIGHT][:WEIGHT]");
    return NULL;
  }
  while (i < G_N_ELEMENTS (kinds) &&
         (strlen (kinds[i].name) != length || strncmp (kinds[i].name, text, length) != 0))
    i++;
  if (i == G_N_ELEMENTS (kinds)) {
    refuse (text, error, "asks for \"%.*s\", wanted colour, brightness or edges", (int) length,
            text);
    return NULL;
  }
  rest = g_strdup (equals + 1);
  spec = g_new0 (struct limn_guide_spec, 1);
  spec->kind = kinds[i].kind;
  if (take_weight (spec, text, rest, error) && take_region (spec, text, rest, error) &&
      (*rest != '\0' || refuse (text, error, "has no value behind \"=\"")) &&
      kinds[i].parse (spec, text, rest, error))
    return spec;
  limn_guide_spec_free (spec);
  return NULL;
}

void
limn_guide_spec_free (struct limn_guide_spec *spec)
{
  if (spec == NULL)
    return;
  g_free (spec->file);
  g_free (spec);
}
