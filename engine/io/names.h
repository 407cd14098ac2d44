/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* The names that Stable Diffusion's own code, OpenCLIP and ControlNet's give to tensors, turned
 * into those of diffusers, which Limn's models ask for. */

typedef enum {
  LIMN_PART_TEXT_ENCODER,
  LIMN_PART_UNET,
  LIMN_PART_VAE,
  LIMN_PART_CONTROLNET,
  LIMN_N_PARTS,
} limn_part;

/* "text encoder", "unet", "autoencoder", "ControlNet" */
extern const char *const limn_part_names[];

/* Whether the file has a tensor of that name. */
typedef bool (*limn_names_has) (gconstpointer file, const char *name);

/* One way to write the tensors of one part. */
struct limn_layout;

/* The layouts that a file is written in, at most one a part; NULL for a part that it has not. A
 * file without any of the prefixes that stand for parts is one part alone. */
void limn_names_detect (const struct limn_layout *layouts[LIMN_N_PARTS],
                        limn_names_has has,
                        gconstpointer file);

limn_part limn_layout_part (const struct limn_layout *layout);
/* OpenCLIP's names, which come with a text encoder of Stable Diffusion 2.x. */
bool limn_layout_is_open_clip (const struct limn_layout *layout);

/* A layout with what the numbers in the names of this file mean. */
typedef struct limn_names limn_names;

limn_names *
limn_names_new (const struct limn_layout *layout, limn_names_has has, gconstpointer file);
void limn_names_free (limn_names *names);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_names, limn_names_free)

/* The diffusers name of the tensor @name, NULL for one that is not of this part or that no model
 * needs. OpenCLIP's in_proj_weight and in_proj_bias stay as they are behind their diffusers prefix.
 * The caller frees it. */
char *limn_names_translate (const limn_names *names, const char *name);
