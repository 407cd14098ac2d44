/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "models/motion-private.h"

#include <math.h>

#include "error.h"

#define LAYER_NORM_EPSILON 1e-5f
#define GROUP_NORM_EPSILON 1e-6f

struct block {
  struct limn_layer norms[2], ff_norm;
  struct limn_attention_layer attentions[2]; /* the second one's weights are null in SparseCtrl */
  struct limn_layer ff_in, ff_out;
};

struct module {
  int channels; /* 0: there is none */
  struct limn_group_norm norm;
  struct limn_layer proj_in, proj_out;
  struct block blocks[LIMN_MOTION_MAX_LAYERS];
  limn_tensor positions; /* [1, positions, 1, channels]; borrowed from the level's */
};

struct limn_motion {
  limn_device *device; /* borrowed */
  struct limn_motion_config config;
  const struct limn_motion_names *names;
  struct module modules[LIMN_N_MOTION_PARTS][LIMN_UNET_MAX_BLOCKS][LIMN_UNET_MAX_LAYERS + 1];
  limn_tensor positions[LIMN_UNET_MAX_BLOCKS]; /* of each level */
  limn_weight_list *list;                      /* NULL where the network has the weights */

  gsize n_loras;
  struct limn_lora_use *loras; /* their files are gone after loading */
  limn_tensor *strengths; /* [n_loras], less 1, [1, 1, 1, lines] f32; null where it is merged */
};

static const limn_tensor none;

/* --- loading --- */

/* As diffusers' SinusoidalPositionalEmbedding: sines at even channels, cosines at odd ones. */
static bool
make_positions (limn_motion *motion, int level, GError **error)
{
  int c = motion->config.channels[level], n = motion->config.positions;
  g_autofree float *values = g_new (float, (gsize) n *c);
  limn_tensor *positions = &motion->positions[level];

  for (int i = 0; i < n; i++) {
    for (int j = 0; j < c; j++) {
      float rate = expf ((float) (j / 2 * 2) * (float) (-log (10000.0) / c));
      float angle = (float) i * rate;

      values[(gsize) i * c + j] = j % 2 == 0 ? sinf (angle) : cosf (angle);
    }
  }
  *positions = limn_tensor_new (motion->device, motion->device->storage, 1, n, 1, c, error);
  return !limn_tensor_is_null (*positions) &&
         limn_tensor_write (motion->device, *positions, values, error);
}

static void
load_block (struct block *block,
            const struct limn_motion_names *names,
            limn_weights *weights,
            int channels,
            int heads)
{
  for (int i = 0; i < 2; i++) {
    g_autofree char *q = g_strconcat (names->attention[i], ".to_q.weight", NULL);

    if (i > 0 && !limn_weights_has (weights, q))
      continue;
    limn_norm_load (&block->norms[i], weights, names->attention_norm[i], channels);
    limn_attention_load (&block->attentions[i], weights, names->attention[i], channels, channels,
                         heads);
  }
  limn_norm_load (&block->ff_norm, weights, names->ff_norm, channels);
  limn_linear_load (&block->ff_in, weights, "ff.net.0.proj", 8 * channels, channels, true);
  limn_linear_load (&block->ff_out, weights, "ff.net.2", channels, 4 * channels, true);
}

/* From the prefix of the block that it belongs to. */
static void
load_module (limn_motion *motion, struct module *module, limn_weights *weights, int level, int j)
{
  const struct limn_motion_config *config = &motion->config;
  int c = config->channels[level];

  limn_weights_push (weights, "motion_modules.%d%s", j,
                     *motion->names->module ? ".temporal_transformer" : "");
  limn_group_norm_load (&module->norm, weights, "norm", c, config->groups, GROUP_NORM_EPSILON);
  limn_linear_load (&module->proj_in, weights, "proj_in", c, c, true);
  limn_linear_load (&module->proj_out, weights, "proj_out", c, c, true);
  for (int i = 0; i < config->transformer_layers; i++) {
    limn_weights_push (weights, "transformer_blocks.%d", i);
    load_block (&module->blocks[i], motion->names, weights, c, config->heads);
    limn_weights_pop (weights);
  }
  limn_weights_pop (weights);
  module->channels = c;
  module->positions = motion->positions[level];
}

static void
load_modules (limn_motion *motion, limn_weights *weights)
{
  const struct limn_motion_config *config = &motion->config;
  int last = config->n_blocks - 1;

  for (int i = 0; i <= last; i++) {
    limn_weights_push (weights, "down_blocks.%d", i);
    for (int j = 0; j < config->layers[i]; j++)
      load_module (motion, &motion->modules[LIMN_MOTION_DOWN][i][j], weights, i, j);
    limn_weights_pop (weights);
  }
  if (config->mid) {
    limn_weights_push (weights, "mid_block");
    load_module (motion, &motion->modules[LIMN_MOTION_MID][0][0], weights, last, 0);
    limn_weights_pop (weights);
  }
  for (int i = 0; config->up && i <= last; i++) {
    limn_weights_push (weights, "up_blocks.%d", i);
    for (int j = 0; j <= config->layers[last - i]; j++)
      load_module (motion, &motion->modules[LIMN_MOTION_UP][i][j], weights, last - i, j);
    limn_weights_pop (weights);
  }
}

