/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "limn.h"

/* How a picture was made, so that it can be made again. A PNG carries it twice: as a text that
 * other programs read (recipe-text.h), and complete in a chunk of our own (recipe-json.h). */

#define LIMN_RECIPE_KEY "limn"        /* iTXt, JSON */
#define LIMN_RECIPE_TEXT "parameters" /* as A1111's web UI writes it */

/* Weights on the disk. */
struct limn_recipe_file {
  const char *type; /* of a ControlNet; NULL for the model and LoRAs */
  const char *path; /* as limn_recipe_path_to_text() gives it; NULL for a ControlNet that is in
                       the model's folder */
  const char *name; /* the last part of the path */
  const char *fingerprint; /* limn_recipe_fingerprint(), or NULL where it is not known */
};

struct limn_recipe_lora {
  struct limn_recipe_file file;
  float strength; /* -10 to 10 */
};

typedef struct limn_recipe limn_recipe;

struct limn_recipe {
  /* All that decides on the pixels but for the weights; @preview and the event stay zero. A
   * strength of 0, and a size of 0, say nothing. */
  struct limn_generate_params params;
  bool has_seed;
  struct limn_recipe_file model;
  const struct limn_recipe_file *controlnets; /* one for every type that @params.controls has */
  gsize n_controlnets;
  const struct limn_recipe_lora *loras;
  gsize n_loras;
  int prediction; /* a limn_prediction, or -1 for what the model says */
  limn_precision precision;
  const char *device; /* its name, for reading only; or NULL */

  /* What a foreign text asks for and Limn cannot do; never NULL after reading. */
  const char *unknown_sampler; /* NULL, or its name: @params.sampler means nothing */
  GPtrArray *unused;           /* of char *: phrases for one line */
  bool complete;               /* it was ours */

  /* What a recipe that was read owns; NULL in one that is put together for writing. */
  GStringChunk *strings;
  GPtrArray *images;
  GArray *owned_controls, *owned_guides, *owned_controlnets, *owned_loras;
};

/* With the defaults of `limn generate`. */
limn_recipe *limn_recipe_new (void);
void limn_recipe_free (limn_recipe *recipe);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_recipe, limn_recipe_free)

/* From a PNG (our chunk if there is one, else "parameters"), from the metadata of a film, or from a
 * text file with what A1111 writes. LIMN_ERROR_FILE, or FORMAT with a sentence that says what the
 * file has instead. */
limn_recipe *limn_recipe_load (const char *path, GError **error);
/* The same from memory, without films; @name stands in messages. */
limn_recipe *limn_recipe_decode (const void *bytes, gsize size, const char *name, GError **error);

/* Adds to @recipe->unused. */
void limn_recipe_unused (limn_recipe *recipe, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* --- weights --- */

/* A path for a recipe that may travel: absolute, with "~/" for the home folder and "limn:" for
 * Limn's own data. And back. The caller frees them. */
char *limn_recipe_path_to_text (const char *path);
char *limn_recipe_path_from_text (const char *text);

/* Tells weights from others without reading all of them: SHA-256 over the name and size of each
 * file (of a folder: .json, .safetensors and .txt in it and in text_encoder/, tokenizer/, unet/,
 * vae/ and scheduler/), and its bytes: all of them up to 1 MiB; of longer ones the first and the
 * last 256 KiB, and 64 pieces of 4 KiB spread evenly between. In hexadecimal; the caller frees it.
 */
char *limn_recipe_fingerprint (const char *path, GError **error);

/* Whether the weights at @path are those of @file, a "LoRA", "model" or "ControlNet" by @kind;
 * @recipe_path is where the recipe stands. The sentence says what differs and which option helps.
 */
bool limn_recipe_check_file (const struct limn_recipe_file *file,
                             const char *kind,
                             const char *path,
                             const char *recipe_path,
                             GError **error);
