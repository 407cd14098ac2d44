/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "animate-options.h"
#include "command.h"
#include "json-writer.h"
#include "latents.h"
#include "paths.h"
#include "report.h"
#include "signals.h"

/* One run of `limn animate`. The work is done on a thread of its own; signals and output belong to
 * the main thread, which the worker sends lines. */
struct job {
  const struct limn_animate_options *options;
  GCancellable *cancellable; /* both threads */
  GMainLoop *loop;
  bool terminal;
  bool line_open; /* main thread */

  /* Worker. */
  limn_film_writer *writer;
  float *latents; /* [frames, n_latents], where they are kept */
  gsize n_latents;
  int width, height, drawn;
  struct limn_scene_controls controls;
  limn_scene_source *source; /* or NULL */
  GError *preview_error;
  GError *error; /* read by the main thread after joining */
};

/* --- worker to main thread --- */

struct line {
  struct job *job;
  char *text; /* NULL: the worker is done */
  bool passing;
};

static void
line_free (gpointer data)
{
  struct line *line = data;

  g_free (line->text);
  g_free (line);
}

/* A passing line is overwritten by the next one on a terminal. */
static gboolean
on_line (gpointer data)
{
  const struct line *line = data;
  struct job *job = line->job;
  bool over = job->terminal && !job->options->json;

  if (line->text == NULL) {
    if (job->line_open)
      printf ("\n");
    g_main_loop_quit (job->loop);
    return G_SOURCE_REMOVE;
  }
  printf ("%s%s%s", over && job->line_open ? "\r" : "", line->text,
          over && line->passing    ? "\033[K"
          : over && job->line_open ? "\033[K\n"
                                   : "\n");
  job->line_open = over && line->passing;
  fflush (stdout);
  if (ferror (stdout))
    g_cancellable_cancel (job->cancellable);
  return G_SOURCE_REMOVE;
}

/* Takes @text. */
static void
post (struct job *job, char *text, bool passing)
{
  struct line *line = g_new0 (struct line, 1);

  *line = (struct line){ job, text, passing };
  g_idle_add_full (G_PRIORITY_DEFAULT, on_line, line, line_free);
}

static GString *
json_event (const char *name)
{
  GString *json = limn_json_write_begin ();

  limn_json_write_string (json, "event", name);
  return json;
}

static void
post_json (struct job *job, GString *json)
{
  limn_json_write_end (json);
  post (job, g_string_free (json, FALSE), false);
}

/* --- worker --- */

static void
post_progress (struct job *job, const struct limn_event *event)
{
  int windows = MAX (event->windows, 1), done;
  double left;

  if (event->kind == LIMN_EVENT_STEP)
    done = event->step * windows;
  else if (event->kind == LIMN_EVENT_WINDOW)
    done = event->step * windows + event->window;
  else
    return;
  left = event->seconds / MAX (done, 1) * (event->steps * windows - done);
  if (job->options->json) {
    GString *json = json_event (event->kind == LIMN_EVENT_STEP ? "step" : "window");

    limn_json_write_uint (json, "step", (guint64) event->step);
    limn_json_write_uint (json, "steps", (guint64) event->steps);
    limn_json_write_uint (json, "window", (guint64) event->window);
    limn_json_write_uint (json, "windows", (guint64) event->windows);
    limn_json_write_double (json, "seconds", event->seconds);
    limn_json_write_uint (json, "memory", event->memory);
    post_json (job, json);
  } else if (job->terminal && windows > 1 && event->kind == LIMN_EVENT_WINDOW) {
    post (job,
          g_strdup_printf ("step %d/%d, window %d/%d, %.0f s, %.0f s left", event->step + 1,
                           event->steps, event->window, windows, event->seconds, left),
          true);
  } else if (event->kind == LIMN_EVENT_STEP) {
    post (job,
          g_strdup_printf ("step %d/%d, %.0f s, %.0f s left", event->step, event->steps,
                           event->seconds, left),
          true);
  }
}

