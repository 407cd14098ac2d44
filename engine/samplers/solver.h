/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "samplers/schedule.h"

/* A step of a solver. All of Limn's solvers are linear in the latents x and the model's output o,
 * so that a step is a row of coefficients and a solver is the function that computes them:
 *   what the model sees = input_scale x
 *   clean (x_0) = clean_x x + clean_output o
 *   next x = next_x x + next_clean clean + next_change (clean - clean of the step before) */
struct limn_solver_step {
  float timestep;
  float input_scale;
  float clean_x, clean_output;
  float next_x, next_clean, next_change;
};

struct limn_solver_plan {
  const struct limn_schedule *schedule;
  const float *alphas_cumprod; /* [train_steps], within (0, 1), falling */
  int count;                   /* of steps, 1 to train_steps */
  float initial_sigma;
  struct limn_solver_step *steps; /* [count], zero at first */
};

/* Fill in @plan->initial_sigma and @plan->steps. */
void limn_solver_ddim (struct limn_solver_plan *plan);
void limn_solver_euler (struct limn_solver_plan *plan);
void limn_solver_dpmpp_2m (struct limn_solver_plan *plan);

/* Timestep of step @i as the schedule's spacing has it (arXiv:2305.08891, table 2); a fraction with
 * LIMN_SPACING_LINSPACE. May lie above the last training step when steps_offset pushes it there. */
double limn_solver_spaced_timestep (const struct limn_schedule *schedule, int count, int i);

/* sqrt ((1 - a) / a): the noise's standard deviation where the picture's is 1. Rounded to f32 on
 * the way as torch does. */
float limn_solver_sigma (float alpha_cumprod);

/* Coefficients of x_0 for latents alpha x_0 + sigma noise with alpha^2 + sigma^2 = 1. */
void limn_solver_set_clean (struct limn_solver_step *step,
                            limn_prediction prediction,
                            double alpha,
                            double sigma);
