/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/bench.h"

#include <malloc.h>

#include "device.h"
#include "limn.h"

#define WINDOW 16

/* Steps of the short clips at most: no schedule has fewer. */
#define MOST_STEPS 100

static const int clip_frames[] = { WINDOW, 64, 256 };

/* One clip under way. */
struct run {
  GPtrArray *pictures;
  gint64 first; /* microseconds: when the first step ended */
  int windows;  /* since then; 0 where each step is one window, which nobody tells of */
  int steps;
  double step;  /* seconds, the mean of the others */
  gsize in_use; /* bytes of malloc when the last step was done */
};

/* Bytes that malloc has given and not got back. */
static gsize
in_use (void)
{
  struct mallinfo2 info = mallinfo2 ();

  return info.uordblks + info.hblkhd;
}

/* The first step records, and is not counted. */
static void
on_event (const struct limn_event *event, gpointer data)
{
  struct run *run = data;
  gint64 now = g_get_monotonic_time ();

  run->windows += event->kind == LIMN_EVENT_WINDOW && run->first > 0;
  if (event->kind != LIMN_EVENT_STEP)
    return;
  run->steps = event->step;
  if (event->step == 1)
    run->first = now;
  else
    run->step = (double) (now - run->first) / G_USEC_PER_SEC / (event->step - 1);
  run->in_use = in_use ();
}

static bool
keep_frame (int frame,
            const limn_image *image,
            const float *latents,
            gsize n_latents,
            gpointer data,
            GError **error)
{
  struct run *run = data;

  g_ptr_array_add (run->pictures, limn_image_to_rgb (image));
  return true;
}

/* The longest clip gets the steps that were asked for; shorter ones so many more that all of them
 * spend about as long, or the one window that the others are compared with would be the least
 * certain. The first step is not counted. */
static int
steps_for (int frames, int steps)
{
  int longest = clip_frames[G_N_ELEMENTS (clip_frames) - 1];

  return MIN ((steps - 1) * (longest / frames) + 1, MAX (steps, MOST_STEPS));
}

static bool
draw (limn_model *model,
      const struct limn_animate_params *params,
      int frames,
      struct run *run,
      GCancellable *cancellable,
      GError **error)
{
  struct limn_generate_params base = *params->base;
  struct limn_animate_params own = *params;

  *run = (struct run){ g_ptr_array_new_full ((guint) frames, (GDestroyNotify) limn_image_free) };
  base.event = on_event;
  base.event_data = run;
  base.preview = LIMN_PREVIEW_NONE;
  base.steps = steps_for (frames, base.steps);
  own.base = &base;
  own.frames = frames;
  own.frame = keep_frame;
  own.frame_data = run;
  return limn_animate (model, &own, cancellable, error);
}

/* @clip has the forecast; @first is the clip before all, or NULL when this is it. */
static void
fill_clip (struct limn_bench_clip *clip,
           limn_device *device,
           struct run *run,
           const struct limn_bench_clip *first,
           gsize first_in_use)
{
  gsize whole = in_use ();

  clip->step = run->step;
  clip->windows = run->windows > 0 ? (double) run->windows / (run->steps - 1) : 1;
  limn_device_memory_use (device, NULL, &clip->peak);
  clip->latents = first ? run->in_use - first_in_use + first->latents : clip->latents_forecast;
  g_ptr_array_set_size (run->pictures, 0);
  clip->pictures = whole - in_use ();
}

static bool
forecast (const limn_device *device,
          const char *path,
          const struct limn_motion_params *motion,
          const struct limn_animate_params *params,
          struct limn_bench_clip *clip,
          GError **error)
{
  struct limn_animate_params own = *params;
  struct limn_animate_need need;

  own.frames = clip->frames;
  if (!limn_animate_forecast (device, path, motion, &own, &need, error))
    return false;
  clip->peak_forecast = need.device;
  clip->latents_forecast = need.latents;
  clip->pictures_forecast = need.frames;
  return true;
}

static bool
run_clips (limn_device *device,
           limn_model *model,
           struct limn_bench_clip *clips,
           const struct limn_animate_params *params,
           limn_bench_clip_func report,
           gpointer data,
           GCancellable *cancellable,
           GError **error)
{
  gsize first_in_use = 0;
  struct run run;
  /* What stays after the first clip of all is no part of any. */
  bool good = draw (model, params, WINDOW, &run, cancellable, error);

  g_ptr_array_unref (run.pictures);
  for (gsize i = 0; good && i < G_N_ELEMENTS (clip_frames); i++) {
    good = draw (model, params, clips[i].frames, &run, cancellable, error);
    if (good) {
      fill_clip (&clips[i], device, &run, i > 0 ? &clips[0] : NULL, first_in_use);
      first_in_use = i > 0 ? first_in_use : run.in_use;
      report (&clips[i], data);
    }
    g_ptr_array_unref (run.pictures);
  }
  return good;
}

bool
limn_bench_animate (limn_device *device,
                    const char *path,
                    const struct limn_motion_params *motion,
                    const struct limn_animate_params *params,
                    limn_bench_clip_func report,
                    gpointer data,
                    GCancellable *cancellable,
                    GError **error)
{
  struct limn_bench_clip clips[G_N_ELEMENTS (clip_frames)] = { 0 };
  struct limn_animate_params own = *params;
  limn_model *model;
  bool good = true;

  own.windows.length = WINDOW;
  for (gsize i = 0; good && i < G_N_ELEMENTS (clip_frames); i++) {
    clips[i].frames = clip_frames[i];
    good = forecast (device, path, motion, &own, &clips[i], error);
  }
  model = good ? limn_model_open (device, path, error) : NULL;
  good = model && (!motion || limn_model_set_motion (model, motion, error)) &&
         run_clips (device, model, clips, &own, report, data, cancellable, error);
  limn_model_free (model);
  return good;
}
