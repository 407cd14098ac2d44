/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "generate-options.h"

#include <string.h>

#include "control.h"
#include "generate-values.h"
#include "guide.h"
#include "paths.h"

#define DEFAULT_STEPS 20
#define DEFAULT_CFG 7
#define DEFAULT_STRENGTH 0.75
#define DEFAULT_MASK_BLUR 4
#define DEFAULT_HIRES_STRENGTH 0.7
#define MODE_NOT_GIVEN LIMN_N_CONTROL_MODES

/* --- the whole line --- */

static void
controlnet_spec_free (gpointer data)
{
  struct limn_controlnet_spec *spec = data;

  g_free (spec->type);
  g_free (spec->folder);
  g_free (spec);
}

static void
lora_spec_free (gpointer data)
{
  struct limn_lora_spec *spec = data;

  g_free (spec->path);
  g_free (spec);
}

void
limn_generate_options_add_lora (struct limn_generate_options *options, char *path, double strength)
{
  struct limn_lora_spec *spec = g_new (struct limn_lora_spec, 1);

  *spec = (struct limn_lora_spec){ path, strength };
  g_ptr_array_add (options->loras, spec);
}

struct limn_generate_options *
limn_generate_options_new (void)
{
  struct limn_generate_options *options = g_new0 (struct limn_generate_options, 1);

  options->controls = g_ptr_array_new_with_free_func ((GDestroyNotify) limn_control_spec_free);
  options->controlnets = g_ptr_array_new_with_free_func (controlnet_spec_free);
  options->guides = g_ptr_array_new_with_free_func ((GDestroyNotify) limn_guide_spec_free);
  options->loras = g_ptr_array_new_with_free_func (lora_spec_free);
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
  g_ptr_array_unref (options->loras);
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
    { "control", 'c', bytes, call, (gpointer) limn_generate_parse_control,
      "A control picture of any type; may be repeated. Weight 0 to 10, start and end 0 to 1",
      "TYPE=FILE[:WEIGHT[:START[:END]]]" },
    { "control-mode", 0, bytes, call, (gpointer) limn_generate_parse_choice,
      "What matters more: balanced (default), prompt or control", "MODE" },
    { "controlnet", 0, bytes, call, (gpointer) limn_generate_parse_controlnet,
      "A ControlNet's folder for TYPE, where the model has none; may be repeated", "TYPE=FOLDER" },
    { "lora", 0, bytes, call, (gpointer) limn_generate_parse_lora,
      "A LoRA's file or folder to add to the model; may be repeated. Strength -10 to 10 (1)",
      "FILE[:STRENGTH]" },
    { "guide", 0, bytes, call, (gpointer) limn_generate_parse_guide,
      "Pull the picture while it is made: colour=#RRGGBB, brightness=0 to 1 or edges=FILE; may be "
      "repeated",
      "KIND=VALUE[@X,Y,WIDTH,HEIGHT][:WEIGHT]" },
    { "model", 'm', 0, path, &o->model, "The model's folder (default: the one Limn comes with)",
      "FOLDER" },
    { "steps", 0, bytes, call, (gpointer) limn_generate_parse_number, "Denoising steps (20)", "N" },
    { "sampler", 0, bytes, call, (gpointer) limn_generate_parse_sampler,
      "ddim (default), ddpm, dpm++2m, dpm++2m-sde, euler, euler-a, heun, lcm or unipc", "NAME" },
    { "schedule", 0, bytes, call, (gpointer) limn_generate_parse_choice,
      "Where the steps lie: default (the sampler's), uniform, karras, exponential or ays", "NAME" },
    { "cfg", 0, bytes, call, (gpointer) limn_generate_parse_number,
      "How closely the prompt is followed (7); 1 leaves the negative prompt out", "SCALE" },
    { "cfg-rescale", 0, bytes, call, (gpointer) limn_generate_parse_number,
      "Against overexposure by --cfg (0 to 1; 0)", "PART" },
    { "eta", 0, bytes, call, (gpointer) limn_generate_parse_number,
      "Fresh noise in every step of ddim (0 to 1; 0)", "PART" },
    { "seed", 0, bytes, call, (gpointer) limn_generate_parse_seed,
      "The same seed, the same picture (random)", "N" },
    { "rng", 0, bytes, call, (gpointer) limn_generate_parse_choice,
      "Whose noise a seed stands for: cpu (default) or cuda, as PyTorch draws it", "NAME" },
    { "count", 0, bytes, call, (gpointer) limn_generate_parse_number,
      "How many pictures, with seeds that go up by one (1)", "N" },
    { "size", 0, bytes, call, (gpointer) limn_generate_parse_size,
      "Size in pixels (the model's own)", "WIDTHxHEIGHT" },
    { "init", 'i', 0, path, &o->init, "A picture (PNG) to begin with", "FILE" },
    { "strength", 0, bytes, call, (gpointer) limn_generate_parse_number,
      "How much of --init is drawn anew (0 to 1; 0.75)", "PART" },
    { "mask", 0, 0, path, &o->mask, "Draw --init anew only where this picture is white", "FILE" },
    { "mask-blur", 0, bytes, call, (gpointer) limn_generate_parse_number,
      "Over how many pixels the new part fades in within the mask's edge (0 to 64; 4)", "PIXELS" },
    { "hires", 0, bytes, call, (gpointer) limn_generate_parse_number,
      "Hires fix: draw, make it this many times larger, and draw again (1 to 8)", "SCALE" },
    { "hires-strength", 0, bytes, call, (gpointer) limn_generate_parse_number,
      "How much is drawn anew then (0.7)", "PART" },
    { "hires-steps", 0, bytes, call, (gpointer) limn_generate_parse_number,
      "Steps of it (as --steps)", "N" },
    { "hires-upscale", 0, bytes, call, (gpointer) limn_generate_parse_choice,
      "What is made larger: latent (default) or picture", "NAME" },
    { "vae-tile", 0, bytes, call, (gpointer) limn_generate_parse_vae_tile,
      "Decode in pieces of so many pixels to save memory: auto (default), off or a number",
      "PIXELS" },
    { "prediction", 0, bytes, call, (gpointer) limn_generate_parse_choice,
      "What the model predicts, where its file does not say: epsilon, v or sample", "NAME" },
    { "from", 0, 0, path, &o->from,
      "Draw again what FILE, a picture or a text, says of itself; other options override it",
      "FILE" },
    { "device", 'd', 0, path, &o->device, "An id of `limn devices` (the best)", "ID" },
    { "precision", 0, bytes, call, (gpointer) limn_generate_parse_choice,
      "auto (default), f32, f16 (Vulkan) or bf16 (cpu)", "NAME" },
    { "threads", 0, bytes, call, (gpointer) limn_generate_parse_number,
      "Threads of the device cpu (one on each core)", "N" },
    { "out", 'o', 0, path, &o->out,
      "The picture to write (limn-SEED.png); with --count, numbers are added", "FILE" },
    { "preview", 0, 0, path, &o->preview, "Write the predicted picture of every step into DIR",
      "DIR" },
    { "preview-kind", 0, bytes, call, (gpointer) limn_generate_parse_choice,
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
  GPtrArray *controls = options->controls, *guides = options->guides, *loras = options->loras;
  bool good;

  options->controls = g_ptr_array_new_with_free_func ((GDestroyNotify) limn_control_spec_free);
  options->guides = g_ptr_array_new_with_free_func ((GDestroyNotify) limn_guide_spec_free);
  options->loras = g_ptr_array_new_with_free_func (lora_spec_free);
  options->control_mode = MODE_NOT_GIVEN;
  good = g_option_context_parse (context, &argc, &argv, error);
  drop_replaced_texts (&texts);
  options->model_given = options->model != texts.old[0];
  options->prompt_given = options->prompt != texts.old[1];
  options->negative_given = options->negative != texts.old[2];
  settle_list (&options->controls, controls, options->scribble != NULL);
  settle_list (&options->guides, guides, false);
  options->loras_given = options->loras->len > 0;
  settle_list (&options->loras, loras, false);
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
