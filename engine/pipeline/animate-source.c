/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "pipeline/animate.h"

/* The pictures that a film is restyled from, arXiv:2108.01073 frame by frame. One picture at a time
 * is in memory; what grows with the film are its latents. */

float *
limn_animation_floats (const struct limn_animation *animation, const limn_image *image, float low)
{
  int width = animation->stage.width, height = animation->stage.height;
  g_autoptr (limn_image) rgb = limn_image_to_rgb (image);
  g_autoptr (limn_image) sized = limn_image_resize (rgb, width, height);
  float *floats = g_new (float, (gsize) width *(gsize) height * 3);

  limn_image_to_floats (sized, floats, low, 1);
  return floats;
}

/* @logvar is scratch of the size of a frame's latents. */
static bool
encode_frame (
    struct limn_animation *animation, int frame, float *latents, float *logvar, GError **error)
{
  const struct limn_animate_params *params = animation->params;
  g_autoptr (limn_image) image = params->source (frame, params->source_data, error);
  g_autofree float *floats = NULL;

  if (!image)
    return false;
  floats = limn_animation_floats (animation, image, -1);
  return limn_vae_encode (animation->job.model->vae, floats, animation->stage.width,
                          animation->stage.height, latents, logvar, animation->job.cancellable,
                          error);
}

bool
limn_animation_encode (struct limn_animation *animation, float *latents, GError **error)
{
  limn_vae *vae = animation->job.model->vae;
  bool samples = limn_vae_is_variational (vae);
  gsize size = animation->size;
  g_autofree float *logvar = g_new (float, size);
  g_autofree float *noise = g_new (float, size);

  for (int i = 0; i < animation->frames; i++) {
    float *own = latents + (gsize) i * size;
    bool drawn = i >= animation->first && i < animation->end;

    if (drawn && !encode_frame (animation, i, own, logvar, error))
      return false;
    if (!samples)
      continue;
    /* For frames that stay as well: a part comes out as in the whole film of the same seed. */
    limn_animation_draw_noise (animation, noise, size);
    for (gsize j = 0; drawn && j < size; j++)
      own[j] += expf (logvar[j] / 2) * noise[j] * (float) limn_vae_scaling (vae);
  }
  return true;
}
