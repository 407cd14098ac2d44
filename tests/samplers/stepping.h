/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "samplers/sampler.h"

/* Latents of all the samplers' tests. */
#define COUNT 64

/* What stands for a model: the golden values were made with the same line. */
void run_model (const float *x, float timestep, float *output);

limn_sampler *new_sampler_with (const struct limn_sampler_params *params);
/* Fresh noise, where the solver wants any, comes from one generator for all. */
limn_sampler *new_sampler (limn_sampler_kind kind, const struct limn_schedule *schedule, int steps);

/* @noise as the sampler's first latents. */
void start_from (const limn_sampler *sampler, const float *noise, float *x);
/* Evaluation @i with run_model() as the model. */
void do_step (limn_sampler *sampler, int i, float *x, float *predicted);
void make_noise (float *noise);
