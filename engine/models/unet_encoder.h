/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "models/attention.h"
#include "models/motion.h"
#include "models/unet_config.h"

/* The first half of a UNet, which is also the trunk of a ControlNet: time embedding, conv_in, down
 * blocks, mid block. */

/* DownBlock2D, CrossAttnDownBlock2D and their counterparts on the way up. */
struct limn_unet_block {
  int n_layers;
  struct limn_resnet resnets[LIMN_UNET_MAX_LAYERS + 1];
  bool has_attention;
  struct limn_transformer transformers[LIMN_UNET_MAX_LAYERS + 1];
  struct limn_layer sampler; /* to the next block; null in the last one */
};

struct limn_unet_encoder {
  struct limn_unet_config config;
  struct limn_layer conv_in;
  struct limn_time_embedding time_embedding;
  struct limn_unet_block *down_blocks; /* owned; config.n_blocks */
  struct limn_resnet mid_resnets[2];
  struct limn_transformer mid_transformer;
};

/* What goes into a UNet or ControlNet at each step; n is 2 with guidance: negative, positive. */
struct limn_unet_inputs {
  limn_tensor latents; /* [n, h, w, in_channels] */
  limn_tensor sincos;  /* [n, 1, 1, channels[0]], by limn_timestep_embedding() */
  limn_tensor context; /* [n, tokens, 1, cross_attention_dim] */
  /* NULL, or what couples the frames; n is then clips times frames. */
  const limn_motion *motion;
  int frames;
};

/* What an encoder makes: all in the arena. */
struct limn_unet_features {
  limn_tensor skips[LIMN_UNET_MAX_SKIPS];
  int n_skips;
  limn_tensor mid;
};

void limn_unet_block_clear (struct limn_unet_block *block);

void limn_unet_encoder_load (struct limn_unet_encoder *encoder,
                             const struct limn_unet_config *config,
                             limn_weights *weights);
void limn_unet_encoder_clear (struct limn_unet_encoder *encoder);

/* @time: the output of limn_time_embedding_forward(). @conditioning: null, or what is added after
 * conv_in, [n, h, w, channels[0]]. */
void limn_unet_encoder_forward (limn_pass *pass,
                                const struct limn_unet_encoder *encoder,
                                const struct limn_unet_inputs *inputs,
                                limn_tensor time,
                                limn_tensor conditioning,
                                struct limn_unet_features *features);
