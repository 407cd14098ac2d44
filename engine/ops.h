/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pass.h"
#include "tensor.h"

/* The operators that all models are written in. Each checks shapes (a wrong shape is a programmer
 * error and asserts), takes its output from the pass's arena and hands the work to the device.
 * Activations are NHWC in the device's storage type; sums and norms are computed in f32. Weights
 * come from limn_weights_*() and are in the device's own order. Parameter structs: zero means the
 * default, a null tensor means none. */

typedef enum {
  LIMN_ACTIVATION_NONE,
  LIMN_ACTIVATION_RELU,
  LIMN_ACTIVATION_SILU,       /* x sigmoid(x) */
  LIMN_ACTIVATION_GELU,       /* x Phi(x), by erf */
  LIMN_ACTIVATION_QUICK_GELU, /* x sigmoid(1.702 x), CLIP's */
  LIMN_ACTIVATION_SOFT_CLAMP, /* 3 tanh(x / 3), before AutoencoderTiny's decoder */
  LIMN_N_ACTIVATIONS,
} limn_activation;

/* out = activation (conv (resize (x)) + bias + channel_add + residual) */
struct limn_conv2d_params {
  limn_tensor bias;        /* [1, 1, 1, out] f32 */
  limn_tensor channel_add; /* [n, 1, 1, out]: the time embedding, added at every position */
  limn_tensor residual;    /* as the output */
  limn_activation activation;
  int stride;             /* 0 means 1 */
  int pad_begin, pad_end; /* zeros above and left, below and right */
  int resize_h, resize_w; /* x is read as if resized to this by nearest neighbour; 0: as it is */
};

/* x: [n, h, w, in], weight: [out, kh, kw, in] -> [n, (h + pads - kh) / stride + 1, ..., out] */
limn_tensor limn_conv2d (limn_pass *pass,
                         limn_tensor x,
                         limn_tensor weight,
                         const struct limn_conv2d_params *params);

/* out = activation (x weight^T + bias + residual) */
struct limn_linear_params {
  limn_tensor bias;     /* [1, 1, 1, out] f32 */
  limn_tensor residual; /* as the output */
  limn_activation activation;
};

/* x: [n, h, w, in], weight: [out, 1, 1, in] -> [n, h, w, out] */
limn_tensor limn_linear (limn_pass *pass,
                         limn_tensor x,
                         limn_tensor weight,
                         const struct limn_linear_params *params);

struct limn_attention_params {
  int heads;
  bool causal; /* a query sees the keys up to its own position only */
};

/* softmax (q k^T / sqrt (d)) v by head, d = c / heads, without the whole score matrix in memory
 * (online softmax, arXiv:2112.05682).
 * q: [n, tokens, 1, c]; k, v: [n, keys, 1, c] -> as q */
limn_tensor limn_attention (limn_pass *pass,
                            limn_tensor q,
                            limn_tensor k,
                            limn_tensor v,
                            const struct limn_attention_params *params);

struct limn_group_norm_params {
  limn_tensor scale, shift; /* [1, 1, 1, c] f32 */
  int groups;               /* divides c */
  float epsilon;
  limn_activation activation;
  /* Null, or mean and 1 / deviation of each group to use in place of x's own: where x is a part of
   * a picture. [1, groups, LIMN_GROUP_NORM_PARTS, 2] f32, of which the first part is read; n is 1.
   */
  limn_tensor statistics;
};

/* arXiv:1803.08494; mean and variance over positions and the channels of a group. */
limn_tensor
limn_group_norm (limn_pass *pass, limn_tensor x, const struct limn_group_norm_params *params);

struct limn_layer_norm_params {
  limn_tensor scale, shift; /* [1, 1, 1, c] f32 */
  float epsilon;
};

/* Mean and variance over the channels of each position. */
limn_tensor
limn_layer_norm (limn_pass *pass, limn_tensor x, const struct limn_layer_norm_params *params);

limn_tensor limn_activate (limn_pass *pass, limn_tensor x, limn_activation activation);

struct limn_add_params {
  limn_tensor scale; /* [1, 1, 1, k] f32: y is multiplied by scale[scale_index] */
  int scale_index;
  int scale_stride; /* not 0: picture i of x by scale[scale_index + i * scale_stride] */
};

/* x + scale y; both of one shape, or y with an n of 1, which is then added to every picture of x.
 * @params may be NULL. */
limn_tensor
limn_add (limn_pass *pass, limn_tensor x, limn_tensor y, const struct limn_add_params *params);

