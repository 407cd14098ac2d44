/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Weights that are changed at the cursor, and what is coloured. */

#include <string.h>

#include "prompt/emphasis.h"

/* "<" and ">" in @marked are the ends of the selection, "^" is the cursor. */
static char *
unmark (const char *marked, struct limn_range *selection)
{
  GString *text = g_string_new (NULL);

  for (; *marked != '\0'; marked++) {
    if (*marked == '<' || *marked == '^')
      selection->start = text->len;
    if (*marked == '>' || *marked == '^')
      selection->end = text->len;
    if (strchr ("<>^", *marked) == NULL)
      g_string_append_c (text, *marked);
  }
  return g_string_free (text, FALSE);
}

/* The new text with its selection marked; NULL where nothing changes. */
static char *
change (const char *marked, double delta)
{
  struct limn_range selection = { 0, 0 };
  g_autofree char *text = unmark (marked, &selection);
  g_autoptr (GString) new = g_string_new (NULL);
  struct limn_emphasis emphasis = { 0 };

  if (!limn_emphasis_change (text, selection, delta, &emphasis))
    return NULL;
  g_string_append_len (new, text, (gssize) emphasis.replaced.start);
  g_string_append (new, emphasis.text);
  g_string_append (new, text + emphasis.replaced.end);
  g_string_insert_c (new, (gssize) emphasis.selection.end, '>');
  g_string_insert_c (new, (gssize) emphasis.selection.start, '<');
  g_free (emphasis.text);
  return g_strdup (new->str);
}

