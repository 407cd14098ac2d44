/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Models in one file, with the names of Stable Diffusion's own code and of OpenCLIP, against what
 * diffusers computes with the same weights in its own layout. */

#include "golden.h"

#include <glib/gstdio.h>
#include <string.h>

#include "io/checkpoint.h"
#include "models/clip.h"
#include "models/controlnet.h"
#include "models/unet.h"
#include "models/vae.h"
#include "pipeline/model.h"

#define MODEL "single-file/sd1.safetensors"
#define CONTROL "single-file/control.safetensors"
#define OPEN_CLIP "single-file/open-clip.safetensors"
#define IO "single-file/io.safetensors"
#define VOCABULARY 49408

static char *folder;

static char *
source_path (const char *name)
{
  g_autofree char *relative = g_build_filename ("tests", "golden", name, NULL);

  return golden_path (relative);
}

/* --- files made here --- */

/* A tensor of a file that is being written. */
struct piece {
  char *name;
  const struct limn_safetensors_entry *entry;
  gsize rows; /* of the first dimension; those beyond the entry's are zero */
};

static void
piece_clear (gpointer piece)
{
  g_free (((struct piece *) piece)->name);
}

static GArray *
pieces_new (void)
{
  GArray *pieces = g_array_new (FALSE, FALSE, sizeof (struct piece));

  g_array_set_clear_func (pieces, piece_clear);
  return pieces;
}

/* The tensors of @file whose names begin with @prefix, which becomes @replacement. */
static void
pieces_add (GArray *pieces,
            const limn_safetensors *file,
            const char *prefix,
            const char *replacement)
{
  const struct limn_safetensors_entry *entries;
  gsize count;

  entries = limn_safetensors_entries (file, &count);
  for (gsize i = 0; i < count; i++) {
    struct piece piece = { NULL, &entries[i], entries[i].n_dims > 0 ? entries[i].shape[0] : 1 };

    if (!g_str_has_prefix (entries[i].name, prefix))
      continue;
    piece.name = g_strconcat (replacement, entries[i].name + strlen (prefix), NULL);
    g_array_append_val (pieces, piece);
  }
}

static gsize
piece_size (const struct piece *piece)
{
  return piece->entry->size / (gsize) piece->entry->shape[0] * piece->rows;
}

static void
append_data (GByteArray *bytes, const struct piece *piece)
{
  gsize size = piece_size (piece);
  guint start = bytes->len;

  g_byte_array_set_size (bytes, start + (guint) size);
  memset (bytes->data + start, 0, size);
  memcpy (bytes->data + start, piece->entry->data, MIN (size, piece->entry->size));
}

static char *
write_file (const char *name, const GByteArray *bytes)
{
  g_autoptr (GError) error = NULL;
  char *path = g_build_filename (folder, name, NULL);

  g_file_set_contents (path, (const char *) bytes->data, bytes->len, &error);
  g_assert_no_error (error);
  return path;
}

static char *
write_safetensors (const char *name, const GArray *pieces, const char *metadata)
{
  g_autoptr (GString) header = g_string_new (NULL);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  guint64 length;
  gsize offset = 0;

  g_string_printf (header, "{\"__metadata__\":{%s}", metadata);
  for (guint i = 0; i < pieces->len; i++) {
    const struct piece *piece = &g_array_index (pieces, struct piece, i);

    g_string_append_printf (header, ",\"%s\":{\"dtype\":\"%s\",\"shape\":[%zu", piece->name,
                            piece->entry->dtype_name, piece->rows);
    for (int j = 1; j < piece->entry->n_dims; j++)
      g_string_append_printf (header, ",%d", (int) piece->entry->shape[j]);
    g_string_append_printf (header, "],\"data_offsets\":[%zu,%zu]}", offset,
                            offset + piece_size (piece));
    offset += piece_size (piece);
  }
  g_string_append_c (header, '}');
  length = GUINT64_TO_LE ((guint64) header->len);
  g_byte_array_append (bytes, (const guint8 *) &length, sizeof length);
  g_byte_array_append (bytes, (const guint8 *) header->str, (guint) header->len);
  for (guint i = 0; i < pieces->len; i++)
    append_data (bytes, &g_array_index (pieces, struct piece, i));
  return write_file (name, bytes);
}

static void
append_number (GByteArray *bytes, guint64 value, guint size)
{
  value = GUINT64_TO_LE (value);
  g_byte_array_append (bytes, (const guint8 *) &value, size);
}

