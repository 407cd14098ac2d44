/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "golden.h"

#include "models/blocks.h"

limn_device *
golden_device_of (const char *id, limn_precision precision)
{
  g_autoptr (GError) error = NULL;
  struct limn_device_params params = {
    .id = id,
    .precision = precision,
    .debug = limn_debug_from_environment (),
  };
  limn_device *device = limn_device_open (&params, &error);

  if (precision == LIMN_PRECISION_BF16 &&
      g_error_matches (error, LIMN_ERROR, LIMN_ERROR_ARGUMENT)) {
    g_test_skip (error->message);
    return NULL;
  }
  g_assert_no_error (error);
  return device;
}

limn_device *
golden_device (limn_precision precision)
{
  return golden_device_of ("vulkan", precision);
}

double
golden_bound (const limn_device *device)
{
  static const double bounds[LIMN_N_DTYPES] = {
    [LIMN_DTYPE_F32] = 1e-9,
    [LIMN_DTYPE_F16] = 1e-5,
    [LIMN_DTYPE_BF16] = 2e-3,
  };

  return bounds[device->storage];
}

double
golden_run_bound (const limn_device *device)
{
  static const double bounds[LIMN_N_DTYPES] = {
    [LIMN_DTYPE_F32] = 1e-7,
    [LIMN_DTYPE_F16] = 1e-3,
    [LIMN_DTYPE_BF16] = 2e-3,
  };

  return bounds[device->storage];
}

char *
golden_path (const char *relative)
{
  return g_build_filename (g_getenv ("LIMN_SOURCE_DIR"), relative, NULL);
}

limn_safetensors *
golden_open (const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *relative = g_build_filename ("tests", "golden", name, NULL);
  g_autofree char *path = golden_path (relative);
  limn_safetensors *file = limn_safetensors_open (path, &error);

  g_assert_no_error (error);
  return file;
}

static const struct limn_safetensors_entry *
entry_of (const limn_safetensors *file, const char *name)
{
  const struct limn_safetensors_entry *entry = limn_safetensors_find (file, name);

  if (!entry)
    g_error ("%s: no tensor %s", limn_safetensors_path (file), name);
  return entry;
}

const float *
golden_tensor (const limn_safetensors *file, const char *name)
{
  const struct limn_safetensors_entry *entry = entry_of (file, name);

  g_assert_cmpint (entry->dtype, ==, LIMN_DTYPE_F32);
  g_assert_cmpuint ((gsize) entry->data % sizeof (float), ==, 0);
  return entry->data;
}

const gint64 *
golden_shape (const limn_safetensors *file, const char *name)
{
  return entry_of (file, name)->shape;
}

gsize
golden_count (const limn_safetensors *file, const char *name)
{
  const struct limn_safetensors_entry *entry = entry_of (file, name);

  return entry->size / limn_dtype_size (entry->dtype);
}

limn_tensor
golden_like (limn_device *device, const limn_safetensors *file, const char *name)
{
  g_autoptr (GError) error = NULL;
  const struct limn_safetensors_entry *entry = entry_of (file, name);
  const gint64 *shape = entry->shape;
  bool ids = entry->dtype == LIMN_DTYPE_I32;
  limn_dtype dtype = ids ? LIMN_DTYPE_I32 : device->storage;
  limn_tensor tensor;

  if (entry->n_dims == 4)
    tensor = limn_tensor_new (device, dtype, (int) shape[0], (int) shape[1], (int) shape[2],
                              (int) shape[3], &error);
  else if (entry->n_dims == 3 || ids)
    tensor = limn_tensor_new (device, dtype, (int) shape[0], (int) shape[1], 1,
                              ids ? 1 : (int) shape[2], &error);
  else
    tensor = limn_tensor_new (device, dtype, (int) shape[0], 1, 1, (int) shape[1], &error);
  g_assert_no_error (error);
  return tensor;
}

limn_tensor
golden_upload (limn_device *device, const limn_safetensors *file, const char *name)
{
  g_autoptr (GError) error = NULL;
  limn_tensor tensor = golden_like (device, file, name);

  if (tensor.dtype == LIMN_DTYPE_I32)
    limn_tensor_write_ids (device, tensor, entry_of (file, name)->data, &error);
  else
    limn_tensor_write (device, tensor, golden_tensor (file, name), &error);
  g_assert_no_error (error);
  return tensor;
}

