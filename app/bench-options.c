/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench.h"

#include <stdio.h>

#include "json-writer.h"

#define BENCH_SEED 42
#define BENCH_PROMPT "red balloon on sky"

void
limn_bench_print (const struct limn_bench_options *options, const char *text, GString *json)
{
  limn_json_write_end (json);
  printf ("%s\n", options->json ? json->str : text);
  fflush (stdout);
  g_string_free (json, TRUE);
}

void
limn_bench_print_seconds (const struct limn_bench_options *options,
                          const char *what,
                          double seconds)
{
  g_autofree char *text = g_strdup_printf ("%-26s %9.4f s", what, seconds);
  GString *json = limn_json_write_begin ();

  limn_json_write_string (json, "what", what);
  limn_json_write_double (json, "milliseconds", seconds * 1e3);
  limn_bench_print (options, text, json);
}

limn_precision
limn_bench_precision (const struct limn_bench_options *options)
{
  int precision = LIMN_PRECISION_AUTO;

  while (options->precision && !g_str_equal (limn_precision_names[precision], options->precision))
    precision++;
  return (limn_precision) precision;
}

limn_device *
limn_bench_open_device (const struct limn_bench_options *options, GError **error)
{
  limn_device *device = limn_device_open (
      &(const struct limn_device_params){
          .id = options->device,
          .precision = limn_bench_precision (options),
          .debug = limn_debug_from_environment (),
      },
      error);

  if (device && !options->json)
    printf ("%s\n", limn_device_name (device));
  return device;
}

static bool
load_drawing (const struct limn_bench_options *options,
              struct limn_bench_drawing *drawing,
              GError **error)
{
  g_autofree char *control = g_build_filename (options->model, "controlnet-scribble", NULL);
  g_autoptr (limn_image) read = NULL;

  *drawing = (struct limn_bench_drawing){
    .params = {
      .prompt = BENCH_PROMPT,
      .steps = options->steps,
      .seed = BENCH_SEED,
      .width = options->width,
      .height = options->height,
    },
  };
  if (!g_file_test (control, G_FILE_TEST_IS_DIR))
    return true;
  read = limn_picture_load (options->scribble, 0, error);
  if (!read)
    return false;
  drawing->image = limn_image_scribble (read);
  drawing->control = (struct limn_control){ "scribble", drawing->image, .weight = 1, .end = 1 };
  drawing->params.controls = &drawing->control;
  drawing->params.n_controls = 1;
  return true;
}

void
limn_bench_setting_clear (struct limn_bench_setting *setting)
{
  limn_image_free (setting->drawing.image);
  limn_model_free (setting->model);
  limn_device_free (setting->device);
}

bool
limn_bench_setting_init (const struct limn_bench_options *options,
                         struct limn_bench_setting *setting,
                         GError **error)
{
  setting->device = limn_bench_open_device (options, error);
  return setting->device && load_drawing (options, &setting->drawing, error);
}
