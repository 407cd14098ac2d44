/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "samplers/solver.h"

/* DPM-Solver++(2M), arXiv:2211.01095, algorithm 2, and its form for the reverse SDE (the same
 * paper, equation 14, with the midpoint's second order). */

static void
set_next (struct limn_solver_row *row, double sigma, double next, bool stochastic)
{
  double alpha = 1 / sqrt (sigma * sigma + 1), next_alpha = 1 / sqrt (next * next + 1);
  double ratio = next / sigma;

  if (stochastic) {
    row->next_x = (float) ((next * next_alpha) / (sigma * alpha) * ratio);
    row->next_clean = (float) (next_alpha * (1 - ratio * ratio));
    row->next_noise = (float) (next * next_alpha * sqrt (MAX (1 - ratio * ratio, 0)));
  } else {
    row->next_x = (float) ((next * next_alpha) / (sigma * alpha));
    row->next_clean = (float) (next_alpha * (1 - ratio));
  }
}

static void
set_rows (struct limn_solver_plan *plan, bool stochastic)
{
  double previous = 0;

  limn_solver_set_points (plan, LIMN_GRID_MULTISTEP);
  for (int i = 0; i < plan->count; i++) {
    struct limn_solver_row *row = &plan->rows[i];
    bool last = i + 1 == plan->count;
    double sigma = plan->points[i].sigma, next = plan->points[i + 1].sigma;
    double alpha = 1 / sqrt (sigma * sigma + 1);

    row->timestep = (float) plan->points[i].timestep;
    row->input_scale = 1;
    limn_solver_set_clean (row, plan->schedule->prediction, alpha, sigma * alpha);
    set_next (row, sigma, next, stochastic);
    /* Second order wherever there is a step before; the one to sigma 0 is an infinite way in the
     * logarithm and stays first order. Equal sigmas would divide by nothing. */
    if (i > plan->first && !last && previous > sigma)
      row->next_change =
          (float) (0.5 * row->next_clean * log (sigma / next) / log (previous / sigma));
    previous = sigma;
  }
}

void
limn_solver_dpmpp_2m (struct limn_solver_plan *plan)
{
  set_rows (plan, false);
}

void
limn_solver_dpmpp_2m_sde (struct limn_solver_plan *plan)
{
  set_rows (plan, true);
}
