/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/names.h"

#include <string.h>

/* More blocks than any file has; numbers beyond are in no name that is translated. */
#define MAX_BLOCKS 100
#define MAX_NUMBERS 2

/* What ControlNets of diffusers' names have, and SparseCtrl RGB in its place. */
#define CONTROL_EMBEDDING "controlnet_cond_embedding.conv_in.weight"
#define SPARSE_EMBEDDING "controlnet_cond_embedding.weight"

const char *const limn_part_names[] = {
  [LIMN_PART_TEXT_ENCODER] = "text encoder",
  [LIMN_PART_UNET] = "unet",
  [LIMN_PART_VAE] = "autoencoder",
  [LIMN_PART_CONTROLNET] = "ControlNet",
};
G_STATIC_ASSERT (G_N_ELEMENTS (limn_part_names) == LIMN_N_PARTS);

/* What a number in a name means. */
enum numbering {
  AS_IT_IS,
  DOWN,   /* of an input block: becomes level and layer */
  UP,     /* of an output block: becomes level and layer */
  MIRROR, /* a level of the autoencoder's decoder, which diffusers counts from the other end */
};

struct word {
  const char *from, *to;
};

/* A name that begins with @from begins with @to in diffusers; # is a number. What follows is
 * translated by @rest. */
struct rule {
  const char *from, *to;
  const struct word *rest;
  enum numbering numbering;
};

struct limn_layout {
  limn_part part;
  const char *prefix;
  const char *signature;    /* a tensor behind the prefix that all such files have */
  const struct rule *rules; /* NULL: the names are diffusers' */
};

struct limn_names {
  const struct limn_layout *layout;
  struct {
    int level, layer;
  } down[MAX_BLOCKS], up[MAX_BLOCKS];
  int n_down, n_up;
  int n_levels; /* of the autoencoder's decoder */
};

static const struct word resnet[] = {
  { "in_layers.0.", "norm1." },
  { "in_layers.2.", "conv1." },
  { "out_layers.0.", "norm2." },
  { "out_layers.3.", "conv2." },
  { "emb_layers.1.", "time_emb_proj." },
  { "skip_connection.", "conv_shortcut." },
  { NULL, NULL },
};

static const struct word vae_resnet[] = { { "nin_shortcut.", "conv_shortcut." }, { NULL, NULL } };

static const struct word vae_attention[] = {
  { "norm.", "group_norm." },   { "q.", "to_q." }, { "k.", "to_k." }, { "v.", "to_v." },
  { "proj_out.", "to_out.0." }, { NULL, NULL },
};

static const struct word resblock[] = {
  { "ln_1.", "layer_norm1." },   { "ln_2.", "layer_norm2." }, { "mlp.c_fc.", "mlp.fc1." },
  { "mlp.c_proj.", "mlp.fc2." }, { "attn.", "self_attn." },   { NULL, NULL },
};

