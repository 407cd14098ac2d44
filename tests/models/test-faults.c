/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A device that is lost, and memory that runs out, at every call where either can happen: the job
 * ends with an error, and all of it can be freed. */

#include <string.h>

#include "golden.h"
#include "models/vae.h"
#include "pipeline/denoise.h"
#include "vk/device.h"

#define MODEL "tests/golden/single-file/sd1.safetensors"
#define MAX_CALLS 2000 /* more than a tiny run has: it must not fail for ever */

/* Its vocabulary is too small for CLIP's words, so what runs is the unet and the autoencoder. */
struct parts {
  limn_device *device;
  limn_unet *unet;
  limn_vae *vae;
  limn_denoiser *denoiser;
};

static void
parts_close (struct parts *parts)
{
  limn_denoiser_free (parts->denoiser);
  limn_vae_free (parts->vae);
  limn_unet_free (parts->unet);
  *parts = (struct parts){ .device = parts->device };
}

/* One evaluation and one decoding at @size latents; everything that is opened is in @parts. */
static bool
draw (struct parts *parts, int size, GError **error)
{
  g_autofree char *path = golden_path (MODEL);
  struct limn_denoiser_params params = { .n = 2, .width = size, .height = size, .tokens = 8 };
  gsize count = (gsize) (size * size) * 4;
  g_autofree float *latents = g_new0 (float, count);
  g_autofree float *output = g_new0 (float, 2 * count);
  g_autofree float *context = NULL;
  g_autofree float *picture = NULL;
  const struct limn_unet_config *config;
  int factor;

  if (!(parts->unet = limn_unet_load (parts->device, path, error)) ||
      !(parts->vae = limn_vae_load (parts->device, path, error)) ||
      !(parts->denoiser = limn_denoiser_new (parts->device, parts->unet, &params, error)))
    return false;
  config = limn_unet_get_config (parts->unet);
  factor = limn_vae_factor (parts->vae);
  context = g_new0 (float, 2 * 8 * (gsize) config->cross_attention_dim[0]);
  picture = g_new0 (float, 3 * (gsize) (size * factor) * (gsize) (size * factor));
  return limn_denoiser_set_context (parts->denoiser, context, error) &&
         limn_denoiser_predict (parts->denoiser, latents, 500, NULL, output, NULL, error) &&
         limn_vae_decode (parts->vae, latents, size * factor, size * factor, picture, NULL, error);
}

static limn_device *
open_vulkan (void)
{
  g_autoptr (GError) error = NULL;
  limn_device *device =
      limn_vk_device_new (-1, LIMN_PRECISION_F32, limn_debug_from_environment (), &error);

  g_assert_no_error (error);
  limn_vk_device_set_staging (device, true); /* as on a card, with all of its submissions */
  return device;
}

/* After it the device draws again, something smaller. */
static void
test_out_of_memory (void)
{
  struct parts parts = { .device = open_vulkan () };
  bool done = false;
  guint n = 0;

  while (!done) {
    g_autoptr (GError) error = NULL;

    g_assert_cmpuint (++n, <, MAX_CALLS);
    limn_vk_device_inject (parts.device, 0, n);
    done = draw (&parts, 4, &error);
    if (!done) {
      g_assert_error (error, LIMN_ERROR, LIMN_ERROR_MEMORY);
      g_assert_nonnull (strstr (error->message, "VK_ERROR_OUT_OF_DEVICE_MEMORY"));
    }
    parts_close (&parts);
    g_assert_cmpuint (parts.device->memory.weights, ==, 0);
    limn_vk_device_inject (parts.device, 0, 0);
    if (n % 16 == 1) {
      g_clear_error (&error);
      g_assert_true (draw (&parts, 2, &error));
      g_assert_no_error (error);
      parts_close (&parts);
    }
  }
  g_test_message ("%u calls take memory", n - 1);
  g_assert_cmpuint (n, >, 50);
  limn_device_free (parts.device);
}

/* All calls after the first one that fails do so too, those at the end of the program as well. */
static void
test_lost (void)
{
  struct parts parts = { .device = open_vulkan () };
  bool done = false;
  guint n = 0;

  while (!done) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GError) again = NULL;

    g_assert_cmpuint (++n, <, MAX_CALLS);
    limn_vk_device_inject (parts.device, n, 0);
    done = draw (&parts, 4, &error);
    if (!done) {
      g_assert_error (error, LIMN_ERROR, LIMN_ERROR_DEVICE);
      g_assert_nonnull (strstr (error->message, "VK_ERROR_DEVICE_LOST"));
      parts_close (&parts);
      g_assert_false (draw (&parts, 4, &again));
      g_assert_error (again, LIMN_ERROR, LIMN_ERROR_DEVICE);
    }
    parts_close (&parts);
    g_assert_cmpuint (parts.device->memory.weights, ==, 0);
    limn_vk_device_inject (parts.device, 0, 0);
  }
  g_test_message ("%u calls submit or wait", n - 1);
  g_assert_cmpuint (n, >, 50);
  limn_device_free (parts.device);
}

/* The device is freed while it is lost, at some of those calls. */
static void
test_lost_to_the_end (void)
{
  for (guint n = 1; n < 400; n += 57) {
    struct parts parts = { .device = open_vulkan () };
    g_autoptr (GError) error = NULL;

    limn_vk_device_inject (parts.device, n, 0);
    g_assert_false (draw (&parts, 4, &error));
    g_assert_error (error, LIMN_ERROR, LIMN_ERROR_DEVICE);
    parts_close (&parts);
    limn_device_free (parts.device);
  }
}

/* A long recording is several submissions, so that a cancel or a lost device ends it in its midst.
 */
static void
test_cut (void)
{
  struct parts parts = { .device = open_vulkan () };
  guint64 submissions[2];

  for (int i = 0; i < 2; i++) {
    g_autoptr (GError) error = NULL;
    guint64 before = limn_vk_device_submissions (parts.device);

    limn_vk_device_set_segment (parts.device, i == 0 ? 1e15 : 1e5);
    g_assert_true (draw (&parts, 4, &error));
    g_assert_no_error (error);
    parts_close (&parts);
    submissions[i] = limn_vk_device_submissions (parts.device) - before;
  }
  g_test_message ("%" G_GUINT64_FORMAT " submissions, %" G_GUINT64_FORMAT " when cut",
                  submissions[0], submissions[1]);
  g_assert_cmpuint (submissions[1], >, submissions[0] + 10);
  limn_device_free (parts.device);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/faults/out-of-memory", test_out_of_memory);
  g_test_add_func ("/faults/lost", test_lost);
  g_test_add_func ("/faults/lost-to-the-end", test_lost_to_the_end);
  g_test_add_func ("/faults/cut", test_cut);
  return g_test_run ();
}
