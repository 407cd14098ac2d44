/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>

#include "recipe-json.h"
#include "recipe-text.h"
#include "recipe.h"
#include "run.h"

/* --- A1111's text --- */

static limn_recipe *
from_text (const char *text)
{
  limn_recipe *recipe = limn_recipe_new ();

  limn_recipe_from_text (recipe, text);
  return recipe;
}

static char *
unused_text (const limn_recipe *recipe)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < recipe->unused->len; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? "; " : "", (char *) recipe->unused->pdata[i]);
  return g_string_free (text, FALSE);
}

static void
test_write (void)
{
  const struct limn_control controls[] = {
    { "scribble", NULL, 0.5f, 0, 0.75f, LIMN_CONTROL_PROMPT },
    { "pose", NULL, 1, 0.1f, 1, LIMN_CONTROL_CONTROL },
  };
  const limn_recipe plain = {
    .params = { .prompt = "red balloon",
                .negative = "",
                .sampler = LIMN_SAMPLER_DPMPP_2M,
                .steps = 20,
                .cfg = 7.5f,
                .seed = 42,
                .width = 256,
                .height = 192 },
    .model = { .name = "starter" },
  };
  limn_image init = { 1, 1, 1, NULL };
  limn_recipe full = plain;
  g_autofree char *plain_text = limn_recipe_to_text (&plain);
  g_autofree char *full_text = NULL;

  g_assert_cmpstr (plain_text, ==,
                   "red balloon\n"
                   "Steps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7.5, Seed: 42, "
                   "Size: 256x192, Model: starter, RNG: CPU, Version: Limn " LIMN_VERSION);

  full.params.prompt = "two\nlines";
  full.params.negative = "blue";
  full.params.controls = controls;
  full.params.n_controls = 2;
  full.params.sampler = LIMN_SAMPLER_DDIM;
  full.params.rng = LIMN_RNG_CUDA;
  full.params.cfg_rescale = 0.7f;
  full.params.eta = 0.3;
  full.params.init = &init;
  full.params.strength = 0.6f;
  full.params.hires_scale = 1.5f;
  full.params.hires_strength = 0.4f;
  full.params.hires_steps = 12;
  full.params.hires_upscale = LIMN_UPSCALE_PICTURE;
  full.params.plain_prompt = true;
  full.model.name = "a, b: \"c\".safetensors";
  full_text = limn_recipe_to_text (&full);
  g_assert_cmpstr (
      full_text, ==,
      "two\nlines\nNegative prompt: blue\n"
      "Steps: 20, Sampler: DDIM, Schedule type: Automatic, CFG scale: 7.5, Seed: 42, "
      "Size: 256x192, Model: \"a, b: \\\"c\\\"\", RNG: NV, Denoising strength: 0.6, "
      "Hires upscale: 1.5, Hires steps: 12, Hires upscaler: None, Eta DDIM: 0.3, "
      "CFG Rescale: 0.7, Emphasis: None, "
      "ControlNet 0: \"Module: none, Model: scribble, Weight: 0.5, Resize Mode: Resize and Fill, "
      "Guidance Start: 0, Guidance End: 0.75, Pixel Perfect: False, "
      "Control Mode: My prompt is more important\", "
      "ControlNet 1: \"Module: none, Model: pose, Weight: 1, Resize Mode: Resize and Fill, "
      "Guidance Start: 0.1, Guidance End: 1, Pixel Perfect: False, "
      "Control Mode: ControlNet is more important\", "
      "Version: Limn " LIMN_VERSION);
}

