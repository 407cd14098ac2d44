/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "error.h"
#include "stepping.h"

/* What must hold for every solver. */

/* A model that knows the clean latents: every solver ends at them, from the first prediction on. */
static void
check_oracle (limn_sampler_kind kind, limn_prediction prediction, int steps)
{
  struct limn_schedule schedule = limn_schedule_default;
  g_autoptr (limn_sampler) sampler = NULL;
  g_autofree float *alphas = g_new (float, schedule.train_steps);
  float noise[COUNT], clean[COUNT], x[COUNT], output[COUNT], predicted[COUNT];

  schedule.prediction = prediction;
  schedule.set_alpha_to_one = true;
  schedule.steps_offset = 0;
  sampler = new_sampler (kind, &schedule, steps);
  limn_schedule_alphas_cumprod (&schedule, alphas);
  make_noise (noise);
  for (int k = 0; k < COUNT; k++)
    clean[k] = cosf ((float) k);
  start_from (sampler, noise, x);

  for (int i = 0; i < limn_sampler_evaluations (sampler); i++) {
    float input[COUNT];
    /* What the model sees is alpha x_0 + sigma noise. */
    double a = alphas[(int) limn_sampler_timestep (sampler, i)];
    double alpha = sqrt (a), sigma = sqrt (1 - a);

    limn_sampler_scale_input (sampler, i, x, input, COUNT);
    for (int k = 0; k < COUNT; k++) {
      double epsilon = (input[k] - alpha * clean[k]) / sigma;
      double v = (alpha * input[k] - clean[k]) / sigma;
      const double outputs[] = {
        [LIMN_PREDICTION_EPSILON] = epsilon,
        [LIMN_PREDICTION_V] = v,
        [LIMN_PREDICTION_SAMPLE] = clean[k],
      };

      output[k] = (float) outputs[prediction];
    }
    limn_sampler_step (sampler, i, x, output, predicted, COUNT);
    for (int k = 0; k < COUNT; k++)
      g_assert_cmpfloat_with_epsilon (predicted[k], clean[k], 2e-5);
  }
  for (int k = 0; k < COUNT; k++)
    g_assert_cmpfloat_with_epsilon (x[k], clean[k], 2e-5);
}

static void
test_oracle (void)
{
  /* DPM-Solver is left out: its sigmas lie between those of whole timesteps. LCM does not end where
   * the model says but near it, by its boundary condition. */
  static const limn_sampler_kind kinds[] = {
    LIMN_SAMPLER_DDIM, LIMN_SAMPLER_EULER, LIMN_SAMPLER_DDPM, LIMN_SAMPLER_EULER_ANCESTRAL,
    LIMN_SAMPLER_HEUN, LIMN_SAMPLER_UNIPC,
  };
  static const int steps[] = { 1, 2, 20, 50, 500 };

  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++) {
    for (int p = 0; p < LIMN_N_PREDICTIONS; p++) {
      for (gsize k = 0; k < G_N_ELEMENTS (kinds); k++)
        check_oracle (kinds[k], p, steps[i]);
    }
  }
}

static void
run_all (const struct limn_sampler_params *params, float *x)
{
  g_autoptr (limn_sampler) sampler = new_sampler_with (params);
  float noise[COUNT];

  make_noise (noise);
  start_from (sampler, noise, x);
  for (int i = 0; i < limn_sampler_evaluations (sampler); i++)
    do_step (sampler, i, x, NULL);
}

static void
check_near (const struct limn_sampler_params *params, const float *wanted, double limit)
{
  double difference = 0, sum = 0;
  float x[COUNT];

  run_all (params, x);
  for (int k = 0; k < COUNT; k++) {
    difference += pow ((double) x[k] - wanted[k], 2);
    sum += pow (wanted[k], 2);
  }
  g_test_message ("%s, %s: difference %.1e", limn_sampler_names[params->kind],
                  limn_sigmas_names[params->sigmas], difference / sum);
  g_assert_cmpfloat (difference / sum, <=, limit);
}

/* All solvers without fresh noise integrate one differential equation: with many steps they come to
 * the same end, wherever the steps lie. */
