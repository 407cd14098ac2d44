/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "models/unet_encoder.h"

/* ControlNetModel, arXiv:2302.05543: a copy of the UNet's first half that sees a picture (lines, a
 * pose, depth) and adds to the UNet's feature maps through convolutions that began as zero. */
typedef struct limn_controlnet limn_controlnet;

limn_controlnet *limn_controlnet_load (limn_device *device, const char *path, GError **error);
void limn_controlnet_free (limn_controlnet *controlnet);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_controlnet, limn_controlnet_free)
const struct limn_unet_config *limn_controlnet_get_config (const limn_controlnet *controlnet);
/* How many times smaller its embedding is than the picture: 8. */
int limn_controlnet_factor (const limn_controlnet *controlnet);

/* Whether it fits a UNet of @unet's sizes; @name stands for it in the message. */
bool limn_controlnet_check (const limn_controlnet *controlnet,
                            const struct limn_unet_config *unet,
                            const char *name,
                            GError **error);

/* The picture's embedding, the same at every step: picture: [n, H, W, 3] in [0, 1]
 * -> [n, H / factor, W / factor, channels[0]] */
limn_tensor
limn_controlnet_embed (limn_pass *pass, const limn_controlnet *controlnet, limn_tensor picture);

/* conditioning: as limn_controlnet_embed() makes it, with the n of @inputs. @residuals gets what
 * limn_unet_add_residuals() adds. */
void limn_controlnet_forward (limn_pass *pass,
                              const limn_controlnet *controlnet,
                              const struct limn_unet_inputs *inputs,
                              limn_tensor conditioning,
                              struct limn_unet_features *residuals);
