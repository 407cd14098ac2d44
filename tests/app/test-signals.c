/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <signal.h>
#include <string.h>

#include "run.h"

/* Signals at moments spread over a whole run: one clear line, exit 1, no half file; or the run was
 * done by then, and the picture is whole. */

#define MOMENTS 50
#define SEED 20

static char *model;
static const char *const picture[] = { "result.png", NULL };
static const char *const nothing[] = { NULL };

/* With one thread, since several wait for one another where other programs have the processor. */
static const char *const *
arguments (void)
{
  static const char *list[] = { "generate", "--model", NULL,         "--prompt",  "balloon",
                                "--size",   "16x16",   "--steps",    "6",         "--cfg",
                                "1",        "--seed",  "1",          "--threads", "1",
                                "--json",   "--out",   "result.png", NULL };

  list[2] = model;
  return list;
}

/* Microseconds of a run that nobody disturbs, the second of two: shaders are compiled then. */
static gint64
time_run (void)
{
  gint64 start = 0;

  for (int i = 0; i < 2; i++) {
    g_autoptr (run) result = NULL;

    start = g_get_monotonic_time ();
    result = run_limn (arguments (), NULL);
    run_assert_done (result);
    run_assert_files (result, picture);
  }
  return g_get_monotonic_time () - start;
}

/* Before the program watches for signals, and after its work is done, they end it as they end any
 * other. */
static void
assert_ended (const run *result, GSubprocess *process, int signal)
{
  bool done = strstr (result->out, "\"result\"") != NULL;

  if (!g_subprocess_get_if_exited (process)) {
    g_assert_cmpint (g_subprocess_get_term_sig (process), ==, signal);
    g_assert_true (done || *result->out == '\0');
    run_assert_files (result, done ? picture : nothing);
  } else if (result->status == 0) {
    run_assert_done (result);
    run_assert_files (result, picture);
  } else {
    run_assert_failed (result, "cancelled");
    run_assert_files (result, nothing);
  }
}

static void
test_ends (gconstpointer data)
{
  int signal = GPOINTER_TO_INT (data);
  gint64 length = time_run ();
  g_autoptr (GRand) random = g_rand_new_with_seed (SEED);
  int cancelled = 0;

  for (int i = 0; i < MOMENTS; i++) {
    gint64 moment = (gint64) ((double) length * g_rand_double_range (random, i, i + 1) / MOMENTS);
    g_autoptr (run) result = run_new ();
    g_autoptr (GSubprocess) process = run_start (result, arguments (), NULL);

    g_usleep ((gulong) moment);
    g_subprocess_send_signal (process, signal);
    run_finish (result, process);
    assert_ended (result, process, signal);
    cancelled += result->status == 1;
  }
  g_test_message ("%d of %d were cancelled", cancelled, MOMENTS);
  g_assert_cmpint (cancelled, >, 0);
}

/* The reader goes away after some bytes: the next write ends the run. SIGPIPE itself is ignored. */
static void
test_pipe (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (SEED);

  for (int i = 0; i < MOMENTS; i++) {
    g_autoptr (run) result = run_new ();
    g_autoptr (GSubprocess) process = run_start (result, arguments (), NULL);
    GInputStream *out = g_subprocess_get_stdout_pipe (process);
    GInputStream *err = g_subprocess_get_stderr_pipe (process);
    g_autofree char *path = NULL;
    char bytes[2048] = { 0 };
    gsize got;
    g_autoptr (GError) error = NULL;

    g_input_stream_read_all (out, bytes, (gsize) g_rand_int_range (random, 0, 900), &got, NULL,
                             &error);
    g_assert_no_error (error);
    g_input_stream_close (out, NULL, &error);
    g_assert_no_error (error);
    g_input_stream_read_all (err, bytes, sizeof bytes - 1, &got, NULL, &error);
    g_assert_no_error (error);
    g_subprocess_wait (process, NULL, &error);
    g_assert_no_error (error);
    bytes[got] = '\0';
    result->err = g_strdup (bytes);
    g_assert_true (g_subprocess_get_if_exited (process));
    result->status = g_subprocess_get_exit_status (process);
    /* It may have written everything before the reader went; or all but the last event, and then
     * the picture is there. */
    if (result->status == 0)
      run_assert_done (result);
    else
      run_assert_failed (result, "");
    path = g_build_filename (result->folder, "result.png", NULL);
    run_assert_files (result, g_file_test (path, G_FILE_TEST_EXISTS) ? picture : nothing);
  }
}

/* The second one does not wait for the step to end. */
static void
test_twice (void)
{
  for (int i = 0; i < 10; i++) {
    g_autoptr (run) result = run_new ();
    g_autoptr (GSubprocess) process = run_start (result, arguments (), NULL);
    GInputStream *out = g_subprocess_get_stdout_pipe (process);
    g_autoptr (GError) error = NULL;
    char byte;

    /* Its first event says that it watches by now. */
    g_assert_cmpint (g_input_stream_read (out, &byte, 1, NULL, &error), ==, 1);
    g_assert_no_error (error);
    g_subprocess_send_signal (process, SIGINT);
    g_usleep (2000);
    g_subprocess_send_signal (process, SIGINT);
    run_finish (result, process);
    if (g_subprocess_get_if_exited (process))
      run_assert_failed (result, "cancelled");
    else
      g_assert_cmpint (g_subprocess_get_term_sig (process), ==, SIGINT);
    run_assert_files (result, nothing);
  }
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  model = source_path ("data/models/starter");
  g_test_add_data_func ("/signals/interrupt", GINT_TO_POINTER (SIGINT), test_ends);
  g_test_add_data_func ("/signals/terminate", GINT_TO_POINTER (SIGTERM), test_ends);
  g_test_add_func ("/signals/pipe", test_pipe);
  g_test_add_func ("/signals/twice", test_twice);
  status = g_test_run ();
  clean_up ();
  g_free (model);
  return status;
}
