/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Every module against diffusers' and transformers' answers, in tests/golden. */

#include "golden.h"

#include <math.h>

#include "models/clip.h"
#include "models/controlnet.h"
#include "models/unet.h"
#include "models/vae.h"

/* --- CLIP --- */

struct clip_case {
  limn_clip *clip;
  limn_tensor ids, out;
};

static void
clip_forward (limn_pass *pass, gpointer data)
{
  struct clip_case *test = data;
  limn_tensor out = limn_clip_forward (pass, test->clip, test->ids);

  limn_copy (pass, out, test->out);
  limn_release (pass, &out);
}

static char *
model_path (const char *name)
{
  g_autofree char *relative = g_build_filename ("tests", "golden", name, NULL);

  return golden_path (relative);
}

static void
test_clip (limn_device *device, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = model_path (data);
  g_autofree char *io = g_build_filename (data, "io.safetensors", NULL);
  g_autoptr (limn_safetensors) file = golden_open (io);
  struct clip_case test = { 0 };

  test.clip = limn_clip_load (device, folder, &error);
  g_assert_no_error (error);
  test.ids = golden_upload (device, file, "ids");
  test.out = golden_like (device, file, "last_hidden_state");
  golden_run (device, clip_forward, &test);
  golden_check_tensor (data, device, test.out, file, "last_hidden_state", golden_bound (device));

  limn_tensor_free (device, &test.ids);
  limn_tensor_free (device, &test.out);
  limn_clip_free (test.clip);
}

/* --- UNet --- */

struct unet_case {
  limn_unet *unet;
  struct limn_unet_inputs inputs;
  limn_tensor time, conv_in, down0, mid, out; /* all but the last may be null */
};

static void
copy_to (limn_pass *pass, limn_tensor x, limn_tensor dst)
{
  if (!limn_tensor_is_null (dst))
    limn_copy (pass, x, dst);
}

static void
unet_forward (limn_pass *pass, gpointer data)
{
  struct unet_case *test = data;
  struct limn_unet_features features;
  limn_tensor time, out;

  limn_unet_encode (pass, test->unet, &test->inputs, &time, &features);
  copy_to (pass, time, test->time);
  copy_to (pass, features.skips[0], test->conv_in);
  /* What the first block's downsampler made. */
  copy_to (pass, features.skips[limn_unet_get_config (test->unet)->layers[0] + 1], test->down0);
  copy_to (pass, features.mid, test->mid);
  out = limn_unet_decode (pass, test->unet, &test->inputs, &time, &features);
  g_assert_true (limn_tensor_is_null (time) && features.n_skips == 0);
  limn_copy (pass, out, test->out);
  limn_release (pass, &out);
}

static void
load_unet (struct unet_case *test, limn_device *device, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = model_path (name);

  test->unet = limn_unet_load (device, folder, &error);
  g_assert_no_error (error);
}

static void
set_inputs (struct unet_case *test,
            limn_device *device,
            const limn_safetensors *file,
            const char *prefix)
{
  const struct limn_unet_config *config = limn_unet_get_config (test->unet);
  g_autofree char *sample = g_strconcat (prefix, "sample", NULL);
  g_autofree char *context = g_strconcat (prefix, "context", NULL);
  g_autofree char *timestep = g_strconcat (prefix, "timestep", NULL);

  test->inputs.latents = golden_upload (device, file, sample);
  test->inputs.context = golden_upload (device, file, context);
  test->inputs.sincos = golden_sincos (device, file, timestep, config->channels[0],
                                       config->flip_sin_to_cos, config->freq_shift);
}

static void
clear_unet (struct unet_case *test, limn_device *device)
{
  limn_tensor *tensors[] = {
    &test->inputs.latents, &test->inputs.context, &test->inputs.sincos, &test->time,
    &test->conv_in,        &test->down0,          &test->mid,           &test->out
  };

  for (gsize i = 0; i < G_N_ELEMENTS (tensors); i++)
    limn_tensor_free (device, tensors[i]);
  limn_unet_free (test->unet);
}

/* Golden files have the time embedding before its silu. */
static void
check_time (limn_device *device, limn_tensor time, const limn_safetensors *file)
{
  g_autoptr (GError) error = NULL;
  gsize count = golden_count (file, "time_embedding");
  const float *before = golden_tensor (file, "time_embedding");
  g_autofree float *wanted = g_new (float, count);
  g_autofree float *found = g_new (float, count);
  double nmse;

  for (gsize i = 0; i < count; i++)
    wanted[i] = before[i] / (1 + expf (-before[i]));
  limn_tensor_read (device, time, found, &error);
  g_assert_no_error (error);
  nmse = golden_nmse (found, wanted, count);
  g_test_message ("time_embedding: NMSE %.2e", nmse);
  g_assert_true (nmse <= golden_bound (device));
}

