/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "models/attention.h"
#include "models/autoencoder_kl.h"

/* The inside of an AutoencoderKL, for its two ways to be computed. */

#define LIMN_KL_MAX_BLOCKS 8
#define LIMN_KL_MAX_LAYERS 8

/* DownEncoderBlock2D and UpDecoderBlock2D */
struct limn_kl_stage {
  int n_layers;
  struct limn_resnet resnets[LIMN_KL_MAX_LAYERS + 1];
  struct limn_layer sampler; /* null in the last stage */
};

/* UNetMidBlock2D */
struct limn_kl_mid {
  struct limn_resnet resnets[2];
  struct limn_group_norm norm;
  struct limn_attention_layer attention; /* null weights without mid_block_add_attention */
};

/* The encoder or the decoder: both are conv_in, stages with the mid block at one end, conv_out. */
struct limn_kl_half {
  struct limn_layer conv_in, conv_out;
  struct limn_kl_stage stages[LIMN_KL_MAX_BLOCKS]; /* in the order of computing */
  struct limn_kl_mid mid;
  struct limn_group_norm conv_norm_out;
};

struct limn_autoencoder_kl {
  int latent_channels;
  int n_blocks;
  int channels[LIMN_KL_MAX_BLOCKS];
  int n_layers;
  int groups;
  bool mid_attention;
  bool has_quant_conv, has_post_quant_conv;
  struct limn_kl_half encoder, decoder;
  struct limn_layer quant_conv, post_quant_conv; /* 1x1 */
};

/* norm, attention over all positions, and x added; as x. */
limn_tensor
limn_autoencoder_kl_attention (limn_pass *pass, const struct limn_kl_mid *mid, limn_tensor x);
