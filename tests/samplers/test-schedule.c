/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "error.h"
#include "io/config.h"
#include "io/safetensors.h"
#include "samplers/schedule.h"

static void
read_schedule (struct limn_schedule *schedule, const char *text, GError **error)
{
  g_autoptr (limn_config) config = limn_config_parse ("scheduler_config.json", text, -1, NULL);

  g_assert_nonnull (config);
  memset (schedule, 0xa5, sizeof *schedule);
  limn_schedule_from_config (schedule, config);
  limn_config_finish (config, error);
}

static void
test_alphas (void)
{
  static const struct {
    limn_betas betas;
    bool zero_snr;
    const char *name;
  } cases[] = {
    { LIMN_BETAS_LINEAR, false, "alphas_cumprod.linear" },
    { LIMN_BETAS_SCALED_LINEAR, false, "alphas_cumprod.scaled_linear" },
    { LIMN_BETAS_LINEAR, true, "alphas_cumprod.linear.zero_snr" },
    { LIMN_BETAS_SCALED_LINEAR, true, "alphas_cumprod.scaled_linear.zero_snr" },
  };
  g_autofree char *path =
      g_test_build_filename (G_TEST_DIST, "golden", "samplers.safetensors", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_safetensors) file = limn_safetensors_open (path, &error);

  g_assert_no_error (error);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    const struct limn_safetensors_entry *entry = limn_safetensors_find (file, cases[i].name);
    struct limn_schedule schedule = limn_schedule_default;
    g_autofree float *alphas = g_new (float, schedule.train_steps);
    g_autofree float *wanted = NULL;

    g_assert_nonnull (entry);
    g_assert_cmpuint (entry->size, ==, 1000 * sizeof (float));
    wanted = g_memdup2 (entry->data, entry->size);
    schedule.betas = cases[i].betas;
    schedule.zero_snr = cases[i].zero_snr;
    limn_schedule_alphas_cumprod (&schedule, alphas);
    /* The same roundings: not one bit may differ. But the square roots of zero SNR are rounded
     * as the processor likes in torch. */
    for (int t = 0; t < schedule.train_steps; t++)
      g_assert_cmpfloat_with_epsilon (alphas[t], wanted[t], cases[i].zero_snr ? 5e-7f : G_MINFLOAT);
    g_assert_cmpint (alphas[schedule.train_steps - 1] > 0, ==, !cases[i].zero_snr);
  }
}

static void
test_short (void)
{
  struct limn_schedule schedule = limn_schedule_default;
  float alphas[3] = { 0, 0, 42 };

  schedule.train_steps = 1;
  limn_schedule_alphas_cumprod (&schedule, alphas);
  g_assert_cmpfloat_with_epsilon (alphas[0], 1 - 0.00085, 1e-7);
  schedule.train_steps = 2;
  limn_schedule_alphas_cumprod (&schedule, alphas);
  g_assert_cmpfloat_with_epsilon (alphas[1], (1 - 0.00085) * (1 - 0.012), 1e-7);
  g_assert_cmpfloat (alphas[2], ==, 42);
}

static void
test_defaults (void)
{
  g_autoptr (GError) error = NULL;
  struct limn_schedule schedule;

  read_schedule (&schedule, "{}", &error);
  g_assert_no_error (error);
  g_assert_cmpint (schedule.train_steps, ==, 1000);
  g_assert_cmpfloat (schedule.beta_start, ==, 0.0001);
  g_assert_cmpfloat (schedule.beta_end, ==, 0.02);
  g_assert_cmpint (schedule.betas, ==, LIMN_BETAS_LINEAR);
  g_assert_cmpint (schedule.prediction, ==, LIMN_PREDICTION_EPSILON);
  g_assert_cmpint (schedule.spacing, ==, LIMN_SPACING_LEADING);
  g_assert_cmpint (schedule.steps_offset, ==, 0);
  g_assert_true (schedule.set_alpha_to_one);
  g_assert_false (schedule.zero_snr);
}

