/* SPDX-License-Identifier: GPL-3.0-or-later */

/* SparseCtrl in one file with AnimateDiff's own names, whose settings are told from its tensors,
 * and as diffusers' folder: both against what diffusers computes (tests/golden/make_lora.py). */

#include <string.h>

#include "models/controlnet.h"
#include "motion-run.h"

#define CLIPS 2
#define FRAMES 4

static char *folder;

struct sparse_case {
  struct motion_case test;
  const char *prefix; /* of all names in the file; NULL: the folder */
  int channels;       /* that it sees, the mask among them */
};

#define CASE(name, prefix, channels)                                                               \
  {                                                                                                \
    { name, NULL, NULL, CLIPS, FRAMES, { 621, 621 }, 0, 24 }, prefix, channels                     \
  }

static const struct sparse_case cases[] = {
  CASE ("file-rgb", NULL, 5),      CASE ("file-rgb", "", 5),
  CASE ("file-rgb", "module.", 5), CASE ("file-scribble", NULL, 4),
  CASE ("file-scribble", "", 4),   CASE ("file-scribble", "controlnet.", 4),
};

struct run {
  limn_controlnet *net;
  struct limn_unet_inputs inputs;
  limn_tensor seen, last, mid;
};

static void
forward (limn_pass *pass, gpointer data)
{
  const struct run *run = data;
  limn_tensor embedding = limn_controlnet_embed (pass, run->net, run->seen);
  struct limn_unet_features residuals;

  limn_controlnet_forward (pass, run->net, &run->inputs, embedding, &residuals);
  limn_release (pass, &embedding);
  limn_copy (pass, residuals.skips[residuals.n_skips - 1], run->last);
  limn_copy (pass, residuals.mid, run->mid);
  for (int i = 0; i < residuals.n_skips; i++)
    limn_release (pass, &residuals.skips[i]);
  limn_release (pass, &residuals.mid);
}

static const char *prefix;

/* A motion_rename. */
static char *
file_name (const char *name)
{
  g_autofree char *original = motion_original_name (name);

  return g_strconcat (prefix, original, NULL);
}

/* The folder or file of @test, made anew. */
static char *
write_net (const struct sparse_case *test)
{
  static int written;
  g_autofree char *list = g_strconcat (test->test.name, ".txt", NULL);
  g_autofree char *values = g_strconcat ("sparse.", test->test.name, ".", NULL);
  g_autofree char *inside = g_strdup_printf ("%s/%d", folder, written++);
  char *path;

  g_assert_cmpint (g_mkdir_with_parents (inside, 0700), ==, 0);
  if (!test->prefix)
    return motion_write_part (inside, test->test.name, list, values);
  path = g_build_filename (inside, "sparse.safetensors", NULL);
  prefix = test->prefix;
  motion_write (path, list, values, file_name);
  return path;
}

static void
check_settings (const struct sparse_case *test, const limn_controlnet *net)
{
  bool latents = test->channels == 5;

  g_assert_true (limn_controlnet_is_sparse (net));
  g_assert_true (limn_controlnet_sees_latents (net) == latents);
  g_assert_cmpint (limn_controlnet_channels (net), ==, test->channels);
  g_assert_cmpint (limn_controlnet_factor (net), ==, latents ? 1 : 8);
  g_assert_cmpint (limn_controlnet_positions (net), ==, test->test.positions);
}

/* @name.@part */
static void
check (const struct sparse_case *test,
       limn_device *device,
       limn_tensor tensor,
       const limn_safetensors *file,
       const char *part)
{
  g_autofree char *name = g_strconcat (test->test.name, ".", part, NULL);

  golden_check_tensor (test->prefix ? "file" : "folder", device, tensor, file, name,
                       golden_bound (device));
}

static void
test_sparse (limn_device *device, gconstpointer data)
{
  const struct sparse_case *test = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_safetensors) file = golden_open ("motion/loras.safetensors");
  g_autofree char *path = write_net (test);
  g_autofree char *last = g_strconcat (test->test.name, ".last", NULL);
  g_autofree char *mid = g_strconcat (test->test.name, ".mid", NULL);
  g_autofree char *seen = g_strconcat (test->test.name, ".seen", NULL);
  struct run run = { .net = limn_controlnet_load (device, path, &error) };
  limn_tensor *tensors[] = { &run.seen, &run.last, &run.mid };
  g_autofree float *zeros = NULL;
  int side;

  g_assert_no_error (error);
  check_settings (test, run.net);
  side = MOTION_SIDE * limn_controlnet_factor (run.net);
  run.inputs = motion_inputs_new (device, &test->test, limn_controlnet_get_config (run.net));
  zeros = g_new0 (float, limn_tensor_elements (run.inputs.latents));
  limn_tensor_write (device, run.inputs.latents, zeros, &error);
  g_assert_no_error (error);
  run.seen = motion_upload (device, seen, CLIPS * FRAMES, side, side, test->channels);
  run.last = golden_like (device, file, last);
  run.mid = golden_like (device, file, mid);
  golden_run (device, forward, &run);
  check (test, device, run.last, file, "last");
  check (test, device, run.mid, file, "mid");
  for (gsize i = 0; i < G_N_ELEMENTS (tensors); i++)
    limn_tensor_free (device, tensors[i]);
  motion_inputs_free (device, &run.inputs);
  limn_controlnet_free (run.net);
}

/* limn_inspect() tells what it is. */
static void
test_inspect (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = write_net (&cases[i]);
    g_autoptr (GError) error = NULL;
    struct limn_inspection *inspection = limn_inspect (path, &error);

    g_assert_no_error (error);
    g_assert_cmpstr (inspection->problem, ==, NULL);
    g_assert_cmpstr (inspection->kind, ==, "ControlNet");
    limn_inspection_free (inspection);
  }
}

/* Leaves a tensor that tells a size out. */
static char *
no_conv1 (const char *name)
{
  return g_str_has_suffix (name, "conv1.weight") ? NULL : motion_original_name (name);
}

static void
test_refused (void)
{
  limn_device *device = limn_measure_device_new (LIMN_DTYPE_F32);
  g_autofree char *path = g_build_filename (folder, "broken.safetensors", NULL);
  g_autofree char *pickle = g_build_filename (folder, "v3_sd15_sparsectrl_rgb.ckpt", NULL);
  g_autoptr (GError) error = NULL;

  motion_write (path, "file-rgb.txt", "sparse.file-rgb.", no_conv1);
  g_assert_null (limn_controlnet_load (device, path, &error));
  g_assert_error (error, LIMN_ERROR, LIMN_ERROR_MODEL);
  g_assert_nonnull (
      strstr (error->message, "the ControlNet's tensor \"down_blocks.0.resnets.0.conv1.weight\""));
  g_clear_error (&error);
  g_file_set_contents (pickle, "", 0, &error);
  g_assert_no_error (error);
  g_assert_null (limn_controlnet_load (device, pickle, &error));
  g_assert_error (error, LIMN_ERROR, LIMN_ERROR_FILE);
  g_assert_nonnull (strstr (error->message, "can run code"));
  limn_device_free (device);
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  folder = motion_folder_new ();
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *name = g_strdup_printf ("sparse-file/%s-%zu", cases[i].test.name, i);

    golden_add (name, test_sparse, &cases[i]);
  }
  g_test_add_func ("/sparse-file/inspect", test_inspect);
  g_test_add_func ("/sparse-file/refused", test_refused);
  result = g_test_run ();
  motion_folder_free (folder);
  return result;
}
