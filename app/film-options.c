/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "film-options.h"

#include "number.h"

void
limn_film_options_add (struct limn_film_options *options,
                       GOptionContext *context,
                       const char *rate_words)
{
  const GOptionEntry entries[] = {
    { "out", 'o', 0, G_OPTION_ARG_FILENAME, &options->out,
      "The film: .mp4, .webm, .gif, .apng, or .png for NAME-0001.png and so on", "FILE" },
    { "format", 'f', 0, G_OPTION_ARG_STRING, &options->format,
      "h264, h265, vp9, av1, gif, apng or png, where the end of FILE does not say it", "NAME" },
    { "quality", 'q', 0, G_OPTION_ARG_STRING, &options->quality, "Of the film, 1 to 100 (80)",
      "N" },
    { "fps", 'r', 0, G_OPTION_ARG_STRING, &options->rate, rate_words, "N" },
    { "encoder", 0, 0, G_OPTION_ARG_STRING, &options->encoder,
      "FFmpeg's name of the encoder (the best that is there)", "NAME" },
    { NULL },
  };

  g_option_context_add_main_entries (context, entries, NULL);
}

static bool
check_kind (const struct limn_film_options *options, int *kind, GError **error)
{
  g_autofree char *shown = NULL;

  if (options->format != NULL)
    return limn_number_choice ("--format", options->format, limn_film_names, kind, error);
  *kind = limn_film_kind_of (options->out);
  if (*kind >= 0)
    return true;
  shown = g_filename_display_name (options->out);
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "the end of \"%s\" names no format, and --format is missing", shown);
  return false;
}

bool
limn_film_options_check (const struct limn_film_options *options,
                         struct limn_film_params *params,
                         GError **error)
{
  int kind;

  if (options->out == NULL) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--out is missing");
    return false;
  }
  if (!check_kind (options, &kind, error))
    return false;
  params->kind = (limn_film_kind) kind;
  params->encoder = options->encoder;
  return (options->rate == NULL ||
          limn_number_double ("--fps", options->rate, 0.1, 240, &params->rate, error)) &&
         (options->quality == NULL ||
          limn_number_int ("--quality", options->quality, 1, 100, &params->quality, error));
}

void
limn_film_options_clear (struct limn_film_options *options)
{
  g_free (options->out);
  g_free (options->format);
  g_free (options->quality);
  g_free (options->rate);
  g_free (options->encoder);
}
