/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipeline/model.h"

#include <math.h>
#include <string.h>

#include "io/checkpoint.h"
#include "io/config.h"

#define DEFAULT_SAMPLE_SIZE 64
#define MAX_ASPECT 8.0
#define MAX_SIZE 16384 /* of a side, in pixels */

/* What must be there, before the first gigabyte is read. */
static const char *const wanted_files[] = {
  "unet/config.json",     "vae/config.json",      "text_encoder/config.json",
  "tokenizer/vocab.json", "tokenizer/merges.txt", "scheduler/scheduler_config.json",
};

/* Pipelines whose parts are those of Stable Diffusion 1.x and 2.x. */
static const char *const pipelines[] = {
  "StableDiffusionPipeline",
  "StableDiffusionControlNetPipeline",
  "StableDiffusionImg2ImgPipeline",
  "StableDiffusionControlNetImg2ImgPipeline",
  "StableDiffusionInpaintPipeline",
  "StableDiffusionControlNetInpaintPipeline",
  NULL,
};

/* What one file must have in it. */
static const limn_part file_parts[] = { LIMN_PART_UNET, LIMN_PART_VAE, LIMN_PART_TEXT_ENCODER };

static bool
check_index (const char *path, GError **error)
{
  g_autofree char *file = g_build_filename (path, "model_index.json", NULL);
  g_autoptr (limn_config) config = NULL;

  if (!g_file_test (file, G_FILE_TEST_EXISTS))
    return true;
  config = limn_config_open (file, error);
  if (!config)
    return false;
  limn_config_choice (config, "_class_name", pipelines, 0);
  return limn_config_finish (config, error);
}

static bool
check_files (const char *path, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (wanted_files); i++) {
    g_autofree char *file = g_build_filename (path, wanted_files[i], NULL);
    if (!g_file_test (file, G_FILE_TEST_EXISTS)) {
      g_set_error (error, LIMN_ERROR, LIMN_ERROR_MODEL, "%s: has no %s", path, wanted_files[i]);
      return false;
    }
  }
  return true;
}

static bool
load_schedule (limn_model *model, GError **error)
{
  g_autofree char *file =
      g_build_filename (model->path, "scheduler", "scheduler_config.json", NULL);
  g_autoptr (limn_config) config = limn_config_open (file, error);

  if (!config)
    return false;
  limn_schedule_from_config (&model->schedule, config);
  return limn_config_finish (config, error);
}

/* Cheap parts first, so that a broken model fails early. */
static bool
load_parts (limn_model *model, GError **error)
{
  g_autofree char *tokenizer = g_build_filename (model->path, "tokenizer", NULL);
  g_autofree char *clip = g_build_filename (model->path, "text_encoder", NULL);
  g_autofree char *vae = g_build_filename (model->path, "vae", NULL);
  g_autofree char *unet = g_build_filename (model->path, "unet", NULL);

  return load_schedule (model, error) &&
         (model->tokenizer = limn_tokenizer_load (tokenizer, error)) != NULL &&
         (model->clip = limn_clip_load (model->device, clip, error)) != NULL &&
         (model->vae = limn_vae_load (model->device, vae, error)) != NULL &&
         (model->unet = limn_unet_load (model->device, unet, error)) != NULL;
}

limn_tokenizer *
limn_model_load_clip_tokenizer (const limn_checkpoint *file, GError **error)
{
  const char *data = g_getenv ("LIMN_DATA_DIR");
  g_autofree char *vocabulary = g_build_filename (data && *data ? data : LIMN_DATADIR, "clip",
                                                  "bpe_simple_vocab_16e6.txt.gz", NULL);

  return limn_tokenizer_load_clip (vocabulary, limn_checkpoint_is_open_clip (file), error);
}

