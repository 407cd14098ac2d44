/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prompt-expand.h"

#include <stdbool.h>
#include <string.h>

#define PLACE "{prompt}"
#define SPECIAL "#{|}" /* what a backslash takes its meaning from */

/* --- comments --- */

/* Whether @text[@at] is a backslash with something that belongs to it. "\\" is a pair, so that the
 * second one takes nothing's meaning. */
static bool
is_escape (const char *text, gsize at)
{
  char next = text[at] == '\\' ? text[at + 1] : '\0';

  return next != '\0' && (next == '\\' || strchr (SPECIAL, next) != NULL);
}

static gsize
trim_back (const GString *out)
{
  gsize length = out->len;

  while (length > 0 && (out->str[length - 1] == ' ' || out->str[length - 1] == '\t'))
    length--;
  return length;
}

/* Of a line that is gone: the one at @text, or, for the last line, the one before. Returns the
 * bytes that go. */
static gsize
drop_line_break (GString *out, const char *text)
{
  if (*text != '\0')
    return g_str_has_prefix (text, "\r\n") ? 2 : 1;
  if (g_str_has_suffix (out->str, "\r\n"))
    g_string_truncate (out, out->len - 2);
  else if (out->len > 0)
    g_string_truncate (out, out->len - 1);
  return 0;
}

/* Without comments and the spaces before them; a line that is nothing else goes. Backslashes
 * stay. */
static char *
drop_comments (const char *text)
{
  GString *out = g_string_new (NULL);
  gsize line = 0; /* where the line begins in @out */

  for (gsize at = 0; text[at] != '\0';) {
    if (text[at] == '#') {
      at += strcspn (text + at, "\r\n");
      g_string_truncate (out, MAX (line, trim_back (out)));
      if (out->len == line)
        at += drop_line_break (out, text + at);
      continue;
    }
    if (is_escape (text, at))
      g_string_append_c (out, text[at++]);
    g_string_append_c (out, text[at]);
    if (text[at] == '\n' || text[at] == '\r')
      line = out->len;
    at++;
  }
  return g_string_free (out, FALSE);
}

/* --- choices --- */

/* What a byte of the text means for choices. */
struct mark {
  gsize next;    /* of "{" and "|" that are no text: the "|" or "}" after it; else 0 */
  gsize count;   /* of such a "{": how many choices */
  gsize ordinal; /* and how many of its kind are before it */
};

struct expander {
  const char *text;
  gsize length;
  struct mark *marks; /* @length + 1 */
};

/* Braces that are open. */
struct braces {
  gsize open, last; /* "{", and the last "{" or "|" that was seen */
  gsize bars;
};

static void
open_braces (GArray *open, gsize at)
{
  struct braces braces = { at, at, 0 };

  g_array_append_val (open, braces);
}

static void
close_braces (struct expander *expander, GArray *open, gsize at)
{
  struct braces braces = g_array_index (open, struct braces, open->len - 1);

  g_array_set_size (open, open->len - 1);
  if (braces.bars == 0)
    return;
  expander->marks[braces.last].next = at;
  expander->marks[braces.open].count = braces.bars + 1;
}

static void
mark_choices (struct expander *expander)
{
  g_autoptr (GArray) open = g_array_new (FALSE, FALSE, sizeof (struct braces));
  gsize ordinal = 0;

  for (gsize at = 0; at < expander->length; at++) {
    struct braces *inner =
        open->len > 0 ? &g_array_index (open, struct braces, open->len - 1) : NULL;
    char c = expander->text[at];

    if (is_escape (expander->text, at)) {
      at++;
    } else if (c == '{') {
      open_braces (open, at);
    } else if (c == '|' && inner != NULL) {
      expander->marks[inner->last].next = at;
      inner->last = at;
      inner->bars++;
    } else if (c == '}' && inner != NULL) {
      close_braces (expander, open, at);
    }
  }
  for (gsize at = 0; at < expander->length; at++)
    if (expander->marks[at].count > 0)
      expander->marks[at].ordinal = ordinal++;
}

