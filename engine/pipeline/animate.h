/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pipeline/animate-denoiser.h"
#include "pipeline/animate-prompt.h"
#include "pipeline/animate-windows.h"
#include "pipeline/job.h"

/* What controls see at each frame, and of what the denoiser has been shown. */
typedef struct limn_animation_views limn_animation_views;

/* An animation under way. Latents are [frames, h, w, c] on the host; the device has one window of
 * them at a time. */
struct limn_animation {
  struct limn_job job; /* of params->base: checks, events, decoding */
  struct limn_stage stage;
  const struct limn_animate_params *params; /* borrowed, as all pointers but those below */
  struct limn_windows windows;              /* with its defaults filled in */
  struct limn_schedule schedule;
  bool shared_noise;
  int frames, first, end; /* frames @first to @end - 1 are drawn */
  gsize size, count;      /* floats of the latents of a frame, and of all frames */
  limn_controlnet *controls[LIMN_MAX_BRANCHES];

  /* Owned: */
  limn_prompt_track *prompt, *negative; /* @negative only with guidance */
  limn_animate_denoiser *denoiser;
  limn_animation_views *views; /* what controls see */
  int *shown; /* the frames whose context and pictures the denoiser has; -1 at first */
};

/* Checks all of the parameters, loads ControlNets and fills in defaults. LIMN_ERROR_ARGUMENT or
 * what loading says. */
bool limn_animation_begin (struct limn_animation *animation, GError **error);
/* Bytes of latents on the host, and those of all finished pictures. */
bool limn_animation_host_bytes (struct limn_animation *animation,
                                guint64 *latents,
                                guint64 *pictures,
                                GError **error);
/* Encodes prompts and pictures of controls and makes the denoiser. */
bool limn_animation_prepare (struct limn_animation *animation, GError **error);
void limn_animation_clear (struct limn_animation *animation);

/* @image as RGB floats from @low to 1 at the size of the animation; the caller frees them. */
float *
limn_animation_floats (const struct limn_animation *animation, const limn_image *image, float low);
/* Pictures of controls; those of which the network sees the latents are encoded. */
limn_animation_views *limn_animation_views_new (struct limn_animation *animation, GError **error);
void limn_animation_views_free (limn_animation_views *views);
/* Shows the denoiser what controls see at these frames of a window. */
bool
limn_animation_views_show (struct limn_animation *animation, const int *frames, GError **error);
/* The most bytes that embedded pictures take on the host. */
guint64 limn_animation_views_bytes (const struct limn_animation *animation);
/* The latents of params->source, frame by frame into [frames, h, w, c]; those of frames that are
 * not drawn stay as they are. Random numbers come from job.rng. */
bool limn_animation_encode (struct limn_animation *animation, float *latents, GError **error);
/* @count normal numbers from job.rng, drawn as diffusers' AnimateDiffPipeline draws them: channel
 * by channel, frame by frame in each. */
void limn_animation_draw_noise (struct limn_animation *animation, float *noise, gsize count);

/* The solver of all frames at once, with noise from job.rng. */
limn_sampler *limn_animation_sampler (struct limn_animation *animation, GError **error);
/* Whether one of these frames is drawn. */
bool limn_animation_draws (const struct limn_animation *animation, const int *frames, int length);

/* Gives the denoiser what it must know of the frames of a window: as many as a window has. */
bool limn_animation_show (struct limn_animation *animation, const int *frames, GError **error);
/* The weights of the controls, [controls, length], in step @step of @steps. */
void limn_animation_weights (const struct limn_animation *animation,
                             const int *frames,
                             int length,
                             int step,
                             int steps,
                             float *weights);
