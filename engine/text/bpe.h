/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Byte-pair encoding (arXiv:1508.07909) over bytes: every byte is written as one printable
 * character, a word's last one with "</w>" after it, and pairs are merged by rank. */
typedef struct limn_bpe limn_bpe;

limn_bpe *limn_bpe_new (void);
void limn_bpe_free (limn_bpe *bpe);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_bpe, limn_bpe_free)

/* NULL when @token was added, else the token that has this name or this @id already. */
const char *limn_bpe_add_token (limn_bpe *bpe, const char *token, gint32 id);
/* -1 when there is none. */
gint32 limn_bpe_find (const limn_bpe *bpe, const char *token);
/* One more than the highest id, 0 without tokens. */
gint32 limn_bpe_next_id (const limn_bpe *bpe);

/* Ranks are given in the order of the calls, after all tokens are there. NULL when the merge was
 * added, else which of left, right and their sum is no token; the caller frees it. */
char *limn_bpe_add_merge (limn_bpe *bpe, const char *left, const char *right);

/* Stands for bytes that have no token of their own. */
void limn_bpe_set_unknown (limn_bpe *bpe, gint32 id);

/* Appends the ids of a word of @length bytes, at least 1. Takes time of n log n. */
void limn_bpe_encode (const limn_bpe *bpe, const char *word, gsize length, GArray *ids);
