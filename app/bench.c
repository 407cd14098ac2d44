/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "bench-animate.h"
#include "bench-random.h"
#include "command.h"
#include "json-writer.h"
#include "limn.h"
#include "number.h"
#include "paths.h"
#include "report.h"

/* `limn bench`: speed and memory. It measures, it does not judge: there is no bound in here. */

#define MODEL_STEPS 5
#define START_RUNS 5
#define BENCH_SEED 42
#define BENCH_PROMPT "red balloon on sky"

struct options {
  char *model, *motion, *device, *precision, *size;
  char *scribble;
  const char *file; /* borrowed: the operand of make-random-sd15 and smoothness */
  int steps, width, height;
  double peak; /* FLOP/s of the processor's matrix product; 0: not measured */
  gboolean json, help;
};
typedef struct options options_t;

struct bench {
  const char *name, *summary;
  int least_steps;
  bool takes_file;
  bool (*run) (const struct options *options, GError **error);
  bool (*run_window) (bool json, GError **error); /* in place of @run */
};

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

/* A line of results: text for people, an object for programs. Takes @json. */
static void
print_line (const struct options *options, const char *text, GString *json)
{
  limn_json_write_end (json);
  printf ("%s\n", options->json ? json->str : text);
  fflush (stdout);
  g_string_free (json, TRUE);
}

static limn_precision
precision_of (const struct options *options)
{
  int precision = LIMN_PRECISION_AUTO;

  while (options->precision && !g_str_equal (limn_precision_names[precision], options->precision))
    precision++;
  return (limn_precision) precision;
}

static limn_device *
open_device (const struct options *options, GError **error)
{
  limn_device *device = limn_device_open (
      &(const struct limn_device_params){
          .id = options->device,
          .precision = precision_of (options),
          .debug = limn_debug_from_environment (),
      },
      error);

  if (device && !options->json)
    printf ("%s\n", limn_device_name (device));
  return device;
}

/* --- operators --- */

static void
print_op (const struct limn_bench_op *op, gpointer data)
{
  const struct options *options = data;
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
  print_line (options, text, json);
}

static bool
bench_ops (const struct options *options, GError **error)
{
  g_autoptr (limn_device) device = open_device (options, error);

  return device && limn_bench_ops (device, print_op, (gpointer) options, NULL, error);
}

/* --- a model --- */

struct drawing {
  limn_image *image;
  struct limn_control control;
  struct limn_generate_params params;
};

/* The sample scribble where the model has the ControlNet for it, else the prompt alone. */
static bool
load_drawing (const struct options *options, struct drawing *drawing, GError **error)
{
  g_autofree char *control = g_build_filename (options->model, "controlnet-scribble", NULL);
  g_autoptr (limn_image) read = NULL;

  *drawing = (struct drawing){
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

static void
print_seconds (const struct options *options, const char *what, double seconds)
{
  g_autofree char *text = g_strdup_printf ("%-26s %9.4f s", what, seconds);
  GString *json = limn_json_write_begin ();

  limn_json_write_string (json, "what", what);
  limn_json_write_double (json, "milliseconds", seconds * 1e3);
  print_line (options, text, json);
}

static void
print_rate (const struct options *options, const struct limn_bench_model *result)
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
  print_line (options, text, json);
}

static void
print_model (const struct options *options, const struct limn_bench_model *result, double load)
{
  double sum = 0;

  print_seconds (options, "load", load);
  print_seconds (options, "text and control pictures", result->text);
  print_seconds (options, "step", result->step);
  print_rate (options, result);
  print_seconds (options, "decode", result->decode);
  print_seconds (options, "picture", result->total);
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
    print_line (options, text, json);
  }
}

/* What both benches of a model need. */
struct setting {
  limn_device *device;
  limn_model *model;
  struct drawing drawing;
  double load; /* seconds */
};

static void
close_setting (struct setting *setting)
{
  limn_image_free (setting->drawing.image);
  limn_model_free (setting->model);
  limn_device_free (setting->device);
}

/* Everything but the model, which the forecast does without. */
static bool
prepare (const struct options *options, struct setting *setting, GError **error)
{
  setting->device = open_device (options, error);
  return setting->device && load_drawing (options, &setting->drawing, error);
}

