/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/edges.h"

#include <math.h>
#include <string.h>

/* --- Canny --- */

/* Gradients of a picture: by L1 norm, of the channel where it is largest. */
struct gradients {
  int width, height;
  int *dx, *dy, *norm; /* [height, width] */
};

static int
at (const limn_image *image, int x, int y, int c)
{
  x = CLAMP (x, 0, image->width - 1);
  y = CLAMP (y, 0, image->height - 1);
  return image->pixels[((gsize) y * (gsize) image->width + (gsize) x) * 3 + (gsize) c];
}

static void
find_gradients (const limn_image *image, struct gradients *out)
{
  for (int y = 0; y < image->height; y++) {
    for (int x = 0; x < image->width; x++) {
      gsize i = (gsize) y * (gsize) image->width + (gsize) x;

      out->norm[i] = -1;
      for (int c = 0; c < 3; c++) {
        int dx = at (image, x + 1, y - 1, c) - at (image, x - 1, y - 1, c) +
                 2 * (at (image, x + 1, y, c) - at (image, x - 1, y, c)) +
                 at (image, x + 1, y + 1, c) - at (image, x - 1, y + 1, c);
        int dy = at (image, x - 1, y + 1, c) - at (image, x - 1, y - 1, c) +
                 2 * (at (image, x, y + 1, c) - at (image, x, y - 1, c)) +
                 at (image, x + 1, y + 1, c) - at (image, x + 1, y - 1, c);

        if (ABS (dx) + ABS (dy) > out->norm[i]) {
          out->dx[i] = dx;
          out->dy[i] = dy;
          out->norm[i] = ABS (dx) + ABS (dy);
        }
      }
    }
  }
}

static int
norm_at (const struct gradients *g, int x, int y)
{
  if (x < 0 || y < 0 || x >= g->width || y >= g->height)
    return 0;
  return g->norm[(gsize) y * (gsize) g->width + (gsize) x];
}

/* Whether the gradient is a maximum along its own direction, which is one of four. */
static bool
is_ridge (const struct gradients *g, int x, int y)
{
  gsize i = (gsize) y * (gsize) g->width + (gsize) x;
  int norm = g->norm[i], sign;
  /* tan (22.5 degrees) in 15 bits, as OpenCV has it. */
  gint64 ax = ABS (g->dx[i]), ay = (gint64) ABS (g->dy[i]) << 15, tan = ax * 13573;

  if (ay < tan)
    return norm > norm_at (g, x - 1, y) && norm >= norm_at (g, x + 1, y);
  if (ay > tan + (ax << 16))
    return norm > norm_at (g, x, y - 1) && norm >= norm_at (g, x, y + 1);
  sign = (g->dx[i] ^ g->dy[i]) < 0 ? -1 : 1;
  return norm > norm_at (g, x - sign, y - 1) && norm > norm_at (g, x + sign, y + 1);
}

static void
push (GArray *stack, guint8 *edge, gsize i)
{
  if (edge[i] != 1)
    return;
  edge[i] = 2;
  g_array_append_val (stack, i);
}

/* @edge: 1 where there may be one, 2 where there is. Whatever touches one is one. */
static void
follow (const struct gradients *g, guint8 *edge, GArray *stack)
{
  while (stack->len > 0) {
    gsize i = g_array_index (stack, gsize, stack->len - 1);
    int x = (int) (i % (gsize) g->width), y = (int) (i / (gsize) g->width);

    g_array_set_size (stack, stack->len - 1);
    for (int ny = MAX (y - 1, 0); ny <= MIN (y + 1, g->height - 1); ny++)
      for (int nx = MAX (x - 1, 0); nx <= MIN (x + 1, g->width - 1); nx++)
        push (stack, edge, (gsize) ny * (gsize) g->width + (gsize) nx);
  }
}

