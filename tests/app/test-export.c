/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What `limn export` promises: ffprobe finds in every format what was asked for; nothing is there
 * under the film's name until it is whole, however the program ends; a full disk is one sentence.
 */

#include <fcntl.h>
#include <glib/gstdio.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "limn.h"
#include "run.h"

#define FRAMES 6
#define RECIPE "a red balloon over Malm\303\266\nSteps: 20, Seed: 5"

static const char *const nothing[] = { NULL };
static char *frames; /* a folder */

/* --- frames --- */

static void
save_frame (const char *path, int i, int width, int height)
{
  g_autoptr (limn_image) image = limn_image_new (width, height, 3);
  g_autoptr (GError) error = NULL;

  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) {
      guint8 *pixel = image->pixels + (y * width + x) * 3;

      pixel[0] = (guint8) (x * 255 / width);
      pixel[1] = (guint8) (y * 255 / height);
      pixel[2] = (guint8) (128 + 100 * sin (x / 9.0 + i));
    }
  limn_png_save (image, path, NULL, 0, &error);
  g_assert_no_error (error);
}

/* The caller frees the path. */
static char *
make_frames (int count, int width, int height)
{
  char *folder = make_folder ();

  for (int i = 0; i < count; i++) {
    g_autofree char *path = g_strdup_printf ("%s/f-%04d.png", folder, i);

    save_frame (path, i, width, height);
  }
  return folder;
}

/* --- what is in a film --- */

static const struct format {
  const char *name;  /* of --format */
  const char *end;   /* of the file */
  const char *codec; /* ffprobe's name */
  const char *width, *height;
  const char *rate;
  bool tagged; /* yuv420p with BT.709's tags */
} formats[] = {
  { "h264", "mp4", "h264", "162", "98", "25/2", true },
  { "h265", "mp4", "hevc", "162", "98", "25/2", true },
  { "vp9", "webm", "vp9", "162", "98", "25/2", true },
  { "av1", "webm", "av1", "162", "98", "25/2", true },
  { "gif", "gif", "gif", "161", "97", "25/2", false },
  { "apng", "apng", "apng", "161", "97", "25/2", false },
};

/* What ffprobe says, as a table from key to value. */
static GHashTable *
probe (const char *program, const char *path)
{
  const char *const arguments[] = {
    program,
    "-v",
    "error",
    "-count_frames",
    "-select_streams",
    "v:0",
    "-of",
    "default=noprint_wrappers=1",
    "-show_entries",
    "stream=codec_name,width,height,pix_fmt,color_range,color_space,color_transfer,"
    "color_primaries,r_frame_rate,nb_read_frames:format_tags=comment",
    path,
    NULL,
  };
  GHashTable *table = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autofree char *out = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) lines = NULL;

  g_spawn_sync (NULL, (char **) arguments, NULL, G_SPAWN_DEFAULT, NULL, NULL, &out, NULL, NULL,
                &error);
  g_assert_no_error (error);
  lines = g_strsplit (out, "\n", -1);
  for (gsize i = 0; lines[i] != NULL; i++) {
    char *equals = strchr (lines[i], '=');

    if (equals != NULL)
      g_hash_table_insert (table, g_ascii_strdown (lines[i], equals - lines[i]),
                           g_strdup (equals + 1));
  }
  return table;
}

static void
assert_says (GHashTable *table, const char *key, const char *value)
{
  const char *found = g_hash_table_lookup (table, key);

  if (g_strcmp0 (found, value) != 0)
    g_test_message ("%s", key);
  g_assert_cmpstr (found, ==, value);
}

/* FFmpeg may be built without an encoder: then the case is skipped, and says so. */
static bool
is_there (const run *result)
{
  if (result->status == 0 || strstr (result->err, "has no encoder") == NULL)
    return true;
  g_test_skip (result->err);
  return false;
}

static void
test_format (gconstpointer data)
{
  const struct format *format = data;
  g_autofree char *program = g_find_program_in_path ("ffprobe");
  g_autofree char *name = g_strconcat ("film.", format->end, NULL);
  g_autofree char *count = g_strdup_printf ("%d", FRAMES);
  const char *const arguments[] = { "export",   frames,       "-o",    name,
                                    "--format", format->name, "--fps", "12.5",
                                    "--json",   "--recipe",   RECIPE,  NULL };
  g_autoptr (run) result = run_limn (arguments, NULL);
  g_autofree char *path = g_build_filename (result->folder, name, NULL);
  g_autoptr (GHashTable) says = NULL;

  if (!is_there (result))
    return;
  run_assert_done (result);
  run_assert_files (result, (const char *const[]){ name, NULL });
  if (program == NULL) {
    g_test_skip ("there is no ffprobe");
    return;
  }
  says = probe (program, path);
  assert_says (says, "codec_name", format->codec);
  assert_says (says, "width", format->width);
  assert_says (says, "height", format->height);
  assert_says (says, "r_frame_rate", format->rate);
  assert_says (says, "nb_read_frames", count);
  if (format->tagged) {
    assert_says (says, "pix_fmt", "yuv420p");
    assert_says (says, "color_range", "tv");
    assert_says (says, "color_space", "bt709");
    assert_says (says, "color_transfer", "bt709");
    assert_says (says, "color_primaries", "bt709");
  }
  /* ffprobe shows no texts of PNGs. */
  if (!g_str_equal (format->name, "apng"))
    assert_says (says, "tag:comment", "a red balloon over Malm\303\266");
}

