/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "harness.h"

#include <math.h>
#include <string.h>

/* Also the alignment of offsets that every device takes. */
#define GUARD_BYTES 256

/* Where every case runs. */
static const struct {
  const char *name, *id;
  limn_precision precision;
  limn_dtype storage;
} places[] = {
  { "f32", "vulkan", LIMN_PRECISION_F32, LIMN_DTYPE_F32 },
  { "f16", "vulkan", LIMN_PRECISION_F16, LIMN_DTYPE_F16 },
  { "cpu-f32", "cpu", LIMN_PRECISION_F32, LIMN_DTYPE_F32 },
  { "cpu-bf16", "cpu", LIMN_PRECISION_BF16, LIMN_DTYPE_BF16 },
};

/* Kept for the whole program: shaders are compiled once. */
static limn_device *devices[G_N_ELEMENTS (places)];

/* --- values --- */

/* splitmix64, https://prng.di.unimi.it/splitmix64.c: uniform in [-1, 1). */
static double
uniform (harness *h)
{
  guint64 z = h->random += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  z ^= z >> 31;
  return (double) (z >> 11) * 0x1p-52 - 1;
}

static void
fill_array (harness *h, reference_array *array, limn_dtype dtype, const struct harness_fill *fill)
{
  static const struct harness_fill plain = { 0 };
  fill = fill != NULL ? fill : &plain;
  double scale = fill->scale != 0 ? fill->scale : 1;
  for (gsize i = 0; i < reference_elements (array); i++)
    array->values[i] = reference_round (dtype, fill->mean + scale * uniform (h));
  if (fill->special != 0) {
    g_assert (fill->special_at < reference_elements (array));
    array->values[fill->special_at] = fill->special;
  }
}

static float *
to_floats (const reference_array *array)
{
  float *floats = g_new (float, reference_elements (array));
  for (gsize i = 0; i < reference_elements (array); i++)
    floats[i] = (float) array->values[i];
  return floats;
}

static reference_array *
own_array (harness *h, int n, int height, int w, int c)
{
  reference_array *array = reference_new (n, height, w, c);
  g_ptr_array_add (h->arrays, array);
  return array;
}

static limn_tensor
own_tensor (harness *h, limn_dtype dtype, int n, int height, int w, int c)
{
  g_autoptr (GError) error = NULL;
  limn_tensor tensor = limn_tensor_new (h->device, dtype, n, height, w, c, &error);
  g_assert_no_error (error);
  g_array_append_val (h->tensors, tensor);
  return tensor;
}

harness_input
harness_activation (harness *h, int n, int height, int w, int c, const struct harness_fill *fill)
{
  g_autoptr (GError) error = NULL;
  harness_input input = { own_tensor (h, h->storage, n, height, w, c),
                          own_array (h, n, height, w, c) };
  fill_array (h, input.array, h->storage, fill);
  g_autofree float *floats = to_floats (input.array);
  limn_tensor_write (h->device, input.tensor, floats, &error);
  g_assert_no_error (error);
  return input;
}

harness_input
harness_weight (harness *h,
                limn_weight_kind kind,
                limn_dtype file_dtype,
                int n,
                int height,
                int w,
                int c,
                const struct harness_fill *fill)
{
  g_autoptr (GError) error = NULL;
  limn_dtype stored = kind == LIMN_WEIGHT_VECTOR ? LIMN_DTYPE_F32 : h->storage;
  harness_input input = { { .dtype = stored, .n = n, .h = height, .w = w, .c = c },
                          own_array (h, n, height, w, c) };
  gsize count = reference_elements (input.array);
  fill_array (h, input.array, file_dtype, fill);

  /* A tensor in a .safetensors file may begin at any byte. */
  g_autofree float *floats = to_floats (input.array);
  g_autofree guint8 *aligned = g_malloc (count * limn_dtype_size (file_dtype));
  g_autofree guint8 *file = g_malloc (count * limn_dtype_size (file_dtype) + 1);
  limn_convert_from_f32 (file_dtype, floats, aligned, count);
  memcpy (file + 1, aligned, count * limn_dtype_size (file_dtype));
  h->device->klass->weight_new (h->device, kind, &input.tensor, file_dtype, file + 1, &error);
  g_assert_no_error (error);
  g_array_append_val (h->tensors, input.tensor);

  g_assert_cmpint (input.tensor.dtype, ==, stored);
  for (gsize i = 0; i < count; i++)
    input.array->values[i] = reference_round (stored, input.array->values[i]);
  return input;
}

harness_input
harness_vector (harness *h, int c, const struct harness_fill *fill)
{
  return harness_weight (h, LIMN_WEIGHT_VECTOR, LIMN_DTYPE_F32, 1, 1, 1, c, fill);
}