static bool
load (const struct options *options, struct setting *setting, GError **error)
{
  gint64 start = g_get_monotonic_time ();

  setting->model = limn_model_open (setting->device, options->model, error);
  setting->load = (double) (g_get_monotonic_time () - start) / G_USEC_PER_SEC;
  return setting->model != NULL;
}

static bool
bench_one (const struct options *options, GError **error)
{
  struct setting setting = { 0 };
  struct limn_bench_model *result = NULL;

  if (prepare (options, &setting, error) && load (options, &setting, error))
    result = limn_bench_model (setting.model, &setting.drawing.params, NULL, error);
  if (result)
    print_model (options, result, setting.load);
  close_setting (&setting);
  limn_bench_model_free (result);
  return result != NULL;
}

static void
print_string (const struct options *options, const char *what, const char *value)
{
  g_autofree char *text = g_strdup_printf ("\n%s %s", what, value);
  GString *json = limn_json_write_begin ();

  limn_json_write_string (json, what, value);
  print_line (options, text, json);
}

/* What the processor reaches in one large product of matrices, by oneDNN. */
static bool
measure_peak (struct options *options, GError **error)
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
bench_all (const struct options *options, GError **error)
{
  g_autoptr (GPtrArray) list = limn_devices_list ();
  struct options own = *options;
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

static bool
bench_model (const struct options *options, GError **error)
{
  if (g_strcmp0 (options->device, "all") == 0)
    return bench_all (options, error);
  return bench_one (options, error);
}

/* --- memory --- */

static void
print_bytes (const struct options *options, const char *what, guint64 bytes)
{
  g_autofree char *amount = limn_format_bytes (bytes);
  g_autofree char *text =
      g_strdup_printf ("%-26s %-10s %15" G_GUINT64_FORMAT " bytes", what, amount, bytes);
  GString *json = limn_json_write_begin ();

  limn_json_write_string (json, "what", what);
  limn_json_write_uint (json, "bytes", bytes);
  print_line (options, text, json);
}

static bool
bench_memory (const struct options *options, GError **error)
{
  struct setting setting = { 0 };
  const struct limn_generate_params *params = &setting.drawing.params;
  guint64 forecast, peak, second;
  bool good = prepare (options, &setting, error) &&
              limn_forecast (setting.device, options->model, params, &forecast, error) &&
              load (options, &setting, error) &&
              limn_bench_memory (setting.model, params, &peak, &second, NULL, error);

  if (good) {
    print_bytes (options, "forecast", forecast);
    print_bytes (options, "peak", peak);
    print_bytes (options, "a second picture adds", second);
  }
  close_setting (&setting);
  return good;
}

/* --- animations --- */

/* Of a picture where --size does not say it: clips shall take a minute on a small machine. */
#define CLIP_SIDE 64

static bool
bench_animate (const struct options *options, GError **error)
{
  struct options own = *options;
  struct setting setting = { 0 };
  bool good;

  if (!own.size)
    own.width = own.height = CLIP_SIDE;
  good = prepare (&own, &setting, error) &&
         limn_bench_clips (setting.device, own.model, own.motion, &setting.drawing.params,
                           setting.drawing.image, own.json, error);
  close_setting (&setting);
  return good;
}

static bool
bench_smoothness (const struct options *options, GError **error)
{
  return limn_bench_film (options->file, options->json, error);
}

/* --- start --- */

/* The shortest of some runs of this program; negative with @error when one fails. */
static double
time_program (const char *const *argv, GError **error)
{
  double best = -1;

  for (int i = 0; i < START_RUNS; i++) {
    gint64 start = g_get_monotonic_time ();
    g_autoptr (GSubprocess) process =
        g_subprocess_newv (argv, G_SUBPROCESS_FLAGS_STDOUT_SILENCE, error);
    double seconds;

    if (!process || !g_subprocess_wait_check (process, NULL, error))
      return -1;
    seconds = (double) (g_get_monotonic_time () - start) / G_USEC_PER_SEC;
    best = best < 0 ? seconds : MIN (best, seconds);
  }
  return best;
}

/* What the window tells when LIMN_MEASURE_START asks it to: "frame N" and "ready N", in
 * microseconds of the same clock as here. */
static bool
read_moment (const char *output, const char *name, gint64 start, double *best, GError **error)
{
  const char *line = strstr (output, name);
  gint64 moment = line != NULL ? g_ascii_strtoll (line + strlen (name), NULL, 10) : 0;
  double seconds = (double) (moment - start) / G_USEC_PER_SEC;

  if (moment <= start) {
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_FORMAT, "the window did not say when it was there");
    return false;
  }
  *best = *best < 0 ? seconds : MIN (*best, seconds);
  return true;
}