/* A picture can be drawn again from what a film says, and a film of it says the same. */
static void
test_recipe (gconstpointer data)
{
  const struct format *format = data;
  g_autofree char *name = g_strconcat ("film.", format->end, NULL);
  const char *const arguments[] = { "export",     frames,     "-o",   name, "--format",
                                    format->name, "--recipe", RECIPE, NULL };
  g_autoptr (run) result = run_limn (arguments, NULL);
  g_autofree char *path = g_build_filename (result->folder, name, NULL);
  const char *const again[] = { "export", path, "-o", "g.png", NULL };
  g_autoptr (run) copy = NULL;
  g_autofree char *frame = NULL;
  g_autoptr (GPtrArray) texts = NULL;

  if (!is_there (result))
    return;
  run_assert_done (result);
  copy = run_limn (again, NULL);
  run_assert_done (copy);
  frame = g_build_filename (copy->folder, "g-0006.png", NULL);
  texts = limn_png_texts_load (frame, NULL);
  g_assert_nonnull (texts);
  g_assert_cmpstr (limn_png_texts_find (texts, "parameters"), ==, RECIPE);
}

static void
test_from (void)
{
  static const char *const names[] = { "film.mp4", "film.gif", "film.apng" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    const char *const arguments[] = {
      "export", frames,     "-o",
      names[i], "--recipe", "a kite\nSteps: 1, Sampler: Euler, Seed: 8, Size: 64x64",
      NULL
    };
    g_autoptr (run) result = run_limn (arguments, NULL);
    g_autofree char *path = g_build_filename (result->folder, names[i], NULL);
    const char *const again[] = { "generate", "--from", path,    "--device", "cpu",
                                  "--json",   "-o",     "a.png", NULL };
    g_autoptr (run) picture = NULL;

    run_assert_done (result);
    picture = run_limn (again, NULL);
    run_assert_done (picture);
    g_assert_nonnull (strstr (picture->out, "\"width\":64,\"height\":64,\"steps\":1,\"seed\":8"));
  }
}

/* Where nothing but MPEG-4's encoder is there. */
static void
test_few_encoders (void)
{
  const char *const environment[] = { "LIMN_DEBUG", "few-encoders", NULL };
  const char *const arguments[] = { "export", frames, "-o", "film.mp4", NULL };
  const char *const webm[] = { "export", frames, "-o", "film.webm", NULL };
  g_autoptr (run) result = run_limn (arguments, environment);
  g_autoptr (run) refused = run_limn (webm, environment);

  run_assert_done (result);
  g_assert_nonnull (strstr (result->out, "film.mp4: 6 frames by mpeg4\n"));
  run_assert_failed (refused, "film.webm: this FFmpeg has no encoder for vp9");
  run_assert_files (refused, nothing);
}

/* --- how the program ends --- */

/* Whether files can be without a name here; else a killed program leaves one whose name begins with
 * a dot. */
static bool
has_nameless (const char *folder)
{
  int fd = open (folder, O_TMPFILE | O_RDWR, 0600);

  if (fd >= 0)
    close (fd);
  return fd >= 0 && access ("/proc/self/fd", X_OK) == 0;
}

/* No file but @old, which is as it was. */
static void
assert_nothing (const run *result, const char *name)
{
  g_autofree char *path = g_build_filename (result->folder, name, NULL);
  g_autofree char *data = NULL;

  g_assert_true (g_file_get_contents (path, &data, NULL, NULL));
  g_assert_cmpstr (data, ==, "the old one");
  if (has_nameless (result->folder))
    run_assert_files (result, (const char *const[]){ name, NULL });
}

/* The film that comes of @source when nothing ends the program. */
static GBytes *
whole_film (const char *source, const char *name)
{
  const char *const arguments[] = { "export", source, "-o", name, "--json", NULL };
  g_autoptr (run) result = run_limn (arguments, NULL);
  g_autofree char *path = g_build_filename (result->folder, name, NULL);
  char *data;
  gsize size;

  run_assert_done (result);
  g_assert_true (g_file_get_contents (path, &data, &size, NULL));
  return g_bytes_new_take (data, size);
}

static bool
is_film (const char *path, GBytes *whole)
{
  g_autoptr (GBytes) found = NULL;
  char *data;
  gsize size;

  g_assert_true (g_file_get_contents (path, &data, &size, NULL));
  found = g_bytes_new_take (data, size);
  return g_bytes_equal (found, whole);
}

