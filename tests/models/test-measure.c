/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What the measure device says before is what the device then takes. */

#include "golden.h"

#include "pipeline/denoise.h"

struct forward_case {
  limn_unet *unet;
  struct limn_unet_inputs inputs;
  limn_tensor out;
};

static void
forward (limn_pass *pass, gpointer data)
{
  struct forward_case *test = data;
  struct limn_unet_features features;
  limn_tensor time, out;

  limn_unet_encode (pass, test->unet, &test->inputs, &time, &features);
  out = limn_unet_decode (pass, test->unet, &test->inputs, &time, &features);
  limn_copy (pass, out, test->out);
  limn_release (pass, &out);
}

struct figures {
  gsize arena, weights;
  double flops;
};

/* Loads the UNet, makes the pass for latents of 24x20, and runs it. */
static struct figures
take_figures (limn_device *device)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = golden_path ("tests/golden/unet-sd15");
  struct forward_case test = { .unet = limn_unet_load (device, folder, &error) };
  g_autoptr (limn_pass) pass = NULL;
  struct figures figures = { .weights = device->memory.weights };

  g_assert_no_error (error);
  test.inputs.latents = limn_tensor_new (device, device->storage, 2, 24, 20, 4, &error);
  test.inputs.sincos = limn_tensor_new (device, device->storage, 2, 1, 1, 16, &error);
  test.inputs.context = limn_tensor_new (device, device->storage, 2, 77, 1, 32, &error);
  test.out = limn_tensor_new (device, device->storage, 2, 24, 20, 4, &error);
  g_assert_no_error (error);

  pass = limn_pass_new (device, forward, &test);
  figures.arena = limn_pass_arena_bytes (pass);
  figures.flops = limn_pass_flops (pass);
  limn_pass_run (pass, NULL, &error);
  g_assert_no_error (error);
  g_clear_pointer (&pass, limn_pass_free);
  limn_tensor_free (device, &test.inputs.latents);
  limn_tensor_free (device, &test.inputs.sincos);
  limn_tensor_free (device, &test.inputs.context);
  limn_tensor_free (device, &test.out);
  limn_unet_free (test.unet);
  g_assert_cmpuint (device->memory.weights, ==, 0);
  return figures;
}

struct place {
  const char *path, *device;
  limn_precision precision;
};

static void
test_same (gconstpointer data)
{
  const struct place *place = data;
  g_autoptr (limn_device) device = golden_device_of (place->device, place->precision);
  g_autoptr (limn_device) ruler = NULL;
  struct figures measured, used;

  if (!device)
    return;
  ruler = limn_measure_device_new_for (device);
  measured = take_figures (ruler);
  used = take_figures (device);
  g_test_message ("arena %" G_GSIZE_FORMAT ", weights %" G_GSIZE_FORMAT " bytes, %.0f MFLOP",
                  used.arena, used.weights, used.flops / 1e6);
  g_assert_cmpuint (measured.arena, >, 0);
  g_assert_cmpuint (measured.arena, ==, used.arena);
  g_assert_cmpuint (device->arena_size, ==, used.arena);
  g_assert_cmpuint (measured.weights, ==, used.weights);
  g_assert_cmpfloat (measured.flops, >, 0);
  g_assert_cmpfloat (measured.flops, ==, used.flops);
}

int
main (int argc, char **argv)
{
  static const struct place places[] = {
    { "/measure/unet/f32", "vulkan", LIMN_PRECISION_F32 },
    { "/measure/unet/f16", "vulkan", LIMN_PRECISION_F16 },
    { "/measure/unet/cpu-f32", "cpu", LIMN_PRECISION_F32 },
    { "/measure/unet/cpu-bf16", "cpu", LIMN_PRECISION_BF16 },
  };

  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (places); i++)
    g_test_add_data_func (places[i].path, &places[i], test_same);
  return g_test_run ();
}
