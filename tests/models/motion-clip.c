/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "motion-clip.h"

#include <string.h>

#include "motion-run.h"

char *clip_folder, *clip_modules;

void
clip_begin (void)
{
  clip_folder = motion_folder_new ();
  clip_modules = motion_write_part (clip_folder, "starter", "starter.txt", "starter.");
}

void
clip_end (void)
{
  motion_folder_free (clip_folder);
}

const struct limn_prompt_key clip_prompts[] = {
  { 0, "red balloon", NULL },
  { 10, "a green hill BREAK white snow", NULL },
  { 23, "red balloon on sky", NULL },
};
G_STATIC_ASSERT (G_N_ELEMENTS (clip_prompts) == CLIP_N_PROMPTS);

struct limn_generate_params
clip_base (void)
{
  return (struct limn_generate_params){
    .negative = "blurry",
    .sampler = LIMN_SAMPLER_DDIM,
    .steps = 3,
    .cfg = 3,
    .seed = 11,
    .width = CLIP_SIZE,
    .height = CLIP_SIZE,
  };
}

struct limn_animate_params
clip_params (const struct limn_generate_params *base)
{
  return (struct limn_animate_params){
    .base = base,
    .frames = CLIP_FRAMES,
    .prompts = clip_prompts,
    .n_prompts = CLIP_N_PROMPTS,
    .windows = { LIMN_WINDOWS_LOOPED, 8, 2, 3 },
  };
}

limn_model *
clip_open_with (limn_device *device, const struct limn_motion_params *motion)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = golden_path ("data/models/starter");
  limn_model *model = limn_model_open (device, path, &error);

  g_assert_no_error (error);
  if (motion)
    limn_model_set_motion (model, motion, &error);
  g_assert_no_error (error);
  return model;
}

limn_model *
clip_open (limn_device *device, bool motion)
{
  const struct limn_motion_params modules = { .path = clip_modules };

  return clip_open_with (device, motion ? &modules : NULL);
}

static guint64
hash_pixels (const limn_image *image)
{
  gsize count = (gsize) image->width * (gsize) image->height * (gsize) image->channels;
  guint64 hash = 0xcbf29ce484222325;

  for (gsize i = 0; i < count; i++)
    hash = (hash ^ image->pixels[i]) * 0x100000001b3;
  return hash;
}

static bool
keep_frame (int frame,
            const limn_image *image,
            const float *latents,
            gsize n_latents,
            gpointer data,
            GError **error)
{
  struct clip *clip = data;

  g_assert_cmpuint (n_latents, ==, CLIP_LATENTS);
  g_assert_cmpint (frame, ==, clip->next);
  g_assert_true (image->width == CLIP_SIZE && image->height == CLIP_SIZE && image->channels == 3);
  clip->next++;
  clip->frames++;
  clip->pictures[frame] = hash_pixels (image);
  memcpy (clip->latents + frame * CLIP_LATENTS, latents, CLIP_LATENTS * sizeof (float));
  return true;
}

struct clip *
clip_run (limn_model *model, struct limn_animate_params params)
{
  g_autoptr (GError) error = NULL;
  struct clip *clip = g_new0 (struct clip, 1);

  params.frame = keep_frame;
  params.frame_data = clip;
  limn_animate (model, &params, NULL, &error);
  g_assert_no_error (error);
  return clip;
}

char *
clip_frame_lora (void)
{
  char *path = g_build_filename (clip_folder, "frame-lora.safetensors", NULL);

  motion_write (path, "starter-frame-lora.txt", "", motion_kohya_name);
  return path;
}