static void
on_event (const struct limn_event *event, gpointer data)
{
  struct job *job = data;

  post_progress (job, event);
  if (event->kind == LIMN_EVENT_STEP && event->preview != NULL && job->preview_error == NULL) {
    g_autofree char *name = g_strdup_printf ("step-%03d.png", event->step);
    g_autofree char *path = g_build_filename (job->options->preview, name, NULL);

    if (!limn_png_save (event->preview, path, NULL, 0, &job->preview_error))
      g_cancellable_cancel (job->cancellable);
  }
}

static bool
on_frame (int frame,
          const limn_image *image,
          const float *latents,
          gsize n_latents,
          gpointer data,
          GError **error)
{
  struct job *job = data;
  int frames = job->options->scene->frames;

  if (job->options->latents_out != NULL) {
    if (job->latents == NULL)
      job->latents = g_new0 (float, (gsize) frames *n_latents);
    job->n_latents = n_latents;
    memcpy (job->latents + (gsize) frame * n_latents, latents, n_latents * sizeof (float));
  }
  if (!limn_film_writer_add (job->writer, image, error))
    return false;
  job->drawn++;
  if (job->terminal && !job->options->json)
    post (job, g_strdup_printf ("frame %d/%d", frame + 1, frames), true);
  return true;
}

static bool
set_motion (limn_model *model, const limn_scene *scene, GError **error)
{
  g_autofree struct limn_lora_file *loras = g_new0 (struct limn_lora_file, scene->loras->len + 1);
  struct limn_motion_params motion = {
    .path = scene->motion,
    .loras = loras,
    .n_loras = scene->loras->len,
    .adapter = { scene->adapter, (float) scene->adapter_strength },
  };

  for (guint i = 0; i < scene->loras->len; i++) {
    const struct limn_scene_lora *lora = &g_array_index (scene->loras, struct limn_scene_lora, i);

    loras[i] = (struct limn_lora_file){ lora->path, (float) lora->strength,
                                        lora->strengths != NULL && lora->strengths->len > 0 };
  }
  return (scene->motion == NULL && scene->adapter == NULL) ||
         limn_model_set_motion (model, &motion, error);
}

static bool
choose_size (struct job *job, limn_model *model, GError **error)
{
  const limn_scene *scene = job->options->scene;
  int multiple;

  limn_model_size (model, &job->width, &job->height, &multiple);
  if (scene->width > 0)
    job->width = scene->width;
  if (scene->height > 0)
    job->height = scene->height;
  if (scene->aspect > 0) {
    job->width = scene->width;
    job->height = scene->height;
    limn_model_fit (model, scene->aspect, &job->width, &job->height);
  }
  if (job->width % multiple == 0 && job->height % multiple == 0)
    return true;
  g_set_error (error, LIMN_ERROR, LIMN_ERROR_ARGUMENT,
               "%s: %d x %d pixels, wanted multiples of %d for the model %s",
               job->options->scene_path, job->width, job->height, multiple, scene->model);
  return false;
}

/* A sentence about what is not used. */
static void
post_note (struct job *job, const char *note)
{
  GString *json;

  if (!job->options->json) {
    post (job, g_strdup (note), false);
    return;
  }
  json = json_event ("note");
  limn_json_write_string (json, "text", note);
  post_json (job, json);
}

static bool
load_controls (struct job *job, GError **error)
{
  const limn_scene *scene = job->options->scene;
  const GPtrArray *warnings;

  if (!limn_scene_controls_init (&job->controls, scene, job->width, job->height, error))
    return false;
  for (guint i = 0; i < scene->notes->len; i++)
    post_note (job, scene->notes->pdata[i]);
  warnings = job->controls.inputs.warnings;
  for (guint i = 0; warnings != NULL && i < warnings->len; i++) {
    g_autofree char *project = g_filename_display_name (scene->project);
    g_autofree char *note = g_strdup_printf ("%s: %s", project, (char *) warnings->pdata[i]);

    post_note (job, note);
  }
  return true;
}

