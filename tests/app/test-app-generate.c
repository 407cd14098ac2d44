/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <signal.h>
#include <string.h>

#include <json-glib/json-glib.h>

#include "io/png.h"
#include "run.h"

#define MAX_ARGUMENTS 24

static char *balloon;

/* Small, so that the processor's Vulkan is done soon; @more is NULL-terminated. */
static const char **
make_arguments (const char **arguments, const char *const *more)
{
  const char *const base[] = { "generate",   "--prompt", "red balloon on sky",
                               "--scribble", balloon,    "--steps",
                               "2",          "--size",   "64x64",
                               "--seed",     "1",        "--out",
                               "result.png" };
  gsize n = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (base); i++)
    arguments[n++] = base[i];
  for (gsize i = 0; more != NULL && more[i] != NULL; i++)
    arguments[n++] = more[i];
  g_assert_cmpuint (n, <, MAX_ARGUMENTS);
  arguments[n] = NULL;
  return arguments;
}

static run *
generate (const char *const *more)
{
  const char *arguments[MAX_ARGUMENTS];

  return run_limn (make_arguments (arguments, more), NULL);
}

static GBytes *
read_bytes (const run *result, const char *name)
{
  g_autofree char *path = g_build_filename (result->folder, name, NULL);
  g_autoptr (GError) error = NULL;
  char *data;
  gsize length;

  g_file_get_contents (path, &data, &length, &error);
  g_assert_no_error (error);
  return g_bytes_new_take (data, length);
}

static void
assert_size (const run *result, const char *name, int width, int height)
{
  g_autofree char *path = g_build_filename (result->folder, name, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_image) image = limn_png_load (path, &error);

  g_assert_no_error (error);
  g_assert_cmpint (image->width, ==, width);
  g_assert_cmpint (image->height, ==, height);
  g_assert_cmpint (image->channels, ==, 3);
}

static void
assert_contains (const run *result, const char *name, const char *words)
{
  g_autoptr (GBytes) bytes = read_bytes (result, name);
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);

  g_assert_nonnull (memmem (data, size, words, strlen (words)));
}

static void
test_picture (void)
{
  static const char *const more[] = { "--size", "128x96", NULL };
  static const char *const files[] = { "result.png", NULL };
  g_autoptr (run) result = generate (more);

  run_assert_done (result);
  run_assert_files (result, files);
  assert_size (result, "result.png", 128, 96);
  assert_contains (result, "result.png", "parameters");
  assert_contains (result, "result.png",
                   "red balloon on sky\nSteps: 2, Sampler: DDIM, Schedule type: Automatic, CFG "
                   "scale: 7, Seed: 1, "
                   "Size: 128x96, Model: starter");
  /* Not a terminal: plain lines, none of them redrawn. */
  g_assert_nonnull (strstr (result->out, "step 1/2"));
  g_assert_nonnull (strstr (result->out, "step 2/2"));
  g_assert_nonnull (strstr (result->out, "result.png: 128x96, seed 1"));
  g_assert_null (strchr (result->out, '\r'));
  g_assert_null (strchr (result->out, '\033'));
}

static void
test_reproducible (void)
{
  static const char *const other_seed[] = { "--seed", "2", NULL };
  g_autofree char *nothing = source_path ("data/samples/flower.png");
  const char *const other_drawing[] = { "--scribble", nothing, NULL };
  g_autoptr (run) first = generate (NULL);
  g_autoptr (run) again = generate (NULL);
  g_autoptr (run) seed = generate (other_seed);
  g_autoptr (run) drawing = generate (other_drawing);
  g_autoptr (GBytes) first_bytes = read_bytes (first, "result.png");
  g_autoptr (GBytes) again_bytes = read_bytes (again, "result.png");
  g_autoptr (GBytes) seed_bytes = read_bytes (seed, "result.png");
  g_autoptr (GBytes) drawing_bytes = read_bytes (drawing, "result.png");

  g_assert_true (g_bytes_equal (first_bytes, again_bytes));
  g_assert_false (g_bytes_equal (first_bytes, seed_bytes));
  g_assert_false (g_bytes_equal (first_bytes, drawing_bytes));
}

/* `--scribble FILE` and `--control scribble=FILE` mean the same; weight 0 does not. */
static void
test_control_option (void)
{
  g_autofree char *full = g_strdup_printf ("scribble=%s:1:0:1", balloon);
  g_autofree char *none = g_strdup_printf ("scribble=%s:0", balloon);
  const char *const base[] = {
    "generate", "-p", "red balloon on sky", "--steps", "2",  "--size", "64x64", "--seed",
    "1",        "-o", "result.png",         "-c",      NULL, NULL
  };
  const char *arguments[G_N_ELEMENTS (base)];
  g_autoptr (run) scribble = generate (NULL);
  g_autoptr (run) control = NULL;
  g_autoptr (run) weak = NULL;
  g_autoptr (GBytes) scribble_bytes = read_bytes (scribble, "result.png");
  g_autoptr (limn_image) scribble_image = NULL;

  memcpy (arguments, base, sizeof base);
  arguments[G_N_ELEMENTS (base) - 2] = full;
  control = run_limn (arguments, NULL);
  run_assert_done (control);
  arguments[G_N_ELEMENTS (base) - 2] = none;
  weak = run_limn (arguments, NULL);
  run_assert_done (weak);

  {
    g_autoptr (GBytes) control_bytes = read_bytes (control, "result.png");
    g_autoptr (GBytes) weak_bytes = read_bytes (weak, "result.png");

    g_assert_true (g_bytes_equal (scribble_bytes, control_bytes));
    g_assert_false (g_bytes_equal (scribble_bytes, weak_bytes));
  }
}

