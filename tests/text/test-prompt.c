/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The syntax of prompts and their chunks. */

#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

#include "text/prompt.h"

/* "an |important*1.100| word": parts with what multiplies them. */
static char *
parse (const char *text)
{
  g_autoptr (GArray) parts = limn_prompt_parse (text);
  GString *string = g_string_new (NULL);

  g_assert_cmpuint (parts->len, >=, 1);
  for (guint i = 0; i < parts->len; i++) {
    const struct limn_prompt_part *part = &g_array_index (parts, struct limn_prompt_part, i);
    char weight[G_ASCII_DTOSTR_BUF_SIZE];

    g_ascii_formatd (weight, sizeof weight, "%.4f", part->weight);
    g_string_append (string, i > 0 ? "|" : "");
    if (part->is_break)
      g_string_append (string, "BREAK");
    else
      g_string_append_printf (string, "%s*%s", part->text, weight);
  }
  return g_string_free (string, FALSE);
}

static void
test_syntax (void)
{
  static const struct {
    const char *text, *parts;
  } cases[] = {
    /* What the original says of itself. */
    { "normal text", "normal text*1.0000" },
    { "an (important) word", "an *1.0000|important*1.1000| word*1.0000" },
    { "(unbalanced", "unbalanced*1.1000" },
    { "\\(literal\\]", "(literal]*1.0000" },
    { "(unnecessary)(parens)", "unnecessaryparens*1.1000" },
    { "a (((house:1.3)) [on] a (hill:0.5), sun, (((sky))).",
      "a *1.0000|house*1.5730| *1.1000|on*1.0000| a *1.1000|hill*0.5500|, sun, *1.1000|"
      "sky*1.4641|.*1.1000" },
    /* What it does besides. */
    { "", "*1.0000" },
    { "()", "*1.0000" },
    { "((word))", "word*1.2100" },
    { "[word]", "word*0.9091" },
    { "(word: 1.2 )", "word*1.2000" },
    { "(word:-.5)", "word*-0.5000" },
    { "(a:1.2.3)", "a:1.2.3*1.1000" },
    { "(a:.)", "a:.*1.1000" },
    { "(a:)", "a:*1.1000" },
    { "a:1.2)", "a:1.2)*1.0000" },
    { "a)b]c", "a)b]c*1.0000" },
    { "(a [b) c]", "a *1.1000|b*1.0000| c*0.9091" },
    { "\\a\\\\\\", "a\\*1.0000" },
    { "a BREAK b", "a*1.0000|BREAK|b*1.0000" },
    { "(a BREAK b:2)", "a*2.0000|BREAK|b*2.0000" },
    { "aBREAK BREAKb BREAK_", "aBREAK BREAKb BREAK_*1.0000" },
    { "BREAK", "*1.0000|BREAK|*1.0000" },
    { "a\xff(b)", "a\xef\xbf\xbd*1.0000|b*1.1000" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *parts = parse (cases[i].text);
    g_assert_cmpstr (parts, ==, cases[i].parts);
  }
}

/* --- against Python --- */

static limn_tokenizer *
load_tokenizer (void)
{
  g_autofree char *folder = g_test_build_filename (G_TEST_DIST, "golden", "tokenizer", NULL);
  g_autoptr (GError) error = NULL;
  limn_tokenizer *tokenizer = limn_tokenizer_load (folder, &error);

  g_assert_no_error (error);
  return tokenizer;
}

typedef void (*row_func) (const char *text, JsonObject *row, gpointer data);

static void
for_each_row (const char *table, row_func func, gpointer data)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "golden", "prompts.json", NULL);
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;
  JsonArray *rows;

  json_parser_load_from_file (parser, path, &error);
  g_assert_no_error (error);
  rows = json_object_get_array_member (json_node_get_object (json_parser_get_root (parser)), table);
  g_assert_cmpuint (json_array_get_length (rows), >=, 15);
  for (guint i = 0; i < json_array_get_length (rows); i++) {
    JsonObject *row = json_array_get_object_element (rows, i);
    const char *text = json_object_get_string_member (row, "text");

    g_test_message ("%s", text);
    func (text, row, data);
  }
}

