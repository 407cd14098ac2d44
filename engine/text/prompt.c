/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/prompt.h"

#include <string.h>

#define ROUND_WEIGHT 1.1
#define SQUARE_WEIGHT (1 / 1.1)
#define COMMA_REACH 20 /* tokens that may move to the next chunk with their sentence */

/* --- syntax --- */

struct parser {
  const char *end;                  /* of the text */
  GArray *parts;                    /* of limn_prompt_part */
  GArray *round_open, *square_open; /* of guint: the first part inside each open bracket */
};

static void
part_clear (gpointer data)
{
  struct limn_prompt_part *part = data;

  g_free (part->text);
}

static struct limn_prompt_part *
part_at (GArray *parts, guint i)
{
  return &g_array_index (parts, struct limn_prompt_part, i);
}

static void
append_part (struct parser *parser, const char *text, gsize length, bool is_break)
{
  struct limn_prompt_part part = { g_strndup (text, length), 1, is_break };

  g_array_append_val (parser->parts, part);
}

/* As Python's \s. */
static bool
is_space (gunichar c)
{
  return g_unichar_isspace (c) || c == '\v' || (c >= 0x1c && c <= 0x1f) || c == 0x85;
}

/* As Python's \w. */
static bool
is_word (gunichar c)
{
  return g_unichar_isalnum (c) || c == '_';
}

static const char *
skip_spaces (const char *at, const char *end)
{
  while (at < end && is_space (g_utf8_get_char (at)))
    at = g_utf8_next_char (at);
  return at;
}

static const char *
skip_spaces_back (const char *at, const char *begin)
{
  while (at > begin && is_space (g_utf8_get_char (g_utf8_prev_char (at))))
    at = g_utf8_prev_char (at);
  return at;
}

/* The next BREAK that is a word of its own, or NULL. */
static const char *
find_break (const char *text, const char *from, const char *end)
{
  static const char word[] = "BREAK";
  const gsize length = sizeof word - 1;

  for (const char *at = from; (gsize) (end - at) >= length; at++) {
    const char *behind = at + length;

    if (memcmp (at, word, length) == 0 &&
        (at == text || !is_word (g_utf8_get_char (g_utf8_prev_char (at)))) &&
        (behind == end || !is_word (g_utf8_get_char (behind))))
      return at;
  }
  return NULL;
}

/* Text without brackets: a part before and after each BREAK, also an empty one. */
static void
append_text (struct parser *parser, const char *text, gsize length)
{
  const char *at = text, *end = text + length, *found;

  while ((found = find_break (text, at, end)) != NULL) {
    const char *until = skip_spaces_back (found, at);

    append_part (parser, at, (gsize) (until - at), false);
    append_part (parser, "", 0, true);
    at = skip_spaces (found + strlen ("BREAK"), end);
  }
  append_part (parser, at, (gsize) (end - at), false);
}

static void
open_bracket (GArray *brackets, const struct parser *parser)
{
  g_array_append_val (brackets, parser->parts->len);
}

/* Multiplies all parts since the last open bracket. */
static void
close_bracket (GArray *brackets, struct parser *parser, double weight)
{
  guint first = g_array_index (brackets, guint, brackets->len - 1);

  g_array_set_size (brackets, brackets->len - 1);
  for (guint i = first; i < parser->parts->len; i++)
    part_at (parser->parts, i)->weight *= weight;
}

/* ":1.2)" with spaces around the number: its length in bytes, or 0. */
static gsize
match_weight (const char *text, const char *end, double *weight)
{
  g_autoptr (GString) number = g_string_new (NULL);
  const char *at = skip_spaces (text + 1, end);
  char *rest;

  if (*at == '+' || *at == '-')
    g_string_append_c (number, *at++);
  for (; *at == '.' || g_unichar_isdigit (g_utf8_get_char (at)); at = g_utf8_next_char (at))
    g_string_append_c (
        number, *at == '.' ? '.' : (char) ('0' + g_unichar_digit_value (g_utf8_get_char (at))));
  at = skip_spaces (at, end);
  *weight = g_ascii_strtod (number->str, &rest);
  return *at == ')' && rest != number->str && *rest == '\0' ? (gsize) (at + 1 - text) : 0;
}

