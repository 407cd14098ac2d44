/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "image.h"
#include "models/vae.h"

/* A linear map from latents to colours: one latent position, which stands for a square of pixels,
 * to their mean RGB, 0 to 1 and not clamped there. It costs nothing beside the decoder, and its
 * transpose is its exact derivative. Fitted by least squares to what the autoencoder makes of one
 * synthetic picture: flat squares, gradients and smooth noise in all colours. */

#define LIMN_MAX_LATENT_CHANNELS 64

typedef struct {
  int channels;
  float weight[3][LIMN_MAX_LATENT_CHANNELS], bias[3];
  /* The smallest change of the latents that makes a change of RGB: the pseudo-inverse of @weight,
   * damped where the map hardly tells colours apart. */
  float inverse[LIMN_MAX_LATENT_CHANNELS][3];
  double deviation; /* of the colours that it was fitted to, RMS */
  double residual;  /* of what the fit leaves of it, RMS */
} limn_latent_rgb;

/* Encodes one picture of 32 by 32 latents. */
limn_latent_rgb *limn_latent_rgb_fit (limn_vae *vae, GCancellable *cancellable, GError **error);
/* From @count pairs: latents [count, channels], rgb [count, 3]. */
limn_latent_rgb *
limn_latent_rgb_fit_pairs (const float *latents, const float *rgb, gsize count, int channels);
void limn_latent_rgb_free (limn_latent_rgb *map);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_latent_rgb, limn_latent_rgb_free)

/* latents: [count, channels] -> rgb: [count, 3] */
void
limn_latent_rgb_apply (const limn_latent_rgb *map, const float *latents, gsize count, float *rgb);
/* As a picture of one pixel a latent position. */
limn_image *
limn_latent_rgb_image (const limn_latent_rgb *map, const float *latents, int width, int height);
