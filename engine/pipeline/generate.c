/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "pipeline/model.h"
#include "rng.h"

#define DEFAULT_STEPS 20
#define DEFAULT_CFG 7.0f
#define MAX_CFG 100
#define MAX_WEIGHT 10
#define MAX_SIZE 8192

/* A generation under way: parameters with their defaults filled in. */
struct job {
  limn_model *model;
  const struct limn_generate_params *params;
  GCancellable *cancellable;
  gint64 began; /* microseconds */
  int steps, width, height;
  float cfg;
  bool guided;
  limn_rng rng; /* of the first latents, then of the solver's noise */
};

G_GNUC_PRINTF (2, 3)
static bool
refuse (GError **error, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list arguments;

  va_start (arguments, format);
  message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error_literal (error, LIMN_ERROR, LIMN_ERROR_ARGUMENT, message);
  return false;
}

/* False for NaN. */
static bool
within (float value, float min, float max)
{
  return value >= min && value <= max;
}

static bool
check_control (const struct limn_control *control, GError **error)
{
  if (!control->type || !control->image)
    return refuse (error, "a control needs a type and an image");
  if (!within (control->weight, 0, MAX_WEIGHT))
    return refuse (error, "the weight of control \"%s\" is %g, wanted 0 to %d", control->type,
                   control->weight, MAX_WEIGHT);
  if (!within (control->start, 0, 1) || !within (control->end, control->start, 1))
    return refuse (error, "control \"%s\" goes from %g to %g, wanted 0 <= start <= end <= 1",
                   control->type, control->start, control->end);
  if ((int) control->mode < 0 || control->mode >= LIMN_N_CONTROL_MODES)
    return refuse (error, "there is no control mode %d", (int) control->mode);
  return true;
}

static bool
check_side (const char *name, int side, int multiple, GError **error)
{
  if (side >= multiple && side <= MAX_SIZE && side % multiple == 0)
    return true;
  return refuse (error, "the %s is %d, wanted a multiple of %d up to %d", name, side, multiple,
                 MAX_SIZE);
}

/* Fills in the defaults and checks everything before the first second is spent. */
static bool
begin (struct job *job, GError **error)
{
  const struct limn_generate_params *params = job->params;
  int width, height, multiple;

  limn_model_size (job->model, &width, &height, &multiple);
  job->began = g_get_monotonic_time ();
  job->steps = params->steps != 0 ? params->steps : DEFAULT_STEPS;
  job->cfg = fabsf (params->cfg) > 0 || isnan (params->cfg) ? params->cfg : DEFAULT_CFG;
  job->guided = job->cfg < 1 || job->cfg > 1;
  job->width = params->width != 0 ? params->width : width;
  job->height = params->height != 0 ? params->height : height;

  if ((int) params->sampler < 0 || params->sampler >= LIMN_N_SAMPLERS)
    return refuse (error, "there is no sampler %d", (int) params->sampler);
  if (job->steps < 1 || job->steps > job->model->schedule.train_steps)
    return refuse (error, "the number of steps is %d, wanted 1 to %d", job->steps,
                   job->model->schedule.train_steps);
  if (!within (job->cfg, 0, MAX_CFG))
    return refuse (error, "the guidance is %g, wanted 0 to %d", job->cfg, MAX_CFG);
  if (!check_side ("width", job->width, multiple, error) ||
      !check_side ("height", job->height, multiple, error))
    return false;
  if (params->n_controls > LIMN_MAX_BRANCHES)
    return refuse (error, "there are %" G_GSIZE_FORMAT " controls, wanted at most %d",
                   params->n_controls, LIMN_MAX_BRANCHES);
  for (gsize i = 0; i < params->n_controls; i++) {
    if (!check_control (&params->controls[i], error))
      return false;
  }
  return true;
}

static void
tell (const struct job *job, struct limn_event event)
{
  if (!job->params->event)
    return;
  event.steps = job->steps;
  event.seconds = (g_get_monotonic_time () - job->began) / 1e6;
  limn_device_memory_use (job->model->device, &event.memory, NULL);
  job->params->event (&event, job->params->event_data);
}

/* The context of the networks, freed by the caller; @tokens is its length. */
static float *
encode_text (const struct job *job, int *tokens, GError **error)
{
  const char *negative = job->params->negative ? job->params->negative : "";
  const char *prompt = job->params->prompt ? job->params->prompt : "";
  const char *prompts[] = { negative, prompt };
  int skip = job->guided ? 0 : 1, chunks;
  float *context = limn_prompt_encode (job->model->prompts, prompts + skip, 2 - skip,
                                       job->params->plain_prompt, &chunks, job->cancellable, error);

  if (!context)
    return NULL;
  if (chunks > 1)
    tell (job, (struct limn_event){ .kind = LIMN_EVENT_TEXT, .chunks = chunks });
  *tokens = chunks * limn_prompt_encoder_tokens (job->model->prompts);
  return context;
}

/* Makes model->denoiser right for this job and a context of @tokens. */
static bool
prepare_denoiser (const struct job *job, int tokens, GError **error)
{
  limn_model *model = job->model;
  int factor = limn_vae_factor (model->vae);
  struct limn_denoiser_params wanted = {
    .n = job->guided ? 2 : 1,
    .width = job->width / factor,
    .height = job->height / factor,
    .tokens = tokens,
    .n_controls = (int) job->params->n_controls,
  };

  for (int i = 0; i < wanted.n_controls; i++) {
    wanted.controls[i] = limn_model_get_control (model, job->params->controls[i].type, error);
    if (!wanted.controls[i])
      return false;
  }
  if (model->denoiser && limn_denoiser_is_for (model->denoiser, &wanted))
    return true;
  g_clear_pointer (&model->denoiser, limn_denoiser_free);
  model->denoiser = limn_denoiser_new (model->device, model->unet, &wanted, error);
  return model->denoiser != NULL;
}

