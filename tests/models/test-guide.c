/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Guidance by measures: the map to colours, gradients against finite differences, and pictures of
 * the starter model that move where they are asked to. */

#include "golden.h"

#include <math.h>
#include <string.h>

#include "models/vae.h"
#include "pipeline/guide.h"
#include "pipeline/latent-rgb.h"

#define WIDTH 13
#define HEIGHT 9
#define CHANNELS 4

static float *
draw (gsize count, guint32 seed)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  float *values = g_new (float, count);

  for (gsize i = 0; i < count; i++)
    values[i] = (float) g_rand_double_range (rand, -1.5, 1.5);
  return values;
}

/* --- the map --- */

/* A linear map is found again, and its inverse makes the colours asked for. */
static void
test_fit_exact (void)
{
  static const float weight[3][CHANNELS] = { { 0.2f, 0.1f, -0.1f, 0.05f },
                                             { -0.1f, 0.15f, 0.1f, 0.1f },
                                             { 0.05f, -0.1f, 0.2f, -0.15f } };
  gsize count = 200;
  g_autofree float *latents = draw (count * CHANNELS, 3);
  g_autofree float *rgb = g_new (float, count * 3);
  g_autoptr (limn_latent_rgb) map = NULL;

  for (gsize i = 0; i < count * 3; i++) {
    rgb[i] = 0.4f + 0.1f * (float) (i % 3);
    for (gsize c = 0; c < CHANNELS; c++)
      rgb[i] += weight[i % 3][c] * latents[i / 3 * CHANNELS + c];
  }
  map = limn_latent_rgb_fit_pairs (latents, rgb, count, CHANNELS);
  g_assert_cmpfloat (map->residual, <, 1e-5);
  for (int k = 0; k < 3; k++) {
    g_assert_cmpfloat_with_epsilon (map->bias[k], 0.4f + 0.1f * (float) k, 1e-5f);
    for (int j = 0; j < 3; j++) {
      float product = 0;
      for (int c = 0; c < CHANNELS; c++)
        product += map->weight[k][c] * map->inverse[c][j];
      g_assert_cmpfloat_with_epsilon (product, k == j ? 1.0f : 0.0f, 0.01f);
    }
    for (int c = 0; c < CHANNELS; c++)
      g_assert_cmpfloat_with_epsilon (map->weight[k][c], weight[k][c], 1e-5f);
  }
}

/* Latents that say nothing, as the measure device's, leave the mean colour and no NaN. */
static void
test_fit_nothing (void)
{
  g_autofree float *latents = g_new0 (float, 50 * CHANNELS);
  g_autofree float *rgb = draw (150, 5);
  g_autoptr (limn_latent_rgb) map = limn_latent_rgb_fit_pairs (latents, rgb, 50, CHANNELS);

  for (int c = 0; c < CHANNELS; c++) {
    for (int k = 0; k < 3; k++) {
      g_assert_cmpfloat_with_epsilon (map->weight[k][c], 0, 1e-6f);
      g_assert_cmpfloat_with_epsilon (map->inverse[c][k], 0, 1e-6f);
    }
  }
  g_assert_cmpfloat_with_epsilon (map->residual, map->deviation, 1e-4);
}

struct fit_case {
  const char *folder;
  double left; /* of the deviation, at most */
};

static void
test_fit (limn_device *device, gconstpointer data)
{
  const struct fit_case *test = data;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = golden_path (test->folder);
  g_autoptr (limn_vae) vae = limn_vae_load (device, path, &error);
  g_autoptr (limn_latent_rgb) map = NULL;

  g_assert_no_error (error);
  map = limn_latent_rgb_fit (vae, NULL, &error);
  g_assert_no_error (error);
  g_test_message ("%s: %.3f left of %.3f", test->folder, map->residual, map->deviation);
  g_assert_cmpint (map->channels, ==, limn_vae_latent_channels (vae));
  g_assert_cmpfloat (map->deviation, >, 0.1);
  g_assert_cmpfloat (map->residual, <, test->left * map->deviation);
}

/* --- gradients --- */

