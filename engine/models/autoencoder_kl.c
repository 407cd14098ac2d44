/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "models/autoencoder_kl-private.h"

#include "io/config.h"

#define EPSILON 1e-6f

static const limn_tensor none;

limn_autoencoder_kl *
limn_autoencoder_kl_new (limn_config *config)
{
  static const char *const down_types[] = { "DownEncoderBlock2D", NULL };
  static const char *const up_types[] = { "UpDecoderBlock2D", NULL };
  static const char *const activations[] = { "silu", "swish", NULL };
  limn_autoencoder_kl *kl = g_new0 (limn_autoencoder_kl, 1);
  int types[LIMN_KL_MAX_BLOCKS];

  kl->n_blocks = limn_config_ints (config, "block_out_channels", kl->channels, LIMN_KL_MAX_BLOCKS,
                                   0, 1, 16384);
  if (kl->n_blocks == 0) {
    kl->n_blocks = 1;
    kl->channels[0] = 64;
  }
  kl->latent_channels = limn_config_int (config, "latent_channels", 4, 1, 64);
  kl->n_layers = limn_config_int (config, "layers_per_block", 1, 1, LIMN_KL_MAX_LAYERS);
  kl->groups = limn_config_int (config, "norm_num_groups", 32, 1, 16384);
  kl->mid_attention = limn_config_bool (config, "mid_block_add_attention", true);
  kl->has_quant_conv = limn_config_bool (config, "use_quant_conv", true);
  kl->has_post_quant_conv = limn_config_bool (config, "use_post_quant_conv", true);
  limn_config_int (config, "in_channels", 3, 3, 3);
  limn_config_int (config, "out_channels", 3, 3, 3);
  limn_config_choice (config, "act_fn", activations, 0);
  limn_config_choices (config, "down_block_types", down_types, types, LIMN_KL_MAX_BLOCKS);
  limn_config_choices (config, "up_block_types", up_types, types, LIMN_KL_MAX_BLOCKS);
  if (limn_config_has (config, "latents_mean") || limn_config_has (config, "latents_std"))
    limn_config_fail (config, "\"latents_mean\" or \"latents_std\" is set, which Limn does not "
                              "support");
  for (int i = 0; i < kl->n_blocks; i++) {
    if (kl->channels[i] % kl->groups != 0)
      limn_config_fail (config, "\"norm_num_groups\" is %d, which does not divide %d channels",
                        kl->groups, kl->channels[i]);
  }
  return kl;
}

void
limn_autoencoder_kl_free (limn_autoencoder_kl *kl)
{
  g_free (kl);
}

int
limn_autoencoder_kl_latent_channels (const limn_autoencoder_kl *kl)
{
  return kl->latent_channels;
}

int
limn_autoencoder_kl_factor (const limn_autoencoder_kl *kl)
{
  return 1 << (kl->n_blocks - 1);
}

static void
load_resnet (const limn_autoencoder_kl *kl,
             struct limn_resnet *resnet,
             limn_weights *weights,
             int i,
             int in,
             int out)
{
  limn_weights_push (weights, "resnets.%d", i);
  limn_resnet_load (resnet, weights,
                    &(struct limn_resnet_params){
                        .in = in, .out = out, .groups = kl->groups, .epsilon = EPSILON });
  limn_weights_pop (weights);
}

/* Checkpoints from before diffusers 0.18 have the second names. */
static void
load_attention_linear (
    struct limn_layer *layer, limn_weights *weights, const char *name, const char *old, int c)
{
  g_autofree char *weight = g_strconcat (old, ".weight", NULL);

  limn_linear_load (layer, weights, limn_weights_has (weights, weight) ? old : name, c, c, true);
}

static void
load_mid (const limn_autoencoder_kl *kl, struct limn_kl_mid *mid, limn_weights *weights)
{
  int c = kl->channels[kl->n_blocks - 1];

  limn_weights_push (weights, "mid_block");
  for (int i = 0; i < 2; i++)
    load_resnet (kl, &mid->resnets[i], weights, i, c, c);
  if (kl->mid_attention) {
    limn_weights_push (weights, "attentions.0");
    limn_group_norm_load (&mid->norm, weights, "group_norm", c, kl->groups, EPSILON);
    load_attention_linear (&mid->attention.to_q, weights, "to_q", "query", c);
    load_attention_linear (&mid->attention.to_k, weights, "to_k", "key", c);
    load_attention_linear (&mid->attention.to_v, weights, "to_v", "value", c);
    load_attention_linear (&mid->attention.to_out, weights, "to_out.0", "proj_attn", c);
    mid->attention.heads = 1;
    limn_weights_pop (weights);
  }
  limn_weights_pop (weights);
}

