/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "recipe.h"

#include <string.h>

#include "recipe-json.h"
#include "recipe-text.h"

#define DEFAULT_STEPS 20
#define DEFAULT_CFG 7
#define MAX_TEXT (1 << 20)

limn_recipe *
limn_recipe_new (void)
{
  limn_recipe *recipe = g_new0 (limn_recipe, 1);

  recipe->params.steps = DEFAULT_STEPS;
  recipe->params.cfg = DEFAULT_CFG;
  recipe->prediction = -1;
  recipe->unused = g_ptr_array_new_with_free_func (g_free);
  recipe->strings = g_string_chunk_new (256);
  recipe->images = g_ptr_array_new_with_free_func ((GDestroyNotify) limn_image_free);
  recipe->owned_controls = g_array_new (FALSE, TRUE, sizeof (struct limn_control));
  recipe->owned_guides = g_array_new (FALSE, TRUE, sizeof (struct limn_guide));
  recipe->owned_controlnets = g_array_new (FALSE, TRUE, sizeof (struct limn_recipe_file));
  recipe->owned_loras = g_array_new (FALSE, TRUE, sizeof (struct limn_recipe_lora));
  return recipe;
}

void
limn_recipe_free (limn_recipe *recipe)
{
  if (recipe == NULL)
    return;
  g_ptr_array_unref (recipe->unused);
  g_string_chunk_free (recipe->strings);
  g_ptr_array_unref (recipe->images);
  g_array_unref (recipe->owned_controls);
  g_array_unref (recipe->owned_guides);
  g_array_unref (recipe->owned_controlnets);
  g_array_unref (recipe->owned_loras);
  g_free (recipe);
}

void
limn_recipe_unused (limn_recipe *recipe, const char *format, ...)
{
  va_list args;
  char *phrase;

  va_start (args, format);
  phrase = g_strdup_vprintf (format, args);
  va_end (args);
  g_ptr_array_add (recipe->unused, phrase);
}

/* --- files --- */

/* What other programs leave in a PNG; the first that is there names the file's origin. */
static const struct {
  const char *key, *has;
} foreign_keys[] = {
  { "invokeai_metadata", "settings of InvokeAI" },
  { "sd-metadata", "settings of InvokeAI" },
  { "Dream", "settings of InvokeAI" },
  { "workflow", "a workflow of ComfyUI" },
  { "prompt", "a workflow of ComfyUI" },
  { "fooocus_scheme", "settings of Fooocus" },
  { "Comment", "a comment, as NovelAI writes its settings" },
  { "XML:com.adobe.xmp", "XMP metadata" },
};

static const char *
foreign_content (const GPtrArray *texts)
{
  const char *parameters = limn_png_texts_find (texts, LIMN_RECIPE_TEXT);

  if (parameters != NULL && *parameters == '{')
    return "settings in JSON, as Fooocus and SwarmUI write them";
  for (gsize i = 0; i < G_N_ELEMENTS (foreign_keys); i++)
    if (limn_png_texts_find (texts, foreign_keys[i].key) != NULL)
      return foreign_keys[i].has;
  for (guint i = 0; i < texts->len; i++)
    if (((const struct limn_png_entry *) texts->pdata[i])->value == NULL)
      return "a text chunk that is broken";
  return texts->len > 0 ? "other texts" : "no text at all";
}

static limn_recipe *
from_text (const char *text)
{
  limn_recipe *recipe = limn_recipe_new ();

  limn_recipe_from_text (recipe, text);
  return recipe;
}

static limn_recipe *
decode_png (const void *bytes, gsize size, const char *name, GError **error)
{
  g_autoptr (GPtrArray) texts = limn_png_texts_decode (bytes, size, name, error);
  const char *text;

  if (texts == NULL)
    return NULL;
  text = limn_png_texts_find (texts, LIMN_RECIPE_KEY);
  if (text != NULL)
    return limn_recipe_from_json (text, strlen (text), name, error);
  text = limn_png_texts_find (texts, LIMN_RECIPE_TEXT);
  if (text != NULL && *text != '{' && strlen (text) <= MAX_TEXT)
    return from_text (text);
  limn_file_set_error (error, LIMN_ERROR_FORMAT, name,
                       "there is no recipe of Limn or A1111 in it, but %s",
                       foreign_content (texts));
  return NULL;
}

/* Some editors put a byte order mark first. */
static const char *
skip_mark (const char *text)
{
  return g_str_has_prefix (text, "\xef\xbb\xbf") ? text + 3 : text;
}

/* A film's metadata, or NULL for what is none that has a recipe. */
static limn_recipe *
load_film (const char *path)
{
  g_autoptr (limn_film_reader) reader = limn_film_reader_new (path, NULL);
  const char *text = reader != NULL ? limn_film_reader_recipe (reader) : NULL;

  if (text == NULL || strlen (text) > MAX_TEXT || !g_utf8_validate (text, -1, NULL) ||
      !limn_recipe_is_text (text))
    return NULL;
  return from_text (text);
}

static limn_recipe *
load_text (const char *path, const char *contents, gsize size, GError **error)
{
  g_autofree char *text = size <= MAX_TEXT ? g_strndup (contents, size) : NULL;

  if (text != NULL && strlen (text) == size && g_utf8_validate (text, -1, NULL) &&
      limn_recipe_is_text (skip_mark (text)))
    return from_text (skip_mark (text));
  limn_file_set_error (error, LIMN_ERROR_FORMAT, path,
                       "neither a PNG, a film nor a text with a recipe, which has a line that "
                       "begins with \"Steps:\"");
  return NULL;
}

static bool
is_png (const void *bytes, gsize size)
{
  static const char signature[] = "\x89PNG";

  return size >= 4 && memcmp (bytes, signature, 4) == 0;
}

limn_recipe *
limn_recipe_decode (const void *bytes, gsize size, const char *name, GError **error)
{
  if (is_png (bytes, size))
    return decode_png (bytes, size, name, error);
  return load_text (name, size > 0 ? bytes : "", size, error);
}

/* Every film has a NUL in it, and no text has. */
static bool
may_be_film (const void *bytes, gsize size)
{
  return !is_png (bytes, size) && size > 0 && memchr (bytes, 0, size) != NULL;
}

limn_recipe *
limn_recipe_load (const char *path, GError **error)
{
  g_autoptr (GMappedFile) map = limn_file_map (path, error);
  g_autoptr (limn_recipe) film = NULL;
  const void *bytes;
  gsize size;

  if (map == NULL)
    return NULL;
  bytes = g_mapped_file_get_contents (map);
  size = g_mapped_file_get_length (map);
  if (may_be_film (bytes, size) && (film = load_film (path)) != NULL)
    return g_steal_pointer (&film);
  return limn_recipe_decode (bytes, size, path, error);
}