static bool
open_source (struct job *job, struct limn_animate_params *params, GError **error)
{
  const limn_scene *scene = job->options->scene;

  if (scene->source == NULL)
    return true;
  job->source = limn_scene_source_new (scene, job->width, job->height, error);
  params->source = limn_scene_source_read;
  params->source_data = job->source;
  return job->source != NULL;
}

static bool
open_film (struct job *job, const struct limn_generate_params *base, GError **error)
{
  struct limn_film_params film = job->options->film;
  g_autofree char *recipe = limn_scene_recipe (job->options->scene, base, &job->controls);

  film.width = job->width;
  film.height = job->height;
  film.recipe = recipe;
  job->writer = limn_film_writer_new (job->options->film_options.out, &film, error);
  return job->writer != NULL;
}

static struct limn_prompt_key *
make_prompts (const limn_scene *scene)
{
  struct limn_prompt_key *keys = g_new0 (struct limn_prompt_key, scene->prompts->len + 1);

  for (guint i = 0; i < scene->prompts->len; i++) {
    const struct limn_scene_prompt *key =
        &g_array_index (scene->prompts, struct limn_scene_prompt, i);

    keys[i] = (struct limn_prompt_key){ key->frame, key->prompt, key->negative };
  }
  return keys;
}

/* Of each LoRA at each frame: of float *, NULL where it has one for all. */
static GPtrArray *
make_strengths (const limn_scene *scene)
{
  GPtrArray *strengths = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < scene->loras->len; i++)
    g_ptr_array_add (
        strengths,
        limn_scene_strengths (scene, &g_array_index (scene->loras, struct limn_scene_lora, i)));
  return strengths;
}

static bool
draw (struct job *job, limn_model *model, GError **error)
{
  const struct limn_animate_options *options = job->options;
  const limn_scene *scene = options->scene;
  g_autofree struct limn_prompt_key *prompts = make_prompts (scene);
  g_autoptr (GPtrArray) strengths = make_strengths (scene);
  g_autofree float *latents = NULL;
  const struct limn_generate_params base = {
    .prompt = scene->prompt,
    .negative = scene->negative,
    .sampler = (limn_sampler_kind) scene->sampler,
    .sigmas = (limn_sigmas) scene->sigmas,
    .steps = scene->steps,
    .cfg = (float) scene->cfg,
    .cfg_rescale = (float) scene->cfg_rescale,
    .eta = scene->eta,
    .seed = options->seed,
    .width = job->width,
    .height = job->height,
    .preview = options->preview != NULL ? LIMN_PREVIEW_DECODER : LIMN_PREVIEW_NONE,
    .event = on_event,
    .event_data = job,
  };
  struct limn_animate_params params = {
    .base = &base,
    .frames = scene->frames,
    .prompts = prompts,
    .n_prompts = scene->prompts->len,
    .strengths = (const float *const *) strengths->pdata,
    .windows = { (limn_windows_kind) scene->windows_kind, scene->windows_length,
                 scene->windows_stride,
                 scene->windows_overlap == 0 ? LIMN_WINDOWS_NO_OVERLAP
                                             : MAX (scene->windows_overlap, 0) },
    .noise = (limn_animate_noise) scene->noise,
    .preview_frame = scene->frames / 2,
    .strength = (float) scene->strength,
    .first = options->first,
    .count = options->count,
    .frame = on_frame,
    .frame_data = job,
  };

  if (options->latents_in != NULL &&
      (latents = limn_latents_load (options->latents_in, scene->frames, &params.n_latents,
                                    error)) == NULL)
    return false;
  params.latents = latents;
  params.controls = job->controls.controls;
  params.n_controls = job->controls.count;
  return open_source (job, &params, error) && open_film (job, &base, error) &&
         limn_animate (model, &params, job->cancellable, error) &&
         limn_film_writer_finish (job->writer, error) &&
         (options->latents_out == NULL || limn_latents_save (options->latents_out, job->latents,
                                                             scene->frames, job->n_latents, error));
}