/* Takes the piece of text that begins at @at and is not its end; returns what follows. */
static const char *
parse_piece (struct parser *parser, const char *at)
{
  double weight;
  gsize length;

  if (*at == '\\') {
    length = at[1] != '\0' && strchr ("()[]\\", at[1]) ? 1 : 0;
    append_part (parser, at + 1, length, false);
    return at + 1 + length;
  }
  if (*at == '(') {
    open_bracket (parser->round_open, parser);
  } else if (*at == '[') {
    open_bracket (parser->square_open, parser);
  } else if (*at == ')' && parser->round_open->len > 0) {
    close_bracket (parser->round_open, parser, ROUND_WEIGHT);
  } else if (*at == ']' && parser->square_open->len > 0) {
    close_bracket (parser->square_open, parser, SQUARE_WEIGHT);
  } else if (*at == ':' && (length = match_weight (at, parser->end, &weight)) > 0) {
    if (parser->round_open->len > 0)
      close_bracket (parser->round_open, parser, weight);
    else
      append_text (parser, at, length);
    return at + length;
  } else {
    length = MAX (strcspn (at, "\\()[]:"), 1);
    append_text (parser, at, length);
    return at + length;
  }
  return at + 1;
}

/* Weights are compared for equality on purpose: only parts that were multiplied by the same numbers
 * in the same order are one. */
static bool
same_weight (const struct limn_prompt_part *a, const struct limn_prompt_part *b)
{
  return !a->is_break && !b->is_break && !(a->weight < b->weight) && !(a->weight > b->weight);
}

static GArray *
merge_parts (GArray *parts)
{
  GArray *merged = g_array_new (FALSE, FALSE, sizeof (struct limn_prompt_part));

  g_array_set_clear_func (merged, part_clear);
  for (guint i = 0; i < parts->len;) {
    struct limn_prompt_part part = *part_at (parts, i);
    GString *text = g_string_new (part.text);

    for (i++; i < parts->len && same_weight (&part, part_at (parts, i)); i++)
      g_string_append (text, part_at (parts, i)->text);
    part.text = g_string_free (text, FALSE);
    g_array_append_val (merged, part);
  }
  return merged;
}

GArray *
limn_prompt_parse (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  g_autoptr (GArray) parts = g_array_new (FALSE, FALSE, sizeof (struct limn_prompt_part));
  g_autoptr (GArray) round_open = g_array_new (FALSE, FALSE, sizeof (guint));
  g_autoptr (GArray) square_open = g_array_new (FALSE, FALSE, sizeof (guint));
  struct parser parser = { valid + strlen (valid), parts, round_open, square_open };

  g_array_set_clear_func (parts, part_clear);
  for (const char *at = valid; at < parser.end;)
    at = parse_piece (&parser, at);
  while (round_open->len > 0)
    close_bracket (round_open, &parser, ROUND_WEIGHT);
  while (square_open->len > 0)
    close_bracket (square_open, &parser, SQUARE_WEIGHT);
  if (parts->len == 0)
    append_part (&parser, "", 0, false);
  return merge_parts (parts);
}

/* --- chunks --- */

struct token {
  gint32 id;
  float weight;
};

struct chunker {
  struct limn_prompt_tokens *tokens;
  const limn_tokenizer *tokenizer;
  gint32 comma;    /* -1 when the vocabulary has none */
  GArray *open;    /* of token: the chunk that is being filled, without marks */
  int after_comma; /* how many tokens of it reach to the end of the last comma; 0 without one */
};

static void
append_token (struct limn_prompt_tokens *tokens, gint32 id, float weight)
{
  g_array_append_val (tokens->ids, id);
  g_array_append_val (tokens->weights, weight);
}

