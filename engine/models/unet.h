/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "models/unet_encoder.h"

/* UNet2DConditionModel, arXiv:2112.10752: predicts noise (or v) from noisy latents. */
typedef struct limn_unet limn_unet;

/* @path is a folder with config.json and the weights, or a file that has a UNet in it.
 * LIMN_ERROR_MODEL or LIMN_ERROR_FORMAT. */
limn_unet *limn_unet_load (limn_device *device, const char *path, GError **error);
/* The same with LoRAs added to its weights: AnimateDiff's domain adapter. */
limn_unet *limn_unet_load_with (limn_device *device,
                                const char *path,
                                const struct limn_lora_use *loras,
                                gsize n_loras,
                                GError **error);
void limn_unet_free (limn_unet *unet);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_unet, limn_unet_free)
const struct limn_unet_config *limn_unet_get_config (const limn_unet *unet);

/* The first half. @time is kept for the second one. */
void limn_unet_encode (limn_pass *pass,
                       const limn_unet *unet,
                       const struct limn_unet_inputs *inputs,
                       limn_tensor *time,
                       struct limn_unet_features *features);
/* How many residuals a ControlNet of these sizes makes: one for each skip and for the middle. */
int limn_unet_residuals (const struct limn_unet_config *config);
/* features += scale[first + i] * residual i, the middle being the last; releases @residuals. Their
 * n may be smaller than that of @features: they then go to the last of those alone. */
void limn_unet_add_residuals (limn_pass *pass,
                              struct limn_unet_features *features,
                              struct limn_unet_features *residuals,
                              limn_tensor scale,
                              int first);
/* The same with a scale for each picture: picture i of residual j is multiplied by
 * scale[first + j * n + i], n being that of @features. */
void limn_unet_add_residuals_by_picture (limn_pass *pass,
                                         struct limn_unet_features *features,
                                         struct limn_unet_features *residuals,
                                         limn_tensor scale,
                                         int first);
/* The second half -> [n, h, w, out_channels]; releases @time and @features. */
limn_tensor limn_unet_decode (limn_pass *pass,
                              const limn_unet *unet,
                              const struct limn_unet_inputs *inputs,
                              limn_tensor *time,
                              struct limn_unet_features *features);
