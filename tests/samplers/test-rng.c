/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <string.h>

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

/* Vectors of Random123's own tests: counter, key, result. */
static void
test_philox (void)
{
  static const struct {
    guint32 counter[4], key[2], wanted[4];
  } cases[] = {
    { { 0, 0, 0, 0 }, { 0, 0 }, { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
    { { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff },
      { 0xffffffff, 0xffffffff },
      { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
    { { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 },
      { 0xa4093822, 0x299f31d0 },
      { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    guint32 counter[4];

    memcpy (counter, cases[i].counter, sizeof counter);
    limn_philox_4x32 (counter, cases[i].key);
    g_assert_cmpmem (counter, sizeof counter, cases[i].wanted, sizeof cases[i].wanted);
  }
}

/* torch.randn (12, device="cuda") after torch.manual_seed (0), as widely published. */
static void
test_cuda (void)
{
  static const float wanted[] = {
    -0.92466259f, -0.42534415f, -2.6438457f,  0.14518388f,  -0.12086647f, -0.57972564f,
    -0.62285122f, -0.32838709f, -1.07454231f, -0.36314407f, -1.67105067f, 2.26550497f,
  };
  float values[G_N_ELEMENTS (wanted)], again[G_N_ELEMENTS (wanted)];
  limn_rng rng;

  limn_rng_init_cuda (&rng, 0, 0);
  limn_rng_normal (&rng, values, G_N_ELEMENTS (wanted));
  for (gsize i = 0; i < G_N_ELEMENTS (wanted); i++)
    g_assert_cmpfloat_with_epsilon (values[i], wanted[i], TOLERANCE);

  /* The next fill starts at the next offset, and all 64 bits of the seed count. */
  g_assert_cmpuint (rng.offset, ==, 1);
  limn_rng_normal (&rng, again, G_N_ELEMENTS (wanted));
  g_assert_cmpint (memcmp (values, again, sizeof values), !=, 0);
  limn_rng_init_cuda (&rng, G_GUINT64_CONSTANT (1) << 32, 0);
  limn_rng_normal (&rng, again, G_N_ELEMENTS (wanted));
  g_assert_cmpint (memcmp (values, again, sizeof values), !=, 0);
}

/* curand_normal4: each thread draws four numbers, sine, cosine, sine, cosine, and strides over the
 * fill by the number of threads. On one block of 256 threads the elements 0, 256, 512, 768 are thus
 * one draw of thread 0, and 1024 is its next. */
static void
test_cuda_blocks (void)
{
  float few[1200], many[1200], next[1200];
  double radius;
  limn_rng rng;

  limn_rng_init_cuda (&rng, 42, 1);
  limn_rng_normal (&rng, few, 1200);
  g_assert_cmpuint (rng.offset, ==, 2);
  limn_rng_init_cuda (&rng, 42, 0);
  limn_rng_normal (&rng, many, 1200);
  g_assert_cmpuint (rng.offset, ==, 1);
  limn_rng_normal (&rng, next, 1200);

  g_assert_cmpmem (few, 256 * sizeof (float), many, 256 * sizeof (float));
  g_assert_cmpmem (few + 1024, 176 * sizeof (float), next, 176 * sizeof (float));
  for (int i = 0; i < 256; i++) {
    guint32 bits[] = { 0, 0, (guint32) i, 0 }, key[] = { 42, 0 };

    limn_philox_4x32 (bits, key);
    for (int pair = 0; pair < 2; pair++) {
      double angle = (bits[2 * pair + 1] + 0.5) * 0x1p-32 * 2 * G_PI;

      radius = sqrt (-2 * log ((bits[2 * pair] + 0.5) * 0x1p-32));
      g_assert_cmpfloat_with_epsilon (few[512 * pair + i], radius * sin (angle), TOLERANCE);
      g_assert_cmpfloat_with_epsilon (few[512 * pair + 256 + i], radius * cos (angle), TOLERANCE);
    }
  }
}

static void
check_moments (limn_rng *rng)
{
  const gsize count = 1 << 18;
  g_autofree float *values = g_new (float, count);
  double sum = 0, squares = 0;

  limn_rng_normal (rng, values, 0);
  limn_rng_normal (rng, values, count);
  for (gsize i = 0; i < count; i++) {
    g_assert_true (isfinite (values[i]));
    sum += values[i];
    squares += (double) values[i] * values[i];
  }
  g_assert_cmpfloat_with_epsilon (sum / (double) count, 0, 0.01);
  g_assert_cmpfloat_with_epsilon (squares / (double) count, 1, 0.01);
}

static void
test_moments (void)
{
  limn_rng rng;

  limn_rng_init (&rng, 99);
  check_moments (&rng);
  limn_rng_init_cuda (&rng, 99, 0);
  check_moments (&rng);
  limn_rng_init_cuda (&rng, 99, 80);
  check_moments (&rng);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rng/golden", test_golden);
  g_test_add_func ("/rng/sequence", test_sequence);
  g_test_add_func ("/rng/reference", test_reference);
  g_test_add_func ("/rng/seed", test_seed);
  g_test_add_func ("/rng/philox", test_philox);
  g_test_add_func ("/rng/cuda", test_cuda);
  g_test_add_func ("/rng/cuda-blocks", test_cuda_blocks);
  g_test_add_func ("/rng/moments", test_moments);
  return g_test_run ();
}
