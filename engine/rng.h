/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

typedef enum {
  /* PyTorch's CPU generator: mt19937, and normal numbers as torch.randn makes them (Box-Muller over
   * blocks of 16 for 16 elements and more, one by one in double below that). */
  LIMN_RNG_CPU,
  /* PyTorch's CUDA generator: Philox4x32-10 (Salmon et al., SC 2011), one sequence a thread, and
   * normal numbers by curand_normal4's Box-Muller.
   *
   * Exact: the random bits, which element of a fill gets which of them, and the generator's
   * offset after it. Up to rounding: the normal numbers, since CUDA computes logarithm, sine and
   * cosine in approximate f32 where Limn rounds from double.
   *
   * A fill of up to 256 * @max_blocks elements is the same on every card; larger ones share the
   * card's threads, so that torch itself gives other numbers on other cards. */
  LIMN_RNG_CUDA,
  LIMN_N_RNGS,
} limn_rng_kind;

/* "cpu", "cuda"; the index is the kind, NULL-terminated. */
extern const char *const limn_rng_names[];

/* The next numbers of a generator; copying it copies its place. */
typedef struct {
  limn_rng_kind kind;

  guint32 state[624];
  int left, next;
  double next_normal; /* second half of a pair, for fills under 16 elements */
  gboolean has_next_normal;

  guint64 seed, offset; /* Philox: the offset counts blocks of 4 numbers a thread */
  guint32 max_blocks;
} limn_rng;

/* A LIMN_RNG_CPU, seeded as torch.manual_seed() does: by the low 32 bits of @seed. */
void limn_rng_init (limn_rng *rng, guint64 seed);

/* As that of a card on which torch starts at most @max_blocks blocks of 256 threads: the number of
 * its multiprocessors times the threads that one of them holds, over 256 (108 * 8 on an A100, 28 *
 * 6 on an RTX 3060). 0 stands for a card that is large enough for any fill. */
void limn_rng_init_cuda (limn_rng *rng, guint64 seed, guint32 max_blocks);

/* LIMN_RNG_CPU only. */
guint32 limn_rng_next (limn_rng *rng);

/* As torch.randn (@count, generator=...) in float32: equal to within 1e-6 for LIMN_RNG_CPU. */
void limn_rng_normal (limn_rng *rng, float *values, gsize count);

/* Ten rounds of Philox4x32 over @counter in place. */
void limn_philox_4x32 (guint32 counter[4], const guint32 key[2]);