limn_tensor
harness_ids (harness *h, const gint32 *ids, int n, int tokens)
{
  g_autoptr (GError) error = NULL;
  limn_tensor tensor = own_tensor (h, LIMN_DTYPE_I32, n, tokens, 1, 1);
  limn_tensor_write_ids (h->device, tensor, ids, &error);
  g_assert_no_error (error);
  return tensor;
}

/* --- guarded runs --- */

/* In the arena the result lies between two guards, in a hole that was filled before it was given
 * back: [guard][result, rest of the hole][guard]. All of that is copied to @arena; the result
 * alone is copied to @result. Both are windows with guards on each side inside a larger tensor. */
struct guarded {
  harness_op op;
  gpointer data;
  limn_tensor guard, hole; /* patterns to fill the arena with */
  limn_tensor arena_outer, arena;
  limn_tensor result_outer, result;
  bool right_shape, in_hole;
};

/* Exact in every storage type, and far from all results. */
static float
pattern (gsize index)
{
  return -1024.0f - 8 * (float) (index * 37 % 125);
}

/* Rows of GUARD_BYTES, so that a device can cut a long tensor between rows. */
static limn_tensor
in_rows (limn_tensor tensor, gsize bytes)
{
  g_assert (bytes % GUARD_BYTES == 0);
  tensor.n = tensor.h = 1;
  tensor.w = (int) (bytes / GUARD_BYTES);
  tensor.c = (int) (GUARD_BYTES / limn_dtype_size (tensor.dtype));
  return tensor;
}

static gsize
padded (gsize bytes)
{
  return (bytes + GUARD_BYTES - 1) / GUARD_BYTES * GUARD_BYTES;
}

static void
write_pattern (limn_device *device, limn_tensor tensor)
{
  g_autoptr (GError) error = NULL;
  g_autofree float *values = g_new (float, limn_tensor_elements (tensor));
  for (gsize i = 0; i < limn_tensor_elements (tensor); i++)
    values[i] = pattern (i);
  limn_tensor_write (device, tensor, values, &error);
  g_assert_no_error (error);
}

static limn_tensor
pattern_tensor (harness *h, gsize bytes)
{
  limn_tensor shape = in_rows ((limn_tensor){ .dtype = h->storage }, bytes);
  limn_tensor tensor = own_tensor (h, h->storage, 1, 1, shape.w, shape.c);
  write_pattern (h->device, tensor);
  return tensor;
}

static void
guarded_forward (limn_pass *pass, gpointer data)
{
  struct guarded *run = data;
  limn_tensor before = limn_activate (pass, run->guard, LIMN_ACTIVATION_NONE);
  limn_tensor hole = limn_activate (pass, run->hole, LIMN_ACTIVATION_NONE);
  limn_tensor after = limn_activate (pass, run->guard, LIMN_ACTIVATION_NONE);
  gsize hole_offset = hole.offset;
  limn_release (pass, &hole);

  limn_tensor out = run->op (pass, run->data);
  run->right_shape = limn_tensor_same_shape (out, run->result) && out.dtype == run->result.dtype;
  run->in_hole = out.offset == hole_offset && before.offset + GUARD_BYTES == hole_offset;
  if (run->right_shape && run->in_hole) {
    limn_tensor all = run->arena;
    all.buffer = before.buffer;
    all.offset = before.offset;
    limn_copy (pass, all, run->arena);
    limn_copy (pass, out, run->result);
  }
  limn_release (pass, &out);
  limn_release (pass, &after);
  limn_release (pass, &before);
}

static void
guarded_init (struct guarded *run, harness *h, const reference_array *expected)
{
  gsize bytes = reference_elements (expected) * limn_dtype_size (h->storage);
  gsize hole = padded (bytes);
  run->guard = pattern_tensor (h, GUARD_BYTES);
  run->hole = pattern_tensor (h, hole);
  run->arena_outer = pattern_tensor (h, hole + 4 * GUARD_BYTES);
  run->arena = in_rows (run->arena_outer, hole + 2 * GUARD_BYTES);
  run->arena.offset += GUARD_BYTES;
  run->result_outer = pattern_tensor (h, hole + 2 * GUARD_BYTES);
  run->result = run->result_outer;
  run->result.offset += GUARD_BYTES;
  run->result.n = expected->n, run->result.h = expected->h;
  run->result.w = expected->w, run->result.c = expected->c;
}

static float *
read_floats (limn_device *device, limn_tensor tensor)
{
  g_autoptr (GError) error = NULL;
  float *values = g_new (float, limn_tensor_elements (tensor));
  limn_tensor_read (device, tensor, values, &error);
  g_assert_no_error (error);
  return values;
}

/* --- comparisons: each tells what is wrong and fails the test, which then goes on --- */

