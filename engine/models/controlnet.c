/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "models/controlnet.h"

#include "error.h"

#define MAX_EMBEDDING_BLOCKS 6

/* ControlNetConditioningEmbedding: each level is a convolution and one that halves. */
struct conditioning_embedding {
  int in;     /* channels of what it sees */
  bool plain; /* conv_in is all there is of it */
  int n_channels;
  int channels[MAX_EMBEDDING_BLOCKS];
  struct limn_layer conv_in, conv_out;
  struct limn_layer blocks[2 * (MAX_EMBEDDING_BLOCKS - 1)];
};

struct limn_controlnet {
  struct limn_unet_encoder encoder;
  limn_motion *motion; /* SparseCtrl's own, or NULL */
  struct conditioning_embedding embedding;
  struct limn_layer down_blocks[LIMN_UNET_MAX_SKIPS]; /* the zero convolutions, 1x1 */
  struct limn_layer mid_block;
  limn_weight_list *list;
};

static const limn_tensor none;

static const char sparse_class[] = "SparseControlNetModel";

static bool
is_sparse_config (limn_config *config)
{
  return g_str_equal (limn_config_string (config, "_class_name", ""), sparse_class);
}

static void
read_config (limn_config *config,
             struct limn_unet_config *sizes,
             struct conditioning_embedding *embedding)
{
  static const char *const orders[] = { "rgb", NULL };
  static const int channels_default[] = { 16, 32, 96, 256 };
  bool sparse = is_sparse_config (config);

  limn_unet_config_read (sizes, config, sparse ? sparse_class : "ControlNetModel");
  limn_config_choice (config, "controlnet_conditioning_channel_order", orders, 0);
  if (sparse) {
    embedding->in = limn_config_int (config, "conditioning_channels", 4, 1, 64) + 1;
    embedding->plain = limn_config_bool (config, "use_simplified_condition_embedding", true);
    if (!limn_config_bool (config, "concat_conditioning_mask", true))
      limn_config_fail (config,
                        "\"concat_conditioning_mask\" is false, which Limn does not support");
  } else {
    embedding->in = limn_config_int (config, "conditioning_channels", 3, 3, 3);
  }
  embedding->n_channels = limn_config_ints (config, "conditioning_embedding_out_channels",
                                            embedding->channels, MAX_EMBEDDING_BLOCKS, 0, 1, 4096);
  if (embedding->n_channels == 0) {
    embedding->n_channels = G_N_ELEMENTS (channels_default);
    for (int i = 0; i < embedding->n_channels; i++)
      embedding->channels[i] = channels_default[i];
  }
}

static void
load_embedding (struct conditioning_embedding *embedding, limn_weights *weights, int out)
{
  const int *channels = embedding->channels;
  int last = embedding->n_channels - 1;

  if (embedding->plain) {
    limn_conv_load (&embedding->conv_in, weights, "controlnet_cond_embedding", out, embedding->in,
                    3, true);
    return;
  }
  limn_weights_push (weights, "controlnet_cond_embedding");
  limn_conv_load (&embedding->conv_in, weights, "conv_in", channels[0], embedding->in, 3, true);
  for (int i = 0; i < 2 * last; i++) {
    int in = channels[i / 2];
    g_autofree char *name = g_strdup_printf ("blocks.%d", i);
    limn_conv_load (&embedding->blocks[i], weights, name, i % 2 == 0 ? in : channels[i / 2 + 1], in,
                    3, true);
  }
  limn_conv_load (&embedding->conv_out, weights, "conv_out", out, channels[last], 3, true);
  limn_weights_pop (weights);
}

static void
load_zero_convs (limn_controlnet *controlnet, limn_weights *weights)
{
  const struct limn_unet_config *config = &controlnet->encoder.config;
  int n = 0;

  limn_weights_push (weights, "controlnet_down_blocks");
  for (int i = -1; i < config->n_blocks; i++) {
    int channels = config->channels[MAX (i, 0)];
    /* conv_in counts as a block of one feature map; a downsampler as one more layer. */
    int count = i < 0 ? 1 : config->layers[i] + (i < config->n_blocks - 1 ? 1 : 0);
    for (int j = 0; j < count; j++, n++) {
      g_autofree char *name = g_strdup_printf ("%d", n);
      limn_linear_load (&controlnet->down_blocks[n], weights, name, channels, channels, true);
    }
  }
  limn_weights_pop (weights);
  limn_linear_load (&controlnet->mid_block, weights, "controlnet_mid_block",
                    config->channels[config->n_blocks - 1], config->channels[config->n_blocks - 1],
                    true);
}

