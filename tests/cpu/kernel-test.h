/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Host arrays for the tests of engine/cpu/kernels.h, which run every case with every instruction
 * set of this machine and both storage types, and compare with tests/ops/reference.h. */

#include "cpu/kernels.h"
#include "ops/reference.h"

struct kernel_test {
  const struct limn_cpu_kernels *kernels;
  limn_dtype dtype;
  guint64 random;
  GPtrArray *arrays; /* of reference_array, freed after the case */
  GPtrArray *memory;
};

/* Adds /NAME/ISA/DTYPE/INDEX for all, calling @run with the index of a case. */
typedef void (*kernel_test_run) (struct kernel_test *t, gsize index);
void kernel_test_add (const char *name, gsize n_cases, kernel_test_run run);

/* An array of the test, uniform in mean +- scale and rounded to @dtype. */
reference_array *kernel_test_array (
    struct kernel_test *t, limn_dtype dtype, int n, int h, int w, int c, double mean, double scale);
reference_array *kernel_test_keep (struct kernel_test *t, reference_array *array);

/* What a kernel reads: exactly as many bytes as @array has, so that sanitizers see a step beyond.
 */
void *kernel_test_input (struct kernel_test *t, limn_dtype dtype, const reference_array *array);
/* Room for a result like @expected, filled with a pattern and with guards around it. */
void *kernel_test_output (struct kernel_test *t, const reference_array *expected);
void *kernel_test_scratch (struct kernel_test *t, gsize bytes);

/* Fails unless @out, from kernel_test_output(), is within @bound of @expected in normalised squared
 * error, with NaN and infinity at the same places, and the guards are whole. */
void kernel_test_check (struct kernel_test *t,
                        const void *out,
                        const reference_array *expected,
                        double bound);
/* 1e-11 for f32, and for bf16 what rounding may cost: half a unit in the last of 8 bits. */
double kernel_test_bound (const struct kernel_test *t);
/* Runs @call with one thread and with three; both must leave the same bytes in @out. */
void kernel_test_threads (struct kernel_test *t,
                          const reference_array *expected,
                          void *out,
                          void (*call) (struct kernel_test *t, gpointer data),
                          gpointer data);
