/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "document/keys.h"

#include <math.h>
#include <string.h>

#include "json-writer.h"
#include "number.h"

/* Bytes of a prompt, a name, a path. */
#define MAX_TEXT (1 << 20)

const char *const limn_layer_kind_names[] = {
  [LIMN_LAYER_SCRIBBLE] = "scribble",
  [LIMN_LAYER_PICTURE] = "picture",
  NULL,
};
G_STATIC_ASSERT (G_N_ELEMENTS (limn_layer_kind_names) == LIMN_N_LAYER_KINDS + 1);

const char *const limn_blend_names[] = {
  "src-over",    "multiply",   "screen",     "overlay",    "darken",     "lighten",
  "color-dodge", "color-burn", "hard-light", "soft-light", "difference", "color",
  "luminosity",  "hue",        "saturation", "plus",       NULL,
};
G_STATIC_ASSERT (G_N_ELEMENTS (limn_blend_names) == LIMN_N_BLENDS + 1);

const char *const limn_mode_names[] = {
  [LIMN_CONTROL_BALANCED] = "balanced",
  [LIMN_CONTROL_PROMPT] = "prompt",
  [LIMN_CONTROL_CONTROL] = "control",
  NULL,
};
G_STATIC_ASSERT (G_N_ELEMENTS (limn_mode_names) == LIMN_N_CONTROL_MODES + 1);

#define TEXT(word)                                                                                 \
  {                                                                                                \
    word, LIMN_TYPE_TEXT, 0, 0, 0, NULL, NULL                                                      \
  }
#define LINE(word)                                                                                 \
  {                                                                                                \
    word, LIMN_TYPE_LINE, 0, 0, 0, NULL, NULL                                                      \
  }
#define SWITCH(word, standard)                                                                     \
  {                                                                                                \
    word, LIMN_TYPE_BOOL, 0, 1, standard, NULL, NULL                                               \
  }
#define WHOLE(word, low, high, standard)                                                           \
  {                                                                                                \
    word, LIMN_TYPE_INT, low, high, standard, NULL, NULL                                           \
  }
#define REAL(word, low, high, standard)                                                            \
  {                                                                                                \
    word, LIMN_TYPE_DOUBLE, low, high, standard, NULL, NULL                                        \
  }
#define CHOICE(word, names, standard)                                                              \
  {                                                                                                \
    word, LIMN_TYPE_CHOICE, 0, 0, 0, names, standard                                               \
  }

const struct limn_key limn_settings[] = {
  [LIMN_SETTING_PROMPT] = TEXT ("prompt"),
  [LIMN_SETTING_NEGATIVE] = TEXT ("negative"),
  [LIMN_SETTING_MODEL] = TEXT ("model"),
  [LIMN_SETTING_DEVICE] = TEXT ("device"),
  [LIMN_SETTING_SAMPLER] = CHOICE ("sampler", limn_sampler_names, NULL),
  [LIMN_SETTING_SCHEDULE] = CHOICE ("schedule", limn_sigmas_names, NULL),
  [LIMN_SETTING_STEPS] = WHOLE ("steps", 1, 1000, 20),
  [LIMN_SETTING_CFG] = REAL ("cfg", 1, 100, 7),
  [LIMN_SETTING_CFG_RESCALE] = REAL ("cfg-rescale", 0, 1, 0),
  [LIMN_SETTING_ETA] = REAL ("eta", 0, 1, 0),
  [LIMN_SETTING_SEED] = { "seed", LIMN_TYPE_SEED, 0, 0, 0, NULL, NULL },
  [LIMN_SETTING_SEED_LOCKED] = SWITCH ("seed-locked", false),
  [LIMN_SETTING_WIDTH] = WHOLE ("width", 0, 16384, 0),
  [LIMN_SETTING_HEIGHT] = WHOLE ("height", 0, 16384, 0),
  [LIMN_SETTING_COUNT] = WHOLE ("count", 1, 1000, 1),
  [LIMN_SETTING_IMAGE_TO_IMAGE] = SWITCH ("image-to-image", false),
  [LIMN_SETTING_STRENGTH] = REAL ("strength", 0.001, 1, 0.6),
  [LIMN_SETTING_HIRES] = REAL ("hires", 1, 8, 1),
  [LIMN_SETTING_HIRES_STRENGTH] = REAL ("hires-strength", 0.001, 1, 0.6),
  [LIMN_SETTING_HIRES_STEPS] = WHOLE ("hires-steps", 0, 1000, 0),
  [LIMN_SETTING_HIRES_UPSCALE] = CHOICE ("hires-upscale", limn_upscale_names, NULL),
  [LIMN_SETTING_LIVE] = SWITCH ("live", false),
  [LIMN_SETTING_STYLE] = LINE ("style"),
  [LIMN_SETTING_STYLE_PROMPT] = TEXT ("style-prompt"),
  [LIMN_SETTING_STYLE_NEGATIVE] = TEXT ("style-negative"),
};
G_STATIC_ASSERT (G_N_ELEMENTS (limn_settings) == LIMN_N_SETTINGS);

