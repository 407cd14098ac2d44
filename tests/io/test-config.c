/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/config.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "error.h"
#include "folder.h"

#define NAME "unet/config.json"

static const char *const blocks[] = { "DownBlock2D", "CrossAttnDownBlock2D", NULL };

static limn_config *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  limn_config *config = limn_config_parse (NAME, text, -1, &error);

  g_assert_no_error (error);
  return config;
}

static const char good_text[] =
    "{\n"
    "  \"_class_name\": \"UNet2DConditionModel\",\n"
    "  \"layers_per_block\": 2,\n"
    "  \"negative\": -7,\n"
    "  \"whole\": 3.0,\n"
    "  \"large\": 2147483647,\n"
    "  \"norm_eps\": 1e-05,\n"
    "  \"use_linear_projection\": true,\n"
    "  \"flip\": false,\n"
    "  \"nothing\": null,\n"
    "  \"attention_head_dim\": 8,\n"
    "  \"block_out_channels\": [320, 640, 1280],\n"
    "  \"down_block_types\": [\"CrossAttnDownBlock2D\", \"DownBlock2D\"],\n"
    "  \"words\": \"a \\\"b\\\" \\u00e9 \\ud83c\\udf88 \\n\\/\",\n"
    "  \"down_blocks\": {\"norm_eps\": [1, {\"x\": []}]}\n"
    "}\n";

static void
test_good (void)
{
  g_autoptr (limn_config) config = parse (good_text);
  g_autoptr (GError) error = NULL;
  int values[4] = { 0 };

  g_assert_cmpstr (limn_config_path (config), ==, NAME);
  g_assert_cmpint (limn_config_int (config, "layers_per_block", 1, 1, 16), ==, 2);
  g_assert_cmpint (limn_config_int (config, "negative", 1, -7, 16), ==, -7);
  g_assert_cmpint (limn_config_int (config, "whole", 1, 1, 3), ==, 3);
  g_assert_cmpint (limn_config_int (config, "large", 1, 1, G_MAXINT), ==, G_MAXINT);
  g_assert_cmpfloat (limn_config_double (config, "norm_eps", 1.0, 0.0, 1.0), ==, 1e-5);
  g_assert_cmpfloat (limn_config_double (config, "layers_per_block", 1.0, 0.0, 2.0), ==, 2.0);
  g_assert_true (limn_config_bool (config, "use_linear_projection", false));
  g_assert_false (limn_config_bool (config, "flip", true));
  g_assert_cmpstr (limn_config_string (config, "_class_name", NULL), ==, "UNet2DConditionModel");
  g_assert_cmpstr (limn_config_string (config, "words", NULL), ==,
                   "a \"b\" \303\251 \360\237\216\210 \n/");
  g_assert_cmpint (limn_config_ints (config, "block_out_channels", values, 4, 0, 1, 1280), ==, 3);
  g_assert_cmpint (values[0], ==, 320);
  g_assert_cmpint (values[2], ==, 1280);
  g_assert_cmpint (limn_config_ints (config, "attention_head_dim", values, 4, 4, 1, 8), ==, 4);
  for (int i = 0; i < 4; i++)
    g_assert_cmpint (values[i], ==, 8);
  g_assert_cmpint (limn_config_choices (config, "down_block_types", blocks, values, 2), ==, 2);
  g_assert_cmpint (values[0], ==, 1);
  g_assert_cmpint (values[1], ==, 0);
  g_assert_true (limn_config_finish (config, &error));
  g_assert_no_error (error);
}

/* A key that is missing and one that is null are the same. */
static void
test_absent (void)
{
  static const char *const keys[] = { "nothing", "missing" };
  g_autoptr (limn_config) config = parse (good_text);
  g_autoptr (GError) error = NULL;
  int values[4] = { 0 };

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++) {
    g_assert_false (limn_config_has (config, keys[i]));
    g_assert_cmpint (limn_config_int (config, keys[i], 5, 0, 1), ==, 5);
    g_assert_cmpfloat (limn_config_double (config, keys[i], 0.5, 1.0, 2.0), ==, 0.5);
    g_assert_true (limn_config_bool (config, keys[i], true));
    g_assert_cmpstr (limn_config_string (config, keys[i], "x"), ==, "x");
    g_assert_cmpint (limn_config_choice (config, keys[i], blocks, 1), ==, 1);
    g_assert_cmpint (limn_config_ints (config, keys[i], values, 4, 4, 0, 9), ==, 0);
    g_assert_cmpint (limn_config_choices (config, keys[i], blocks, values, 4), ==, 0);
  }
  g_assert_true (limn_config_has (config, "flip"));
  g_assert_true (limn_config_finish (config, &error));
}

typedef enum { INT, DOUBLE, BOOL, STRING, CHOICE, INTS, CHOICES } getter;

