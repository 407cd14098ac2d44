/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image.h"

#include <math.h>
#include <string.h>

limn_image *
limn_image_new (int width, int height, int channels)
{
  limn_image *image = g_new0 (limn_image, 1);

  g_assert (width > 0 && height > 0);
  g_assert (channels == 1 || channels == 3 || channels == 4);
  image->width = width;
  image->height = height;
  image->channels = channels;
  image->pixels = g_malloc0_n ((gsize) width * (gsize) height, (gsize) channels);
  return image;
}

void
limn_image_free (limn_image *image)
{
  if (image == NULL)
    return;
  g_free (image->pixels);
  g_free (image);
}

static gsize
row_size (const limn_image *image)
{
  return (gsize) image->width * (gsize) image->channels;
}

static guint8 *
row_of (const limn_image *image, int y)
{
  return image->pixels + row_size (image) * (gsize) y;
}

/* Rounds and clamps; NaN becomes 0. */
static guint8
to_byte (float value)
{
  if (!(value > 0.0f))
    return 0;
  return value < 255.0f ? (guint8) (value + 0.5f) : 255;
}

/* Which source positions make a position of the result, along one direction: the same number for
 * all, perhaps with weight 0. The weights of a position add up to 1. */
struct axis {
  int taps;
  int *first;     /* [size of the result] */
  float *weights; /* [size of the result, taps] */
};

static void
axis_clear (struct axis *axis)
{
  g_free (axis->first);
  g_free (axis->weights);
}

/* Area averaging: a position of the result covers @ratio positions of the source. */
static void
axis_fill_shrinking (struct axis *axis, int from, int to)
{
  double ratio = (double) from / to;

  for (int i = 0; i < to; i++) {
    double begin = i * ratio, end = (i + 1) * ratio;
    int first = MIN ((int) begin, from - axis->taps);

    axis->first[i] = first;
    for (int k = 0; k < axis->taps; k++) {
      double overlap = MIN (end, first + k + 1.0) - MAX (begin, (double) (first + k));

      axis->weights[i * axis->taps + k] = (float) (MAX (overlap, 0.0) / ratio);
    }
  }
}

/* Bilinear, with the centres of the first and last pixels as far from the edges as they are. */
static void
axis_fill_growing (struct axis *axis, int from, int to)
{
  for (int i = 0; i < to; i++) {
    double centre = CLAMP ((i + 0.5) * from / to - 0.5, 0.0, from - 1.0);
    int first = MIN ((int) centre, from - axis->taps);

    axis->first[i] = first;
    if (axis->taps == 2)
      axis->weights[i * 2 + 1] = (float) (centre - first);
    axis->weights[i * axis->taps] = 1.0f - (float) (centre - first);
  }
}

static struct axis
axis_new (int from, int to)
{
  struct axis axis = { .taps = to < from ? MIN ((from + to - 1) / to + 1, from) : MIN (2, from) };

  axis.first = g_new (int, to);
  axis.weights = g_new (float, axis.taps *(gsize) to);
  if (to < from)
    axis_fill_shrinking (&axis, from, to);
  else
    axis_fill_growing (&axis, from, to);
  return axis;
}

/* Colours are weighted by their alpha, so that the colour under transparent pixels, which nobody
 * sees, does not bleed. */
static void
add_row (float *sum, const limn_image *image, int y, float weight)
{
  const guint8 *row = row_of (image, y);
  gsize size = row_size (image);

  if (image->channels != 4) {
    for (gsize i = 0; i < size; i++)
      sum[i] += weight * row[i];
    return;
  }
  for (gsize i = 0; i < size; i += 4) {
    float alpha = weight * row[i + 3];

    for (gsize k = 0; k < 3; k++)
      sum[i + k] += alpha * row[i + k] / 255.0f;
    sum[i + 3] += alpha;
  }
}

static void
resize_row (limn_image *image, int y, const float *row, const struct axis *axis)
{
  guint8 *out = row_of (image, y);
  int channels = image->channels;

  for (int x = 0; x < image->width; x++) {
    float pixel[4] = { 0.0f };

    for (int tap = 0; tap < axis->taps; tap++) {
      const float *source = row + (gsize) (axis->first[x] + tap) * (gsize) channels;

      for (int k = 0; k < channels; k++)
        pixel[k] += axis->weights[x * axis->taps + tap] * source[k];
    }
    for (int k = 0; k < 3 && channels == 4; k++)
      pixel[k] = pixel[3] > 0.0f ? pixel[k] * 255.0f / pixel[3] : 0.0f;
    for (int k = 0; k < channels; k++)
      out[(gsize) x * (gsize) channels + (gsize) k] = to_byte (pixel[k]);
  }
}

