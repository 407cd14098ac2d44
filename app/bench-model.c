/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "bench.h"
#include "json-writer.h"
#include "number.h"

/* --- operators --- */

static void
print_op (const struct limn_bench_op *op, gpointer data)
{
  const struct limn_bench_options *options = data;
  double gflops = op->flops / op->seconds / 1e9, gbytes = op->bytes / op->seconds / 1e9;
  g_autofree char *rate = op->flops > 0
                              ? g_strdup_printf ("%8.1f GFLOP/s %4.0f %%", gflops, op->share * 100)
                              : g_strdup_printf ("%8.1f GB/s", gbytes);
  g_autofree char *text =
      g_strdup_printf ("%-10s %-46s %9.2f ms %s", op->op, op->shape, op->seconds * 1e3, rate);
  GString *json = limn_json_write_begin ();

  limn_json_write_string (json, "op", op->op);
  limn_json_write_string (json, "shape", op->shape);
  limn_json_write_double (json, "milliseconds", op->seconds * 1e3);
  limn_json_write_double (json, "gflops", gflops);
  limn_json_write_double (json, "gbytes", gbytes);
  limn_json_write_double (json, "share", op->share);
  limn_bench_print (options, text, json);
}

bool
limn_bench_run_ops (const struct limn_bench_options *options, GError **error)
{
  g_autoptr (limn_device) device = limn_bench_open_device (options, error);

  return device && limn_bench_ops (device, print_op, (gpointer) options, NULL, error);
}

/* --- a model --- */

static void
print_rate (const struct limn_bench_options *options, const struct limn_bench_model *result)
{
  double rate = result->flops / result->step, share = rate / options->peak;
  g_autofree char *text = options->peak > 0
                              ? g_strdup_printf ("%-26s %9.1f GFLOP/s %4.1f %% of a matrix product",
                                                 "in a step", rate / 1e9, share * 100)
                              : g_strdup_printf ("%-26s %9.1f GFLOP/s", "in a step", rate / 1e9);
  GString *json = limn_json_write_begin ();

  limn_json_write_string (json, "what", "in a step");
  limn_json_write_double (json, "gflops", rate / 1e9);
  if (options->peak > 0)
    limn_json_write_double (json, "share", share);
  limn_bench_print (options, text, json);
}

static void
print_model (const struct limn_bench_options *options,
             const struct limn_bench_model *result,
             double load)
{
  double sum = 0;

  limn_bench_print_seconds (options, "load", load);
  limn_bench_print_seconds (options, "text and control pictures", result->text);
  limn_bench_print_seconds (options, "step", result->step);
  print_rate (options, result);
  limn_bench_print_seconds (options, "decode", result->decode);
  limn_bench_print_seconds (options, "picture", result->total);
  for (guint i = 0; i < result->parts->len; i++)
    sum += g_array_index (result->parts, struct limn_bench_part, i).seconds;
  for (guint i = 0; i < result->parts->len; i++) {
    const struct limn_bench_part *part = &g_array_index (result->parts, struct limn_bench_part, i);
    g_autofree char *text =
        g_strdup_printf ("  of a step, %-12s %10.4f s %4.0f %% in %d dispatches", part->op,
                         part->seconds, part->seconds / sum * 100, part->calls);
    GString *json = limn_json_write_begin ();

    limn_json_write_string (json, "op", part->op);
    limn_json_write_double (json, "milliseconds", part->seconds * 1e3);
    limn_json_write_uint (json, "dispatches", (guint64) part->calls);
    limn_bench_print (options, text, json);
  }
}

/* *@seconds: what it took; or NULL. */
static bool
load (const struct limn_bench_options *options,
      struct limn_bench_setting *setting,
      double *seconds,
      GError **error)
{
  gint64 start = g_get_monotonic_time ();

  setting->model = limn_model_open (setting->device, options->model, error);
  if (seconds)
    *seconds = (double) (g_get_monotonic_time () - start) / G_USEC_PER_SEC;
  return setting->model != NULL;
}

static bool
bench_one (const struct limn_bench_options *options, GError **error)
{
  struct limn_bench_setting setting = { 0 };
  struct limn_bench_model *result = NULL;
  double seconds;

  if (limn_bench_setting_init (options, &setting, error) &&
      load (options, &setting, &seconds, error))
    result = limn_bench_model (setting.model, &setting.drawing.params, NULL, error);
  if (result)
    print_model (options, result, seconds);
  limn_bench_setting_clear (&setting);
  limn_bench_model_free (result);
  return result != NULL;
}

static void
print_string (const struct limn_bench_options *options, const char *what, const char *value)
{
  g_autofree char *text = g_strdup_printf ("\n%s %s", what, value);
  GString *json = limn_json_write_begin ();

  limn_json_write_string (json, what, value);
  limn_bench_print (options, text, json);
}

/* What the processor reaches in one large product of matrices, by oneDNN. */
static bool
measure_peak (struct limn_bench_options *options, GError **error)
{
  g_autoptr (limn_device) device =
      limn_device_open (&(const struct limn_device_params){ .id = "cpu" }, error);

  options->peak = device ? limn_bench_matmul (device, NULL, error) : -1;
  if (options->peak > 0 && !options->json)
    printf ("%-26s %9.1f GFLOP/s\n", "matrix product by oneDNN", options->peak / 1e9);
  return options->peak > 0;
}

/* The same picture on every device that can be used, one after the other. */
static bool
bench_all (const struct limn_bench_options *options, GError **error)
{
  g_autoptr (GPtrArray) list = limn_devices_list ();
  struct limn_bench_options own = *options;
  bool good = measure_peak (&own, error);

  for (guint i = 0; good && i < list->len; i++) {
    const struct limn_device_info *info = g_ptr_array_index (list, i);

    own.device = info->id;
    if (info->missing)
      continue;
    print_string (options, "device", info->id);
    good = bench_one (&own, error);
  }
  return good;
}

bool
limn_bench_run_model (const struct limn_bench_options *options, GError **error)
{
  if (g_strcmp0 (options->device, "all") == 0)
    return bench_all (options, error);
  return bench_one (options, error);
}

/* --- memory --- */

static void
print_bytes (const struct limn_bench_options *options, const char *what, guint64 bytes)
{
  g_autofree char *amount = limn_format_bytes (bytes);
  g_autofree char *text =
      g_strdup_printf ("%-26s %-10s %15" G_GUINT64_FORMAT " bytes", what, amount, bytes);
  GString *json = limn_json_write_begin ();

  limn_json_write_string (json, "what", what);
  limn_json_write_uint (json, "bytes", bytes);
  limn_bench_print (options, text, json);
}

bool
limn_bench_run_memory (const struct limn_bench_options *options, GError **error)
{
  struct limn_bench_setting setting = { 0 };
  const struct limn_generate_params *params = &setting.drawing.params;
  guint64 forecast, peak, second;
  bool good = limn_bench_setting_init (options, &setting, error) &&
              limn_forecast (setting.device, options->model, params, &forecast, error) &&
              load (options, &setting, NULL, error) &&
              limn_bench_memory (setting.model, params, &peak, &second, NULL, error);

  if (good) {
    print_bytes (options, "forecast", forecast);
    print_bytes (options, "peak", peak);
    print_bytes (options, "a second picture adds", second);
  }
  limn_bench_setting_clear (&setting);
  return good;
}
