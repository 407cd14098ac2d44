/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Input: a style's template, a zero byte, and a prompt with comments and choices. */

#include "fuzz.h"

#include <string.h>

#include "prompt-expand.h"

static void
check_expansion (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  gsize length = strlen (valid);

  for (guint64 seed = 0; seed < 5; seed++) {
    g_autofree char *once = limn_prompt_expand (text, seed);
    g_autofree char *same = limn_prompt_expand (valid, seed);

    g_assert_true (g_utf8_validate (once, -1, NULL));
    g_assert_cmpuint (strlen (once), <=, length);
    g_assert_cmpstr (once, ==, same);
  }
}

static void
check_escape (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  g_autofree char *escaped = limn_prompt_escape (valid);
  g_autofree char *back = limn_prompt_expand (escaped, 0);
  g_autofree char *again = limn_prompt_escape (back);

  /* Single backslashes are gone after the first time. */
  g_assert_cmpstr (again, ==, escaped);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *style = g_strndup ((const char *) data, size);
  gsize length = strlen (style);
  g_autofree char *text = length < size
                              ? g_strndup ((const char *) data + length + 1, size - length - 1)
                              : g_strdup (style);
  g_autofree char *both = limn_style_apply (style, text);

  check_expansion (style);
  check_expansion (text);
  check_expansion (both);
  check_escape (text);
  return 0;
}
