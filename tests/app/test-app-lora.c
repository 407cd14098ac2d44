/* SPDX-License-Identifier: GPL-3.0-or-later */

/* LoRAs in pictures, by the program as it is and on the model that it comes with. */

#include <string.h>

#include <glib/gstdio.h>

#include "io/png-text.h"
#include "io/png.h"
#include "run.h"

#define MODULE "unet.down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_v"
#define WIDTH 128 /* of that module, in and out */
#define RANK 2
#define VALUES (RANK * WIDTH)

/* A LoRA of one layer, as PEFT names it; the caller frees the path. */
static char *
write_lora (const char *folder, const char *name, const char *module)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *header = g_strdup_printf (
      "{\"%s.lora_A.weight\":{\"dtype\":\"F32\",\"shape\":[%d,%d],\"data_offsets\":[0,%d]},"
      "\"%s.lora_B.weight\":{\"dtype\":\"F32\",\"shape\":[%d,%d],\"data_offsets\":[%d,%d]}}",
      module, RANK, WIDTH, 4 * VALUES, module, WIDTH, RANK, 4 * VALUES, 8 * VALUES);
  guint64 length = GUINT64_TO_LE (strlen (header));
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (GRand) rand = g_rand_new_with_seed (5);
  g_autoptr (GError) error = NULL;

  g_byte_array_append (bytes, (const guint8 *) &length, sizeof length);
  g_byte_array_append (bytes, (const guint8 *) header, (guint) strlen (header));
  for (int i = 0; i < 2 * VALUES; i++) {
    float value = (float) g_rand_double_range (rand, -0.3, 0.3);

    g_byte_array_append (bytes, (const guint8 *) &value, sizeof value);
  }
  g_file_set_contents (path, (const char *) bytes->data, bytes->len, &error);
  g_assert_no_error (error);
  return g_steal_pointer (&path);
}

/* `limn generate` with a small picture and up to two LoRAs, which may be NULL. */
static run *
generate (const char *first, const char *second)
{
  const char *arguments[20] = { "generate", "-p", "ghost",    "--size", "64x64", "--steps", "2",
                                "--seed",   "7",  "--device", "cpu",    "-o",    "out.png" };
  gsize n = 13;

  for (gsize i = 0; i < 2; i++) {
    const char *lora = i == 0 ? first : second;

    if (lora == NULL)
      continue;
    arguments[n++] = "--lora";
    arguments[n++] = lora;
  }
  return run_limn (arguments, NULL);
}

static GBytes *
pixels_of (const run *result, const char *name)
{
  g_autofree char *path = g_build_filename (result->folder, name, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_image) image = limn_png_load (path, &error);

  g_assert_no_error (error);
  return g_bytes_new (image->pixels, (gsize) (image->width * image->height * image->channels));
}

/* The picture with @lora, which is checked to be there. */
static GBytes *
draw (const char *first, const char *second)
{
  g_autoptr (run) result = generate (first, second);

  run_assert_done (result);
  return pixels_of (result, "out.png");
}

static void
test_strength (void)
{
  g_autofree char *folder = make_folder ();
  g_autofree char *lora = write_lora (folder, "a:b.safetensors", MODULE);
  g_autofree char *none = g_strconcat (lora, ":0", NULL);
  g_autofree char *half = g_strconcat (lora, ":0.5", NULL);
  g_autofree char *whole = g_strconcat (lora, ":1", NULL);
  g_autoptr (GBytes) without = draw (NULL, NULL);
  g_autoptr (GBytes) with = draw (lora, NULL);
  g_autoptr (GBytes) with_none = draw (none, NULL);
  g_autoptr (GBytes) with_whole = draw (whole, NULL);
  g_autoptr (GBytes) with_half = draw (half, NULL);
  g_autoptr (GBytes) with_halves = draw (half, half);

  g_assert_true (g_bytes_equal (without, with_none));
  g_assert_false (g_bytes_equal (without, with));
  g_assert_true (g_bytes_equal (with, with_whole));
  g_assert_false (g_bytes_equal (with, with_half));
  g_assert_true (g_bytes_equal (with, with_halves));
}

/* The picture says which LoRA it was made with, and is drawn again with it. */
static void
test_again (void)
{
  g_autofree char *folder = make_folder ();
  g_autofree char *lora = write_lora (folder, "ink.safetensors", MODULE);
  g_autofree char *strong = g_strconcat (lora, ":-0.7", NULL);
  g_autoptr (run) first = generate (strong, NULL);
  g_autofree char *from = g_build_filename (first->folder, "out.png", NULL);
  const char *const arguments[] = { "generate", "--from", from, "-o", "again.png", NULL };
  const char *const replaced[] = { "generate", "--from", from,        "--lora",
                                   lora,       "-o",     "again.png", NULL };
  g_autoptr (run) again = run_limn (arguments, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) texts = limn_png_texts_load (from, &error);
  g_autoptr (GBytes) a = NULL;
  g_autoptr (GBytes) b = NULL;

  run_assert_done (first);
  run_assert_done (again);
  a = pixels_of (first, "out.png");
  b = pixels_of (again, "again.png");
  g_assert_true (g_bytes_equal (a, b));
  g_assert_no_error (error);
  g_assert_true (
      g_str_has_prefix (limn_png_texts_find (texts, "parameters"), "ghost <lora:ink:-0.7>\n"));

  /* Another file under its name is another LoRA, and one that is gone is missed; both may be said
   * anew. */
  g_unlink (lora);
  run_free (again);
  again = run_limn (arguments, NULL);
  run_assert_failed (again, "was drawn with the LoRA ink.safetensors, which is not at");
  g_free (write_lora (folder, "ink.safetensors",
                      "unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_v"));
  run_free (again);
  again = run_limn (arguments, NULL);
  run_assert_failed (again, "is another one; say --lora PATH");
  g_free (write_lora (folder, "ink.safetensors",
                      "unet.down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q"));
  run_free (again);
  again = run_limn (replaced, NULL);
  run_assert_done (again);
}

/* One sentence each, and no picture. */
static void
test_bad (void)
{
  static const char *const nothing[] = { NULL };
  g_autofree char *folder = make_folder ();
  g_autofree char *stranger = write_lora (folder, "stranger.safetensors", "unet.no.such.layer");
  g_autofree char *misshapen = write_lora (folder, "misshapen.safetensors", "unet.conv_in");
  g_autofree char *branch = source_path ("data/models/starter/controlnet-scribble");
  const struct {
    const char *lora, *words;
  } cases[] = {
    { "gone.safetensors", "gone.safetensors" },
    { stranger, "stranger.safetensors" },
    { misshapen, "misshapen.safetensors" },
    { branch, "controlnet-scribble" },
    { "a.safetensors:11", "11" },
    { ":0.5", "names no file" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (run) result = generate (cases[i].lora, NULL);

    g_assert_cmpint (result->status, !=, 0);
    g_assert_cmpint (result->status, !=, -1);
    g_assert_nonnull (strstr (result->err, cases[i].words));
    run_assert_files (result, nothing);
  }
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/lora/strength", test_strength);
  g_test_add_func ("/lora/again", test_again);
  g_test_add_func ("/lora/bad", test_bad);
  result = g_test_run ();
  clean_up ();
  return result;
}