static void
check_syntax (const char *text, JsonObject *row, gpointer data)
{
  g_autoptr (GArray) parts = limn_prompt_parse (text);
  JsonArray *wanted = json_object_get_array_member (row, "parts");

  g_assert_cmpuint (parts->len, ==, json_array_get_length (wanted));
  for (guint i = 0; i < parts->len; i++) {
    const struct limn_prompt_part *part = &g_array_index (parts, struct limn_prompt_part, i);
    JsonArray *pair = json_array_get_array_element (wanted, i);

    g_assert_cmpint (part->is_break, ==, json_array_get_null_element (pair, 0));
    if (part->is_break)
      continue;
    g_assert_cmpstr (part->text, ==, json_array_get_string_element (pair, 0));
    g_assert_cmpfloat (fabs (part->weight - json_array_get_double_element (pair, 1)), <=,
                       1e-15 * fabs (part->weight));
  }
}

static void
test_golden_syntax (void)
{
  for_each_row ("syntax", check_syntax, NULL);
}

static void
check_chunk (const struct limn_prompt_tokens *tokens, int chunk, JsonArray *ids, JsonArray *weights)
{
  g_assert_cmpuint (json_array_get_length (ids), ==, (guint) tokens->length);
  for (int i = 0; i < tokens->length; i++) {
    int at = chunk * tokens->length + i;

    g_assert_cmpint (g_array_index (tokens->ids, gint32, at), ==,
                     json_array_get_int_element (ids, (guint) i));
    g_assert_cmpfloat_with_epsilon ((double) g_array_index (tokens->weights, float, at),
                                    json_array_get_double_element (weights, (guint) i), 1e-6);
  }
}

static void
check_cut (const char *text, JsonObject *row, gpointer data)
{
  JsonArray *wanted = json_object_get_array_member (row, "chunks");
  struct limn_prompt_tokens tokens;

  limn_prompt_tokenize (&tokens, data, text, false, 32);
  g_assert_cmpint (tokens.n_chunks, ==, json_array_get_length (wanted));
  g_assert_cmpuint (tokens.ids->len, ==, 32 * (guint) tokens.n_chunks);
  g_assert_cmpuint (tokens.weights->len, ==, tokens.ids->len);
  for (int i = 0; i < tokens.n_chunks; i++) {
    JsonArray *pair = json_array_get_array_element (wanted, (guint) i);

    check_chunk (&tokens, i, json_array_get_array_element (pair, 0),
                 json_array_get_array_element (pair, 1));
  }
  limn_prompt_tokens_clear (&tokens);
}

static void
test_golden_chunks (void)
{
  g_autoptr (limn_tokenizer) tokenizer = load_tokenizer ();

  for_each_row ("cuts", check_cut, tokenizer);
}

/* --- what Python is not asked --- */

static void
assert_ids (const limn_tokenizer *tokenizer,
            const char *text,
            bool plain,
            int n_chunks,
            const gint32 *wanted,
            gsize n_wanted)
{
  struct limn_prompt_tokens tokens;

  limn_prompt_tokenize (&tokens, tokenizer, text, plain, 8);
  limn_prompt_tokens_pad (&tokens, tokenizer, n_chunks);
  g_assert_cmpmem (tokens.ids->data, tokens.ids->len * sizeof (gint32), wanted,
                   n_wanted * sizeof (gint32));
  g_assert_cmpuint (tokens.weights->len, ==, n_wanted);
  for (gsize i = 0; plain && i < n_wanted; i++)
    g_assert_cmpfloat (g_array_index (tokens.weights, float, i), ==, 1);
  limn_prompt_tokens_clear (&tokens);
}

