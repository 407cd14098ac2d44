/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Whole 20-step runs with guidance against diffusers: tests/golden/runs. */

#include "golden.h"

#include <math.h>
#include <string.h>

#include "pipeline/denoise.h"

#define STEPS 20
#define CFG 7.0f

struct run_case {
  const char *name, *unet;
  limn_sampler_kind sampler;
  limn_prediction prediction;
  int n_controls;
};

static const struct run_case run_cases[] = {
  { "ddim", "unet-sd15", LIMN_SAMPLER_DDIM, LIMN_PREDICTION_EPSILON, 0 },
  { "euler", "unet-sd15", LIMN_SAMPLER_EULER, LIMN_PREDICTION_EPSILON, 0 },
  { "dpm++2m", "unet-sd15", LIMN_SAMPLER_DPMPP_2M, LIMN_PREDICTION_EPSILON, 0 },
  { "euler-control", "unet-sd15", LIMN_SAMPLER_EULER, LIMN_PREDICTION_EPSILON, 2 },
  { "ddim-v", "unet-linear", LIMN_SAMPLER_DDIM, LIMN_PREDICTION_V, 0 },
};

/* What both branches of the run with controls do, the second one in the first half only. */
static const struct {
  const char *net, *picture;
  struct limn_branch branch;
} controls[] = {
  { "controlnet-a", "cond_a", { 0.7f, 0, 1 } },
  { "controlnet-b", "cond_b", { 1.3f, 0, 0.5f } },
};

struct watch {
  const struct run_case *test;
  const limn_safetensors *file;
  const float *latents;
  double bound;
  int steps;
};

static void
check_latents (const struct watch *watch, const char *when)
{
  g_autofree char *name = g_strdup_printf ("%s.%s", watch->test->name, when);

  golden_check ("run", watch->latents, watch->file, name, watch->bound);
}

static bool
step_done (int i, const float *predicted, gpointer data, GError **error)
{
  struct watch *watch = data;

  g_assert_cmpint (i, ==, watch->steps);
  watch->steps++;
  if (i == 0)
    check_latents (watch, "step1");
  if (i == 9)
    check_latents (watch, "step10");
  return true;
}

static char *
golden_folder (const char *name)
{
  g_autofree char *relative = g_build_filename ("tests", "golden", name, NULL);

  return golden_path (relative);
}

static limn_denoiser *
make_denoiser (limn_device *device,
               const limn_unet *unet,
               limn_controlnet *const *nets,
               const struct run_case *test,
               const limn_safetensors *file)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_safetensors) control = golden_open ("control.safetensors");
  gsize half = golden_count (file, "context_negative");
  g_autofree float *context = g_new (float, 2 * half);
  struct limn_denoiser_params params = {
    .n = 2,
    .width = 16,
    .height = 16,
    .tokens = 77,
    .n_controls = test->n_controls,
  };
  limn_denoiser *denoiser;

  for (int i = 0; i < test->n_controls; i++)
    params.controls[i] = nets[i];
  denoiser = limn_denoiser_new (device, unet, &params, &error);
  g_assert_no_error (error);
  g_assert_true (limn_denoiser_is_for (denoiser, &params));
  memcpy (context, golden_tensor (file, "context_negative"), half * sizeof (float));
  memcpy (context + half, golden_tensor (file, "context_positive"), half * sizeof (float));
  limn_denoiser_set_context (denoiser, context, &error);
  g_assert_no_error (error);
  for (int i = 0; i < test->n_controls; i++) {
    limn_denoiser_set_picture (denoiser, i, golden_tensor (control, controls[i].picture), NULL,
                               &error);
    g_assert_no_error (error);
  }
  return denoiser;
}

static void
test_run (limn_device *device, gconstpointer data)
{
  const struct run_case *test = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_safetensors) file = golden_open ("runs/io.safetensors");
  g_autofree char *folder = golden_folder (test->unet);
  g_autoptr (limn_unet) unet = limn_unet_load (device, folder, &error);
  gsize count = golden_count (file, "noise");
  g_autofree float *latents = g_memdup2 (golden_tensor (file, "noise"), count * sizeof (float));
  struct limn_schedule schedule = limn_schedule_default;
  limn_controlnet *nets[G_N_ELEMENTS (controls)] = { NULL };
  struct limn_branch branches[G_N_ELEMENTS (controls)];
  g_autoptr (limn_denoiser) denoiser = NULL;
  g_autoptr (limn_sampler) sampler = NULL;
  struct watch watch = {
    test, file, latents, golden_run_bound (device), 0,
  };

  g_assert_no_error (error);
  for (int i = 0; i < test->n_controls; i++) {
    g_autofree char *path = golden_folder (controls[i].net);
    nets[i] = limn_controlnet_load (device, path, &error);
    g_assert_no_error (error);
    branches[i] = controls[i].branch;
  }
  denoiser = make_denoiser (device, unet, nets, test, file);
  schedule.prediction = test->prediction;
  sampler = limn_sampler_new (
      &(struct limn_sampler_params){ .kind = test->sampler, .schedule = &schedule, .steps = STEPS },
      &error);
  g_assert_no_error (error);
  for (gsize i = 0; i < count; i++)
    latents[i] *= limn_sampler_initial_sigma (sampler);

  limn_denoise (denoiser,
                &(struct limn_denoise_params){
                    .sampler = sampler,
                    .cfg = CFG,
                    .branches = branches,
                    .step = step_done,
                    .step_data = &watch,
                },
                latents, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (watch.steps, ==, STEPS);
  check_latents (&watch, "final");
  g_clear_pointer (&denoiser, limn_denoiser_free);
  for (int i = 0; i < test->n_controls; i++)
    limn_controlnet_free (nets[i]);
}

/* A network that computes nonsense ends the run with a sentence, not with a grey picture. */
static void
test_nan (limn_device *device, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = golden_folder ("unet-sd15");
  g_autoptr (limn_unet) unet = limn_unet_load (device, folder, &error);
  g_autoptr (limn_safetensors) file = golden_open ("runs/io.safetensors");
  g_autoptr (limn_denoiser) denoiser = NULL;
  g_autoptr (limn_sampler) sampler = NULL;
  g_autofree float *latents = g_new0 (float, golden_count (file, "noise"));

  g_assert_no_error (error);
  denoiser = make_denoiser (device, unet, NULL, &run_cases[0], file);
  sampler = limn_sampler_new (
      &(struct limn_sampler_params){ .kind = LIMN_SAMPLER_DDIM, .steps = STEPS }, &error);
  g_assert_no_error (error);
  latents[5] = NAN;
  g_assert_false (limn_denoise (denoiser, &(struct limn_denoise_params){ .sampler = sampler },
                                latents, NULL, &error));
  g_assert_error (error, LIMN_ERROR, LIMN_ERROR_FAILED);
  g_assert_cmpstr (error->message, ==, "the model gave NaN at step 1 of 20");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (run_cases); i++) {
    g_autofree char *name = g_strconcat ("runs/", run_cases[i].name, NULL);
    golden_add (name, test_run, &run_cases[i]);
  }
  golden_add ("runs/nan", test_nan, NULL);
  return g_test_run ();
}
