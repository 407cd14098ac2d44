/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench.h"

#include <stdio.h>
#include <string.h>

#include "bench-random.h"
#include "command.h"
#include "number.h"
#include "paths.h"
#include "report.h"

/* The command line of `limn bench`. */

#define MODEL_STEPS 5

struct bench {
  const char *name, *summary;
  int least_steps;
  bool takes_file;
  bool (*run) (const struct limn_bench_options *options, GError **error);
  bool (*run_window) (bool json, GError **error); /* in place of @run */
};

typedef struct limn_bench_options options_t;

static void
options_clear (options_t *options)
{
  g_free (options->model);
  g_free (options->motion);
  g_free (options->device);
  g_free (options->precision);
  g_free (options->size);
  g_free (options->scribble);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (options_t, options_clear)

static bool
bench_random (const struct limn_bench_options *options, GError **error)
{
  return limn_bench_random (options->file, limn_bench_precision (options) == LIMN_PRECISION_F32,
                            options->json, error);
}

static const struct bench benches[] = {
  { "ops", "each operator at the shapes of Stable Diffusion 1.5: time, rate, share of a matmul", 1,
    false, limn_bench_run_ops },
  { "model", "a picture: load, text, step by operator, decode", 2, false, limn_bench_run_model },
  { "memory", "the most memory that a picture needs, beside the forecast", 1, false,
    limn_bench_run_memory },
  { "animate", "clips of 16, 64 and 256 frames: memory beside the forecast, a step's time", 2,
    false, limn_bench_run_animate },
  { "smoothness", "how far neighbouring frames of FILE, a film or folder, lie apart", 1, true,
    limn_bench_run_smoothness },
  { "start", "the program from start to end; with a display, the window too", 1, false,
    limn_bench_run_start },
  { "make-random-sd15", "writes FILE, a checkpoint of Stable Diffusion 1.5's size", 1, true,
    bench_random },
};

/* By limn_bench_add(). */
static struct bench added[4];
static guint n_added;

void
limn_bench_add (const char *name, const char *summary, bool (*run) (bool json, GError **error))
{
  g_assert (n_added < G_N_ELEMENTS (added));
  added[n_added++] =
      (struct bench){ .name = name, .summary = summary, .least_steps = 1, .run_window = run };
}

static const struct bench *
find_bench (const char *name)
{
  for (guint i = 0; i < n_added; i++)
    if (strcmp (added[i].name, name) == 0)
      return &added[i];
  for (gsize i = 0; i < G_N_ELEMENTS (benches); i++)
    if (strcmp (benches[i].name, name) == 0)
      return &benches[i];
  return NULL;
}

static char *
summary (void)
{
  GString *text = g_string_new ("Measures speed and memory. NAME is one of\n");

  for (gsize i = 0; i < G_N_ELEMENTS (benches); i++)
    g_string_append_printf (text, "  %-16s %s\n", benches[i].name, benches[i].summary);
  for (guint i = 0; i < n_added; i++)
    g_string_append_printf (text, "  %-16s %s\n", added[i].name, added[i].summary);
  return g_string_free (text, FALSE);
}

static bool
check_options (const struct bench *bench, struct limn_bench_options *options, GError **error)
{
  if (options->steps < bench->least_steps || options->steps > 1000) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "--steps is %d and must be a whole number from %d to 1000", options->steps,
                 bench->least_steps);
    return false;
  }
  if (options->precision && !g_strv_contains (limn_precision_names, options->precision)) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "--precision is \"%s\" and must be one of auto, f32, f16, bf16",
                 options->precision);
    return false;
  }
  if (options->size &&
      !limn_number_size ("--size", options->size, &options->width, &options->height, error))
    return false;
  if (!options->model)
    options->model = limn_data_path ("models/starter");
  if (!options->scribble)
    options->scribble = limn_data_path ("samples/balloon.png");
  return true;
}

int
limn_command_bench (int argc, char **argv)
{
  g_auto (options_t) options = { .steps = MODEL_STEPS };
  const GOptionEntry entries[] = {
    { "model", 'm', 0, G_OPTION_ARG_FILENAME, &options.model, "The model to draw with", "PATH" },
    { "motion", 0, 0, G_OPTION_ARG_FILENAME, &options.motion, "Motion modules, for animate",
      "PATH" },
    { "scribble", 's', 0, G_OPTION_ARG_FILENAME, &options.scribble,
      "The drawing, used where the model has a ControlNet for it", "FILE" },
    { "size", 0, 0, G_OPTION_ARG_STRING, &options.size, "Of the picture", "WIDTHxHEIGHT" },
    { "steps", 0, 0, G_OPTION_ARG_INT, &options.steps,
      "Steps to time; model and animate take 2 or more", "N" },
    { "device", 'd', 0, G_OPTION_ARG_STRING, &options.device,
      "An id of `limn devices`; for model also all", "ID" },
    { "precision", 0, 0, G_OPTION_ARG_STRING, &options.precision,
      "auto, f32, f16 or bf16; of a checkpoint: f16 unless it is f32", "NAME" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options.json, "One JSON object a line", NULL },
    { "help", 'h', 0, G_OPTION_ARG_NONE, &options.help, "Print this", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("NAME [FILE]");
  g_autofree char *text = summary ();
  g_autoptr (GError) error = NULL;
  const struct bench *bench;

  g_set_prgname ("limn bench");
  g_option_context_set_help_enabled (context, FALSE);
  g_option_context_set_summary (context, text);
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    return limn_report_usage ("bench", error->message);
  if (options.help) {
    g_autofree char *help = g_option_context_get_help (context, TRUE, NULL);

    fputs (help, stdout);
    return LIMN_EXIT_DONE;
  }
  bench = argc >= 2 ? find_bench (argv[1]) : NULL;
  if (!bench || (argc > 2 && !bench->takes_file))
    return limn_report_usage (
        "bench",
        "bench takes one name: ops, model, memory, animate, start, canvas, smoothness FILE or "
        "make-random-sd15 FILE");
  if (bench->takes_file && argc != 3) {
    g_autofree char *sentence = g_strconcat (bench->name, " takes the name of one file", NULL);

    return limn_report_usage ("bench", sentence);
  }
  options.file = bench->takes_file ? argv[2] : NULL;
  if (!check_options (bench, &options, &error))
    return limn_report_usage ("bench", error->message);
  if (!(bench->run_window ? bench->run_window (options.json, &error)
                          : bench->run (&options, &error)))
    return limn_report_failure (error);
  return LIMN_EXIT_DONE;
}
