/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct limn_config limn_config;

typedef enum { LIMN_BETAS_LINEAR, LIMN_BETAS_SCALED_LINEAR, LIMN_N_BETAS } limn_betas;
typedef enum {
  LIMN_PREDICTION_EPSILON,
  LIMN_PREDICTION_V,      /* arXiv:2202.00512 */
  LIMN_PREDICTION_SAMPLE, /* the clean latents themselves */
  LIMN_N_PREDICTIONS,
} limn_prediction;
typedef enum {
  LIMN_SPACING_LEADING,
  LIMN_SPACING_TRAILING,
  LIMN_SPACING_LINSPACE,
  LIMN_N_SPACINGS,
} limn_spacing;

#define LIMN_MAX_TRAIN_STEPS 4000

/* The noise schedule that a model was trained with: scheduler/scheduler_config.json. */
struct limn_schedule {
  int train_steps;
  double beta_start, beta_end;
  limn_betas betas;
  limn_prediction prediction;
  limn_spacing spacing;
  int steps_offset;
  bool set_alpha_to_one;
  bool zero_snr; /* betas rescaled so that nothing is left of the picture at the last timestep */
};

/* Stable Diffusion 1.5's: 1000 steps, scaled linear 0.00085 to 0.012, epsilon, leading, offset 1.
 */
extern const struct limn_schedule limn_schedule_default;

/* Takes what @config says, defaults of diffusers' DDIMScheduler elsewhere; failures stay in
 * @config, and @schedule is usable all the same. */
void limn_schedule_from_config (struct limn_schedule *schedule, limn_config *config);

/* Cumulative products of (1 - beta), @schedule->train_steps of them, rounded as torch does: betas
 * in f32, the product carried in double. With zero_snr they are rescaled (arXiv:2305.08891,
 * algorithm 1) and the last one is 0. */
void limn_schedule_alphas_cumprod (const struct limn_schedule *schedule, float *alphas);
