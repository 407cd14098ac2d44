/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "samplers/solver.h"

/* DPM-Solver++(2M), arXiv:2211.01095, algorithm 2, over the sigmas of arXiv:2206.00364, equation 5,
 * which go from the highest of the schedule to the lowest and end at 0. */

#define KARRAS_RHO 7.0

static double
karras_sigma (double highest, double lowest, int count, int i)
{
  double from = pow (highest, 1 / KARRAS_RHO), to = pow (lowest, 1 / KARRAS_RHO);
  double ramp = count > 1 ? (double) i / (count - 1) : 0;

  return pow (from + ramp * (to - from), KARRAS_RHO);
}

static float
log_sigma_at (const struct limn_solver_plan *plan, int timestep)
{
  return logf (limn_solver_sigma (plan->alphas_cumprod[timestep]));
}

/* The timestep that has @sigma, between whole ones by its logarithm, and rounded then as diffusers
 * does it. */
static double
timestep_of_sigma (const struct limn_solver_plan *plan, double sigma)
{
  int below = 0, above = plan->schedule->train_steps - 1;
  double wanted = log (sigma), low, high, part;

  if (above == 0)
    return 0;
  while (above - below > 1) {
    int middle = (below + above) / 2;

    if (log_sigma_at (plan, middle) <= wanted)
      below = middle;
    else
      above = middle;
  }
  low = log_sigma_at (plan, below);
  high = log_sigma_at (plan, above);
  part = high > low ? (wanted - low) / (high - low) : 0;
  return rint (below + CLAMP (part, 0, 1));
}

void
limn_solver_dpmpp_2m (struct limn_solver_plan *plan)
{
  double lowest = limn_solver_sigma (plan->alphas_cumprod[0]);
  double highest = limn_solver_sigma (plan->alphas_cumprod[plan->schedule->train_steps - 1]);
  double previous = 0;

  plan->initial_sigma = 1;
  for (int i = 0; i < plan->count; i++) {
    struct limn_solver_step *step = &plan->steps[i];
    bool last = i + 1 == plan->count;
    double exact = karras_sigma (highest, lowest, plan->count, i);
    double sigma = (float) exact;
    double next = last ? 0 : (float) karras_sigma (highest, lowest, plan->count, i + 1);
    double alpha = 1 / sqrt (sigma * sigma + 1), next_alpha = 1 / sqrt (next * next + 1);

    step->timestep = (float) timestep_of_sigma (plan, exact);
    step->input_scale = 1;
    limn_solver_set_clean (step, plan->schedule->prediction, alpha, sigma * alpha);
    step->next_x = (float) ((next * next_alpha) / (sigma * alpha));
    step->next_clean = (float) (next_alpha * (1 - next / sigma));
    /* Second order wherever there is a step before; the one to sigma 0 is an infinite way in the
     * logarithm and stays first order. Equal sigmas would divide by nothing. */
    if (i > 0 && !last && previous > sigma)
      step->next_change =
          (float) (0.5 * step->next_clean * log (sigma / next) / log (previous / sigma));
    previous = sigma;
  }
}
