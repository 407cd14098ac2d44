/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "models/attention.h"

/* Both are fixed in diffusers' modules, whatever norm_eps says. */
#define LAYER_NORM_EPSILON 1e-5f
#define TRANSFORMER_NORM_EPSILON 1e-6f

static const limn_tensor none;

void
limn_attention_load (struct limn_attention_layer *attention,
                     limn_weights *weights,
                     const char *name,
                     int channels,
                     int context_channels,
                     int heads)
{
  limn_weights_push (weights, "%s", name);
  limn_linear_load (&attention->to_q, weights, "to_q", channels, channels, false);
  limn_linear_load (&attention->to_k, weights, "to_k", channels, context_channels, false);
  limn_linear_load (&attention->to_v, weights, "to_v", channels, context_channels, false);
  limn_linear_load (&attention->to_out, weights, "to_out.0", channels, channels, true);
  attention->heads = heads;
  attention->causal = false;
  limn_weights_pop (weights);
}

limn_tensor
limn_attention_forward (limn_pass *pass,
                        const struct limn_attention_layer *attention,
                        limn_tensor x,
                        limn_tensor context,
                        limn_tensor residual)
{
  limn_tensor q = limn_linear_forward (pass, &attention->to_q, x, LIMN_ACTIVATION_NONE, none);
  limn_tensor k = limn_linear_forward (pass, &attention->to_k, context, LIMN_ACTIVATION_NONE, none);
  limn_tensor v = limn_linear_forward (pass, &attention->to_v, context, LIMN_ACTIVATION_NONE, none);

  limn_replace (pass, &q,
                limn_attention (pass, q, k, v,
                                &(struct limn_attention_params){
                                    .heads = attention->heads,
                                    .causal = attention->causal,
                                }));
  limn_release (pass, &k);
  limn_release (pass, &v);
  limn_replace (pass, &q,
                limn_linear_forward (pass, &attention->to_out, q, LIMN_ACTIVATION_NONE, residual));
  return q;
}

static void
transformer_block_load (struct limn_transformer_block *block,
                        limn_weights *weights,
                        const struct limn_transformer_params *params)
{
  int c = params->channels;

  limn_norm_load (&block->norm1, weights, "norm1", c);
  limn_attention_load (&block->attn1, weights, "attn1", c, c, params->heads);
  limn_norm_load (&block->norm2, weights, "norm2", c);
  limn_attention_load (&block->attn2, weights, "attn2", c, params->context_channels, params->heads);
  limn_norm_load (&block->norm3, weights, "norm3", c);
  limn_linear_load (&block->ff_in, weights, "ff.net.0.proj", 8 * c, c, true);
  limn_linear_load (&block->ff_out, weights, "ff.net.2", c, 4 * c, true);
}

/* x: [n, tokens, 1, c], context: [n, context tokens, 1, d] */
static limn_tensor
transformer_block_forward (limn_pass *pass,
                           const struct limn_transformer_block *block,
                           limn_tensor x,
                           limn_tensor context)
{
  limn_tensor y, h;

  h = limn_layer_norm_forward (pass, &block->norm1, x, LAYER_NORM_EPSILON);
  y = limn_attention_forward (pass, &block->attn1, h, h, x);
  limn_replace (pass, &h, limn_layer_norm_forward (pass, &block->norm2, y, LAYER_NORM_EPSILON));
  limn_replace (pass, &y, limn_attention_forward (pass, &block->attn2, h, context, y));
  limn_replace (pass, &h, limn_layer_norm_forward (pass, &block->norm3, y, LAYER_NORM_EPSILON));
  limn_replace (pass, &h, limn_linear_forward (pass, &block->ff_in, h, LIMN_ACTIVATION_NONE, none));
  limn_replace (pass, &h, limn_geglu (pass, h));
  limn_replace (pass, &y, limn_linear_forward (pass, &block->ff_out, h, LIMN_ACTIVATION_NONE, y));
  limn_release (pass, &h);
  return y;
}

void
limn_transformer_load (struct limn_transformer *transformer,
                       limn_weights *weights,
                       const struct limn_transformer_params *params)
{
  int c = params->channels;

  limn_group_norm_load (&transformer->norm, weights, "norm", c, params->groups,
                        TRANSFORMER_NORM_EPSILON);
  /* With use_linear_projection a linear layer, else a 1x1 convolution: the same in NHWC. */
  limn_linear_load (&transformer->proj_in, weights, "proj_in", c, c, true);
  limn_linear_load (&transformer->proj_out, weights, "proj_out", c, c, true);
  transformer->n_blocks = params->n_blocks;
  transformer->blocks = g_new0 (struct limn_transformer_block, params->n_blocks);
  for (int i = 0; i < params->n_blocks; i++) {
    limn_weights_push (weights, "transformer_blocks.%d", i);
    transformer_block_load (&transformer->blocks[i], weights, params);
    limn_weights_pop (weights);
  }
}

void
limn_transformer_clear (struct limn_transformer *transformer)
{
  g_clear_pointer (&transformer->blocks, g_free);
  transformer->n_blocks = 0;
}

limn_tensor
limn_transformer_forward (limn_pass *pass,
                          const struct limn_transformer *transformer,
                          limn_tensor x,
                          limn_tensor context)
{
  limn_tensor sequence = limn_tensor_reshape (x, x.n, x.h * x.w, 1, x.c);
  limn_tensor h = limn_group_norm_forward (pass, &transformer->norm, x, LIMN_ACTIVATION_NONE);

  h = limn_tensor_reshape (h, x.n, x.h * x.w, 1, x.c);
  limn_replace (pass, &h,
                limn_linear_forward (pass, &transformer->proj_in, h, LIMN_ACTIVATION_NONE, none));
  for (int i = 0; i < transformer->n_blocks; i++)
    limn_replace (pass, &h, transformer_block_forward (pass, &transformer->blocks[i], h, context));
  limn_replace (
      pass, &h,
      limn_linear_forward (pass, &transformer->proj_out, h, LIMN_ACTIVATION_NONE, sequence));
  return limn_tensor_reshape (h, x.n, x.h, x.w, x.c);
}
