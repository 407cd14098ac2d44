/* SPDX-License-Identifier: GPL-3.0-or-later */

/* `limn generate` with a picture to begin with, a mask, several pictures, hires fix, and the
 * settings of sampling. */

#include <string.h>

#include "io/png.h"
#include "run.h"

#define MAX_ARGUMENTS 32
#define SIDE 64

static char *start; /* a picture of 70x50, so that its size must be rounded */
static char *mask;  /* white in the right half */

static run *
generate (const char *const *more)
{
  const char *arguments[MAX_ARGUMENTS] = { "generate", "--prompt", "red balloon", "--steps", "2",
                                           "--seed",   "1" };
  gsize n = 7;

  for (gsize i = 0; more[i] != NULL; i++)
    arguments[n++] = more[i];
  g_assert_cmpuint (n, <, MAX_ARGUMENTS);
  return run_limn (arguments, NULL);
}

static limn_image *
load (const run *result, const char *name)
{
  g_autofree char *path = g_build_filename (result->folder, name, NULL);
  g_autoptr (GError) error = NULL;
  limn_image *image = limn_png_load (path, &error);

  g_assert_no_error (error);
  return image;
}

static void
save (const char *path, limn_image *image)
{
  g_autoptr (GError) error = NULL;

  limn_png_save (image, path, NULL, 0, &error);
  g_assert_no_error (error);
  limn_image_free (image);
}

static void
make_pictures (const char *folder)
{
  limn_image *picture = limn_image_new (70, 50, 3);
  limn_image *half = limn_image_new (70, 50, 1);

  for (int i = 0; i < 70 * 50 * 3; i++)
    picture->pixels[i] = (guint8) (i * 7 % 251);
  for (int i = 0; i < 70 * 50; i++)
    half->pixels[i] = i % 70 < 35 ? 0 : 255;
  start = g_build_filename (folder, "start.png", NULL);
  mask = g_build_filename (folder, "mask.png", NULL);
  save (start, picture);
  save (mask, half);
}

/* Its size is the picture's, in multiples of 8. */
static void
test_image_to_image (void)
{
  const char *const weak[] = { "--init", start, "--strength", "0.5", "-o", "a.png", NULL };
  const char *const strong[] = { "--init", start, "--strength", "1", "-o", "a.png", NULL };
  g_autoptr (run) first = generate (weak);
  g_autoptr (run) second = generate (strong);
  g_autoptr (limn_image) image = NULL;
  g_autoptr (limn_image) other = NULL;

  run_assert_done (first);
  run_assert_done (second);
  image = load (first, "a.png");
  other = load (second, "a.png");
  g_assert_cmpint (image->width, ==, 72);
  g_assert_cmpint (image->height, ==, 48);
  g_assert_cmpint (memcmp (image->pixels, other->pixels, 72 * 48 * 3), !=, 0);
  g_assert_nonnull (strstr (first->out, "step 1/1"));
  g_assert_nonnull (strstr (second->out, "step 2/2"));
}

/* Where the mask is black the picture stays, to the byte, and elsewhere it does not. */
static void
test_inpainting (void)
{
  const char *const more[] = { "--init", start,   "--mask", mask,        "--size", "64x64", "-o",
                               "a.png",  "--rng", "cuda",   "--preview", "p",      NULL };
  const char *const none[] = { "--init", start,   "--mask",      mask, "--size", "64x64",
                               "-o",     "a.png", "--mask-blur", "0",  NULL };
  g_autoptr (run) soft = generate (more);
  g_autoptr (run) hard = generate (none);
  g_autoptr (limn_image) image = NULL;
  g_autoptr (limn_image) other = NULL;
  g_autoptr (limn_image) preview = NULL;
  int changed = 0;

  run_assert_done (soft);
  run_assert_done (hard);
  image = load (soft, "a.png");
  other = load (hard, "a.png");
  preview = load (soft, "p/step-001.png");
  for (int y = 0; y < SIDE; y++) {
    for (int x = 0; x < SIDE * 3; x++) {
      int i = y * SIDE * 3 + x;
      bool kept = x < (SIDE / 2 - 1) * 3;

      if (kept)
        g_assert_cmpint (image->pixels[i], ==, other->pixels[i]);
      if (kept)
        g_assert_cmpint (image->pixels[i], ==, preview->pixels[i]);
      changed += !kept && image->pixels[i] != other->pixels[i];
    }
  }
  g_assert_cmpint (changed, >, SIDE * SIDE / 4);
}

