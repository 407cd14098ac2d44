/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/denoise.h"

#include <math.h>
#include <string.h>

#include "error.h"

struct limn_denoiser {
  limn_device *device;
  const limn_unet *unet;
  struct limn_denoiser_params params;
  struct limn_unet_inputs inputs;
  int residuals;      /* of a ControlNet */
  limn_tensor scales; /* [1, 1, 1, branches * residuals] f32 */
  limn_tensor extra;  /* [n, h, w, c] beside inputs.latents, or null */
  limn_tensor output;
  struct limn_branches branches;
  float *shown[LIMN_MAX_BRANCHES]; /* the picture that each branch sees, or NULL */
};

static void step_forward (limn_pass *pass, gpointer data);

static bool
prepare_inputs (limn_denoiser *denoiser, GError **error)
{
  const struct limn_unet_config *unet = limn_unet_get_config (denoiser->unet);
  const struct limn_denoiser_params *params = &denoiser->params;
  struct limn_unet_inputs *inputs = &denoiser->inputs;
  limn_device *device = denoiser->device;
  int n = params->n, h = params->height, w = params->width;
  int extra = unet->in_channels - unet->out_channels;

  g_assert (extra >= 0);
  if (extra > 0 && !limn_branches_tensor (device, &denoiser->extra, n, h, w, extra, error))
    return false;
  denoiser->scales = limn_tensor_new (device, LIMN_DTYPE_F32, 1, 1, 1,
                                      MAX (params->n_controls, 1) * denoiser->residuals, error);
  return !limn_tensor_is_null (denoiser->scales) &&
         limn_branches_tensor (device, &inputs->latents, n, h, w, unet->out_channels, error) &&
         limn_branches_tensor (device, &inputs->sincos, n, 1, 1, unet->channels[0], error) &&
         limn_branches_tensor (device, &inputs->context, n, params->tokens, 1,
                               unet->cross_attention_dim[0], error) &&
         limn_branches_tensor (device, &denoiser->output, n, h, w, unet->out_channels, error);
}

limn_denoiser *
limn_denoiser_new (limn_device *device,
                   const limn_unet *unet,
                   const struct limn_denoiser_params *params,
                   GError **error)
{
  g_autoptr (limn_denoiser) denoiser = g_new0 (limn_denoiser, 1);
  const struct limn_branches_params branches = {
    .n = params->n,
    .frames = 1,
    .width = params->width,
    .height = params->height,
    .controls = params->controls,
    .n_controls = params->n_controls,
    .forward = step_forward,
    .denoiser = denoiser,
  };

  denoiser->device = device;
  denoiser->unet = unet;
  denoiser->params = *params;
  denoiser->residuals = limn_unet_residuals (limn_unet_get_config (unet));
  if (!limn_branches_init (&denoiser->branches, device, &branches, error) ||
      !prepare_inputs (denoiser, error))
    return NULL;
  return g_steal_pointer (&denoiser);
}

void
limn_denoiser_free (limn_denoiser *denoiser)
{
  if (!denoiser)
    return;
  limn_branches_clear (&denoiser->branches);
  for (int i = 0; i < denoiser->params.n_controls; i++)
    g_free (denoiser->shown[i]);
  limn_tensor_free (denoiser->device, &denoiser->scales);
  limn_tensor_free (denoiser->device, &denoiser->inputs.latents);
  limn_tensor_free (denoiser->device, &denoiser->inputs.sincos);
  limn_tensor_free (denoiser->device, &denoiser->inputs.context);
  limn_tensor_free (denoiser->device, &denoiser->extra);
  limn_tensor_free (denoiser->device, &denoiser->output);
  g_free (denoiser);
}

bool
limn_denoiser_is_for (const limn_denoiser *denoiser, const struct limn_denoiser_params *params)
{
  const struct limn_denoiser_params *own = &denoiser->params;

  return own->n == params->n && own->width == params->width && own->height == params->height &&
         own->tokens == params->tokens && own->n_controls == params->n_controls &&
         memcmp (own->controls, params->controls, sizeof (own->controls[0]) * params->n_controls) ==
             0;
}

bool
limn_denoiser_set_context (limn_denoiser *denoiser, const float *context, GError **error)
{
  return limn_tensor_write (denoiser->device, denoiser->inputs.context, context, error);
}

bool
limn_denoiser_set_extra (limn_denoiser *denoiser, const float *extra, GError **error)
{
  g_assert (!limn_tensor_is_null (denoiser->extra));
  return limn_branches_write (denoiser->device, denoiser->extra, extra, denoiser->params.n, error);
}

