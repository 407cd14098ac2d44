/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "models/unet_encoder.h"

/* ControlNetModel, arXiv:2302.05543: a copy of the UNet's first half that sees a picture (lines, a
 * pose, depth) and adds to the UNet's feature maps through convolutions that began as zero. */
typedef struct limn_controlnet limn_controlnet;

/* SparseCtrl (arXiv:2311.16933), diffusers' SparseControlNetModel, is one of these as well: it sees
 * pictures at some frames of a clip, and a last channel that is 1 there and 0 at all others; it has
 * motion modules of its own, and is given zeros in place of the latents. */

limn_controlnet *limn_controlnet_load (limn_device *device, const char *path, GError **error);
void limn_controlnet_free (limn_controlnet *controlnet);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_controlnet, limn_controlnet_free)
const struct limn_unet_config *limn_controlnet_get_config (const limn_controlnet *controlnet);
/* How many times smaller its embedding is than the picture: 8; 1 where it sees latents. */
int limn_controlnet_factor (const limn_controlnet *controlnet);
bool limn_controlnet_is_sparse (const limn_controlnet *controlnet);
/* The channels of what it sees: 3, of SparseCtrl one more for its mask. */
int limn_controlnet_channels (const limn_controlnet *controlnet);
/* Whether that is the latents of a picture, as of SparseCtrl RGB, not the picture. */
bool limn_controlnet_sees_latents (const limn_controlnet *controlnet);
/* The most frames of a clip, G_MAXINT where it knows no frames. */
int limn_controlnet_positions (const limn_controlnet *controlnet);

/* Whether it fits a UNet of @unet's sizes; @name stands for it in the message. */
bool limn_controlnet_check (const limn_controlnet *controlnet,
                            const struct limn_unet_config *unet,
                            const char *name,
                            GError **error);

/* The picture's embedding, the same at every step: picture: [n, H, W, 3] in [0, 1], or what
 * limn_controlnet_channels() and _sees_latents() say
 * -> [n, H / factor, W / factor, channels[0]] */
limn_tensor
limn_controlnet_embed (limn_pass *pass, const limn_controlnet *controlnet, limn_tensor picture);

/* conditioning: as limn_controlnet_embed() makes it, with the n of @inputs. @residuals gets what
 * limn_unet_add_residuals() adds. The motion of @inputs is the UNet's and is not used. */
void limn_controlnet_forward (limn_pass *pass,
                              const limn_controlnet *controlnet,
                              const struct limn_unet_inputs *inputs,
                              limn_tensor conditioning,
                              struct limn_unet_features *residuals);
