/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/words.h"

#include <string.h>

typedef enum { CLASS_OTHER, CLASS_SPACE, CLASS_LETTER, CLASS_NUMBER } character_class;

/* \p{L}, \p{N} and \s by general category; what is missing here is CLASS_OTHER. */
static const guint8 classes[] = {
  [G_UNICODE_LOWERCASE_LETTER] = CLASS_LETTER, [G_UNICODE_UPPERCASE_LETTER] = CLASS_LETTER,
  [G_UNICODE_TITLECASE_LETTER] = CLASS_LETTER, [G_UNICODE_MODIFIER_LETTER] = CLASS_LETTER,
  [G_UNICODE_OTHER_LETTER] = CLASS_LETTER,     [G_UNICODE_DECIMAL_NUMBER] = CLASS_NUMBER,
  [G_UNICODE_LETTER_NUMBER] = CLASS_NUMBER,    [G_UNICODE_OTHER_NUMBER] = CLASS_NUMBER,
  [G_UNICODE_LINE_SEPARATOR] = CLASS_SPACE,    [G_UNICODE_PARAGRAPH_SEPARATOR] = CLASS_SPACE,
  [G_UNICODE_SPACE_SEPARATOR] = CLASS_SPACE,
};
G_STATIC_ASSERT (G_N_ELEMENTS (classes) == G_UNICODE_SPACE_SEPARATOR + 1);

/* What Unicode 15.1 and 16 added and GLib 2.74 does not know. */
static const struct {
  gunichar first, last;
  character_class klass;
} newer_classes[] = {
  { 0x1c89, 0x1c8a, CLASS_LETTER },   { 0xa7cb, 0xa7cd, CLASS_LETTER },
  { 0xa7da, 0xa7dc, CLASS_LETTER },   { 0x105c0, 0x105f3, CLASS_LETTER },
  { 0x10d40, 0x10d49, CLASS_NUMBER }, { 0x10d4a, 0x10d65, CLASS_LETTER },
  { 0x10d6f, 0x10d85, CLASS_LETTER }, { 0x10ec2, 0x10ec4, CLASS_LETTER },
  { 0x11380, 0x11389, CLASS_LETTER }, { 0x1138b, 0x1138b, CLASS_LETTER },
  { 0x1138e, 0x1138e, CLASS_LETTER }, { 0x11390, 0x113b5, CLASS_LETTER },
  { 0x113b7, 0x113b7, CLASS_LETTER }, { 0x113d1, 0x113d1, CLASS_LETTER },
  { 0x113d3, 0x113d3, CLASS_LETTER }, { 0x116d0, 0x116e3, CLASS_NUMBER },
  { 0x11bc0, 0x11be0, CLASS_LETTER }, { 0x11bf0, 0x11bf9, CLASS_NUMBER },
  { 0x13460, 0x143fa, CLASS_LETTER }, { 0x16100, 0x1611d, CLASS_LETTER },
  { 0x16130, 0x16139, CLASS_NUMBER }, { 0x16d40, 0x16d6c, CLASS_LETTER },
  { 0x16d70, 0x16d79, CLASS_NUMBER }, { 0x18cff, 0x18cff, CLASS_LETTER },
  { 0x1ccf0, 0x1ccf9, CLASS_NUMBER }, { 0x1e5d0, 0x1e5ed, CLASS_LETTER },
  { 0x1e5f0, 0x1e5f0, CLASS_LETTER }, { 0x1e5f1, 0x1e5fa, CLASS_NUMBER },
  { 0x2ebf0, 0x2ee5d, CLASS_LETTER },
};

/* Lower case by Unicode 17 where g_unichar_tolower() leaves the character alone: Roman numerals and
 * circled letters, which are no letters to GLib, and what is newer than GLib 2.74. */
static const struct {
  gunichar first, last;
  gunichar lower; /* of the first; the others follow */
} newer_lower[] = {
  { 0x1c89, 0x1c89, 0x1c8a }, { 0x2160, 0x216f, 0x2170 },    { 0x24b6, 0x24cf, 0x24d0 },
  { 0xa7cb, 0xa7cb, 0x0264 }, { 0xa7cc, 0xa7cc, 0xa7cd },    { 0xa7ce, 0xa7ce, 0xa7cf },
  { 0xa7d2, 0xa7d2, 0xa7d3 }, { 0xa7d4, 0xa7d4, 0xa7d5 },    { 0xa7da, 0xa7da, 0xa7db },
  { 0xa7dc, 0xa7dc, 0x019b }, { 0x10d50, 0x10d65, 0x10d70 }, { 0x16ea0, 0x16eb8, 0x16ebb },
};

