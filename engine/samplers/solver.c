/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "samplers/solver.h"

#include <math.h>

/* Rounding below is numpy's, half to even, since timesteps must be those of diffusers. */

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

double
limn_solver_spaced_timestep (const struct limn_schedule *schedule, int count, int i)
{
  static double (*const spacings[]) (const struct limn_schedule *, int, int) = {
    [LIMN_SPACING_LEADING] = leading_timestep,
    [LIMN_SPACING_TRAILING] = trailing_timestep,
    [LIMN_SPACING_LINSPACE] = linspace_timestep,
  };
  G_STATIC_ASSERT (G_N_ELEMENTS (spacings) == LIMN_N_SPACINGS);

  return spacings[schedule->spacing](schedule, count, i);
}

float
limn_solver_sigma (float alpha_cumprod)
{
  return sqrtf ((1.0f - alpha_cumprod) / alpha_cumprod);
}

void
limn_solver_set_clean (struct limn_solver_step *step,
                       limn_prediction prediction,
                       double alpha,
                       double sigma)
{
  if (prediction == LIMN_PREDICTION_V) {
    step->clean_x = (float) alpha;
    step->clean_output = (float) -sigma;
  } else {
    step->clean_x = (float) (1 / alpha);
    step->clean_output = (float) (-sigma / alpha);
  }
}
