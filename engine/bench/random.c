/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "bench/bench.h"
#include "error.h"
#include "io/file.h"
#include "rng.h"
#include "tensor.h"

/* A checkpoint of Stable Diffusion 1.5's shapes and names with random weights, to measure with
 * where the real one is not at hand. The weights are scaled so that activations stay of order one
 * in every layer: variance 1 / fan-in, and less of it at the end of residual branches, which add
 * up. */

#define SEED 15 /* any fixed number: the same file on every machine */
#define RESIDUAL_GAIN 0.3f
#define BIAS_SCALE 0.05f /* other than 0, so that a bias in the wrong place shows */
#define NORM_SCALE 0.1f  /* around 1 */
#define EMBEDDING_SCALE 0.5f

#define MAX_DIMS 4
#define CHUNK ((gsize) 1 << 20) /* elements that are in memory at a time */

/* Uniform in [mean - scale, mean + scale]. */
struct tensor {
  char *name;
  int n_dims;
  gint64 shape[MAX_DIMS];
  gsize elements;
  float mean, scale;
};

static void
tensor_clear (gpointer data)
{
  g_free (((struct tensor *) data)->name);
}

/* --- the layers --- */

static void
add (GArray *list,
     const char *at,
     const char *name,
     float mean,
     float scale,
     int n_dims,
     const gint64 *shape)
{
  struct tensor tensor = {
    .name = g_strconcat (at, name, NULL),
    .n_dims = n_dims,
    .elements = 1,
    .mean = mean,
    .scale = scale,
  };

  for (int i = 0; i < n_dims; i++) {
    tensor.shape[i] = shape[i];
    tensor.elements *= (gsize) shape[i];
  }
  g_array_append_val (list, tensor);
}

static void
add_bias (GArray *list, const char *at, gint64 count)
{
  add (list, at, ".bias", 0, BIAS_SCALE, 1, &count);
}

/* A uniform number in [-a, a] has variance a^2 / 3. */
static float
scale_of (gint64 fan_in, float gain)
{
  return gain * sqrtf (3.0f / (float) fan_in);
}

static void
add_norm (GArray *list, const char *parent, const char *name, gint64 c)
{
  g_autofree char *at = g_strconcat (parent, name, NULL);

  add (list, at, ".weight", 1, NORM_SCALE, 1, &c);
  add_bias (list, at, c);
}

static void
add_conv (
    GArray *list, const char *parent, const char *name, gint64 out, gint64 in, gint64 k, float gain)
{
  g_autofree char *at = g_strconcat (parent, name, NULL);

  add (list, at, ".weight", 0, scale_of (in * k * k, gain), 4, (const gint64[]){ out, in, k, k });
  add_bias (list, at, out);
}

static void
add_matrix (GArray *list, const char *parent, const char *name, gint64 out, gint64 in, float gain)
{
  g_autofree char *at = g_strconcat (parent, name, NULL);

  add (list, at, ".weight", 0, scale_of (in, gain), 2, (const gint64[]){ out, in });
}

static void
add_linear (GArray *list, const char *parent, const char *name, gint64 out, gint64 in, float gain)
{
  g_autofree char *at = g_strconcat (parent, name, NULL);

  add_matrix (list, parent, name, out, in, gain);
  add_bias (list, at, out);
}

/* --- the UNet --- */

#define UNET "model.diffusion_model."
#define UNET_LEVELS 4
#define UNET_LAYERS 2
#define TIME_WIDTH 1280
#define TEXT_WIDTH 768

static const gint64 unet_channels[UNET_LEVELS] = { 320, 640, 1280, 1280 };

static void
add_unet_resnet (GArray *list, const char *at, gint64 in, gint64 out)
{
  add_norm (list, at, "in_layers.0", in);
  add_conv (list, at, "in_layers.2", out, in, 3, 1);
  add_linear (list, at, "emb_layers.1", out, TIME_WIDTH, 1);
  add_norm (list, at, "out_layers.0", out);
  add_conv (list, at, "out_layers.3", out, out, 3, RESIDUAL_GAIN);
  if (in != out)
    add_conv (list, at, "skip_connection", out, in, 1, 1);
}

static void
add_unet_attention (GArray *list, const char *at, const char *name, gint64 c, gint64 context)
{
  g_autofree char *own = g_strconcat (at, name, NULL);

  add_matrix (list, own, ".to_q", c, c, 1);
  add_matrix (list, own, ".to_k", c, context, 1);
  add_matrix (list, own, ".to_v", c, context, 1);
  add_linear (list, own, ".to_out.0", c, c, RESIDUAL_GAIN);
}

