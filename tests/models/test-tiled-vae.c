/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Autoencoders in tiles give what they give in one piece, with less memory. */

#include "golden.h"

#include <math.h>

#include "error.h"
#include "models/vae.h"

/* A picture has 255 steps between -1 and 1. */
#define STEP (2.0 / 255)

struct tiled_case {
  const char *folder;
  int width, height;
  int tile;
};

/* Sizes and tiles are odd multiples of the factor (4 and 8), and tiles do not divide pictures. */
static const struct tiled_case cases[] = {
  { "vae-kl", 100, 68, 16 },   { "vae-kl", 68, 100, 24 },    { "vae-kl", 148, 52, 64 },
  { "vae-kl", 36, 36, 64 },    { "vae-tiny", 200, 136, 16 }, { "vae-tiny", 136, 200, 40 },
  { "vae-tiny", 264, 72, 64 }, { "vae-tiny", 40, 24, 64 },
};

static limn_vae *
load_vae (limn_device *device, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *relative = g_build_filename ("tests", "golden", name, NULL);
  g_autofree char *path = golden_path (relative);
  limn_vae *vae = limn_vae_load (device, path, &error);

  g_assert_no_error (error);
  return vae;
}

/* Smooth shapes and noise: @count values of about -@range to @range. */
static float *
draw (gsize count, float range)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (7);
  float *values = g_new (float, count);

  for (gsize i = 0; i < count; i++)
    values[i] = range * (0.7f * sinf ((float) i * 0.013f) +
                         0.3f * (float) g_rand_double_range (rand, -1, 1));
  return values;
}

static double
compare (const char *what, const float *a, const float *b, gsize count)
{
  double most = 0, largest = 0;

  for (gsize i = 0; i < count; i++) {
    g_assert_true (isfinite (a[i]) && isfinite (b[i]));
    most = MAX (most, fabs ((double) a[i] - b[i]));
    largest = MAX (largest, fabs ((double) b[i]));
  }
  g_test_message ("%s: at most %.2e apart, values up to %.2f", what, most, largest);
  g_assert_cmpfloat (largest, >, 0.1);
  return most;
}

struct answers {
  float *encoded, *logvar, *decoded;
  guint64 peak; /* bytes of arena, inputs and outputs */
};

static void
clear (struct answers *answers)
{
  g_free (answers->encoded);
  g_free (answers->logvar);
  g_free (answers->decoded);
}

/* Both ways on a device of its own, so that its memory tells what they took. */
static struct answers
compute (limn_device *device,
         const struct tiled_case *test,
         const float *picture,
         const float *latents,
         int tile)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_vae) vae = load_vae (device, test->folder);
  gsize factor = (gsize) limn_vae_factor (vae), before;
  gsize area = (gsize) test->width * (gsize) test->height;
  gsize count = area / factor / factor * (gsize) limn_vae_latent_channels (vae);
  struct answers answers = { g_new (float, count), g_new (float, count), g_new (float, area * 3),
                             0 };

  limn_device_memory_use (device, &before, NULL);
  limn_vae_set_tile (vae, tile);
  limn_vae_encode (vae, picture, test->width, test->height, answers.encoded, answers.logvar, NULL,
                   &error);
  g_assert_no_error (error);
  limn_vae_decode (vae, latents, test->width, test->height, answers.decoded, NULL, &error);
  g_assert_no_error (error);
  limn_device_memory_use (device, NULL, &answers.peak);
  answers.peak -= before;
  return answers;
}

static void
test_same (gconstpointer data)
{
  const struct tiled_case *test = data;
  gsize area = (gsize) test->width * (gsize) test->height;
  g_autofree float *picture = draw (area * 3, 1);
  g_autofree float *latents = draw (area, 1.5f); /* more than any needs */

  for (int precision = LIMN_PRECISION_F32; precision <= LIMN_PRECISION_F16; precision++) {
    g_autoptr (limn_device) one = golden_device ((limn_precision) precision);
    g_autoptr (limn_device) other = golden_device ((limn_precision) precision);
    struct answers whole = compute (one, test, picture, latents, LIMN_VAE_WHOLE);
    struct answers tiled = compute (other, test, picture, latents, test->tile);
    gsize factor = g_str_equal (test->folder, "vae-kl") ? 4 : 8;
    gsize count = area / factor / factor * 4;
    /* In f32 the sums of norms alone differ, in their last bits. */
    double bound = precision == LIMN_PRECISION_F32 ? STEP / 100 : STEP;

    g_test_message ("%s %dx%d, tile %d, %s: %" G_GUINT64_FORMAT " bytes for %" G_GUINT64_FORMAT,
                    test->folder, test->width, test->height, test->tile,
                    limn_dtype_name (one->storage), tiled.peak, whole.peak);
    g_assert_cmpfloat (compare ("decoded", tiled.decoded, whole.decoded, area * 3), <=, bound);
    g_assert_cmpfloat (compare ("encoded", tiled.encoded, whole.encoded, count), <=, bound);
    if (factor == 4)
      g_assert_cmpfloat (compare ("logvar", tiled.logvar, whole.logvar, count), <=, bound);
    clear (&whole);
    clear (&tiled);
  }
}

