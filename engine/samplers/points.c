/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "samplers/solver.h"

/* The timesteps and sigmas at which a solver evaluates the model. Rounding below is numpy's, half
 * to even, since they must be those of diffusers. */

#define KARRAS_RHO 7.0

/* --- the schedule's spacing, arXiv:2305.08891, table 2 --- */

static double
leading_timestep (const struct limn_schedule *schedule, int count, int i)
{
  return (count - 1 - i) * (schedule->train_steps / count) + schedule->steps_offset;
}

static double
trailing_timestep (const struct limn_schedule *schedule, int count, int i)
{
  double train_steps = schedule->train_steps;
  /* numpy.arange() adds multiples of the difference of its first two values. */
  double stride = (train_steps - train_steps / count) - train_steps;

  return rint (train_steps + i * stride) - 1;
}

static double
linspace_timestep (const struct limn_schedule *schedule, int count, int i)
{
  double last = schedule->train_steps - 1;

  if (count == 1)
    return 0;
  return i == 0 ? last : (count - 1 - i) * (last / (count - 1));
}

static double
multistep_leading_timestep (const struct limn_schedule *schedule, int count, int i)
{
  int stride = MAX (schedule->train_steps / (count + 1), 1);

  return (count - i) * stride + schedule->steps_offset;
}

static double
multistep_linspace_timestep (const struct limn_schedule *schedule, int count, int i)
{
  return linspace_timestep (schedule, count + 1, i);
}

/* A fraction with LIMN_SPACING_LINSPACE. May lie above the last training step when steps_offset
 * pushes it there. */
static double
spaced_timestep (const struct limn_solver_plan *plan, limn_grid grid, int i)
{
  typedef double (*spacing_func) (const struct limn_schedule *, int, int);
  static const spacing_func spacings[][2] = {
    [LIMN_SPACING_LEADING] = { leading_timestep, multistep_leading_timestep },
    [LIMN_SPACING_TRAILING] = { trailing_timestep, trailing_timestep },
    [LIMN_SPACING_LINSPACE] = { linspace_timestep, multistep_linspace_timestep },
  };
  G_STATIC_ASSERT (G_N_ELEMENTS (spacings) == LIMN_N_SPACINGS);
  bool multistep = grid == LIMN_GRID_MULTISTEP;
  double exact = spacings[plan->schedule->spacing][multistep](plan->schedule, plan->count, i);

  if (grid == LIMN_GRID_CONTINUOUS)
    return (float) exact;
  return MIN (rint (exact), plan->schedule->train_steps - 1);
}

/* --- sigmas and timesteps --- */

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

static float
log_sigma_at (const struct limn_solver_plan *plan, int timestep)
{
  return logf (limn_solver_sigma (plan->alphas_cumprod[timestep]));
}

/* The timestep that has @sigma, between whole ones by its logarithm. */
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
  return below + CLAMP (part, 0, 1);
}

/* --- the schedules --- */

/* arXiv:2206.00364, equation 5 */
static double
karras_sigma (double highest, double lowest, double ramp)
{
  double from = pow (highest, 1 / KARRAS_RHO), to = pow (lowest, 1 / KARRAS_RHO);

  return pow (from + ramp * (to - from), KARRAS_RHO);
}

static double
exponential_sigma (double highest, double lowest, double ramp)
{
  return exp (log (highest) + ramp * (log (lowest) - log (highest)));
}

/* "Align Your Steps", arXiv:2404.14507: the timesteps that its authors published for 10 steps of
 * Stable Diffusion 1.5, and the least noise at their end. */
static const int ays_timesteps[] = { 999, 850, 736, 645, 545, 455, 343, 233, 124, 24, 0 };
#define AYS_STEPS (G_N_ELEMENTS (ays_timesteps) - 1)
#define AYS_TRAIN_STEPS 1000

