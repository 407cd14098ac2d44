/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "results-fixture.h"

#include <string.h>

#include "paths.h"
#include "recipe-json.h"
#include "results/apply-recipe.h"

/* Recipes of pictures that are used again. */

static void
assert_settings (LimnDocument *document, const char *prompt, guint64 seed)
{
  g_assert_cmpstr (limn_document_get_text (document, LIMN_SETTING_PROMPT), ==, prompt);
  g_assert_cmpstr (limn_document_get_text (document, LIMN_SETTING_NEGATIVE), ==, "blurry");
  g_assert_cmpstr (limn_document_get_text (document, LIMN_SETTING_SCHEDULE), ==, "karras");
  g_assert_cmpint (g_variant_get_int32 (limn_document_get_value (document, LIMN_SETTING_STEPS)), ==,
                   11);
  g_assert_cmpfloat (g_variant_get_double (limn_document_get_value (document, LIMN_SETTING_CFG)),
                     ==, 5.5);
  g_assert_cmpuint (g_variant_get_uint64 (limn_document_get_value (document, LIMN_SETTING_SEED)),
                    ==, seed);
  g_assert_true (
      g_variant_get_boolean (limn_document_get_value (document, LIMN_SETTING_SEED_LOCKED)));
  /* The size is the canvas's. */
  g_assert_cmpint (g_variant_get_int32 (limn_document_get_value (document, LIMN_SETTING_WIDTH)), ==,
                   0);
}

static void
test_use_settings (struct fixture *fixture, gconstpointer data)
{
  fixture_add_picture (fixture->document, "a (red:1.2) house, \"old\"", 18446744073709551615u, 96,
                       64);
  fixture_activate (fixture, "use-settings");
  fixture_wait_until (fixture_has_message, fixture);
  assert_settings (fixture->document, "a (red:1.2) house, \"old\"", 18446744073709551615u);
  limn_document_undo (fixture->document);
  g_assert_cmpstr (limn_document_get_text (fixture->document, LIMN_SETTING_PROMPT), ==, "");
  g_assert_null (limn_document_undo_label (fixture->document));
  g_clear_pointer (&fixture->message, g_free);
  fixture_activate (fixture, "use-seed");
  fixture_wait_until (fixture_has_message, fixture);
  g_assert_cmpstr (limn_document_get_text (fixture->document, LIMN_SETTING_PROMPT), ==, "");
  g_assert_cmpuint (
      g_variant_get_uint64 (limn_document_get_value (fixture->document, LIMN_SETTING_SEED)), ==,
      18446744073709551615u);
}

/* What A1111 writes, with what Limn has not: a sentence names it. */
static void
test_foreign_recipe (struct fixture *fixture, gconstpointer data)
{
  static const char text[] = "a red house\nNegative prompt: blurry\n"
                             "Steps: 11, Sampler: DPM++ 2M Karras, CFG scale: 5.5, Seed: 7, "
                             "Size: 96x64, Model: somebody's mix, Clip skip: 2, RNG: CPU";
  g_autoptr (limn_image) image = fixture_draw (96, 64, 1);
  g_autoptr (GBytes) png = fixture_png_with (image, text, NULL);

  limn_recipe_apply_bytes (fixture->studio, png, "it");
  fixture_wait_until (fixture_has_message, fixture);
  assert_settings (fixture->document, "a red house", 7);
  g_assert_nonnull (strstr (fixture->message, "somebody's mix"));
  g_assert_nonnull (strstr (fixture->message, "Clip skip 2"));
}

static void
test_no_recipe (struct fixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("nothing", 7);

  limn_recipe_apply_bytes (fixture->studio, bytes, "notes.txt");
  fixture_wait_until (fixture_has_message, fixture);
  g_assert_true (g_str_has_prefix (fixture->message, "notes.txt: "));
  g_assert_null (limn_document_undo_label (fixture->document));
}

