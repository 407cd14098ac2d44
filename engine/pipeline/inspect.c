/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "device.h"
#include "io/checkpoint.h"
#include "limn.h"
#include "models/clip.h"
#include "models/controlnet.h"
#include "models/unet.h"
#include "models/vae.h"
#include "models/weights.h"

#define SD1_WIDTH 768
#define SD2_WIDTH 1024
#define INPAINTING_CHANNELS 9

/* A part that can be loaded by itself: @path is its folder, or the file that it is in. */
#define CONTROL_FOLDER "controlnet-"

struct piece {
  char *path;
  limn_part part;
};

static const struct {
  const char *folder;
  limn_part part;
} folders[] = {
  { "text_encoder", LIMN_PART_TEXT_ENCODER },
  { "unet", LIMN_PART_UNET },
  { "vae", LIMN_PART_VAE },
};

/* "_class_name" or "model_type" of a config.json */
static const struct {
  const char *name;
  limn_part part;
} classes[] = {
  { "UNet2DConditionModel", LIMN_PART_UNET },
  { "ControlNetModel", LIMN_PART_CONTROLNET },
  { "SparseControlNetModel", LIMN_PART_CONTROLNET },
  { "AutoencoderKL", LIMN_PART_VAE },
  { "AutoencoderTiny", LIMN_PART_VAE },
  { "clip_text_model", LIMN_PART_TEXT_ENCODER },
};

static void
clear_piece (gpointer piece)
{
  g_free (((struct piece *) piece)->path);
}

static void
add_piece (GArray *pieces, const char *path, limn_part part)
{
  struct piece piece = { g_strdup (path), part };

  g_array_append_val (pieces, piece);
}

static void
count_entry (struct limn_inspection *inspection, const struct limn_safetensors_entry *entry)
{
  struct limn_inspection_type *type = NULL;
  guint64 parameters = 1;

  for (int i = 0; i < entry->n_dims; i++)
    parameters *= (guint64) entry->shape[i];
  for (guint i = 0; i < inspection->types->len && type == NULL; i++) {
    type = &g_array_index (inspection->types, struct limn_inspection_type, i);
    if (!g_str_equal (type->name, entry->dtype_name))
      type = NULL;
  }
  if (type == NULL) {
    struct limn_inspection_type first = { entry->dtype_name, 0, 0 };

    g_array_append_val (inspection->types, first);
    type =
        &g_array_index (inspection->types, struct limn_inspection_type, inspection->types->len - 1);
  }
  type->tensors++;
  type->parameters += parameters;
  inspection->tensors++;
  inspection->parameters += parameters;
  inspection->bytes += entry->size;
}

static void
count_entries (struct limn_inspection *inspection, const limn_checkpoint *file)
{
  const struct limn_safetensors_entry *entries;
  gsize count;

  entries = limn_checkpoint_entries (file, &count);
  for (gsize i = 0; i < count; i++)
    count_entry (inspection, &entries[i]);
}

/* --- where it fits --- */

/* The width of what goes between text encoder and UNet tells the generation. */
static const char *
family_of_width (int width)
{
  return width == SD1_WIDTH   ? "Stable Diffusion 1.x"
         : width == SD2_WIDTH ? "Stable Diffusion 2.x"
                              : "like Stable Diffusion, with sizes of its own";
}

/* What the config of one piece tells. Its failures are those of loading, which come later. */
static void
read_piece (struct limn_inspection *inspection, const struct piece *piece)
{
  g_autoptr (limn_config) config = limn_weights_config (piece->path, piece->part, NULL);
  int widths[8] = { 0 };

  if (config == NULL)
    return;
  if (piece->part == LIMN_PART_UNET || piece->part == LIMN_PART_CONTROLNET)
    limn_config_ints (config, "cross_attention_dim", widths, G_N_ELEMENTS (widths), 1, 1, 1 << 20);
  if (piece->part == LIMN_PART_TEXT_ENCODER)
    widths[0] = limn_config_int (config, "hidden_size", 0, 0, 1 << 20);
  if (piece->part == LIMN_PART_UNET)
    inspection->inpainting =
        limn_config_int (config, "in_channels", 4, 1, 64) == INPAINTING_CHANNELS;
  if (widths[0] > 0 && inspection->family == NULL)
    inspection->family = family_of_width (widths[0]);
}

