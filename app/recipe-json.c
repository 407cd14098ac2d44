/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "recipe-json.h"

#include <stddef.h>
#include <string.h>

#include "document/keys.h"
#include "json-writer.h"
#include "number.h"

#define MAX_ITEMS 64
#define MAX_STEPS 4000
#define MAX_SCALE 16
#define MAX_BLUR 64

/* --- what is in a recipe: one table for writing and reading --- */

typedef enum {
  MEMBER_STRING,
  MEMBER_TYPE, /* a string that becomes part of a folder's name */
  MEMBER_BOOL,
  MEMBER_INT,
  MEMBER_SEED, /* as a string: other readers round large numbers */
  MEMBER_FLOAT,
  MEMBER_DOUBLE,
  MEMBER_CHOICE, /* an int or enum: the place in @names, counted from @min */
  MEMBER_IMAGE,
  MEMBER_OBJECT,
  MEMBER_ARRAY,
} member_kind;

struct member {
  const char *key;
  member_kind kind;
  gsize offset; /* of an array: of the pointer to its items */
  double min, max;
  const char *const *names;
  const struct member *members; /* of an object or of an array's items; ends with a NULL key */
  gsize count, owner, size; /* of an array: offsets of its length and its GArray; an item's size */
};

static const char *const predictions[] = { "default", "epsilon", "v", "sample", NULL };

G_STATIC_ASSERT (sizeof (limn_sampler_kind) == sizeof (int));
G_STATIC_ASSERT (G_N_ELEMENTS (predictions) == LIMN_N_PREDICTIONS + 2);

#define AT(type, field) offsetof (struct type, field)

static const struct member file_members[] = {
  { "type", MEMBER_TYPE, AT (limn_recipe_file, type) },
  { "path", MEMBER_STRING, AT (limn_recipe_file, path) },
  { "name", MEMBER_STRING, AT (limn_recipe_file, name) },
  { "fingerprint", MEMBER_STRING, AT (limn_recipe_file, fingerprint) },
  { NULL },
};

static const struct member lora_members[] = {
  { "path", MEMBER_STRING, AT (limn_recipe_lora, file.path) },
  { "name", MEMBER_STRING, AT (limn_recipe_lora, file.name) },
  { "fingerprint", MEMBER_STRING, AT (limn_recipe_lora, file.fingerprint) },
  { "strength", MEMBER_FLOAT, AT (limn_recipe_lora, strength), -10, 10 },
  { NULL },
};

static const struct member control_members[] = {
  { "type", MEMBER_TYPE, AT (limn_control, type) },
  { "weight", MEMBER_FLOAT, AT (limn_control, weight), 0, 10 },
  { "start", MEMBER_FLOAT, AT (limn_control, start), 0, 1 },
  { "end", MEMBER_FLOAT, AT (limn_control, end), 0, 1 },
  { "mode", MEMBER_CHOICE, AT (limn_control, mode), .names = limn_mode_names },
  { "image", MEMBER_IMAGE, AT (limn_control, image) },
  { NULL },
};

static const struct member guide_members[] = {
  { "kind", MEMBER_CHOICE, AT (limn_guide, kind), .names = limn_guide_names },
  { "red", MEMBER_FLOAT, AT (limn_guide, colour[0]), 0, 1 },
  { "green", MEMBER_FLOAT, AT (limn_guide, colour[1]), 0, 1 },
  { "blue", MEMBER_FLOAT, AT (limn_guide, colour[2]), 0, 1 },
  { "brightness", MEMBER_FLOAT, AT (limn_guide, brightness), 0, 1 },
  { "x", MEMBER_FLOAT, AT (limn_guide, x), 0, 1 },
  { "y", MEMBER_FLOAT, AT (limn_guide, y), 0, 1 },
  { "width", MEMBER_FLOAT, AT (limn_guide, width), 0, 1 },
  { "height", MEMBER_FLOAT, AT (limn_guide, height), 0, 1 },
  { "weight", MEMBER_FLOAT, AT (limn_guide, weight), 0, 10 },
  { "drawing", MEMBER_IMAGE, AT (limn_guide, drawing) },
  { NULL },
};

