/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/latent-rgb.h"

#include <math.h>

#define SIDE 32  /* latent positions of the synthetic picture, in both directions */
#define SQUARE 4 /* of those that make one patch */
#define SEED 20230601
#define MAX_UNKNOWNS (LIMN_MAX_LATENT_CHANNELS + 1)

/* Parts of the mean diagonal that are added to it: so little that no colour moves, and enough for
 * channels that say nothing. */
#define RIDGE 1e-7
#define INVERSE_RIDGE 1e-3
#define SMALLEST 1e-20

/* --- least squares --- */

/* Solves A x = b for @columns right-hand sides, b in [n, columns] replaced by x. A, symmetric and
 * positive definite, is replaced by its Cholesky factor. */
static void
solve (double *a, double *b, int n, int columns)
{
  for (int j = 0; j < n; j++) {
    for (int i = j; i < n; i++) {
      double sum = a[i * n + j];
      for (int k = 0; k < j; k++)
        sum -= a[i * n + k] * a[j * n + k];
      a[i * n + j] = i == j ? sqrt (MAX (sum, SMALLEST)) : sum / a[j * n + j];
    }
  }
  for (int c = 0; c < columns; c++) {
    for (int i = 0; i < n; i++) {
      for (int k = 0; k < i; k++)
        b[i * columns + c] -= a[i * n + k] * b[k * columns + c];
      b[i * columns + c] /= a[i * n + i];
    }
    for (int i = n - 1; i >= 0; i--) {
      for (int k = i + 1; k < n; k++)
        b[i * columns + c] -= a[k * n + i] * b[k * columns + c];
      b[i * columns + c] /= a[i * n + i];
    }
  }
}

static void
add_ridge (double *a, int n, double part)
{
  double trace = 0;

  for (int i = 0; i < n; i++)
    trace += a[i * n + i];
  for (int i = 0; i < n; i++)
    a[i * n + i] += part * trace / n + SMALLEST;
}

/* W^T (W W^T)^-1 */
static void
invert (limn_latent_rgb *map)
{
  double gram[9], inverse[9] = { 1, 0, 0, 0, 1, 0, 0, 0, 1 };

  for (int i = 0; i < 3; i++) {
    for (int j = 0; j < 3; j++) {
      gram[i * 3 + j] = 0;
      for (int c = 0; c < map->channels; c++)
        gram[i * 3 + j] += (double) map->weight[i][c] * map->weight[j][c];
    }
  }
  add_ridge (gram, 3, INVERSE_RIDGE);
  solve (gram, inverse, 3, 3);
  for (int c = 0; c < map->channels; c++) {
    for (int j = 0; j < 3; j++) {
      double sum = 0;
      for (int i = 0; i < 3; i++)
        sum += map->weight[i][c] * inverse[i * 3 + j];
      map->inverse[c][j] = (float) sum;
    }
  }
}

/* Root of the mean squares of the colours about their mean, and about what the map says. */
static void
rate (limn_latent_rgb *map, const float *latents, const float *rgb, gsize count)
{
  g_autofree float *mapped = g_new (float, count * 3);
  double mean[3] = { 0 }, deviation = 0, residual = 0;

  limn_latent_rgb_apply (map, latents, count, mapped);
  for (gsize i = 0; i < count * 3; i++)
    mean[i % 3] += rgb[i] / (double) count;
  for (gsize i = 0; i < count * 3; i++) {
    deviation += (rgb[i] - mean[i % 3]) * (rgb[i] - mean[i % 3]);
    residual += ((double) rgb[i] - mapped[i]) * ((double) rgb[i] - mapped[i]);
  }
  map->deviation = sqrt (deviation / (double) (count * 3));
  map->residual = sqrt (residual / (double) (count * 3));
}

limn_latent_rgb *
limn_latent_rgb_fit_pairs (const float *latents, const float *rgb, gsize count, int channels)
{
  limn_latent_rgb *map = g_new0 (limn_latent_rgb, 1);
  int n = channels + 1; /* the last unknown is the bias */
  g_autofree double *a = g_new0 (double, n *n);
  g_autofree double *b = g_new0 (double, n * 3);
  double row[MAX_UNKNOWNS];

  g_assert (channels >= 1 && channels <= LIMN_MAX_LATENT_CHANNELS && count > 0);
  map->channels = channels;
  for (gsize i = 0; i < count; i++) {
    for (int c = 0; c < channels; c++)
      row[c] = latents[i * (gsize) channels + (gsize) c];
    row[channels] = 1;
    for (int j = 0; j < n; j++) {
      for (int k = 0; k <= j; k++)
        a[j * n + k] += row[j] * row[k];
      for (gsize k = 0; k < 3; k++)
        b[(gsize) j * 3 + k] += row[j] * rgb[i * 3 + k];
    }
  }
  add_ridge (a, n, RIDGE);
  solve (a, b, n, 3);
  for (int k = 0; k < 3; k++) {
    for (int c = 0; c < channels; c++)
      map->weight[k][c] = (float) b[c * 3 + k];
    map->bias[k] = (float) b[channels * 3 + k];
  }
  invert (map);
  rate (map, latents, rgb, count);
  return map;
}

/* --- the synthetic picture --- */

/* Each patch of the grid is a flat colour, a gradient between two, or noise: colours drawn for the
 * corners of ever smaller squares and interpolated. */