/* The finaliser of SplitMix64 (Steele, Lea, Flood 2014). */
static guint64
mix (guint64 value)
{
  value += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
  value = (value ^ (value >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  value = (value ^ (value >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return value ^ (value >> 31);
}

static gsize
choose (guint64 seed, gsize ordinal, gsize count)
{
  return (gsize) (((mix (mix (seed) + ordinal) >> 32) * count) >> 32);
}

/* Text that is being copied because it was chosen, and where to go on behind it. */
struct choice {
  gsize end, resume;
};

/* Takes choice @index of those at @open; returns where it begins. */
static gsize
enter_choice (const struct expander *expander, GArray *stack, gsize open, gsize index)
{
  const char *text = expander->text;
  struct choice choice;
  gsize bar = open, begin;

  for (gsize i = 0; i < index; i++)
    bar = expander->marks[bar].next;
  begin = bar + 1;
  choice.end = choice.resume = expander->marks[bar].next;
  while (expander->marks[choice.resume].next > 0)
    choice.resume = expander->marks[choice.resume].next;
  choice.resume++;
  while (begin < choice.end && g_ascii_isspace (text[begin]))
    begin++;
  while (choice.end > begin && g_ascii_isspace (text[choice.end - 1]))
    choice.end--;
  g_array_append_val (stack, choice);
  return begin;
}

static gsize
copy_escape (GString *out, const char *text, gsize at)
{
  if (text[at + 1] == '\\')
    g_string_append_c (out, '\\');
  g_string_append_c (out, text[at + 1]);
  return at + 2;
}

static char *
resolve (const struct expander *expander, guint64 seed)
{
  g_autoptr (GArray) stack = g_array_new (FALSE, FALSE, sizeof (struct choice));
  GString *out = g_string_sized_new (expander->length);
  gsize at = 0;

  while (at < expander->length) {
    const struct mark *mark = &expander->marks[at];
    const struct choice *choice =
        stack->len > 0 ? &g_array_index (stack, struct choice, stack->len - 1) : NULL;

    if (choice != NULL && at >= choice->end) {
      at = choice->resume;
      g_array_set_size (stack, stack->len - 1);
    } else if (mark->count > 0) {
      at = enter_choice (expander, stack, at, choose (seed, mark->ordinal, mark->count));
    } else if (is_escape (expander->text, at)) {
      at = copy_escape (out, expander->text, at);
    } else {
      g_string_append_c (out, expander->text[at++]);
    }
  }
  return g_string_free (out, FALSE);
}

char *
limn_prompt_expand (const char *text, guint64 seed)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  g_autofree char *plain = drop_comments (valid);
  gsize length = strlen (plain);
  g_autofree struct mark *marks = g_new0 (struct mark, length + 1);
  struct expander expander = { plain, length, marks };

  mark_choices (&expander);
  return resolve (&expander, seed);
}

char *
limn_prompt_escape (const char *text)
{
  GString *out = g_string_new (NULL);

  for (gsize at = 0; text[at] != '\0'; at++) {
    if (text[at] == '\\' && text[at + 1] == '\\')
      g_string_append_c (out, text[at++]);
    else if (is_escape (text, at))
      at++;
    if (strchr (SPECIAL, text[at]) != NULL)
      g_string_append_c (out, '\\');
    g_string_append_c (out, text[at]);
  }
  return g_string_free (out, FALSE);
}

char *
limn_style_apply (const char *template_text, const char *text)
{
  g_autofree char *style = drop_comments (template_text);
  g_autofree char *prompt = drop_comments (text);
  g_auto (GStrv) pieces = NULL;

  if (*style == '\0')
    return g_steal_pointer (&prompt);
  pieces = g_strsplit (style, PLACE, -1);
  if (pieces[1] != NULL)
    return g_strjoinv (prompt, pieces);
  return *prompt == '\0' ? g_steal_pointer (&style) : g_strconcat (prompt, ", ", style, NULL);
}