static void
load_half (const limn_autoencoder_kl *kl,
           struct limn_kl_half *half,
           limn_weights *weights,
           bool decoder)
{
  int last = kl->n_blocks - 1;
  int in_channels = decoder ? kl->latent_channels : 3;
  int out_channels = decoder ? 3 : 2 * kl->latent_channels;
  int channels = kl->channels[decoder ? last : 0];

  limn_weights_push (weights, decoder ? "decoder" : "encoder");
  limn_conv_load (&half->conv_in, weights, "conv_in", channels, in_channels, 3, true);
  for (int i = 0; i <= last; i++) {
    struct limn_kl_stage *stage = &half->stages[i];
    int out = kl->channels[decoder ? last - i : i];
    limn_weights_push (weights, decoder ? "up_blocks.%d" : "down_blocks.%d", i);
    stage->n_layers = kl->n_layers + (decoder ? 1 : 0);
    for (int j = 0; j < stage->n_layers; j++, channels = out)
      load_resnet (kl, &stage->resnets[j], weights, j, channels, out);
    if (i < last)
      limn_sampler_conv_load (&stage->sampler, weights, decoder ? "upsamplers" : "downsamplers",
                              out);
    limn_weights_pop (weights);
  }
  load_mid (kl, &half->mid, weights);
  limn_group_norm_load (&half->conv_norm_out, weights, "conv_norm_out", channels, kl->groups,
                        EPSILON);
  limn_conv_load (&half->conv_out, weights, "conv_out", out_channels, channels, 3, true);
  limn_weights_pop (weights);
}

void
limn_autoencoder_kl_load (limn_autoencoder_kl *kl, limn_weights *weights)
{
  int latent = kl->latent_channels;

  load_half (kl, &kl->encoder, weights, false);
  load_half (kl, &kl->decoder, weights, true);
  if (kl->has_quant_conv)
    limn_linear_load (&kl->quant_conv, weights, "quant_conv", 2 * latent, 2 * latent, true);
  if (kl->has_post_quant_conv)
    limn_linear_load (&kl->post_quant_conv, weights, "post_quant_conv", latent, latent, true);
}

limn_tensor
limn_autoencoder_kl_attention (limn_pass *pass, const struct limn_kl_mid *mid, limn_tensor x)
{
  limn_tensor sequence = limn_tensor_reshape (x, x.n, x.h * x.w, 1, x.c);
  limn_tensor h = limn_group_norm_forward (pass, &mid->norm, sequence, LIMN_ACTIVATION_NONE);
  limn_tensor y = limn_attention_forward (pass, &mid->attention, h, h, sequence);

  limn_release (pass, &h);
  return limn_tensor_reshape (y, x.n, x.h, x.w, x.c);
}

/* x: [n, h, w, c]; releases it. */
static limn_tensor
mid_forward (limn_pass *pass, const struct limn_kl_mid *mid, limn_tensor x)
{
  limn_replace (pass, &x, limn_resnet_forward (pass, &mid->resnets[0], x, none));
  if (!limn_tensor_is_null (mid->attention.to_q.weight))
    limn_replace (pass, &x, limn_autoencoder_kl_attention (pass, mid, x));
  limn_replace (pass, &x, limn_resnet_forward (pass, &mid->resnets[1], x, none));
  return x;
}

/* x: [n, h, w, c]; releases it. */
static limn_tensor
out_forward (limn_pass *pass, const struct limn_kl_half *half, limn_tensor x)
{
  limn_replace (pass, &x,
                limn_group_norm_forward (pass, &half->conv_norm_out, x, LIMN_ACTIVATION_SILU));
  limn_replace (pass, &x, limn_conv3x3 (pass, &half->conv_out, x, LIMN_ACTIVATION_NONE, none));
  return x;
}

limn_tensor
limn_autoencoder_kl_encode (limn_pass *pass, const limn_autoencoder_kl *kl, limn_tensor picture)
{
  const struct limn_kl_half *encoder = &kl->encoder;
  limn_tensor x = limn_conv3x3 (pass, &encoder->conv_in, picture, LIMN_ACTIVATION_NONE, none);

  for (int i = 0; i < kl->n_blocks; i++) {
    const struct limn_kl_stage *stage = &encoder->stages[i];
    for (int j = 0; j < stage->n_layers; j++)
      limn_replace (pass, &x, limn_resnet_forward (pass, &stage->resnets[j], x, none));
    if (!limn_tensor_is_null (stage->sampler.weight))
      limn_replace (pass, &x, limn_downsample (pass, &stage->sampler, x, 0));
  }
  x = mid_forward (pass, &encoder->mid, x);
  x = out_forward (pass, encoder, x);
  if (kl->has_quant_conv)
    limn_replace (pass, &x,
                  limn_linear_forward (pass, &kl->quant_conv, x, LIMN_ACTIVATION_NONE, none));
  return x;
}

limn_tensor
limn_autoencoder_kl_decode (limn_pass *pass, const limn_autoencoder_kl *kl, limn_tensor latents)
{
  const struct limn_kl_half *decoder = &kl->decoder;
  limn_tensor x = latents;

  if (kl->has_post_quant_conv)
    x = limn_linear_forward (pass, &kl->post_quant_conv, x, LIMN_ACTIVATION_NONE, none);
  limn_replace (pass, &x, limn_conv3x3 (pass, &decoder->conv_in, x, LIMN_ACTIVATION_NONE, none));
  x = mid_forward (pass, &decoder->mid, x);
  for (int i = 0; i < kl->n_blocks; i++) {
    const struct limn_kl_stage *stage = &decoder->stages[i];
    for (int j = 0; j < stage->n_layers; j++)
      limn_replace (pass, &x, limn_resnet_forward (pass, &stage->resnets[j], x, none));
    if (!limn_tensor_is_null (stage->sampler.weight))
      limn_replace (pass, &x, limn_upsample (pass, &stage->sampler, x, 2 * x.h, 2 * x.w));
  }
  return out_forward (pass, decoder, x);
}