/* Version 3, the types as they are (F16). */
static char *
write_gguf (const char *name, const GArray *pieces)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  guint64 offset = 0;

  g_byte_array_append (bytes, (const guint8 *) "GGUF", 4);
  append_number (bytes, 3, 4);
  append_number (bytes, pieces->len, 8);
  append_number (bytes, 0, 8);
  for (guint i = 0; i < pieces->len; i++) {
    const struct piece *piece = &g_array_index (pieces, struct piece, i);

    g_assert_cmpstr (piece->entry->dtype_name, ==, "F16");
    append_number (bytes, strlen (piece->name), 8);
    g_byte_array_append (bytes, (const guint8 *) piece->name, (guint) strlen (piece->name));
    append_number (bytes, (guint64) piece->entry->n_dims, 4);
    for (int j = piece->entry->n_dims - 1; j >= 0; j--)
      append_number (bytes, (guint64) piece->entry->shape[j], 8);
    append_number (bytes, 1, 4);
    append_number (bytes, offset, 8);
    offset += (piece_size (piece) + 31) / 32 * 32;
  }
  for (guint i = 0; i < pieces->len; i++) {
    g_byte_array_set_size (bytes, (bytes->len + 31) / 32 * 32);
    append_data (bytes, &g_array_index (pieces, struct piece, i));
  }
  return write_file (name, bytes);
}

/* --- the parts --- */

struct test_run {
  limn_clip *clip;
  limn_unet *unet;
  limn_controlnet *control; /* may be NULL */
  struct limn_unet_inputs inputs;
  limn_tensor ids, image, scale, out;
};

static void
clip_forward (limn_pass *pass, gpointer data)
{
  struct test_run *run = data;
  limn_tensor out = limn_clip_forward (pass, run->clip, run->ids);

  limn_copy (pass, out, run->out);
  limn_release (pass, &out);
}

static void
check_clip (limn_device *device, const char *path, const char *wanted)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_safetensors) io = golden_open (IO);
  struct test_run run = { 0 };

  run.clip = limn_clip_load (device, path, &error);
  g_assert_no_error (error);
  run.ids = golden_upload (device, io, "ids");
  run.out = golden_like (device, io, wanted);
  golden_run (device, clip_forward, &run);
  golden_check_tensor (wanted, device, run.out, io, wanted, golden_bound (device));
  limn_tensor_free (device, &run.ids);
  limn_tensor_free (device, &run.out);
  limn_clip_free (run.clip);
}

static void
unet_forward (limn_pass *pass, gpointer data)
{
  struct test_run *run = data;
  struct limn_unet_features features, residuals;
  limn_tensor time, out;

  limn_unet_encode (pass, run->unet, &run->inputs, &time, &features);
  if (run->control) {
    limn_tensor embedding = limn_controlnet_embed (pass, run->control, run->image);
    limn_controlnet_forward (pass, run->control, &run->inputs, embedding, &residuals);
    limn_release (pass, &embedding);
    limn_unet_add_residuals (pass, &features, &residuals, run->scale, 0);
  }
  out = limn_unet_decode (pass, run->unet, &run->inputs, &time, &features);
  limn_copy (pass, out, run->out);
  limn_release (pass, &out);
}

/* @control is NULL or a file. */
static void
check_unet (limn_device *device, const char *path, const char *control, const char *wanted)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_safetensors) io = golden_open (IO);
  struct test_run run = { 0 };
  limn_tensor *tensors[] = { &run.inputs.latents, &run.inputs.context, &run.inputs.sincos,
                             &run.image,          &run.scale,          &run.out };
  float scales[64];

  run.unet = limn_unet_load (device, path, &error);
  g_assert_no_error (error);
  if (control)
    run.control = limn_controlnet_load (device, control, &error);
  g_assert_no_error (error);
  for (gsize i = 0; i < G_N_ELEMENTS (scales); i++)
    scales[i] = 1;
  run.inputs.latents = golden_upload (device, io, "sample");
  run.inputs.context = golden_upload (device, io, "context");
  run.inputs.sincos = golden_sincos (device, io, "timestep", 32, true, 0);
  run.image = golden_upload (device, io, "image");
  run.scale = limn_tensor_new (device, LIMN_DTYPE_F32, 1, 1, 1, G_N_ELEMENTS (scales), &error);
  g_assert_no_error (error);
  limn_tensor_write (device, run.scale, scales, &error);
  g_assert_no_error (error);
  run.out = golden_like (device, io, wanted);
  golden_run (device, unet_forward, &run);
  golden_check_tensor (wanted, device, run.out, io, wanted, golden_bound (device));
  for (gsize i = 0; i < G_N_ELEMENTS (tensors); i++)
    limn_tensor_free (device, tensors[i]);
  limn_controlnet_free (run.control);
  limn_unet_free (run.unet);
}