static void
test_change (void)
{
  static const struct {
    const char *before, *up, *down;
  } cases[] = {
    /* words at the cursor */
    { "a re^d cat", "a (<red>:1.1) cat", "a (<red>:0.9) cat" },
    { "^red", "(<red>:1.1)", "(<red>:0.9)" },
    { "red^", "(<red>:1.1)", "(<red>:0.9)" },
    { "red^, cat", "(<red>:1.1), cat", "(<red>:0.9), cat" },
    { "a, ^ b", NULL, NULL },
    { "", NULL, NULL },
    { "well-kn^own", "(<well-known>:1.1)", "(<well-known>:0.9)" },
    { "\303\244\303\266^\303\274 x", "(<\303\244\303\266\303\274>:1.1) x",
      "(<\303\244\303\266\303\274>:0.9) x" },
    /* brackets around the cursor */
    { "a (re^d:1.2) cat", "a (<red>:1.3) cat", "a (<red>:1.1) cat" },
    { "a (red ba^lloon:1.25) cat", "a (<red balloon>:1.35) cat", "a (<red balloon>:1.15) cat" },
    { "(re^d:1.1)", "(<red>:1.2)", "<red>" },
    { "(re^d:0.9)", "<red>", "(<red>:0.8)" },
    { "(re^d)", "(<red>:1.2)", "<red>" },
    { "[re^d]", "<red>", "(<red>:0.8)" },
    { "((re^d))", "(<red>:1.3)", "(<red>:1.1)" },
    { "(((re^d)))", "(<red>:1.4)", "(<red>:1.2)" },
    { "([re^d])", "(<red>:1.1)", "(<red>:0.9)" },
    { "((re^d:1.2))", "(<red>:1.42)", "(<red>:1.22)" },
    { "(a (re^d:1.2) b:1.5)", "(a (<red>:1.3) b:1.5)", "(a (<red>:1.1) b:1.5)" },
    { "(a^ (red:1.2) b:1.5)", "(<a (red:1.2) b>:1.6)", "(<a (red:1.2) b>:1.4)" },
    { "(red:1^.2)", "(<red>:1.3)", "(<red>:1.1)" },
    { "(re^d:10)", "(<red>:10)", "(<red>:9.9)" },
    { "(re^d:0.05)", "(<red>:0.15)", "(<red>:0)" },
    { "(re^d:x)", "(<red:x>:1.2)", "<red:x>" },
    { "(re^d", "((<red>:1.1)", "((<red>:0.9)" },
    { "\\(re^d\\)", "\\((<red>:1.1)\\)", "\\((<red>:0.9)\\)" },
    { "(re^d # :1.5)\n:1.2)", "(<red # :1.5)>:1.3)", "(<red # :1.5)>:1.1)" },
    /* selections */
    { "a <red balloon>.", "a (<red balloon>:1.1).", "a (<red balloon>:0.9)." },
    { "a< red >b", "a (<red>:1.1) b", "a (<red>:0.9) b" },
    { "a (<red balloon>:1.1).", "a (<red balloon>:1.2).", "a <red balloon>." },
    { "a <(red balloon:1.1)>.", "a (<red balloon>:1.2).", "a <red balloon>." },
    { "<a (red:1.2) b>", "(<a (red:1.2) b>:1.1)", "(<a (red:1.2) b>:0.9)" },
    { "<a (r>ed:1.2) b", "(<a (red:1.2)>:1.1) b", "(<a (red:1.2)>:0.9) b" },
    { "(a r<ed:1.2) b>", "(<(a red:1.2) b>:1.1)", "(<(a red:1.2) b>:0.9)" },
    { "(a <red>:1.2)", "(a (<red>:1.1):1.2)", "(a (<red>:0.9):1.2)" },
    { "(a <red:1.2>)", "(<a red>:1.3)", "(<a red>:1.1)" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *up = change (cases[i].before, 0.1);
    g_autofree char *down = change (cases[i].before, -0.1);

    g_test_message ("%s", cases[i].before);
    g_assert_cmpstr (up, ==, cases[i].up);
    g_assert_cmpstr (down, ==, cases[i].down);
  }
}

/* Whatever the text, all places are within it. */
static void
test_random (void)
{
  static const char letters[] = "ab (([))]:1.2,\\|{}#\n";
  g_autoptr (GRand) random = g_rand_new_with_seed (5);

  for (int i = 0; i < 20000; i++) {
    g_autoptr (GString) text = g_string_new (NULL);
    struct limn_emphasis emphasis = { 0 };
    struct limn_range selection;
    g_autoptr (GArray) spans = NULL;
    int length = g_rand_int_range (random, 0, 24);

    for (int j = 0; j < length; j++)
      g_string_append_c (text, letters[g_rand_int_range (random, 0, sizeof letters - 1)]);
    selection.start = (gsize) g_rand_int_range (random, 0, length + 1);
    selection.end = (gsize) g_rand_int_range (random, (int) selection.start, length + 1);
    if (limn_emphasis_change (text->str, selection, 0.1, &emphasis)) {
      gsize size = strlen (emphasis.text);

      g_assert_cmpuint (emphasis.replaced.start, <, emphasis.replaced.end);
      g_assert_cmpuint (emphasis.replaced.end, <=, text->len);
      g_assert_cmpuint (emphasis.selection.start, >=, emphasis.replaced.start);
      g_assert_cmpuint (emphasis.selection.start, <, emphasis.selection.end);
      g_assert_cmpuint (emphasis.selection.end, <=, emphasis.replaced.start + size);
      g_free (emphasis.text);
    }
    spans = limn_prompt_spans (text->str);
    for (guint j = 0; j < spans->len; j++) {
      const struct limn_span *span = &g_array_index (spans, struct limn_span, j);

      g_assert_cmpuint (span->range.start, <, span->range.end);
      g_assert_cmpuint (span->range.end, <=, text->len);
    }
  }
}

/* --- spans --- */

static void
test_spans (void)
{
  /* c: comment, b: braces and bars, w: weights. */
  static const struct {
    const char *text, *kinds;
  } cases[] = {
    { "a (red:1.2) cat", "  w   wwwww    " },
    { "((a))[b]", "ww www w" },
    { "a # b (c)\nd", "  ccccccc  " },
    { "{a|b} {c} |", "b b b      " },
    { "{a|{b|c} {", "   b b b  " },
    { "\\{a|b\\} \\# \\(", "             " },
    { "{(a:2)|b}", "bw wwwb b" },
  };
  static const char letters[] = {
    [LIMN_SPAN_COMMENT] = 'c', [LIMN_SPAN_CHOICE] = 'b', [LIMN_SPAN_WEIGHT] = 'w'
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GArray) spans = limn_prompt_spans (cases[i].text);
    g_autofree char *kinds = g_strnfill (strlen (cases[i].text), ' ');

    for (guint j = 0; j < spans->len; j++) {
      const struct limn_span *span = &g_array_index (spans, struct limn_span, j);

      memset (kinds + span->range.start, letters[span->kind], span->range.end - span->range.start);
    }
    g_assert_cmpstr (kinds, ==, cases[i].kinds);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/prompt-emphasis/change", test_change);
  g_test_add_func ("/prompt-emphasis/random", test_random);
  g_test_add_func ("/prompt-emphasis/spans", test_spans);
  return g_test_run ();
}
