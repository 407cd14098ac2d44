/* SPDX-License-Identifier: GPL-3.0-or-later */

/* UNets with motion modules, MotionLoRA, the domain adapter, SparseCtrl and ControlNets by frame
 * against diffusers: tests/golden/motion. */

#include <string.h>

#include "models/controlnet.h"
#include "models/unet.h"
#include "motion-run.h"

static char *folder;

static char *
module_name (const char *name)
{
  g_autofree char *original = motion_original_name (name);

  return g_strconcat ("module.", original, NULL);
}

/* Paths of all parts; made once. */
static struct {
  char *v1, *v2, *v3, *v3_original, *v3_module;
} paths;

static void
write_parts (void)
{
  folder = motion_folder_new ();
  paths.v1 = motion_write_part (folder, "v1", "v1.txt", "");
  paths.v2 = motion_write_part (folder, "v2", "v2.txt", "");
  paths.v3 = motion_write_part (folder, "v3", "v3.txt", "");
  paths.v3_original = g_build_filename (folder, "original.safetensors", NULL);
  motion_write (paths.v3_original, "v3.txt", "", motion_original_name);
  paths.v3_module = g_build_filename (folder, "module.safetensors", NULL);
  motion_write (paths.v3_module, "v3.txt", "", module_name);
  g_free (motion_write_part (folder, "sparse-rgb", "sparse-rgb.txt", "sparse-rgb."));
  g_free (motion_write_part (folder, "sparse-scribble", "sparse-scribble.txt", "sparse-scribble."));
}

static const char *
adapter_path (const char *name)
{
  const struct {
    const char *name, *path;
  } all[] = {
    { "v1", paths.v1 },
    { "v2", paths.v2 },
    { "v3", paths.v3 },
    { "original", paths.v3_original },
    { "module", paths.v3_module },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (all); i++)
    if (g_str_equal (all[i].name, name))
      return all[i].path;
  g_assert_not_reached ();
}

/* One LoRA of each kind, or NULL. */
static void
begin (struct motion_run *run,
       limn_device *device,
       const struct motion_case *test,
       const struct limn_lora_use *motion_lora,
       const struct limn_lora_use *domain_lora)
{
  motion_run_begin (run, device, test, adapter_path (test->adapter), motion_lora,
                    motion_lora ? 1 : 0, domain_lora, domain_lora ? 1 : 0);
}

static const struct motion_case cases[] = {
  { "v1", "v1", "unet-sd15", 1, 24, { 981 }, 20, 24 },
  { "v2", "v2", "unet-sd15", 2, 5, { 741, 37 }, 21, 32 },
  { "v3", "v3", "unet-heads", 2, 7, { 501, 120 }, 9, 32 },
  { "v3", "original", "unet-heads", 2, 7, { 501, 120 }, 9, 32 },
  { "v3", "module", "unet-heads", 2, 7, { 501, 120 }, 9, 32 },
};

static void
test_modules (limn_device *device, gconstpointer data)
{
  const struct motion_case *test = data;
  g_autoptr (limn_safetensors) file = golden_open ("motion/io.safetensors");
  struct motion_run run = { 0 };

  begin (&run, device, test, NULL, NULL);
  golden_run (device, motion_run_forward, &run);
  golden_check_tensor (test->adapter, device, run.out, file, test->name, golden_bound (device));
  motion_run_end (&run, device);
}

/* --- LoRAs --- */

/* AnimateDiff's names, diffusers' and those of PEFT. */
static char *
lora_rename (const char *name, bool original, bool peft)
{
  g_autofree char *inner = original ? motion_original_name (name) : g_strdup (name);
  bool down = g_str_has_suffix (inner, ".down");
  char *dot;

  inner[strlen (inner) - strlen (down ? ".down" : ".up")] = '\0';
  if (peft)
    return g_strconcat ("unet.", inner, down ? ".lora_A.weight" : ".lora_B.weight", NULL);
  if (g_str_has_suffix (inner, ".to_out.0"))
    inner[strlen (inner) - 2] = '\0';
  dot = strrchr (inner, '.');
  *dot = '\0';
  return g_strconcat (inner, ".processor.", dot + 1, down ? "_lora.down.weight" : "_lora.up.weight",
                      NULL);
}

static char *
original_lora (const char *name)
{
  return lora_rename (name, true, false);
}