static guint8 *
find_edges (const struct gradients *g, int low, int high)
{
  guint8 *edge = g_new0 (guint8, (gsize) g->width * (gsize) g->height);
  g_autoptr (GArray) stack = g_array_new (FALSE, FALSE, sizeof (gsize));

  for (int y = 0; y < g->height; y++) {
    for (int x = 0; x < g->width; x++) {
      gsize i = (gsize) y * (gsize) g->width + (gsize) x;

      if (g->norm[i] > low && is_ridge (g, x, y))
        edge[i] = 1;
    }
  }
  for (gsize i = 0; i < (gsize) g->width * (gsize) g->height; i++)
    if (g->norm[i] > high)
      push (stack, edge, i);
  follow (g, edge, stack);
  return edge;
}

/* @values: 0 to 255 */
static limn_image *
to_image (const guint8 *values, int width, int height, guint8 (*shade) (guint8))
{
  limn_image *image = limn_image_new (width, height, 3);

  for (gsize i = 0; i < (gsize) width * (gsize) height; i++)
    memset (image->pixels + 3 * i, shade (values[i]), 3);
  return image;
}

static guint8
shade_edge (guint8 edge)
{
  return edge == 2 ? 255 : 0;
}

limn_image *
limn_image_canny (const limn_image *image, int low, int high)
{
  g_autoptr (limn_image) rgb = limn_image_to_rgb (image);
  gsize count = (gsize) rgb->width * (gsize) rgb->height;
  g_autofree int *numbers = g_new (int, 3 * count);
  struct gradients g = { rgb->width, rgb->height, numbers, numbers + count, numbers + 2 * count };
  g_autofree guint8 *edge = NULL;

  find_gradients (rgb, &g);
  edge = find_edges (&g, low, high);
  return to_image (edge, rgb->width, rgb->height, shade_edge);
}

/* --- lines --- */

#define SIGMA 1.0
#define RATIO 1.6
#define SHARPNESS 80.0

/* Along rows or columns; the border goes on. */
static void
blur (const float *in, float *out, int width, int height, double sigma, bool rows)
{
  int reach = (int) ceil (3 * sigma), length = rows ? width : height;
  gsize step = rows ? 1 : (gsize) width;

  for (int y = 0; y < height; y++) {
    for (int x = 0; x < width; x++) {
      int place = rows ? x : y;
      gsize start = rows ? (gsize) y * (gsize) width : (gsize) x;
      double sum = 0, weights = 0;

      for (int k = -reach; k <= reach; k++) {
        double weight = exp (-0.5 * k * k / (sigma * sigma));

        sum += weight * (double) in[start + (gsize) CLAMP (place + k, 0, length - 1) * step];
        weights += weight;
      }
      out[(gsize) y * (gsize) width + (gsize) x] = (float) (sum / weights);
    }
  }
}

static void
gauss (const float *in, float *out, float *scratch, const limn_image *size, double sigma)
{
  blur (in, scratch, size->width, size->height, sigma, true);
  blur (scratch, out, size->width, size->height, sigma, false);
}

static guint8
shade_line (guint8 value)
{
  return value;
}

limn_image *
limn_image_lines (const limn_image *image)
{
  g_autoptr (limn_image) rgb = limn_image_to_rgb (image);
  gsize count = (gsize) rgb->width * (gsize) rgb->height;
  g_autofree float *floats = g_new (float, 4 * count);
  g_autofree guint8 *lines = g_new (guint8, count);
  float *grey = floats, *narrow = floats + count, *wide = floats + 2 * count;
  float *scratch = floats + 3 * count;

  for (gsize i = 0; i < count; i++)
    grey[i] = (0.299f * rgb->pixels[3 * i] + 0.587f * rgb->pixels[3 * i + 1] +
               0.114f * rgb->pixels[3 * i + 2]) /
              255;
  gauss (grey, narrow, scratch, rgb, SIGMA);
  gauss (grey, wide, scratch, rgb, SIGMA * RATIO);
  /* Where it is darker than its surroundings, there is a line. */
  for (gsize i = 0; i < count; i++) {
    double line = tanh (SHARPNESS * fmax ((double) wide[i] - (double) narrow[i] - 0.005, 0));

    lines[i] = (guint8) lrint (255 * line);
  }
  return to_image (lines, rgb->width, rgb->height, shade_line);
}
