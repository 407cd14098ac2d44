/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What a diffusers folder says in its config.json, told from the tensors of one file. Settings that
 * leave no trace in names and shapes (groups of a norm, heads, activations) are those that all
 * models of Stable Diffusion 1.x and 2.x share. */

#include <stdio.h>
#include <string.h>

#include "io/checkpoint.h"
#include "io/file.h"

#define MAX_BLOCKS 64

/* Channels of an attention head in Stable Diffusion 2.x and in all of its text encoders. */
#define HEAD_CHANNELS 64
#define SD1_HEADS 8
/* OpenCLIP ViT-H/14, whose last layer Stable Diffusion 2.x leaves out. */
#define OPEN_CLIP_WIDTH 1024
#define OPEN_CLIP_CUT_LAYERS 23

struct reading {
  const limn_checkpoint *checkpoint;
  limn_part part;
  GString *json;
  char *missing; /* the first tensor that was wanted and is not there */
};

G_GNUC_PRINTF (2, 3)
static const struct limn_safetensors_entry *
find (const struct reading *reading, const char *format, ...)
{
  g_autofree char *name = NULL;
  va_list arguments;

  va_start (arguments, format);
  name = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  return limn_checkpoint_find (reading->checkpoint, reading->part, name);
}

/* A size of a tensor that must be there. */
static gint64
size_of (struct reading *reading, const char *name, int dim)
{
  const struct limn_safetensors_entry *entry = find (reading, "%s", name);

  if (entry != NULL && dim < entry->n_dims)
    return entry->shape[dim];
  if (reading->missing == NULL)
    reading->missing = g_strdup (name);
  return 0;
}

/* How many of the names there are; @format has one %d, which goes up from 0. */
static int
count (const struct reading *reading, const char *format)
{
  int n = 0;

  while (n < MAX_BLOCKS) {
    g_autoptr (GString) name = g_string_new (format);
    g_autofree char *number = g_strdup_printf ("%d", n);

    g_string_replace (name, "%d", number, 1);
    if (find (reading, "%s", name->str) == NULL)
      break;
    n++;
  }
  return n;
}

static int
count_at (const struct reading *reading, int block, const char *before, const char *after)
{
  g_autofree char *format = g_strdup_printf ("%s.%d.%s", before, block, after);

  return count (reading, format);
}

static void
put_int (struct reading *reading, const char *key, gint64 value)
{
  g_string_append_printf (reading->json, "\"%s\":%" G_GINT64_FORMAT ",", key, value);
}

static void
put_word (struct reading *reading, const char *key, const char *value)
{
  g_string_append_printf (reading->json, "\"%s\":\"%s\",", key, value);
}

static void
put_ints (struct reading *reading, const char *key, const gint64 *values, int n)
{
  g_string_append_printf (reading->json, "\"%s\":[", key);
  for (int i = 0; i < n; i++)
    g_string_append_printf (reading->json, i > 0 ? ",%" G_GINT64_FORMAT : "%" G_GINT64_FORMAT,
                            values[i]);
  g_string_append (reading->json, "],");
}

/* One of two words a block. */
static void
put_types (struct reading *reading,
           const char *key,
           const bool *attention,
           int n,
           const char *without,
           const char *with)
{
  g_string_append_printf (reading->json, "\"%s\":[", key);
  for (int i = 0; i < n; i++)
    g_string_append_printf (reading->json, "%s\"%s\"", i > 0 ? "," : "",
                            attention[i] ? with : without);
  g_string_append (reading->json, "],");
}

/* Before 1.4 files did not say; "768x768" */
static void
put_sample_size (struct reading *reading)
{
  const char *text = limn_checkpoint_metadata (reading->checkpoint, "modelspec.resolution");
  int width, height;

  if (text == NULL || sscanf (text, "%dx%d", &width, &height) != 2 || width < 64 || height < 64 ||
      width > 8192 || height > 8192)
    return;
  put_ints (reading, "sample_size", (gint64[]){ height / 8, width / 8 }, 2);
}

static gint64
heads_of (gint64 channels, bool linear)
{
  return linear && channels % HEAD_CHANNELS == 0 ? channels / HEAD_CHANNELS : SD1_HEADS;
}

