/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "pipeline/job.h"

const char *const limn_upscale_names[] = {
  [LIMN_UPSCALE_LATENT] = "latent",
  [LIMN_UPSCALE_PICTURE] = "picture",
  NULL,
};
G_STATIC_ASSERT (G_N_ELEMENTS (limn_upscale_names) == LIMN_N_UPSCALES + 1);

static void
tell (const struct limn_job *job, struct limn_event event)
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
encode_text (const struct limn_job *job, int *tokens, GError **error)
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
prepare_denoiser (const struct limn_job *job,
                  const struct limn_stage *stage,
                  int tokens,
                  GError **error)
{
  limn_model *model = job->model;
  int factor = limn_vae_factor (model->vae);
  struct limn_denoiser_params wanted = {
    .n = job->guided ? 2 : 1,
    .width = stage->width / factor,
    .height = stage->height / factor,
    .tokens = tokens,
    .n_controls = (int) job->params->n_controls,
  };

  for (int i = 0; i < wanted.n_controls; i++) {
    wanted.controls[i] = limn_model_get_control (model, job->params->controls[i].type,
                                                 job->params->controls[i].path, error);
    if (!wanted.controls[i])
      return false;
    if (limn_controlnet_is_sparse (wanted.controls[i])) {
      g_set_error (error, LIMN_ERROR, LIMN_ERROR_ARGUMENT,
                   "control \"%s\" is a SparseCtrl, which is for animations",
                   job->params->controls[i].type);
      return false;
    }
  }
  if (model->denoiser && limn_denoiser_is_for (model->denoiser, &wanted))
    return true;
  g_clear_pointer (&model->denoiser, limn_denoiser_free);
  model->denoiser = limn_denoiser_new (model->device, model->unet, &wanted, error);
  return model->denoiser != NULL;
}

static bool
set_pictures (const struct limn_job *job, const struct limn_stage *stage, GError **error)
{
  g_autofree float *floats = g_new (float, (gsize) stage->width *(gsize) stage->height * 3);

  for (gsize i = 0; i < job->params->n_controls; i++) {
    const limn_image *image = job->params->controls[i].image;
    g_autoptr (limn_image) rgb = limn_image_to_rgb (image);
    g_autoptr (limn_image) sized = limn_image_resize (rgb, stage->width, stage->height);
    limn_image_to_floats (sized, floats, 0, 1);
    if (!limn_denoiser_set_picture (job->model->denoiser, (int) i, floats, job->cancellable, error))
      return false;
  }
  return true;
}

/* Context, pictures and modes: what the denoiser keeps for all steps. */
static bool
set_inputs (const struct limn_job *job,
            const struct limn_stage *stage,
            const float *context,
            int tokens,
            GError **error)
{
  if (!prepare_denoiser (job, stage, tokens, error) ||
      !limn_denoiser_set_context (job->model->denoiser, context, error))
    return false;
  for (gsize i = 0; i < job->params->n_controls; i++)
    limn_denoiser_set_mode (job->model->denoiser, (int) i, job->params->controls[i].mode);
  return set_pictures (job, stage, error);
}

limn_image *
limn_job_decode (const struct limn_job *job,
                 const struct limn_stage *stage,
                 const float *latents,
                 GError **error)
{
  gsize count = (gsize) stage->width * (gsize) stage->height * 3;
  g_autofree float *picture = g_new (float, count);
  gint64 begin = g_get_monotonic_time ();

  if (!limn_vae_decode (job->model->vae, latents, stage->width, stage->height, picture,
                        job->cancellable, error))
    return NULL;
  limn_model_decoded (job->model, stage->width, stage->height,
                      (double) (g_get_monotonic_time () - begin) / G_USEC_PER_SEC);
  for (gsize i = 0; i < count; i++) {
    if (!isfinite (picture[i])) {
      g_set_error (error, LIMN_ERROR, LIMN_ERROR_FAILED, "the autoencoder gave %s",
                   isnan (picture[i]) ? "NaN" : "infinity");
      return NULL;
    }
  }
  return limn_image_from_floats (picture, stage->width, stage->height, -1, 1);
}

struct watch {
  struct limn_job *job;
  const struct limn_stage *stage;
};

static bool
step_done (int i, const float *predicted, gpointer data, GError **error)
{
  const struct watch *watch = data;
  struct limn_job *job = watch->job;
  g_autoptr (limn_image) preview = NULL;

  job->done++;
  if (!limn_job_preview (job, watch->stage, predicted, &preview, error))
    return false;
  tell (job, (struct limn_event){ .kind = LIMN_EVENT_STEP, .step = job->done, .preview = preview });
  if (g_cancellable_is_cancelled (job->cancellable)) {
    g_set_error_literal (error, LIMN_ERROR, LIMN_ERROR_CANCELLED, "cancelled");
    return false;
  }
  return true;
}