static const struct bad_value {
  getter getter;
  const char *value;
  const char *words;
} bad_values[] = {
  { INT, "-2", "\"k\" is -2, wanted a whole number from 1 to 16" },
  { INT, "17", "\"k\" is 17, wanted a whole number from 1 to 16" },
  { INT, "2.5", "\"k\" is 2.5, wanted a whole number from 1 to 16" },
  { INT, "\"2\"", "\"k\" is \"2\", wanted a whole number" },
  { INT, "true", "\"k\" is true, wanted a whole number" },
  { INT, "[2]", "\"k\" is [2], wanted a whole number" },
  { INT, "{\"a\":\n1}", "\"k\" is {\"a\":\\u000a1}, wanted a whole number" },
  { INT, "1e300", "\"k\" is 1e300, wanted a whole number" },
  { INT, "1e999", "\"k\" is 1e999, wanted a whole number" },
  { INT, "18446744073709551617", "\"k\" is 18446744073709551617, wanted a whole number" },
  { INT, "4294967297", "\"k\" is 4294967297, wanted a whole number" },
  { DOUBLE, "0.5", "\"k\" is 0.5, wanted a number from 1 to 16" },
  { DOUBLE, "16.01", "\"k\" is 16.01, wanted a number from 1 to 16" },
  { DOUBLE, "1e999", "\"k\" is 1e999, wanted a number" },
  { DOUBLE, "-1e999", "\"k\" is -1e999, wanted a number" },
  { DOUBLE, "\"1\"", "\"k\" is \"1\", wanted a number" },
  { DOUBLE, "[]", "\"k\" is [], wanted a number" },
  { BOOL, "1", "\"k\" is 1, wanted true or false" },
  { BOOL, "\"true\"", "\"k\" is \"true\", wanted true or false" },
  { STRING, "1", "\"k\" is 1, wanted a string" },
  { STRING, "[\"a\"]", "\"k\" is [\"a\"], wanted a string" },
  { CHOICE, "\"UpBlock2D\"",
    "\"k\" is \"UpBlock2D\", wanted one of \"DownBlock2D\", \"CrossAttnDownBlock2D\"" },
  { CHOICE, "0", "\"k\" is 0, wanted one of" },
  { INTS, "[]", "\"k\" is [], wanted 1 to 3 whole numbers from 1 to 16" },
  { INTS, "[1,2,3,4]", "\"k\" is [1,2,3,4], wanted 1 to 3 whole numbers" },
  { INTS, "[1,17]", "wanted 1 to 3 whole numbers" },
  { INTS, "[1,null]", "wanted 1 to 3 whole numbers" },
  { INTS, "[[1]]", "wanted 1 to 3 whole numbers" },
  { INTS, "17", "\"k\" is 17, wanted 1 to 3 whole numbers" },
  { INTS, "\"1\"", "wanted 1 to 3 whole numbers" },
  { CHOICES, "[]", "\"k\" is [], wanted 1 to 3 of \"DownBlock2D\"" },
  { CHOICES, "[\"DownBlock2D\", 1]", "wanted 1 to 3 of" },
  { CHOICES, "[\"DownBlock2D\", \"x\"]", "wanted 1 to 3 of" },
  { CHOICES, "\"DownBlock2D\"", "wanted 1 to 3 of" },
  { CHOICES, "[\"DownBlock2D\",\"DownBlock2D\",\"DownBlock2D\",\"DownBlock2D\"]",
    "wanted 1 to 3 of" },
};

/* Reads "k" and checks that the fallback comes back. */
static void
read_bad_value (limn_config *config, getter which)
{
  int values[3];

  switch (which) {
  case INT:
    g_assert_cmpint (limn_config_int (config, "k", 3, 1, 16), ==, 3);
    break;
  case DOUBLE:
    g_assert_cmpfloat (limn_config_double (config, "k", 1.5, 1.0, 16.0), ==, 1.5);
    break;
  case BOOL:
    g_assert_true (limn_config_bool (config, "k", true));
    break;
  case STRING:
    g_assert_cmpstr (limn_config_string (config, "k", "x"), ==, "x");
    break;
  case CHOICE:
    g_assert_cmpint (limn_config_choice (config, "k", blocks, 1), ==, 1);
    break;
  case INTS:
    g_assert_cmpint (limn_config_ints (config, "k", values, 3, 3, 1, 16), ==, 0);
    break;
  case CHOICES:
    g_assert_cmpint (limn_config_choices (config, "k", blocks, values, 3), ==, 0);
    break;
  }
}

static void
test_bad_values (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (bad_values); i++) {
    g_autofree char *text = g_strdup_printf ("{\"k\": %s}", bad_values[i].value);
    g_autoptr (limn_config) config = parse (text);
    g_autoptr (GError) error = NULL;

    read_bad_value (config, bad_values[i].getter);
    g_assert_false (limn_config_finish (config, &error));
    test_assert_error (error, LIMN_ERROR_FORMAT, NAME ": ", bad_values[i].words);
  }
}