limn_tensor
golden_sincos (limn_device *device,
               const limn_safetensors *file,
               const char *name,
               int channels,
               bool flip,
               double shift)
{
  g_autoptr (GError) error = NULL;
  int n = (int) golden_count (file, name);
  g_autofree float *sincos = g_new (float, (gsize) n *channels);
  limn_tensor tensor = limn_tensor_new (device, device->storage, n, 1, 1, channels, &error);

  g_assert_no_error (error);
  limn_timestep_embedding (sincos, n, golden_tensor (file, name), channels, flip, shift);
  limn_tensor_write (device, tensor, sincos, &error);
  g_assert_no_error (error);
  return tensor;
}

double
golden_nmse (const float *a, const float *b, gsize count)
{
  double difference = 0, power = 0;

  for (gsize i = 0; i < count; i++) {
    difference += ((double) a[i] - b[i]) * ((double) a[i] - b[i]);
    power += (double) b[i] * b[i];
  }
  return difference / power;
}

void
golden_check (const char *what,
              const float *values,
              const limn_safetensors *file,
              const char *name,
              double bound)
{
  double nmse = golden_nmse (values, golden_tensor (file, name), golden_count (file, name));

  g_test_message ("%s, %s: NMSE %.2e, at most %.0e", what, name, nmse, bound);
  /* Not true for NaN. */
  g_assert_true (nmse <= bound);
}

void
golden_check_tensor (const char *what,
                     limn_device *device,
                     limn_tensor tensor,
                     const limn_safetensors *file,
                     const char *name,
                     double bound)
{
  g_autoptr (GError) error = NULL;
  g_autofree float *values = g_new (float, limn_tensor_elements (tensor));

  g_assert_cmpuint (limn_tensor_elements (tensor), ==, golden_count (file, name));
  limn_tensor_read (device, tensor, values, &error);
  g_assert_no_error (error);
  golden_check (what, values, file, name, bound);
}

void
golden_run (limn_device *device, limn_forward_func forward, gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_pass) pass = limn_pass_new (device, forward, data);

  g_assert_cmpuint (limn_pass_arena_bytes (pass), >, 0);
  limn_pass_run (pass, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (device->arena_size, >=, limn_pass_arena_bytes (pass));
}

struct golden_case {
  golden_func func;
  gconstpointer data;
  const char *device;
  limn_precision precision;
};

static void
run_case (gconstpointer data)
{
  const struct golden_case *golden = data;
  g_autoptr (limn_device) device = golden_device_of (golden->device, golden->precision);

  if (!device)
    return;
  golden->func (device, golden->data);
  /* All that a test made is gone. */
  g_assert_cmpuint (device->memory.weights, ==, 0);
}

static const struct place {
  const char *name, *device;
  limn_precision precision;
} places[] = {
  { "f32", "vulkan", LIMN_PRECISION_F32 },
  { "f16", "vulkan", LIMN_PRECISION_F16 },
  { "cpu-f32", "cpu", LIMN_PRECISION_F32 },
  { "cpu-bf16", "cpu", LIMN_PRECISION_BF16 },
};

static void
add_at (const struct place *place, const char *name, golden_func func, gconstpointer data)
{
  g_autofree char *path = g_strdup_printf ("/%s/%s", name, place->name);
  struct golden_case *golden = g_new0 (struct golden_case, 1);

  *golden = (struct golden_case){ func, data, place->device, place->precision };
  g_test_add_data_func_full (path, golden, (GTestDataFunc) run_case, g_free);
}

void
golden_add (const char *name, golden_func func, gconstpointer data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (places); i++)
    add_at (&places[i], name, func, data);
}

void
golden_add_long (const char *name, golden_func func, gconstpointer data)
{
  static gsize calls;

  add_at (&places[calls++ % 2], name, func, data);
  for (gsize i = 2; i < G_N_ELEMENTS (places); i++)
    add_at (&places[i], name, func, data);
}
