/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stepping.h"

#include <math.h>

void
run_model (const float *x, float timestep, float *output)
{
  for (int k = 0; k < COUNT; k++)
    output[k] = 0.6f * sinf (1.7f * x[k]) + 0.3f * x[k] - 0.1f * (timestep / 1000);
}

limn_sampler *
new_sampler_with (const struct limn_sampler_params *params)
{
  g_autoptr (GError) error = NULL;
  limn_sampler *sampler = limn_sampler_new (params, &error);

  g_assert_no_error (error);
  g_assert_nonnull (sampler);
  g_assert_cmpint (limn_sampler_steps (sampler), ==, params->steps);
  return sampler;
}

limn_sampler *
new_sampler (limn_sampler_kind kind, const struct limn_schedule *schedule, int steps)
{
  static limn_rng rng;

  limn_rng_init (&rng, 4);
  return new_sampler_with (&(struct limn_sampler_params){
      .kind = kind, .schedule = schedule, .steps = steps, .rng = &rng });
}

void
start_from (const limn_sampler *sampler, const float *noise, float *x)
{
  for (int k = 0; k < COUNT; k++)
    x[k] = noise[k] * limn_sampler_initial_sigma (sampler);
}

void
do_step (limn_sampler *sampler, int i, float *x, float *predicted)
{
  float input[COUNT], output[COUNT];

  limn_sampler_scale_input (sampler, i, x, input, COUNT);
  run_model (input, limn_sampler_timestep (sampler, i), output);
  limn_sampler_step (sampler, i, x, output, predicted, COUNT);
}

void
make_noise (float *noise)
{
  limn_rng rng;

  limn_rng_init (&rng, 3);
  limn_rng_normal (&rng, noise, COUNT);
}
