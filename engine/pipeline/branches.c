/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/branches.h"

#include <string.h>

#include "device.h"

/* sd-webui-controlnet's factor from one residual to the one before it. */
#define PROMPT_MODE_FACTOR 0.825

G_STATIC_ASSERT (2 * LIMN_MAX_BRANCHES <= 32);

bool
limn_branches_tensor (
    limn_device *device, limn_tensor *tensor, int n, int h, int w, int c, GError **error)
{
  *tensor = limn_tensor_new (device, device->storage, n, h, w, c, error);
  return !limn_tensor_is_null (*tensor);
}

bool
limn_branches_write (
    limn_device *device, limn_tensor tensor, const float *values, int times, GError **error)
{
  gsize count = limn_tensor_elements (tensor) / (gsize) times;
  g_autofree float *all = g_new (float, limn_tensor_elements (tensor));

  for (int i = 0; i < times; i++)
    memcpy (all + (gsize) i * count, values, count * sizeof (float));
  return limn_tensor_write (device, tensor, all, error);
}

/* --- what they see --- */

static void
embed_forward (limn_pass *pass, gpointer data)
{
  const struct limn_control_branch *branch = data;
  limn_tensor x = limn_controlnet_embed (pass, branch->control, branch->picture);

  limn_copy (pass, x, branch->embedding);
  limn_release (pass, &x);
}

static bool
prepare_branch (struct limn_branches *branches,
                const struct limn_branches_params *params,
                limn_controlnet *control,
                GError **error)
{
  struct limn_control_branch *branch = &branches->branches[branches->count++];
  limn_device *device = branches->device;
  int factor = limn_controlnet_factor (control), h = params->height, w = params->width;
  int c = limn_controlnet_get_config (control)->channels[0];

  branch->control = control;
  if (!limn_branches_tensor (device, &branch->picture, 1, h * factor, w * factor,
                             limn_controlnet_channels (control), error) ||
      !limn_branches_tensor (device, &branch->embedding, 1, h, w, c, error) ||
      !limn_branches_tensor (device, &branch->conditioning, params->n * params->frames, h, w, c,
                             error))
    return false;
  branch->pass = limn_pass_new (device, embed_forward, branch);
  return true;
}

static void
step_free (gpointer data)
{
  struct limn_step *step = data;

  limn_pass_free (step->pass);
  g_free (step);
}

bool
limn_branches_init (struct limn_branches *branches,
                    limn_device *device,
                    const struct limn_branches_params *params,
                    GError **error)
{
  g_assert (params->n_controls <= LIMN_MAX_BRANCHES);
  *branches = (struct limn_branches){
    .device = device,
    .n = params->n,
    .forward = params->forward,
    .denoiser = params->denoiser,
    .steps = g_hash_table_new_full (NULL, NULL, NULL, step_free),
  };
  for (int i = 0; i < params->n_controls; i++)
    if (!prepare_branch (branches, params, params->controls[i], error))
      return false;
  return true;
}

void
limn_branches_clear (struct limn_branches *branches)
{
  g_clear_pointer (&branches->steps, g_hash_table_unref);
  for (int i = 0; i < branches->count; i++) {
    struct limn_control_branch *branch = &branches->branches[i];

    limn_pass_free (branch->pass);
    limn_tensor_free (branches->device, &branch->picture);
    limn_tensor_free (branches->device, &branch->embedding);
    limn_tensor_free (branches->device, &branch->conditioning);
  }
  branches->count = 0;
}

gsize
limn_branches_embedding_bytes (const struct limn_branches *branches, int i)
{
  g_assert (i < branches->count);
  return limn_tensor_bytes (branches->branches[i].embedding);
}

bool
limn_branches_embed (struct limn_branches *branches,
                     int i,
                     const float *picture,
                     void *embedding,
                     GCancellable *cancellable,
                     GError **error)
{
  struct limn_control_branch *branch = &branches->branches[i];

  g_assert (i < branches->count);
  return limn_tensor_write (branches->device, branch->picture, picture, error) &&
         limn_pass_run (branch->pass, cancellable, error) &&
         limn_tensor_read_stored (branches->device, branch->embedding, embedding, error);
}

bool
limn_branches_show (
    struct limn_branches *branches, int i, int frame, const void *embedding, GError **error)
{
  limn_tensor one = branches->branches[i].conditioning;
  int frames = one.n / branches->n;
  gsize size = limn_tensor_bytes (one) / (gsize) one.n;

  g_assert (i < branches->count && frame < frames);
  one.n = 1;
  one.offset += size * (gsize) frame;
  for (int half = 0; half < branches->n; half++, one.offset += size * (gsize) frames)
    if (!limn_tensor_write_stored (branches->device, one, embedding, error))
      return false;
  return true;
}

/* --- a step --- */

limn_pass *
limn_branches_pass (struct limn_branches *branches, guint32 working)
{
  guint32 positive = 0;
  gpointer key;
  struct limn_step *step;

  for (int i = 0; i < branches->count; i++)
    if (branches->branches[i].mode == LIMN_CONTROL_CONTROL && branches->n == 2)
      positive |= working & (1u << i);
  key = GUINT_TO_POINTER (working | positive << LIMN_MAX_BRANCHES);
  step = g_hash_table_lookup (branches->steps, key);
  if (!step) {
    step = g_new0 (struct limn_step, 1);
    step->denoiser = branches->denoiser;
    step->working = working;
    step->positive = positive;
    step->pass = limn_pass_new (branches->device, branches->forward, step);
    g_hash_table_insert (branches->steps, key, step);
  }
  return step->pass;
}

void
limn_branches_factors (const struct limn_branches *branches, int i, double *factors, int residuals)
{
  bool fades = branches->branches[i].mode == LIMN_CONTROL_PROMPT;

  for (int j = residuals - 1; j >= 0; j--)
    factors[j] = j == residuals - 1 || !fades ? 1 : factors[j + 1] * PROMPT_MODE_FACTOR;
}