static limn_image *
draw_ring (int side)
{
  limn_image *image = limn_image_new (side, side, 1);

  for (int y = 0; y < side; y++) {
    for (int x = 0; x < side; x++) {
      double distance = hypot (x - side / 2.0, y - side / 2.0);
      image->pixels[y * side + x] = fabs (distance - side / 3.0) < side / 16.0 ? 255 : 0;
    }
  }
  return image;
}

static const struct limn_guide guides[] = {
  { LIMN_GUIDE_COLOUR, { 1, 0.5f, 0.1f }, .weight = 1 },
  { LIMN_GUIDE_COLOUR,
    { 0, 0.2f, 0.9f },
    .x = 0.1f,
    .y = 0.3f,
    .width = 0.35f,
    .height = 0.7f,
    .weight = 1 },
  { LIMN_GUIDE_BRIGHTNESS, .brightness = 0.2f, .x = 0.5f, .y = 0, .width = 0.5f, .height = 0.5f,
    .weight = 1 },
  { LIMN_GUIDE_EDGES, .weight = 1 },
  { LIMN_GUIDE_EDGES, .x = 0.2f, .y = 0.2f, .width = 0.6f, .height = 0.8f, .weight = 1 },
};

static limn_latent_rgb *
make_map (void)
{
  g_autofree float *latents = draw (400, 11);
  g_autofree float *rgb = draw (300, 12);

  return limn_latent_rgb_fit_pairs (latents, rgb, 100, CHANNELS);
}

static void
test_gradient (gconstpointer data)
{
  g_autoptr (limn_image) ring = draw_ring (64);
  struct limn_guide guide = *(const struct limn_guide *) data;
  g_autoptr (limn_latent_rgb) map = make_map ();
  gsize count = WIDTH * HEIGHT * CHANNELS;
  g_autofree float *clean = draw (count, 21);
  g_autofree float *gradient = g_new (float, count);
  g_autofree float *along = draw (count, 22);
  g_autofree float *there = g_new (float, count);
  g_autoptr (limn_guide_plan) plan = NULL;
  double slope = 0, values[4], step = 1e-2, difference;

  /* The random colours of the fit say little; these are of the size of a real map. */
  for (int k = 0; k < 3; k++)
    for (int c = 0; c < CHANNELS; c++)
      map->weight[k][c] = 0.2f * sinf ((float) (k * 5 + c * 3 + 1));
  guide.drawing = ring;
  plan = limn_guide_plan_new (&guide, 1, map, WIDTH, HEIGHT);
  g_assert_cmpfloat (limn_guide_plan_measure (plan, 0, clean, gradient), >, 0);
  for (gsize i = 0; i < count; i++)
    slope += (double) gradient[i] * along[i];
  /* Of two lengths, so that the cube of the length falls out (Richardson). */
  for (int i = 0; i < 4; i++) {
    float length = (float) (i < 2 ? step : step / 2) * (i % 2 == 0 ? -1.0f : 1.0f);
    for (gsize j = 0; j < count; j++)
      there[j] = clean[j] + length * along[j];
    values[i] = limn_guide_plan_measure (plan, 0, there, NULL);
  }
  difference = (4 * (values[3] - values[2]) / step - (values[1] - values[0]) / (2 * step)) / 3;
  g_test_message ("%g by the gradient, %g by differences", slope, difference);
  g_assert_cmpfloat (fabs (difference), >, 1e-4);
  g_assert_cmpfloat (fabs (slope - difference), <=, 1e-4 * fabs (difference));
}

/* --- what a plan does to an output --- */

/* The predicted picture moves towards the target, for each way to predict, and by a bounded step;
 * the output is the one that predicts just that. */
