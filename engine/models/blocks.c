/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "models/blocks.h"

#include <math.h>

static const limn_tensor none;

void
limn_conv_load (struct limn_layer *layer,
                limn_weights *weights,
                const char *name,
                int out,
                int in,
                int kernel,
                bool bias)
{
  limn_weights_push (weights, "%s", name);
  layer->weight = limn_weights_conv (weights, "weight", out, in, kernel, kernel);
  layer->bias = bias ? limn_weights_vector (weights, "bias", out) : none;
  limn_weights_pop (weights);
}

void
limn_linear_load (
    struct limn_layer *layer, limn_weights *weights, const char *name, int out, int in, bool bias)
{
  limn_weights_push (weights, "%s", name);
  layer->weight = limn_weights_linear (weights, "weight", out, in);
  layer->branches = limn_weights_low_rank (weights, "weight", out, in);
  layer->bias = bias ? limn_weights_vector (weights, "bias", out) : none;
  limn_weights_pop (weights);
}

void
limn_norm_load (struct limn_layer *layer, limn_weights *weights, const char *name, int c)
{
  limn_weights_push (weights, "%s", name);
  layer->weight = limn_weights_vector (weights, "weight", c);
  layer->bias = limn_weights_vector (weights, "bias", c);
  limn_weights_pop (weights);
}

limn_tensor
limn_conv3x3 (limn_pass *pass,
              const struct limn_layer *layer,
              limn_tensor x,
              limn_activation activation,
              limn_tensor residual)
{
  return limn_conv2d (pass, x, layer->weight,
                      &(struct limn_conv2d_params){
                          .bias = layer->bias,
                          .residual = residual,
                          .activation = activation,
                          .pad_begin = 1,
                          .pad_end = 1,
                      });
}

/* y + up (strength * down x) */
static limn_tensor
low_rank_forward (limn_pass *pass, const struct limn_low_rank *branch, limn_tensor x, limn_tensor y)
{
  limn_tensor h = limn_linear (pass, x, branch->down, &(struct limn_linear_params){ 0 });
  limn_tensor lines = limn_tensor_reshape (h, h.n * h.h, 1, h.w, h.c);
  const struct limn_add_params scaled = { .scale = *branch->strengths, .scale_stride = 1 };

  g_assert (!limn_tensor_is_null (scaled.scale));
  /* x + (s - 1) x, since there is no product by line. */
  limn_replace (pass, &h, limn_add (pass, lines, lines, &scaled));
  h = limn_tensor_reshape (h, x.n, x.h, x.w, branch->down.n);
  limn_replace (pass, &h,
                limn_linear (pass, h, branch->up, &(struct limn_linear_params){ .residual = y }));
  return h;
}

limn_tensor
limn_linear_forward (limn_pass *pass,
                     const struct limn_layer *layer,
                     limn_tensor x,
                     limn_activation activation,
                     limn_tensor residual)
{
  limn_tensor y = limn_linear (pass, x, layer->weight,
                               &(struct limn_linear_params){
                                   .bias = layer->bias,
                                   .residual = residual,
                                   .activation = activation,
                               });

  g_assert (!layer->branches || activation == LIMN_ACTIVATION_NONE);
  for (const struct limn_low_rank *branch = layer->branches; branch; branch = branch->next)
    limn_replace (pass, &y, low_rank_forward (pass, branch, x, y));
  return y;
}

limn_tensor
limn_layer_norm_forward (limn_pass *pass,
                         const struct limn_layer *layer,
                         limn_tensor x,
                         float epsilon)
{
  return limn_layer_norm (pass, x,
                          &(struct limn_layer_norm_params){
                              .scale = layer->weight,
                              .shift = layer->bias,
                              .epsilon = epsilon,
                          });
}

void
limn_group_norm_load (struct limn_group_norm *norm,
                      limn_weights *weights,
                      const char *name,
                      int c,
                      int groups,
                      float epsilon)
{
  limn_norm_load (&norm->layer, weights, name, c);
  norm->groups = groups;
  norm->epsilon = epsilon;
}

limn_tensor
limn_group_norm_forward (limn_pass *pass,
                         const struct limn_group_norm *norm,
                         limn_tensor x,
                         limn_activation activation)
{
  return limn_group_norm (pass, x,
                          &(struct limn_group_norm_params){
                              .scale = norm->layer.weight,
                              .shift = norm->layer.bias,
                              .groups = norm->groups,
                              .epsilon = norm->epsilon,
                              .activation = activation,
                          });
}

