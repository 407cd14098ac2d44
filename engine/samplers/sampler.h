/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "schedule.h"

/* A solver that goes from noise to a picture in a number of steps. It works on host f32 latents;
 * the same on every device. Steps, timesteps and results are those of diffusers' schedulers. */
typedef struct limn_sampler limn_sampler;

typedef enum {
  LIMN_SAMPLER_DDIM,     /* arXiv:2010.02502, eta 0: DDIMScheduler */
  LIMN_SAMPLER_EULER,    /* arXiv:2206.00364, Euler without churn: EulerDiscreteScheduler */
  LIMN_SAMPLER_DPMPP_2M, /* arXiv:2211.01095: DPMSolverMultistepScheduler, Karras sigmas */
  LIMN_N_SAMPLERS,
} limn_sampler_kind;

/* "ddim", "euler", "dpm++2m"; the index is the kind, NULL-terminated. */
extern const char *const limn_sampler_names[];

/* @schedule is copied. @steps is at least 1 and at most the training steps, else
 * LIMN_ERROR_ARGUMENT. */
limn_sampler *limn_sampler_new (limn_sampler_kind kind,
                                const struct limn_schedule *schedule,
                                int steps,
                                GError **error);
void limn_sampler_free (limn_sampler *sampler);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_sampler, limn_sampler_free)

int limn_sampler_steps (const limn_sampler *sampler);
/* What the model is told at step @i; not always a whole number. */
float limn_sampler_timestep (const limn_sampler *sampler, int i);
/* Pure noise is multiplied by this before the first step. */
float limn_sampler_initial_sigma (const limn_sampler *sampler);

/* The latents as the model wants them at step @i; @count floats. @out may be @x. */
void limn_sampler_scale_input (
    const limn_sampler *sampler, int i, const float *x, float *out, gsize count);

/* Advances @x by step @i with the model's output @output. @predicted, when not NULL, gets the
 * predicted clean latents (x_0). Steps must come in order 0, 1, 2, ...; step 0 begins anew. */
void limn_sampler_step (
    limn_sampler *sampler, int i, float *x, const float *output, float *predicted, gsize count);

/* Classifier-free guidance, arXiv:2207.12598: out = negative + scale (positive - negative). */
void
limn_guide (const float *negative, const float *positive, float scale, float *out, gsize count);
