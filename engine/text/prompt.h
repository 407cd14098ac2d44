/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "text/tokenizer.h"

/* Prompts with weights, in the syntax of A1111's web UI:
 *
 *   (word)      weight 1.1; brackets nest, and weights multiply
 *   [word]      weight 1 / 1.1
 *   (word:1.2)  weight 1.2
 *   \( \) \[ \] \\  the character itself; any other backslash is dropped
 *   BREAK       what follows begins a new chunk, also inside brackets
 *
 * A bracket that is never closed lasts to the end, one that was never opened is text, and so is a
 * weight that is no number. */
struct limn_prompt_part {
  char *text; /* UTF-8; empty where it is a break */
  double weight;
  bool is_break;
};

/* At least one part, and neighbours differ in weight. Broken bytes count as U+FFFD. Freed by
 * g_array_unref(). */
GArray *limn_prompt_parse (const char *text); /* of limn_prompt_part */

/* What a text encoder of @length positions takes: a prompt cut into chunks, each with its begin and
 * end marks and padding. */
struct limn_prompt_tokens {
  int length;
  int n_chunks;    /* at least 1 */
  int n_text;      /* tokens that are neither marks nor padding */
  GArray *ids;     /* of gint32, n_chunks * length */
  GArray *weights; /* of float, one for each id; 1 for marks and padding */
};

/* Text longer than @length - 2 tokens goes on in a new chunk, from behind the last comma when that
 * is not more than 20 tokens back. @plain: the text has no syntax. @length is at least 3. */
void limn_prompt_tokenize (struct limn_prompt_tokens *tokens,
                           const limn_tokenizer *tokenizer,
                           const char *text,
                           bool plain,
                           int length);
/* Appends empty chunks until there are @n_chunks. */
void limn_prompt_tokens_pad (struct limn_prompt_tokens *tokens,
                             const limn_tokenizer *tokenizer,
                             int n_chunks);
void limn_prompt_tokens_clear (struct limn_prompt_tokens *tokens);
