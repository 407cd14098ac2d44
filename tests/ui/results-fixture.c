/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "results-fixture.h"

#include <glib/gstdio.h>
#include <math.h>
#include <unistd.h>

#include "recipe-json.h"
#include "recipe-text.h"

limn_image *
fixture_draw (int width, int height, guint number)
{
  limn_image *image = limn_image_new (width, height, 3);
  guint8 *at = image->pixels;

  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++, at += 3) {
      double distance = hypot (x - width / 2.0, y - height / 2.0) / (MIN (width, height) / 2.0);
      guint8 hue = (guint8) (number * 61);

      at[0] = distance < 0.8 ? (guint8) (255 - hue / 2) : (guint8) (hue / 3);
      at[1] = distance < 0.8 ? (guint8) (hue * 3) : 40;
      at[2] = (guint8) (x * 255 / width);
    }
  return image;
}

limn_recipe *
fixture_new_recipe (const char *prompt, guint64 seed)
{
  limn_recipe *recipe = limn_recipe_new ();

  recipe->params.prompt = g_string_chunk_insert (recipe->strings, prompt);
  recipe->params.negative = "blurry";
  recipe->params.seed = seed;
  recipe->has_seed = true;
  recipe->params.steps = 11;
  recipe->params.cfg = 5.5f;
  recipe->params.width = 96;
  recipe->params.height = 64;
  recipe->params.sampler = LIMN_SAMPLER_DPMPP_2M;
  recipe->params.sigmas = LIMN_SIGMAS_KARRAS;
  return recipe;
}

GBytes *
fixture_png_with (const limn_image *image, const char *text, const char *json)
{
  const struct limn_png_text texts[] = { { LIMN_RECIPE_TEXT, text },
                                         { LIMN_RECIPE_KEY, json, true } };
  /* Others may be doing the same. */
  g_autofree char *path =
      g_strdup_printf ("%s/limn-test-results-%d.png", g_get_tmp_dir (), (int) getpid ());
  g_autoptr (GError) error = NULL;
  char *bytes;
  gsize size;

  limn_png_save (image, path, texts, json != NULL ? 2 : 1, &error);
  g_assert_no_error (error);
  g_file_get_contents (path, &bytes, &size, &error);
  g_assert_no_error (error);
  g_unlink (path);
  return g_bytes_new_take (bytes, size);
}

guint32
fixture_add_picture (
    LimnDocument *document, const char *prompt, guint64 seed, int width, int height)
{
  g_autoptr (limn_recipe) recipe = fixture_new_recipe (prompt, seed);
  g_autoptr (limn_image) image = fixture_draw (width, height, (guint) seed);
  g_autofree char *text = limn_recipe_to_text (recipe);
  g_autofree char *json = limn_recipe_to_json (recipe, NULL);
  g_autoptr (GBytes) png = fixture_png_with (image, text, json);

  return limn_document_add_result (document, png, text);
}

static void
on_message (LimnStudio *studio, const char *sentence, struct fixture *fixture)
{
  g_free (fixture->message);
  fixture->message = g_strdup (sentence);
}

void
fixture_set_up (struct fixture *fixture, gconstpointer data)
{
  *fixture = (struct fixture){ .document = limn_document_new (96, 64) };
  fixture->studio = limn_studio_new (fixture->document);
  g_signal_connect (fixture->studio, "message", G_CALLBACK (on_message), fixture);
  fixture->results = limn_results_for (fixture->studio);
  fixture->actions = limn_result_actions_new (fixture->studio);
  fixture->strip = limn_result_strip_new (fixture->studio);
  fixture->window = adw_window_new ();
  gtk_window_set_default_size (GTK_WINDOW (fixture->window), 700, 120);
  adw_window_set_content (ADW_WINDOW (fixture->window), fixture->strip);
  gtk_window_present (GTK_WINDOW (fixture->window));
}

void
fixture_drain (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    continue;
}

void
fixture_tear_down (struct fixture *fixture, gconstpointer data)
{
  g_object_ref (fixture->strip);
  gtk_window_destroy (GTK_WINDOW (fixture->window));
  fixture_drain ();
  g_assert_finalize_object (fixture->strip);
  g_assert_finalize_object (fixture->actions);
  g_assert_finalize_object (fixture->studio);
  g_assert_finalize_object (fixture->document);
  g_free (fixture->message);
}

void
fixture_wait_until (bool (*done) (struct fixture *), struct fixture *fixture)
{
  while (!done (fixture))
    g_main_context_iteration (NULL, TRUE);
}

void
fixture_activate (struct fixture *fixture, const char *action)
{
  g_action_group_activate_action (fixture->actions, action, NULL);
}

bool
fixture_has_message (struct fixture *fixture)
{
  return fixture->message != NULL;
}

int
fixture_run (int argc, char **argv, const struct fixture_case *cases, gsize n)
{
  gtk_test_init (&argc, &argv, NULL);
  adw_init ();
  for (gsize i = 0; i < n; i++)
    g_test_add (cases[i].name, struct fixture, cases[i].data, fixture_set_up, cases[i].func,
                fixture_tear_down);
  return g_test_run ();
}