struct patch {
  float corners[4][3];
  float noise; /* how much of it */
};

/* More often far from grey than uniform numbers would be. */
static void
draw_colour (GRand *rand, float *colour)
{
  double wide = g_rand_double (rand) < 0.5 ? 1 : 2;

  for (int k = 0; k < 3; k++)
    colour[k] = (float) CLAMP (0.5 + wide * (g_rand_double (rand) - 0.5), 0, 1);
}

static void
draw_patch (GRand *rand, struct patch *patch)
{
  bool flat = g_rand_double (rand) < 0.4;

  patch->noise = flat ? 0 : (float) g_rand_double_range (rand, 0, 0.25);
  for (int i = 0; i < 4; i++) {
    draw_colour (rand, patch->corners[i]);
    for (int k = 0; k < 3 && flat && i > 0; k++)
      patch->corners[i][k] = patch->corners[0][k];
  }
}

static float
mix (float a, float b, float part)
{
  return a + (b - a) * part;
}

/* picture: [side, side, 3] in [-1, 1] */
static void
draw_picture (float *picture, int factor)
{
  int side = SIDE * factor, patch_side = SQUARE * factor;
  g_autoptr (GRand) rand = g_rand_new_with_seed (SEED);
  struct patch patches[SIDE / SQUARE][SIDE / SQUARE];
  float noise[SIDE + 1][SIDE + 1][3];

  for (int i = 0; i < (SIDE / SQUARE) * (SIDE / SQUARE); i++)
    draw_patch (rand, &patches[0][0] + i);
  for (int i = 0; i < (SIDE + 1) * (SIDE + 1) * 3; i++)
    (&noise[0][0][0])[i] = (float) g_rand_double_range (rand, -1, 1);

  for (int y = 0; y < side; y++) {
    for (int x = 0; x < side; x++) {
      const struct patch *patch = &patches[y / patch_side][x / patch_side];
      float v = (float) (y % patch_side) / (float) patch_side;
      float u = (float) (x % patch_side) / (float) patch_side;
      float fine_v = (float) (y % factor) / (float) factor;
      float fine_u = (float) (x % factor) / (float) factor;
      int j = y / factor, i = x / factor;
      for (int k = 0; k < 3; k++) {
        float base = mix (mix (patch->corners[0][k], patch->corners[1][k], u),
                          mix (patch->corners[2][k], patch->corners[3][k], u), v);
        float rough = mix (mix (noise[j][i][k], noise[j][i + 1][k], fine_u),
                           mix (noise[j + 1][i][k], noise[j + 1][i + 1][k], fine_u), fine_v);
        float value = CLAMP (base + patch->noise * rough, 0.0f, 1.0f);
        picture[((gsize) y * (gsize) side + (gsize) x) * 3 + (gsize) k] = 2 * value - 1;
      }
    }
  }
}

/* Means of the squares of @factor pixels, in [0, 1]. */
static void
average (const float *picture, int factor, float *rgb)
{
  gsize side = (gsize) SIDE * (gsize) factor;
  float scale = 0.5f / (float) (factor * factor);

  for (gsize i = 0; i < (gsize) SIDE * SIDE * 3; i++)
    rgb[i] = 0.5f;
  for (gsize y = 0; y < side; y++) {
    for (gsize x = 0; x < side; x++) {
      gsize cell = y / (gsize) factor * SIDE + x / (gsize) factor;
      for (gsize k = 0; k < 3; k++)
        rgb[cell * 3 + k] += picture[(y * side + x) * 3 + k] * scale;
    }
  }
}

limn_latent_rgb *
limn_latent_rgb_fit (limn_vae *vae, GCancellable *cancellable, GError **error)
{
  int factor = limn_vae_factor (vae), channels = limn_vae_latent_channels (vae);
  int side = SIDE * factor;
  g_autofree float *picture = g_new (float, (gsize) side *(gsize) side * 3);
  g_autofree float *latents = g_new (float, (gsize) SIDE *SIDE *(gsize) channels);
  g_autofree float *rgb = g_new (float, (gsize) SIDE *SIDE * 3);

  draw_picture (picture, factor);
  average (picture, factor, rgb);
  if (!limn_vae_encode (vae, picture, side, side, latents, NULL, cancellable, error))
    return NULL;
  return limn_latent_rgb_fit_pairs (latents, rgb, (gsize) SIDE * SIDE, channels);
}

void
limn_latent_rgb_free (limn_latent_rgb *map)
{
  g_free (map);
}

void
limn_latent_rgb_apply (const limn_latent_rgb *map, const float *latents, gsize count, float *rgb)
{
  for (gsize i = 0; i < count; i++, latents += map->channels, rgb += 3) {
    for (int k = 0; k < 3; k++) {
      rgb[k] = map->bias[k];
      for (int c = 0; c < map->channels; c++)
        rgb[k] += map->weight[k][c] * latents[c];
    }
  }
}

limn_image *
limn_latent_rgb_image (const limn_latent_rgb *map, const float *latents, int width, int height)
{
  gsize count = (gsize) width * (gsize) height;
  g_autofree float *rgb = g_new (float, count * 3);

  limn_latent_rgb_apply (map, latents, count, rgb);
  return limn_image_from_floats (rgb, width, height, 0, 1);
}
