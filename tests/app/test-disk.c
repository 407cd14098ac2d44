/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "run.h"

/* Disks that are full, faults of the device, and two programs at one file: one clear line, exit 1,
 * and whatever had the picture's name before is still whole. */

#define FILE_LIMIT 8192 /* bytes: less than the picture, more than nothing */

static char *model;
static const char *const picture[] = { "result.png", NULL };
static const char *const nothing[] = { NULL };

#define ARGUMENTS                                                                                  \
  "generate", "--model", model, "--prompt", "balloon", "--size", "64x64", "--steps", "1",          \
      "--seed", "1", "--out", "result.png"

static void
old_picture (const run *result)
{
  g_autofree char *path = g_build_filename (result->folder, "result.png", NULL);

  replace_file (path, "the old one", 11);
}

static void
assert_old_picture (const run *result)
{
  g_autofree char *path = g_build_filename (result->folder, "result.png", NULL);
  g_autofree char *data = NULL;
  g_autoptr (GError) error = NULL;

  g_file_get_contents (path, &data, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (data, ==, "the old one");
  run_assert_files (result, picture);
}

/* --- a full disk --- */

/* A file may not grow: the write fails as on a full disk, and SIGXFSZ comes as well. */
static void
test_full (void)
{
  g_autoptr (run) result = run_new ();
  g_autofree char *cache = make_folder ();
  const char *arguments[] = { ARGUMENTS, "--size", "256x256", NULL };
  /* Compiled shaders would not be kept either, which is nobody's failure. */
  const char *const environment[] = { "XDG_CACHE_HOME", cache, "MESA_SHADER_CACHE_DISABLE", "true",
                                      NULL };
  g_autoptr (GSubprocess) process = NULL;

  old_picture (result);
  process = run_start_limited (result, arguments, environment, FILE_LIMIT);
  run_finish (result, process);
  run_assert_failed (result, "result.png: cannot be written: ");
  assert_old_picture (result);
}

/* What is printed has nowhere to go. */
static void
test_full_output (void)
{
  static const char *const forms[] = { NULL, "--json" };

  for (gsize i = 0; i < G_N_ELEMENTS (forms); i++) {
    g_autoptr (run) result = run_new ();
    const char *arguments[] = { g_getenv ("LIMN_PROGRAM"), ARGUMENTS, forms[i], NULL };
    g_autoptr (GSubprocessLauncher) launcher =
        g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDERR_PIPE);
    g_autoptr (GSubprocess) process = NULL;
    g_autoptr (GError) error = NULL;

    g_subprocess_launcher_set_cwd (launcher, result->folder);
    g_subprocess_launcher_set_stdout_file_path (launcher, "/dev/full");
    process = g_subprocess_launcher_spawnv (launcher, arguments, &error);
    g_assert_no_error (error);
    run_finish (result, process);
    run_assert_failed (result, "");
    run_assert_files (result, nothing);
  }
}

/* --- faults of the device --- */

static void
test_faults (void)
{
  static const struct {
    const char *debug, *words;
  } cases[] = {
    { "lose-device=1", "VK_ERROR_DEVICE_LOST" },
    { "lose-device=20", "VK_ERROR_DEVICE_LOST" },
    { "out-of-memory=1", "VK_ERROR_OUT_OF_DEVICE_MEMORY" },
    { "out-of-memory=20", "VK_ERROR_OUT_OF_DEVICE_MEMORY" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    const char *arguments[] = { ARGUMENTS, "--device", "vulkan", NULL };
    const char *const environment[] = { "LIMN_DEBUG", cases[i].debug, NULL };
    g_autoptr (run) result = run_limn (arguments, environment);

    g_test_message ("%s", result->err);
    run_assert_failed (result, cases[i].words);
    run_assert_files (result, nothing);
  }
}

/* --- two at once --- */

/* They share the file and the cache of compiled shaders, which is empty at first. */
static void
test_two (void)
{
  g_autofree char *cache = make_folder ();
  const char *arguments[] = { ARGUMENTS, NULL };
  const char *const environment[] = { "XDG_CACHE_HOME", cache, NULL };
  g_autoptr (run) first = run_new ();
  g_autoptr (run) second = run_new ();
  g_autofree char *second_folder = g_steal_pointer (&second->folder);
  g_autoptr (GSubprocess) one = NULL;
  g_autoptr (GSubprocess) two = NULL;
  g_autofree char *path = g_build_filename (first->folder, "result.png", NULL);
  g_autofree char *data = NULL;
  gsize length;

  second->folder = g_strdup (first->folder);
  one = run_start (first, arguments, environment);
  two = run_start (second, arguments, environment);
  run_finish (first, one);
  run_finish (second, two);
  run_assert_done (first);
  run_assert_done (second);
  run_assert_files (first, picture);
  g_assert_true (g_file_get_contents (path, &data, &length, NULL));
  /* From the signature to the last chunk. */
  g_assert_cmpuint (length, >, 100);
  g_assert_cmpmem (data, 8, "\x89PNG\r\n\x1a\n", 8);
  g_assert_cmpmem (data + length - 8, 4, "IEND", 4);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  model = source_path ("data/models/starter");
  g_test_add_func ("/disk/full", test_full);
  g_test_add_func ("/disk/full-output", test_full_output);
  g_test_add_func ("/disk/faults", test_faults);
  g_test_add_func ("/disk/two", test_two);
  status = g_test_run ();
  clean_up ();
  g_free (model);
  return status;
}
