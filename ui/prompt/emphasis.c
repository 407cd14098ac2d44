/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prompt/emphasis.h"

#include <math.h>
#include <string.h>

#define MAX_WEIGHT 10.0
#define ROUND_WEIGHT 1.1
/* What ends a word. */
#define DELIMITERS ".,/!?%^*;:{}|=`~()[]<>#\"\\ \t\r\n"

/* A pair of brackets. */
struct pair {
  gsize open, close; /* of the brackets themselves */
  gsize end;         /* of what is inside, before ":1.2" */
  double weight;
  bool is_round, is_number; /* whether the weight is written out */
};

static bool
is_escape (const char *text, gsize at)
{
  return text[at] == '\\' && text[at + 1] != '\0' && strchr ("\\()[]{}|#", text[at + 1]) != NULL;
}

/* --- brackets --- */

/* ":1.2" before @close, where there is such a thing behind @open. */
static void
read_number (const char *text, struct pair *pair)
{
  gsize at = pair->close, end;
  g_autofree char *number = NULL;
  char *rest;

  while (at > pair->open + 1 && strchr ("0123456789.+- ", text[at - 1]) != NULL)
    at--;
  if (at == pair->open + 1 || text[at - 1] != ':')
    return;
  end = at - 1;
  number = g_strstrip (g_strndup (text + at, pair->close - at));
  pair->weight = g_ascii_strtod (number, &rest);
  if (rest == number || *rest != '\0') {
    pair->weight = ROUND_WEIGHT;
    return;
  }
  pair->end = end;
  pair->is_number = true;
}

/* All pairs of brackets that are closed, in the order of their ends: an inner one comes first. */
static GArray *
find_pairs (const char *text)
{
  GArray *pairs = g_array_new (FALSE, FALSE, sizeof (struct pair));
  g_autoptr (GArray) round_open = g_array_new (FALSE, FALSE, sizeof (gsize));
  g_autoptr (GArray) square_open = g_array_new (FALSE, FALSE, sizeof (gsize));

  for (gsize at = 0; text[at] != '\0'; at++) {
    bool is_round = text[at] == '(' || text[at] == ')';
    GArray *open = is_round ? round_open : square_open;

    if (is_escape (text, at)) {
      at++;
    } else if (text[at] == '#') {
      at += strcspn (text + at, "\r\n") - 1;
    } else if (text[at] == '(' || text[at] == '[') {
      g_array_append_val (open, at);
    } else if ((text[at] == ')' || text[at] == ']') && open->len > 0) {
      struct pair pair = { g_array_index (open, gsize, open->len - 1), at,       at,
                           is_round ? ROUND_WEIGHT : 1 / ROUND_WEIGHT, is_round, false };

      g_array_set_size (open, open->len - 1);
      if (is_round)
        read_number (text, &pair);
      g_array_append_val (pairs, pair);
    }
  }
  return pairs;
}

static struct limn_range
trim (const char *text, struct limn_range range)
{
  while (range.start < range.end && g_ascii_isspace (text[range.start]))
    range.start++;
  while (range.end > range.start && g_ascii_isspace (text[range.end - 1]))
    range.end--;
  return range;
}

static struct limn_range
inside (const char *text, const struct pair *pair)
{
  return trim (text, (struct limn_range){ pair->open + 1, pair->end });
}

static bool
same (struct limn_range a, struct limn_range b)
{
  return a.start == b.start && a.end == b.end;
}

/* The pair that @range is, with or without its brackets; NULL where there is none. */
static const struct pair *
pair_of (const char *text, const GArray *pairs, struct limn_range range)
{
  for (guint i = 0; i < pairs->len; i++) {
    const struct pair *pair = &g_array_index (pairs, struct pair, i);
    struct limn_range whole = { pair->open, pair->close + 1 };

    if (same (range, whole) || same (range, inside (text, pair)))
      return pair;
  }
  return NULL;
}

static const struct pair *
pair_around (const GArray *pairs, gsize cursor)
{
  for (guint i = 0; i < pairs->len; i++) {
    const struct pair *pair = &g_array_index (pairs, struct pair, i);

    if (pair->open < cursor && cursor <= pair->close)
      return pair;
  }
  return NULL;
}

/* No pair is cut in two. */
static struct limn_range
widen (const GArray *pairs, struct limn_range range)
{
  bool again = true;

  while (again) {
    again = false;
    for (guint i = 0; i < pairs->len; i++) {
      const struct pair *pair = &g_array_index (pairs, struct pair, i);
      bool has_open = pair->open >= range.start && pair->open < range.end;
      bool has_close = pair->close >= range.start && pair->close < range.end;
      bool in_number =
          range.end > pair->end && range.start > pair->open && range.start < pair->close;

      if ((has_open && has_close) || (!has_open && !has_close && !in_number))
        continue;
      range.start = MIN (range.start, pair->open);
      range.end = MAX (range.end, pair->close + 1);
      again = true;
    }
  }
  return range;
}

static struct limn_range
word_at (const char *text, gsize cursor)
{
  struct limn_range word = { cursor, cursor };

  while (word.start > 0 && strchr (DELIMITERS, text[word.start - 1]) == NULL)
    word.start--;
  while (text[word.end] != '\0' && strchr (DELIMITERS, text[word.end]) == NULL)
    word.end++;
  return word;
}

/* --- the change --- */

/* The weight of @pair and of all pairs that have nothing else than it inside or around; @whole gets
 * the outermost, @content the words. */
