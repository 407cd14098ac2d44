/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "models/unet_config.h"

#define MAX_CHANNELS 16384

/* Those with attention at odd places; SparseCtrl's have motion modules as well. */
static const char *const down_types[] = { "DownBlock2D", "CrossAttnDownBlock2D", "DownBlockMotion",
                                          "CrossAttnDownBlockMotion", NULL };
static const char *const up_types[] = { "UpBlock2D", "CrossAttnUpBlock2D", NULL };

/* Settings that must be absent or null. */
static const char *const unsupported[] = {
  "class_embed_type",      "num_class_embeds",
  "addition_embed_type",   "time_cond_proj_dim",
  "encoder_hid_dim",       "encoder_hid_dim_type",
  "time_embedding_act_fn", "timestep_post_act",
  "cross_attention_norm",  "reverse_transformer_layers_per_block",
};

/* Settings that must be absent or false. */
static const char *const wanted_false[] = {
  "dual_cross_attention",   "only_cross_attention", "mid_block_only_cross_attention",
  "center_input_sample",    "resnet_skip_time_act", "class_embeddings_concat",
  "global_pool_conditions",
};

/* Settings that must be absent or one of these. */
static const struct {
  const char *key;
  const char *choices[3];
} wanted_words[] = {
  { "act_fn", { "silu", "swish" } },
  { "resnet_time_scale_shift", { "default" } },
  { "time_embedding_type", { "positional" } },
  { "attention_type", { "default" } },
  { "mid_block_type", { "UNetMidBlock2DCrossAttn" } },
};

/* Settings that must be absent or this. */
static const struct {
  const char *key;
  double value;
} wanted_numbers[] = {
  { "conv_in_kernel", 3 },
  { "conv_out_kernel", 3 },
  { "mid_block_scale_factor", 1 },
  { "resnet_out_scale_factor", 1 },
};

static void
refuse_unsupported (limn_config *config)
{
  for (gsize i = 0; i < G_N_ELEMENTS (unsupported); i++) {
    if (limn_config_has (config, unsupported[i]))
      limn_config_fail (config, "\"%s\" is set, which Limn does not support", unsupported[i]);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (wanted_false); i++) {
    if (limn_config_bool (config, wanted_false[i], false))
      limn_config_fail (config, "\"%s\" is true, which Limn does not support", wanted_false[i]);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (wanted_words); i++)
    limn_config_choice (config, wanted_words[i].key, wanted_words[i].choices, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (wanted_numbers); i++) {
    double wanted = wanted_numbers[i].value;
    double value = limn_config_double (config, wanted_numbers[i].key, wanted, -1e6, 1e6);
    if (value < wanted || value > wanted)
      limn_config_fail (config, "\"%s\" is %g, wanted %g", wanted_numbers[i].key, value, wanted);
  }
}

/* One value a block, or one for all of them. */
static void
read_per_block (
    limn_config *config, const char *key, int *values, int n_blocks, int fallback, int max)
{
  int count = limn_config_ints (config, key, values, LIMN_UNET_MAX_BLOCKS, n_blocks, 1, max);

  if (count > 0 && count != n_blocks)
    limn_config_fail (config, "\"%s\" has %d values, wanted %d as block_out_channels", key, count,
                      n_blocks);
  for (int i = count; i < n_blocks; i++)
    values[i] = fallback;
}

/* Which blocks have attention; @fallback is for the four blocks of diffusers' default. */
static void
read_types (limn_config *config,
            const char *key,
            const char *const *choices,
            bool *attention,
            int n_blocks,
            const bool *fallback)
{
  int index[LIMN_UNET_MAX_BLOCKS] = { 0 };
  int count = limn_config_choices (config, key, choices, index, LIMN_UNET_MAX_BLOCKS);

  if (count == 0 && !limn_config_has (config, key)) {
    count = 4;
    for (int i = 0; i < count; i++)
      index[i] = fallback[i];
  }
  if (count != n_blocks)
    limn_config_fail (config, "\"%s\" has %d values, wanted %d as block_out_channels", key, count,
                      n_blocks);
  for (int i = 0; i < n_blocks; i++)
    attention[i] = index[i] % 2 == 1;
}

