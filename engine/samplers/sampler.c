/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "samplers/sampler.h"

#include <math.h>
#include <string.h>

#include "error.h"
#include "samplers/solver.h"

/* Latents before a step are signal x_0 + noise times normal noise. */
struct level {
  float signal, noise;
};

struct limn_sampler {
  struct limn_solver_row *rows;
  int n_rows, first_row;
  int steps;
  int next; /* the row that must come now, beside the first */
  float initial_sigma;
  struct level *levels; /* [steps + 1] */
  bool looks_back;      /* whether some row looks at what was before */
  bool draws_noise;     /* whether some row does */
  limn_rng *rng;        /* borrowed */
  gsize channels;
  limn_noise_func noise_func;
  gpointer noise_data;

  gsize count;                    /* of what follows; NULL where it is not needed */
  float *base1, *clean1, *clean2; /* of the evaluations before */
  float *noise, *planes;
};

const char *const limn_sampler_names[] = {
  [LIMN_SAMPLER_DDIM] = "ddim",
  [LIMN_SAMPLER_EULER] = "euler",
  [LIMN_SAMPLER_DPMPP_2M] = "dpm++2m",
  [LIMN_SAMPLER_DDPM] = "ddpm",
  [LIMN_SAMPLER_EULER_ANCESTRAL] = "euler-a",
  [LIMN_SAMPLER_HEUN] = "heun",
  [LIMN_SAMPLER_DPMPP_2M_SDE] = "dpm++2m-sde",
  [LIMN_SAMPLER_UNIPC] = "unipc",
  [LIMN_SAMPLER_LCM] = "lcm",
  NULL,
};
G_STATIC_ASSERT (G_N_ELEMENTS (limn_sampler_names) == LIMN_N_SAMPLERS + 1);

const char *const limn_sigmas_names[] = {
  [LIMN_SIGMAS_DEFAULT] = "default", [LIMN_SIGMAS_UNIFORM] = "uniform",
  [LIMN_SIGMAS_KARRAS] = "karras",   [LIMN_SIGMAS_EXPONENTIAL] = "exponential",
  [LIMN_SIGMAS_AYS] = "ays",         NULL,
};
G_STATIC_ASSERT (G_N_ELEMENTS (limn_sigmas_names) == LIMN_N_SIGMAS + 1);

static const struct {
  void (*fill) (struct limn_solver_plan *plan);
  limn_sigmas sigmas;
  bool whole; /* works on the alphas themselves and stands a last one of 0 */
} solvers[] = {
  [LIMN_SAMPLER_DDIM] = { limn_solver_ddim, LIMN_SIGMAS_UNIFORM, true },
  [LIMN_SAMPLER_EULER] = { limn_solver_euler, LIMN_SIGMAS_UNIFORM, false },
  [LIMN_SAMPLER_DPMPP_2M] = { limn_solver_dpmpp_2m, LIMN_SIGMAS_KARRAS, false },
  [LIMN_SAMPLER_DDPM] = { limn_solver_ddpm, LIMN_SIGMAS_UNIFORM, true },
  [LIMN_SAMPLER_EULER_ANCESTRAL] = { limn_solver_euler_ancestral, LIMN_SIGMAS_UNIFORM, false },
  [LIMN_SAMPLER_HEUN] = { limn_solver_heun, LIMN_SIGMAS_UNIFORM, false },
  [LIMN_SAMPLER_DPMPP_2M_SDE] = { limn_solver_dpmpp_2m_sde, LIMN_SIGMAS_KARRAS, false },
  [LIMN_SAMPLER_UNIPC] = { limn_solver_unipc, LIMN_SIGMAS_UNIFORM, false },
  [LIMN_SAMPLER_LCM] = { limn_solver_lcm, LIMN_SIGMAS_UNIFORM, true },
};
G_STATIC_ASSERT (G_N_ELEMENTS (solvers) == LIMN_N_SAMPLERS);

#define DEFAULT_STEPS 20

/* Schedules that reach all noise or no noise in f32 would divide by 0; they are kept this far away
 * from it. No schedule that a model was trained with comes near, but those of zero SNR. */