/* Texts as programs and sites write them. */
static const struct foreign {
  const char *name, *text;
  const char *prompt, *negative;
  limn_sampler_kind sampler;
  limn_sigmas sigmas;
  limn_rng_kind rng;
  int steps, width, height;
  float cfg;
  gint64 seed; /* -1: none */
  const char *model, *unused;
} foreigns[] = {
  { "A1111 1.5",
    "a lighthouse at dusk, (oil painting:1.2)\n"
    "Negative prompt: blurry, text\n"
    "Steps: 25, Sampler: DPM++ 2M Karras, CFG scale: 6.5, Seed: 3141592653, Size: 512x768, "
    "Model hash: 6ce0161689, Model: v1-5-pruned-emaonly, Version: v1.5.1",
    "a lighthouse at dusk, (oil painting:1.2)", "blurry, text", LIMN_SAMPLER_DPMPP_2M,
    LIMN_SIGMAS_KARRAS, LIMN_RNG_CUDA, 25, 512, 768, 6.5f, 3141592653, "v1-5-pruned-emaonly", "" },
  { "A1111 1.10",
    "a tram\nSteps: 30, Sampler: Euler a, Schedule type: Exponential, CFG scale: 7, Seed: 5, "
    "Size: 640x512, Model hash: c0d1994c73, Model: real, RNG: CPU, Emphasis: None, "
    "Version: v1.10.1",
    "a tram", "", LIMN_SAMPLER_EULER_ANCESTRAL, LIMN_SIGMAS_EXPONENTIAL, LIMN_RNG_CPU, 30, 640, 512,
    7, 5, "real", "" },
  { "old schedules", "x\nSteps: 20, Sampler: DPM++ 2M, CFG scale: 7, Seed: 5, Size: 512x512", "x",
    "", LIMN_SAMPLER_DPMPP_2M, LIMN_SIGMAS_UNIFORM, LIMN_RNG_CUDA, 20, 512, 512, 7, 5, NULL, "" },
  { "automatic SDE",
    "x\nSteps: 20, Sampler: DPM++ 2M SDE, Schedule type: Automatic, CFG scale: 7, Seed: 5", "x", "",
    LIMN_SAMPLER_DPMPP_2M_SDE, LIMN_SIGMAS_EXPONENTIAL, LIMN_RNG_CUDA, 20, 0, 0, 7, 5, NULL, "" },
  { "DDIM has no schedule there",
    "x\nSteps: 20, Sampler: DDIM, Schedule type: Karras, CFG scale: 7, Seed: 5", "x", "",
    LIMN_SAMPLER_DDIM, LIMN_SIGMAS_DEFAULT, LIMN_RNG_CUDA, 20, 0, 0, 7, 5, NULL, "" },
  { "Forge",
    "a fox <lora:add_detail:0.8>, snow\nNegative prompt: \n"
    "Steps: 8, Sampler: LCM, Schedule type: SGM Uniform, CFG scale: 1.5, "
    "Distilled CFG Scale: 3.5, Seed: 9, Size: 512x512, Model hash: abc, Model: lcm, "
    "Lora hashes: \"add_detail: 7c6bad76eb54\", Version: f2.0.1v1.10.1",
    "a fox , snow", "", LIMN_SAMPLER_LCM, LIMN_SIGMAS_DEFAULT, LIMN_RNG_CUDA, 8, 512, 512, 1.5f, 9,
    "lcm", "LoRA add_detail:0.8; Schedule type SGM Uniform; Distilled CFG Scale 3.5" },
  { "Civitai",
    "portrait, soft light\nNegative prompt: bad\n"
    "Steps: 28, Sampler: Euler a, CFG scale: 7.0, Seed: 77, Size: 832x1216, Clip skip: 2, "
    "Created Date: 2024-05-01T10:11:12.0000000Z, "
    "Civitai resources: [{\"type\":\"checkpoint\",\"modelVersionId\":1,\"modelName\":\"A, "
    "b]\",\"Seed: 1\":\"x\"},{\"type\":\"lora\",\"weight\":0.5}], Civitai metadata: {}, "
    "Hashes: {\"model\": \"abc\", \"lora:x, y\": \"def\"}",
    "portrait, soft light", "bad", LIMN_SAMPLER_EULER_ANCESTRAL, LIMN_SIGMAS_DEFAULT, LIMN_RNG_CUDA,
    28, 832, 1216, 7, 77, NULL, "Clip skip 2" },
  { "dynamic prompts",
    "a blue cat\nSteps: 10, Sampler: Heun, CFG scale: 5, Seed: 8, Size: 256x256\n"
    "Template: a {red|blue} cat\nNegative Template: none",
    "a blue cat", "", LIMN_SAMPLER_HEUN, LIMN_SIGMAS_DEFAULT, LIMN_RNG_CUDA, 10, 256, 256, 5, 8,
    NULL, "" },
  { "lines and look-alikes",
    "stairs\r\nSteps: 3 of them, worn\r\n\r\nSize: huge\r\nNegative prompt: a\r\nSeed: none\r\n"
    "Steps: 12, Sampler: UniPC, CFG scale: 4, Seed: 18446744073709551615, Size: 64x64",
    "stairs\nSteps: 3 of them, worn\n\nSize: huge", "a\nSeed: none", LIMN_SAMPLER_UNIPC,
    LIMN_SIGMAS_DEFAULT, LIMN_RNG_CUDA, 12, 64, 64, 4, (gint64) G_MAXUINT64 - 1, NULL, "" },
  { "no prompt", "Negative prompt: fog\nSteps: 12, Seed: 3, CFG scale: 4", "", "fog",
    LIMN_SAMPLER_DDIM, LIMN_SIGMAS_DEFAULT, LIMN_RNG_CUDA, 12, 0, 0, 4, 3, NULL, "" },
  { "only steps", "a dog\nSteps: 12", "a dog", "", LIMN_SAMPLER_DDIM, LIMN_SIGMAS_DEFAULT,
    LIMN_RNG_CUDA, 12, 0, 0, 7, -1, NULL, "" },
  { "out of range",
    "x\nSteps: 0, Sampler: Euler, CFG scale: 500, Seed: -1, Size: 99999x2, RNG: NV, Eta DDIM: nan",
    "x", "", LIMN_SAMPLER_EULER, LIMN_SIGMAS_DEFAULT, LIMN_RNG_CUDA, 20, 0, 0, 7, -1, NULL,
    "Steps 0; CFG scale 500; Seed -1; Size 99999x2; Eta DDIM nan" },
  { "ControlNet and hires",
    "x\nSteps: 20, Sampler: Euler, CFG scale: 7, Seed: 1, Size: 512x512, Denoising strength: 0.5, "
    "Hires upscale: 2, Hires steps: 10, Hires upscaler: R-ESRGAN 4x+, "
    "ControlNet 0: \"Module: canny, Model: control_v11p_sd15_canny [d14c016b], Weight: 1\", "
    "Version: v1.9.4",
    "x", "", LIMN_SAMPLER_EULER, LIMN_SIGMAS_DEFAULT, LIMN_RNG_CUDA, 20, 512, 512, 7, 1, NULL,
    "Hires upscaler R-ESRGAN 4x+; ControlNet 0, whose picture is not in it (say --control)" },
  { "ComfyUI's savers", "x\nSteps: 20, Sampler: Euler, CFG scale: 7, Seed: 1, Version: ComfyUI",
    "x", "", LIMN_SAMPLER_EULER, LIMN_SIGMAS_DEFAULT, LIMN_RNG_CPU, 20, 0, 0, 7, 1, NULL, "" },
};