static void
test_apply (void)
{
  g_autoptr (limn_latent_rgb) map = make_map ();
  gsize count = WIDTH * HEIGHT * CHANNELS;

  for (int prediction = 0; prediction < LIMN_N_PREDICTIONS; prediction++) {
    for (int kind = 0; kind < LIMN_N_SAMPLERS; kind++) {
      g_autoptr (GError) error = NULL;
      struct limn_schedule schedule = limn_schedule_default;
      struct limn_sampler_params params = { .kind = (limn_sampler_kind) kind,
                                            .schedule = &schedule,
                                            .steps = 5 };
      g_autoptr (limn_sampler) sampler = NULL;
      g_autoptr (limn_guide_plan) plan = limn_guide_plan_new (&guides[0], 1, map, WIDTH, HEIGHT);
      g_autofree float *latents = draw (count, 31);
      g_autofree float *output = draw (count, 32);
      g_autofree float *before = g_new (float, count);
      g_autofree float *after = g_new (float, count);

      schedule.prediction = (limn_prediction) prediction;
      sampler = limn_sampler_new (&params, &error);
      g_assert_no_error (error);
      for (int i = 0; i < limn_sampler_evaluations (sampler); i++) {
        double change;

        limn_sampler_predict (sampler, i, latents, output, before, count);
        limn_guide_plan_apply (plan, sampler, i, latents, output, count);
        limn_sampler_predict (sampler, i, latents, output, after, count);
        change = limn_guide_plan_measure (plan, 0, after, NULL) -
                 limn_guide_plan_measure (plan, 0, before, NULL);
        /* A step at timestep 0 takes no part. */
        if (limn_sampler_timestep (sampler, i) > 0)
          g_assert_cmpfloat (change, <, 0);
        else
          g_assert_cmpfloat (fabs (change), <, 1e-6);
      }
    }
  }
}