static void
check_vae (limn_device *device, const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_safetensors) io = golden_open (IO);
  g_autoptr (limn_vae) vae = limn_vae_load (device, path, &error);
  gsize count = golden_count (io, "mean");
  g_autofree float *latents = g_new (float, count);
  g_autofree float *picture = g_new (float, golden_count (io, "picture"));

  g_assert_no_error (error);
  g_assert_cmpint (limn_vae_factor (vae), ==, 2);
  limn_vae_encode (vae, golden_tensor (io, "picture"), 16, 16, latents, NULL, NULL, &error);
  g_assert_no_error (error);
  limn_vae_decode (vae, latents, 16, 16, picture, NULL, &error);
  g_assert_no_error (error);
  golden_check ("vae", picture, io, "decoded", golden_bound (device));
  for (gsize i = 0; i < count; i++)
    latents[i] = (float) (latents[i] / limn_vae_scaling (vae));
  golden_check ("vae", latents, io, "mean", golden_bound (device));
}

static void
test_parts (limn_device *device, gconstpointer data)
{
  g_autofree char *path = source_path (MODEL);

  check_clip (device, path, "clip");
  check_unet (device, path, NULL, "unet");
  check_vae (device, path);
}

static void
test_open_clip (limn_device *device, gconstpointer data)
{
  g_autofree char *path = source_path (OPEN_CLIP);

  check_clip (device, path, "open_clip");
}

/* control_model.*, its trunk being the UNet's. */
static void
test_control (limn_device *device, gconstpointer data)
{
  g_autofree char *path = source_path (MODEL);
  g_autofree char *control = NULL;
  g_autoptr (limn_safetensors) model = golden_open (MODEL), own = golden_open (CONTROL);
  g_autoptr (GArray) pieces = pieces_new ();

  pieces_add (pieces, model, "model.diffusion_model.input_blocks.", "control_model.input_blocks.");
  pieces_add (pieces, model, "model.diffusion_model.middle_block.", "control_model.middle_block.");
  pieces_add (pieces, model, "model.diffusion_model.time_embed.", "control_model.time_embed.");
  pieces_add (pieces, own, "", "");
  control = write_safetensors ("control.safetensors", pieces, "");
  check_unet (device, path, control, "controlled");
}

/* Without a prefix, and as the file of a diffusers folder alone. */
static void
test_alone (limn_device *device, gconstpointer data)
{
  g_autofree char *kl = source_path ("vae-kl/diffusion_pytorch_model.safetensors");
  g_autofree char *vae = NULL;
  g_autoptr (limn_safetensors) model = golden_open (MODEL);
  g_autoptr (GArray) pieces = pieces_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_checkpoint) checkpoint = limn_checkpoint_open (kl, &error);

  g_assert_no_error (error);
  g_assert_true (limn_checkpoint_has_part (checkpoint, LIMN_PART_VAE));
  g_assert_false (limn_checkpoint_has_part (checkpoint, LIMN_PART_UNET));
  pieces_add (pieces, model, "first_stage_model.", "");
  vae = write_safetensors ("vae.safetensors", pieces, "");
  check_vae (device, vae);
}

static void
test_gguf (limn_device *device, gconstpointer data)
{
  g_autofree char *path = NULL;
  g_autoptr (limn_safetensors) model = golden_open (MODEL);
  g_autoptr (GArray) pieces = pieces_new ();

  pieces_add (pieces, model, "", "");
  path = write_gguf ("model.gguf", pieces);
  check_clip (device, path, "clip");
  check_unet (device, path, NULL, "unet");
  check_vae (device, path);
}

/* --- the whole --- */

/* The golden model with as many tokens as CLIP's own vocabulary. */
static char *
write_model (const char *metadata)
{
  g_autoptr (limn_safetensors) file = golden_open (MODEL);
  g_autoptr (GArray) pieces = pieces_new ();

  pieces_add (pieces, file, "", "");
  for (guint i = 0; i < pieces->len; i++) {
    struct piece *piece = &g_array_index (pieces, struct piece, i);

    if (g_str_has_suffix (piece->name, "token_embedding.weight"))
      piece->rows = VOCABULARY;
  }
  return write_safetensors ("model.safetensors", pieces, metadata);
}