static void
test_foreign (gconstpointer data)
{
  const struct foreign *foreign = data;
  g_autoptr (limn_recipe) recipe = from_text (foreign->text);
  g_autofree char *unused = unused_text (recipe);
  const struct limn_generate_params *params = &recipe->params;

  g_assert_true (limn_recipe_is_text (foreign->text));
  g_assert_cmpstr (params->prompt, ==, foreign->prompt);
  g_assert_cmpstr (params->negative, ==, foreign->negative);
  g_assert_cmpint (params->sampler, ==, foreign->sampler);
  g_assert_null (recipe->unknown_sampler);
  g_assert_cmpint (params->sigmas, ==, foreign->sigmas);
  g_assert_cmpint (params->rng, ==, foreign->rng);
  g_assert_cmpint (params->steps, ==, foreign->steps);
  g_assert_cmpint (params->width, ==, foreign->width);
  g_assert_cmpint (params->height, ==, foreign->height);
  g_assert_cmpfloat (params->cfg, ==, foreign->cfg);
  g_assert_cmpint (recipe->has_seed, ==, foreign->seed != -1);
  if (recipe->has_seed && foreign->seed >= 0)
    g_assert_cmpuint (params->seed, ==, (guint64) foreign->seed);
  g_assert_cmpstr (recipe->model.name, ==, foreign->model);
  g_assert_cmpstr (unused, ==, foreign->unused);
  g_assert_false (recipe->complete);
}

static void
test_hires (void)
{
  g_autoptr (limn_recipe) factor =
      from_text ("x\nSteps: 20, Sampler: Euler, Seed: 1, Size: 512x512, Denoising strength: 0.5, "
                 "Hires upscale: 2, Hires steps: 10, Hires upscaler: Latent");
  g_autoptr (limn_recipe) size =
      from_text ("x\nSteps: 20, Sampler: Euler, Seed: 1, Size: 512x384, Denoising strength: 0.5, "
                 "Hires resize: 768x576, Hires upscaler: None");
  g_autoptr (limn_recipe) image =
      from_text ("x\nSteps: 20, Sampler: Euler, Seed: 1, Size: 512x384, Denoising strength: 0.5");

  g_assert_cmpfloat (factor->params.hires_scale, ==, 2);
  g_assert_cmpfloat (factor->params.hires_strength, ==, 0.5f);
  g_assert_cmpint (factor->params.hires_steps, ==, 10);
  g_assert_cmpint (factor->params.hires_upscale, ==, LIMN_UPSCALE_LATENT);
  g_assert_cmpuint (factor->unused->len, ==, 0);
  g_assert_cmpfloat (size->params.hires_scale, ==, 1.5f);
  g_assert_cmpint (size->params.hires_upscale, ==, LIMN_UPSCALE_PICTURE);
  g_assert_cmpfloat (image->params.hires_scale, ==, 0);
  g_assert_cmpfloat (image->params.strength, ==, 0.5f);
  g_assert_cmpuint (image->unused->len, ==, 1);
}

static void
test_unknown_sampler (void)
{
  static const char *const names[] = { "DPM++ 3M SDE Karras", "DPM++ SDE", "Restart", "",
                                       "DPM++ 2M SDE Heun Exponential" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *text =
        g_strdup_printf ("x\nSteps: 20, Sampler: %s, CFG scale: 7, Seed: 1", names[i]);
    g_autoptr (limn_recipe) recipe = from_text (text);

    g_assert_cmpstr (recipe->unknown_sampler, ==, names[i]);
  }
}

static void
test_not_a_text (void)
{
  static const char *const texts[] = { "",
                                       "\n",
                                       "a cat",
                                       "Steps: many",
                                       "Steps:",
                                       "{\"a\": 1}",
                                       "Steps: 3 of them",
                                       "Size: 1x1, Seed: 2" };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (limn_recipe) recipe = from_text (texts[i]);

    g_assert_false (limn_recipe_is_text (texts[i]));
    g_assert_cmpint (recipe->params.steps, ==, 20);
  }
}

/* --- recipes at random --- */

struct random {
  GRand *rand;
  limn_recipe *recipe; /* owns what is made */
};

static const char *
random_text (struct random *random)
{
  static const char *const words[] = {
    "red",
    "(balloon:1.3)",
    ",",
    "\"",
    "\\",
    "\303\251t\303\251",
    "\360\237\216\210",
    ":",
    "Steps: 3",
    "\n",
    "BREAK",
    "{",
    "\t",
    "'",
    "<b>",
  };
  g_autoptr (GString) text = g_string_new ("w");

  for (int n = g_rand_int_range (random->rand, 0, 12); n > 0; n--)
    g_string_append_printf (text, "%s%s", n % 2 ? " " : "",
                            words[g_rand_int_range (random->rand, 0, (int) G_N_ELEMENTS (words))]);
  return g_string_chunk_insert (random->recipe->strings, text->str);
}

