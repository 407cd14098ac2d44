/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/animate.h"

#include <math.h>
#include <string.h>

static void
tell (const struct limn_animation *animation, struct limn_event event)
{
  const struct limn_job *job = &animation->job;

  if (!job->params->event)
    return;
  event.steps = job->steps;
  event.seconds = (double) (g_get_monotonic_time () - job->began) / G_USEC_PER_SEC;
  limn_device_memory_use (job->model->device, &event.memory, NULL);
  job->params->event (&event, job->params->event_data);
}

static bool
check_cancelled (const struct limn_animation *animation, GError **error)
{
  if (!g_cancellable_is_cancelled (animation->job.cancellable))
    return true;
  g_set_error_literal (error, LIMN_ERROR, LIMN_ERROR_CANCELLED, "cancelled");
  return false;
}

/* --- noise --- */

void
limn_animation_draw_noise (struct limn_animation *animation, float *noise, gsize count)
{
  gsize channels = (gsize) limn_vae_latent_channels (animation->job.model->vae);
  gsize area = count / channels;
  g_autofree float *planes = g_new (float, count);

  limn_rng_normal (&animation->job.rng, planes, count);
  for (gsize c = 0; c < channels; c++)
    for (gsize i = 0; i < area; i++)
      noise[i * channels + c] = planes[c * area + i];
}

/* A limn_noise_func. */
static void
draw_noise (float *noise, gsize count, gpointer data)
{
  struct limn_animation *animation = data;

  if (!animation->shared_noise) {
    limn_animation_draw_noise (animation, noise, count);
    return;
  }
  limn_animation_draw_noise (animation, noise, animation->size);
  for (gsize i = animation->size; i < count; i += animation->size)
    memcpy (noise + i, noise, animation->size * sizeof (float));
}

/* --- a step --- */

/* Arrays of all frames, alive during all steps. */
struct state {
  struct limn_animation *animation;
  limn_sampler *sampler;
  float *latents, *noise, *scaled, *predicted;
  float *output;  /* [n, frames, h, w, c] */
  float *sums;    /* [frames]: the weights in output */
  float *window;  /* [length, h, w, c] */
  float *answers; /* [n, length, h, w, c] */
};

bool
limn_animation_draws (const struct limn_animation *animation, const int *frames, int length)
{
  for (int i = 0; i < length; i++)
    if (frames[i] >= animation->first && frames[i] < animation->end)
      return true;
  return false;
}

/* Adds what the network says of one window, frame by frame with its weight. */
static bool
evaluate_window (struct state *state, int i, const int *frames, int length, GError **error)
{
  struct limn_animation *animation = state->animation;
  gsize size = animation->size;
  int n = animation->job.guided ? 2 : 1, step = limn_sampler_step_of (state->sampler, i);
  int steps = limn_sampler_steps (state->sampler);
  g_autofree float *weights = g_new0 (float, (animation->params->n_controls + 1) * (gsize) length);

  for (int j = 0; j < length; j++)
    memcpy (state->window + (gsize) j * size, state->scaled + (gsize) frames[j] * size,
            size * sizeof (float));
  limn_animation_weights (animation, frames, length, step, steps, weights);
  if (!limn_animation_show (animation, frames, error) ||
      !limn_animate_denoiser_predict (animation->denoiser, state->window,
                                      limn_sampler_timestep (state->sampler, i), weights,
                                      state->answers, animation->job.cancellable, error) ||
      !limn_denoise_check (state->answers, (gsize) n * (gsize) length * size, step, steps, error))
    return false;
  for (int clip = 0; clip < n; clip++) {
    for (int j = 0; j < length; j++) {
      const float *from = state->answers + (gsize) (clip * length + j) * size;
      float *to = state->output + (gsize) clip * animation->count + (gsize) frames[j] * size;
      float weight = limn_window_weight (j, length);

      for (gsize k = 0; k < size; k++)
        to[k] += weight * from[k];
    }
  }
  for (int j = 0; j < length; j++)
    state->sums[frames[j]] += limn_window_weight (j, length);
  return true;
}

/* The mean of all windows' answers. Frames that are not drawn are in none of them, perhaps. */
static void
divide (struct state *state)
{
  const struct limn_animation *animation = state->animation;
  int n = animation->job.guided ? 2 : 1;

  for (int i = 0; i < n * animation->frames; i++) {
    float sum = state->sums[i % animation->frames];
    float *frame = state->output + (gsize) i * animation->size;

    for (gsize k = 0; sum > 0 && k < animation->size; k++)
      frame[k] /= sum;
  }
}