#define MIN_ALPHA_CUMPROD 1e-30f
#define MAX_ALPHA_CUMPROD (1 - 0x1p-24f)
/* What diffusers puts in place of the last one, where that must have a sigma. */
#define ZERO_SNR_ALPHA_CUMPROD 0x1p-24f

/* --- creation --- */

static bool
check_params (int steps, int train_steps, int first, double eta, GError **error)
{
  if (steps < 1 || steps > train_steps) {
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_ARGUMENT,
                 "%d sampling steps asked for, wanted 1 to the %d that the model was trained with",
                 steps, train_steps);
    return false;
  }
  if (first < 0 || first >= steps) {
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_ARGUMENT,
                 "sampling begins with step %d, wanted 0 to %d", first, steps - 1);
    return false;
  }
  if (!(eta >= 0 && eta <= 1)) {
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_ARGUMENT, "eta is %g, wanted 0 to 1", eta);
    return false;
  }
  return true;
}

static float *
make_alphas (limn_sampler_kind kind, const struct limn_schedule *schedule)
{
  float *alphas = g_new (float, schedule->train_steps);
  int last = schedule->train_steps - 1;

  limn_schedule_alphas_cumprod (schedule, alphas);
  /* At no signal at all, noise tells nothing of the picture. */
  if (schedule->zero_snr &&
      (!solvers[kind].whole || schedule->prediction == LIMN_PREDICTION_EPSILON))
    alphas[last] = ZERO_SNR_ALPHA_CUMPROD;
  for (int t = 0; t <= last; t++)
    alphas[t] = CLAMP (alphas[t], MIN_ALPHA_CUMPROD, MAX_ALPHA_CUMPROD);
  return alphas;
}

static void
keep_levels (limn_sampler *sampler, const struct limn_solver_plan *plan)
{
  sampler->levels = g_new (struct level, (gsize) plan->count + 1);
  for (int i = 0; i <= plan->count; i++) {
    const struct limn_solver_point *point = &plan->points[i];
    double alpha_cumprod = point->alpha_cumprod;

    sampler->levels[i] = plan->unscaled ? (struct level){ 1, (float) point->sigma }
                                        : (struct level){ (float) sqrt (alpha_cumprod),
                                                          (float) sqrt (1 - alpha_cumprod) };
  }
}

static void
fill_rows (limn_sampler *sampler,
           const struct limn_sampler_params *params,
           const struct limn_schedule *schedule)
{
  int count = sampler->steps;
  g_autofree float *alphas = make_alphas (params->kind, schedule);
  g_autofree struct limn_solver_point *points = g_new0 (struct limn_solver_point, count + 1);
  struct limn_solver_plan plan = {
    .schedule = schedule,
    .alphas_cumprod = alphas,
    .sigmas = params->sigmas != LIMN_SIGMAS_DEFAULT ? params->sigmas : solvers[params->kind].sigmas,
    .eta = params->eta,
    .count = count,
    .first = params->first,
    .points = points,
    .initial_sigma = 1,
    .n_rows = count,
    .rows = sampler->rows,
  };

  for (int i = 0; i < count; i++)
    plan.rows[i].step = i;
  solvers[params->kind].fill (&plan);
  sampler->n_rows = plan.n_rows;
  sampler->initial_sigma = plan.initial_sigma;
  keep_levels (sampler, &plan);
  while (sampler->rows[sampler->first_row].step < params->first)
    sampler->first_row++;
}

