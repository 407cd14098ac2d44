/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "pipeline/edges.h"

#include "io/png.h"

static limn_image *
load (const char *name)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "golden", "edges", name, NULL);
  g_autoptr (GError) error = NULL;
  limn_image *image = limn_png_load (path, &error);

  g_assert_no_error (error);
  return image;
}

/* The same as OpenCV's, pixel by pixel. */
static void
test_canny (void)
{
  g_autoptr (limn_image) picture = load ("picture.png");
  g_autoptr (limn_image) loaded = load ("canny.png");
  g_autoptr (limn_image) expected = limn_image_to_rgb (loaded);
  g_autoptr (limn_image) edges = limn_image_canny (picture, 100, 200);

  g_assert_cmpint (edges->channels, ==, 3);
  g_assert_cmpmem (edges->pixels, (gsize) edges->width * (gsize) edges->height * 3,
                   expected->pixels, (gsize) expected->width * (gsize) expected->height * 3);
}

static void
test_flat (void)
{
  g_autoptr (limn_image) grey = limn_image_new (13, 7, 1);
  g_autoptr (limn_image) edges = limn_image_canny (grey, 100, 200);
  g_autoptr (limn_image) lines = limn_image_lines (grey);

  for (int i = 0; i < 13 * 7 * 3; i++) {
    g_assert_cmpint (edges->pixels[i], ==, 0);
    g_assert_cmpint (lines->pixels[i], ==, 0);
  }
}

/* A dark line on light paper comes out light on dark, in its place; the paper stays dark. */
static void
test_lines (void)
{
  g_autoptr (limn_image) paper = limn_image_new (40, 40, 1);
  g_autoptr (limn_image) lines = NULL;

  for (int y = 0; y < 40; y++)
    for (int x = 0; x < 40; x++)
      paper->pixels[y * 40 + x] = x == 20 || x == 21 ? 30 : 240;
  lines = limn_image_lines (paper);
  for (int y = 0; y < 40; y++) {
    g_assert_cmpint (lines->pixels[(y * 40 + 20) * 3], >, 200);
    g_assert_cmpint (lines->pixels[(y * 40 + 5) * 3], <, 10);
    g_assert_cmpint (lines->pixels[(y * 40 + 35) * 3], <, 10);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/edges/canny", test_canny);
  g_test_add_func ("/edges/flat", test_flat);
  g_test_add_func ("/edges/lines", test_lines);
  return g_test_run ();
}
