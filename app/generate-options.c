/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "generate-options.h"

#include <string.h>

#include "control.h"
#include "number.h"
#include "paths.h"

#define DEFAULT_STEPS 20
#define DEFAULT_CFG 7
#define MAX_STEPS 4000

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

/* --- one function an option --- */

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

static gboolean
parse_precision (const char *option, const char *value, gpointer data, GError **error)
{
  static const char *const names[] = {
    [LIMN_PRECISION_AUTO] = "auto",
    [LIMN_PRECISION_F32] = "f32",
    [LIMN_PRECISION_F16] = "f16",
  };
  struct limn_generate_options *options = data;

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    if (g_str_equal (names[i], value)) {
      options->precision = (limn_precision) i;
      return TRUE;
    }
  }
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "%s is \"%s\" and must be auto, f32 or f16", option, value);
  return FALSE;
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
parse_control_mode (const char *option, const char *value, gpointer data, GError **error)
{
  struct limn_generate_options *options = data;

  if (limn_control_mode_from_name (value, &options->control_mode))
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "%s is \"%s\" and must be balanced, prompt or control", option, value);
  return FALSE;
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
parse_steps (const char *option, const char *value, gpointer data, GError **error)
{
  struct limn_generate_options *options = data;

  return limn_number_int (option, value, 1, MAX_STEPS, &options->steps, error);
}

static gboolean
parse_cfg (const char *option, const char *value, gpointer data, GError **error)
{
  struct limn_generate_options *options = data;

  return limn_number_double (option, value, 1, 100, &options->cfg, error);
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

static struct limn_generate_options *
options_new (void)
{
  struct limn_generate_options *options = g_new0 (struct limn_generate_options, 1);

  options->controls = g_ptr_array_new_with_free_func ((GDestroyNotify) limn_control_spec_free);
  options->controlnets = g_ptr_array_new_with_free_func (controlnet_spec_free);
  options->steps = DEFAULT_STEPS;
  options->cfg = DEFAULT_CFG;
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
  g_free (options->out);
  g_free (options->preview);
  g_free (options->device);
  g_ptr_array_unref (options->controls);
  g_ptr_array_unref (options->controlnets);
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
      "Take brackets and BREAK in prompts as text, not as weights and breaks", NULL },
    { "scribble", 's', 0, path, &o->scribble,
      "A drawing (PNG) to follow: dark on light or light on dark", "FILE" },
    { "control", 'c', bytes, call, (gpointer) parse_control,
      "A control picture of any type; may be repeated. Weight 0 to 10, start and end 0 to 1",
      "TYPE=FILE[:WEIGHT[:START[:END]]]" },
    { "control-mode", 0, bytes, call, (gpointer) parse_control_mode,
      "What matters more: balanced (default), prompt or control", "MODE" },
    { "controlnet", 0, bytes, call, (gpointer) parse_controlnet,
      "A ControlNet's folder for TYPE, where the model has none; may be repeated", "TYPE=FOLDER" },
    { "model", 'm', 0, path, &o->model, "The model's folder (default: the one Limn comes with)",
      "FOLDER" },
    { "steps", 0, bytes, call, (gpointer) parse_steps, "Denoising steps (20)", "N" },
    { "sampler", 0, bytes, call, (gpointer) parse_sampler,
      "ddim (default), ddpm, dpm++2m, dpm++2m-sde, euler, euler-a, heun, lcm or unipc", "NAME" },
    { "cfg", 0, bytes, call, (gpointer) parse_cfg,
      "How closely the prompt is followed (7); 1 leaves the negative prompt out", "SCALE" },
    { "seed", 0, bytes, call, (gpointer) parse_seed, "The same seed, the same picture (random)",
      "N" },
    { "size", 0, bytes, call, (gpointer) parse_size, "Size in pixels (the model's own)",
      "WIDTHxHEIGHT" },
    { "device", 'd', 0, path, &o->device, "An id of `limn devices` (the best)", "ID" },
    { "precision", 0, bytes, call, (gpointer) parse_precision, "auto (default), f32 or f16",
      "NAME" },
    { "out", 'o', 0, path, &o->out, "The picture to write (limn-SEED.png)", "FILE" },
    { "preview", 0, 0, path, &o->preview, "Write the predicted picture of every step into DIR",
      "DIR" },
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
  if (options->prompt == NULL && options->scribble == NULL && options->controls->len == 0)
    return fail_usage (error, "one of --prompt, --scribble and --control is needed");
  if (options->out != NULL && !check_suffix (options->out, error))
    return false;
  if (options->scribble != NULL)
    g_ptr_array_insert (options->controls, 0,
                        limn_control_spec_new ("scribble", options->scribble));
  for (guint i = 0; i < options->controls->len; i++) {
    struct limn_control_spec *spec = g_ptr_array_index (options->controls, i);
    spec->mode = options->control_mode;
  }

  make_text_valid (&options->prompt);
  make_text_valid (&options->negative);
  /* PyTorch's generator takes 32 bits of a seed. */
  if (!options->has_seed)
    options->seed = g_random_int ();
  if (options->model == NULL)
    options->model = limn_data_path ("models" G_DIR_SEPARATOR_S "starter");
  if (options->out == NULL)
    options->out = g_strdup_printf ("limn-%" G_GUINT64_FORMAT ".png", options->seed);
  return true;
}

struct limn_generate_options *
limn_generate_options_parse (int argc, char **argv, GError **error)
{
  struct limn_generate_options *options = options_new ();
  g_autoptr (GOptionContext) context = context_new (options);
  bool good = g_option_context_parse (context, &argc, &argv, error);

  if (good && !options->help && argc > 1)
    good =
        fail_usage (error, "generate takes options only; a prompt goes in quotes after --prompt");
  if (good && !options->help)
    good = finish (options, error);
  if (!good)
    g_clear_pointer (&options, limn_generate_options_free);
  return options;
}

char *
limn_generate_options_help (void)
{
  struct limn_generate_options *options = options_new ();
  g_autoptr (GOptionContext) context = context_new (options);
  char *text = g_option_context_get_help (context, TRUE, NULL);

  limn_generate_options_free (options);
  return text;
}
