/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/animate.h"

/* What an animation needs, found by a short one on the measure device. */

static void
look_away (const struct limn_event *event, gpointer data)
{
}

/* A limn_animate_source_func: any picture takes the same memory. */
static limn_image *
any_picture (int frame, gpointer data, GError **error)
{
  return limn_image_new (1, 1, 3);
}

/* Of all steps; a solver that evaluates twice in a step counts twice. -1 with @error. */
static int
count_windows (struct limn_animation *animation, GError **error)
{
  g_autoptr (limn_sampler) sampler = limn_animation_sampler (animation, error);
  int windows = 0;

  if (!sampler)
    return -1;
  for (int i = limn_sampler_first_evaluation (sampler); i < limn_sampler_evaluations (sampler);
       i++) {
    struct limn_window_list list;

    limn_window_list_init (&list, &animation->windows, animation->frames,
                           limn_sampler_step_of (sampler, i));
    for (int j = 0; j < list.n; j++)
      windows += limn_animation_draws (animation, list.frames + j * list.length, list.length);
    limn_window_list_clear (&list);
  }
  return windows;
}

/* @control with one of its pictures at all of @frames frames; @images is filled. */
static struct limn_animate_control
cut_control (const struct limn_animate_control *control,
             int all,
             const limn_image **images,
             int frames)
{
  struct limn_animate_control cut = *control;
  const limn_image *any = NULL;

  for (int i = 0; i < all && !any; i++)
    any = control->images[i];
  for (int i = 0; i < frames; i++)
    images[i] = any;
  cut.images = images;
  cut.weights = NULL;
  return cut;
}

/* A part of it that has windows, all prompts, since the longest counts, and a picture for each
 * control: what the device needs does not hang on how many frames follow. */
static bool
run_cut (limn_model *model, const struct limn_animate_params *params, int length, GError **error)
{
  struct limn_animate_params cut = *params;
  struct limn_generate_params base = *params->base;
  g_autofree struct limn_prompt_key *keys = g_new0 (struct limn_prompt_key, params->n_prompts + 1);
  g_autofree struct limn_animate_control *controls =
      g_new0 (struct limn_animate_control, params->n_controls + 1);
  g_autofree const limn_image **images = NULL;

  base.event = base.preview != LIMN_PREVIEW_NONE ? look_away : NULL;
  cut.base = &base;
  cut.frames = MIN (params->frames, MAX (length + 1, (int) params->n_prompts));
  for (gsize i = 0; i < params->n_prompts; i++) {
    keys[i] = params->prompts[i];
    keys[i].frame = (int) i;
  }
  cut.prompts = keys;
  images = g_new0 (const limn_image *, (params->n_controls + 1) * (gsize) cut.frames);
  for (gsize i = 0; i < params->n_controls; i++)
    controls[i] = cut_control (&params->controls[i], params->frames,
                               images + i * (gsize) cut.frames, cut.frames);
  cut.controls = controls;
  cut.preview_frame = 0;
  cut.latents = NULL;
  cut.source = params->source ? any_picture : NULL;
  cut.first = cut.count = 0;
  cut.frame = NULL;
  return limn_animate (model, &cut, NULL, error);
}

static bool
forecast (limn_model *model,
          const struct limn_animate_params *params,
          struct limn_animate_need *need,
          GError **error)
{
  struct limn_animation animation = {
    .job = { .model = model, .params = params->base },
    .params = params,
  };

  if (!limn_animation_begin (&animation, error) ||
      !limn_animation_host_bytes (&animation, &need->latents, &need->frames, error))
    return false;
  need->windows = count_windows (&animation, error);
  return need->windows >= 0 && run_cut (model, params, animation.windows.length, error);
}

bool
limn_animate_forecast (const limn_device *device,
                       const char *path,
                       const struct limn_motion_params *motion,
                       const struct limn_animate_params *params,
                       struct limn_animate_need *need,
                       GError **error)
{
  /* Sizes are asked of the device; nothing of it changes. */
  g_autoptr (limn_device) ruler = limn_measure_device_new_for ((limn_device *) device);
  limn_model *model = limn_model_open (ruler, path, error);
  bool good;

  *need = (struct limn_animate_need){ 0 };
  /* Whether the autoencoder works in tiles hangs on it. */
  ruler->memory.total = device->memory.total;
  good = model && (!motion || limn_model_set_motion (model, motion, error)) &&
         forecast (model, params, need, error);
  limn_model_free (model);
  limn_device_memory_use (ruler, NULL, &need->device);
  return good;
}
