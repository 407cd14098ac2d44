/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Pictures that are drawn again from what they say of themselves, by the program as it is. */

#include <string.h>

#include <glib/gstdio.h>

#include "io/png-text.h"
#include "io/png.h"
#include "run.h"

#define MAX_ARGUMENTS 40

static char *balloon;
static char *flower;

/* `limn generate` with @arguments and small sizes; the list ends with NULL. */
static run *
generate (const char *const *arguments, bool small)
{
  static const char *const sizes[] = { "--size", "64x64", "--steps", "2" };
  const char *all[MAX_ARGUMENTS];
  gsize n = 0;

  all[n++] = "generate";
  for (gsize i = 0; small && i < G_N_ELEMENTS (sizes); i++)
    all[n++] = sizes[i];
  for (gsize i = 0; arguments[i] != NULL; i++)
    all[n++] = arguments[i];
  g_assert_cmpuint (n, <, MAX_ARGUMENTS);
  all[n] = NULL;
  return run_limn (all, NULL);
}

static char *
path_of (const run *result, const char *name)
{
  return g_build_filename (result->folder, name, NULL);
}

static char *
checksum (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *bytes = NULL;
  gsize size;

  g_file_get_contents (path, &bytes, &size, &error);
  g_assert_no_error (error);
  return g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *) bytes, size);
}

static char *
text_of (const char *path, const char *key)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) texts = limn_png_texts_load (path, &error);

  g_assert_no_error (error);
  return g_strdup (limn_png_texts_find (texts, key));
}

/* --- the same file again --- */

static const struct again {
  const char *name;
  const char *arguments[24];
} agains[] = {
  { "prompt", { "-p", "red (balloon:1.2), \303\251t\303\251\nsecond line", "--seed", "7" } },
  { "choices", { "-p", "{red|green} C\\# \\{balloon\\} # comment", "-n", "{a|b}", "--seed", "9" } },
  { "scribble", { "-p", "red balloon", "-s", "BALLOON", "--seed", "18446744073709551615" } },
  { "controls",
    { "-p", "balloon", "-n", "blue", "-c", "scribble=BALLOON:0.7:0.1:0.9", "-c",
      "scribble=FLOWER:0.3", "--control-mode", "prompt", "--seed", "3" } },
  { "settings",
    { "-p", "[ghost] (a", "--plain-prompt", "--sampler", "dpm++2m-sde", "--schedule", "exponential",
      "--rng", "cuda", "--cfg", "3.3", "--cfg-rescale", "0.7", "--seed", "3", "--vae-tile",
      "64" } },
  { "eta", { "-p", "ghost", "--eta", "0.37", "--seed", "3", "--precision", "f32" } },
  { "init",
    { "-p", "ghost", "--init", "BALLOON", "--mask", "FLOWER", "--strength", "0.6", "--seed",
      "3" } },
  { "hires",
    { "-p", "ghost", "-s", "BALLOON", "--hires", "1.5", "--hires-strength", "0.5", "--hires-steps",
      "3", "--hires-upscale", "picture", "--seed", "3" } },
};

/* With the names of the drawings put in. */
static char **
fill_in (const char *const *arguments, const char *out)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new ();

  for (gsize i = 0; arguments[i] != NULL; i++) {
    g_autofree char *first = NULL;
    g_auto (GStrv) parts = g_strsplit (arguments[i], "BALLOON", -1);
    g_auto (GStrv) others = NULL;

    first = g_strjoinv (balloon, parts);
    others = g_strsplit (first, "FLOWER", -1);
    g_ptr_array_add (all, g_strjoinv (flower, others));
  }
  g_ptr_array_add (all, g_strdup ("-o"));
  g_ptr_array_add (all, g_strdup (out));
  g_ptr_array_add (all, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&all), FALSE);
}

static void
test_again (gconstpointer data)
{
  const struct again *again = data;
  g_auto (GStrv) arguments = fill_in (again->arguments, "first.png");
  g_autoptr (run) first = generate ((const char *const *) arguments, true);
  g_autofree char *from = path_of (first, "first.png");
  const char *const more[] = { "--from", from, "-o", "again.png", NULL };
  g_autoptr (run) second = NULL;
  g_autofree char *second_path = NULL;
  g_autofree char *a = NULL;
  g_autofree char *b = NULL;

  run_assert_done (first);
  second = generate (more, false);
  run_assert_done (second);
  g_assert_null (strstr (second->out, "not used"));
  second_path = path_of (second, "again.png");
  a = checksum (from);
  b = checksum (second_path);
  g_assert_cmpstr (a, ==, b);
}