/* One integer stands for several only where the caller says how many. */
static void
test_no_repeat (void)
{
  g_autoptr (limn_config) config = parse ("{\"k\": 4}");
  g_autoptr (GError) error = NULL;
  int values[2];

  g_assert_cmpint (limn_config_ints (config, "k", values, 2, 0, 1, 8), ==, 0);
  g_assert_false (limn_config_finish (config, &error));
  g_assert_cmpstr (error->message, ==,
                   NAME ": \"k\" is 4, wanted 1 to 2 whole numbers from 1 to 8");
}

/* Even where the caller has no bounds. */
static void
test_infinite (void)
{
  g_autoptr (limn_config) config = parse ("{\"k\": 1e999}");

  g_assert_cmpfloat (limn_config_double (config, "k", 2.0, -INFINITY, INFINITY), ==, 2.0);
  g_assert_false (limn_config_finish (config, NULL));
}

static void
test_first_failure_counts (void)
{
  g_autoptr (limn_config) config = parse ("{\"a\": 1, \"b\": -1, \"c\": \"x\"}");
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (limn_config_int (config, "a", 0, 0, 1), ==, 1);
  g_assert_cmpint (limn_config_int (config, "b", 0, 0, 1), ==, 0);
  g_assert_cmpint (limn_config_int (config, "c", 0, 0, 1), ==, 0);
  limn_config_fail (config, "a and b are %d", 3);
  g_assert_cmpint (limn_config_int (config, "a", 0, 0, 1), ==, 1);
  g_assert_false (limn_config_finish (config, &error));
  g_assert_cmpstr (error->message, ==, NAME ": \"b\" is -1, wanted a whole number from 0 to 1");
  g_clear_error (&error);
  g_assert_true (limn_config_finish (config, &error));
  limn_config_fail (config, "a and b are %d", 3);
  g_assert_false (limn_config_finish (config, &error));
  g_assert_cmpstr (error->message, ==, NAME ": a and b are 3");
}

/* As Python's json.load does: the last of equal keys counts. */
static void
test_duplicate_key (void)
{
  g_autoptr (limn_config) config = parse ("{\"a\": 1, \"a\": 2, \"b\": 3, \"b\": null}");

  g_assert_cmpint (limn_config_int (config, "a", 0, 0, 9), ==, 2);
  g_assert_false (limn_config_has (config, "b"));
}

static void
test_long_value_is_cut (void)
{
  g_autoptr (GString) text = g_string_new ("{\"k\": \"");
  g_autoptr (limn_config) config = NULL;
  g_autoptr (GError) error = NULL;

  for (int i = 0; i < 5000; i++)
    g_string_append (text, "\303\251");
  g_string_append (text, "\"}");
  config = parse (text->str);
  limn_config_int (config, "k", 0, 0, 1);
  g_assert_false (limn_config_finish (config, &error));
  g_assert_cmpuint (strlen (error->message), <, 500);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  test_assert_error (error, LIMN_ERROR_FORMAT, NAME, "..., wanted a whole number");
}

static const struct {
  const char *text;
  const char *words;
} bad_texts[] = {
  { "", "line 1: the text ends too early" },
  { "[]", "line 1: an object was wanted" },
  { "1", "an object was wanted" },
  { "{\n\"a\": 1,\n}", "line 3: a string was wanted" },
  { "{\"a\": 1} x", "something follows the end" },
  { "{\"a\": NaN}", "a value was wanted" },
  { "{\"a\": Infinity}", "a value was wanted" },
  { "{\"a\": -Infinity}", "a digit was wanted" },
  { "{\"a\": 01}", "a comma was wanted" },
  { "{\"a\": 1.}", "a digit was wanted" },
  { "{\"a\": .5}", "a value was wanted" },
  { "{\"a\": 1e}", "a digit was wanted" },
  { "{\"a\": +1}", "a value was wanted" },
  { "{\"a\": tru}", "a value was wanted" },
  { "{\"a\": [1 2]}", "a comma was wanted" },
  { "{\"a\": [1}", "a comma was wanted" },
  { "{\"a\": /* x */ 1}", "a value was wanted" },
  { "{\"a\": \"\\u0000\"}", "\\u0000" },
  { "{\"a\": \"\xc3\x28\"}", "not UTF-8" },
  { "{\"a\"", "the text ends too early" },
};

static void
test_bad_texts (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (bad_texts); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (limn_config_parse (NAME, bad_texts[i].text, -1, &error));
    test_assert_error (error, LIMN_ERROR_FORMAT, NAME ": ", bad_texts[i].words);
  }
}