static void
check_heads (const struct limn_unet_config *unet, limn_config *config, int level)
{
  if (unet->channels[level] % unet->heads[level] != 0)
    limn_config_fail (config, "%d attention heads do not divide %d channels", unet->heads[level],
                      unet->channels[level]);
}

static void
check_divisions (const struct limn_unet_config *unet, limn_config *config)
{
  for (int i = 0; i < unet->n_blocks; i++) {
    if (unet->channels[i] % unet->groups != 0)
      limn_config_fail (config, "\"norm_num_groups\" is %d, which does not divide %d channels",
                        unet->groups, unet->channels[i]);
    if (unet->down_attention[i] || i == unet->n_blocks - 1)
      check_heads (unet, config, i);
  }
}

void
limn_unet_config_read (struct limn_unet_config *unet, limn_config *config, const char *class_name)
{
  static const bool down_default[] = { true, true, true, false };
  static const int channels_default[] = { 320, 640, 1280, 1280 };
  const char *classes[] = { class_name, NULL };
  int sample[2] = { 0 };
  int n;

  *unet = (struct limn_unet_config){ 0 };
  limn_config_choice (config, "_class_name", classes, 0);
  refuse_unsupported (config);

  n = limn_config_ints (config, "block_out_channels", unet->channels, LIMN_UNET_MAX_BLOCKS, 0, 2,
                        MAX_CHANNELS);
  for (; n == 0 && unet->n_blocks < 4; unet->n_blocks++)
    unet->channels[unet->n_blocks] = channels_default[unet->n_blocks];
  unet->n_blocks = n = n > 0 ? n : 4;
  unet->in_channels = limn_config_int (config, "in_channels", 4, 1, 64);
  unet->out_channels = limn_config_int (config, "out_channels", 4, 1, 64);
  limn_config_ints (config, "sample_size", sample, 2, 2, 1, 4096);
  unet->sample_h = sample[0];
  unet->sample_w = sample[1];
  read_types (config, "down_block_types", down_types, unet->down_attention, n, down_default);
  read_per_block (config, "layers_per_block", unet->layers, n, 2, LIMN_UNET_MAX_LAYERS);
  read_per_block (config, "transformer_layers_per_block", unet->transformer_layers, n, 1, 32);
  read_per_block (config, "cross_attention_dim", unet->cross_attention_dim, n, 1280, MAX_CHANNELS);
  /* The first releases of diffusers named the number of heads "attention_head_dim", and all
   * configs since then do the same. */
  read_per_block (config,
                  limn_config_has (config, "num_attention_heads") ? "num_attention_heads"
                                                                  : "attention_head_dim",
                  unet->heads, n, 8, 256);
  unet->groups = limn_config_int (config, "norm_num_groups", 32, 1, MAX_CHANNELS);
  unet->epsilon = (float) limn_config_double (config, "norm_eps", 1e-5, 0, 1);
  unet->time_dim =
      limn_config_int (config, "time_embedding_dim", 4 * unet->channels[0], 1, 8 * MAX_CHANNELS);
  unet->flip_sin_to_cos = limn_config_bool (config, "flip_sin_to_cos", true);
  unet->freq_shift = limn_config_double (config, "freq_shift", 0, -1, unet->channels[0] / 2 - 0.5);
  unet->downsample_padding = limn_config_int (config, "downsample_padding", 1, 0, 1);
  check_divisions (unet, config);
}

void
limn_unet_config_read_up (struct limn_unet_config *unet, limn_config *config)
{
  static const bool up_default[] = { false, true, true, true };
  int n = unet->n_blocks;

  read_types (config, "up_block_types", up_types, unet->up_attention, n, up_default);
  for (int i = 0; i < n; i++) {
    if (unet->up_attention[i])
      check_heads (unet, config, n - 1 - i);
  }
}
