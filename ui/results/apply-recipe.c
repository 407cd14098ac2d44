/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "results/apply-recipe.h"

#include <glib/gi18n.h>
#include <string.h>

#include "number.h"
#include "prompt/models.h"

/* What reading and applying share. */
struct applying {
  const limn_recipe *recipe;
  LimnDocument *document;
  GPtrArray *unused; /* of char *: phrases */
};

/* --- settings --- */

/* No step for what is so already. Consumes a floating @value. */
static void
set (const struct applying *applying, limn_setting setting, GVariant *value)
{
  GVariant *checked = limn_key_check (&limn_settings[setting], value);

  if (checked == NULL)
    return;
  if (!g_variant_equal (checked, limn_document_get_value (applying->document, setting)))
    limn_document_set_value (applying->document, setting, checked, 0);
  g_variant_unref (checked);
}

static void
set_text (const struct applying *applying, limn_setting setting, const char *text)
{
  set (applying, setting, g_variant_new_string (text != NULL ? text : ""));
}

/* The shortest decimal of a float, so that 7.3 stays 7.3. */
static void
set_float (const struct applying *applying, limn_setting setting, float value)
{
  g_autofree char *text = limn_format_float (value);

  set (applying, setting, g_variant_new_double (g_ascii_strtod (text, NULL)));
}

static void
set_int (const struct applying *applying, limn_setting setting, int value)
{
  set (applying, setting, g_variant_new_int32 (value));
}

static void
set_bool (const struct applying *applying, limn_setting setting, bool value)
{
  set (applying, setting, g_variant_new_boolean (value));
}

G_GNUC_PRINTF (2, 3)
static void
leave_out (const struct applying *applying, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_ptr_array_add (applying->unused, g_strdup_vprintf (format, args));
  va_end (args);
}

/* The prompts of a recipe have their style in them. */
static void
apply_prompts (const struct applying *applying)
{
  const struct limn_generate_params *params = &applying->recipe->params;

  set_text (applying, LIMN_SETTING_PROMPT, params->prompt);
  set_text (applying, LIMN_SETTING_NEGATIVE, params->negative);
  set_text (applying, LIMN_SETTING_STYLE, "");
  set_text (applying, LIMN_SETTING_STYLE_PROMPT, "");
  set_text (applying, LIMN_SETTING_STYLE_NEGATIVE, "");
  if (params->plain_prompt)
    leave_out (applying, _ ("brackets as plain text"));
}

static void
apply_sampling (const struct applying *applying)
{
  const limn_recipe *recipe = applying->recipe;
  const struct limn_generate_params *params = &recipe->params;

  if (recipe->unknown_sampler != NULL)
    leave_out (applying, _ ("the sampler %s"), recipe->unknown_sampler);
  else
    set_text (applying, LIMN_SETTING_SAMPLER, limn_sampler_names[params->sampler]);
  set_text (applying, LIMN_SETTING_SCHEDULE, limn_sigmas_names[params->sigmas]);
  if (params->steps > 0)
    set_int (applying, LIMN_SETTING_STEPS, params->steps);
  if (params->cfg > 0)
    set_float (applying, LIMN_SETTING_CFG, params->cfg);
  set_float (applying, LIMN_SETTING_CFG_RESCALE, params->cfg_rescale);
  set (applying, LIMN_SETTING_ETA, g_variant_new_double (params->eta));
}

static void
apply_seed (const struct applying *applying)
{
  const limn_recipe *recipe = applying->recipe;

  if (!recipe->has_seed) {
    leave_out (applying, _ ("a seed, which it does not name"));
    return;
  }
  set (applying, LIMN_SETTING_SEED, g_variant_new_uint64 (recipe->params.seed));
  set_bool (applying, LIMN_SETTING_SEED_LOCKED, true);
  if (recipe->params.rng != LIMN_RNG_CPU)
    leave_out (applying, _ ("the noise of a graphics card"));
}

