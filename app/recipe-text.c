/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "recipe-text.h"

#include <string.h>

#include "json-writer.h"
#include "number.h"

#define NEGATIVE "Negative prompt:"
#define OURS "Limn"

/* A1111's names for the same things. */
static const char *const sampler_names[LIMN_N_SAMPLERS] = {
  [LIMN_SAMPLER_DDIM] = "DDIM",         [LIMN_SAMPLER_EULER] = "Euler",
  [LIMN_SAMPLER_DPMPP_2M] = "DPM++ 2M", [LIMN_SAMPLER_DDPM] = "DDPM",
  [LIMN_SAMPLER_HEUN] = "Heun",         [LIMN_SAMPLER_EULER_ANCESTRAL] = "Euler a",
  [LIMN_SAMPLER_UNIPC] = "UniPC",       [LIMN_SAMPLER_DPMPP_2M_SDE] = "DPM++ 2M SDE",
  [LIMN_SAMPLER_LCM] = "LCM",
};

static const char *const schedule_names[LIMN_N_SIGMAS] = {
  [LIMN_SIGMAS_DEFAULT] = "Automatic",    [LIMN_SIGMAS_UNIFORM] = "Uniform",
  [LIMN_SIGMAS_KARRAS] = "Karras",        [LIMN_SIGMAS_EXPONENTIAL] = "Exponential",
  [LIMN_SIGMAS_AYS] = "Align Your Steps",
};

/* "GPU", which is the same noise made by the card itself, is never written there. */
static const char *const rng_names[LIMN_N_RNGS] = {
  [LIMN_RNG_CPU] = "CPU",
  [LIMN_RNG_CUDA] = "NV",
};

/* "None" resizes the picture; all others but the latent ones are networks. */
static const char *const upscaler_names[LIMN_N_UPSCALES] = {
  [LIMN_UPSCALE_LATENT] = "Latent",
  [LIMN_UPSCALE_PICTURE] = "None",
};

static const char *const control_mode_names[LIMN_N_CONTROL_MODES] = {
  [LIMN_CONTROL_BALANCED] = "Balanced",
  [LIMN_CONTROL_PROMPT] = "My prompt is more important",
  [LIMN_CONTROL_CONTROL] = "ControlNet is more important",
};

/* --- writing --- */

static void
append_field (GString *text, const char *key, const char *value)
{
  if (text->len > 0 && text->str[text->len - 1] != '\n')
    g_string_append (text, ", ");
  g_string_append_printf (text, "%s: ", key);
  if (strpbrk (value, ",:\n") != NULL)
    limn_json_append_string (text, value);
  else
    g_string_append (text, value);
}

static void
append_int (GString *text, const char *key, int value)
{
  g_autofree char *number = g_strdup_printf ("%d", value);

  append_field (text, key, number);
}

static void
append_float (GString *text, const char *key, float value)
{
  g_autofree char *number = limn_format_float (value);

  append_field (text, key, number);
}

/* A default says here what it means, since A1111's own is another one. */
static const char *
schedule_name (const struct limn_generate_params *params)
{
  bool karras =
      params->sampler == LIMN_SAMPLER_DPMPP_2M || params->sampler == LIMN_SAMPLER_DPMPP_2M_SDE;

  if (params->sigmas == LIMN_SIGMAS_DEFAULT && karras)
    return schedule_names[LIMN_SIGMAS_KARRAS];
  return schedule_names[params->sigmas];
}

/* A1111 names weights without their suffix. The caller frees it. */
static char *
stem_of (const char *name)
{
  static const char *const suffixes[] = { ".safetensors", ".gguf" };
  char *stem = g_strdup (name);

  for (gsize i = 0; i < G_N_ELEMENTS (suffixes); i++)
    if (g_str_has_suffix (stem, suffixes[i]))
      stem[strlen (stem) - strlen (suffixes[i])] = '\0';
  return stem;
}

