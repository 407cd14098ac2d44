/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>

#include "error.h"
#include "text/tokenizer.h"

static char *
golden_path (const char *name)
{
  return g_test_build_filename (G_TEST_DIST, "golden", "tokenizer", name, NULL);
}

static limn_tokenizer *
load_tokenizer (const char *folder)
{
  g_autoptr (GError) error = NULL;
  limn_tokenizer *tokenizer = limn_tokenizer_load (folder, &error);

  g_assert_no_error (error);
  g_assert_nonnull (tokenizer);
  return tokenizer;
}

static limn_tokenizer *
load_golden (void)
{
  g_autofree char *folder = golden_path (NULL);

  return load_tokenizer (folder);
}

/* "320 79 712" */
static char *
encode (const limn_tokenizer *tokenizer, const char *text)
{
  g_autoptr (GArray) ids = limn_tokenizer_encode (tokenizer, text);
  GString *string = g_string_new (NULL);

  for (guint i = 0; i < ids->len; i++)
    g_string_append_printf (string, i > 0 ? " %d" : "%d", g_array_index (ids, gint32, i));
  return g_string_free (string, FALSE);
}

static void
check_encoding (const limn_tokenizer *tokenizer, const char *text, const char *wanted)
{
  g_autofree char *found = encode (tokenizer, text);

  g_assert_cmpstr (found, ==, wanted);
}

static void
check_same (const limn_tokenizer *tokenizer, const char *text, const char *other)
{
  g_autofree char *wanted = encode (tokenizer, other);

  check_encoding (tokenizer, text, wanted);
}

/* --- a folder of files for one test --- */

static const char *const file_names[] = {
  "vocab.json",
  "merges.txt",
  "tokenizer_config.json",
  "special_tokens_map.json",
};

struct folder {
  char *path;
};

static struct folder
make_folder (void)
{
  g_autoptr (GError) error = NULL;
  struct folder folder = { g_dir_make_tmp ("limn-test-XXXXXX", &error) };

  g_assert_no_error (error);
  return folder;
}

/* NULL writes nothing. */
static void
write_file (const struct folder *folder, int file, const char *text)
{
  g_autofree char *path = g_build_filename (folder->path, file_names[file], NULL);
  g_autoptr (GError) error = NULL;

  if (text != NULL)
    g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
}

static void
copy_golden (const struct folder *folder, int file)
{
  g_autofree char *path = golden_path (file_names[file]);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  write_file (folder, file, text);
}

static void
remove_folder (struct folder *folder)
{
  for (gsize i = 0; i < G_N_ELEMENTS (file_names); i++) {
    g_autofree char *path = g_build_filename (folder->path, file_names[i], NULL);

    g_remove (path);
  }
  g_assert_cmpint (g_rmdir (folder->path), ==, 0);
  g_clear_pointer (&folder->path, g_free);
}

/* --- against transformers --- */

static void
test_golden (void)
{
  g_autofree char *path = golden_path ("ids.json");
  g_autoptr (limn_tokenizer) tokenizer = load_golden ();
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;
  JsonArray *rows;

  json_parser_load_from_file (parser, path, &error);
  g_assert_no_error (error);
  rows = json_node_get_array (json_parser_get_root (parser));
  g_assert_cmpuint (json_array_get_length (rows), >=, 200);
  for (guint i = 0; i < json_array_get_length (rows); i++) {
    JsonObject *row = json_array_get_object_element (rows, i);
    const char *text = json_object_get_string_member (row, "text");
    JsonArray *wanted = json_object_get_array_member (row, "ids");
    g_autoptr (GArray) ids = limn_tokenizer_encode (tokenizer, text);
    bool equal = ids->len == json_array_get_length (wanted);

    for (guint k = 0; equal && k < ids->len; k++)
      equal = g_array_index (ids, gint32, k) == json_array_get_int_element (wanted, k);
    if (!equal)
      g_error ("row %u: \"%s\" has other ids", i, text);
  }
}

#define MARKS_NORMALIZED                                                                           \
  "\"bos_token\": {\"content\": \"<|startoftext|>\", \"normalized\": true},"                       \
  "\"eos_token\": {\"content\": \"<|endoftext|>\", \"normalized\": true},"                         \
  "\"unk_token\": {\"content\": \"<|endoftext|>\", \"normalized\": true}"

