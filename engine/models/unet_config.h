/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "io/config.h"

#define LIMN_UNET_MAX_BLOCKS 8
#define LIMN_UNET_MAX_LAYERS 8
/* conv_in, each layer, and each downsampler but the last block's. */
#define LIMN_UNET_MAX_SKIPS (LIMN_UNET_MAX_BLOCKS * (LIMN_UNET_MAX_LAYERS + 1))

/* What the configs of UNet2DConditionModel and ControlNetModel have in common. Arrays go by down
 * block; the up blocks use them in reverse. */
struct limn_unet_config {
  int in_channels, out_channels;
  int sample_h, sample_w; /* latent pixels that it was trained with; 0 where it does not say */
  int n_blocks;
  int channels[LIMN_UNET_MAX_BLOCKS];
  int layers[LIMN_UNET_MAX_BLOCKS];
  int transformer_layers[LIMN_UNET_MAX_BLOCKS];
  int heads[LIMN_UNET_MAX_BLOCKS];
  int cross_attention_dim[LIMN_UNET_MAX_BLOCKS];
  bool down_attention[LIMN_UNET_MAX_BLOCKS]; /* CrossAttnDownBlock2D */
  bool up_attention[LIMN_UNET_MAX_BLOCKS]; /* CrossAttnUpBlock2D, from the deepest up; UNet only */
  int groups;
  float epsilon;
  int time_dim; /* of the time embedding after its layers */
  bool flip_sin_to_cos;
  double freq_shift;
  int downsample_padding;
};

/* Reads all of it from @config, with diffusers' defaults. What Limn does not support is a failure
 * that stays in @config and names the key. @class_name is what "_class_name" must be, if it is
 * there. */
void
limn_unet_config_read (struct limn_unet_config *unet, limn_config *config, const char *class_name);

/* The up blocks, which a ControlNet does not have; after limn_unet_config_read(). */
void limn_unet_config_read_up (struct limn_unet_config *unet, limn_config *config);