static limn_motion *
load_with (limn_weights *weights,
           limn_device *device,
           const struct limn_motion_config *config,
           const struct limn_lora_use *loras,
           gsize n_loras,
           GError **error)
{
  g_autoptr (limn_motion) motion = g_new0 (limn_motion, 1);

  motion->device = device;
  motion->config = *config;
  motion->n_loras = n_loras;
  motion->loras = g_memdup2 (loras, n_loras * sizeof *loras);
  motion->strengths = g_new0 (limn_tensor, n_loras);
  limn_weights_set_loras (weights, loras, n_loras, motion->strengths);
  motion->names = limn_motion_find_names (weights);
  for (int i = 0; i < config->n_blocks; i++)
    if (!make_positions (motion, i, error))
      return NULL;
  if (*motion->names->root)
    limn_weights_push (weights, "module");
  load_modules (motion, weights);
  if (*motion->names->root)
    limn_weights_pop (weights);
  return g_steal_pointer (&motion);
}

limn_motion *
limn_motion_load_from (limn_weights *weights,
                       limn_device *device,
                       const struct limn_motion_config *config,
                       GError **error)
{
  return load_with (weights, device, config, NULL, 0, error);
}

static bool
check_loras (const struct limn_lora_use *loras, gsize n, const char *what, GError **error)
{
  for (gsize i = 0; i < n; i++)
    if (!limn_lora_check_used (loras[i].lora, what, error))
      return false;
  return true;
}

limn_motion *
limn_motion_load (limn_device *device,
                  const char *path,
                  const struct limn_lora_use *loras,
                  gsize n_loras,
                  GError **error)
{
  limn_weights *weights = limn_weights_open_plain (device, path, error);
  g_autoptr (limn_motion) motion = NULL;
  limn_weight_list *list;
  struct limn_motion_config config;

  if (!weights)
    return NULL;
  if (limn_motion_find_config (&config, path, weights, error))
    motion = load_with (weights, device, &config, loras, n_loras, error);
  list = limn_weights_finish (&weights, motion ? error : NULL);
  if (!motion || !list) {
    limn_weight_list_free (list);
    return NULL;
  }
  motion->list = list;
  return check_loras (loras, n_loras, path, error) ? g_steal_pointer (&motion) : NULL;
}

void
limn_motion_free (limn_motion *motion)
{
  if (!motion)
    return;
  for (int i = 0; i < motion->config.n_blocks; i++)
    limn_tensor_free (motion->device, &motion->positions[i]);
  for (gsize i = 0; i < motion->n_loras; i++)
    limn_tensor_free (motion->device, &motion->strengths[i]);
  g_free (motion->strengths);
  g_free (motion->loras);
  limn_weight_list_free (motion->list);
  g_free (motion);
}

const struct limn_motion_config *
limn_motion_get_config (const limn_motion *motion)
{
  return &motion->config;
}

int
limn_motion_places (const limn_motion *motion)
{
  const struct module *modules = &motion->modules[0][0][0];
  int count = 0;

  for (gsize i = 0; i < sizeof motion->modules / sizeof *modules; i++)
    count += modules[i].channels > 0;
  return count;
}

bool
limn_motion_check (const limn_motion *motion,
                   const struct limn_unet_config *unet,
                   const char *name,
                   GError **error)
{
  const struct limn_motion_config *own = &motion->config;

  if (own->n_blocks != unet->n_blocks) {
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_MODEL,
                 "%s has motion modules for %d blocks, the UNet has %d", name, own->n_blocks,
                 unet->n_blocks);
    return false;
  }
  for (int i = 0; i < own->n_blocks; i++) {
    if (own->channels[i] == unet->channels[i] && own->layers[i] == unet->layers[i])
      continue;
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_MODEL,
                 "%s has motion modules for %d layers of %d channels in block %d, the UNet has %d "
                 "of %d",
                 name, own->layers[i], own->channels[i], i, unet->layers[i], unet->channels[i]);
    return false;
  }
  return true;
}

/* --- strengths by frame --- */

gsize
limn_motion_loras (const limn_motion *motion)
{
  return motion->n_loras;
}

bool
limn_motion_is_by_frame (const limn_motion *motion, gsize lora)
{
  return motion->loras[lora].by_frame;
}