static void
test_same_equation (void)
{
  static const limn_sampler_kind kinds[] = {
    LIMN_SAMPLER_DDIM, LIMN_SAMPLER_EULER, LIMN_SAMPLER_DPMPP_2M,
    LIMN_SAMPLER_HEUN, LIMN_SAMPLER_UNIPC,
  };
  struct limn_schedule schedule = limn_schedule_default;
  float wanted[COUNT];

  schedule.spacing = LIMN_SPACING_TRAILING;
  schedule.set_alpha_to_one = true;
  run_all (&(struct limn_sampler_params){ .schedule = &schedule, .steps = 1000 }, wanted);
  for (gsize k = 0; k < G_N_ELEMENTS (kinds); k++) {
    for (int sigmas = 0; sigmas < LIMN_N_SIGMAS; sigmas++)
      check_near (&(struct limn_sampler_params){ kinds[k], &schedule, 250, sigmas }, wanted, 2e-3);
  }
}

/* DDIM is Euler's method in other coordinates: over the same timesteps they take the same way. */
static void
test_ddim_is_euler (void)
{
  struct limn_schedule schedule = limn_schedule_default;
  float wanted[COUNT];

  schedule.spacing = LIMN_SPACING_TRAILING;
  schedule.set_alpha_to_one = true;
  run_all (&(struct limn_sampler_params){ LIMN_SAMPLER_EULER, &schedule, 10, LIMN_SIGMAS_AYS },
           wanted);
  check_near (&(struct limn_sampler_params){ LIMN_SAMPLER_DDIM, &schedule, 10, LIMN_SIGMAS_AYS },
              wanted, 1e-4);
}

static void
check_finite (limn_sampler_kind kind,
              const struct limn_schedule *schedule,
              int steps,
              limn_sigmas sigmas)
{
  limn_rng rng;
  g_autoptr (limn_sampler) sampler = new_sampler_with (
      &(struct limn_sampler_params){ kind, schedule, steps, sigmas, .eta = 1, .rng = &rng });
  float noise[COUNT], x[COUNT], predicted[COUNT];

  limn_rng_init (&rng, 5);
  make_noise (noise);
  start_from (sampler, noise, x);
  for (int i = 0; i < limn_sampler_evaluations (sampler); i++) {
    float timestep = limn_sampler_timestep (sampler, i);

    g_assert_true (isfinite (timestep));
    g_assert_cmpfloat (timestep, >=, 0);
    if (i > 0)
      g_assert_cmpfloat (timestep, <=, limn_sampler_timestep (sampler, i - 1));
    do_step (sampler, i, x, predicted);
    for (int k = 0; k < COUNT; k++)
      g_assert_true (isfinite (x[k]) && isfinite (predicted[k]));
  }
}

static void
check_all_finite (limn_sampler_kind kind, limn_sigmas sigmas, const struct limn_schedule *schedule)
{
  static const int steps[] = { 1, 2, 3, 14, 31, 50, 61, 1000 };

  for (gsize i = 0; i < G_N_ELEMENTS (steps) && steps[i] <= schedule->train_steps; i++)
    check_finite (kind, schedule, steps[i], sigmas);
}

/* Every solver, prediction, spacing, offset and schedule, with step counts up to that of training.
 * Some of these make diffusers read past the end of its schedule. */
static void
test_finite (void)
{
  static const int train_steps[] = { 1, 2, 50, 1000 };

  for (int c = 0; c < LIMN_N_SAMPLERS * LIMN_N_SIGMAS * LIMN_N_SPACINGS; c++) {
    limn_sampler_kind kind = c % LIMN_N_SAMPLERS;
    limn_sigmas sigmas = (c / LIMN_N_SAMPLERS) % LIMN_N_SIGMAS;
    struct limn_schedule schedule = limn_schedule_default;

    schedule.spacing = c / (LIMN_N_SAMPLERS * LIMN_N_SIGMAS);
    for (int p = 0; p < 2 * LIMN_N_PREDICTIONS; p++) {
      schedule.prediction = p / 2;
      schedule.zero_snr = p % 2;
      for (gsize i = 0; i < G_N_ELEMENTS (train_steps); i++) {
        schedule.train_steps = train_steps[i];
        schedule.steps_offset = schedule.train_steps > 1;
        check_all_finite (kind, sigmas, &schedule);
      }
    }
  }
}

