/* SPDX-License-Identifier: GPL-3.0-or-later */

/* limn_animate() with controls by frame and with LoRAs. */

#include <string.h>

#include "motion-clip.h"
#include "motion-run.h"

/* The pictures of one control at two frames at most. */
struct pictures {
  const char *name;
  int frames[2], n;
  float weights[2];
};

static const struct pictures pictures[] = {
  { "scribble", { 3, 4 }, 2, { 0.5f, 1 } },
  { "starter-scribble", { 0, 8 }, 2, { 0.7f, 0.7f } },
  { "starter-rgb", { 2 }, 1, { 0.6f } },
};

#define CONTROL_FRAMES 10

/* A ControlNet by frame and both kinds of SparseCtrl. */
struct controls {
  struct limn_animate_control controls[G_N_ELEMENTS (pictures)];
  const limn_image *images[G_N_ELEMENTS (pictures)][CONTROL_FRAMES];
  float weights[G_N_ELEMENTS (pictures)][CONTROL_FRAMES];
  GPtrArray *made, *paths;
};

static void
controls_init (struct controls *controls)
{
  *controls = (struct controls){
    .made = g_ptr_array_new_with_free_func ((GDestroyNotify) limn_image_free),
    .paths = g_ptr_array_new_with_free_func (g_free),
  };
  for (gsize i = 0; i < G_N_ELEMENTS (pictures); i++) {
    char *path = g_build_filename (clip_folder, pictures[i].name, NULL);

    g_ptr_array_add (controls->paths, path);
    for (int j = 0; j < CONTROL_FRAMES; j++)
      controls->weights[i][j] = pictures[i].weights[0];
    for (int j = 0; j < pictures[i].n; j++) {
      g_autofree char *name = g_strdup_printf ("%s.%d", pictures[i].name, pictures[i].frames[j]);
      limn_image *image = motion_image (name, CLIP_SIZE);

      g_ptr_array_add (controls->made, image);
      controls->images[i][pictures[i].frames[j]] = image;
      controls->weights[i][pictures[i].frames[j]] = pictures[i].weights[j];
    }
    controls->controls[i] = (struct limn_animate_control){
      .type = pictures[i].name,
      .path = i > 0 ? path : NULL,
      .images = controls->images[i],
      .weights = controls->weights[i],
      .end = 1,
    };
  }
}

static void
controls_clear (struct controls *controls)
{
  g_ptr_array_unref (controls->made);
  g_ptr_array_unref (controls->paths);
}

/* In windows. */
static struct limn_animate_params
controlled_params (struct limn_generate_params *base, const struct controls *controls)
{
  struct limn_animate_params params = clip_params (base);

  base->steps = 2;
  params.frames = CONTROL_FRAMES;
  params.n_prompts = 1;
  params.windows = (struct limn_windows){ LIMN_WINDOWS_UNIFORM, 6, 1, 2 };
  params.controls = controls->controls;
  params.n_controls = G_N_ELEMENTS (controls->controls);
  return params;
}

static void
test_controlled (limn_device *device, gconstpointer data)
{
  g_autoptr (limn_safetensors) file = golden_open ("motion/io.safetensors");
  struct limn_generate_params base = clip_base ();
  struct limn_animate_params params;
  limn_model *model = clip_open (device, true);
  g_autofree struct clip *clip = NULL;
  struct controls controls;
  double nmse;

  controls_init (&controls);
  params = controlled_params (&base, &controls);
  clip = clip_run (model, params);
  nmse = golden_nmse (clip->latents, golden_tensor (file, "controlled"),
                      golden_count (file, "controlled"));
  g_assert_cmpuint (golden_count (file, "controlled"), ==, CONTROL_FRAMES * CLIP_LATENTS);
  g_test_message ("controlled: NMSE %.2e, at most %.0e", nmse, golden_run_bound (device));
  g_assert_true (nmse <= golden_run_bound (device));
  controls_clear (&controls);
  limn_model_free (model);
}

/* Bytes of an embedding here: [h, w, channels[0]]. */
#define EMBEDDING(size) (CLIP_SIZE / 8 * CLIP_SIZE / 8 * 64 * (guint64) (size))
/* What the controls see that differs: SparseCtrl also sees frames without a picture. */
#define N_EMBEDDINGS (2 + 3 + 2)