#define PARAM(field) AT (limn_recipe, params.field)

static const struct member recipe_members[] = {
  { "prompt", MEMBER_STRING, PARAM (prompt) },
  { "negative", MEMBER_STRING, PARAM (negative) },
  { "plain_prompt", MEMBER_BOOL, PARAM (plain_prompt) },
  { "model", MEMBER_OBJECT, AT (limn_recipe, model), .members = file_members },
  { "controlnets", MEMBER_ARRAY, AT (limn_recipe, controlnets), .members = file_members,
    .count = AT (limn_recipe, n_controlnets), .owner = AT (limn_recipe, owned_controlnets),
    .size = sizeof (struct limn_recipe_file) },
  { "loras", MEMBER_ARRAY, AT (limn_recipe, loras), .members = lora_members,
    .count = AT (limn_recipe, n_loras), .owner = AT (limn_recipe, owned_loras),
    .size = sizeof (struct limn_recipe_lora) },
  { "prediction", MEMBER_CHOICE, AT (limn_recipe, prediction), -1, .names = predictions },
  { "precision", MEMBER_CHOICE, AT (limn_recipe, precision), .names = limn_precision_names },
  { "device", MEMBER_STRING, AT (limn_recipe, device) },
  { "width", MEMBER_INT, PARAM (width), 1, LIMN_MAX_SIDE },
  { "height", MEMBER_INT, PARAM (height), 1, LIMN_MAX_SIDE },
  { "seed", MEMBER_SEED, PARAM (seed) },
  { "rng", MEMBER_CHOICE, PARAM (rng), .names = limn_rng_names },
  { "sampler", MEMBER_CHOICE, PARAM (sampler), .names = limn_sampler_names },
  { "sigmas", MEMBER_CHOICE, PARAM (sigmas), .names = limn_sigmas_names },
  { "steps", MEMBER_INT, PARAM (steps), 1, MAX_STEPS },
  { "cfg", MEMBER_FLOAT, PARAM (cfg), 1, 100 },
  { "cfg_rescale", MEMBER_FLOAT, PARAM (cfg_rescale), 0, 1 },
  { "eta", MEMBER_DOUBLE, PARAM (eta), 0, 1 },
  { "strength", MEMBER_FLOAT, PARAM (strength), 0, 1 },
  { "hires_scale", MEMBER_FLOAT, PARAM (hires_scale), 0, MAX_SCALE },
  { "hires_strength", MEMBER_FLOAT, PARAM (hires_strength), 0, 1 },
  { "hires_steps", MEMBER_INT, PARAM (hires_steps), 0, MAX_STEPS },
  { "hires_upscale", MEMBER_CHOICE, PARAM (hires_upscale), .names = limn_upscale_names },
  { "vae_tile", MEMBER_INT, PARAM (vae_tile), LIMN_VAE_WHOLE, LIMN_MAX_SIDE },
  { "controls", MEMBER_ARRAY, PARAM (controls), .members = control_members,
    .count = PARAM (n_controls), .owner = AT (limn_recipe, owned_controls),
    .size = sizeof (struct limn_control) },
  { "guides", MEMBER_ARRAY, PARAM (guides), .members = guide_members, .count = PARAM (n_guides),
    .owner = AT (limn_recipe, owned_guides), .size = sizeof (struct limn_guide) },
  { "init", MEMBER_IMAGE, PARAM (init) },
  { "mask", MEMBER_IMAGE, PARAM (mask) },
  { "mask_blur", MEMBER_INT, PARAM (mask_blur), 0, MAX_BLUR },
  { NULL },
};

#define FIELD(type, base, offset) (*(type *) (void *) ((char *) (base) + (offset)))
#define CONST_FIELD(type, base, offset)                                                            \
  (*(type const *) (const void *) ((const char *) (base) + (offset)))

/* --- writing --- */

static bool
write_members (GString *json, const struct member *members, const void *base, GError **error);

static bool
write_image (GString *json, const char *key, const limn_image *image, GError **error)
{
  g_autoptr (GByteArray) bytes = NULL;
  g_autofree char *text = NULL;

  if (image == NULL) {
    limn_json_write_string (json, key, NULL);
    return true;
  }
  bytes = limn_png_encode (image, error);
  if (bytes == NULL)
    return false;
  text = g_base64_encode (bytes->data, bytes->len);
  limn_json_write_string (json, key, text);
  return true;
}