const struct limn_key limn_layer_keys[] = {
  [LIMN_LAYER_NAME] = LINE ("name"),
  [LIMN_LAYER_VISIBLE] = SWITCH ("visible", true),
  [LIMN_LAYER_LOCKED] = SWITCH ("locked", false),
  [LIMN_LAYER_OPACITY] = REAL ("opacity", 0, 1, 1),
  [LIMN_LAYER_X] = WHOLE ("x", -65536, 65536, 0),
  [LIMN_LAYER_Y] = WHOLE ("y", -65536, 65536, 0),
  [LIMN_LAYER_BLEND] = CHOICE ("blend", limn_blend_names, NULL),
  [LIMN_LAYER_CONTROL] = LINE ("control"),
  [LIMN_LAYER_WEIGHT] = REAL ("weight", 0, 10, 1),
  [LIMN_LAYER_START] = REAL ("start", 0, 1, 0),
  [LIMN_LAYER_END] = REAL ("end", 0, 1, 1),
  [LIMN_LAYER_MODE] = CHOICE ("mode", limn_mode_names, NULL),
};
G_STATIC_ASSERT (G_N_ELEMENTS (limn_layer_keys) == LIMN_N_LAYER_KEYS);

int
limn_choice_find (const char *const *choices, const char *name)
{
  for (int i = 0; choices[i] != NULL; i++)
    if (g_str_equal (choices[i], name))
      return i;
  return -1;
}

int
limn_key_find (const struct limn_key *keys, int count, const char *name)
{
  for (int i = 0; i < count; i++)
    if (g_str_equal (keys[i].name, name))
      return i;
  return -1;
}

/* --- what differs by type --- */

static GVariant *
default_bool (const struct limn_key *key)
{
  return g_variant_new_boolean (key->number != 0.0);
}

static GVariant *
default_int (const struct limn_key *key)
{
  return g_variant_new_int32 ((gint32) key->number);
}

static GVariant *
default_double (const struct limn_key *key)
{
  return g_variant_new_double (key->number);
}

static GVariant *
default_seed (const struct limn_key *key)
{
  return g_variant_new_uint64 (0);
}

static GVariant *
default_text (const struct limn_key *key)
{
  const char *first = key->choices != NULL ? key->choices[0] : "";

  return g_variant_new_string (key->text != NULL ? key->text : first);
}

static GVariant *
check_int (const struct limn_key *key, GVariant *value)
{
  return g_variant_new_int32 (
      CLAMP (g_variant_get_int32 (value), (gint32) key->min, (gint32) key->max));
}

static GVariant *
check_double (const struct limn_key *key, GVariant *value)
{
  double number = g_variant_get_double (value);

  return isnan (number) ? NULL : g_variant_new_double (CLAMP (number, key->min, key->max));
}

static GVariant *
check_text (const struct limn_key *key, GVariant *value)
{
  gsize length;

  g_variant_get_string (value, &length);
  return length <= MAX_TEXT ? g_variant_ref (value) : NULL;
}

static GVariant *
check_line (const struct limn_key *key, GVariant *value)
{
  const char *text = g_variant_get_string (value, NULL);
  GString *line = g_string_new (NULL);

  for (; *text != '\0' && line->len < MAX_TEXT; text = g_utf8_next_char (text)) {
    gunichar c = g_utf8_get_char (text);
    bool good = !g_unichar_iscntrl (c) && c != 0xfffe && c != 0xffff;

    g_string_append_unichar (line, good ? c : ' ');
  }
  return g_variant_new_take_string (g_string_free (line, FALSE));
}

static GVariant *
check_choice (const struct limn_key *key, GVariant *value)
{
  bool known = limn_choice_find (key->choices, g_variant_get_string (value, NULL)) >= 0;

  return known ? g_variant_ref (value) : NULL;
}

static void
put_bool (GByteArray *out, GVariant *value)
{
  limn_put_uint (out, g_variant_get_boolean (value) ? 1 : 0);
}

static void
put_int (GByteArray *out, GVariant *value)
{
  limn_put_int (out, g_variant_get_int32 (value));
}

static void
put_double (GByteArray *out, GVariant *value)
{
  limn_put_double (out, g_variant_get_double (value));
}

static void
put_seed (GByteArray *out, GVariant *value)
{
  limn_put_uint (out, g_variant_get_uint64 (value));
}

static void
put_text (GByteArray *out, GVariant *value)
{
  limn_put_string (out, g_variant_get_string (value, NULL));
}

static GVariant *
get_bool (limn_reader *reader)
{
  return g_variant_new_boolean (limn_get_uint_max (reader, 1) != 0);
}

static GVariant *
get_int (limn_reader *reader)
{
  return g_variant_new_int32 (limn_get_int_range (reader, G_MININT32, G_MAXINT32));
}

static GVariant *
get_double (limn_reader *reader)
{
  return g_variant_new_double (limn_get_double (reader));
}