/* --- events --- */

static JsonObject *
parse_event (JsonParser *parser, const char *line)
{
  g_autoptr (GError) error = NULL;

  json_parser_load_from_data (parser, line, -1, &error);
  g_assert_no_error (error);
  return json_node_get_object (json_parser_get_root (parser));
}

static void
check_step (JsonObject *event, int step, double *seconds)
{
  g_autofree char *preview = g_strdup_printf ("previews/step-%03d.png", step);

  g_assert_cmpint (json_object_get_int_member (event, "step"), ==, step);
  g_assert_cmpint (json_object_get_int_member (event, "steps"), ==, 3);
  g_assert_cmpint (json_object_get_int_member (event, "memory"), >, 0);
  g_assert_cmpstr (json_object_get_string_member (event, "preview"), ==, preview);
  g_assert_cmpfloat (json_object_get_double_member (event, "seconds"), >=, *seconds);
  *seconds = json_object_get_double_member (event, "seconds");
}

static void
check_result (JsonObject *event)
{
  g_assert_cmpstr (json_object_get_string_member (event, "path"), ==, "result.png");
  g_assert_cmpint (json_object_get_int_member (event, "seed"), ==, 1);
  g_assert_cmpint (json_object_get_int_member (event, "width"), ==, 64);
  g_assert_cmpint (json_object_get_int_member (event, "height"), ==, 64);
  g_assert_cmpint (json_object_get_int_member (event, "memory"), >, 0);
}