static bool
write_object (GString *json, const struct member *members, const void *base, GError **error)
{
  g_string_append_c (json, '{');
  if (!write_members (json, members, base, error))
    return false;
  limn_json_write_end (json);
  return true;
}

static bool
write_array (GString *json, const struct member *member, const void *base, GError **error)
{
  const char *items = CONST_FIELD (char *, base, member->offset);
  gsize count = CONST_FIELD (gsize, base, member->count);

  limn_json_write_raw (json, member->key, "[");
  for (gsize i = 0; i < count; i++) {
    if (i > 0)
      g_string_append_c (json, ',');
    if (!write_object (json, member->members, items + i * member->size, error))
      return false;
  }
  g_string_append_c (json, ']');
  return true;
}

static void
write_number (GString *json, const char *key, char *number)
{
  limn_json_write_raw (json, key, number);
  g_free (number);
}

static bool
write_member (GString *json, const struct member *member, const void *base, GError **error)
{
  const char *key = member->key;
  gsize at = member->offset;
  g_autofree char *text = NULL;

  switch (member->kind) {
  case MEMBER_STRING:
  case MEMBER_TYPE:
    limn_json_write_string (json, key, CONST_FIELD (char *, base, at));
    break;
  case MEMBER_BOOL:
    limn_json_write_raw (json, key, CONST_FIELD (bool, base, at) ? "true" : "false");
    break;
  case MEMBER_INT:
    write_number (json, key, g_strdup_printf ("%d", CONST_FIELD (int, base, at)));
    break;
  case MEMBER_SEED:
    text = g_strdup_printf ("%" G_GUINT64_FORMAT, CONST_FIELD (guint64, base, at));
    limn_json_write_string (json, key, text);
    break;
  case MEMBER_FLOAT:
    write_number (json, key, limn_format_float (CONST_FIELD (float, base, at)));
    break;
  case MEMBER_DOUBLE:
    write_number (json, key, limn_format_double (CONST_FIELD (double, base, at)));
    break;
  case MEMBER_CHOICE:
    limn_json_write_string (json, key,
                            member->names[CONST_FIELD (int, base, at) - (int) member->min]);
    break;
  case MEMBER_IMAGE:
    return write_image (json, key, CONST_FIELD (limn_image *, base, at), error);
  case MEMBER_OBJECT:
    limn_json_write_raw (json, key, "");
    return write_object (json, member->members, (const char *) base + at, error);
  case MEMBER_ARRAY:
    return write_array (json, member, base, error);
  }
  return true;
}

static bool
write_members (GString *json, const struct member *members, const void *base, GError **error)
{
  for (gsize i = 0; members[i].key != NULL; i++)
    if (!write_member (json, &members[i], base, error))
      return false;
  return true;
}

char *
limn_recipe_to_json (const limn_recipe *recipe, GError **error)
{
  GString *json = limn_json_write_begin ();
  bool good;

  limn_json_write_uint (json, "version", LIMN_RECIPE_VERSION);
  limn_json_write_string (json, "program", "Limn " LIMN_VERSION);
  good = write_members (json, recipe_members, recipe, error);
  limn_json_write_end (json);
  return g_string_free (json, !good);
}

/* --- reading --- */

struct reader {
  limn_json json;
  limn_recipe *recipe; /* owns what is read */
  const char *name;    /* of the file */
  GString *key, *text;
  bool has_version;
  GError *error; /* of a picture */
};

static bool read_object (struct reader *reader, const struct member *members, void *base);

static bool
fail (struct reader *reader, const char *problem)
{
  return limn_json_fail (&reader->json, problem);
}

static bool
read_null (struct reader *reader)
{
  return limn_json_peek (&reader->json) == 'n' && limn_json_skip (&reader->json);
}

static bool
read_string (struct reader *reader, const char **value)
{
  if (read_null (reader))
    return true;
  if (!limn_json_string (&reader->json, reader->text))
    return false;
  *value = g_string_chunk_insert (reader->recipe->strings, reader->text->str);
  return true;
}