bool
limn_denoiser_set_picture (
    limn_denoiser *denoiser, int i, const float *picture, GCancellable *cancellable, GError **error)
{
  struct limn_branches *branches = &denoiser->branches;
  gsize size = limn_tensor_elements (branches->branches[i].picture) * sizeof (float);
  g_autofree void *embedding = g_malloc (limn_branches_embedding_bytes (branches, i));

  if (denoiser->shown[i] && memcmp (denoiser->shown[i], picture, size) == 0)
    return true;
  g_clear_pointer (&denoiser->shown[i], g_free);
  if (!limn_branches_embed (branches, i, picture, embedding, cancellable, error) ||
      !limn_branches_show (branches, i, 0, embedding, error))
    return false;
  denoiser->shown[i] = g_memdup2 (picture, size);
  return true;
}

void
limn_denoiser_set_mode (limn_denoiser *denoiser, int i, limn_control_mode mode)
{
  g_assert (i < denoiser->params.n_controls);
  denoiser->branches.branches[i].mode = mode;
}

static void
branch_forward (limn_pass *pass,
                const limn_denoiser *denoiser,
                const struct limn_control_branch *branch,
                bool positive,
                struct limn_unet_features *residuals)
{
  const struct limn_unet_inputs *all = &denoiser->inputs;
  int n = positive ? 1 : denoiser->params.n;
  const struct limn_unet_inputs inputs = {
    .latents = limn_tensor_last (all->latents, n),
    .sincos = limn_tensor_last (all->sincos, n),
    .context = limn_tensor_last (all->context, n),
  };

  limn_controlnet_forward (pass, branch->control, &inputs,
                           limn_tensor_last (branch->conditioning, n), residuals);
}

static void
step_forward (limn_pass *pass, gpointer data)
{
  const struct limn_step *step = data;
  const limn_denoiser *denoiser = step->denoiser;
  struct limn_unet_inputs inputs = denoiser->inputs;
  struct limn_unet_features features, residuals;
  limn_tensor time, out;

  if (!limn_tensor_is_null (denoiser->extra))
    inputs.latents = limn_concat (pass, inputs.latents, denoiser->extra);
  limn_unet_encode (pass, denoiser->unet, &inputs, &time, &features);
  limn_release (pass, &inputs.latents);
  for (int i = 0; i < denoiser->params.n_controls; i++) {
    if (!(step->working & (1u << i)))
      continue;
    branch_forward (pass, denoiser, &denoiser->branches.branches[i], step->positive & (1u << i),
                    &residuals);
    limn_unet_add_residuals (pass, &features, &residuals, denoiser->scales,
                             i * denoiser->residuals);
  }
  out = limn_unet_decode (pass, denoiser->unet, &inputs, &time, &features);
  limn_copy (pass, out, denoiser->output);
  limn_release (pass, &out);
}

/* A bit for each branch that does something. */
static guint32
working_branches (const limn_denoiser *denoiser, const float *weights)
{
  guint32 working = 0;

  for (int i = 0; i < denoiser->params.n_controls; i++)
    working |= fabsf (weights[i]) > 0 ? 1u << i : 0;
  return working;
}

/* One scale for each residual of each branch. */
static bool
write_scales (limn_denoiser *denoiser, const float *weights, GError **error)
{
  int residuals = denoiser->residuals;
  g_autofree float *scales = g_new0 (float, denoiser->scales.c);
  g_autofree double *factors = g_new (double, residuals);

  for (int i = 0; i < denoiser->params.n_controls; i++) {
    limn_branches_factors (&denoiser->branches, i, factors, residuals);
    for (int j = 0; j < residuals; j++)
      scales[i * residuals + j] = (float) (weights[i] * factors[j]);
  }
  return limn_tensor_write (denoiser->device, denoiser->scales, scales, error);
}

bool
limn_denoiser_predict (limn_denoiser *denoiser,
                       const float *latents,
                       float timestep,
                       const float *scales,
                       float *output,
                       GCancellable *cancellable,
                       GError **error)
{
  const struct limn_unet_config *unet = limn_unet_get_config (denoiser->unet);
  struct limn_unet_inputs *inputs = &denoiser->inputs;
  limn_device *device = denoiser->device;
  g_autofree float *sincos = g_new (float, unet->channels[0]);
  int n = denoiser->params.n;

  limn_timestep_embedding (sincos, 1, &timestep, unet->channels[0], unet->flip_sin_to_cos,
                           unet->freq_shift);
  return limn_branches_write (device, inputs->latents, latents, n, error) &&
         limn_branches_write (device, inputs->sincos, sincos, n, error) &&
         (denoiser->params.n_controls == 0 || write_scales (denoiser, scales, error)) &&
         limn_pass_run (
             limn_branches_pass (&denoiser->branches, working_branches (denoiser, scales)),
             cancellable, error) &&
         limn_tensor_read (device, denoiser->output, output, error);
}

