/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "samplers/solver.h"

/* Denoising diffusion probabilistic models, arXiv:2006.11239, equation 7, over as many of the
 * timesteps as there are steps; the variance is the posterior's ("fixed_small"). */

/* diffusers keeps the variance this far from 0. */
#define MIN_VARIANCE 1e-20

void
limn_solver_ddpm (struct limn_solver_plan *plan)
{
  limn_solver_set_points (plan, LIMN_GRID_WHOLE);
  for (int i = 0; i < plan->count; i++) {
    struct limn_solver_row *row = &plan->rows[i];
    double alpha_cumprod = plan->points[i].alpha_cumprod;
    double previous_cumprod = plan->points[i + 1].alpha_cumprod;
    double beta_cumprod = 1 - alpha_cumprod, previous_beta_cumprod = 1 - previous_cumprod;
    double alpha = alpha_cumprod / previous_cumprod;

    row->timestep = (float) plan->points[i].timestep;
    row->input_scale = 1;
    limn_solver_set_clean (row, plan->schedule->prediction, sqrt (alpha_cumprod),
                           sqrt (beta_cumprod));
    row->next_x = (float) (sqrt (alpha) * previous_beta_cumprod / beta_cumprod);
    row->next_clean = (float) (sqrt (previous_cumprod) * (1 - alpha) / beta_cumprod);
    if (plan->points[i].timestep > 0)
      row->next_noise =
          (float) sqrt (MAX (previous_beta_cumprod / beta_cumprod * (1 - alpha), MIN_VARIANCE));
  }
}
