/* SPDX-License-Identifier: GPL-3.0-or-later */

#include <math.h>
#include <string.h>

#include <glib/gstdio.h>

#include "limn.h"

/* Films are written in every format and read again. */

#define FRAMES 12
/* Longer than a block of a GIF's comment, and not in ASCII. */
#define RECIPE                                                                                     \
  "a red balloon over Malm\303\266, soft light, paper collage, the sea behind it, houses along "   \
  "the "                                                                                           \
  "shore, a kite with a long tail, two gulls, a boat with a white sail, clouds as cotton wool, "   \
  "grain of the paper, low sun\nNegative prompt: grey, rain, text\nSteps: 20, Sampler: DDIM, "     \
  "Schedule type: Automatic, CFG scale: 7, Seed: 5, Size: 160x96, Version: Limn"

static char *folder;

static char *
in_folder (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

/* A soft disc that moves over a gradient. */
static limn_image *
make_frame (int i, int width, int height)
{
  limn_image *image = limn_image_new (width, height, 3);

  for (int y = 0; y < height; y++) {
    for (int x = 0; x < width; x++) {
      guint8 *pixel = image->pixels + ((gsize) y * (gsize) width + (gsize) x) * 3;
      double distance = hypot (x - width * (0.2 + 0.05 * i), y - height * 0.5);
      double disc = CLAMP ((width * 0.2 - distance) / 6 + 0.5, 0, 1);

      pixel[0] = (guint8) (60 + 150 * disc);
      pixel[1] = (guint8) (80 + 100.0 * y / height - 60 * disc);
      pixel[2] = (guint8) (220 - 120.0 * x / width - 60 * disc);
    }
  }
  return image;
}

static void
write_film (limn_film_writer *writer, int width, int height)
{
  g_autoptr (GError) error = NULL;

  for (int i = 0; i < FRAMES; i++) {
    g_autoptr (limn_image) frame = make_frame (i, width, height);

    limn_film_writer_add (writer, frame, &error);
    g_assert_no_error (error);
  }
  limn_film_writer_finish (writer, &error);
  g_assert_no_error (error);
}

/* In dB, over the pixels that both have. */
static double
psnr (const limn_image *a, const limn_image *b)
{
  double sum = 0;

  for (int y = 0; y < b->height; y++) {
    for (int x = 0; x < b->width * 3; x++) {
      double difference = a->pixels[(gsize) y * (gsize) a->width * 3 + (gsize) x] -
                          b->pixels[(gsize) y * (gsize) b->width * 3 + (gsize) x];
      sum += difference * difference;
    }
  }
  return 10 * log10 (255.0 * 255.0 / (sum / (b->width * b->height * 3) + 1e-9));
}

static void
check_film (const char *path, int width, int height, double rate, const char *recipe)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_film_reader) reader = limn_film_reader_new (path, &error);
  int found_width, found_height, count = 0;
  double found_rate;

  g_assert_no_error (error);
  limn_film_reader_info (reader, &found_width, &found_height, &found_rate);
  g_assert_cmpint (found_width, ==, width);
  g_assert_cmpint (found_height, ==, height);
  g_assert_cmpfloat_with_epsilon (found_rate, rate, 0.01);
  g_assert_cmpstr (limn_film_reader_recipe (reader), ==, recipe);
  for (;; count++) {
    g_autoptr (limn_image) frame = limn_film_reader_next (reader, &error);
    g_autoptr (limn_image) expected = make_frame (count, width, height);

    g_assert_no_error (error);
    if (frame == NULL)
      break;
    g_assert_cmpfloat (psnr (frame, expected), >=, 38);
  }
  g_assert_cmpint (count, ==, FRAMES);
}

static const struct format_case {
  limn_film_kind kind;
  const char *name;
} formats[] = {
  { LIMN_FILM_H264, "h264.mp4" }, { LIMN_FILM_H265, "h265.mp4" }, { LIMN_FILM_VP9, "vp9.webm" },
  { LIMN_FILM_AV1, "av1.webm" },  { LIMN_FILM_GIF, "gif.gif" },   { LIMN_FILM_APNG, "apng.apng" },
};