/* A size that is the canvas's follows it from then on. */
static void
apply_size (const struct applying *applying)
{
  int width = applying->recipe->params.width, height = applying->recipe->params.height;
  int canvas_width, canvas_height;

  if (width <= 0 || height <= 0)
    return;
  limn_document_get_size (applying->document, &canvas_width, &canvas_height);
  if (width == canvas_width && height == canvas_height)
    width = height = 0;
  set_int (applying, LIMN_SETTING_WIDTH, width);
  set_int (applying, LIMN_SETTING_HEIGHT, height);
}

static void
apply_passes (const struct applying *applying)
{
  const struct limn_generate_params *params = &applying->recipe->params;
  bool from_picture = applying->recipe->complete ? params->init != NULL : params->strength > 0;

  set_bool (applying, LIMN_SETTING_IMAGE_TO_IMAGE, from_picture);
  if (from_picture && params->strength > 0)
    set_float (applying, LIMN_SETTING_STRENGTH, params->strength);
  set_float (applying, LIMN_SETTING_HIRES, MAX (params->hires_scale, 1.0f));
  if (params->hires_scale > 0) {
    if (params->hires_strength > 0)
      set_float (applying, LIMN_SETTING_HIRES_STRENGTH, params->hires_strength);
    set_int (applying, LIMN_SETTING_HIRES_STEPS, params->hires_steps);
    set_text (applying, LIMN_SETTING_HIRES_UPSCALE, limn_upscale_names[params->hires_upscale]);
  }
  if (params->mask != NULL)
    leave_out (applying, _ ("the mask"));
  if (params->n_guides > 0)
    leave_out (applying, _ ("guides"));
}

/* --- the model --- */

static char *
stem (const char *name)
{
  g_autofree char *base = g_path_get_basename (name);
  char *dot = strrchr (base, '.');

  if (dot != NULL && (g_str_has_suffix (base, ".safetensors") || g_str_has_suffix (base, ".gguf") ||
                      g_str_has_suffix (base, ".ckpt")))
    *dot = '\0';
  return g_utf8_casefold (base, -1);
}

static bool
same_path (const char *a, const char *b)
{
  g_autofree char *first = g_canonicalize_filename (a, NULL);
  g_autofree char *second = g_canonicalize_filename (b, NULL);

  return g_str_equal (first, second);
}

/* Whether the model of a setting lies at @path, or, where that is NULL, is called @name. */
static bool
is_model (const char *model, const char *path, const char *name)
{
  g_autofree char *place = limn_models_resolve (model);
  g_autofree char *found = NULL;
  g_autofree char *wanted = NULL;

  if (path != NULL)
    return same_path (place, path);
  found = stem (place);
  wanted = stem (name);
  return g_str_equal (found, wanted);
}

/* The setting for it, or NULL; the caller frees it. */
static char *
known_model (const char *path, const char *name)
{
  GListModel *models = G_LIST_MODEL (limn_models_get_default ());

  for (guint i = 0; i < g_list_model_get_n_items (models); i++) {
    g_autoptr (LimnModelEntry) entry = g_list_model_get_item (models, i);
    const char *model = limn_model_entry_get_model (entry);

    if (is_model (model, path, name))
      return g_strdup (model);
  }
  return NULL;
}

static void
apply_model (const struct applying *applying)
{
  const struct limn_recipe_file *file = &applying->recipe->model;
  g_autofree char *path = file->path != NULL ? limn_recipe_path_from_text (file->path) : NULL;
  g_autofree char *model = path != NULL ? known_model (path, NULL) : NULL;

  if (model == NULL && path != NULL && g_file_test (path, G_FILE_TEST_EXISTS))
    model = g_canonicalize_filename (path, NULL);
  if (model == NULL && file->name != NULL)
    model = known_model (NULL, file->name);
  if (model != NULL) {
    set_text (applying, LIMN_SETTING_MODEL, model);
  } else if (file->name != NULL) {
    g_autofree char *shown = limn_file_escape (file->name, -1);

    leave_out (applying, _ ("the model “%s”, which is not there"), shown);
  }
}

/* --- control layers --- */