/* The layers that feed the same network get its weight, the second one the second's. */
static void
test_controls (struct fixture *fixture, gconstpointer data)
{
  g_autoptr (limn_recipe) recipe = fixture_new_recipe ("one", 1);
  const struct limn_control controls[] = {
    { .type = "scribble", .weight = 0.7f, .start = 0.1f, .end = 0.5f },
    { .type = "scribble", .weight = 1.5f, .end = 1, .mode = LIMN_CONTROL_PROMPT },
    { .type = "pose", .weight = 1, .end = 1 },
  };
  g_autofree char *sentence = NULL;

  limn_document_add_layer (fixture->document, LIMN_LAYER_SCRIBBLE, "a", 0);
  limn_document_add_layer (fixture->document, LIMN_LAYER_SCRIBBLE, "b", 1);
  recipe->params.controls = controls;
  recipe->params.n_controls = G_N_ELEMENTS (controls);
  sentence = limn_recipe_apply (recipe, fixture->document);
  g_assert_nonnull (strstr (sentence, "pose"));
  for (guint i = 0; i < 2; i++) {
    const limn_layer *layer = limn_document_layer (fixture->document, i);

    g_assert_cmpfloat (limn_layer_get_double (layer, LIMN_LAYER_WEIGHT), ==, i == 0 ? 0.7 : 1.5);
    g_assert_cmpfloat (limn_layer_get_double (layer, LIMN_LAYER_END), ==, i == 0 ? 0.5 : 1);
    g_assert_cmpstr (limn_layer_get_text (layer, LIMN_LAYER_MODE), ==,
                     i == 0 ? "balanced" : "prompt");
  }
  limn_document_undo (fixture->document);
  g_assert_cmpfloat (
      limn_layer_get_double (limn_document_layer (fixture->document, 0), LIMN_LAYER_WEIGHT), ==, 1);
}

static limn_recipe *
recipe_of_model (const char *path, const char *name, const char *fingerprint)
{
  limn_recipe *recipe = fixture_new_recipe ("one", 1);

  recipe->model.path = g_string_chunk_insert (recipe->strings, path);
  recipe->model.name = g_string_chunk_insert (recipe->strings, name);
  recipe->model.fingerprint = g_string_chunk_insert (recipe->strings, fingerprint);
  return recipe;
}

static void
apply_recipe (struct fixture *fixture, limn_recipe *recipe)
{
  g_autoptr (limn_image) image = fixture_draw (16, 16, 1);
  g_autofree char *json = limn_recipe_to_json (recipe, NULL);
  g_autoptr (GBytes) png = fixture_png_with (image, "", json);

  g_clear_pointer (&fixture->message, g_free);
  limn_recipe_apply_bytes (fixture->studio, png, "it");
  fixture_wait_until (fixture_has_message, fixture);
  limn_recipe_free (recipe);
}

/* By its fingerprint wherever it is now, else by its name, else a sentence says that it is not
 * there. */
static void
test_model (struct fixture *fixture, gconstpointer data)
{
  g_autofree char *path = limn_data_path ("models/starter");
  g_autofree char *fingerprint = limn_recipe_fingerprint (path, NULL);

  limn_document_set_value (fixture->document, LIMN_SETTING_MODEL,
                           g_variant_new_string ("/elsewhere"), 0);
  apply_recipe (fixture, recipe_of_model ("/gone/other", "other", "0123"));
  g_assert_cmpstr (limn_document_get_text (fixture->document, LIMN_SETTING_MODEL), ==,
                   "/elsewhere");
  g_assert_nonnull (strstr (fixture->message, "other"));
  apply_recipe (fixture, recipe_of_model ("/gone/other", "other", fingerprint));
  g_assert_cmpstr (limn_document_get_text (fixture->document, LIMN_SETTING_MODEL), ==, "");
  g_assert_null (strstr (fixture->message, "other"));
}

int
main (int argc, char **argv)
{
  static const struct fixture_case cases[] = {
    { "/results/use-settings", test_use_settings },
    { "/results/foreign-recipe", test_foreign_recipe },
    { "/results/no-recipe", test_no_recipe },
    { "/results/controls", test_controls },
    { "/results/model", test_model },
  };

  return fixture_run (argc, argv, cases, G_N_ELEMENTS (cases));
}