static const limn_image *
random_image (struct random *random)
{
  static const int channels[] = { 1, 3, 4 };
  limn_image *image = limn_image_new (g_rand_int_range (random->rand, 1, 20),
                                      g_rand_int_range (random->rand, 1, 20),
                                      channels[g_rand_int_range (random->rand, 0, 3)]);

  for (int i = 0; i < image->width * image->height * image->channels; i++)
    image->pixels[i] = (guint8) g_rand_int (random->rand);
  g_ptr_array_add (random->recipe->images, image);
  return image;
}

static int
below (struct random *random, int limit)
{
  return g_rand_int_range (random->rand, 0, limit);
}

static float
part (struct random *random)
{
  return (float) g_rand_double (random->rand);
}

static void
add_control (struct random *random)
{
  struct limn_control control = {
    .type = below (random, 2) ? "scribble" : "line_art-2",
    .image = random_image (random),
    .weight = part (random) * 10,
    .start = part (random) * 0.5f,
    .end = 0.5f + part (random) * 0.5f,
    .mode = (limn_control_mode) below (random, LIMN_N_CONTROL_MODES),
  };

  g_array_append_val (random->recipe->owned_controls, control);
}

static void
add_guide (struct random *random)
{
  struct limn_guide guide = {
    .kind = (limn_guide_kind) below (random, LIMN_N_GUIDES),
    .colour = { part (random), part (random), part (random) },
    .brightness = part (random),
    .drawing = random_image (random),
    .x = part (random),
    .y = part (random),
    .width = part (random),
    .height = part (random),
    .weight = part (random) * 10,
  };

  g_array_append_val (random->recipe->owned_guides, guide);
}

static void
add_controlnet (struct random *random)
{
  struct limn_recipe_file file = { "pose", below (random, 2) ? random_text (random) : NULL,
                                   random_text (random), random_text (random) };

  g_array_append_val (random->recipe->owned_controlnets, file);
}

static void
fill_params (struct random *random, struct limn_generate_params *params)
{
  params->prompt = random_text (random);
  params->negative = random_text (random);
  params->plain_prompt = below (random, 2);
  params->sampler = (limn_sampler_kind) below (random, LIMN_N_SAMPLERS);
  params->sigmas = (limn_sigmas) below (random, LIMN_N_SIGMAS);
  params->steps = 1 + below (random, 4000);
  params->cfg = 1 + part (random) * 99;
  params->cfg_rescale = part (random);
  params->eta = g_rand_double (random->rand);
  params->seed = (guint64) g_rand_int (random->rand) << 32 | g_rand_int (random->rand);
  params->rng = (limn_rng_kind) below (random, LIMN_N_RNGS);
  params->width = 1 + below (random, 8192);
  params->height = 1 + below (random, 8192);
  params->strength = part (random);
  params->hires_scale = part (random) * 4;
  params->hires_strength = part (random);
  params->hires_steps = below (random, 4000);
  params->hires_upscale = (limn_upscale) below (random, LIMN_N_UPSCALES);
  params->vae_tile = below (random, 1024) - 1;
  if (below (random, 2))
    params->init = random_image (random);
  if (params->init != NULL && below (random, 2))
    params->mask = random_image (random);
  params->mask_blur = below (random, 65);
}

static limn_recipe *
random_recipe (GRand *rand)
{
  limn_recipe *recipe = limn_recipe_new ();
  struct random random = { rand, recipe };

  fill_params (&random, &recipe->params);
  recipe->has_seed = true;
  recipe->model = (struct limn_recipe_file){ NULL, random_text (&random), random_text (&random),
                                             random_text (&random) };
  recipe->prediction = below (&random, LIMN_N_PREDICTIONS + 1) - 1;
  recipe->precision = (limn_precision) below (&random, LIMN_N_PRECISIONS);
  recipe->device = random_text (&random);
  for (int n = below (&random, 4); n > 0; n--)
    add_control (&random);
  for (int n = below (&random, 3); n > 0; n--)
    add_guide (&random);
  for (int n = below (&random, 3); n > 0; n--)
    add_controlnet (&random);
  recipe->params.controls = (const void *) recipe->owned_controls->data;
  recipe->params.n_controls = recipe->owned_controls->len;
  recipe->params.guides = (const void *) recipe->owned_guides->data;
  recipe->params.n_guides = recipe->owned_guides->len;
  recipe->controlnets = (const void *) recipe->owned_controlnets->data;
  recipe->n_controlnets = recipe->owned_controlnets->len;
  return recipe;
}

static void
assert_same_image (const limn_image *a, const limn_image *b)
{
  g_assert_cmpint (a == NULL, ==, b == NULL);
  if (a == NULL)
    return;
  g_assert_cmpint (a->width, ==, b->width);
  g_assert_cmpint (a->height, ==, b->height);
  g_assert_cmpint (a->channels, ==, b->channels);
  g_assert_cmpmem (a->pixels, (gsize) (a->width * a->height * a->channels), b->pixels,
                   (gsize) (b->width * b->height * b->channels));
}

static void
assert_same_file (const struct limn_recipe_file *a, const struct limn_recipe_file *b)
{
  g_assert_cmpstr (a->type, ==, b->type);
  g_assert_cmpstr (a->path, ==, b->path);
  g_assert_cmpstr (a->name, ==, b->name);
  g_assert_cmpstr (a->fingerprint, ==, b->fingerprint);
}