/* Sends @signal after @lines lines of output; whether the film was not done by then. It may come
 * between the film's last byte and the program's end, too. */
static bool
end_after (const char *source, const char *name, GBytes *whole, int lines, int signal)
{
  const char *const arguments[] = { "export", source, "-o", name, "--json", NULL };
  g_autoptr (run) result = run_new ();
  g_autofree char *path = g_build_filename (result->folder, name, NULL);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GDataInputStream) out = NULL;

  replace_file (path, "the old one", 11);
  process = run_start (result, arguments, NULL);
  out = g_data_input_stream_new (g_subprocess_get_stdout_pipe (process));
  for (int i = 0; i < lines; i++) {
    g_autofree char *line = g_data_input_stream_read_line (out, NULL, NULL, NULL);

    g_assert_nonnull (line);
  }
  g_subprocess_send_signal (process, signal);
  run_finish (result, process);
  if (result->status == 0 || is_film (path, whole)) {
    g_assert_true (is_film (path, whole));
    run_assert_files (result, (const char *const[]){ name, NULL });
    return false;
  }
  assert_nothing (result, name);
  /* Before it watches for them, signals end it as they end any other program. */
  if (signal != SIGKILL && lines > 0)
    run_assert_failed (result, "cancelled");
  return true;
}

#define MANY 40

static void
test_ends (gconstpointer data)
{
  static const int moments[] = { 0, 1, 7, 20, MANY - 5 };
  static const char *const names[] = { "film.mp4", "film.gif", "film.apng" };
  g_autofree char *source = make_frames (MANY, 96, 64);
  int signal = GPOINTER_TO_INT (data), ended = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autoptr (GBytes) whole = whole_film (source, names[i]);

    for (gsize j = 0; j < G_N_ELEMENTS (moments); j++)
      ended += end_after (source, names[i], whole, moments[j], signal);
  }
  g_assert_cmpint (ended, >, 0);
}

/* --- a full disk --- */

static void
test_full (gconstpointer data)
{
  const struct format *format = data;
  g_autofree char *name = g_strconcat ("film.", format->end, NULL);
  g_autofree char *words = g_strconcat ("limn: ", name, ": cannot be written: ", NULL);
  const char *const arguments[] = { "export", frames, "-o", name, "--format", format->name, NULL };
  g_autoptr (run) result = run_new ();
  g_autofree char *path = g_build_filename (result->folder, name, NULL);
  g_autoptr (GSubprocess) process = NULL;

  replace_file (path, "the old one", 11);
  process = run_start_limited (result, arguments, NULL, 700);
  run_finish (result, process);
  if (!is_there (result))
    return;
  run_assert_failed (result, words);
  assert_nothing (result, name);
}

/* Frames that were written go again. */
static void
test_full_sequence (void)
{
  g_autofree char *source = make_folder ();
  const char *const arguments[] = { "export", source, "-o", "g.png", NULL };
  g_autoptr (run) result = run_new ();
  g_autoptr (GSubprocess) process = NULL;

  for (int i = 0; i < 3; i++) {
    g_autofree char *path = g_strdup_printf ("%s/%d.png", source, i);
    g_autoptr (limn_image) image = limn_image_new (96, 64, 3);
    g_autoptr (GRand) random = g_rand_new_with_seed (1);

    /* The last one is noise, which no one compresses. */
    for (gsize j = 0; i == 2 && j < 96 * 64 * 3; j++)
      image->pixels[j] = (guint8) g_rand_int (random);
    limn_png_save (image, path, NULL, 0, NULL);
  }
  process = run_start_limited (result, arguments, NULL, 4096);
  run_finish (result, process);
  run_assert_failed (result, "limn: g-0003.png: cannot be written: ");
  run_assert_files (result, nothing);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  g_setenv ("SVT_LOG", "1", TRUE);
  frames = make_frames (FRAMES, 161, 97);
  for (gsize i = 0; i < G_N_ELEMENTS (formats); i++) {
    g_autofree char *format = g_strconcat ("/export/format/", formats[i].name, NULL);
    g_autofree char *recipe = g_strconcat ("/export/recipe/", formats[i].name, NULL);
    g_autofree char *full = g_strconcat ("/export/full/", formats[i].name, NULL);

    g_test_add_data_func (format, &formats[i], test_format);
    g_test_add_data_func (recipe, &formats[i], test_recipe);
    g_test_add_data_func (full, &formats[i], test_full);
  }
  g_test_add_func ("/export/full/png", test_full_sequence);
  g_test_add_func ("/export/from", test_from);
  g_test_add_func ("/export/few-encoders", test_few_encoders);
  g_test_add_data_func ("/export/killed", GINT_TO_POINTER (SIGKILL), test_ends);
  g_test_add_data_func ("/export/terminated", GINT_TO_POINTER (SIGTERM), test_ends);
  g_test_add_data_func ("/export/interrupted", GINT_TO_POINTER (SIGINT), test_ends);
  status = g_test_run ();
  clean_up ();
  g_free (frames);
  return status;
}
