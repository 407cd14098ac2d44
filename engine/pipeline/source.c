/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "pipeline/job.h"

/* What a stage of denoising begins with: noise, or a picture under noise, and the mask of
 * inpainting. Orders of random numbers are those of diffusers' StableDiffusionImg2ImgPipeline and
 * StableDiffusionInpaintPipeline. */

struct shape {
  int width, height; /* of the latents */
  gsize area, channels, count;
};

static struct shape
latent_shape (const struct limn_job *job, const struct limn_stage *stage)
{
  int factor = limn_vae_factor (job->model->vae);
  struct shape shape = {
    .width = stage->width / factor,
    .height = stage->height / factor,
    .channels = (gsize) limn_vae_latent_channels (job->model->vae),
  };

  shape.area = (gsize) shape.width * (gsize) shape.height;
  shape.count = shape.area * shape.channels;
  return shape;
}

/* Normal numbers in NCHW order, as diffusers draws them; the result is NHWC. */
static float *
draw_noise (struct limn_job *job, struct shape shape)
{
  g_autofree float *planes = g_new (float, shape.count);
  float *noise = g_new (float, shape.count);

  limn_rng_normal (&job->rng, planes, shape.count);
  for (gsize c = 0; c < shape.channels; c++) {
    for (gsize i = 0; i < shape.area; i++)
      noise[i * shape.channels + c] = planes[c * shape.area + i];
  }
  return noise;
}

/* [0, 1], [H, W], the mean of the channels. */
static float *
mask_floats (const limn_image *mask, const struct limn_stage *stage)
{
  gsize count = (gsize) stage->width * (gsize) stage->height;
  g_autoptr (limn_image) rgb = limn_image_to_rgb (mask);
  g_autoptr (limn_image) sized = limn_image_resize (rgb, stage->width, stage->height);
  float *floats = g_new (float, count);

  for (gsize i = 0; i < count; i++) {
    const guint8 *pixel = sized->pixels + 3 * i;

    floats[i] = (float) (pixel[0] + pixel[1] + pixel[2]) / (3 * 255.0f);
  }
  return floats;
}

/* A latent is drawn when any pixel that it stands for is at least half masked. diffusers looks at
 * the first of them only, which loses thin strokes. */
static float *
shrink_mask (const float *mask, const struct limn_stage *stage, struct shape shape)
{
  int factor = stage->width / shape.width;
  float *small = g_new0 (float, shape.area);

  for (int y = 0; y < stage->height; y++) {
    for (int x = 0; x < stage->width; x++) {
      if (mask[(gsize) y * (gsize) stage->width + (gsize) x] >= 0.5f)
        small[(gsize) (y / factor) * (gsize) shape.width + (gsize) (x / factor)] = 1;
    }
  }
  return small;
}

/* params->init in [-1, 1], [H, W, 3]; grey without one. */
static float *
picture_floats (const struct limn_job *job, const struct limn_stage *stage)
{
  float *floats = g_new0 (float, (gsize) stage->width *(gsize) stage->height * 3);

  if (job->params->init) {
    g_autoptr (limn_image) rgb = limn_image_to_rgb (job->params->init);
    g_autoptr (limn_image) sized = limn_image_resize (rgb, stage->width, stage->height);

    limn_image_to_floats (sized, floats, -1, 1);
  }
  return floats;
}

/* A sample of the autoencoder's distribution, or what it says where it has none. */
static float *
encode (struct limn_job *job, const struct limn_stage *stage, const float *picture, GError **error)
{
  limn_vae *vae = job->model->vae;
  struct shape shape = latent_shape (job, stage);
  g_autofree float *latents = g_new (float, shape.count);
  g_autofree float *logvar = g_new (float, shape.count);
  g_autofree float *noise = NULL;

  if (!limn_vae_encode (vae, picture, stage->width, stage->height, latents, logvar,
                        job->cancellable, error))
    return NULL;
  if (!limn_vae_is_variational (vae))
    return g_steal_pointer (&latents);
  noise = draw_noise (job, shape);
  for (gsize i = 0; i < shape.count; i++)
    latents[i] += expf (logvar[i] / 2) * noise[i] * (float) limn_vae_scaling (vae);
  return g_steal_pointer (&latents);
}

