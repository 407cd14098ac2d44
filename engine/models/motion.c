/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "models/motion.h"

#include <math.h>

#include "error.h"

#define LAYER_NORM_EPSILON 1e-5f
#define GROUP_NORM_EPSILON 1e-6f
#define MAX_TRANSFORMER_LAYERS 8
#define DEFAULT_HEADS 8
#define DEFAULT_GROUPS 32
#define DEFAULT_POSITIONS 32

/* What the two layouts call the same. */
struct names {
  const char *root;   /* before everything */
  const char *module; /* between a module and its layers */
  const char *attention[2], *attention_norm[2], *ff_norm;
};

static const struct names layouts[] = {
  { "", "", { "attn1", "attn2" }, { "norm1", "norm2" }, "norm3" },
  { "",
    "temporal_transformer.",
    { "attention_blocks.0", "attention_blocks.1" },
    { "norms.0", "norms.1" },
    "ff_norm" },
  { "module.",
    "temporal_transformer.",
    { "attention_blocks.0", "attention_blocks.1" },
    { "norms.0", "norms.1" },
    "ff_norm" },
};

struct block {
  struct limn_layer norms[2], ff_norm;
  struct limn_attention_layer attentions[2]; /* the second one's weights are null in SparseCtrl */
  struct limn_layer ff_in, ff_out;
};

struct module {
  int channels; /* 0: there is none */
  struct limn_group_norm norm;
  struct limn_layer proj_in, proj_out;
  struct block blocks[MAX_TRANSFORMER_LAYERS];
  limn_tensor positions; /* [1, positions, 1, channels]; borrowed from the level's */
};

struct limn_motion {
  limn_device *device; /* borrowed */
  struct limn_motion_config config;
  const struct names *names;
  struct module modules[LIMN_N_MOTION_PARTS][LIMN_UNET_MAX_BLOCKS][LIMN_UNET_MAX_LAYERS + 1];
  limn_tensor positions[LIMN_UNET_MAX_BLOCKS]; /* of each level */
  limn_weight_list *list;                      /* NULL where the network has the weights */
};

static const limn_tensor none;

/* --- settings --- */

static void
read_layers (struct limn_motion_config *motion, limn_config *config)
{
  int n = limn_config_ints (config, "motion_layers_per_block", motion->layers, LIMN_UNET_MAX_BLOCKS,
                            motion->n_blocks, 1, LIMN_UNET_MAX_LAYERS);

  for (int i = 0; n == 0 && i < motion->n_blocks; i++)
    motion->layers[i] = 2;
  if (n > 0 && n != motion->n_blocks)
    limn_config_fail (config,
                      "\"motion_layers_per_block\" has %d values, wanted %d as block_out_channels",
                      n, motion->n_blocks);
}

/* One number for all: the files that there are have no other. */
static int
read_same (limn_config *config, const char *key, int fallback, int most)
{
  int values[LIMN_UNET_MAX_BLOCKS];
  int n = limn_config_ints (config, key, values, LIMN_UNET_MAX_BLOCKS, 1, 1, most);

  for (int i = 1; i < n; i++)
    if (values[i] != values[0])
      limn_config_fail (config, "\"%s\" has %d and %d, wanted one number for all blocks", key,
                        values[0], values[i]);
  return n > 0 ? values[0] : fallback;
}

