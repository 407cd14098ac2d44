/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "motion-run.h"

#include <string.h>

char *
motion_source_path (const char *name)
{
  g_autofree char *relative = g_build_filename ("tests", "golden", name, NULL);

  return golden_path (relative);
}

char *
motion_original_name (const char *name)
{
  static const char *const words[][2] = {
    { ".norm1.", ".norms.0." },
    { ".norm2.", ".norms.1." },
    { ".norm3.", ".ff_norm." },
    { ".attn1.", ".attention_blocks.0." },
    { ".attn2.", ".attention_blocks.1." },
    { ".pos_embed.", ".attention_blocks.0.pos_encoder." },
  };
  GString *text = g_string_new (name);
  char *at = strstr (text->str, "motion_modules.");

  if (!at)
    return g_string_free (text, FALSE);
  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    g_string_replace (text, words[i][0], words[i][1], 0);
  at = strstr (text->str, "motion_modules.");
  at = strchr (at + strlen ("motion_modules."), '.');
  g_string_insert (text, at - text->str, ".temporal_transformer");
  return g_string_free (text, FALSE);
}

char *
motion_kohya_name (const char *name)
{
  const char *prefix = g_str_has_prefix (name, "text_model.") ? "lora_te_" : "lora_unet_";
  const char *dot = strrchr (name, '.');
  g_autofree char *module = g_strdelimit (g_strndup (name, (gsize) (dot - name)), ".", '_');

  if (g_str_equal (dot, ".alpha"))
    return g_strconcat (prefix, module, dot, NULL);
  return g_strconcat (prefix, module, ".lora_", dot + 1, ".weight", NULL);
}

struct limn_unet_inputs
motion_inputs_new (limn_device *device,
                   const struct motion_case *test,
                   const struct limn_unet_config *config)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *sample = g_strconcat (test->name, ".sample", NULL);
  g_autofree char *context = g_strconcat (test->name, ".context", NULL);
  int n = test->clips * test->frames, c = config->channels[0];
  g_autofree float *sincos = g_new (float, (gsize) n *c);
  struct limn_unet_inputs inputs = {
    .latents = motion_upload (device, sample, n, MOTION_SIDE, MOTION_SIDE, 4),
    .context = motion_upload (device, context, n, MOTION_TOKENS, 1, MOTION_CONTEXT),
    .sincos = limn_tensor_new (device, device->storage, n, 1, 1, c, &error),
    .frames = test->frames,
  };

  g_assert_no_error (error);
  for (int i = 0; i < n; i++)
    limn_timestep_embedding (sincos + i * c, 1, &test->timesteps[i / test->frames], c,
                             config->flip_sin_to_cos, config->freq_shift);
  limn_tensor_write (device, inputs.sincos, sincos, &error);
  g_assert_no_error (error);
  return inputs;
}

void
motion_inputs_free (limn_device *device, struct limn_unet_inputs *inputs)
{
  limn_tensor_free (device, &inputs->latents);
  limn_tensor_free (device, &inputs->context);
  limn_tensor_free (device, &inputs->sincos);
}

void
motion_run_begin (struct motion_run *run,
                  limn_device *device,
                  const struct motion_case *test,
                  const char *adapter,
                  const struct limn_lora_use *motion_loras,
                  gsize n_motion_loras,
                  const struct limn_lora_use *unet_loras,
                  gsize n_unet_loras)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *unet = motion_source_path (test->unet);

  run->test = test;
  run->unet = limn_unet_load_with (device, unet, unet_loras, n_unet_loras, &error);
  g_assert_no_error (error);
  run->motion = limn_motion_load (device, adapter, motion_loras, n_motion_loras, &error);
  g_assert_no_error (error);
  limn_motion_check (run->motion, limn_unet_get_config (run->unet), test->adapter, &error);
  g_assert_no_error (error);
  g_assert_cmpint (limn_motion_places (run->motion), ==, test->places);
  g_assert_cmpint (limn_motion_get_config (run->motion)->positions, ==, test->positions);
  run->inputs = motion_inputs_new (device, test, limn_unet_get_config (run->unet));
  run->inputs.motion = run->motion;
  run->out = limn_tensor_new (device, device->storage, test->clips * test->frames, MOTION_SIDE,
                              MOTION_SIDE, 4, &error);
  g_assert_no_error (error);
}

void
motion_run_end (struct motion_run *run, limn_device *device)
{
  motion_inputs_free (device, &run->inputs);
  limn_tensor_free (device, &run->out);
  limn_motion_free (run->motion);
  limn_unet_free (run->unet);
}

void
motion_run_forward (limn_pass *pass, gpointer data)
{
  struct motion_run *run = data;
  struct limn_unet_features features;
  limn_tensor time, out;

  limn_unet_encode (pass, run->unet, &run->inputs, &time, &features);
  out = limn_unet_decode (pass, run->unet, &run->inputs, &time, &features);
  limn_copy (pass, out, run->out);
  limn_release (pass, &out);
}