/* Schedules at the ends of what a configuration may say: nearly no noise, and nothing else. */
static void
test_extreme_betas (void)
{
  static const double betas[] = { 1e-7, 0.999 };

  for (gsize b = 0; b < G_N_ELEMENTS (betas); b++) {
    struct limn_schedule schedule = limn_schedule_default;

    schedule.beta_start = schedule.beta_end = betas[b];
    schedule.train_steps = LIMN_MAX_TRAIN_STEPS;
    for (int kind = 0; kind < LIMN_N_SAMPLERS; kind++) {
      g_autoptr (limn_sampler) sampler = new_sampler (kind, &schedule, 20);
      float x[COUNT], output[COUNT] = { 0 };

      make_noise (x);
      for (int i = 0; i < limn_sampler_evaluations (sampler); i++)
        limn_sampler_step (sampler, i, x, output, NULL, COUNT);
      for (int k = 0; k < COUNT; k++)
        g_assert_true (isfinite (x[k]));
    }
  }
}

/* Evaluation 0 begins anew: a second run gives the same bytes, with another count in between. */
static void
test_repeat (void)
{
  for (int kind = 0; kind < LIMN_N_SAMPLERS; kind++) {
    limn_rng rng;
    g_autoptr (limn_sampler) sampler = new_sampler_with (
        &(struct limn_sampler_params){ .kind = kind, .steps = 12, .eta = 0.5, .rng = &rng });
    float noise[COUNT], first[COUNT], second[COUNT], single = 1, output = 0.5f;
    int evaluations = limn_sampler_evaluations (sampler);

    make_noise (noise);
    start_from (sampler, noise, first);
    start_from (sampler, noise, second);
    limn_rng_init (&rng, 5);
    for (int i = 0; i < evaluations; i++)
      do_step (sampler, i, first, NULL);
    for (int i = 0; i < 5; i++)
      limn_sampler_step (sampler, i, &single, &output, NULL, 1);
    limn_rng_init (&rng, 5);
    for (int i = 0; i < evaluations; i++)
      do_step (sampler, i, second, NULL);
    g_assert_cmpmem (first, sizeof first, second, sizeof second);
  }
}

static void
count_draws (float *noise, gsize count, gpointer data)
{
  int *draws = data;

  g_assert_cmpuint (count, ==, COUNT);
  memset (noise, 0, count * sizeof (float));
  (*draws)++;
}

/* Who draws noise, and how often the model is asked; the step to the clean picture draws none that
 * could be seen. */
static void
test_evaluations (void)
{
  static const struct {
    limn_sampler_kind kind;
    double eta;
    int evaluations, draws;
  } cases[] = {
    { LIMN_SAMPLER_DDIM, 0, 6, 0 },         { LIMN_SAMPLER_DDIM, 1, 6, 6 },
    { LIMN_SAMPLER_EULER, 1, 6, 0 },        { LIMN_SAMPLER_DPMPP_2M, 0, 6, 0 },
    { LIMN_SAMPLER_DDPM, 0, 6, 6 },         { LIMN_SAMPLER_EULER_ANCESTRAL, 0, 6, 5 },
    { LIMN_SAMPLER_HEUN, 0, 11, 0 },        { LIMN_SAMPLER_UNIPC, 0, 6, 0 },
    { LIMN_SAMPLER_DPMPP_2M_SDE, 0, 6, 5 }, { LIMN_SAMPLER_LCM, 0, 6, 5 },
  };

  for (gsize c = 0; c < G_N_ELEMENTS (cases); c++) {
    int draws = 0, ended = 0;
    g_autoptr (limn_sampler) sampler =
        new_sampler_with (&(struct limn_sampler_params){ .kind = cases[c].kind,
                                                         .steps = 6,
                                                         .eta = cases[c].eta,
                                                         .noise = count_draws,
                                                         .noise_data = &draws });
    float x[COUNT];

    make_noise (x);
    g_assert_cmpint (limn_sampler_evaluations (sampler), ==, cases[c].evaluations);
    for (int i = 0; i < cases[c].evaluations; i++) {
      g_assert_cmpint (limn_sampler_step_of (sampler, i), ==, ended);
      do_step (sampler, i, x, NULL);
      ended += limn_sampler_ends_step (sampler, i);
    }
    g_assert_cmpint (ended, ==, 6);
    g_assert_cmpint (draws, ==, cases[c].draws);
    g_assert_cmpint (limn_sampler_draws_noise (sampler), ==, cases[c].draws > 0);
  }
}

