/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/model.h"

/* LoRAs of a model, and motion modules with theirs. */

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
    use->by_frame = files[loras->n].by_frame;
    use->lora = limn_lora_open (files[loras->n].path, error);
    if (!use->lora)
      return false;
  }
  return true;
}

/* The folder of a part, or the file that all of them are in; the caller frees it. */
static char *
part_path (const limn_model *model, const char *folder)
{
  if (g_file_test (model->path, G_FILE_TEST_IS_DIR))
    return g_build_filename (model->path, folder, NULL);
  return g_strdup (model->path);
}

/* Text encoder and UNet with @loras in them, or as they are in the files. Old ones go first: two at
 * once may not fit. */
static bool
reload (limn_model *model, const struct loras *loras, bool text, GError **error)
{
  g_autofree char *clip = part_path (model, "text_encoder");
  g_autofree char *unet = part_path (model, "unet");

  if (text || model->text_adapted) {
    g_clear_pointer (&model->prompts, limn_prompt_encoder_free);
    g_clear_pointer (&model->clip, limn_clip_free);
    model->clip = limn_clip_load_with (model->device, clip, loras->uses, loras->n, error);
    model->text_adapted = text;
    if (!model->clip)
      return false;
    model->prompts = limn_prompt_encoder_new (model->device, model->clip, model->tokenizer);
  }
  g_clear_pointer (&model->denoiser, limn_denoiser_free);
  g_clear_pointer (&model->unet, limn_unet_free);
  model->unet = limn_unet_load_with (model->device, unet, loras->uses, loras->n, error);
  model->adapted = loras->n > 0;
  return model->unet != NULL;
}

/* Whether the parts can be loaded with @loras at all, before those of the model are let go. *@text
 * tells whether one of them has names of the text encoder. */
static bool
check_loras (const limn_model *model, const struct loras *loras, bool *text, GError **error)
{
  g_autoptr (limn_device) ruler = limn_measure_device_new (model->device->storage);
  g_autofree char *clip_path = part_path (model, "text_encoder");
  g_autofree char *unet_path = part_path (model, "unet");
  limn_clip *clip = limn_clip_load_with (ruler, clip_path, loras->uses, loras->n, error);
  limn_unet *unet = NULL;

  *text = false;
  for (gsize i = 0; i < loras->n; i++)
    *text |= limn_lora_is_used (loras->uses[i].lora);
  if (clip)
    unet = limn_unet_load_with (ruler, unet_path, loras->uses, loras->n, error);
  limn_clip_free (clip);
  limn_unet_free (unet);
  return unet != NULL;
}

bool
limn_model_set_loras (limn_model *model,
                      const struct limn_lora_file *files,
                      gsize n,
                      GError **error)
{
  struct loras loras = { 0 };
  bool good = true, text = false;

  if (n > 0)
    good = loras_open (&loras, files, n, error) && check_loras (model, &loras, &text, error);
  if (good && (n > 0 || model->adapted))
    good = reload (model, &loras, text, error);
  loras_clear (&loras);
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
  if (!good || !limn_model_set_loras (model, &params->adapter, params->adapter.path ? 1 : 0, error))
    return false;
  model->motion = g_steal_pointer (&motion);
  return true;
}

int
limn_model_motion_frames (const limn_model *model)
{
  return model->motion ? limn_motion_get_config (model->motion)->positions : 0;
}
