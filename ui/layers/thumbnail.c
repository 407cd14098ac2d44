/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "layers/layers.h"

/* Pixels that are looked at for one of the thumbnail, in a direction: enough that a thin line is
 * not missed. */
#define SAMPLES 8
#define CHECK 4 /* a square of the checkerboard, in the thumbnail's pixels */
#define CHECK_LIGHT 0xff
#define CHECK_DARK 0xcc

/* The mean of premultiplied pixels in a rectangle of the layer; @step pixels between two of them.
 */
static guint32
mean (cairo_surface_t *pixels, cairo_rectangle_int_t area, int step)
{
  cairo_rectangle_int_t part = limn_rectangle_intersect (area, limn_pixels_area (pixels));
  guint64 sum[4] = { 0 };
  guint64 count =
      (guint64) ((area.width + step - 1) / step) * (guint64) ((area.height + step - 1) / step);
  guint32 result = 0;

  for (int y = part.y; y < part.y + part.height; y += step) {
    const guint32 *row = limn_pixels_row (pixels, y);

    for (int x = part.x; x < part.x + part.width; x += step)
      for (int k = 0; k < 4; k++)
        sum[k] += row[x] >> (8 * k) & 0xff;
  }
  for (int k = 0; k < 4; k++)
    result |= (guint32) MIN ((sum[k] + count / 2) / count, 255) << (8 * k);
  return result;
}

/* What the canvas has of the layer, @width x @height pixels, premultiplied. */
static guint32 *
sample (LimnDocument *document, const limn_layer *layer, int width, int height)
{
  guint32 *small = g_new (guint32, (gsize) width * (gsize) height);
  cairo_rectangle_int_t place = limn_layer_area (layer);
  int canvas_width, canvas_height, step;

  limn_document_get_size (document, &canvas_width, &canvas_height);
  step = MAX (MIN (canvas_width / width, canvas_height / height) / SAMPLES, 1);
  cairo_surface_flush (layer->pixels);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) {
      int left = (int) ((gint64) x * canvas_width / width);
      int top = (int) ((gint64) y * canvas_height / height);
      int right = (int) ((gint64) (x + 1) * canvas_width / width);
      int bottom = (int) ((gint64) (y + 1) * canvas_height / height);
      cairo_rectangle_int_t area = { left - place.x, top - place.y, MAX (right - left, 1),
                                     MAX (bottom - top, 1) };

      small[y * width + x] = mean (layer->pixels, area, step);
    }
  return small;
}

static limn_image *
over_checks (const guint32 *small, int width, int height)
{
  limn_image *image = limn_image_new (width, height, 3);

  for (int i = 0; i < width * height; i++) {
    bool dark = (i % width / CHECK + i / width / CHECK) % 2 != 0;
    guint32 alpha = small[i] >> 24, check = dark ? CHECK_DARK : CHECK_LIGHT;

    for (int k = 0; k < 3; k++) {
      guint32 value = small[i] >> (16 - 8 * k) & 0xff;

      image->pixels[i * 3 + k] = (guint8) MIN (value + (check * (255 - alpha) + 127) / 255, 255);
    }
  }
  return image;
}

/* What a network sees of paper is white; limn_image_scribble() inverts it. */
static limn_image *
as_scribble (const guint32 *small, int width, int height)
{
  g_autoptr (limn_image) paper = limn_image_new (width, height, 3);

  for (int i = 0; i < width * height; i++)
    for (int k = 0; k < 3; k++)
      paper->pixels[i * 3 + k] =
          (guint8) MIN ((small[i] >> (16 - 8 * k) & 0xff) + 255 - (small[i] >> 24), 255);
  return limn_image_scribble (paper);
}

GdkTexture *
limn_layers_thumbnail (LimnDocument *document, const limn_layer *layer, int size)
{
  g_autofree guint32 *small = NULL;
  g_autoptr (limn_image) image = NULL;
  g_autoptr (GBytes) bytes = NULL;
  int width, height, larger;

  limn_document_get_size (document, &width, &height);
  larger = MAX (width, height);
  if (larger > size) {
    width = MAX ((width * size + larger / 2) / larger, 1);
    height = MAX ((height * size + larger / 2) / larger, 1);
  }
  small = sample (document, layer, width, height);
  image = layer->kind == LIMN_LAYER_SCRIBBLE ? as_scribble (small, width, height)
                                             : over_checks (small, width, height);
  bytes = g_bytes_new_take (g_steal_pointer (&image->pixels), (gsize) width * (gsize) height * 3);
  return gdk_memory_texture_new (width, height, GDK_MEMORY_R8G8B8, bytes, (gsize) width * 3);
}