/* "<|STARTOFTEXT|>", "<|EndOfText|>" as words */
#define BEGIN_WORDS "27 347 529 524 665 69 679 630 91 285"
#define END_WORDS "27 347 660 692 69 679 630 91 285"

/* Settings as they come with Stable Diffusion 1.5 and 2 and from newer versions of transformers;
 * ids are what transformers 5 makes of them. */
static const struct {
  const char *config, *map;
  int pad, max_length;
  struct {
    const char *text, *ids;
  } rows[5];
} variants[] = {
  { NULL,
    NULL,
    3513,
    77,
    { { "<|startoftext|>x", "3512 343" },
      { "<|STARTOFTEXT|>x", BEGIN_WORDS " 343" },
      { "<|EndOfText|>!!", END_WORDS " 0 256" },
      { "!<|EndOfText|>!!", "0 27 347 660 692 69 679 630 91 29 0 256" },
      { "A!!b !", "320 0 256 321 256" } } },
  { "{\"model_max_length\": 77, \"pad_token\": \"<|endoftext|>\"}",
    "{" MARKS_NORMALIZED ", \"pad_token\": \"<|endoftext|>\"}",
    3513,
    77,
    { { "<|STARTOFTEXT|>x", "3512 343" }, { "e<|EndOfText|>", "324 " END_WORDS } } },
  { "{\"model_max_length\": 1000000000000000019884624838656, \"pad_token\": \"!\"}",
    "{" MARKS_NORMALIZED ", \"pad_token\": \"!\"}",
    0,
    77,
    { { "A!!b !", "320 0 0 321 0" },
      { "e<|EndOfText|>", "324 3513" },
      { "<|startoftext|><|endoftext|>!", "3512 3513 0" } } },
  { "{\"added_tokens_decoder\": {"
    " \"3512\": {\"content\": \"<|startoftext|>\", \"normalized\": false, \"special\": true},"
    " \"3513\": {\"content\": \"<|endoftext|>\", \"normalized\": true, \"special\": true}},"
    " \"pad_token\": \"!\", \"model_max_length\": 40}",
    "{\"bos_token\": {\"content\": \"<|startoftext|>\", \"normalized\": true}}",
    0,
    40,
    { { "<|STARTOFTEXT|>x", BEGIN_WORDS " 343" },
      { "e<|EndOfText|>", "324 3513" },
      { "A!!b !", "320 0 0 321 0" } } },
  { "{\"added_tokens_decoder\": {\"1420\": {\"content\": \"Cat\", \"special\": false},"
    " \"9\": {\"content\": \"photo\", \"special\": true}}}",
    NULL,
    3513,
    77,
    { { "a photo cat CAT Cat", "320 3514 3515 3515 3515" } } },
  { "{\"added_tokens_decoder\": {\"1420\": {\"content\": \"Cat\", \"special\": false},"
    " \"10\": {\"content\": \"photograph\", \"special\": true},"
    " \"9\": {\"content\": \"photo\", \"special\": true}}}",
    NULL,
    3513,
    77,
    { { "a photograph photo Cats photographphoto", "320 3515 3514 3516 338 3515 3514" } } },
  { "{" MARKS_NORMALIZED ", \"model_max_length\": null}",
    "{\"bos_token\": \"<|startoftext|>\", \"eos_token\": \"<|endoftext|>\","
    " \"unk_token\": \"<|endoftext|>\", \"pad_token\": null}",
    3513,
    77,
    { { "<|STARTOFTEXT|>x", BEGIN_WORDS " 343" }, { "e<|EndOfText|>", "324 " END_WORDS } } },
};

