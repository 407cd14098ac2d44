/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "limn.h"

/* Counts the tokens of one text for one model on worker threads. Signal: changed. Main thread
 * only. */
#define LIMN_TYPE_TOKENS (limn_tokens_get_type ())
G_DECLARE_FINAL_TYPE (LimnTokens, limn_tokens, LIMN, TOKENS, GObject)

LimnTokens *limn_tokens_new (void);

/* @path as for limn_model_open(). Opens its vocabulary when it is another one than before. */
void limn_tokens_set_model (LimnTokens *tokens, const char *path);
/* What the person wrote; counted is what limn_style_apply() and limn_prompt_expand() make of it. */
void limn_tokens_set_text (LimnTokens *tokens, const char *style, const char *text, guint64 seed);

/* False while it is not known; the numbers are the last ones while new ones are on their way. */
bool limn_tokens_get_count (LimnTokens *tokens, struct limn_token_count *count);
/* Whether all that was set has been counted. */
bool limn_tokens_is_idle (LimnTokens *tokens);