/* Each picture of a run carries its own seed, and is drawn again alone. */
static void
test_count (void)
{
  const char *const arguments[] = { "-p", "ghost", "--count", "2", "--seed", "9", NULL };
  g_autoptr (run) first = generate (arguments, true);
  g_autofree char *from = path_of (first, "limn-10.png");
  const char *const more[] = { "--from", from, NULL };
  g_autoptr (run) second = generate (more, false);
  g_autofree char *second_path = path_of (second, "limn-10.png");
  g_autofree char *a = NULL;
  g_autofree char *b = NULL;

  run_assert_done (first);
  run_assert_done (second);
  a = checksum (from);
  b = checksum (second_path);
  g_assert_cmpstr (a, ==, b);
}

/* A picture says what it was drawn from, each by its own seed; a new prompt on the command line is
 * one that a person wrote. */
static void
test_choices (void)
{
  const char *const arguments[] = {
    "-p", "{1|2|3|4|5|6} C\\# # none", "-n", "{a|a}", "--count", "6", "--seed", "1", NULL
  };
  g_autoptr (run) result = generate (arguments, true);
  g_autofree char *last = path_of (result, "limn-6.png");
  const char *const plain[] = { "--from", last, "-p", "{x|x}", "-o", "x.png", NULL };
  const char *const brackets[] = { "--plain-prompt", "-p", "{x|x}", "-o", "y.png", NULL };
  g_autoptr (run) again = generate (plain, false);
  g_autoptr (run) untouched = generate (brackets, true);
  g_autofree char *x = path_of (again, "x.png");
  g_autofree char *y = path_of (untouched, "y.png");
  g_autofree char *x_text = NULL;
  g_autofree char *y_text = NULL;
  guint seen = 0;

  run_assert_done (result);
  for (int seed = 1; seed <= 6; seed++) {
    g_autofree char *name = g_strdup_printf ("limn-%d.png", seed);
    g_autofree char *path = path_of (result, name);
    g_autofree char *text = text_of (path, "parameters");

    g_assert_true (g_ascii_isdigit (text[0]));
    g_assert_true (g_str_has_prefix (text + 1, " C#\nNegative prompt: a\n"));
    seen |= 1u << (text[0] - '0');
  }
  /* Not all the same. */
  g_assert_cmpuint (seen & (seen - 1), !=, 0);
  run_assert_done (again);
  x_text = text_of (x, "parameters");
  g_assert_true (g_str_has_prefix (x_text, "x\nNegative prompt: a\n"));
  run_assert_done (untouched);
  y_text = text_of (y, "parameters");
  g_assert_true (g_str_has_prefix (y_text, "{x|x}\n"));
}

/* --- options over the recipe --- */

static run *first; /* a scribble with seed 5 */
static char *first_path;

static void
assert_overrides (const char *const *more, const char *words)
{
  const char *arguments[MAX_ARGUMENTS] = { "--from", first_path, "-o", "b.png" };
  g_autoptr (run) result = NULL;
  g_autofree char *path = NULL;
  g_autofree char *text = NULL;
  g_autofree char *a = NULL;
  g_autofree char *b = NULL;
  gsize n = 4;

  for (gsize i = 0; more[i] != NULL; i++)
    arguments[n++] = more[i];
  result = generate (arguments, false);
  run_assert_done (result);
  path = path_of (result, "b.png");
  text = text_of (path, "parameters");
  if (strstr (text, words) == NULL)
    g_test_message ("wanted \"%s\" in: %s", words, text);
  g_assert_nonnull (strstr (text, words));
  a = checksum (first_path);
  b = checksum (path);
  g_assert_cmpstr (a, !=, b);
}

