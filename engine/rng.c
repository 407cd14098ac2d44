/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rng.h"

#include <math.h>

#define STATE_SIZE 624
#define SHIFT_SIZE 397

/* torch.randn transforms this many values together. */
#define BLOCK 16

void
limn_rng_init (limn_rng *rng, guint64 seed)
{
  /* PyTorch seeds its mt19937 with the low half only. */
  rng->state[0] = (guint32) seed;
  for (guint32 i = 1; i < STATE_SIZE; i++) {
    guint32 previous = rng->state[i - 1];

    rng->state[i] = 1812433253u * (previous ^ (previous >> 30)) + i;
  }
  rng->left = 1;
  rng->next = 0;
  rng->next_normal = 0;
  rng->has_next_normal = FALSE;
}

static void
next_state (limn_rng *rng)
{
  for (int i = 0; i < STATE_SIZE; i++) {
    guint32 mixed =
        (rng->state[i] & 0x80000000u) | (rng->state[(i + 1) % STATE_SIZE] & 0x7fffffffu);
    guint32 twist = (mixed >> 1) ^ ((mixed & 1) != 0 ? 0x9908b0dfu : 0);

    rng->state[i] = rng->state[(i + SHIFT_SIZE) % STATE_SIZE] ^ twist;
  }
  rng->left = STATE_SIZE;
  rng->next = 0;
}

guint32
limn_rng_next (limn_rng *rng)
{
  guint32 y;

  if (--rng->left == 0)
    next_state (rng);
  y = rng->state[rng->next++];
  y ^= y >> 11;
  y ^= (y << 7) & 0x9d2c5680u;
  y ^= (y << 15) & 0xefc60000u;
  return y ^ (y >> 18);
}

/* [0, 1) with 24 bits */
static float
next_uniform_float (limn_rng *rng)
{
  return (float) (limn_rng_next (rng) & 0xffffffu) * 0x1p-24f;
}

/* [0, 1) with 53 bits, the high word drawn first */
static double
next_uniform_double (limn_rng *rng)
{
  guint64 high = limn_rng_next (rng);
  guint64 low = limn_rng_next (rng);

  return (double) (((high << 32) | low) & ((G_GUINT64_CONSTANT (1) << 53) - 1)) * 0x1p-53;
}

static double
next_normal (limn_rng *rng)
{
  double u1, u2, radius, theta;

  if (rng->has_next_normal) {
    rng->has_next_normal = FALSE;
    return rng->next_normal;
  }
  u1 = next_uniform_double (rng);
  u2 = next_uniform_double (rng);
  radius = sqrt (-2.0 * log1p (-u2));
  theta = 2.0 * G_PI * u1;
  rng->next_normal = radius * sin (theta);
  rng->has_next_normal = TRUE;
  return radius * cos (theta);
}

/* Box-Muller in place: the first half of the block gives radii, the second angles. */
static void
transform_block (float *values)
{
  for (int i = 0; i < BLOCK / 2; i++) {
    float radius = sqrtf (-2.0f * logf (1.0f - values[i]));
    float theta = (float) (2.0 * G_PI) * values[i + BLOCK / 2];

    values[i] = radius * cosf (theta);
    values[i + BLOCK / 2] = radius * sinf (theta);
  }
}

static void
fill_uniform (limn_rng *rng, float *values, gsize count)
{
  for (gsize i = 0; i < count; i++)
    values[i] = next_uniform_float (rng);
}

void
limn_rng_normal (limn_rng *rng, float *values, gsize count)
{
  if (count < BLOCK) {
    for (gsize i = 0; i < count; i++)
      values[i] = (float) next_normal (rng);
    return;
  }
  fill_uniform (rng, values, count);
  for (gsize i = 0; i + BLOCK <= count; i += BLOCK)
    transform_block (values + i);
  if (count % BLOCK != 0) {
    /* The last 16 are drawn anew, over values that a whole block may have had already. */
    fill_uniform (rng, values + count - BLOCK, BLOCK);
    transform_block (values + count - BLOCK);
  }
}
