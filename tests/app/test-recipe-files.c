/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Recipes in files, and the weights that they name. */

#include <string.h>

#include <glib/gstdio.h>

#include "recipe-json.h"
#include "recipe-text.h"
#include "recipe.h"
#include "run.h"

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
    { "limn", "{\"version\":1,\"width\":8,\"height\":8,\"seed\":\"1\",\"steps\":9}", .utf8 = true },
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
    g_assert_nonnull (strstr (error->message, "neither a PNG, a film nor a text with a recipe"));
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

  g_assert_false (limn_recipe_check_file (&file, "model", path, "a.png", &error));
  g_assert_error (error, LIMN_ERROR, LIMN_ERROR_MODEL);
  g_assert_cmpstr (error->message, ==, missing);
  g_clear_error (&error);
  write_file (folder, "m.safetensors", "abc", 3);
  right = fingerprint (path);
  g_assert_true (limn_recipe_check_file (&file, "model", path, "a.png", &error));
  file.fingerprint = right;
  g_assert_true (limn_recipe_check_file (&file, "model", path, "a.png", &error));
  g_assert_no_error (error);
  file.type = "pose";
  write_file (folder, "m.safetensors", "abd", 3);
  g_assert_false (limn_recipe_check_file (&file, "ControlNet", path, "a.png", &error));
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
