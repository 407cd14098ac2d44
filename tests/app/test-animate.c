/* SPDX-License-Identifier: GPL-3.0-or-later */

/* `limn animate` and `limn export`, with the bundled model on the processor. */

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

#include "limn.h"
#include "run.h"

#define SCENE                                                                                      \
  "{\"prompt\": \"red balloon\", \"frames\": 3, \"steps\": 2, \"seed\": 4, \"width\": 64,"         \
  " \"height\": 64, \"controls\": [{\"type\": \"scribble\", \"images\": [{\"frame\": 0, \"file\":" \
  " \"%s\"}]}], \"prompts\": [{\"frame\": 0, \"prompt\": \"red balloon\"}, {\"frame\": 2,"         \
  " \"prompt\": \"blue balloon\"}]}"

static char *folder, *scene;

static run *
animate (const char *const *more)
{
  const char *arguments[24] = { "animate", scene, "--device", "cpu" };
  gsize n = 4;

  for (gsize i = 0; more[i] != NULL; i++)
    arguments[n++] = more[i];
  g_assert_cmpuint (n, <, G_N_ELEMENTS (arguments));
  return run_limn (arguments, NULL);
}

static limn_image *
load_png (const run *result, const char *name)
{
  g_autofree char *path = g_build_filename (result->folder, name, NULL);
  g_autoptr (GError) error = NULL;
  limn_image *image = limn_png_load (path, &error);

  g_assert_no_error (error);
  return image;
}

static bool
same (const limn_image *a, const limn_image *b)
{
  return memcmp (a->pixels, b->pixels,
                 (gsize) a->width * (gsize) a->height * (gsize) a->channels) == 0;
}

static void
test_film (void)
{
  const char *const arguments[] = { "-o", "film.mp4", "--preview", "steps", "--json", NULL };
  const char *const files[] = { "film.mp4", "steps", NULL };
  g_autoptr (run) result = animate (arguments);
  g_autofree char *path = g_build_filename (result->folder, "film.mp4", NULL);
  g_autofree char *step = g_build_filename (result->folder, "steps", "step-002.png", NULL);
  g_autoptr (limn_film_reader) reader = NULL;
  g_autoptr (GError) error = NULL;
  int width, height, count = 0;
  double rate;

  run_assert_done (result);
  run_assert_files (result, files);
  g_assert_true (g_file_test (step, G_FILE_TEST_EXISTS));
  g_assert_nonnull (strstr (result->out, "{\"event\":\"step\",\"step\":2,\"steps\":2"));
  g_assert_nonnull (strstr (result->out, "{\"event\":\"result\""));
  reader = limn_film_reader_new (path, &error);
  g_assert_no_error (error);
  limn_film_reader_info (reader, &width, &height, &rate);
  g_assert_cmpint (width, ==, 64);
  g_assert_cmpint (height, ==, 64);
  g_assert_cmpfloat_with_epsilon (rate, 8, 0.01);
  g_assert_nonnull (strstr (limn_film_reader_recipe (reader), "Seed: 4, Size: 64x64"));
  for (;; count++) {
    g_autoptr (limn_image) frame = limn_film_reader_next (reader, &error);

    g_assert_no_error (error);
    if (frame == NULL)
      break;
  }
  g_assert_cmpint (count, ==, 3);
}

/* Numbered files are exact: the same scene gives the same, the prompt travels, and a part that is
 * drawn again with the same seed is the same again. */
static void
test_frames (void)
{
  g_autofree char *latents = g_build_filename (folder, "latents.safetensors", NULL);
  const char *const arguments[] = { "-o", "f.png", "--keep-latents", latents, NULL };
  const char *const again[] = { "-o",  "f.png",  "--latents", latents, "--redraw",
                                "2-2", "--seed", "5",         NULL };
  g_autoptr (run) result = animate (arguments);
  g_autoptr (run) second = animate (arguments);
  g_autoptr (run) third = animate (again);
  g_autoptr (limn_image) first_frame = load_png (result, "f-0001.png");
  g_autoptr (limn_image) same_frame = load_png (second, "f-0001.png");
  g_autoptr (limn_image) last_frame = load_png (result, "f-0003.png");
  g_autoptr (limn_image) middle_frame = load_png (result, "f-0002.png");
  g_autoptr (limn_image) kept_frame = load_png (third, "f-0001.png");
  g_autoptr (limn_image) drawn_frame = load_png (third, "f-0002.png");
  g_autoptr (limn_image) kept_last = load_png (third, "f-0003.png");

  run_assert_done (result);
  run_assert_done (third);
  g_assert_true (same (first_frame, same_frame));
  g_assert_false (same (first_frame, last_frame));
  g_assert_true (same (first_frame, kept_frame));
  g_assert_true (same (last_frame, kept_last));
  g_assert_false (same (middle_frame, drawn_frame));
}