static void
set_layer (const struct applying *applying,
           const limn_layer *layer,
           limn_layer_key key,
           GVariant *value)
{
  GVariant *checked = limn_key_check (&limn_layer_keys[key], value);

  if (checked == NULL)
    return;
  if (!g_variant_equal (checked, layer->values[key]))
    limn_document_set_layer (applying->document, layer->id, key, checked, 0);
  g_variant_unref (checked);
}

static void
set_layer_float (const struct applying *applying,
                 const limn_layer *layer,
                 limn_layer_key key,
                 float value)
{
  g_autofree char *text = limn_format_float (value);

  set_layer (applying, layer, key, g_variant_new_double (g_ascii_strtod (text, NULL)));
}

/* The @nth layer from below that feeds @type. */
static const limn_layer *
find_layer (LimnDocument *document, const char *type, guint nth)
{
  for (guint i = 0; i < limn_document_n_layers (document); i++) {
    const limn_layer *layer = limn_document_layer (document, i);

    if (g_str_equal (limn_layer_get_text (layer, LIMN_LAYER_CONTROL), type) && nth-- == 0)
      return layer;
  }
  return NULL;
}

static void
apply_controls (const struct applying *applying)
{
  const struct limn_generate_params *params = &applying->recipe->params;

  for (gsize i = 0; i < params->n_controls; i++) {
    const struct limn_control *control = &params->controls[i];
    const limn_layer *layer;
    guint nth = 0;

    for (gsize k = 0; k < i; k++)
      nth += g_str_equal (params->controls[k].type, control->type) ? 1 : 0;
    layer = find_layer (applying->document, control->type, nth);
    if (layer == NULL) {
      g_autofree char *shown = limn_file_escape (control->type, -1);

      leave_out (applying, _ ("a layer that feeds “%s”"), shown);
      continue;
    }
    set_layer_float (applying, layer, LIMN_LAYER_WEIGHT, control->weight);
    set_layer_float (applying, layer, LIMN_LAYER_START, control->start);
    set_layer_float (applying, layer, LIMN_LAYER_END, control->end);
    set_layer (applying, layer, LIMN_LAYER_MODE,
               g_variant_new_string (limn_mode_names[control->mode]));
  }
}

/* The window has none yet. */
static void
leave_loras (const struct applying *applying)
{
  for (gsize i = 0; i < applying->recipe->n_loras; i++) {
    g_autofree char *shown = limn_file_escape (applying->recipe->loras[i].file.name, -1);

    leave_out (applying, _ ("the LoRA “%s”"), shown);
  }
}

/* --- all of it --- */

/* Phrases of the command line end in the option that helps there. */
static void
add_foreign (const struct applying *applying)
{
  for (guint i = 0; i < applying->recipe->unused->len; i++) {
    const char *phrase = applying->recipe->unused->pdata[i];
    const char *hint = strstr (phrase, " (say --");

    leave_out (applying, "%.*s", hint != NULL ? (int) (hint - phrase) : (int) strlen (phrase),
               phrase);
  }
}

char *
limn_recipe_apply (const limn_recipe *recipe, LimnDocument *document)
{
  g_autoptr (GPtrArray) unused = g_ptr_array_new_with_free_func (g_free);
  const struct applying applying = { recipe, document, unused };
  g_autofree char *list = NULL;

  if (limn_document_is_drawing (document))
    return g_strdup (_ ("Settings cannot change while a stroke is drawn"));
  limn_document_begin_group (document);
  apply_prompts (&applying);
  apply_model (&applying);
  apply_sampling (&applying);
  apply_seed (&applying);
  apply_size (&applying);
  apply_passes (&applying);
  apply_controls (&applying);
  leave_loras (&applying);
  limn_document_end_group (document);
  add_foreign (&applying);
  if (unused->len == 0)
    return NULL;
  g_ptr_array_add (unused, NULL);
  list = g_strjoinv (_ (", "), (char **) unused->pdata);
  return g_strdup_printf (_ ("The settings are in use, but without: %s"), list);
}