static void
test_model (limn_device *device, gconstpointer data)
{
  static const struct {
    const char *metadata;
    limn_prediction prediction;
    int width;
  } cases[] = {
    { "", LIMN_PREDICTION_EPSILON, 128 },
    { "\"modelspec.prediction_type\":\"v\",\"modelspec.resolution\":\"768x768\"", LIMN_PREDICTION_V,
      192 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = write_model (cases[i].metadata);
    g_autoptr (GError) error = NULL;
    g_autoptr (limn_model) model = limn_model_open (device, path, &error);
    g_autoptr (GArray) ids = NULL;
    g_autoptr (limn_image) image = NULL;
    int width;

    g_assert_no_error (error);
    g_assert_cmpint (model->schedule.prediction, ==, cases[i].prediction);
    limn_model_size (model, &width, NULL, NULL);
    g_assert_cmpint (width, ==, cases[i].width);
    ids = limn_tokenizer_encode (model->tokenizer, "a photo of a cat");
    g_assert_cmpuint (ids->len, ==, 5);
    image = limn_generate (
        model,
        &(struct limn_generate_params){ .prompt = "a cat", .width = 16, .height = 16, .steps = 2 },
        NULL, &error);
    g_assert_no_error (error);
    g_assert_nonnull (image);
  }
}

/* What transformers' CLIPTokenizer answers with the same vocabulary. */
/* Without loading the model: chunks are as long as it has positions. */
static void
test_tokens (void)
{
  g_autofree char *path = write_model ("");
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_token_counter) counter = limn_token_counter_open (path, &error);
  struct limn_token_count count;

  g_assert_no_error (error);
  count = limn_token_counter_count (counter, "a photo of a cat", false);
  g_assert_cmpint (count.tokens, ==, 5);
  g_assert_cmpint (count.chunks, ==, 1);
  g_assert_cmpint (count.limit, ==, 75);
  count = limn_token_counter_count (counter, "(a:1.2) photo BREAK of a [cat]", false);
  g_assert_cmpint (count.tokens, ==, 5);
  g_assert_cmpint (count.chunks, ==, 2);
  g_remove (path);
}

static void
test_vocabulary (void)
{
  static const struct {
    const char *text;
    gint32 ids[12];
  } cases[] = {
    { "a photo of a cat", { 320, 1125, 539, 320, 2368 } },
    { "Don't stop: a lighthouse, 8k!", { 847, 713, 1691, 281, 320, 13717, 267, 279, 330, 256 } },
    { "caf\u00e9 \U0001f600 \u4e2d\u6587", { 15304, 7334, 19759, 255, 29032, 485 } },
    { "masterpiece, best quality, antidisestablishmentarianism",
      { 12066, 267, 949, 3027, 267, 3120, 4262, 7726, 12658, 1585, 44351 } },
  };
  g_autofree char *path = golden_path ("data/clip/bpe_simple_vocab_16e6.txt.gz");
  g_autofree char *broken = source_path (MODEL);

  for (int open_clip = 0; open_clip < 2; open_clip++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (limn_tokenizer) tokenizer = limn_tokenizer_load_clip (path, open_clip, &error);

    g_assert_no_error (error);
    g_assert_cmpint (limn_tokenizer_bos (tokenizer), ==, VOCABULARY - 2);
    g_assert_cmpint (limn_tokenizer_eos (tokenizer), ==, VOCABULARY - 1);
    g_assert_cmpint (limn_tokenizer_pad (tokenizer), ==, open_clip ? 0 : VOCABULARY - 1);
    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
      g_autoptr (GArray) ids = limn_tokenizer_encode (tokenizer, cases[i].text);
      gsize count = 0;

      while (count < G_N_ELEMENTS (cases[i].ids) && cases[i].ids[count] != 0)
        count++;
      g_assert_cmpmem (ids->data, ids->len * sizeof (gint32), cases[i].ids,
                       count * sizeof (gint32));
    }
  }
  g_assert_null (limn_tokenizer_load_clip (broken, false, NULL));
}