/* What UNet and ControlNet have in common. */
static void
read_encoder (struct reading *reading)
{
  int n = count (reading, "down_blocks.%d.resnets.0.norm1.weight");
  gint64 channels[MAX_BLOCKS], layers[MAX_BLOCKS], heads[MAX_BLOCKS], depth[MAX_BLOCKS];
  bool attention[MAX_BLOCKS];
  const struct limn_safetensors_entry *proj_in =
      find (reading, "mid_block.attentions.0.proj_in.weight");
  bool linear = proj_in != NULL && proj_in->n_dims == 2;
  int mid_depth = count (reading, "mid_block.attentions.0.transformer_blocks.%d.attn1.to_q.weight");

  for (int i = 0; i < n; i++) {
    g_autofree char *conv = g_strdup_printf ("down_blocks.%d.resnets.0.conv1.weight", i);

    channels[i] = size_of (reading, conv, 0);
    layers[i] = count_at (reading, i, "down_blocks", "resnets.%d.norm1.weight");
    heads[i] = heads_of (channels[i], linear);
    attention[i] = find (reading, "down_blocks.%d.attentions.0.norm.weight", i) != NULL;
    depth[i] = attention[i] ? count_at (reading, i, "down_blocks",
                                        "attentions.0.transformer_blocks.%d.attn1.to_q.weight")
                            : MAX (mid_depth, 1);
  }
  put_int (reading, "in_channels", size_of (reading, "conv_in.weight", 1));
  put_ints (reading, "block_out_channels", channels, n);
  put_ints (reading, "layers_per_block", layers, n);
  put_ints (reading, "transformer_layers_per_block", depth, n);
  put_ints (reading, "attention_head_dim", heads, n); /* the number of heads, as in all configs */
  put_types (reading, "down_block_types", attention, n, "DownBlock2D", "CrossAttnDownBlock2D");
  put_int (reading, "cross_attention_dim",
           size_of (reading, "mid_block.attentions.0.transformer_blocks.0.attn2.to_k.weight", 1));
  put_int (reading, "time_embedding_dim", size_of (reading, "time_embedding.linear_1.weight", 0));
  g_string_append_printf (reading->json, "\"use_linear_projection\":%s,",
                          linear ? "true" : "false");
}

static void
read_unet (struct reading *reading)
{
  int n = count (reading, "up_blocks.%d.resnets.0.norm1.weight");
  bool attention[MAX_BLOCKS];

  put_word (reading, "_class_name", "UNet2DConditionModel");
  read_encoder (reading);
  for (int i = 0; i < n; i++)
    attention[i] = find (reading, "up_blocks.%d.attentions.0.norm.weight", i) != NULL;
  put_types (reading, "up_block_types", attention, n, "UpBlock2D", "CrossAttnUpBlock2D");
  put_int (reading, "out_channels", size_of (reading, "conv_out.weight", 0));
  put_sample_size (reading);
}

/* The names of AnimateDiff and those of diffusers. */
static const struct {
  const char *norm, *block, *positions;
} motion_names[] = {
  { "down_blocks.0.motion_modules.0.temporal_transformer.norm.weight",
    "down_blocks.0.motion_modules.0.temporal_transformer.transformer_blocks.%d.ff_norm.weight",
    "down_blocks.0.motion_modules.0.temporal_transformer.transformer_blocks.0.attention_blocks.0."
    "pos_encoder.pe" },
  { "down_blocks.0.motion_modules.0.norm.weight",
    "down_blocks.0.motion_modules.0.transformer_blocks.%d.norm3.weight",
    "down_blocks.0.motion_modules.0.transformer_blocks.0.pos_embed.pe" },
};

/* A ControlNet with motion modules is SparseCtrl, which sees one channel more than it says. */
static bool
read_sparse (struct reading *reading)
{
  const struct limn_safetensors_entry *positions;
  gsize names = 0;

  while (names < G_N_ELEMENTS (motion_names) &&
         find (reading, "%s", motion_names[names].norm) == NULL)
    names++;
  if (names == G_N_ELEMENTS (motion_names))
    return false;
  put_int (reading, "temporal_transformer_layers_per_block",
           count (reading, motion_names[names].block));
  positions = find (reading, "%s", motion_names[names].positions);
  if (positions != NULL && positions->n_dims == 3)
    put_int (reading, "motion_max_seq_length", positions->shape[1]);
  return true;
}

static void
read_controlnet (struct reading *reading)
{
  int n = count (reading, "controlnet_cond_embedding.blocks.%d.weight");
  bool plain = find (reading, "controlnet_cond_embedding.weight") != NULL;
  const char *conv_in =
      plain ? "controlnet_cond_embedding.weight" : "controlnet_cond_embedding.conv_in.weight";
  bool sparse = read_sparse (reading);
  gint64 channels[MAX_BLOCKS];
  int n_channels = 0;

  put_word (reading, "_class_name", sparse ? "SparseControlNetModel" : "ControlNetModel");
  read_encoder (reading);
  put_int (reading, "conditioning_channels", size_of (reading, conv_in, 1) - (sparse ? 1 : 0));
  if (sparse)
    g_string_append_printf (reading->json, "\"use_simplified_condition_embedding\":%s,",
                            plain ? "true" : "false");
  channels[n_channels++] = size_of (reading, conv_in, 0);
  for (int i = 1; i < n; i += 2) {
    g_autofree char *name = g_strdup_printf ("controlnet_cond_embedding.blocks.%d.weight", i);

    channels[n_channels++] = size_of (reading, name, 0);
  }
  put_ints (reading, "conditioning_embedding_out_channels", channels, n_channels);
}

