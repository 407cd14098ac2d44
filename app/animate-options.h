/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "film-options.h"
#include "scene.h"

/* What the command line of `limn animate` asks for. */
struct limn_animate_options {
  char *scene_path;
  limn_scene *scene; /* with what the command line says over it */
  char *preview, *device, *latents_in, *latents_out;
  limn_precision precision;
  int threads;
  guint64 seed;
  int first, count; /* the frames to draw again; count 0: all */
  struct limn_film_options film_options;
  struct limn_film_params film; /* sizes and recipe are not known here */
  gboolean json, help;
};

/* NULL with G_OPTION_ERROR for wrong usage, LIMN_ERROR where the scene cannot be read. With
 * @options->help nothing else is set. */
struct limn_animate_options *limn_animate_options_parse (int argc, char **argv, GError **error);
void limn_animate_options_free (struct limn_animate_options *options);
/* The text of --help; the caller frees it. */
char *limn_animate_options_help (void);