static void
add_unet_transformer (GArray *list, const char *at, gint64 c)
{
  g_autofree char *block = g_strconcat (at, "transformer_blocks.0.", NULL);

  add_norm (list, at, "norm", c);
  add_conv (list, at, "proj_in", c, c, 1, 1);
  add_unet_attention (list, block, "attn1", c, c);
  add_linear (list, block, "ff.net.0.proj", 8 * c, c, 1);
  add_linear (list, block, "ff.net.2", c, 4 * c, RESIDUAL_GAIN);
  add_unet_attention (list, block, "attn2", c, TEXT_WIDTH);
  add_norm (list, block, "norm1", c);
  add_norm (list, block, "norm2", c);
  add_norm (list, block, "norm3", c);
  add_conv (list, at, "proj_out", c, c, 1, RESIDUAL_GAIN);
}

/* The residual layer of a block and, on all levels but the last, its transformer. */
static void
add_unet_layer (GArray *list, const char *block, int level, gint64 in)
{
  g_autofree char *resnet = g_strconcat (block, "0.", NULL);
  g_autofree char *transformer = g_strconcat (block, "1.", NULL);

  add_unet_resnet (list, resnet, in, unet_channels[level]);
  if (level < UNET_LEVELS - 1)
    add_unet_transformer (list, transformer, unet_channels[level]);
}

/* Puts the channels of every skip connection into @skips. */
static void
add_unet_inputs (GArray *list, GArray *skips)
{
  gint64 c = unet_channels[0];
  int block = 1;

  add_conv (list, UNET, "input_blocks.0.0", c, 4, 3, 1);
  g_array_append_val (skips, c);
  for (int level = 0; level < UNET_LEVELS; level++) {
    for (int layer = 0; layer < UNET_LAYERS; layer++) {
      g_autofree char *at = g_strdup_printf (UNET "input_blocks.%d.", block++);

      add_unet_layer (list, at, level, c);
      c = unet_channels[level];
      g_array_append_val (skips, c);
    }
    if (level < UNET_LEVELS - 1) {
      g_autofree char *at = g_strdup_printf (UNET "input_blocks.%d.0.", block++);

      add_conv (list, at, "op", c, c, 3, 1);
      g_array_append_val (skips, c);
    }
  }
}

static void
add_unet_outputs (GArray *list, GArray *skips)
{
  gint64 c = unet_channels[UNET_LEVELS - 1];
  int block = 0;

  for (int level = UNET_LEVELS - 1; level >= 0; level--)
    for (int layer = 0; layer <= UNET_LAYERS; layer++) {
      g_autofree char *at = g_strdup_printf (UNET "output_blocks.%d.", block++);
      gint64 skip = g_array_index (skips, gint64, skips->len - 1);

      g_array_set_size (skips, skips->len - 1);
      add_unet_layer (list, at, level, c + skip);
      c = unet_channels[level];
      if (level > 0 && layer == UNET_LAYERS)
        add_conv (list, at, level == UNET_LEVELS - 1 ? "1.conv" : "2.conv", c, c, 3, 1);
    }
}

static void
add_unet (GArray *list)
{
  g_autoptr (GArray) skips = g_array_new (FALSE, FALSE, sizeof (gint64));
  gint64 widest = unet_channels[UNET_LEVELS - 1];

  add_linear (list, UNET, "time_embed.0", TIME_WIDTH, unet_channels[0], 1);
  add_linear (list, UNET, "time_embed.2", TIME_WIDTH, TIME_WIDTH, 1);
  add_unet_inputs (list, skips);
  add_unet_resnet (list, UNET "middle_block.0.", widest, widest);
  add_unet_transformer (list, UNET "middle_block.1.", widest);
  add_unet_resnet (list, UNET "middle_block.2.", widest, widest);
  add_unet_outputs (list, skips);
  add_norm (list, UNET, "out.0", unet_channels[0]);
  add_conv (list, UNET, "out.2", 4, unet_channels[0], 3, 1);
}

/* --- the autoencoder --- */

#define VAE "first_stage_model."
#define VAE_LEVELS 4
#define VAE_LAYERS 2

static const gint64 vae_channels[VAE_LEVELS] = { 128, 256, 512, 512 };

static void
add_vae_resnet (GArray *list, const char *at, gint64 in, gint64 out)
{
  add_norm (list, at, "norm1", in);
  add_conv (list, at, "conv1", out, in, 3, 1);
  add_norm (list, at, "norm2", out);
  add_conv (list, at, "conv2", out, out, 3, RESIDUAL_GAIN);
  if (in != out)
    add_conv (list, at, "nin_shortcut", out, in, 1, 1);
}

