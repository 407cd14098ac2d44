/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "generate-values.h"

#include <string.h>

#include "control.h"
#include "document/keys.h"
#include "generate-options.h"
#include "guide.h"
#include "number.h"

#define MAX_STEPS 4000
#define MAX_COUNT 9999

/* --- samplers --- */

/* Other programs' names, lower-case, without spaces, "_" and "-", and with "pp" for "++". */
static const struct {
  const char *name;
  limn_sampler_kind kind;
} sampler_aliases[] = {
  { "ddim", LIMN_SAMPLER_DDIM },
  { "euler", LIMN_SAMPLER_EULER },
  { "keuler", LIMN_SAMPLER_EULER },
  { "eulerdiscrete", LIMN_SAMPLER_EULER },
  { "dpmpp2m", LIMN_SAMPLER_DPMPP_2M },
  { "dpmpp2mkarras", LIMN_SAMPLER_DPMPP_2M },
  { "kdpmpp2m", LIMN_SAMPLER_DPMPP_2M },
  { "kdpmpp2mkarras", LIMN_SAMPLER_DPMPP_2M },
  { "ddpm", LIMN_SAMPLER_DDPM },
  { "eulera", LIMN_SAMPLER_EULER_ANCESTRAL },
  { "keulera", LIMN_SAMPLER_EULER_ANCESTRAL },
  { "eulerancestral", LIMN_SAMPLER_EULER_ANCESTRAL },
  { "heun", LIMN_SAMPLER_HEUN },
  { "kheun", LIMN_SAMPLER_HEUN },
  { "dpmpp2msde", LIMN_SAMPLER_DPMPP_2M_SDE },
  { "dpmpp2msdekarras", LIMN_SAMPLER_DPMPP_2M_SDE },
  { "kdpmpp2msde", LIMN_SAMPLER_DPMPP_2M_SDE },
  { "unipc", LIMN_SAMPLER_UNIPC },
  { "lcm", LIMN_SAMPLER_LCM },
};

static char *
normalise_name (const char *name)
{
  GString *text = g_string_new (NULL);

  for (; *name != '\0'; name++) {
    if (*name == '+')
      g_string_append_c (text, 'p');
    else if (strchr (" _-", *name) == NULL)
      g_string_append_c (text, g_ascii_tolower (*name));
  }
  return g_string_free (text, FALSE);
}

bool
limn_sampler_from_name (const char *name, limn_sampler_kind *kind)
{
  g_autofree char *normal = normalise_name (name);

  for (gsize i = 0; i < G_N_ELEMENTS (sampler_aliases); i++) {
    if (g_str_equal (sampler_aliases[i].name, normal)) {
      *kind = sampler_aliases[i].kind;
      return true;
    }
  }
  return false;
}

/* --- one function a kind of option --- */

static const char *const prediction_names[] = {
  [LIMN_PREDICTION_EPSILON] = "epsilon",
  [LIMN_PREDICTION_V] = "v",
  [LIMN_PREDICTION_SAMPLE] = "sample",
  NULL,
};

gboolean
limn_generate_parse_sampler (const char *option, const char *value, gpointer data, GError **error)
{
  struct limn_generate_options *options = data;
  g_autofree char *names = NULL;

  if (limn_sampler_from_name (value, &options->sampler))
    return TRUE;
  names = g_strjoinv (", ", (char **) limn_sampler_names);
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "%s is \"%s\" and must be one of %s", option, value, names);
  return FALSE;
}

/* Options that take one of a list of names; the value is an enum or an int. */
static const struct {
  const char *option;
  const char *const *names;
  gsize offset;
} choices[] = {
  { "--precision", limn_precision_names,
    G_STRUCT_OFFSET (struct limn_generate_options, precision) },
  { "--control-mode", limn_mode_names,
    G_STRUCT_OFFSET (struct limn_generate_options, control_mode) },
  { "--schedule", limn_sigmas_names, G_STRUCT_OFFSET (struct limn_generate_options, sigmas) },
  { "--rng", limn_rng_names, G_STRUCT_OFFSET (struct limn_generate_options, rng) },
  { "--prediction", prediction_names, G_STRUCT_OFFSET (struct limn_generate_options, prediction) },
  { "--hires-upscale", limn_upscale_names,
    G_STRUCT_OFFSET (struct limn_generate_options, hires_upscale) },
  { "--preview-kind", limn_preview_names,
    G_STRUCT_OFFSET (struct limn_generate_options, preview_kind) },
};

gboolean
limn_generate_parse_choice (const char *option, const char *value, gpointer data, GError **error)
{
  gsize i = 0;

  while (!g_str_equal (choices[i].option, option))
    i++;
  return limn_number_choice (option, value, choices[i].names,
                             &G_STRUCT_MEMBER (int, data, choices[i].offset), error);
}

