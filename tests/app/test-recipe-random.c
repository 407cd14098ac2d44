/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Recipes at random, written and read again. */

#include <string.h>

#include <json-glib/json-glib.h>

#include "recipe-json.h"
#include "recipe-text.h"
#include "recipe.h"

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
add_lora (struct random *random)
{
  struct limn_recipe_lora lora = {
    { NULL, random_text (random), random_text (random), random_text (random) },
    part (random) * 20 - 10,
  };

  g_array_append_val (random->recipe->owned_loras, lora);
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
  for (int n = below (&random, 3); n > 0; n--)
    add_lora (&random);
  recipe->params.controls = (const void *) recipe->owned_controls->data;
  recipe->params.n_controls = recipe->owned_controls->len;
  recipe->params.guides = (const void *) recipe->owned_guides->data;
  recipe->params.n_guides = recipe->owned_guides->len;
  recipe->controlnets = (const void *) recipe->owned_controlnets->data;
  recipe->n_controlnets = recipe->owned_controlnets->len;
  recipe->loras = (const void *) recipe->owned_loras->data;
  recipe->n_loras = recipe->owned_loras->len;
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

/* What every form of a recipe says as it is. */
static void
assert_same_numbers (const struct limn_generate_params *a, const struct limn_generate_params *b)
{
  g_assert_cmpint (a->plain_prompt, ==, b->plain_prompt);
  g_assert_cmpint (a->sampler, ==, b->sampler);
  g_assert_cmpint (a->steps, ==, b->steps);
  g_assert_cmpfloat (a->cfg, ==, b->cfg);
  g_assert_cmpfloat (a->cfg_rescale, ==, b->cfg_rescale);
  g_assert_cmpfloat (a->eta, ==, b->eta);
  g_assert_cmpuint (a->seed, ==, b->seed);
  g_assert_cmpint (a->rng, ==, b->rng);
  g_assert_cmpint (a->width, ==, b->width);
  g_assert_cmpint (a->height, ==, b->height);
  g_assert_cmpfloat (a->hires_scale, ==, b->hires_scale);
}

static void
assert_same_params (const struct limn_generate_params *a, const struct limn_generate_params *b)
{
  g_assert_cmpstr (a->prompt, ==, b->prompt);
  g_assert_cmpstr (a->negative, ==, b->negative);
  assert_same_numbers (a, b);
  g_assert_cmpint (a->sigmas, ==, b->sigmas);
  g_assert_cmpfloat (a->strength, ==, b->strength);
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
  g_assert_cmpuint (a->n_loras, ==, b->n_loras);
  for (gsize i = 0; i < a->n_loras; i++) {
    assert_same_file (&a->loras[i].file, &b->loras[i].file);
    g_assert_cmpfloat (a->loras[i].strength, ==, b->loras[i].strength);
  }
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
    back = limn_recipe_new ();
    limn_recipe_from_text (back, text);
    b = &back->params;
    g_assert_null (back->unknown_sampler);
    assert_same_numbers (a, b);
    if (a->sigmas != LIMN_SIGMAS_DEFAULT)
      g_assert_cmpint (a->sigmas, ==, b->sigmas);
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

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/app/recipe/json-round-trip", test_json_round_trip);
  g_test_add_func ("/app/recipe/text-round-trip", test_text_round_trip);
  return g_test_run ();
}