/* What params->guides ask for at the size of @stage, or NULL without guides. False with @error. */
static bool
plan_guides (const struct limn_job *job,
             const struct limn_stage *stage,
             limn_guide_plan **plan,
             GError **error)
{
  limn_model *model = job->model;
  int factor = limn_vae_factor (model->vae);

  *plan = NULL;
  if (job->params->n_guides == 0)
    return true;
  if (!limn_model_get_latent_rgb (model, job->cancellable, error))
    return false;
  *plan = limn_guide_plan_new (job->params->guides, job->params->n_guides, model->latent_rgb,
                               stage->width / factor, stage->height / factor);
  return true;
}

static bool
denoise (struct limn_job *job,
         const struct limn_stage *stage,
         limn_sampler *sampler,
         struct limn_source *source,
         GError **error)
{
  limn_denoiser *denoiser = job->model->denoiser;
  const struct limn_denoise_keep keep = { source->mask, source->kept, source->noise };
  struct limn_branch branches[LIMN_MAX_BRANCHES] = { 0 };
  struct watch watch = { job, stage };
  g_autoptr (limn_guide_plan) plan = NULL;
  struct limn_denoise_params params = {
    .sampler = sampler,
    .cfg = job->cfg,
    .cfg_rescale = job->params->cfg_rescale,
    .keep = source->kept ? &keep : NULL,
    .branches = branches,
    .step = step_done,
    .step_data = &watch,
  };

  for (gsize i = 0; i < job->params->n_controls; i++) {
    const struct limn_control *control = &job->params->controls[i];
    branches[i] = (struct limn_branch){ control->weight, control->start, control->end };
  }
  if (source->extra && !limn_denoiser_set_extra (denoiser, source->extra, error))
    return false;
  if (!plan_guides (job, stage, &plan, error))
    return false;
  params.guide = plan;
  job->stepped = g_get_monotonic_time ();
  job->step_seconds = 0;
  return limn_denoise (denoiser, &params, source->latents, job->cancellable, error);
}

float *
limn_job_run_stage (struct limn_job *job,
                    const struct limn_stage *stage,
                    const float *context,
                    int tokens,
                    const float *clean,
                    GError **error)
{
  const struct limn_generate_params *params = job->params;
  struct limn_source source = { 0 };
  float *latents = NULL;
  g_autoptr (limn_sampler) sampler = limn_sampler_new (
      &(struct limn_sampler_params){
          .kind = params->sampler,
          .sigmas = params->sigmas,
          .schedule = &job->model->schedule,
          .steps = stage->steps,
          .first = stage->first,
          .eta = params->eta,
          .rng = &job->rng,
          .channels = limn_vae_latent_channels (job->model->vae),
      },
      error);

  if (sampler && limn_source_init (&source, job, stage, sampler, clean, error) &&
      set_inputs (job, stage, context, tokens, error) &&
      denoise (job, stage, sampler, &source, error))
    latents = g_steal_pointer (&source.latents);
  limn_source_clear (&source);
  return latents;
}

static limn_image *
run (struct limn_job *job, const struct limn_stage *stages, int count, GError **error)
{
  g_autofree float *latents = NULL;
  limn_image *picture;
  int tokens;
  g_autofree float *context = encode_text (job, &tokens, error);

  for (int i = 0; context && i < count; i++) {
    g_autofree float *clean = NULL;

    if (i > 0) {
      clean = limn_source_upscale (job, &stages[i - 1], &stages[i], latents, error);
      if (!clean)
        return NULL;
    }
    g_free (latents);
    latents = limn_job_run_stage (job, &stages[i], context, tokens, clean, error);
    if (!latents)
      return NULL;
  }
  if (!context)
    return NULL;
  tell (job, (struct limn_event){ .kind = LIMN_EVENT_DECODE, .step = job->steps });
  picture = limn_job_decode (job, &stages[count - 1], latents, error);
  if (picture)
    limn_source_paste (job, picture);
  return picture;
}

limn_image *
limn_generate (limn_model *model,
               const struct limn_generate_params *params,
               GCancellable *cancellable,
               GError **error)
{
  struct limn_job job = { .model = model, .params = params, .cancellable = cancellable };
  struct limn_stage stages[LIMN_MAX_STAGES];
  int count = limn_job_begin (&job, stages, error);

  limn_vae_set_tile (model->vae, params->vae_tile);
  return count > 0 ? run (&job, stages, count, error) : NULL;
}