/* Vocabulary and noise schedule, which one file has not: all models of the family share them. */
static bool
load_unsaid (limn_model *model, GError **error)
{
  g_autoptr (limn_checkpoint) file = limn_checkpoint_open (model->path, error);

  if (!file || !limn_checkpoint_check_family (file, error))
    return false;
  for (gsize i = 0; i < G_N_ELEMENTS (file_parts); i++) {
    if (!limn_checkpoint_has_part (file, file_parts[i])) {
      g_set_error (error, LIMN_ERROR, LIMN_ERROR_MODEL,
                   "%s: has no %s, wanted a whole model of Stable Diffusion 1.x or 2.x",
                   model->path, limn_part_names[file_parts[i]]);
      return false;
    }
  }
  model->schedule = limn_schedule_default;
  if (limn_checkpoint_is_v_prediction (file))
    model->schedule.prediction = LIMN_PREDICTION_V;
  model->tokenizer = limn_model_load_clip_tokenizer (file, error);
  return model->tokenizer != NULL;
}

static bool
load_file (limn_model *model, GError **error)
{
  return load_unsaid (model, error) &&
         (model->clip = limn_clip_load (model->device, model->path, error)) != NULL &&
         (model->vae = limn_vae_load (model->device, model->path, error)) != NULL &&
         (model->unet = limn_unet_load (model->device, model->path, error)) != NULL;
}

static bool
misfit (limn_model *model, GError **error, const char *what, int found, const char *of, int wanted)
{
  if (found == wanted)
    return true;
  g_set_error (error, LIMN_ERROR, LIMN_ERROR_MODEL, "%s: %s is %d, %s is %d", model->path, what,
               found, of, wanted);
  return false;
}

static bool
check_fit (limn_model *model, GError **error)
{
  const struct limn_unet_config *unet = limn_unet_get_config (model->unet);
  int latent_channels = limn_vae_latent_channels (model->vae);

  for (int i = 0; i < unet->n_blocks; i++) {
    if (!misfit (model, error, "the unet's cross_attention_dim", unet->cross_attention_dim[i],
                 "the text encoder's hidden_size", limn_clip_width (model->clip)))
      return false;
  }
  if (limn_tokenizer_eos (model->tokenizer) >= limn_clip_vocabulary (model->clip) ||
      limn_tokenizer_bos (model->tokenizer) >= limn_clip_vocabulary (model->clip)) {
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_MODEL,
                 "%s: the tokenizer has ids beyond the text encoder's vocab_size of %d",
                 model->path, limn_clip_vocabulary (model->clip));
    return false;
  }
  return (unet->in_channels == 2 * latent_channels + 1 ||
          misfit (model, error, "the unet's in_channels", unet->in_channels,
                  "the autoencoder's latent_channels", latent_channels)) &&
         misfit (model, error, "the unet's out_channels", unet->out_channels,
                 "the autoencoder's latent_channels", latent_channels);
}

limn_model *
limn_model_open (limn_device *device, const char *path, GError **error)
{
  g_autoptr (limn_model) model = NULL;
  bool is_folder = g_file_test (path, G_FILE_TEST_IS_DIR);

  if (is_folder && (!check_files (path, error) || !check_index (path, error)))
    return NULL;
  model = g_new0 (limn_model, 1);
  model->device = device;
  model->path = g_strdup (path);
  model->controls = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                           (GDestroyNotify) limn_controlnet_free);
  if (!(is_folder ? load_parts (model, error) : load_file (model, error)) ||
      !check_fit (model, error))
    return NULL;
  model->prompts = limn_prompt_encoder_new (device, model->clip, model->tokenizer);
  return g_steal_pointer (&model);
}

void
limn_model_free (limn_model *model)
{
  if (!model)
    return;
  limn_denoiser_free (model->denoiser);
  limn_latent_rgb_free (model->latent_rgb);
  limn_prompt_encoder_free (model->prompts);
  g_hash_table_unref (model->controls);
  limn_motion_free (model->motion);
  limn_unet_free (model->unet);
  limn_vae_free (model->vae);
  limn_clip_free (model->clip);
  limn_tokenizer_free (model->tokenizer);
  g_free (model->path);
  g_free (model);
}

