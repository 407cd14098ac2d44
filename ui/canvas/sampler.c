/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "canvas/sampler.h"

#include <math.h>

void
limn_sample_halve (cairo_surface_t *from, cairo_surface_t *to, cairo_rectangle_int_t area)
{
  const guint32 low = 0x00ff00ffu;
  cairo_rectangle_int_t size = limn_pixels_area (from);

  for (int y = area.y; y < area.y + area.height; y++) {
    const guint32 *first = limn_pixels_row (from, 2 * y);
    const guint32 *second = limn_pixels_row (from, MIN (2 * y + 1, size.height - 1));
    guint32 *row = limn_pixels_row (to, y);

    for (int x = area.x; x < area.x + area.width; x++) {
      int left = 2 * x, right = MIN (2 * x + 1, size.width - 1);
      guint32 a = first[left], b = first[right], c = second[left], d = second[right];
      guint32 even = (a & low) + (b & low) + (c & low) + (d & low) + 0x00020002u;
      guint32 odd = (a >> 8 & low) + (b >> 8 & low) + (c >> 8 & low) + (d >> 8 & low) + 0x00020002u;

      row[x] = (even >> 2 & low) | (odd >> 2 & low) << 8;
    }
  }
}

/* Four channels of 8 bits, each in 16. */
static guint64
spread (guint32 pixel)
{
  guint64 wide = pixel;

  return (wide & 0xff) | (wide & 0xff00) << 8 | (wide & 0xff0000) << 16 | (wide & 0xff000000) << 24;
}

/* Weights are 0 to 256 of the right and of the lower ones. */
static guint32
interpolate (const guint32 *above, const guint32 *below, int right, guint32 x, guint32 y)
{
  const guint64 low = G_GUINT64_CONSTANT (0x0000ffff0000ffff);
  const guint64 half = G_GUINT64_CONSTANT (0x0000800000008000);
  guint64 upper = spread (above[0]) * (256 - x) + spread (above[right]) * x;
  guint64 lower = spread (below[0]) * (256 - x) + spread (below[right]) * x;
  guint64 even = ((upper & low) * (256 - y) + (lower & low) * y + half) >> 16;
  guint64 odd = ((upper >> 16 & low) * (256 - y) + (lower >> 16 & low) * y + half) >> 16;

  return (guint32) ((even & 0xff) | (odd & 0xff) << 8 | (even >> 32 & 0xff) << 16 |
                    (odd >> 32 & 0xff) << 24);
}

struct level {
  const guint8 *data;
  gsize stride; /* bytes */
  int width, height;
};

/* Where @position lies between the centres of pixels: the one before, and the weight of the next.
 */
static int
locate (float position, float sharpness, int size, guint32 *weight, int *next)
{
  /* Truncated as a positive number, since it is never below -2. */
  int before = (int) (position - 0.5f + 4.0f) - 4;
  float fraction = position - 0.5f - (float) before;

  fraction = CLAMP ((fraction - 0.5f) * sharpness + 0.5f, 0.0f, 1.0f);
  *weight = (guint32) (fraction * 256.0f + 0.5f);
  *next = CLAMP (before + 1, 0, size - 1);
  return CLAMP (before, 0, size - 1);
}

static guint32
sample (const struct level *level, float x, float y, float sharpness)
{
  guint32 weight_x, weight_y;
  int right, lower;
  int left = locate (x, sharpness, level->width, &weight_x, &right);
  int upper = locate (y, sharpness, level->height, &weight_y, &lower);
  const guint32 *above = (const void *) (level->data + (gsize) upper * level->stride);
  const guint32 *below = (const void *) (level->data + (gsize) lower * level->stride);

  if (weight_x == 0 && weight_y == 0)
    return above[left];
  return interpolate (above + left, below + left, right - left, weight_x, weight_y);
}

static guint32
over_paper (guint32 pixel)
{
  return pixel + (255 - (pixel >> 24)) * 0x01010101u;
}

static guint32
fade (guint32 pixel, float coverage)
{
  guint32 part = (guint32) (coverage * 256.0f + 0.5f);
  guint32 even = ((pixel & 0x00ff00ffu) * part + 0x00800080u) >> 8 & 0x00ff00ffu;
  guint32 odd = ((pixel >> 8 & 0x00ff00ffu) * part + 0x00800080u) & 0xff00ff00u;

  return even | odd;
}

void
limn_sample_view (const struct limn_projection *projection,
                  cairo_surface_t *surface,
                  int document_width,
                  int document_height,
                  cairo_rectangle_int_t area,
                  guint32 *to,
                  gsize stride)
{
  const cairo_matrix_t *matrix = &projection->to_document;
  const struct level level = {
    .data = cairo_image_surface_get_data (surface),
    .stride = (gsize) cairo_image_surface_get_stride (surface),
    .width = cairo_image_surface_get_width (surface),
    .height = cairo_image_surface_get_height (surface),
  };
  float width = (float) document_width, height = (float) document_height;
  float scale = (float) projection->scale, sharpness = (float) projection->sharpness;
  float part = 1.0f / (float) (1 << projection->level);
  float step_x = (float) matrix->xx, step_y = (float) matrix->yx;

  for (int row = 0; row < area.height; row++) {
    double x0 = area.x + 0.5, y0 = area.y + row + 0.5;
    guint32 *out = to + (gsize) row * stride;

    cairo_matrix_transform_point (matrix, &x0, &y0);
    for (int column = 0; column < area.width; column++) {
      float x = (float) x0 + step_x * (float) column, y = (float) y0 + step_y * (float) column;
      /* How far within the document, in pixels of the screen; half a pixel is a border's. */
      float inside_x = MIN (x, width - x) * scale + 0.5f;
      float inside_y = MIN (y, height - y) * scale + 0.5f;

      if (inside_x <= 0.0f || inside_y <= 0.0f) {
        out[column] = 0;
        continue;
      }
      out[column] = over_paper (sample (&level, x * part, y * part, sharpness));
      if (inside_x < 1.0f || inside_y < 1.0f)
        out[column] = fade (out[column], MIN (inside_x, 1.0f) * MIN (inside_y, 1.0f));
    }
  }
}