/* Seeds go up by one, and each picture is that of its seed alone. */
static void
test_count (void)
{
  static const char *const three[] = { "--size", "64x64",  "--count", "3", "-o",
                                       "a.png",  "--json", "--steps", "1", NULL };
  static const char *const second[] = { "--size", "64x64",   "--seed", "2", "-o",
                                        "a.png",  "--steps", "1",      NULL };
  static const char *const files[] = { "a-1.png", "a-2.png", "a-3.png", NULL };
  g_autoptr (run) all = generate (three);
  g_autoptr (run) alone = generate (second);
  g_autoptr (limn_image) image = NULL;
  g_autoptr (limn_image) other = NULL;
  g_autoptr (limn_image) next = NULL;

  run_assert_done (all);
  run_assert_done (alone);
  run_assert_files (all, files);
  image = load (all, "a-2.png");
  next = load (all, "a-3.png");
  other = load (alone, "a.png");
  g_assert_cmpmem (image->pixels, SIDE * SIDE * 3, other->pixels, SIDE * SIDE * 3);
  g_assert_cmpint (memcmp (image->pixels, next->pixels, SIDE * SIDE * 3), !=, 0);
  g_assert_nonnull (strstr (all->out, "\"seed\":3,\"picture\":3,\"pictures\":3"));
}

static void
test_hires (void)
{
  static const char *const latent[] = { "--size", "64x48", "--hires", "1.5", "--hires-strength",
                                        "0.5",    "-o",    "a.png",   NULL };
  static const char *const picture[] = {
    "--size", "64x48", "--hires", "1.5", "--hires-upscale", "picture", "--hires-steps",
    "3",      "-o",    "a.png",   NULL
  };
  g_autoptr (run) first = generate (latent);
  g_autoptr (run) second = generate (picture);
  g_autoptr (limn_image) image = NULL;
  g_autoptr (limn_image) other = NULL;

  run_assert_done (first);
  run_assert_done (second);
  image = load (first, "a.png");
  other = load (second, "a.png");
  g_assert_cmpint (image->width, ==, 96);
  g_assert_cmpint (image->height, ==, 72);
  g_assert_cmpint (other->width, ==, 96);
  g_assert_nonnull (strstr (first->out, "step 3/3"));
  g_assert_nonnull (strstr (second->out, "step 4/4"));
}

/* Each setting changes the picture. */
static void
test_settings (void)
{
  static const char *const settings[][8] = {
    { NULL },
    { "--schedule", "karras", NULL },
    { "--schedule", "ays", NULL },
    { "--eta", "1", NULL },
    { "--cfg-rescale", "0.7", NULL },
    { "--rng", "cuda", NULL },
    { "--prediction", "epsilon", NULL },
    { "--sampler", "euler-a", NULL },
  };
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (settings); i++) {
    const char *more[16] = { "--size", "64x64", "-o", "a.png" };
    g_autoptr (run) result = NULL;
    g_autoptr (limn_image) image = NULL;

    for (gsize j = 0; settings[i][j] != NULL; j++)
      more[4 + j] = settings[i][j];
    result = generate (more);
    run_assert_done (result);
    image = load (result, "a.png");
    g_assert_true (g_hash_table_add (
        seen, g_compute_checksum_for_data (G_CHECKSUM_SHA256, image->pixels, SIDE * SIDE * 3)));
  }
}

static void
test_refused (void)
{
  static const struct {
    const char *more[6];
    int status;
    const char *words;
  } cases[] = {
    { { "--mask", "m.png" }, 2, "--mask needs --init" },
    { { "--init", "none.png" }, 1, "none.png" },
    { { "--strength", "0" }, 2, "--strength is \"0\" and must be a number from 0.001 to 1" },
    { { "--strength", "nan" }, 2, "--strength" },
    { { "--count", "0" }, 2, "whole number from 1 to 9999" },
    { { "--schedule", "cosine" }, 2, "default, uniform, karras, exponential, ays" },
    { { "--rng", "gpu" }, 2, "must be one of cpu, cuda" },
    { { "--prediction", "x" }, 2, "must be one of epsilon, v, sample" },
    { { "--hires", "9" }, 2, "a number from 1 to 8" },
    { { "--eta", "2" }, 2, "a number from 0 to 1" },
    { { "--vae-tile", "100" }, 1, "tile is 100, wanted a multiple of 8" },
    { { "--size", "60x64" }, 1, "as 64x64" },
    { { "--size", "8192x8192", "--hires", "4" }, 1, "width after hires fix is 32768" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (run) result = generate (cases[i].more);

    g_assert_cmpint (result->status, ==, cases[i].status);
    if (strstr (result->err, cases[i].words) == NULL)
      g_error ("\"%s\" does not say \"%s\"", result->err, cases[i].words);
  }
}

int
main (int argc, char **argv)
{
  g_autofree char *folder = NULL;
  int code;

  g_test_init (&argc, &argv, NULL);
  folder = make_folder ();
  make_pictures (folder);
  g_test_add_func ("/app-pictures/image-to-image", test_image_to_image);
  g_test_add_func ("/app-pictures/inpainting", test_inpainting);
  g_test_add_func ("/app-pictures/count", test_count);
  g_test_add_func ("/app-pictures/hires", test_hires);
  g_test_add_func ("/app-pictures/settings", test_settings);
  g_test_add_func ("/app-pictures/refused", test_refused);
  code = g_test_run ();
  clean_up ();
  g_free (start);
  g_free (mask);
  return code;
}
