/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "rng.h"
#include "schedule.h"

/* A solver that goes from noise to a picture in a number of steps. It works on host f32 latents;
 * the same on every device. Steps, timesteps and results are those of diffusers' schedulers. */
typedef struct limn_sampler limn_sampler;

typedef enum {
  LIMN_SAMPLER_DDIM,            /* arXiv:2010.02502: DDIMScheduler */
  LIMN_SAMPLER_EULER,           /* arXiv:2206.00364, Euler without churn: EulerDiscreteScheduler */
  LIMN_SAMPLER_DPMPP_2M,        /* arXiv:2211.01095: DPMSolverMultistepScheduler, Karras sigmas */
  LIMN_SAMPLER_DDPM,            /* arXiv:2006.11239: DDPMScheduler, variance fixed_small */
  LIMN_SAMPLER_EULER_ANCESTRAL, /* EulerAncestralDiscreteScheduler */
  LIMN_SAMPLER_HEUN,            /* arXiv:2206.00364, algorithm 1: HeunDiscreteScheduler */
  LIMN_SAMPLER_DPMPP_2M_SDE,    /* as 2M with algorithm_type sde-dpmsolver++, Karras sigmas */
  LIMN_SAMPLER_UNIPC,           /* arXiv:2302.04867: UniPCMultistepScheduler, order 2, bh2 */
  LIMN_SAMPLER_LCM,             /* arXiv:2310.04378: LCMScheduler */
  LIMN_N_SAMPLERS,
} limn_sampler_kind;

/* "ddim", "euler", "dpm++2m", "ddpm", "euler-a", "heun", "dpm++2m-sde", "unipc", "lcm"; the index
 * is the kind, NULL-terminated. */
extern const char *const limn_sampler_names[];

/* Where between all noise and none the steps lie. */
typedef enum {
  LIMN_SIGMAS_DEFAULT,     /* Karras for the DPM-Solvers, uniform for the others */
  LIMN_SIGMAS_UNIFORM,     /* by timesteps, with the spacing of the schedule; LCM's own for LCM */
  LIMN_SIGMAS_KARRAS,      /* arXiv:2206.00364, equation 5, rho 7 */
  LIMN_SIGMAS_EXPONENTIAL, /* evenly in the logarithm of sigma */
  LIMN_SIGMAS_AYS,         /* arXiv:2404.14507 for Stable Diffusion 1.5: the published timesteps at
                            * 10 steps, log-linear between their sigmas at other numbers */
  LIMN_N_SIGMAS,
} limn_sigmas;

/* "default", "uniform", "karras", "exponential", "ays"; NULL-terminated. */
extern const char *const limn_sigmas_names[];

/* Fills @noise with @count normal numbers, in the layout of the latents. */
typedef void (*limn_noise_func) (float *noise, gsize count, gpointer data);

struct limn_sampler_params {
  limn_sampler_kind kind;
  const struct limn_schedule *schedule; /* NULL means limn_schedule_default; not kept */
  int steps;                            /* 0 means 20; at most the training steps */
  limn_sigmas sigmas;
  double eta; /* 0 to 1, for DDIM alone: 0 draws no noise, 1 as much as DDPM */
  int first;  /* the step to begin with, 0 to steps - 1: later than 0 for image to image */

  /* Where fresh noise comes from: either a generator, which stays the caller's and goes on from
   * where the first latents left it, or a function. Needed where limn_sampler_draws_noise(). */
  limn_rng *rng;
  int channels; /* of the latents, with @rng: drawn in NCHW order as diffusers draws, handed over
                 * as NHWC; 0 means 1 */
  limn_noise_func noise;
  gpointer noise_data;
};

/* LIMN_ERROR_ARGUMENT when @steps, @first or @eta are out of range. */
limn_sampler *limn_sampler_new (const struct limn_sampler_params *params, GError **error);
void limn_sampler_free (limn_sampler *sampler);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_sampler, limn_sampler_free)

/* Whether any step adds fresh noise. */
bool limn_sampler_draws_noise (const limn_sampler *sampler);

/* Arrays as large as the latents that it keeps from step to step. */
int limn_sampler_arrays (const limn_sampler *sampler);

int limn_sampler_steps (const limn_sampler *sampler);
/* The model is asked, and limn_sampler_step() called, from evaluation _first_ to _evaluations_ - 1:
 * once a step, but for Heun twice in every step that is not the last. */
int limn_sampler_first_evaluation (const limn_sampler *sampler);
int limn_sampler_evaluations (const limn_sampler *sampler);
/* The step, from 0, that evaluation @i belongs to. */
int limn_sampler_step_of (const limn_sampler *sampler, int i);
/* Whether evaluation @i is the last one of its step. */
bool limn_sampler_ends_step (const limn_sampler *sampler, int i);

/* What the model is told at evaluation @i; not always a whole number. */
float limn_sampler_timestep (const limn_sampler *sampler, int i);
/* Pure noise is multiplied by this before step 0. */
float limn_sampler_initial_sigma (const limn_sampler *sampler);
/* @clean with as much of @noise as there is before @step, or none where @step is the number of
 * steps; @out may be either. */
void limn_sampler_add_noise (const limn_sampler *sampler,
                             int step,
                             const float *clean,
                             const float *noise,
                             float *out,
                             gsize count);

/* The latents as the model wants them at evaluation @i; @count floats. @out may be @x. */
void limn_sampler_scale_input (
    const limn_sampler *sampler, int i, const float *x, float *out, gsize count);

/* Advances @x by evaluation @i with the model's output @output. @predicted, when not NULL, gets the
 * predicted clean latents (x_0). Evaluations must come in order; the first one begins anew,
 * with the noise going on from where it was. */
void limn_sampler_step (
    limn_sampler *sampler, int i, float *x, const float *output, float *predicted, gsize count);

/* Classifier-free guidance, arXiv:2207.12598: out = negative + scale (positive - negative). */
void
limn_guide (const float *negative, const float *positive, float scale, float *out, gsize count);

/* Guidance rescale, arXiv:2305.08891, section 3.4: takes the guided output @out part of the way
 * (@rescale, 0 to 1) to the standard deviation of @positive, against overexposure. */
void limn_guide_rescale (const float *positive, float rescale, float *out, gsize count);

/* The clean latents (x_0) that the model's output @output predicts at evaluation @i, and the output
 * that predicts @clean. */
void limn_sampler_predict (const limn_sampler *sampler,
                           int i,
                           const float *x,
                           const float *output,
                           float *clean,
                           gsize count);
void limn_sampler_output_for (const limn_sampler *sampler,
                              int i,
                              const float *x,
                              const float *clean,
                              float *output,
                              gsize count);
