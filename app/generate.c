/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "control.h"
#include "generate-inputs.h"
#include "guide.h"
#include "json-writer.h"
#include "limn.h"
#include "paths.h"
#include "progress.h"
#include "prompt-expand.h"
#include "recipe-json.h"
#include "recipe-options.h"
#include "recipe-text.h"
#include "report.h"
#include "signals.h"

/* Bytes of texts with which Pillow, and so most programs in this field, still opens a PNG. What is
 * longer, by pictures of many megabytes, is left out. */
#define MAX_TEXT (63 << 20)

/* One run of `limn generate`. The work is done on a thread of its own; signals and all output
 * belong to the main thread, which the worker reaches by messages. */
struct job {
  const struct limn_generate_options *options;
  int picture;               /* from 0: which of options->count is drawn */
  GCancellable *cancellable; /* both threads */

  /* Main thread. */
  GMainLoop *loop;
  limn_progress *progress;
  GError *output_error;

  /* Worker; the main thread reads them after joining. */
  GError *preview_error;
  GError *error;
  char *model_name;
  limn_recipe *recipe; /* of the picture at hand */
};

struct post {
  struct job *job;
  struct limn_progress_message *message; /* NULL: the worker is done */
};

/* --- worker to main thread --- */

static gboolean
on_post (gpointer data)
{
  struct post *post = data;
  struct job *job = post->job;

  if (post->message == NULL)
    g_main_loop_quit (job->loop);
  else if (job->output_error == NULL &&
           !limn_progress_show (job->progress, post->message, &job->output_error))
    g_cancellable_cancel (job->cancellable);
  return G_SOURCE_REMOVE;
}

static void
post_free (gpointer data)
{
  struct post *post = data;

  limn_progress_message_free (post->message);
  g_free (post);
}

/* Takes @message. Sources of one priority are dispatched in the order of their posting. */
static void
post (struct job *job, struct limn_progress_message *message)
{
  struct post *item = g_new0 (struct post, 1);

  item->job = job;
  item->message = message;
  g_idle_add_full (G_PRIORITY_DEFAULT, on_post, item, post_free);
}

static struct limn_progress_message *
message_new (limn_progress_kind kind)
{
  struct limn_progress_message *message = g_new0 (struct limn_progress_message, 1);

  message->kind = kind;
  return message;
}

/* --- worker --- */

/* A preview that cannot be written ends the job: somebody waits for it. Returns its path. */
static char *
save_preview (struct job *job, const limn_image *image, int step)
{
  g_autofree char *name = job->options->count > 1
                              ? g_strdup_printf ("picture-%d-step-%03d.png", job->picture + 1, step)
                              : g_strdup_printf ("step-%03d.png", step);
  g_autofree char *path = g_build_filename (job->options->preview, name, NULL);

  if (job->preview_error != NULL)
    return NULL;
  if (!limn_png_save (image, path, NULL, 0, &job->preview_error)) {
    g_cancellable_cancel (job->cancellable);
    return NULL;
  }
  return g_steal_pointer (&path);
}

static void
on_event (const struct limn_event *event, gpointer data)
{
  static const limn_progress_kind kinds[] = {
    [LIMN_EVENT_TEXT] = LIMN_PROGRESS_TEXT,
    [LIMN_EVENT_STEP] = LIMN_PROGRESS_STEP,
    [LIMN_EVENT_DECODE] = LIMN_PROGRESS_DECODE,
  };
  struct job *job = data;
  struct limn_progress_message *message = message_new (kinds[event->kind]);

  message->step = event->step;
  message->steps = event->steps;
  message->seconds = event->seconds;
  message->memory = event->memory;
  message->chunks = event->chunks;
  if (event->preview != NULL && job->options->preview != NULL)
    message->path = save_preview (job, event->preview, event->step);
  post (job, message);
}

static bool
add_controlnets (struct job *job, limn_model *model, GError **error)
{
  for (guint i = 0; i < job->options->controlnets->len; i++) {
    const struct limn_controlnet_spec *spec = g_ptr_array_index (job->options->controlnets, i);

    if (!limn_model_add_control (model, spec->type, spec->folder, error))
      return false;
  }
  return true;
}

