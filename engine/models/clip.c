/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "models/clip.h"

#include "io/config.h"

#define MAX_WIDTH 16384

struct clip_layer {
  struct limn_layer layer_norm1, layer_norm2;
  struct limn_attention_layer self_attn;
  struct limn_layer fc1, fc2;
};

struct limn_clip {
  int vocabulary, width, intermediate, n_layers, heads, positions;
  float epsilon;
  limn_activation activation;
  limn_tensor token_embedding, position_embedding;
  struct clip_layer *layers;
  struct limn_layer final_layer_norm;
  limn_weight_list *list;
};

static const limn_tensor none;

static void
read_config (limn_clip *clip, limn_config *config)
{
  static const char *const names[] = { "quick_gelu", "gelu", NULL };
  static const limn_activation activations[] = { LIMN_ACTIVATION_QUICK_GELU, LIMN_ACTIVATION_GELU };
  static const char *const types[] = { "clip_text_model", "clip", NULL };

  limn_config_choice (config, "model_type", types, 0);
  clip->vocabulary = limn_config_int (config, "vocab_size", 49408, 1, 1 << 24);
  clip->width = limn_config_int (config, "hidden_size", 512, 1, MAX_WIDTH);
  clip->intermediate = limn_config_int (config, "intermediate_size", 2048, 1, 8 * MAX_WIDTH);
  clip->n_layers = limn_config_int (config, "num_hidden_layers", 12, 1, 256);
  clip->heads = limn_config_int (config, "num_attention_heads", 8, 1, 256);
  clip->positions = limn_config_int (config, "max_position_embeddings", 77, 3, 65536);
  clip->epsilon = (float) limn_config_double (config, "layer_norm_eps", 1e-5, 0, 1);
  clip->activation = activations[limn_config_choice (config, "hidden_act", names, 0)];
  if (clip->width % clip->heads != 0)
    limn_config_fail (config, "\"num_attention_heads\" is %d, which does not divide %d channels",
                      clip->heads, clip->width);
}

static void
layer_load (struct clip_layer *layer, const limn_clip *clip, limn_weights *weights)
{
  int width = clip->width;

  limn_norm_load (&layer->layer_norm1, weights, "layer_norm1", width);
  limn_linear_load (&layer->self_attn.to_q, weights, "self_attn.q_proj", width, width, true);
  limn_linear_load (&layer->self_attn.to_k, weights, "self_attn.k_proj", width, width, true);
  limn_linear_load (&layer->self_attn.to_v, weights, "self_attn.v_proj", width, width, true);
  limn_linear_load (&layer->self_attn.to_out, weights, "self_attn.out_proj", width, width, true);
  layer->self_attn.heads = clip->heads;
  layer->self_attn.causal = true;
  limn_norm_load (&layer->layer_norm2, weights, "layer_norm2", width);
  limn_linear_load (&layer->fc1, weights, "mlp.fc1", clip->intermediate, width, true);
  limn_linear_load (&layer->fc2, weights, "mlp.fc2", width, clip->intermediate, true);
}

static void
load_all (limn_clip *clip, limn_weights *weights)
{
  /* transformers 5 writes the names without this prefix. */
  bool prefix = !limn_weights_has (weights, "embeddings.token_embedding.weight");

  if (prefix)
    limn_weights_push (weights, "text_model");
  clip->token_embedding = limn_weights_embedding (weights, "embeddings.token_embedding.weight",
                                                  clip->vocabulary, clip->width);
  clip->position_embedding = limn_weights_embedding (
      weights, "embeddings.position_embedding.weight", clip->positions, clip->width);
  clip->layers = g_new0 (struct clip_layer, clip->n_layers);
  for (int i = 0; i < clip->n_layers; i++) {
    limn_weights_push (weights, "encoder.layers.%d", i);
    layer_load (&clip->layers[i], clip, weights);
    limn_weights_pop (weights);
  }
  limn_norm_load (&clip->final_layer_norm, weights, "final_layer_norm", clip->width);
  if (prefix)
    limn_weights_pop (weights);
}

limn_clip *
limn_clip_load (limn_device *device, const char *path, GError **error)
{
  return limn_clip_load_with (device, path, NULL, 0, error);
}

limn_clip *
limn_clip_load_with (limn_device *device,
                     const char *path,
                     const struct limn_lora_use *loras,
                     gsize n_loras,
                     GError **error)
{
  g_autoptr (limn_config) config = limn_weights_config (path, LIMN_PART_TEXT_ENCODER, error);
  g_autoptr (limn_clip) clip = NULL;
  limn_weights *weights;

  if (!config)
    return NULL;
  clip = g_new0 (limn_clip, 1);
  read_config (clip, config);
  if (!limn_config_finish (config, error))
    return NULL;
  weights = limn_weights_open (device, path, LIMN_PART_TEXT_ENCODER, error);
  if (!weights)
    return NULL;
  limn_weights_set_loras (weights, loras, n_loras, NULL);
  load_all (clip, weights);
  clip->list = limn_weights_finish (&weights, error);
  return clip->list ? g_steal_pointer (&clip) : NULL;
}

void
limn_clip_free (limn_clip *clip)
{
  if (!clip)
    return;
  limn_weight_list_free (clip->list);
  g_free (clip->layers);
  g_free (clip);
}

int
limn_clip_width (const limn_clip *clip)
{
  return clip->width;
}

int
limn_clip_positions (const limn_clip *clip)
{
  return clip->positions;
}

int
limn_clip_vocabulary (const limn_clip *clip)
{
  return clip->vocabulary;
}

/* x: [n, tokens, 1, width]; releases it. */
static limn_tensor
layer_forward (limn_pass *pass,
               const limn_clip *clip,
               const struct clip_layer *layer,
               limn_tensor x)
{
  limn_tensor h = limn_layer_norm_forward (pass, &layer->layer_norm1, x, clip->epsilon);

  limn_replace (pass, &x, limn_attention_forward (pass, &layer->self_attn, h, h, x));
  limn_replace (pass, &h, limn_layer_norm_forward (pass, &layer->layer_norm2, x, clip->epsilon));
  limn_replace (pass, &h, limn_linear_forward (pass, &layer->fc1, h, clip->activation, none));
  limn_replace (pass, &x, limn_linear_forward (pass, &layer->fc2, h, LIMN_ACTIVATION_NONE, x));
  limn_release (pass, &h);
  return x;
}

limn_tensor
limn_clip_forward (limn_pass *pass, const limn_clip *clip, limn_tensor ids)
{
  limn_tensor x = limn_embedding (pass, clip->token_embedding, clip->position_embedding, ids);

  for (int i = 0; i < clip->n_layers; i++)
    x = layer_forward (pass, clip, &clip->layers[i], x);
  limn_replace (pass, &x,
                limn_layer_norm_forward (pass, &clip->final_layer_norm, x, clip->epsilon));
  return x;
}