static bool
read_type (struct reader *reader, const char **value)
{
  static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

  if (!read_string (reader, value))
    return false;
  if (*value == NULL || (**value != '\0' && (*value)[strspn (*value, good)] == '\0'))
    return true;
  return fail (reader, "a name of letters, digits, \"_\" and \"-\" was wanted");
}

static bool
read_number (struct reader *reader, const struct member *member, double *value)
{
  if (!limn_json_double (&reader->json, value))
    return false;
  /* The limits are floats that were written with few digits. */
  if (*value >= member->min && *value <= member->max)
    return true;
  return fail (reader, "a number is out of its range");
}

static bool
read_int (struct reader *reader, const struct member *member, int *value)
{
  double number;

  if (!read_number (reader, member, &number))
    return false;
  *value = (int) number;
  return *value == number || fail (reader, "a whole number was wanted");
}

static bool
read_seed (struct reader *reader, guint64 *seed)
{
  if (!limn_json_string (&reader->json, reader->text))
    return false;
  reader->recipe->has_seed =
      g_ascii_string_to_unsigned (reader->text->str, 10, 0, G_MAXUINT64, seed, NULL);
  return reader->recipe->has_seed || fail (reader, "a number of 64 bits in a string was wanted");
}

static bool
read_choice (struct reader *reader, const struct member *member, int *value)
{
  if (!limn_json_string (&reader->json, reader->text))
    return false;
  for (int i = 0; member->names[i] != NULL; i++)
    if (g_str_equal (member->names[i], reader->text->str)) {
      *value = (int) member->min + i;
      return true;
    }
  return fail (reader, "a name that is not known");
}

static bool
read_image (struct reader *reader, const limn_image **value)
{
  limn_image *image;
  gsize size;

  if (read_null (reader))
    return true;
  if (!limn_json_string (&reader->json, reader->text))
    return false;
  if (reader->text->len < 4)
    return fail (reader, "a picture was wanted");
  g_base64_decode_inplace (reader->text->str, &size);
  image = limn_png_decode (reader->text->str, size, reader->name, &reader->error);
  if (image == NULL)
    return fail (reader, "a picture is broken");
  g_ptr_array_add (reader->recipe->images, image);
  *value = image;
  return true;
}

static bool
read_array (struct reader *reader, const struct member *member, void *base)
{
  GArray *items = FIELD (GArray *, base, member->owner);
  bool first = true;

  if (!limn_json_expect (&reader->json, '['))
    return false;
  while (limn_json_next (&reader->json, ']', &first)) {
    if (items->len == MAX_ITEMS)
      return fail (reader, "too many items");
    g_array_set_size (items, items->len + 1);
    if (!read_object (reader, member->members, items->data + (items->len - 1) * member->size))
      return false;
  }
  FIELD (char *, base, member->offset) = items->len > 0 ? items->data : NULL;
  FIELD (gsize, base, member->count) = items->len;
  return reader->json.problem == NULL;
}

static bool
read_member (struct reader *reader, const struct member *member, void *base)
{
  gsize at = member->offset;
  double number;

  switch (member->kind) {
  case MEMBER_STRING:
    return read_string (reader, &FIELD (const char *, base, at));
  case MEMBER_TYPE:
    return read_type (reader, &FIELD (const char *, base, at));
  case MEMBER_BOOL:
    return limn_json_bool (&reader->json, &FIELD (bool, base, at));
  case MEMBER_INT:
    return read_int (reader, member, &FIELD (int, base, at));
  case MEMBER_SEED:
    return read_seed (reader, &FIELD (guint64, base, at));
  case MEMBER_FLOAT:
    if (!read_number (reader, member, &number))
      return false;
    FIELD (float, base, at) = (float) number;
    return true;
  case MEMBER_DOUBLE:
    return read_number (reader, member, &FIELD (double, base, at));
  case MEMBER_CHOICE:
    return read_choice (reader, member, &FIELD (int, base, at));
  case MEMBER_IMAGE:
    return read_image (reader, &FIELD (const limn_image *, base, at));
  case MEMBER_OBJECT:
    return read_object (reader, member->members, (char *) base + at);
  case MEMBER_ARRAY:
    return read_array (reader, member, base);
  }
  return false;
}

