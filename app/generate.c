/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "command.h"
#include "control.h"
#include "fit.h"
#include "generate-options.h"
#include "limn.h"
#include "paths.h"
#include "progress.h"
#include "recipe.h"
#include "report.h"
#include "signals.h"

/* One run of `limn generate`. The work is done on a thread of its own; signals and all output
 * belong to the main thread, which the worker reaches by messages. */
struct job {
  const struct limn_generate_options *options;
  GCancellable *cancellable; /* both threads */

  /* Main thread. */
  GMainLoop *loop;
  limn_progress *progress;
  GError *output_error;

  /* Worker; the main thread reads them after joining. */
  GError *preview_error;
  GError *error;
  char *model_name;
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
  g_autofree char *name = g_strdup_printf ("step-%03d.png", step);
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

/* The pictures of all controls, in the order of the command line. */
static GPtrArray *
load_images (struct job *job, GError **error)
{
  g_autoptr (GPtrArray) images = g_ptr_array_new_with_free_func ((GDestroyNotify) limn_image_free);

  for (guint i = 0; i < job->options->controls->len; i++) {
    const struct limn_control_spec *spec = g_ptr_array_index (job->options->controls, i);
    limn_image *image = limn_png_load (spec->file, error);

    if (image == NULL)
      return NULL;
    g_ptr_array_add (images, image);
  }
  return g_steal_pointer (&images);
}

/* Brings every picture into the form that its network sees. */
static void
prepare_images (struct job *job, GPtrArray *images, int width, int height)
{
  for (guint i = 0; i < images->len; i++) {
    const struct limn_control_spec *spec = g_ptr_array_index (job->options->controls, i);
    limn_image *fitted = limn_fit (images->pdata[i], width, height);

    if (g_str_equal (spec->type, "scribble")) {
      limn_image *lines = limn_image_scribble (fitted);

      limn_image_free (fitted);
      fitted = lines;
    }
    limn_image_free (images->pdata[i]);
    images->pdata[i] = fitted;
  }
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
pick_size (struct job *job, const limn_model *model, int *width, int *height, GError **error)
{
  int multiple;

  limn_model_size (model, width, height, &multiple);
  if (job->options->width == 0)
    return true;
  *width = job->options->width;
  *height = job->options->height;
  if (*width % multiple == 0 && *height % multiple == 0)
    return true;
  g_set_error (error, LIMN_ERROR, LIMN_ERROR_ARGUMENT,
               "--size is %dx%d and both must be multiples of %d for the model %s", *width, *height,
               multiple, job->options->model);
  return false;
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
  post (job, message);
}

static bool
save_result (struct job *job,
             const struct limn_generate_params *params,
             const limn_image *image,
             GError **error)
{
  g_autofree char *recipe = limn_recipe_a1111 (params, job->model_name);
  const struct limn_png_text texts[] = { { "parameters", recipe } };

  if (g_cancellable_is_cancelled (job->cancellable)) {
    g_set_error_literal (error, LIMN_ERROR, LIMN_ERROR_CANCELLED, "cancelled");
    return false;
  }
  return limn_png_save (image, job->options->out, texts, G_N_ELEMENTS (texts), error);
}

/* Draws and saves with an open model; @images are as their networks see them. */
static bool
draw (struct job *job, limn_device *device, limn_model *model, GPtrArray *images, GError **error)
{
  const struct limn_generate_options *options = job->options;
  g_autofree struct limn_control *controls = g_new0 (struct limn_control, images->len + 1);
  struct limn_generate_params params = {
    .prompt = options->prompt,
    .negative = options->negative,
    .plain_prompt = options->plain_prompt,
    .controls = controls,
    .n_controls = images->len,
    .sampler = options->sampler,
    .steps = options->steps,
    .cfg = (float) options->cfg,
    .seed = options->seed,
    .preview = options->preview != NULL,
    .event = on_event,
    .event_data = job,
  };
  g_autoptr (limn_image) image = NULL;
  struct limn_progress_message *message;
  gint64 begin = g_get_monotonic_time ();
  guint64 current, peak;

  if (!pick_size (job, model, &params.width, &params.height, error))
    return false;
  prepare_images (job, images, params.width, params.height);
  for (guint i = 0; i < images->len; i++) {
    const struct limn_control_spec *spec = g_ptr_array_index (options->controls, i);

    controls[i] = (struct limn_control){
      .type = spec->type,
      .image = images->pdata[i],
      .weight = spec->weight,
      .start = spec->start,
      .end = spec->end,
      .mode = spec->mode,
    };
  }
  post_start (job, &params);
  image = limn_generate (model, &params, job->cancellable, error);
  if (image == NULL || !save_result (job, &params, image, error))
    return false;

  limn_device_memory_use (device, &current, &peak);
  message = message_new (LIMN_PROGRESS_RESULT);
  message->path = g_strdup (options->out);
  message->seed = params.seed;
  message->width = image->width;
  message->height = image->height;
  message->seconds = (double) (g_get_monotonic_time () - begin) / G_USEC_PER_SEC;
  message->memory = peak;
  post (job, message);
  return true;
}

static bool
run (struct job *job, GError **error)
{
  const struct limn_generate_options *options = job->options;
  const struct limn_device_params params = {
    .id = options->device,
    .precision = options->precision,
    .debug = limn_debug_from_environment (),
  };
  struct limn_progress_message *message;
  g_autoptr (GPtrArray) images = NULL;
  g_autoptr (limn_device) device = NULL;
  g_autoptr (limn_model) model = NULL;

  images = load_images (job, error);
  if (images == NULL)
    return false;
  device = limn_device_open (&params, error);
  if (device == NULL)
    return false;
  message = message_new (LIMN_PROGRESS_LOAD);
  message->name = g_strdup (limn_device_name (device));
  post (job, message);
  model = limn_model_open (device, options->model, error);
  if (model == NULL || !add_controlnets (job, model, error))
    return false;
  return draw (job, device, model, images, error);
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
  g_clear_error (&job.output_error);
  g_clear_error (&job.preview_error);
  g_clear_error (&job.error);
  return code;
}

static int
check_and_run (const struct limn_generate_options *options)
{
  g_autoptr (GError) error = NULL;

  if (limn_check_output (options->out, &error) &&
      (options->preview == NULL || limn_make_folder (options->preview, &error)))
    return run_job (options);
  return limn_report_failure (error);
}

int
limn_command_generate (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  struct limn_generate_options *options = limn_generate_options_parse (argc, argv, &error);
  int code;

  if (options == NULL)
    return limn_report_usage ("generate", error->message);
  if (options->help) {
    g_autofree char *text = limn_generate_options_help ();

    fputs (text, stdout);
    limn_generate_options_free (options);
    return LIMN_EXIT_DONE;
  }
  code = check_and_run (options);
  limn_generate_options_free (options);
  return code;
}