static character_class
classify (gunichar c)
{
  GUnicodeType type;

  /* These are controls by category. */
  if ((c >= '\t' && c <= '\r') || c == 0x85)
    return CLASS_SPACE;
  type = g_unichar_type (c);
  if (type != G_UNICODE_UNASSIGNED)
    return classes[type];
  for (gsize i = 0; i < G_N_ELEMENTS (newer_classes); i++) {
    if (c >= newer_classes[i].first && c <= newer_classes[i].last)
      return newer_classes[i].klass;
  }
  return CLASS_OTHER;
}

static void
append_lower (GString *text, gunichar c)
{
  gunichar lower = g_unichar_tolower (c);

  /* The one character whose lower case is two. No locale has a say, as it has in
   * g_utf8_strdown(). */
  if (c == 0x130) {
    g_string_append (text, "i\u0307");
    return;
  }
  for (gsize i = 0; lower == c && i < G_N_ELEMENTS (newer_lower); i++) {
    if (c >= newer_lower[i].first && c <= newer_lower[i].last)
      lower = newer_lower[i].lower + (c - newer_lower[i].first);
  }
  g_string_append_unichar (text, lower);
}

static int
compare_combining_classes (gconstpointer a, gconstpointer b, gpointer data)
{
  return g_unichar_combining_class (*(const gunichar *) a) -
         g_unichar_combining_class (*(const gunichar *) b);
}

/* Combining marks in canonical order, which changes nothing about the normal form. GLib orders them
 * with a number of swaps that grows with the square of their count; here it finds them in order. */
static char *
order_marks (const char *text, gsize length)
{
  glong count, first = 0;
  g_autofree gunichar *characters = g_utf8_to_ucs4_fast (text, (glong) length, &count);

  for (glong i = 0; i <= count; i++) {
    if (i < count && g_unichar_combining_class (characters[i]) != 0)
      continue;
    if (i - first > 1) /* a stable sort */
      g_qsort_with_data (characters + first, (gint) (i - first), sizeof *characters,
                         compare_combining_classes, NULL);
    first = i + 1;
  }
  return g_ucs4_to_utf8 (characters, count, NULL, NULL, NULL);
}

char *
limn_text_normalize (const char *text, gsize length)
{
  g_autofree char *ordered = order_marks (text, length);
  g_autofree char *composed = g_utf8_normalize (ordered, -1, G_NORMALIZE_DEFAULT_COMPOSE);
  GString *normalized = g_string_sized_new (length);
  bool in_space = false;

  for (const char *at = composed; *at != '\0'; at = g_utf8_next_char (at)) {
    gunichar c = g_utf8_get_char (at);
    bool space = classify (c) == CLASS_SPACE;

    if (!space)
      append_lower (normalized, c);
    else if (!in_space)
      g_string_append_c (normalized, ' ');
    in_space = space;
  }
  return g_string_free (normalized, FALSE);
}

void
limn_words_init (struct limn_words *words, const char *text, gsize length)
{
  *words = (struct limn_words){ text, text + length, text };
}

static gsize
match_literal (const struct limn_words *words, const char *const *literals)
{
  for (; *literals != NULL; literals++) {
    gsize length = strlen (*literals);

    if (length <= (gsize) (words->end - words->at) && memcmp (words->at, *literals, length) == 0)
      return length;
  }
  return 0;
}

bool
limn_words_next (struct limn_words *words, const char **word, gsize *length)
{
  static const char *const contractions[] = { "'s", "'t", "'re", "'ve", "'m", "'ll", "'d", NULL };
  static const char *const marks[] = { "<|startoftext|>", "<|endoftext|>", NULL };
  character_class klass = CLASS_SPACE;
  const char *limit;

  for (; words->at < words->end; words->at = g_utf8_next_char (words->at)) {
    klass = classify (g_utf8_get_char (words->at));
    if (klass != CLASS_SPACE)
      break;
  }
  if (words->at >= words->end)
    return false;

  *word = words->at;
  *length = match_literal (words, contractions);
  if (*length > 0) {
    words->at += *length;
    return true;
  }
  /* Spelled out in a text, a mark is three words, and its last does not join what follows. */
  if (words->at >= words->stop)
    words->stop = words->at + match_literal (words, marks);
  limit = words->at < words->stop ? words->stop : words->end;
  do
    words->at = g_utf8_next_char (words->at);
  while (klass != CLASS_NUMBER && words->at < limit &&
         classify (g_utf8_get_char (words->at)) == klass);
  *length = (gsize) (words->at - *word);
  return true;
}