/* Joins along the channels: [n, h, w, a], [n, h, w, b] -> [n, h, w, a + b] */
limn_tensor limn_concat (limn_pass *pass, limn_tensor x, limn_tensor y);

/* Rows and columns change places: [n, h, w, c] -> [n, w, h, c] */
limn_tensor limn_transpose (limn_pass *pass, limn_tensor x);

/* The gate of arXiv:2002.05202: x: [n, h, w, 2 d] -> first half times gelu (second half) */
limn_tensor limn_geglu (limn_pass *pass, limn_tensor x);

/* table: [rows, 1, 1, c], position: [rows2, 1, 1, c] or null, ids: [n, tokens, 1, 1] i32
 * -> [n, tokens, 1, c] = table[id] + position[token]. An id outside the table reads as zero. */
limn_tensor
limn_embedding (limn_pass *pass, limn_tensor table, limn_tensor position, limn_tensor ids);

/* Copies @x into @dst, a tensor of the same shape and type: one outside the arena, or a view of one
 * inside it, whose contents change for what is recorded from here on. */
void limn_copy (limn_pass *pass, limn_tensor x, limn_tensor dst);

/* Bytes of scratch memory that an operator wants from the arena while it runs, for devices that
 * want some. They follow from the device, shapes and parameters alone: tensors may have no memory.
 * NULL: none. */
struct limn_device_scratch {
  gsize (*conv2d) (limn_device *device,
                   limn_tensor out,
                   limn_tensor x,
                   limn_tensor weight,
                   const struct limn_conv2d_params *params);
  gsize (*linear) (limn_device *device,
                   limn_tensor out,
                   limn_tensor x,
                   limn_tensor weight,
                   const struct limn_linear_params *params);
  gsize (*attention) (limn_device *device,
                      limn_tensor q,
                      limn_tensor k,
                      const struct limn_attention_params *params);
};

/* For devices that store a weight anew where an operator wants it in another order than it has: the
 * bytes of that, which for a moment are there beside the old ones; 0 where it stays as it is.
 * *@order is the order it has, 0 as long as it is that in which it was loaded, and gets the new
 * one. NULL: never. */
struct limn_device_reorder {
  gsize (*conv2d) (limn_device *device,
                   limn_tensor out,
                   limn_tensor x,
                   limn_tensor weight,
                   const struct limn_conv2d_params *params,
                   int *order);
  gsize (*linear) (limn_device *device,
                   limn_tensor out,
                   limn_tensor x,
                   limn_tensor weight,
                   const struct limn_linear_params *params,
                   int *order);
};

/* The table that a device fills: the same operators, outputs and scratch already allocated. */
struct limn_device_ops {
  void (*conv2d) (limn_pass *pass,
                  limn_tensor out,
                  limn_tensor x,
                  limn_tensor weight,
                  const struct limn_conv2d_params *params);
  void (*linear) (limn_pass *pass,
                  limn_tensor out,
                  limn_tensor x,
                  limn_tensor weight,
                  const struct limn_linear_params *params);
  void (*attention) (limn_pass *pass,
                     limn_tensor out,
                     limn_tensor q,
                     limn_tensor k,
                     limn_tensor v,
                     const struct limn_attention_params *params);
  /* scratch: [n, groups, LIMN_GROUP_NORM_PARTS, 2] f32 for partial sums; params->statistics where
   * there are such */
  void (*group_norm) (limn_pass *pass,
                      limn_tensor out,
                      limn_tensor x,
                      limn_tensor scratch,
                      const struct limn_group_norm_params *params);
  void (*layer_norm) (limn_pass *pass,
                      limn_tensor out,
                      limn_tensor x,
                      const struct limn_layer_norm_params *params);
  void (*activate) (limn_pass *pass, limn_tensor out, limn_tensor x, limn_activation activation);
  void (*add) (limn_pass *pass,
               limn_tensor out,
               limn_tensor x,
               limn_tensor y,
               const struct limn_add_params *params);
  void (*concat) (limn_pass *pass, limn_tensor out, limn_tensor x, limn_tensor y);
  void (*transpose) (limn_pass *pass, limn_tensor out, limn_tensor x);
  void (*geglu) (limn_pass *pass, limn_tensor out, limn_tensor x);
  void (*embedding) (
      limn_pass *pass, limn_tensor out, limn_tensor table, limn_tensor position, limn_tensor ids);
  void (*copy) (limn_pass *pass, limn_tensor out, limn_tensor x);
};

#define LIMN_GROUP_NORM_PARTS 32
