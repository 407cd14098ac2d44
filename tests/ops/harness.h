/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What the tests of all operators share: the Vulkan device and the processor in both of their
 * storage types, inputs with fixed seeds, and the comparison with the reference, guard values
 * included. */

#include "device.h"
#include "limn.h"
#include "ops.h"
#include "reference.h"
#include "vk/device.h"

/* One case at work. What the functions below return belongs to it. */
typedef struct {
  limn_device *device;
  limn_dtype storage;
  guint64 random;
  gsize weights_before; /* the device's count when the case began */
  GArray *tensors;      /* of limn_tensor */
  GPtrArray *arrays;    /* of reference_array */
} harness;

/* A tensor of the device and the same values, rounded to its type, for the reference. */
typedef struct {
  limn_tensor tensor;
  reference_array *array;
} harness_input;

/* Uniform values between mean - scale and mean + scale; zero means a scale of 1. A @special that
 * is not zero stands at element @special_at of the values in their host order. */
struct harness_fill {
  double scale, mean;
  double special;
  gsize special_at;
};

harness_input
harness_activation (harness *h, int n, int height, int w, int c, const struct harness_fill *fill);
/* The shape is the device's (out, kh, kw, in), the order of the values PyTorch's. @file_dtype is
 * the type in which the device gets them. */
harness_input harness_weight (harness *h,
                              limn_weight_kind kind,
                              limn_dtype file_dtype,
                              int n,
                              int height,
                              int w,
                              int c,
                              const struct harness_fill *fill);
/* A LIMN_WEIGHT_VECTOR of @c values. */
harness_input harness_vector (harness *h, int c, const struct harness_fill *fill);
limn_tensor harness_ids (harness *h, const gint32 *ids, int n, int tokens);

/* Vulkan bindings of at most @bytes until the case ends, so that small tensors are bound in
 * slices. */
void harness_limit_range (harness *h, gsize bytes);
/* Vulkan uploads and downloads through staging memory until the case ends. */
void harness_use_staging (harness *h);

/* Calls the operator under test; may be called several times. */
typedef limn_tensor (*harness_op) (limn_pass *pass, gpointer data);

/* Runs @op twice and fails the test unless
 * - the result has the shape of @expected and differs by a normalised squared error of at most
 *   @bound (0: 1e-11 in f32, 2e-7 in f16 and 1.5e-5 in bf16, which is what rounding the output
 *   costs),
 * - NaN and infinities are exactly where @expected has them,
 * - no byte beside the result changed, neither in the arena nor where limn_copy() put it,
 * - the second run gave the same as the first.
 * Takes @expected. */
void
harness_check (harness *h, harness_op op, gpointer data, reference_array *expected, double bound);

/* A table of cases of one operator. */
struct harness_table {
  const char *name;
  gsize n_cases;
  void (*describe) (gsize index, GString *name);
  void (*run) (harness *h, gsize index);
  bool forms;    /* run every case with both forms of the matrix shaders */
  bool only_f32; /* the values do not fit 16 bits */
};

void harness_add (const struct harness_table *table);

/* Instead of g_test_init() and g_test_run(). */
void harness_init (int *argc, char ***argv);
int harness_run (void);
