/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image.h"

#include <math.h>
#include <string.h>

static limn_image *
make_image (int width, int height, int channels, const guint8 *pixels)
{
  limn_image *image = limn_image_new (width, height, channels);

  memcpy (image->pixels, pixels, (gsize) width * (gsize) height * (gsize) channels);
  return image;
}

static void
assert_pixels (const limn_image *image, int width, int height, int channels, const guint8 *pixels)
{
  gsize size = (gsize) width * (gsize) height * (gsize) channels;

  g_assert_cmpint (image->width, ==, width);
  g_assert_cmpint (image->height, ==, height);
  g_assert_cmpint (image->channels, ==, channels);
  g_assert_cmpmem (image->pixels, size, pixels, size);
}

static void
test_new (void)
{
  static const guint8 zeros[24];
  g_autoptr (limn_image) image = limn_image_new (3, 2, 4);

  assert_pixels (image, 3, 2, 4, zeros);
  limn_image_free (NULL);
}

static const struct resize_case {
  int width, height, channels;
  guint8 pixels[16];
  int new_width, new_height;
  guint8 wanted[20];
} resize_cases[] = {
  /* the same size */
  { 2, 1, 4, { 1, 2, 3, 0, 4, 5, 6, 7 }, 2, 1, { 1, 2, 3, 0, 4, 5, 6, 7 } },
  /* one pixel, either way */
  { 1, 1, 1, { 77 }, 3, 2, { 77, 77, 77, 77, 77, 77 } },
  { 1, 1, 3, { 1, 2, 3 }, 2, 1, { 1, 2, 3, 1, 2, 3 } },
  { 2, 2, 1, { 0, 100, 200, 60 }, 1, 1, { 90 } },
  /* area averages: whole and broken ratios */
  { 4, 2, 1, { 0, 10, 20, 30, 40, 50, 60, 70 }, 2, 1, { 25, 45 } },
  { 3, 1, 1, { 0, 90, 240 }, 2, 1, { 30, 190 } },
  { 1, 3, 1, { 0, 90, 240 }, 1, 2, { 30, 190 } },
  { 5, 1, 1, { 10, 20, 30, 40, 50 }, 2, 1, { 18, 42 } },
  { 5, 1, 1, { 10, 20, 30, 40, 50 }, 4, 1, { 12, 24, 36, 48 } },
  /* bilinear */
  { 2, 1, 1, { 0, 100 }, 4, 1, { 0, 25, 75, 100 } },
  { 1, 2, 1, { 0, 100 }, 1, 4, { 0, 25, 75, 100 } },
  { 3, 1, 1, { 0, 100, 200 }, 5, 1, { 0, 40, 100, 160, 200 } },
  /* one direction grows while the other shrinks */
  { 2, 2, 1, { 0, 100, 40, 140 }, 4, 1, { 20, 45, 95, 120 } },
  { 2, 2, 1, { 0, 40, 100, 140 }, 1, 4, { 20, 45, 95, 120 } },
  /* channels stay apart */
  { 2, 1, 3, { 0, 100, 200, 20, 120, 220 }, 1, 1, { 10, 110, 210 } },
  /* the green that nobody sees under alpha 0 does not bleed */
  { 2, 1, 4, { 200, 0, 0, 255, 0, 255, 0, 0 }, 1, 1, { 200, 0, 0, 128 } },
  { 2, 1, 4, { 9, 9, 9, 0, 9, 9, 9, 0 }, 1, 1, { 0, 0, 0, 0 } },
};

static void
test_resize (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (resize_cases); i++) {
    const struct resize_case *test = &resize_cases[i];
    g_autoptr (limn_image) image =
        make_image (test->width, test->height, test->channels, test->pixels);
    g_autoptr (limn_image) resized = limn_image_resize (image, test->new_width, test->new_height);

    assert_pixels (resized, test->new_width, test->new_height, test->channels, test->wanted);
  }
}

