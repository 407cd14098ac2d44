/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/animate-denoiser.h"

#include <math.h>

struct limn_animate_denoiser {
  limn_device *device;
  const limn_unet *unet;
  struct limn_animate_denoiser_params params;
  struct limn_unet_inputs inputs;
  limn_tensor zeros;  /* as inputs.latents, for SparseCtrl; or null */
  int residuals;      /* of a ControlNet */
  limn_tensor scales; /* [1, 1, 1, branches * residuals * n * frames] f32 */
  limn_tensor output;
  struct limn_branches branches;
};

static void step_forward (limn_pass *pass, gpointer data);

static bool
write_zeros (limn_animate_denoiser *denoiser, limn_tensor tensor, GError **error)
{
  g_autofree float *zeros = g_new0 (float, limn_tensor_elements (tensor));

  return limn_tensor_write (denoiser->device, tensor, zeros, error);
}

static bool
prepare_branches (limn_animate_denoiser *denoiser, GError **error)
{
  const struct limn_animate_denoiser_params *params = &denoiser->params;
  struct limn_branches *branches = &denoiser->branches;
  int n = params->n * params->frames;
  const struct limn_branches_params wanted = {
    .n = params->n,
    .frames = params->frames,
    .width = params->width,
    .height = params->height,
    .controls = params->controls,
    .n_controls = params->n_controls,
    .forward = step_forward,
    .denoiser = denoiser,
  };

  if (!limn_branches_init (branches, denoiser->device, &wanted, error))
    return false;
  for (int i = 0; i < branches->count; i++) {
    struct limn_control_branch *branch = &branches->branches[i];

    branch->mode = params->modes[i];
    /* Where there is no picture the weight is 0, and what it multiplies must be a number. */
    if (!write_zeros (denoiser, branch->conditioning, error))
      return false;
    if (!limn_controlnet_is_sparse (branch->control) || !limn_tensor_is_null (denoiser->zeros))
      continue;
    if (!limn_branches_tensor (denoiser->device, &denoiser->zeros, n, params->height, params->width,
                               denoiser->inputs.latents.c, error) ||
        !write_zeros (denoiser, denoiser->zeros, error))
      return false;
  }
  return true;
}

static bool
prepare_inputs (limn_animate_denoiser *denoiser, GError **error)
{
  const struct limn_unet_config *unet = limn_unet_get_config (denoiser->unet);
  const struct limn_animate_denoiser_params *params = &denoiser->params;
  struct limn_unet_inputs *inputs = &denoiser->inputs;
  limn_device *device = denoiser->device;
  int n = params->n * params->frames, h = params->height, w = params->width;

  g_assert (unet->in_channels == unet->out_channels);
  inputs->motion = params->motion;
  inputs->frames = params->frames;
  denoiser->scales = limn_tensor_new (device, LIMN_DTYPE_F32, 1, 1, 1,
                                      MAX (params->n_controls, 1) * denoiser->residuals * n, error);
  return !limn_tensor_is_null (denoiser->scales) &&
         limn_branches_tensor (device, &inputs->latents, n, h, w, unet->in_channels, error) &&
         limn_branches_tensor (device, &inputs->sincos, n, 1, 1, unet->channels[0], error) &&
         limn_branches_tensor (device, &inputs->context, n, params->tokens, 1,
                               unet->cross_attention_dim[0], error) &&
         limn_branches_tensor (device, &denoiser->output, n, h, w, unet->out_channels, error);
}

limn_animate_denoiser *
limn_animate_denoiser_new (limn_device *device,
                           const limn_unet *unet,
                           const struct limn_animate_denoiser_params *params,
                           GError **error)
{
  g_autoptr (limn_animate_denoiser) denoiser = g_new0 (limn_animate_denoiser, 1);

  denoiser->device = device;
  denoiser->unet = unet;
  denoiser->params = *params;
  denoiser->residuals = limn_unet_residuals (limn_unet_get_config (unet));
  if (!prepare_inputs (denoiser, error) || !prepare_branches (denoiser, error))
    return NULL;
  return g_steal_pointer (&denoiser);
}

void
limn_animate_denoiser_free (limn_animate_denoiser *denoiser)
{
  if (!denoiser)
    return;
  limn_branches_clear (&denoiser->branches);
  limn_tensor_free (denoiser->device, &denoiser->inputs.latents);
  limn_tensor_free (denoiser->device, &denoiser->inputs.sincos);
  limn_tensor_free (denoiser->device, &denoiser->inputs.context);
  limn_tensor_free (denoiser->device, &denoiser->zeros);
  limn_tensor_free (denoiser->device, &denoiser->scales);
  limn_tensor_free (denoiser->device, &denoiser->output);
  g_free (denoiser);
}