/* One start of the window, away from the person's drawings. */
static bool
time_window (const char *program, const char *folder, double *frame, double *ready, GError **error)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (
      G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  g_autoptr (GSubprocess) process = NULL;
  g_autofree char *output = NULL;
  gint64 start;

  g_subprocess_launcher_setenv (launcher, "LIMN_MEASURE_START", "1", TRUE);
  g_subprocess_launcher_setenv (launcher, "XDG_STATE_HOME", folder, TRUE);
  g_subprocess_launcher_setenv (launcher, "GSETTINGS_BACKEND", "memory", TRUE);
  start = g_get_monotonic_time ();
  process = g_subprocess_launcher_spawn (launcher, error, program, NULL);
  return process != NULL &&
         g_subprocess_communicate_utf8 (process, NULL, NULL, &output, NULL, error) &&
         g_subprocess_wait_check (process, NULL, error) &&
         read_moment (output, "frame ", start, frame, error) &&
         read_moment (output, "ready ", start, ready, error);
}

static bool
bench_window (const struct options *options,
              const char *program,
              const char *folder,
              GError **error)
{
  double frame = -1, ready = -1;

  for (int i = 0; i < START_RUNS; i++)
    if (!time_window (program, folder, &frame, &ready, error))
      return false;
  print_seconds (options, "first frame of the window", frame);
  print_seconds (options, "ready to draw a picture", ready);
  return true;
}

static void
remove_folder (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (folder, name, NULL);

    if (g_file_test (path, G_FILE_TEST_IS_DIR) && !g_file_test (path, G_FILE_TEST_IS_SYMLINK))
      remove_folder (path);
    else
      remove (path);
  }
  remove (folder);
}

static bool
bench_start (const struct options *options, GError **error)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", error);
  g_autofree char *folder = program ? g_dir_make_tmp ("limn-bench-XXXXXX", error) : NULL;
  g_autofree char *out = folder ? g_build_filename (folder, "start.png", NULL) : NULL;
  const char *version[] = { program, "version", NULL };
  const char *devices[] = { program, "devices", NULL };
  const char *picture[] = { program,    "generate", "--model", options->model,
                            "--prompt", "start",    "--steps", "1",
                            "--cfg",    "1",        "--seed",  "1",
                            "--out",    out,        NULL };
  const struct {
    const char *what, *const *argv;
  } runs[] = {
    { "start and end", version },
    { "with the list of devices", devices },
    { "with a picture of one step", picture },
  };
  bool good = out != NULL;

  for (gsize i = 0; good && i < G_N_ELEMENTS (runs); i++) {
    double seconds = time_program (runs[i].argv, error);
    good = seconds >= 0;
    if (good)
      print_seconds (options, runs[i].what, seconds);
  }
  if (good && (g_getenv ("DISPLAY") != NULL || g_getenv ("WAYLAND_DISPLAY") != NULL))
    good = bench_window (options, program, folder, error);
  if (folder)
    remove_folder (folder);
  return good;
}

/* --- a checkpoint --- */

static bool
bench_random (const struct options *options, GError **error)
{
  return limn_bench_random (options->file, precision_of (options) == LIMN_PRECISION_F32,
                            options->json, error);
}

/* --- the command line --- */

static const struct bench benches[] = {
  { "ops", "each operator at the shapes of Stable Diffusion 1.5: time, rate, share of a matmul", 1,
    false, bench_ops },
  { "model", "a picture: load, text, step by operator, decode", 2, false, bench_model },
  { "memory", "the most memory that a picture needs, beside the forecast", 1, false, bench_memory },
  { "animate", "clips of 16, 64 and 256 frames: memory beside the forecast, a step's time", 2,
    false, bench_animate },
  { "smoothness", "how far neighbouring frames of FILE, a film or folder, lie apart", 1, true,
    bench_smoothness },
  { "start", "the program from start to end; with a display, the window too", 1, false,
    bench_start },
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
check_options (const struct bench *bench, struct options *options, GError **error)
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
