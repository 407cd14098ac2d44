/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/model.h"

/* Motion modules of a model, and the LoRAs that go with them. */

struct loras {
  struct limn_lora_use *uses;
  gsize n;
};

static void
loras_clear (struct loras *loras)
{
  for (gsize i = 0; i < loras->n; i++)
    limn_lora_free (loras->uses[i].lora);
  g_free (loras->uses);
  *loras = (struct loras){ 0 };
}

static bool
loras_open (struct loras *loras, const struct limn_lora_file *files, gsize n, GError **error)
{
  loras->uses = g_new0 (struct limn_lora_use, n);
  for (; loras->n < n; loras->n++) {
    struct limn_lora_use *use = &loras->uses[loras->n];

    if (!(files[loras->n].strength >= -10 && files[loras->n].strength <= 10)) {
      g_set_error (error, LIMN_ERROR, LIMN_ERROR_ARGUMENT,
                   "the strength of %s is %g, wanted -10 to 10", files[loras->n].path,
                   (double) files[loras->n].strength);
      return false;
    }
    use->strength = files[loras->n].strength;
    use->lora = limn_lora_open (files[loras->n].path, error);
    if (!use->lora)
      return false;
  }
  return true;
}

/* The UNet with @adapter in it, or as it is in the file. The old one goes first: two at once may
 * not fit. */
static bool
reload_unet (limn_model *model, const struct loras *adapter, GError **error)
{
  g_autofree char *inside = g_build_filename (model->path, "unet", NULL);
  bool is_folder = g_file_test (model->path, G_FILE_TEST_IS_DIR);

  g_clear_pointer (&model->denoiser, limn_denoiser_free);
  g_clear_pointer (&model->unet, limn_unet_free);
  model->unet = limn_unet_load_with (model->device, is_folder ? inside : model->path, adapter->uses,
                                     adapter->n, error);
  model->adapted = adapter->n > 0;
  return model->unet != NULL;
}

/* Whether a UNet can be loaded with @adapter at all, before that of the model is let go. */
static bool
check_adapter (limn_model *model, const struct loras *adapter, GError **error)
{
  g_autoptr (limn_device) ruler = limn_measure_device_new (model->device->storage);
  g_autofree char *inside = g_build_filename (model->path, "unet", NULL);
  bool is_folder = g_file_test (model->path, G_FILE_TEST_IS_DIR);
  limn_unet *unet = limn_unet_load_with (ruler, is_folder ? inside : model->path, adapter->uses,
                                         adapter->n, error);

  limn_unet_free (unet);
  return unet != NULL;
}

static bool
set_adapter (limn_model *model, const struct limn_lora_file *file, GError **error)
{
  struct loras adapter = { 0 };
  bool good = true;

  if (file->path)
    good = loras_open (&adapter, file, 1, error) && check_adapter (model, &adapter, error);
  if (good && (file->path || model->adapted))
    good = reload_unet (model, &adapter, error);
  loras_clear (&adapter);
  return good;
}

bool
limn_model_set_motion (limn_model *model, const struct limn_motion_params *params, GError **error)
{
  struct loras loras = { 0 };
  g_autoptr (limn_motion) motion = NULL;
  bool good = true;

  g_clear_pointer (&model->motion, limn_motion_free);
  if (params->path) {
    good = loras_open (&loras, params->loras, params->n_loras, error);
    motion =
        good ? limn_motion_load (model->device, params->path, loras.uses, loras.n, error) : NULL;
    loras_clear (&loras);
    good = motion &&
           limn_motion_check (motion, limn_unet_get_config (model->unet), params->path, error);
  }
  if (!good || !set_adapter (model, &params->adapter, error))
    return false;
  model->motion = g_steal_pointer (&motion);
  return true;
}

int
limn_model_motion_frames (const limn_model *model)
{
  return model->motion ? limn_motion_get_config (model->motion)->positions : 0;
}