/* --- restyling --- */

#define SIDE 64
#define RESTYLED 3

/* A red disc, @middle pixels from the left, before a light sky. */
static limn_image *
paint_at (int middle)
{
  limn_image *image = limn_image_new (SIDE, SIDE, 3);

  for (int y = 0; y < SIDE; y++)
    for (int x = 0; x < SIDE; x++) {
      int dx = x - middle, dy = y - SIDE / 2;
      guint8 *pixel = image->pixels + (y * SIDE + x) * 3;

      memcpy (pixel, dx * dx + dy * dy < 144 ? "\xc8\x28\x28" : "\xaa\xcd\xf0", 3);
    }
  return image;
}

/* It goes from the left to the right. */
static limn_image *
paint_disc (int frame)
{
  return paint_at (14 + 18 * frame);
}

/* The mean difference of two pictures' values. */
static double
difference (const limn_image *a, const limn_image *b)
{
  gsize count = (gsize) SIDE * SIDE * 3;
  double sum = 0;

  for (gsize i = 0; i < count; i++)
    sum += ABS (a->pixels[i] - b->pixels[i]);
  return sum / (double) count;
}

/* Draws the disc's film again with @strength; the frames are the caller's. */
static void
restyle (const char *source, double strength, limn_image *frames[RESTYLED])
{
  g_autofree char *path = g_build_filename (folder, "restyle.json", NULL);
  g_autofree char *text = g_strdup_printf (
      "{\"prompt\": \"red balloon on sky\", \"frames\": %d, \"steps\": 20, \"seed\": 4, \"width\": "
      "%d,"
      " \"height\": %d, \"source\": \"%s\", \"strength\": %g, \"controls\": [{\"type\":"
      " \"scribble\", \"film\": \"%s\", \"detect\": \"lines\"}]}",
      RESTYLED, SIDE, SIDE, source, strength, source);
  const char *const arguments[] = { "animate", path, "--device", "cpu", "-o", "r.png", NULL };
  g_autoptr (run) result = NULL;

  replace_file (path, text, strlen (text));
  result = run_limn (arguments, NULL);
  run_assert_done (result);
  for (int i = 0; i < RESTYLED; i++) {
    g_autofree char *name = g_strdup_printf ("r-%04d.png", i + 1);

    frames[i] = load_png (result, name);
  }
}

/* Writes the disc's frames to a folder, whose path is the caller's; so are the frames. */
static char *
write_discs (const char *name, limn_image *painted[RESTYLED])
{
  char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
  for (int i = 0; i < RESTYLED; i++) {
    g_autofree char *file = g_strdup_printf ("%s/%d.png", path, i);

    painted[i] = paint_disc (i);
    limn_png_save (painted[i], file, NULL, 0, &error);
    g_assert_no_error (error);
  }
  return path;
}

/* With next to no strength it is the film, as the autoencoder has it; with more it is another one,
 * which still moves as the film does. */
static void
test_restyle (void)
{
  limn_image *painted[RESTYLED], *near[RESTYLED], *far[RESTYLED];
  g_autofree char *source = write_discs ("source", painted);

  restyle (source, 0.001, near);
  restyle (source, 0.6, far);
  for (int i = 0; i < RESTYLED; i++) {
    double close = difference (near[i], painted[i]), own = difference (far[i], painted[i]);

    g_test_message ("frame %d: %.1f of 255 with strength 0.001, %.1f with 0.6", i, close, own);
    g_assert_cmpfloat (close, <, 8);
    g_assert_cmpfloat (own, >, close);
    for (int j = 0; j < RESTYLED; j++)
      g_assert_true (j == i || difference (far[i], painted[j]) > own);
  }
  for (int i = 0; i < RESTYLED; i++) {
    limn_image_free (painted[i]);
    limn_image_free (near[i]);
    limn_image_free (far[i]);
  }
}

/* `limn bench smoothness`: a film that stands still has no difference, and of one that moves the
 * flow explains the most. */
static void
test_smoothness (void)
{
  static const struct {
    int step;
    double registered; /* of the plain difference, at most */
  } cases[] = { { 0, 0 }, { 3, 0.4 } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = g_strdup_printf ("%s/moving-%zu", folder, i);
    const char *const arguments[] = { "bench", "smoothness", path, "--json", NULL };
    g_autoptr (GError) error = NULL;
    g_autoptr (run) result = NULL;
    double plain = 0, registered = 0, flow = 0;

    g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
    for (int j = 0; j < 4; j++) {
      g_autofree char *file = g_strdup_printf ("%s/%d.png", path, j);
      g_autoptr (limn_image) image = paint_at (24 + cases[i].step * j);

      limn_png_save (image, file, NULL, 0, &error);
      g_assert_no_error (error);
    }
    result = run_limn (arguments, NULL);
    run_assert_done (result);
    g_assert_cmpint (sscanf (result->out,
                             "{\"frames\":4,\"difference\":%lf,\"registered\":%lf,\"flow\":%lf}",
                             &plain, &registered, &flow),
                     ==, 3);
    g_assert_true ((plain > 0) == (cases[i].step > 0));
    g_assert_true ((flow > 0) == (cases[i].step > 0));
    g_assert_cmpfloat (registered, <=, cases[i].registered * plain);
  }
}