static char *
diffusers_lora (const char *name)
{
  return lora_rename (name, false, false);
}

static char *
peft_lora (const char *name)
{
  return lora_rename (name, false, true);
}

struct lora_case {
  struct motion_case test;
  const char *list;
  motion_rename rename;
  float strength;
  bool domain;
};

static const struct lora_case lora_cases[] = {
  { { "motion-lora", "v3", "unet-heads", 1, 5, { 301 }, 9, 32 },
    "motion-lora.txt",
    original_lora,
    0.7f,
    false },
  { { "motion-lora", "original", "unet-heads", 1, 5, { 301 }, 9, 32 },
    "motion-lora.txt",
    diffusers_lora,
    0.7f,
    false },
  { { "motion-lora", "v3", "unet-heads", 1, 5, { 301 }, 9, 32 },
    "motion-lora.txt",
    peft_lora,
    0.7f,
    false },
  { { "domain-lora", "v3", "unet-heads", 1, 5, { 301 }, 9, 32 },
    "domain-lora.txt",
    diffusers_lora,
    0.9f,
    true },
};

static void
test_lora (limn_device *device, gconstpointer data)
{
  const struct lora_case *test = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_safetensors) file = golden_open ("motion/io.safetensors");
  g_autofree char *path = g_build_filename (folder, "lora.safetensors", NULL);
  struct limn_lora_use use = { .strength = test->strength };
  struct motion_run run = { 0 };

  motion_write_lora (path, test->list, test->rename);
  use.lora = limn_lora_open (path, &error);
  g_assert_no_error (error);
  begin (&run, device, &test->test, test->domain ? NULL : &use, test->domain ? &use : NULL);
  golden_run (device, motion_run_forward, &run);
  golden_check_tensor (test->list, device, run.out, file, test->test.name, golden_bound (device));
  motion_run_end (&run, device);
  limn_lora_free (use.lora);
}

/* A LoRA for the UNet is none for motion modules, and the other way round. */
static void
test_lora_misfit (limn_device *device, gconstpointer data)
{
  g_autofree char *path = g_build_filename (folder, "misfit.safetensors", NULL);
  g_autofree char *unet = motion_source_path ("unet-heads");
  g_autoptr (GError) error = NULL;
  struct limn_lora_use use = { .strength = 1 };

  motion_write_lora (path, "domain-lora.txt", diffusers_lora);
  use.lora = limn_lora_open (path, &error);
  g_assert_no_error (error);
  g_assert_null (limn_motion_load (device, paths.v3, &use, 1, &error));
  g_assert_error (error, LIMN_ERROR, LIMN_ERROR_MODEL);
  g_assert_nonnull (strstr (error->message, "is no LoRA for"));
  limn_lora_free (use.lora);
  g_clear_error (&error);

  use.lora = limn_lora_open (paths.v3_original, &error);
  g_assert_null (use.lora);
  g_assert_error (error, LIMN_ERROR, LIMN_ERROR_MODEL);
  g_assert_nonnull (strstr (error->message, "has no LoRA in it"));
}

/* Modules for other sizes, and files that have none. */
static void
test_misfit (limn_device *device, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *unet_path = motion_source_path ("unet-heads");
  g_autoptr (limn_unet) unet = limn_unet_load (device, unet_path, &error);
  g_autoptr (limn_motion) motion = limn_motion_load (device, paths.v1, NULL, 0, &error);

  g_assert_no_error (error);
  g_assert_false (limn_motion_check (motion, limn_unet_get_config (unet), "v1", &error));
  g_assert_error (error, LIMN_ERROR, LIMN_ERROR_MODEL);
  g_assert_cmpstr (error->message, ==, "v1 has motion modules for 4 blocks, the UNet has 3");
  g_clear_error (&error);
  g_assert_null (limn_motion_load (device, unet_path, NULL, 0, &error));
  g_assert_error (error, LIMN_ERROR, LIMN_ERROR_MODEL);
  g_assert_true (g_str_has_suffix (error->message, "has no motion modules"));
}

/* --- ControlNets --- */

#define MAX_FRAMES 8

struct branch_case {
  struct motion_case test;
  const char *net;              /* a folder of tests/golden, or what is made here */
  int keys[MAX_FRAMES], n_keys; /* SparseCtrl: the frames that have a picture */
  float weights[MAX_FRAMES];    /* of each frame */
};