static void
guide (struct state *state)
{
  const struct limn_animation *animation = state->animation;
  gsize first = (gsize) animation->first * animation->size;
  gsize count = (gsize) (animation->end - animation->first) * animation->size;
  float *negative = state->output + first, *positive = negative + animation->count;

  limn_guide (negative, positive, animation->job.cfg, negative, count);
  if (animation->job.params->cfg_rescale > 0)
    limn_guide_rescale (positive, animation->job.params->cfg_rescale, negative, count);
}

/* The guided output of evaluation @i, at the beginning of state->output. */
static bool
evaluate (struct state *state, int i, GError **error)
{
  struct limn_animation *animation = state->animation;
  int n = animation->job.guided ? 2 : 1, step = limn_sampler_step_of (state->sampler, i);
  struct limn_window_list list;
  bool good = true;

  limn_sampler_scale_input (state->sampler, i, state->latents, state->scaled, animation->count);
  memset (state->output, 0, (gsize) n * animation->count * sizeof (float));
  memset (state->sums, 0, (gsize) animation->frames * sizeof (float));
  limn_window_list_init (&list, &animation->windows, animation->frames, step);
  for (int j = 0; good && j < list.n; j++) {
    const int *frames = list.frames + j * list.length;

    if (!limn_animation_draws (animation, frames, list.length))
      continue;
    good = evaluate_window (state, i, frames, list.length, error) &&
           check_cancelled (animation, error);
    if (good && list.n > 1)
      tell (animation, (struct limn_event){
                           .kind = LIMN_EVENT_WINDOW,
                           .step = animation->job.done,
                           .window = j + 1,
                           .windows = list.n,
                       });
  }
  limn_window_list_clear (&list);
  if (!good)
    return false;
  divide (state);
  if (n == 2)
    guide (state);
  return true;
}

/* Frames that are not drawn, as they are before step @step: so the windows see them. */
static void
put_back (const struct state *state, int step, float *latents)
{
  const struct limn_animation *animation = state->animation;
  const float *clean = animation->params->latents;
  gsize first = (gsize) animation->first * animation->size;
  gsize end = (gsize) animation->end * animation->size;

  if (!clean)
    return;
  limn_sampler_add_noise (state->sampler, step, clean, state->noise, latents, first);
  limn_sampler_add_noise (state->sampler, step, clean + end, state->noise + end, latents + end,
                          animation->count - end);
}

static bool
step_done (struct state *state, GError **error)
{
  struct limn_animation *animation = state->animation;
  int frame = animation->params->preview_frame;
  g_autoptr (limn_image) preview = NULL;

  animation->job.done++;
  if (!limn_job_preview (&animation->job, &animation->stage,
                         state->predicted + (gsize) frame * animation->size, &preview, error))
    return false;
  tell (animation, (struct limn_event){
                       .kind = LIMN_EVENT_STEP,
                       .step = animation->job.done,
                       .preview = preview,
                       .frame = frame + 1,
                       .frames = animation->frames,
                   });
  return check_cancelled (animation, error);
}

static bool
run_steps (struct state *state, GError **error)
{
  struct limn_animation *animation = state->animation;
  limn_sampler *sampler = state->sampler;
  int steps = limn_sampler_steps (sampler);

  animation->job.stepped = g_get_monotonic_time ();
  for (int i = limn_sampler_first_evaluation (sampler); i < limn_sampler_evaluations (sampler);
       i++) {
    if (!evaluate (state, i, error))
      return false;
    limn_sampler_step (sampler, i, state->latents, state->output, state->predicted,
                       animation->count);
    if (!limn_sampler_ends_step (sampler, i))
      continue;
    put_back (state, limn_sampler_step_of (sampler, i) + 1, state->latents);
    put_back (state, steps, state->predicted);
    if (!step_done (state, error))
      return false;
  }
  return true;
}

/* --- the whole --- */

static float *
new_floats (gsize count, GError **error)
{
  float *floats = g_try_new0 (float, MAX (count, 1));

  if (!floats)
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_MEMORY,
                 "there is no memory for the latents of all frames: %.1f MiB",
                 (double) count * sizeof (float) / 1048576);
  return floats;
}

static void
state_clear (struct state *state)
{
  limn_sampler_free (state->sampler);
  g_free (state->latents);
  g_free (state->noise);
  g_free (state->scaled);
  g_free (state->predicted);
  g_free (state->output);
  g_free (state->sums);
  g_free (state->window);
  g_free (state->answers);
}

