/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "samplers/solver.h"

/* Denoising diffusion implicit models, arXiv:2010.02502, equation 12 with eta 0. The noise of that
 * equation is written out as (x - alpha x_0) / sigma. */

void
limn_solver_ddim (struct limn_solver_plan *plan)
{
  const struct limn_schedule *schedule = plan->schedule;
  double final = schedule->set_alpha_to_one ? 1 : plan->alphas_cumprod[0];
  int stride = schedule->train_steps / plan->count;

  plan->initial_sigma = 1;
  for (int i = 0; i < plan->count; i++) {
    struct limn_solver_step *step = &plan->steps[i];
    double spaced = rint (limn_solver_spaced_timestep (schedule, plan->count, i));
    int timestep = MIN ((int) spaced, schedule->train_steps - 1);
    /* Not the next step's timestep: diffusers goes down by the stride whatever the spacing. */
    int previous = timestep - stride;
    double alpha_cumprod = plan->alphas_cumprod[timestep];
    double previous_cumprod = previous >= 0 ? plan->alphas_cumprod[previous] : final;
    double alpha = sqrt (alpha_cumprod), sigma = sqrt (1 - alpha_cumprod);
    double ratio = sqrt (1 - previous_cumprod) / sigma;

    step->timestep = (float) timestep;
    step->input_scale = 1;
    limn_solver_set_clean (step, schedule->prediction, alpha, sigma);
    step->next_x = (float) ratio;
    step->next_clean = (float) (sqrt (previous_cumprod) - alpha * ratio);
  }
}