static bool
add_loras (struct job *job, limn_model *model, GError **error)
{
  guint n = job->options->loras->len;
  g_autofree struct limn_lora_file *files = g_new0 (struct limn_lora_file, n + 1);

  for (guint i = 0; i < n; i++) {
    const struct limn_lora_spec *spec = g_ptr_array_index (job->options->loras, i);

    files[i] = (struct limn_lora_file){ .path = spec->path, .strength = (float) spec->strength };
  }
  return limn_model_set_loras (model, files, n, error);
}

static void
post_start (struct job *job, const struct limn_generate_params *params)
{
  struct limn_progress_message *message = message_new (LIMN_PROGRESS_START);

  message->name = g_strdup (job->model_name);
  message->width = params->width;
  message->height = params->height;
  message->steps = params->steps;
  message->seed = params->seed;
  message->picture = job->picture + 1;
  message->pictures = job->options->count;
  post (job, message);
}

/* The weights are looked at when the first picture is there: all of them were loaded then. */
static limn_recipe *
make_recipe (struct job *job,
             const limn_device *device,
             const struct limn_generate_params *params,
             GError **error)
{
  if (job->recipe == NULL)
    job->recipe = limn_recipe_for (job->options, limn_device_name (device), error);
  if (job->recipe != NULL)
    job->recipe->params = *params;
  return job->recipe;
}

static bool
save_result (struct job *job, const limn_image *image, const char *path, GError **error)
{
  g_autofree char *text = limn_recipe_to_text (job->recipe);
  g_autofree char *json = limn_recipe_to_json (job->recipe, error);
  const struct limn_png_text texts[] = {
    { LIMN_RECIPE_TEXT, text },
    { LIMN_RECIPE_KEY, json, .utf8 = true },
  };
  gsize n_texts = json != NULL && strlen (text) + strlen (json) < MAX_TEXT ? 2 : 1;

  if (json == NULL)
    return false;
  if (g_cancellable_is_cancelled (job->cancellable)) {
    g_set_error_literal (error, LIMN_ERROR, LIMN_ERROR_CANCELLED, "cancelled");
    return false;
  }
  return limn_png_save (image, path, texts, n_texts, error);
}

/* Draws one picture and saves it. */
static bool
draw (struct job *job,
      limn_device *device,
      limn_model *model,
      const struct limn_generate_params *params,
      GError **error)
{
  g_autofree char *path = limn_generate_options_out (job->options, job->picture);
  g_autoptr (limn_image) image = NULL;
  struct limn_progress_message *message;
  gint64 begin = g_get_monotonic_time ();
  guint64 current, peak;

  post_start (job, params);
  image = limn_generate (model, params, job->cancellable, error);
  if (image == NULL || make_recipe (job, device, params, error) == NULL ||
      !save_result (job, image, path, error))
    return false;

  limn_device_memory_use (device, &current, &peak);
  message = message_new (LIMN_PROGRESS_RESULT);
  message->path = g_steal_pointer (&path);
  message->seed = params->seed;
  message->width = image->width;
  message->height = image->height;
  message->seconds = (double) (g_get_monotonic_time () - begin) / G_USEC_PER_SEC;
  message->memory = peak;
  post (job, message);
  return true;
}

/* What the options say word for word. */
static struct limn_generate_params
copy_options (const struct limn_generate_options *options)
{
  return (struct limn_generate_params){
    .prompt = options->prompt,
    .negative = options->negative,
    .plain_prompt = options->plain_prompt,
    .sampler = options->sampler,
    .sigmas = options->sigmas,
    .steps = options->steps,
    .cfg = (float) options->cfg,
    .cfg_rescale = (float) options->cfg_rescale,
    .eta = options->eta,
    .seed = options->seed,
    .rng = options->rng,
    .mask_blur = options->mask_blur,
    .strength = (float) options->strength,
    .hires_scale = (float) options->hires_scale,
    .hires_strength = (float) options->hires_strength,
    .hires_steps = options->hires_steps,
    .hires_upscale = options->hires_upscale,
    .vae_tile = options->vae_tile,
    .preview = options->preview != NULL ? options->preview_kind : LIMN_PREVIEW_NONE,
  };
}