/* Longer beginnings stand before shorter ones. */
static const struct rule unet_rules[] = {
  { "time_embed.0.", "time_embedding.linear_1." },
  { "time_embed.2.", "time_embedding.linear_2." },
  { "input_blocks.0.0.", "conv_in." },
  { "input_blocks.#.0.op.", "down_blocks.#.downsamplers.0.conv.", NULL, DOWN },
  { "input_blocks.#.0.", "down_blocks.#.resnets.#.", resnet, DOWN },
  { "input_blocks.#.1.", "down_blocks.#.attentions.#.", NULL, DOWN },
  { "middle_block.0.", "mid_block.resnets.0.", resnet },
  { "middle_block.1.", "mid_block.attentions.0." },
  { "middle_block.2.", "mid_block.resnets.1.", resnet },
  { "output_blocks.#.1.conv.", "up_blocks.#.upsamplers.0.conv.", NULL, UP },
  { "output_blocks.#.2.conv.", "up_blocks.#.upsamplers.0.conv.", NULL, UP },
  { "output_blocks.#.0.", "up_blocks.#.resnets.#.", resnet, UP },
  { "output_blocks.#.1.", "up_blocks.#.attentions.#.", NULL, UP },
  { "out.0.", "conv_norm_out." },
  { "out.2.", "conv_out." },
  /* ControlNet's own */
  { "input_hint_block.0.", "controlnet_cond_embedding.conv_in." },
  { "input_hint_block.2.", "controlnet_cond_embedding.blocks.0." },
  { "input_hint_block.4.", "controlnet_cond_embedding.blocks.1." },
  { "input_hint_block.6.", "controlnet_cond_embedding.blocks.2." },
  { "input_hint_block.8.", "controlnet_cond_embedding.blocks.3." },
  { "input_hint_block.10.", "controlnet_cond_embedding.blocks.4." },
  { "input_hint_block.12.", "controlnet_cond_embedding.blocks.5." },
  { "input_hint_block.14.", "controlnet_cond_embedding.conv_out." },
  { "zero_convs.#.0.", "controlnet_down_blocks.#." },
  { "middle_block_out.0.", "controlnet_mid_block." },
  { NULL, NULL },
};

static const struct rule vae_rules[] = {
  { "quant_conv.", "quant_conv." },
  { "post_quant_conv.", "post_quant_conv." },
  { "encoder.conv_in.", "encoder.conv_in." },
  { "encoder.conv_out.", "encoder.conv_out." },
  { "encoder.norm_out.", "encoder.conv_norm_out." },
  { "encoder.down.#.block.#.", "encoder.down_blocks.#.resnets.#.", vae_resnet },
  { "encoder.down.#.downsample.conv.", "encoder.down_blocks.#.downsamplers.0.conv." },
  { "encoder.mid.block_1.", "encoder.mid_block.resnets.0.", vae_resnet },
  { "encoder.mid.block_2.", "encoder.mid_block.resnets.1.", vae_resnet },
  { "encoder.mid.attn_1.", "encoder.mid_block.attentions.0.", vae_attention },
  { "decoder.conv_in.", "decoder.conv_in." },
  { "decoder.conv_out.", "decoder.conv_out." },
  { "decoder.norm_out.", "decoder.conv_norm_out." },
  { "decoder.up.#.block.#.", "decoder.up_blocks.#.resnets.#.", vae_resnet, MIRROR },
  { "decoder.up.#.upsample.conv.", "decoder.up_blocks.#.upsamplers.0.conv.", NULL, MIRROR },
  { "decoder.mid.block_1.", "decoder.mid_block.resnets.0.", vae_resnet },
  { "decoder.mid.block_2.", "decoder.mid_block.resnets.1.", vae_resnet },
  { "decoder.mid.attn_1.", "decoder.mid_block.attentions.0.", vae_attention },
  { NULL, NULL },
};

static const struct rule open_clip_rules[] = {
  { "token_embedding.", "text_model.embeddings.token_embedding." },
  { "positional_embedding", "text_model.embeddings.position_embedding.weight" },
  { "ln_final.", "text_model.final_layer_norm." },
  { "transformer.resblocks.#.", "text_model.encoder.layers.#.", resblock },
  { NULL, NULL },
};

