/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What the weight loader says about files that do not hold what a model wants. */

#include <glib/gstdio.h>
#include <string.h>

#include "device.h"
#include "error.h"
#include "limn.h"
#include "models/weights.h"

#define HEADER                                                                                     \
  "{\"conv_in.weight\":{\"dtype\":\"F32\",\"shape\":[2,3,1,1],\"data_offsets\":[0,24]},"           \
  "\"block.0.norm.weight\":{\"dtype\":\"F16\",\"shape\":[4],\"data_offsets\":[24,32]},"            \
  "\"ids\":{\"dtype\":\"I64\",\"shape\":[2],\"data_offsets\":[32,48]},"                            \
  "\"table\":{\"dtype\":\"BF16\",\"shape\":[2,2],\"data_offsets\":[48,56]}}"

struct fixture {
  char *folder, *path;
  limn_device *device;
  limn_weights *weights;
};

static void
set_up (struct fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  guint64 length = GUINT64_TO_LE (strlen (HEADER));
  guint8 values[56] = { 0 };

  fixture->folder = g_dir_make_tmp ("limn-weights-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->path = g_build_filename (fixture->folder, data, NULL);
  g_byte_array_append (bytes, (const guint8 *) &length, sizeof length);
  g_byte_array_append (bytes, (const guint8 *) HEADER, strlen (HEADER));
  g_byte_array_append (bytes, values, sizeof values);
  g_file_set_contents (fixture->path, (const char *) bytes->data, bytes->len, &error);
  g_assert_no_error (error);
  fixture->device = limn_measure_device_new (LIMN_DTYPE_F16);
  fixture->weights = limn_weights_open (fixture->device, fixture->folder, LIMN_PART_UNET, &error);
  g_assert_no_error (error);
}

static void
tear_down (struct fixture *fixture, gconstpointer data)
{
  g_assert_null (fixture->weights);
  g_assert_cmpuint (fixture->device->memory.weights, ==, 0);
  limn_device_free (fixture->device);
  g_assert_cmpint (g_unlink (fixture->path), ==, 0);
  g_assert_cmpint (g_rmdir (fixture->folder), ==, 0);
  g_free (fixture->path);
  g_free (fixture->folder);
}

static void
assert_failed (struct fixture *fixture, const char *what)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *wanted = g_strdup_printf ("%s: %s", fixture->path, what);

  g_assert_null (limn_weights_finish (&fixture->weights, &error));
  g_assert_error (error, LIMN_ERROR, LIMN_ERROR_MODEL);
  g_assert_cmpstr (error->message, ==, wanted);
}

static void
test_good (struct fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  limn_weights *weights = fixture->weights;
  limn_weight_list *list;
  limn_tensor tensor = limn_weights_conv (weights, "conv_in.weight", 2, 3, 1, 1);

  g_assert_cmpint (tensor.dtype, ==, LIMN_DTYPE_F16);
  g_assert_true (tensor.n == 2 && tensor.h == 1 && tensor.w == 1 && tensor.c == 3);
  /* The same as a linear layer. */
  tensor = limn_weights_linear (weights, "conv_in.weight", 2, 3);
  g_assert_true (tensor.n == 2 && tensor.c == 3);

  limn_weights_push (weights, "block.%d", 0);
  limn_weights_push (weights, "norm");
  g_assert_true (limn_weights_has (weights, "weight"));
  g_assert_false (limn_weights_has (weights, "bias"));
  tensor = limn_weights_vector (weights, "weight", 4);
  g_assert_cmpint (tensor.dtype, ==, LIMN_DTYPE_F32);
  g_assert_true (tensor.n == 1 && tensor.c == 4);
  limn_weights_pop (weights);
  limn_weights_pop (weights);

  tensor = limn_weights_embedding (weights, "table", 2, 2);
  g_assert_true (tensor.n == 2 && tensor.c == 2);
  /* Two of 12 bytes, one of 16, one of 8. */
  g_assert_cmpuint (fixture->device->memory.weights, ==, 48);
  list = limn_weights_finish (&fixture->weights, &error);
  g_assert_no_error (error);
  limn_weight_list_free (list);
}

/* What was loaded before the failure goes with it. */
static void
test_missing (struct fixture *fixture, gconstpointer data)
{
  g_assert_false (
      limn_tensor_is_null (limn_weights_conv (fixture->weights, "conv_in.weight", 2, 3, 1, 1)));
  limn_weights_push (fixture->weights, "block.0");
  g_assert_true (limn_tensor_is_null (limn_weights_vector (fixture->weights, "bias", 4)));
  limn_weights_pop (fixture->weights);
  /* Nothing more is loaded, and the first failure is the one that is told. */
  g_assert_true (limn_tensor_is_null (limn_weights_linear (fixture->weights, "table", 2, 2)));
  g_assert_true (limn_tensor_is_null (limn_weights_linear (fixture->weights, "table", 9, 9)));
  assert_failed (fixture, "tensor \"block.0.bias\" is missing");
}

static void
test_shape (struct fixture *fixture, gconstpointer data)
{
  limn_weights_conv (fixture->weights, "conv_in.weight", 64, 4, 3, 3);
  assert_failed (fixture, "tensor \"conv_in.weight\" is [2, 3, 1, 1], wanted [64, 4, 3, 3]");
}

static void
test_dimensions (struct fixture *fixture, gconstpointer data)
{
  limn_weights_vector (fixture->weights, "table", 2);
  assert_failed (fixture, "tensor \"table\" is [2, 2], wanted [2]");
}

static void
test_dtype (struct fixture *fixture, gconstpointer data)
{
  limn_weights_vector (fixture->weights, "ids", 2);
  assert_failed (fixture, "tensor \"ids\" is of type I64, wanted F32, F16 or BF16");
}

static void
test_no_file (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp ("limn-weights-XXXXXX", &error);
  g_autofree char *wanted = g_strdup_printf (
      "%s: has neither diffusion_pytorch_model.safetensors nor model.safetensors", folder);
  limn_device *device = limn_measure_device_new (LIMN_DTYPE_F16);

  g_assert_null (limn_weights_open (device, folder, LIMN_PART_UNET, &error));
  g_assert_error (error, LIMN_ERROR, LIMN_ERROR_MODEL);
  g_assert_cmpstr (error->message, ==, wanted);
  limn_device_free (device);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *name, *file;
    void (*func) (struct fixture *, gconstpointer);
  } tests[] = {
    { "/weights/good", "diffusion_pytorch_model.safetensors", test_good },
    { "/weights/missing", "model.safetensors", test_missing },
    { "/weights/shape", "diffusion_pytorch_model.fp16.safetensors", test_shape },
    { "/weights/dimensions", "model.fp16.safetensors", test_dimensions },
    { "/weights/dtype", "model.safetensors", test_dtype },
  };

  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].name, struct fixture, tests[i].file, set_up, tests[i].func, tear_down);
  g_test_add_func ("/weights/no-file", test_no_file);
  return g_test_run ();
}
