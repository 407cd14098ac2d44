/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/guide.h"

#include <math.h>
#include <string.h>

#include "error.h"
#include "pipeline/measures.h"

/* Of a measure's error that is left when a guide of weight 1 has pulled at all steps of a run, were
 * every prediction the one before: exp (-RATE). */
#define RATE 2.0
/* The most that a guide moves a colour at one evaluation, of the range 0 to 1. */
#define MAX_MOVE 0.35f
#define MAX_WEIGHT 10

const char *const limn_guide_names[] = {
  [LIMN_GUIDE_COLOUR] = "colour",
  [LIMN_GUIDE_BRIGHTNESS] = "brightness",
  [LIMN_GUIDE_EDGES] = "edges",
  NULL,
};
G_STATIC_ASSERT (G_N_ELEMENTS (limn_guide_names) == LIMN_N_GUIDES + 1);

struct limn_guide_plan {
  const limn_latent_rgb *map; /* borrowed */
  gsize area;
  gsize n;
  struct limn_measure *measures;
  float *weights;
};

/* --- checks --- */

/* False for NaN. */
static bool
within (float value, float min, float max)
{
  return value >= min && value <= max;
}

static bool
check_region (const struct limn_guide *guide, GError **error)
{
  const char *name = limn_guide_names[guide->kind];

  if (guide->width == 0 && guide->height == 0)
    return true;
  if (within (guide->x, 0, 1) && within (guide->y, 0, 1) && within (guide->width, 0, 1) &&
      within (guide->height, 0, 1) && guide->width > 0 && guide->height > 0 &&
      guide->x + guide->width <= 1.0001f && guide->y + guide->height <= 1.0001f)
    return true;
  g_set_error (error, LIMN_ERROR, LIMN_ERROR_ARGUMENT,
               "the region of guide \"%s\" is %g,%g,%g,%g (x, y, width, height), wanted one inside "
               "the picture, which is 0,0,1,1",
               name, guide->x, guide->y, guide->width, guide->height);
  return false;
}

bool
limn_guide_check (const struct limn_guide *guide, GError **error)
{
  if ((int) guide->kind < 0 || guide->kind >= LIMN_N_GUIDES) {
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_ARGUMENT, "there is no guide %d", (int) guide->kind);
    return false;
  }
  if (!within (guide->weight, 0, MAX_WEIGHT)) {
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_ARGUMENT,
                 "the weight of guide \"%s\" is %g, wanted 0 to %d", limn_guide_names[guide->kind],
                 guide->weight, MAX_WEIGHT);
    return false;
  }
  for (int k = 0; guide->kind == LIMN_GUIDE_COLOUR && k < 3; k++) {
    if (!within (guide->colour[k], 0, 1)) {
      g_set_error (error, LIMN_ERROR, LIMN_ERROR_ARGUMENT,
                   "guide \"colour\" has %g as %s, wanted 0 to 1", guide->colour[k],
                   ((const char *const[]){ "red", "green", "blue" })[k]);
      return false;
    }
  }
  if (guide->kind == LIMN_GUIDE_BRIGHTNESS && !within (guide->brightness, 0, 1)) {
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_ARGUMENT,
                 "guide \"brightness\" is %g, wanted 0 to 1", guide->brightness);
    return false;
  }
  if (guide->kind == LIMN_GUIDE_EDGES && !guide->drawing) {
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_ARGUMENT, "guide \"edges\" needs a drawing");
    return false;
  }
  return check_region (guide, error);
}

/* --- the plan --- */

limn_guide_plan *
limn_guide_plan_new (
    const struct limn_guide *guides, gsize n, const limn_latent_rgb *map, int width, int height)
{
  limn_guide_plan *plan = g_new0 (limn_guide_plan, 1);

  plan->map = map;
  plan->area = (gsize) width * (gsize) height;
  plan->n = n;
  plan->measures = g_new0 (struct limn_measure, n);
  plan->weights = g_new (float, n);
  for (gsize k = 0; k < n; k++) {
    limn_measure_init (&plan->measures[k], &guides[k], width, height);
    plan->weights[k] = guides[k].weight;
  }
  return plan;
}