static const struct branch_case control_case = {
  { "control", "v1", "unet-sd15", 2, 4, { 441, 441 }, 20, 24 },
  "controlnet-a",
  { 0 },
  0,
  { 0, 0.4f, 1, 1.5f },
};

static const struct branch_case sparse_cases[] = {
  { { "sparse-rgb", "v3", "unet-heads", 2, 6, { 621, 621 }, 9, 32 },
    NULL,
    { 0, 4 },
    2,
    { 0.8f, 0.8f, 0.8f, 0.8f, 0.8f, 0.8f } },
  { { "sparse-scribble", "v3", "unet-heads", 2, 6, { 621, 621 }, 9, 32 },
    NULL,
    { 0, 4 },
    2,
    { 0.8f, 0.8f, 0.8f, 0.8f, 0.8f, 0.8f } },
};

struct branch_run {
  struct motion_run run;
  limn_controlnet *net;
  limn_tensor pictures, zeros, scales; /* [frames, H, W, channels], as the latents */
  limn_tensor embedding;               /* [clips * frames, h, w, c] */
  limn_tensor last, mid;
};

static void
branch_forward (limn_pass *pass, gpointer data)
{
  struct branch_run *branch = data;
  struct motion_run *run = &branch->run;
  struct limn_unet_inputs inputs = run->inputs;
  struct limn_unet_features features, residuals;
  limn_tensor time, out, embedding;

  limn_unet_encode (pass, run->unet, &run->inputs, &time, &features);
  embedding = limn_controlnet_embed (pass, branch->net, branch->pictures);
  limn_copy (pass, embedding, limn_tensor_last (branch->embedding, embedding.n));
  /* The first clip's is the same. */
  out = branch->embedding;
  out.n = embedding.n;
  limn_copy (pass, embedding, out);
  limn_release (pass, &embedding);
  if (limn_controlnet_is_sparse (branch->net))
    inputs.latents = branch->zeros;
  limn_controlnet_forward (pass, branch->net, &inputs, branch->embedding, &residuals);
  limn_copy (pass, residuals.skips[residuals.n_skips - 1], branch->last);
  limn_copy (pass, residuals.mid, branch->mid);
  limn_unet_add_residuals_by_picture (pass, &features, &residuals, branch->scales, 0);
  out = limn_unet_decode (pass, run->unet, &run->inputs, &time, &features);
  limn_copy (pass, out, run->out);
  limn_release (pass, &out);
}

static limn_tensor
new_tensor (limn_device *device, limn_dtype dtype, int n, int h, int w, int c, const float *values)
{
  g_autoptr (GError) error = NULL;
  limn_tensor tensor = limn_tensor_new (device, dtype, n, h, w, c, &error);

  g_assert_no_error (error);
  if (values)
    limn_tensor_write (device, tensor, values, &error);
  g_assert_no_error (error);
  return tensor;
}

/* Pictures at the keys with a mask of ones, zeros elsewhere; or one for each frame. */
static limn_tensor
make_pictures (limn_device *device, const struct branch_case *test, const limn_controlnet *net)
{
  g_autofree char *name = g_strconcat (test->test.name, ".pictures", NULL);
  int side = MOTION_SIDE * limn_controlnet_factor (net), c = limn_controlnet_channels (net);
  bool sparse = limn_controlnet_is_sparse (net);
  gsize area = (gsize) side * side, seen = (gsize) c - (sparse ? 1 : 0);
  int n = sparse ? test->n_keys : test->test.frames;
  g_autofree float *values = motion_values (name, (gsize) n * area * seen);
  g_autofree float *all = g_new0 (float, (gsize) test->test.frames *area *c);

  for (int i = 0; i < n; i++) {
    gsize frame = (gsize) (sparse ? test->keys[i] : i);

    for (gsize j = 0; j < area; j++) {
      memcpy (all + (frame * area + j) * c, values + ((gsize) i * area + j) * seen,
              seen * sizeof (float));
      if (sparse)
        all[(frame * area + j) * c + seen] = 1;
    }
  }
  return new_tensor (device, device->storage, test->test.frames, side, side, c, all);
}

