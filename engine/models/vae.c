/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "models/vae.h"

#include "error.h"
#include "io/config.h"
#include "limn.h"
#include "models/autoencoder_kl.h"
#include "models/tae.h"

enum { ENCODE, DECODE, N_DIRECTIONS };

/* The first tile that is tried where the whole does not fit, and the last, in pixels. */
#define FIRST_TILE 512
#define LAST_TILE 64
/* Of a device's memory that one may count on: others use it too. */
#define USABLE 0.9

/* One direction at one size. */
struct run {
  limn_vae *vae;
  int direction;
  int width, height; /* the picture's */
  bool fits;         /* in one piece */
  limn_tensor in, out;
  limn_pass *pass;
};

struct limn_vae {
  limn_device *device;     /* borrowed */
  limn_autoencoder_kl *kl; /* one of these two */
  limn_tae *tae;
  limn_weight_list *list;
  double scaling, shift;
  int tile; /* as limn_vae_set_tile() has it */
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

/* Gives its memory on the device back; the shapes stay. */
static void
release (struct run *run)
{
  g_clear_pointer (&run->pass, limn_pass_free);
  if (run->in.buffer)
    run->vae->device->klass->buffer_free (run->vae->device, run->in.buffer);
  if (run->out.buffer)
    run->vae->device->klass->buffer_free (run->vae->device, run->out.buffer);
  run->in.buffer = run->out.buffer = NULL;
}

static void
run_clear (struct run *run)
{
  if (!run->vae)
    return;
  release (run);
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

void
limn_vae_set_tile (limn_vae *vae, int pixels)
{
  vae->tile = pixels;
}

/* Whether @run in one piece fits the device beside what is there now. Its tensors need no memory
 * yet: the pass is only measured. */
static bool
fits (struct run *run)
{
  const struct limn_device_memory *memory = &run->vae->device->memory;
  g_autoptr (limn_pass) pass = limn_pass_new (run->vae->device, forward, run);
  double wanted = (double) limn_tensor_bytes (run->in) + (double) limn_tensor_bytes (run->out) +
                  (double) MAX (limn_pass_arena_bytes (pass), memory->arena);

  return memory->total == 0 ||
         wanted + (double) memory->weights + (double) memory->other <= USABLE * memory->total;
}

/* Sets the size, the shapes of @run, and whether that fits. */
static void
set_size (limn_vae *vae, int direction, int width, int height)
{
  struct run *run = &vae->runs[direction];
  limn_dtype storage = vae->device->storage;
  int factor = limn_vae_factor (vae), channels = limn_vae_latent_channels (vae);
  int moments = direction == ENCODE && vae->kl ? 2 * channels : channels;
  const limn_tensor picture = { .dtype = storage, .n = 1, .h = height, .w = width, .c = 3 };
  const limn_tensor latents = {
    .dtype = storage, .n = 1, .h = height / factor, .w = width / factor, .c = moments
  };

  if (run->vae && run->width == width && run->height == height)
    return;
  run_clear (run);

  g_assert (width % factor == 0 && height % factor == 0);
  run->vae = vae;
  run->direction = direction;
  run->width = width;
  run->height = height;
  run->in = direction == ENCODE ? picture : latents;
  run->out = direction == ENCODE ? latents : picture;
  run->fits = fits (run);
}

/* Memory for an input or output that has a shape. */
static bool
allocate (limn_device *device, limn_tensor *tensor, GError **error)
{
  limn_tensor made;

  if (tensor->buffer)
    return true;
  made = limn_tensor_new (device, tensor->dtype, tensor->n, tensor->h, tensor->w, tensor->c, error);
  if (limn_tensor_is_null (made))
    return false;
  *tensor = made;
  return true;
}

static bool
compute_whole (
    struct run *run, const float *in, float *out, GCancellable *cancellable, GError **error)
{
  limn_device *device = run->vae->device;

  if (!allocate (device, &run->in, error) || !allocate (device, &run->out, error))
    return false;
  if (!run->pass)
    run->pass = limn_pass_new (device, forward, run);
  return limn_tensor_write (device, run->in, in, error) &&
         limn_pass_run (run->pass, cancellable, error) &&
         limn_tensor_read (device, run->out, out, error);
}

static bool
compute_tiles (struct run *run,
               int side,
               const float *in,
               float *out,
               GCancellable *cancellable,
               GError **error)
{
  limn_vae *vae = run->vae;
  const limn_tiler tiler = {
    .device = vae->device,
    .width = run->width,
    .side = side,
    .storage = vae->device->storage,
    .cancellable = cancellable,
  };
  g_autoptr (limn_map) map = limn_map_new (&tiler, run->in.h, run->in.w, run->in.c, in);
  bool good;

  if (vae->tae)
    good = run->direction == ENCODE ? limn_tae_encode_tiled (&tiler, vae->tae, &map, error)
                                    : limn_tae_decode_tiled (&tiler, vae->tae, &map, error);
  else
    good = run->direction == ENCODE
               ? limn_autoencoder_kl_encode_tiled (&tiler, vae->kl, &map, error)
               : limn_autoencoder_kl_decode_tiled (&tiler, vae->kl, &map, error);
  if (good)
    limn_map_read (&tiler, map, out);
  return good;
}

/* Tiles that are as large as the picture save nothing. */
static int
first_tile (const struct run *run)
{
  int side = FIRST_TILE;

  while (side > LAST_TILE && 2 * side > MAX (run->width, run->height))
    side /= 2;
  return side;
}

/* Whether @failure is that of memory which tiles would save, and not of an operator that cannot do
 * so much at once. */
static bool
lacks_memory (const struct run *run, const GError *failure)
{
  return g_error_matches (failure, LIMN_ERROR, LIMN_ERROR_MEMORY) &&
         (!run->pass || run->vae->device->arena_size < limn_pass_arena_bytes (run->pass));
}

/* In one piece or in tiles, in ever smaller ones where memory runs out all the same. */
static bool
compute (struct run *run, const float *in, float *out, GCancellable *cancellable, GError **error)
{
  int tile = run->vae->tile, side = first_tile (run);
  bool whole = tile == LIMN_VAE_WHOLE || (tile == 0 && run->fits);
  GError *failure = NULL;
  bool good;

  if (!whole)
    release (run);
  good = whole ? compute_whole (run, in, out, cancellable, &failure)
               : compute_tiles (run, tile > 0 ? tile : side, in, out, cancellable, &failure);
  for (side = whole ? side : side / 2;
       !good && tile == 0 && side >= LAST_TILE && lacks_memory (run, failure); side /= 2) {
    g_clear_error (&failure);
    release (run);
    good = compute_tiles (run, side, in, out, cancellable, &failure);
  }
  if (failure)
    g_propagate_error (error, failure);
  return good;
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

  set_size (vae, ENCODE, width, height);
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

  set_size (vae, DECODE, width, height);
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
