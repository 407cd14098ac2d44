/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "generate-options.h"
#include "number.h"
#include "recipe-text.h"

#define NEGATIVE "Negative prompt:"
#define MAX_STEPS 4000
#define MAX_UNUSED 24
/* Bytes; what is longer is none of ours, and would cost time. */
#define MAX_LINE (64 << 10)
#define MAX_BRACKETS (8 << 10)

/* --- the text's parts --- */

/* The end of what begins with a quote or bracket at @at, or NULL when it is not closed. */
static const char *
skip_quoted (const char *at)
{
  for (at++; *at != '\0' && *at != '"'; at++)
    if (*at == '\\' && at[1] != '\0')
      at++;
  return *at == '"' ? at + 1 : NULL;
}

static const char *
skip_brackets (const char *at)
{
  const char *begin = at;
  int depth = 0;

  do {
    if (*at == '{' || *at == '[')
      depth++;
    else if (*at == '}' || *at == ']')
      depth--;
    if (*at == '"')
      at = skip_quoted (at);
    else
      at++;
  } while (depth > 0 && at != NULL && *at != '\0' && at - begin < MAX_BRACKETS);
  return depth == 0 ? at : NULL;
}

/* A value goes to the next comma, but for JSON: strings of A1111, objects of Civitai. */
static const char *
value_end (const char *value)
{
  const char *end = NULL;

  if (*value == '"')
    end = skip_quoted (value);
  else if (*value == '{' || *value == '[')
    end = skip_brackets (value);
  if (end != NULL && (end[strspn (end, " ")] == ',' || end[strspn (end, " ")] == '\0'))
    return end;
  return value + strcspn (value, ",");
}

/* What a JSON string says; other values are as they are. */
static char *
unquote (const char *value, gsize length)
{
  g_autoptr (GString) text = g_string_new (NULL);
  limn_json json;

  limn_json_init (&json, value, length);
  if (length >= 2 && *value == '"' && limn_json_string (&json, text) && limn_json_finish (&json))
    return g_strdup (text->str);
  return g_strchomp (g_strndup (value, length));
}

/* The next "key: value" of a line. Words without a colon are passed over. */
static bool
next_field (const char **line, char **key, char **value)
{
  const char *at = *line, *end;

  for (;;) {
    gsize length;

    at += strspn (at, ", \t");
    length = strcspn (at, ":,");
    if (at[length] == '\0')
      return false;
    *key = g_strchomp (g_strndup (at, length));
    at += length + 1;
    if (at[-1] == ':')
      break;
    g_free (*key);
  }
  at += strspn (at, " \t");
  end = value_end (at);
  *value = unquote (at, (gsize) (end - at));
  *line = end;
  return true;
}

static GHashTable *
parse_line (const char *line)
{
  GHashTable *fields = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  char *key, *value;

  while (next_field (&line, &key, &value))
    g_hash_table_insert (fields, key, value);
  return fields;
}

/* Whether a line of a prompt could not look like that: it begins with a number of steps, or has
 * three of the fields that every recipe has. */
static bool
is_settings (const char *line)
{
  static const char *const known[] = { "Steps", "Sampler", "CFG scale",  "Seed",
                                       "Size",  "Model",   "Model hash", "Version" };
  g_autoptr (GHashTable) fields = parse_line (strlen (line) <= MAX_LINE ? line : "");
  const char *steps = g_hash_table_lookup (fields, "Steps");
  int count = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (known); i++)
    count += g_hash_table_contains (fields, known[i]);
  return count >= 3 || (g_str_has_prefix (line, "Steps:") && steps != NULL &&
                        g_ascii_string_to_unsigned (steps, 10, 0, G_MAXUINT, NULL, NULL));
}

/* The index of the last such line, or -1. What follows it ("Template: ...") is a note of
 * extensions.
 */
static int
find_settings (char **lines)
{
  for (int i = (int) g_strv_length (lines) - 1; i >= 0; i--)
    if (is_settings (lines[i]))
      return i;
  return -1;
}

static char **
split_lines (const char *text)
{
  char **lines = g_strsplit (text, "\n", -1);

  for (gsize i = 0; lines[i] != NULL; i++)
    g_strstrip (lines[i]);
  return lines;
}

bool
limn_recipe_is_text (const char *text)
{
  g_auto (GStrv) lines = split_lines (text);

  return find_settings (lines) >= 0;
}

/* --- prompts --- */

