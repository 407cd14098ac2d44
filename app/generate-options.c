/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "generate-options.h"

#include <string.h>

#include "control.h"
#include "document/keys.h"
#include "guide.h"
#include "number.h"
#include "paths.h"

#define DEFAULT_STEPS 20
#define DEFAULT_CFG 7
#define DEFAULT_STRENGTH 0.75
#define DEFAULT_MASK_BLUR 4
#define DEFAULT_HIRES_STRENGTH 0.7
#define MAX_STEPS 4000
#define MAX_COUNT 9999
#define MODE_NOT_GIVEN LIMN_N_CONTROL_MODES

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

static gboolean
parse_sampler (const char *option, const char *value, gpointer data, GError **error)
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

static gboolean
parse_choice (const char *option, const char *value, gpointer data, GError **error)
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

static gboolean
parse_number (const char *option, const char *value, gpointer data, GError **error)
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

static gboolean
parse_vae_tile (const char *option, const char *value, gpointer data, GError **error)
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

static gboolean
parse_control (const char *option, const char *value, gpointer data, GError **error)
{
  struct limn_generate_options *options = data;
  struct limn_control_spec *spec = limn_control_spec_parse (value, error);

  if (spec == NULL)
    return FALSE;
  g_ptr_array_add (options->controls, spec);
  return TRUE;
}

static gboolean
parse_guide (const char *option, const char *value, gpointer data, GError **error)
{
  struct limn_generate_options *options = data;
  struct limn_guide_spec *spec = limn_guide_spec_parse (value, error);

  if (spec == NULL)
    return FALSE;
  g_ptr_array_add (options->guides, spec);
  return TRUE;
}

static gboolean
parse_controlnet (const char *option, const char *value, gpointer data, GError **error)
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

static gboolean
parse_seed (const char *option, const char *value, gpointer data, GError **error)
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

static gboolean
parse_size (const char *option, const char *value, gpointer data, GError **error)
{
  struct limn_generate_options *options = data;

  return limn_number_size (option, value, &options->width, &options->height, error);
}

/* --- the whole line --- */

static void
controlnet_spec_free (gpointer data)
{
  struct limn_controlnet_spec *spec = data;

  g_free (spec->type);
  g_free (spec->folder);
  g_free (spec);
}

struct limn_generate_options *
limn_generate_options_new (void)
{
  struct limn_generate_options *options = g_new0 (struct limn_generate_options, 1);

  options->controls = g_ptr_array_new_with_free_func ((GDestroyNotify) limn_control_spec_free);
  options->controlnets = g_ptr_array_new_with_free_func (controlnet_spec_free);
  options->guides = g_ptr_array_new_with_free_func ((GDestroyNotify) limn_guide_spec_free);
  options->prediction = -1;
  options->steps = DEFAULT_STEPS;
  options->count = 1;
  options->cfg = DEFAULT_CFG;
  options->strength = DEFAULT_STRENGTH;
  options->preview_kind = LIMN_PREVIEW_DECODER;
  options->mask_blur = DEFAULT_MASK_BLUR;
  options->hires_strength = DEFAULT_HIRES_STRENGTH;
  return options;
}

void
limn_generate_options_free (struct limn_generate_options *options)
{
  if (options == NULL)
    return;
  g_free (options->model);
  g_free (options->prompt);
  g_free (options->negative);
  g_free (options->scribble);
  g_free (options->init);
  g_free (options->mask);
  g_free (options->from);
  g_free (options->out);
  g_free (options->preview);
  g_free (options->device);
  limn_recipe_free (options->recipe);
  g_ptr_array_unref (options->controls);
  g_ptr_array_unref (options->controlnets);
  g_ptr_array_unref (options->guides);
  g_free (options);
}