/* Weights must add up to 1 at every position for every pair of sizes. */
static void
test_resize_constant (void)
{
  static const int sizes[] = { 1, 2, 3, 7, 13, 64, 127, 300 };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (gsize k = 0; k < G_N_ELEMENTS (sizes); k++)
      for (int channels = 1; channels <= 4; channels += channels == 1 ? 2 : 1) {
        g_autoptr (limn_image) image = limn_image_new (sizes[i], sizes[k], channels);
        gsize size = (gsize) (sizes[i] * sizes[k] * channels);
        g_autoptr (limn_image) resized = NULL;

        memset (image->pixels, 201, size);
        resized = limn_image_resize (image, sizes[k], sizes[i]);
        g_assert_cmpmem (resized->pixels, size, image->pixels, size);
      }
}

static void
test_to_rgb (void)
{
  g_autoptr (limn_image) grey = make_image (2, 1, 1, (guint8[]){ 5, 250 });
  g_autoptr (limn_image) rgb = make_image (1, 2, 3, (guint8[]){ 1, 2, 3, 4, 5, 6 });
  g_autoptr (limn_image) rgba =
      make_image (3, 1, 4, (guint8[]){ 10, 20, 30, 255, 10, 20, 30, 0, 0, 100, 255, 51 });
  g_autoptr (limn_image) from_grey = limn_image_to_rgb (grey);
  g_autoptr (limn_image) from_rgb = limn_image_to_rgb (rgb);
  g_autoptr (limn_image) from_rgba = limn_image_to_rgb (rgba);

  assert_pixels (from_grey, 2, 1, 3, (guint8[]){ 5, 5, 5, 250, 250, 250 });
  assert_pixels (from_rgb, 1, 2, 3, (guint8[]){ 1, 2, 3, 4, 5, 6 });
  assert_pixels (from_rgba, 3, 1, 3, (guint8[]){ 10, 20, 30, 255, 255, 255, 204, 224, 255 });
}

/* A cross through the middle, far from the border, in @line on @paper. */
static limn_image *
draw_cross (int size, const guint8 *line, const guint8 *paper, int channels)
{
  limn_image *image = limn_image_new (size, size, channels);

  for (int y = 0; y < size; y++)
    for (int x = 0; x < size; x++) {
      bool inside = MIN (x, y) >= size / 4 && MAX (x, y) < size - size / 4;
      bool ink = inside && (x == size / 2 || y == size / 2);

      memcpy (image->pixels + (y * size + x) * channels, ink ? line : paper, (gsize) channels);
    }
  return image;
}

/* However it was drawn: white on black. */
static void
test_scribble (void)
{
  static const struct {
    int channels;
    guint8 line[4], paper[4];
  } drawings[] = {
    { 1, { 0 }, { 255 } },
    { 1, { 255 }, { 0 } },
    { 3, { 0, 0, 0 }, { 255, 255, 255 } },
    { 3, { 255, 255, 255 }, { 0, 0, 0 } },
    { 4, { 0, 0, 0, 255 }, { 0, 0, 0, 0 } },
    { 4, { 255, 255, 255, 255 }, { 0, 0, 0, 255 } },
  };
  g_autoptr (limn_image) wanted =
      draw_cross (64, (guint8[]){ 255, 255, 255 }, (guint8[]){ 0, 0, 0 }, 3);

  for (gsize i = 0; i < G_N_ELEMENTS (drawings); i++) {
    g_autoptr (limn_image) drawing =
        draw_cross (64, drawings[i].line, drawings[i].paper, drawings[i].channels);
    g_autoptr (limn_image) scribble = limn_image_scribble (drawing);

    assert_pixels (scribble, 64, 64, 3, wanted->pixels);
  }
}

/* Red ink on yellow paper: greys in between, as bright as BT.601 says. */
static void
test_scribble_colours (void)
{
  g_autoptr (limn_image) drawing =
      draw_cross (16, (guint8[]){ 255, 0, 0 }, (guint8[]){ 255, 255, 0 }, 3);
  g_autoptr (limn_image) scribble = limn_image_scribble (drawing);
  const guint8 *centre = scribble->pixels + (8 * 16 + 8) * 3;

  g_assert_cmpuint (scribble->pixels[0], ==, 255 - 226);
  g_assert_cmpuint (centre[0], ==, 255 - 76);
  g_assert_cmpuint (centre[1], ==, 255 - 76);
  g_assert_cmpuint (centre[2], ==, 255 - 76);
}

/* The border of 100 x 100 is 4 pixels wide: three rings and the fourth, of which neither decides
 * alone. All the rest is darker. */