/* Loads the part on the measure device; 0 with @error where that fails. */
static gsize
measure_piece (const struct piece *piece, limn_dtype storage, GError **error)
{
  g_autoptr (limn_device) device = limn_measure_device_new (storage);
  g_autoptr (limn_clip) clip = NULL;
  g_autoptr (limn_unet) unet = NULL;
  g_autoptr (limn_vae) vae = NULL;
  g_autoptr (limn_controlnet) control = NULL;

  if (piece->part == LIMN_PART_TEXT_ENCODER)
    clip = limn_clip_load (device, piece->path, error);
  else if (piece->part == LIMN_PART_UNET)
    unet = limn_unet_load (device, piece->path, error);
  else if (piece->part == LIMN_PART_VAE)
    vae = limn_vae_load (device, piece->path, error);
  else
    control = limn_controlnet_load (device, piece->path, error);
  return clip || unet || vae || control ? device->memory.weights : 0;
}

static bool
measure (struct limn_inspection *inspection, const GArray *pieces, GError **error)
{
  guint64 f32 = 0, f16 = 0;

  for (guint i = 0; i < pieces->len; i++) {
    const struct piece *piece = &g_array_index (pieces, struct piece, i);
    gsize wide = measure_piece (piece, LIMN_DTYPE_F32, error);
    gsize narrow = wide > 0 ? measure_piece (piece, LIMN_DTYPE_F16, error) : 0;

    if (narrow == 0)
      return false;
    f32 += wide;
    f16 += narrow;
  }
  inspection->memory_f32 = f32;
  inspection->memory_f16 = f16;
  return true;
}

/* What a model's folder calls its ControlNet. */
static void
append_type (GString *parts, const char *path)
{
  g_autofree char *base = g_path_get_basename (path);

  if (g_str_has_prefix (base, CONTROL_FOLDER))
    g_string_append_printf (parts, " %s", base + strlen (CONTROL_FOLDER));
}

static void
describe_pieces (struct limn_inspection *inspection, const GArray *pieces)
{
  g_autoptr (GString) parts = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  bool wanted[LIMN_N_PARTS] = { false };

  for (guint i = 0; i < pieces->len; i++) {
    const struct piece *piece = &g_array_index (pieces, struct piece, i);

    read_piece (inspection, piece);
    wanted[piece->part] = true;
    g_string_append_printf (parts, "%s%s", i > 0 ? ", " : "", limn_part_names[piece->part]);
    if (piece->part == LIMN_PART_CONTROLNET)
      append_type (parts, piece->path);
  }
  if (pieces->len == 1)
    inspection->kind = limn_part_names[g_array_index (pieces, struct piece, 0).part];
  if (pieces->len > 1) {
    bool whole = wanted[LIMN_PART_UNET] && wanted[LIMN_PART_VAE] && wanted[LIMN_PART_TEXT_ENCODER];

    inspection->kind = whole ? "model" : "part of a model";
    inspection->parts = g_string_free (g_steal_pointer (&parts), FALSE);
  }
  if (!measure (inspection, pieces, &error) && error != NULL)
    inspection->problem = g_strdup (error->message);
}

/* --- files and folders --- */

static bool
is_lora (const limn_checkpoint *file)
{
  const struct limn_safetensors_entry *entries;
  gsize count;

  entries = limn_checkpoint_entries (file, &count);
  for (gsize i = 0; i < count; i++)
    if (strstr (entries[i].name, ".lora_down.") || strstr (entries[i].name, ".lora_A.") ||
        strstr (entries[i].name, "lora.down."))
      return true;
  return false;
}

static bool
inspect_file (struct limn_inspection *inspection, GArray *pieces, const char *path, GError **error)
{
  g_autoptr (limn_checkpoint) file = limn_checkpoint_open (path, error);

  if (file == NULL)
    return false;
  inspection->format = limn_checkpoint_is_gguf (file) ? "gguf" : "safetensors";
  inspection->family = limn_checkpoint_foreign_family (file);
  count_entries (inspection, file);
  for (int i = 0; i < LIMN_N_PARTS; i++)
    if (limn_checkpoint_has_part (file, (limn_part) i))
      add_piece (pieces, path, (limn_part) i);
  if (limn_checkpoint_has_part (file, LIMN_PART_UNET))
    inspection->prediction = limn_checkpoint_is_v_prediction (file) ? "v" : "epsilon";
  if (pieces->len == 0)
    inspection->kind = is_lora (file) ? "LoRA" : "unknown";
  return true;
}

