/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

#include "error.h"
#include "io/config.h"
#include "io/safetensors.h"
#include "rng.h"
#include "samplers/sampler.h"

#define COUNT 64

/* Normalised mean squared error against diffusers, both in f32. */
#define MAX_NMSE 1e-10

/* What stands for a model: the golden values were made with the same line. */
static void
run_model (const float *x, float timestep, float *output)
{
  for (int k = 0; k < COUNT; k++)
    output[k] = 0.6f * sinf (1.7f * x[k]) + 0.3f * x[k] - 0.1f * (timestep / 1000);
}

static limn_sampler *
new_sampler (limn_sampler_kind kind, const struct limn_schedule *schedule, int steps)
{
  g_autoptr (GError) error = NULL;
  limn_sampler *sampler = limn_sampler_new (kind, schedule, steps, &error);

  g_assert_no_error (error);
  g_assert_nonnull (sampler);
  g_assert_cmpint (limn_sampler_steps (sampler), ==, steps);
  return sampler;
}

static void
start_from (const limn_sampler *sampler, const float *noise, float *x)
{
  for (int k = 0; k < COUNT; k++)
    x[k] = noise[k] * limn_sampler_initial_sigma (sampler);
}

static void
do_step (limn_sampler *sampler, int i, float *x, float *predicted)
{
  float input[COUNT], output[COUNT];

  limn_sampler_scale_input (sampler, i, x, input, COUNT);
  run_model (input, limn_sampler_timestep (sampler, i), output);
  limn_sampler_step (sampler, i, x, output, predicted, COUNT);
}

static void
make_noise (float *noise)
{
  limn_rng rng;

  limn_rng_init (&rng, 3);
  limn_rng_normal (&rng, noise, COUNT);
}

/* --- against diffusers --- */

static void
get_values (const limn_safetensors *file, const char *name, float *values, gsize count)
{
  const struct limn_safetensors_entry *entry = limn_safetensors_find (file, name);

  g_assert_nonnull (entry);
  g_assert_cmpint (entry->dtype, ==, LIMN_DTYPE_F32);
  g_assert_cmpuint (entry->size, ==, count * sizeof (float));
  memcpy (values, entry->data, entry->size);
}

static void
check_values (
    const limn_safetensors *file, const char *name, const char *what, const float *x, double *worst)
{
  g_autofree char *full = g_strdup_printf ("%s.%s", name, what);
  double difference = 0, sum = 0;
  float wanted[COUNT];

  get_values (file, full, wanted, COUNT);
  for (int k = 0; k < COUNT; k++) {
    difference += pow ((double) x[k] - wanted[k], 2);
    sum += pow (wanted[k], 2);
  }
  g_assert_cmpfloat (sum, >, 0);
  g_test_message ("%s: NMSE %.1e", full, difference / sum);
  g_assert_cmpfloat (difference / sum, <=, MAX_NMSE);
  *worst = MAX (*worst, difference / sum);
}

static int
index_of (const char *const *names, const char *name)
{
  for (int i = 0; names[i] != NULL; i++) {
    if (g_str_equal (names[i], name))
      return i;
  }
  g_error ("unknown name %s", name);
}

/* The schedule is read as the program does it, from the settings that all cases share and those of
 * the case. */
static struct limn_schedule
case_schedule (JsonObject *shared, JsonObject *item)
{
  static const char *const keys[] = { "prediction_type", "timestep_spacing", "beta_schedule" };
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autofree char *text = NULL;
  g_autoptr (limn_config) config = NULL;
  g_autoptr (GError) error = NULL;
  struct limn_schedule schedule;

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    json_object_set_string_member (shared, keys[i], json_object_get_string_member (item, keys[i]));
  json_node_set_object (node, shared);
  text = json_to_string (node, FALSE);
  config = limn_config_parse ("case", text, -1, &error);
  g_assert_no_error (error);
  limn_schedule_from_config (&schedule, config);
  limn_config_finish (config, &error);
  g_assert_no_error (error);
  return schedule;
}

