/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Input: a prompt with weights, and what it becomes for a text encoder of 32 positions. */

#include "fuzz.h"

#include <math.h>

#include "text/prompt.h"

#define POSITIONS 32

static void
check_parts (const char *text)
{
  g_autoptr (GArray) parts = limn_prompt_parse (text);

  g_assert_cmpuint (parts->len, >=, 1);
  for (guint i = 0; i < parts->len; i++) {
    const struct limn_prompt_part *part = &g_array_index (parts, struct limn_prompt_part, i);

    g_assert_true (g_utf8_validate (part->text, -1, NULL));
    g_assert_false (isnan (part->weight)); /* infinity is refused by the encoder */
    if (part->is_break)
      g_assert_true (*part->text == '\0');
  }
}

static void
check_tokens (const limn_tokenizer *tokenizer, const char *text, bool plain)
{
  struct limn_prompt_tokens tokens;

  limn_prompt_tokenize (&tokens, tokenizer, text, plain, POSITIONS);
  g_assert_cmpint (tokens.length, ==, POSITIONS);
  g_assert_cmpint (tokens.n_chunks, >=, 1);
  limn_prompt_tokens_pad (&tokens, tokenizer, tokens.n_chunks + 1);
  g_assert_cmpuint (tokens.ids->len, ==, (guint) (tokens.n_chunks * POSITIONS));
  g_assert_cmpuint (tokens.weights->len, ==, tokens.ids->len);
  for (guint i = 0; i < tokens.ids->len; i++) {
    g_assert_cmpint (g_array_index (tokens.ids, gint32, i), >=, 0);
    g_assert_false (isnan (g_array_index (tokens.weights, float, i)));
    if (i % POSITIONS == 0)
      g_assert_cmpint (g_array_index (tokens.ids, gint32, i), ==, limn_tokenizer_bos (tokenizer));
  }
  limn_prompt_tokens_clear (&tokens);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static limn_tokenizer *tokenizer; /* as long as the process */
  g_autofree char *text = g_strndup ((const char *) data, size);

  if (tokenizer == NULL) {
    g_autoptr (GError) error = NULL;

    tokenizer = limn_tokenizer_load (FUZZ_TOKENIZER, &error);
    g_assert_no_error (error);
  }
  check_parts (text);
  check_tokens (tokenizer, text, false);
  check_tokens (tokenizer, text, true);
  return 0;
}
