/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Generations that begin with a picture, against diffusers' image-to-image and inpainting
 * pipelines: tests/golden/pictures. */

#include "golden.h"

#include <math.h>
#include <string.h>

#include "pipeline/job.h"

#define SIDE 64
#define FACTOR 4 /* of the small autoencoder */

struct picture_case {
  const char *name, *unet;
  limn_sampler_kind sampler;
  float strength;
  bool masked;
  float cfg_rescale;
  double eta;
};

static const struct picture_case picture_cases[] = {
  { "ddim", "unet-sd15", LIMN_SAMPLER_DDIM, 0.6f, false, 0, 0 },
  { "ddim-weak", "unet-sd15", LIMN_SAMPLER_DDIM, 0.13f, false, 0, 0 },
  { "ddim-all", "unet-sd15", LIMN_SAMPLER_DDIM, 1, false, 0, 0 },
  { "euler", "unet-sd15", LIMN_SAMPLER_EULER, 0.75f, false, 0, 0 },
  { "euler-a", "unet-sd15", LIMN_SAMPLER_EULER_ANCESTRAL, 0.5f, false, 0, 0 },
  { "heun", "unet-sd15", LIMN_SAMPLER_HEUN, 0.5f, false, 0, 0 },
  { "dpm++2m", "unet-sd15", LIMN_SAMPLER_DPMPP_2M, 0.75f, false, 0, 0 },
  { "dpm++2m-sde", "unet-sd15", LIMN_SAMPLER_DPMPP_2M_SDE, 0.5f, false, 0, 0 },
  { "unipc", "unet-sd15", LIMN_SAMPLER_UNIPC, 0.75f, false, 0, 0 },
  { "inpaint-blend", "unet-sd15", LIMN_SAMPLER_DDIM, 0.75f, true, 0, 0 },
  { "inpaint-blend-euler", "unet-sd15", LIMN_SAMPLER_EULER, 0.5f, true, 0, 0 },
  { "inpaint-blend-all", "unet-sd15", LIMN_SAMPLER_DDIM, 1, true, 0, 0 },
  { "inpaint-unet", "unet-inpaint", LIMN_SAMPLER_DDIM, 0.75f, true, 0, 0 },
  { "inpaint-unet-all", "unet-inpaint", LIMN_SAMPLER_DPMPP_2M, 1, true, 0, 0 },
  { "rescale", "unet-sd15", LIMN_SAMPLER_DDIM, 0, false, 0.7f, 0 },
  { "eta", "unet-sd15", LIMN_SAMPLER_DDIM, 0, false, 0, 0.5 },
};

/* UNet and autoencoder alone, which is all that a stage needs. */
static void
open_parts (limn_model *model, limn_device *device, const char *unet)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = g_build_filename ("tests", "golden", unet, NULL);
  g_autofree char *unet_path = golden_path (folder);
  g_autofree char *vae_path = golden_path ("tests/golden/vae-kl");

  *model = (limn_model){ .device = device, .schedule = limn_schedule_default };
  model->unet = limn_unet_load (device, unet_path, &error);
  g_assert_no_error (error);
  model->vae = limn_vae_load (device, vae_path, &error);
  g_assert_no_error (error);
  g_assert_cmpint (limn_vae_factor (model->vae), ==, FACTOR);
}

static void
close_parts (limn_model *model)
{
  limn_denoiser_free (model->denoiser);
  limn_unet_free (model->unet);
  limn_vae_free (model->vae);
}

static limn_image *
mask_image (const limn_safetensors *file)
{
  const float *values = golden_tensor (file, "mask");
  limn_image *mask = limn_image_new (SIDE, SIDE, 1);

  for (int i = 0; i < SIDE * SIDE; i++)
    mask->pixels[i] = values[i] > 0.5f ? 255 : 0;
  return mask;
}

static void
test_case (limn_device *device, gconstpointer data)
{
  const struct picture_case *test = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_safetensors) file = golden_open ("pictures/io.safetensors");
  g_autoptr (limn_image) picture =
      limn_image_from_floats (golden_tensor (file, "picture"), SIDE, SIDE, 0, 1);
  g_autoptr (limn_image) mask = mask_image (file);
  gsize half = golden_count (file, "context_negative");
  g_autofree float *context = g_new (float, 2 * half);
  g_autofree float *latents = NULL;
  limn_model model;
  const struct limn_generate_params params = {
    .init = test->strength > 0 ? picture : NULL,
    .mask = test->masked ? mask : NULL,
    .strength = test->strength,
    .sampler = test->sampler,
    .cfg_rescale = test->cfg_rescale,
    .eta = test->eta,
    .steps = 8,
    .cfg = 7,
    .seed = 31,
    .width = SIDE,
    .height = SIDE,
  };
  struct limn_job job = { .model = &model, .params = &params };
  struct limn_stage stages[LIMN_MAX_STAGES];

  open_parts (&model, device, test->unet);
  memcpy (context, golden_tensor (file, "context_negative"), half * sizeof (float));
  memcpy (context + half, golden_tensor (file, "context_positive"), half * sizeof (float));
  g_assert_cmpint (limn_job_begin (&job, stages, &error), ==, 1);
  g_assert_no_error (error);
  latents = limn_job_run_stage (&job, &stages[0], context, 77, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (job.done, ==, job.steps);
  golden_check ("pictures", latents, file, test->name, golden_run_bound (device));
  close_parts (&model);
}

/* torch's bilinear interpolation to sizes that are no multiples. */
static void
test_upscale (limn_device *device, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_safetensors) file = golden_open ("pictures/io.safetensors");
  limn_model model;
  const struct limn_generate_params params = { .hires_upscale = LIMN_UPSCALE_LATENT };
  struct limn_job job = { .model = &model, .params = &params };
  const struct limn_stage from = { .width = SIDE, .height = SIDE };
  const struct limn_stage to = { .width = 19 * FACTOR, .height = 24 * FACTOR };
  g_autofree float *large = NULL;

  open_parts (&model, device, "unet-sd15");
  large = limn_source_upscale (&job, &from, &to, golden_tensor (file, "ddim"), &error);
  g_assert_no_error (error);
  golden_check ("upscale", large, file, "upscaled", 1e-12);
  close_parts (&model);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (picture_cases); i++) {
    g_autofree char *name = g_strconcat ("pictures/", picture_cases[i].name, NULL);
    golden_add (name, test_case, &picture_cases[i]);
  }
  golden_add ("pictures/upscale", test_upscale, NULL);
  return g_test_run ();
}