static bool
read_config (struct limn_motion_config *motion, limn_config *config, GError **error)
{
  static const char *const classes[] = { "MotionAdapter", NULL };
  static const char *const betas[] = { "linear", "scaled_linear", NULL };
  static const int channels_default[] = { 320, 640, 1280, 1280 };

  *motion = (struct limn_motion_config){ .up = true };
  limn_config_choice (config, "_class_name", classes, 0);
  motion->n_blocks = limn_config_ints (config, "block_out_channels", motion->channels,
                                       LIMN_UNET_MAX_BLOCKS, 0, 2, 16384);
  for (int i = 0; motion->channels[0] == 0 || (i > 0 && i < 4); i++)
    motion->channels[motion->n_blocks++] = channels_default[i];
  read_layers (motion, config);
  motion->transformer_layers =
      read_same (config, "motion_transformer_layers_per_block", 1, MAX_TRANSFORMER_LAYERS);
  if (read_same (config, "motion_transformer_layers_per_mid_block", motion->transformer_layers,
                 MAX_TRANSFORMER_LAYERS) != motion->transformer_layers)
    limn_config_fail (config, "\"motion_transformer_layers_per_mid_block\" is not as that of the "
                              "other blocks, which Limn does not support");
  motion->heads = read_same (config, "motion_num_attention_heads", DEFAULT_HEADS, 4096);
  motion->groups = limn_config_int (config, "motion_norm_num_groups", DEFAULT_GROUPS, 1, 16384);
  motion->positions = limn_config_int (config, "motion_max_seq_length", DEFAULT_POSITIONS, 1,
                                       LIMN_MOTION_MAX_POSITIONS);
  motion->mid = limn_config_bool (config, "use_motion_mid_block", true);
  limn_config_int (config, "motion_mid_block_layers_per_block", 1, 1, 1);
  if (limn_config_has (config, "conv_in_channels"))
    limn_config_fail (config, "\"conv_in_channels\" is set, which Limn does not support");
  motion->scaled_betas = limn_config_choice (config, "beta_schedule", betas, 0) == 1;
  return limn_config_finish (config, error);
}

static bool
check_divisions (const struct limn_motion_config *config, const char *path, GError **error)
{
  if (config->n_blocks == 0) {
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_MODEL,
                 "%s: the first motion module has no channels, wanted a norm.weight of 1 to 16384",
                 path);
    return false;
  }
  for (int i = 0; i < config->n_blocks; i++) {
    int channels = config->channels[i];

    if (channels % config->heads == 0 && channels % config->groups == 0)
      continue;
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_MODEL,
                 "%s: %d attention heads or %d groups do not divide %d channels", path,
                 config->heads, config->groups, channels);
    return false;
  }
  return true;
}

static bool
has (limn_weights *weights, const struct names *names, const char *format, int i, int j)
{
  g_autofree char *module = g_strdup_printf (format, i, j);
  g_autofree char *name = g_strconcat (names->root, module, names->module, "norm.weight", NULL);

  return limn_weights_has (weights, name);
}

static int
find_channels (limn_weights *weights, const struct names *names, int i)
{
  g_autofree char *name = g_strdup_printf ("%sdown_blocks.%d.motion_modules.0.%snorm.weight",
                                           names->root, i, names->module);
  const struct limn_safetensors_entry *entry = limn_weights_entry (weights, name);

  return entry && entry->n_dims == 1 && entry->shape[0] <= 16384 ? (int) entry->shape[0] : 0;
}

/* How many frames the file's table of positions has. */
static int
find_positions (limn_weights *weights, const struct names *names)
{
  static const char *const tables[] = { "pos_embed.pe", "attention_blocks.0.pos_encoder.pe" };

  for (gsize i = 0; i < G_N_ELEMENTS (tables); i++) {
    g_autofree char *name =
        g_strdup_printf ("%sdown_blocks.0.motion_modules.0.%stransformer_blocks.0.%s", names->root,
                         names->module, tables[i]);
    const struct limn_safetensors_entry *entry = limn_weights_entry (weights, name);

    if (entry && entry->n_dims == 3)
      return (int) CLAMP (entry->shape[1], 1, LIMN_MOTION_MAX_POSITIONS);
  }
  return DEFAULT_POSITIONS;
}

static int
greatest_common_divisor (int a, int b)
{
  return b == 0 ? a : greatest_common_divisor (b, a % b);
}

/* What a file tells by its names and shapes; heads and the schedule are those of all published
 * modules, and so are the 32 groups, unless channels are too few for them. */
