/* SPDX-License-Identifier: GPL-3.0-or-later */

#include <string.h>

#include <glib/gstdio.h>

#include "limn.h"

/* Films by other programs, whole and broken: they are read as they are shown, or one sentence says
 * what is wrong. They are the corpus of the fuzz target "film", made with FFmpeg 5.1. */

static char *folder;

static char *
film_path (const char *name)
{
  return g_test_build_filename (G_TEST_DIST, "fuzz", "corpus", "film", name, NULL);
}

static limn_film_reader *
open_film (const char *name)
{
  g_autofree char *path = film_path (name);
  g_autoptr (GError) error = NULL;
  limn_film_reader *reader = limn_film_reader_new (path, &error);

  g_assert_no_error (error);
  return reader;
}

static limn_image *
next (limn_film_reader *reader)
{
  g_autoptr (GError) error = NULL;
  limn_image *image = limn_film_reader_next (reader, &error);

  g_assert_no_error (error);
  return image;
}

static const guint8 *
pixel_at (const limn_image *image, int x, int y)
{
  return image->pixels + (y * image->width + x) * 3;
}

/* 64x48, the left half red, the right half blue, to be turned by 90 degrees to the left. */
static void
test_rotated (void)
{
  g_autoptr (limn_film_reader) reader = open_film ("rotated");
  g_autoptr (limn_image) image = next (reader);
  int width, height;
  double rate;

  limn_film_reader_info (reader, &width, &height, &rate);
  g_assert_cmpint (width, ==, 48);
  g_assert_cmpint (height, ==, 64);
  g_assert_cmpfloat (rate, ==, 10);
  g_assert_cmpint (image->width, ==, 48);
  g_assert_cmpint (image->height, ==, 64);
  g_assert_cmpint (pixel_at (image, 24, 48)[0], >, 200);
  g_assert_cmpint (pixel_at (image, 24, 48)[2], <, 60);
  g_assert_cmpint (pixel_at (image, 24, 16)[0], <, 60);
  g_assert_cmpint (pixel_at (image, 24, 16)[2], >, 200);
}

/* Six frames, each lighter, at 0, 0.1, 0.2, 1.0, 1.1 and 1.2 s: what takes long is repeated. */
static void
test_variable (void)
{
  static const int shown[] = { 0, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 4, 5 };
  g_autoptr (limn_film_reader) reader = open_film ("variable");
  int width, height, last = -1, grey = -100;
  double rate;

  limn_film_reader_info (reader, &width, &height, &rate);
  g_assert_cmpfloat_with_epsilon (rate, 10, 0.01);
  for (gsize i = 0; i < G_N_ELEMENTS (shown); i++) {
    g_autoptr (limn_image) image = next (reader);
    int value;

    g_assert_nonnull (image);
    value = pixel_at (image, 16, 16)[0];
    if (shown[i] == last)
      g_assert_cmpint (value, ==, grey);
    else
      g_assert_cmpint (value, >, grey + 20);
    last = shown[i];
    grey = value;
  }
  g_assert_null (next (reader));
  g_assert_null (next (reader));
}

/* 35x27 in YUV 4:4:4. */
static void
test_odd (void)
{
  g_autoptr (limn_film_reader) reader = open_film ("odd");

  for (int i = 0; i < 3; i++) {
    g_autoptr (limn_image) image = next (reader);

    g_assert_nonnull (image);
    g_assert_cmpint (image->width, ==, 35);
    g_assert_cmpint (image->height, ==, 27);
    /* Limited range: 16 is black, and a step of 40 is one of 47. */
    g_assert_cmpint (ABS (pixel_at (image, 34, 26)[0] - 47 * i), <, 6);
  }
  g_assert_null (next (reader));
}

/* Sound alone, and with a cover. */
static void
test_no_picture (void)
{
  static const char *const names[] = { "sound", "cover" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *path = film_path (names[i]);
    g_autoptr (GError) error = NULL;

    g_assert_null (limn_film_reader_new (path, &error));
    g_assert_error (error, LIMN_ERROR, LIMN_ERROR_FILE);
    g_assert_true (g_str_has_prefix (error->message, path));
    g_assert_nonnull (strstr (error->message, "has no moving picture"));
    g_assert_null (strchr (error->message, '\n'));
  }
}

/* Cut off at every 37th byte, and with every 23rd byte another: frames, or one sentence. */
static void
read_broken (const char *bytes, gsize size)
{
  g_autofree char *path = g_build_filename (folder, "broken.mp4", NULL);
  g_autoptr (limn_film_reader) reader = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (path, bytes, (gssize) size, NULL));
  reader = limn_film_reader_new (path, &error);
  for (int i = 0; reader != NULL && i < 100; i++) {
    g_autoptr (limn_image) image = limn_film_reader_next (reader, &error);

    if (image == NULL)
      break;
    g_assert_cmpint (image->channels, ==, 3);
  }
  if (error != NULL) {
    g_assert_true (g_str_has_prefix (error->message, path));
    g_assert_null (strchr (error->message, '\n'));
  }
}

static void
test_broken (void)
{
  g_autofree char *path = film_path ("variable"), *bytes = NULL;
  gsize size;

  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  for (gsize i = 0; i < size; i += 37)
    read_broken (bytes, i);
  for (gsize i = 0; i < size; i += 23) {
    bytes[i] = (char) (bytes[i] ^ 0x55);
    read_broken (bytes, size);
    bytes[i] = (char) (bytes[i] ^ 0x55);
  }
}

int
main (int argc, char **argv)
{
  g_autofree char *broken = NULL;
  int status;

  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp ("limn-film-XXXXXX", NULL);
  g_test_add_func ("/film-sources/rotated", test_rotated);
  g_test_add_func ("/film-sources/variable", test_variable);
  g_test_add_func ("/film-sources/odd", test_odd);
  g_test_add_func ("/film-sources/no-picture", test_no_picture);
  g_test_add_func ("/film-sources/broken", test_broken);
  status = g_test_run ();
  broken = g_build_filename (folder, "broken.mp4", NULL);
  g_unlink (broken);
  g_rmdir (folder);
  g_free (folder);
  return status;
}
