/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "samplers/solver.h"

/* UniPC of order 2 with B(h) = e^h - 1, arXiv:2302.04867, algorithms 5 to 8, predicting x_0. Each
 * evaluation first corrects the latents that it was made for (UniC) and goes on from there (UniP).
 * With x_0 in place of the noise, h in the paper's formulas is -h. */

#define TINY_WAY 1e-5

/* What there is between two points: the way in log (alpha / sigma) and the scales at its end. */
struct way {
  double h, ratio, alpha, growth; /* growth: e^-h - 1 */
};

static struct way
get_way (const struct limn_solver_point *from, const struct limn_solver_point *to)
{
  double alpha = 1 / sqrt (from->sigma * from->sigma + 1);
  double next_alpha = 1 / sqrt (to->sigma * to->sigma + 1);

  return (struct way){
    .h = log (from->sigma / to->sigma),
    .ratio = (to->sigma * next_alpha) / (from->sigma * alpha),
    .alpha = next_alpha,
    .growth = to->sigma / from->sigma - 1,
  };
}

/* Where the evaluation before the last lies, in units of the way; negative. 0 where there is none,
 * or none apart from the last. */
static double
get_before (const struct limn_solver_plan *plan, int i, const struct way *way)
{
  const struct limn_solver_point *points = plan->points;
  double before = i > plan->first ? log (points[i].sigma / points[i - 1].sigma) / way->h : 0;

  return isfinite (before) ? before : 0;
}

static void
set_predictor (struct limn_solver_row *row, const struct limn_solver_plan *plan, int i)
{
  struct way way = get_way (&plan->points[i], &plan->points[i + 1]);
  double before = i + 1 < plan->count ? get_before (plan, i, &way) : 0;

  row->next_x = (float) way.ratio;
  row->next_clean = (float) (-way.alpha * way.growth);
  if (before < 0)
    row->next_change = (float) (way.alpha * way.growth * 0.5 / before);
}

/* The step that led to point @i, taken again now that x_0 is known at its end. */
static void
set_corrector (struct limn_solver_row *row, const struct limn_solver_plan *plan, int i)
{
  struct way way = get_way (&plan->points[i - 1], &plan->points[i]);
  double before = get_before (plan, i - 1, &way), end = 0.5, scale;

  /* Points at one place leave nothing to correct. */
  if (!(way.h > 0))
    return;
  scale = way.alpha * way.growth;
  row->corrects = true;
  if (before < 0) {
    /* Both coefficients from the paper's 2x2 system, equation 10; their limits where too little
     * of a double would be left. */
    bool tiny = way.h < TINY_WAY;
    double phi = way.growth / -way.h - 1;
    double b1 = tiny ? 1 / 2.0 : phi / way.growth;
    double b2 = tiny ? 1 / 3.0 : (phi / -way.h - 0.5) * 2 / way.growth;
    double start = (b1 - b2) / (1 - before);

    end = b1 - start;
    row->base_change1 = (float) (scale * start / before);
  }
  row->base_x1 = (float) way.ratio;
  row->base_clean1 = (float) (scale * (end - 1));
  row->base_clean = (float) (-scale * end);
}

void
limn_solver_unipc (struct limn_solver_plan *plan)
{
  limn_solver_set_points (plan, LIMN_GRID_MULTISTEP);
  for (int i = 0; i < plan->count; i++) {
    struct limn_solver_row *row = &plan->rows[i];
    double sigma = plan->points[i].sigma, alpha = 1 / sqrt (sigma * sigma + 1);

    row->timestep = (float) plan->points[i].timestep;
    row->input_scale = 1;
    limn_solver_set_clean (row, plan->schedule->prediction, alpha, sigma * alpha);
    if (i > plan->first)
      set_corrector (row, plan, i);
    set_predictor (row, plan, i);
  }
}
