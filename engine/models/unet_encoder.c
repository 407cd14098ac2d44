/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "models/unet_encoder.h"

void
limn_unet_block_clear (struct limn_unet_block *block)
{
  for (int i = 0; i < block->n_layers; i++)
    limn_transformer_clear (&block->transformers[i]);
}

static struct limn_transformer_params
transformer_params (const struct limn_unet_config *config, int i)
{
  return (struct limn_transformer_params){
    .channels = config->channels[i],
    .context_channels = config->cross_attention_dim[i],
    .heads = config->heads[i],
    .n_blocks = config->transformer_layers[i],
    .groups = config->groups,
  };
}

static struct limn_resnet_params
resnet_params (const struct limn_unet_config *config, int in, int out)
{
  return (struct limn_resnet_params){
    .in = in,
    .out = out,
    .time_channels = config->time_dim,
    .groups = config->groups,
    .epsilon = config->epsilon,
  };
}

static void
down_block_load (struct limn_unet_block *block,
                 const struct limn_unet_config *config,
                 int i,
                 limn_weights *weights)
{
  struct limn_transformer_params transformer = transformer_params (config, i);
  int out = config->channels[i];
  int in = i > 0 ? config->channels[i - 1] : out;

  block->n_layers = config->layers[i];
  block->has_attention = config->down_attention[i];
  for (int j = 0; j < block->n_layers; j++, in = out) {
    struct limn_resnet_params resnet = resnet_params (config, in, out);
    limn_weights_push (weights, "resnets.%d", j);
    limn_resnet_load (&block->resnets[j], weights, &resnet);
    limn_weights_pop (weights);
    if (!block->has_attention)
      continue;
    limn_weights_push (weights, "attentions.%d", j);
    limn_transformer_load (&block->transformers[j], weights, &transformer);
    limn_weights_pop (weights);
  }
  if (i < config->n_blocks - 1)
    limn_sampler_conv_load (&block->sampler, weights, "downsamplers", out);
}

static void
mid_block_load (struct limn_unet_encoder *encoder, limn_weights *weights)
{
  const struct limn_unet_config *config = &encoder->config;
  int last = config->n_blocks - 1;
  struct limn_transformer_params transformer = transformer_params (config, last);
  struct limn_resnet_params resnet =
      resnet_params (config, config->channels[last], config->channels[last]);

  limn_weights_push (weights, "mid_block");
  for (int i = 0; i < 2; i++) {
    limn_weights_push (weights, "resnets.%d", i);
    limn_resnet_load (&encoder->mid_resnets[i], weights, &resnet);
    limn_weights_pop (weights);
  }
  limn_weights_push (weights, "attentions.0");
  limn_transformer_load (&encoder->mid_transformer, weights, &transformer);
  limn_weights_pop (weights);
  limn_weights_pop (weights);
}

void
limn_unet_encoder_load (struct limn_unet_encoder *encoder,
                        const struct limn_unet_config *config,
                        limn_weights *weights)
{
  *encoder = (struct limn_unet_encoder){ .config = *config };
  limn_time_embedding_load (&encoder->time_embedding, weights, config->channels[0],
                            config->time_dim);
  limn_conv_load (&encoder->conv_in, weights, "conv_in", config->channels[0], config->in_channels,
                  3, true);
  encoder->down_blocks = g_new0 (struct limn_unet_block, config->n_blocks);
  for (int i = 0; i < config->n_blocks; i++) {
    limn_weights_push (weights, "down_blocks.%d", i);
    down_block_load (&encoder->down_blocks[i], config, i, weights);
    limn_weights_pop (weights);
  }
  mid_block_load (encoder, weights);
}

void
limn_unet_encoder_clear (struct limn_unet_encoder *encoder)
{
  for (int i = 0; encoder->down_blocks && i < encoder->config.n_blocks; i++)
    limn_unet_block_clear (&encoder->down_blocks[i]);
  g_clear_pointer (&encoder->down_blocks, g_free);
  limn_transformer_clear (&encoder->mid_transformer);
}

/* Every feature map that is made here is a skip, so that nothing of @x is released. */
static limn_tensor
down_block_forward (limn_pass *pass,
                    const struct limn_unet_block *block,
                    int level,
                    int padding,
                    limn_tensor x,
                    limn_tensor time,
                    const struct limn_unet_inputs *inputs,
                    struct limn_unet_features *features)
{
  for (int i = 0; i < block->n_layers; i++) {
    x = limn_resnet_forward (pass, &block->resnets[i], x, time);
    if (block->has_attention)
      limn_replace (pass, &x,
                    limn_transformer_forward (pass, &block->transformers[i], x, inputs->context));
    limn_motion_apply (pass, inputs->motion, LIMN_MOTION_DOWN, level, i, inputs->frames, &x);
    features->skips[features->n_skips++] = x;
  }
  if (!limn_tensor_is_null (block->sampler.weight)) {
    x = limn_downsample (pass, &block->sampler, x, padding);
    features->skips[features->n_skips++] = x;
  }
  return x;
}

void
limn_unet_encoder_forward (limn_pass *pass,
                           const struct limn_unet_encoder *encoder,
                           const struct limn_unet_inputs *inputs,
                           limn_tensor time,
                           limn_tensor conditioning,
                           struct limn_unet_features *features)
{
  limn_tensor x;

  *features = (struct limn_unet_features){ 0 };
  x = limn_conv3x3 (pass, &encoder->conv_in, inputs->latents, LIMN_ACTIVATION_NONE, conditioning);
  features->skips[features->n_skips++] = x;
  for (int i = 0; i < encoder->config.n_blocks; i++)
    x = down_block_forward (pass, &encoder->down_blocks[i], i, encoder->config.downsample_padding,
                            x, time, inputs, features);

  x = limn_resnet_forward (pass, &encoder->mid_resnets[0], x, time);
  limn_replace (pass, &x,
                limn_transformer_forward (pass, &encoder->mid_transformer, x, inputs->context));
  limn_motion_apply (pass, inputs->motion, LIMN_MOTION_MID, 0, 0, inputs->frames, &x);
  limn_replace (pass, &x, limn_resnet_forward (pass, &encoder->mid_resnets[1], x, time));
  features->mid = x;
}