bool
limn_model_add_control (limn_model *model, const char *type, const char *path, GError **error)
{
  g_autoptr (limn_controlnet) control = limn_controlnet_load (model->device, path, error);
  int factor = limn_vae_factor (model->vae);

  if (!control || !limn_controlnet_check (control, limn_unet_get_config (model->unet), path, error))
    return false;
  if (!limn_controlnet_sees_latents (control) && limn_controlnet_factor (control) != factor) {
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_MODEL,
                 "%s: makes its picture %d times smaller, the autoencoder %d times", path,
                 limn_controlnet_factor (control), factor);
    return false;
  }
  /* It may use one that is about to be replaced. */
  g_clear_pointer (&model->denoiser, limn_denoiser_free);
  g_hash_table_replace (model->controls, g_strdup (type), g_steal_pointer (&control));
  return true;
}

/* A type is a name and a path has a separator, so that one table has room for both. */
static limn_controlnet *
get_control_at (limn_model *model, const char *path, GError **error)
{
  g_autofree char *whole = g_canonicalize_filename (path, NULL);

  if (!g_hash_table_contains (model->controls, whole) &&
      !limn_model_add_control (model, whole, path, error))
    return NULL;
  return g_hash_table_lookup (model->controls, whole);
}

limn_controlnet *
limn_model_get_control (limn_model *model, const char *type, const char *at, GError **error)
{
  limn_controlnet *control = g_hash_table_lookup (model->controls, type);
  g_autofree char *name = g_strconcat ("controlnet-", type, NULL);
  g_autofree char *path = g_build_filename (model->path, name, NULL);
  bool is_name = *type != '\0' && !strchr (type, G_DIR_SEPARATOR);

  if (at)
    return get_control_at (model, at, error);
  if (control)
    return control;
  if (!is_name || !g_file_test (path, G_FILE_TEST_IS_DIR)) {
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_MODEL, "%s: has no ControlNet \"%s\"", model->path,
                 type);
    return NULL;
  }
  if (!limn_model_add_control (model, type, path, error))
    return NULL;
  return g_hash_table_lookup (model->controls, type);
}

const limn_latent_rgb *
limn_model_get_latent_rgb (limn_model *model, GCancellable *cancellable, GError **error)
{
  if (!model->latent_rgb)
    model->latent_rgb = limn_latent_rgb_fit (model->vae, cancellable, error);
  return model->latent_rgb;
}

void
limn_model_decoded (limn_model *model, int width, int height, double seconds)
{
  double each = seconds / ((double) width * height);

  if (model->decode_seconds <= 0 || each < model->decode_seconds)
    model->decode_seconds = each;
}

bool
limn_model_is_inpainting (const limn_model *model)
{
  const struct limn_unet_config *unet = limn_unet_get_config (model->unet);

  return unet->in_channels > unet->out_channels;
}

void
limn_model_set_prediction (limn_model *model, limn_prediction prediction)
{
  g_assert ((int) prediction >= 0 && prediction < LIMN_N_PREDICTIONS);
  model->schedule.prediction = prediction;
}

void
limn_model_size (const limn_model *model, int *width, int *height, int *multiple)
{
  const struct limn_unet_config *unet = limn_unet_get_config (model->unet);
  int factor = limn_vae_factor (model->vae);

  if (width)
    *width = factor * (unet->sample_w > 0 ? unet->sample_w : DEFAULT_SAMPLE_SIZE);
  if (height)
    *height = factor * (unet->sample_h > 0 ? unet->sample_h : DEFAULT_SAMPLE_SIZE);
  if (multiple)
    *multiple = factor;
}

void
limn_model_fit (const limn_model *model, double aspect, int *width, int *height)
{
  double wide = *width, high = *height;
  int own_width, own_height, multiple, most;

  limn_model_size (model, &own_width, &own_height, &multiple);
  aspect = CLAMP (aspect, 1 / MAX_ASPECT, MAX_ASPECT);
  if (*width <= 0 && *height <= 0)
    wide = sqrt ((double) own_width * own_height * aspect);
  else if (*width <= 0)
    wide = high * aspect;
  if (*height <= 0)
    high = wide / aspect;
  most = MAX_SIZE / multiple;
  *width = CLAMP ((int) rint (wide / multiple), 1, most) * multiple;
  *height = CLAMP ((int) rint (high / multiple), 1, most) * multiple;
}