static guint64
forecast_latents (limn_device *device, const struct limn_animate_params *params)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = golden_path ("data/models/starter");
  const struct limn_motion_params motion = { .path = clip_modules };
  struct limn_animate_need need;

  limn_animate_forecast (device, path, &motion, params, &need, &error);
  g_assert_no_error (error);
  return need.latents;
}

/* The same to the bit, whether pictures are embedded for each window, some of them, or once; the
 * forecast has what is kept. */
static void
test_embeddings (gconstpointer data)
{
  limn_device *device = golden_device_of ("cpu", (limn_precision) GPOINTER_TO_INT (data));
  guint64 one = EMBEDDING (limn_dtype_size (device->storage)), none = 0;
  const guint64 kept[] = { 1, 3 * one, 0 }, bytes[] = { 1, 3 * one, N_EMBEDDINGS * one };
  struct limn_generate_params base = clip_base ();
  struct limn_animate_params params;
  limn_model *model = clip_open (device, true);
  struct controls controls;
  struct clip *clips[G_N_ELEMENTS (kept)];

  controls_init (&controls);
  params = controlled_params (&base, &controls);
  for (gsize i = 0; i < G_N_ELEMENTS (kept); i++) {
    guint64 forecast;

    params.embeddings = kept[i];
    clips[i] = clip_run (model, params);
    forecast = forecast_latents (device, &params);
    none = i == 0 ? forecast - 1 : none;
    g_assert_cmpuint (forecast - none, ==, bytes[i]);
    g_assert_true (memcmp (clips[i]->latents, clips[0]->latents,
                           CONTROL_FRAMES * CLIP_LATENTS * sizeof (float)) == 0);
    g_assert_true (memcmp (clips[i]->pictures, clips[0]->pictures, sizeof clips[i]->pictures) == 0);
  }
  /* All frames in one window are shown once. */
  params.windows.length = CONTROL_FRAMES;
  g_assert_cmpuint (forecast_latents (device, &params), ==, none);
  for (gsize i = 0; i < G_N_ELEMENTS (kept); i++)
    g_free (clips[i]);
  controls_clear (&controls);
  limn_model_free (model);
  limn_device_free (device);
}

/* --- LoRAs --- */

/* Each window has the strengths of its own frames. */
static void
test_strengths (limn_device *device, gconstpointer data)
{
  g_autoptr (limn_safetensors) file = golden_open ("motion/loras.safetensors");
  const struct limn_generate_params base = clip_base ();
  struct limn_animate_params params = clip_params (&base);
  g_autofree char *path = clip_frame_lora ();
  const struct limn_lora_file lora = { path, 0, true };
  const struct limn_motion_params motion = { .path = clip_modules, .loras = &lora, .n_loras = 1 };
  limn_model *model = clip_open_with (device, &motion);
  float strengths[CLIP_FRAMES];
  const float *const all[] = { strengths };
  g_autofree struct clip *clip = NULL;

  for (int i = 0; i < CLIP_FRAMES; i++)
    strengths[i] = -0.5f + 2.0f * (float) i / (CLIP_FRAMES - 1);
  params.windows.kind = LIMN_WINDOWS_UNIFORM;
  params.strengths = all;
  clip = clip_run (model, params);
  golden_check ("strengths", clip->latents, file, "windows.frame-lora", golden_run_bound (device));
  g_assert_cmpuint (golden_count (file, "windows.frame-lora"), ==, CLIP_FRAMES * CLIP_LATENTS);
  limn_model_free (model);
}

static char *
lora_name (const char *name)
{
  bool down = g_str_has_suffix (name, ".down");
  g_autofree char *module = g_strndup (name, strlen (name) - strlen (down ? ".down" : ".up"));

  return g_strconcat (module, down ? ".lora_A.weight" : ".lora_B.weight", NULL);
}

static char *
write_lora (const char *list, motion_rename rename)
{
  char *path = g_strconcat (clip_folder, "/", list, ".safetensors", NULL);

  motion_write_lora (path, list, rename);
  return path;
}