/* Texts and paths are taken as bytes: a prompt in UTF-8 is one in the C locale as well. */
static GOptionContext *
context_new (struct limn_generate_options *o)
{
  const int bytes = G_OPTION_FLAG_FILENAME;
  const GOptionArg path = G_OPTION_ARG_FILENAME, call = G_OPTION_ARG_CALLBACK;
  const GOptionEntry entries[] = {
    { "prompt", 'p', 0, path, &o->prompt, "What the picture shows", "TEXT" },
    { "negative", 'n', 0, path, &o->negative, "What it shall not show", "TEXT" },
    { "plain-prompt", 0, 0, G_OPTION_ARG_NONE, &o->plain_prompt,
      "Take prompts as text, without weights, breaks, # comments and {a|b} choices", NULL },
    { "scribble", 's', 0, path, &o->scribble,
      "A drawing (PNG) to follow: dark on light or light on dark", "FILE" },
    { "control", 'c', bytes, call, (gpointer) parse_control,
      "A control picture of any type; may be repeated. Weight 0 to 10, start and end 0 to 1",
      "TYPE=FILE[:WEIGHT[:START[:END]]]" },
    { "control-mode", 0, bytes, call, (gpointer) parse_choice,
      "What matters more: balanced (default), prompt or control", "MODE" },
    { "controlnet", 0, bytes, call, (gpointer) parse_controlnet,
      "A ControlNet's folder for TYPE, where the model has none; may be repeated", "TYPE=FOLDER" },
    { "guide", 0, bytes, call, (gpointer) parse_guide,
      "Pull the picture while it is made: colour=#RRGGBB, brightness=0 to 1 or edges=FILE; may be "
      "repeated",
      "KIND=VALUE[@X,Y,WIDTH,HEIGHT][:WEIGHT]" },
    { "model", 'm', 0, path, &o->model, "The model's folder (default: the one Limn comes with)",
      "FOLDER" },
    { "steps", 0, bytes, call, (gpointer) parse_number, "Denoising steps (20)", "N" },
    { "sampler", 0, bytes, call, (gpointer) parse_sampler,
      "ddim (default), ddpm, dpm++2m, dpm++2m-sde, euler, euler-a, heun, lcm or unipc", "NAME" },
    { "schedule", 0, bytes, call, (gpointer) parse_choice,
      "Where the steps lie: default (the sampler's), uniform, karras, exponential or ays", "NAME" },
    { "cfg", 0, bytes, call, (gpointer) parse_number,
      "How closely the prompt is followed (7); 1 leaves the negative prompt out", "SCALE" },
    { "cfg-rescale", 0, bytes, call, (gpointer) parse_number,
      "Against overexposure by --cfg (0 to 1; 0)", "PART" },
    { "eta", 0, bytes, call, (gpointer) parse_number,
      "Fresh noise in every step of ddim (0 to 1; 0)", "PART" },
    { "seed", 0, bytes, call, (gpointer) parse_seed, "The same seed, the same picture (random)",
      "N" },
    { "rng", 0, bytes, call, (gpointer) parse_choice,
      "Whose noise a seed stands for: cpu (default) or cuda, as PyTorch draws it", "NAME" },
    { "count", 0, bytes, call, (gpointer) parse_number,
      "How many pictures, with seeds that go up by one (1)", "N" },
    { "size", 0, bytes, call, (gpointer) parse_size, "Size in pixels (the model's own)",
      "WIDTHxHEIGHT" },
    { "init", 'i', 0, path, &o->init, "A picture (PNG) to begin with", "FILE" },
    { "strength", 0, bytes, call, (gpointer) parse_number,
      "How much of --init is drawn anew (0 to 1; 0.75)", "PART" },
    { "mask", 0, 0, path, &o->mask, "Draw --init anew only where this picture is white", "FILE" },
    { "mask-blur", 0, bytes, call, (gpointer) parse_number,
      "Over how many pixels the new part fades in within the mask's edge (0 to 64; 4)", "PIXELS" },
    { "hires", 0, bytes, call, (gpointer) parse_number,
      "Hires fix: draw, make it this many times larger, and draw again (1 to 8)", "SCALE" },
    { "hires-strength", 0, bytes, call, (gpointer) parse_number,
      "How much is drawn anew then (0.7)", "PART" },
    { "hires-steps", 0, bytes, call, (gpointer) parse_number, "Steps of it (as --steps)", "N" },
    { "hires-upscale", 0, bytes, call, (gpointer) parse_choice,
      "What is made larger: latent (default) or picture", "NAME" },
    { "vae-tile", 0, bytes, call, (gpointer) parse_vae_tile,
      "Decode in pieces of so many pixels to save memory: auto (default), off or a number",
      "PIXELS" },
    { "prediction", 0, bytes, call, (gpointer) parse_choice,
      "What the model predicts, where its file does not say: epsilon, v or sample", "NAME" },
    { "from", 0, 0, path, &o->from,
      "Draw again what FILE, a picture or a text, says of itself; other options override it",
      "FILE" },
    { "device", 'd', 0, path, &o->device, "An id of `limn devices` (the best)", "ID" },
    { "precision", 0, bytes, call, (gpointer) parse_choice,
      "auto (default), f32, f16 (Vulkan) or bf16 (cpu)", "NAME" },
    { "threads", 0, bytes, call, (gpointer) parse_number,
      "Threads of the device cpu (one on each core)", "N" },
    { "out", 'o', 0, path, &o->out,
      "The picture to write (limn-SEED.png); with --count, numbers are added", "FILE" },
    { "preview", 0, 0, path, &o->preview, "Write the predicted picture of every step into DIR",
      "DIR" },
    { "preview-kind", 0, bytes, call, (gpointer) parse_choice,
      "decoder (default), latent (small and fast) or auto: what makes those pictures", "NAME" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &o->json, "Progress as JSON, one event a line", NULL },
    { "help", 'h', 0, G_OPTION_ARG_NONE, &o->help, "Print this", NULL },
    { NULL },
  };
  GOptionContext *context = g_option_context_new (NULL);
  GOptionGroup *group = g_option_group_new ("generate", NULL, NULL, o, NULL);

  g_set_prgname ("limn generate");
  g_option_context_set_help_enabled (context, FALSE);
  g_option_context_set_summary (context, "Draws a picture from a drawing and a prompt.");
  g_option_group_add_entries (group, entries);
  g_option_context_set_main_group (context, group);
  return context;
}