static void
read_vae (struct reading *reading)
{
  int n = count (reading, "encoder.down_blocks.%d.resnets.0.norm1.weight");
  gint64 channels[MAX_BLOCKS];

  put_word (reading, "_class_name", "AutoencoderKL");
  for (int i = 0; i < n; i++) {
    g_autofree char *name = g_strdup_printf ("encoder.down_blocks.%d.resnets.0.conv1.weight", i);

    channels[i] = size_of (reading, name, 0);
  }
  put_ints (reading, "block_out_channels", channels, n);
  put_int (reading, "layers_per_block",
           count (reading, "encoder.down_blocks.0.resnets.%d.norm1.weight"));
  put_int (reading, "latent_channels", size_of (reading, "decoder.conv_in.weight", 1));
  g_string_append_printf (reading->json, "\"use_quant_conv\":%s,\"use_post_quant_conv\":%s,",
                          find (reading, "quant_conv.weight") != NULL ? "true" : "false",
                          find (reading, "post_quant_conv.weight") != NULL ? "true" : "false");
}

static void
read_text_encoder (struct reading *reading)
{
  bool open_clip = limn_checkpoint_is_open_clip (reading->checkpoint);
  bool bare = find (reading, "embeddings.token_embedding.weight") != NULL;
  const char *prefix = bare ? "" : "text_model.";
  g_autofree char *tokens = g_strconcat (prefix, "embeddings.token_embedding.weight", NULL);
  g_autofree char *positions = g_strconcat (prefix, "embeddings.position_embedding.weight", NULL);
  g_autofree char *fc1 = g_strconcat (prefix, "encoder.layers.0.mlp.fc1.weight", NULL);
  g_autofree char *norm = g_strconcat (prefix, "encoder.layers.%d.layer_norm1.weight", NULL);
  gint64 width = size_of (reading, tokens, 1);
  gint64 layers = count (reading, norm);
  bool cut = width == OPEN_CLIP_WIDTH && layers == OPEN_CLIP_CUT_LAYERS;

  put_word (reading, "model_type", "clip_text_model");
  put_word (reading, "hidden_act", open_clip || width == OPEN_CLIP_WIDTH ? "gelu" : "quick_gelu");
  put_int (reading, "vocab_size", size_of (reading, tokens, 0));
  put_int (reading, "hidden_size", width);
  put_int (reading, "intermediate_size", size_of (reading, fc1, 0));
  put_int (reading, "num_hidden_layers", open_clip && !cut ? layers - 1 : layers);
  put_int (reading, "num_attention_heads", MAX (width / HEAD_CHANNELS, 1));
  put_int (reading, "max_position_embeddings", size_of (reading, positions, 0));
}

static limn_config *
parse (struct reading *reading, GError **error)
{
  const char *path = limn_checkpoint_path (reading->checkpoint);

  g_string_truncate (reading->json, reading->json->len - 1); /* the last comma */
  g_string_append_c (reading->json, '}');
  return limn_config_parse (path, reading->json->str, (gssize) reading->json->len, error);
}

limn_config *
limn_checkpoint_config (const limn_checkpoint *checkpoint, limn_part part, GError **error)
{
  static void (*const readers[]) (struct reading *) = {
    [LIMN_PART_TEXT_ENCODER] = read_text_encoder,
    [LIMN_PART_UNET] = read_unet,
    [LIMN_PART_VAE] = read_vae,
    [LIMN_PART_CONTROLNET] = read_controlnet,
  };
  g_autoptr (GString) json = g_string_new ("{");
  struct reading reading = { checkpoint, part, json, NULL };
  g_autofree char *missing = NULL;

  G_STATIC_ASSERT (G_N_ELEMENTS (readers) == LIMN_N_PARTS);
  if (!limn_checkpoint_check_family (checkpoint, error))
    return NULL;
  if (!limn_checkpoint_has_part (checkpoint, part)) {
    limn_file_set_error (error, LIMN_ERROR_MODEL, limn_checkpoint_path (checkpoint), "has no %s",
                         limn_part_names[part]);
    return NULL;
  }
  readers[part](&reading);
  missing = reading.missing;
  if (missing != NULL) {
    limn_file_set_error (error, LIMN_ERROR_MODEL, limn_checkpoint_path (checkpoint),
                         "the %s's tensor \"%s\" is missing", limn_part_names[part], missing);
    return NULL;
  }
  return parse (&reading, error);
}

bool
limn_checkpoint_is_v_prediction (const limn_checkpoint *checkpoint)
{
  const char *prediction = limn_checkpoint_metadata (checkpoint, "modelspec.prediction_type");

  return prediction != NULL && *prediction == 'v';
}
