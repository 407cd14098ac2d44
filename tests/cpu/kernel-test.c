/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "cpu/kernel-test.h"

#include <math.h>
#include <string.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#define GUARD_BYTES ((gsize) 256)
#define GUARD 0x5a

struct kernel_case {
  const struct limn_cpu_kernels *kernels;
  limn_dtype dtype;
  gsize index;
  kernel_test_run run;
};

static void
run_case (gconstpointer data)
{
  const struct kernel_case *one = data;
  struct kernel_test t = {
    .kernels = one->kernels,
    .dtype = one->dtype,
    .random = one->index + 1,
    .arrays = g_ptr_array_new_with_free_func ((GDestroyNotify) reference_free),
    .memory = g_ptr_array_new_with_free_func (free),
  };

  one->run (&t, one->index);
  g_ptr_array_unref (t.arrays);
  g_ptr_array_unref (t.memory);
}

void
kernel_test_add (const char *name, gsize n_cases, kernel_test_run run)
{
  static const limn_dtype dtypes[] = { LIMN_DTYPE_F32, LIMN_DTYPE_BF16 };

  for (int isa = 0; isa < LIMN_N_CPU_ISAS; isa++) {
    const struct limn_cpu_kernels *kernels = limn_cpu_kernels_get ((limn_cpu_isa) isa);
    for (gsize i = 0; kernels != NULL && i < G_N_ELEMENTS (dtypes) * n_cases; i++) {
      struct kernel_case *one = g_new (struct kernel_case, 1);
      *one = (struct kernel_case){ kernels, dtypes[i / n_cases], i % n_cases, run };
      g_autofree char *path = g_strdup_printf ("/%s/%s/%s/%" G_GSIZE_FORMAT, name, kernels->name,
                                               limn_dtype_name (one->dtype), one->index);
      g_test_add_data_func_full (path, one, run_case, g_free);
    }
  }
}

/* splitmix64, https://prng.di.unimi.it/splitmix64.c: uniform in [-1, 1). */
static double
uniform (struct kernel_test *t)
{
  guint64 z = t->random += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  z ^= z >> 31;
  return (double) (z >> 11) * 0x1p-52 - 1;
}

reference_array *
kernel_test_keep (struct kernel_test *t, reference_array *array)
{
  g_ptr_array_add (t->arrays, array);
  return array;
}

reference_array *
kernel_test_array (
    struct kernel_test *t, limn_dtype dtype, int n, int h, int w, int c, double mean, double scale)
{
  reference_array *array = kernel_test_keep (t, reference_new (n, h, w, c));

  for (gsize i = 0; i < reference_elements (array); i++)
    array->values[i] = reference_round (dtype, mean + scale * uniform (t));
  return array;
}

static guint8 *
keep_memory (struct kernel_test *t, gsize bytes)
{
  guint8 *memory = aligned_alloc (64, (bytes + 63) / 64 * 64);

  g_assert_nonnull (memory);
  g_ptr_array_add (t->memory, memory);
  return memory;
}

static void
to_storage (limn_dtype dtype, const reference_array *array, void *to)
{
  gsize count = reference_elements (array);
  g_autofree float *floats = g_new (float, count);

  for (gsize i = 0; i < count; i++)
    floats[i] = (float) array->values[i];
  limn_convert_from_f32 (dtype, floats, to, count);
}

void *
kernel_test_input (struct kernel_test *t, limn_dtype dtype, const reference_array *array)
{
  void *memory = malloc (reference_elements (array) * limn_dtype_size (dtype));

  g_assert_nonnull (memory);
  g_ptr_array_add (t->memory, memory);
  to_storage (dtype, array, memory);
  return memory;
}

/* One element away from a round address: kernels may not count on more than that. */
static gsize
output_offset (const struct kernel_test *t)
{
  return GUARD_BYTES + limn_dtype_size (t->dtype);
}

void *
kernel_test_output (struct kernel_test *t, const reference_array *expected)
{
  gsize bytes = reference_elements (expected) * limn_dtype_size (t->dtype) + 3 * GUARD_BYTES;

  return (guint8 *) memset (keep_memory (t, bytes), GUARD, bytes) + output_offset (t);
}

void *
kernel_test_scratch (struct kernel_test *t, gsize bytes)
{
  /* NaN everywhere: what is read before it is written shows. */
  return memset (keep_memory (t, bytes), 0xff, bytes);
}

static void
check_guard (const guint8 *bytes, gsize count)
{
  for (gsize i = 0; i < count; i++)
    g_assert_cmphex (bytes[i], ==, GUARD);
}

void
kernel_test_check (struct kernel_test *t,
                   const void *out,
                   const reference_array *expected,
                   double bound)
{
  gsize count = reference_elements (expected), bytes = count * limn_dtype_size (t->dtype);
  g_autofree float *values = g_new (float, count);
  double error = 0, energy = 0;

  check_guard ((const guint8 *) out - output_offset (t), output_offset (t));
  check_guard ((const guint8 *) out + bytes, GUARD_BYTES);
  limn_convert_to_f32 (t->dtype, out, values, count);
  for (gsize i = 0; i < count; i++) {
    double rounded = reference_round (t->dtype, expected->values[i]);
    double difference = (double) values[i] - expected->values[i];

    if (isnan (rounded)) {
      g_assert_true (isnan (values[i]));
    } else if (isinf (rounded)) {
      g_assert_cmpfloat (values[i], ==, rounded);
    } else {
      g_assert_true (isfinite (values[i]));
      error += difference * difference;
      energy += expected->values[i] * expected->values[i];
    }
  }
  if (error > bound * energy)
    g_test_message ("normalised squared error %.3g, at most %.3g wanted", error / energy, bound);
  g_assert_cmpfloat (error, <=, bound * energy);
}

double
kernel_test_bound (const struct kernel_test *t)
{
  return t->dtype == LIMN_DTYPE_F32 ? 1e-11 : 1.6e-5;
}

static void
set_threads (int n)
{
#ifdef _OPENMP
  omp_set_num_threads (n);
#endif
}

void
kernel_test_threads (struct kernel_test *t,
                     const reference_array *expected,
                     void *out,
                     void (*call) (struct kernel_test *t, gpointer data),
                     gpointer data)
{
  gsize bytes = reference_elements (expected) * limn_dtype_size (t->dtype);
  g_autofree guint8 *alone = g_malloc (bytes);

  set_threads (1);
  call (t, data);
  memcpy (alone, out, bytes);
  memset (out, GUARD, bytes);
  set_threads (3);
  call (t, data);
  g_assert_cmpmem (alone, bytes, out, bytes);
}
