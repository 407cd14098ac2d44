/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "models/unet_encoder.h"

/* UNet2DConditionModel, arXiv:2112.10752: predicts noise (or v) from noisy latents. */
typedef struct limn_unet limn_unet;

/* @folder has config.json and the weights. LIMN_ERROR_MODEL or LIMN_ERROR_FORMAT. */
limn_unet *limn_unet_load (limn_device *device, const char *folder, GError **error);
void limn_unet_free (limn_unet *unet);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_unet, limn_unet_free)
const struct limn_unet_config *limn_unet_get_config (const limn_unet *unet);

/* The first half. @time is kept for the second one. */
void limn_unet_encode (limn_pass *pass,
                       const limn_unet *unet,
                       const struct limn_unet_inputs *inputs,
                       limn_tensor *time,
                       struct limn_unet_features *features);
/* features += scale[index] * residuals; releases @residuals. */
void limn_unet_add_residuals (limn_pass *pass,
                              struct limn_unet_features *features,
                              struct limn_unet_features *residuals,
                              limn_tensor scale,
                              int index);
/* The second half -> [n, h, w, out_channels]; releases @time and @features. */
limn_tensor limn_unet_decode (limn_pass *pass,
                              const limn_unet *unet,
                              const struct limn_unet_inputs *inputs,
                              limn_tensor *time,
                              struct limn_unet_features *features);
