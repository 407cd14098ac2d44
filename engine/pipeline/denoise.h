/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "limn.h"
#include "models/controlnet.h"
#include "models/unet.h"
#include "pipeline/branches.h"
#include "pipeline/guide.h"
#include "samplers/sampler.h"

/* The steps from noise to latents: a UNet with its ControlNet branches at one size, as passes that
 * are recorded once for each set of working branches and replayed with new inputs. */
typedef struct limn_denoiser limn_denoiser;

struct limn_denoiser_params {
  int n;                                        /* 1, or 2 with guidance: negative, positive */
  int width, height;                            /* of the latents */
  int tokens;                                   /* of the context */
  limn_controlnet *controls[LIMN_MAX_BRANCHES]; /* borrowed; may repeat */
  int n_controls;
};

/* Borrows @unet and the ControlNets. */
limn_denoiser *limn_denoiser_new (limn_device *device,
                                  const limn_unet *unet,
                                  const struct limn_denoiser_params *params,
                                  GError **error);
void limn_denoiser_free (limn_denoiser *denoiser);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_denoiser, limn_denoiser_free)
/* Whether it was made with these. */
bool limn_denoiser_is_for (const limn_denoiser *denoiser,
                           const struct limn_denoiser_params *params);

/* context: host f32, [n, tokens, 1, cross_attention_dim] */
bool limn_denoiser_set_context (limn_denoiser *denoiser, const float *context, GError **error);
/* The picture of branch @i: host f32 [H, W, 3] in [0, 1], as large as the latents times the
 * ControlNet's factor. Its embedding is computed here and kept, also for the same picture. */
bool limn_denoiser_set_picture (limn_denoiser *denoiser,
                                int i,
                                const float *picture,
                                GCancellable *cancellable,
                                GError **error);
/* What an inpainting UNet sees beside the latents: host f32 [h, w, in_channels - out_channels], the
 * mask and the latents of the picture without what is masked. Must be called where there are such
 * channels. */
bool limn_denoiser_set_extra (limn_denoiser *denoiser, const float *extra, GError **error);
/* LIMN_CONTROL_BALANCED when it was not called. Takes no memory. */
void limn_denoiser_set_mode (limn_denoiser *denoiser, int i, limn_control_mode mode);

/* One run of the networks: latents [h, w, c] as the sampler scaled them -> output [n, h, w, c].
 * Branch i works with the weight scales[i] unless that is 0; @scales may be NULL without
 * branches. */
bool limn_denoiser_predict (limn_denoiser *denoiser,
                            const float *latents,
                            float timestep,
                            const float *scales,
                            float *output,
                            GCancellable *cancellable,
                            GError **error);

/* A branch works at step @i of those that are run (from 0) if all of the step lies in start to end.
 */
struct limn_branch {
  float weight, start, end;
};

/* Inpainting with a UNet that knows nothing of it: after each step the latents where @mask is 0 are
 * those of the picture, under the noise of that step (as arXiv:2201.09865 without its resampling).
 */
struct limn_denoise_keep {
  const float *mask;    /* [h, w], 0 to 1 */
  const float *latents; /* [h, w, c], clean */
  const float *noise;   /* [h, w, c], what the first latents were made with */
};

/* Called after step @i (from 0, of the sampler's) with the predicted clean latents; false with
 * @error ends it. */
typedef bool (*limn_denoise_func) (int i, const float *predicted, gpointer data, GError **error);

struct limn_denoise_params {
  limn_sampler *sampler;
  float cfg, cfg_rescale;               /* used where the denoiser's n is 2 */
  const struct limn_denoise_keep *keep; /* NULL: all is drawn */
  const struct limn_branch *branches;   /* one for each ControlNet */
  const limn_guide_plan *guide;         /* or NULL */
  limn_denoise_func step;
  gpointer step_data;
};

/* LIMN_ERROR_FAILED where there is NaN or infinity in what the networks gave at step @i (from 0).
 */
bool limn_denoise_check (const float *output, gsize count, int i, int steps, GError **error);

/* All steps of the sampler from its first one. latents: host f32 [h, w, c] with the noise of that
 * step, changed in place. LIMN_ERROR_FAILED when the network gives NaN or infinity. */
bool limn_denoise (limn_denoiser *denoiser,
                   const struct limn_denoise_params *params,
                   float *latents,
                   GCancellable *cancellable,
                   GError **error);
