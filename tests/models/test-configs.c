/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Settings of UNets, ControlNets and autoencoders that Limn does not support, or that do not fit
 * together, are refused by name. */

#include "error.h"
#include "models/autoencoder_kl.h"
#include "models/blocks.h"
#include "models/tae.h"
#include "models/unet_config.h"

#include <math.h>
#include <string.h>

static void
read_unet (limn_config *config)
{
  struct limn_unet_config unet;

  limn_unet_config_read (&unet, config, "UNet2DConditionModel");
  limn_unet_config_read_up (&unet, config);
}

static void
read_kl (limn_config *config)
{
  limn_autoencoder_kl_free (limn_autoencoder_kl_new (config));
}

static void
read_tae (limn_config *config)
{
  limn_tae_free (limn_tae_new (config));
}

static const struct {
  void (*read) (limn_config *config);
  const char *text;
  const char *message; /* NULL: good */
} cases[] = {
  { read_unet, "{}", NULL },
  { read_unet, "{\"class_embed_type\": null, \"only_cross_attention\": false}", NULL },
  { read_unet, "{\"class_embed_type\": \"timestep\"}",
    "\"class_embed_type\" is set, which Limn does not support" },
  { read_unet, "{\"addition_embed_type\": \"text_time\"}",
    "\"addition_embed_type\" is set, which Limn does not support" },
  { read_unet, "{\"time_cond_proj_dim\": 256}",
    "\"time_cond_proj_dim\" is set, which Limn does not support" },
  { read_unet, "{\"encoder_hid_dim_type\": \"text_proj\"}",
    "\"encoder_hid_dim_type\" is set, which Limn does not support" },
  { read_unet, "{\"dual_cross_attention\": true}",
    "\"dual_cross_attention\" is true, which Limn does not support" },
  { read_unet, "{\"conv_in_kernel\": 1}", "\"conv_in_kernel\" is 1, wanted 3" },
  { read_unet, "{\"act_fn\": \"mish\"}",
    "\"act_fn\" is \"mish\", wanted one of \"silu\", \"swish\"" },
  { read_unet, "{\"resnet_time_scale_shift\": \"scale_shift\"}",
    "\"resnet_time_scale_shift\" is \"scale_shift\", wanted one of \"default\"" },
  { read_unet, "{\"_class_name\": \"UNet3DConditionModel\"}",
    "\"_class_name\" is \"UNet3DConditionModel\", wanted one of \"UNet2DConditionModel\"" },
  { read_unet, "{\"block_out_channels\": [32, 64]}",
    "\"down_block_types\" has 4 values, wanted 2 as block_out_channels" },
  { read_unet, "{\"attention_head_dim\": [8, 8]}",
    "\"attention_head_dim\" has 2 values, wanted 4 as block_out_channels" },
  { read_unet, "{\"attention_head_dim\": 7}", "7 attention heads do not divide 320 channels" },
  { read_unet, "{\"attention_head_dim\": [5, 10, 20, 20]}", NULL },
  { read_unet, "{\"norm_num_groups\": 48}",
    "\"norm_num_groups\" is 48, which does not divide 320 channels" },
  { read_unet, "{\"layers_per_block\": 0}",
    "\"layers_per_block\" is 0, wanted 1 to 8 whole numbers from 1 to 8" },
  { read_kl, "{}", NULL },
  { read_kl, "{\"latents_mean\": [0, 0, 0, 0]}",
    "\"latents_mean\" or \"latents_std\" is set, which Limn does not support" },
  { read_kl, "{\"down_block_types\": [\"AttnDownEncoderBlock2D\"]}",
    "\"down_block_types\" is [\"AttnDownEncoderBlock2D\"], wanted 1 to 8 of "
    "\"DownEncoderBlock2D\"" },
  { read_kl, "{\"norm_num_groups\": 48}",
    "\"norm_num_groups\" is 48, which does not divide 64 channels" },
  { read_tae, "{}", NULL },
  { read_tae, "{\"encoder_block_out_channels\": [64, 32, 64, 64]}",
    "\"encoder_block_out_channels\" has 32 beside 64, wanted equal values" },
  { read_tae, "{\"num_decoder_blocks\": [3, 3, 1]}",
    "\"decoder_block_out_channels\" has 4 values, wanted 3 as \"num_decoder_blocks\"" },
  { read_tae, "{\"upsample_fn\": \"bilinear\"}",
    "\"upsample_fn\" is \"bilinear\", wanted one of \"nearest\"" },
};

static void
test_cases (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (limn_config) config = limn_config_parse ("x", cases[i].text, -1, &error);
    g_autofree char *wanted = NULL;

    g_assert_no_error (error);
    cases[i].read (config);
    limn_config_finish (config, &error);
    if (!cases[i].message) {
      g_assert_no_error (error);
      continue;
    }
    wanted = g_strdup_printf ("x: %s", cases[i].message);
    g_assert_error (error, LIMN_ERROR, LIMN_ERROR_FORMAT);
    g_assert_cmpstr (error->message, ==, wanted);
  }
}

/* Against the formula in double. */
static void
test_timestep_embedding (void)
{
  const float timesteps[] = { 0, 1, 37.5f, 981 };
  const int channels = 9, half = 4;
  float plain[4 * 9], flipped[4 * 9];

  limn_timestep_embedding (plain, 4, timesteps, channels, false, 1);
  limn_timestep_embedding (flipped, 4, timesteps, channels, true, 1);
  for (int i = 0; i < 4; i++) {
    const float *row = plain + i * channels, *other = flipped + i * channels;
    for (int j = 0; j < half; j++) {
      double angle = timesteps[i] * exp (-log (10000.0) * j / (half - 1.0));
      g_assert_cmpfloat_with_epsilon (row[j], sin (angle), 1e-4);
      g_assert_cmpfloat_with_epsilon (row[half + j], cos (angle), 1e-4);
    }
    g_assert_cmpmem (row, half * sizeof (float), other + half, half * sizeof (float));
    g_assert_cmpmem (row + half, half * sizeof (float), other, half * sizeof (float));
    g_assert_cmpfloat (row[channels - 1], ==, 0);
    g_assert_cmpfloat (other[channels - 1], ==, 0);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/configs/cases", test_cases);
  g_test_add_func ("/configs/timestep-embedding", test_timestep_embedding);
  return g_test_run ();
}