/* Writes the first @count open tokens as a chunk; the others stay open. */
static void
finish_chunk (struct chunker *chunker, int count)
{
  struct limn_prompt_tokens *tokens = chunker->tokens;

  append_token (tokens, limn_tokenizer_bos (chunker->tokenizer), 1);
  for (int i = 0; i < count; i++) {
    const struct token *token = &g_array_index (chunker->open, struct token, i);
    append_token (tokens, token->id, token->weight);
  }
  tokens->n_text += count;
  append_token (tokens, limn_tokenizer_eos (chunker->tokenizer), 1);
  for (int i = count + 2; i < tokens->length; i++)
    append_token (tokens, limn_tokenizer_pad (chunker->tokenizer), 1);
  tokens->n_chunks++;
  if (count > 0)
    g_array_remove_range (chunker->open, 0, (guint) count);
  chunker->after_comma = 0;
}

/* As A1111 does it: a comma that begins a chunk is none to cut at, and one counts as one token
 * further away than it ends. */
static void
add_token (struct chunker *chunker, gint32 id, float weight)
{
  struct token token = { id, weight };
  int size = chunker->tokens->length - 2, used = (int) chunker->open->len;
  int after = chunker->after_comma;
  bool is_comma = id == chunker->comma;

  if (used == size)
    finish_chunk (chunker, !is_comma && after > 0 && used - after < COMMA_REACH ? after : used);
  else if (is_comma)
    chunker->after_comma = used + 1;
  g_array_append_val (chunker->open, token);
}

static void
add_text (struct chunker *chunker, const char *text, float weight)
{
  g_autoptr (GArray) ids = limn_tokenizer_encode (chunker->tokenizer, text);

  for (guint i = 0; i < ids->len; i++)
    add_token (chunker, g_array_index (ids, gint32, i), weight);
}

static gint32
find_comma (const limn_tokenizer *tokenizer)
{
  g_autoptr (GArray) ids = limn_tokenizer_encode (tokenizer, ",");

  return ids->len == 1 ? g_array_index (ids, gint32, 0) : -1;
}

void
limn_prompt_tokenize (struct limn_prompt_tokens *tokens,
                      const limn_tokenizer *tokenizer,
                      const char *text,
                      bool plain,
                      int length)
{
  g_autoptr (GArray) open = g_array_new (FALSE, FALSE, sizeof (struct token));
  g_autoptr (GArray) parts = plain ? NULL : limn_prompt_parse (text);
  struct chunker chunker = { tokens, tokenizer, find_comma (tokenizer), open, 0 };

  g_assert (length >= 3);
  *tokens = (struct limn_prompt_tokens){
    .length = length,
    .ids = g_array_new (FALSE, FALSE, sizeof (gint32)),
    .weights = g_array_new (FALSE, FALSE, sizeof (float)),
  };
  if (plain)
    add_text (&chunker, text, 1);
  for (guint i = 0; parts && i < parts->len; i++) {
    const struct limn_prompt_part *part = part_at (parts, i);

    if (part->is_break)
      finish_chunk (&chunker, (int) open->len);
    else
      add_text (&chunker, part->text, (float) part->weight);
  }
  if (open->len > 0 || tokens->n_chunks == 0)
    finish_chunk (&chunker, (int) open->len);
}

void
limn_prompt_tokens_pad (struct limn_prompt_tokens *tokens,
                        const limn_tokenizer *tokenizer,
                        int n_chunks)
{
  g_autoptr (GArray) open = g_array_new (FALSE, FALSE, sizeof (struct token));
  struct chunker chunker = { tokens, tokenizer, -1, open, 0 };

  while (tokens->n_chunks < n_chunks)
    finish_chunk (&chunker, 0);
}

void
limn_prompt_tokens_clear (struct limn_prompt_tokens *tokens)
{
  g_clear_pointer (&tokens->ids, g_array_unref);
  g_clear_pointer (&tokens->weights, g_array_unref);
}
