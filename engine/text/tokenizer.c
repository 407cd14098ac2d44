/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/tokenizer.h"

#include <string.h>

#include "io/file.h"
#include "text/bpe.h"
#include "text/clip_vocabulary.h"
#include "text/files.h"
#include "text/words.h"

struct limn_tokenizer {
  limn_bpe *bpe;
  struct limn_text_settings settings;
  gint32 ids[LIMN_N_SPECIAL_TOKENS];
};

/* A begin or end mark that the vocabulary lacks has no row in the model's embedding either. */
static bool
find_special_tokens (limn_tokenizer *tokenizer, const char *folder, GError **error)
{
  for (int i = 0; i < LIMN_N_SPECIAL_TOKENS; i++) {
    const char *token = tokenizer->settings.special[i];

    tokenizer->ids[i] = limn_bpe_find (tokenizer->bpe, token);
    if (tokenizer->ids[i] < 0) {
      g_autofree char *path = g_build_filename (folder, "vocab.json", NULL);
      g_autofree char *name = limn_file_quote (token);

      limn_file_set_error (error, LIMN_ERROR_FORMAT, path, "lacks the token %s, the \"%s\"", name,
                           limn_special_token_keys[i]);
      return false;
    }
  }
  limn_bpe_set_unknown (tokenizer->bpe, tokenizer->ids[LIMN_TOKEN_UNKNOWN]);
  return true;
}

/* Added tokens are numbered on from the vocabulary when they are not in it. */
static void
number_added_tokens (limn_tokenizer *tokenizer)
{
  GArray *added = tokenizer->settings.added;
  gint32 next_id = limn_bpe_next_id (tokenizer->bpe);

  for (guint i = 0; i < added->len; i++) {
    struct limn_added_token *token = &g_array_index (added, struct limn_added_token, i);

    token->id = limn_bpe_find (tokenizer->bpe, token->content);
    if (token->id < 0)
      token->id = next_id++;
    if (token->normalized) {
      char *content = limn_text_normalize (token->content, strlen (token->content));

      g_free (token->content);
      token->content = content;
    }
  }
}

limn_tokenizer *
limn_tokenizer_load (const char *folder, GError **error)
{
  g_autoptr (limn_tokenizer) tokenizer = g_new0 (limn_tokenizer, 1);

  tokenizer->bpe = limn_text_read_bpe (folder, error);
  if (tokenizer->bpe == NULL || !limn_text_read_settings (&tokenizer->settings, folder, error) ||
      !find_special_tokens (tokenizer, folder, error))
    return NULL;
  number_added_tokens (tokenizer);
  return g_steal_pointer (&tokenizer);
}

limn_tokenizer *
limn_tokenizer_load_clip (const char *path, bool open_clip, GError **error)
{
  g_autoptr (limn_tokenizer) tokenizer = g_new0 (limn_tokenizer, 1);
  g_autofree char *folder = g_path_get_dirname (path);

  tokenizer->bpe = limn_text_read_clip_bpe (path, error);
  if (tokenizer->bpe == NULL || !limn_text_read_settings (&tokenizer->settings, folder, error) ||
      !find_special_tokens (tokenizer, folder, error))
    return NULL;
  if (open_clip)
    tokenizer->ids[LIMN_TOKEN_PAD] = 0;
  number_added_tokens (tokenizer);
  return g_steal_pointer (&tokenizer);
}

void
limn_tokenizer_free (limn_tokenizer *tokenizer)
{
  if (tokenizer == NULL)
    return;
  limn_text_settings_clear (&tokenizer->settings);
  limn_bpe_free (tokenizer->bpe);
  g_free (tokenizer);
}

int
limn_tokenizer_bos (const limn_tokenizer *tokenizer)
{
  return tokenizer->ids[LIMN_TOKEN_BOS];
}

int
limn_tokenizer_eos (const limn_tokenizer *tokenizer)
{
  return tokenizer->ids[LIMN_TOKEN_EOS];
}

int
limn_tokenizer_pad (const limn_tokenizer *tokenizer)
{
  return tokenizer->ids[LIMN_TOKEN_PAD];
}

int
limn_tokenizer_max_length (const limn_tokenizer *tokenizer)
{
  return tokenizer->settings.max_length;
}

/* The longest added token that begins right at @at, and its length in bytes. */
static const struct limn_added_token *
match_added_token (const limn_tokenizer *tokenizer,
                   bool normalized,
                   const char *at,
                   const char *end,
                   gsize *length)
{
  GArray *added = tokenizer->settings.added;
  const struct limn_added_token *best = NULL;

  *length = 0;
  for (guint i = 0; i < added->len; i++) {
    const struct limn_added_token *token = &g_array_index (added, struct limn_added_token, i);
    gsize size = strlen (token->content);

    if (token->normalized == normalized && size > *length && size <= (gsize) (end - at) &&
        memcmp (at, token->content, size) == 0) {
      best = token;
      *length = size;
    }
  }
  return best;
}

typedef void (*encode_func) (const limn_tokenizer *tokenizer,
                             const char *text,
                             gsize length,
                             GArray *ids);

/* Gives the text between added tokens to @rest. */
static void
encode_around_added_tokens (const limn_tokenizer *tokenizer,
                            bool normalized,
                            const char *text,
                            gsize length,
                            encode_func rest,
                            GArray *ids)
{
  const char *start = text, *end = text + length;

  for (const char *at = text; at < end;) {
    gsize size;
    const struct limn_added_token *token =
        match_added_token (tokenizer, normalized, at, end, &size);

    if (token == NULL) {
      at = g_utf8_next_char (at);
      continue;
    }
    if (at > start)
      rest (tokenizer, start, (gsize) (at - start), ids);
    g_array_append_val (ids, token->id);
    start = at = at + size;
  }
  if (end > start)
    rest (tokenizer, start, (gsize) (end - start), ids);
}

static void
encode_words (const limn_tokenizer *tokenizer, const char *text, gsize length, GArray *ids)
{
  struct limn_words words;
  const char *word;
  gsize word_length;

  limn_words_init (&words, text, length);
  while (limn_words_next (&words, &word, &word_length))
    limn_bpe_encode (tokenizer->bpe, word, word_length, ids);
}

static void
encode_raw (const limn_tokenizer *tokenizer, const char *text, gsize length, GArray *ids)
{
  g_autofree char *normalized = limn_text_normalize (text, length);

  encode_around_added_tokens (tokenizer, true, normalized, strlen (normalized), encode_words, ids);
}

GArray *
limn_tokenizer_encode (const limn_tokenizer *tokenizer, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (gint32));

  encode_around_added_tokens (tokenizer, false, valid, strlen (valid), encode_raw, ids);
  return ids;
}
