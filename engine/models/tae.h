/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "models/tiles.h"

typedef struct limn_config limn_config;

/* AutoencoderTiny (https://github.com/madebyollin/taesd): small convolutions only. Used through
 * vae.h. */
typedef struct limn_tae limn_tae;

/* Reads the sizes and leaves failures in @config; limn_tae_load() must follow. */
limn_tae *limn_tae_new (limn_config *config);
void limn_tae_load (limn_tae *tae, limn_weights *weights);
/* The weights are the loader's. */
void limn_tae_free (limn_tae *tae);
int limn_tae_latent_channels (const limn_tae *tae);
int limn_tae_factor (const limn_tae *tae);

/* Pictures are in [0, 1] here, unlike diffusers' [-1, 1].
 * picture: [n, H, W, 3] -> [n, H / factor, W / factor, latent channels] */
limn_tensor limn_tae_encode (limn_pass *pass, const limn_tae *tae, limn_tensor picture);
/* latents: [n, h, w, latent channels] -> [n, h factor, w factor, 3] */
limn_tensor limn_tae_decode (limn_pass *pass, const limn_tae *tae, limn_tensor latents);

/* The same in tiles: *@x is replaced. On failure it is freed or as it was. */
bool
limn_tae_encode_tiled (const limn_tiler *tiler, const limn_tae *tae, limn_map **x, GError **error);
bool
limn_tae_decode_tiled (const limn_tiler *tiler, const limn_tae *tae, limn_map **x, GError **error);
