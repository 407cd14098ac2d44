/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "recipe-options.h"

#include <string.h>

#include "control.h"
#include "guide.h"
#include "number.h"

/* --- from options --- */

static const char *
keep (limn_recipe *recipe, const char *text)
{
  return g_string_chunk_insert (recipe->strings, text);
}

static bool
set_file (limn_recipe *recipe, struct limn_recipe_file *file, const char *path, GError **error)
{
  g_autofree char *whole = g_canonicalize_filename (path, NULL);
  g_autofree char *base = g_path_get_basename (whole);
  g_autofree char *name = g_utf8_make_valid (base, -1);
  g_autofree char *text = limn_recipe_path_to_text (path);
  g_autofree char *fingerprint = limn_recipe_fingerprint (path, error);

  if (fingerprint == NULL)
    return false;
  file->path = keep (recipe, text);
  file->name = keep (recipe, name);
  file->fingerprint = keep (recipe, fingerprint);
  return true;
}

/* Where the weights for @type are: the last option that names them, or the model's folder. */
static char *
control_path (const struct limn_generate_options *options, const char *type, bool *own)
{
  g_autofree char *folder = g_strconcat ("controlnet-", type, NULL);

  *own = false;
  for (guint i = options->controlnets->len; i > 0; i--) {
    const struct limn_controlnet_spec *spec = g_ptr_array_index (options->controlnets, i - 1);

    if (g_str_equal (spec->type, type))
      return g_strdup (spec->folder);
  }
  *own = true;
  return g_build_filename (options->model, folder, NULL);
}

static bool
has_controlnet (const limn_recipe *recipe, const char *type)
{
  for (guint i = 0; i < recipe->owned_controlnets->len; i++)
    if (g_str_equal (g_array_index (recipe->owned_controlnets, struct limn_recipe_file, i).type,
                     type))
      return true;
  return false;
}

static bool
add_controlnet (limn_recipe *recipe,
                const struct limn_generate_options *options,
                const char *type,
                GError **error)
{
  bool own;
  g_autofree char *path = control_path (options, type, &own);
  struct limn_recipe_file file = { .type = type };

  if (!set_file (recipe, &file, path, error))
    return false;
  if (own)
    file.path = NULL;
  g_array_append_val (recipe->owned_controlnets, file);
  return true;
}

static bool
add_loras (limn_recipe *recipe, const struct limn_generate_options *options, GError **error)
{
  for (guint i = 0; i < options->loras->len; i++) {
    const struct limn_lora_spec *spec = g_ptr_array_index (options->loras, i);
    struct limn_recipe_lora lora = { .strength = (float) spec->strength };

    if (!set_file (recipe, &lora.file, spec->path, error))
      return false;
    g_array_append_val (recipe->owned_loras, lora);
  }
  recipe->loras = (const void *) recipe->owned_loras->data;
  recipe->n_loras = recipe->owned_loras->len;
  return true;
}

limn_recipe *
limn_recipe_for (const struct limn_generate_options *options, const char *device, GError **error)
{
  g_autoptr (limn_recipe) recipe = limn_recipe_new ();

  if (!set_file (recipe, &recipe->model, options->model, error))
    return NULL;
  for (guint i = 0; i < options->controls->len; i++) {
    const struct limn_control_spec *spec = g_ptr_array_index (options->controls, i);

    if (!has_controlnet (recipe, spec->type) &&
        !add_controlnet (recipe, options, spec->type, error))
      return NULL;
  }
  recipe->controlnets = (const void *) recipe->owned_controlnets->data;
  recipe->n_controlnets = recipe->owned_controlnets->len;
  if (!add_loras (recipe, options, error))
    return NULL;
  recipe->prediction = options->prediction;
  recipe->precision = options->precision;
  recipe->device = keep (recipe, device);
  recipe->has_seed = true;
  return g_steal_pointer (&recipe);
}

/* --- to options --- */

