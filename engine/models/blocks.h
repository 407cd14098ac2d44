/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "models/weights.h"
#include "ops.h"

/* The layers that the models are built of. Each is a small struct of weights, filled by a load
 * function from the loader's current prefix (weights stay owned by the loader's list), and used by
 * a forward function. Forward functions leave their inputs alone and return a tensor that the
 * caller releases. Names and semantics are those of diffusers' modules. */

/* Weight and bias of a convolution or linear layer, or scale and shift of a norm. */
struct limn_layer {
  limn_tensor weight;
  limn_tensor bias;                     /* null where the layer has none */
  const struct limn_low_rank *branches; /* LoRAs beside a linear layer, or NULL */
};

/* @name.weight and, with @bias, @name.bias. */
void limn_conv_load (struct limn_layer *layer,
                     limn_weights *weights,
                     const char *name,
                     int out,
                     int in,
                     int kernel,
                     bool bias);
void limn_linear_load (
    struct limn_layer *layer, limn_weights *weights, const char *name, int out, int in, bool bias);
void limn_norm_load (struct limn_layer *layer, limn_weights *weights, const char *name, int c);

/* 3x3 with a padding of 1. */
limn_tensor limn_conv3x3 (limn_pass *pass,
                          const struct limn_layer *layer,
                          limn_tensor x,
                          limn_activation activation,
                          limn_tensor residual);
/* @residual may be the null tensor. */
limn_tensor limn_linear_forward (limn_pass *pass,
                                 const struct limn_layer *layer,
                                 limn_tensor x,
                                 limn_activation activation,
                                 limn_tensor residual);
limn_tensor limn_layer_norm_forward (limn_pass *pass,
                                     const struct limn_layer *layer,
                                     limn_tensor x,
                                     float epsilon);

/* Group norm followed by silu or nothing. */
struct limn_group_norm {
  struct limn_layer layer;
  int groups;
  float epsilon;
};

void limn_group_norm_load (struct limn_group_norm *norm,
                           limn_weights *weights,
                           const char *name,
                           int c,
                           int groups,
                           float epsilon);
limn_tensor limn_group_norm_forward (limn_pass *pass,
                                     const struct limn_group_norm *norm,
                                     limn_tensor x,
                                     limn_activation activation);

/* ResnetBlock2D with time_embedding_norm "default". */
struct limn_resnet {
  struct limn_group_norm norm1, norm2;
  struct limn_layer conv1, conv2;
  struct limn_layer time_emb_proj; /* null without a time embedding */
  struct limn_layer conv_shortcut; /* null where in and out are equal */
};

struct limn_resnet_params {
  int in, out;
  int time_channels; /* 0: no time embedding */
  int groups;
  float epsilon;
};

void limn_resnet_load (struct limn_resnet *resnet,
                       limn_weights *weights,
                       const struct limn_resnet_params *params);
/* x: [n, h, w, in], time: [n, 1, 1, time_channels] after its silu, or null -> [n, h, w, out] */
limn_tensor limn_resnet_forward (limn_pass *pass,
                                 const struct limn_resnet *resnet,
                                 limn_tensor x,
                                 limn_tensor time);

/* downsamplers.0 and upsamplers.0: a 3x3 convolution. */
void limn_sampler_conv_load (struct limn_layer *layer,
                             limn_weights *weights,
                             const char *name,
                             int channels);
/* Halves; @padding 1 pads on all sides, 0 right and below only, as the autoencoder's encoder. */
limn_tensor
limn_downsample (limn_pass *pass, const struct limn_layer *layer, limn_tensor x, int padding);
/* To @height times @width by nearest neighbour, then the convolution. */
limn_tensor limn_upsample (
    limn_pass *pass, const struct limn_layer *layer, limn_tensor x, int height, int width);

/* TimestepEmbedding, with the silu that every resnet begins with at its end. */
struct limn_time_embedding {
  struct limn_layer linear_1, linear_2;
};

void limn_time_embedding_load (struct limn_time_embedding *embedding,
                               limn_weights *weights,
                               int in,
                               int out);
/* sincos: [n, 1, 1, in] -> silu of the embedding [n, 1, 1, out] */
limn_tensor limn_time_embedding_forward (limn_pass *pass,
                                         const struct limn_time_embedding *embedding,
                                         limn_tensor sincos);

/* Sinusoids of @n timesteps in f32, as diffusers' Timesteps makes them: out: [n, channels]. With
 * @flip the cosines come first; @shift is freq_shift. */
void limn_timestep_embedding (
    float *out, int n, const float *timesteps, int channels, bool flip, double shift);
