/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "models/attention.h"

/* CLIP's text encoder, arXiv:2103.00020: transformers' CLIPTextModel. */
typedef struct limn_clip limn_clip;

limn_clip *limn_clip_load (limn_device *device, const char *path, GError **error);
/* The same with LoRAs added to its weights, as far as they have any for it. */
limn_clip *limn_clip_load_with (limn_device *device,
                                const char *path,
                                const struct limn_lora_use *loras,
                                gsize n_loras,
                                GError **error);
void limn_clip_free (limn_clip *clip);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_clip, limn_clip_free)
int limn_clip_width (const limn_clip *clip);      /* hidden_size */
int limn_clip_positions (const limn_clip *clip);  /* the longest sequence */
int limn_clip_vocabulary (const limn_clip *clip); /* ids are below this */

/* ids: [n, tokens, 1, 1] i32 -> last hidden state after the final norm, [n, tokens, 1, width] */
limn_tensor limn_clip_forward (limn_pass *pass, const limn_clip *clip, limn_tensor ids);
