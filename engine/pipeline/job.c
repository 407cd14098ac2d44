/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/job.h"

#include <math.h>
#include <string.h>

#define DEFAULT_STEPS 20
#define DEFAULT_CFG 7.0f
#define MAX_CFG 100
#define MAX_SIZE 16384
#define MAX_HIRES_SCALE 8
#define MIN_TILE 64
#define MAX_MASK_BLUR 64

bool
limn_refuse (GError **error, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list arguments;

  va_start (arguments, format);
  message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error_literal (error, LIMN_ERROR, LIMN_ERROR_ARGUMENT, message);
  return false;
}

static bool
check_range (const char *what, double value, double min, double max, GError **error)
{
  return limn_within (value, min, max) ||
         limn_refuse (error, "%s is %g, wanted %g to %g", what, value, min, max);
}

static bool
check_choice (const char *what, int value, int count, GError **error)
{
  return (value >= 0 && value < count) || limn_refuse (error, "there is no %s %d", what, value);
}

bool
limn_job_check_span (
    const char *type, double start, double end, limn_control_mode mode, GError **error)
{
  if (!limn_within (start, 0, 1) || !limn_within (end, start, 1))
    return limn_refuse (error, "control \"%s\" goes from %g to %g, wanted 0 <= start <= end <= 1",
                        type, start, end);
  return check_choice ("control mode", (int) mode, LIMN_N_CONTROL_MODES, error);
}

static bool
check_control (const struct limn_control *control, GError **error)
{
  if (!control->type || !control->image)
    return limn_refuse (error, "a control needs a type and an image");
  if (!limn_within (control->weight, 0, LIMN_MAX_CONTROL_WEIGHT))
    return limn_refuse (error, "the weight of control \"%s\" is %g, wanted 0 to %d", control->type,
                        control->weight, LIMN_MAX_CONTROL_WEIGHT);
  return limn_job_check_span (control->type, control->start, control->end, control->mode, error);
}

static bool
check_side (const char *name, int side, int multiple, GError **error)
{
  int below = side / multiple * multiple;

  if (side >= multiple && side <= MAX_SIZE && side % multiple == 0)
    return true;
  if (side < multiple || side > MAX_SIZE)
    return limn_refuse (error, "the %s is %d, wanted a multiple of %d from %d to %d", name, side,
                        multiple, multiple, MAX_SIZE);
  return limn_refuse (error, "the %s is %d, wanted a multiple of %d: %d or %d", name, side,
                      multiple, below, MIN (below + multiple, MAX_SIZE));
}

static bool
check_choices (const struct limn_generate_params *params, GError **error)
{
  return check_choice ("sampler", (int) params->sampler, LIMN_N_SAMPLERS, error) &&
         check_choice ("noise schedule", (int) params->sigmas, LIMN_N_SIGMAS, error) &&
         check_choice ("random generator", (int) params->rng, LIMN_N_RNGS, error) &&
         check_choice ("way to upscale", (int) params->hires_upscale, LIMN_N_UPSCALES, error) &&
         check_choice ("kind of preview", (int) params->preview, LIMN_N_PREVIEWS, error);
}

static bool
check_numbers (const struct limn_job *job, int multiple, GError **error)
{
  const struct limn_generate_params *params = job->params;
  int tile = params->vae_tile;

  if (tile != 0 && tile != LIMN_VAE_WHOLE && (tile < MIN_TILE || tile % multiple != 0))
    return limn_refuse (error, "the autoencoder's tile is %d, wanted a multiple of %d from %d on",
                        tile, multiple, MIN_TILE);
  return check_range ("the guidance", job->cfg, 0, MAX_CFG, error) &&
         check_range ("the blur of the mask", params->mask_blur, 0, MAX_MASK_BLUR, error) &&
         check_range ("the guidance rescale", params->cfg_rescale, 0, 1, error) &&
         check_range ("eta", params->eta, 0, 1, error);
}

static bool
check_source (const struct limn_generate_params *params, GError **error)
{
  if (params->mask && !params->init)
    return limn_refuse (error, "there is a mask and no picture that it belongs to");
  return !params->init ||
         (params->strength > 0 && check_range ("the strength", params->strength, 0, 1, error)) ||
         limn_refuse (error, "the strength is %g, wanted more than 0 and at most 1",
                      params->strength);
}