/* FFmpeg may be built without an encoder: then the case is skipped, and says so. */
static limn_film_writer *
open_or_skip (const char *path, const struct limn_film_params *params)
{
  g_autoptr (GError) error = NULL;
  limn_film_writer *writer = limn_film_writer_new (path, params, &error);

  if (writer == NULL && strstr (error->message, "has no encoder") != NULL)
    g_test_skip (error->message);
  else
    g_assert_no_error (error);
  return writer;
}

static void
test_format (gconstpointer data)
{
  const struct format_case *one = data;
  g_autofree char *path = in_folder (one->name);
  const struct limn_film_params params = {
    .kind = one->kind, .width = 160, .height = 96, .rate = 12.5, .recipe = RECIPE
  };
  g_autoptr (limn_film_writer) writer = open_or_skip (path, &params);

  if (writer == NULL)
    return;
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  write_film (writer, 160, 96);
  check_film (path, 160, 96, 12.5, RECIPE);
}

static void
test_odd_size (void)
{
  g_autofree char *path = in_folder ("odd.mp4");
  const struct limn_film_params params = { .kind = LIMN_FILM_H264, .width = 161, .height = 97 };
  g_autoptr (limn_film_writer) writer = open_or_skip (path, &params);
  g_autoptr (limn_film_reader) reader = NULL;
  g_autoptr (limn_image) expected = make_frame (0, 161, 97);
  g_autoptr (limn_image) frame = NULL;
  g_autoptr (GError) error = NULL;

  if (writer == NULL)
    return;
  write_film (writer, 161, 97);
  reader = limn_film_reader_new (path, &error);
  g_assert_no_error (error);
  frame = limn_film_reader_next (reader, &error);
  g_assert_no_error (error);
  g_assert_cmpint (frame->width, ==, 162);
  g_assert_cmpint (frame->height, ==, 98);
  g_assert_cmpfloat (psnr (frame, expected), >=, 38);
}

/* Where nothing but MPEG-4's encoder is there, an MP4 is written all the same. */
static void
test_few_encoders (void)
{
  g_autofree char *path = in_folder ("few.mp4"), *webm = in_folder ("few.webm");
  struct limn_film_params params = { .kind = LIMN_FILM_H265, .width = 160, .height = 96 };
  g_autoptr (limn_film_writer) writer = NULL;
  g_autoptr (GError) error = NULL;

  g_setenv ("LIMN_DEBUG", "few-encoders", TRUE);
  writer = limn_film_writer_new (path, &params, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (limn_film_writer_encoder (writer), ==, "mpeg4");
  write_film (writer, 160, 96);
  check_film (path, 160, 96, 8, NULL);

  params.kind = LIMN_FILM_VP9;
  g_assert_null (limn_film_writer_new (webm, &params, &error));
  g_assert_error (error, LIMN_ERROR, LIMN_ERROR_FILE);
  g_setenv ("LIMN_DEBUG", "validate", TRUE);
}

/* What is not finished leaves nothing, and what was there before stays. */
static void
test_dropped (void)
{
  g_autofree char *path = in_folder ("dropped.mp4"), *text = NULL;
  const struct limn_film_params params = { .kind = LIMN_FILM_H264, .width = 160, .height = 96 };
  limn_film_writer *writer;
  g_autoptr (limn_image) frame = make_frame (0, 160, 96);
  g_autoptr (GDir) dir = NULL;
  g_autoptr (GError) error = NULL;
  const char *name;

  g_file_set_contents (path, "before", -1, &error);
  g_assert_no_error (error);
  writer = limn_film_writer_new (path, &params, &error);
  g_assert_no_error (error);
  limn_film_writer_add (writer, frame, &error);
  g_assert_no_error (error);
  limn_film_writer_free (writer);
  g_file_get_contents (path, &text, NULL, &error);
  g_assert_cmpstr (text, ==, "before");
  dir = g_dir_open (folder, 0, NULL);
  while ((name = g_dir_read_name (dir)) != NULL)
    g_assert_cmpint (name[0], !=, '.');
}

static void
test_sequence (void)
{
  g_autofree char *path = in_folder ("frames/f.png"), *frames = in_folder ("frames");
  g_autofree char *third = in_folder ("frames/f-0003.png");
  const struct limn_film_params params = {
    .kind = LIMN_FILM_PNG, .width = 32, .height = 24, .recipe = RECIPE
  };
  limn_film_writer *writer;
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir (frames, 0777), ==, 0);
  writer = limn_film_writer_new (path, &params, &error);
  g_assert_no_error (error);
  write_film (writer, 32, 24);
  limn_film_writer_free (writer);
  check_film (frames, 32, 24, 0, RECIPE);

  /* One that is dropped takes away only what it made. */
  g_assert_cmpint (g_unlink (third), ==, 0);
  writer = limn_film_writer_new (path, &params, &error);
  for (int i = 0; i < 5; i++) {
    g_autoptr (limn_image) frame = make_frame (i, 32, 24);
    limn_film_writer_add (writer, frame, &error);
    g_assert_no_error (error);
  }
  limn_film_writer_free (writer);
  g_assert_false (g_file_test (third, G_FILE_TEST_EXISTS));
}

