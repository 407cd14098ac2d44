/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "models/unet.h"

struct limn_unet {
  struct limn_unet_encoder encoder;
  struct limn_unet_block *up_blocks; /* from the deepest up */
  struct limn_group_norm conv_norm_out;
  struct limn_layer conv_out;
  limn_weight_list *list;
};

static const limn_tensor none;

/* Layer @j of up block @i takes what came before and one skip of the same level; the last one's
 * skip comes from the level above. */
static int
up_layer_in (const struct limn_unet_config *config, int i, int j)
{
  int level = config->n_blocks - 1 - i;
  int before = j > 0 || i == 0 ? config->channels[level] : config->channels[level + 1];
  int skip =
      j == config->layers[level] ? config->channels[MAX (level - 1, 0)] : config->channels[level];

  return before + skip;
}

static void
up_block_load (struct limn_unet_block *block,
               const struct limn_unet_config *config,
               int i,
               limn_weights *weights)
{
  int level = config->n_blocks - 1 - i;

  block->n_layers = config->layers[level] + 1;
  block->has_attention = config->up_attention[i];
  for (int j = 0; j < block->n_layers; j++) {
    limn_weights_push (weights, "resnets.%d", j);
    limn_resnet_load (&block->resnets[j], weights,
                      &(struct limn_resnet_params){
                          .in = up_layer_in (config, i, j),
                          .out = config->channels[level],
                          .time_channels = config->time_dim,
                          .groups = config->groups,
                          .epsilon = config->epsilon,
                      });
    limn_weights_pop (weights);
    if (!block->has_attention)
      continue;
    limn_weights_push (weights, "attentions.%d", j);
    limn_transformer_load (&block->transformers[j], weights,
                           &(struct limn_transformer_params){
                               .channels = config->channels[level],
                               .context_channels = config->cross_attention_dim[level],
                               .heads = config->heads[level],
                               .n_blocks = config->transformer_layers[level],
                               .groups = config->groups,
                           });
    limn_weights_pop (weights);
  }
  if (level > 0)
    limn_sampler_conv_load (&block->sampler, weights, "upsamplers", config->channels[level]);
}

static void
load_all (limn_unet *unet, const struct limn_unet_config *config, limn_weights *weights)
{
  limn_unet_encoder_load (&unet->encoder, config, weights);
  unet->up_blocks = g_new0 (struct limn_unet_block, config->n_blocks);
  for (int i = 0; i < config->n_blocks; i++) {
    limn_weights_push (weights, "up_blocks.%d", i);
    up_block_load (&unet->up_blocks[i], config, i, weights);
    limn_weights_pop (weights);
  }
  limn_group_norm_load (&unet->conv_norm_out, weights, "conv_norm_out", config->channels[0],
                        config->groups, config->epsilon);
  limn_conv_load (&unet->conv_out, weights, "conv_out", config->out_channels, config->channels[0],
                  3, true);
}

limn_unet *
limn_unet_load (limn_device *device, const char *path, GError **error)
{
  return limn_unet_load_with (device, path, NULL, 0, error);
}

limn_unet *
limn_unet_load_with (limn_device *device,
                     const char *path,
                     const struct limn_lora_use *loras,
                     gsize n_loras,
                     GError **error)
{
  g_autoptr (limn_config) config = limn_weights_config (path, LIMN_PART_UNET, error);
  struct limn_unet_config sizes;
  limn_weights *weights;
  g_autoptr (limn_unet) unet = NULL;

  if (!config)
    return NULL;
  limn_unet_config_read (&sizes, config, "UNet2DConditionModel");
  limn_unet_config_read_up (&sizes, config);
  if (!limn_config_finish (config, error))
    return NULL;
  weights = limn_weights_open (device, path, LIMN_PART_UNET, error);
  if (!weights)
    return NULL;
  limn_weights_set_loras (weights, loras, n_loras, NULL);
  unet = g_new0 (limn_unet, 1);
  load_all (unet, &sizes, weights);
  unet->list = limn_weights_finish (&weights, error);
  for (gsize i = 0; unet->list && i < n_loras; i++)
    if (!limn_lora_check_used (loras[i].lora, path, error))
      return NULL;
  return unet->list ? g_steal_pointer (&unet) : NULL;
}

void
limn_unet_free (limn_unet *unet)
{
  if (!unet)
    return;
  for (int i = 0; i < unet->encoder.config.n_blocks; i++)
    limn_unet_block_clear (&unet->up_blocks[i]);
  g_free (unet->up_blocks);
  limn_unet_encoder_clear (&unet->encoder);
  limn_weight_list_free (unet->list);
  g_free (unet);
}

