/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rng.h"

#include <math.h>

#define STATE_SIZE 624
#define SHIFT_SIZE 397

/* torch.randn transforms this many values together. */
#define BLOCK 16

const char *const limn_rng_names[] = {
  [LIMN_RNG_CPU] = "cpu",
  [LIMN_RNG_CUDA] = "cuda",
  NULL,
};
G_STATIC_ASSERT (G_N_ELEMENTS (limn_rng_names) == LIMN_N_RNGS + 1);

/* --- mt19937 --- */

void
limn_rng_init (limn_rng *rng, guint64 seed)
{
  rng->kind = LIMN_RNG_CPU;
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

  g_assert (rng->kind == LIMN_RNG_CPU);
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

static void
fill_cpu (limn_rng *rng, float *values, gsize count)
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

/* --- Philox --- */

#define PHILOX_ROUNDS 10
#define PHILOX_THREADS 256 /* a block of torch's kernel */
#define PHILOX_LANES 4     /* numbers that a thread draws together */

void
limn_philox_4x32 (guint32 counter[4], const guint32 key[2])
{
  guint32 low_key = key[0], high_key = key[1];

  for (int i = 0; i < PHILOX_ROUNDS; i++) {
    guint64 first = (guint64) 0xd2511f53u * counter[0];
    guint64 second = (guint64) 0xcd9e8d57u * counter[2];

    counter[0] = (guint32) (second >> 32) ^ counter[1] ^ low_key;
    counter[1] = (guint32) second;
    counter[2] = (guint32) (first >> 32) ^ counter[3] ^ high_key;
    counter[3] = (guint32) first;
    low_key += 0x9e3779b9u;
    high_key += 0xbb67ae85u;
  }
}

void
limn_rng_init_cuda (limn_rng *rng, guint64 seed, guint32 max_blocks)
{
  *rng = (limn_rng){ .kind = LIMN_RNG_CUDA, .seed = seed, .max_blocks = max_blocks };
}

/* Of the four numbers that @thread draws at @offset, the one in @lane. Pairs of them make a sine
 * and a cosine. */
static float
philox_normal (const limn_rng *rng, guint64 offset, guint64 thread, int lane)
{
  const guint32 key[] = { (guint32) rng->seed, (guint32) (rng->seed >> 32) };
  guint32 bits[] = { (guint32) offset, (guint32) (offset >> 32), (guint32) thread,
                     (guint32) (thread >> 32) };
  double u, v, radius;

  limn_philox_4x32 (bits, key);
  u = bits[lane & 2] * 0x1p-32 + 0x1p-33;
  v = (bits[(lane & 2) + 1] * 0x1p-32 + 0x1p-33) * 2 * G_PI;
  radius = sqrt (-2 * log (u));
  return (float) (radius * ((lane & 1) == 0 ? sin (v) : cos (v)));
}

static void
fill_cuda (limn_rng *rng, float *values, gsize count)
{
  guint64 blocks = (count + PHILOX_THREADS - 1) / PHILOX_THREADS, threads, rounds;

  if (count == 0)
    return;
  if (rng->max_blocks != 0)
    blocks = MIN (blocks, rng->max_blocks);
  threads = blocks * PHILOX_THREADS;
  rounds = (count - 1) / (threads * PHILOX_LANES) + 1;
  for (gsize i = 0; i < count; i++) {
    guint64 turn = i / threads;

    values[i] = philox_normal (rng, rng->offset + turn / PHILOX_LANES, i % threads,
                               (int) (turn % PHILOX_LANES));
  }
  rng->offset += rounds;
}

void
limn_rng_normal (limn_rng *rng, float *values, gsize count)
{
  static void (*const fills[]) (limn_rng *, float *, gsize) = {
    [LIMN_RNG_CPU] = fill_cpu,
    [LIMN_RNG_CUDA] = fill_cuda,
  };
  G_STATIC_ASSERT (G_N_ELEMENTS (fills) == LIMN_N_RNGS);

  fills[rng->kind](rng, values, count);
}