/* What a UNet made for inpainting sees: the mask, and the picture with grey in its place. */
static float *
make_extra (struct limn_job *job,
            const struct limn_stage *stage,
            float *picture,
            const float *mask,
            const float *small,
            GError **error)
{
  struct shape shape = latent_shape (job, stage);
  gsize channels = shape.channels + 1;
  g_autofree float *masked = NULL;
  float *extra;

  for (gsize i = 0; mask && i < (gsize) stage->width * (gsize) stage->height; i++) {
    for (int c = 0; c < 3; c++)
      picture[3 * i + c] = mask[i] >= 0.5f ? 0 : picture[3 * i + c];
  }
  masked = encode (job, stage, picture, error);
  if (!masked)
    return NULL;
  extra = g_new (float, shape.area *channels);
  for (gsize i = 0; i < shape.area; i++) {
    extra[i * channels] = small ? small[i] : 1;
    memcpy (extra + i * channels + 1, masked + i * shape.channels, shape.channels * sizeof (float));
  }
  return extra;
}

bool
limn_source_init (struct limn_source *source,
                  struct limn_job *job,
                  const struct limn_stage *stage,
                  const limn_sampler *sampler,
                  const float *clean,
                  GError **error)
{
  const struct limn_generate_params *params = job->params;
  struct shape shape = latent_shape (job, stage);
  bool inpaints = limn_model_is_inpainting (job->model);
  bool keeps = params->mask && !inpaints;
  g_autofree float *picture = picture_floats (job, stage);
  g_autofree float *mask = params->mask ? mask_floats (params->mask, stage) : NULL;
  g_autofree float *encoded = NULL;

  *source = (struct limn_source){ 0 };
  if (params->rng == LIMN_RNG_CUDA)
    limn_rng_init_cuda (&job->rng, params->seed, 0);
  else
    limn_rng_init (&job->rng, params->seed);
  if (keeps || (!stage->from_noise && !clean)) {
    encoded = encode (job, stage, picture, error);
    if (!encoded)
      return false;
  }
  source->noise = draw_noise (job, shape);
  source->latents = g_memdup2 (source->noise, shape.count * sizeof (float));
  if (stage->from_noise) {
    for (gsize i = 0; i < shape.count; i++)
      source->latents[i] *= limn_sampler_initial_sigma (sampler);
  } else {
    limn_sampler_add_noise (sampler, stage->first, clean ? clean : encoded, source->noise,
                            source->latents, shape.count);
  }

  source->mask = mask ? shrink_mask (mask, stage, shape) : NULL;
  if (keeps)
    source->kept = g_steal_pointer (&encoded);
  if (inpaints)
    source->extra = make_extra (job, stage, picture, mask, source->mask, error);
  return !inpaints || source->extra;
}

void
limn_source_clear (struct limn_source *source)
{
  g_free (source->latents);
  g_free (source->noise);
  g_free (source->mask);
  g_free (source->kept);
  g_free (source->extra);
  *source = (struct limn_source){ 0 };
}

/* --- hires fix --- */

/* Position and weight of the two neighbours of sample @i, torch's align_corners=False. */
static float
neighbours (int i, int from, int to, int *low, int *high)
{
  double position = MAX ((i + 0.5) * from / to - 0.5, 0);

  *low = MIN ((int) position, from - 1);
  *high = MIN (*low + 1, from - 1);
  return (float) (position - *low);
}