static void
add_controls (struct limn_generate_options *options, const struct limn_generate_params *params)
{
  for (gsize i = 0; i < params->n_controls; i++) {
    const struct limn_control *control = &params->controls[i];
    struct limn_control_spec *spec = limn_control_spec_new (control->type, NULL);

    spec->image = control->image;
    spec->weight = control->weight;
    spec->start = control->start;
    spec->end = control->end;
    spec->mode = control->mode;
    g_ptr_array_add (options->controls, spec);
  }
}

static void
add_guides (struct limn_generate_options *options, const struct limn_generate_params *params)
{
  for (gsize i = 0; i < params->n_guides; i++) {
    const struct limn_guide *guide = &params->guides[i];
    struct limn_guide_spec *spec = g_new0 (struct limn_guide_spec, 1);

    spec->kind = guide->kind;
    memcpy (spec->colour, guide->colour, sizeof spec->colour);
    spec->brightness = guide->brightness;
    spec->image = guide->drawing;
    spec->x = guide->x;
    spec->y = guide->y;
    spec->width = guide->width;
    spec->height = guide->height;
    spec->weight = guide->weight;
    g_ptr_array_add (options->guides, spec);
  }
}

/* The shortest decimal of a float, so that 7.3 stays 7.3. */
static double
widen (float value)
{
  g_autofree char *text = limn_format_float (value);

  return g_ascii_strtod (text, NULL);
}

static void
copy_params (struct limn_generate_options *options, const struct limn_generate_params *params)
{
  options->prompt = g_strdup (params->prompt != NULL ? params->prompt : "");
  options->negative = g_strdup (params->negative != NULL ? params->negative : "");
  options->plain_prompt = params->plain_prompt;
  options->sampler = params->sampler;
  options->sigmas = params->sigmas;
  options->rng = params->rng;
  options->seed = params->seed;
  options->steps = params->steps;
  options->width = params->width;
  options->height = params->height;
  options->cfg = widen (params->cfg);
  options->cfg_rescale = widen (params->cfg_rescale);
  options->eta = params->eta;
  options->init_image = params->init;
  options->mask_image = params->mask;
  options->mask_blur = params->mask_blur;
  if (params->strength > 0)
    options->strength = widen (params->strength);
  options->hires_scale = widen (params->hires_scale);
  if (params->hires_strength > 0)
    options->hires_strength = widen (params->hires_strength);
  options->hires_steps = params->hires_steps;
  options->hires_upscale = params->hires_upscale;
  options->vae_tile = params->vae_tile;
}

static void
put_loras (struct limn_generate_options *options, const limn_recipe *recipe)
{
  for (gsize i = 0; i < recipe->n_loras; i++)
    limn_generate_options_add_lora (options,
                                    limn_recipe_path_from_text (recipe->loras[i].file.path),
                                    widen (recipe->loras[i].strength));
}

/* Takes @recipe. Its ControlNets are added later, when it is known which are in use. */
static struct limn_generate_options *
base_options (limn_recipe *recipe)
{
  struct limn_generate_options *options = limn_generate_options_new ();

  copy_params (options, &recipe->params);
  add_controls (options, &recipe->params);
  add_guides (options, &recipe->params);
  put_loras (options, recipe);
  options->has_seed = recipe->has_seed;
  options->prediction = recipe->prediction;
  options->precision = recipe->precision;
  if (recipe->complete && recipe->model.path != NULL)
    options->model = limn_recipe_path_from_text (recipe->model.path);
  if (recipe->unknown_sampler != NULL)
    options->sampler = LIMN_N_SAMPLERS;
  options->recipe = recipe;
  return options;
}

static bool
check_sampler (const struct limn_generate_options *options, GError **error)
{
  g_autofree char *names = NULL;

  if (options->sampler != LIMN_N_SAMPLERS)
    return true;
  names = g_strjoinv (", ", (char **) limn_sampler_names);
  limn_file_set_error (error, LIMN_ERROR_FORMAT, options->from,
                       "its sampler \"%s\" is not there; say --sampler with one of %s",
                       options->recipe->unknown_sampler, names);
  return false;
}