/* Those of diffusers' SparseControlNetModel: in the down blocks alone. */
static void
read_motion (limn_config *config,
             const struct limn_unet_config *sizes,
             struct limn_motion_config *motion)
{
  *motion = (struct limn_motion_config){
    .n_blocks = sizes->n_blocks,
    .transformer_layers =
        limn_config_int (config, "temporal_transformer_layers_per_block", 1, 1, 1),
    .heads = limn_config_int (config, "motion_num_attention_heads", 8, 1, 4096),
    .groups = sizes->groups,
    .positions =
        limn_config_int (config, "motion_max_seq_length", 32, 1, LIMN_MOTION_MAX_POSITIONS),
  };
  for (int i = 0; i < sizes->n_blocks; i++) {
    motion->channels[i] = sizes->channels[i];
    motion->layers[i] = sizes->layers[i];
    if (sizes->channels[i] % motion->heads != 0)
      limn_config_fail (config, "%d attention heads of motion modules do not divide %d channels",
                        motion->heads, sizes->channels[i]);
  }
}

limn_controlnet *
limn_controlnet_load (limn_device *device, const char *path, GError **error)
{
  g_autoptr (limn_config) config = limn_weights_config (path, LIMN_PART_CONTROLNET, error);
  g_autoptr (limn_controlnet) controlnet = NULL;
  struct limn_unet_config sizes;
  struct limn_motion_config motion;
  limn_weights *weights;
  bool sparse, failed;

  if (!config)
    return NULL;
  controlnet = g_new0 (limn_controlnet, 1);
  sparse = is_sparse_config (config);
  read_config (config, &sizes, &controlnet->embedding);
  if (sparse)
    read_motion (config, &sizes, &motion);
  if (!limn_config_finish (config, error))
    return NULL;
  weights = limn_weights_open (device, path, LIMN_PART_CONTROLNET, error);
  if (!weights)
    return NULL;
  limn_unet_encoder_load (&controlnet->encoder, &sizes, weights);
  load_embedding (&controlnet->embedding, weights, sizes.channels[0]);
  load_zero_convs (controlnet, weights);
  if (sparse)
    controlnet->motion = limn_motion_load_from (weights, device, &motion, error);
  failed = sparse && !controlnet->motion;
  controlnet->list = limn_weights_finish (&weights, failed ? NULL : error);
  return controlnet->list && !failed ? g_steal_pointer (&controlnet) : NULL;
}

void
limn_controlnet_free (limn_controlnet *controlnet)
{
  if (!controlnet)
    return;
  limn_unet_encoder_clear (&controlnet->encoder);
  limn_motion_free (controlnet->motion);
  limn_weight_list_free (controlnet->list);
  g_free (controlnet);
}

const struct limn_unet_config *
limn_controlnet_get_config (const limn_controlnet *controlnet)
{
  return &controlnet->encoder.config;
}

int
limn_controlnet_factor (const limn_controlnet *controlnet)
{
  return controlnet->embedding.plain ? 1 : 1 << (controlnet->embedding.n_channels - 1);
}

bool
limn_controlnet_is_sparse (const limn_controlnet *controlnet)
{
  return controlnet->motion != NULL;
}

int
limn_controlnet_channels (const limn_controlnet *controlnet)
{
  return controlnet->embedding.in;
}

bool
limn_controlnet_sees_latents (const limn_controlnet *controlnet)
{
  return controlnet->embedding.plain;
}

int
limn_controlnet_positions (const limn_controlnet *controlnet)
{
  return controlnet->motion ? limn_motion_get_config (controlnet->motion)->positions : G_MAXINT;
}