/* Takes "<lora:name:0.8>" and the like out: they are no words for the text encoder. */
static char *
strip_networks (limn_recipe *recipe, const char *text)
{
  g_autoptr (GRegex) regex =
      g_regex_new ("<(lora|lyco|hypernet):([^<>]*)>", G_REGEX_CASELESS, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;

  for (g_regex_match (regex, text, 0, &match); g_match_info_matches (match);
       g_match_info_next (match, NULL)) {
    g_autofree char *name = g_match_info_fetch (match, 2);
    g_autofree char *shown = limn_file_escape (name, -1);

    limn_recipe_unused (recipe, "LoRA %s", shown);
  }
  return g_regex_replace_literal (regex, text, -1, 0, "", 0, NULL);
}

static const char *
finish_prompt (limn_recipe *recipe, GString *text)
{
  g_autofree char *prompt = strip_networks (recipe, text->str);

  return g_string_chunk_insert (recipe->strings, prompt != NULL ? g_strstrip (prompt) : "");
}

static void
read_prompts (limn_recipe *recipe, char **lines, int count)
{
  g_autoptr (GString) prompt = g_string_new (NULL);
  g_autoptr (GString) negative = g_string_new (NULL);
  GString *target = prompt;

  for (int i = 0; i < count; i++) {
    const char *line = lines[i];

    if (g_str_has_prefix (line, NEGATIVE)) {
      target = negative;
      line += strlen (NEGATIVE);
      line += strspn (line, " \t");
    }
    if (target->len > 0)
      g_string_append_c (target, '\n');
    g_string_append (target, line);
  }
  recipe->params.prompt = finish_prompt (recipe, prompt);
  recipe->params.negative = finish_prompt (recipe, negative);
}

/* --- settings --- */

struct fields {
  limn_recipe *recipe;
  GHashTable *table; /* key to value */
  bool ours;
};

static const char *
get (const struct fields *fields, const char *key)
{
  return g_hash_table_lookup (fields->table, key);
}

static void
unused (const struct fields *fields, const char *key)
{
  g_autofree char *shown = limn_file_escape (get (fields, key), -1);

  limn_recipe_unused (fields->recipe, "%s %s", key, shown);
}

static bool
take_number (const struct fields *fields, const char *key, double min, double max, double *value)
{
  const char *text = get (fields, key);
  double number;

  if (text == NULL)
    return false;
  if (!limn_number_parse (text, &number) || number < min || number > max) {
    unused (fields, key);
    return false;
  }
  *value = number;
  return true;
}

static bool
take_float (const struct fields *fields, const char *key, double min, double max, float *value)
{
  double number;

  if (!take_number (fields, key, min, max, &number))
    return false;
  *value = (float) number;
  return true;
}

static bool
take_int (const struct fields *fields, const char *key, int min, int max, int *value)
{
  const char *text = get (fields, key);
  gint64 number;

  if (text == NULL)
    return false;
  if (!g_ascii_string_to_signed (text, 10, min, max, &number, NULL)) {
    unused (fields, key);
    return false;
  }
  *value = (int) number;
  return true;
}

static void
take_seed_and_size (const struct fields *fields)
{
  limn_recipe *recipe = fields->recipe;
  const char *seed = get (fields, "Seed"), *size = get (fields, "Size");
  int width, height;

  recipe->has_seed = seed != NULL && g_ascii_string_to_unsigned (seed, 10, 0, G_MAXUINT64,
                                                                 &recipe->params.seed, NULL);
  if (seed != NULL && !recipe->has_seed)
    unused (fields, "Seed");
  if (size != NULL && limn_number_size ("Size", size, &width, &height, NULL)) {
    recipe->params.width = width;
    recipe->params.height = height;
  } else if (size != NULL) {
    unused (fields, "Size");
  }
}

static const struct {
  const char *name;
  limn_sigmas sigmas;
} schedules[] = {
  { "Automatic", LIMN_SIGMAS_DEFAULT },    { "Uniform", LIMN_SIGMAS_UNIFORM },
  { "Karras", LIMN_SIGMAS_KARRAS },        { "Exponential", LIMN_SIGMAS_EXPONENTIAL },
  { "Align Your Steps", LIMN_SIGMAS_AYS },
};

static bool
find_schedule (const char *name, limn_sigmas *sigmas)
{
  for (gsize i = 0; i < G_N_ELEMENTS (schedules); i++)
    if (g_ascii_strcasecmp (schedules[i].name, name) == 0) {
      *sigmas = schedules[i].sigmas;
      return true;
    }
  return false;
}

/* Before A1111 1.9 a schedule was the last word of a sampler's name. Cuts it off. */
static bool
cut_schedule (char *name, limn_sigmas *sigmas)
{
  char *space = strrchr (name, ' ');

  if (space == NULL || !find_schedule (space + 1, sigmas) || *sigmas == LIMN_SIGMAS_DEFAULT)
    return false;
  *space = '\0';
  return true;
}

/* What no word about the schedule means: what A1111 did at that time. */
static limn_sigmas
implied_schedule (const struct fields *fields)
{
  limn_sampler_kind sampler = fields->recipe->params.sampler;
  bool automatic = get (fields, "Schedule type") != NULL;

  if (fields->ours)
    return LIMN_SIGMAS_DEFAULT;
  if (automatic && sampler == LIMN_SAMPLER_DPMPP_2M_SDE)
    return LIMN_SIGMAS_EXPONENTIAL;
  if (!automatic && (sampler == LIMN_SAMPLER_DPMPP_2M || sampler == LIMN_SAMPLER_DPMPP_2M_SDE))
    return LIMN_SIGMAS_UNIFORM;
  return LIMN_SIGMAS_DEFAULT;
}

/* A1111 draws with these by timesteps, whatever the schedule says. */
static bool
ignores_schedule (const struct fields *fields)
{
  limn_sampler_kind sampler = fields->recipe->params.sampler;

  return !fields->ours && (sampler == LIMN_SAMPLER_DDIM || sampler == LIMN_SAMPLER_UNIPC);
}

static void
take_sampler (const struct fields *fields)
{
  limn_recipe *recipe = fields->recipe;
  const char *schedule = get (fields, "Schedule type");
  const char *sampler = get (fields, "Sampler");
  g_autofree char *name = g_strdup (sampler != NULL ? sampler : "DDIM");
  limn_sigmas sigmas = LIMN_SIGMAS_DEFAULT;
  bool known = cut_schedule (name, &sigmas);

  if (!limn_sampler_from_name (name, &recipe->params.sampler)) {
    g_autofree char *shown = limn_file_escape (sampler, -1);

    recipe->unknown_sampler = g_string_chunk_insert (recipe->strings, shown);
  }
  if (ignores_schedule (fields))
    return;
  if (!known && schedule != NULL && !find_schedule (schedule, &sigmas))
    unused (fields, "Schedule type");
  if (sigmas == LIMN_SIGMAS_DEFAULT)
    sigmas = implied_schedule (fields);
  recipe->params.sigmas = sigmas;
}

/* A1111 says nothing for a card's own generator. ComfyUI, whose nodes write such texts too, takes
 * the processor's. */
static void
take_rng (const struct fields *fields)
{
  const char *rng = get (fields, "RNG"), *version = get (fields, "Version");
  bool comfy = version != NULL && g_str_has_prefix (version, "ComfyUI");

  if (rng != NULL)
    fields->recipe->params.rng = g_str_equal (rng, "CPU") ? LIMN_RNG_CPU : LIMN_RNG_CUDA;
  else
    fields->recipe->params.rng = fields->ours || comfy ? LIMN_RNG_CPU : LIMN_RNG_CUDA;
}

/* "Hires resize: 1024x1536" in place of a factor. */
static bool
take_hires_size (const struct fields *fields)
{
  struct limn_generate_params *params = &fields->recipe->params;
  const char *text = get (fields, "Hires resize");
  int width, height;

  if (text == NULL)
    return false;
  if (limn_number_size ("it", text, &width, &height, NULL) && params->width > 0 &&
      (gint64) width * params->height == (gint64) height * params->width) {
    params->hires_scale = (float) width / (float) params->width;
    return true;
  }
  unused (fields, "Hires resize");
  return false;
}

static void
take_hires (const struct fields *fields)
{
  limn_recipe *recipe = fields->recipe;
  struct limn_generate_params *params = &recipe->params;
  const char *upscaler = get (fields, "Hires upscaler");
  bool hires =
      take_float (fields, "Hires upscale", 1, 8, &params->hires_scale) || take_hires_size (fields);

  if (!hires) {
    take_int (fields, "Mask blur", 0, 64, &params->mask_blur);
    if (take_float (fields, "Denoising strength", 0, 1, &params->strength))
      limn_recipe_unused (recipe, "the picture that it was drawn from, which is not in it (say "
                                  "--init)");
    return;
  }
  take_float (fields, "Denoising strength", 0, 1, &params->hires_strength);
  take_int (fields, "Hires steps", 0, MAX_STEPS, &params->hires_steps);
  params->hires_upscale = upscaler == NULL || g_str_has_prefix (upscaler, "Latent")
                              ? LIMN_UPSCALE_LATENT
                              : LIMN_UPSCALE_PICTURE;
  if (upscaler != NULL && !g_str_equal (upscaler, "Latent") && !g_str_equal (upscaler, "None"))
    unused (fields, "Hires upscaler");
}

static void
take_emphasis (const struct fields *fields)
{
  const char *emphasis = get (fields, "Emphasis");

  if (emphasis == NULL || g_str_equal (emphasis, "Original"))
    return;
  fields->recipe->params.plain_prompt = g_str_equal (emphasis, "None");
  if (!fields->recipe->params.plain_prompt)
    unused (fields, "Emphasis");
}

/* --- what there is no way to follow --- */

static const struct {
  const char *key, *neutral; /* a value that changes nothing, or NULL */
} foreign_fields[] = {
  { "Clip skip", "1" },
  { "VAE", "Automatic" },
  { "Face restoration" },
  { "Variation seed" },
  { "Seed resize from" },
  { "Refiner" },
  { "Tiling", "False" },
  { "Hypernet" },
  { "AddNet Enabled", "False" },
  { "Image CFG scale" },
  { "Distilled CFG Scale" },
  { "Dynamic thresholding enabled", "False" },
  { "Token merging ratio", "0" },
  { "NGMS", "0" },
  { "Skip Early CFG", "0" },
  { "Eta", "1.0" },
  { "Noise multiplier", "1" },
  { "ADetailer model" },
  { "Ultimate SD upscale upscaler" },
  { "SD upscale upscaler" },
  { "First pass size" },
  { "Hires prompt", "" },
  { "Hires negative prompt", "" },
  { "Hires checkpoint", "Use same checkpoint" },
  { "Hires sampler", "Use same sampler" },
  { "Hires schedule type", "Use same scheduler" },
  { "Hires CFG Scale" },
};

static void
name_foreign (const struct fields *fields)
{
  for (gsize i = 0; i < G_N_ELEMENTS (foreign_fields); i++) {
    const char *value = get (fields, foreign_fields[i].key);

    if (value != NULL && g_strcmp0 (value, foreign_fields[i].neutral) != 0)
      unused (fields, foreign_fields[i].key);
  }
  if (fields->recipe->params.sampler == LIMN_SAMPLER_EULER_ANCESTRAL &&
      get (fields, "ENSD") != NULL)
    unused (fields, "ENSD");
}

static void
name_controls (const struct fields *fields)
{
  for (int i = 0; i < 10; i++) {
    g_autofree char *key = g_strdup_printf ("ControlNet %d", i);

    if (get (fields, key) != NULL)
      limn_recipe_unused (fields->recipe, "%s, whose picture is not in it (say --control)", key);
  }
}

static void
take_settings (limn_recipe *recipe, const char *line, bool ours)
{
  g_autoptr (GHashTable) table = parse_line (line);
  const struct fields fields = { recipe, table, ours };
  struct limn_generate_params *params = &recipe->params;
  const char *model = get (&fields, "Model");

  take_int (&fields, "Steps", 1, MAX_STEPS, &params->steps);
  take_float (&fields, "CFG scale", 1, 100, &params->cfg);
  take_seed_and_size (&fields);
  take_sampler (&fields);
  take_rng (&fields);
  take_hires (&fields);
  take_emphasis (&fields);
  take_number (&fields, "Eta DDIM", 0, 1, &params->eta);
  if (!take_float (&fields, "CFG Rescale", 0, 1, &params->cfg_rescale))
    take_float (&fields, "CFG Rescale \317\206", 0, 1, &params->cfg_rescale);
  if (model != NULL)
    recipe->model.name = g_string_chunk_insert (recipe->strings, model);
  name_foreign (&fields);
  name_controls (&fields);
}

void
limn_recipe_from_text (limn_recipe *recipe, const char *text)
{
  g_auto (GStrv) lines = split_lines (text);
  int settings = find_settings (lines);
  bool ours = settings >= 0 && strstr (lines[settings], "Version: Limn ") != NULL;

  read_prompts (recipe, lines, settings >= 0 ? settings : (int) g_strv_length (lines));
  if (settings >= 0)
    take_settings (recipe, lines[settings], ours);
  if (recipe->unused->len > MAX_UNUSED)
    g_ptr_array_set_size (recipe->unused, MAX_UNUSED);
}
