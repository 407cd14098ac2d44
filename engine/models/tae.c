/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "models/tae.h"

#include "io/config.h"

#define MAX_STAGES 6
#define MAX_BLOCKS 16

/* AutoencoderTinyBlock: relu (x + three convolutions with relu between) */
struct block {
  struct limn_layer convs[3];
};

/* In the encoder a convolution (halving but for the first) and blocks; in the decoder blocks and,
 * behind an upsampling but for the last, a convolution. */
struct stage {
  struct limn_layer conv;
  bool samples; /* whether @conv halves or doubles */
  int n_blocks;
  struct block blocks[MAX_BLOCKS];
};

struct half {
  int n_stages;
  int width;
  struct stage stages[MAX_STAGES];
  struct limn_layer conv; /* the encoder's last or the decoder's first */
};

struct limn_tae {
  int latent_channels;
  struct half encoder, decoder;
};

static const limn_tensor none;

static void
read_half (struct half *half,
           limn_config *config,
           const char *channels_key,
           const char *blocks_key,
           const int *blocks_default)
{
  int channels[MAX_STAGES] = { 64, 64, 64, 64 }, blocks[MAX_STAGES] = { 0 };
  int n_channels = limn_config_ints (config, channels_key, channels, MAX_STAGES, 0, 1, 4096);
  int n_blocks = limn_config_ints (config, blocks_key, blocks, MAX_STAGES, 0, 0, MAX_BLOCKS);

  n_channels = n_channels > 0 ? n_channels : 4;
  for (int i = 0; n_blocks == 0 && i < 4; i++)
    blocks[i] = blocks_default[i];
  n_blocks = n_blocks > 0 ? n_blocks : 4;
  if (n_channels != n_blocks)
    limn_config_fail (config, "\"%s\" has %d values, wanted %d as \"%s\"", channels_key, n_channels,
                      n_blocks, blocks_key);
  half->n_stages = n_blocks;
  half->width = channels[0];
  for (int i = 0; i < n_blocks; i++) {
    half->stages[i].n_blocks = blocks[i];
    /* The stages are not joined by anything that could change the width. */
    if (channels[i] != half->width)
      limn_config_fail (config, "\"%s\" has %d beside %d, wanted equal values", channels_key,
                        channels[i], half->width);
  }
}

limn_tae *
limn_tae_new (limn_config *config)
{
  static const char *const activations[] = { "relu", NULL };
  static const char *const upsamplings[] = { "nearest", NULL };
  static const int encoder_default[] = { 1, 3, 3, 3 }, decoder_default[] = { 3, 3, 3, 1 };
  limn_tae *tae = g_new0 (limn_tae, 1);

  limn_config_int (config, "in_channels", 3, 3, 3);
  limn_config_int (config, "out_channels", 3, 3, 3);
  limn_config_int (config, "upsampling_scaling_factor", 2, 2, 2);
  limn_config_choice (config, "act_fn", activations, 0);
  limn_config_choice (config, "upsample_fn", upsamplings, 0);
  tae->latent_channels = limn_config_int (config, "latent_channels", 4, 1, 64);
  read_half (&tae->encoder, config, "encoder_block_out_channels", "num_encoder_blocks",
             encoder_default);
  read_half (&tae->decoder, config, "decoder_block_out_channels", "num_decoder_blocks",
             decoder_default);
  if (tae->encoder.n_stages != tae->decoder.n_stages)
    limn_config_fail (config, "\"num_encoder_blocks\" has %d values and \"num_decoder_blocks\" %d",
                      tae->encoder.n_stages, tae->decoder.n_stages);
  return tae;
}

void
limn_tae_free (limn_tae *tae)
{
  g_free (tae);
}

int
limn_tae_latent_channels (const limn_tae *tae)
{
  return tae->latent_channels;
}

int
limn_tae_factor (const limn_tae *tae)
{
  return 1 << (tae->encoder.n_stages - 1);
}

