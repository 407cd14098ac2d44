/* SPDX-License-Identifier: GPL-3.0-or-later */

/* LoRAs: strengths by frame, files with the names of kohya-ss and of PEFT, convolutions, the text
 * encoder (tests/golden/make_lora.py), and files that are none. */

#include <math.h>
#include <string.h>

#include "models/clip.h"
#include "motion-run.h"

#define FRAMES 5

static char *folder, *modules;

/* --- names --- */

/* "MODULE.down" as "MODULE" and "down". */
static char *
split (const char *name, const char **part)
{
  const char *dot = strrchr (name, '.');

  *part = dot + 1;
  return g_strndup (name, (gsize) (dot - name));
}

/* A motion_rename: AnimateDiff's own names as kohya-ss's scripts write them. */
static char *
kohya_original_name (const char *name)
{
  g_autofree char *original = motion_original_name (name);

  return motion_kohya_name (original);
}

static char *
peft_name (const char *name)
{
  const char *part;
  g_autofree char *module = split (name, &part);
  const char *root = g_str_has_prefix (name, "text_model.") ? "text_encoder." : "unet.";

  if (g_str_equal (part, "alpha"))
    return g_strconcat (root, module, ".alpha", NULL);
  return g_strconcat (root, module, g_str_equal (part, "down") ? ".lora_A" : ".lora_B", ".weight",
                      NULL);
}

/* What tests on devices are given. */
struct form {
  motion_rename rename;
};

static const struct form kohya = { motion_kohya_name }, kohya_original = { kohya_original_name },
                         peft = { peft_name };

/* The whole file of @list, opened. */
static limn_lora *
open_list (const char *list, motion_rename rename)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_build_filename (folder, "lora.safetensors", NULL);
  limn_lora *lora;

  motion_write (path, list, "", rename);
  lora = limn_lora_open (path, &error);
  g_assert_no_error (error);
  return lora;
}

/* --- pictures --- */

static const struct motion_case picture_case = {
  "picture-lora", "v3", "unet-heads", 1, 3, { 301 }, 9, 32
};

/* Every linear layer and convolution of the UNet. */
static void
test_picture (limn_device *device, gconstpointer data)
{
  g_autoptr (limn_safetensors) file = golden_open ("motion/loras.safetensors");
  g_autoptr (limn_lora) lora = open_list ("picture-lora.txt", ((const struct form *) data)->rename);
  const struct limn_lora_use use = { .lora = lora, .strength = 0.8f };
  struct motion_run run = { 0 };

  motion_run_begin (&run, device, &picture_case, modules, NULL, 0, &use, 1);
  golden_run (device, motion_run_forward, &run);
  golden_check_tensor ("picture", device, run.out, file, "picture-lora", golden_bound (device));
  motion_run_end (&run, device);
}

struct text_run {
  limn_clip *clip;
  limn_tensor ids, out;
};

static void
text_forward (limn_pass *pass, gpointer data)
{
  const struct text_run *run = data;
  limn_tensor out = limn_clip_forward (pass, run->clip, run->ids);

  limn_copy (pass, out, run->out);
  limn_release (pass, &out);
}

static void
test_text (limn_device *device, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_safetensors) file = golden_open ("motion/loras.safetensors");
  g_autoptr (limn_lora) lora = open_list ("text-lora.txt", ((const struct form *) data)->rename);
  const struct limn_lora_use use = { .lora = lora, .strength = 1.2f };
  g_autofree char *path = motion_source_path ("clip");
  struct text_run run = {
    .clip = limn_clip_load_with (device, path, &use, 1, &error),
    .ids = golden_upload (device, file, "text-lora.ids"),
    .out = golden_like (device, file, "text-lora"),
  };

  g_assert_no_error (error);
  g_assert_true (limn_lora_is_used (lora));
  golden_run (device, text_forward, &run);
  golden_check_tensor ("text", device, run.out, file, "text-lora", golden_bound (device));
  limn_tensor_free (device, &run.ids);
  limn_tensor_free (device, &run.out);
  limn_clip_free (run.clip);
}

/* --- strengths by frame --- */

static const struct motion_case frame_case = {
  "frame-lora", "v3", "unet-heads", 2, FRAMES, { 301, 77 }, 9, 32
};

static const float by_frame[FRAMES] = { 0, 0.3f, 1, -0.5f, 1.6f };

