/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "../device.h"
#include "vk/command.h"
#include "vk/context.h"

/* The operators of ops.h as Vulkan does them; each lives in the .c file of its name. */
void limn_vk_conv2d (limn_pass *pass,
                     limn_tensor out,
                     limn_tensor x,
                     limn_tensor weight,
                     const struct limn_conv2d_params *params);
void limn_vk_linear (limn_pass *pass,
                     limn_tensor out,
                     limn_tensor x,
                     limn_tensor weight,
                     const struct limn_linear_params *params);
void limn_vk_attention (limn_pass *pass,
                        limn_tensor out,
                        limn_tensor q,
                        limn_tensor k,
                        limn_tensor v,
                        const struct limn_attention_params *params);
void limn_vk_group_norm (limn_pass *pass,
                         limn_tensor out,
                         limn_tensor x,
                         limn_tensor scratch,
                         const struct limn_group_norm_params *params);
void limn_vk_layer_norm (limn_pass *pass,
                         limn_tensor out,
                         limn_tensor x,
                         const struct limn_layer_norm_params *params);
void limn_vk_activate (limn_pass *pass, limn_tensor out, limn_tensor x, limn_activation activation);
void limn_vk_add (limn_pass *pass,
                  limn_tensor out,
                  limn_tensor x,
                  limn_tensor y,
                  const struct limn_add_params *params);
void limn_vk_concat (limn_pass *pass, limn_tensor out, limn_tensor x, limn_tensor y);
void limn_vk_transpose (limn_pass *pass, limn_tensor out, limn_tensor x);
void limn_vk_geglu (limn_pass *pass, limn_tensor out, limn_tensor x);
void limn_vk_embedding (
    limn_pass *pass, limn_tensor out, limn_tensor table, limn_tensor position, limn_tensor ids);
void limn_vk_copy_tensor (limn_pass *pass, limn_tensor out, limn_tensor x);

/* A weight in the order that the matrix shaders read: [out / 4][kh kw][in][4], both channel counts
 * filled up with zeros to a multiple of 4, so that a block of four outputs is one contiguous
 * stream. Embeddings and vectors stay as they are. */
gsize limn_vk_weight_bytes (limn_weight_kind kind, limn_tensor weight);
bool limn_vk_weight_write (struct limn_vk *vk,
                           limn_weight_kind kind,
                           limn_tensor weight,
                           limn_dtype dtype,
                           const void *src,
                           GError **error);

/* Elements @first to @first + @count of a tensor as a binding. The binding begins at the aligned
 * place before; *@shift elements lie between. */
struct limn_vk_binding
limn_vk_window (limn_tensor tensor, gsize first, gsize count, bool write, gint32 *shift);

/* The whole tensor; a null tensor is replaced by @instead, since every binding that a shader names
 * must be bound. */
struct limn_vk_binding limn_vk_whole (limn_tensor tensor, bool write);
struct limn_vk_binding limn_vk_optional (limn_tensor tensor, limn_tensor instead);

/* How many elements of @tensor one binding may hold, the shift included. */
gsize limn_vk_range_elements (struct limn_vk *vk, limn_tensor tensor);

/* Work groups for @count invocations in groups of 64, spread over x and y; shaders/common.glsl has
 * the way back. */
void limn_vk_linear_groups (gsize count, guint32 groups[3]);