static bool
inspect_part (struct limn_inspection *inspection,
              GArray *pieces,
              const char *folder,
              limn_part part,
              GError **error)
{
  g_autofree char *path = limn_weights_find (folder, error);
  g_autoptr (limn_checkpoint) file = NULL;

  if (path == NULL)
    return false;
  file = limn_checkpoint_open_part (path, part, error);
  if (file == NULL)
    return false;
  count_entries (inspection, file);
  add_piece (pieces, folder, part);
  return true;
}

/* One part, told by its config.json. */
static bool
inspect_part_folder (struct limn_inspection *inspection,
                     GArray *pieces,
                     const char *folder,
                     GError **error)
{
  g_autofree char *path = g_build_filename (folder, "config.json", NULL);
  g_autoptr (limn_config) config = NULL;
  const char *name;

  if (!g_file_test (path, G_FILE_TEST_EXISTS)) {
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_MODEL,
                 "%s: has neither unet/ nor config.json, so it is no model and no part of one",
                 folder);
    return false;
  }
  config = limn_config_open (path, error);
  if (config == NULL)
    return false;
  name = limn_config_string (config, "_class_name", NULL);
  if (name == NULL)
    name = limn_config_string (config, "model_type", "");
  for (gsize i = 0; i < G_N_ELEMENTS (classes); i++)
    if (g_str_equal (classes[i].name, name))
      return inspect_part (inspection, pieces, folder, classes[i].part, error);
  g_set_error (error, LIMN_ERROR, LIMN_ERROR_MODEL,
               "%s: is of no class that Limn knows, as UNet2DConditionModel or ControlNetModel",
               path);
  return false;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static bool
inspect_controls (struct limn_inspection *inspection,
                  GArray *pieces,
                  const char *folder,
                  GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_prefix (name, CONTROL_FOLDER))
      g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_names);
  for (guint i = 0; i < names->len; i++) {
    g_autofree char *path = g_build_filename (folder, names->pdata[i], NULL);

    if (g_file_test (path, G_FILE_TEST_IS_DIR) &&
        !inspect_part (inspection, pieces, path, LIMN_PART_CONTROLNET, error))
      return false;
  }
  return true;
}

static bool
inspect_folder (struct limn_inspection *inspection,
                GArray *pieces,
                const char *folder,
                GError **error)
{
  g_autofree char *unet = g_build_filename (folder, "unet", NULL);

  inspection->format = "folder";
  if (!g_file_test (unet, G_FILE_TEST_IS_DIR))
    return inspect_part_folder (inspection, pieces, folder, error);
  for (gsize i = 0; i < G_N_ELEMENTS (folders); i++) {
    g_autofree char *path = g_build_filename (folder, folders[i].folder, NULL);

    if (!inspect_part (inspection, pieces, path, folders[i].part, error))
      return false;
  }
  return inspect_controls (inspection, pieces, folder, error);
}

struct limn_inspection *
limn_inspect (const char *path, GError **error)
{
  struct limn_inspection *inspection = g_new0 (struct limn_inspection, 1);
  g_autoptr (GArray) pieces = g_array_new (FALSE, FALSE, sizeof (struct piece));

  g_array_set_clear_func (pieces, clear_piece);
  inspection->types = g_array_new (FALSE, FALSE, sizeof (struct limn_inspection_type));
  if (!(g_file_test (path, G_FILE_TEST_IS_DIR) ? inspect_folder : inspect_file) (inspection, pieces,
                                                                                 path, error)) {
    limn_inspection_free (inspection);
    return NULL;
  }
  describe_pieces (inspection, pieces);
  return inspection;
}

void
limn_inspection_free (struct limn_inspection *inspection)
{
  if (inspection == NULL)
    return;
  g_array_unref (inspection->types);
  g_free (inspection->parts);
  g_free (inspection->problem);
  g_free (inspection);
}
