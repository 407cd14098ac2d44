/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pipeline/model.h"
#include "rng.h"

/* A generation under way: the parameters with their defaults filled in and checked. */
struct limn_job {
  limn_model *model; /* borrowed, as all pointers here */
  const struct limn_generate_params *params;
  GCancellable *cancellable;
  gint64 began; /* microseconds */
  float cfg;
  bool guided;
  limn_rng rng;    /* of the first latents, then of the solver's noise */
  int done, steps; /* of all stages */

  gint64 stepped;      /* microseconds: when the step under way began */
  double step_seconds; /* the shortest step of the stage, without previews; 0 before the first */
};

/* Denoising at one size; hires fix has two of them. */
struct limn_stage {
  int width, height; /* in pixels */
  int steps, first;  /* runs the steps from @first on */
  bool from_noise;   /* nothing of a picture is in the first latents */
};

#define LIMN_MAX_STAGES 2

#define LIMN_MAX_CONTROL_WEIGHT 10

/* False, with the sentence as LIMN_ERROR_ARGUMENT. */
bool limn_refuse (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* The part of the steps in which a control works, and its mode. */
bool limn_job_check_span (
    const char *type, double start, double end, limn_control_mode mode, GError **error);

/* False for NaN. */
static inline bool
limn_within (double value, double min, double max)
{
  return value >= min && value <= max;
}

/* Checks everything before the first second is spent. Returns the number of stages, 0 with
 * LIMN_ERROR_ARGUMENT. */
int
limn_job_begin (struct limn_job *job, struct limn_stage stages[LIMN_MAX_STAGES], GError **error);

/* The first step of the last @strength of @steps, in diffusers' rounding; at least one is left. */
int limn_job_first_step (int steps, double strength);

/* What a stage begins with; host f32 in NHWC at the size of its latents. */
struct limn_source {
  float *latents; /* with the noise of the stage's first step */
  float *noise;   /* that noise */
  float *mask;    /* [h, w], 1 where the picture is drawn; NULL without a mask */
  float *kept;    /* the picture's own latents, for a UNet that knows no masks; else NULL */
  float *extra;   /* what an inpainting UNet sees beside the latents; else NULL */
};

/* @clean: the clean latents to begin with, or NULL for those of params->init. Seeds job->rng anew.
 * Draws noise in the order of diffusers' pipelines. */
bool limn_source_init (struct limn_source *source,
                       struct limn_job *job,
                       const struct limn_stage *stage,
                       const limn_sampler *sampler,
                       const float *clean,
                       GError **error);
void limn_source_clear (struct limn_source *source);

/* Latents of @from at the size of @to, freed by the caller: params->hires_upscale says how. */
float *limn_source_upscale (struct limn_job *job,
                            const struct limn_stage *from,
                            const struct limn_stage *to,
                            const float *latents,
                            GError **error);

/* Denoises with the prompts in @context, host f32, [1 or 2, tokens, 1, cross_attention_dim].
 * @clean: what the stage begins with, or NULL for noise or params->init. The clean latents that
 * come out are the caller's. */
float *limn_job_run_stage (struct limn_job *job,
                           const struct limn_stage *stage,
                           const float *context,
                           int tokens,
                           const float *clean,
                           GError **error);

/* Latents to a picture; LIMN_ERROR_FAILED when the autoencoder gives NaN or infinity. */
limn_image *limn_job_decode (const struct limn_job *job,
                             const struct limn_stage *stage,
                             const float *latents,
                             GError **error);

/* The predicted picture, as params->preview says, of a step that has just ended; NULL without
 * previews. False with @error. */
bool limn_job_preview (struct limn_job *job,
                       const struct limn_stage *stage,
                       const float *predicted,
                       limn_image **preview,
                       GError **error);

/* Puts the pixels of params->init back where params->mask keeps them. */
void limn_source_paste (const struct limn_job *job, limn_image *picture);
