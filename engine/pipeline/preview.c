/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/job.h"

/* Pictures of the latents that each step predicts: for a person to look at while the next step is
 * computed, so they must not hold it up. */

const char *const limn_preview_names[] = {
  [LIMN_PREVIEW_NONE] = "none",
  [LIMN_PREVIEW_DECODER] = "decoder",
  [LIMN_PREVIEW_LATENT] = "latent",
  [LIMN_PREVIEW_AUTO] = "auto",
  NULL,
};
G_STATIC_ASSERT (G_N_ELEMENTS (limn_preview_names) == LIMN_N_PREVIEWS + 1);

/* Of a step's time, what the decoder may take for a preview. */
#define DECODER_SHARE 0.1

static double
seconds_since (gint64 begin)
{
  return (double) (g_get_monotonic_time () - begin) / G_USEC_PER_SEC;
}

/* What has not been measured on this device yet counts as slow. */
static limn_preview
choose (const struct limn_job *job, const struct limn_stage *stage)
{
  double decoder = job->model->decode_seconds * stage->width * stage->height;

  if (job->params->preview != LIMN_PREVIEW_AUTO)
    return job->params->preview;
  return decoder > 0 && decoder < DECODER_SHARE * job->step_seconds ? LIMN_PREVIEW_DECODER
                                                                    : LIMN_PREVIEW_LATENT;
}

static limn_image *
decode (const struct limn_job *job,
        const struct limn_stage *stage,
        const float *predicted,
        GError **error)
{
  limn_image *picture = limn_job_decode (job, stage, predicted, error);

  if (picture)
    limn_source_paste (job, picture);
  return picture;
}

static limn_image *
map (const struct limn_job *job,
     const struct limn_stage *stage,
     const float *predicted,
     GError **error)
{
  int factor = limn_vae_factor (job->model->vae);
  const limn_latent_rgb *rgb = limn_model_get_latent_rgb (job->model, job->cancellable, error);

  if (!rgb)
    return NULL;
  return limn_latent_rgb_image (rgb, predicted, stage->width / factor, stage->height / factor);
}

bool
limn_job_preview (struct limn_job *job,
                  const struct limn_stage *stage,
                  const float *predicted,
                  limn_image **preview,
                  GError **error)
{
  double seconds = seconds_since (job->stepped);

  *preview = NULL;
  if (job->step_seconds <= 0 || seconds < job->step_seconds)
    job->step_seconds = seconds;
  if (job->params->preview != LIMN_PREVIEW_NONE && job->params->event) {
    bool decoded = choose (job, stage) == LIMN_PREVIEW_DECODER;

    *preview = (decoded ? decode : map) (job, stage, predicted, error);
    if (!*preview)
      return false;
  }
  job->stepped = g_get_monotonic_time ();
  return true;
}