static void
test_override (void)
{
  static const char *const prompt[] = { "-p", "yellow flower", NULL };
  static const char *const steps[] = { "--steps", "3", "--seed", "6", NULL };
  static const char *const sampler[] = { "--sampler", "euler", "--size", "64x72", NULL };
  static const char *const mode[] = { "--control-mode", "control", NULL };
  g_autofree char *control = g_strdup_printf ("scribble=%s:0.5", flower);
  const char *const other[] = { "-c", control, NULL };

  assert_overrides (prompt, "yellow flower\nSteps: 2, Sampler: DDIM");
  assert_overrides (steps, "red balloon\nSteps: 3, Sampler: DDIM, Schedule type: Automatic, "
                           "CFG scale: 7, Seed: 6, Size: 64x64");
  assert_overrides (sampler, "Sampler: Euler, Schedule type: Automatic, CFG scale: 7, Seed: 5, "
                             "Size: 64x72");
  assert_overrides (mode, "Control Mode: ControlNet is more important");
  /* In place of the recipe's, not beside it. */
  assert_overrides (other, "RNG: CPU, ControlNet 0: \"Module: none, Model: scribble, Weight: 0.5,");
}

/* Without --out the new picture would take the place of the one that it comes from. */
static void
test_same_name (void)
{
  static const char *const arguments[] = { "generate", "--from", "limn-5.png", NULL };
  static const char *const files[] = { "limn-5.png", NULL };
  g_autoptr (run) result = run_new ();
  g_autofree char *path = path_of (result, "limn-5.png");
  g_autoptr (GSubprocess) process = NULL;
  g_autofree char *bytes = NULL;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  gsize size;

  g_assert_true (g_file_get_contents (first_path, &bytes, &size, NULL));
  replace_file (path, bytes, size);
  before = checksum (path);
  process = run_start (result, arguments, NULL);
  g_assert_true (
      g_subprocess_communicate_utf8 (process, NULL, NULL, &result->out, &result->err, NULL));
  result->status = g_subprocess_get_exit_status (process);
  run_assert_failed (result, "limn-5.png: would be replaced by the new picture; say --out");
  run_assert_files (result, files);
  after = checksum (path);
  g_assert_cmpstr (before, ==, after);
}

/* --- models that are not there, or are others --- */

static void
test_model_gone (void)
{
  g_autofree char *starter = source_path ("data/models/starter");
  g_autofree char *model = link_model (starter);
  g_autofree char *config = g_build_filename (model, "scheduler", "scheduler_config.json", NULL);
  const char *const arguments[] = {
    "-p", "ghost", "-m", model, "--seed", "1", "-o", "a.png", NULL
  };
  g_autoptr (run) made = generate (arguments, true);
  g_autofree char *path = path_of (made, "a.png");
  const char *const from[] = { "--from", path, "-o", "b.png", NULL };
  const char *const with_model[] = { "--from", path, "-o", "b.png", "-m", model, NULL };
  g_autofree char *moved = g_strconcat (model, "-moved", NULL);
  g_autofree char *text = NULL;
  g_autoptr (run) good = NULL;
  g_autoptr (run) changed = NULL;
  g_autoptr (run) forced = NULL;
  g_autoptr (run) gone = NULL;
  gsize size;

  run_assert_done (made);
  good = generate (from, false);
  run_assert_done (good);

  g_assert_true (g_file_get_contents (config, &text, &size, NULL));
  {
    g_autofree char *longer = g_strconcat (text, "\n", NULL);

    replace_file (config, longer, size + 1);
  }
  changed = generate (from, false);
  run_assert_failed (changed, "is another one; say --model PATH");
  forced = generate (with_model, false);
  run_assert_done (forced);

  g_assert_cmpint (g_rename (model, moved), ==, 0);
  gone = generate (from, false);
  g_assert_cmpint (g_rename (moved, model), ==, 0);
  run_assert_failed (gone, "a.png was drawn with the model ");
  g_assert_nonnull (strstr (gone->err, ", which is not at "));
  g_assert_nonnull (strstr (gone->err, "; say --model PATH"));
}

/* --- recipes of others --- */

static run *
from_text (const char *text, const char *const *more)
{
  g_autofree char *folder = make_folder ();
  g_autofree char *path = g_build_filename (folder, "foreign.txt", NULL);
  const char *arguments[MAX_ARGUMENTS] = { "--from", path, "-o", "b.png" };
  gsize n = 4;

  replace_file (path, text, strlen (text));
  for (gsize i = 0; more != NULL && more[i] != NULL; i++)
    arguments[n++] = more[i];
  return generate (arguments, false);
}