/* In f32, as settings are: 6 of 20 steps is not less than 0.3. */
static float
scale_at (const struct limn_branch *branch, int i, int steps)
{
  float begin = (float) ((double) i / steps), end = (float) ((double) (i + 1) / steps);

  return begin < branch->start || end > branch->end ? 0 : branch->weight;
}

bool
limn_denoise_check (const float *output, gsize count, int i, int steps, GError **error)
{
  for (gsize j = 0; j < count; j++) {
    if (!isfinite (output[j])) {
      g_set_error (error, LIMN_ERROR, LIMN_ERROR_FAILED, "the model gave %s at step %d of %d",
                   isnan (output[j]) ? "NaN" : "infinity", i + 1, steps);
      return false;
    }
  }
  return true;
}

/* The guided output of evaluation @i, at the beginning of @output, which has room for n. */
static bool
evaluate (limn_denoiser *denoiser,
          const struct limn_denoise_params *params,
          int i,
          const float *latents,
          float *output,
          GCancellable *cancellable,
          GError **error)
{
  int first =
      limn_sampler_step_of (params->sampler, limn_sampler_first_evaluation (params->sampler));
  int step = limn_sampler_step_of (params->sampler, i), n = denoiser->params.n;
  int steps = limn_sampler_steps (params->sampler);
  gsize count = limn_tensor_elements (denoiser->inputs.latents) / n;
  g_autofree float *scaled = g_new (float, count);
  float scales[LIMN_MAX_BRANCHES] = { 0 };

  for (int j = 0; j < denoiser->params.n_controls; j++)
    scales[j] = scale_at (&params->branches[j], step - first, steps - first);
  limn_sampler_scale_input (params->sampler, i, latents, scaled, count);
  if (!limn_denoiser_predict (denoiser, scaled, limn_sampler_timestep (params->sampler, i), scales,
                              output, cancellable, error) ||
      !limn_denoise_check (output, count * n, step, steps, error))
    return false;
  if (n == 2) {
    limn_guide (output, output + count, params->cfg, output, count);
    if (params->cfg_rescale > 0)
      limn_guide_rescale (output + count, params->cfg_rescale, output, count);
  }
  return true;
}

/* Puts the picture back where it is kept, as it is before step @next. */
static void
put_back (
    const struct limn_denoise_params *params, int next, float *latents, gsize area, gsize count)
{
  const struct limn_denoise_keep *keep = params->keep;
  g_autofree float *noisy = g_new (float, count);
  gsize channels = count / area;

  limn_sampler_add_noise (params->sampler, next, keep->latents, keep->noise, noisy, count);
  for (gsize k = 0; k < count; k++) {
    float mask = keep->mask[k / channels];

    latents[k] = (1 - mask) * noisy[k] + mask * latents[k];
  }
}

bool
limn_denoise (limn_denoiser *denoiser,
              const struct limn_denoise_params *params,
              float *latents,
              GCancellable *cancellable,
              GError **error)
{
  limn_sampler *sampler = params->sampler;
  limn_tensor shape = denoiser->inputs.latents;
  gsize count = limn_tensor_elements (shape) / shape.n, area = (gsize) shape.h * shape.w;
  g_autofree float *predicted = g_new (float, count);
  g_autofree float *output = g_new (float, count *(gsize) shape.n);

  for (int i = limn_sampler_first_evaluation (sampler); i < limn_sampler_evaluations (sampler);
       i++) {
    int step = limn_sampler_step_of (sampler, i);

    if (!evaluate (denoiser, params, i, latents, output, cancellable, error))
      return false;
    if (params->guide)
      limn_guide_plan_apply (params->guide, sampler, i, latents, output, count);
    limn_sampler_step (sampler, i, latents, output, predicted, count);
    if (!limn_sampler_ends_step (sampler, i))
      continue;
    if (params->keep) {
      put_back (params, step + 1, latents, area, count);
      put_back (params, limn_sampler_steps (sampler), predicted, area, count);
    }
    if (params->step && !params->step (step, predicted, params->step_data, error))
      return false;
  }
  return true;
}