static void
test_refused (void)
{
  static const struct {
    const char *arguments[6];
    const char *words;
  } cases[] = {
    { { "-o", "film.mp4", "--model", "nowhere" }, "nowhere" },
    { { "-o", "nowhere/film.mp4" }, "nowhere" },
    { { "-o", "film.mp4", "--redraw", "1-2", "--latents", "none" }, "none" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    const char *arguments[7] = { NULL };
    g_autoptr (run) result = NULL;

    memcpy (arguments, cases[i].arguments, sizeof cases[i].arguments);
    result = animate (arguments);
    run_assert_failed (result, cases[i].words);
    run_assert_files (result, (const char *const[]){ NULL });
  }
}

static void
test_usage (void)
{
  static const char *const wrong[][6] = {
    { "animate", NULL },
    { "animate", "a.json", NULL },
    { "animate", "a.json", "-o", "film", NULL },
    { "animate", "a.json", "-o", "film.mp4", "--quality=0", NULL },
    { "animate", "a.json", "b.json", "-o", "film.mp4", NULL },
    { "export", NULL },
    { "export", "frames", NULL },
    { "export", "frames", "-o", "film.txt", NULL },
    { "export", "frames", "-o", "film.mp4", "--fps=0", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autoptr (run) result = run_limn (wrong[i], NULL);

    g_assert_cmpint (result->status, ==, 2);
    g_assert_cmpstr (result->out, ==, "");
  }
}

/* A film that is stopped, or that the disk has no room for, is not there. */
static void
test_cancelled (void)
{
  g_autoptr (run) result = run_new ();
  const char *const arguments[] = { "animate", scene, "-o", "film.mp4", "--json", NULL };
  g_autoptr (GSubprocess) process = run_start (result, arguments, NULL);
  g_autoptr (GDataInputStream) out =
      g_data_input_stream_new (g_subprocess_get_stdout_pipe (process));
  g_autofree char *line = g_data_input_stream_read_line (out, NULL, NULL, NULL);

  g_assert_nonnull (line);
  g_subprocess_send_signal (process, SIGTERM);
  g_assert_true (g_subprocess_wait (process, NULL, NULL));
  g_assert_true (g_subprocess_get_if_exited (process));
  g_assert_cmpint (g_subprocess_get_exit_status (process), ==, 1);
  run_assert_files (result, (const char *const[]){ NULL });
}

static void
test_export (void)
{
  const char *const frames[] = { "-o", "f.png", NULL };
  g_autoptr (run) drawn = animate (frames);
  g_autofree char *film = g_build_filename (folder, "film.gif", NULL);
  const char *const arguments[] = { "export", drawn->folder, "-o", film, "--json", NULL };
  const char *const back[] = { "export", film, "-o", "g.png", NULL };
  g_autoptr (run) result = run_limn (arguments, NULL);
  g_autoptr (run) third = run_limn (back, NULL);
  g_autoptr (limn_image) frame = NULL;

  run_assert_done (drawn);
  run_assert_done (result);
  g_assert_nonnull (strstr (result->out, "\"encoder\":\"gif\",\"frames\":3"));
  run_assert_done (third);
  frame = load_png (third, "g-0003.png");
  g_assert_cmpint (frame->width, ==, 64);
}

int
main (int argc, char **argv)
{
  g_autofree char *drawing = NULL, *text = NULL;
  int status;

  g_test_init (&argc, &argv, NULL);
  folder = make_folder ();
  scene = g_build_filename (folder, "scene.json", NULL);
  drawing = source_path ("data/samples/balloon.png");
  text = g_strdup_printf (SCENE, drawing);
  replace_file (scene, text, strlen (text));
  g_test_add_func ("/animate/film", test_film);
  g_test_add_func ("/animate/frames", test_frames);
  g_test_add_func ("/animate/restyle", test_restyle);
  g_test_add_func ("/bench/smoothness", test_smoothness);
  g_test_add_func ("/animate/refused", test_refused);
  g_test_add_func ("/animate/usage", test_usage);
  g_test_add_func ("/animate/cancelled", test_cancelled);
  g_test_add_func ("/export", test_export);
  status = g_test_run ();
  clean_up ();
  g_free (scene);
  g_free (folder);
  return status;
}