static void
test_unet (limn_device *device, gconstpointer data)
{
  g_autofree char *io = g_build_filename (data, "io.safetensors", NULL);
  g_autoptr (limn_safetensors) file = golden_open (io);
  double bound = golden_bound (device);
  struct unet_case test = { 0 };

  load_unet (&test, device, data);
  set_inputs (&test, device, file, "");
  test.time = golden_like (device, file, "time_embedding");
  test.conv_in = golden_like (device, file, "conv_in");
  test.down0 = golden_like (device, file, "down0");
  test.mid = golden_like (device, file, "mid");
  test.out = golden_like (device, file, "output");
  golden_run (device, unet_forward, &test);

  check_time (device, test.time, file);
  golden_check_tensor (data, device, test.conv_in, file, "conv_in", bound);
  golden_check_tensor (data, device, test.down0, file, "down0", bound);
  golden_check_tensor (data, device, test.mid, file, "mid", bound);
  golden_check_tensor (data, device, test.out, file, "output", bound);
  clear_unet (&test, device);
}

/* Latents of 18x10 do not halve evenly three times. */
static void
test_unet_odd (limn_device *device, gconstpointer data)
{
  g_autoptr (limn_safetensors) file = golden_open ("unet-sd15/io.safetensors");
  struct unet_case test = { 0 };

  load_unet (&test, device, "unet-sd15");
  set_inputs (&test, device, file, "odd_");
  test.out = golden_like (device, file, "odd_output");
  golden_run (device, unet_forward, &test);
  golden_check_tensor ("unet-sd15", device, test.out, file, "odd_output", golden_bound (device));
  clear_unet (&test, device);
}

/* --- ControlNet --- */

struct control_case {
  struct unet_case unet;
  limn_controlnet *nets[2];
  limn_tensor pictures[2], scales;
  int residuals; /* of one ControlNet; each has its scale */
  limn_tensor down0, down_last, mid;
};

/* The pictures are [2, H, W, 3] here, so that one pass does all. */
static void
control_forward (limn_pass *pass, gpointer data)
{
  struct control_case *test = data;
  const struct limn_unet_inputs *inputs = &test->unet.inputs;
  struct limn_unet_features features, residuals;
  limn_tensor time, out;

  limn_unet_encode (pass, test->unet.unet, inputs, &time, &features);
  for (int i = 0; i < 2; i++) {
    limn_tensor conditioning = limn_controlnet_embed (pass, test->nets[i], test->pictures[i]);
    limn_controlnet_forward (pass, test->nets[i], inputs, conditioning, &residuals);
    limn_release (pass, &conditioning);
    if (i == 0) {
      limn_copy (pass, residuals.skips[0], test->down0);
      limn_copy (pass, residuals.skips[residuals.n_skips - 1], test->down_last);
      limn_copy (pass, residuals.mid, test->mid);
    }
    limn_unet_add_residuals (pass, &features, &residuals, test->scales, i * test->residuals);
  }
  out = limn_unet_decode (pass, test->unet.unet, inputs, &time, &features);
  limn_copy (pass, out, test->unet.out);
  limn_release (pass, &out);
}

/* [1, H, W, 3] to both rows of [2, H, W, 3]. */
static limn_tensor
upload_twice (limn_device *device, const limn_safetensors *file, const char *name)
{
  g_autoptr (GError) error = NULL;
  const gint64 *shape = golden_shape (file, name);
  gsize count = golden_count (file, name);
  g_autofree float *both = g_new (float, 2 * count);
  limn_tensor tensor = limn_tensor_new (device, device->storage, 2, (int) shape[1], (int) shape[2],
                                        (int) shape[3], &error);

  g_assert_no_error (error);
  for (gsize i = 0; i < 2 * count; i++)
    both[i] = golden_tensor (file, name)[i % count];
  limn_tensor_write (device, tensor, both, &error);
  g_assert_no_error (error);
  return tensor;
}

static void
upload_scales (struct control_case *test, limn_device *device, const float *scales)
{
  g_autoptr (GError) error = NULL;
  g_autofree float *all = NULL;

  test->residuals = limn_unet_residuals (limn_unet_get_config (test->unet.unet));
  g_assert_cmpint (test->residuals, ==, 13);
  all = g_new (float, 2 * test->residuals);
  for (int i = 0; i < 2 * test->residuals; i++)
    all[i] = scales[i / test->residuals];
  test->scales = limn_tensor_new (device, LIMN_DTYPE_F32, 1, 1, 1, 2 * test->residuals, &error);
  limn_tensor_write (device, test->scales, all, &error);
  g_assert_no_error (error);
}

