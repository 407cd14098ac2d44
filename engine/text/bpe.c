/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/bpe.h"

#define WORD_END "</w>"

struct merge {
  gint64 pair; /* left id << 32 | right id */
  guint32 rank;
  gint32 id; /* of the two together */
};

struct limn_bpe {
  GStringChunk *strings;
  GHashTable *ids;    /* token -> id + 1 */
  GHashTable *tokens; /* id -> token */
  gint32 next_id;
  gint32 unknown;
  GHashTable *merges; /* owned struct merge, by its pair */
  guint32 next_rank;
};

limn_bpe *
limn_bpe_new (void)
{
  limn_bpe *bpe = g_new0 (limn_bpe, 1);

  bpe->strings = g_string_chunk_new (64 << 10);
  bpe->ids = g_hash_table_new (g_str_hash, g_str_equal);
  bpe->tokens = g_hash_table_new (NULL, NULL);
  bpe->merges = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, g_free);
  return bpe;
}

void
limn_bpe_free (limn_bpe *bpe)
{
  if (bpe == NULL)
    return;
  g_hash_table_unref (bpe->merges);
  g_hash_table_unref (bpe->tokens);
  g_hash_table_unref (bpe->ids);
  g_string_chunk_free (bpe->strings);
  g_free (bpe);
}

const char *
limn_bpe_add_token (limn_bpe *bpe, const char *token, gint32 id)
{
  gpointer same_name;
  const char *same_id = g_hash_table_lookup (bpe->tokens, GINT_TO_POINTER (id));
  char *copy;

  if (g_hash_table_lookup_extended (bpe->ids, token, &same_name, NULL))
    return same_name;
  if (same_id != NULL)
    return same_id;
  copy = g_string_chunk_insert (bpe->strings, token);
  g_hash_table_insert (bpe->ids, copy, GINT_TO_POINTER (id + 1));
  g_hash_table_insert (bpe->tokens, GINT_TO_POINTER (id), copy);
  bpe->next_id = MAX (bpe->next_id, id + 1);
  return NULL;
}

gint32
limn_bpe_find (const limn_bpe *bpe, const char *token)
{
  return GPOINTER_TO_INT (g_hash_table_lookup (bpe->ids, token)) - 1;
}

gint32
limn_bpe_next_id (const limn_bpe *bpe)
{
  return bpe->next_id;
}

static gint64
make_pair (gint32 left, gint32 right)
{
  return (gint64) left << 32 | right;
}

char *
limn_bpe_add_merge (limn_bpe *bpe, const char *left, const char *right)
{
  g_autofree char *both = g_strconcat (left, right, NULL);
  const char *names[] = { left, right, both };
  gint32 ids[3];
  struct merge *merge;

  for (int i = 0; i < 3; i++) {
    ids[i] = limn_bpe_find (bpe, names[i]);
    if (ids[i] < 0)
      return g_strdup (names[i]);
  }
  merge = g_new (struct merge, 1);
  *merge = (struct merge){ make_pair (ids[0], ids[1]), bpe->next_rank++, ids[2] };
  /* Of two equal pairs the later one counts, as in the tokenizers library. */
  g_hash_table_replace (bpe->merges, &merge->pair, merge);
  return NULL;
}

void
limn_bpe_set_unknown (limn_bpe *bpe, gint32 id)
{
  bpe->unknown = id;
}

/* The character that stands for @byte: itself where that is printable Latin-1, else one of those
 * from U+0100 on. */
static gunichar
byte_character (guint8 byte)
{
  static const struct {
    guint8 first, last;
  } printable[] = { { '!', '~' }, { 0xa1, 0xac }, { 0xae, 0xff } };
  gunichar before = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (printable); i++) {
    if (byte >= printable[i].first && byte <= printable[i].last)
      return byte;
    if (byte > printable[i].last)
      before += printable[i].last - printable[i].first + 1u;
  }
  return 0x100u + byte - before;
}

static gint32
byte_id (const limn_bpe *bpe, guint8 byte, bool last)
{
  char token[6 + sizeof WORD_END];
  int length = g_unichar_to_utf8 (byte_character (byte), token);
  gint32 id;

  g_strlcpy (token + length, last ? WORD_END : "", sizeof token - (gsize) length);
  id = limn_bpe_find (bpe, token);
  return id >= 0 ? id : bpe->unknown;
}

