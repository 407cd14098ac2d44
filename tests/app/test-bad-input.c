/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <sys/resource.h>

#include <string.h>

#include <glib/gstdio.h>

#include "run.h"

/* Whatever is wrong with what Limn is given: exit 1, one line that names it, nothing left behind.
 */

#define MAX_ARGUMENTS 24

static char *model, *balloon;

static const char *const nothing[] = { NULL };

/* Runs `limn generate` on @model_folder with @more, and checks how it fails. @place may be NULL. */
static void
assert_fails_at (const char *model_folder,
                 const char *const *more,
                 const char *const *environment,
                 const char *words,
                 const char *place)
{
  const char *arguments[MAX_ARGUMENTS] = {
    "generate", "--model", model_folder, "--prompt", "balloon", "--steps",    "1",
    "--size",   "64x64",   "--seed",     "1",        "--out",   "result.png",
  };
  g_autoptr (run) result = NULL;
  gsize n = 13;

  for (gsize i = 0; more[i] != NULL; i++)
    arguments[n++] = more[i];
  g_assert_cmpuint (n, <, MAX_ARGUMENTS);
  result = run_limn (arguments, environment);
  g_test_message ("%.*s", (int) strcspn (result->err, "\n"), result->err);
  run_assert_failed (result, words);
  if (place != NULL)
    run_assert_failed (result, place);
  run_assert_files (result, nothing);
}

static void
assert_fails (const char *model_folder,
              const char *const *more,
              const char *const *environment,
              const char *words)
{
  assert_fails_at (model_folder, more, environment, words, NULL);
}

static void
assert_model_fails (const char *model_folder, const char *words)
{
  const char *const more[] = { "--scribble", balloon, NULL };

  assert_fails (model_folder, more, NULL, words);
}

/* A copy of the model in which @name has other bytes; the caller frees the folder's name. */
static char *
model_with (const char *name, const char *data, gsize length)
{
  char *folder = link_model (model);
  g_autofree char *path = g_build_filename (folder, name, NULL);

  replace_file (path, data, length);
  return folder;
}

static char *
model_without (const char *name)
{
  char *folder = link_model (model);
  g_autofree char *path = g_build_filename (folder, name, NULL);

  g_assert_cmpint (g_unlink (path), ==, 0);
  return folder;
}

static void
read_part (const char *name, char **data, gsize *length)
{
  g_autofree char *path = g_build_filename (model, name, NULL);
  g_autoptr (GError) error = NULL;

  g_file_get_contents (path, data, length, &error);
  g_assert_no_error (error);
}

/* --- weights --- */

static const char *const weights[] = {
  "unet/diffusion_pytorch_model.safetensors",
  "vae/diffusion_pytorch_model.safetensors",
  "text_encoder/model.safetensors",
  "controlnet-scribble/diffusion_pytorch_model.safetensors",
};

static void
test_weights_empty (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (weights); i++) {
    g_autofree char *folder = model_with (weights[i], "", 0);

    assert_model_fails (folder, weights[i]);
  }
}

static void
test_weights_truncated (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (weights); i++) {
    g_autofree char *data = NULL;
    gsize length;

    read_part (weights[i], &data, &length);
    for (int quarters = 1; quarters <= 3; quarters += 2) {
      g_autofree char *folder = model_with (weights[i], data, length / 4 * (gsize) quarters);

      assert_model_fails (folder, weights[i]);
    }
  }
}

/* In the length and the JSON, where a changed bit makes another file of it. */
static void
test_weights_flipped (void)
{
  static const struct {
    gsize byte;
    int bit;
  } flips[] = { { 0, 0 }, { 2, 5 }, { 7, 7 }, { 8, 0 }, { 9, 1 }, { 14, 0 }, { 32, 1 }, { 60, 0 } };
  g_autofree char *data = NULL;
  gsize length;

  read_part (weights[0], &data, &length);
  for (gsize i = 0; i < G_N_ELEMENTS (flips); i++) {
    g_autofree char *folder = NULL;

    data[flips[i].byte] = (char) (data[flips[i].byte] ^ (1 << flips[i].bit));
    folder = model_with (weights[0], data, length);
    data[flips[i].byte] = (char) (data[flips[i].byte] ^ (1 << flips[i].bit));
    assert_model_fails (folder, weights[0]);
  }
}

static void
test_weights_missing (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (weights); i++) {
    g_autofree char *folder = model_without (weights[i]);
    g_autofree char *part = g_path_get_dirname (weights[i]);

    assert_model_fails (folder, part);
  }
}

/* --- settings --- */

