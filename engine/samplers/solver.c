/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "samplers/solver.h"

#include <math.h>

float
limn_solver_sigma (float alpha_cumprod)
{
  return sqrtf ((1.0f - alpha_cumprod) / alpha_cumprod);
}

void
limn_solver_set_clean (struct limn_solver_row *row,
                       limn_prediction prediction,
                       double alpha,
                       double sigma)
{
  const struct {
    double x, output;
  } clean[] = {
    [LIMN_PREDICTION_EPSILON] = { 1 / alpha, -sigma / alpha },
    [LIMN_PREDICTION_V] = { alpha, -sigma },
    [LIMN_PREDICTION_SAMPLE] = { 0, 1 },
  };
  G_STATIC_ASSERT (G_N_ELEMENTS (clean) == LIMN_N_PREDICTIONS);

  row->clean_x = (float) clean[prediction].x;
  row->clean_output = (float) clean[prediction].output;
}

void
limn_solver_set_unscaled (struct limn_solver_row *row,
                          const struct limn_solver_plan *plan,
                          const struct limn_solver_point *point)
{
  double alpha = 1 / sqrt (point->sigma * point->sigma + 1);

  row->timestep = (float) point->timestep;
  row->input_scale = (float) alpha;
  limn_solver_set_clean (row, plan->schedule->prediction, alpha, point->sigma * alpha);
  row->clean_x = (float) (row->clean_x * alpha); /* these latents are 1 / alpha as large */
}

void
limn_solver_be_unscaled (struct limn_solver_plan *plan)
{
  double sigma = plan->points[0].sigma;

  plan->unscaled = true;
  /* The other spacings begin at full noise, beside which the picture's variance is left out. */
  plan->initial_sigma =
      (float) (plan->schedule->spacing == LIMN_SPACING_LEADING ? sqrt (sigma * sigma + 1) : sigma);
}
