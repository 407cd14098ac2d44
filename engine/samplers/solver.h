/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "samplers/sampler.h"

/* An evaluation of the model and what follows from it. All of Limn's solvers are linear in the
 * latents x, the model's output o and what came before, so that this is a row of coefficients and a
 * solver is the function that computes the rows. "1" and "2" are one and two evaluations before:
 *   what the model sees = input_scale x
 *   clean (x_0) = clean_x x + clean_output o
 *   base = x, or where @corrects: base_x x + base_x1 base1 + base_clean clean + base_clean1 clean1
 *                                 + base_change1 (clean1 - clean2)
 *   next x = next_x base + next_clean clean + next_change (clean - clean1) + next_noise noise
 */
struct limn_solver_row {
  int step; /* that it belongs to */
  float timestep;
  float input_scale;
  float clean_x, clean_output;
  bool corrects;
  float base_x, base_x1, base_clean, base_clean1, base_change1;
  float next_x, next_clean, next_change, next_noise;
};

/* Where a step begins. @sigma is the noise's standard deviation where the picture's is 1, and
 * alpha_cumprod 1 / (1 + sigma^2). */
struct limn_solver_point {
  double timestep, sigma, alpha_cumprod;
};

/* How the schedulers of diffusers choose their timesteps. */
typedef enum {
  LIMN_GRID_WHOLE,      /* whole timesteps: DDIM, DDPM, LCM */
  LIMN_GRID_CONTINUOUS, /* fractions as well, first and last as the spacing has them: Euler, Heun */
  LIMN_GRID_MULTISTEP,  /* the spacing of one step more, without its last: DPM-Solver, UniPC */
} limn_grid;

struct limn_solver_plan {
  const struct limn_schedule *schedule;
  const float *alphas_cumprod; /* [train_steps], within (0, 1), falling */
  limn_sigmas sigmas;          /* never LIMN_SIGMAS_DEFAULT */
  double eta;
  int count;                        /* of steps, 1 to train_steps */
  int first;                        /* the one to begin with; those before are never taken */
  struct limn_solver_point *points; /* [count + 1]; the last one is the clean picture */
  float initial_sigma;
  bool unscaled; /* latents are x_0 + sigma noise, else alpha x_0 + sigma alpha noise */
  int n_rows;
  struct limn_solver_row *rows; /* room for 2 * count, zero at first but for one @step each */
};

/* Fill in @plan->rows; @plan->initial_sigma is 1 and @plan->n_rows is @plan->count unless they say
 * otherwise. */
void limn_solver_ddim (struct limn_solver_plan *plan);
void limn_solver_ddpm (struct limn_solver_plan *plan);
void limn_solver_lcm (struct limn_solver_plan *plan);
void limn_solver_euler (struct limn_solver_plan *plan);
void limn_solver_euler_ancestral (struct limn_solver_plan *plan);
void limn_solver_heun (struct limn_solver_plan *plan);
void limn_solver_dpmpp_2m (struct limn_solver_plan *plan);
void limn_solver_dpmpp_2m_sde (struct limn_solver_plan *plan);
void limn_solver_unipc (struct limn_solver_plan *plan);

/* Fills in @plan->points by @plan->sigmas. */
void limn_solver_set_points (struct limn_solver_plan *plan, limn_grid grid);
/* The same from @count whole timesteps. */
void limn_solver_set_timesteps (struct limn_solver_plan *plan, const int *timesteps);

/* sqrt ((1 - a) / a). Rounded to f32 on the way as torch does. */
float limn_solver_sigma (float alpha_cumprod);

/* Coefficients of x_0 for latents alpha x_0 + sigma noise with alpha^2 + sigma^2 = 1. */
void limn_solver_set_clean (struct limn_solver_row *row,
                            limn_prediction prediction,
                            double alpha,
                            double sigma);
/* Timestep, scale of the input and x_0 for latents x_0 + sigma noise. */
void limn_solver_set_unscaled (struct limn_solver_row *row,
                               const struct limn_solver_plan *plan,
                               const struct limn_solver_point *point);
/* For solvers whose latents are x_0 + sigma noise, when the points are there. */
void limn_solver_be_unscaled (struct limn_solver_plan *plan);
