/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/measures.h"

#include <math.h>
#include <string.h>

/* Of ITU-R BT.601, as ControlNet's drawings are read. */
static const float luma[3] = { 0.299f, 0.587f, 0.114f };

/* Slopes below this part of the range are no edge, and the derivative stays bounded there. */
#define FAINT_SLOPE 0.01
/* The same for the deviation of all slopes. */
#define FAINT_DEVIATION 1e-6
/* How far edges move the brightness at most, root mean square over the region, at one evaluation.
 */
#define SMOOTHINGS 2
#define EDGE_MOVE 0.25

static gsize
area_of (const struct limn_measure *measure)
{
  return (gsize) measure->width * (gsize) measure->height;
}

/* --- blurring, and its transpose --- */

/* One direction of the binomial kernel 1 2 1; positions beyond the border repeat it. Transposed, it
 * spreads what the other gathers. */
static void
blur_line (const float *in, float *out, int n, gsize stride, bool transposed)
{
  for (int i = 0; i < n; i++)
    out[(gsize) i * stride] = 0;
  for (int i = 0; i < n; i++) {
    int near[3] = { MAX (i - 1, 0), i, MIN (i + 1, n - 1) };
    for (int k = 0; k < 3; k++) {
      int from = transposed ? i : near[k], to = transposed ? near[k] : i;
      out[(gsize) to * stride] += in[(gsize) from * stride] * (k == 1 ? 0.5f : 0.25f);
    }
  }
}

static void
blur (float *map, int width, int height, bool transposed)
{
  gsize w = (gsize) width;
  g_autofree float *half = g_new (float, w *(gsize) height);

  for (int y = 0; y < height; y++)
    blur_line (map + (gsize) y * w, half + (gsize) y * w, width, 1, transposed);
  for (int x = 0; x < width; x++)
    blur_line (half + x, map + x, height, w, transposed);
}

/* --- preparing --- */

/* How much of position @i of @n lies within the part @begin to @end of 1. */
static double
overlap (int i, int n, double begin, double end)
{
  double low = MAX (begin * n, i), high = MIN (end * n, i + 1);

  return MAX (high - low, 0);
}

static void
make_mask (struct limn_measure *measure)
{
  const struct limn_guide *guide = &measure->guide;
  bool all = !(guide->width > 0 && guide->height > 0);
  int width = measure->width, height = measure->height;
  double sum = 0;

  measure->mask = g_new (float, area_of (measure));
  for (int y = 0; y < height; y++) {
    for (int x = 0; x < width; x++) {
      double value = all ? 1
                         : overlap (x, width, guide->x, (double) guide->x + guide->width) *
                               overlap (y, height, guide->y, (double) guide->y + guide->height);
      measure->mask[y * width + x] = (float) value;
    }
  }
  blur (measure->mask, width, height, false);
  for (gsize i = 0; i < area_of (measure); i++)
    sum += measure->mask[i];
  for (gsize i = 0; i < area_of (measure); i++)
    measure->mask[i] = (float) (measure->mask[i] / sum);
}

static double
masked_mean (const struct limn_measure *measure, const float *map)
{
  double mean = 0;

  for (gsize i = 0; i < area_of (measure); i++)
    mean += (double) measure->mask[i] * map[i];
  return mean;
}

static void
make_lines (struct limn_measure *measure, const limn_image *drawing)
{
  g_autoptr (limn_image) rgb = limn_image_to_rgb (drawing);
  g_autoptr (limn_image) sized = limn_image_resize (rgb, measure->width, measure->height);
  double mean, squares = 0;

  measure->lines = g_new (float, area_of (measure));
  for (gsize i = 0; i < area_of (measure); i++)
    measure->lines[i] = (float) sized->pixels[i * 3] / 255.0f;
  blur (measure->lines, measure->width, measure->height, false);
  mean = masked_mean (measure, measure->lines);
  for (gsize i = 0; i < area_of (measure); i++) {
    measure->lines[i] -= (float) mean;
    squares += (double) measure->mask[i] * measure->lines[i] * measure->lines[i];
  }
  /* A drawing without lines asks for nothing. */
  for (gsize i = 0; i < area_of (measure); i++)
    measure->lines[i] = squares > 1e-9 ? (float) (measure->lines[i] / sqrt (squares)) : 0;
}

