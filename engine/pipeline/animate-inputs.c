/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "pipeline/animate.h"

/* What the networks are told beside the latents: prompts and pictures by frame. */

static limn_prompt_track *
make_track (struct limn_animation *animation, bool negative, GError **error)
{
  const struct limn_animate_params *params = animation->params;
  const char *base = negative ? params->base->negative : params->base->prompt;
  int n = MAX ((int) params->n_prompts, 1);
  g_autofree int *frames = g_new0 (int, n);
  g_autofree const char **prompts = g_new0 (const char *, n);

  prompts[0] = base;
  for (gsize i = 0; i < params->n_prompts; i++) {
    const char *own = negative ? params->prompts[i].negative : params->prompts[i].prompt;

    frames[i] = params->prompts[i].frame;
    prompts[i] = own ? own : base;
  }
  return limn_prompt_track_new (animation->job.model->prompts, frames, prompts, n,
                                params->base->plain_prompt, animation->job.cancellable, error);
}

static bool
make_tracks (struct limn_animation *animation, GError **error)
{
  GCancellable *cancellable = animation->job.cancellable;
  int chunks;

  animation->prompt = make_track (animation, false, error);
  if (!animation->prompt)
    return false;
  chunks = limn_prompt_track_chunks (animation->prompt);
  if (animation->job.guided) {
    animation->negative = make_track (animation, true, error);
    if (!animation->negative)
      return false;
    chunks = MAX (chunks, limn_prompt_track_chunks (animation->negative));
  }
  return limn_prompt_track_pad (animation->prompt, chunks, cancellable, error) &&
         (!animation->negative ||
          limn_prompt_track_pad (animation->negative, chunks, cancellable, error));
}

static int
tokens_of (const struct limn_animation *animation)
{
  return limn_prompt_track_chunks (animation->prompt) *
         limn_prompt_encoder_tokens (animation->job.model->prompts);
}

/* One for each position of each frame of each clip in a window. */
static bool
make_strengths (const struct limn_animation *animation,
                const struct limn_animate_denoiser_params *window,
                GError **error)
{
  gsize pictures = (gsize) window->n * (gsize) window->frames;
  limn_motion *motion = animation->job.model->motion;

  return !motion || limn_motion_set_lines (
                        motion, pictures * (gsize) window->width * (gsize) window->height, error);
}

static bool
make_denoiser (struct limn_animation *animation, GError **error)
{
  limn_model *model = animation->job.model;
  const struct limn_animate_params *params = animation->params;
  int factor = limn_vae_factor (model->vae);
  int length = MIN (animation->windows.length, animation->frames);
  struct limn_animate_denoiser_params wanted = {
    .n = animation->job.guided ? 2 : 1,
    .frames = length,
    .width = animation->stage.width / factor,
    .height = animation->stage.height / factor,
    .tokens = tokens_of (animation),
    .motion = model->motion,
    .n_controls = (int) params->n_controls,
  };

  for (gsize i = 0; i < params->n_controls; i++) {
    wanted.controls[i] = animation->controls[i];
    wanted.modes[i] = params->controls[i].mode;
  }
  animation->shown = g_new (int, length);
  for (int i = 0; i < length; i++)
    animation->shown[i] = -1;
  /* That of pictures would stay in memory beside ours. */
  g_clear_pointer (&model->denoiser, limn_denoiser_free);
  if (!make_strengths (animation, &wanted, error))
    return false;
  animation->denoiser = limn_animate_denoiser_new (model->device, model->unet, &wanted, error);
  return animation->denoiser != NULL;
}

bool
limn_animation_prepare (struct limn_animation *animation, GError **error)
{
  animation->views = limn_animation_views_new (animation, error);
  return animation->views && make_tracks (animation, error) && make_denoiser (animation, error);
}

void
limn_animation_clear (struct limn_animation *animation)
{
  g_clear_pointer (&animation->views, limn_animation_views_free);
  g_clear_pointer (&animation->shown, g_free);
  g_clear_pointer (&animation->prompt, limn_prompt_track_free);
  g_clear_pointer (&animation->negative, limn_prompt_track_free);
  g_clear_pointer (&animation->denoiser, limn_animate_denoiser_free);
}

/* --- a window --- */

static bool
show_context (struct limn_animation *animation, const int *frames, int length, GError **error)
{
  gsize size = (gsize) tokens_of (animation) *
               (gsize) limn_prompt_encoder_width (animation->job.model->prompts);
  const limn_prompt_track *tracks[] = { animation->negative, animation->prompt };
  g_autofree float *context = g_new (float, 2 * (gsize) length * size);
  float *at = context;

  for (gsize i = 0; i < G_N_ELEMENTS (tracks); i++)
    for (int j = 0; tracks[i] && j < length; j++, at += size)
      limn_prompt_track_at (tracks[i], frames[j], at);
  return limn_animate_denoiser_set_context (animation->denoiser, context, error);
}

static bool
show_strengths (const struct limn_animation *animation,
                const int *frames,
                int length,
                GError **error)
{
  limn_motion *motion = animation->job.model->motion;
  const float *const *strengths = animation->params->strengths;
  g_autofree float *own = g_new (float, length);

  for (gsize i = 0; strengths && motion && i < limn_motion_loras (motion); i++) {
    for (int j = 0; strengths[i] && j < length; j++)
      own[j] = strengths[i][frames[j]];
    if (strengths[i] && !limn_motion_set_strengths (motion, i, own, length, error))
      return false;
  }
  return true;
}

bool
limn_animation_show (struct limn_animation *animation, const int *frames, GError **error)
{
  int length = MIN (animation->windows.length, animation->frames);
  gsize bytes = (gsize) length * sizeof (int);

  if (memcmp (animation->shown, frames, bytes) == 0)
    return true;
  animation->shown[0] = -1;
  if (!show_context (animation, frames, length, error) ||
      !show_strengths (animation, frames, length, error) ||
      !limn_animation_views_show (animation, frames, error))
    return false;
  memcpy (animation->shown, frames, bytes);
  return true;
}

/* In f32, as settings are: 6 of 20 steps is not less than 0.3. */
static bool
works (const struct limn_animate_control *control, int step, int steps)
{
  float begin = (float) ((double) step / steps), end = (float) ((double) (step + 1) / steps);

  return begin >= control->start && end <= control->end;
}

void
limn_animation_weights (const struct limn_animation *animation,
                        const int *frames,
                        int length,
                        int step,
                        int steps,
                        float *weights)
{
  for (gsize i = 0; i < animation->params->n_controls; i++) {
    const struct limn_animate_control *control = &animation->params->controls[i];
    bool sparse = limn_controlnet_is_sparse (animation->controls[i]);

    for (int j = 0; j < length; j++) {
      bool sees = sparse || control->images[frames[j]];
      float weight = control->weights ? control->weights[frames[j]] : 1;

      weights[i * (gsize) length + (gsize) j] = sees && works (control, step, steps) ? weight : 0;
    }
  }
}
