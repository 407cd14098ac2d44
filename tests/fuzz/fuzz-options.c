/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Input: the arguments of `limn generate`, one a line. The first is tried as the value of --control
 * as well. */

#include "fuzz.h"

#include "control.h"
#include "generate-options.h"
#include "number.h"

static void
parse_control (const char *text)
{
  g_autoptr (GError) error = NULL;
  struct limn_control_spec *spec = limn_control_spec_parse (text, &error);

  fuzz_check (spec != NULL, error, G_OPTION_ERROR);
  if (spec == NULL)
    return;
  g_assert_true (*spec->type != '\0' && strchr (spec->type, '/') == NULL);
  g_assert_true (*spec->file != '\0');
  g_assert_true (spec->weight >= 0 && spec->weight <= 10);
  g_assert_true (spec->start >= 0 && spec->start < spec->end && spec->end <= 1);
  limn_control_spec_free (spec);
}

static void
parse_numbers (const char *text)
{
  g_autoptr (GError) error = NULL;
  double number = 0;
  int whole = 0;

  if (limn_number_double ("it", text, -5, 1e9, &number, NULL))
    g_assert_true (number >= -5 && number <= 1e9);
  if (limn_number_int ("it", text, -5, 1000, &whole, &error))
    g_assert_true (whole >= -5 && whole <= 1000);
  else
    g_assert_nonnull (error);
}

static void
parse_arguments (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", 64);
  guint count = g_strv_length (lines);
  /* GOption moves the pointers about and frees none. */
  g_autofree char **argv = g_new0 (char *, count + 2);
  g_autoptr (GError) error = NULL;
  struct limn_generate_options *options;

  argv[0] = (char *) "generate";
  for (guint i = 0; i < count; i++)
    argv[i + 1] = lines[i];
  options = limn_generate_options_parse ((int) count + 1, argv, &error);
  fuzz_check (options != NULL, error, G_OPTION_ERROR);
  if (options == NULL)
    return;
  if (!options->help) {
    g_autofree char *out = limn_generate_options_out (options, 0);

    g_assert_nonnull (out);
    g_assert_nonnull (options->model);
    g_assert_true (g_utf8_validate (options->prompt, -1, NULL));
    g_assert_true (g_utf8_validate (options->negative, -1, NULL));
    g_assert_cmpint (options->width, >=, 0);
    g_assert_cmpint (options->height, >=, 0);
    g_assert_cmpint (options->steps, >=, 1);
  }
  limn_generate_options_free (options);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autofree char *line = g_strndup (text, strcspn (text, "\n"));

  parse_control (line);
  parse_numbers (line);
  parse_arguments (text);
  return 0;
}
