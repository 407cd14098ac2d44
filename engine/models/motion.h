/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "models/attention.h"
#include "models/unet_config.h"

/* Motion modules as in AnimateDiff (arXiv:2307.04725): after each pair of resnet and attention of a
 * UNet a transformer in which every position of the picture attends to itself in the other frames.
 * The n of such a UNet's feature maps is clips times frames, the frames of a clip side by side. */
typedef struct limn_motion limn_motion;

enum limn_motion_part { LIMN_MOTION_DOWN, LIMN_MOTION_MID, LIMN_MOTION_UP, LIMN_N_MOTION_PARTS };

#define LIMN_MOTION_MAX_POSITIONS 1024

struct limn_motion_config {
  int n_blocks;
  int channels[LIMN_UNET_MAX_BLOCKS];
  int layers[LIMN_UNET_MAX_BLOCKS]; /* modules of a down block; up blocks have one more */
  int transformer_layers;           /* in each module */
  int heads, groups;
  int positions;     /* the most frames of a clip: 24 in v1, 32 in v2 and v3 */
  bool mid, up;      /* a module in the middle block; modules in the up blocks */
  bool scaled_betas; /* made for the betas of the UNet, not for linear ones as AnimateDiff's are */
};

/* @path is a folder in the layout of diffusers' MotionAdapter, or one .safetensors file with
 * AnimateDiff's own names or diffusers'. MotionLoRAs are added to the weights; those by frame stand
 * beside them, and want limn_motion_set_lines() before any pass. LIMN_ERROR_MODEL or
 * LIMN_ERROR_FORMAT. */
limn_motion *limn_motion_load (limn_device *device,
                               const char *path,
                               const struct limn_lora_use *loras,
                               gsize n_loras,
                               GError **error);
void limn_motion_free (limn_motion *motion);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_motion, limn_motion_free)
const struct limn_motion_config *limn_motion_get_config (const limn_motion *motion);
/* How many transformers there are: 20 in v1 and v3, 21 in v2. */
int limn_motion_places (const limn_motion *motion);

/* The strengths of LoRAs by frame, which are numbered as limn_motion_load() got them all. */
gsize limn_motion_loras (const limn_motion *motion);
bool limn_motion_is_by_frame (const limn_motion *motion, gsize lora);
/* Makes room for passes of @lines lines, clips times frames times the positions of the latents, and
 * gives every frame the strength that the LoRA was loaded with. Passes recorded before are void. */
bool limn_motion_set_lines (limn_motion *motion, gsize lines, GError **error);
/* @strengths: [frames], those of a window, for a LoRA by frame. Nothing is recorded anew. */
bool limn_motion_set_strengths (
    limn_motion *motion, gsize lora, const float *strengths, int frames, GError **error);

/* For networks that have such modules among their own weights: from the loader's current prefix.
 * The tensors belong to the loader's list; @motion, which limn_motion_free() frees, must go before
 * that. NULL with @error, while the loader's own failure stays in the loader. */
limn_motion *limn_motion_load_from (limn_weights *weights,
                                    limn_device *device,
                                    const struct limn_motion_config *config,
                                    GError **error);

/* Whether it fits a UNet of @unet's sizes; @name stands for it in the message. */
bool limn_motion_check (const limn_motion *motion,
                        const struct limn_unet_config *unet,
                        const char *name,
                        GError **error);

/* Replaces *@x, [clips * frames, h, w, c], by what the module after layer @layer of block @block
 * makes of it. Does nothing where there is none, or where @motion is NULL. */
void limn_motion_apply (limn_pass *pass,
                        const limn_motion *motion,
                        enum limn_motion_part part,
                        int block,
                        int layer,
                        int frames,
                        limn_tensor *x);
