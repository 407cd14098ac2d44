/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "samplers/solver.h"

/* Heun's method on the probability flow ODE, arXiv:2206.00364, algorithm 1: an Euler step, then the
 * same step again with the mean of the slopes at both of its ends. The step to sigma 0 has no slope
 * at its end and stays Euler's. */

static void
set_first (struct limn_solver_row *row, double sigma, double next)
{
  row->next_x = (float) (next / sigma);
  row->next_clean = (float) (1 - next / sigma);
}

/* The slope at sigma is (base1 - clean1) / sigma, that at next (x - clean) / next. */
static void
set_second (struct limn_solver_row *row, double sigma, double next)
{
  double first = (next - sigma) / 2 / sigma, second = (next - sigma) / 2 / next;

  row->corrects = true;
  row->base_x1 = (float) (1 + first);
  row->base_clean1 = (float) -first;
  row->base_x = (float) second;
  row->base_clean = (float) -second;
  row->next_x = 1;
}

void
limn_solver_heun (struct limn_solver_plan *plan)
{
  limn_solver_set_points (plan, LIMN_GRID_CONTINUOUS);
  limn_solver_be_unscaled (plan);
  plan->n_rows = 2 * plan->count - 1;
  for (int r = 0; r < plan->n_rows; r++) {
    struct limn_solver_row *row = &plan->rows[r];
    int step = r / 2;
    double sigma = plan->points[step].sigma, next = plan->points[step + 1].sigma;

    row->step = step;
    limn_solver_set_unscaled (row, plan, &plan->points[(r + 1) / 2]);
    if (r % 2 == 0)
      set_first (row, sigma, next);
    else
      set_second (row, sigma, next);
  }
}