static void
test_settings (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (variants); i++) {
    struct folder folder = make_folder ();
    g_autoptr (limn_tokenizer) tokenizer = NULL;

    copy_golden (&folder, 0);
    copy_golden (&folder, 1);
    write_file (&folder, 2, variants[i].config);
    write_file (&folder, 3, variants[i].map);
    tokenizer = load_tokenizer (folder.path);
    g_assert_cmpint (limn_tokenizer_bos (tokenizer), ==, 3512);
    g_assert_cmpint (limn_tokenizer_eos (tokenizer), ==, 3513);
    g_assert_cmpint (limn_tokenizer_pad (tokenizer), ==, variants[i].pad);
    g_assert_cmpint (limn_tokenizer_max_length (tokenizer), ==, variants[i].max_length);
    for (gsize k = 0; k < G_N_ELEMENTS (variants[i].rows) && variants[i].rows[k].text != NULL; k++)
      check_encoding (tokenizer, variants[i].rows[k].text, variants[i].rows[k].ids);
    remove_folder (&folder);
  }
}

/* --- what must hold --- */

static void
test_unicode (void)
{
  /* Pairs that must not differ. */
  static const char *const pairs[][2] = {
    { "Ⅷ Ⓐ", "ⅷ ⓐ" },                     /* upper case that is no letter */
    { "\u1c89 \ua7cb", "\u1c8a \u0264" }, /* letters of Unicode 16 */
    { "İ", "i\u0307" },
    { "E\u0301 \u212b", "é å" },
    { "ΑΣ", "ασ" }, /* no final sigma */
    { "a\u00a0\u3000\t\n b", "a b" },
    { "  a  ", "a" },
    { "x\u0315\u0316", "x\u0316\u0315" }, /* marks in canonical order */
    { "\u1100\u1161\u11a8", "\uac01" },
    { "caf\xc3 x", "caf\ufffd x" }, /* broken bytes */
    { "\xff\xfe", "\ufffd\ufffd" },
    { "12", "1 2" },
    { "it's", "it 's" },
    { "IT'LL", "it 'll" },
  };
  g_autoptr (limn_tokenizer) tokenizer = load_golden ();

  for (gsize i = 0; i < G_N_ELEMENTS (pairs); i++)
    check_same (tokenizer, pairs[i][0], pairs[i][1]);
  check_encoding (tokenizer, "", "");
  check_encoding (tokenizer, " \t\n\u2003", "");
}

/* Words as long as a whole text: with work that grows by the square this would not end. */
static void
test_long (void)
{
  const gsize length = 400000;
  g_autofree char *text = g_malloc (length + 1);
  g_autoptr (limn_tokenizer) tokenizer = load_golden ();
  g_autoptr (GArray) ids = NULL;
  g_autoptr (GString) marks = g_string_new ("x");

  for (gsize i = 0; i < length; i++)
    text[i] = "cat"[i % 3];
  text[length] = '\0';
  ids = limn_tokenizer_encode (tokenizer, text);
  g_assert_cmpuint (ids->len, >, length / 4);
  g_assert_cmpuint (ids->len, <=, length);

  for (int i = 0; i < 100000; i++)
    g_string_append (marks, "\u0315\u0316");
  check_same (tokenizer, marks->str, marks->str);
}

/* A vocabulary to follow by hand. The pair with the lower rank goes first, the left one of equals,
 * and a pair that a merge makes possible may go before those that waited. */
static void
test_merges (void)
{
  static const struct {
    const char *text, *ids;
  } rows[] = {
    { "a", "1" },                              /* a</w> */
    { "aa", "0 1" },                           /* no merge with the end mark */
    { "aaa", "2 1" },                          /* aa a</w> */
    { "aaaa", "2 0 1" },                       /* the left pair */
    { "aaaaa", "2 2 1" }, { "ab", "5" },       /* ab</w> */
    { "aab", "0 5" },                          /* a b</w> goes before a a */
    { "abb", "6 4" },                          /* a b, then nothing with b</w> */
    { "c", "8" },                              /* unknown */
    { "ca", "8 1" },      { "\u00e9", "8 8" }, /* two unknown bytes */
  };
  struct folder folder = make_folder ();
  g_autoptr (limn_tokenizer) tokenizer = NULL;

  write_file (&folder, 0,
              "{\"a\": 0, \"a</w>\": 1, \"aa\": 2, \"b\": 3, \"b</w>\": 4, \"ab</w>\": 5,"
              " \"ab\": 6, \"<|startoftext|>\": 7, \"<|endoftext|>\": 8}");
  write_file (&folder, 1, "#version: 0.2\r\na b</w>\r\na b\na a\n\n");
  tokenizer = load_tokenizer (folder.path);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    check_encoding (tokenizer, rows[i].text, rows[i].ids);
  remove_folder (&folder);
}

