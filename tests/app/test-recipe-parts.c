/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Recipes as text and as JSON: what is written, and what is read or refused. */

#include <string.h>

#include "recipe-json.h"
#include "recipe-text.h"
#include "recipe.h"

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

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/app/recipe/write", test_write);
  for (gsize i = 0; i < G_N_ELEMENTS (foreigns); i++) {
    g_autofree char *name = g_strdup_printf ("/app/recipe/read/%s", foreigns[i].name);

    g_test_add_data_func (name, &foreigns[i], test_foreign);
  }
  g_test_add_func ("/app/recipe/hires", test_hires);
  g_test_add_func ("/app/recipe/unknown-sampler", test_unknown_sampler);
  g_test_add_func ("/app/recipe/not-a-text", test_not_a_text);
  g_test_add_func ("/app/recipe/json-broken", test_json_broken);
  g_test_add_func ("/app/recipe/json-lenient", test_json_lenient);
  return g_test_run ();
}