static void
check_timesteps (const limn_safetensors *file, const char *name, const limn_sampler *sampler)
{
  int steps = limn_sampler_steps (sampler);
  g_autofree float *wanted = g_new (float, steps);
  g_autofree char *timesteps = g_strdup_printf ("%s.timesteps", name);
  g_autofree char *sigma = g_strdup_printf ("%s.initial_sigma", name);
  float initial_sigma;

  get_values (file, timesteps, wanted, (gsize) steps);
  for (int i = 0; i < steps; i++)
    g_assert_cmpfloat (limn_sampler_timestep (sampler, i), ==, wanted[i]);
  get_values (file, sigma, &initial_sigma, 1);
  g_assert_cmpfloat_with_epsilon (limn_sampler_initial_sigma (sampler), initial_sigma,
                                  1e-6f * initial_sigma);
}

static void
check_case (const limn_safetensors *file, JsonObject *shared, JsonObject *item, double *worst)
{
  const char *name = json_object_get_string_member (item, "name");
  int steps = (int) json_object_get_int_member (item, "steps");
  int middle = (int) json_object_get_int_member (item, "middle");
  struct limn_schedule schedule = case_schedule (shared, item);
  limn_sampler_kind kind =
      index_of (limn_sampler_names, json_object_get_string_member (item, "sampler"));
  g_autoptr (limn_sampler) sampler = new_sampler (kind, &schedule, steps);
  float noise[COUNT], x[COUNT], predicted[COUNT];

  check_timesteps (file, name, sampler);
  get_values (file, "noise", noise, COUNT);
  start_from (sampler, noise, x);
  for (int i = 0; i < steps; i++) {
    do_step (sampler, i, x, predicted);
    if (i == middle) {
      check_values (file, name, "middle", x, worst);
      check_values (file, name, "predicted", predicted, worst);
    }
  }
  check_values (file, name, "final", x, worst);
}

