/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "limn.h"
#include "pipeline/prompt.h"

/* Prompts as keyframes: what the networks see between two of them is interpolated. */
typedef struct limn_prompt_track limn_prompt_track;

/* Encodes @n prompts at the frames @frames, which rise; NULL is empty. LIMN_ERROR_CANCELLED or
 * what limn_prompt_encode() says. */
limn_prompt_track *limn_prompt_track_new (limn_prompt_encoder *encoder,
                                          const int *frames,
                                          const char *const *prompts,
                                          int n,
                                          bool plain,
                                          GCancellable *cancellable,
                                          GError **error);
void limn_prompt_track_free (limn_prompt_track *track);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_prompt_track, limn_prompt_track_free)

/* The most chunks that one of its prompts takes. */
int limn_prompt_track_chunks (const limn_prompt_track *track);
/* Brings all prompts to @chunks by empty ones, so that prompts of unequal length can be mixed; at
 * least as many as there are. */
bool limn_prompt_track_pad (limn_prompt_track *track,
                            int chunks,
                            GCancellable *cancellable,
                            GError **error);
/* [chunks * tokens, width] of frame @frame: that of a keyframe, or what lies between its
 * neighbours. After limn_prompt_track_pad(). */
void limn_prompt_track_at (const limn_prompt_track *track, int frame, float *out);
