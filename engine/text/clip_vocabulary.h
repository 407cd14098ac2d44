/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "text/bpe.h"

/* CLIP's own vocabulary, 49,408 tokens, from the list of merges that OpenAI published
 * (bpe_simple_vocab_16e6.txt.gz): the characters that stand for bytes, the same at the end of a
 * word, what the first 48,894 merges make, and the two marks. LIMN_ERROR_FILE or FORMAT. */
limn_bpe *limn_text_read_clip_bpe (const char *path, GError **error);