void
limn_measure_init (struct limn_measure *measure,
                   const struct limn_guide *guide,
                   int width,
                   int height)
{
  *measure = (struct limn_measure){ .guide = *guide, .width = width, .height = height };
  measure->guide.drawing = NULL;
  make_mask (measure);
  if (guide->kind == LIMN_GUIDE_EDGES)
    make_lines (measure, guide->drawing);
}

void
limn_measure_clear (struct limn_measure *measure)
{
  g_clear_pointer (&measure->mask, g_free);
  g_clear_pointer (&measure->lines, g_free);
}

/* --- the measures --- */

/* Half the squared distance of the mean colour from the target. */
static double
measure_colour (const struct limn_measure *measure, const float *rgb, float *gradient)
{
  double value = 0;

  for (gsize k = 0; k < 3; k++) {
    double distance = -measure->guide.colour[k];
    for (gsize i = 0; i < area_of (measure); i++)
      distance += (double) measure->mask[i] * rgb[i * 3 + k];
    for (gsize i = 0; i < area_of (measure); i++)
      gradient[i * 3 + k] = (float) (measure->mask[i] * distance);
    value += distance * distance / 2;
  }
  return value;
}

static float *
make_luma (const struct limn_measure *measure, const float *rgb)
{
  float *map = g_new (float, area_of (measure));

  for (gsize i = 0; i < area_of (measure); i++, rgb += 3)
    map[i] = luma[0] * rgb[0] + luma[1] * rgb[1] + luma[2] * rgb[2];
  return map;
}

static void
spread_luma (const struct limn_measure *measure, const float *by_luma, float *gradient)
{
  for (gsize i = 0; i < area_of (measure) * 3; i++)
    gradient[i] = luma[i % 3] * by_luma[i / 3];
}

/* The same of the mean luma. */
static double
measure_brightness (const struct limn_measure *measure, const float *rgb, float *gradient)
{
  g_autofree float *map = make_luma (measure, rgb);
  double distance = masked_mean (measure, map) - measure->guide.brightness;

  for (gsize i = 0; i < area_of (measure); i++)
    map[i] = (float) (measure->mask[i] * distance);
  spread_luma (measure, map, gradient);
  return distance * distance / 2;
}

/* Central differences; at the border, one-sided ones of half the length. */
static void
neighbours (const struct limn_measure *measure, gsize i, gsize near[4])
{
  int w = measure->width, h = measure->height;
  int x = (int) (i % (gsize) w), y = (int) (i / (gsize) w);

  near[0] = (gsize) (y * w + MAX (x - 1, 0));
  near[1] = (gsize) (y * w + MIN (x + 1, w - 1));
  near[2] = (gsize) (MAX (y - 1, 0) * w + x);
  near[3] = (gsize) (MIN (y + 1, h - 1) * w + x);
}

/* The slope of the luma, blurred as the lines are. */
static float *
make_slopes (const struct limn_measure *measure, const float *map, float *raw)
{
  float *slopes = g_new (float, area_of (measure));

  for (gsize i = 0; i < area_of (measure); i++) {
    gsize near[4];
    neighbours (measure, i, near);
    double dx = (map[near[1]] - map[near[0]]) / 2, dy = (map[near[3]] - map[near[2]]) / 2;
    raw[i] = (float) sqrt (dx * dx + dy * dy + FAINT_SLOPE * FAINT_SLOPE);
    slopes[i] = raw[i];
  }
  blur (slopes, measure->width, measure->height, false);
  return slopes;
}

/* From the derivative by blurred slopes, in @slopes, to that by luma. */
static void
unwind_slopes (const struct limn_measure *measure,
               const float *map,
               const float *raw,
               float *slopes,
               float *by_luma)
{
  memset (by_luma, 0, sizeof (float) * area_of (measure));
  blur (slopes, measure->width, measure->height, true);
  for (gsize i = 0; i < area_of (measure); i++) {
    gsize near[4];
    neighbours (measure, i, near);
    float dx = (map[near[1]] - map[near[0]]) / 2, dy = (map[near[3]] - map[near[2]]) / 2;
    float scale = slopes[i] / raw[i] / 2;
    by_luma[near[1]] += scale * dx;
    by_luma[near[0]] -= scale * dx;
    by_luma[near[3]] += scale * dy;
    by_luma[near[2]] -= scale * dy;
  }
}

