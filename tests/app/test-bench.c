/* SPDX-License-Identifier: GPL-3.0-or-later */

/* `limn bench animate` and `limn bench smoothness`: what they print, and what they refuse. Whether
 * the numbers of the latter are right is in test-animate.c. */

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

#include "limn.h"
#include "run.h"

static const int clip_frames[] = { 16, 64, 256 };

static JsonObject *
parse_line (const char *line, JsonParser *parser)
{
  g_autoptr (GError) error = NULL;

  json_parser_load_from_data (parser, line, -1, &error);
  g_assert_no_error (error);
  return json_node_get_object (json_parser_get_root (parser));
}

/* What is measured lies beside the forecast: @most of it further off at most. */
static void
assert_near (JsonObject *object, const char *name, double most)
{
  g_autofree char *forecast = g_strconcat (name, "_forecast", NULL);
  double measured = (double) json_object_get_int_member (object, name);
  double wanted = (double) json_object_get_int_member (object, forecast);

  g_assert_cmpfloat (wanted, >, 0);
  if (!(fabs (measured / wanted - 1) <= most))
    g_error ("%s is %.0f, and the forecast %.0f", name, measured, wanted);
}

static void
test_clips (void)
{
  const char *const arguments[] = { "bench", "animate", "--device", "cpu",    "--size",
                                    "32x32", "--steps", "2",        "--json", NULL };
  g_autoptr (run) result = run_limn (arguments, NULL);
  g_auto (GStrv) lines = NULL;
  gint64 device = 0, latents = 0;

  run_assert_done (result);
  lines = g_strsplit (g_strchomp (result->out), "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, G_N_ELEMENTS (clip_frames));
  for (gsize i = 0; i < G_N_ELEMENTS (clip_frames); i++) {
    g_autoptr (JsonParser) parser = json_parser_new ();
    JsonObject *clip = parse_line (lines[i], parser);
    double share = json_object_get_double_member (clip, "share");

    g_assert_cmpint (json_object_get_int_member (clip, "frames"), ==, clip_frames[i]);
    /* At this size malloc's own bytes count in what lies outside of the device. */
    assert_near (clip, "device", 0.01);
    assert_near (clip, "latents", 0.1);
    assert_near (clip, "pictures", 0.1);
    g_assert_cmpint (json_object_get_int_member (clip, "pictures_forecast"), ==,
                     clip_frames[i] * 32 * 32 * 3);
    g_assert_true ((json_object_get_double_member (clip, "windows") > 1) == (i > 0));
    g_assert_cmpfloat (json_object_get_double_member (clip, "milliseconds"), >, 0);
    g_assert_true (isfinite (share) && share > 0);
    if (i == 0) {
      device = json_object_get_int_member (clip, "device");
      g_assert_cmpfloat (share, ==, 1);
    } else {
      /* More frames take latents and no more of the device. */
      g_assert_cmpint (json_object_get_int_member (clip, "device"), ==, device);
      g_assert_cmpint (json_object_get_int_member (clip, "latents"), >, latents);
    }
    latents = json_object_get_int_member (clip, "latents");
  }
}

/* For people. */
static void
test_text (void)
{
  static const char *const parts[] = { "16 frames, windows in a step: 1\n",
                                       "64 frames, windows in a step: ",
                                       "256 frames, windows in a step: ",
                                       "  device ",
                                       "  latents ",
                                       "  frames ",
                                       "1.000 times its windows alone\n",
                                       NULL };
  const char *const arguments[] = { "bench", "animate", "--device", "cpu", "--size",
                                    "32x32", "--steps", "2",        NULL };
  g_autoptr (run) result = run_limn (arguments, NULL);

  run_assert_done (result);
  for (gsize i = 0; parts[i] != NULL; i++)
    if (strstr (result->out, parts[i]) == NULL)
      g_error ("\"%s\" is not in \"%s\"", parts[i], result->out);
}

/* @n frames of @side x @side pixels that all are the same grey. */
static char *
write_film (int n, int side)
{
  char *folder = make_folder ();
  g_autoptr (limn_image) image = limn_image_new (side, side, 3);

  memset (image->pixels, 77, (gsize) side * (gsize) side * 3);
  for (int i = 0; i < n; i++) {
    g_autofree char *path = g_strdup_printf ("%s/%d.png", folder, i);
    g_autoptr (GError) error = NULL;

    limn_png_save (image, path, NULL, 0, &error);
    g_assert_no_error (error);
  }
  return folder;
}

static void
test_smoothness_text (void)
{
  g_autofree char *film = write_film (3, 16);
  const char *const arguments[] = { "bench", "smoothness", film, NULL };
  g_autoptr (run) result = run_limn (arguments, NULL);

  run_assert_done (result);
  g_assert_cmpstr (result->out, ==,
                   "3 frames\n"
                   "  difference of neighbours        0.000 of 255\n"
                   "  moved by the optical flow       0.000 of 255\n"
                   "  mean length of the flow         0.000 pixels\n");
}

/* One sentence each; 2 is the exit status where the options are at fault. */
static void
test_refused (void)
{
  g_autofree char *one = write_film (1, 16), *small = write_film (2, 4);
  const struct {
    const char *arguments[6];
    int status;
    const char *words;
  } cases[] = {
    { { "animate", "--steps", "1" }, 2, "--steps is 1 and must be a whole number from 2 to 1000" },
    { { "animate", "--size", "64" }, 2, "--size" },
    { { "animate", "--size", "33x32" }, 1, "the width is 33, wanted a multiple of" },
    { { "animate", "--precision", "f99" }, 2, "--precision is \"f99\"" },
    { { "animate", "film.mp4" }, 2, "bench takes one name" },
    { { "animate", "--model", "nowhere" }, 1, "nowhere: " },
    { { "animate", "--motion", "nowhere" }, 1, "nowhere" },
    { { "animate", "--device", "cpu7" }, 1, "cpu7" },
    { { "smoothness", NULL }, 2, "smoothness takes the name of one file" },
    { { "smoothness", "a", "b" }, 2, "smoothness takes the name of one file" },
    { { "smoothness", "nowhere.mp4" }, 1, "nowhere.mp4: " },
    { { "smoothness", one }, 1, "has 1 frames of 16 x 16 pixels, wanted 2 and 8 x 8 at least" },
    { { "smoothness", small }, 1, "has 2 frames of 4 x 4 pixels, wanted 2 and 8 x 8 at least" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    const char *arguments[G_N_ELEMENTS (cases[i].arguments) + 2] = { "bench" };
    g_autoptr (run) result = NULL;

    memcpy (arguments + 1, cases[i].arguments, sizeof cases[i].arguments);
    result = run_limn (arguments, NULL);
    if (result->status != cases[i].status || strstr (result->err, cases[i].words) == NULL)
      g_error ("status %d, \"%s\"; wanted %d, \"%s\"", result->status, result->err, cases[i].status,
               cases[i].words);
    g_assert_true (g_str_has_prefix (result->err, "limn: "));
    g_assert_true (strchr (result->err, '\n') == result->err + strlen (result->err) - 1);
  }
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bench/clips", test_clips);
  g_test_add_func ("/bench/text", test_text);
  g_test_add_func ("/bench/smoothness", test_smoothness_text);
  g_test_add_func ("/bench/refused", test_refused);
  result = g_test_run ();
  clean_up ();
  return result;
}