static bool
set_pictures (const struct job *job, GError **error)
{
  g_autofree float *floats = g_new (float, (gsize) job->width * job->height * 3);

  for (gsize i = 0; i < job->params->n_controls; i++) {
    const limn_image *image = job->params->controls[i].image;
    g_autoptr (limn_image) rgb = limn_image_to_rgb (image);
    g_autoptr (limn_image) sized = limn_image_resize (rgb, job->width, job->height);
    limn_image_to_floats (sized, floats, 0, 1);
    if (!limn_denoiser_set_picture (job->model->denoiser, (int) i, floats, job->cancellable, error))
      return false;
  }
  return true;
}

/* Context, pictures and modes: what the denoiser keeps for all steps. */
static bool
set_inputs (const struct job *job, GError **error)
{
  int tokens;
  g_autofree float *context = encode_text (job, &tokens, error);

  if (!context || !prepare_denoiser (job, tokens, error) ||
      !limn_denoiser_set_context (job->model->denoiser, context, error))
    return false;
  for (gsize i = 0; i < job->params->n_controls; i++)
    limn_denoiser_set_mode (job->model->denoiser, (int) i, job->params->controls[i].mode);
  return set_pictures (job, error);
}

/* As diffusers draws them, in NCHW order; the result is NHWC. */
static float *
make_noise (struct job *job, float sigma)
{
  int factor = limn_vae_factor (job->model->vae);
  gsize channels = (gsize) limn_vae_latent_channels (job->model->vae);
  gsize area = (gsize) (job->width / factor) * (job->height / factor);
  g_autofree float *planes = g_new (float, (gsize) channels *area);
  float *noise = g_new (float, (gsize) channels *area);

  limn_rng_init (&job->rng, job->params->seed);
  limn_rng_normal (&job->rng, planes, channels * area);
  for (gsize c = 0; c < channels; c++) {
    for (gsize i = 0; i < area; i++)
      noise[i * channels + c] = planes[c * area + i] * sigma;
  }
  return noise;
}

static limn_image *
decode (const struct job *job, const float *latents, GError **error)
{
  gsize count = (gsize) job->width * job->height * 3;
  g_autofree float *picture = g_new (float, count);

  if (!limn_vae_decode (job->model->vae, latents, job->width, job->height, picture,
                        job->cancellable, error))
    return NULL;
  for (gsize i = 0; i < count; i++) {
    if (!isfinite (picture[i])) {
      g_set_error (error, LIMN_ERROR, LIMN_ERROR_FAILED, "the autoencoder gave %s",
                   isnan (picture[i]) ? "NaN" : "infinity");
      return NULL;
    }
  }
  return limn_image_from_floats (picture, job->width, job->height, -1, 1);
}

static bool
step_done (int i, const float *predicted, gpointer data, GError **error)
{
  const struct job *job = data;
  g_autoptr (limn_image) preview = NULL;

  if (job->params->preview && job->params->event) {
    preview = decode (job, predicted, error);
    if (!preview)
      return false;
  }
  tell (job, (struct limn_event){ .kind = LIMN_EVENT_STEP, .step = i + 1, .preview = preview });
  if (g_cancellable_is_cancelled (job->cancellable)) {
    g_set_error_literal (error, LIMN_ERROR, LIMN_ERROR_CANCELLED, "cancelled");
    return false;
  }
  return true;
}

static limn_image *
run (struct job *job, GError **error)
{
  struct limn_branch branches[LIMN_MAX_BRANCHES] = { 0 };
  g_autoptr (limn_sampler) sampler = limn_sampler_new (
      &(struct limn_sampler_params){
          .kind = job->params->sampler,
          .schedule = &job->model->schedule,
          .steps = job->steps,
          .rng = &job->rng,
          .channels = limn_vae_latent_channels (job->model->vae),
      },
      error);
  g_autofree float *latents = NULL;

  if (!sampler || !set_inputs (job, error))
    return NULL;
  for (gsize i = 0; i < job->params->n_controls; i++) {
    const struct limn_control *control = &job->params->controls[i];
    branches[i] = (struct limn_branch){ control->weight, control->start, control->end };
  }
  latents = make_noise (job, limn_sampler_initial_sigma (sampler));
  if (!limn_denoise (job->model->denoiser,
                     &(struct limn_denoise_params){
                         .sampler = sampler,
                         .cfg = job->cfg,
                         .branches = branches,
                         .step = step_done,
                         .step_data = job,
                     },
                     latents, job->cancellable, error))
    return NULL;
  tell (job, (struct limn_event){ .kind = LIMN_EVENT_DECODE, .step = job->steps });
  return decode (job, latents, error);
}

limn_image *
limn_generate (limn_model *model,
               const struct limn_generate_params *params,
               GCancellable *cancellable,
               GError **error)
{
  struct job job = { .model = model, .params = params, .cancellable = cancellable };

  return begin (&job, error) ? run (&job, error) : NULL;
}