static void
test_events (void)
{
  static const char *const order[] = {
    "load", "start", "step", "step", "step", "decode", "result"
  };
  static const char *const more[] = { "--json", "--steps", "3", "--preview", "previews", NULL };
  static const char *const files[] = { "previews", "result.png", NULL };
  g_autoptr (run) result = generate (more);
  g_auto (GStrv) lines = NULL;
  double seconds = 0;
  int step = 0;

  run_assert_done (result);
  run_assert_files (result, files);
  lines = g_strsplit (g_strchomp (result->out), "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, G_N_ELEMENTS (order));
  for (gsize i = 0; i < G_N_ELEMENTS (order); i++) {
    g_autoptr (JsonParser) parser = json_parser_new ();
    JsonObject *event = parse_event (parser, lines[i]);

    g_assert_cmpstr (json_object_get_string_member (event, "event"), ==, order[i]);
    if (g_str_equal (order[i], "step"))
      check_step (event, ++step, &seconds);
    if (g_str_equal (order[i], "result"))
      check_result (event);
  }
  assert_size (result, "previews/step-001.png", 64, 64);
  assert_size (result, "previews/step-002.png", 64, 64);
  assert_size (result, "previews/step-003.png", 64, 64);
}

/* A prompt longer than the model's 32 tokens is cut into chunks, and said so. */
static void
test_long_prompt (void)
{
  g_autoptr (GString) prompt = g_string_new (NULL);
  g_autoptr (run) result = NULL;

  for (int i = 0; i < 40; i++)
    g_string_append (prompt, "balloon ");
  {
    const char *const more[] = { "--json", "--steps", "1", "--prompt", prompt->str, NULL };

    result = generate (more);
  }
  run_assert_done (result);
  g_assert_nonnull (strstr (result->out, "{\"event\":\"text\",\"chunks\":2}\n"));
}

/* --- endings --- */

static char *
read_all (GInputStream *stream)
{
  g_autoptr (GOutputStream) memory = g_memory_output_stream_new_resizable ();
  g_autoptr (GError) error = NULL;

  g_output_stream_splice (memory, stream, G_OUTPUT_STREAM_SPLICE_NONE, NULL, &error);
  g_assert_no_error (error);
  /* Ends the text; an empty stream has no data at all. */
  g_output_stream_write (memory, "", 1, NULL, &error);
  g_assert_no_error (error);
  g_output_stream_close (memory, NULL, &error);
  g_assert_no_error (error);
  return g_memory_output_stream_steal_data (G_MEMORY_OUTPUT_STREAM (memory));
}

/* Starts a run of @steps steps, and returns after its first step was told. */
static GSubprocess *
start_and_wait_for_step (run *result, const char *steps, GDataInputStream **out)
{
  const char *const more[] = { "--json", "--steps", steps, "--preview", "previews", NULL };
  const char *arguments[MAX_ARGUMENTS];
  GSubprocess *process = run_start (result, make_arguments (arguments, more), NULL);

  *out = g_data_input_stream_new (g_subprocess_get_stdout_pipe (process));
  for (;;) {
    g_autoptr (GError) error = NULL;
    g_autofree char *line = g_data_input_stream_read_line (*out, NULL, NULL, &error);

    g_assert_no_error (error);
    g_assert_nonnull (line);
    if (strstr (line, "\"event\":\"step\"") != NULL)
      return process;
  }
}

static void
wait_for_end (run *result, GSubprocess *process)
{
  g_autoptr (GError) error = NULL;

  result->err = read_all (g_subprocess_get_stderr_pipe (process));
  g_subprocess_wait (process, NULL, &error);
  g_assert_no_error (error);
  if (g_subprocess_get_if_exited (process))
    result->status = g_subprocess_get_exit_status (process);
}

static void
check_signal (int signal_number)
{
  static const char *const files[] = { "previews", NULL };
  g_autoptr (run) result = run_new ();
  g_autoptr (GDataInputStream) out = NULL;
  g_autoptr (GSubprocess) process = start_and_wait_for_step (result, "900", &out);
  g_autofree char *rest = NULL;

  g_subprocess_send_signal (process, signal_number);
  rest = read_all (G_INPUT_STREAM (out));
  wait_for_end (result, process);
  run_assert_failed (result, "cancelled");
  run_assert_files (result, files);
  g_assert_true (g_str_has_suffix (rest, "{\"event\":\"cancelled\"}\n"));
  /* Steps may have been on their way while the signal was; 900 of them may not. */
  g_assert_null (strstr (rest, "\"step\":100,"));
}

static void
test_interrupt (void)
{
  check_signal (SIGINT);
}

static void
test_terminate (void)
{
  check_signal (SIGTERM);
}

/* Whoever reads the events goes away: the work ends, and no picture appears. */
static void
test_reader_gone (void)
{
  static const char *const files[] = { "previews", NULL };
  g_autoptr (run) result = run_new ();
  g_autoptr (GDataInputStream) out = NULL;
  g_autoptr (GSubprocess) process = start_and_wait_for_step (result, "900", &out);

  g_assert_true (g_input_stream_close (g_subprocess_get_stdout_pipe (process), NULL, NULL));
  wait_for_end (result, process);
  run_assert_failed (result, "standard output");
  run_assert_files (result, files);
}

/* An old picture under the same name is replaced by the new one, and kept by a failing run. */
static void
test_overwrite (void)
{
  g_autofree char *folder = make_folder ();
  g_autofree char *path = g_build_filename (folder, "old.png", NULL);
  const char *const good[] = { "--out", path, NULL };
  const char *const bad[] = { "--out", path, "--model", "/nonexistent/model", NULL };
  g_autofree char *kept = NULL;
  g_autoptr (run) failed = NULL;
  g_autoptr (run) result = NULL;

  replace_file (path, "old", 3);
  failed = generate (bad);
  run_assert_failed (failed, "/nonexistent/model");
  g_assert_true (g_file_get_contents (path, &kept, NULL, NULL));
  g_assert_cmpstr (kept, ==, "old");

  result = generate (good);
  run_assert_done (result);
  g_clear_pointer (&kept, g_free);
  g_assert_true (g_file_get_contents (path, &kept, NULL, NULL));
  g_assert_true (g_str_has_prefix (kept, "\x89PNG"));
}

/* Without --out and --seed the seed is drawn, told, and in the file's name. */
static void
test_defaults (void)
{
  const char *const arguments[] = { "generate", "-p",    "balloon", "--steps", "1",
                                    "--size",   "64x64", "--json",  NULL };
  g_autoptr (run) result = run_limn (arguments, NULL);
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autofree char *name = NULL;
  const char *last;
  JsonObject *event;

  run_assert_done (result);
  last = strstr (result->out, "{\"event\":\"result\"");
  g_assert_nonnull (last);
  event = parse_event (parser, last);
  name =
      g_strdup_printf ("limn-%" G_GINT64_FORMAT ".png", json_object_get_int_member (event, "seed"));
  {
    const char *const files[] = { name, NULL };

    run_assert_files (result, files);
  }
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  balloon = source_path ("data/samples/balloon.png");
  g_test_add_func ("/app/generate/picture", test_picture);
  g_test_add_func ("/app/generate/reproducible", test_reproducible);
  g_test_add_func ("/app/generate/control-option", test_control_option);
  g_test_add_func ("/app/generate/events", test_events);
  g_test_add_func ("/app/generate/long-prompt", test_long_prompt);
  g_test_add_func ("/app/generate/interrupt", test_interrupt);
  g_test_add_func ("/app/generate/terminate", test_terminate);
  g_test_add_func ("/app/generate/reader-gone", test_reader_gone);
  g_test_add_func ("/app/generate/overwrite", test_overwrite);
  g_test_add_func ("/app/generate/defaults", test_defaults);
  status = g_test_run ();
  clean_up ();
  g_free (balloon);
  return status;
}