static void
test_control (limn_device *device, gconstpointer data)
{
  static const char *const names[] = { "controlnet-a", "controlnet-b" };
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_safetensors) file = golden_open ("control.safetensors");
  double bound = golden_bound (device);
  struct control_case test = { 0 };

  load_unet (&test.unet, device, "unet-sd15");
  set_inputs (&test.unet, device, file, "");
  test.unet.out = golden_like (device, file, "output");
  for (int i = 0; i < 2; i++) {
    g_autofree char *folder = model_path (names[i]);
    test.nets[i] = limn_controlnet_load (device, folder, &error);
    g_assert_no_error (error);
    limn_controlnet_check (test.nets[i], limn_unet_get_config (test.unet.unet), names[i], &error);
    g_assert_no_error (error);
    g_assert_cmpint (limn_controlnet_factor (test.nets[i]), ==, 8);
    test.pictures[i] = upload_twice (device, file, i == 0 ? "cond_a" : "cond_b");
  }
  upload_scales (&test, device, golden_tensor (file, "scales"));
  test.down0 = golden_like (device, file, "a_down0");
  test.down_last = golden_like (device, file, "a_down_last");
  test.mid = golden_like (device, file, "a_mid");
  golden_run (device, control_forward, &test);

  golden_check_tensor ("control", device, test.down0, file, "a_down0", bound);
  golden_check_tensor ("control", device, test.down_last, file, "a_down_last", bound);
  golden_check_tensor ("control", device, test.mid, file, "a_mid", bound);
  golden_check_tensor ("control", device, test.unet.out, file, "output", bound);
  for (int i = 0; i < 2; i++) {
    limn_tensor_free (device, &test.pictures[i]);
    limn_controlnet_free (test.nets[i]);
  }
  limn_tensor_free (device, &test.scales);
  limn_tensor_free (device, &test.down0);
  limn_tensor_free (device, &test.down_last);
  limn_tensor_free (device, &test.mid);
  clear_unet (&test.unet, device);
}

/* --- autoencoders --- */

struct vae_case {
  const char *name, *encoded;
  bool logvar;
};

static const struct vae_case vae_cases[] = {
  { "vae-kl", "mean", true },
  { "vae-tiny", "latents_encoded", false },
};

static void
test_vae (limn_device *device, gconstpointer data)
{
  const struct vae_case *test = data;
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = model_path (test->name);
  g_autofree char *io = g_build_filename (test->name, "io.safetensors", NULL);
  g_autoptr (limn_safetensors) file = golden_open (io);
  g_autoptr (limn_vae) vae = limn_vae_load (device, folder, &error);
  const gint64 *shape = golden_shape (file, "picture");
  int height = (int) shape[1], width = (int) shape[2];
  gsize count = golden_count (file, "latents");
  g_autofree float *latents = g_new (float, count);
  g_autofree float *logvar = g_new (float, count);
  g_autofree float *picture = g_new (float, golden_count (file, "picture"));

  g_assert_no_error (error);
  limn_vae_encode (vae, golden_tensor (file, "picture"), width, height, latents, logvar, NULL,
                   &error);
  g_assert_no_error (error);
  /* Golden files have latents as they are inside, before scaling_factor. */
  for (gsize i = 0; i < count; i++)
    latents[i] = (float) (latents[i] / limn_vae_scaling (vae));
  golden_check (test->name, latents, file, test->encoded, golden_bound (device));
  if (test->logvar)
    golden_check (test->name, logvar, file, "logvar", golden_bound (device));

  for (gsize i = 0; i < count; i++)
    latents[i] = (float) (golden_tensor (file, "latents")[i] * limn_vae_scaling (vae));
  limn_vae_decode (vae, latents, width, height, picture, NULL, &error);
  g_assert_no_error (error);
  golden_check (test->name, picture, file, "decoded", golden_bound (device));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  golden_add ("golden/clip", test_clip, "clip");
  golden_add ("golden/clip-gelu", test_clip, "clip-gelu");
  golden_add ("golden/unet-sd15", test_unet, "unet-sd15");
  golden_add ("golden/unet-heads", test_unet, "unet-heads");
  golden_add ("golden/unet-linear", test_unet, "unet-linear");
  golden_add ("golden/unet-odd", test_unet_odd, NULL);
  golden_add ("golden/control", test_control, NULL);
  golden_add ("golden/vae-kl", test_vae, &vae_cases[0]);
  golden_add ("golden/vae-tiny", test_vae, &vae_cases[1]);
  return g_test_run ();
}