static void
guess_config (struct limn_motion_config *config, limn_weights *weights, const struct names *names)
{
  *config = (struct limn_motion_config){
    .heads = DEFAULT_HEADS,
    .groups = DEFAULT_GROUPS,
    .positions = find_positions (weights, names),
    .mid = has (weights, names, "mid_block.motion_modules.0.", 0, 0),
    .up = true,
  };
  while (config->n_blocks < LIMN_UNET_MAX_BLOCKS &&
         find_channels (weights, names, config->n_blocks) > 0) {
    int i = config->n_blocks++;

    config->channels[i] = find_channels (weights, names, i);
    config->groups = greatest_common_divisor (config->groups, config->channels[i]);
    while (config->layers[i] < LIMN_UNET_MAX_LAYERS &&
           has (weights, names, "down_blocks.%d.motion_modules.%d.", i, config->layers[i]))
      config->layers[i]++;
  }
  for (; config->transformer_layers < MAX_TRANSFORMER_LAYERS; config->transformer_layers++) {
    g_autofree char *name =
        g_strdup_printf ("%sdown_blocks.0.motion_modules.0.%stransformer_blocks.%d.ff.net.2.weight",
                         names->root, names->module, config->transformer_layers);

    if (!limn_weights_has (weights, name))
      break;
  }
}

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
load_block (
    struct block *block, const struct names *names, limn_weights *weights, int channels, int heads)
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

static const struct names *
find_names (limn_weights *weights)
{
  for (gsize i = 0; i < G_N_ELEMENTS (layouts); i++)
    if (has (weights, &layouts[i], "down_blocks.%d.motion_modules.%d.", 0, 0))
      return &layouts[i];
  return NULL;
}

limn_motion *
limn_motion_load_from (limn_weights *weights,
                       limn_device *device,
                       const struct limn_motion_config *config,
                       GError **error)
{
  g_autoptr (limn_motion) motion = g_new0 (limn_motion, 1);

  motion->device = device;
  motion->config = *config;
  /* What is missing is missed by the name that diffusers gives it. */
  motion->names = find_names (weights);
  if (!motion->names)
    motion->names = &layouts[0];
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

static bool
find_config (struct limn_motion_config *config,
             const char *path,
             limn_weights *weights,
             GError **error)
{
  const struct names *names = find_names (weights);
  g_autoptr (limn_config) file = NULL;
  g_autofree char *name = NULL;

  if (!names) {
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_MODEL, "%s: has no motion modules", path);
    return false;
  }
  if (!g_file_test (path, G_FILE_TEST_IS_DIR)) {
    guess_config (config, weights, names);
    return check_divisions (config, path, error);
  }
  name = g_build_filename (path, "config.json", NULL);
  file = limn_config_open (name, error);
  return file && read_config (config, file, error) && check_divisions (config, path, error);
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
  limn_weights_set_loras (weights, loras, n_loras);
  if (find_config (&config, path, weights, error))
    motion = limn_motion_load_from (weights, device, &config, error);
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
  limn_tensor positions = module->positions, h;

  positions.h = frames;
  h = limn_group_norm_forward (pass, &module->norm, joint, LIMN_ACTIVATION_NONE);
  limn_replace (pass, &h,
                limn_linear_forward (pass, &module->proj_in, h, LIMN_ACTIVATION_NONE, none));
  h = limn_tensor_reshape (h, clips, frames, area, c);
  limn_replace (pass, &h, limn_transpose (pass, h));
  h = limn_tensor_reshape (h, clips * area, frames, 1, c);
  for (int i = 0; i < motion->config.transformer_layers; i++)
    h = block_forward (pass, &module->blocks[i], h, positions);
  h = limn_tensor_reshape (h, clips, area, frames, c);
  limn_replace (pass, &h, limn_transpose (pass, h));
  h = limn_tensor_reshape (h, x.n, x.h, x.w, c);
  limn_replace (pass, &h,
                limn_linear_forward (pass, &module->proj_out, h, LIMN_ACTIVATION_NONE, x));
  return h;
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