/* Into @out, as many floats as run.out has; @strengths: NULL, or those of the last LoRA. */
static void
run_frames (limn_device *device,
            const struct limn_lora_use *uses,
            gsize n,
            const float *strengths,
            float *out)
{
  g_autoptr (GError) error = NULL;
  struct motion_run run = { 0 };

  motion_run_begin (&run, device, &frame_case, modules, uses, n, NULL, 0);
  g_assert_cmpuint (limn_motion_loras (run.motion), ==, n);
  limn_motion_set_lines (run.motion, 2 * FRAMES * MOTION_SIDE * MOTION_SIDE, &error);
  g_assert_no_error (error);
  if (strengths)
    limn_motion_set_strengths (run.motion, n - 1, strengths, FRAMES, &error);
  g_assert_no_error (error);
  golden_run (device, motion_run_forward, &run);
  limn_tensor_read (device, run.out, out, &error);
  g_assert_no_error (error);
  motion_run_end (&run, device);
}

#define COUNT (2 * FRAMES * MOTION_SIDE * MOTION_SIDE * 4)

static void
test_frames (limn_device *device, gconstpointer data)
{
  g_autoptr (limn_safetensors) file = golden_open ("motion/loras.safetensors");
  g_autoptr (limn_lora) lora = open_list ("frame-lora.txt", ((const struct form *) data)->rename);
  const struct limn_lora_use use = { lora, 1, true };
  g_autofree float *out = g_new (float, COUNT);

  g_assert_cmpuint (golden_count (file, "frame-lora"), ==, COUNT);
  run_frames (device, &use, 1, by_frame, out);
  golden_check ("by frame", out, file, "frame-lora", golden_bound (device));
}

/* Leaves out all but the first attention of a block. */
static char *
first_attention (const char *name)
{
  return strstr (name, ".attn1.") ? motion_kohya_name (name) : NULL;
}

/* One that is merged and one by frame, whose strengths run the other way. */
static void
test_both (limn_device *device, gconstpointer data)
{
  g_autoptr (limn_safetensors) file = golden_open ("motion/loras.safetensors");
  g_autoptr (limn_lora) merged = open_list ("frame-lora-merged.txt", peft_name);
  g_autofree char *path = g_build_filename (folder, "first.safetensors", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_lora) lora = NULL;
  g_autofree float *out = g_new (float, COUNT);
  float reversed[FRAMES];

  motion_write (path, "frame-lora.txt", "", first_attention);
  lora = limn_lora_open (path, &error);
  g_assert_no_error (error);
  for (int i = 0; i < FRAMES; i++)
    reversed[i] = by_frame[FRAMES - 1 - i];
  run_frames (device, (const struct limn_lora_use[]){ { merged, 0.7f, false }, { lora, 0, true } },
              2, reversed, out);
  golden_check ("both", out, file, "frame-lora-both", golden_bound (device));
}

/* The same strength everywhere is that strength merged, said by frames or by the LoRA's own; none
 * is no LoRA. */
static void
test_equal (limn_device *device, gconstpointer data)
{
  static const float same[FRAMES] = { 0.6f, 0.6f, 0.6f, 0.6f, 0.6f }, zero[FRAMES] = { 0 };
  g_autoptr (limn_lora) lora = open_list ("frame-lora.txt", motion_kohya_name);
  const struct limn_lora_use uses[] = { { lora, 0.6f, false }, { lora, 0.6f, true } };
  g_autofree float *merged = g_new (float, COUNT), *said = g_new (float, COUNT);
  g_autofree float *own = g_new (float, COUNT), *none = g_new (float, COUNT);
  g_autofree float *without = g_new (float, COUNT);

  run_frames (device, &uses[0], 1, NULL, merged);
  run_frames (device, &uses[1], 1, same, said);
  run_frames (device, &uses[1], 1, NULL, own);
  run_frames (device, &uses[1], 1, zero, none);
  run_frames (device, NULL, 0, NULL, without);
  g_test_message ("as merged: NMSE %.2e; by its strength: %.2e; none: %.2e",
                  golden_nmse (said, merged, COUNT), golden_nmse (own, merged, COUNT),
                  golden_nmse (none, without, COUNT));
  g_assert_cmpfloat (golden_nmse (said, merged, COUNT), <=, golden_bound (device));
  g_assert_cmpmem (own, COUNT * sizeof (float), said, COUNT * sizeof (float));
  g_assert_cmpfloat (golden_nmse (none, without, COUNT), <=, golden_bound (device) / 100);
  g_assert_cmpfloat (golden_nmse (merged, without, COUNT), >, 1e-2);
}