static void
assert_same_params (const struct limn_generate_params *a, const struct limn_generate_params *b)
{
  g_assert_cmpstr (a->prompt, ==, b->prompt);
  g_assert_cmpstr (a->negative, ==, b->negative);
  g_assert_cmpint (a->plain_prompt, ==, b->plain_prompt);
  g_assert_cmpint (a->sampler, ==, b->sampler);
  g_assert_cmpint (a->sigmas, ==, b->sigmas);
  g_assert_cmpint (a->steps, ==, b->steps);
  g_assert_cmpfloat (a->cfg, ==, b->cfg);
  g_assert_cmpfloat (a->cfg_rescale, ==, b->cfg_rescale);
  g_assert_cmpfloat (a->eta, ==, b->eta);
  g_assert_cmpuint (a->seed, ==, b->seed);
  g_assert_cmpint (a->rng, ==, b->rng);
  g_assert_cmpint (a->width, ==, b->width);
  g_assert_cmpint (a->height, ==, b->height);
  g_assert_cmpfloat (a->strength, ==, b->strength);
  g_assert_cmpfloat (a->hires_scale, ==, b->hires_scale);
  g_assert_cmpfloat (a->hires_strength, ==, b->hires_strength);
  g_assert_cmpint (a->hires_steps, ==, b->hires_steps);
  g_assert_cmpint (a->hires_upscale, ==, b->hires_upscale);
  g_assert_cmpint (a->vae_tile, ==, b->vae_tile);
  assert_same_image (a->init, b->init);
  assert_same_image (a->mask, b->mask);
  g_assert_cmpint (a->mask_blur, ==, b->mask_blur);
}

static void
assert_same_lists (const limn_recipe *a, const limn_recipe *b)
{
  g_assert_cmpuint (a->params.n_controls, ==, b->params.n_controls);
  g_assert_cmpuint (a->params.n_guides, ==, b->params.n_guides);
  g_assert_cmpuint (a->n_controlnets, ==, b->n_controlnets);
  for (gsize i = 0; i < a->params.n_controls; i++) {
    const struct limn_control *x = &a->params.controls[i], *y = &b->params.controls[i];

    g_assert_cmpstr (x->type, ==, y->type);
    g_assert_cmpfloat (x->weight, ==, y->weight);
    g_assert_cmpfloat (x->start, ==, y->start);
    g_assert_cmpfloat (x->end, ==, y->end);
    g_assert_cmpint (x->mode, ==, y->mode);
    assert_same_image (x->image, y->image);
  }
  for (gsize i = 0; i < a->params.n_guides; i++) {
    const struct limn_guide *x = &a->params.guides[i], *y = &b->params.guides[i];

    g_assert_cmpint (x->kind, ==, y->kind);
    for (int c = 0; c < 3; c++)
      g_assert_cmpfloat (x->colour[c], ==, y->colour[c]);
    g_assert_cmpfloat (x->brightness, ==, y->brightness);
    g_assert_cmpfloat (x->x, ==, y->x);
    g_assert_cmpfloat (x->y, ==, y->y);
    g_assert_cmpfloat (x->width, ==, y->width);
    g_assert_cmpfloat (x->height, ==, y->height);
    g_assert_cmpfloat (x->weight, ==, y->weight);
    assert_same_image (x->drawing, y->drawing);
  }
  for (gsize i = 0; i < a->n_controlnets; i++)
    assert_same_file (&a->controlnets[i], &b->controlnets[i]);
}

static void
test_json_round_trip (void)
{
  GRand *rand = g_rand_new_with_seed (20261122);

  for (int i = 0; i < 300; i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (limn_recipe) recipe = random_recipe (rand);
    g_autoptr (limn_recipe) back = NULL;
    g_autoptr (JsonParser) parser = json_parser_new ();
    g_autofree char *json = limn_recipe_to_json (recipe, &error);
    g_autofree char *again = NULL;

    g_assert_no_error (error);
    /* A second opinion on what is written. */
    json_parser_load_from_data (parser, json, -1, &error);
    g_assert_no_error (error);
    back = limn_recipe_from_json (json, strlen (json), "a.png", &error);
    g_assert_no_error (error);
    assert_same_params (&recipe->params, &back->params);
    assert_same_lists (recipe, back);
    assert_same_file (&recipe->model, &back->model);
    g_assert_cmpint (recipe->prediction, ==, back->prediction);
    g_assert_cmpint (recipe->precision, ==, back->precision);
    g_assert_cmpstr (recipe->device, ==, back->device);
    g_assert_true (back->complete && back->has_seed);
    again = limn_recipe_to_json (back, &error);
    g_assert_cmpstr (json, ==, again);
  }
  g_rand_free (rand);
}

/* Its form keeps no white space at the ends of lines. */
static void
assert_same_words (const char *a, const char *b)
{
  g_auto (GStrv) lines = g_strsplit (a, "\n", -1);
  g_autofree char *joined = NULL;

  for (gsize i = 0; lines[i] != NULL; i++)
    g_strstrip (lines[i]);
  joined = g_strstrip (g_strjoinv ("\n", lines));
  g_assert_cmpstr (joined, ==, b);
}