/* LoRAs change what is drawn, and without them everything is as before: the UNet, too, and the text
 * encoder. */
static void
test_loras (void)
{
  g_autoptr (GError) error = NULL;
  limn_device *device = golden_device_of ("cpu", LIMN_PRECISION_F32);
  limn_model *model = clip_open (device, true);
  struct limn_generate_params base = clip_base ();
  struct limn_animate_params params = clip_params (&base);
  g_autofree char *domain = write_lora ("starter-lora.txt", lora_name);
  g_autofree char *motion = write_lora ("starter-motion-lora.txt", lora_name);
  g_autofree char *text = write_lora ("starter-text-lora.txt", motion_kohya_name);
  const struct limn_lora_file camera = { motion, 1 };
  const struct limn_motion_params sets[] = {
    { .path = clip_modules },
    { .path = clip_modules, .loras = &camera, .n_loras = 1 },
    { .path = clip_modules, .adapter = { domain, 10 } },
    { .path = clip_modules, .adapter = { domain, 0 } },
    { .path = clip_modules, .adapter = { text, 3 } },
    { .path = clip_modules },
    { .adapter = { domain, 10 } },
    { 0 },
  };
  struct clip *clips[G_N_ELEMENTS (sets)];
  const struct limn_motion_params bad = { .path = clip_modules, .adapter = { motion, 1 } };

  params.frames = 2;
  params.n_prompts = 1;
  base.steps = 1;
  for (gsize i = 0; i < G_N_ELEMENTS (sets); i++) {
    limn_model_set_motion (model, &sets[i], &error);
    g_assert_no_error (error);
    clips[i] = clip_run (model, params);
  }
  g_assert_cmpfloat (golden_nmse (clips[1]->latents, clips[0]->latents, 2 * CLIP_LATENTS), >, 1e-8);
  g_assert_cmpfloat (golden_nmse (clips[2]->latents, clips[0]->latents, 2 * CLIP_LATENTS), >, 1e-9);
  g_assert_cmpfloat (golden_nmse (clips[3]->latents, clips[0]->latents, 2 * CLIP_LATENTS), <,
                     1e-12);
  g_assert_cmpfloat (golden_nmse (clips[4]->latents, clips[0]->latents, 2 * CLIP_LATENTS), >, 1e-9);
  g_assert_cmpfloat (golden_nmse (clips[5]->latents, clips[0]->latents, 2 * CLIP_LATENTS), <,
                     1e-12);
  /* Without motion modules as well. */
  g_assert_cmpfloat (golden_nmse (clips[6]->latents, clips[7]->latents, 2 * CLIP_LATENTS), >, 1e-9);
  g_assert_cmpfloat (golden_nmse (clips[7]->latents, clips[0]->latents, 2 * CLIP_LATENTS), >, 1e-2);
  for (gsize i = 0; i < G_N_ELEMENTS (sets); i++)
    g_free (clips[i]);

  /* One for motion modules is none for the UNet, and the model goes on without either. */
  g_assert_false (limn_model_set_motion (model, &bad, &error));
  g_assert_error (error, LIMN_ERROR, LIMN_ERROR_MODEL);
  g_assert_nonnull (strstr (error->message, "is no LoRA for"));
  g_assert_cmpint (limn_model_motion_frames (model), ==, 0);
  g_free (clip_run (model, params));
  limn_model_free (model);
  limn_device_free (device);
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  clip_begin ();
  g_free (motion_write_part (clip_folder, "starter-scribble", "starter-scribble.txt",
                             "starter.scribble."));
  g_free (motion_write_part (clip_folder, "starter-rgb", "starter-rgb.txt", "starter.rgb."));
  golden_add_long ("animate/strengths", test_strengths, NULL);
  golden_add_long ("animate/controlled", test_controlled, NULL);
  g_test_add_data_func ("/animate/embeddings/f32", GINT_TO_POINTER (LIMN_PRECISION_F32),
                        test_embeddings);
  g_test_add_data_func ("/animate/embeddings/auto", GINT_TO_POINTER (LIMN_PRECISION_AUTO),
                        test_embeddings);
  g_test_add_func ("/animate/loras", test_loras);
  result = g_test_run ();
  clip_end ();
  return result;
}