static double
ays_timestep (const struct limn_solver_plan *plan, gsize i)
{
  double timestep = ays_timesteps[i];

  return plan->schedule->train_steps == AYS_TRAIN_STEPS
             ? timestep
             : rint (timestep * (plan->schedule->train_steps - 1) / (AYS_TRAIN_STEPS - 1));
}

/* The authors' interpolation to other numbers of steps: linear in the logarithm of sigma over the
 * position in the list, with the last sigma replaced by 0 as the caller does. */
static double
ays_sigma (const struct limn_solver_plan *plan, int i)
{
  double position = (double) i * AYS_STEPS / plan->count;
  gsize below = MIN ((gsize) position, AYS_STEPS - 1);
  double low = log (sigma_at (plan, ays_timestep (plan, below)));
  double high = log (sigma_at (plan, ays_timestep (plan, below + 1)));

  return exp (low + (high - low) * (position - (double) below));
}

static void
set_point (struct limn_solver_point *point, double timestep, double sigma)
{
  sigma = (float) sigma;
  *point = (struct limn_solver_point){ timestep, sigma, 1 / (1 + sigma * sigma) };
}

static void
set_timestep (struct limn_solver_plan *plan, int i, double timestep)
{
  int last = plan->schedule->train_steps - 1;

  set_point (&plan->points[i], timestep, sigma_at (plan, timestep));
  /* Not by way of sigma, which would round it. */
  if (timestep <= last && timestep == rint (timestep))
    plan->points[i].alpha_cumprod = plan->alphas_cumprod[(int) timestep];
}

static void
set_sigma (struct limn_solver_plan *plan, int i, limn_grid grid, double sigma)
{
  double timestep = timestep_of_sigma (plan, sigma);

  /* diffusers rounds these in one branch and truncates them in the other. */
  if (grid == LIMN_GRID_MULTISTEP && plan->sigmas == LIMN_SIGMAS_EXPONENTIAL)
    timestep = trunc (timestep);
  else if (grid != LIMN_GRID_CONTINUOUS)
    timestep = rint (timestep);
  set_point (&plan->points[i], timestep, sigma);
}

static void
set_ramp (struct limn_solver_plan *plan, limn_grid grid)
{
  bool continuous = grid == LIMN_GRID_CONTINUOUS;
  int last = plan->schedule->train_steps - 1;
  double highest = sigma_at (plan, continuous ? spaced_timestep (plan, grid, 0) : last);
  double lowest = sigma_at (plan, continuous ? spaced_timestep (plan, grid, plan->count - 1) : 0);

  for (int i = 0; i < plan->count; i++) {
    double ramp = plan->count > 1 ? (double) i / (plan->count - 1) : 0;

    set_sigma (plan, i, grid,
               plan->sigmas == LIMN_SIGMAS_KARRAS ? karras_sigma (highest, lowest, ramp)
                                                  : exponential_sigma (highest, lowest, ramp));
  }
}

void
limn_solver_set_points (struct limn_solver_plan *plan, limn_grid grid)
{
  bool exact_ays = plan->count == (int) AYS_STEPS;

  plan->points[plan->count] = (struct limn_solver_point){ 0, 0, 1 };
  if (plan->sigmas == LIMN_SIGMAS_KARRAS || plan->sigmas == LIMN_SIGMAS_EXPONENTIAL) {
    set_ramp (plan, grid);
    return;
  }
  for (int i = 0; i < plan->count; i++) {
    if (plan->sigmas == LIMN_SIGMAS_UNIFORM)
      set_timestep (plan, i, spaced_timestep (plan, grid, i));
    else if (exact_ays)
      set_timestep (plan, i, ays_timestep (plan, (gsize) i));
    else
      set_sigma (plan, i, grid, ays_sigma (plan, i));
  }
}

void
limn_solver_set_timesteps (struct limn_solver_plan *plan, const int *timesteps)
{
  for (int i = 0; i < plan->count; i++)
    set_timestep (plan, i, timesteps[i]);
  plan->points[plan->count] = (struct limn_solver_point){ 0, 0, 1 };
}
