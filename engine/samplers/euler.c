/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "samplers/solver.h"

/* Euler's method on the probability flow ODE, arXiv:2206.00364, algorithm 2 without churn. Latents
 * are x_0 + sigma noise; the model gets them at a standard deviation near 1. */

/* @ancestral: to less noise than the next step wants, the rest made up by fresh noise. */
static void
set_rows (struct limn_solver_plan *plan, bool ancestral)
{
  limn_solver_set_points (plan, LIMN_GRID_CONTINUOUS);
  limn_solver_be_unscaled (plan);
  for (int i = 0; i < plan->count; i++) {
    struct limn_solver_row *row = &plan->rows[i];
    double sigma = plan->points[i].sigma, next = plan->points[i + 1].sigma, ratio = next / sigma;

    limn_solver_set_unscaled (row, plan, &plan->points[i]);
    if (ancestral) {
      double up = next * sqrt (MAX (1 - ratio * ratio, 0));

      row->next_noise = (float) up;
      ratio = sqrt (MAX (next * next - up * up, 0)) / sigma;
    }
    row->next_x = (float) ratio;
    row->next_clean = (float) (1 - ratio);
  }
}

void
limn_solver_euler (struct limn_solver_plan *plan)
{
  set_rows (plan, false);
}

void
limn_solver_euler_ancestral (struct limn_solver_plan *plan)
{
  set_rows (plan, true);
}
