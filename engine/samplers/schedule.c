/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "samplers/schedule.h"

#include <math.h>

#include "io/config.h"

/* A beta outside of these leaves no schedule: all noise or none from the first step on. */
#define MIN_BETA 1e-7
#define MAX_BETA 0.999

static const char *const beta_names[] = {
  [LIMN_BETAS_LINEAR] = "linear",
  [LIMN_BETAS_SCALED_LINEAR] = "scaled_linear",
  NULL,
};
G_STATIC_ASSERT (G_N_ELEMENTS (beta_names) == LIMN_N_BETAS + 1);

static const char *const prediction_names[] = {
  [LIMN_PREDICTION_EPSILON] = "epsilon",
  [LIMN_PREDICTION_V] = "v_prediction",
  [LIMN_PREDICTION_SAMPLE] = "sample",
  NULL,
};
G_STATIC_ASSERT (G_N_ELEMENTS (prediction_names) == LIMN_N_PREDICTIONS + 1);

static const char *const spacing_names[] = {
  [LIMN_SPACING_LEADING] = "leading",
  [LIMN_SPACING_TRAILING] = "trailing",
  [LIMN_SPACING_LINSPACE] = "linspace",
  NULL,
};
G_STATIC_ASSERT (G_N_ELEMENTS (spacing_names) == LIMN_N_SPACINGS + 1);

const struct limn_schedule limn_schedule_default = {
  .train_steps = 1000,
  .beta_start = 0.00085,
  .beta_end = 0.012,
  .betas = LIMN_BETAS_SCALED_LINEAR,
  .prediction = LIMN_PREDICTION_EPSILON,
  .spacing = LIMN_SPACING_LEADING,
  .steps_offset = 1,
  .set_alpha_to_one = false,
};

/* Settings that change the schedule in ways that Limn does not compute; ignoring them would draw
 * wrong pictures in silence. clip_sample is none of them: diffusers' Stable Diffusion pipelines
 * switch it off as well. */
static void
refuse_other_schedules (limn_config *config)
{
  if (limn_config_bool (config, "thresholding", false))
    limn_config_fail (config, "\"thresholding\" is true, wanted false");
  if (limn_config_has (config, "trained_betas"))
    limn_config_fail (config, "\"trained_betas\" is set, wanted \"beta_schedule\" alone");
}

void
limn_schedule_from_config (struct limn_schedule *schedule, limn_config *config)
{
  int train_steps = limn_config_int (config, "num_train_timesteps", 1000, 1, LIMN_MAX_TRAIN_STEPS);

  *schedule = (struct limn_schedule){
    .train_steps = train_steps,
    .beta_start = limn_config_double (config, "beta_start", 0.0001, MIN_BETA, MAX_BETA),
    .beta_end = limn_config_double (config, "beta_end", 0.02, MIN_BETA, MAX_BETA),
    .betas = limn_config_choice (config, "beta_schedule", beta_names, LIMN_BETAS_LINEAR),
    .prediction =
        limn_config_choice (config, "prediction_type", prediction_names, LIMN_PREDICTION_EPSILON),
    .spacing = limn_config_choice (config, "timestep_spacing", spacing_names, LIMN_SPACING_LEADING),
    .steps_offset = limn_config_int (config, "steps_offset", 0, 0, train_steps - 1),
    .set_alpha_to_one = limn_config_bool (config, "set_alpha_to_one", true),
    .zero_snr = limn_config_bool (config, "rescale_betas_zero_snr", false),
  };
  refuse_other_schedules (config);
}

/* torch.linspace in f32: from both ends towards the middle, product and sum rounded once. */
static float
linspace (float start, float end, int count, int i)
{
  float step = count > 1 ? (end - start) / (float) (count - 1) : 0;

  if (count == 1 || i < count / 2)
    return fmaf (step, (float) i, start);
  return fmaf (-step, (float) (count - 1 - i), end);
}

/* Cumulative products of @alphas in place. */
static void
multiply_up (float *alphas, int count)
{
  double product = 1;

  for (int i = 0; i < count; i++) {
    product *= alphas[i];
    alphas[i] = (float) product;
  }
}

/* Shifts and scales the square roots so that the first stays and the last is 0, and goes through
 * the betas once more as diffusers does, in f32 throughout. */
static void
rescale_to_zero_snr (float *alphas, int count)
{
  float first = sqrtf (alphas[0]), last = sqrtf (alphas[count - 1]), before = 1;
  float scale = first / (first - last);

  if (count == 1)
    return;
  for (int i = 0; i < count; i++) {
    float root = (sqrtf (alphas[i]) - last) * scale, product = root * root;
    float beta = 1.0f - (i == 0 ? product : product / before);

    before = product;
    alphas[i] = 1.0f - beta;
  }
  multiply_up (alphas, count);
}

void
limn_schedule_alphas_cumprod (const struct limn_schedule *schedule, float *alphas)
{
  bool scaled = schedule->betas == LIMN_BETAS_SCALED_LINEAR;
  float start = (float) (scaled ? sqrt (schedule->beta_start) : schedule->beta_start);
  float end = (float) (scaled ? sqrt (schedule->beta_end) : schedule->beta_end);

  for (int i = 0; i < schedule->train_steps; i++) {
    float value = linspace (start, end, schedule->train_steps, i);
    float beta = scaled ? value * value : value;

    alphas[i] = 1.0f - beta;
  }
  multiply_up (alphas, schedule->train_steps);
  if (schedule->zero_snr)
    rescale_to_zero_snr (alphas, schedule->train_steps);
}
