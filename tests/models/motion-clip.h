/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Clips of the starter model with random motion modules, small enough for tests. */

#include "motion-golden.h"

#define CLIP_SIZE 32 /* pixels a side */
#define CLIP_FRAMES 24
#define CLIP_LATENTS (CLIP_SIZE / 8 * CLIP_SIZE / 8 * 4)

/* Set by begin: where weights are written, and the motion modules there. */
extern char *clip_folder, *clip_modules;

void clip_begin (void);
void clip_end (void);

#define CLIP_N_PROMPTS 3
extern const struct limn_prompt_key clip_prompts[];

struct limn_generate_params clip_base (void);
struct limn_animate_params clip_params (const struct limn_generate_params *base);

/* Without motion modules where @motion is NULL. */
limn_model *clip_open_with (limn_device *device, const struct limn_motion_params *motion);
limn_model *clip_open (limn_device *device, bool motion);

struct clip {
  int frames; /* that were told of */
  int next;
  float latents[CLIP_FRAMES * CLIP_LATENTS];
  guint64 pictures[CLIP_FRAMES]; /* a number that stands for the pixels: FNV-1a */
};

/* Freed by the caller. */
struct clip *clip_run (limn_model *model, struct limn_animate_params params);

/* A MotionLoRA by frame, in the first attention of all modules of the starter's; its path, freed by
 * the caller. */
char *clip_frame_lora (void);