/* Each puts @to in the place of @from in a configuration; the line must hold both words. */
static const struct {
  const char *file, *from, *to, *words;
} wrong_values[] = {
  { "unet/config.json", "\"norm_num_groups\": 16", "\"norm_num_groups\": 0", "norm_num_groups" },
  { "unet/config.json", "\"norm_num_groups\": 16", "\"norm_num_groups\": 7", "norm_num_groups" },
  { "unet/config.json", "\"layers_per_block\": 1", "\"layers_per_block\": \"one\"",
    "layers_per_block" },
  { "unet/config.json", "\"cross_attention_dim\": 128", "\"cross_attention_dim\": 64", "64" },
  { "unet/config.json", "\"attention_head_dim\": 4", "\"attention_head_dim\": -4",
    "attention_head_dim" },
  { "unet/config.json", "    160\n", "    256\n", "256" },
  { "unet/config.json", "\"UpBlock2D\"", "\"AttnUpBlock3D\"", "AttnUpBlock3D" },
  { "unet/config.json", "\"in_channels\": 4", "\"in_channels\": 9", "9" },
  { "vae/config.json", "\"latent_channels\": 4", "\"latent_channels\": 1000000",
    "latent_channels" },
  { "vae/config.json", "\"AutoencoderTiny\"", "\"AutoencoderHuge\"", "AutoencoderHuge" },
  { "text_encoder/config.json", "\"num_attention_heads\": 4", "\"num_attention_heads\": 5",
    "num_attention_heads" },
  { "text_encoder/config.json", "\"vocab_size\": 3514", "\"vocab_size\": 3000", "3000" },
  { "scheduler/scheduler_config.json", "\"v_prediction\"", "\"prophecy\"", "prophecy" },
  { "scheduler/scheduler_config.json", "\"num_train_timesteps\": 1000",
    "\"num_train_timesteps\": 1e99", "num_train_timesteps" },
  { "controlnet-scribble/config.json", "\"norm_num_groups\": 16", "\"norm_num_groups\": 48",
    "norm_num_groups" },
};

static void
test_config_values (void)
{
  const char *const more[] = { "--scribble", balloon, NULL };

  for (gsize i = 0; i < G_N_ELEMENTS (wrong_values); i++) {
    g_autofree char *data = NULL;
    g_autofree char *folder = NULL;
    g_autofree char *part = g_path_get_dirname (wrong_values[i].file);
    g_autoptr (GString) text = NULL;
    gsize length;

    g_test_message ("%s: %s", wrong_values[i].file, wrong_values[i].to);
    read_part (wrong_values[i].file, &data, &length);
    text = g_string_new (data);
    g_assert_cmpuint (g_string_replace (text, wrong_values[i].from, wrong_values[i].to, 1), ==, 1);
    folder = model_with (wrong_values[i].file, text->str, text->len);
    /* A wrong size may show in the weights only; the part's folder is named in any case. */
    assert_fails_at (folder, more, NULL, wrong_values[i].words, part);
  }
}

static const char *const configs[] = {
  "unet/config.json",         "vae/config.json",
  "text_encoder/config.json", "scheduler/scheduler_config.json",
  "tokenizer/vocab.json",     "controlnet-scribble/config.json",
  "model_index.json",
};

static void
test_config_broken (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (configs); i++) {
    g_autofree char *data = NULL;
    g_autofree char *half = NULL;
    g_autofree char *empty = NULL;
    gsize length;

    read_part (configs[i], &data, &length);
    half = model_with (configs[i], data, length / 2);
    assert_model_fails (half, configs[i]);
    empty = model_with (configs[i], "", 0);
    assert_model_fails (empty, configs[i]);
  }
}

static void
test_no_model (void)
{
  g_autofree char *folder = make_folder ();

  assert_model_fails ("/nonexistent/model", "/nonexistent/model");
  assert_model_fails (folder, folder);
  assert_model_fails (balloon, "balloon.png");
}

/* --- controls --- */

static void
test_other_controlnet (void)
{
  g_autofree char *other = source_path ("tests/golden/controlnet-a");
  g_autofree char *option = g_strdup_printf ("pose=%s", other);
  g_autofree char *control = g_strdup_printf ("pose=%s", balloon);
  const char *const more[] = { "--controlnet", option, "--control", control, NULL };

  assert_fails (model, more, NULL, "controlnet-a");
}

static void
test_no_controlnet (void)
{
  g_autofree char *control = g_strdup_printf ("canny=%s", balloon);
  const char *const more[] = { "--control", control, NULL };

  assert_fails (model, more, NULL, "canny");
}