static void
test_foreign_text (void)
{
  g_autoptr (run) result = from_text (
      "ghost, night\nNegative prompt: day\n"
      "Steps: 2, Sampler: Euler a, Schedule type: Karras, CFG scale: 5, Seed: 11, Size: 64x64, "
      "Model hash: abc, Model: other, Clip skip: 2, "
      "ControlNet 0: \"Module: canny, Model: c, Weight: 1\", Version: v1.10.1",
      NULL);
  g_autofree char *path = path_of (result, "b.png");
  g_autofree char *text = NULL;

  run_assert_done (result);
  g_assert_nonnull (strstr (result->out,
                            "foreign.txt: not used: Clip skip 2, ControlNet 0, whose picture is "
                            "not in it (say --control), the model other (say --model)\n"));
  text = text_of (path, "parameters");
  g_assert_cmpstr (text, ==,
                   "ghost, night\nNegative prompt: day\n"
                   "Steps: 2, Sampler: Euler a, Schedule type: Karras, CFG scale: 5, Seed: 11, "
                   "Size: 64x64, Model: starter, RNG: NV, Version: Limn " LIMN_VERSION);
}

static void
test_foreign_events (void)
{
  static const char *const json[] = { "--json", NULL };
  g_autoptr (run) result =
      from_text ("ghost\nSteps: 1, Sampler: Euler, Seed: 11, Size: 64x64, Clip skip: 2", json);

  run_assert_done (result);
  g_assert_true (g_str_has_prefix (result->out, "{\"event\":\"recipe\",\"path\":"));
  g_assert_nonnull (strstr (result->out, "\"unused\":\"Clip skip 2\"}\n{\"event\":\"load\""));
}

static void
test_foreign_sampler (void)
{
  static const char text[] = "ghost\nSteps: 2, Sampler: DPM fast, Seed: 11, Size: 64x64";
  static const char *const sampler[] = { "--sampler", "lcm", NULL };
  g_autoptr (run) refused = from_text (text, NULL);
  g_autoptr (run) drawn = from_text (text, sampler);

  run_assert_failed (refused, "its sampler \"DPM fast\" is not there; say --sampler with one of "
                              "ddim, ");
  run_assert_done (drawn);
}

static void
test_no_recipe (void)
{
  const char *const arguments[] = { "--from", balloon, "-o", "b.png", NULL };
  const char *const missing[] = { "--from", "/nonexistent/a.png", NULL };
  static const char *const no_files[] = { NULL };
  g_autoptr (run) result = generate (arguments, false);
  g_autoptr (run) none = generate (missing, false);

  run_assert_failed (result, "there is no recipe of Limn or A1111 in it");
  run_assert_files (result, no_files);
  run_assert_failed (none, "/nonexistent/a.png");
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  balloon = source_path ("data/samples/balloon.png");
  flower = source_path ("data/samples/flower.png");
  {
    const char *const arguments[] = { "-p", "red balloon", "-s",    balloon, "--seed",
                                      "5",  "-o",          "a.png", NULL };

    first = generate (arguments, true);
    run_assert_done (first);
    first_path = path_of (first, "a.png");
  }
  for (gsize i = 0; i < G_N_ELEMENTS (agains); i++) {
    g_autofree char *name = g_strdup_printf ("/app/from/again/%s", agains[i].name);

    g_test_add_data_func (name, &agains[i], test_again);
  }
  g_test_add_func ("/app/from/count", test_count);
  g_test_add_func ("/app/from/choices", test_choices);
  g_test_add_func ("/app/from/override", test_override);
  g_test_add_func ("/app/from/same-name", test_same_name);
  g_test_add_func ("/app/from/model-gone", test_model_gone);
  g_test_add_func ("/app/from/foreign-text", test_foreign_text);
  g_test_add_func ("/app/from/foreign-events", test_foreign_events);
  g_test_add_func ("/app/from/foreign-sampler", test_foreign_sampler);
  g_test_add_func ("/app/from/no-recipe", test_no_recipe);
  status = g_test_run ();
  run_free (first);
  g_free (first_path);
  clean_up ();
  g_free (balloon);
  g_free (flower);
  return status;
}