/* More noise is added the larger eta is; with the same noise the result moves with it. */
static void
test_eta (void)
{
  static const double good[] = { 0, 0.001, 1 };
  static const double bad[] = { -0.1, 1.1, INFINITY, NAN };
  float x[G_N_ELEMENTS (good)][COUNT];

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++) {
    limn_rng rng;

    limn_rng_init (&rng, 6);
    run_all (&(struct limn_sampler_params){ .steps = 8, .eta = good[i], .rng = &rng }, x[i]);
  }
  for (int k = 0; k < COUNT; k++)
    g_assert_cmpfloat_with_epsilon (x[0][k], x[1][k], 0.05);
  g_assert_cmpint (memcmp (x[0], x[1], sizeof x[0]), !=, 0);
  g_assert_cmpint (memcmp (x[1], x[2], sizeof x[0]), !=, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (limn_sampler_new (&(struct limn_sampler_params){ .eta = bad[i] }, &error));
    g_assert_error (error, LIMN_ERROR, LIMN_ERROR_ARGUMENT);
    g_assert_nonnull (strstr (error->message, "eta"));
  }
}

static void
test_steps (void)
{
  static const int steps[] = { G_MININT, -1, 1001, G_MAXINT };
  g_autoptr (limn_sampler) standard = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++) {
    g_autoptr (GError) error = NULL;
    g_autofree char *number = g_strdup_printf ("%d", steps[i]);

    g_assert_null (limn_sampler_new (&(struct limn_sampler_params){ .steps = steps[i] }, &error));
    g_assert_error (error, LIMN_ERROR, LIMN_ERROR_ARGUMENT);
    g_assert_nonnull (strstr (error->message, number));
    g_assert_nonnull (strstr (error->message, "1000"));
  }
  standard = limn_sampler_new (&(struct limn_sampler_params){ 0 }, NULL);
  g_assert_nonnull (standard);
  g_assert_cmpint (limn_sampler_steps (standard), ==, 20);
  limn_sampler_free (NULL);
}

static void
test_guide (void)
{
  const float negative[] = { 1, -2, 0.5f }, positive[] = { 3, -2, 0 };
  float out[3];

  limn_guide (negative, positive, 7.5f, out, 3);
  g_assert_cmpfloat (out[0], ==, 16);
  g_assert_cmpfloat (out[1], ==, -2);
  g_assert_cmpfloat (out[2], ==, -3.25f);
  limn_guide (negative, positive, 1, out, 3);
  g_assert_cmpmem (out, sizeof out, positive, sizeof positive);
}

static void
test_guide_rescale (void)
{
  const float positive[] = { 3, -3, 3, -3 };
  float out[] = { 8, -4, 8, -4 }, none[] = { 8, -4, 8, -4 }, flat[] = { 5, 5, 5, 5 };
  const float kept[] = { 8, -4, 8, -4 };

  /* The deviation is 6 and should be 3; the mean is scaled with it, as in the paper. */
  limn_guide_rescale (positive, 1, out, 4);
  g_assert_cmpfloat (out[0], ==, 4);
  g_assert_cmpfloat (out[1], ==, -2);
  limn_guide_rescale (positive, 0, none, 4);
  g_assert_cmpmem (none, sizeof none, kept, sizeof kept);
  limn_guide_rescale (positive, 0.5f, none, 4);
  g_assert_cmpfloat (none[0], ==, 6);
  limn_guide_rescale (positive, 1, flat, 4);
  g_assert_cmpfloat (flat[3], ==, 5);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sampler/oracle", test_oracle);
  g_test_add_func ("/sampler/same-equation", test_same_equation);
  g_test_add_func ("/sampler/ddim-is-euler", test_ddim_is_euler);
  g_test_add_func ("/sampler/finite", test_finite);
  g_test_add_func ("/sampler/extreme-betas", test_extreme_betas);
  g_test_add_func ("/sampler/repeat", test_repeat);
  g_test_add_func ("/sampler/evaluations", test_evaluations);
  g_test_add_func ("/sampler/eta", test_eta);
  g_test_add_func ("/sampler/steps", test_steps);
  g_test_add_func ("/sampler/guide", test_guide);
  g_test_add_func ("/sampler/guide-rescale", test_guide_rescale);
  return g_test_run ();
}