static void
begin_branch (struct branch_run *branch, limn_device *device, const struct branch_case *test)
{
  g_autoptr (GError) error = NULL;
  const struct limn_unet_config *unet;
  g_autofree char *path =
      test->net ? motion_source_path (test->net) : g_build_filename (folder, test->test.name, NULL);
  int n = test->test.clips * test->test.frames, residuals, last;
  g_autofree float *scales = NULL;
  g_autofree float *zeros = g_new0 (float, (gsize) n *MOTION_SIDE *MOTION_SIDE * 4);

  begin (&branch->run, device, &test->test, NULL, NULL);
  unet = limn_unet_get_config (branch->run.unet);
  branch->net = limn_controlnet_load (device, path, &error);
  g_assert_no_error (error);
  limn_controlnet_check (branch->net, unet, path, &error);
  g_assert_no_error (error);
  residuals = limn_unet_residuals (unet);
  scales = g_new (float, (gsize) residuals *n);
  for (int i = 0; i < residuals * n; i++)
    scales[i] = test->weights[i % n % test->test.frames];
  branch->scales = new_tensor (device, LIMN_DTYPE_F32, 1, 1, 1, residuals * n, scales);
  branch->zeros = new_tensor (device, device->storage, n, MOTION_SIDE, MOTION_SIDE, 4, zeros);
  branch->embedding =
      new_tensor (device, device->storage, n, MOTION_SIDE, MOTION_SIDE, unet->channels[0], NULL);
  branch->pictures = make_pictures (device, test, branch->net);
  last = MOTION_SIDE >> (unet->n_blocks - 1);
  branch->mid =
      new_tensor (device, device->storage, n, last, last, unet->channels[unet->n_blocks - 1], NULL);
  branch->last =
      new_tensor (device, device->storage, n, last, last, unet->channels[unet->n_blocks - 1], NULL);
}

static void
end_branch (struct branch_run *branch, limn_device *device)
{
  limn_tensor *tensors[] = { &branch->pictures,  &branch->zeros, &branch->scales,
                             &branch->embedding, &branch->last,  &branch->mid };

  for (gsize i = 0; i < G_N_ELEMENTS (tensors); i++)
    limn_tensor_free (device, tensors[i]);
  limn_controlnet_free (branch->net);
  motion_run_end (&branch->run, device);
}

static void
check_scaled (const struct branch_case *test,
              limn_device *device,
              limn_tensor tensor,
              const limn_safetensors *file,
              const char *what)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *name = g_strconcat (test->test.name, ".", what, NULL);
  gsize count = limn_tensor_elements (tensor);
  g_autofree float *values = g_new (float, count);

  g_assert_cmpuint (count, ==, golden_count (file, name));
  limn_tensor_read (device, tensor, values, &error);
  g_assert_no_error (error);
  for (gsize i = 0; i < count; i++)
    values[i] *= test->weights[0];
  golden_check (test->test.name, values, file, name, golden_bound (device));
}

static void
test_branch (limn_device *device, gconstpointer data)
{
  const struct branch_case *test = data;
  g_autoptr (limn_safetensors) file = golden_open ("motion/io.safetensors");
  struct branch_run branch = { 0 };

  begin_branch (&branch, device, test);
  g_assert_true (limn_controlnet_is_sparse (branch.net) == !test->net);
  golden_run (device, branch_forward, &branch);
  if (!test->net) {
    check_scaled (test, device, branch.mid, file, "mid");
    check_scaled (test, device, branch.last, file, "last");
  }
  golden_check_tensor (test->test.name, device, branch.run.out, file, test->test.name,
                       golden_bound (device));
  end_branch (&branch, device);
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  write_parts ();
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *name = g_strconcat ("motion/", cases[i].adapter, NULL);
    golden_add (name, test_modules, &cases[i]);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (lora_cases); i++) {
    g_autofree char *name = g_strdup_printf ("motion/%s-%zu", lora_cases[i].test.name, i);
    golden_add (name, test_lora, &lora_cases[i]);
  }
  golden_add ("motion/lora-misfit", test_lora_misfit, NULL);
  golden_add ("motion/misfit", test_misfit, NULL);
  golden_add ("motion/control", test_branch, &control_case);
  for (gsize i = 0; i < G_N_ELEMENTS (sparse_cases); i++) {
    g_autofree char *name = g_strconcat ("motion/", sparse_cases[i].test.name, NULL);
    golden_add (name, test_branch, &sparse_cases[i]);
  }
  result = g_test_run ();
  motion_folder_free (folder);
  return result;
}
