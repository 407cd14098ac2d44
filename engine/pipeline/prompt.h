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

/* Every prompt becomes this many tokens, each of limn_clip_width() floats. */
int limn_prompt_encoder_tokens (const limn_prompt_encoder *encoder);

/* @n prompts, 1 or 2, to [n, tokens, 1, width] on the host, freed by the caller. @dropped, when not
 * NULL, gets how many tokens of each did not fit. */
float *limn_prompt_encode (limn_prompt_encoder *encoder,
                           const char *const *prompts,
                           int n,
                           int *dropped,
                           GCancellable *cancellable,
                           GError **error);