static bool
uses_control (const struct limn_generate_options *options, const char *type)
{
  for (guint i = 0; i < options->controls->len; i++) {
    const struct limn_control_spec *spec = g_ptr_array_index (options->controls, i);

    if (g_str_equal (spec->type, type))
      return true;
  }
  return false;
}

/* A ControlNet of the recipe that no option replaces: where the recipe says, and what it says. With
 * another model, its own ControlNets are right. */
static bool
check_controlnet (struct limn_generate_options *options,
                  const struct limn_recipe_file *file,
                  bool same_model,
                  GError **error)
{
  bool own;
  g_autofree char *path = control_path (options, file->type, &own);
  struct limn_controlnet_spec *spec;

  if (!own || !uses_control (options, file->type) || (file->path == NULL && !same_model))
    return true;
  if (file->path != NULL) {
    g_free (path);
    path = limn_recipe_path_from_text (file->path);
  }
  if (!limn_recipe_check_file (file, "ControlNet", path, options->from, error))
    return false;
  if (file->path == NULL)
    return true;
  spec = g_new0 (struct limn_controlnet_spec, 1);
  spec->type = g_strdup (file->type);
  spec->folder = g_steal_pointer (&path);
  g_ptr_array_add (options->controlnets, spec);
  return true;
}

static bool
check_files (struct limn_generate_options *options, bool same_model, GError **error)
{
  const limn_recipe *recipe = options->recipe;

  if (same_model && recipe->model.path != NULL &&
      !limn_recipe_check_file (&recipe->model, "model", options->model, options->from, error))
    return false;
  for (gsize i = 0; i < recipe->n_loras && !options->loras_given; i++) {
    const struct limn_lora_spec *spec = g_ptr_array_index (options->loras, i);

    if (!limn_recipe_check_file (&recipe->loras[i].file, "LoRA", spec->path, options->from, error))
      return false;
  }
  for (gsize i = 0; i < recipe->n_controlnets; i++)
    if (!check_controlnet (options, &recipe->controlnets[i], same_model, error))
      return false;
  return true;
}

/* A recipe's seed names the same file again, which nobody means to lose. */
static bool
check_out (const struct limn_generate_options *options, GError **error)
{
  g_autofree char *from = g_canonicalize_filename (options->from, NULL);

  for (int i = 0; options->out == NULL && i < options->count; i++) {
    g_autofree char *path = limn_generate_options_out (options, i);
    g_autofree char *out = g_canonicalize_filename (path, NULL);

    if (g_str_equal (out, from)) {
      limn_file_set_error (error, LIMN_ERROR_ARGUMENT, options->from,
                           "would be replaced by the new picture; say --out");
      return false;
    }
  }
  return true;
}

static char *
take_notes (struct limn_generate_options *options, bool same_model)
{
  limn_recipe *recipe = options->recipe;
  GPtrArray *unused = recipe->unused;

  if (!recipe->complete && recipe->model.name != NULL && same_model &&
      !g_str_equal (recipe->model.name, "starter")) {
    g_autofree char *name = limn_file_escape (recipe->model.name, -1);

    limn_recipe_unused (recipe, "the model %s (say --model)", name);
  }
  if (unused->len == 0)
    return NULL;
  g_ptr_array_add (unused, NULL);
  return g_strjoinv (", ", (char **) unused->pdata);
}

struct limn_generate_options *
limn_recipe_options (
    const struct limn_generate_options *first, int argc, char **argv, char **notes, GError **error)
{
  limn_recipe *recipe = limn_recipe_load (first->from, error);
  struct limn_generate_options *options;
  bool same_model;

  if (recipe == NULL)
    return NULL;
  options = limn_generate_options_parse_over (base_options (recipe), argc, argv, error);
  if (options == NULL)
    return NULL;
  same_model = !options->model_given;
  if (!check_sampler (options, error) || !check_files (options, same_model, error) ||
      !check_out (options, error)) {
    limn_generate_options_free (options);
    return NULL;
  }
  *notes = take_notes (options, same_model);
  return options;
}