limn_sampler *
limn_sampler_new (const struct limn_sampler_params *params, GError **error)
{
  const struct limn_schedule *schedule =
      params->schedule != NULL ? params->schedule : &limn_schedule_default;
  int steps = params->steps != 0 ? params->steps : MIN (DEFAULT_STEPS, schedule->train_steps);
  limn_sampler *sampler;

  g_assert (params->kind >= 0 && params->kind < LIMN_N_SAMPLERS);
  g_assert (params->sigmas >= 0 && params->sigmas < LIMN_N_SIGMAS);
  g_assert (params->channels >= 0);
  g_assert (schedule->train_steps >= 1 && schedule->train_steps <= LIMN_MAX_TRAIN_STEPS);
  if (!check_params (steps, schedule->train_steps, params->first, params->eta, error))
    return NULL;

  sampler = g_new0 (limn_sampler, 1);
  sampler->steps = steps;
  sampler->rows = g_new0 (struct limn_solver_row, 2 * (gsize) steps);
  sampler->rng = params->rng;
  sampler->channels = (gsize) MAX (params->channels, 1);
  sampler->noise_func = params->noise;
  sampler->noise_data = params->noise_data;
  fill_rows (sampler, params, schedule);
  for (int i = 0; i < sampler->n_rows; i++) {
    const struct limn_solver_row *row = &sampler->rows[i];

    sampler->looks_back |= row->corrects || row->next_change != 0;
    sampler->draws_noise |= row->next_noise > 0;
  }
  return sampler;
}

void
limn_sampler_free (limn_sampler *sampler)
{
  if (sampler == NULL)
    return;
  g_free (sampler->base1);
  g_free (sampler->clean1);
  g_free (sampler->clean2);
  g_free (sampler->noise);
  g_free (sampler->planes);
  g_free (sampler->levels);
  g_free (sampler->rows);
  g_free (sampler);
}

/* --- what it says of itself --- */

bool
limn_sampler_draws_noise (const limn_sampler *sampler)
{
  return sampler->draws_noise;
}

int
limn_sampler_arrays (const limn_sampler *sampler)
{
  return (sampler->looks_back ? 3 : 0) + (sampler->draws_noise ? (sampler->noise_func ? 1 : 2) : 0);
}

int
limn_sampler_steps (const limn_sampler *sampler)
{
  return sampler->steps;
}

int
limn_sampler_first_evaluation (const limn_sampler *sampler)
{
  return sampler->first_row;
}

int
limn_sampler_evaluations (const limn_sampler *sampler)
{
  return sampler->n_rows;
}

static const struct limn_solver_row *
get_row (const limn_sampler *sampler, int i)
{
  g_assert (i >= 0 && i < sampler->n_rows);
  return &sampler->rows[i];
}

int
limn_sampler_step_of (const limn_sampler *sampler, int i)
{
  return get_row (sampler, i)->step;
}

bool
limn_sampler_ends_step (const limn_sampler *sampler, int i)
{
  const struct limn_solver_row *row = get_row (sampler, i);

  return i + 1 == sampler->n_rows || row[1].step != row->step;
}

float
limn_sampler_timestep (const limn_sampler *sampler, int i)
{
  return get_row (sampler, i)->timestep;
}

float
limn_sampler_initial_sigma (const limn_sampler *sampler)
{
  return sampler->initial_sigma;
}

void
limn_sampler_add_noise (const limn_sampler *sampler,
                        int step,
                        const float *clean,
                        const float *noise,
                        float *out,
                        gsize count)
{
  struct level level;

  g_assert (step >= 0 && step <= sampler->steps);
  level = sampler->levels[step];
  for (gsize k = 0; k < count; k++)
    out[k] = level.signal * clean[k] + level.noise * noise[k];
}

/* --- a step --- */

void
limn_sampler_scale_input (
    const limn_sampler *sampler, int i, const float *x, float *out, gsize count)
{
  float scale = get_row (sampler, i)->input_scale;

  for (gsize k = 0; k < count; k++)
    out[k] = scale * x[k];
}

/* Rows without a past have coefficients of 0 for it, which leave nothing of zeros. */
static void
begin (limn_sampler *sampler, gsize count)
{
  float **const past[] = { &sampler->base1, &sampler->clean1, &sampler->clean2 };

  for (gsize i = 0; sampler->looks_back && i < G_N_ELEMENTS (past); i++) {
    *past[i] = g_renew (float, *past[i], count);
    memset (*past[i], 0, count * sizeof (float));
  }
  if (sampler->draws_noise) {
    sampler->noise = g_renew (float, sampler->noise, count);
    if (sampler->rng != NULL)
      sampler->planes = g_renew (float, sampler->planes, count);
  }
  sampler->count = count;
}