/* --- the same weights, whatever the names --- */

#define OUT 24
#define IN 16

static void
test_names (void)
{
  static const struct {
    const char *weight, *list;
    int out, in, kernel;
  } layers[] = {
    { "down_blocks.1.resnets.0.conv1.weight", "picture-lora.txt", OUT, IN, 3 },
    { "down_blocks.1.resnets.0.conv_shortcut.weight", "picture-lora.txt", OUT, IN, 1 },
    { "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_out.0.weight", "picture-lora.txt",
      IN, IN, 1 },
    { "down_blocks.1.motion_modules.0.transformer_blocks.0.ff.net.2.weight", "frame-lora.txt", OUT,
      4 * OUT, 1 },
    { "text_model.encoder.layers.1.mlp.fc1.weight", "text-lora.txt", 128, 32, 1 },
    { "encoder.layers.1.self_attn.q_proj.weight", "text-lora.txt", 32, 32, 1 },
  };
  static const motion_rename names[] = { peft_name, motion_kohya_name, kohya_original_name };

  for (gsize i = 0; i < G_N_ELEMENTS (layers); i++) {
    const limn_tensor layer = {
      .n = layers[i].out, .h = layers[i].kernel, .w = layers[i].kernel, .c = layers[i].in
    };
    gsize count = limn_tensor_elements (layer);
    g_autofree float *wanted = g_new0 (float, count);
    /* AnimateDiff has no names of its own for the text encoder. */
    gsize n = g_str_equal (layers[i].list, "text-lora.txt") ? 2 : G_N_ELEMENTS (names);

    for (gsize j = 0; j < n; j++) {
      g_autoptr (GError) error = NULL;
      g_autoptr (limn_lora) lora = open_list (layers[i].list, names[j]);
      g_autofree float *values = g_new0 (float, count);

      g_assert_true (limn_lora_has (lora, layers[i].weight));
      g_assert_false (limn_lora_has (lora, "down_blocks.7.resnets.0.conv1.weight"));
      limn_lora_merge (lora, layers[i].weight, layer, 0.5f, values, &error);
      g_assert_no_error (error);
      if (j == 0)
        memcpy (wanted, values, count * sizeof (float));
      g_assert_cmpmem (values, count * sizeof (float), wanted, count * sizeof (float));
    }
    g_assert_cmpfloat (fabsf (wanted[count - 1]), >, 0);
  }
}

/* --- odd files --- */

struct odd {
  const char *header; /* the entries of the file; all data are ones */
  const char *words;
};

#define F32(name, shape, begin, end)                                                               \
  "\"" name "\":{\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":[" #begin "," #end "]}"

static const struct odd odd_files[] = {
  { F32 ("lora_unet_a_to_q.lora_down.weight", "[2,4]", 0, 32),
    "the LoRA that \"lora_unet_a_to_q.lora_down.weight\" belongs to has no second (up) matrix" },
  { F32 ("unet.a.to_q.lora_B.weight", "[4,2]", 0, 32), "has no first (down) matrix" },
  { F32 ("lora_unet_a_to_q.alpha", "[]", 0, 4),
    "the LoRA that \"lora_unet_a_to_q.alpha\" belongs to has no first (down) matrix" },
  { F32 ("a.to_q.lora_down.weight", "[2,4]", 0, 32) "," F32 (
        "a.to_q.lora_up.weight", "[4,3]", 32, 80),
    "has matrices F32 [2, 4] and F32 [4, 3], wanted [rank, in] and [out, rank]" },
  { F32 ("a.conv.lora_down.weight", "[1,2,3,3]", 0, 72) "," F32 (
        "a.conv.lora_up.weight", "[2,1,3,3]", 72, 144),
    "has matrices F32 [1, 2, 3, 3] and F32 [2, 1, 3, 3]" },
  { F32 ("a.to_q.lora_down.weight", "[1,2]", 0, 8) "," F32 (
        "a.to_q.lora_up.weight", "[2,1]", 8, 16) "," F32 ("a.to_q.alpha", "[2]", 16, 24),
    "\"a.to_q.alpha\" is F32 [2], wanted a single number" },
  { F32 ("a.conv.lora_mid.weight", "[1,1,3,3]", 0, 36),
    "is a LoCon with a Tucker decomposition (\"a.conv.lora_mid.weight\"), wanted a plain LoRA" },
  { F32 ("lora_unet_a_to_q.dora_scale", "[1,2]", 0, 8), "is a DoRA" },
  { F32 ("a.to_q.weight", "[1,2]", 0, 8), "has no LoRA in it" },
};

