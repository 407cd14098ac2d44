/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* PyTorch's CPU generator: mt19937, and normal numbers as torch.randn makes them (Box-Muller over
 * blocks of 16 for 16 elements and more, one by one in double below that). */
typedef struct {
  guint32 state[624];
  int left, next;
  double next_normal; /* second half of a pair, for fills under 16 elements */
  gboolean has_next_normal;
} limn_rng;

void limn_rng_init (limn_rng *rng, guint64 seed);
guint32 limn_rng_next (limn_rng *rng);

/* As torch.randn (@count, generator=...) in float32: equal to within 1e-6. */
void limn_rng_normal (limn_rng *rng, float *values, gsize count);