bool
limn_animate_denoiser_set_context (limn_animate_denoiser *denoiser,
                                   const float *context,
                                   GError **error)
{
  return limn_tensor_write (denoiser->device, denoiser->inputs.context, context, error);
}

struct limn_branches *
limn_animate_denoiser_branches (limn_animate_denoiser *denoiser)
{
  return &denoiser->branches;
}

static void
branch_forward (limn_pass *pass,
                const limn_animate_denoiser *denoiser,
                const struct limn_control_branch *branch,
                bool positive,
                struct limn_unet_features *residuals)
{
  const struct limn_unet_inputs *all = &denoiser->inputs;
  bool sparse = limn_controlnet_is_sparse (branch->control);
  int n = (positive ? 1 : denoiser->params.n) * denoiser->params.frames;
  const struct limn_unet_inputs inputs = {
    .latents = limn_tensor_last (sparse ? denoiser->zeros : all->latents, n),
    .sincos = limn_tensor_last (all->sincos, n),
    .context = limn_tensor_last (all->context, n),
    .frames = all->frames,
  };

  limn_controlnet_forward (pass, branch->control, &inputs,
                           limn_tensor_last (branch->conditioning, n), residuals);
}

static void
step_forward (limn_pass *pass, gpointer data)
{
  const struct limn_step *step = data;
  const limn_animate_denoiser *denoiser = step->denoiser;
  int n = denoiser->params.n * denoiser->params.frames;
  struct limn_unet_features features, residuals;
  limn_tensor time, out;

  limn_unet_encode (pass, denoiser->unet, &denoiser->inputs, &time, &features);
  for (int i = 0; i < denoiser->params.n_controls; i++) {
    if (!(step->working & (1u << i)))
      continue;
    branch_forward (pass, denoiser, &denoiser->branches.branches[i], step->positive & (1u << i),
                    &residuals);
    limn_unet_add_residuals_by_picture (pass, &features, &residuals, denoiser->scales,
                                        i * denoiser->residuals * n);
  }
  out = limn_unet_decode (pass, denoiser->unet, &denoiser->inputs, &time, &features);
  limn_copy (pass, out, denoiser->output);
  limn_release (pass, &out);
}

/* A bit for each branch that does something at one frame at least. */
static guint32
working_branches (const limn_animate_denoiser *denoiser, const float *weights)
{
  const struct limn_animate_denoiser_params *params = &denoiser->params;
  guint32 working = 0;

  for (int i = 0; i < params->n_controls; i++)
    for (int j = 0; j < params->frames; j++)
      working |= fabsf (weights[i * params->frames + j]) > 0 ? 1u << i : 0;
  return working;
}

/* One scale for each picture of each residual of each branch. */
static bool
write_scales (limn_animate_denoiser *denoiser, const float *weights, GError **error)
{
  const struct limn_animate_denoiser_params *params = &denoiser->params;
  int residuals = denoiser->residuals, n = params->n * params->frames;
  g_autofree float *scales = g_new0 (float, denoiser->scales.c);
  g_autofree double *factors = g_new (double, residuals);

  for (int i = 0; i < params->n_controls; i++) {
    limn_branches_factors (&denoiser->branches, i, factors, residuals);
    for (int j = 0; j < residuals; j++)
      for (int k = 0; k < n; k++)
        scales[(i * residuals + j) * n + k] =
            (float) (weights[i * params->frames + k % params->frames] * factors[j]);
  }
  return limn_tensor_write (denoiser->device, denoiser->scales, scales, error);
}

bool
limn_animate_denoiser_predict (limn_animate_denoiser *denoiser,
                               const float *latents,
                               float timestep,
                               const float *weights,
                               float *output,
                               GCancellable *cancellable,
                               GError **error)
{
  const struct limn_unet_config *unet = limn_unet_get_config (denoiser->unet);
  struct limn_unet_inputs *inputs = &denoiser->inputs;
  limn_device *device = denoiser->device;
  g_autofree float *sincos = g_new (float, unet->channels[0]);

  limn_timestep_embedding (sincos, 1, &timestep, unet->channels[0], unet->flip_sin_to_cos,
                           unet->freq_shift);
  return limn_branches_write (device, inputs->latents, latents, denoiser->params.n, error) &&
         limn_branches_write (device, inputs->sincos, sincos, inputs->sincos.n, error) &&
         (denoiser->params.n_controls == 0 || write_scales (denoiser, weights, error)) &&
         limn_pass_run (
             limn_branches_pass (&denoiser->branches, working_branches (denoiser, weights)),
             cancellable, error) &&
         limn_tensor_read (device, denoiser->output, output, error);
}
