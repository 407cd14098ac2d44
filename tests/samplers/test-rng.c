/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>

#include "io/safetensors.h"
#include "rng.h"

/* PyTorch's vectorised sine and logarithm differ from the C library's by some roundings. */
#define TOLERANCE 1e-6

static limn_safetensors *
open_golden (void)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "golden", "randn.safetensors", NULL);
  g_autoptr (GError) error = NULL;
  limn_safetensors *file = limn_safetensors_open (path, &error);

  g_assert_no_error (error);
  return file;
}

static void
check_next (limn_rng *rng, const struct limn_safetensors_entry *entry)
{
  gsize count = entry->size / sizeof (float);
  g_autofree float *wanted = g_memdup2 (entry->data, entry->size);
  g_autofree float *values = g_new (float, count + 1);

  g_assert_cmpint (entry->dtype, ==, LIMN_DTYPE_F32);
  values[count] = 12345;
  limn_rng_normal (rng, values, count);
  for (gsize i = 0; i < count; i++)
    g_assert_cmpfloat_with_epsilon (values[i], wanted[i], TOLERANCE);
  g_assert_cmpfloat (values[count], ==, 12345);
}

static void
test_golden (void)
{
  g_autoptr (limn_safetensors) file = open_golden ();
  gsize n_entries, checked = 0;
  const struct limn_safetensors_entry *entries = limn_safetensors_entries (file, &n_entries);

  for (gsize i = 0; i < n_entries; i++) {
    guint64 seed, count;
    limn_rng rng;

    if (sscanf (entries[i].name, "seed%" G_GUINT64_FORMAT "_count%" G_GUINT64_FORMAT, &seed,
                &count) != 2)
      continue;
    g_test_message ("%s", entries[i].name);
    g_assert_cmpuint (entries[i].size, ==, count * sizeof (float));
    limn_rng_init (&rng, seed);
    check_next (&rng, &entries[i]);
    checked++;
  }
  g_assert_cmpuint (checked, >=, 48);
}

/* Calls of both kinds after one another: the second half of a pair outlives a large fill. */
static void
test_sequence (void)
{
  static const char *const names[] = {
    "sequence7_call0_count7",
    "sequence7_call1_count20",
    "sequence7_call2_count3",
  };
  g_autoptr (limn_safetensors) file = open_golden ();
  limn_rng rng;

  limn_rng_init (&rng, 7);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    const struct limn_safetensors_entry *entry = limn_safetensors_find (file, names[i]);

    g_assert_nonnull (entry);
    check_next (&rng, entry);
  }
}

/* The generator's reference values: seed 5489 is the default of std::mt19937, whose 10,000th
 * number the C++ standard gives. */
static void
test_reference (void)
{
  guint32 value = 0;
  limn_rng rng;

  limn_rng_init (&rng, 5489);
  for (int i = 0; i < 10000; i++)
    value = limn_rng_next (&rng);
  g_assert_cmpuint (value, ==, 4123659995u);
}

static void
test_seed (void)
{
  limn_rng low, high, again;

  limn_rng_init (&low, 5);
  limn_rng_init (&high, 5 + (G_GUINT64_CONSTANT (1) << 32));
  limn_rng_init (&again, 6);
  g_assert_cmpuint (limn_rng_next (&low), ==, limn_rng_next (&high));
  g_assert_cmpuint (limn_rng_next (&low), !=, limn_rng_next (&again));

  /* Seeding anew forgets the half of a pair. */
  {
    float first, second;

    limn_rng_init (&low, 5);
    limn_rng_normal (&low, &first, 1);
    limn_rng_init (&low, 5);
    limn_rng_normal (&low, &second, 1);
    g_assert_cmpfloat (first, ==, second);
  }
}

static void
test_moments (void)
{
  const gsize count = 1 << 18;
  g_autofree float *values = g_new (float, count);
  double sum = 0, squares = 0;
  limn_rng rng;

  limn_rng_init (&rng, 99);
  limn_rng_normal (&rng, values, 0);
  limn_rng_normal (&rng, values, count);
  for (gsize i = 0; i < count; i++) {
    g_assert_true (isfinite (values[i]));
    sum += values[i];
    squares += (double) values[i] * values[i];
  }
  g_assert_cmpfloat_with_epsilon (sum / (double) count, 0, 0.01);
  g_assert_cmpfloat_with_epsilon (squares / (double) count, 1, 0.01);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rng/golden", test_golden);
  g_test_add_func ("/rng/sequence", test_sequence);
  g_test_add_func ("/rng/reference", test_reference);
  g_test_add_func ("/rng/seed", test_seed);
  g_test_add_func ("/rng/moments", test_moments);
  return g_test_run ();
}
