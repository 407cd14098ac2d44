/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <unistd.h>

#include "pipeline/animate.h"

#define MAX_STRENGTH 10
#define MAX_STRIDE 16
#define DEFAULT_LENGTH 16

/* Arrays of all frames' latents that are alive at once beside what the network says and what the
 * sampler keeps: the latents, as the network wants them, their noise, predictions. */
#define LATENT_ARRAYS 4

const char *const limn_animate_noise_names[] = {
  [LIMN_ANIMATE_NOISE_AUTO] = "auto",
  [LIMN_ANIMATE_NOISE_INDEPENDENT] = "independent",
  [LIMN_ANIMATE_NOISE_SHARED] = "shared",
  NULL,
};
G_STATIC_ASSERT (G_N_ELEMENTS (limn_animate_noise_names) == LIMN_N_ANIMATE_NOISES + 1);

static bool
check_base (const struct limn_animation *animation, GError **error)
{
  const struct limn_generate_params *base = animation->params->base;

  if (base->n_controls > 0 || base->n_guides > 0)
    return limn_refuse (error, "controls and guides of a picture are none of an animation");
  if (base->init || base->mask)
    return limn_refuse (error,
                        "an animation begins with noise or a picture for each frame, not with one "
                        "picture or a mask");
  if (fabsf (base->hires_scale) > 0 || isnan (base->hires_scale))
    return limn_refuse (error, "an animation knows no hires fix");
  if (limn_model_is_inpainting (animation->job.model))
    return limn_refuse (error, "%s: is a model for inpainting, which makes no animation",
                        animation->job.model->path);
  return true;
}

static bool
check_keys (const struct limn_animate_params *params, GError **error)
{
  for (gsize i = 0; i < params->n_prompts; i++) {
    int least = i > 0 ? params->prompts[i - 1].frame + 1 : 0;

    if (params->prompts[i].frame < least || params->prompts[i].frame >= params->frames)
      return limn_refuse (error, "prompt %zu is at frame %d, wanted %d to %d", i + 1,
                          params->prompts[i].frame, least, params->frames - 1);
  }
  return true;
}

static bool
check_control (const struct limn_animate_params *params,
               const struct limn_animate_control *control,
               GError **error)
{
  const char *type = control->type ? control->type : control->path;

  if (!type || !control->images)
    return limn_refuse (error, "a control needs a type and images");
  for (int i = 0; control->weights && i < params->frames; i++)
    if (!limn_within (control->weights[i], 0, LIMN_MAX_CONTROL_WEIGHT))
      return limn_refuse (error, "the weight of control \"%s\" is %g at frame %d, wanted 0 to %d",
                          type, (double) control->weights[i], i, LIMN_MAX_CONTROL_WEIGHT);
  return limn_job_check_span (type, control->start, control->end, control->mode, error);
}

static bool
check_strengths (const struct limn_animation *animation, GError **error)
{
  const limn_motion *motion = animation->job.model->motion;
  const float *const *strengths = animation->params->strengths;

  for (gsize i = 0; strengths && motion && i < limn_motion_loras (motion); i++) {
    if (strengths[i] && !limn_motion_is_by_frame (motion, i))
      return limn_refuse (error, "LoRA %zu has one strength for all frames and is given others",
                          i + 1);
    for (int j = 0; strengths[i] && j < animation->frames; j++)
      if (!limn_within (strengths[i][j], -MAX_STRENGTH, MAX_STRENGTH))
        return limn_refuse (error, "the strength of LoRA %zu is %g at frame %d, wanted %d to %d",
                            i + 1, (double) strengths[i][j], j, -MAX_STRENGTH, MAX_STRENGTH);
  }
  return true;
}

/* What a network sees must be what there is to show it. */
static bool
check_network (const struct limn_animation *animation,
               const limn_controlnet *network,
               const char *type,
               GError **error)
{
  int channels = limn_controlnet_channels (network), wanted = 3;

  if (limn_controlnet_is_sparse (network))
    wanted = limn_controlnet_sees_latents (network)
                 ? limn_vae_latent_channels (animation->job.model->vae) + 1
                 : 4;
  if (channels != wanted)
    return limn_refuse (error, "control \"%s\" sees %d channels, Limn has %d for it", type,
                        channels, wanted);
  return true;
}

