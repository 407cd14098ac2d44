/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "error.h"
#include "models/motion-private.h"

#define DEFAULT_HEADS 8
#define DEFAULT_GROUPS 32
#define DEFAULT_POSITIONS 32

static const struct limn_motion_names layouts[] = {
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
      read_same (config, "motion_transformer_layers_per_block", 1, LIMN_MOTION_MAX_LAYERS);
  if (read_same (config, "motion_transformer_layers_per_mid_block", motion->transformer_layers,
                 LIMN_MOTION_MAX_LAYERS) != motion->transformer_layers)
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
has (limn_weights *weights, const struct limn_motion_names *names, const char *format, int i, int j)
{
  g_autofree char *module = g_strdup_printf (format, i, j);
  g_autofree char *name = g_strconcat (names->root, module, names->module, "norm.weight", NULL);

  return limn_weights_has (weights, name);
}

static int
find_channels (limn_weights *weights, const struct limn_motion_names *names, int i)
{
  g_autofree char *name = g_strdup_printf ("%sdown_blocks.%d.motion_modules.0.%snorm.weight",
                                           names->root, i, names->module);
  const struct limn_safetensors_entry *entry = limn_weights_entry (weights, name);

  return entry && entry->n_dims == 1 && entry->shape[0] <= 16384 ? (int) entry->shape[0] : 0;
}

/* How many frames the file's table of positions has. */
static int
find_positions (limn_weights *weights, const struct limn_motion_names *names)
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
guess_config (struct limn_motion_config *config,
              limn_weights *weights,
              const struct limn_motion_names *names)
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
  for (; config->transformer_layers < LIMN_MOTION_MAX_LAYERS; config->transformer_layers++) {
    g_autofree char *name =
        g_strdup_printf ("%sdown_blocks.0.motion_modules.0.%stransformer_blocks.%d.ff.net.2.weight",
                         names->root, names->module, config->transformer_layers);

    if (!limn_weights_has (weights, name))
      break;
  }
}

const struct limn_motion_names *
limn_motion_find_names (limn_weights *weights)
{
  for (gsize i = 0; i < G_N_ELEMENTS (layouts); i++)
    if (has (weights, &layouts[i], "down_blocks.%d.motion_modules.%d.", 0, 0))
      return &layouts[i];
  return &layouts[0];
}

bool
limn_motion_find_config (struct limn_motion_config *config,
                         const char *path,
                         limn_weights *weights,
                         GError **error)
{
  const struct limn_motion_names *names = limn_motion_find_names (weights);
  g_autoptr (limn_config) file = NULL;
  g_autofree char *name = NULL;

  if (!has (weights, names, "down_blocks.%d.motion_modules.%d.", 0, 0)) {
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