/* What A1111's form has words for survives it. */
static void
test_text_round_trip (void)
{
  GRand *rand = g_rand_new_with_seed (42);

  for (int i = 0; i < 2000; i++) {
    g_autoptr (limn_recipe) recipe = random_recipe (rand);
    g_autoptr (limn_recipe) back = NULL;
    g_autofree char *text = NULL;
    const struct limn_generate_params *a = &recipe->params, *b;

    recipe->params.init = NULL;
    if (recipe->params.hires_scale < 1)
      recipe->params.hires_scale = 0;
    text = limn_recipe_to_text (recipe);
    g_assert_true (g_utf8_validate (text, -1, NULL));
    back = from_text (text);
    b = &back->params;
    g_assert_null (back->unknown_sampler);
    g_assert_cmpint (a->sampler, ==, b->sampler);
    if (a->sigmas != LIMN_SIGMAS_DEFAULT)
      g_assert_cmpint (a->sigmas, ==, b->sigmas);
    g_assert_cmpint (a->steps, ==, b->steps);
    g_assert_cmpfloat (a->cfg, ==, b->cfg);
    g_assert_cmpfloat (a->cfg_rescale, ==, b->cfg_rescale);
    g_assert_cmpfloat (a->eta, ==, b->eta);
    g_assert_cmpuint (a->seed, ==, b->seed);
    g_assert_cmpint (a->rng, ==, b->rng);
    g_assert_cmpint (a->width, ==, b->width);
    g_assert_cmpint (a->height, ==, b->height);
    g_assert_cmpint (a->plain_prompt, ==, b->plain_prompt);
    g_assert_cmpfloat (a->hires_scale, ==, b->hires_scale);
    if (a->hires_scale > 0) {
      g_assert_cmpfloat (a->hires_strength, ==, b->hires_strength);
      g_assert_cmpint (a->hires_steps, ==, b->hires_steps);
      g_assert_cmpint (a->hires_upscale, ==, b->hires_upscale);
    }
    assert_same_words (a->prompt, b->prompt);
    assert_same_words (a->negative, b->negative);
    if (strpbrk (recipe->model.name, ",:\n") == NULL)
      assert_same_words (recipe->model.name, back->model.name);
    else
      g_assert_cmpstr (recipe->model.name, ==, back->model.name);
  }
  g_rand_free (rand);
}

/* --- broken recipes of ours --- */

#define HEAD "{\"version\":1,\"width\":8,\"height\":8,\"seed\":\"1\","

static void
test_json_broken (void)
{
  static const struct {
    const char *json, *words;
  } cases[] = {
    { "", "" },
    { "[]", "an object was wanted" },
    { "{}", "a version, a size and a seed" },
    { "{\"version\":2,\"steps\":\"?\"}", "a newer Limn wrote this" },
    { "{\"width\":8,\"height\":8,\"seed\":\"1\"}", "a version" },
    { HEAD "\"steps\":0}", "at \"steps\": a number is out of its range" },
    { HEAD "\"steps\":2.5}", "a whole number" },
    { HEAD "\"steps\":1e99}", "out of its range" },
    { HEAD "\"steps\":1e999}", "too large" },
    { HEAD "\"steps\":1,\"steps\":1}", "appears twice" },
    { HEAD "\"cfg\":\"7\"}", "" },
    { HEAD "\"sampler\":\"magic\"}", "at \"sampler\": a name that is not known" },
    { HEAD "\"plain_prompt\":1}", "true or false" },
    { HEAD "\"controls\":[{\"type\":\"../../etc\"}]}", "a name of letters" },
    { HEAD "\"controls\":[{\"type\":\"pose\"}]}", "a control lacks" },
    { HEAD "\"controls\":[{}]}", "a control lacks" },
    { HEAD "\"guides\":[{\"kind\":\"edges\"}]}", "a guide lacks its drawing" },
    { HEAD "\"controlnets\":[{}]}", "a ControlNet lacks its type" },
    { HEAD "\"init\":\"AAAA\"}", "a picture in the recipe is broken: a.png: not a PNG" },
    { HEAD "\"init\":\"\"}", "a picture was wanted" },
    { HEAD "\"prompt\":\"a\\u0000b\"}", "\\u0000" },
    { HEAD "\"future\":{\"a\":[}}", "" },
    { HEAD "\"a\":1} x", "something follows" },
    { "{\"version\":1,\"seed\":\"-1\"}", "64 bits" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;

    g_test_message ("%s", cases[i].json);
    g_assert_null (limn_recipe_from_json (cases[i].json, strlen (cases[i].json), "a.png", &error));
    g_assert_error (error, LIMN_ERROR, LIMN_ERROR_FORMAT);
    g_assert_nonnull (strstr (error->message, "a.png"));
    g_assert_nonnull (strstr (error->message, cases[i].words));
    g_assert_null (strchr (error->message, '\n'));
  }
}

/* A member that a later Limn may add is passed over; one that is missing has its default. */
static void
test_json_lenient (void)
{
  static const char json[] = HEAD "\"future\":{\"version\":[2,\"x\"]}}";
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_recipe) recipe = limn_recipe_from_json (json, strlen (json), "a.png", &error);

  g_assert_no_error (error);
  g_assert_cmpint (recipe->params.steps, ==, 20);
  g_assert_cmpfloat (recipe->params.cfg, ==, 7);
  g_assert_cmpint (recipe->prediction, ==, -1);
  g_assert_cmpuint (recipe->params.n_controls, ==, 0);
}

/* --- files --- */