void
limn_resnet_load (struct limn_resnet *resnet,
                  limn_weights *weights,
                  const struct limn_resnet_params *params)
{
  int in = params->in, out = params->out;

  *resnet = (struct limn_resnet){ 0 };
  limn_group_norm_load (&resnet->norm1, weights, "norm1", in, params->groups, params->epsilon);
  limn_conv_load (&resnet->conv1, weights, "conv1", out, in, 3, true);
  if (params->time_channels > 0)
    limn_linear_load (&resnet->time_emb_proj, weights, "time_emb_proj", out, params->time_channels,
                      true);
  limn_group_norm_load (&resnet->norm2, weights, "norm2", out, params->groups, params->epsilon);
  limn_conv_load (&resnet->conv2, weights, "conv2", out, out, 3, true);
  if (in != out)
    limn_linear_load (&resnet->conv_shortcut, weights, "conv_shortcut", out, in, true);
}

limn_tensor
limn_resnet_forward (limn_pass *pass,
                     const struct limn_resnet *resnet,
                     limn_tensor x,
                     limn_tensor time)
{
  limn_tensor h, shift = none, shortcut = none; /* [n, h, w, out], [n, 1, 1, out], as h */

  if (!limn_tensor_is_null (resnet->time_emb_proj.weight))
    shift = limn_linear_forward (pass, &resnet->time_emb_proj, time, LIMN_ACTIVATION_NONE, none);
  h = limn_group_norm_forward (pass, &resnet->norm1, x, LIMN_ACTIVATION_SILU);
  limn_replace (pass, &h,
                limn_conv2d (pass, h, resnet->conv1.weight,
                             &(struct limn_conv2d_params){
                                 .bias = resnet->conv1.bias,
                                 .channel_add = shift,
                                 .pad_begin = 1,
                                 .pad_end = 1,
                             }));
  limn_release (pass, &shift);
  limn_replace (pass, &h, limn_group_norm_forward (pass, &resnet->norm2, h, LIMN_ACTIVATION_SILU));

  if (!limn_tensor_is_null (resnet->conv_shortcut.weight))
    shortcut = limn_linear_forward (pass, &resnet->conv_shortcut, x, LIMN_ACTIVATION_NONE, none);
  limn_replace (pass, &h,
                limn_conv3x3 (pass, &resnet->conv2, h, LIMN_ACTIVATION_NONE,
                              limn_tensor_is_null (shortcut) ? x : shortcut));
  limn_release (pass, &shortcut);
  return h;
}

void
limn_sampler_conv_load (struct limn_layer *layer,
                        limn_weights *weights,
                        const char *name,
                        int channels)
{
  limn_weights_push (weights, "%s.0", name);
  limn_conv_load (layer, weights, "conv", channels, channels, 3, true);
  limn_weights_pop (weights);
}

limn_tensor
limn_downsample (limn_pass *pass, const struct limn_layer *layer, limn_tensor x, int padding)
{
  return limn_conv2d (pass, x, layer->weight,
                      &(struct limn_conv2d_params){
                          .bias = layer->bias,
                          .stride = 2,
                          .pad_begin = padding,
                          .pad_end = 1,
                      });
}

limn_tensor
limn_upsample (
    limn_pass *pass, const struct limn_layer *layer, limn_tensor x, int height, int width)
{
  return limn_conv2d (pass, x, layer->weight,
                      &(struct limn_conv2d_params){
                          .bias = layer->bias,
                          .pad_begin = 1,
                          .pad_end = 1,
                          .resize_h = height,
                          .resize_w = width,
                      });
}

void
limn_time_embedding_load (struct limn_time_embedding *embedding,
                          limn_weights *weights,
                          int in,
                          int out)
{
  limn_weights_push (weights, "time_embedding");
  limn_linear_load (&embedding->linear_1, weights, "linear_1", out, in, true);
  limn_linear_load (&embedding->linear_2, weights, "linear_2", out, out, true);
  limn_weights_pop (weights);
}

limn_tensor
limn_time_embedding_forward (limn_pass *pass,
                             const struct limn_time_embedding *embedding,
                             limn_tensor sincos)
{
  limn_tensor time =
      limn_linear_forward (pass, &embedding->linear_1, sincos, LIMN_ACTIVATION_SILU, none);

  limn_replace (pass, &time,
                limn_linear_forward (pass, &embedding->linear_2, time, LIMN_ACTIVATION_SILU, none));
  return time;
}

void
limn_timestep_embedding (
    float *out, int n, const float *timesteps, int channels, bool flip, double shift)
{
  int half = channels / 2;
  int sin_at = flip ? half : 0, cos_at = flip ? 0 : half;

  for (int i = 0; i < n; i++, out += channels) {
    /* An odd width ends in a zero. */
    out[channels - 1] = 0;
    for (int j = 0; j < half; j++) {
      float exponent = (float) -log (10000.0) * (float) j / (float) (half - shift);
      float angle = timesteps[i] * expf (exponent);
      out[sin_at + j] = sinf (angle);
      out[cos_at + j] = cosf (angle);
    }
  }
}