static double
unwrap (const char *text,
        const GArray *pairs,
        const struct pair *pair,
        struct limn_range *whole,
        struct limn_range *content)
{
  double weight = pair->weight;
  bool is_number = pair->is_number;

  *whole = (struct limn_range){ pair->open, pair->close + 1 };
  *content = inside (text, pair);
  for (guint i = pairs->len; i > 0; i--) {
    const struct pair *inner = &g_array_index (pairs, struct pair, i - 1);

    if (!same (*content, (struct limn_range){ inner->open, inner->close + 1 }))
      continue;
    weight *= inner->weight;
    is_number = is_number || inner->is_number;
    *content = inside (text, inner);
  }
  for (guint i = 0; i < pairs->len; i++) {
    const struct pair *outer = &g_array_index (pairs, struct pair, i);

    if (!same (inside (text, outer), *whole))
      continue;
    weight *= outer->weight;
    is_number = is_number || outer->is_number;
    *whole = (struct limn_range){ outer->open, outer->close + 1 };
  }
  /* Brackets without a number are steps of a tenth. */
  return is_number ? weight : round (weight * 10) / 10;
}

static void
write_weight (const char *text,
              struct limn_range content,
              double weight,
              struct limn_emphasis *emphasis)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];
  gsize length = content.end - content.start, start = emphasis->replaced.start;

  weight = CLAMP (round (weight * 100) / 100, 0.0, MAX_WEIGHT);
  g_ascii_formatd (number, sizeof number, "%.4g", weight);
  if (fabs (weight - 1) < 0.001) {
    emphasis->text = g_strndup (text + content.start, length);
  } else {
    emphasis->text = g_strdup_printf ("(%.*s:%s)", (int) length, text + content.start, number);
    start++;
  }
  emphasis->selection = (struct limn_range){ start, start + length };
}

bool
limn_emphasis_change (const char *text,
                      struct limn_range selection,
                      double delta,
                      struct limn_emphasis *emphasis)
{
  g_autoptr (GArray) pairs = find_pairs (text);
  struct limn_range content = trim (text, selection);
  const struct pair *pair;
  double weight = 1;

  if (content.start < content.end) {
    content = widen (pairs, content);
    pair = pair_of (text, pairs, content);
  } else {
    pair = pair_around (pairs, selection.start);
    content = word_at (text, selection.start);
  }
  emphasis->replaced = content;
  if (pair != NULL)
    weight = unwrap (text, pairs, pair, &emphasis->replaced, &content);
  if (content.start == content.end)
    return false;
  write_weight (text, content, weight + delta, emphasis);
  return true;
}

/* --- spans --- */

static void
add_span (GArray *spans, gsize start, gsize end, limn_span_kind kind)
{
  struct limn_span span = { { start, end }, kind };

  g_array_append_val (spans, span);
}

static int
compare_spans (gconstpointer a, gconstpointer b)
{
  const struct limn_span *x = a, *y = b;

  return x->range.start < y->range.start ? -1 : x->range.start > y->range.start;
}

/* Braces that are open. */
struct braces {
  gsize open;
  GArray *bars; /* of gsize */
};

static void
clear_braces (gpointer data)
{
  g_array_unref (((struct braces *) data)->bars);
}

static void
close_braces (GArray *spans, GArray *open, gsize at)
{
  const struct braces *braces = &g_array_index (open, struct braces, open->len - 1);

  if (braces->bars->len > 0) {
    add_span (spans, braces->open, braces->open + 1, LIMN_SPAN_CHOICE);
    add_span (spans, at, at + 1, LIMN_SPAN_CHOICE);
  }
  for (guint i = 0; i < braces->bars->len; i++) {
    gsize bar = g_array_index (braces->bars, gsize, i);

    add_span (spans, bar, bar + 1, LIMN_SPAN_CHOICE);
  }
  g_array_set_size (open, open->len - 1);
}

/* As limn_prompt_expand() reads them: braces have a partner and a bar between them. */
static void
add_choices (GArray *spans, const char *text)
{
  g_autoptr (GArray) open = g_array_new (FALSE, FALSE, sizeof (struct braces));

  g_array_set_clear_func (open, clear_braces);
  for (gsize at = 0; text[at] != '\0'; at++) {
    if (is_escape (text, at)) {
      at++;
    } else if (text[at] == '#') {
      gsize length = strcspn (text + at, "\r\n");

      add_span (spans, at, at + length, LIMN_SPAN_COMMENT);
      at += length - 1;
    } else if (text[at] == '{') {
      struct braces braces = { at, g_array_new (FALSE, FALSE, sizeof (gsize)) };

      g_array_append_val (open, braces);
    } else if (text[at] == '|' && open->len > 0) {
      g_array_append_val (g_array_index (open, struct braces, open->len - 1).bars, at);
    } else if (text[at] == '}' && open->len > 0) {
      close_braces (spans, open, at);
    }
  }
}

GArray *
limn_prompt_spans (const char *text)
{
  GArray *spans = g_array_new (FALSE, FALSE, sizeof (struct limn_span));
  g_autoptr (GArray) pairs = find_pairs (text);

  add_choices (spans, text);
  for (guint i = 0; i < pairs->len; i++) {
    const struct pair *pair = &g_array_index (pairs, struct pair, i);

    add_span (spans, pair->open, pair->open + 1, LIMN_SPAN_WEIGHT);
    add_span (spans, pair->end, pair->close + 1, LIMN_SPAN_WEIGHT);
  }
  g_array_sort (spans, compare_spans);
  return spans;
}