static void
check_load (const char *path, const struct limn_png_text *texts, gsize n_texts, const char *words)
{
  g_autoptr (limn_image) image = limn_image_new (2, 2, 3);
  g_autoptr (GError) error = NULL;

  g_assert_true (limn_png_save (image, path, texts, n_texts, NULL));
  g_assert_null (limn_recipe_load (path, &error));
  g_assert_error (error, LIMN_ERROR, LIMN_ERROR_FORMAT);
  if (strstr (error->message, words) == NULL)
    g_test_message ("wanted \"%s\" in: %s", words, error->message);
  g_assert_nonnull (strstr (error->message, words));
  g_assert_true (g_str_has_prefix (error->message, path));
}

static void
test_load_foreign (void)
{
  g_autofree char *folder = make_folder ();
  g_autofree char *path = g_build_filename (folder, "a.png", NULL);
  static const struct {
    struct limn_png_text text;
    const char *words;
  } cases[] = {
    { { "prompt", "{\"3\": {}}" }, "a workflow of ComfyUI" },
    { { "workflow", "{}" }, "a workflow of ComfyUI" },
    { { "invokeai_metadata", "{}" }, "settings of InvokeAI" },
    { { "Comment", "{\"steps\": 28}" }, "NovelAI" },
    { { "parameters", "{\"sui_image_params\": {}}" }, "SwarmUI" },
    { { "Title", "x" }, "other texts" },
    { { "limn", "{\"version\": 3}" }, "a newer Limn" },
  };

  check_load (path, NULL, 0, "no text at all");
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    check_load (path, &cases[i].text, 1, cases[i].words);
}

static void
test_load (void)
{
  static const char text[] = "a cat\nSteps: 7, Sampler: Euler, Seed: 1";
  static const struct limn_png_text texts[] = {
    { "parameters", text },
    { "limn", HEAD "\"steps\":9}", .utf8 = true },
  };
  g_autofree char *folder = make_folder ();
  g_autofree char *png = g_build_filename (folder, "a.png", NULL);
  g_autofree char *txt = g_build_filename (folder, "a.txt", NULL);
  g_autofree char *marked = g_strconcat ("\xef\xbb\xbf", text, NULL);
  g_autoptr (limn_image) image = limn_image_new (2, 2, 3);
  g_autoptr (GError) error = NULL;
  limn_recipe *recipe;

  /* Ours comes first where both are. */
  for (gsize n = 1; n <= 2; n++) {
    g_assert_true (limn_png_save (image, png, texts, n, NULL));
    recipe = limn_recipe_load (png, &error);
    g_assert_no_error (error);
    g_assert_cmpint (recipe->params.steps, ==, n == 1 ? 7 : 9);
    g_assert_cmpint (recipe->complete, ==, n == 2);
    limn_recipe_free (recipe);
  }
  g_assert_true (g_file_set_contents (txt, marked, -1, NULL));
  recipe = limn_recipe_load (txt, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (recipe->params.prompt, ==, "a cat");
  limn_recipe_free (recipe);
}

static void
test_load_bad (void)
{
  static const struct {
    const char *bytes;
    gsize size;
  } cases[] = {
    { "", 0 }, { "a cat", 5 }, { "a\0b\nSteps: 7", 12 }, { "\xff\nSteps: 7", 10 }, { "GIF89a", 6 }
  };
  g_autofree char *folder = make_folder ();
  g_autofree char *path = g_build_filename (folder, "a.txt", NULL);
  g_autoptr (GError) missing = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_true (g_file_set_contents (path, cases[i].bytes, (gssize) cases[i].size, NULL));
    g_assert_null (limn_recipe_load (path, &error));
    g_assert_error (error, LIMN_ERROR, LIMN_ERROR_FORMAT);
    g_assert_nonnull (strstr (error->message, "neither a PNG nor a text with a recipe"));
  }
  g_assert_null (limn_recipe_load ("/nonexistent/a.png", &missing));
  g_assert_error (missing, LIMN_ERROR, LIMN_ERROR_FILE);
}

/* --- weights --- */

static char *
fingerprint (const char *path)
{
  g_autoptr (GError) error = NULL;
  char *text = limn_recipe_fingerprint (path, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (strlen (text), ==, 64);
  return text;
}

static void
write_file (const char *folder, const char *name, const void *bytes, gsize size)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *parent = g_path_get_dirname (path);

  g_assert_cmpint (g_mkdir_with_parents (parent, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, bytes, (gssize) size, NULL));
}

static void
assert_changes (const char *path, char **last, bool changed)
{
  char *now = fingerprint (path);

  g_assert_cmpint (g_str_equal (now, *last), ==, !changed);
  g_free (*last);
  *last = now;
}

static void
test_fingerprint_folder (void)
{
  g_autofree char *folder = make_folder ();
  g_autofree char *other = make_folder ();
  g_autofree char *last = NULL;
  g_autofree char *same = NULL;

  write_file (folder, "model_index.json", "{}", 2);
  write_file (folder, "unet/model.safetensors", "abc", 3);
  write_file (other, "unet/model.safetensors", "abc", 3);
  write_file (other, "model_index.json", "{}", 2);
  last = fingerprint (folder);
  same = fingerprint (other);
  g_assert_cmpstr (last, ==, same);
  write_file (folder, "unet/model.safetensors", "abd", 3);
  assert_changes (folder, &last, true);
  write_file (folder, "tokenizer/merges.txt", "x", 1);
  assert_changes (folder, &last, true);
  /* What is no part of the model itself. */
  write_file (folder, "README.md", "x", 1);
  write_file (folder, "controlnet-pose/config.json", "{}", 2);
  assert_changes (folder, &last, false);
  write_file (folder, "unet/config.json", "", 0);
  assert_changes (folder, &last, true);
}

