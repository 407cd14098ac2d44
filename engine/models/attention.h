/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "models/blocks.h"

/* Attention and transformer layers. A sequence is [n, tokens, 1, c]. */

struct limn_attention_layer {
  struct limn_layer to_q, to_k, to_v, to_out;
  int heads;
  bool causal;
};

/* Weights of the names to_q, to_k, to_v (without bias) and to_out.0: the UNet's. */
void limn_attention_load (struct limn_attention_layer *attention,
                          limn_weights *weights,
                          const char *name,
                          int channels,
                          int context_channels,
                          int heads);
/* q from @x, k and v from @context; @residual, of x's shape, is added. */
limn_tensor limn_attention_forward (limn_pass *pass,
                                    const struct limn_attention_layer *attention,
                                    limn_tensor x,
                                    limn_tensor context,
                                    limn_tensor residual);

/* BasicTransformerBlock: self attention, cross attention, GEGLU feed-forward. */
struct limn_transformer_block {
  struct limn_layer norm1, norm2, norm3;
  struct limn_attention_layer attn1, attn2;
  struct limn_layer ff_in, ff_out;
};

/* Transformer2DModel on a feature map. */
struct limn_transformer {
  struct limn_group_norm norm;
  struct limn_layer proj_in, proj_out;
  struct limn_transformer_block *blocks; /* owned */
  int n_blocks;
};

struct limn_transformer_params {
  int channels, context_channels, heads, n_blocks, groups;
};

void limn_transformer_load (struct limn_transformer *transformer,
                            limn_weights *weights,
                            const struct limn_transformer_params *params);
void limn_transformer_clear (struct limn_transformer *transformer);
/* x: [n, h, w, channels], context: [n, tokens, 1, context_channels] -> as x */
limn_tensor limn_transformer_forward (limn_pass *pass,
                                      const struct limn_transformer *transformer,
                                      limn_tensor x,
                                      limn_tensor context);