/* 1 - the correlation of slopes and lines. */
static double
measure_edges (const struct limn_measure *measure, const float *rgb, float *gradient)
{
  g_autofree float *map = make_luma (measure, rgb);
  g_autofree float *raw = g_new (float, area_of (measure));
  g_autofree float *slopes = make_slopes (measure, map, raw);
  g_autofree float *by_luma = g_new (float, area_of (measure));
  double mean = masked_mean (measure, slopes), squares = FAINT_DEVIATION, product = 0, deviation;

  for (gsize i = 0; i < area_of (measure); i++) {
    double slope = slopes[i] - mean;
    squares += measure->mask[i] * slope * slope;
    product += measure->mask[i] * slope * measure->lines[i];
  }
  deviation = sqrt (squares);
  product /= deviation;
  for (gsize i = 0; i < area_of (measure); i++) {
    double slope = (slopes[i] - mean) / deviation;
    slopes[i] = (float) (-measure->mask[i] * (measure->lines[i] - product * slope) / deviation);
  }
  unwind_slopes (measure, map, raw, slopes, by_luma);
  spread_luma (measure, by_luma, gradient);
  return 1 - product;
}

static const struct {
  double (*value) (const struct limn_measure *measure, const float *rgb, float *gradient);
  bool of_luma;
  bool smooth;
  double max_move; /* root mean square of the longest step, 0 for any */
} kinds[] = {
  [LIMN_GUIDE_COLOUR] = { measure_colour, false, false, 0 },
  [LIMN_GUIDE_BRIGHTNESS] = { measure_brightness, true, false, 0 },
  [LIMN_GUIDE_EDGES] = { measure_edges, true, true, EDGE_MOVE },
};
G_STATIC_ASSERT (G_N_ELEMENTS (kinds) == LIMN_N_GUIDES);

/* Of a grey direction. */
static void
smooth (const struct limn_measure *measure, float *direction)
{
  gsize area = area_of (measure);
  g_autofree float *grey = g_new (float, area);

  for (gsize i = 0; i < area; i++)
    grey[i] = direction[i * 3];
  for (int i = 0; i < SMOOTHINGS; i++)
    blur (grey, measure->width, measure->height, true);
  for (int i = 0; i < SMOOTHINGS; i++)
    blur (grey, measure->width, measure->height, false);
  for (gsize i = 0; i < area * 3; i++)
    direction[i] = grey[i / 3];
}

double
limn_measure_value (const struct limn_measure *measure, const float *rgb, float *gradient)
{
  return kinds[measure->guide.kind].value (measure, rgb, gradient);
}

void
limn_measure_direct (const struct limn_measure *measure, float *gradient, double *square)
{
  gsize area = area_of (measure);
  g_autofree float *direction = g_new (float, area * 3);

  memcpy (direction, gradient, sizeof (float) * area * 3);
  if (kinds[measure->guide.kind].of_luma) {
    for (gsize i = 0; i < area * 3; i++)
      direction[i] /= luma[i % 3];
  }
  if (kinds[measure->guide.kind].smooth)
    smooth (measure, direction);
  *square = 0;
  for (gsize i = 0; i < area * 3; i++)
    *square += (double) gradient[i] * direction[i];
  memcpy (gradient, direction, sizeof (float) * area * 3);
}

double
limn_measure_length (const struct limn_measure *measure, double value, double square)
{
  double length = 2 * value / square, max_move = kinds[measure->guide.kind].max_move;
  double positions = 0, move;

  for (gsize i = 0; i < area_of (measure); i++)
    positions += (double) measure->mask[i] * measure->mask[i];
  /* The mask has sum 1: this many positions would make it up with equal weight. */
  positions = 1 / positions;
  move = length * sqrt (square / positions);
  return max_move > 0 && move > max_move ? length * max_move / move : length;
}