static void
load_conv (struct limn_layer *layer, limn_weights *weights, int *index, int out, int in, bool bias)
{
  g_autofree char *name = g_strdup_printf ("layers.%d", (*index)++);

  limn_conv_load (layer, weights, name, out, in, 3, bias);
}

static void
load_blocks (struct stage *stage, limn_weights *weights, int *index, int width)
{
  static const char *const names[] = { "conv.0", "conv.2", "conv.4" };

  for (int i = 0; i < stage->n_blocks; i++, (*index)++) {
    limn_weights_push (weights, "layers.%d", *index);
    for (int j = 0; j < 3; j++)
      limn_conv_load (&stage->blocks[i].convs[j], weights, names[j], width, width, 3, true);
    limn_weights_pop (weights);
  }
}

static void
load_encoder (struct half *encoder, limn_weights *weights, int latent_channels)
{
  int width = encoder->width, index = 0;

  limn_weights_push (weights, "encoder");
  for (int i = 0; i < encoder->n_stages; i++) {
    encoder->stages[i].samples = i > 0;
    load_conv (&encoder->stages[i].conv, weights, &index, width, i == 0 ? 3 : width, i == 0);
    load_blocks (&encoder->stages[i], weights, &index, width);
  }
  load_conv (&encoder->conv, weights, &index, latent_channels, width, true);
  limn_weights_pop (weights);
}

static void
load_decoder (struct half *decoder, limn_weights *weights, int latent_channels)
{
  int width = decoder->width, index = 0;

  limn_weights_push (weights, "decoder");
  load_conv (&decoder->conv, weights, &index, width, latent_channels, true);
  index++; /* the activation */
  for (int i = 0; i < decoder->n_stages; i++) {
    bool last = i == decoder->n_stages - 1;
    decoder->stages[i].samples = !last;
    load_blocks (&decoder->stages[i], weights, &index, width);
    index += last ? 0 : 1; /* the upsampling */
    load_conv (&decoder->stages[i].conv, weights, &index, last ? 3 : width, width, last);
  }
  limn_weights_pop (weights);
}

void
limn_tae_load (limn_tae *tae, limn_weights *weights)
{
  load_encoder (&tae->encoder, weights, tae->latent_channels);
  load_decoder (&tae->decoder, weights, tae->latent_channels);
}

/* x: [n, h, w, width]; releases it. */
static limn_tensor
blocks_forward (limn_pass *pass, const struct stage *stage, limn_tensor x)
{
  for (int i = 0; i < stage->n_blocks; i++) {
    const struct limn_layer *convs = stage->blocks[i].convs;
    limn_tensor h = limn_conv3x3 (pass, &convs[0], x, LIMN_ACTIVATION_RELU, none);
    limn_replace (pass, &h, limn_conv3x3 (pass, &convs[1], h, LIMN_ACTIVATION_RELU, none));
    limn_replace (pass, &x, limn_conv3x3 (pass, &convs[2], h, LIMN_ACTIVATION_RELU, x));
    limn_release (pass, &h);
  }
  return x;
}

static limn_tensor
encode_stage (limn_pass *pass, const struct stage *stage, limn_tensor x)
{
  x = stage->samples ? limn_downsample (pass, &stage->conv, x, 1)
                     : limn_conv3x3 (pass, &stage->conv, x, LIMN_ACTIVATION_NONE, none);
  return blocks_forward (pass, stage, x);
}

static limn_tensor
decode_begin (limn_pass *pass, const struct limn_layer *conv, limn_tensor latents)
{
  limn_tensor x = limn_activate (pass, latents, LIMN_ACTIVATION_SOFT_CLAMP);

  limn_replace (pass, &x, limn_conv3x3 (pass, conv, x, LIMN_ACTIVATION_RELU, none));
  return x;
}

