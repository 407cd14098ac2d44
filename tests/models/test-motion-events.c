/* SPDX-License-Identifier: GPL-3.0-or-later */

/* limn_animate(): what it tells while it works, cancelling, and what it refuses. */

#include <math.h>
#include <string.h>

#include "motion-clip.h"

/* --- events, cancelling --- */

struct seen {
  GString *order; /* a letter an event */
  GCancellable *cancellable;
  int cancel_at;
};

static void
on_event (const struct limn_event *event, gpointer data)
{
  static const char letters[] = {
    [LIMN_EVENT_TEXT] = 't',   [LIMN_EVENT_STEP] = 's',  [LIMN_EVENT_DECODE] = 'd',
    [LIMN_EVENT_WINDOW] = 'w', [LIMN_EVENT_FRAME] = 'f',
  };
  struct seen *seen = data;

  g_string_append_c (seen->order, letters[event->kind]);
  if (event->kind == LIMN_EVENT_WINDOW)
    g_assert_true (event->window >= 1 && event->window <= event->windows);
  if (event->kind == LIMN_EVENT_STEP)
    g_assert_nonnull (event->preview);
  if ((int) seen->order->len == seen->cancel_at)
    g_cancellable_cancel (seen->cancellable);
}

static void
test_events (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  limn_device *device = golden_device_of ("cpu", LIMN_PRECISION_F32);
  limn_model *model = clip_open (device, true);
  struct seen seen = { .order = g_string_new (NULL), .cancellable = cancellable };
  struct limn_generate_params base = clip_base ();
  struct limn_animate_params params = clip_params (&base);
  g_autoptr (limn_image) line = limn_image_new (CLIP_SIZE, CLIP_SIZE, 1);
  const limn_image *images[6] = { NULL, line, line, NULL, line, NULL };
  const float weights[6] = { 1, 0.5f, 1, 1, 0, 1 };
  const struct limn_animate_control control = {
    .type = "scribble", .images = images, .weights = weights, .end = 1
  };
  g_autofree struct clip *plain = NULL, *controlled = NULL;

  memset (line->pixels + 12 * CLIP_SIZE, 255, 4 * CLIP_SIZE);
  params.frames = 6;
  params.n_prompts = 2;
  params.prompts = (const struct limn_prompt_key[]){ clip_prompts[0], { 5, "white snow", "dark" } };
  params.windows = (struct limn_windows){ LIMN_WINDOWS_UNIFORM, 4, 1, 2 };
  base.steps = 2;
  plain = clip_run (model, params);
  base.preview = LIMN_PREVIEW_LATENT;
  base.event = on_event;
  base.event_data = &seen;
  params.controls = &control;
  params.n_controls = 1;
  controlled = clip_run (model, params);
  g_assert_cmpstr (seen.order->str, ==, "wwswwwsdffffff");
  /* The network is shown something, and the frames that it sees follow it the most. */
  g_assert_cmpfloat (golden_nmse (controlled->latents, plain->latents, 6 * CLIP_LATENTS), >, 1e-4);

  g_string_truncate (seen.order, 0);
  seen.cancel_at = 4;
  g_assert_false (limn_animate (model, &params, cancellable, &error));
  g_assert_error (error, LIMN_ERROR, LIMN_ERROR_CANCELLED);
  g_assert_cmpstr (seen.order->str, ==, "wwsw");
  g_string_free (seen.order, TRUE);
  limn_model_free (model);
  limn_device_free (device);
}

/* --- refusals --- */

static void
assert_refused (limn_model *model, const struct limn_animate_params *params, const char *part)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (limn_animate (model, params, NULL, &error));
  g_assert_nonnull (error);
  if (!strstr (error->message, part))
    g_error ("\"%s\" does not say \"%s\"", error->message, part);
  g_assert_null (strchr (error->message, '\n'));
}

/* A limn_animate_source_func. */
static limn_image *
no_picture (int frame, gpointer data, GError **error)
{
  g_set_error (error, LIMN_ERROR, LIMN_ERROR_FILE, "there is no picture of frame %d", frame);
  return NULL;
}