static bool
check_steps (const struct limn_job *job, int steps, GError **error)
{
  int most = job->model->schedule.train_steps;

  return (steps >= 1 && steps <= most) ||
         limn_refuse (error, "the number of steps is %d, wanted 1 to %d", steps, most);
}

int
limn_job_first_step (int steps, double strength)
{
  return steps - CLAMP ((int) (steps * strength), 1, steps);
}

static int
scale_side (int side, double scale, int multiple)
{
  return MAX ((int) rint (side * scale / multiple), 1) * multiple;
}

static bool
begin_hires (struct limn_job *job,
             const struct limn_stage *base,
             struct limn_stage *stage,
             int multiple,
             GError **error)
{
  const struct limn_generate_params *params = job->params;

  if (!check_range ("the scale of hires fix", params->hires_scale, 1, MAX_HIRES_SCALE, error))
    return false;
  if (!(params->hires_strength > 0 && params->hires_strength <= 1))
    return limn_refuse (error, "the strength of hires fix is %g, wanted more than 0 and at most 1",
                        params->hires_strength);
  stage->width = scale_side (base->width, params->hires_scale, multiple);
  stage->height = scale_side (base->height, params->hires_scale, multiple);
  stage->steps = params->hires_steps != 0 ? params->hires_steps : base->steps;
  stage->first = limn_job_first_step (stage->steps, params->hires_strength);
  return check_steps (job, stage->steps, error) &&
         check_side ("width after hires fix", stage->width, multiple, error) &&
         check_side ("height after hires fix", stage->height, multiple, error);
}

static bool
begin_base (struct limn_job *job, struct limn_stage *stage, int *multiple, GError **error)
{
  const struct limn_generate_params *params = job->params;

  limn_model_size (job->model, &stage->width, &stage->height, multiple);
  stage->width = params->width != 0 ? params->width : stage->width;
  stage->height = params->height != 0 ? params->height : stage->height;
  if (params->aspect > 0) {
    stage->width = params->width;
    stage->height = params->height;
    limn_model_fit (job->model, params->aspect, &stage->width, &stage->height);
  }
  stage->steps = params->steps != 0 ? params->steps : DEFAULT_STEPS;
  /* diffusers: inpainting with all of the strength begins with noise, image to image never does. */
  stage->from_noise = !params->init || (params->mask && params->strength >= 1);
  if (!check_steps (job, stage->steps, error) || !check_source (params, error) ||
      !check_side ("width", stage->width, *multiple, error) ||
      !check_side ("height", stage->height, *multiple, error))
    return false;
  stage->first = stage->from_noise ? 0 : limn_job_first_step (stage->steps, params->strength);
  return true;
}

int
limn_job_begin (struct limn_job *job, struct limn_stage stages[LIMN_MAX_STAGES], GError **error)
{
  const struct limn_generate_params *params = job->params;
  bool hires = fabsf (params->hires_scale) > 0 || isnan (params->hires_scale);
  int multiple, count = hires ? 2 : 1;

  memset (stages, 0, LIMN_MAX_STAGES * sizeof (stages[0]));
  job->began = g_get_monotonic_time ();
  job->cfg = fabsf (params->cfg) > 0 || isnan (params->cfg) ? params->cfg : DEFAULT_CFG;
  job->guided = job->cfg < 1 || job->cfg > 1;
  if (!check_choices (params, error) || !begin_base (job, &stages[0], &multiple, error) ||
      !check_numbers (job, multiple, error) ||
      (hires && !begin_hires (job, &stages[0], &stages[1], multiple, error)))
    return 0;
  if (params->n_controls > LIMN_MAX_BRANCHES) {
    limn_refuse (error, "there are %" G_GSIZE_FORMAT " controls, wanted at most %d",
                 params->n_controls, LIMN_MAX_BRANCHES);
    return 0;
  }
  for (gsize i = 0; i < params->n_controls; i++) {
    if (!check_control (&params->controls[i], error))
      return 0;
  }
  for (gsize i = 0; i < params->n_guides; i++) {
    if (!limn_guide_check (&params->guides[i], error))
      return 0;
  }
  for (int i = 0; i < count; i++)
    job->steps += stages[i].steps - stages[i].first;
  return count;
}
