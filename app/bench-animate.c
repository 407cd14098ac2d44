/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench.h"
#include "json-writer.h"
#include "number.h"

/* `limn bench animate` and `limn bench smoothness`. */

/* The longest clip of limn_bench_animate(). */
#define MOST_FRAMES 256
/* Of a picture where --size does not say it: clips shall take a minute on a small machine. */
#define CLIP_SIDE 64

struct report {
  const struct limn_bench_options *options;
  double window; /* seconds of a step of one window alone */
};

static char *
beside (guint64 measured, guint64 forecast)
{
  g_autofree char *bytes = limn_format_bytes (measured);
  g_autofree char *wanted = limn_format_bytes (forecast);

  return g_strdup_printf ("%s, forecast %s (%+.1f %%)", bytes, wanted,
                          ((double) measured / (double) forecast - 1) * 100);
}

static void
write_pair (GString *json, const char *what, guint64 measured, guint64 forecast)
{
  g_autofree char *name = g_strconcat (what, "_forecast", NULL);

  limn_json_write_uint (json, what, measured);
  limn_json_write_uint (json, name, forecast);
}

static void
on_clip (const struct limn_bench_clip *clip, gpointer data)
{
  struct report *report = data;
  double alone = report->window > 0 ? report->window : clip->step;
  double share = clip->step / (alone * clip->windows);
  g_autofree char *device = beside (clip->peak, clip->peak_forecast);
  g_autofree char *latents = beside (clip->latents, clip->latents_forecast);
  g_autofree char *pictures = beside (clip->pictures, clip->pictures_forecast);
  g_autofree char *text =
      g_strdup_printf ("%d frames, windows in a step: %.3g\n"
                       "  device    %s\n"
                       "  latents   %s\n"
                       "  frames    %s\n"
                       "  a step    %.3f s, %.3f times its windows alone",
                       clip->frames, clip->windows, device, latents, pictures, clip->step, share);
  GString *json = limn_json_write_begin ();

  limn_json_write_uint (json, "frames", (guint64) clip->frames);
  limn_json_write_double (json, "windows", clip->windows);
  write_pair (json, "device", clip->peak, clip->peak_forecast);
  write_pair (json, "latents", clip->latents, clip->latents_forecast);
  write_pair (json, "pictures", clip->pictures, clip->pictures_forecast);
  limn_json_write_double (json, "milliseconds", clip->step * 1e3);
  limn_json_write_double (json, "share", share);
  limn_bench_print (report->options, text, json);
  report->window = alone;
}

/* One for each frame, as in a film that is restyled: pictures that are the same at several frames
 * take less time and memory. */
static GPtrArray *
copy_drawing (const limn_image *drawing, int width, int height)
{
  GPtrArray *images = g_ptr_array_new_with_free_func ((GDestroyNotify) limn_image_free);

  for (int i = 0; i < MOST_FRAMES; i++)
    g_ptr_array_add (images, limn_image_resize (drawing, width, height));
  return images;
}

/* @drawing is what the ControlNet sees, or NULL. */
static bool
bench_clips (const struct limn_bench_options *options,
             limn_device *device,
             const struct limn_generate_params *base,
             const limn_image *drawing,
             GError **error)
{
  struct report report = { .options = options };
  struct limn_generate_params own = *base;
  g_autoptr (GPtrArray) images = NULL;
  struct limn_animate_control control = { "scribble", .end = 1 };
  const struct limn_motion_params modules = { .path = options->motion };
  const struct limn_animate_params params = {
    .base = &own,
    .controls = drawing != NULL ? &control : NULL,
    .n_controls = drawing != NULL ? 1 : 0,
  };

  if (drawing != NULL) {
    images = copy_drawing (drawing, base->width, base->height);
    control.images = (const limn_image *const *) (void *) images->pdata;
  }
  own.controls = NULL;
  own.n_controls = 0;
  return limn_bench_animate (device, options->model, options->motion != NULL ? &modules : NULL,
                             &params, on_clip, &report, NULL, error);
}

bool
limn_bench_run_animate (const struct limn_bench_options *options, GError **error)
{
  struct limn_bench_options own = *options;
  struct limn_bench_setting setting = { 0 };
  bool good;

  if (!own.size)
    own.width = own.height = CLIP_SIDE;
  good = limn_bench_setting_init (&own, &setting, error) &&
         bench_clips (&own, setting.device, &setting.drawing.params, setting.drawing.image, error);
  limn_bench_setting_clear (&setting);
  return good;
}

bool
limn_bench_run_smoothness (const struct limn_bench_options *options, GError **error)
{
  struct limn_bench_smoothness smoothness;
  g_autofree char *text = NULL;
  GString *line;

  if (!limn_bench_smooth (options->file, &smoothness, NULL, error))
    return false;
  text =
      g_strdup_printf ("%d frames\n"
                       "  difference of neighbours     %8.3f of 255\n"
                       "  moved by the optical flow    %8.3f of 255\n"
                       "  mean length of the flow      %8.3f pixels",
                       smoothness.frames, smoothness.plain, smoothness.registered, smoothness.flow);
  line = limn_json_write_begin ();
  limn_json_write_uint (line, "frames", (guint64) smoothness.frames);
  limn_json_write_double (line, "difference", smoothness.plain);
  limn_json_write_double (line, "registered", smoothness.registered);
  limn_json_write_double (line, "flow", smoothness.flow);
  limn_bench_print (options, text, line);
  return true;
}
