/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* CLIP's byte-pair tokenizer, exactly as transformers' CLIPTokenizer does it (without ftfy). */
typedef struct limn_tokenizer limn_tokenizer;

/* Reads vocab.json, merges.txt and, where present, tokenizer_config.json and
 * special_tokens_map.json from @folder. */
limn_tokenizer *limn_tokenizer_load (const char *folder, GError **error);
/* CLIP's own vocabulary: @path is bpe_simple_vocab_16e6.txt.gz. OpenCLIP, and with it Stable
 * Diffusion 2.x, pads with the id 0, CLIP itself with the end mark. */
limn_tokenizer *limn_tokenizer_load_clip (const char *path, bool open_clip, GError **error);
void limn_tokenizer_free (limn_tokenizer *tokenizer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_tokenizer, limn_tokenizer_free)

int limn_tokenizer_bos (const limn_tokenizer *tokenizer);
int limn_tokenizer_eos (const limn_tokenizer *tokenizer);
int limn_tokenizer_pad (const limn_tokenizer *tokenizer);
/* model_max_length, 77 where the files do not say. */
int limn_tokenizer_max_length (const limn_tokenizer *tokenizer);

/* The ids of @text without begin and end marks. @text is UTF-8; broken bytes count as U+FFFD. */
GArray *limn_tokenizer_encode (const limn_tokenizer *tokenizer, const char *text); /* of gint32 */