/* --- bad files --- */

#define MARKS "\"<|startoftext|>\": 0, \"<|endoftext|>\": 1"
#define GOOD "{" MARKS ", \"a\": 2, \"b\": 3, \"ab\": 4}"

static const struct {
  const char *vocabulary, *merges, *config, *map;
  limn_error code;
  const char *file, *words;
} bad_files[] = {
  { NULL, "", NULL, NULL, LIMN_ERROR_FILE, "vocab.json", "" },
  { GOOD, NULL, NULL, NULL, LIMN_ERROR_FILE, "merges.txt", "" },
  { "", "", NULL, NULL, LIMN_ERROR_FORMAT, "vocab.json", "line 1" },
  { "{}", "", NULL, NULL, LIMN_ERROR_FORMAT, "vocab.json", "no tokens" },
  { "[1]", "", NULL, NULL, LIMN_ERROR_FORMAT, "vocab.json", "line 1" },
  { "{\"a\": 1", "", NULL, NULL, LIMN_ERROR_FORMAT, "vocab.json", "" },
  { "{\"a\": 1} x", "", NULL, NULL, LIMN_ERROR_FORMAT, "vocab.json", "" },
  { "{\n\"a\": \"1\"}", "", NULL, NULL, LIMN_ERROR_FORMAT, "vocab.json", "line 2" },
  { "{\"a\": -1}", "", NULL, NULL, LIMN_ERROR_FORMAT, "vocab.json", "" },
  { "{\"a\": 1.5}", "", NULL, NULL, LIMN_ERROR_FORMAT, "vocab.json", "" },
  { "{\"a\": 2147483648}", "", NULL, NULL, LIMN_ERROR_FORMAT, "vocab.json", "2147483648" },
  { "{\"a\": 99999999999999999999}", "", NULL, NULL, LIMN_ERROR_FORMAT, "vocab.json", "" },
  { "{" MARKS ", \"a\": 1}", "", NULL, NULL, LIMN_ERROR_FORMAT, "vocab.json", "<|endoftext|>" },
  { "{" MARKS ", \"a\": 2, \"a\": 3}", "", NULL, NULL, LIMN_ERROR_FORMAT, "vocab.json",
    "\"a\" is there twice" },
  { "{\"\xff\": 1}", "", NULL, NULL, LIMN_ERROR_FORMAT, "vocab.json", "UTF-8" },
  { "{\"<|startoftext|>\": 0}", "", NULL, NULL, LIMN_ERROR_FORMAT, "vocab.json", "<|endoftext|>" },
  { "{\"<|endoftext|>\": 0}", "", NULL, NULL, LIMN_ERROR_FORMAT, "vocab.json", "bos_token" },
  { GOOD, "#version: 0.2\na b\nab\n", NULL, NULL, LIMN_ERROR_FORMAT, "merges.txt", "line 3" },
  { GOOD, "a b c\n", NULL, NULL, LIMN_ERROR_FORMAT, "merges.txt", "line 1" },
  { GOOD, " b\n", NULL, NULL, LIMN_ERROR_FORMAT, "merges.txt", "line 1" },
  { GOOD, "a \n", NULL, NULL, LIMN_ERROR_FORMAT, "merges.txt", "line 1" },
  { GOOD, "a c\n", NULL, NULL, LIMN_ERROR_FORMAT, "merges.txt", "\"c\"" },
  { GOOD, "b a", NULL, NULL, LIMN_ERROR_FORMAT, "merges.txt", "\"ba\"" },
  { GOOD, "a b\n\xff b\n", NULL, NULL, LIMN_ERROR_FORMAT, "merges.txt", "UTF-8" },
  { GOOD, "", "{", NULL, LIMN_ERROR_FORMAT, "tokenizer_config.json", "" },
  { GOOD, "", "7", NULL, LIMN_ERROR_FORMAT, "tokenizer_config.json", "line 1" },
  { GOOD, "", "{\"model_max_length\": 2}", NULL, LIMN_ERROR_FORMAT, "tokenizer_config.json",
    "model_max_length" },
  { GOOD, "", "{\"model_max_length\": \"77\"}", NULL, LIMN_ERROR_FORMAT, "tokenizer_config.json",
    "model_max_length" },
  { GOOD, "", "{\"bos_token\": 3}", NULL, LIMN_ERROR_FORMAT, "tokenizer_config.json", "" },
  { GOOD, "", "{\"bos_token\": {\"normalized\": true}}", NULL, LIMN_ERROR_FORMAT,
    "tokenizer_config.json", "content" },
  { GOOD, "", "{\"added_tokens_decoder\": {\"x\": {\"content\": \"a\"}}}", NULL, LIMN_ERROR_FORMAT,
    "tokenizer_config.json", "added_tokens_decoder" },
  { GOOD, "", "{\"added_tokens_decoder\": [1]}", NULL, LIMN_ERROR_FORMAT, "tokenizer_config.json",
    "" },
  { GOOD, "", NULL, "{\"eos_token\": \"<end>\"}", LIMN_ERROR_FORMAT, "vocab.json", "<end>" },
  { GOOD, "", NULL, "{\"eos_token\": \"\"}", LIMN_ERROR_FORMAT, "special_tokens_map.json",
    "content" },
  { GOOD, "", NULL, "nothing", LIMN_ERROR_FORMAT, "special_tokens_map.json", "" },
};

