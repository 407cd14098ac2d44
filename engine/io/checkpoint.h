/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "io/config.h"
#include "io/names.h"
#include "io/safetensors.h"

/* A file of weights, .safetensors or .gguf, as the parts that are in it, each with diffusers' names
 * whatever names the file has. Tensors are described as those of a .safetensors file; a quantised
 * one is of type NONE, and limn_checkpoint_dequantize() gives its values. */
typedef struct limn_checkpoint limn_checkpoint;

/* One file of a model: a whole one, or one part alone. LIMN_ERROR_FILE for what is neither kind of
 * file, with the reason where that is a pickle (.ckpt, .pt, .pth, .bin). A file in which no part is
 * found opens, too. */
limn_checkpoint *limn_checkpoint_open (const char *path, GError **error);
/* The file of one part in a diffusers folder: its names are taken as they are. */
limn_checkpoint *limn_checkpoint_open_part (const char *path, limn_part part, GError **error);
void limn_checkpoint_free (limn_checkpoint *checkpoint);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_checkpoint, limn_checkpoint_free)

const char *limn_checkpoint_path (const limn_checkpoint *checkpoint);
bool limn_checkpoint_has_part (const limn_checkpoint *checkpoint, limn_part part);
/* Whether the text encoder has OpenCLIP's names, as that of Stable Diffusion 2.x. */
bool limn_checkpoint_is_open_clip (const limn_checkpoint *checkpoint);
/* By diffusers' name; NULL when there is none. Its own @name is what the file says. */
const struct limn_safetensors_entry *
limn_checkpoint_find (const limn_checkpoint *checkpoint, limn_part part, const char *name);
/* All of the file, needed or not. */
const struct limn_safetensors_entry *limn_checkpoint_entries (const limn_checkpoint *checkpoint,
                                                              gsize *count);
/* @size bytes at @data, a place inside an entry's data. LIMN_ERROR_FILE where reading the mapping
 * would end the program: when the file was shortened meanwhile. */
bool limn_checkpoint_read (
    const limn_checkpoint *checkpoint, const void *data, gsize size, void *buffer, GError **error);
/* Has the system read all tensors ahead, in the order of the file, while the first ones are worked
 * on. */
void limn_checkpoint_will_read (const limn_checkpoint *checkpoint);
/* A tensor by the file's own name. */
bool limn_checkpoint_has (const limn_checkpoint *checkpoint, const char *name);
const char *limn_checkpoint_metadata (const limn_checkpoint *checkpoint, const char *key);
bool limn_checkpoint_is_gguf (const limn_checkpoint *checkpoint); /* else .safetensors */

/* "SDXL", "SD3", "Flux": models that share names with Stable Diffusion but not the form. NULL for
 * all others. */
const char *limn_checkpoint_foreign_family (const limn_checkpoint *checkpoint);
/* Sets LIMN_ERROR_FORMAT and returns false for those. */
bool limn_checkpoint_check_family (const limn_checkpoint *checkpoint, GError **error);

/* The config.json that @part would have in a diffusers folder, told from names, shapes and
 * metadata. LIMN_ERROR_MODEL where the part or a tensor that tells is missing. */
limn_config *
limn_checkpoint_config (const limn_checkpoint *checkpoint, limn_part part, GError **error);
/* Whether the metadata says so: modelspec.prediction_type. A file that says nothing predicts
 * epsilon, as far as anybody can tell. */
bool limn_checkpoint_is_v_prediction (const limn_checkpoint *checkpoint);

/* Whether limn_checkpoint_dequantize() knows the type. */
bool limn_checkpoint_is_quantized (const struct limn_safetensors_entry *entry);
/* @bytes are the entry's data; @values has room for all of its elements. */
void limn_checkpoint_dequantize (const struct limn_safetensors_entry *entry,
                                 const void *bytes,
                                 float *values);