static limn_image *
copy (const limn_image *image)
{
  limn_image *result = limn_image_new (image->width, image->height, image->channels);

  memcpy (result->pixels, image->pixels, row_size (image) * (gsize) image->height);
  return result;
}

limn_image *
limn_image_resize (const limn_image *image, int width, int height)
{
  limn_image *result;
  struct axis horizontal, vertical;
  g_autofree float *row = NULL;

  if (width == image->width && height == image->height)
    return copy (image);
  result = limn_image_new (width, height, image->channels);
  horizontal = axis_new (image->width, width);
  vertical = axis_new (image->height, height);
  row = g_new (float, row_size (image));
  for (int y = 0; y < height; y++) {
    memset (row, 0, sizeof (float) * row_size (image));
    for (int tap = 0; tap < vertical.taps; tap++)
      add_row (row, image, vertical.first[y] + tap, vertical.weights[y * vertical.taps + tap]);
    resize_row (result, y, row, &horizontal);
  }
  axis_clear (&horizontal);
  axis_clear (&vertical);
  return result;
}

limn_image *
limn_image_to_rgb (const limn_image *image)
{
  limn_image *rgb;
  gsize count = (gsize) image->width * (gsize) image->height;

  if (image->channels == 3)
    return copy (image);
  rgb = limn_image_new (image->width, image->height, 3);
  for (gsize i = 0; i < count; i++) {
    const guint8 *pixel = image->pixels + i * (gsize) image->channels;

    for (gsize k = 0; k < 3; k++) {
      int alpha = image->channels == 4 ? pixel[3] : 255;
      int value = image->channels == 4 ? pixel[k] : pixel[0];

      rgb->pixels[i * 3 + k] = (guint8) ((value * alpha + 255 * (255 - alpha) + 127) / 255);
    }
  }
  return rgb;
}

/* Whether the outermost 4 % of a grey picture with 3 channels are light in the mean. */
static bool
border_is_light (const limn_image *grey)
{
  int ring = MAX (1, (int) (0.04 * MIN (grey->width, grey->height) + 0.5));
  double sum = 0.0, count = 0.0;

  for (int y = 0; y < grey->height; y++)
    for (int x = 0; x < grey->width; x++)
      if (x < ring || y < ring || x >= grey->width - ring || y >= grey->height - ring) {
        sum += row_of (grey, y)[x * 3];
        count++;
      }
  return sum > 127.0 * count;
}

limn_image *
limn_image_scribble (const limn_image *drawing)
{
  limn_image *grey = limn_image_to_rgb (drawing);
  gsize size = row_size (grey) * (gsize) grey->height;

  for (gsize i = 0; i < size; i += 3) {
    guint8 *pixel = grey->pixels + i;
    /* Luma of ITU-R BT.601 */
    int luma = (299 * pixel[0] + 587 * pixel[1] + 114 * pixel[2] + 500) / 1000;

    memset (pixel, luma, 3);
  }
  if (border_is_light (grey))
    for (gsize i = 0; i < size; i++)
      grey->pixels[i] = (guint8) (255 - grey->pixels[i]);
  return grey;
}

limn_image *
limn_image_from_floats (const float *rgb, int width, int height, float low, float high)
{
  limn_image *image = limn_image_new (width, height, 3);
  gsize size = row_size (image) * (gsize) height;

  for (gsize i = 0; i < size; i++)
    image->pixels[i] = to_byte ((rgb[i] - low) / (high - low) * 255.0f);
  return image;
}

void
limn_image_to_floats (const limn_image *image, float *rgb, float low, float high)
{
  g_autoptr (limn_image) converted = limn_image_to_rgb (image);
  gsize size = row_size (converted) * (gsize) converted->height;

  for (gsize i = 0; i < size; i++)
    rgb[i] = low + (float) converted->pixels[i] / 255.0f * (high - low);
}
