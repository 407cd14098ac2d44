/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "samplers/sampler.h"

#include "error.h"
#include "samplers/solver.h"

struct limn_sampler {
  struct limn_solver_step *steps;
  int count;
  int next; /* the step that must come now, beside 0 */
  float initial_sigma;
  bool keeps_clean; /* whether some step looks at the one before */
  float *clean;     /* x_0 of the step before; NULL until there is one */
  gsize clean_count;
};

const char *const limn_sampler_names[] = {
  [LIMN_SAMPLER_DDIM] = "ddim",
  [LIMN_SAMPLER_EULER] = "euler",
  [LIMN_SAMPLER_DPMPP_2M] = "dpm++2m",
  NULL,
};
G_STATIC_ASSERT (G_N_ELEMENTS (limn_sampler_names) == LIMN_N_SAMPLERS + 1);

static void (*const solvers[]) (struct limn_solver_plan *plan) = {
  [LIMN_SAMPLER_DDIM] = limn_solver_ddim,
  [LIMN_SAMPLER_EULER] = limn_solver_euler,
  [LIMN_SAMPLER_DPMPP_2M] = limn_solver_dpmpp_2m,
};
G_STATIC_ASSERT (G_N_ELEMENTS (solvers) == LIMN_N_SAMPLERS);

/* Schedules that reach all noise or no noise in f32 would divide by 0; they are kept this far away
 * from it. No schedule that a model was trained with comes near. */
#define MIN_ALPHA_CUMPROD 1e-30f
#define MAX_ALPHA_CUMPROD (1 - 0x1p-24f)

static bool
check_steps (int steps, int train_steps, GError **error)
{
  if (steps >= 1 && steps <= train_steps)
    return true;
  g_set_error (error, LIMN_ERROR, LIMN_ERROR_ARGUMENT,
               "%d sampling steps asked for, wanted 1 to the %d that the model was trained with",
               steps, train_steps);
  return false;
}

limn_sampler *
limn_sampler_new (limn_sampler_kind kind,
                  const struct limn_schedule *schedule,
                  int steps,
                  GError **error)
{
  g_autofree float *alphas = NULL;
  limn_sampler *sampler;
  struct limn_solver_plan plan;

  g_assert (kind >= 0 && kind < LIMN_N_SAMPLERS);
  g_assert (schedule->train_steps >= 1 && schedule->train_steps <= LIMN_MAX_TRAIN_STEPS);
  if (!check_steps (steps, schedule->train_steps, error))
    return NULL;

  alphas = g_new (float, schedule->train_steps);
  limn_schedule_alphas_cumprod (schedule, alphas);
  for (int t = 0; t < schedule->train_steps; t++)
    alphas[t] = CLAMP (alphas[t], MIN_ALPHA_CUMPROD, MAX_ALPHA_CUMPROD);

  sampler = g_new0 (limn_sampler, 1);
  sampler->count = steps;
  sampler->steps = g_new0 (struct limn_solver_step, steps);
  plan = (struct limn_solver_plan){ schedule, alphas, steps, 1, sampler->steps };
  solvers[kind](&plan);
  sampler->initial_sigma = plan.initial_sigma;
  for (int i = 0; i < steps; i++)
    sampler->keeps_clean |= sampler->steps[i].next_change != 0;
  return sampler;
}

void
limn_sampler_free (limn_sampler *sampler)
{
  if (sampler == NULL)
    return;
  g_free (sampler->clean);
  g_free (sampler->steps);
  g_free (sampler);
}

int
limn_sampler_steps (const limn_sampler *sampler)
{
  return sampler->count;
}

static const struct limn_solver_step *
get_step (const limn_sampler *sampler, int i)
{
  g_assert (i >= 0 && i < sampler->count);
  return &sampler->steps[i];
}

float
limn_sampler_timestep (const limn_sampler *sampler, int i)
{
  return get_step (sampler, i)->timestep;
}

float
limn_sampler_initial_sigma (const limn_sampler *sampler)
{
  return sampler->initial_sigma;
}

void
limn_sampler_scale_input (
    const limn_sampler *sampler, int i, const float *x, float *out, gsize count)
{
  float scale = get_step (sampler, i)->input_scale;

  for (gsize k = 0; k < count; k++)
    out[k] = scale * x[k];
}

/* Where the x_0 of this step goes, and that of the step before comes from. */
static float *
prepare_clean (limn_sampler *sampler, int i, gsize count)
{
  if (!sampler->keeps_clean)
    return NULL;
  if (i == 0 && count != sampler->clean_count) {
    sampler->clean = g_renew (float, sampler->clean, count);
    sampler->clean_count = count;
  }
  g_assert (count == sampler->clean_count);
  return sampler->clean;
}

void
limn_sampler_step (
    limn_sampler *sampler, int i, float *x, const float *output, float *predicted, gsize count)
{
  const struct limn_solver_step *step = get_step (sampler, i);
  float *before = prepare_clean (sampler, i, count);

  g_assert (i == 0 || i == sampler->next);
  sampler->next = i + 1;
  for (gsize k = 0; k < count; k++) {
    float clean = step->clean_x * x[k] + step->clean_output * output[k];
    float next = step->next_x * x[k] + step->next_clean * clean;

    if (step->next_change != 0)
      next += step->next_change * (clean - before[k]);
    if (before != NULL)
      before[k] = clean;
    if (predicted != NULL)
      predicted[k] = clean;
    x[k] = next;
  }
}

void
limn_guide (const float *negative, const float *positive, float scale, float *out, gsize count)
{
  for (gsize k = 0; k < count; k++)
    out[k] = negative[k] + scale * (positive[k] - negative[k]);
}