static bool
check_controls (struct limn_animation *animation, GError **error)
{
  const struct limn_animate_params *params = animation->params;

  if (params->n_controls > LIMN_MAX_BRANCHES)
    return limn_refuse (error, "there are %zu controls, wanted at most %d", params->n_controls,
                        LIMN_MAX_BRANCHES);
  for (gsize i = 0; i < params->n_controls; i++) {
    const struct limn_animate_control *control = &params->controls[i];
    const char *type = control->type ? control->type : "";

    if (!check_control (params, control, error))
      return false;
    animation->controls[i] =
        limn_model_get_control (animation->job.model, type, control->path, error);
    if (!animation->controls[i] || !check_network (animation, animation->controls[i],
                                                   control->path ? control->path : type, error))
      return false;
  }
  return true;
}

/* Image to image runs the last of the steps. */
static bool
begin_source (struct limn_animation *animation, GError **error)
{
  const struct limn_animate_params *params = animation->params;
  struct limn_stage *stage = &animation->stage;

  if (!params->source)
    return true;
  if (!(params->strength > 0 && params->strength <= 1))
    return limn_refuse (error, "the strength is %g, wanted more than 0 and at most 1",
                        (double) params->strength);
  stage->from_noise = false;
  stage->first = limn_job_first_step (stage->steps, params->strength);
  animation->job.steps = stage->steps - stage->first;
  return true;
}

static int
most_frames (const struct limn_animation *animation)
{
  int motion = limn_model_motion_frames (animation->job.model), most = motion;

  if (motion == 0)
    most = G_MAXINT;
  for (gsize i = 0; i < animation->params->n_controls; i++)
    most = MIN (most, limn_controlnet_positions (animation->controls[i]));
  return most;
}

static bool
begin_windows (struct limn_animation *animation, GError **error)
{
  struct limn_windows *windows = &animation->windows;
  int most = most_frames (animation);

  *windows = animation->params->windows;
  if ((int) windows->kind < 0 || windows->kind >= LIMN_N_WINDOWS_KINDS)
    return limn_refuse (error, "there is no kind of windows %d", (int) windows->kind);
  if (windows->length == 0)
    windows->length = most < G_MAXINT ? MIN (DEFAULT_LENGTH, most) : 1;
  if (windows->length < 1 || windows->length > LIMN_ANIMATE_MAX_FRAMES)
    return limn_refuse (error, "a window has %d frames, wanted 1 to %d", windows->length,
                        MIN (most, LIMN_ANIMATE_MAX_FRAMES));
  if (MIN (windows->length, animation->frames) > most)
    return limn_refuse (error, "a window has %d frames, and the network can see at most %d",
                        windows->length, most);
  if (windows->overlap == 0)
    windows->overlap = windows->length / 4;
  else if (windows->overlap == LIMN_WINDOWS_NO_OVERLAP)
    windows->overlap = 0;
  if (windows->overlap < 0 || windows->overlap >= windows->length)
    return limn_refuse (error, "windows of %d frames overlap by %d, wanted 0 to %d",
                        windows->length, windows->overlap, windows->length - 1);
  if (windows->stride < 0 || windows->stride > MAX_STRIDE)
    return limn_refuse (error, "the stride of windows is %d, wanted 0 to %d", windows->stride,
                        MAX_STRIDE);
  return true;
}

static bool
begin_range (struct limn_animation *animation, GError **error)
{
  const struct limn_animate_params *params = animation->params;

  animation->end = animation->frames;
  if (!params->latents)
    return (params->first == 0 && params->count == 0) ||
           limn_refuse (error, "only a part is drawn again, and there are no latents of the rest");
  if (params->first < 0 || params->count < 1 || params->first >= animation->frames ||
      params->count > animation->frames - params->first)
    return limn_refuse (error, "frames %d to %d are drawn again, and there are 0 to %d",
                        params->first, params->first + params->count - 1, animation->frames - 1);
  animation->first = params->first;
  if (params->n_latents != animation->size)
    return limn_refuse (
        error, "the latents of a frame are %zu numbers, wanted %zu for %d x %d pixels",
        params->n_latents, animation->size, animation->stage.width, animation->stage.height);
  animation->end = params->first + params->count;
  for (gsize i = 0; i < animation->count; i++) {
    int frame = (int) (i / animation->size);
    bool drawn = frame >= animation->first && frame < animation->end;

    if (!drawn && !isfinite (params->latents[i]))
      return limn_refuse (error, "the latents of frame %d have a value that is no number", frame);
  }
  return true;
}

