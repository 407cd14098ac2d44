/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/animate-denoiser.h"

#include <math.h>
#include <string.h>

/* sd-webui-controlnet's factor from one residual to the one before it. */
#define PROMPT_MODE_FACTOR 0.825

/* One ControlNet. */
struct branch {
  limn_controlnet *control; /* borrowed */
  limn_tensor picture;      /* [1, H, W, channels] */
  limn_tensor embedding;    /* [1, h, w, channels[0]] */
  limn_tensor conditioning; /* [n * frames, h, w, channels[0]] */
  limn_pass *pass;          /* from picture to embedding */
};

/* The pass for one set of working branches. */
struct step {
  const limn_animate_denoiser *denoiser;
  guint32 working, positive; /* a bit for each branch, as in denoise.c */
  limn_pass *pass;
};

struct limn_animate_denoiser {
  limn_device *device;
  const limn_unet *unet;
  struct limn_animate_denoiser_params params;
  struct limn_unet_inputs inputs;
  limn_tensor zeros;  /* as inputs.latents, for SparseCtrl; or null */
  int residuals;      /* of a ControlNet */
  limn_tensor scales; /* [1, 1, 1, branches * residuals * n * frames] f32 */
  limn_tensor output;
  struct branch branches[LIMN_MAX_BRANCHES];
  GHashTable *steps; /* working | positive << LIMN_MAX_BRANCHES -> owned struct step */
};

static void
step_free (gpointer data)
{
  struct step *step = data;

  limn_pass_free (step->pass);
  g_free (step);
}

static void
embed_forward (limn_pass *pass, gpointer data)
{
  const struct branch *branch = data;
  limn_tensor x = limn_controlnet_embed (pass, branch->control, branch->picture);

  limn_copy (pass, x, branch->embedding);
  limn_release (pass, &x);
}

static bool
new_tensor (limn_animate_denoiser *denoiser,
            limn_tensor *tensor,
            int n,
            int h,
            int w,
            int c,
            GError **error)
{
  *tensor = limn_tensor_new (denoiser->device, denoiser->device->storage, n, h, w, c, error);
  return !limn_tensor_is_null (*tensor);
}

static bool
write_zeros (limn_animate_denoiser *denoiser, limn_tensor tensor, GError **error)
{
  g_autofree float *zeros = g_new0 (float, limn_tensor_elements (tensor));

  return limn_tensor_write (denoiser->device, tensor, zeros, error);
}

static bool
prepare_branch (limn_animate_denoiser *denoiser, int i, GError **error)
{
  struct branch *branch = &denoiser->branches[i];
  const struct limn_animate_denoiser_params *params = &denoiser->params;
  int h = params->height, w = params->width, n = params->n * params->frames, factor, c;

  branch->control = params->controls[i];
  factor = limn_controlnet_factor (branch->control);
  c = limn_controlnet_get_config (branch->control)->channels[0];
  if (!new_tensor (denoiser, &branch->picture, 1, h * factor, w * factor,
                   limn_controlnet_channels (branch->control), error) ||
      !new_tensor (denoiser, &branch->embedding, 1, h, w, c, error) ||
      !new_tensor (denoiser, &branch->conditioning, n, h, w, c, error))
    return false;
  branch->pass = limn_pass_new (denoiser->device, embed_forward, branch);
  /* Where there is no picture the weight is 0, and what it multiplies must be a number. */
  if (!write_zeros (denoiser, branch->conditioning, error))
    return false;
  if (!limn_controlnet_is_sparse (branch->control) || !limn_tensor_is_null (denoiser->zeros))
    return true;
  return new_tensor (denoiser, &denoiser->zeros, n, h, w, denoiser->inputs.latents.c, error) &&
         write_zeros (denoiser, denoiser->zeros, error);
}

