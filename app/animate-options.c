/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "animate-options.h"

#include "number.h"
#include "paths.h"

/* What is text until it is checked. */
struct raw {
  char *model, *frames, *precision, *threads, *seed, *redraw;
  char **rest;
};

static void
raw_clear (struct raw *raw)
{
  g_free (raw->model);
  g_free (raw->frames);
  g_free (raw->precision);
  g_free (raw->threads);
  g_free (raw->seed);
  g_free (raw->redraw);
  g_strfreev (raw->rest);
}

static GOptionContext *
make_context (struct limn_animate_options *options, struct raw *raw)
{
  const GOptionEntry entries[] = {
    { "frames", 0, 0, G_OPTION_ARG_STRING, &raw->frames, "Over the scene's (16)", "N" },
    { "model", 'm', 0, G_OPTION_ARG_FILENAME, &raw->model, "Over the scene's (the bundled one)",
      "PATH" },
    { "seed", 's', 0, G_OPTION_ARG_STRING, &raw->seed, "Over the scene's (random)", "N" },
    { "preview", 0, 0, G_OPTION_ARG_FILENAME, &options->preview,
      "Write the predicted middle frame after each step there", "FOLDER" },
    { "keep-latents", 0, 0, G_OPTION_ARG_FILENAME, &options->latents_out,
      "Keep what a part can be drawn again beside", "FILE" },
    { "redraw", 0, 0, G_OPTION_ARG_STRING, &raw->redraw,
      "Draw only these frames again, from 1, and keep the others as --latents has them",
      "FIRST-LAST" },
    { "latents", 0, 0, G_OPTION_ARG_FILENAME, &options->latents_in,
      "What --keep-latents kept of the same scene", "FILE" },
    { "device", 'd', 0, G_OPTION_ARG_STRING, &options->device, "An id of `limn devices`", "ID" },
    { "precision", 0, 0, G_OPTION_ARG_STRING, &raw->precision, "auto, f32, f16 or bf16", "NAME" },
    { "threads", 0, 0, G_OPTION_ARG_STRING, &raw->threads, "Of the device cpu (one a core)", "N" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options->json, "One JSON object a line", NULL },
    { "help", 'h', 0, G_OPTION_ARG_NONE, &options->help, "Print this", NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &raw->rest, NULL, NULL },
    { NULL },
  };
  GOptionContext *context = g_option_context_new ("SCENE.json|PROJECT.limn");

  g_option_context_set_help_enabled (context, FALSE);
  g_option_context_set_summary (context, "Draws a film from prompts, poses and sketches in time.");
  limn_film_options_add (&options->film_options, context, "Frames a second, over the scene's");
  g_option_context_add_main_entries (context, entries, NULL);
  return context;
}

char *
limn_animate_options_help (void)
{
  struct limn_animate_options options = { 0 };
  struct raw raw = { 0 };
  g_autoptr (GOptionContext) context = make_context (&options, &raw);

  return g_option_context_get_help (context, TRUE, NULL);
}

static bool
usage (GError **error, const char *sentence)
{
  g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, sentence);
  return false;
}

static bool
check_seed (struct limn_animate_options *options, const struct raw *raw, GError **error)
{
  const limn_scene *scene = options->scene;

  if (scene->seed >= 0)
    options->seed = (guint64) scene->seed;
  else if (scene->has_document_seed)
    options->seed = scene->document_seed;
  else
    options->seed = ((guint64) g_random_int () << 21) ^ g_random_int ();
  if (raw->seed == NULL ||
      g_ascii_string_to_unsigned (raw->seed, 10, 0, G_MAXUINT64, &options->seed, NULL))
    return true;
  return usage (error, "--seed wants a whole number from 0");
}

/* "FIRST-LAST" counts from 1. */
static bool
check_redraw (struct limn_animate_options *options, const struct raw *raw, GError **error)
{
  g_auto (GStrv) ends = raw->redraw != NULL ? g_strsplit (raw->redraw, "-", 2) : NULL;
  int first, last;

  if ((raw->redraw == NULL) != (options->latents_in == NULL))
    return usage (error, "--redraw and --latents go together");
  if (raw->redraw == NULL)
    return true;
  if (!limn_number_int ("--redraw", ends[0], 1, options->scene->frames, &first, error) ||
      !limn_number_int ("--redraw", ends[1] != NULL ? ends[1] : ends[0], first,
                        options->scene->frames, &last, error))
    return false;
  options->first = first - 1;
  options->count = last - first + 1;
  return true;
}

static bool
check (struct limn_animate_options *options, const struct raw *raw, GError **error)
{
  int precision = LIMN_PRECISION_AUTO;

  if (raw->rest == NULL || raw->rest[1] != NULL)
    return usage (error, "animate takes one scene");
  options->scene_path = g_strdup (raw->rest[0]);
  if (!limn_film_options_check (&options->film_options, &options->film, error) ||
      (raw->precision != NULL && !limn_number_choice ("--precision", raw->precision,
                                                      limn_precision_names, &precision, error)) ||
      (raw->threads != NULL &&
       !limn_number_int ("--threads", raw->threads, 1, 1024, &options->threads, error)))
    return false;
  options->precision = (limn_precision) precision;
  options->scene = limn_scene_load (options->scene_path, error);
  if (options->scene == NULL ||
      (raw->frames != NULL && !limn_number_int ("--frames", raw->frames, 1, LIMN_SCENE_MAX_FRAMES,
                                                &options->scene->frames, error)) ||
      !check_seed (options, raw, error) || !check_redraw (options, raw, error))
    return false;
  if (options->film.rate == 0)
    options->film.rate = options->scene->fps;
  limn_scene_expand (options->scene, options->seed);
  if (raw->model != NULL)
    options->scene->model = g_string_chunk_insert (options->scene->strings, raw->model);
  if (options->scene->model == NULL) {
    g_autofree char *model = limn_data_path (LIMN_STARTER_MODEL);

    options->scene->model = g_string_chunk_insert (options->scene->strings, model);
  }
  return true;
}

struct limn_animate_options *
limn_animate_options_parse (int argc, char **argv, GError **error)
{
  struct limn_animate_options *options = g_new0 (struct limn_animate_options, 1);
  struct raw raw = { 0 };
  g_autoptr (GOptionContext) context = make_context (options, &raw);
  bool good = g_option_context_parse (context, &argc, &argv, error) &&
              (options->help || check (options, &raw, error));

  raw_clear (&raw);
  if (!good)
    g_clear_pointer (&options, limn_animate_options_free);
  return options;
}

void
limn_animate_options_free (struct limn_animate_options *options)
{
  if (options == NULL)
    return;
  limn_scene_free (options->scene);
  limn_film_options_clear (&options->film_options);
  g_free (options->scene_path);
  g_free (options->preview);
  g_free (options->device);
  g_free (options->latents_in);
  g_free (options->latents_out);
  g_free (options);
}
