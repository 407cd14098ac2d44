/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The starter model draws the bundled scribble as diffusers does: tests/golden/starter. */

#include "golden.h"

#include <math.h>

#include "io/png.h"

#define SIZE 256

static limn_image *
load_scribble (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = golden_path ("data/samples/balloon.png");
  g_autoptr (limn_image) drawing = limn_png_load (path, &error);

  g_assert_no_error (error);
  return limn_image_scribble (drawing);
}

/* The golden picture is f16 and not clamped. */
static float *
load_picture (void)
{
  g_autoptr (limn_safetensors) file = golden_open ("starter/picture.safetensors");
  const struct limn_safetensors_entry *entry = limn_safetensors_find (file, "picture");
  gsize count = (gsize) SIZE * SIZE * 3;
  float *picture = g_new (float, count);

  g_assert_nonnull (entry);
  g_assert_cmpuint (entry->size, ==, count * limn_dtype_size (entry->dtype));
  limn_convert_to_f32 (entry->dtype, entry->data, picture, count);
  for (gsize i = 0; i < count; i++)
    picture[i] = CLAMP (picture[i], -1.0f, 1.0f);
  return picture;
}

/* In dB, of values from -1 to 1. */
static double
picture_psnr (const float *a, const float *b)
{
  double sum = 0;
  gsize count = (gsize) SIZE * SIZE * 3;

  for (gsize i = 0; i < count; i++)
    sum += ((double) a[i] - b[i]) * ((double) a[i] - b[i]);
  return 10 * log10 (4 / (sum / (double) count));
}

static void
count_steps (const struct limn_event *event, gpointer data)
{
  int *steps = data;

  if (event->kind == LIMN_EVENT_STEP)
    g_assert_cmpint (event->step, ==, ++*steps);
}

static void
test_picture (limn_device *device, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = golden_path ("data/models/starter");
  g_autoptr (limn_model) model = limn_model_open (device, path, &error);
  g_autoptr (limn_image) scribble = load_scribble ();
  g_autoptr (limn_image) image = NULL;
  g_autofree float *wanted = load_picture ();
  g_autofree float *found = g_new (float, (gsize) SIZE *SIZE * 3);
  struct limn_control control = { "scribble", scribble, 1, 0, 1 };
  int steps = 0;
  double nmse, psnr;

  g_assert_no_error (error);
  image = limn_generate (model,
                         &(struct limn_generate_params){
                             .prompt = "red balloon on sky",
                             .controls = &control,
                             .n_controls = 1,
                             .sampler = LIMN_SAMPLER_DDIM,
                             .steps = 20,
                             .cfg = 7,
                             .seed = 42,
                             .width = SIZE,
                             .height = SIZE,
                             .event = count_steps,
                             .event_data = &steps,
                         },
                         NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (steps, ==, 20);
  g_assert_cmpint (image->width, ==, SIZE);
  g_assert_cmpint (image->height, ==, SIZE);
  limn_image_to_floats (image, found, -1, 1);
  nmse = golden_nmse (found, wanted, (gsize) SIZE * SIZE * 3);
  psnr = picture_psnr (found, wanted);
  g_test_message ("starter picture: NMSE %.2e, at most 1e-03; PSNR %.1f dB, at least 30", nmse,
                  psnr);
  g_assert_true (nmse <= 1e-3);
  g_assert_cmpfloat (psnr, >=, 30);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  golden_add ("starter/picture", test_picture, NULL);
  return g_test_run ();
}