limn_sampler *
limn_animation_sampler (struct limn_animation *animation, GError **error)
{
  const struct limn_generate_params *base = animation->params->base;

  return limn_sampler_new (
      &(struct limn_sampler_params){
          .kind = base->sampler,
          .sigmas = base->sigmas,
          .schedule = &animation->schedule,
          .steps = animation->stage.steps,
          .first = animation->stage.first,
          .eta = base->eta,
          .noise = draw_noise,
          .noise_data = animation,
      },
      error);
}

/* What the first step sees: noise, or the pictures to begin with under it. */
static bool
begin_latents (struct state *state, GError **error)
{
  struct limn_animation *animation = state->animation;
  const struct limn_generate_params *base = animation->params->base;
  int first = animation->stage.first;

  if (base->rng == LIMN_RNG_CUDA)
    limn_rng_init_cuda (&animation->job.rng, base->seed, 0);
  else
    limn_rng_init (&animation->job.rng, base->seed);
  if (animation->params->source && !limn_animation_encode (animation, state->latents, error))
    return false;
  draw_noise (state->noise, animation->count, animation);
  if (animation->params->source)
    limn_sampler_add_noise (state->sampler, first, state->latents, state->noise, state->latents,
                            animation->count);
  else
    for (gsize i = 0; i < animation->count; i++)
      state->latents[i] = state->noise[i] * limn_sampler_initial_sigma (state->sampler);
  put_back (state, first, state->latents);
  return true;
}

static bool
state_init (struct state *state, struct limn_animation *animation, GError **error)
{
  gsize count = animation->count, n = animation->job.guided ? 2 : 1;
  gsize length = (gsize) MIN (animation->windows.length, animation->frames);

  *state = (struct state){ .animation = animation };
  state->sampler = limn_animation_sampler (animation, error);
  if (!state->sampler || !(state->latents = new_floats (count, error)) ||
      !(state->noise = new_floats (count, error)) || !(state->scaled = new_floats (count, error)) ||
      !(state->predicted = new_floats (count, error)) ||
      !(state->output = new_floats (n * count, error)) ||
      !(state->sums = new_floats ((gsize) animation->frames, error)) ||
      !(state->window = new_floats (length * animation->size, error)) ||
      !(state->answers = new_floats (n * length * animation->size, error)))
    return false;
  return begin_latents (state, error);
}

static bool
decode_frames (const struct limn_animation *animation, const float *latents, GError **error)
{
  const struct limn_animate_params *params = animation->params;

  tell (animation, (struct limn_event){ .kind = LIMN_EVENT_DECODE, .step = animation->job.steps });
  for (int i = 0; i < animation->frames; i++) {
    bool drawn = i >= animation->first && i < animation->end;
    /* What stays comes from the very latents that it came from before. */
    const float *own = (drawn ? latents : params->latents) + (gsize) i * animation->size;
    g_autoptr (limn_image) image = limn_job_decode (&animation->job, &animation->stage, own, error);

    if (!image || (params->frame &&
                   !params->frame (i, image, own, animation->size, params->frame_data, error)))
      return false;
    tell (animation, (struct limn_event){
                         .kind = LIMN_EVENT_FRAME,
                         .step = animation->job.steps,
                         .frame = i + 1,
                         .frames = animation->frames,
                     });
    if (!check_cancelled (animation, error))
      return false;
  }
  return true;
}

static bool
run (struct limn_animation *animation, GError **error)
{
  struct state state = { 0 };
  bool good = limn_animation_prepare (animation, error);
  int chunks = good ? limn_prompt_track_chunks (animation->prompt) : 0;

  if (chunks > 1)
    tell (animation, (struct limn_event){ .kind = LIMN_EVENT_TEXT, .chunks = chunks });
  good = good && state_init (&state, animation, error) && run_steps (&state, error);
  if (good) {
    float *latents = g_steal_pointer (&state.latents);

    /* Decoding needs none of the rest. */
    state_clear (&state);
    limn_animation_clear (animation);
    good = decode_frames (animation, latents, error);
    g_free (latents);
    return good;
  }
  state_clear (&state);
  return false;
}

bool
limn_animate (limn_model *model,
              const struct limn_animate_params *params,
              GCancellable *cancellable,
              GError **error)
{
  struct limn_animation animation = {
    .job = { .model = model, .params = params->base, .cancellable = cancellable },
    .params = params,
  };
  bool good;

  limn_vae_set_tile (model->vae, params->base->vae_tile);
  good = limn_animation_begin (&animation, error) && run (&animation, error);
  limn_animation_clear (&animation);
  return good;
}