static bool
same_value (float a, float b)
{
  return isnan (a) ? isnan (b) : a == b;
}

/* @count values must be those of the pattern from its element @first on. */
static void
check_pattern (const float *values, gsize count, gsize first, const char *where)
{
  for (gsize i = 0; i < count; i++) {
    if (values[i] == pattern (first + i))
      continue;
    g_test_message ("%s was overwritten: element %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " is %g",
                    where, i, count, (double) values[i]);
    g_test_fail ();
    return;
  }
}

static void
check_same (const float *a, const float *b, gsize count, const char *what)
{
  for (gsize i = 0; i < count; i++) {
    if (same_value (a[i], b[i]))
      continue;
    g_test_message ("%s: element %" G_GSIZE_FORMAT " is %.9g and %.9g", what, i, (double) a[i],
                    (double) b[i]);
    g_test_fail ();
    return;
  }
}

static void
check_values (const float *values, const reference_array *expected, limn_dtype dtype, double bound)
{
  double error = 0, energy = 0, worst = -1;
  gsize worst_at = 0, misfits = 0, misfit_at = 0;
  for (gsize i = 0; i < reference_elements (expected); i++) {
    double rounded = reference_round (dtype, expected->values[i]), difference;
    if (!isfinite (values[i]) || !isfinite (rounded)) {
      if (!same_value (values[i], (float) rounded) && misfits++ == 0)
        misfit_at = i;
      continue;
    }
    difference = fabs (values[i] - expected->values[i]);
    error += difference * difference;
    energy += expected->values[i] * expected->values[i];
    if (difference > worst)
      worst = difference, worst_at = i;
  }
  if (misfits > 0) {
    g_test_message ("NaN or infinity at %" G_GSIZE_FORMAT
                    " wrong places, the first element %" G_GSIZE_FORMAT ": %g instead of %g",
                    misfits, misfit_at, (double) values[misfit_at], expected->values[misfit_at]);
    g_test_fail ();
  }
  if (error > bound * energy) {
    g_test_message (
        "normalised squared error %.3g, at most %.3g wanted; largest at element %" G_GSIZE_FORMAT
        ": %.9g instead of %.9g",
        error / energy, bound, worst_at, (double) values[worst_at], expected->values[worst_at]);
    g_test_fail ();
  }
}

static void
check_guards (const float *arena, const float *result, gsize count, gsize hole, gsize guard)
{
  const float *out = arena + 2 * guard;
  check_pattern (arena, guard, 0, "the memory before the destination of copy");
  check_pattern (arena + guard, guard, 0, "the arena before the result");
  check_pattern (out + count, hole - count, count, "the arena right after the result");
  check_pattern (out + hole, guard, 0, "the arena after the result");
  check_pattern (out + hole + guard, guard, 3 * guard + hole,
                 "the memory after the destination of copy");

  check_pattern (result, guard, 0, "the memory before the copied result");
  check_same (out, result + guard, count, "result and its copy");
  check_pattern (result + guard + count, hole - count + guard, guard + count,
                 "the memory after the copied result");
}

static bool
run_pass (limn_pass *pass)
{
  g_autoptr (GError) error = NULL;
  if (limn_pass_run (pass, NULL, &error))
    return true;
  g_test_message ("the pass failed: %s", error->message);
  g_test_fail ();
  return false;
}

/* Both runs of a pass that is recorded; their results are compared. */
static void
check_runs (
    harness *h, struct guarded *run, limn_pass *pass, const reference_array *expected, double bound)
{
  gsize size = limn_dtype_size (h->storage), count = reference_elements (expected);
  gsize hole = padded (count * size) / size, guard = GUARD_BYTES / size;
  if (!run_pass (pass))
    return;
  g_autofree float *arena = read_floats (h->device, run->arena_outer);
  g_autofree float *result = read_floats (h->device, run->result_outer);
  check_values (arena + 2 * guard, expected, h->storage, bound);
  check_guards (arena, result, count, hole, guard);

  write_pattern (h->device, run->arena_outer);
  write_pattern (h->device, run->result_outer);
  if (!run_pass (pass))
    return;
  g_autofree float *again = read_floats (h->device, run->result_outer);
  check_same (result, again, count + 2 * guard, "first and second run");
}

void
harness_check (harness *h, harness_op op, gpointer data, reference_array *expected, double bound)
{
  struct guarded run = { .op = op, .data = data };
  static const double bounds[LIMN_N_DTYPES] = {
    [LIMN_DTYPE_F32] = 1e-11,
    [LIMN_DTYPE_F16] = 2e-7,
    [LIMN_DTYPE_BF16] = 1.5e-5,
  };
  double default_bound = bounds[h->storage];
  g_ptr_array_add (h->arrays, expected);
  guarded_init (&run, h, expected);
  g_autoptr (limn_pass) pass = limn_pass_new (h->device, guarded_forward, &run);
  g_assert_true (run.right_shape);
  g_assert_true (run.in_hole);
  if (!run.right_shape || !run.in_hole)
    return;
  check_runs (h, &run, pass, expected, bound != 0 ? bound : default_bound);
}

