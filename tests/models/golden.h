/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What the tests of the models share: the golden files, the device, and comparisons. Failures end
 * the test program. */

#include "device.h"
#include "io/safetensors.h"
#include "limn.h"

/* The Vulkan device by itself chosen, with what LIMN_DEBUG asks for. */
limn_device *golden_device (limn_precision precision);
/* A device by its id; NULL for bf16 where the processor lacks it, and the test is marked so. */
limn_device *golden_device_of (const char *id, limn_precision precision);

/* A path below the source tree, freed by the caller. */
char *golden_path (const char *relative);

/* tests/golden/@name, opened. */
limn_safetensors *golden_open (const char *name);

/* The f32 values of a tensor. With @n_dims and @shape its shape. Borrowed from @file. */
const float *golden_tensor (const limn_safetensors *file, const char *name);
const gint64 *golden_shape (const limn_safetensors *file, const char *name);
gsize golden_count (const limn_safetensors *file, const char *name);

/* A tensor on the device with the golden one's values: [n, h, w, c], sequences [n, tokens, c] as
 * [n, tokens, 1, c], I32 as ids. Freed by limn_tensor_free(). */
limn_tensor golden_upload (limn_device *device, const limn_safetensors *file, const char *name);
/* An uninitialised one of that shape. */
limn_tensor golden_like (limn_device *device, const limn_safetensors *file, const char *name);
/* The sinusoids of the timesteps in @name, [n, 1, 1, channels]. */
limn_tensor golden_sincos (limn_device *device,
                           const limn_safetensors *file,
                           const char *name,
                           int channels,
                           bool flip,
                           double shift);

/* sum ((a - b)^2) / sum (b^2) */
double golden_nmse (const float *a, const float *b, gsize count);

/* Compares with the tensor @name, prints the figure and asserts the bound. */
void golden_check (const char *what,
                   const float *values,
                   const limn_safetensors *file,
                   const char *name,
                   double bound);
void golden_check_tensor (const char *what,
                          limn_device *device,
                          limn_tensor tensor,
                          const limn_safetensors *file,
                          const char *name,
                          double bound);

/* Runs @forward once and asserts that it succeeds and uses the memory that was measured. */
void golden_run (limn_device *device, limn_forward_func forward, gpointer data);

/* The bound of one module, and of a run of 20 steps. */
double golden_bound (const limn_device *device);
double golden_run_bound (const limn_device *device);

/* Adds a test that runs on every device: @name/f32 and @name/f16 on Vulkan, @name/cpu-f32 and
 * @name/cpu-bf16 on the processor; the last is skipped where that lacks bf16. */
typedef void (*golden_func) (limn_device *device, gconstpointer data);
void golden_add (const char *name, golden_func func, gconstpointer data);
/* The same with one precision of Vulkan, for runs that take long where that is software: every
 * other call has f16. */
void golden_add_long (const char *name, golden_func func, gconstpointer data);
