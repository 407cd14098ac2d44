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
  animation->denoiser = limn_animate_denoiser_new (model->device, model->unet, &wanted, error);
  return animation->denoiser != NULL;
}

/* The latents of each picture that a network sees as such: the means of the autoencoder's
 * distributions, since a keyframe is no noise. */
static bool
encode_pictures (struct limn_animation *animation, int i, GError **error)
{
  const struct limn_animate_control *control = &animation->params->controls[i];

  if (!limn_controlnet_sees_latents (animation->controls[i]))
    return true;
  for (int j = 0; j < animation->frames; j++) {
    g_autofree float *floats = NULL;
    float *latents;

    if (!control->images[j])
      continue;
    floats = limn_animation_floats (animation, control->images[j], -1);
    latents = g_new (float, animation->size);
    animation->encoded[i * animation->frames + j] = latents;
    if (!limn_vae_encode (animation->job.model->vae, floats, animation->stage.width,
                          animation->stage.height, latents, NULL, animation->job.cancellable,
                          error))
      return false;
  }
  return true;
}

bool
limn_animation_prepare (struct limn_animation *animation, GError **error)
{
  gsize n = animation->params->n_controls;

  animation->encoded = g_new0 (float *, n *(gsize) animation->frames);
  for (gsize i = 0; i < n; i++)
    if (!encode_pictures (animation, (int) i, error))
      return false;
  return make_tracks (animation, error) && make_denoiser (animation, error);
}

void
limn_animation_clear (struct limn_animation *animation)
{
  gsize n = animation->params->n_controls * (gsize) animation->frames;

  for (gsize i = 0; animation->encoded && i < n; i++)
    g_free (animation->encoded[i]);
  g_clear_pointer (&animation->encoded, g_free);
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

/* What control @i sees of frame @frame, or NULL where it sees nothing and does nothing. */
static float *
picture_floats (const struct limn_animation *animation, int i, int frame)
{
  const limn_controlnet *network = animation->controls[i];
  const limn_image *image = animation->params->controls[i].images[frame];
  bool sparse = limn_controlnet_is_sparse (network);
  bool latents = limn_controlnet_sees_latents (network);
  gsize channels = (gsize) limn_controlnet_channels (network), seen = channels - 1, area;
  g_autofree float *floats = NULL;
  const float *values = NULL;
  float *all;

  if (!sparse)
    return image ? limn_animation_floats (animation, image, 0) : NULL;
  area = latents ? animation->size / seen
                 : (gsize) animation->stage.width * (gsize) animation->stage.height;
  all = g_new0 (float, area *channels);
  if (!image)
    return all;
  if (!latents)
    floats = limn_animation_floats (animation, image, 0);
  values = latents ? animation->encoded[i * animation->frames + frame] : floats;
  for (gsize j = 0; j < area; j++) {
    memcpy (all + j * channels, values + j * seen, seen * sizeof (float));
    all[j * channels + seen] = 1;
  }
  return all;
}

bool
limn_animation_show (struct limn_animation *animation, const int *frames, GError **error)
{
  int length = MIN (animation->windows.length, animation->frames);
  gsize bytes = (gsize) length * sizeof (int);

  if (memcmp (animation->shown, frames, bytes) == 0)
    return true;
  animation->shown[0] = -1;
  if (!show_context (animation, frames, length, error))
    return false;
  for (gsize i = 0; i < animation->params->n_controls; i++) {
    for (int j = 0; j < length; j++) {
      g_autofree float *picture = picture_floats (animation, (int) i, frames[j]);

      if (picture && !limn_animate_denoiser_set_picture (animation->denoiser, (int) i, j, picture,
                                                         animation->job.cancellable, error))
        return false;
    }
  }
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