static char *
ints_to_string (const int *values, int n)
{
  g_autoptr (GString) text = g_string_new ("[");

  for (int i = 0; i < n; i++)
    g_string_append_printf (text, i > 0 ? ", %d" : "%d", values[i]);
  g_string_append_c (text, ']');
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static bool
mismatch (GError **error, const char *name, const char *key, const char *has, const char *wanted)
{
  g_set_error (error, LIMN_ERROR, LIMN_ERROR_MODEL, "%s is made for %s %s, the UNet has %s", name,
               key, has, wanted);
  return false;
}

static bool
check_number (const char *name, const char *key, double has, double wanted, GError **error)
{
  g_autofree char *has_text = g_strdup_printf ("%g", has);
  g_autofree char *wanted_text = g_strdup_printf ("%g", wanted);

  return g_str_equal (has_text, wanted_text) || mismatch (error, name, key, has_text, wanted_text);
}

static bool
check_ints (const char *name,
            const char *key,
            const int *has,
            int n_has,
            const int *wanted,
            int n_wanted,
            GError **error)
{
  g_autofree char *has_text = ints_to_string (has, n_has);
  g_autofree char *wanted_text = ints_to_string (wanted, n_wanted);

  return g_str_equal (has_text, wanted_text) || mismatch (error, name, key, has_text, wanted_text);
}

bool
limn_controlnet_check (const limn_controlnet *controlnet,
                       const struct limn_unet_config *unet,
                       const char *name,
                       GError **error)
{
  const struct limn_unet_config *own = &controlnet->encoder.config;

  for (int i = 0; i < MIN (own->n_blocks, unet->n_blocks); i++) {
    if (!check_number (name, "cross_attention_dim", own->cross_attention_dim[i],
                       unet->cross_attention_dim[i], error))
      return false;
  }
  return check_number (name, "in_channels", own->in_channels, unet->in_channels, error) &&
         check_ints (name, "block_out_channels", own->channels, own->n_blocks, unet->channels,
                     unet->n_blocks, error) &&
         check_ints (name, "layers_per_block", own->layers, own->n_blocks, unet->layers,
                     unet->n_blocks, error) &&
         check_number (name, "downsample_padding", own->downsample_padding,
                       unet->downsample_padding, error) &&
         check_number (name, "flip_sin_to_cos", own->flip_sin_to_cos, unet->flip_sin_to_cos,
                       error) &&
         check_number (name, "freq_shift", own->freq_shift, unet->freq_shift, error);
}

limn_tensor
limn_controlnet_embed (limn_pass *pass, const limn_controlnet *controlnet, limn_tensor picture)
{
  const struct conditioning_embedding *embedding = &controlnet->embedding;
  limn_tensor x;

  if (embedding->plain)
    return limn_conv3x3 (pass, &embedding->conv_in, picture, LIMN_ACTIVATION_NONE, none);
  x = limn_conv3x3 (pass, &embedding->conv_in, picture, LIMN_ACTIVATION_SILU, none);
  for (int i = 0; i < 2 * (embedding->n_channels - 1); i++) {
    const struct limn_layer *layer = &embedding->blocks[i];
    limn_replace (pass, &x,
                  limn_conv2d (pass, x, layer->weight,
                               &(struct limn_conv2d_params){
                                   .bias = layer->bias,
                                   .activation = LIMN_ACTIVATION_SILU,
                                   .stride = i % 2 + 1,
                                   .pad_begin = 1,
                                   .pad_end = 1,
                               }));
  }
  limn_replace (pass, &x, limn_conv3x3 (pass, &embedding->conv_out, x, LIMN_ACTIVATION_NONE, none));
  return x;
}

void
limn_controlnet_forward (limn_pass *pass,
                         const limn_controlnet *controlnet,
                         const struct limn_unet_inputs *inputs,
                         limn_tensor conditioning,
                         struct limn_unet_features *residuals)
{
  struct limn_unet_inputs own = *inputs;
  limn_tensor time =
      limn_time_embedding_forward (pass, &controlnet->encoder.time_embedding, inputs->sincos);

  own.motion = controlnet->motion;
  limn_unet_encoder_forward (pass, &controlnet->encoder, &own, time, conditioning, residuals);
  limn_release (pass, &time);
  for (int i = 0; i < residuals->n_skips; i++) {
    limn_tensor *skip = &residuals->skips[i];
    limn_replace (
        pass, skip,
        limn_linear_forward (pass, &controlnet->down_blocks[i], *skip, LIMN_ACTIVATION_NONE, none));
  }
  limn_replace (pass, &residuals->mid,
                limn_linear_forward (pass, &controlnet->mid_block, residuals->mid,
                                     LIMN_ACTIVATION_NONE, none));
}
