/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Low-rank changes of linear layers (arXiv:2106.09685) that are added to the weights while those
 * are loaded: AnimateDiff's MotionLoRA and domain adapter, as their authors and as diffusers write
 * them. Names of modules are diffusers', or those of AnimateDiff's own files. */
typedef struct limn_lora limn_lora;

/* A .safetensors file, or a folder with pytorch_lora_weights.safetensors. LIMN_ERROR_MODEL when
 * nothing in it is a LoRA, or half of a pair is missing. */
limn_lora *limn_lora_open (const char *path, GError **error);
void limn_lora_free (limn_lora *lora);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_lora, limn_lora_free)

/* One that goes into a model. */
struct limn_lora_use {
  limn_lora *lora; /* borrowed */
  float strength;  /* 0 changes nothing */
};

/* Whether it changes the layer whose weight has the name @weight ("....to_q.weight"). */
bool limn_lora_has (const limn_lora *lora, const char *weight);
/* @values, [out, in], += strength up down; NULL: only the shape is checked. LIMN_ERROR_MODEL when
 * the shape is another one. */
bool limn_lora_merge (limn_lora *lora,
                      const char *weight,
                      float strength,
                      float *values,
                      int out,
                      int in,
                      GError **error);
/* LIMN_ERROR_MODEL when no layer of what was loaded with it has one of its names; @what stands for
 * that in the message. */
bool limn_lora_check_used (const limn_lora *lora, const char *what, GError **error);