/* Long files are read in samples: their ends, their size, and pieces between count. */
static void
test_fingerprint_file (void)
{
  const gsize size = 8 << 20;
  g_autofree char *folder = make_folder ();
  g_autofree char *path = g_build_filename (folder, "a.safetensors", NULL);
  g_autofree char *moved = g_build_filename (folder, "b.safetensors", NULL);
  g_autofree guint8 *bytes = g_malloc0 (size + 1);
  g_autofree char *last = NULL;
  g_autofree char *renamed = NULL;

  write_file (folder, "a.safetensors", bytes, size);
  last = fingerprint (path);
  bytes[100] = 1;
  write_file (folder, "a.safetensors", bytes, size);
  assert_changes (path, &last, true);
  bytes[size - 100] = 1;
  write_file (folder, "a.safetensors", bytes, size);
  assert_changes (path, &last, true);
  memset (bytes + (1 << 20), 1, 4 << 20);
  write_file (folder, "a.safetensors", bytes, size);
  assert_changes (path, &last, true);
  write_file (folder, "a.safetensors", bytes, size + 1);
  assert_changes (path, &last, true);
  g_assert_cmpint (g_rename (path, moved), ==, 0);
  renamed = fingerprint (moved);
  g_assert_cmpstr (last, ==, renamed);
}

static void
test_check_file (void)
{
  g_autofree char *folder = make_folder ();
  g_autofree char *path = g_build_filename (folder, "m.safetensors", NULL);
  g_autofree char *right = NULL;
  struct limn_recipe_file file = { NULL, path, "m.safetensors", NULL };
  g_autoptr (GError) error = NULL;
  g_autofree char *missing =
      g_strdup_printf ("a.png was drawn with the model m.safetensors, which is not at %s; "
                       "say --model PATH",
                       path);

  g_assert_false (limn_recipe_check_file (&file, path, "a.png", &error));
  g_assert_error (error, LIMN_ERROR, LIMN_ERROR_MODEL);
  g_assert_cmpstr (error->message, ==, missing);
  g_clear_error (&error);
  write_file (folder, "m.safetensors", "abc", 3);
  right = fingerprint (path);
  g_assert_true (limn_recipe_check_file (&file, path, "a.png", &error));
  file.fingerprint = right;
  g_assert_true (limn_recipe_check_file (&file, path, "a.png", &error));
  g_assert_no_error (error);
  file.type = "pose";
  write_file (folder, "m.safetensors", "abd", 3);
  g_assert_false (limn_recipe_check_file (&file, path, "a.png", &error));
  g_assert_nonnull (strstr (error->message, "the ControlNet m.safetensors for pose"));
  g_assert_nonnull (strstr (error->message, "is another one; say --controlnet pose=PATH"));
}

static void
test_paths (void)
{
  g_autofree char *home = g_build_filename (g_get_home_dir (), "models/sd15", NULL);
  g_autofree char *home_text = limn_recipe_path_to_text (home);
  g_autofree char *home_back = limn_recipe_path_from_text (home_text);
  g_autofree char *own = source_path ("data/models/starter");
  g_autofree char *own_text = limn_recipe_path_to_text (own);
  g_autofree char *own_back = limn_recipe_path_from_text (own_text);
  g_autofree char *other = limn_recipe_path_to_text ("/models/../models//x");

  g_assert_cmpstr (home_text, ==, "~/models/sd15");
  g_assert_cmpstr (home_back, ==, home);
  g_assert_cmpstr (own_text, ==, "limn:models/starter");
  g_assert_cmpstr (own_back, ==, own);
  g_assert_cmpstr (other, ==, "/models/x");
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/app/recipe/write", test_write);
  for (gsize i = 0; i < G_N_ELEMENTS (foreigns); i++) {
    g_autofree char *name = g_strdup_printf ("/app/recipe/read/%s", foreigns[i].name);

    g_test_add_data_func (name, &foreigns[i], test_foreign);
  }
  g_test_add_func ("/app/recipe/hires", test_hires);
  g_test_add_func ("/app/recipe/unknown-sampler", test_unknown_sampler);
  g_test_add_func ("/app/recipe/not-a-text", test_not_a_text);
  g_test_add_func ("/app/recipe/json-round-trip", test_json_round_trip);
  g_test_add_func ("/app/recipe/text-round-trip", test_text_round_trip);
  g_test_add_func ("/app/recipe/json-broken", test_json_broken);
  g_test_add_func ("/app/recipe/json-lenient", test_json_lenient);
  g_test_add_func ("/app/recipe/load-foreign", test_load_foreign);
  g_test_add_func ("/app/recipe/load", test_load);
  g_test_add_func ("/app/recipe/load-bad", test_load_bad);
  g_test_add_func ("/app/recipe/fingerprint/folder", test_fingerprint_folder);
  g_test_add_func ("/app/recipe/fingerprint/file", test_fingerprint_file);
  g_test_add_func ("/app/recipe/check-file", test_check_file);
  g_test_add_func ("/app/recipe/paths", test_paths);
  status = g_test_run ();
  clean_up ();
  return status;
}