/* Without a size it is one piece where that fits the device's memory, and tiles where not. */
static void
test_automatic (void)
{
  static const struct tiled_case test = { "vae-kl", 148, 52, 0 };
  g_autofree float *picture = draw (148 * 52 * 3, 1);
  g_autofree float *latents = draw (37 * 13 * 4, 1.5f);
  limn_device *devices[3];
  struct answers whole, large, small;

  for (gsize i = 0; i < G_N_ELEMENTS (devices); i++)
    devices[i] = golden_device (LIMN_PRECISION_F32);
  whole = compute (devices[0], &test, picture, latents, LIMN_VAE_WHOLE);
  devices[1]->memory.total = (gsize) 1 << 30;
  large = compute (devices[1], &test, picture, latents, 0);
  devices[2]->memory.total = (gsize) 1 << 20;
  small = compute (devices[2], &test, picture, latents, 0);
  g_assert_cmpuint (large.peak, ==, whole.peak);
  g_assert_cmpfloat (compare ("large", large.decoded, whole.decoded, 148 * 52 * 3), <=, 0);
  g_assert_cmpuint (small.peak, <, whole.peak);
  g_assert_cmpfloat (compare ("small", small.decoded, whole.decoded, 148 * 52 * 3), <=, STEP / 100);
  clear (&whole);
  clear (&large);
  clear (&small);
  for (gsize i = 0; i < G_N_ELEMENTS (devices); i++)
    limn_device_free (devices[i]);
}

/* The measure device says what the other takes. */
static void
test_forecast (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    gsize area = (gsize) cases[i].width * (gsize) cases[i].height;
    g_autofree float *picture = draw (area * 3, 1);
    g_autofree float *latents = draw (area, 1.5f);
    g_autoptr (limn_device) ruler = limn_measure_device_new (LIMN_DTYPE_F32);
    g_autoptr (limn_device) device = golden_device (LIMN_PRECISION_F32);
    struct answers measured = compute (ruler, &cases[i], picture, latents, cases[i].tile);
    struct answers used = compute (device, &cases[i], picture, latents, cases[i].tile);

    g_assert_cmpuint (measured.peak, ==, used.peak);
    clear (&measured);
    clear (&used);
  }
}

/* A device that cancels while it is written to. */
static struct {
  const struct limn_device_class *klass;
  GCancellable *cancellable;
  int writes, last;
} watched;

static bool
watched_write (limn_device *device, limn_tensor dst, const void *src, GError **error)
{
  if (++watched.writes == watched.last)
    g_cancellable_cancel (watched.cancellable);
  return watched.klass->write (device, dst, src, error);
}

static void
test_cancel (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (limn_device) device = golden_device (LIMN_PRECISION_F32);
  limn_vae *vae = load_vae (device, "vae-tiny");
  struct limn_device_class klass = *device->klass;
  g_autofree float *latents = draw (25 * 17 * 4, 1.5f);
  g_autofree float *picture = g_new (float, 200 * 136 * 3);
  gsize before = device->memory.weights;

  watched.klass = device->klass;
  watched.cancellable = cancellable;
  watched.last = 7;
  klass.write = watched_write;
  device->klass = &klass;
  limn_vae_set_tile (vae, 64);
  g_assert_false (limn_vae_decode (vae, latents, 200, 136, picture, cancellable, &error));
  g_assert_error (error, LIMN_ERROR, LIMN_ERROR_CANCELLED);
  g_assert_cmpint (watched.writes, ==, watched.last);
  g_assert_cmpuint (device->memory.weights, ==, before);
  g_clear_error (&error);
  limn_vae_decode (vae, latents, 200, 136, picture, NULL, &error);
  g_assert_no_error (error);
  limn_vae_free (vae);
  device->klass = watched.klass;
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *name = g_strdup_printf ("/tiled-vae/same/%s/%dx%d/%d", cases[i].folder,
                                             cases[i].width, cases[i].height, cases[i].tile);
    g_test_add_data_func (name, &cases[i], test_same);
  }
  g_test_add_func ("/tiled-vae/automatic", test_automatic);
  g_test_add_func ("/tiled-vae/forecast", test_forecast);
  g_test_add_func ("/tiled-vae/cancel", test_cancel);
  return g_test_run ();
}
