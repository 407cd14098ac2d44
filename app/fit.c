/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit.h"

#include <string.h>

static guint8
median (const int *histogram, int total)
{
  int seen = 0;

  for (int value = 0; value < 256; value++) {
    seen += histogram[value];
    if (2 * seen >= total)
      return (guint8) value;
  }
  return 255;
}

static void
border_colour (const limn_image *rgb, guint8 *colour)
{
  int histograms[3][256] = { 0 };
  int total = 0;

  for (int y = 0; y < rgb->height; y++) {
    bool whole_row = y == 0 || y == rgb->height - 1;
    int step = whole_row || rgb->width == 1 ? 1 : rgb->width - 1;

    for (int x = 0; x < rgb->width; x += step) {
      const guint8 *pixel = rgb->pixels + ((gsize) y * (gsize) rgb->width + (gsize) x) * 3;

      for (int c = 0; c < 3; c++)
        histograms[c][pixel[c]]++;
      total++;
    }
  }
  for (int c = 0; c < 3; c++)
    colour[c] = median (histograms[c], total);
}

static void
paste (limn_image *canvas, const limn_image *rgb)
{
  gsize left = (gsize) (canvas->width - rgb->width) / 2;
  gsize top = (gsize) (canvas->height - rgb->height) / 2;
  gsize row_bytes = (gsize) rgb->width * 3;

  for (gsize y = 0; y < (gsize) rgb->height; y++) {
    memcpy (canvas->pixels + ((top + y) * (gsize) canvas->width + left) * 3,
            rgb->pixels + y * row_bytes, row_bytes);
  }
}

limn_image *
limn_fit (const limn_image *image, int width, int height)
{
  g_autoptr (limn_image) rgb = limn_image_to_rgb (image);
  g_autoptr (limn_image) small = NULL;
  limn_image *canvas;
  guint8 paper[3];
  double scale;

  if ((gint64) rgb->width * height == (gint64) rgb->height * width)
    return g_steal_pointer (&rgb);

  border_colour (rgb, paper);
  scale = MIN ((double) width / rgb->width, (double) height / rgb->height);
  small = limn_image_resize (rgb, CLAMP ((int) (rgb->width * scale + 0.5), 1, width),
                             CLAMP ((int) (rgb->height * scale + 0.5), 1, height));
  canvas = limn_image_new (width, height, 3);
  for (gsize i = 0; i < (gsize) width * (gsize) height * 3; i++)
    canvas->pixels[i] = paper[i % 3];
  paste (canvas, small);
  return canvas;
}