/* "a photo of a cat" is 320 79 712 621 610 320 1420 */
static void
test_chunks (void)
{
  static const gint32 shorter[] = { 3512, 320, 1420, 3513, 3513, 3513, 3513, 3513 };
  static const gint32 longer[] = { 3512, 320,  79,   712,  621,  610,  320,  3513,
                                   3512, 1420, 3513, 3513, 3513, 3513, 3513, 3513 };
  static const gint32 padded[] = { 3512, 320,  1420, 3513, 3513, 3513, 3513, 3513,
                                   3512, 3513, 3513, 3513, 3513, 3513, 3513, 3513 };
  g_autoptr (limn_tokenizer) tokenizer = load_tokenizer ();

  assert_ids (tokenizer, "a cat", false, 1, shorter, G_N_ELEMENTS (shorter));
  assert_ids (tokenizer, "a photo of a cat", false, 1, longer, G_N_ELEMENTS (longer));
  assert_ids (tokenizer, "a photo of a cat", true, 2, longer, G_N_ELEMENTS (longer));
  assert_ids (tokenizer, "(a [cat", false, 2, padded, G_N_ELEMENTS (padded));
}

static void
test_plain (void)
{
  g_autoptr (limn_tokenizer) tokenizer = load_tokenizer ();
  g_autoptr (GArray) ids = limn_tokenizer_encode (tokenizer, "(cat:2) BREAK \\[");
  struct limn_prompt_tokens tokens;

  limn_prompt_tokenize (&tokens, tokenizer, "(cat:2) BREAK \\[", true, 32);
  g_assert_cmpint (tokens.n_chunks, ==, 1);
  g_assert_cmpmem (tokens.ids->data + sizeof (gint32), ids->len * sizeof (gint32), ids->data,
                   ids->len * sizeof (gint32));
  limn_prompt_tokens_clear (&tokens);
}

/* Any bytes at all: the parser ends, its parts are UTF-8, and no neighbours could be one. */
static void
test_random (void)
{
  static const char letters[] = "()[]\\:.,+-19a BREAK\t\xc3\xa9\xff";
  g_autoptr (GRand) random = g_rand_new_with_seed (5);

  for (int i = 0; i < 20000; i++) {
    g_autoptr (GString) text = g_string_new (NULL);
    g_autoptr (GArray) parts = NULL;

    for (int j = g_rand_int_range (random, 0, 30); j > 0; j--) {
      if (g_rand_int_range (random, 0, 8) == 0)
        g_string_append (text, "BREAK");
      else
        g_string_append_c (text, letters[g_rand_int_range (random, 0, sizeof letters - 1)]);
    }
    parts = limn_prompt_parse (text->str);
    g_assert_cmpuint (parts->len, >=, 1);
    for (guint j = 0; j < parts->len; j++) {
      const struct limn_prompt_part *part = &g_array_index (parts, struct limn_prompt_part, j);

      g_assert_true (g_utf8_validate (part->text, -1, NULL));
      g_assert_true (!part->is_break || *part->text == '\0');
      if (j > 0 && !part->is_break && !part[-1].is_break)
        g_assert_cmpfloat (part->weight, !=, part[-1].weight);
    }
  }
}

/* With work that grows by the square in the length these would not end. */
static void
test_long (void)
{
  static const char *const pieces[] = { ":", "(a)", ": ", ":1", "\\", "BREAK ", "]", ")a" };

  for (gsize i = 0; i < G_N_ELEMENTS (pieces); i++) {
    g_autoptr (GString) text = g_string_new (NULL);
    g_autoptr (GArray) parts = NULL;

    while (text->len < 1 << 20)
      g_string_append (text, pieces[i]);
    parts = limn_prompt_parse (text->str);
    g_assert_cmpuint (parts->len, >=, 1);
  }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/prompt/syntax", test_syntax);
  g_test_add_func ("/prompt/golden-syntax", test_golden_syntax);
  g_test_add_func ("/prompt/golden-chunks", test_golden_chunks);
  g_test_add_func ("/prompt/chunks", test_chunks);
  g_test_add_func ("/prompt/plain", test_plain);
  g_test_add_func ("/prompt/random", test_random);
  g_test_add_func ("/prompt/long", test_long);
  return g_test_run ();
}