static bool
fail_usage (GError **error, const char *message)
{
  g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, message);
  return false;
}

/* A PNG under another picture format's name would only surprise later. */
static bool
check_suffix (const char *out, GError **error)
{
  static const char *const others[] = { ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff" };
  const char *dot = strrchr (out, '.');

  for (gsize i = 0; dot != NULL && i < G_N_ELEMENTS (others); i++) {
    if (g_ascii_strcasecmp (dot, others[i]) == 0)
      return fail_usage (error, "--out must be a .png file: Limn writes no other format");
  }
  return true;
}

static void
make_text_valid (char **text)
{
  char *valid = g_utf8_make_valid (*text != NULL ? *text : "", -1);

  g_free (*text);
  *text = valid;
}

static bool
finish (struct limn_generate_options *options, GError **error)
{
  if (options->prompt == NULL && options->scribble == NULL && options->controls->len == 0 &&
      options->init == NULL && options->from == NULL)
    return fail_usage (error,
                       "one of --prompt, --scribble, --control, --init and --from is needed");
  if (options->mask != NULL && options->init == NULL && options->init_image == NULL &&
      (options->from == NULL || options->recipe != NULL))
    return fail_usage (error, "--mask needs --init, the picture that it belongs to");
  if (options->out != NULL && !check_suffix (options->out, error))
    return false;
  if (options->scribble != NULL)
    g_ptr_array_insert (options->controls, 0,
                        limn_control_spec_new ("scribble", options->scribble));
  for (guint i = 0; i < options->controls->len && options->control_mode != MODE_NOT_GIVEN; i++) {
    struct limn_control_spec *spec = g_ptr_array_index (options->controls, i);
    spec->mode = options->control_mode;
  }
  if (options->control_mode == MODE_NOT_GIVEN)
    options->control_mode = LIMN_CONTROL_BALANCED;

  make_text_valid (&options->prompt);
  make_text_valid (&options->negative);
  /* PyTorch's generator takes 32 bits of a seed. */
  if (!options->has_seed)
    options->seed = g_random_int ();
  if (options->model == NULL)
    options->model = limn_data_path (LIMN_STARTER_MODEL);
  return true;
}

char *
limn_generate_options_out (const struct limn_generate_options *options, int i)
{
  const char *dot;

  if (options->out == NULL)
    return g_strdup_printf ("limn-%" G_GUINT64_FORMAT ".png", options->seed + (guint64) i);
  if (options->count == 1)
    return g_strdup (options->out);
  dot = strrchr (options->out, '.');
  if (dot == NULL || strchr (dot, G_DIR_SEPARATOR) != NULL)
    dot = options->out + strlen (options->out);
  return g_strdup_printf ("%.*s-%d%s", (int) (dot - options->out), options->out, i + 1, dot);
}

/* Texts of a recipe, which GOption would forget when it puts others there. */
struct texts {
  char **places[3];
  char *old[3];
};

static struct texts
hold_texts (struct limn_generate_options *o)
{
  return (struct texts){ { &o->model, &o->prompt, &o->negative },
                         { o->model, o->prompt, o->negative } };
}

static void
drop_replaced_texts (struct texts *texts)
{
  for (gsize i = 0; i < G_N_ELEMENTS (texts->places); i++)
    if (*texts->places[i] != texts->old[i])
      g_free (texts->old[i]);
}

/* Puts @old back where the command line gave no list of its own. */
static void
settle_list (GPtrArray **list, GPtrArray *old, bool given)
{
  GPtrArray *unwanted = given || (*list)->len > 0 ? old : *list;

  if (unwanted == *list)
    *list = old;
  g_ptr_array_unref (unwanted);
}

struct limn_generate_options *
limn_generate_options_parse_over (struct limn_generate_options *base,
                                  int argc,
                                  char **argv,
                                  GError **error)
{
  struct limn_generate_options *options = base;
  g_autoptr (GOptionContext) context = context_new (options);
  struct texts texts = hold_texts (options);
  GPtrArray *controls = options->controls, *guides = options->guides;
  bool good;

  options->controls = g_ptr_array_new_with_free_func ((GDestroyNotify) limn_control_spec_free);
  options->guides = g_ptr_array_new_with_free_func ((GDestroyNotify) limn_guide_spec_free);
  options->control_mode = MODE_NOT_GIVEN;
  good = g_option_context_parse (context, &argc, &argv, error);
  drop_replaced_texts (&texts);
  options->model_given = options->model != texts.old[0];
  options->prompt_given = options->prompt != texts.old[1];
  options->negative_given = options->negative != texts.old[2];
  settle_list (&options->controls, controls, options->scribble != NULL);
  settle_list (&options->guides, guides, false);
  if (options->init != NULL)
    options->init_image = NULL;
  if (options->mask != NULL)
    options->mask_image = NULL;
  if (good && !options->help && argc > 1)
    good =
        fail_usage (error, "generate takes options only; a prompt goes in quotes after --prompt");
  if (good && !options->help)
    good = finish (options, error);
  if (!good)
    g_clear_pointer (&options, limn_generate_options_free);
  return options;
}

struct limn_generate_options *
limn_generate_options_parse (int argc, char **argv, GError **error)
{
  return limn_generate_options_parse_over (limn_generate_options_new (), argc, argv, error);
}

char *
limn_generate_options_help (void)
{
  struct limn_generate_options *options = limn_generate_options_new ();
  g_autoptr (GOptionContext) context = context_new (options);
  char *text = g_option_context_get_help (context, TRUE, NULL);

  limn_generate_options_free (options);
  return text;
}
