/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

#include "io/config.h"
#include "io/safetensors.h"
#include "stepping.h"

/* Normalised mean squared error against diffusers, both in f32. */
#define MAX_NMSE 1e-10

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
  const char *zero_snr = "rescale_betas_zero_snr";
  g_autofree char *text = NULL;
  g_autoptr (limn_config) config = NULL;
  g_autoptr (GError) error = NULL;
  struct limn_schedule schedule;

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    json_object_set_string_member (shared, keys[i], json_object_get_string_member (item, keys[i]));
  json_object_set_boolean_member (
      shared, zero_snr, json_object_get_boolean_member_with_default (item, zero_snr, FALSE));
  json_node_set_object (node, shared);
  text = json_to_string (node, FALSE);
  config = limn_config_parse ("case", text, -1, &error);
  g_assert_no_error (error);
  limn_schedule_from_config (&schedule, config);
  limn_config_finish (config, &error);
  g_assert_no_error (error);
  return schedule;
}

/* Those that follow from sigmas come out of logarithms, of f32 or of double. */
static void
check_timesteps (const limn_safetensors *file,
                 const char *name,
                 const limn_sampler *sampler,
                 float tolerance)
{
  int evaluations = limn_sampler_evaluations (sampler);
  g_autofree float *wanted = g_new (float, evaluations);
  g_autofree char *timesteps = g_strdup_printf ("%s.timesteps", name);
  g_autofree char *sigma = g_strdup_printf ("%s.initial_sigma", name);
  float initial_sigma;

  get_values (file, timesteps, wanted, (gsize) evaluations);
  for (int i = 0; i < evaluations; i++)
    g_assert_cmpfloat_with_epsilon (limn_sampler_timestep (sampler, i), wanted[i], tolerance);
  get_values (file, sigma, &initial_sigma, 1);
  g_assert_cmpfloat_with_epsilon (limn_sampler_initial_sigma (sampler), initial_sigma,
                                  1e-6f * initial_sigma);
}

static limn_sampler *
case_sampler (JsonObject *root, JsonObject *item, limn_rng *rng)
{
  struct limn_schedule schedule =
      case_schedule (json_object_get_object_member (root, "schedule"), item);
  const char *sigmas = json_object_get_string_member_with_default (item, "sigmas", "default");

  limn_rng_init (rng, (guint64) json_object_get_int_member (root, "noise_seed"));
  return new_sampler_with (&(struct limn_sampler_params){
      .kind = index_of (limn_sampler_names, json_object_get_string_member (item, "sampler")),
      .schedule = &schedule,
      .steps = (int) json_object_get_int_member (item, "steps"),
      .sigmas = index_of (limn_sigmas_names, sigmas),
      .eta = json_object_get_double_member_with_default (item, "eta", 0),
      .rng = rng,
      .channels = (int) json_object_get_int_member (root, "channels"),
  });
}

static void
check_case (const limn_safetensors *file, JsonObject *root, JsonObject *item, double *worst)
{
  const char *name = json_object_get_string_member (item, "name");
  int middle = (int) json_object_get_int_member (item, "middle");
  limn_rng rng;
  g_autoptr (limn_sampler) sampler = case_sampler (root, item, &rng);
  float noise[COUNT], x[COUNT], predicted[COUNT];

  check_timesteps (file, name, sampler,
                   json_object_has_member (item, "sigmas") ? 1e-3f : G_MINFLOAT);
  get_values (file, "noise", noise, COUNT);
  start_from (sampler, noise, x);
  for (int i = 0; i < limn_sampler_evaluations (sampler); i++) {
    do_step (sampler, i, x, predicted);
    if (i == middle) {
      check_values (file, name, "middle", x, worst);
      check_values (file, name, "predicted", predicted, worst);
    }
  }
  check_values (file, name, "final", x, worst);
}

static limn_safetensors *
open_values (void)
{
  g_autofree char *values =
      g_test_build_filename (G_TEST_DIST, "golden", "samplers.safetensors", NULL);
  g_autoptr (GError) error = NULL;
  limn_safetensors *file = limn_safetensors_open (values, &error);

  g_assert_no_error (error);
  return file;
}

static void
test_samplers (void)
{
  g_autofree char *table = g_test_build_filename (G_TEST_DIST, "golden", "samplers.json", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (limn_safetensors) file = open_values ();
  JsonObject *root;
  JsonArray *cases;
  double worst = 0;

  json_parser_load_from_file (parser, table, &error);
  g_assert_no_error (error);
  root = json_node_get_object (json_parser_get_root (parser));
  cases = json_object_get_array_member (root, "cases");
  g_assert_cmpuint (json_array_get_length (cases), >=, 91);
  for (guint i = 0; i < json_array_get_length (cases); i++)
    check_case (file, root, json_array_get_object_element (cases, i), &worst);
  g_test_message ("worst NMSE %.1e", worst);
}

static void
test_guidance (void)
{
  g_autoptr (limn_safetensors) file = open_values ();
  float negative[COUNT], positive[COUNT], out[COUNT];
  double worst = 0;

  get_values (file, "guidance.negative", negative, COUNT);
  get_values (file, "guidance.positive", positive, COUNT);
  limn_guide (negative, positive, 7, out, COUNT);
  limn_guide_rescale (positive, 0.7f, out, COUNT);
  check_values (file, "guidance", "rescaled", out, &worst);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sampler-golden/samplers", test_samplers);
  g_test_add_func ("/sampler-golden/guidance", test_guidance);
  return g_test_run ();
}
