/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Input: a JSON configuration, read as every part of a model would read it. There are no weights
 * beside it, so that a model whose configuration is good fails after that. */

#include "fuzz.h"

#include "device.h"
#include "error.h"
#include "io/config.h"
#include "limn.h"
#include "models/clip.h"
#include "models/controlnet.h"
#include "models/unet.h"
#include "models/vae.h"
#include "samplers/schedule.h"

static void
read_schedule (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_config) config = limn_config_open (path, &error);
  g_autofree float *alphas = g_new (float, LIMN_MAX_TRAIN_STEPS);
  struct limn_schedule schedule;
  bool good;

  fuzz_check (config != NULL, error, LIMN_ERROR);
  if (config == NULL)
    return;
  limn_schedule_from_config (&schedule, config);
  good = limn_config_finish (config, &error);
  fuzz_check (good, error, LIMN_ERROR);
  g_assert_cmpint (schedule.train_steps, >=, 1);
  g_assert_cmpint (schedule.train_steps, <=, LIMN_MAX_TRAIN_STEPS);
  limn_schedule_alphas_cumprod (&schedule, alphas);
  for (int i = 0; i < schedule.train_steps; i++)
    g_assert_true (alphas[i] >= 0 && alphas[i] <= 1);
}

/* The keys that models do not read as such. */
static void
read_string (const char *path)
{
  g_autoptr (limn_config) config = limn_config_open (path, NULL);
  g_autoptr (GError) error = NULL;
  const char *text;
  bool good;

  if (config == NULL)
    return;
  text = limn_config_string (config, "_class_name", "none");
  g_assert_true (g_utf8_validate (text, -1, NULL));
  good = limn_config_finish (config, &error);
  fuzz_check (good, error, LIMN_ERROR);
}

#define check_load(kind)                                                                           \
  G_STMT_START                                                                                     \
  {                                                                                                \
    g_autoptr (GError) error = NULL;                                                               \
    limn_##kind *part = limn_##kind##_load (device, fuzz_folder (), &error);                       \
                                                                                                   \
    fuzz_check (part != NULL, error, LIMN_ERROR);                                                  \
    limn_##kind##_free (part);                                                                     \
  }                                                                                                \
  G_STMT_END

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  limn_device *device = limn_measure_device_new (LIMN_DTYPE_F32);
  const char *path = fuzz_put ("config.json", data, size);

  read_schedule (path);
  read_string (path);
  check_load (clip);
  check_load (vae);
  check_load (unet);
  check_load (controlnet);
  limn_device_free (device);
  return 0;
}