/* With a LoRA by frame and one without. */
static void
refuse_strengths (const struct limn_animate_params *good)
{
  g_autofree char *path = clip_frame_lora ();
  const struct limn_lora_file loras[] = { { path, 1, true }, { path, 1, false } };
  const struct limn_motion_params motion = { .path = clip_modules, .loras = loras, .n_loras = 2 };
  limn_device *device = limn_measure_device_new (LIMN_DTYPE_F32);
  limn_model *model = clip_open_with (device, &motion);
  float strengths[CLIP_FRAMES] = { 0, 0, 0, NAN };
  const float *all[] = { strengths, NULL };
  struct limn_animate_params params = *good;

  params.strengths = all;
  assert_refused (model, &params, "the strength of LoRA 1 is nan at frame 3, wanted -10 to 10");
  strengths[3] = 10.5f;
  assert_refused (model, &params, "the strength of LoRA 1 is 10.5 at frame 3");
  strengths[3] = 0;
  all[1] = strengths;
  assert_refused (model, &params, "LoRA 2 has one strength for all frames and is given others");
  limn_model_free (model);
  limn_device_free (device);
}

static void
test_refusals (void)
{
  limn_device *device = limn_measure_device_new (LIMN_DTYPE_F32);
  limn_model *model = clip_open (device, true);
  struct limn_generate_params base = clip_base ();
  const struct limn_animate_params good = clip_params (&base);
  g_autofree float *broken = g_new0 (float, CLIP_FRAMES *CLIP_LATENTS);
  const limn_image *images[CLIP_FRAMES] = { NULL };
  float weights[CLIP_FRAMES] = { 0, 0, NAN };
  struct limn_animate_control control = { .type = "scribble", .images = images, .end = 1 };
  struct limn_prompt_key bad_keys[] = { { 3, "a", NULL }, { 3, "b", NULL } };
  struct limn_animate_params params;

  params = good, params.frames = 0;
  assert_refused (model, &params, "the animation has 0 frames, wanted 1 to 100000");
  params = good, params.frames = 1000000;
  assert_refused (model, &params, "the animation has 1000000 frames");
  params = good, params.prompts = bad_keys, params.n_prompts = 2;
  assert_refused (model, &params, "prompt 2 is at frame 3, wanted 4 to 23");
  bad_keys[1].frame = CLIP_FRAMES;
  assert_refused (model, &params, "prompt 2 is at frame 24");
  params = good, params.windows.length = 40, params.frames = 100;
  assert_refused (model, &params, "a window has 40 frames, and the network can see at most 32");
  params = good, params.windows.length = -1;
  assert_refused (model, &params, "a window has -1 frames");
  params = good, params.windows.overlap = 8;
  assert_refused (model, &params, "windows of 8 frames overlap by 8, wanted 0 to 7");
  params = good, params.windows.stride = 17;
  assert_refused (model, &params, "the stride of windows is 17");
  params = good, params.noise = LIMN_N_ANIMATE_NOISES;
  assert_refused (model, &params, "there is no kind of noise 3");
  params = good, params.preview_frame = CLIP_FRAMES;
  assert_refused (model, &params, "the preview is of frame 24");
  params = good, params.count = 3;
  assert_refused (model, &params, "there are no latents of the rest");
  params = good, params.latents = broken, params.n_latents = CLIP_LATENTS;
  params.first = 20, params.count = 5;
  assert_refused (model, &params, "frames 20 to 24 are drawn again, and there are 0 to 23");
  broken[7 * CLIP_LATENTS] = INFINITY, params.count = 4;
  assert_refused (model, &params, "the latents of frame 7 have a value that is no number");
  params.n_latents = CLIP_LATENTS + 1;
  assert_refused (model, &params, "the latents of a frame are 65 numbers, wanted 64 for 32 x 32");
  params = good, params.source = no_picture;
  assert_refused (model, &params, "the strength is 0, wanted more than 0 and at most 1");
  params.strength = NAN;
  assert_refused (model, &params, "the strength is nan");
  params.strength = 0.5f;
  assert_refused (model, &params, "there is no picture of frame 0");
  params = good, params.controls = &control, params.n_controls = 1;
  control.weights = weights;
  assert_refused (model, &params, "the weight of control \"scribble\" is nan at frame 2");
  control.weights = NULL, control.type = "canny";
  assert_refused (model, &params, "has no ControlNet \"canny\"");
  refuse_strengths (&good);
  base.hires_scale = 2;
  assert_refused (model, &good, "an animation knows no hires fix");
  base = clip_base (), base.steps = -1;
  assert_refused (model, &good, "the number of steps is -1");
  base = clip_base (), base.width = 16384, base.height = 16384;
  params = good, params.frames = 100000;
  assert_refused (model, &params, "the latents of 100000 frames take");
  limn_model_free (model);
  limn_device_free (device);
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  clip_begin ();
  g_test_add_func ("/animate/events", test_events);
  g_test_add_func ("/animate/refusals", test_refusals);
  result = g_test_run ();
  clip_end ();
  return result;
}
