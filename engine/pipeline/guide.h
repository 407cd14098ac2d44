/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "limn.h"
#include "pipeline/latent-rgb.h"
#include "samplers/sampler.h"

/* Guidance by measures of the predicted picture, as classifier guidance (arXiv:2105.05233,
 * arXiv:2302.07121) but forward only: at each evaluation of the model the predicted clean latents
 * are mapped to colours by limn_latent_rgb, moved against the gradient of each measure there, and
 * the model's output is changed to what predicts the moved latents. docs/guidance.md says what
 * about it is exact. */

/* LIMN_ERROR_ARGUMENT with a sentence. */
bool limn_guide_check (const struct limn_guide *guide, GError **error);

/* Guides that are ready for one size of latents. */
typedef struct limn_guide_plan limn_guide_plan;

/* Borrows @map; takes from @guides what it needs, which must have passed limn_guide_check(). */
limn_guide_plan *limn_guide_plan_new (
    const struct limn_guide *guides, gsize n, const limn_latent_rgb *map, int width, int height);
void limn_guide_plan_free (limn_guide_plan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_guide_plan, limn_guide_plan_free)

/* Changes @output, the model's at evaluation @i for @latents as the sampler has them, so that the
 * predicted picture moves. Call it before limn_sampler_step(). @count is that of all floats. */
void limn_guide_plan_apply (const limn_guide_plan *plan,
                            const limn_sampler *sampler,
                            int i,
                            const float *latents,
                            float *output,
                            gsize count);

/* The measure of guide @k at these clean latents, 0 where it is met; @gradient, when not NULL, gets
 * its derivative by them, weights left out. */
double
limn_guide_plan_measure (const limn_guide_plan *plan, gsize k, const float *clean, float *gradient);
