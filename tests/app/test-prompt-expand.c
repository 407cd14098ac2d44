/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Comments, choices and styles in prompts. */

#include <stdbool.h>
#include <string.h>

#include "prompt-expand.h"

/* --- what does not depend on the seed --- */

static void
test_fixed (void)
{
  static const struct {
    const char *text, *expanded;
  } cases[] = {
    { "", "" },
    { "a (cat:1.2), [dog] BREAK\n  two \\(three\\) \\x", NULL },
    { "a {cat} and {{dog}}", NULL },
    { "a | b", NULL },
    { "a {b|c", NULL },
    { "a b|c} d", NULL },
    { "\303\244 {\303\266|\303\266} \303\274", "\303\244 \303\266 \303\274" },
    /* comments */
    { "cat # black", "cat" },
    { "#", "" },
    { "# all of it", "" },
    { "cat# black\ndog", "cat\ndog" },
    { "cat \t# black\r\ndog", "cat\r\ndog" },
    { "cat\n  # a line\ndog", "cat\ndog" },
    { "cat\r\n# a line\r\ndog", "cat\r\ndog" },
    { "cat\n# the last", "cat" },
    { "cat\r\n# the last", "cat" },
    { "# the first\ncat", "cat" },
    { "a # {b\n|c}", "a\n|c}" },
    { "{a # x|y}\n|a}", "a" },
    { "C# and F#", "C" },
    { "C\\# and F\\#", "C# and F#" },
    { "C\\\\# and", "C\\\\" },
    { "C\\\\\\# and", "C\\\\# and" },
    /* escapes */
    { "\\{a\\|b\\}", "{a|b}" },
    { "{a\\|b|a\\|b}", "a|b" },
    { "{a\\}|a\\}}", "a}" },
    { "a\\", NULL },
    { "\\\\{a|a}", "\\\\a" },
    { "\\\\\\{a|a}", "\\\\{a|a}" },
    /* choices of equals */
    { "{a|a}", "a" },
    { "x{ a |a\n}y", "xay" },
    { "x{|}y", "xy" },
    { "x{|  |}y", "xy" },
    { "{{a|a}|{a|a}} {a}", "a {a}" },
    { "{{{a|a}}|{{a|a}}}", "{a}" },
    { "{a|{b|b}", "{a|b" },
    { "a {x{b|b}", "a {xb" },
    { "{prompt}, {red|red}", "{prompt}, red" },
    { "{a|a}}", "a}" },
    { "\xff{a|a}", "\357\277\275a" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    const char *wanted = cases[i].expanded != NULL ? cases[i].expanded : cases[i].text;

    for (guint64 seed = 0; seed < 50; seed++) {
      g_autofree char *expanded = limn_prompt_expand (cases[i].text, seed);

      g_assert_cmpstr (expanded, ==, wanted);
    }
  }
}

/* --- choices --- */

/* Written down once: they must be the same on every machine and in every version. */
static void
test_seeds (void)
{
  static const struct {
    guint64 seed;
    const char *text;
  } cases[] = {
    { 0, "a blue cat 10" },          { 1, "a green small dog 7" },     { 2, "a green small dog 7" },
    { 4294967295, "a black cat 7" }, { G_MAXUINT64, "a green cat 1" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *text = limn_prompt_expand (
        "a {red|green|blue|black} {cat|{big|small} dog} {1|2|3|4|5|6|7|8|9|10}", cases[i].seed);

    g_assert_cmpstr (text, ==, cases[i].text);
  }
}

/* Every choice comes up, about as often as any other, also with seeds that follow each other. */
static void
test_even (void)
{
  guint first[5] = { 0 }, pairs[5][5] = { 0 };

  for (guint64 seed = 1000; seed < 6000; seed++) {
    g_autofree char *text = limn_prompt_expand ("{0|1|2|3|4}{0|1|2|3|4}", seed);

    g_assert_cmpuint (strlen (text), ==, 2);
    first[text[0] - '0']++;
    pairs[text[0] - '0'][text[1] - '0']++;
  }
  for (int i = 0; i < 5; i++) {
    g_assert_cmpuint (first[i], >, 850);
    g_assert_cmpuint (first[i], <, 1150);
    for (int j = 0; j < 5; j++) {
      g_assert_cmpuint (pairs[i][j], >, 130);
      g_assert_cmpuint (pairs[i][j], <, 270);
    }
  }
}

/* A choice depends on how many are before it and on nothing else. */
static void
test_independent (void)
{
  for (guint64 seed = 0; seed < 200; seed++) {
    g_autofree char *one = limn_prompt_expand ("{a|b|c|d} {e|f|g|h}", seed);
    g_autofree char *two = limn_prompt_expand ("a longer one {a|b|c|d}{x}, {e|f|g|h}{1|2}", seed);

    g_assert_cmpint (two[13], ==, one[0]);
    g_assert_cmpint (two[19], ==, one[2]);
  }
}

/* The same rules once more, by recursion over lists of pieces. */
static gsize
find_partner (const char *text, gsize open)
{
  int depth = 0;

  for (gsize i = open; text[i] != '\0'; i++) {
    if (text[i] == '\\' && text[i + 1] != '\0' && strchr ("\\#{|}", text[i + 1]) != NULL)
      i++;
    else if (text[i] == '{')
      depth++;
    else if (text[i] == '}' && --depth == 0)
      return i;
  }
  return 0;
}

/* Whether @text is one of the results of @pattern, which is balanced and has no comment: tries all
 * choices. */
static bool
is_result (const char *pattern, const char *text)
{
  gsize open = 0, close;
  int depth = 0;
  gsize begin;

  while (pattern[open] != '\0' && pattern[open] != '{')
    open++;
  if (pattern[open] == '\0')
    return g_str_equal (pattern, text);
  if (strncmp (pattern, text, open) != 0)
    return false;
  close = find_partner (pattern, open);
  begin = open + 1;
  for (gsize i = open; i <= close; i++) {
    depth += pattern[i] == '{' ? 1 : 0;
    if ((pattern[i] == '|' && depth == 1) || i == close) {
      g_autofree char *choice = g_strndup (pattern + begin, i - begin);
      g_autofree char *rest = g_strconcat (g_strstrip (choice), pattern + close + 1, NULL);

      if (is_result (rest, text + open))
        return true;
      begin = i + 1;
    }
    depth -= pattern[i] == '}' ? 1 : 0;
  }
  return false;
}

static void
append_random (GString *pattern, GRand *random, int depth)
{
  int count = g_rand_int_range (random, 0, 4);

  for (int i = 0; i < count; i++) {
    if (depth > 0 && g_rand_boolean (random)) {
      int choices = g_rand_int_range (random, 2, 5);

      for (int j = 0; j < choices; j++) {
        g_string_append (pattern, j == 0 ? "{" : "|");
        append_random (pattern, random, depth - 1);
      }
      g_string_append_c (pattern, '}');
    } else {
      g_string_append_c (pattern, (char) g_rand_int_range (random, 'a', 'e'));
    }
  }
}

static void
test_nested (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (11);

  for (int i = 0; i < 2000; i++) {
    g_autoptr (GString) pattern = g_string_new (NULL);
    g_autofree char *text = NULL;

    append_random (pattern, random, 3);
    text = limn_prompt_expand (pattern->str, g_rand_int (random));
    g_assert_null (strpbrk (text, "{|}"));
    g_assert_true (is_result (pattern->str, text));
  }
}

/* As deep and as many as a prompt may have bytes: in no time, and on no stack. */
static void
test_large (void)
{
  const guint depth = 100000;
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *deep = NULL;
  g_autofree char *wide = NULL;
  g_autofree char *open = NULL;

  for (guint i = 0; i < depth; i++)
    g_string_append (text, "{|");
  open = limn_prompt_expand (text->str, 3);
  g_assert_cmpstr (open, ==, text->str);
  for (guint i = 0; i < depth; i++)
    g_string_append_c (text, '}');
  deep = limn_prompt_expand (text->str, 3);
  g_assert_cmpstr (deep, ==, "");
  g_string_assign (text, "{");
  for (guint i = 0; i < 3 * depth; i++)
    g_string_append (text, i > 0 ? "|x" : "x");
  g_string_append (text, "}");
  wide = limn_prompt_expand (text->str, 3);
  g_assert_cmpstr (wide, ==, "x");
}

/* --- and back --- */

static void
test_escape (void)
{
  static const char *const texts[] = {
    "",          "a (cat:1.2)", "{a|b} # c",  "C# {x}",    "a\\\\{b",
    "\\(a\\) |", "\\",          "a\n#\n\\\\", "\\\\\\\\#",
  };
  g_autofree char *lone = limn_prompt_escape ("a\\{b\\\\\\#");

  g_assert_cmpstr (lone, ==, "a\\{b\\\\\\#");
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autofree char *escaped = limn_prompt_escape (texts[i]);
    g_autofree char *again = limn_prompt_expand (escaped, i);

    g_assert_cmpstr (again, ==, texts[i]);
  }
}

/* --- styles --- */

static void
test_styles (void)
{
  static const struct {
    const char *style, *text, *result;
  } cases[] = {
    { "", "cat", "cat" },
    { "", "", "" },
    { "oil painting", "cat", "cat, oil painting" },
    { "oil painting", "", "oil painting" },
    { "oil painting of {prompt}, detailed", "cat", "oil painting of cat, detailed" },
    { "{prompt}", "cat", "cat" },
    { "a {prompt} b {prompt}", "{x|y}", "a {x|y} b {x|y}" },
    { "{prompt", "cat", "cat, {prompt" },
    { "{Prompt}", "cat", "cat, {Prompt}" },
    { "{prompt}", "{prompt}", "{prompt}" },
    { "oil # in fact\npainting", "cat # mine", "cat, oil\npainting" },
    { "# only a comment", "cat", "cat" },
    { "oil", "# none", "oil" },
    { "{prompt} x", "C\\# d # e", "C\\# d x" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *result = limn_style_apply (cases[i].style, cases[i].text);

    g_assert_cmpstr (result, ==, cases[i].result);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/prompt-expand/fixed", test_fixed);
  g_test_add_func ("/prompt-expand/seeds", test_seeds);
  g_test_add_func ("/prompt-expand/even", test_even);
  g_test_add_func ("/prompt-expand/independent", test_independent);
  g_test_add_func ("/prompt-expand/nested", test_nested);
  g_test_add_func ("/prompt-expand/large", test_large);
  g_test_add_func ("/prompt-expand/escape", test_escape);
  g_test_add_func ("/prompt-expand/styles", test_styles);
  return g_test_run ();
}