static void
test_refusals (void)
{
  static const struct {
    struct limn_guide guide;
    const char *part;
  } bad[] = {
    { { (limn_guide_kind) 7, .weight = 1 }, "no guide 7" },
    { { LIMN_GUIDE_COLOUR, { 1, 2, 0 }, .weight = 1 }, "has 2 as green" },
    { { LIMN_GUIDE_COLOUR, .weight = 11 }, "weight of guide \"colour\" is 11" },
    { { LIMN_GUIDE_COLOUR, .weight = NAN }, "is nan" },
    { { LIMN_GUIDE_BRIGHTNESS, .brightness = -0.5f, .weight = 1 }, "is -0.5, wanted 0 to 1" },
    { { LIMN_GUIDE_EDGES, .weight = 1 }, "needs a drawing" },
    { { LIMN_GUIDE_COLOUR, .x = 0.5f, .width = 0.75f, .height = 1, .weight = 1 }, "the region" },
    { { LIMN_GUIDE_COLOUR, .width = 0.5f, .weight = 1 }, "the region" },
    { { LIMN_GUIDE_COLOUR, .x = NAN, .width = 0.5f, .height = 1, .weight = 1 }, "the region" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_false (limn_guide_check (&bad[i].guide, &error));
    g_assert_error (error, LIMN_ERROR, LIMN_ERROR_ARGUMENT);
    if (!strstr (error->message, bad[i].part))
      g_error ("\"%s\" does not say \"%s\"", error->message, bad[i].part);
  }
  for (gsize i = 0; i < 3; i++)
    g_assert_true (limn_guide_check (&guides[i], NULL));
}

/* --- pictures --- */

#define SIZE 128

struct fixture {
  limn_device *device;
  limn_model *model;
};

static void
set_up (struct fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = golden_path ("data/models/starter");

  fixture->device = golden_device (LIMN_PRECISION_F32);
  fixture->model = limn_model_open (fixture->device, path, &error);
  g_assert_no_error (error);
}

static void
tear_down (struct fixture *fixture, gconstpointer data)
{
  limn_model_free (fixture->model);
  g_assert_cmpuint (fixture->device->memory.weights, ==, 0);
  limn_device_free (fixture->device);
}

static limn_image *
generate (struct fixture *fixture,
          limn_sampler_kind sampler,
          int steps,
          const struct limn_guide *guide)
{
  g_autoptr (GError) error = NULL;
  limn_image *image = limn_generate (fixture->model,
                                     &(struct limn_generate_params){
                                         .prompt = "red balloon on sky",
                                         .sampler = sampler,
                                         .steps = steps,
                                         .cfg = 1,
                                         .seed = 3,
                                         .width = SIZE,
                                         .height = SIZE,
                                         .guides = guide,
                                         .n_guides = guide ? 1 : 0,
                                     },
                                     NULL, &error);

  g_assert_no_error (error);
  return image;
}

/* Of the picture's region, its mean colour's distance from the guide's. */
static double
distance (const limn_image *image, const struct limn_guide *guide)
{
  int left = (int) (guide->x * SIZE), right = (int) ((guide->x + guide->width) * SIZE);
  int top = (int) (guide->y * SIZE), bottom = (int) ((guide->y + guide->height) * SIZE);
  double sums[3] = { 0 }, square = 0, count = (double) (right - left) * (bottom - top);

  for (int y = top; y < bottom; y++)
    for (int x = left; x < right; x++)
      for (int k = 0; k < 3; k++)
        sums[k] += image->pixels[(y * SIZE + x) * 3 + k] / 255.0;
  for (int k = 0; k < 3; k++)
    square += pow (sums[k] / count - (double) guide->colour[k], 2);
  return sqrt (square);
}

/* The region takes a good part of the way to the colour, alike for samplers and numbers of steps,
 * and more with more weight; the rest of the picture moves less. */
static void
test_picture (struct fixture *fixture, gconstpointer data)
{
  static const struct {
    limn_sampler_kind sampler;
    int steps;
    float weight;
    double low, high; /* of the distance without a guide that is left */
  } runs[] = {
    { LIMN_SAMPLER_DDIM, 6, 1, 0.1, 0.8 },     { LIMN_SAMPLER_DDIM, 12, 1, 0.1, 0.8 },
    { LIMN_SAMPLER_DPMPP_2M, 6, 1, 0.1, 0.8 }, { LIMN_SAMPLER_HEUN, 6, 1, 0.1, 0.9 },
    { LIMN_SAMPLER_DDIM, 6, 4, 0, 0.35 },
  };
  struct limn_guide guide = { LIMN_GUIDE_COLOUR, { 0, 0.4f, 1 }, .x = 0, .y = 0,
                              .width = 1,        .height = 0.5f };
  struct limn_guide rest = guide;

  rest.y = 0.5f;
  for (gsize i = 0; i < G_N_ELEMENTS (runs); i++) {
    g_autoptr (limn_image) plain = generate (fixture, runs[i].sampler, runs[i].steps, NULL);
    g_autoptr (limn_image) guided = NULL;
    double before = distance (plain, &guide), after;

    guide.weight = runs[i].weight;
    guided = generate (fixture, runs[i].sampler, runs[i].steps, &guide);
    after = distance (guided, &guide);
    g_test_message ("%s, %d steps, weight %g: %.3f, then %.3f; below %.3f, then %.3f",
                    limn_sampler_names[runs[i].sampler], runs[i].steps, runs[i].weight, before,
                    after, distance (plain, &rest), distance (guided, &rest));
    g_assert_cmpfloat (before, >, 0.3);
    g_assert_cmpfloat (after, <, runs[i].high * before);
    g_assert_cmpfloat (after, >=, runs[i].low * before);
    g_assert_cmpfloat (distance (plain, &rest) - distance (guided, &rest), <, before - after);
  }
}

int
main (int argc, char **argv)
{
  static const struct fit_case fits[] = {
    { "tests/golden/vae-kl", 1 },
    { "tests/golden/vae-tiny", 1 },
    { "data/models/starter/vae", 0.5 },
  };

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/guide/fit/exact", test_fit_exact);
  g_test_add_func ("/guide/fit/nothing", test_fit_nothing);
  for (gsize i = 0; i < G_N_ELEMENTS (fits); i++) {
    g_autofree char *name = g_strdup_printf ("guide/fit/%s", fits[i].folder);
    golden_add (name, test_fit, &fits[i]);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (guides); i++) {
    g_autofree char *name = g_strdup_printf ("/guide/gradient/%" G_GSIZE_FORMAT, i);
    g_test_add_data_func (name, &guides[i], test_gradient);
  }
  g_test_add_func ("/guide/apply", test_apply);
  g_test_add_func ("/guide/refusals", test_refusals);
  g_test_add ("/guide/picture", struct fixture, NULL, set_up, test_picture, tear_down);
  return g_test_run ();
}
