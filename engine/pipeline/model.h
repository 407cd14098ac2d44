/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "device.h"
#include "io/checkpoint.h"
#include "limn.h"
#include "models/clip.h"
#include "models/controlnet.h"
#include "models/unet.h"
#include "models/vae.h"
#include "pipeline/denoise.h"
#include "pipeline/latent-rgb.h"
#include "pipeline/prompt.h"
#include "samplers/schedule.h"
#include "text/tokenizer.h"

/* The inside of a limn_model: the parts of a diffusers folder, and what generations keep for the
 * next one, so that a second picture of the same size needs no new memory. */
struct limn_model {
  limn_device *device; /* borrowed */
  char *path;
  limn_tokenizer *tokenizer;
  limn_clip *clip;
  limn_unet *unet;
  limn_vae *vae;
  struct limn_schedule schedule;
  GHashTable *controls; /* owned type -> owned limn_controlnet */

  limn_motion *motion; /* NULL: none was asked for */
  bool adapted;        /* the UNet has LoRAs in it */
  bool text_adapted;   /* and the text encoder */

  limn_prompt_encoder *prompts;
  limn_denoiser *denoiser;     /* NULL before the first generation */
  limn_latent_rgb *latent_rgb; /* NULL before it is first asked for */
  double decode_seconds;       /* of the decoder, a pixel, at its best; 0 before its first time */
};

/* Whether its UNet takes a mask and a masked picture beside the latents. */
bool limn_model_is_inpainting (const limn_model *model);

/* The ControlNet at @path, or, when that is NULL, the one of that type, from controlnet-TYPE/
 * unless another was added; loaded when it is not there yet. Borrowed. */
limn_controlnet *
limn_model_get_control (limn_model *model, const char *type, const char *path, GError **error);

/* The map from latents to colours, fitted when it is first asked for. Borrowed. */
const limn_latent_rgb *
limn_model_get_latent_rgb (limn_model *model, GCancellable *cancellable, GError **error);

/* Notes how long the decoder took for a picture of that size. */
void limn_model_decoded (limn_model *model, int width, int height, double seconds);

/* What a model in one file lacks: CLIP's vocabulary, which Limn comes with. */
limn_tokenizer *limn_model_load_clip_tokenizer (const limn_checkpoint *file, GError **error);
