/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

typedef struct limn_device limn_device;

/* Pictures to latents and back, by AutoencoderKL or AutoencoderTiny, whichever the config names.
 * Pictures are host f32 in NHWC with 3 channels in [-1, 1]; latents are host f32 in NHWC in the
 * space that the UNet works in, that is with scaling_factor and shift_factor applied. Passes are
 * kept for the size used last. */
typedef struct limn_vae limn_vae;

limn_vae *limn_vae_load (limn_device *device, const char *path, GError **error);
void limn_vae_free (limn_vae *vae);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_vae, limn_vae_free)

int limn_vae_latent_channels (const limn_vae *vae);
/* Latents are this many times smaller than pictures: 8. */
int limn_vae_factor (const limn_vae *vae);
double limn_vae_scaling (const limn_vae *vae);

/* From here on works in tiles with sides of @pixels, a multiple of the factor: the device then
 * needs memory for a tile only, feature maps stay on the host, and the result is the same. Global
 * attention alone takes memory by the size of the picture, at that of its latents. 0, as at first:
 * in one piece where that fits the device's memory, else in tiles. LIMN_VAE_WHOLE: in one piece. */
void limn_vae_set_tile (limn_vae *vae, int pixels);
/* Whether it encodes to a distribution and not to one point: AutoencoderKL does. */
bool limn_vae_is_variational (const limn_vae *vae);

/* @width and @height are the picture's, multiples of the factor. @latents gets the mean of the
 * distribution. @logvar, when not NULL, gets its logarithmic variance before scaling, clamped to
 * [-30, 20] as diffusers does; -30 for AutoencoderTiny, which has none. */
bool limn_vae_encode (limn_vae *vae,
                      const float *picture,
                      int width,
                      int height,
                      float *latents,
                      float *logvar,
                      GCancellable *cancellable,
                      GError **error);
bool limn_vae_decode (limn_vae *vae,
                      const float *latents,
                      int width,
                      int height,
                      float *picture,
                      GCancellable *cancellable,
                      GError **error);
