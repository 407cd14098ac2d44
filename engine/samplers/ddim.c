/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "samplers/solver.h"

/* Denoising diffusion implicit models, arXiv:2010.02502, equation 12. The noise of that equation is
 * written out as (x - alpha x_0) / sigma. */

static double
previous_alpha_cumprod (const struct limn_solver_plan *plan, int i)
{
  const struct limn_schedule *schedule = plan->schedule;
  double final = schedule->set_alpha_to_one ? 1 : plan->alphas_cumprod[0];
  int previous;

  if (plan->sigmas != LIMN_SIGMAS_UNIFORM)
    return i + 1 < plan->count ? plan->points[i + 1].alpha_cumprod : final;
  /* Not the next step's timestep: diffusers goes down by the stride whatever the spacing. */
  previous = (int) plan->points[i].timestep - schedule->train_steps / plan->count;
  return previous >= 0 ? plan->alphas_cumprod[previous] : final;
}

void
limn_solver_ddim (struct limn_solver_plan *plan)
{
  limn_solver_set_points (plan, LIMN_GRID_WHOLE);
  for (int i = 0; i < plan->count; i++) {
    struct limn_solver_row *row = &plan->rows[i];
    double alpha_cumprod = plan->points[i].alpha_cumprod;
    double previous_cumprod = previous_alpha_cumprod (plan, i);
    double alpha = sqrt (alpha_cumprod), sigma = sqrt (1 - alpha_cumprod);
    /* Equation 16, and 0 where a schedule rises at its end. */
    double variance = MAX (
        (1 - previous_cumprod) / (1 - alpha_cumprod) * (1 - alpha_cumprod / previous_cumprod), 0);
    double noise = plan->eta * sqrt (variance);
    double ratio = sqrt (MAX (1 - previous_cumprod - noise * noise, 0)) / sigma;

    row->timestep = (float) plan->points[i].timestep;
    row->input_scale = 1;
    limn_solver_set_clean (row, plan->schedule->prediction, alpha, sigma);
    row->next_x = (float) ratio;
    row->next_clean = (float) (sqrt (previous_cumprod) - alpha * ratio);
    row->next_noise = (float) noise;
  }
}
