/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "limn.h"
#include "models/controlnet.h"
#include "models/unet.h"
#include "pipeline/branches.h"

/* The networks for one window of frames: a UNet with motion modules or without, and its ControlNets
 * by frame, as passes that are recorded once for each set of working branches. */
typedef struct limn_animate_denoiser limn_animate_denoiser;

struct limn_animate_denoiser_params {
  int n;                                        /* 1, or 2 with guidance: negative, positive */
  int frames;                                   /* of a window */
  int width, height;                            /* of the latents */
  int tokens;                                   /* of the context */
  const limn_motion *motion;                    /* borrowed; or NULL */
  limn_controlnet *controls[LIMN_MAX_BRANCHES]; /* borrowed; may repeat */
  limn_control_mode modes[LIMN_MAX_BRANCHES];
  int n_controls;
};

/* Borrows @unet. */
limn_animate_denoiser *limn_animate_denoiser_new (limn_device *device,
                                                  const limn_unet *unet,
                                                  const struct limn_animate_denoiser_params *params,
                                                  GError **error);
void limn_animate_denoiser_free (limn_animate_denoiser *denoiser);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_animate_denoiser, limn_animate_denoiser_free)

/* context: host f32, [n, frames, tokens, cross_attention_dim] */
bool limn_animate_denoiser_set_context (limn_animate_denoiser *denoiser,
                                        const float *context,
                                        GError **error);
/* The ControlNets, so that they can be shown what they see at each frame of the window. Borrowed.
 */
struct limn_branches *limn_animate_denoiser_branches (limn_animate_denoiser *denoiser);

/* One run of the networks: latents [frames, h, w, c] as the sampler scaled them -> output [n,
 * frames, h, w, c]. @weights: [controls, frames]; a branch whose weights are all 0 does not work.
 */
bool limn_animate_denoiser_predict (limn_animate_denoiser *denoiser,
                                    const float *latents,
                                    float timestep,
                                    const float *weights,
                                    float *output,
                                    GCancellable *cancellable,
                                    GError **error);
