/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "limn.h"
#include "recipe.h"

/* A ControlNet to load beside those of the model: `--controlnet TYPE=FOLDER`. */
struct limn_controlnet_spec {
  char *type, *folder;
};

/* `--lora FILE:STRENGTH` */
struct limn_lora_spec {
  char *path;
  double strength; /* -10 to 10 */
};

/* What the command line of `limn generate` asks for, checked as far as that is possible without
 * opening anything. */
struct limn_generate_options {
  char *model;                    /* never NULL */
  char *prompt, *negative;        /* UTF-8, never NULL */
  char *scribble;                 /* already one of @controls as well */
  char *out;                      /* NULL: limn-SEED.png */
  char *preview;                  /* folder, or NULL */
  limn_preview preview_kind;      /* of what goes there */
  char *device;                   /* NULL for the best */
  GPtrArray *controls;            /* of limn_control_spec */
  GPtrArray *controlnets;         /* of limn_controlnet_spec */
  GPtrArray *loras;               /* of limn_lora_spec */
  limn_control_mode control_mode; /* already in each of @controls */
  GPtrArray *guides;              /* of limn_guide_spec */
  limn_sampler_kind sampler;
  limn_sigmas sigmas;
  limn_rng_kind rng;
  int prediction; /* a limn_prediction, or -1 for what the model says */
  limn_precision precision;
  int threads; /* of the device cpu; 0: one on each core */
  guint64 seed;
  gboolean has_seed;
  int count; /* pictures, with seeds that go up by one */
  int steps;
  int width, height; /* 0 for the model's own */
  double cfg, cfg_rescale, eta;
  char *init, *mask; /* files, or NULL */
  int mask_blur;     /* pixels */
  double strength;
  double hires_scale; /* 0: no hires fix */
  double hires_strength;
  int hires_steps; /* 0: as many as @steps */
  limn_upscale hires_upscale;
  int vae_tile; /* as in limn_generate_params */
  char *from;   /* a picture whose recipe gives what the command line does not, or NULL */

  /* With @from, after its recipe was read: */
  limn_recipe *recipe;                       /* owned; else NULL */
  const limn_image *init_image, *mask_image; /* of @recipe, where @init and @mask are NULL */
  gboolean model_given;                      /* @model is not what the recipe says */
  gboolean loras_given;                      /* nor are @loras */
  /* Whether they were written by a person, on the command line, and not by a recipe, which has them
   * expanded already. */
  gboolean prompt_given, negative_given;

  gboolean plain_prompt;
  gboolean json, help;
};

/* NULL with an error of G_OPTION_ERROR for wrong usage. Changes @argv as GOption does. */
struct limn_generate_options *limn_generate_options_parse (int argc, char **argv, GError **error);
/* The same over @base, which is taken: with --from, what the recipe says. A list on the command
 * line replaces that of @base. */
struct limn_generate_options *limn_generate_options_parse_over (struct limn_generate_options *base,
                                                                int argc,
                                                                char **argv,
                                                                GError **error);
/* The defaults, with no text and no seed. */
struct limn_generate_options *limn_generate_options_new (void);
void limn_generate_options_free (struct limn_generate_options *options);

/* Takes @path. */
void
limn_generate_options_add_lora (struct limn_generate_options *options, char *path, double strength);

/* The file of picture @i, from 0; the caller frees it. */
char *limn_generate_options_out (const struct limn_generate_options *options, int i);

/* What `limn generate --help` prints; the caller frees it. */
char *limn_generate_options_help (void);

/* Takes "dpm++2m", "DPM++ 2M Karras", "dpmpp_2m", "Euler", ... */
bool limn_sampler_from_name (const char *name, limn_sampler_kind *kind);
