/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "models/autoencoder_kl-private.h"

/* The same network as in autoencoder_kl.c, tile by tile. */

static const limn_tensor none;

static limn_tensor
conv_tile (limn_pass *pass, const struct limn_tile_inputs *inputs, gconstpointer layer)
{
  return limn_conv3x3 (pass, layer, inputs->x, LIMN_ACTIVATION_NONE, none);
}

static limn_tensor
linear_tile (limn_pass *pass, const struct limn_tile_inputs *inputs, gconstpointer layer)
{
  return limn_linear_forward (pass, layer, inputs->x, LIMN_ACTIVATION_NONE, none);
}

static limn_tensor
downsample_tile (limn_pass *pass, const struct limn_tile_inputs *inputs, gconstpointer layer)
{
  return limn_downsample (pass, layer, inputs->x, 0);
}

static limn_tensor
upsample_tile (limn_pass *pass, const struct limn_tile_inputs *inputs, gconstpointer layer)
{
  return limn_upsample (pass, layer, inputs->x, 2 * inputs->x.h, 2 * inputs->x.w);
}

/* silu (norm (x)), a convolution, and what is skipped. */
struct norm_conv {
  const struct limn_group_norm *norm;
  const struct limn_layer *conv, *shortcut; /* @shortcut may be NULL or null */
};

static limn_tensor
norm_conv_tile (limn_pass *pass, const struct limn_tile_inputs *inputs, gconstpointer layer)
{
  const struct norm_conv *layers = layer;
  limn_tensor h = limn_tile_group_norm (pass, layers->norm, inputs, LIMN_ACTIVATION_SILU);
  limn_tensor skip = inputs->skip, shortcut = none;

  if (layers->shortcut && !limn_tensor_is_null (layers->shortcut->weight))
    skip = shortcut =
        limn_linear_forward (pass, layers->shortcut, skip, LIMN_ACTIVATION_NONE, none);
  limn_replace (pass, &h, limn_conv3x3 (pass, layers->conv, h, LIMN_ACTIVATION_NONE, skip));
  limn_release (pass, &shortcut);
  return h;
}

static limn_tensor
attention_tile (limn_pass *pass, const struct limn_tile_inputs *inputs, gconstpointer layer)
{
  return limn_autoencoder_kl_attention (pass, layer, inputs->x);
}

static bool
conv (const limn_tiler *tiler, limn_map **x, const struct limn_layer *layer, GError **error)
{
  return limn_tiler_replace (tiler, x,
                             &(struct limn_tile_params){
                                 .forward = conv_tile,
                                 .layer = layer,
                                 .channels = layer->weight.n,
                                 .halo = 1,
                             },
                             error);
}

static bool
linear (const limn_tiler *tiler, limn_map **x, const struct limn_layer *layer, GError **error)
{
  return limn_tiler_replace (tiler, x,
                             &(struct limn_tile_params){
                                 .forward = linear_tile,
                                 .layer = layer,
                                 .channels = layer->weight.n,
                             },
                             error);
}

static bool
resnet (const limn_tiler *tiler, limn_map **x, const struct limn_resnet *resnet, GError **error)
{
  const struct norm_conv first = { &resnet->norm1, &resnet->conv1, NULL };
  const struct norm_conv second = { &resnet->norm2, &resnet->conv2, &resnet->conv_shortcut };
  struct limn_tile_params params = {
    .forward = norm_conv_tile,
    .layer = &first,
    .channels = resnet->conv1.weight.n,
    .halo = 1,
    .norm = &resnet->norm1,
  };
  limn_map *h = limn_tiler_run (tiler, *x, &params, error);

  if (!h)
    return false;
  params.layer = &second;
  params.norm = &resnet->norm2;
  params.skip = g_steal_pointer (x);
  *x = limn_tiler_run (tiler, h, &params, error);
  limn_map_free (h);
  return *x != NULL;
}

static bool
mid (const limn_tiler *tiler, limn_map **x, const struct limn_kl_mid *mid, GError **error)
{
  struct limn_tile_params attention = {
    .forward = attention_tile,
    .layer = mid,
    .channels = (*x)->c,
    .whole = true,
  };

  return resnet (tiler, x, &mid->resnets[0], error) &&
         (limn_tensor_is_null (mid->attention.to_q.weight) ||
          limn_tiler_replace (tiler, x, &attention, error)) &&
         resnet (tiler, x, &mid->resnets[1], error);
}

static bool
stages (const limn_tiler *tiler,
        limn_map **x,
        const limn_autoencoder_kl *kl,
        const struct limn_kl_half *half,
        GError **error)
{
  bool decoder = half == &kl->decoder;

  for (int i = 0; i < kl->n_blocks; i++) {
    const struct limn_kl_stage *stage = &half->stages[i];
    struct limn_tile_params sampler = {
      .forward = decoder ? upsample_tile : downsample_tile,
      .layer = &stage->sampler,
      .channels = stage->sampler.weight.n,
      .halo = decoder ? 1 : 2,
      .up = decoder ? 2 : 1,
      .down = decoder ? 1 : 2,
    };
    for (int j = 0; j < stage->n_layers; j++) {
      if (!resnet (tiler, x, &stage->resnets[j], error))
        return false;
    }
    if (!limn_tensor_is_null (stage->sampler.weight) &&
        !limn_tiler_replace (tiler, x, &sampler, error))
      return false;
  }
  return true;
}

static bool
out (const limn_tiler *tiler, limn_map **x, const struct limn_kl_half *half, GError **error)
{
  const struct norm_conv layers = { &half->conv_norm_out, &half->conv_out, NULL };

  return limn_tiler_replace (tiler, x,
                             &(struct limn_tile_params){
                                 .forward = norm_conv_tile,
                                 .layer = &layers,
                                 .channels = half->conv_out.weight.n,
                                 .halo = 1,
                                 .norm = &half->conv_norm_out,
                             },
                             error);
}

bool
limn_autoencoder_kl_encode_tiled (const limn_tiler *tiler,
                                  const limn_autoencoder_kl *kl,
                                  limn_map **x,
                                  GError **error)
{
  const struct limn_kl_half *encoder = &kl->encoder;

  return conv (tiler, x, &encoder->conv_in, error) && stages (tiler, x, kl, encoder, error) &&
         mid (tiler, x, &encoder->mid, error) && out (tiler, x, encoder, error) &&
         (!kl->has_quant_conv || linear (tiler, x, &kl->quant_conv, error));
}

bool
limn_autoencoder_kl_decode_tiled (const limn_tiler *tiler,
                                  const limn_autoencoder_kl *kl,
                                  limn_map **x,
                                  GError **error)
{
  const struct limn_kl_half *decoder = &kl->decoder;

  return (!kl->has_post_quant_conv || linear (tiler, x, &kl->post_quant_conv, error)) &&
         conv (tiler, x, &decoder->conv_in, error) && mid (tiler, x, &decoder->mid, error) &&
         stages (tiler, x, kl, decoder, error) && out (tiler, x, decoder, error);
}