/* The prefixes of whole models first: a file that has one of them is not looked at for others. */
static const struct limn_layout layouts_known[] = {
  { LIMN_PART_UNET, "model.diffusion_model.", "input_blocks.0.0.weight", unet_rules },
  { LIMN_PART_CONTROLNET, "control_model.", "input_hint_block.0.weight", unet_rules },
  { LIMN_PART_VAE, "first_stage_model.", "encoder.down.0.block.0.norm1.weight", vae_rules },
  { LIMN_PART_TEXT_ENCODER, "cond_stage_model.transformer.",
    "text_model.embeddings.token_embedding.weight", NULL },
  { LIMN_PART_TEXT_ENCODER, "cond_stage_model.transformer.", "embeddings.token_embedding.weight",
    NULL },
  { LIMN_PART_TEXT_ENCODER, "cond_stage_model.model.", "token_embedding.weight", open_clip_rules },
  /* AnimateDiff's SparseCtrl has diffusers' names, perhaps still in the training's wrapping; its
   * motion modules are models/motion.c's matter. */
  { LIMN_PART_CONTROLNET, "module.", CONTROL_EMBEDDING, NULL },
  { LIMN_PART_CONTROLNET, "module.", SPARSE_EMBEDDING, NULL },
  { LIMN_PART_CONTROLNET, "controlnet.", CONTROL_EMBEDDING, NULL },
  { LIMN_PART_CONTROLNET, "controlnet.", SPARSE_EMBEDDING, NULL },
  { LIMN_PART_CONTROLNET, "", CONTROL_EMBEDDING, NULL },
  { LIMN_PART_CONTROLNET, "", SPARSE_EMBEDDING, NULL },
  { LIMN_PART_CONTROLNET, "", "input_hint_block.0.weight", unet_rules },
  { LIMN_PART_UNET, "", "up_blocks.0.resnets.0.norm1.weight", NULL },
  { LIMN_PART_UNET, "", "input_blocks.0.0.weight", unet_rules },
  { LIMN_PART_VAE, "", "encoder.down_blocks.0.resnets.0.norm1.weight", NULL },
  { LIMN_PART_VAE, "", "encoder.down.0.block.0.norm1.weight", vae_rules },
  { LIMN_PART_TEXT_ENCODER, "", "text_model.embeddings.token_embedding.weight", NULL },
  { LIMN_PART_TEXT_ENCODER, "", "embeddings.token_embedding.weight", NULL },
  { LIMN_PART_TEXT_ENCODER, "", "transformer.resblocks.0.ln_1.weight", open_clip_rules },
};

void
limn_names_detect (const struct limn_layout *layouts[LIMN_N_PARTS],
                   limn_names_has has,
                   gconstpointer file)
{
  bool found = false;

  memset (layouts, 0, LIMN_N_PARTS * sizeof *layouts);
  for (gsize i = 0; i < G_N_ELEMENTS (layouts_known); i++) {
    const struct limn_layout *layout = &layouts_known[i];
    g_autofree char *name = g_strconcat (layout->prefix, layout->signature, NULL);

    if (*layout->prefix == '\0' && found)
      return;
    if (layouts[layout->part] == NULL && has (file, name)) {
      layouts[layout->part] = layout;
      found = true;
    }
  }
}

limn_part
limn_layout_part (const struct limn_layout *layout)
{
  return layout->part;
}

bool
limn_layout_is_open_clip (const struct limn_layout *layout)
{
  return layout->rules == open_clip_rules;
}

G_GNUC_PRINTF (4, 5)
static bool
has_name (const struct limn_layout *layout,
          limn_names_has has,
          gconstpointer file,
          const char *format,
          ...)
{
  g_autofree char *name = NULL, *full = NULL;
  va_list arguments;

  va_start (arguments, format);
  name = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  full = g_strconcat (layout->prefix, name, NULL);
  return has (file, full);
}

/* The input blocks are conv_in, then the layers of each level with a downsampler after them; the
 * output blocks have their upsampler inside the last layer of a level. */