static bool
read_version (struct reader *reader)
{
  gint64 version;

  if (!limn_json_natural (&reader->json, &version))
    return false;
  reader->has_version = true;
  return version == LIMN_RECIPE_VERSION ||
         fail (reader, "a newer Limn wrote this, and this one would draw something else");
}

static bool
read_object (struct reader *reader, const struct member *members, void *base)
{
  limn_json *json = &reader->json;
  guint64 seen = 0;
  bool first = true;

  if (!limn_json_expect (json, '{'))
    return false;
  while (limn_json_next (json, '}', &first)) {
    gsize i = 0;

    if (!limn_json_string (json, reader->key) || !limn_json_expect (json, ':'))
      return false;
    while (members[i].key != NULL && !g_str_equal (members[i].key, reader->key->str))
      i++;
    if (seen & G_GUINT64_CONSTANT (1) << i && members[i].key != NULL)
      return fail (reader, "a key appears twice");
    seen |= G_GUINT64_CONSTANT (1) << i;
    if (members[i].key != NULL ? !read_member (reader, &members[i], base)
        : members == recipe_members && g_str_equal (reader->key->str, "version")
            ? !read_version (reader)
            : !limn_json_skip (json))
      return false;
  }
  return json->problem == NULL;
}

G_STATIC_ASSERT (G_N_ELEMENTS (recipe_members) <= 64);

/* What no single member shows. */
static bool
check (struct reader *reader)
{
  const struct limn_generate_params *params = &reader->recipe->params;

  for (gsize i = 0; i < params->n_controls; i++) {
    const struct limn_control *control = &params->controls[i];

    if (control->type == NULL || control->image == NULL || control->start >= control->end)
      return fail (reader, "a control lacks its type or picture, or starts after its end");
  }
  for (gsize i = 0; i < params->n_guides; i++)
    if (params->guides[i].kind == LIMN_GUIDE_EDGES && params->guides[i].drawing == NULL)
      return fail (reader, "a guide lacks its drawing");
  for (gsize i = 0; i < reader->recipe->n_controlnets; i++)
    if (reader->recipe->controlnets[i].type == NULL)
      return fail (reader, "a ControlNet lacks its type");
  for (gsize i = 0; i < reader->recipe->n_loras; i++)
    if (reader->recipe->loras[i].file.path == NULL || reader->recipe->loras[i].file.name == NULL)
      return fail (reader, "a LoRA lacks its file");
  if (params->width == 0 || params->height == 0 || !reader->recipe->has_seed ||
      !reader->has_version)
    return fail (reader, "a version, a size and a seed were wanted");
  if (params->mask != NULL && params->init == NULL)
    return fail (reader, "a mask lacks the picture that it belongs to");
  return true;
}

static void
set_error (struct reader *reader, GError **error)
{
  g_autofree char *key = limn_file_quote (reader->key->str);

  if (reader->error != NULL)
    g_propagate_prefixed_error (error, g_steal_pointer (&reader->error),
                                "a picture in the recipe is broken: ");
  else
    limn_file_set_error (error, LIMN_ERROR_FORMAT, reader->name,
                         "its recipe cannot be used, at %s: %s", key, reader->json.problem);
}

limn_recipe *
limn_recipe_from_json (const char *json, gsize length, const char *name, GError **error)
{
  g_autoptr (limn_recipe) recipe = limn_recipe_new ();
  struct reader reader = { .recipe = recipe, .name = name };
  bool good;

  reader.key = g_string_new (NULL);
  reader.text = g_string_new (NULL);
  limn_json_init (&reader.json, json, length);
  good = read_object (&reader, recipe_members, recipe) && limn_json_finish (&reader.json) &&
         check (&reader);
  if (!good)
    set_error (&reader, error);
  g_clear_error (&reader.error);
  g_string_free (reader.key, TRUE);
  g_string_free (reader.text, TRUE);
  recipe->complete = true;
  return good ? g_steal_pointer (&recipe) : NULL;
}