/* @at is "first_stage_model.encoder." or that of the decoder. */
static void
add_vae_middle (GArray *list, const char *at)
{
  static const char *const inputs[] = { "q", "k", "v" };
  gint64 c = vae_channels[VAE_LEVELS - 1];
  g_autofree char *first = g_strconcat (at, "mid.block_1.", NULL);
  g_autofree char *attention = g_strconcat (at, "mid.attn_1.", NULL);
  g_autofree char *second = g_strconcat (at, "mid.block_2.", NULL);

  add_vae_resnet (list, first, c, c);
  add_norm (list, attention, "norm", c);
  for (gsize i = 0; i < G_N_ELEMENTS (inputs); i++)
    add_conv (list, attention, inputs[i], c, c, 1, 1);
  add_conv (list, attention, "proj_out", c, c, 1, RESIDUAL_GAIN);
  add_vae_resnet (list, second, c, c);
}

static void
add_vae_level (GArray *list, const char *at, int layers, gint64 in, gint64 out, const char *sampler)
{
  for (int layer = 0; layer < layers; layer++) {
    g_autofree char *block = g_strdup_printf ("%s.block.%d.", at, layer);

    add_vae_resnet (list, block, layer == 0 ? in : out, out);
  }
  if (sampler != NULL)
    add_conv (list, at, sampler, out, out, 3, 1);
}

static void
add_vae_encoder (GArray *list)
{
  gint64 c = vae_channels[0];

  add_conv (list, VAE, "encoder.conv_in", c, 3, 3, 1);
  for (int level = 0; level < VAE_LEVELS; level++) {
    g_autofree char *at = g_strdup_printf (VAE "encoder.down.%d", level);

    add_vae_level (list, at, VAE_LAYERS, c, vae_channels[level],
                   level < VAE_LEVELS - 1 ? ".downsample.conv" : NULL);
    c = vae_channels[level];
  }
  add_vae_middle (list, VAE "encoder.");
  add_norm (list, VAE, "encoder.norm_out", c);
  add_conv (list, VAE, "encoder.conv_out", 8, c, 3, 1);
}

static void
add_vae_decoder (GArray *list)
{
  gint64 c = vae_channels[VAE_LEVELS - 1];

  add_conv (list, VAE, "decoder.conv_in", c, 4, 3, 1);
  add_vae_middle (list, VAE "decoder.");
  for (int level = VAE_LEVELS - 1; level >= 0; level--) {
    g_autofree char *at = g_strdup_printf (VAE "decoder.up.%d", level);

    add_vae_level (list, at, VAE_LAYERS + 1, c, vae_channels[level],
                   level > 0 ? ".upsample.conv" : NULL);
    c = vae_channels[level];
  }
  add_norm (list, VAE, "decoder.norm_out", c);
  add_conv (list, VAE, "decoder.conv_out", 3, c, 3, 1);
}

static void
add_vae (GArray *list)
{
  add_vae_encoder (list);
  add_vae_decoder (list);
  add_conv (list, VAE, "quant_conv", 8, 8, 1, 1);
  add_conv (list, VAE, "post_quant_conv", 4, 4, 1, 1);
}

/* --- the text encoder --- */

#define CLIP "cond_stage_model.transformer.text_model."
#define CLIP_LAYERS 12
#define CLIP_TOKENS 77
#define CLIP_VOCABULARY 49408

static void
add_clip (GArray *list)
{
  static const char *const inputs[] = { "k", "v", "q" };

  add (list, CLIP, "embeddings.token_embedding.weight", 0, EMBEDDING_SCALE, 2,
       (const gint64[]){ CLIP_VOCABULARY, TEXT_WIDTH });
  add (list, CLIP, "embeddings.position_embedding.weight", 0, EMBEDDING_SCALE, 2,
       (const gint64[]){ CLIP_TOKENS, TEXT_WIDTH });
  for (int i = 0; i < CLIP_LAYERS; i++) {
    g_autofree char *at = g_strdup_printf (CLIP "encoder.layers.%d.", i);

    for (gsize j = 0; j < G_N_ELEMENTS (inputs); j++) {
      g_autofree char *name = g_strdup_printf ("self_attn.%s_proj", inputs[j]);

      add_linear (list, at, name, TEXT_WIDTH, TEXT_WIDTH, 1);
    }
    add_linear (list, at, "self_attn.out_proj", TEXT_WIDTH, TEXT_WIDTH, RESIDUAL_GAIN);
    add_norm (list, at, "layer_norm1", TEXT_WIDTH);
    add_linear (list, at, "mlp.fc1", 4 * TEXT_WIDTH, TEXT_WIDTH, 1);
    add_linear (list, at, "mlp.fc2", TEXT_WIDTH, 4 * TEXT_WIDTH, RESIDUAL_GAIN);
    add_norm (list, at, "layer_norm2", TEXT_WIDTH);
  }
  add_norm (list, CLIP, "final_layer_norm", TEXT_WIDTH);
}