static void
test_refused (void)
{
  g_autofree char *path = in_folder ("refused.mp4"), *text = in_folder ("text.mp4");
  static const struct limn_film_params wrong[] = {
    { .kind = LIMN_FILM_H264 },
    { .kind = LIMN_FILM_H264, .width = 16, .height = 16, .rate = 1000 },
    { .kind = LIMN_FILM_H264, .width = 16, .height = 16, .quality = 101 },
    { .kind = LIMN_FILM_H264, .width = 16, .height = 16, .encoder = "nothing" },
  };
  const struct limn_film_params params = { .kind = LIMN_FILM_H264, .width = 160, .height = 96 };
  g_autoptr (limn_film_writer) writer = open_or_skip (path, &params);
  g_autoptr (limn_image) small = make_frame (0, 16, 16);
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_assert_null (limn_film_writer_new (path, &wrong[i], &error));
    g_assert_nonnull (error);
    g_assert_nonnull (strstr (error->message, "refused.mp4"));
    g_clear_error (&error);
  }
  if (writer != NULL) {
    g_assert_false (limn_film_writer_add (writer, small, &error));
    g_assert_error (error, LIMN_ERROR, LIMN_ERROR_ARGUMENT);
    g_clear_error (&error);
    g_assert_false (limn_film_writer_finish (writer, &error));
    g_assert_error (error, LIMN_ERROR, LIMN_ERROR_ARGUMENT);
    g_clear_error (&error);
  }
  g_file_set_contents (text, "no film\n", -1, NULL);
  g_assert_null (limn_film_reader_new (text, &error));
  g_assert_error (error, LIMN_ERROR, LIMN_ERROR_FILE);
  g_assert_nonnull (strstr (error->message, "text.mp4"));
}

static void
test_kinds (void)
{
  g_assert_cmpint (limn_film_kind_of ("a/b.MP4"), ==, LIMN_FILM_H264);
  g_assert_cmpint (limn_film_kind_of ("b.webm"), ==, LIMN_FILM_VP9);
  g_assert_cmpint (limn_film_kind_of ("b.gif"), ==, LIMN_FILM_GIF);
  g_assert_cmpint (limn_film_kind_of ("b.apng"), ==, LIMN_FILM_APNG);
  g_assert_cmpint (limn_film_kind_of ("b.png"), ==, LIMN_FILM_PNG);
  g_assert_cmpint (limn_film_kind_of ("b.mp3"), ==, -1);
  g_assert_cmpint (limn_film_kind_of ("mp4"), ==, -1);
}

/* Removes what is in @path, one folder deep, and @path. */
static void
remove_folder (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *child = g_build_filename (path, name, NULL);

    if (g_file_test (child, G_FILE_TEST_IS_DIR))
      remove_folder (child);
    else
      g_unlink (child);
  }
  g_rmdir (path);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  g_setenv ("SVT_LOG", "1", TRUE);
  folder = g_dir_make_tmp ("limn-film-XXXXXX", NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (formats); i++) {
    g_autofree char *name = g_strconcat ("/film/", limn_film_names[formats[i].kind], NULL);

    g_test_add_data_func (name, &formats[i], test_format);
  }
  g_test_add_func ("/film/odd-size", test_odd_size);
  g_test_add_func ("/film/few-encoders", test_few_encoders);
  g_test_add_func ("/film/dropped", test_dropped);
  g_test_add_func ("/film/sequence", test_sequence);
  g_test_add_func ("/film/refused", test_refused);
  g_test_add_func ("/film/kinds", test_kinds);
  status = g_test_run ();
  remove_folder (folder);
  g_free (folder);
  return status;
}
