/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "tensor.h"

/* Low-rank changes of linear layers and convolutions (arXiv:2106.09685), W + strength alpha / rank
 * up down: AnimateDiff's MotionLoRA and domain adapter, and LoRAs for pictures. Names of modules
 * are diffusers' and PEFT's, those of AnimateDiff's own files, or kohya-ss's, which have
 * underscores in place of all dots. */
typedef struct limn_lora limn_lora;

/* A .safetensors file, or a folder with pytorch_lora_weights.safetensors. LIMN_ERROR_MODEL when
 * nothing in it is a LoRA, half of a pair is missing, or it is of a kind with more factors. */
limn_lora *limn_lora_open (const char *path, GError **error);
void limn_lora_free (limn_lora *lora);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_lora, limn_lora_free)

/* One that goes into a model. */
struct limn_lora_use {
  limn_lora *lora; /* borrowed */
  float strength;  /* 0 changes nothing */
  bool by_frame;   /* of motion modules: not merged, @strength is that of frames with no other */
};

/* Whether it changes the layer whose weight has the name @weight ("....to_q.weight"). The others
 * below want one that it does change; @layer has the shape of that weight, n = out, c = in. */
bool limn_lora_has (const limn_lora *lora, const char *weight);

/* The change is up down. */
struct limn_lora_factors {
  int rank;
  float *down, *up; /* [rank, in, kh, kw], [out, rank], this one times alpha / rank; owned */
};

/* Without @values rank and shape alone are looked at. LIMN_ERROR_MODEL when the shape is another
 * one, or a value is no number. */
bool limn_lora_factors (limn_lora *lora,
                        const char *weight,
                        limn_tensor layer,
                        struct limn_lora_factors *factors,
                        bool values,
                        GError **error);
void limn_lora_factors_clear (struct limn_lora_factors *factors);
/* @values, [out, in, kh, kw], += strength up down; NULL: only the shape is checked. Errors as
 * above. */
bool limn_lora_merge (limn_lora *lora,
                      const char *weight,
                      limn_tensor layer,
                      float strength,
                      float *values,
                      GError **error);

/* Whether a layer of what was loaded with it has one of its names; other names in it are passed
 * over. */
bool limn_lora_is_used (const limn_lora *lora);
/* LIMN_ERROR_MODEL when none has; @what stands for that in the message. */
bool limn_lora_check_used (const limn_lora *lora, const char *what, GError **error);
