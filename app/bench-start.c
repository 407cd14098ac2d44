/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "bench.h"

/* `limn bench start`: the program from its start. */

#define START_RUNS 5

/* The shortest of some runs of this program; negative with @error when one fails. */
static double
time_program (const char *const *argv, GError **error)
{
  double best = -1;

  for (int i = 0; i < START_RUNS; i++) {
    gint64 start = g_get_monotonic_time ();
    g_autoptr (GSubprocess) process =
        g_subprocess_newv (argv, G_SUBPROCESS_FLAGS_STDOUT_SILENCE, error);
    double seconds;

    if (!process || !g_subprocess_wait_check (process, NULL, error))
      return -1;
    seconds = (double) (g_get_monotonic_time () - start) / G_USEC_PER_SEC;
    best = best < 0 ? seconds : MIN (best, seconds);
  }
  return best;
}

/* What the window tells when LIMN_MEASURE_START asks it to: "frame N" and "ready N", in
 * microseconds of the same clock as here. */
static bool
read_moment (const char *output, const char *name, gint64 start, double *best, GError **error)
{
  const char *line = strstr (output, name);
  gint64 moment = line != NULL ? g_ascii_strtoll (line + strlen (name), NULL, 10) : 0;
  double seconds = (double) (moment - start) / G_USEC_PER_SEC;

  if (moment <= start) {
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_FORMAT, "the window did not say when it was there");
    return false;
  }
  *best = *best < 0 ? seconds : MIN (*best, seconds);
  return true;
}

/* One start of the window, away from the person's drawings. */
static bool
time_window (const char *program, const char *folder, double *frame, double *ready, GError **error)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (
      G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  g_autoptr (GSubprocess) process = NULL;
  g_autofree char *output = NULL;
  gint64 start;

  g_subprocess_launcher_setenv (launcher, "LIMN_MEASURE_START", "1", TRUE);
  g_subprocess_launcher_setenv (launcher, "XDG_STATE_HOME", folder, TRUE);
  g_subprocess_launcher_setenv (launcher, "GSETTINGS_BACKEND", "memory", TRUE);
  start = g_get_monotonic_time ();
  process = g_subprocess_launcher_spawn (launcher, error, program, NULL);
  return process != NULL &&
         g_subprocess_communicate_utf8 (process, NULL, NULL, &output, NULL, error) &&
         g_subprocess_wait_check (process, NULL, error) &&
         read_moment (output, "frame ", start, frame, error) &&
         read_moment (output, "ready ", start, ready, error);
}

static bool
bench_window (const struct limn_bench_options *options,
              const char *program,
              const char *folder,
              GError **error)
{
  double frame = -1, ready = -1;

  for (int i = 0; i < START_RUNS; i++)
    if (!time_window (program, folder, &frame, &ready, error))
      return false;
  limn_bench_print_seconds (options, "first frame of the window", frame);
  limn_bench_print_seconds (options, "ready to draw a picture", ready);
  return true;
}

static void
remove_folder (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (folder, name, NULL);

    if (g_file_test (path, G_FILE_TEST_IS_DIR) && !g_file_test (path, G_FILE_TEST_IS_SYMLINK))
      remove_folder (path);
    else
      remove (path);
  }
  remove (folder);
}

bool
limn_bench_run_start (const struct limn_bench_options *options, GError **error)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", error);
  g_autofree char *folder = program ? g_dir_make_tmp ("limn-bench-XXXXXX", error) : NULL;
  g_autofree char *out = folder ? g_build_filename (folder, "start.png", NULL) : NULL;
  const char *version[] = { program, "version", NULL };
  const char *devices[] = { program, "devices", NULL };
  const char *picture[] = { program,    "generate", "--model", options->model,
                            "--prompt", "start",    "--steps", "1",
                            "--cfg",    "1",        "--seed",  "1",
                            "--out",    out,        NULL };
  const struct {
    const char *what, *const *argv;
  } runs[] = {
    { "start and end", version },
    { "with the list of devices", devices },
    { "with a picture of one step", picture },
  };
  bool good = out != NULL;

  for (gsize i = 0; good && i < G_N_ELEMENTS (runs); i++) {
    double seconds = time_program (runs[i].argv, error);
    good = seconds >= 0;
    if (good)
      limn_bench_print_seconds (options, runs[i].what, seconds);
  }
  if (good && (g_getenv ("DISPLAY") != NULL || g_getenv ("WAYLAND_DISPLAY") != NULL))
    good = bench_window (options, program, folder, error);
  if (folder)
    remove_folder (folder);
  return good;
}
