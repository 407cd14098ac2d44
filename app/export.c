/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "film-options.h"
#include "json-writer.h"
#include "limn.h"
#include "number.h"
#include "paths.h"
#include "recipe.h"
#include "report.h"
#include "signals.h"

struct options {
  char **inputs; /* PNGs, or one folder or film */
  struct limn_film_options film;
  char *size, *loops, *recipe;
  gboolean json, help;
};

static void
options_clear (struct options *options)
{
  g_strfreev (options->inputs);
  limn_film_options_clear (&options->film);
  g_free (options->size);
  g_free (options->loops);
  g_free (options->recipe);
}

/* --- frames --- */

/* Where frames come from: a reader, or the files of options->inputs. */
struct source {
  limn_film_reader *reader;
  char **files;
  guint next;
  int width, height;
  double rate;       /* 0: nobody says */
  limn_image *first; /* already read */
  char *recipe;      /* or NULL */
};

static void
source_clear (struct source *source)
{
  limn_film_reader_free (source->reader);
  limn_image_free (source->first);
  g_free (source->recipe);
}

/* NULL at the end, or with @error. */
static limn_image *
source_next (struct source *source, GError **error)
{
  if (source->first != NULL)
    return g_steal_pointer (&source->first);
  if (source->reader != NULL)
    return limn_film_reader_next (source->reader, error);
  if (source->files[source->next] == NULL)
    return NULL;
  return limn_png_load (source->files[source->next++], error);
}

/* What the first of them says of itself, or NULL. */
static char *
png_recipe (const char *path)
{
  g_autoptr (GPtrArray) texts = limn_png_texts_load (path, NULL);

  return texts != NULL ? g_strdup (limn_png_texts_find (texts, LIMN_RECIPE_TEXT)) : NULL;
}

static bool
source_open (struct source *source, char **inputs, GError **error)
{
  g_autofree char *lower = g_ascii_strdown (inputs[0], -1);
  bool is_png = g_str_has_suffix (lower, ".png");

  source->files = inputs;
  if (inputs[1] == NULL && !is_png) {
    source->reader = limn_film_reader_new (inputs[0], error);
    if (source->reader == NULL)
      return false;
    limn_film_reader_info (source->reader, &source->width, &source->height, &source->rate);
    source->recipe = g_strdup (limn_film_reader_recipe (source->reader));
    return true;
  }
  source->first = source_next (source, error);
  if (source->first == NULL)
    return false;
  source->width = source->first->width;
  source->height = source->first->height;
  source->recipe = png_recipe (inputs[0]);
  return true;
}

/* --- the film --- */

static bool
parse_params (const struct options *options, struct limn_film_params *params, GError **error)
{
  return limn_film_options_check (&options->film, params, error) &&
         (options->loops == NULL ||
          limn_number_int ("--loops", options->loops, 0, 65535, &params->loops, error)) &&
         (options->size == NULL || limn_number_size ("--size", options->size, &params->out_width,
                                                     &params->out_height, error));
}

struct progress {
  bool json, terminal;
  gint64 began;
  guint count, total; /* 0: not known */
};

static void
tell_frame (const struct progress *progress)
{
  double seconds = (double) (g_get_monotonic_time () - progress->began) / G_USEC_PER_SEC;

  if (progress->json) {
    printf ("{\"event\":\"frame\",\"frame\":%u,\"frames\":%u,\"seconds\":%.3f}\n", progress->count,
            progress->total, seconds);
  } else if (progress->terminal) {
    printf ("\rframe %u", progress->count);
    if (progress->total > 0)
      printf (" of %u, %.0f s left", progress->total,
              seconds / progress->count * (progress->total - progress->count));
    printf ("\033[K");
  }
  fflush (stdout);
}

static void
tell_result (const struct options *options,
             const struct progress *progress,
             const limn_film_writer *writer)
{
  const char *encoder = limn_film_writer_encoder (writer);
  g_autofree char *path = g_filename_display_name (options->film.out);
  GString *json;

  if (!progress->json) {
    printf ("%s%s: %u frames by %s\n", progress->terminal ? "\r\033[K" : "", path, progress->count,
            encoder);
    return;
  }
  json = limn_json_write_begin ();
  limn_json_write_string (json, "event", "result");
  limn_json_write_string (json, "path", path);
  limn_json_write_string (json, "encoder", encoder);
  limn_json_write_uint (json, "frames", progress->count);
  limn_json_write_end (json);
  printf ("%s\n", json->str);
  g_string_free (json, TRUE);
}