static void
test_config (void)
{
  g_autoptr (GError) error = NULL;
  struct limn_schedule schedule;

  read_schedule (&schedule,
                 "{\"num_train_timesteps\": 500, \"beta_start\": 0.001, \"beta_end\": 0.03,"
                 " \"beta_schedule\": \"scaled_linear\", \"prediction_type\": \"v_prediction\","
                 " \"timestep_spacing\": \"trailing\", \"steps_offset\": 1, \"clip_sample\": true,"
                 " \"set_alpha_to_one\": false, \"trained_betas\": null, \"thresholding\": false}",
                 &error);
  g_assert_no_error (error);
  g_assert_cmpint (schedule.train_steps, ==, 500);
  g_assert_cmpfloat (schedule.beta_start, ==, 0.001);
  g_assert_cmpfloat (schedule.beta_end, ==, 0.03);
  g_assert_cmpint (schedule.betas, ==, LIMN_BETAS_SCALED_LINEAR);
  g_assert_cmpint (schedule.prediction, ==, LIMN_PREDICTION_V);
  g_assert_cmpint (schedule.spacing, ==, LIMN_SPACING_TRAILING);
  g_assert_cmpint (schedule.steps_offset, ==, 1);
  g_assert_false (schedule.set_alpha_to_one);

  read_schedule (&schedule, "{\"prediction_type\": \"sample\", \"rescale_betas_zero_snr\": true}",
                 &error);
  g_assert_no_error (error);
  g_assert_cmpint (schedule.prediction, ==, LIMN_PREDICTION_SAMPLE);
  g_assert_true (schedule.zero_snr);
}

static void
test_bad_config (void)
{
  static const struct {
    const char *text, *key;
  } cases[] = {
    { "{\"num_train_timesteps\": 0}", "num_train_timesteps" },
    { "{\"num_train_timesteps\": 4001}", "num_train_timesteps" },
    { "{\"num_train_timesteps\": \"many\"}", "num_train_timesteps" },
    { "{\"beta_start\": 0}", "beta_start" },
    { "{\"beta_start\": -1}", "beta_start" },
    { "{\"beta_end\": 1}", "beta_end" },
    { "{\"beta_schedule\": \"squaredcos_cap_v2\"}", "beta_schedule" },
    { "{\"prediction_type\": \"flow_prediction\"}", "prediction_type" },
    { "{\"timestep_spacing\": 3}", "timestep_spacing" },
    { "{\"steps_offset\": -1}", "steps_offset" },
    { "{\"num_train_timesteps\": 10, \"steps_offset\": 10}", "steps_offset" },
    { "{\"set_alpha_to_one\": \"yes\"}", "set_alpha_to_one" },
    { "{\"rescale_betas_zero_snr\": 1}", "rescale_betas_zero_snr" },
    { "{\"thresholding\": true}", "thresholding" },
    { "{\"trained_betas\": [0.1, 0.2]}", "trained_betas" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    struct limn_schedule schedule;
    float alphas[LIMN_MAX_TRAIN_STEPS];

    read_schedule (&schedule, cases[i].text, &error);
    g_assert_error (error, LIMN_ERROR, LIMN_ERROR_FORMAT);
    g_assert_nonnull (strstr (error->message, cases[i].key));
    g_assert_nonnull (strstr (error->message, "scheduler_config.json"));
    g_assert_null (strchr (error->message, '\n'));
    /* What is left can be computed with. */
    limn_schedule_alphas_cumprod (&schedule, alphas);
    g_assert_true (isfinite (alphas[schedule.train_steps - 1]));
  }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/schedule/alphas", test_alphas);
  g_test_add_func ("/schedule/short", test_short);
  g_test_add_func ("/schedule/defaults", test_defaults);
  g_test_add_func ("/schedule/config", test_config);
  g_test_add_func ("/schedule/bad-config", test_bad_config);
  return g_test_run ();
}
