/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "text/bpe.h"

/* The files of a tokenizer/ folder in the diffusers layout. */

/* vocab.json and merges.txt. */
limn_bpe *limn_text_read_bpe (const char *folder, GError **error);

/* A token that is found in a text before anything else is done, and never cut. */
struct limn_added_token {
  char *content;
  bool normalized; /* looked for in the normalised text, else in the text as it came */
  gint32 id;       /* -1 until somebody knows */
};

typedef enum {
  LIMN_TOKEN_BOS,
  LIMN_TOKEN_EOS,
  LIMN_TOKEN_UNKNOWN,
  LIMN_TOKEN_PAD,
  LIMN_N_SPECIAL_TOKENS,
} limn_special_token;

/* "bos_token", ...: the keys of the settings */
extern const char *const limn_special_token_keys[];

struct limn_text_settings {
  char *special[LIMN_N_SPECIAL_TOKENS];
  GArray *added; /* of limn_added_token: the special ones and others, contents differ */
  int max_length;
};

/* tokenizer_config.json and special_tokens_map.json, where they exist, else what CLIP has. On
 * failure nothing is left to clear. */
bool
limn_text_read_settings (struct limn_text_settings *settings, const char *folder, GError **error);
void limn_text_settings_clear (struct limn_text_settings *settings);
