/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* What CLIP's tokenizer does to a text before byte-pair encoding. */

/* NFC, runs of white space as one space, lower case. @text is valid UTF-8, @length in bytes. The
 * caller frees the result. */
char *limn_text_normalize (const char *text, gsize length);

/* Walks over the words of a normalised text, which must outlive the walk: contractions ('s, 'll,
 * ...), runs of letters, single digits, runs of anything else but white space. */
struct limn_words {
  const char *at, *end;
  const char *stop; /* end of a spelled-out mark such as "<|endoftext|>"; no word reaches over it */
};

void limn_words_init (struct limn_words *words, const char *text, gsize length);
/* False at the end. @word is borrowed from the text and @length in bytes. */
bool limn_words_next (struct limn_words *words, const char **word, gsize *length);
