/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Input: vocab.json, merges.txt, tokenizer_config.json, special_tokens_map.json and a text, with
 * form feeds between. What is empty is not there. */

#include "fuzz.h"

#include <string.h>

#include "error.h"
#include "text/files.h"
#include "text/tokenizer.h"

#define N_FILES 4
/* Those of "added_tokens_decoder" and the special ones; encoding takes time for each. */
#define MAX_ADDED_TOKENS (4096 + LIMN_N_SPECIAL_TOKENS)

static const char *const names[N_FILES] = {
  "vocab.json",
  "merges.txt",
  "tokenizer_config.json",
  "special_tokens_map.json",
};

/* Takes what stands before the next form feed. */
static const uint8_t *
take (const uint8_t **at, const uint8_t *end, size_t *size)
{
  const uint8_t *start = *at;
  const uint8_t *mark = start < end ? memchr (start, '\f', (size_t) (end - start)) : NULL;

  *size = (size_t) ((mark != NULL ? mark : end) - start);
  *at = mark != NULL ? mark + 1 : end;
  return start;
}

static void
encode (const limn_tokenizer *tokenizer, const char *text)
{
  g_autoptr (GArray) ids = limn_tokenizer_encode (tokenizer, text);

  for (guint i = 0; i < ids->len; i++)
    g_assert_cmpint (g_array_index (ids, gint32, i), >=, 0);
  g_assert_cmpint (limn_tokenizer_pad (tokenizer), >=, 0);
  g_assert_cmpint (limn_tokenizer_max_length (tokenizer), >=, 3);
}

static void
read_settings (void)
{
  struct limn_text_settings settings = { 0 };
  g_autoptr (GError) error = NULL;
  bool good = limn_text_read_settings (&settings, fuzz_folder (), &error);

  fuzz_check (good, error, LIMN_ERROR);
  if (!good)
    return;
  g_assert_cmpuint (settings.added->len, <=, MAX_ADDED_TOKENS);
  for (int i = 0; i < LIMN_N_SPECIAL_TOKENS; i++)
    g_assert_true (*settings.special[i] != '\0');
  limn_text_settings_clear (&settings);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const uint8_t *at = data, *end = data + size;
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_tokenizer) tokenizer = NULL;
  g_autofree char *text = NULL;

  for (int i = 0; i < N_FILES; i++) {
    size_t part_size;
    const uint8_t *part = take (&at, end, &part_size);

    fuzz_put (names[i], part_size > 0 ? part : NULL, part_size);
  }
  read_settings ();
  tokenizer = limn_tokenizer_load (fuzz_folder (), &error);
  fuzz_check (tokenizer != NULL, error, LIMN_ERROR);
  if (tokenizer == NULL)
    return 0;
  text = g_strndup ((const char *) at, (size_t) (end - at));
  encode (tokenizer, text);
  encode (tokenizer, "A Red Balloon's 12 <|endoftext|> \xc3\xa9");
  return 0;
}
