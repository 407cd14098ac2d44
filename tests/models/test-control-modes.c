/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What each mode of a ControlNet makes of one evaluation, against diffusers. */

#include "golden.h"

#include <string.h>

#include "pipeline/denoise.h"

static const char *const outputs[LIMN_N_CONTROL_MODES] = {
  [LIMN_CONTROL_BALANCED] = "balanced",
  [LIMN_CONTROL_PROMPT] = "prompt",
  [LIMN_CONTROL_CONTROL] = "control",
};

struct fixture {
  limn_safetensors *file, *pictures;
  limn_unet *unet;
  limn_controlnet *control;
};

static void
set_up (struct fixture *fixture, limn_device *device)
{
  g_autofree char *unet = golden_path ("tests/golden/unet-sd15");
  g_autofree char *control = golden_path ("tests/golden/controlnet-a");
  g_autoptr (GError) error = NULL;

  fixture->file = golden_open ("control-modes.safetensors");
  fixture->pictures = golden_open ("control.safetensors");
  fixture->unet = limn_unet_load (device, unet, &error);
  g_assert_no_error (error);
  fixture->control = limn_controlnet_load (device, control, &error);
  g_assert_no_error (error);
}

static void
tear_down (struct fixture *fixture)
{
  limn_unet_free (fixture->unet);
  limn_controlnet_free (fixture->control);
  limn_safetensors_free (fixture->file);
  limn_safetensors_free (fixture->pictures);
}

/* @n_controls times the same ControlNet; @n is 1 for the positive prompt alone. */
static limn_denoiser *
make_denoiser (struct fixture *fixture, limn_device *device, int n, int n_controls)
{
  struct limn_denoiser_params params = {
    .n = n,
    .width = 16,
    .height = 16,
    .tokens = 77,
    .n_controls = n_controls,
  };
  const float *context = golden_tensor (fixture->file, "context");
  gsize half = golden_count (fixture->file, "context") / 2;
  g_autoptr (GError) error = NULL;
  limn_denoiser *denoiser;

  for (int i = 0; i < n_controls; i++)
    params.controls[i] = fixture->control;
  denoiser = limn_denoiser_new (device, fixture->unet, &params, &error);
  g_assert_no_error (error);
  limn_denoiser_set_context (denoiser, context + (2 - n) * half, &error);
  g_assert_no_error (error);
  for (int i = 0; i < n_controls; i++) {
    limn_denoiser_set_picture (denoiser, i, golden_tensor (fixture->pictures, "cond_a"), NULL,
                               &error);
    g_assert_no_error (error);
  }
  return denoiser;
}

static float *
predict (struct fixture *fixture, limn_denoiser *denoiser, const float *scales, int n)
{
  gsize count = golden_count (fixture->file, "latents");
  g_autoptr (GError) error = NULL;
  float *output = g_new (float, n *count);

  limn_denoiser_predict (denoiser, golden_tensor (fixture->file, "latents"),
                         golden_tensor (fixture->file, "timestep")[0], scales, output, NULL,
                         &error);
  g_assert_no_error (error);
  return output;
}

/* One denoiser through all modes and back, since modes change between pictures. */
static void
test_golden (limn_device *device, gconstpointer data)
{
  struct fixture fixture;
  limn_denoiser *denoiser;

  set_up (&fixture, device);
  denoiser = make_denoiser (&fixture, device, 2, 1);
  for (int i = 0; i <= LIMN_N_CONTROL_MODES; i++) {
    limn_control_mode mode = (limn_control_mode) (i % LIMN_N_CONTROL_MODES);
    g_autofree float *output = NULL;

    limn_denoiser_set_mode (denoiser, 0, mode);
    output = predict (&fixture, denoiser, golden_tensor (fixture.file, "weight"), 2);
    golden_check ("mode", output, fixture.file, outputs[mode], golden_bound (device));
  }
  limn_denoiser_free (denoiser);
  tear_down (&fixture);
}

/* Where the drawing matters more, the negative half is that of the UNet alone, to the bit, and the
 * positive half that of the balanced mode. */
static void
test_halves (limn_device *device, gconstpointer data)
{
  static const float off[] = { 0 };
  struct fixture fixture;
  limn_denoiser *denoiser;
  gsize half;

  set_up (&fixture, device);
  half = golden_count (fixture.file, "latents");
  denoiser = make_denoiser (&fixture, device, 2, 1);
  {
    const float *weight = golden_tensor (fixture.file, "weight");
    g_autofree float *balanced = predict (&fixture, denoiser, weight, 2);
    g_autofree float *alone = predict (&fixture, denoiser, off, 2);
    g_autofree float *control = NULL;

    limn_denoiser_set_mode (denoiser, 0, LIMN_CONTROL_CONTROL);
    control = predict (&fixture, denoiser, weight, 2);
    g_assert_cmpmem (control, half * sizeof (float), alone, half * sizeof (float));
    g_assert_cmpfloat (golden_nmse (control + half, balanced + half, half), <,
                       golden_bound (device));
    g_assert_cmpfloat (golden_nmse (control, balanced, half), >, 1e-2);
  }
  limn_denoiser_free (denoiser);
  tear_down (&fixture);
}

/* Without guidance there is one half, which the drawing always steers. */
static void
test_unguided (limn_device *device, gconstpointer data)
{
  struct fixture fixture;
  limn_denoiser *denoiser;
  gsize half;

  set_up (&fixture, device);
  half = golden_count (fixture.file, "latents");
  denoiser = make_denoiser (&fixture, device, 1, 1);
  limn_denoiser_set_mode (denoiser, 0, LIMN_CONTROL_CONTROL);
  {
    g_autofree float *output =
        predict (&fixture, denoiser, golden_tensor (fixture.file, "weight"), 1);

    g_assert_cmpfloat (golden_nmse (output, golden_tensor (fixture.file, "balanced") + half, half),
                       <, golden_bound (device));
  }
  limn_denoiser_free (denoiser);
  tear_down (&fixture);
}

/* Two branches with half the weight are one with all of it, each keeping its own scales. */
static void
test_two (limn_device *device, gconstpointer data)
{
  float weight, scales[2];
  struct fixture fixture;
  limn_denoiser *denoiser;

  set_up (&fixture, device);
  weight = golden_tensor (fixture.file, "weight")[0];
  scales[0] = 0.25f * weight;
  scales[1] = 0.75f * weight;
  denoiser = make_denoiser (&fixture, device, 2, 2);
  for (int i = LIMN_N_CONTROL_MODES - 1; i >= 0; i--) {
    g_autofree float *output = NULL;

    for (int j = 0; j < 2; j++)
      limn_denoiser_set_mode (denoiser, j, (limn_control_mode) i);
    output = predict (&fixture, denoiser, scales, 2);
    golden_check ("two", output, fixture.file, outputs[i], 2 * golden_bound (device));
  }
  limn_denoiser_free (denoiser);
  tear_down (&fixture);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  golden_add ("control-modes/golden", test_golden, NULL);
  golden_add ("control-modes/halves", test_halves, NULL);
  golden_add ("control-modes/unguided", test_unguided, NULL);
  golden_add ("control-modes/two", test_two, NULL);
  return g_test_run ();
}