/* Options that take a number; integers where @whole. */
static const struct {
  const char *option;
  gsize offset;
  bool whole;
  double min, max;
} numbers[] = {
#define INT(option, field, min, max)                                                               \
  {                                                                                                \
    option, G_STRUCT_OFFSET (struct limn_generate_options, field), true, min, max                  \
  }
#define DOUBLE(option, field, min, max)                                                            \
  {                                                                                                \
    option, G_STRUCT_OFFSET (struct limn_generate_options, field), false, min, max                 \
  }
  INT ("--steps", steps, 1, MAX_STEPS),
  INT ("--threads", threads, 1, 1024),
  INT ("--count", count, 1, MAX_COUNT),
  INT ("--mask-blur", mask_blur, 0, 64),
  INT ("--hires-steps", hires_steps, 1, MAX_STEPS),
  DOUBLE ("--cfg", cfg, 1, 100),
  DOUBLE ("--cfg-rescale", cfg_rescale, 0, 1),
  DOUBLE ("--eta", eta, 0, 1),
  DOUBLE ("--strength", strength, 0.001, 1),
  DOUBLE ("--hires", hires_scale, 1, 8),
  DOUBLE ("--hires-strength", hires_strength, 0.001, 1),
#undef INT
#undef DOUBLE
};

gboolean
limn_generate_parse_number (const char *option, const char *value, gpointer data, GError **error)
{
  gsize i = 0;

  while (!g_str_equal (numbers[i].option, option))
    i++;
  if (numbers[i].whole)
    return limn_number_int (option, value, (int) numbers[i].min, (int) numbers[i].max,
                            &G_STRUCT_MEMBER (int, data, numbers[i].offset), error);
  return limn_number_double (option, value, numbers[i].min, numbers[i].max,
                             &G_STRUCT_MEMBER (double, data, numbers[i].offset), error);
}

gboolean
limn_generate_parse_vae_tile (const char *option, const char *value, gpointer data, GError **error)
{
  struct limn_generate_options *options = data;

  if (g_str_equal (value, "auto"))
    options->vae_tile = 0;
  else if (g_str_equal (value, "off"))
    options->vae_tile = LIMN_VAE_WHOLE;
  else
    return limn_number_int (option, value, 64, LIMN_MAX_SIDE, &options->vae_tile, error);
  return TRUE;
}

gboolean
limn_generate_parse_control (const char *option, const char *value, gpointer data, GError **error)
{
  struct limn_generate_options *options = data;
  struct limn_control_spec *spec = limn_control_spec_parse (value, error);

  if (spec == NULL)
    return FALSE;
  g_ptr_array_add (options->controls, spec);
  return TRUE;
}

gboolean
limn_generate_parse_guide (const char *option, const char *value, gpointer data, GError **error)
{
  struct limn_generate_options *options = data;
  struct limn_guide_spec *spec = limn_guide_spec_parse (value, error);

  if (spec == NULL)
    return FALSE;
  g_ptr_array_add (options->guides, spec);
  return TRUE;
}

gboolean
limn_generate_parse_controlnet (const char *option,
                                const char *value,
                                gpointer data,
                                GError **error)
{
  struct limn_generate_options *options = data;
  struct limn_controlnet_spec *spec;
  const char *folder;
  char *type;

  if (!limn_control_split (option, value, &type, &folder, error))
    return FALSE;
  spec = g_new0 (struct limn_controlnet_spec, 1);
  spec->type = type;
  spec->folder = g_strdup (folder);
  g_ptr_array_add (options->controlnets, spec);
  return TRUE;
}

/* A last part that is a number is the strength; other colons belong to the file's name. */
gboolean
limn_generate_parse_lora (const char *option, const char *value, gpointer data, GError **error)
{
  struct limn_generate_options *options = data;
  const char *colon = strrchr (value, ':');
  double strength = 1;

  if (colon == NULL || !limn_number_parse (colon + 1, &strength))
    colon = value + strlen (value);
  else if (!limn_number_double (option, colon + 1, -10, 10, &strength, error))
    return FALSE;
  if (colon == value) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s \"%s\" names no file", option,
                 value);
    return FALSE;
  }
  limn_generate_options_add_lora (options, g_strndup (value, (gsize) (colon - value)), strength);
  return TRUE;
}

gboolean
limn_generate_parse_seed (const char *option, const char *value, gpointer data, GError **error)
{
  struct limn_generate_options *options = data;

  if (g_ascii_string_to_unsigned (value, 10, 0, G_MAXUINT64, &options->seed, NULL)) {
    options->has_seed = TRUE;
    return TRUE;
  }
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "%s is \"%s\" and must be a whole number from 0 to %" G_GUINT64_FORMAT, option,
               value, G_MAXUINT64);
  return FALSE;
}

gboolean
limn_generate_parse_size (const char *option, const char *value, gpointer data, GError **error)
{
  struct limn_generate_options *options = data;

  return limn_number_size (option, value, &options->width, &options->height, error);
}
