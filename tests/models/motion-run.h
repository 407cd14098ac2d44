/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* One evaluation of a small UNet with motion modules, and the names of AnimateDiff's own files. */

#include "models/unet.h"
#include "motion-golden.h"

#define MOTION_SIDE 8
#define MOTION_TOKENS 9
#define MOTION_CONTEXT 32
#define MOTION_MAX_CLIPS 2

struct motion_case {
  const char *name, *adapter, *unet; /* of its inputs, of the motion modules, in tests/golden */
  int clips, frames;
  float timesteps[MOTION_MAX_CLIPS];
  int places, positions;
};

struct motion_run {
  const struct motion_case *test;
  limn_unet *unet;
  limn_motion *motion;
  struct limn_unet_inputs inputs;
  limn_tensor out; /* [clips * frames, MOTION_SIDE, MOTION_SIDE, 4] */
};

/* Inputs of clips * frames pictures, each with the timestep of its clip. */
struct limn_unet_inputs motion_inputs_new (limn_device *device,
                                           const struct motion_case *test,
                                           const struct limn_unet_config *config);
void motion_inputs_free (limn_device *device, struct limn_unet_inputs *inputs);

/* @adapter: the path of the motion modules; LoRAs for those and for the UNet. */
void motion_run_begin (struct motion_run *run,
                       limn_device *device,
                       const struct motion_case *test,
                       const char *adapter,
                       const struct limn_lora_use *motion_loras,
                       gsize n_motion_loras,
                       const struct limn_lora_use *unet_loras,
                       gsize n_unet_loras);
void motion_run_end (struct motion_run *run, limn_device *device);
/* A limn_forward_func; @data is the run. */
void motion_run_forward (limn_pass *pass, gpointer data);

/* A path in tests/golden; freed by the caller. */
char *motion_source_path (const char *name);
/* Each a motion_rename, from diffusers' names: AnimateDiff's own; and what kohya-ss's scripts make
 * of "MODULE.down", "MODULE.up" and "MODULE.alpha". */
char *motion_original_name (const char *name);
char *motion_kohya_name (const char *name);