static void
draw_noise (limn_sampler *sampler)
{
  gsize channels = sampler->channels, area = sampler->count / channels;

  g_assert (sampler->noise_func != NULL || sampler->rng != NULL);
  if (sampler->noise_func != NULL) {
    sampler->noise_func (sampler->noise, sampler->count, sampler->noise_data);
    return;
  }
  g_assert (area * channels == sampler->count);
  limn_rng_normal (sampler->rng, sampler->planes, sampler->count);
  for (gsize c = 0; c < channels; c++) {
    for (gsize i = 0; i < area; i++)
      sampler->noise[i * channels + c] = sampler->planes[c * area + i];
  }
}

static void
look_back (limn_sampler *sampler, const struct limn_solver_row *row, gsize k, float *x, float clean)
{
  if (row->corrects)
    *x = row->base_x * *x + row->base_x1 * sampler->base1[k] + row->base_clean * clean +
         row->base_clean1 * sampler->clean1[k] +
         row->base_change1 * (sampler->clean1[k] - sampler->clean2[k]);
  sampler->base1[k] = *x;
  sampler->clean2[k] = sampler->clean1[k];
  sampler->clean1[k] = clean;
}

void
limn_sampler_step (
    limn_sampler *sampler, int i, float *x, const float *output, float *predicted, gsize count)
{
  const struct limn_solver_row *row = get_row (sampler, i);

  g_assert (i == sampler->first_row || i == sampler->next);
  if (i == sampler->first_row)
    begin (sampler, count);
  g_assert (count == sampler->count);
  sampler->next = i + 1;
  if (row->next_noise > 0)
    draw_noise (sampler);

  for (gsize k = 0; k < count; k++) {
    float base = x[k];
    float clean = row->clean_x * base + row->clean_output * output[k], next;

    if (sampler->looks_back)
      look_back (sampler, row, k, &base, clean);
    next = row->next_x * base + row->next_clean * clean;
    if (row->next_change != 0)
      next += row->next_change * (clean - sampler->clean2[k]);
    if (row->next_noise > 0)
      next += row->next_noise * sampler->noise[k];
    if (predicted != NULL)
      predicted[k] = clean;
    x[k] = next;
  }
}

/* --- guidance --- */

void
limn_guide (const float *negative, const float *positive, float scale, float *out, gsize count)
{
  for (gsize k = 0; k < count; k++)
    out[k] = negative[k] + scale * (positive[k] - negative[k]);
}

static double
get_deviation (const float *x, gsize count)
{
  double mean = 0, squares = 0;

  for (gsize k = 0; k < count; k++)
    mean += x[k];
  mean /= (double) count;
  for (gsize k = 0; k < count; k++)
    squares += (x[k] - mean) * (x[k] - mean);
  return sqrt (squares / (double) count);
}

void
limn_guide_rescale (const float *positive, float rescale, float *out, gsize count)
{
  double wanted = get_deviation (positive, count), found = get_deviation (out, count);
  float scale = (float) (found > 0 ? rescale * wanted / found + (1 - rescale) : 1);

  for (gsize k = 0; k < count; k++)
    out[k] *= scale;
}

void
limn_sampler_predict (const limn_sampler *sampler,
                      int i,
                      const float *x,
                      const float *output,
                      float *clean,
                      gsize count)
{
  const struct limn_solver_row *row = get_row (sampler, i);

  for (gsize k = 0; k < count; k++)
    clean[k] = row->clean_x * x[k] + row->clean_output * output[k];
}

void
limn_sampler_output_for (const limn_sampler *sampler,
                         int i,
                         const float *x,
                         const float *clean,
                         float *output,
                         gsize count)
{
  const struct limn_solver_row *row = get_row (sampler, i);

  for (gsize k = 0; k < count; k++)
    output[k] = (clean[k] - row->clean_x * x[k]) / row->clean_output;
}