const struct limn_unet_config *
limn_unet_get_config (const limn_unet *unet)
{
  return &unet->encoder.config;
}

void
limn_unet_encode (limn_pass *pass,
                  const limn_unet *unet,
                  const struct limn_unet_inputs *inputs,
                  limn_tensor *time,
                  struct limn_unet_features *features)
{
  *time = limn_time_embedding_forward (pass, &unet->encoder.time_embedding, inputs->sincos);
  limn_unet_encoder_forward (pass, &unet->encoder, inputs, *time, none, features);
}

int
limn_unet_residuals (const struct limn_unet_config *config)
{
  int count = 1 + 1; /* conv_in, the middle */

  for (int i = 0; i < config->n_blocks; i++)
    count += config->layers[i] + (i < config->n_blocks - 1 ? 1 : 0);
  return count;
}

/* @stride: 0, or 1 for a scale for each picture of @to. */
static void
add_scaled (
    limn_pass *pass, limn_tensor *to, limn_tensor *from, limn_tensor scale, int index, int stride)
{
  const struct limn_add_params params = { scale, index + (to->n - from->n) * stride, stride };
  limn_tensor last = limn_tensor_last (*to, from->n);

  if (from->n == to->n) {
    limn_replace (pass, to, limn_add (pass, *to, *from, &params));
  } else {
    limn_tensor sum = limn_add (pass, last, *from, &params);
    limn_copy (pass, sum, last);
    limn_release (pass, &sum);
  }
  limn_release (pass, from);
}

void
limn_unet_add_residuals (limn_pass *pass,
                         struct limn_unet_features *features,
                         struct limn_unet_features *residuals,
                         limn_tensor scale,
                         int first)
{
  g_assert (features->n_skips == residuals->n_skips);
  for (int i = 0; i < features->n_skips; i++)
    add_scaled (pass, &features->skips[i], &residuals->skips[i], scale, first + i, 0);
  add_scaled (pass, &features->mid, &residuals->mid, scale, first + features->n_skips, 0);
  residuals->n_skips = 0;
}

void
limn_unet_add_residuals_by_picture (limn_pass *pass,
                                    struct limn_unet_features *features,
                                    struct limn_unet_features *residuals,
                                    limn_tensor scale,
                                    int first)
{
  int n = features->mid.n;

  g_assert (features->n_skips == residuals->n_skips);
  for (int i = 0; i < features->n_skips; i++)
    add_scaled (pass, &features->skips[i], &residuals->skips[i], scale, first + i * n, 1);
  add_scaled (pass, &features->mid, &residuals->mid, scale, first + features->n_skips * n, 1);
  residuals->n_skips = 0;
}

/* Takes skips from the end of @features; @x is released. */
static limn_tensor
up_block_forward (limn_pass *pass,
                  const struct limn_unet_block *block,
                  int level,
                  limn_tensor x,
                  limn_tensor time,
                  const struct limn_unet_inputs *inputs,
                  struct limn_unet_features *features)
{
  for (int i = 0; i < block->n_layers; i++) {
    limn_tensor *skip = &features->skips[--features->n_skips];
    limn_replace (pass, &x, limn_concat (pass, x, *skip));
    limn_release (pass, skip);
    limn_replace (pass, &x, limn_resnet_forward (pass, &block->resnets[i], x, time));
    if (block->has_attention)
      limn_replace (pass, &x,
                    limn_transformer_forward (pass, &block->transformers[i], x, inputs->context));
    limn_motion_apply (pass, inputs->motion, LIMN_MOTION_UP, level, i, inputs->frames, &x);
  }
  if (!limn_tensor_is_null (block->sampler.weight)) {
    /* Twice as large, or one less where the level above has an odd size. */
    limn_tensor next = features->skips[features->n_skips - 1];
    limn_replace (pass, &x, limn_upsample (pass, &block->sampler, x, next.h, next.w));
  }
  return x;
}

limn_tensor
limn_unet_decode (limn_pass *pass,
                  const limn_unet *unet,
                  const struct limn_unet_inputs *inputs,
                  limn_tensor *time,
                  struct limn_unet_features *features)
{
  limn_tensor x = features->mid;

  features->mid = none;
  for (int i = 0; i < unet->encoder.config.n_blocks; i++)
    x = up_block_forward (pass, &unet->up_blocks[i], i, x, *time, inputs, features);
  limn_release (pass, time);
  limn_replace (pass, &x,
                limn_group_norm_forward (pass, &unet->conv_norm_out, x, LIMN_ACTIVATION_SILU));
  limn_replace (pass, &x, limn_conv3x3 (pass, &unet->conv_out, x, LIMN_ACTIVATION_NONE, none));
  return x;
}
