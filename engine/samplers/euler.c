/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "samplers/solver.h"

/* Euler's method on the probability flow ODE, arXiv:2206.00364, algorithm 2 without churn. Latents
 * are x_0 + sigma noise; the model gets them at a standard deviation near 1. */

/* Between the sigmas of whole timesteps, the last beyond them. */
static double
sigma_at (const struct limn_solver_plan *plan, double timestep)
{
  int last = plan->schedule->train_steps - 1;
  int below = (int) MIN (timestep, last);
  double low = limn_solver_sigma (plan->alphas_cumprod[below]);
  double high = limn_solver_sigma (plan->alphas_cumprod[MIN (below + 1, last)]);

  return low + (high - low) * (timestep - below);
}

void
limn_solver_euler (struct limn_solver_plan *plan)
{
  const struct limn_schedule *schedule = plan->schedule;
  double sigma, next;

  plan->steps[0].timestep = (float) limn_solver_spaced_timestep (schedule, plan->count, 0);
  sigma = (float) sigma_at (plan, plan->steps[0].timestep);
  /* The other spacings begin at full noise, beside which the picture's variance is left out. */
  plan->initial_sigma =
      (float) (schedule->spacing == LIMN_SPACING_LEADING ? sqrt (sigma * sigma + 1) : sigma);

  for (int i = 0; i < plan->count; i++, sigma = next) {
    struct limn_solver_step *step = &plan->steps[i];
    double alpha = 1 / sqrt (sigma * sigma + 1);

    next = 0;
    if (i + 1 < plan->count) {
      step[1].timestep = (float) limn_solver_spaced_timestep (schedule, plan->count, i + 1);
      next = (float) sigma_at (plan, step[1].timestep);
    }
    step->input_scale = (float) alpha;
    limn_solver_set_clean (step, schedule->prediction, alpha, sigma * alpha);
    step->clean_x = (float) (step->clean_x * alpha); /* these latents are 1 / alpha as large */
    step->next_x = (float) (next / sigma);
    step->next_clean = (float) (1 - next / sigma);
  }
}
