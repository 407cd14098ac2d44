/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "limn.h"

#include "models/weights.h"
#include "pipeline/model.h"
#include "text/prompt.h"

struct limn_token_counter {
  limn_tokenizer *tokenizer;
  int length; /* positions of a chunk with its marks */
};

static limn_tokenizer *
load_tokenizer (const char *path, bool is_folder, GError **error)
{
  g_autofree char *folder = g_build_filename (path, "tokenizer", NULL);
  g_autoptr (limn_checkpoint) file = NULL;

  if (is_folder)
    return limn_tokenizer_load (folder, error);
  file = limn_checkpoint_open (path, error);
  if (file == NULL || !limn_checkpoint_check_family (file, error))
    return NULL;
  return limn_model_load_clip_tokenizer (file, error);
}

/* As limn_prompt_encoder_tokens(), from the configuration alone. */
static bool
read_length (limn_token_counter *counter, const char *path, bool is_folder, GError **error)
{
  g_autofree char *encoder =
      is_folder ? g_build_filename (path, "text_encoder", NULL) : g_strdup (path);
  g_autoptr (limn_config) config = limn_weights_config (encoder, LIMN_PART_TEXT_ENCODER, error);
  int positions;

  if (config == NULL)
    return false;
  positions = limn_config_int (config, "max_position_embeddings", 77, 3, 65536);
  counter->length = MIN (limn_tokenizer_max_length (counter->tokenizer), positions);
  return limn_config_finish (config, error);
}

limn_token_counter *
limn_token_counter_open (const char *path, GError **error)
{
  bool is_folder = g_file_test (path, G_FILE_TEST_IS_DIR);
  g_autoptr (limn_token_counter) counter = g_new0 (limn_token_counter, 1);

  counter->tokenizer = load_tokenizer (path, is_folder, error);
  if (counter->tokenizer == NULL || !read_length (counter, path, is_folder, error))
    return NULL;
  return g_steal_pointer (&counter);
}

void
limn_token_counter_free (limn_token_counter *counter)
{
  if (counter == NULL)
    return;
  limn_tokenizer_free (counter->tokenizer);
  g_free (counter);
}

struct limn_token_count
limn_token_counter_count (const limn_token_counter *counter, const char *text, bool plain)
{
  struct limn_token_count count = { .limit = counter->length - 2 };
  struct limn_prompt_tokens tokens;

  limn_prompt_tokenize (&tokens, counter->tokenizer, text, plain, counter->length);
  count.tokens = tokens.n_text;
  count.chunks = tokens.n_chunks;
  limn_prompt_tokens_clear (&tokens);
  return count;
}
