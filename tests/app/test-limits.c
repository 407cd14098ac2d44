/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "run.h"

/* Settings at and beyond their ends: a picture or one clear line, never anything else. */

#define MAX_ARGUMENTS 24

static char *model;

static const char *const picture[] = { "result.png", NULL };
static const char *const nothing[] = { NULL };

static run *
run_with (const char *const *options)
{
  const char *arguments[MAX_ARGUMENTS] = {
    "generate", "--model", model, "--prompt", "balloon", "--out", "result.png", "--threads", "1",
  };
  gsize n = 9;

  for (gsize i = 0; options[i] != NULL; i++)
    arguments[n++] = options[i];
  g_assert_cmpuint (n, <, MAX_ARGUMENTS);
  return run_limn (arguments, NULL);
}

/* --- what is refused --- */

static const struct {
  int status;
  const char *options[5];
  const char *words;
} refused[] = {
  { 1, { "--size", "1x1" }, "1x1" },
  { 1, { "--size", "100x64" }, "104x64" }, /* what it could be */
  { 1, { "--size", "64x7" }, "64x7" },
  { 2, { "--size", "0x64" }, "0x64" },
  { 2, { "--size", "-64x64" }, "-64x64" },
  { 2, { "--size", "16x16385" }, "16x16385" },
  { 2, { "--size", "64" }, "64" },
  { 2, { "--size", "99999999999999999999x64" }, "99999999999999999999x64" },
  { 2, { "--steps", "0" }, "--steps" },
  { 2, { "--steps", "-1" }, "--steps" },
  { 2, { "--steps", "10000" }, "10000" },
  { 2, { "--steps", "2.5" }, "2.5" },
  { 2, { "--cfg", "0" }, "--cfg" },
  { 2, { "--cfg", "nan" }, "nan" },
  { 2, { "--cfg", "inf" }, "inf" },
  { 2, { "--cfg", "100.1" }, "100.1" },
  { 2, { "--cfg", "1e400" }, "1e400" },
  { 2, { "--seed", "18446744073709551616" }, "18446744073709551616" },
  { 2, { "--seed", "-1" }, "-1" },
};

static void
test_refused (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++) {
    g_autoptr (run) result = run_with (refused[i].options);
    const char *end = strchr (result->err, '\n');

    g_test_message ("%s", result->err);
    g_assert_cmpint (result->status, ==, refused[i].status);
    g_assert_true (g_str_has_prefix (result->err, "limn: "));
    g_assert_true (end != NULL && end[1] == '\0');
    g_assert_nonnull (strstr (result->err, refused[i].words));
    run_assert_files (result, nothing);
  }
}

/* --- what is drawn --- */

static const char *const seeds[] = { "0", "4294967295", "4294967296", "18446744073709551615" };
static const char *const scales[] = { "1", "7", "100" };

static void
test_drawn (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (seeds); i++)
    for (gsize j = 0; j < G_N_ELEMENTS (scales); j++) {
      const char *const options[] = { "--size", "8x8",   "--steps", "1", "--seed",
                                      seeds[i], "--cfg", scales[j], NULL };
      g_autoptr (run) result = run_with (options);

      run_assert_done (result);
      run_assert_files (result, picture);
    }
}

static void
test_many_steps (void)
{
  static const char *const options[] = { "--size", "8x8",   "--steps", "100", "--seed",
                                         "1",      "--cfg", "1",       NULL };
  g_autoptr (run) result = run_with (options);

  run_assert_done (result);
  run_assert_files (result, picture);
}

/* The longest side there is. */
static void
test_long (void)
{
  static const char *const options[] = { "--size", "16384x16", "--steps", "1", "--seed",
                                         "1",      "--cfg",    "1",       NULL };
  g_autoptr (run) result = run_with (options);

  run_assert_done (result);
  run_assert_files (result, picture);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  model = source_path ("data/models/starter");
  g_test_add_func ("/limits/refused", test_refused);
  g_test_add_func ("/limits/drawn", test_drawn);
  g_test_add_func ("/limits/many-steps", test_many_steps);
  g_test_add_func ("/limits/long", test_long);
  status = g_test_run ();
  clean_up ();
  g_free (model);
  return status;
}