static char *
write_odd (const char *entries)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autofree char *header = g_strdup_printf ("{%s}", entries);
  char *path = g_build_filename (folder, "odd.safetensors", NULL);
  guint64 length = GUINT64_TO_LE ((guint64) strlen (header));
  const char *end = strrchr (header, ',');
  guint count = (guint) g_ascii_strtoull (end + 1, NULL, 10) / sizeof (float);

  g_byte_array_append (bytes, (const guint8 *) &length, sizeof length);
  g_byte_array_append (bytes, (const guint8 *) header, (guint) strlen (header));
  for (guint i = 0; i < count; i++) {
    const float one = 1;

    g_byte_array_append (bytes, (const guint8 *) &one, sizeof one);
  }
  g_file_set_contents (path, (const char *) bytes->data, (gssize) bytes->len, &error);
  g_assert_no_error (error);
  return path;
}

static void
assert_sentence (const GError *error, const char *path, const char *words)
{
  g_assert_nonnull (error);
  g_test_message ("%s", error->message);
  g_assert_true (g_str_has_prefix (error->message, path));
  g_assert_nonnull (strstr (error->message, words));
  g_assert_null (strchr (error->message, '\n'));
}

static void
test_odd (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (odd_files); i++) {
    g_autoptr (GError) error = NULL;
    g_autofree char *path = write_odd (odd_files[i].header);

    g_assert_null (limn_lora_open (path, &error));
    g_assert_error (error, LIMN_ERROR, LIMN_ERROR_MODEL);
    assert_sentence (error, path, odd_files[i].words);
  }
}

/* What can be opened and does not fit: other sizes, names of nothing, a pickle. */
static void
test_misfit (void)
{
  static const char pair[] = F32 ("conv_in.lora_down.weight", "[1,2,3,3]", 0,
                                  72) "," F32 ("conv_in.lora_up.weight", "[2,1,1,1]", 72, 80);
  g_autofree char *path = write_odd (pair);
  g_autofree char *pickle = g_build_filename (folder, "lora.ckpt", NULL);
  g_autofree char *unet = motion_source_path ("unet-heads");
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_lora) lora = limn_lora_open (path, &error);
  limn_device *device = limn_measure_device_new (LIMN_DTYPE_F32);
  struct limn_lora_use use = { .lora = lora, .strength = 1 };

  g_assert_no_error (error);
  g_assert_null (limn_unet_load_with (device, unet, &use, 1, &error));
  assert_sentence (error, path,
                   "the LoRA of \"conv_in.weight\" is for a weight of [2, 2, 3, 3], the layer's is "
                   "[16, 4, 3, 3]");
  g_clear_error (&error);

  use.lora = open_list ("text-lora.txt", motion_kohya_name);
  g_assert_null (limn_unet_load_with (device, unet, &use, 1, &error));
  g_assert_nonnull (strstr (error->message, "is no LoRA for"));
  g_assert_nonnull (strstr (error->message, "no name in it fits"));
  limn_lora_free (use.lora);
  g_clear_error (&error);

  g_file_set_contents (pickle, "", 0, &error);
  g_assert_no_error (error);
  g_assert_null (limn_lora_open (pickle, &error));
  assert_sentence (error, pickle, "can run code");
  g_assert_cmpuint (device->memory.weights, ==, 0);
  limn_device_free (device);
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  folder = motion_folder_new ();
  modules = motion_write_part (folder, "v3", "v3.txt", "");
  g_test_add_func ("/lora/names", test_names);
  g_test_add_func ("/lora/odd", test_odd);
  g_test_add_func ("/lora/misfit", test_misfit);
  golden_add ("lora/picture", test_picture, &kohya);
  golden_add ("lora/text", test_text, &kohya);
  golden_add ("lora/text-peft", test_text, &peft);
  golden_add ("lora/frames", test_frames, &kohya_original);
  golden_add ("lora/frames-both", test_both, NULL);
  golden_add ("lora/frames-equal", test_equal, NULL);
  result = g_test_run ();
  motion_folder_free (folder);
  return result;
}