/* x: [n, h, w, width]; releases it. */
static limn_tensor
decode_stage (limn_pass *pass, const struct stage *stage, limn_tensor x)
{
  x = blocks_forward (pass, stage, x);
  limn_replace (pass, &x,
                stage->samples ? limn_upsample (pass, &stage->conv, x, 2 * x.h, 2 * x.w)
                               : limn_conv3x3 (pass, &stage->conv, x, LIMN_ACTIVATION_NONE, none));
  return x;
}

limn_tensor
limn_tae_encode (limn_pass *pass, const limn_tae *tae, limn_tensor picture)
{
  const struct half *encoder = &tae->encoder;
  limn_tensor x = picture;

  for (int i = 0; i < encoder->n_stages; i++)
    limn_replace (pass, &x, encode_stage (pass, &encoder->stages[i], x));
  limn_replace (pass, &x, limn_conv3x3 (pass, &encoder->conv, x, LIMN_ACTIVATION_NONE, none));
  return x;
}

limn_tensor
limn_tae_decode (limn_pass *pass, const limn_tae *tae, limn_tensor latents)
{
  const struct half *decoder = &tae->decoder;
  limn_tensor x = decode_begin (pass, &decoder->conv, latents);

  for (int i = 0; i < decoder->n_stages; i++)
    x = decode_stage (pass, &decoder->stages[i], x);
  return x;
}

/* --- in tiles --- */

static limn_tensor
encode_tile (limn_pass *pass, const struct limn_tile_inputs *inputs, gconstpointer layer)
{
  return encode_stage (pass, layer, inputs->x);
}

static limn_tensor
decode_tile (limn_pass *pass, const struct limn_tile_inputs *inputs, gconstpointer layer)
{
  return decode_stage (pass, layer, inputs->x);
}

static limn_tensor
conv_tile (limn_pass *pass, const struct limn_tile_inputs *inputs, gconstpointer layer)
{
  return limn_conv3x3 (pass, layer, inputs->x, LIMN_ACTIVATION_NONE, none);
}

static limn_tensor
begin_tile (limn_pass *pass, const struct limn_tile_inputs *inputs, gconstpointer layer)
{
  return decode_begin (pass, layer, inputs->x);
}

static bool
conv (const limn_tiler *tiler,
      limn_map **x,
      limn_tile_func forward,
      const struct limn_layer *layer,
      GError **error)
{
  return limn_tiler_replace (tiler, x,
                             &(struct limn_tile_params){
                                 .forward = forward,
                                 .layer = layer,
                                 .channels = layer->weight.n,
                                 .halo = 1,
                             },
                             error);
}

bool
limn_tae_encode_tiled (const limn_tiler *tiler, const limn_tae *tae, limn_map **x, GError **error)
{
  for (int i = 0; i < tae->encoder.n_stages; i++) {
    const struct stage *stage = &tae->encoder.stages[i];
    int down = stage->samples ? 2 : 1;
    const struct limn_tile_params params = {
      .forward = encode_tile,
      .layer = stage,
      .channels = stage->conv.weight.n,
      .halo = down * (1 + 3 * stage->n_blocks),
      .down = down,
    };
    if (!limn_tiler_replace (tiler, x, &params, error))
      return false;
  }
  return conv (tiler, x, conv_tile, &tae->encoder.conv, error);
}

bool
limn_tae_decode_tiled (const limn_tiler *tiler, const limn_tae *tae, limn_map **x, GError **error)
{
  if (!conv (tiler, x, begin_tile, &tae->decoder.conv, error))
    return false;
  for (int i = 0; i < tae->decoder.n_stages; i++) {
    const struct stage *stage = &tae->decoder.stages[i];
    const struct limn_tile_params params = {
      .forward = decode_tile,
      .layer = stage,
      .channels = stage->conv.weight.n,
      .halo = 1 + 3 * stage->n_blocks,
      .up = stage->samples ? 2 : 1,
    };
    if (!limn_tiler_replace (tiler, x, &params, error))
      return false;
  }
  return true;
}