/* --- the file --- */

struct output {
  limn_file_writer *writer;
  limn_dtype dtype;
  limn_rng rng;
  float *values;  /* CHUNK of them */
  guint8 *stored; /* the same in dtype */
  guint64 done, total;
  limn_bench_progress_func progress;
  gpointer data;
  GCancellable *cancellable;
};

/* Length and JSON, filled up to a multiple of 8 bytes; *@data_bytes is what shall follow. */
static GString *
make_header (const GArray *list, limn_dtype dtype, guint64 *data_bytes)
{
  GString *header = g_string_new ("{\"__metadata__\":{\"format\":\"pt\"}");
  guint64 length;

  *data_bytes = 0;
  for (guint i = 0; i < list->len; i++) {
    const struct tensor *tensor = &g_array_index (list, struct tensor, i);
    guint64 end = *data_bytes + tensor->elements * limn_dtype_size (dtype);

    g_string_append_printf (header, ",\"%s\":{\"dtype\":\"%s\",\"shape\":[", tensor->name,
                            dtype == LIMN_DTYPE_F32 ? "F32" : "F16");
    for (int j = 0; j < tensor->n_dims; j++)
      g_string_append_printf (header, "%s%" G_GINT64_FORMAT, j > 0 ? "," : "", tensor->shape[j]);
    g_string_append_printf (header,
                            "],\"data_offsets\":[%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT "]}",
                            *data_bytes, end);
    *data_bytes = end;
  }
  g_string_append_c (header, '}');
  while (header->len % 8 != 0)
    g_string_append_c (header, ' ');
  length = GUINT64_TO_LE ((guint64) header->len);
  g_string_prepend_len (header, (const char *) &length, sizeof length);
  return header;
}

static void
fill (struct output *output, const struct tensor *tensor, gsize count)
{
  for (gsize i = 0; i < count; i++) {
    float uniform = (float) (gint32) limn_rng_next (&output->rng) * 0x1p-31f;

    output->values[i] = tensor->mean + tensor->scale * uniform;
  }
  limn_convert_from_f32 (output->dtype, output->values, output->stored, count);
}

static bool
write_tensor (struct output *output, const struct tensor *tensor, GError **error)
{
  for (gsize done = 0; done < tensor->elements; done += CHUNK) {
    gsize count = MIN (CHUNK, tensor->elements - done);
    gsize size = count * limn_dtype_size (output->dtype);

    fill (output, tensor, count);
    if (!limn_file_writer_append (output->writer, output->stored, size, error))
      return false;
    output->done += size;
    if (output->progress != NULL)
      output->progress (output->done, output->total, output->data);
    if (g_cancellable_is_cancelled (output->cancellable)) {
      g_set_error_literal (error, LIMN_ERROR, LIMN_ERROR_CANCELLED, "cancelled");
      return false;
    }
  }
  return true;
}

static bool
write_file (struct output *output, const GArray *list, GError **error)
{
  g_autoptr (GString) header = make_header (list, output->dtype, &output->total);

  if (!limn_file_writer_append (output->writer, header->str, header->len, error))
    return false;
  for (guint i = 0; i < list->len; i++)
    if (!write_tensor (output, &g_array_index (list, struct tensor, i), error))
      return false;
  return limn_file_writer_finish (output->writer, error);
}

bool
limn_bench_make_random_sd15 (const char *path,
                             bool f32,
                             limn_bench_progress_func progress,
                             gpointer data,
                             GCancellable *cancellable,
                             GError **error)
{
  g_autoptr (GArray) list = g_array_new (FALSE, FALSE, sizeof (struct tensor));
  g_autofree float *values = g_new (float, CHUNK);
  g_autofree guint8 *stored = g_malloc (CHUNK * sizeof (float));
  g_autoptr (limn_file_writer) writer = limn_file_writer_new (path, error);
  struct output output = {
    .writer = writer,
    .dtype = f32 ? LIMN_DTYPE_F32 : LIMN_DTYPE_F16,
    .values = values,
    .stored = stored,
    .progress = progress,
    .data = data,
    .cancellable = cancellable,
  };

  if (writer == NULL)
    return false;
  g_array_set_clear_func (list, tensor_clear);
  add_unet (list);
  add_vae (list);
  add_clip (list);
  limn_rng_init (&output.rng, SEED);
  return write_file (&output, list, error);
}