static GVariant *
get_seed (limn_reader *reader)
{
  return g_variant_new_uint64 (limn_get_uint (reader));
}

static GVariant *
get_text (limn_reader *reader)
{
  return g_variant_new_take_string (limn_get_string (reader));
}

static char *
bool_to_json (GVariant *value)
{
  return g_strdup (g_variant_get_boolean (value) ? "true" : "false");
}

static char *
int_to_json (GVariant *value)
{
  return g_strdup_printf ("%d", g_variant_get_int32 (value));
}

static char *
double_to_json (GVariant *value)
{
  return limn_format_double (g_variant_get_double (value));
}

static char *
seed_to_json (GVariant *value)
{
  return g_strdup_printf ("\"%" G_GUINT64_FORMAT "\"", g_variant_get_uint64 (value));
}

static char *
text_to_json (GVariant *value)
{
  GString *json = g_string_new (NULL);

  limn_json_append_string (json, g_variant_get_string (value, NULL));
  return g_string_free (json, FALSE);
}

static GVariant *
bool_from_json (limn_json *json)
{
  bool value;

  return limn_json_bool (json, &value) ? g_variant_new_boolean (value) : NULL;
}

static GVariant *
int_from_json (limn_json *json)
{
  double value;

  if (!limn_json_double (json, &value))
    return NULL;
  return g_variant_new_int32 ((gint32) CLAMP (value, G_MININT32, G_MAXINT32));
}

static GVariant *
double_from_json (limn_json *json)
{
  double value;

  return limn_json_double (json, &value) ? g_variant_new_double (value) : NULL;
}

static GVariant *
text_from_json (limn_json *json)
{
  g_autoptr (GString) text = g_string_new (NULL);

  return limn_json_string (json, text) ? g_variant_new_string (text->str) : NULL;
}

static GVariant *
seed_from_json (limn_json *json)
{
  g_autoptr (GString) text = g_string_new (NULL);
  guint64 seed;

  if (!limn_json_string (json, text))
    return NULL;
  if (!g_ascii_string_to_unsigned (text->str, 10, 0, G_MAXUINT64, &seed, NULL)) {
    limn_json_fail (json, "a seed was wanted");
    return NULL;
  }
  return g_variant_new_uint64 (seed);
}

static const struct {
  const char *variant;
  GVariant *(*standard) (const struct limn_key *);
  GVariant *(*check) (const struct limn_key *, GVariant *); /* NULL: all are good */
  void (*put) (GByteArray *, GVariant *);
  GVariant *(*get) (limn_reader *);
  char *(*to_json) (GVariant *);
  GVariant *(*from_json) (limn_json *);
} types[] = {
  [LIMN_TYPE_BOOL] = { "b", default_bool, NULL, put_bool, get_bool, bool_to_json, bool_from_json },
  [LIMN_TYPE_INT] = { "i", default_int, check_int, put_int, get_int, int_to_json, int_from_json },
  [LIMN_TYPE_DOUBLE] = { "d", default_double, check_double, put_double, get_double, double_to_json,
                         double_from_json },
  [LIMN_TYPE_SEED] = { "t", default_seed, NULL, put_seed, get_seed, seed_to_json, seed_from_json },
  [LIMN_TYPE_TEXT] = { "s", default_text, check_text, put_text, get_text, text_to_json,
                       text_from_json },
  [LIMN_TYPE_LINE] = { "s", default_text, check_line, put_text, get_text, text_to_json,
                       text_from_json },
  [LIMN_TYPE_CHOICE] = { "s", default_text, check_choice, put_text, get_text, text_to_json,
                         text_from_json },
};
G_STATIC_ASSERT (G_N_ELEMENTS (types) == LIMN_N_TYPES);

GVariant *
limn_key_default (const struct limn_key *key)
{
  return g_variant_ref_sink (types[key->type].standard (key));
}

GVariant *
limn_key_check (const struct limn_key *key, GVariant *value)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (value);
  GVariant *checked;

  if (!g_str_equal (g_variant_get_type_string (owned), types[key->type].variant))
    return NULL;
  if (types[key->type].check == NULL)
    return g_steal_pointer (&owned);
  checked = types[key->type].check (key, owned);
  return checked != NULL ? g_variant_take_ref (checked) : NULL;
}

void
limn_put_value (GByteArray *out, const struct limn_key *key, GVariant *value)
{
  types[key->type].put (out, value);
}

GVariant *
limn_get_value (limn_reader *reader, const struct limn_key *key)
{
  GVariant *value = limn_key_check (key, types[key->type].get (reader));

  if (value == NULL || reader->bad) {
    reader->bad = true;
    g_clear_pointer (&value, g_variant_unref);
  }
  return value;
}

char *
limn_value_to_json (const struct limn_key *key, GVariant *value)
{
  return types[key->type].to_json (value);
}

GVariant *
limn_value_from_json (limn_json *json, const struct limn_key *key)
{
  GVariant *value = types[key->type].from_json (json);

  return value != NULL ? limn_key_check (key, value) : NULL;
}