/* --- cases --- */

struct harness_case {
  const struct harness_table *table;
  gsize index;
  gsize place;
  limn_vk_form form;
};

/* NULL where this processor lacks bf16, and the case is marked as skipped. */
static limn_device *
device_for (gsize place)
{
  g_autoptr (GError) error = NULL;
  struct limn_device_params params = {
    .id = places[place].id,
    .precision = places[place].precision,
    .debug = limn_debug_from_environment (),
  };
  if (devices[place] == NULL)
    devices[place] = limn_device_open (&params, &error);
  if (params.precision == LIMN_PRECISION_BF16 &&
      g_error_matches (error, LIMN_ERROR, LIMN_ERROR_ARGUMENT)) {
    g_test_skip (error->message);
    return NULL;
  }
  g_assert_no_error (error);
  g_assert (devices[place] != NULL);
  g_assert_cmpint (devices[place]->storage, ==, places[place].storage);
  return devices[place];
}

static bool
is_vulkan (const harness *h)
{
  return h->device->klass->kind == LIMN_DEVICE_VULKAN;
}

void
harness_limit_range (harness *h, gsize bytes)
{
  if (is_vulkan (h))
    limn_vk_device_set_max_range (h->device, bytes);
}

void
harness_use_staging (harness *h)
{
  if (is_vulkan (h))
    limn_vk_device_set_staging (h->device, true);
}

static void
harness_clear (harness *h)
{
  for (guint i = 0; i < h->tensors->len; i++)
    limn_tensor_free (h->device, &g_array_index (h->tensors, limn_tensor, i));
  if (is_vulkan (h)) {
    limn_vk_device_set_max_range (h->device, G_MAXSIZE);
    limn_vk_device_set_form (h->device, LIMN_VK_FORM_AUTO);
    limn_vk_device_set_staging (h->device, false);
  }
  g_assert_cmpuint (h->device->memory.weights, ==, h->weights_before);
}

static void
run_case (gconstpointer data)
{
  const struct harness_case *one = data;
  harness h = {
    .device = device_for (one->place),
    .storage = places[one->place].storage,
    .random = one->index + 1,
    .tensors = g_array_new (FALSE, FALSE, sizeof (limn_tensor)),
    .arrays = g_ptr_array_new_with_free_func ((GDestroyNotify) reference_free),
  };
  if (h.device != NULL) {
    h.weights_before = h.device->memory.weights;
    if (is_vulkan (&h))
      limn_vk_device_set_form (h.device, one->form);
    one->table->run (&h, one->index);
    harness_clear (&h);
  }
  g_array_unref (h.tensors);
  g_ptr_array_unref (h.arrays);
}

static void
add_case (const struct harness_table *table, gsize index, gsize place, limn_vk_form form)
{
  static const char *const forms[] = {
    [LIMN_VK_FORM_AUTO] = "",
    [LIMN_VK_FORM_DIRECT] = "/direct",
    [LIMN_VK_FORM_TILED] = "/tiled",
  };
  g_autoptr (GString) path = g_string_new (NULL);
  g_string_printf (path, "/%s/%s%s/%02u ", table->name, places[place].name, forms[form],
                   (guint) index);
  table->describe (index, path);

  struct harness_case *one = g_new (struct harness_case, 1);
  *one = (struct harness_case){ table, index, place, form };
  g_test_add_data_func_full (path->str, one, run_case, g_free);
}

void
harness_add (const struct harness_table *table)
{
  for (gsize place = 0; place < G_N_ELEMENTS (places); place++) {
    bool forms = table->forms && strcmp (places[place].id, "vulkan") == 0;
    if (table->only_f32 && places[place].storage != LIMN_DTYPE_F32)
      continue;
    for (gsize i = 0; i < table->n_cases; i++) {
      add_case (table, i, place, forms ? LIMN_VK_FORM_DIRECT : LIMN_VK_FORM_AUTO);
      if (forms)
        add_case (table, i, place, LIMN_VK_FORM_TILED);
    }
  }
}

void
harness_init (int *argc, char ***argv)
{
  g_test_init (argc, argv, NULL);
  g_test_set_nonfatal_assertions (); /* one wrong case must not hide the others */
}

int
harness_run (void)
{
  int status = g_test_run ();
  for (gsize i = 0; i < G_N_ELEMENTS (devices); i++)
    g_clear_pointer (&devices[i], limn_device_free);
  return status;
}