static bool
write_frames (struct source *source,
              limn_film_writer *writer,
              struct progress *progress,
              GCancellable *cancellable,
              GError **error)
{
  for (;;) {
    g_autoptr (GError) problem = NULL;
    g_autoptr (limn_image) frame = source_next (source, &problem);

    while (g_main_context_iteration (NULL, FALSE))
      ;
    if (g_cancellable_is_cancelled (cancellable)) {
      g_set_error_literal (error, LIMN_ERROR, LIMN_ERROR_CANCELLED, "cancelled");
      return false;
    }
    if (problem != NULL) {
      g_propagate_error (error, g_steal_pointer (&problem));
      return false;
    }
    if (frame == NULL)
      return limn_film_writer_finish (writer, error);
    if (!limn_film_writer_add (writer, frame, error))
      return false;
    progress->count++;
    tell_frame (progress);
  }
}

static bool export(const struct options *options, struct limn_film_params *params, GError **error)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (limn_film_writer) writer = NULL;
  struct source source = { 0 };
  struct progress progress = { .json = options->json,
                               .terminal = isatty (STDOUT_FILENO),
                               .began = g_get_monotonic_time () };
  limn_signals *signals = limn_signals_watch (cancellable);
  bool good = source_open (&source, options->inputs, error);

  if (good) {
    params->width = source.width;
    params->height = source.height;
    params->rate = params->rate > 0 ? params->rate : source.rate;
    params->recipe = options->recipe != NULL ? options->recipe : source.recipe;
    progress.total = source.reader == NULL ? g_strv_length (options->inputs) : 0;
    writer = limn_film_writer_new (options->film.out, params, error);
    good = writer != NULL && write_frames (&source, writer, &progress, cancellable, error);
  }
  if (good)
    tell_result (options, &progress, writer);
  else if (progress.terminal && !progress.json && progress.count > 0)
    printf ("\n");
  limn_signals_free (signals);
  source_clear (&source);
  return good;
}

/* --- the command line --- */

static GOptionContext *
make_context (struct options *options)
{
  const GOptionEntry entries[] = {
    { "size", 0, 0, G_OPTION_ARG_STRING, &options->size, "Of the film, in pixels", "WIDTHxHEIGHT" },
    { "loops", 0, 0, G_OPTION_ARG_STRING, &options->loops,
      "How often a GIF or APNG is shown; 0 for ever (0)", "N" },
    { "recipe", 0, 0, G_OPTION_ARG_STRING, &options->recipe,
      "Text for the film's metadata (that of what is read)", "TEXT" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options->json, "One JSON object a line", NULL },
    { "help", 'h', 0, G_OPTION_ARG_NONE, &options->help, "Print this", NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->inputs, NULL, NULL },
    { NULL },
  };
  GOptionContext *context = g_option_context_new ("FRAME.png...|FOLDER|FILM");

  g_option_context_set_help_enabled (context, FALSE);
  g_option_context_set_summary (context, "Turns frames into a film, or a film into another.");
  limn_film_options_add (&options->film, context,
                         "Frames a second (that of the film that is read, else 8)");
  g_option_context_add_main_entries (context, entries, NULL);
  return context;
}

static int
run (struct options *options, GOptionContext *context, int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  struct limn_film_params params = { 0 };

  if (!g_option_context_parse (context, &argc, &argv, &error))
    return limn_report_usage ("export", error->message);
  if (options->help) {
    g_autofree char *text = g_option_context_get_help (context, TRUE, NULL);

    fputs (text, stdout);
    return LIMN_EXIT_DONE;
  }
  if (options->inputs == NULL)
    return limn_report_usage ("export", "export takes frames, a folder of them, or a film");
  if (!parse_params (options, &params, &error))
    return limn_report_usage ("export", error->message);
  if (!limn_check_output (options->film.out, &error) || !export(options, &params, &error))
    return limn_report_failure (error);
  return limn_report_written ();
}

int
limn_command_export (int argc, char **argv)
{
  struct options options = { 0 };
  g_autoptr (GOptionContext) context = make_context (&options);
  int code;

  g_set_prgname ("limn export");
  code = run (&options, context, argc, argv);
  options_clear (&options);
  return code;
}