static bool
prepare_inputs (limn_animate_denoiser *denoiser, GError **error)
{
  const struct limn_unet_config *unet = limn_unet_get_config (denoiser->unet);
  const struct limn_animate_denoiser_params *params = &denoiser->params;
  int n = params->n * params->frames, h = params->height, w = params->width;

  g_assert (unet->in_channels == unet->out_channels);
  denoiser->inputs.motion = params->motion;
  denoiser->inputs.frames = params->frames;
  denoiser->scales = limn_tensor_new (denoiser->device, LIMN_DTYPE_F32, 1, 1, 1,
                                      MAX (params->n_controls, 1) * denoiser->residuals * n, error);
  return !limn_tensor_is_null (denoiser->scales) &&
         new_tensor (denoiser, &denoiser->inputs.latents, n, h, w, unet->in_channels, error) &&
         new_tensor (denoiser, &denoiser->inputs.sincos, n, 1, 1, unet->channels[0], error) &&
         new_tensor (denoiser, &denoiser->inputs.context, n, params->tokens, 1,
                     unet->cross_attention_dim[0], error) &&
         new_tensor (denoiser, &denoiser->output, n, h, w, unet->out_channels, error);
}

limn_animate_denoiser *
limn_animate_denoiser_new (limn_device *device,
                           const limn_unet *unet,
                           const struct limn_animate_denoiser_params *params,
                           GError **error)
{
  g_autoptr (limn_animate_denoiser) denoiser = g_new0 (limn_animate_denoiser, 1);

  g_assert (params->n_controls <= LIMN_MAX_BRANCHES);
  denoiser->device = device;
  denoiser->unet = unet;
  denoiser->params = *params;
  denoiser->residuals = limn_unet_residuals (limn_unet_get_config (unet));
  denoiser->steps = g_hash_table_new_full (NULL, NULL, NULL, step_free);
  if (!prepare_inputs (denoiser, error))
    return NULL;
  for (int i = 0; i < params->n_controls; i++)
    if (!prepare_branch (denoiser, i, error))
      return NULL;
  return g_steal_pointer (&denoiser);
}