static void
test_scribble_border (void)
{
  static const guint8 rings[][2] = { { 136, 100 }, { 120, 160 } };

  for (gsize i = 0; i < G_N_ELEMENTS (rings); i++) {
    g_autoptr (limn_image) drawing = limn_image_new (100, 100, 1);
    g_autoptr (limn_image) scribble = NULL;

    for (int y = 0; y < 100; y++)
      for (int x = 0; x < 100; x++) {
        int depth = MIN (MIN (x, y), MIN (99 - x, 99 - y));

        drawing->pixels[y * 100 + x] = depth < 3 ? rings[i][0] : depth == 3 ? rings[i][1] : 50;
      }
    scribble = limn_image_scribble (drawing);
    g_assert_cmpuint (scribble->pixels[(50 * 100 + 50) * 3], ==, 255 - 50);
  }
}

static void
test_scribble_tiny (void)
{
  g_autoptr (limn_image) white = make_image (1, 1, 1, (guint8[]){ 255 });
  g_autoptr (limn_image) middle = make_image (1, 1, 1, (guint8[]){ 127 });
  g_autoptr (limn_image) inverted = limn_image_scribble (white);
  g_autoptr (limn_image) kept = limn_image_scribble (middle);

  assert_pixels (inverted, 1, 1, 3, (guint8[]){ 0, 0, 0 });
  assert_pixels (kept, 1, 1, 3, (guint8[]){ 127, 127, 127 });
}

static void
test_floats (void)
{
  const float values[] = { -1.0f, 1.0f, 0.0f, NAN, INFINITY, -INFINITY, 1.5f, -3.0f, 1.0f / 255 };
  g_autoptr (limn_image) image = limn_image_from_floats (values, 3, 1, -1.0f, 1.0f);
  g_autoptr (limn_image) unit = limn_image_from_floats (values, 3, 1, 0.0f, 1.0f);

  assert_pixels (image, 3, 1, 3, (guint8[]){ 0, 255, 128, 0, 255, 0, 255, 0, 128 });
  assert_pixels (unit, 3, 1, 3, (guint8[]){ 0, 255, 0, 0, 255, 0, 255, 0, 1 });
}

static void
test_floats_round_trip (void)
{
  for (int low = -1; low <= 0; low++) {
    g_autoptr (limn_image) image = limn_image_new (256, 1, 3);
    g_autoptr (limn_image) back = NULL;
    float values[256 * 3];

    for (int i = 0; i < 256 * 3; i++)
      image->pixels[i] = (guint8) i;
    limn_image_to_floats (image, values, (float) low, 1.0f);
    g_assert_cmpfloat (values[0], ==, (float) low);
    g_assert_cmpfloat (values[255], ==, 1.0f);
    g_assert_cmpfloat_with_epsilon (values[51], (float) low + 0.2f * (float) (1 - low), 1e-6f);
    back = limn_image_from_floats (values, 256, 1, (float) low, 1.0f);
    assert_pixels (back, 256, 1, 3, image->pixels);
  }
}

static void
test_floats_of_grey (void)
{
  g_autoptr (limn_image) grey = make_image (1, 1, 1, (guint8[]){ 255 });
  g_autoptr (limn_image) clear = make_image (1, 1, 4, (guint8[]){ 0, 0, 0, 0 });
  float values[3] = { 0 };

  limn_image_to_floats (grey, values, -1.0f, 1.0f);
  g_assert_cmpfloat (values[2], ==, 1.0f);
  limn_image_to_floats (clear, values, 0.0f, 1.0f);
  g_assert_cmpfloat (values[0], ==, 1.0f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/image/new", test_new);
  g_test_add_func ("/image/resize", test_resize);
  g_test_add_func ("/image/resize-constant", test_resize_constant);
  g_test_add_func ("/image/to-rgb", test_to_rgb);
  g_test_add_func ("/image/scribble", test_scribble);
  g_test_add_func ("/image/scribble-colours", test_scribble_colours);
  g_test_add_func ("/image/scribble-border", test_scribble_border);
  g_test_add_func ("/image/scribble-tiny", test_scribble_tiny);
  g_test_add_func ("/image/floats", test_floats);
  g_test_add_func ("/image/floats-round-trip", test_floats_round_trip);
  g_test_add_func ("/image/floats-of-grey", test_floats_of_grey);
  return g_test_run ();
}