static void
test_bad_files (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (bad_files); i++) {
    struct folder folder = make_folder ();
    g_autoptr (GError) error = NULL;

    write_file (&folder, 0, bad_files[i].vocabulary);
    write_file (&folder, 1, bad_files[i].merges);
    write_file (&folder, 2, bad_files[i].config);
    write_file (&folder, 3, bad_files[i].map);
    g_assert_null (limn_tokenizer_load (folder.path, &error));
    g_test_message ("%s", error != NULL ? error->message : "no error");
    g_assert_error (error, LIMN_ERROR, (int) bad_files[i].code);
    g_assert_nonnull (strstr (error->message, bad_files[i].file));
    g_assert_nonnull (strstr (error->message, bad_files[i].words));
    g_assert_null (strchr (error->message, '\n'));
    remove_folder (&folder);
  }
}

/* The real files, cut short anywhere: an error or, cut between lines of merges.txt, fewer merges;
 * never a crash. */
static void
test_truncated (void)
{
  for (int file = 0; file < (int) G_N_ELEMENTS (file_names); file++) {
    g_autofree char *path = golden_path (file_names[file]);
    g_autofree char *text = NULL;
    gsize length;

    g_assert_true (g_file_get_contents (path, &text, &length, NULL));
    for (int part = 0; part < 12; part++) {
      struct folder folder = make_folder ();
      g_autofree char *cut = g_strndup (text, length * (gsize) part / 12);
      g_autoptr (GError) error = NULL;
      g_autoptr (limn_tokenizer) tokenizer = NULL;

      for (int other = 0; other < (int) G_N_ELEMENTS (file_names); other++) {
        if (other == file)
          write_file (&folder, other, cut);
        else
          copy_golden (&folder, other);
      }
      tokenizer = limn_tokenizer_load (folder.path, &error);
      g_assert_true ((tokenizer == NULL) == (error != NULL));
      if (tokenizer == NULL)
        g_assert_error (error, LIMN_ERROR, LIMN_ERROR_FORMAT);
      else
        g_assert_cmpint (file, ==, 1);
      remove_folder (&folder);
    }
  }
  limn_tokenizer_free (NULL);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tokenizer/golden", test_golden);
  g_test_add_func ("/tokenizer/settings", test_settings);
  g_test_add_func ("/tokenizer/unicode", test_unicode);
  g_test_add_func ("/tokenizer/long", test_long);
  g_test_add_func ("/tokenizer/merges", test_merges);
  g_test_add_func ("/tokenizer/bad-files", test_bad_files);
  g_test_add_func ("/tokenizer/truncated", test_truncated);
  return g_test_run ();
}
