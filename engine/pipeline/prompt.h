/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "models/clip.h"
#include "text/tokenizer.h"

/* Prompts to what the UNet's cross attention sees. */
typedef struct limn_prompt_encoder limn_prompt_encoder;

/* Borrows all three. */
limn_prompt_encoder *limn_prompt_encoder_new (limn_device *device,
                                              const limn_clip *clip,
                                              const limn_tokenizer *tokenizer);
void limn_prompt_encoder_free (limn_prompt_encoder *encoder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_prompt_encoder, limn_prompt_encoder_free)

/* The tokens of one chunk, each of limn_clip_width() floats. */
int limn_prompt_encoder_tokens (const limn_prompt_encoder *encoder);
int limn_prompt_encoder_width (const limn_prompt_encoder *encoder);

/* @n prompts, 1 or 2, to [n, chunks * tokens, 1, width] on the host, freed by the caller. All are
 * brought to the same number of chunks, which @chunks gets. Weights are applied as A1111 does it:
 * a token's embedding times its weight, then the chunk brought back to the mean that it had.
 * @plain: the texts have no syntax. LIMN_ERROR_ARGUMENT when a weight is too large to be finite. */
float *limn_prompt_encode (limn_prompt_encoder *encoder,
                           const char *const *prompts,
                           int n,
                           bool plain,
                           int *chunks,
                           GCancellable *cancellable,
                           GError **error);