static void
number_blocks (limn_names *names, limn_names_has has, gconstpointer file)
{
  const struct limn_layout *layout = names->layout;
  int level = 0, layer = 0;

  for (names->n_down = 1; names->n_down < MAX_BLOCKS; names->n_down++) {
    int n = names->n_down;
    bool sampler = has_name (layout, has, file, "input_blocks.%d.0.op.weight", n);

    if (!sampler && !has_name (layout, has, file, "input_blocks.%d.0.in_layers.0.weight", n))
      break;
    names->down[n].level = level;
    names->down[n].layer = layer++;
    if (sampler)
      level++, layer = 0;
  }
  level = layer = 0;
  for (names->n_up = 0; names->n_up < MAX_BLOCKS; names->n_up++) {
    int n = names->n_up;

    if (!has_name (layout, has, file, "output_blocks.%d.0.in_layers.0.weight", n))
      break;
    names->up[n].level = level;
    names->up[n].layer = layer++;
    if (has_name (layout, has, file, "output_blocks.%d.1.conv.weight", n) ||
        has_name (layout, has, file, "output_blocks.%d.2.conv.weight", n))
      level++, layer = 0;
  }
}

limn_names *
limn_names_new (const struct limn_layout *layout, limn_names_has has, gconstpointer file)
{
  limn_names *names = g_new0 (limn_names, 1);

  names->layout = layout;
  if (layout->rules == unet_rules)
    number_blocks (names, has, file);
  if (layout->rules == vae_rules)
    while (names->n_levels < MAX_BLOCKS &&
           has_name (layout, has, file, "decoder.up.%d.block.0.norm1.weight", names->n_levels))
      names->n_levels++;
  return names;
}

void
limn_names_free (limn_names *names)
{
  g_free (names);
}

/* What follows @pattern in @name, NULL when that does not begin with it. */
static const char *
match (const char *pattern, const char *name, int numbers[MAX_NUMBERS])
{
  int n = 0;

  for (; *pattern != '\0'; pattern++) {
    if (*pattern != '#') {
      if (*name++ != *pattern)
        return NULL;
      continue;
    }
    if (!g_ascii_isdigit (*name))
      return NULL;
    for (numbers[n] = 0; g_ascii_isdigit (*name); name++) {
      numbers[n] = 10 * numbers[n] + (*name - '0');
      if (numbers[n] >= MAX_BLOCKS)
        return NULL;
    }
    n++;
  }
  return name;
}

static bool
renumber (const limn_names *names, enum numbering numbering, int numbers[MAX_NUMBERS])
{
  int n = numbers[0];

  switch (numbering) {
  case DOWN:
    numbers[0] = names->down[n].level;
    numbers[1] = names->down[n].layer;
    return n > 0 && n < names->n_down;
  case UP:
    numbers[0] = names->up[n].level;
    numbers[1] = names->up[n].layer;
    return n < names->n_up;
  case MIRROR:
    numbers[0] = names->n_levels - 1 - n;
    return n < names->n_levels;
  case AS_IT_IS:
  default:
    return true;
  }
}

static char *
expand (const struct rule *rule, const int numbers[MAX_NUMBERS], const char *rest)
{
  GString *name = g_string_new (NULL);
  int n = 0;

  for (const char *at = rule->to; *at != '\0'; at++) {
    if (*at == '#')
      g_string_append_printf (name, "%d", numbers[n++]);
    else
      g_string_append_c (name, *at);
  }
  for (const struct word *word = rule->rest; word != NULL && word->from != NULL; word++)
    if (g_str_has_prefix (rest, word->from)) {
      g_string_append (name, word->to);
      rest += strlen (word->from);
      break;
    }
  g_string_append (name, rest);
  return g_string_free (name, FALSE);
}

char *
limn_names_translate (const limn_names *names, const char *name)
{
  const struct limn_layout *layout = names->layout;

  if (!g_str_has_prefix (name, layout->prefix))
    return NULL;
  name += strlen (layout->prefix);
  if (layout->rules == NULL)
    return g_strdup (name);
  for (const struct rule *rule = layout->rules; rule->from != NULL; rule++) {
    int numbers[MAX_NUMBERS] = { 0 };
    const char *rest = match (rule->from, name, numbers);

    if (rest != NULL && renumber (names, rule->numbering, numbers))
      return expand (rule, numbers, rest);
  }
  return NULL;
}