void
limn_animate_denoiser_free (limn_animate_denoiser *denoiser)
{
  if (!denoiser)
    return;
  g_hash_table_unref (denoiser->steps);
  for (int i = 0; i < denoiser->params.n_controls; i++) {
    struct branch *branch = &denoiser->branches[i];

    limn_pass_free (branch->pass);
    limn_tensor_free (denoiser->device, &branch->picture);
    limn_tensor_free (denoiser->device, &branch->embedding);
    limn_tensor_free (denoiser->device, &branch->conditioning);
  }
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

/* Picture @i of @tensor. */
static limn_tensor
picture_of (limn_tensor tensor, int i)
{
  tensor.offset += limn_tensor_bytes (tensor) / (gsize) tensor.n * (gsize) i;
  tensor.n = 1;
  return tensor;
}

bool
limn_animate_denoiser_set_picture (limn_animate_denoiser *denoiser,
                                   int i,
                                   int frame,
                                   const float *picture,
                                   GCancellable *cancellable,
                                   GError **error)
{
  struct branch *branch = &denoiser->branches[i];
  int n = denoiser->params.n, frames = denoiser->params.frames;
  g_autofree float *embedding = g_new (float, limn_tensor_elements (branch->embedding));

  g_assert (i < denoiser->params.n_controls && frame < frames);
  if (!limn_tensor_write (denoiser->device, branch->picture, picture, error) ||
      !limn_pass_run (branch->pass, cancellable, error) ||
      !limn_tensor_read (denoiser->device, branch->embedding, embedding, error))
    return false;
  for (int clip = 0; clip < n; clip++)
    if (!limn_tensor_write (denoiser->device,
                            picture_of (branch->conditioning, clip * frames + frame), embedding,
                            error))
      return false;
  return true;
}

static void
branch_forward (limn_pass *pass,
                const limn_animate_denoiser *denoiser,
                const struct branch *branch,
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
  const struct step *step = data;
  const limn_animate_denoiser *denoiser = step->denoiser;
  int n = denoiser->params.n * denoiser->params.frames;
  struct limn_unet_features features, residuals;
  limn_tensor time, out;

  limn_unet_encode (pass, denoiser->unet, &denoiser->inputs, &time, &features);
  for (int i = 0; i < denoiser->params.n_controls; i++) {
    if (!(step->working & (1u << i)))
      continue;
    branch_forward (pass, denoiser, &denoiser->branches[i], step->positive & (1u << i), &residuals);
    limn_unet_add_residuals_by_picture (pass, &features, &residuals, denoiser->scales,
                                        i * denoiser->residuals * n);
  }
  out = limn_unet_decode (pass, denoiser->unet, &denoiser->inputs, &time, &features);
  limn_copy (pass, out, denoiser->output);
  limn_release (pass, &out);
}

static struct step *
get_step (limn_animate_denoiser *denoiser, const float *weights)
{
  const struct limn_animate_denoiser_params *params = &denoiser->params;
  guint32 working = 0, positive = 0, key;
  struct step *step;

  for (int i = 0; i < params->n_controls; i++) {
    for (int j = 0; j < params->frames; j++)
      working |= fabsf (weights[i * params->frames + j]) > 0 ? 1u << i : 0;
    if (params->modes[i] == LIMN_CONTROL_CONTROL && params->n == 2)
      positive |= working & (1u << i);
  }
  key = working | positive << LIMN_MAX_BRANCHES;
  step = g_hash_table_lookup (denoiser->steps, GUINT_TO_POINTER (key));
  if (!step) {
    step = g_new0 (struct step, 1);
    step->denoiser = denoiser;
    step->working = working;
    step->positive = positive;
    step->pass = limn_pass_new (denoiser->device, step_forward, step);
    g_hash_table_insert (denoiser->steps, GUINT_TO_POINTER (key), step);
  }
  return step;
}

/* One scale for each picture of each residual of each branch. */
static bool
write_scales (limn_animate_denoiser *denoiser, const float *weights, GError **error)
{
  const struct limn_animate_denoiser_params *params = &denoiser->params;
  int residuals = denoiser->residuals, n = params->n * params->frames;
  g_autofree float *scales = g_new0 (float, denoiser->scales.c);

  for (int i = 0; i < params->n_controls; i++) {
    double factor = 1;

    for (int j = residuals - 1; j >= 0; j--) {
      for (int k = 0; k < n; k++)
        scales[(i * residuals + j) * n + k] =
            (float) (weights[i * params->frames + k % params->frames] * factor);
      if (params->modes[i] == LIMN_CONTROL_PROMPT)
        factor *= PROMPT_MODE_FACTOR;
    }
  }
  return limn_tensor_write (denoiser->device, denoiser->scales, scales, error);
}

/* @values as often as @times, which fills @tensor. */
static bool
write_repeated (limn_animate_denoiser *denoiser,
                limn_tensor tensor,
                const float *values,
                int times,
                GError **error)
{
  gsize count = limn_tensor_elements (tensor) / (gsize) times;
  g_autofree float *all = g_new (float, limn_tensor_elements (tensor));

  for (int i = 0; i < times; i++)
    memcpy (all + (gsize) i * count, values, count * sizeof (float));
  return limn_tensor_write (denoiser->device, tensor, all, error);
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
  g_autofree float *sincos = g_new (float, unet->channels[0]);

  limn_timestep_embedding (sincos, 1, &timestep, unet->channels[0], unet->flip_sin_to_cos,
                           unet->freq_shift);
  return write_repeated (denoiser, inputs->latents, latents, denoiser->params.n, error) &&
         write_repeated (denoiser, inputs->sincos, sincos, inputs->sincos.n, error) &&
         (denoiser->params.n_controls == 0 || write_scales (denoiser, weights, error)) &&
         limn_pass_run (get_step (denoiser, weights)->pass, cancellable, error) &&
         limn_tensor_read (denoiser->device, denoiser->output, output, error);
}
