/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "device.h"
#include "io/config.h"
#include "io/names.h"
#include "io/safetensors.h"
#include "models/lora.h"

/* The weights of one model part on their way from a file to a device. The getters
 * look a tensor up by name, check its shape and type, and upload it. The first failure is kept:
 * from then on null tensors are returned, so that a model loads all of its parts in a row and asks
 * once, by limn_weights_finish(). What was loaded is owned by the loader's list, which
 * limn_weights_finish() hands to the model. */
typedef struct limn_weights limn_weights;

/* What a model owns: a list of tensors, freed together. */
typedef struct limn_weight_list limn_weight_list;

/* @path is a part of a diffusers folder, as unet/, or a file that has @part in it. In a folder
 * takes the first there is of diffusion_pytorch_model.safetensors, model.safetensors and their
 * .fp16 variants. Names are diffusers' whatever the file's own are. */
limn_weights *
limn_weights_open (limn_device *device, const char *path, limn_part part, GError **error);
/* The same for a file or folder whose names are taken as they are, which is no model by itself. */
limn_weights *limn_weights_open_plain (limn_device *device, const char *path, GError **error);
/* LoRAs that are added to the weights got from here on. Borrowed until limn_weights_finish().
 * @strengths, NULL or [n], are those of limn_low_rank for the ones by frame; without them they are
 * merged like the others. */
void limn_weights_set_loras (limn_weights *weights,
                             const struct limn_lora_use *loras,
                             gsize n,
                             const limn_tensor *strengths);
/* That file in the folder of a part; NULL with @error where there is none. The caller frees it. */
char *limn_weights_find (const char *folder, GError **error);
/* The settings of that part: config.json of the folder, or what the file tells by itself. */
limn_config *limn_weights_config (const char *path, limn_part part, GError **error);

/* Later names are looked up as PREFIX.NAME; dots are added. Push and pop nest. */
void limn_weights_push (limn_weights *weights, const char *format, ...) G_GNUC_PRINTF (2, 3);
void limn_weights_pop (limn_weights *weights);

/* Whether PREFIX.@name is in the file. */
bool limn_weights_has (limn_weights *weights, const char *name);
/* What the file says of PREFIX.@name, NULL where there is none. */
const struct limn_safetensors_entry *limn_weights_entry (limn_weights *weights, const char *name);

/* [out, in, kh, kw] in the file */
limn_tensor
limn_weights_conv (limn_weights *weights, const char *name, int out, int in, int kh, int kw);
/* [out, in] in the file; [out, in, 1, 1] is taken too */
limn_tensor limn_weights_linear (limn_weights *weights, const char *name, int out, int in);
/* A LoRA that is no part of the weight beside which it stands: what goes in times down^T, each line
 * of it times a strength of its own, times up^T is added to what comes out. A line is [n, h] of
 * [n, h, w, c]. */
struct limn_low_rank {
  limn_tensor down, up; /* [rank, 1, 1, in], [out, 1, 1, rank] */
  /* [1, 1, 1, lines or more] f32, the strengths less 1; borrowed, and read by the forward function
   * alone, so that it may be made after loading. */
  const limn_tensor *strengths;
  const struct limn_low_rank *next;
};

/* Those of the linear layer whose weight, [out, in], was got by that name; NULL where there are
 * none. Owned by the loader's list. */
const struct limn_low_rank *
limn_weights_low_rank (limn_weights *weights, const char *name, int out, int in);
/* [rows, c] in the file */
limn_tensor limn_weights_embedding (limn_weights *weights, const char *name, int rows, int c);
/* [c] in the file */
limn_tensor limn_weights_vector (limn_weights *weights, const char *name, int c);

/* Frees the loader. Returns the list that owns all tensors got, or NULL with the first failure in
 * @error, with nothing left on the device. */
limn_weight_list *limn_weights_finish (limn_weights **weights, GError **error);
void limn_weight_list_free (limn_weight_list *list);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_weight_list, limn_weight_list_free)