void
limn_guide_plan_free (limn_guide_plan *plan)
{
  if (!plan)
    return;
  for (gsize k = 0; k < plan->n; k++)
    limn_measure_clear (&plan->measures[k]);
  g_free (plan->measures);
  g_free (plan->weights);
  g_free (plan);
}

double
limn_guide_plan_measure (const limn_guide_plan *plan, gsize k, const float *clean, float *gradient)
{
  g_autofree float *rgb = g_new (float, plan->area * 3);
  g_autofree float *by_rgb = g_new (float, plan->area * 3);
  const limn_latent_rgb *map = plan->map;
  double value;

  limn_latent_rgb_apply (map, clean, plan->area, rgb);
  value = limn_measure_value (&plan->measures[k], rgb, by_rgb);
  for (gsize i = 0; gradient && i < plan->area; i++) {
    for (int c = 0; c < map->channels; c++) {
      double sum = 0;
      for (int j = 0; j < 3; j++)
        sum += (double) map->weight[j][c] * by_rgb[i * 3 + (gsize) j];
      gradient[i * (gsize) map->channels + (gsize) c] = (float) sum;
    }
  }
  return value;
}

/* --- a step --- */

/* How much of the run, measured in training timesteps, evaluation @i takes away: parts of 1 over
 * all of them, whatever their number and spacing. Evaluations of one step share its part. */
static double
share_of (const limn_sampler *sampler, int i)
{
  int step = limn_sampler_step_of (sampler, i), n = limn_sampler_evaluations (sampler);
  int first = i, end = i;
  float top = limn_sampler_timestep (sampler, 0), left;

  while (first > 0 && limn_sampler_step_of (sampler, first - 1) == step)
    first--;
  while (end < n && limn_sampler_step_of (sampler, end) == step)
    end++;
  left = end < n ? limn_sampler_timestep (sampler, end) : 0;
  if (!(top > 0))
    return 1.0 / n;
  return CLAMP ((double) (limn_sampler_timestep (sampler, first) - left) / (double) top, 0, 1) /
         (end - first);
}

/* Adds to @move what guide @k asks of the colours: Polyak's step along the gradient, of which
 * @part is taken. */
static void
add_move (const limn_guide_plan *plan, gsize k, const float *rgb, double part, float *move)
{
  const struct limn_measure *measure = &plan->measures[k];
  g_autofree float *gradient = g_new (float, plan->area * 3);
  double value = limn_measure_value (measure, rgb, gradient), square = 0, length;

  limn_measure_direct (measure, gradient, &square);
  if (!(square > 0))
    return;
  length = limn_measure_length (measure, value, square);
  for (gsize j = 0; j < plan->area * 3; j++)
    move[j] -= CLAMP ((float) (part * length * gradient[j]), -MAX_MOVE, MAX_MOVE);
}

void
limn_guide_plan_apply (const limn_guide_plan *plan,
                       const limn_sampler *sampler,
                       int i,
                       const float *latents,
                       float *output,
                       gsize count)
{
  const limn_latent_rgb *map = plan->map;
  g_autofree float *clean = g_new (float, count);
  g_autofree float *rgb = g_new (float, plan->area * 3);
  g_autofree float *move = g_new0 (float, plan->area * 3);
  double share = share_of (sampler, i);

  g_assert (count == plan->area * (gsize) map->channels);
  limn_sampler_predict (sampler, i, latents, output, clean, count);
  limn_latent_rgb_apply (map, clean, plan->area, rgb);
  for (gsize k = 0; k < plan->n; k++)
    add_move (plan, k, rgb, 1 - exp (-RATE * plan->weights[k] * share), move);
  for (gsize j = 0; j < plan->area; j++) {
    for (int c = 0; c < map->channels; c++) {
      for (int rgb_c = 0; rgb_c < 3; rgb_c++)
        clean[j * (gsize) map->channels + (gsize) c] +=
            map->inverse[c][rgb_c] * move[j * 3 + (gsize) rgb_c];
    }
  }
  limn_sampler_output_for (sampler, i, latents, clean, output, count);
}