static void
test_inspect (void)
{
  static const struct {
    const char *path, *kind, *parts, *format;
    guint64 tensors;
  } cases[] = {
    { "tests/golden/" MODEL, "model", "text encoder, unet, autoencoder", "safetensors", 362 },
    { "tests/golden/" OPEN_CLIP, "text encoder", NULL, "safetensors", 42 },
    { "tests/golden/controlnet-a", "ControlNet", NULL, "folder", 0 },
    { "data/models/starter", "model",
      "text encoder, unet, autoencoder, ControlNet depth, ControlNet pose, ControlNet scribble",
      "folder", 0 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = golden_path (cases[i].path);
    g_autoptr (GError) error = NULL;
    struct limn_inspection *inspection = limn_inspect (path, &error);
    guint64 tensors = 0, parameters = 0;

    g_assert_no_error (error);
    g_assert_cmpstr (inspection->problem, ==, NULL);
    g_assert_cmpstr (inspection->kind, ==, cases[i].kind);
    g_assert_cmpstr (inspection->parts, ==, cases[i].parts);
    g_assert_cmpstr (inspection->format, ==, cases[i].format);
    if (cases[i].tensors > 0)
      g_assert_cmpuint (inspection->tensors, ==, cases[i].tensors);
    for (guint j = 0; j < inspection->types->len; j++) {
      tensors += g_array_index (inspection->types, struct limn_inspection_type, j).tensors;
      parameters += g_array_index (inspection->types, struct limn_inspection_type, j).parameters;
    }
    g_assert_cmpuint (tensors, ==, inspection->tensors);
    g_assert_cmpuint (parameters, ==, inspection->parameters);
    /* Vectors are in f32 in both. */
    g_assert_cmpuint (inspection->memory_f32, >, inspection->memory_f16);
    g_assert_cmpuint (inspection->memory_f32, <=, 4 * parameters);
    limn_inspection_free (inspection);
  }
}

/* --- refusals --- */

static void
assert_refused (const char *path, int code, const char *words)
{
  g_autoptr (GError) error = NULL;
  limn_device *device = limn_measure_device_new (LIMN_DTYPE_F32);

  g_assert_null (limn_model_open (device, path, &error));
  g_assert_error (error, LIMN_ERROR, code);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, words));
  g_assert_true (g_str_has_prefix (error->message, path));
  limn_device_free (device);
}

static void
test_refusals (void)
{
  static const char *const pickles[] = { "a.ckpt", "a.pt", "a.PTH", "a.bin" };
  g_autofree char *part = source_path (OPEN_CLIP);
  g_autoptr (limn_safetensors) file = golden_open (CONTROL);
  g_autoptr (GArray) pieces = pieces_new ();
  g_autoptr (GByteArray) empty = g_byte_array_new ();
  g_autofree char *sdxl = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (pickles); i++) {
    g_autofree char *path = write_file (pickles[i], empty);

    assert_refused (path, LIMN_ERROR_FILE, "can run code");
  }
  assert_refused (part, LIMN_ERROR_MODEL, "has no unet");
  pieces_add (pieces, file, "control_model.zero_convs.0.0.",
              "model.diffusion_model.label_emb.0.0.");
  sdxl = write_safetensors ("sdxl.safetensors", pieces, "");
  assert_refused (sdxl, LIMN_ERROR_FORMAT, "SDXL");
}

/* A tensor that tells a size is missing. */
static void
test_missing (void)
{
  g_autoptr (limn_safetensors) file = golden_open (MODEL);
  g_autoptr (GArray) pieces = pieces_new ();
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_config) config = NULL;

  pieces_add (pieces, file, "model.diffusion_model.input_blocks.",
              "model.diffusion_model.input_blocks.");
  path = write_safetensors ("missing.safetensors", pieces, "");
  config = limn_weights_config (path, LIMN_PART_UNET, &error);
  g_assert_null (config);
  g_assert_error (error, LIMN_ERROR, LIMN_ERROR_MODEL);
  g_assert_nonnull (strstr (error->message, "the unet's tensor \"mid_block.attentions.0."));
}

static void
remove_folder (void)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (folder, name, NULL);

    g_assert_cmpint (g_unlink (path), ==, 0);
  }
  g_assert_cmpint (g_rmdir (folder), ==, 0);
  g_free (folder);
}

int
main (int argc, char **argv)
{
  g_autofree char *data = golden_path ("data");
  int status;

  g_test_init (&argc, &argv, NULL);
  g_setenv ("LIMN_DATA_DIR", data, TRUE);
  folder = g_dir_make_tmp ("limn-single-file-XXXXXX", NULL);
  g_assert_nonnull (folder);
  golden_add ("single-file/parts", test_parts, NULL);
  golden_add ("single-file/open-clip", test_open_clip, NULL);
  golden_add ("single-file/control", test_control, NULL);
  golden_add ("single-file/alone", test_alone, NULL);
  golden_add ("single-file/gguf", test_gguf, NULL);
  golden_add ("single-file/model", test_model, NULL);
  g_test_add_func ("/single-file/tokens", test_tokens);
  g_test_add_func ("/single-file/vocabulary", test_vocabulary);
  g_test_add_func ("/single-file/inspect", test_inspect);
  g_test_add_func ("/single-file/refusals", test_refusals);
  g_test_add_func ("/single-file/missing", test_missing);
  status = g_test_run ();
  remove_folder ();
  return status;
}
