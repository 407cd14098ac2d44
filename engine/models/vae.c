/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "models/vae.h"

#include "io/config.h"
#include "models/autoencoder_kl.h"
#include "models/tae.h"

enum { ENCODE, DECODE, N_DIRECTIONS };

/* One direction at one size. */
struct run {
  limn_vae *vae;
  int direction;
  int width, height; /* the picture's */
  limn_tensor in, out;
  limn_pass *pass;
};

struct limn_vae {
  limn_device *device;     /* borrowed */
  limn_autoencoder_kl *kl; /* one of these two */
  limn_tae *tae;
  limn_weight_list *list;
  double scaling, shift;
  struct run runs[N_DIRECTIONS];
};

limn_vae *
limn_vae_load (limn_device *device, const char *path, GError **error)
{
  static const char *const kinds[] = { "AutoencoderKL", "AutoencoderTiny", NULL };
  g_autoptr (limn_config) config = limn_weights_config (path, LIMN_PART_VAE, error);
  g_autoptr (limn_vae) vae = NULL;
  limn_weights *weights;
  bool tiny;

  if (!config)
    return NULL;
  vae = g_new0 (limn_vae, 1);
  vae->device = device;
  tiny = limn_config_choice (config, "_class_name", kinds, 0) == 1;
  vae->scaling = limn_config_double (config, "scaling_factor", tiny ? 1.0 : 0.18215, 1e-6, 1e6);
  vae->shift = limn_config_double (config, "shift_factor", 0, -1e6, 1e6);
  if (tiny)
    vae->tae = limn_tae_new (config);
  else
    vae->kl = limn_autoencoder_kl_new (config);
  if (!limn_config_finish (config, error))
    return NULL;

  weights = limn_weights_open (device, path, LIMN_PART_VAE, error);
  if (!weights)
    return NULL;
  if (tiny)
    limn_tae_load (vae->tae, weights);
  else
    limn_autoencoder_kl_load (vae->kl, weights);
  vae->list = limn_weights_finish (&weights, error);
  return vae->list ? g_steal_pointer (&vae) : NULL;
}

static void
run_clear (struct run *run)
{
  if (!run->vae)
    return;
  limn_pass_free (run->pass);
  limn_tensor_free (run->vae->device, &run->in);
  limn_tensor_free (run->vae->device, &run->out);
  *run = (struct run){ 0 };
}

void
limn_vae_free (limn_vae *vae)
{
  if (!vae)
    return;
  for (int i = 0; i < N_DIRECTIONS; i++)
    run_clear (&vae->runs[i]);
  limn_autoencoder_kl_free (vae->kl);
  limn_tae_free (vae->tae);
  limn_weight_list_free (vae->list);
  g_free (vae);
}

int
limn_vae_latent_channels (const limn_vae *vae)
{
  return vae->tae ? limn_tae_latent_channels (vae->tae)
                  : limn_autoencoder_kl_latent_channels (vae->kl);
}

int
limn_vae_factor (const limn_vae *vae)
{
  return vae->tae ? limn_tae_factor (vae->tae) : limn_autoencoder_kl_factor (vae->kl);
}

double
limn_vae_scaling (const limn_vae *vae)
{
  return vae->scaling;
}

bool
limn_vae_is_variational (const limn_vae *vae)
{
  return vae->kl != NULL;
}

static void
forward (limn_pass *pass, gpointer data)
{
  const struct run *run = data;
  const limn_vae *vae = run->vae;
  limn_tensor out;

  if (vae->tae)
    out = run->direction == ENCODE ? limn_tae_encode (pass, vae->tae, run->in)
                                   : limn_tae_decode (pass, vae->tae, run->in);
  else
    out = run->direction == ENCODE ? limn_autoencoder_kl_encode (pass, vae->kl, run->in)
                                   : limn_autoencoder_kl_decode (pass, vae->kl, run->in);
  limn_copy (pass, out, run->out);
  limn_release (pass, &out);
}

/* Makes or keeps the pass for this size. */
static bool
prepare (limn_vae *vae, int direction, int width, int height, GError **error)
{
  struct run *run = &vae->runs[direction];
  limn_device *device = vae->device;
  int factor = limn_vae_factor (vae), channels = limn_vae_latent_channels (vae);
  int moments = direction == ENCODE && vae->kl ? 2 * channels : channels;
  limn_tensor picture, latents;

  if (run->pass && run->width == width && run->height == height)
    return true;
  run_clear (run);

  g_assert (width % factor == 0 && height % factor == 0);
  run->vae = vae;
  run->direction = direction;
  run->width = width;
  run->height = height;
  picture = limn_tensor_new (device, device->storage, 1, height, width, 3, error);
  if (limn_tensor_is_null (picture))
    return false;
  latents =
      limn_tensor_new (device, device->storage, 1, height / factor, width / factor, moments, error);
  run->in = direction == ENCODE ? picture : latents;
  run->out = direction == ENCODE ? latents : picture;
  if (limn_tensor_is_null (latents)) {
    run_clear (run);
    return false;
  }
  run->pass = limn_pass_new (device, forward, run);
  return true;
}

static bool
compute (struct run *run, const float *in, float *out, GCancellable *cancellable, GError **error)
{
  limn_device *device = run->vae->device;

  return limn_tensor_write (device, run->in, in, error) &&
         limn_pass_run (run->pass, cancellable, error) &&
         limn_tensor_read (device, run->out, out, error);
}

bool
limn_vae_encode (limn_vae *vae,
                 const float *picture,
                 int width,
                 int height,
                 float *latents,
                 float *logvar,
                 GCancellable *cancellable,
                 GError **error)
{
  struct run *run = &vae->runs[ENCODE];
  gsize count = (gsize) width * height * 3;
  g_autofree float *in = g_new (float, count);
  g_autofree float *out = NULL;
  int channels = limn_vae_latent_channels (vae);

  if (!prepare (vae, ENCODE, width, height, error))
    return false;
  for (gsize i = 0; i < count; i++)
    in[i] = vae->tae ? (picture[i] + 1) / 2 : picture[i];
  out = g_new (float, limn_tensor_elements (run->out));
  if (!compute (run, in, out, cancellable, error))
    return false;

  for (gsize i = 0; i < limn_tensor_rows (run->out); i++) {
    const float *moments = out + i * run->out.c;
    for (int c = 0; c < channels; c++) {
      latents[i * channels + c] = (float) ((moments[c] - vae->shift) * vae->scaling);
      if (logvar)
        logvar[i * channels + c] = vae->kl ? CLAMP (moments[channels + c], -30.0f, 20.0f) : -30.0f;
    }
  }
  return true;
}

bool
limn_vae_decode (limn_vae *vae,
                 const float *latents,
                 int width,
                 int height,
                 float *picture,
                 GCancellable *cancellable,
                 GError **error)
{
  struct run *run = &vae->runs[DECODE];
  g_autofree float *in = NULL;
  gsize count;

  if (!prepare (vae, DECODE, width, height, error))
    return false;
  count = limn_tensor_elements (run->in);
  in = g_new (float, count);
  for (gsize i = 0; i < count; i++)
    in[i] = (float) (latents[i] / vae->scaling + vae->shift);
  if (!compute (run, in, picture, cancellable, error))
    return false;
  if (vae->tae) {
    for (gsize i = 0; i < (gsize) width * height * 3; i++)
      picture[i] = picture[i] * 2 - 1;
  }
  return true;
}