static void
append_model (GString *text, const char *name)
{
  g_autofree char *stem = stem_of (name);

  append_field (text, "Model", stem);
}

/* They stand in the prompt there. */
static void
append_loras (GString *text, const limn_recipe *recipe)
{
  for (gsize i = 0; i < recipe->n_loras; i++) {
    g_autofree char *stem = stem_of (recipe->loras[i].file.name);
    g_autofree char *strength = limn_format_float (recipe->loras[i].strength);

    g_strdelimit (stem, "<>:\n", '_');
    g_string_append_printf (text, "%s<lora:%s:%s>", text->len > 0 ? " " : "", stem, strength);
  }
}

static void
append_hires (GString *text, const struct limn_generate_params *params)
{
  if (params->init != NULL)
    append_float (text, "Denoising strength", params->strength);
  if (params->hires_scale <= 0)
    return;
  if (params->init == NULL)
    append_float (text, "Denoising strength", params->hires_strength);
  append_float (text, "Hires upscale", params->hires_scale);
  if (params->hires_steps > 0)
    append_int (text, "Hires steps", params->hires_steps);
  append_field (text, "Hires upscaler", upscaler_names[params->hires_upscale]);
}

/* As sd-webui-controlnet writes its units; a colon or comma within a value would break its reader,
 * and a type has none. */
static void
append_controls (GString *text, const struct limn_generate_params *params)
{
  for (gsize i = 0; i < params->n_controls; i++) {
    const struct limn_control *control = &params->controls[i];
    g_autofree char *key = g_strdup_printf ("ControlNet %" G_GSIZE_FORMAT, i);
    g_autofree char *weight = limn_format_float (control->weight);
    g_autofree char *start = limn_format_float (control->start);
    g_autofree char *end = limn_format_float (control->end);
    g_autofree char *value = g_strdup_printf (
        "Module: none, Model: %s, Weight: %s, Resize Mode: Resize and Fill, Guidance Start: %s, "
        "Guidance End: %s, Pixel Perfect: False, Control Mode: %s",
        control->type, weight, start, end, control_mode_names[control->mode]);

    append_field (text, key, value);
  }
}

char *
limn_recipe_to_text (const limn_recipe *recipe)
{
  const struct limn_generate_params *params = &recipe->params;
  GString *text = g_string_new (params->prompt);
  g_autofree char *seed = g_strdup_printf ("%" G_GUINT64_FORMAT, params->seed);
  g_autofree char *size = g_strdup_printf ("%dx%d", params->width, params->height);
  g_autofree char *eta = limn_format_double (params->eta);

  append_loras (text, recipe);
  if (params->negative != NULL && *params->negative != '\0')
    g_string_append_printf (text, "%s" NEGATIVE " %s", text->len > 0 ? "\n" : "", params->negative);
  if (text->len > 0)
    g_string_append_c (text, '\n');
  append_int (text, "Steps", params->steps);
  append_field (text, "Sampler", sampler_names[params->sampler]);
  append_field (text, "Schedule type", schedule_name (params));
  append_float (text, "CFG scale", params->cfg);
  append_field (text, "Seed", seed);
  append_field (text, "Size", size);
  if (recipe->model.name != NULL)
    append_model (text, recipe->model.name);
  append_field (text, "RNG", rng_names[params->rng]);
  append_hires (text, params);
  if (params->eta > 0)
    append_field (text, "Eta DDIM", eta);
  if (params->mask != NULL && params->mask_blur > 0)
    append_int (text, "Mask blur", params->mask_blur);
  if (params->cfg_rescale > 0)
    append_float (text, "CFG Rescale", params->cfg_rescale);
  if (params->plain_prompt)
    append_field (text, "Emphasis", "None");
  append_controls (text, params);
  append_field (text, "Version", OURS " " LIMN_VERSION);
  return g_string_free (text, FALSE);
}
