/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "models/tiles.h"

typedef struct limn_config limn_config;

/* AutoencoderKL, arXiv:2112.10752: latents of Stable Diffusion and back. Used through vae.h. */
typedef struct limn_autoencoder_kl limn_autoencoder_kl;

/* Reads the sizes and leaves failures in @config; limn_autoencoder_kl_load() must follow. */
limn_autoencoder_kl *limn_autoencoder_kl_new (limn_config *config);
void limn_autoencoder_kl_load (limn_autoencoder_kl *kl, limn_weights *weights);
/* The weights are the loader's. */
void limn_autoencoder_kl_free (limn_autoencoder_kl *kl);
int limn_autoencoder_kl_latent_channels (const limn_autoencoder_kl *kl);
int limn_autoencoder_kl_factor (const limn_autoencoder_kl *kl);

/* picture: [n, H, W, 3] in [-1, 1] -> [n, H / factor, W / factor, 2 latent channels]: means, then
 * logarithms of variances */
limn_tensor
limn_autoencoder_kl_encode (limn_pass *pass, const limn_autoencoder_kl *kl, limn_tensor picture);
/* latents: [n, h, w, latent channels] -> [n, h factor, w factor, 3] in [-1, 1] */
limn_tensor
limn_autoencoder_kl_decode (limn_pass *pass, const limn_autoencoder_kl *kl, limn_tensor latents);

/* The same in tiles: *@x is replaced. On failure it is freed or as it was. */
bool limn_autoencoder_kl_encode_tiled (const limn_tiler *tiler,
                                       const limn_autoencoder_kl *kl,
                                       limn_map **x,
                                       GError **error);
bool limn_autoencoder_kl_decode_tiled (const limn_tiler *tiler,
                                       const limn_autoencoder_kl *kl,
                                       limn_map **x,
                                       GError **error);