static bool
check_memory (struct limn_animation *animation, GError **error)
{
  double pages = (double) sysconf (_SC_PHYS_PAGES), page = (double) sysconf (_SC_PAGESIZE);
  guint64 latents, pictures;

  if (!limn_animation_host_bytes (animation, &latents, &pictures, error))
    return false;
  if (pages < 0 || page < 0 || (double) latents < pages * page)
    return true;
  g_set_error (error, LIMN_ERROR, LIMN_ERROR_MEMORY,
               "the latents of %d frames take %.1f GiB of memory, and this machine has %.1f GiB: "
               "choose fewer frames or smaller ones",
               animation->frames, (double) latents / (1 << 30), pages * page / (1 << 30));
  return false;
}

static void
begin_schedule (struct limn_animation *animation)
{
  const limn_motion *motion = animation->job.model->motion;

  animation->schedule = animation->job.model->schedule;
  if (motion && !limn_motion_get_config (motion)->scaled_betas)
    animation->schedule.betas = LIMN_BETAS_LINEAR;
}

bool
limn_animation_begin (struct limn_animation *animation, GError **error)
{
  const struct limn_animate_params *params = animation->params;
  limn_model *model = animation->job.model;
  struct limn_stage stages[LIMN_MAX_STAGES];
  gsize factor = (gsize) limn_vae_factor (model->vae);

  if (params->frames < 1 || params->frames > LIMN_ANIMATE_MAX_FRAMES)
    return limn_refuse (error, "the animation has %d frames, wanted 1 to %d", params->frames,
                        LIMN_ANIMATE_MAX_FRAMES);
  if ((int) params->noise < 0 || params->noise >= LIMN_N_ANIMATE_NOISES)
    return limn_refuse (error, "there is no kind of noise %d", (int) params->noise);
  if (params->preview_frame < 0 || params->preview_frame >= params->frames)
    return limn_refuse (error, "the preview is of frame %d, wanted 0 to %d", params->preview_frame,
                        params->frames - 1);
  if (!check_base (animation, error) || limn_job_begin (&animation->job, stages, error) == 0)
    return false;
  animation->stage = stages[0];
  animation->frames = params->frames;
  animation->size = (gsize) stages[0].width / factor * ((gsize) stages[0].height / factor) *
                    (gsize) limn_vae_latent_channels (model->vae);
  animation->count = animation->size * (gsize) params->frames;
  animation->shared_noise = params->noise == LIMN_ANIMATE_NOISE_SHARED ||
                            (params->noise == LIMN_ANIMATE_NOISE_AUTO && !model->motion);
  begin_schedule (animation);
  return begin_source (animation, error) && check_keys (params, error) &&
         check_strengths (animation, error) && check_controls (animation, error) &&
         begin_windows (animation, error) && check_memory (animation, error) &&
         begin_range (animation, error);
}

bool
limn_animation_host_bytes (struct limn_animation *animation,
                           guint64 *latents,
                           guint64 *pictures,
                           GError **error)
{
  g_autoptr (limn_sampler) sampler = limn_animation_sampler (animation, error);
  int arrays = LATENT_ARRAYS + (animation->job.guided ? 2 : 1);

  if (!sampler)
    return false;
  arrays += limn_sampler_arrays (sampler);
  /* Fresh noise is drawn in another order first. */
  arrays += limn_sampler_draws_noise (sampler) && !animation->shared_noise;
  *latents = (guint64) animation->count * sizeof (float) * (guint64) arrays +
             limn_animation_views_bytes (animation);
  *pictures = (guint64) animation->frames * (guint64) animation->stage.width *
              (guint64) animation->stage.height * 3;
  return true;
}