static void
post_result (struct job *job, double seconds)
{
  g_autofree char *path = g_filename_display_name (job->options->film_options.out);
  const char *encoder = limn_film_writer_encoder (job->writer);

  if (job->options->json) {
    GString *json = json_event ("result");

    limn_json_write_string (json, "path", path);
    limn_json_write_uint (json, "frames", (guint64) job->drawn);
    limn_json_write_uint (json, "width", (guint64) job->width);
    limn_json_write_uint (json, "height", (guint64) job->height);
    limn_json_write_uint (json, "seed", job->options->seed);
    limn_json_write_string (json, "encoder", encoder);
    limn_json_write_double (json, "seconds", seconds);
    post_json (job, json);
    return;
  }
  post (job,
        g_strdup_printf ("%s: %d frames, %dx%d, seed %" G_GUINT64_FORMAT ", by %s, %.1f s", path,
                         job->drawn, job->width, job->height, job->options->seed, encoder, seconds),
        false);
}

static bool
run (struct job *job, GError **error)
{
  const struct limn_animate_options *options = job->options;
  const struct limn_device_params params = {
    .id = options->device,
    .precision = options->precision,
    .threads = options->threads,
    .debug = limn_debug_from_environment (),
  };
  gint64 began = g_get_monotonic_time ();
  g_autoptr (limn_device) device = limn_device_open (&params, error);
  g_autoptr (limn_model) model = NULL;

  if (device == NULL)
    return false;
  if (!options->json)
    post (job, g_strdup_printf ("device: %s", limn_device_name (device)), false);
  model = limn_model_open (device, options->scene->model, error);
  if (model == NULL || !set_motion (model, options->scene, error) ||
      !choose_size (job, model, error) || !load_controls (job, error) || !draw (job, model, error))
    return false;
  post_result (job, (double) (g_get_monotonic_time () - began) / G_USEC_PER_SEC);
  return true;
}

static gpointer
worker (gpointer data)
{
  struct job *job = data;

  run (job, &job->error);
  post (job, NULL, false);
  return NULL;
}

/* --- main thread --- */

static void
job_clear (struct job *job)
{
  limn_scene_controls_clear (&job->controls);
  limn_scene_source_free (job->source);
  limn_film_writer_free (job->writer);
  g_free (job->latents);
  g_clear_error (&job->preview_error);
  g_clear_error (&job->error);
}

static int
run_job (const struct limn_animate_options *options)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  struct job job = {
    .options = options,
    .cancellable = cancellable,
    .loop = loop,
    .terminal = isatty (STDOUT_FILENO),
  };
  limn_signals *signals = limn_signals_watch (cancellable);
  GThread *thread = g_thread_new ("animate", worker, &job);
  int code = LIMN_EXIT_DONE;

  g_main_loop_run (loop);
  g_thread_join (thread);
  limn_signals_free (signals);
  if (ferror (stdout)) {
    g_clear_error (&job.error);
    g_set_error (&job.error, LIMN_ERROR, LIMN_ERROR_FILE, "standard output cannot be written");
  }
  if (job.preview_error != NULL)
    code = limn_report_failure (job.preview_error);
  else if (job.error != NULL)
    code = limn_report_failure (job.error);
  job_clear (&job);
  return code;
}

int
limn_command_animate (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  struct limn_animate_options *options;
  int code;

  g_set_prgname ("limn animate");
  options = limn_animate_options_parse (argc, argv, &error);
  if (options == NULL && error->domain == G_OPTION_ERROR)
    return limn_report_usage ("animate", error->message);
  if (options == NULL)
    return limn_report_failure (error);
  if (options->help) {
    g_autofree char *text = limn_animate_options_help ();

    fputs (text, stdout);
    code = LIMN_EXIT_DONE;
  } else if (!limn_check_output (options->film_options.out, &error) ||
             (options->preview != NULL && !limn_make_folder (options->preview, &error))) {
    code = limn_report_failure (error);
  } else {
    code = run_job (options);
  }
  limn_animate_options_free (options);
  return code;
}