static void
assert_drawing_fails (const char *data, gsize length)
{
  g_autofree char *folder = make_folder ();
  g_autofree char *path = g_build_filename (folder, "drawing.png", NULL);
  const char *const more[] = { "--scribble", path, NULL };

  if (data != NULL)
    replace_file (path, data, length);
  assert_fails (model, more, NULL, path);
}

static void
test_drawing (void)
{
  g_autofree char *data = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;

  g_file_get_contents (balloon, &data, &length, &error);
  g_assert_no_error (error);
  assert_drawing_fails (NULL, 0);
  assert_drawing_fails ("", 0);
  assert_drawing_fails ("not a picture", 13);
  assert_drawing_fails (data, 40);
  assert_drawing_fails (data, length / 2);
  /* In the pixels, which have a checksum. */
  data[length / 2] = (char) (data[length / 2] ^ 4);
  assert_drawing_fails (data, length);
}

/* --- the machine --- */

static void
test_no_vulkan (void)
{
  static const char *const environment[] = { "VK_DRIVER_FILES", "/nonexistent/icd.json",
                                             "VK_ICD_FILENAMES", "/nonexistent/icd.json", NULL };
  static const char *const more[] = { "--device", "vulkan", NULL };

  assert_fails (model, more, environment, "Vulkan");
}

static void
test_no_device (void)
{
  static const char *const more[] = { "--device", "vulkan:99", NULL };
  static const char *const other[] = { "--device", "abacus", NULL };
  static const char *const f16[] = { "--device", "cpu", "--precision", "f16", NULL };
  static const char *const bf16[] = { "--device", "vulkan", "--precision", "bf16", NULL };

  assert_fails (model, more, NULL, "99");
  assert_fails (model, other, NULL, "abacus");
  assert_fails (model, f16, NULL, "f32 or bf16, not in f16");
  assert_fails (model, bf16, NULL, "f32 or f16, not in bf16");
}

#ifndef __SANITIZE_ADDRESS__
/* Less than the picture takes, but enough to find that out: the process is not killed. */
static void
test_memory (void)
{
  static const char *const more[] = { "--device",   "cpu", "--size", "2048x2048",
                                      "--vae-tile", "off", NULL };
  struct rlimit before, less;

  getrlimit (RLIMIT_AS, &before);
  less = before;
  less.rlim_cur = (rlim_t) 1 << 30;
  setrlimit (RLIMIT_AS, &less);
  assert_fails (model, more, NULL, "the picture would take");
  setrlimit (RLIMIT_AS, &before);
}
#endif

/* Below a file, where root cannot write either. */
static void
test_output (void)
{
  g_autofree char *below = g_build_filename (balloon, "result.png", NULL);
  g_autofree char *folder = make_folder ();
  const char *const below_file[] = { "--out", below, NULL };
  const char *const no_folder[] = { "--out", "/nonexistent/result.png", NULL };
  const char *const is_folder[] = { "--out", folder, NULL };
  const char *const preview[] = { "--preview", below, NULL };

  assert_fails (model, below_file, NULL, below);
  assert_fails (model, no_folder, NULL, "/nonexistent/result.png");
  assert_fails (model, is_folder, NULL, folder);
  assert_fails (model, preview, NULL, below);
}

static void
test_size (void)
{
  static const char *const more[] = { "--size", "100x64", NULL };

  assert_fails (model, more, NULL, "100x64");
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  model = source_path ("data/models/starter");
  balloon = source_path ("data/samples/balloon.png");
  g_test_add_func ("/app/bad/weights-empty", test_weights_empty);
  g_test_add_func ("/app/bad/weights-truncated", test_weights_truncated);
  g_test_add_func ("/app/bad/weights-flipped", test_weights_flipped);
  g_test_add_func ("/app/bad/weights-missing", test_weights_missing);
  g_test_add_func ("/app/bad/config-values", test_config_values);
  g_test_add_func ("/app/bad/config-broken", test_config_broken);
  g_test_add_func ("/app/bad/no-model", test_no_model);
  g_test_add_func ("/app/bad/other-controlnet", test_other_controlnet);
  g_test_add_func ("/app/bad/no-controlnet", test_no_controlnet);
  g_test_add_func ("/app/bad/drawing", test_drawing);
  g_test_add_func ("/app/bad/no-vulkan", test_no_vulkan);
  g_test_add_func ("/app/bad/no-device", test_no_device);
#ifndef __SANITIZE_ADDRESS__ /* which takes terabytes of addresses for itself */
  g_test_add_func ("/app/bad/memory", test_memory);
#endif
  g_test_add_func ("/app/bad/output", test_output);
  g_test_add_func ("/app/bad/size", test_size);
  status = g_test_run ();
  clean_up ();
  g_free (model);
  g_free (balloon);
  return status;
}