/* A word as a linked list, so that a merge moves nothing; merges that are possible wait in a binary
 * heap. One that was overtaken by another stays in the heap and is recognised when it comes up. */
struct symbol {
  gint32 id; /* REMOVED when merged into the one before */
  gint32 previous, next;
};

#define REMOVED (-1)
#define NONE (-1)

struct candidate {
  guint32 rank;
  gint32 at; /* the left symbol */
  gint32 id; /* what the merge makes */
};

struct word {
  struct symbol *symbols;
  struct candidate *heap;
  gsize heap_length;
};

static bool
comes_before (const struct candidate *a, const struct candidate *b)
{
  return a->rank != b->rank ? a->rank < b->rank : a->at < b->at;
}

static void
heap_push (struct word *word, struct candidate candidate)
{
  gsize i = word->heap_length++;

  while (i > 0 && comes_before (&candidate, &word->heap[(i - 1) / 2])) {
    word->heap[i] = word->heap[(i - 1) / 2];
    i = (i - 1) / 2;
  }
  word->heap[i] = candidate;
}

static struct candidate
heap_pop (struct word *word)
{
  struct candidate top = word->heap[0];
  struct candidate moved = word->heap[--word->heap_length];
  gsize i = 0, child;

  while ((child = 2 * i + 1) < word->heap_length) {
    if (child + 1 < word->heap_length && comes_before (&word->heap[child + 1], &word->heap[child]))
      child++;
    if (!comes_before (&word->heap[child], &moved))
      break;
    word->heap[i] = word->heap[child];
    i = child;
  }
  word->heap[i] = moved;
  return top;
}

static const struct merge *
find_merge (const limn_bpe *bpe, const struct word *word, gint32 at)
{
  gint64 pair;

  if (at == NONE || word->symbols[at].id == REMOVED || word->symbols[at].next == NONE)
    return NULL;
  pair = make_pair (word->symbols[at].id, word->symbols[word->symbols[at].next].id);
  return g_hash_table_lookup (bpe->merges, &pair);
}

static void
push_merge (const limn_bpe *bpe, struct word *word, gint32 at)
{
  const struct merge *merge = find_merge (bpe, word, at);

  if (merge != NULL)
    heap_push (word, (struct candidate){ merge->rank, at, merge->id });
}

static void
merge_all (const limn_bpe *bpe, struct word *word)
{
  while (word->heap_length > 0) {
    struct candidate best = heap_pop (word);
    const struct merge *merge = find_merge (bpe, word, best.at);
    struct symbol *left, *right;

    if (merge == NULL || merge->id != best.id)
      continue;
    left = &word->symbols[best.at];
    right = &word->symbols[left->next];
    left->id = best.id;
    left->next = right->next;
    right->id = REMOVED;
    if (left->next != NONE)
      word->symbols[left->next].previous = best.at;
    push_merge (bpe, word, left->previous);
    push_merge (bpe, word, best.at);
  }
}

void
limn_bpe_encode (const limn_bpe *bpe, const char *text, gsize length, GArray *ids)
{
  g_autofree struct symbol *symbols = NULL;
  g_autofree struct candidate *heap = NULL;
  struct word word;

  g_assert (length > 0 && length < G_MAXINT32 / 4);
  symbols = g_new (struct symbol, length);
  heap = g_new (struct candidate, 3 * length); /* each pair once, two more for every merge */
  word = (struct word){ symbols, heap, 0 };

  for (gsize i = 0; i < length; i++) {
    bool last = i + 1 == length;

    symbols[i].id = byte_id (bpe, (guint8) text[i], last);
    symbols[i].previous = (gint32) i - 1;
    symbols[i].next = last ? NONE : (gint32) i + 1;
  }
  for (gsize i = 0; i < length; i++)
    push_merge (bpe, &word, (gint32) i);
  merge_all (bpe, &word);
  for (gint32 i = 0; i != NONE; i = symbols[i].next)
    g_array_append_val (ids, symbols[i].id);
}