/* One for each of the options' guides. */
static struct limn_guide *
make_guides (const struct limn_generate_options *options, const struct limn_generate_inputs *inputs)
{
  struct limn_guide *guides = g_new0 (struct limn_guide, options->guides->len + 1);

  for (guint i = 0; i < options->guides->len; i++) {
    const struct limn_guide_spec *spec = g_ptr_array_index (options->guides, i);

    guides[i] = (struct limn_guide){
      .kind = spec->kind,
      .colour = { spec->colour[0], spec->colour[1], spec->colour[2] },
      .brightness = spec->brightness,
      .drawing = inputs->drawings->pdata[i],
      .x = spec->x,
      .y = spec->y,
      .width = spec->width,
      .height = spec->height,
      .weight = spec->weight,
    };
  }
  return guides;
}

/* @text for one picture, which its recipe gets, too. The caller frees it. */
static char *
expand_text (const struct limn_generate_options *options,
             const char *text,
             bool given,
             guint64 seed)
{
  return given && !options->plain_prompt ? limn_prompt_expand (text, seed) : g_strdup (text);
}

/* Picture job->picture, from 0. */
static bool
draw_next (struct job *job,
           limn_device *device,
           limn_model *model,
           struct limn_generate_params *params,
           GError **error)
{
  const struct limn_generate_options *options = job->options;
  guint64 seed = options->seed + (guint64) job->picture;
  g_autofree char *prompt = expand_text (options, options->prompt, options->prompt_given, seed);
  g_autofree char *negative =
      expand_text (options, options->negative, options->negative_given, seed);

  params->seed = seed;
  params->prompt = prompt;
  params->negative = negative;
  return draw (job, device, model, params, error);
}

/* All pictures that were asked for, one after the other. */
static bool
draw_all (struct job *job,
          limn_device *device,
          limn_model *model,
          struct limn_generate_inputs *inputs,
          GError **error)
{
  const struct limn_generate_options *options = job->options;
  guint n = options->controls->len;
  g_autofree struct limn_control *controls = g_new0 (struct limn_control, n + 1);
  g_autofree struct limn_guide *guides = NULL;
  struct limn_generate_params params = copy_options (options);
  double scale = MAX (options->hires_scale, 1);

  if (!limn_generate_inputs_size (inputs, options, model, &params.width, &params.height, error))
    return false;
  limn_generate_inputs_prepare (inputs, options, (int) (params.width * scale),
                                (int) (params.height * scale));
  guides = make_guides (options, inputs);
  for (guint i = 0; i < n; i++) {
    const struct limn_control_spec *spec = g_ptr_array_index (options->controls, i);

    controls[i] = (struct limn_control){
      .type = spec->type,
      .image = inputs->controls->pdata[i],
      .weight = spec->weight,
      .start = spec->start,
      .end = spec->end,
      .mode = spec->mode,
    };
  }
  params.controls = controls;
  params.n_controls = n;
  params.guides = guides;
  params.n_guides = options->guides->len;
  params.init = inputs->init;
  params.mask = inputs->mask;
  params.event = on_event;
  params.event_data = job;
  /* The forecast knows the model's own ControlNets only. */
  if (options->controlnets->len == 0 &&
      !limn_forecast_check (device, options->model, &params, error))
    return false;
  for (job->picture = 0; job->picture < options->count; job->picture++)
    if (!draw_next (job, device, model, &params, error))
      return false;
  return true;
}

static bool
open_and_draw (struct job *job, struct limn_generate_inputs *inputs, GError **error)
{
  const struct limn_generate_options *options = job->options;
  const struct limn_device_params params = {
    .id = options->device,
    .precision = options->precision,
    .threads = options->threads,
    .debug = limn_debug_from_environment (),
  };
  struct limn_progress_message *message;
  g_autoptr (limn_device) device = limn_device_open (&params, error);
  g_autoptr (limn_model) model = NULL;

  if (device == NULL)
    return false;
  message = message_new (LIMN_PROGRESS_LOAD);
  message->name = g_strdup (limn_device_name (device));
  post (job, message);
  model = limn_model_open (device, options->model, error);
  if (model == NULL || !add_controlnets (job, model, error) || !add_loras (job, model, error))
    return false;
  if (options->prediction >= 0)
    limn_model_set_prediction (model, (limn_prediction) options->prediction);
  return draw_all (job, device, model, inputs, error);
}

static bool
run (struct job *job, GError **error)
{
  struct limn_generate_inputs inputs;
  bool good = limn_generate_inputs_load (&inputs, job->options, error) &&
              open_and_draw (job, &inputs, error);

  limn_generate_inputs_clear (&inputs);
  return good;
}

