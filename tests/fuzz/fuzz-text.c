/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Input: a prompt, for the tokenizer of the model that comes with Limn. */

#include "fuzz.h"

#include "text/tokenizer.h"
#include "text/words.h"

/* Words come in order, with nothing but spaces between. */
static void
check_words (const char *text)
{
  gsize length = strlen (text), word_length;
  const char *word, *end = text;
  struct limn_words words;

  limn_words_init (&words, text, length);
  while (limn_words_next (&words, &word, &word_length)) {
    for (; end < word; end++)
      g_assert_true (*end == ' ');
    g_assert_cmpuint (word_length, >, 0);
    g_assert_true (g_utf8_validate (word, (gssize) word_length, NULL));
    end = word + word_length;
  }
  for (; end < text + length; end++)
    g_assert_true (*end == ' ');
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static limn_tokenizer *tokenizer; /* as long as the process */
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  g_autofree char *normalized = limn_text_normalize (valid, strlen (valid));
  g_autoptr (GArray) ids = NULL;

  if (tokenizer == NULL) {
    g_autoptr (GError) error = NULL;

    tokenizer = limn_tokenizer_load (FUZZ_TOKENIZER, &error);
    g_assert_no_error (error);
  }
  g_assert_true (g_utf8_validate (normalized, -1, NULL));
  check_words (normalized);
  ids = limn_tokenizer_encode (tokenizer, text);
  for (guint i = 0; i < ids->len; i++) {
    g_assert_cmpint (g_array_index (ids, gint32, i), >=, 0);
    g_assert_cmpint (g_array_index (ids, gint32, i), <=, limn_tokenizer_eos (tokenizer));
  }
  return 0;
}