static float *
upscale_latents (const float *latents, struct shape from, struct shape to)
{
  float *large = g_new (float, to.count), *out = large;

  for (int y = 0; y < to.height; y++) {
    int top, bottom;
    float down = neighbours (y, from.height, to.height, &top, &bottom);

    for (int x = 0; x < to.width; x++) {
      int left, right;
      float along = neighbours (x, from.width, to.width, &left, &right);
      const float *corners[] = {
        latents + ((gsize) top * from.width + left) * from.channels,
        latents + ((gsize) top * from.width + right) * from.channels,
        latents + ((gsize) bottom * from.width + left) * from.channels,
        latents + ((gsize) bottom * from.width + right) * from.channels,
      };

      for (gsize c = 0; c < from.channels; c++) {
        float above = corners[0][c] + along * (corners[1][c] - corners[0][c]);
        float below = corners[2][c] + along * (corners[3][c] - corners[2][c]);

        *out++ = above + down * (below - above);
      }
    }
  }
  return large;
}

float *
limn_source_upscale (struct limn_job *job,
                     const struct limn_stage *from,
                     const struct limn_stage *to,
                     const float *latents,
                     GError **error)
{
  g_autoptr (limn_image) picture = NULL;
  g_autoptr (limn_image) large = NULL;
  g_autofree float *floats = NULL;

  if (job->params->hires_upscale == LIMN_UPSCALE_LATENT)
    return upscale_latents (latents, latent_shape (job, from), latent_shape (job, to));
  picture = limn_job_decode (job, from, latents, error);
  if (!picture)
    return NULL;
  large = limn_image_resize (picture, to->width, to->height);
  floats = g_new (float, (gsize) to->width *(gsize) to->height * 3);
  limn_image_to_floats (large, floats, -1, 1);
  return encode (job, to, floats, error);
}

/* --- the end --- */

/* The mean over up to 2 @radius + 1 of @count values that are @stride apart. */
static void
blur_line (float *values, int count, gsize stride, int radius, double *sums)
{
  sums[0] = 0;
  for (int i = 0; i < count; i++)
    sums[i + 1] = sums[i] + values[(gsize) i * stride];
  for (int i = 0; i < count; i++) {
    int low = MAX (i - radius, 0), high = MIN (i + radius, count - 1);

    values[(gsize) i * stride] = (float) ((sums[high + 1] - sums[low]) / (high + 1 - low));
  }
}

/* Takes @mask to 0 at the inside of its edge: nothing outside changes, and no seam is left. */
static void
feather (float *mask, int width, int height, int radius)
{
  gsize count = (gsize) width * (gsize) height;
  g_autofree float *inside = g_new (float, count);
  g_autofree double *sums = g_new (double, MAX (width, height) + 1);

  for (gsize i = 0; i < count; i++)
    inside[i] = mask[i] > 0 ? 1 : 0;
  for (int y = 0; y < height; y++)
    blur_line (inside + (gsize) y * (gsize) width, width, 1, radius, sums);
  for (int x = 0; x < width; x++)
    blur_line (inside + x, height, (gsize) width, radius, sums);
  for (gsize i = 0; i < count; i++)
    mask[i] *= CLAMP (2 * inside[i] - 1, 0, 1);
}

void
limn_source_paste (const struct limn_job *job, limn_image *picture)
{
  const struct limn_stage size = { .width = picture->width, .height = picture->height };
  g_autoptr (limn_image) rgb = NULL;
  g_autoptr (limn_image) init = NULL;
  g_autofree float *mask = NULL;

  if (!job->params->mask)
    return;
  rgb = limn_image_to_rgb (job->params->init);
  init = limn_image_resize (rgb, size.width, size.height);
  mask = mask_floats (job->params->mask, &size);
  if (job->params->mask_blur > 0)
    feather (mask, size.width, size.height, job->params->mask_blur);
  for (gsize i = 0; i < (gsize) size.width * (gsize) size.height * 3; i++) {
    float drawn = picture->pixels[i], own = init->pixels[i];

    picture->pixels[i] = (guint8) lrintf (own + mask[i / 3] * (drawn - own));
  }
}