static void
test_nesting (void)
{
  static const int depths[] = { 60, 70, 100000 };

  for (gsize i = 0; i < G_N_ELEMENTS (depths); i++) {
    g_autoptr (GString) text = g_string_new ("{\"a\": ");
    g_autoptr (limn_config) config = NULL;
    g_autoptr (GError) error = NULL;

    for (int k = 0; k < depths[i]; k++)
      g_string_append_c (text, '[');
    for (int k = 0; k < depths[i]; k++)
      g_string_append_c (text, ']');
    g_string_append_c (text, '}');
    config = limn_config_parse (NAME, text->str, (gssize) text->len, &error);
    if (depths[i] == 60)
      g_assert_no_error (error);
    else
      test_assert_error (error, LIMN_ERROR_FORMAT, NAME, "nested too deeply");
  }
}

static void
read_everything (limn_config *config)
{
  static const char *const keys[] = {
    "_class_name",        "layers_per_block", "norm_eps", "use_linear_projection",
    "block_out_channels", "down_block_types", "words",    "down_blocks"
  };
  int values[4];

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++) {
    g_assert_cmpint (limn_config_int (config, keys[i], 3, 1, 16), <=, 16);
    g_assert_cmpfloat (limn_config_double (config, keys[i], 0.5, 0.0, 1.0), <=, 1.0);
    limn_config_bool (config, keys[i], false);
    g_assert_nonnull (limn_config_string (config, keys[i], "x"));
    g_assert_cmpint (limn_config_choice (config, keys[i], blocks, 0), <, 2);
    g_assert_cmpint (limn_config_ints (config, keys[i], values, 4, 4, 1, 9999), <=, 4);
    g_assert_cmpint (limn_config_choices (config, keys[i], blocks, values, 4), <=, 4);
  }
}

/* Copies without a NUL behind them, so that a reader that runs over the end is noticed. */
static void
test_truncated_and_flipped (void)
{
  gsize length = strlen (good_text);
  guint opened = 0;

  for (gsize size = 0; size <= length; size++) {
    g_autofree char *text = g_memdup2 (good_text, size);
    g_autoptr (GError) error = NULL;
    g_autoptr (limn_config) config = limn_config_parse (NAME, text, (gssize) size, &error);

    /* The last byte is a newline after the end. */
    g_assert_true ((config != NULL) == (size >= length - 1));
    g_assert_true ((error == NULL) == (config != NULL));
  }
  for (gsize bit = 0; bit < length * 8; bit++) {
    g_autofree char *text = g_memdup2 (good_text, length);
    g_autoptr (limn_config) config = NULL;
    g_autoptr (GError) error = NULL;

    text[bit / 8] = (char) (text[bit / 8] ^ 1 << bit % 8);
    config = limn_config_parse (NAME, text, (gssize) length, &error);
    if (config != NULL) {
      read_everything (config);
      opened++;
    } else {
      test_assert_error (error, LIMN_ERROR_FORMAT, NAME, "");
    }
  }
  g_assert_cmpuint (opened, >, 100);
}

static void
test_files (void)
{
  char *folder = test_folder_new ();
  g_autofree char *path = g_build_filename (folder, "config.json", NULL);
  g_autoptr (limn_config) config = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_null (limn_config_open (path, &error));
  test_assert_error (error, LIMN_ERROR_FILE, path, g_strerror (ENOENT));
  g_clear_error (&error);
  g_assert_null (limn_config_open (folder, &error));
  test_assert_error (error, LIMN_ERROR_FILE, folder, "is a folder");
  g_clear_error (&error);
  test_write_file (path, "", 0);
  g_assert_null (limn_config_open (path, &error));
  test_assert_error (error, LIMN_ERROR_FORMAT, path, "ends too early");
  g_clear_error (&error);
  test_write_file (path, good_text, strlen (good_text));
  config = limn_config_open (path, &error);
  g_assert_no_error (error);
  g_assert_cmpint (limn_config_int (config, "layers_per_block", 1, 1, 16), ==, 2);
  test_folder_free (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/config/good", test_good);
  g_test_add_func ("/config/absent", test_absent);
  g_test_add_func ("/config/bad-values", test_bad_values);
  g_test_add_func ("/config/no-repeat", test_no_repeat);
  g_test_add_func ("/config/infinite", test_infinite);
  g_test_add_func ("/config/first-failure-counts", test_first_failure_counts);
  g_test_add_func ("/config/duplicate-key", test_duplicate_key);
  g_test_add_func ("/config/long-value-is-cut", test_long_value_is_cut);
  g_test_add_func ("/config/bad-texts", test_bad_texts);
  g_test_add_func ("/config/nesting", test_nesting);
  g_test_add_func ("/config/truncated-and-flipped", test_truncated_and_flipped);
  g_test_add_func ("/config/files", test_files);
  return g_test_run ();
}