static gpointer
worker (gpointer data)
{
  struct job *job = data;

  run (job, &job->error);
  post (job, NULL);
  return NULL;
}

/* --- main thread --- */

static char *
base_name (const char *path)
{
  g_autofree char *whole = g_canonicalize_filename (path, NULL);
  g_autofree char *name = g_path_get_basename (whole);

  return g_utf8_make_valid (name, -1);
}

/* What went wrong first: a failed output or preview cancels, so that the engine's own error only
 * tells of the cancelling. */
static const GError *
job_failure (const struct job *job)
{
  if (job->output_error != NULL)
    return job->output_error;
  if (job->preview_error != NULL)
    return job->preview_error;
  return job->error;
}

static int
run_job (const struct limn_generate_options *options)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (limn_progress) progress = limn_progress_new (stdout, options->json);
  g_autofree char *model_name = base_name (options->model);
  struct job job = {
    .options = options,
    .cancellable = cancellable,
    .loop = loop,
    .progress = progress,
    .model_name = model_name,
  };
  limn_signals *signals = limn_signals_watch (cancellable);
  GThread *thread = g_thread_new ("generate", worker, &job);
  const GError *failure;
  int code = LIMN_EXIT_DONE;

  g_main_loop_run (loop);
  g_thread_join (thread);
  limn_signals_free (signals);

  failure = job_failure (&job);
  if (failure != NULL) {
    limn_progress_fail (progress, failure);
    code = limn_report_failure (failure);
  }
  limn_recipe_free (job.recipe);
  g_clear_error (&job.output_error);
  g_clear_error (&job.preview_error);
  g_clear_error (&job.error);
  return code;
}

static bool
check_outputs (const struct limn_generate_options *options, GError **error)
{
  for (int i = 0; i < options->count; i++) {
    g_autofree char *path = limn_generate_options_out (options, i);

    if (!limn_check_output (path, error))
      return false;
  }
  return options->preview == NULL || limn_make_folder (options->preview, error);
}

static int
check_and_run (const struct limn_generate_options *options)
{
  g_autoptr (GError) error = NULL;

  if (check_outputs (options, &error))
    return run_job (options);
  return limn_report_failure (error);
}

/* What a recipe asks for in vain, in one line on stdout. */
static void
tell_notes (const struct limn_generate_options *options, const char *notes)
{
  g_autofree char *from = g_filename_display_name (options->from);
  GString *json;

  if (!options->json) {
    printf ("%s: not used: %s\n", from, notes);
    return;
  }
  json = limn_json_write_begin ();
  limn_json_write_string (json, "event", "recipe");
  limn_json_write_string (json, "path", from);
  limn_json_write_string (json, "unused", notes);
  limn_json_write_end (json);
  printf ("%s\n", json->str);
  g_string_free (json, TRUE);
}

/* With --from: the same arguments over what the recipe says. Takes @options. */
static struct limn_generate_options *
add_recipe (struct limn_generate_options *options, int argc, char **argv, GError **error)
{
  g_autofree char *notes = NULL;
  struct limn_generate_options *all = limn_recipe_options (options, argc, argv, &notes, error);

  limn_generate_options_free (options);
  if (all != NULL && notes != NULL)
    tell_notes (all, notes);
  return all;
}

static int
report (const GError *error)
{
  if (error->domain == LIMN_ERROR)
    return limn_report_failure (error);
  return limn_report_usage ("generate", error->message);
}

int
limn_command_generate (int argc, char **argv)
{
  g_autofree char **again = g_memdup2 (argv, sizeof (char *) * (gsize) (argc + 1));
  g_autoptr (GError) error = NULL;
  struct limn_generate_options *options = limn_generate_options_parse (argc, argv, &error);
  int code;

  if (options != NULL && options->help) {
    g_autofree char *text = limn_generate_options_help ();

    fputs (text, stdout);
    limn_generate_options_free (options);
    return LIMN_EXIT_DONE;
  }
  if (options != NULL && options->from != NULL)
    options = add_recipe (options, argc, again, &error);
  if (options == NULL)
    return report (error);
  code = check_and_run (options);
  limn_generate_options_free (options);
  return code;
}
