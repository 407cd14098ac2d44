/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Input: a recipe, read as A1111's text, as our JSON, and as a file for --from. */

#include "fuzz.h"

#include <string.h>

#include "error.h"
#include "number.h"
#include "recipe-json.h"
#include "recipe-options.h"
#include "recipe-text.h"

static void
check_params (const limn_recipe *recipe)
{
  const struct limn_generate_params *params = &recipe->params;

  g_assert_cmpint (params->sampler, <, LIMN_N_SAMPLERS);
  g_assert_cmpint (params->sigmas, <, LIMN_N_SIGMAS);
  g_assert_cmpint (params->rng, <, LIMN_N_RNGS);
  g_assert_true (params->steps >= 1 && params->steps <= 4000);
  g_assert_true (params->cfg >= 1 && params->cfg <= 100);
  g_assert_true (params->cfg_rescale >= 0 && params->cfg_rescale <= 1);
  g_assert_true (params->eta >= 0 && params->eta <= 1);
  g_assert_true (params->strength >= 0 && params->strength <= 1);
  g_assert_true (params->hires_strength >= 0 && params->hires_strength <= 1);
  g_assert_true (params->hires_scale >= 0 && params->hires_scale <= LIMN_MAX_SIDE);
  g_assert_true (params->width >= 0 && params->width <= LIMN_MAX_SIDE);
  g_assert_true (params->height >= 0 && params->height <= LIMN_MAX_SIDE);
  for (guint i = 0; i < recipe->unused->len; i++) {
    const char *phrase = recipe->unused->pdata[i];

    g_assert_true (g_utf8_validate (phrase, -1, NULL));
    g_assert_null (strpbrk (phrase, "\r\n"));
  }
}

/* What was read can be written, and that is read as the same. */
static void
check_text (const char *text)
{
  g_autoptr (limn_recipe) recipe = limn_recipe_new ();
  g_autoptr (limn_recipe) back = limn_recipe_new ();
  g_autofree char *written = NULL;

  limn_recipe_is_text (text);
  limn_recipe_from_text (recipe, text);
  g_assert_true (g_utf8_validate (recipe->params.prompt, -1, NULL));
  g_assert_true (g_utf8_validate (recipe->params.negative, -1, NULL));
  if (recipe->unknown_sampler != NULL)
    recipe->params.sampler = LIMN_SAMPLER_EULER;
  check_params (recipe);
  written = limn_recipe_to_text (recipe);
  limn_recipe_from_text (back, written);
  g_assert_null (back->unknown_sampler);
  g_assert_cmpint (recipe->params.sampler, ==, back->params.sampler);
  g_assert_cmpint (recipe->params.steps, ==, back->params.steps);
  g_assert_cmpfloat (recipe->params.cfg, ==, back->params.cfg);
  g_assert_cmpuint (recipe->params.seed, ==, back->params.seed);
}

static void
check_json (const char *json, gsize size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_recipe) recipe = limn_recipe_from_json (json, size, "fuzz.png", &error);
  g_autoptr (limn_recipe) back = NULL;
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;

  fuzz_check (recipe != NULL, error, LIMN_ERROR);
  if (recipe == NULL)
    return;
  check_params (recipe);
  first = limn_recipe_to_json (recipe, &error);
  g_assert_no_error (error);
  back = limn_recipe_from_json (first, strlen (first), "fuzz.png", &error);
  g_assert_no_error (error);
  second = limn_recipe_to_json (back, &error);
  g_assert_cmpstr (first, ==, second);
}

/* The weights that it names are not there, or are not those. */
static void
check_options (const uint8_t *data, size_t size)
{
  const char *path = fuzz_put ("recipe.txt", data, size);
  char *argv[] = { (char *) "generate", (char *) "--from", (char *) path, NULL };
  g_autofree char *notes = NULL;
  g_autoptr (GError) error = NULL;
  struct limn_generate_options first = { .from = (char *) path };
  struct limn_generate_options *options = limn_recipe_options (&first, 3, argv, &notes, &error);

  fuzz_check (options != NULL, error, LIMN_ERROR);
  if (options == NULL)
    return;
  g_assert_nonnull (options->model);
  g_assert_true (g_utf8_validate (options->prompt, -1, NULL));
  if (notes != NULL)
    g_assert_null (strpbrk (notes, "\r\n"));
  limn_generate_options_free (options);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_utf8_make_valid ((const char *) data, (gssize) size);

  check_text (text);
  check_json ((const char *) data, size);
  check_options (data, size);
  return 0;
}