bool
limn_motion_set_lines (limn_motion *motion, gsize lines, GError **error)
{
  g_assert (lines <= G_MAXINT);
  for (gsize i = 0; i < motion->n_loras; i++) {
    limn_tensor *strengths = &motion->strengths[i];

    if (!motion->loras[i].by_frame)
      continue;
    limn_tensor_free (motion->device, strengths);
    *strengths = limn_tensor_new (motion->device, LIMN_DTYPE_F32, 1, 1, 1, (int) lines, error);
    if (limn_tensor_is_null (*strengths) ||
        !limn_motion_set_strengths (motion, i, &motion->loras[i].strength, 1, error))
      return false;
  }
  return true;
}

/* Whether a line is a position of a frame or a frame as a whole, the frames of a clip follow one
 * another, and then those of the next: one tensor serves all modules. */
bool
limn_motion_set_strengths (
    limn_motion *motion, gsize lora, const float *strengths, int frames, GError **error)
{
  limn_tensor tensor = motion->strengths[lora];
  g_autofree float *lines = g_new (float, limn_tensor_elements (tensor));

  g_assert (motion->loras[lora].by_frame && tensor.c % frames == 0);
  for (int i = 0; i < tensor.c; i++)
    lines[i] = strengths[i % frames] - 1;
  return limn_tensor_write (motion->device, tensor, lines, error);
}

/* --- forward --- */

/* @positions: [1, frames, 1, c]; x: [clips * h * w, frames, 1, c], released. */
static limn_tensor
attend (limn_pass *pass,
        const struct limn_layer *norm,
        const struct limn_attention_layer *attention,
        limn_tensor x,
        limn_tensor positions)
{
  limn_tensor h = limn_layer_norm_forward (pass, norm, x, LAYER_NORM_EPSILON);

  limn_replace (pass, &h, limn_add (pass, h, positions, NULL));
  limn_replace (pass, &h, limn_attention_forward (pass, attention, h, h, x));
  limn_release (pass, &x);
  return h;
}

/* x is released. */
static limn_tensor
block_forward (limn_pass *pass, const struct block *block, limn_tensor x, limn_tensor positions)
{
  limn_tensor h;

  for (int i = 0; i < 2; i++)
    if (!limn_tensor_is_null (block->attentions[i].to_q.weight))
      x = attend (pass, &block->norms[i], &block->attentions[i], x, positions);
  h = limn_layer_norm_forward (pass, &block->ff_norm, x, LAYER_NORM_EPSILON);
  limn_replace (pass, &h, limn_linear_forward (pass, &block->ff_in, h, LIMN_ACTIVATION_NONE, none));
  limn_replace (pass, &h, limn_geglu (pass, h));
  limn_replace (pass, &h, limn_linear_forward (pass, &block->ff_out, h, LIMN_ACTIVATION_NONE, x));
  limn_release (pass, &x);
  return h;
}

static limn_tensor
module_forward (limn_pass *pass,
                const struct limn_motion *motion,
                const struct module *module,
                limn_tensor x,
                int frames)
{
  int clips = x.n / frames, area = x.h * x.w, c = x.c;
  /* diffusers takes the statistics over all frames of a clip. */
  limn_tensor joint = limn_tensor_reshape (x, clips, frames * x.h, x.w, c);
  /* A frame is a line outside of the transformer, a position of it one inside. */
  limn_tensor lines = limn_tensor_reshape (x, x.n, 1, area, c);
  limn_tensor positions = module->positions, h;

  positions.h = frames;
  h = limn_group_norm_forward (pass, &module->norm, joint, LIMN_ACTIVATION_NONE);
  h = limn_tensor_reshape (h, x.n, 1, area, c);
  limn_replace (pass, &h,
                limn_linear_forward (pass, &module->proj_in, h, LIMN_ACTIVATION_NONE, none));
  h = limn_tensor_reshape (h, clips, frames, area, c);
  limn_replace (pass, &h, limn_transpose (pass, h));
  h = limn_tensor_reshape (h, clips * area, frames, 1, c);
  for (int i = 0; i < motion->config.transformer_layers; i++)
    h = block_forward (pass, &module->blocks[i], h, positions);
  h = limn_tensor_reshape (h, clips, area, frames, c);
  limn_replace (pass, &h, limn_transpose (pass, h));
  h = limn_tensor_reshape (h, x.n, 1, area, c);
  limn_replace (pass, &h,
                limn_linear_forward (pass, &module->proj_out, h, LIMN_ACTIVATION_NONE, lines));
  return limn_tensor_reshape (h, x.n, x.h, x.w, c);
}

void
limn_motion_apply (limn_pass *pass,
                   const limn_motion *motion,
                   enum limn_motion_part part,
                   int block,
                   int layer,
                   int frames,
                   limn_tensor *x)
{
  const struct module *module = motion ? &motion->modules[part][block][layer] : NULL;

  if (!module || module->channels == 0)
    return;
  g_assert (frames >= 1 && frames <= motion->config.positions && x->n % frames == 0);
  g_assert (x->c == module->channels);
  limn_replace (pass, x, module_forward (pass, motion, module, *x, frames));
}