static void
test_golden (void)
{
  g_autofree char *table = g_test_build_filename (G_TEST_DIST, "golden", "samplers.json", NULL);
  g_autofree char *values =
      g_test_build_filename (G_TEST_DIST, "golden", "samplers.safetensors", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (limn_safetensors) file = limn_safetensors_open (values, &error);
  JsonObject *root;
  JsonArray *cases;
  double worst = 0;

  g_assert_no_error (error);
  json_parser_load_from_file (parser, table, &error);
  g_assert_no_error (error);
  root = json_node_get_object (json_parser_get_root (parser));
  cases = json_object_get_array_member (root, "cases");
  g_assert_cmpuint (json_array_get_length (cases), >=, 20);
  for (guint i = 0; i < json_array_get_length (cases); i++)
    check_case (file, json_object_get_object_member (root, "schedule"),
                json_array_get_object_element (cases, i), &worst);
  g_test_message ("worst NMSE %.1e", worst);
}

/* --- what must hold for every solver --- */

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

  for (int i = 0; i < steps; i++) {
    float input[COUNT];
    /* What the model sees is alpha x_0 + sigma noise. */
    double a = alphas[(int) limn_sampler_timestep (sampler, i)];
    double alpha = sqrt (a), sigma = sqrt (1 - a);

    limn_sampler_scale_input (sampler, i, x, input, COUNT);
    for (int k = 0; k < COUNT; k++) {
      double epsilon = (input[k] - alpha * clean[k]) / sigma;
      double v = (alpha * input[k] - clean[k]) / sigma;

      output[k] = (float) (prediction == LIMN_PREDICTION_V ? v : epsilon);
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
  static const int steps[] = { 1, 2, 20, 50, 1000 };

  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++) {
    /* DPM-Solver is left out: its sigmas lie between those of whole timesteps. */
    for (int p = 0; p < LIMN_N_PREDICTIONS; p++) {
      check_oracle (LIMN_SAMPLER_DDIM, p, steps[i]);
      check_oracle (LIMN_SAMPLER_EULER, p, steps[i]);
    }
  }
}

static void
run_all (limn_sampler_kind kind, const struct limn_schedule *schedule, int steps, float *x)
{
  g_autoptr (limn_sampler) sampler = new_sampler (kind, schedule, steps);
  float noise[COUNT];

  make_noise (noise);
  start_from (sampler, noise, x);
  for (int i = 0; i < steps; i++)
    do_step (sampler, i, x, NULL);
}

/* All solvers integrate one differential equation: with many steps they come to the same end. */
static void
test_same_equation (void)
{
  struct limn_schedule schedule = limn_schedule_default;
  float wanted[COUNT], x[COUNT];

  schedule.spacing = LIMN_SPACING_TRAILING;
  schedule.set_alpha_to_one = true;
  run_all (LIMN_SAMPLER_DDIM, &schedule, 1000, wanted);
  for (int kind = LIMN_SAMPLER_EULER; kind < LIMN_N_SAMPLERS; kind++) {
    double difference = 0, sum = 0;

    run_all (kind, &schedule, 250, x);
    for (int k = 0; k < COUNT; k++) {
      difference += pow ((double) x[k] - wanted[k], 2);
      sum += pow (wanted[k], 2);
    }
    g_test_message ("%s: difference %.1e", limn_sampler_names[kind], difference / sum);
    g_assert_cmpfloat (difference / sum, <=, 1e-3);
  }
}

static void
check_finite (limn_sampler_kind kind, const struct limn_schedule *schedule, int steps)
{
  g_autoptr (limn_sampler) sampler = new_sampler (kind, schedule, steps);
  float noise[COUNT], x[COUNT], predicted[COUNT];

  make_noise (noise);
  start_from (sampler, noise, x);
  for (int i = 0; i < steps; i++) {
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

/* Every solver, prediction, spacing and offset, with step counts up to that of training. Some of
 * these make diffusers read past the end of its schedule. */
static void
test_finite (void)
{
  static const int train_steps[] = { 1, 2, 50, 1000 };
  static const int steps[] = { 1, 2, 3, 14, 15, 29, 31, 50, 61, 999, 1000 };

  for (guint c = 0; c < LIMN_N_SAMPLERS * 2 * LIMN_N_SPACINGS * 4; c++) {
    struct limn_schedule schedule = limn_schedule_default;
    limn_sampler_kind kind = c % LIMN_N_SAMPLERS;

    schedule.prediction = (c / LIMN_N_SAMPLERS) % 2;
    schedule.spacing = (c / (LIMN_N_SAMPLERS * 2)) % LIMN_N_SPACINGS;
    schedule.train_steps = train_steps[c / (LIMN_N_SAMPLERS * 2 * LIMN_N_SPACINGS)];
    schedule.steps_offset = schedule.train_steps > 1;
    for (gsize i = 0; i < G_N_ELEMENTS (steps); i++) {
      if (steps[i] <= schedule.train_steps)
        check_finite (kind, &schedule, steps[i]);
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
      for (int i = 0; i < 20; i++)
        limn_sampler_step (sampler, i, x, output, NULL, COUNT);
      for (int k = 0; k < COUNT; k++)
        g_assert_true (isfinite (x[k]));
    }
  }
}

/* Step 0 begins anew: a second run gives the same bytes, with another count in between. */
static void
test_repeat (void)
{
  for (int kind = 0; kind < LIMN_N_SAMPLERS; kind++) {
    g_autoptr (limn_sampler) sampler = new_sampler (kind, &limn_schedule_default, 12);
    float noise[COUNT], first[COUNT], second[COUNT], single = 1, output = 0.5f;

    make_noise (noise);
    start_from (sampler, noise, first);
    start_from (sampler, noise, second);
    for (int i = 0; i < 12; i++)
      do_step (sampler, i, first, NULL);
    for (int i = 0; i < 5; i++)
      limn_sampler_step (sampler, i, &single, &output, NULL, 1);
    for (int i = 0; i < 12; i++)
      do_step (sampler, i, second, NULL);
    g_assert_cmpmem (first, sizeof first, second, sizeof second);
  }
}

static void
test_steps (void)
{
  static const int steps[] = { G_MININT, -1, 0, 1001, G_MAXINT };

  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++) {
    g_autoptr (GError) error = NULL;
    g_autofree char *number = g_strdup_printf ("%d", steps[i]);

    g_assert_null (limn_sampler_new (LIMN_SAMPLER_DDIM, &limn_schedule_default, steps[i], &error));
    g_assert_error (error, LIMN_ERROR, LIMN_ERROR_ARGUMENT);
    g_assert_nonnull (strstr (error->message, number));
    g_assert_nonnull (strstr (error->message, "1000"));
  }
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

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sampler/golden", test_golden);
  g_test_add_func ("/sampler/oracle", test_oracle);
  g_test_add_func ("/sampler/same-equation", test_same_equation);
  g_test_add_func ("/sampler/finite", test_finite);
  g_test_add_func ("/sampler/extreme-betas", test_extreme_betas);
  g_test_add_func ("/sampler/repeat", test_repeat);
  g_test_add_func ("/sampler/steps", test_steps);
  g_test_add_func ("/sampler/guide", test_guide);
  return g_test_run ();
}
