/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/checkpoint.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "io/file.h"
#include "io/gguf.h"

struct limn_checkpoint {
  limn_safetensors *safetensors; /* one of these two */
  limn_gguf *gguf;
  const struct limn_layout *layouts[LIMN_N_PARTS];
  /* diffusers' name -> owned limn_safetensors_entry; NULL for a part that is not there */
  GHashTable *parts[LIMN_N_PARTS];
};

/* What Python's pickle writes, plain or in a zip: loading one may run any code that is in it. */
static const char *const pickle_suffixes[] = { ".ckpt", ".pt", ".pth", ".bin" };

static bool
refuse_other_files (const char *path, GError **error)
{
  g_autofree char *name = g_ascii_strdown (path, -1);

  if (!g_file_test (path, G_FILE_TEST_EXISTS)) {
    limn_file_set_error (error, LIMN_ERROR_FILE, path, "does not exist");
    return false;
  }
  for (gsize i = 0; i < G_N_ELEMENTS (pickle_suffixes); i++)
    if (g_str_has_suffix (name, pickle_suffixes[i])) {
      limn_file_set_error (error, LIMN_ERROR_FILE, path,
                           "is a Python pickle (%s), which can run code when it is loaded: get the "
                           "model as .safetensors, or convert it on a machine that you can spare",
                           pickle_suffixes[i]);
      return false;
    }
  if (g_str_has_suffix (name, ".safetensors") || g_str_has_suffix (name, ".sft") ||
      g_str_has_suffix (name, ".gguf"))
    return true;
  limn_file_set_error (error, LIMN_ERROR_FILE, path,
                       "is not a folder, and no .safetensors or .gguf file either");
  return false;
}

static limn_checkpoint *
open_file (const char *path, GError **error)
{
  g_autoptr (limn_checkpoint) checkpoint = g_new0 (limn_checkpoint, 1);
  g_autofree char *name = g_ascii_strdown (path, -1);

  if (!refuse_other_files (path, error))
    return NULL;
  if (g_str_has_suffix (name, ".gguf"))
    checkpoint->gguf = limn_gguf_open (path, error);
  else
    checkpoint->safetensors = limn_safetensors_open (path, error);
  if (checkpoint->gguf == NULL && checkpoint->safetensors == NULL)
    return NULL;
  return g_steal_pointer (&checkpoint);
}

void
limn_checkpoint_free (limn_checkpoint *checkpoint)
{
  if (checkpoint == NULL)
    return;
  for (int i = 0; i < LIMN_N_PARTS; i++)
    g_clear_pointer (&checkpoint->parts[i], g_hash_table_unref);
  limn_safetensors_free (checkpoint->safetensors);
  limn_gguf_free (checkpoint->gguf);
  g_free (checkpoint);
}

static void
add (GHashTable *part, char *name, const struct limn_safetensors_entry *entry)
{
  if (g_hash_table_contains (part, name))
    g_free (name);
  else
    g_hash_table_insert (part, name, g_memdup2 (entry, sizeof *entry));
}

/* OpenCLIP keeps the projections to query, key and value in one tensor, one after the other. */
static bool
add_slices (GHashTable *part, const char *name, const struct limn_safetensors_entry *entry)
{
  static const char *const suffixes[] = { "in_proj_weight", "in_proj_bias" };
  static const char *const kinds[] = { "weight", "bias" };
  static const char letters[] = "qkv";

  for (gsize i = 0; i < G_N_ELEMENTS (suffixes); i++) {
    g_autofree char *prefix = NULL;

    if (!g_str_has_suffix (name, suffixes[i]))
      continue;
    if (entry->n_dims < 1 || entry->shape[0] % 3 != 0 || entry->size % 3 != 0)
      return false;
    prefix = g_strndup (name, strlen (name) - strlen (suffixes[i]));
    for (int j = 0; j < 3; j++) {
      struct limn_safetensors_entry slice = *entry;

      slice.shape[0] /= 3;
      slice.size /= 3;
      slice.data = (const char *) entry->data + (gsize) j * slice.size;
      add (part, g_strdup_printf ("%s%c_proj.%s", prefix, letters[j], kinds[i]), &slice);
    }
    return true;
  }
  return false;
}

static GHashTable *
part_new (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

static bool
has_entry (gconstpointer file, const char *name)
{
  return limn_checkpoint_has (file, name);
}

static void
add_part (limn_checkpoint *checkpoint, const struct limn_layout *layout)
{
  g_autoptr (limn_names) names = limn_names_new (layout, has_entry, checkpoint);
  GHashTable *part = part_new ();
  const struct limn_safetensors_entry *entries;
  gsize count;

  entries = limn_checkpoint_entries (checkpoint, &count);
  for (gsize i = 0; i < count; i++) {
    g_autofree char *name = limn_names_translate (names, entries[i].name);

    if (name != NULL &&
        !(limn_layout_is_open_clip (layout) && add_slices (part, name, &entries[i])))
      add (part, g_steal_pointer (&name), &entries[i]);
  }
  checkpoint->parts[limn_layout_part (layout)] = part;
}

limn_checkpoint *
limn_checkpoint_open (const char *path, GError **error)
{
  limn_checkpoint *checkpoint = open_file (path, error);

  if (checkpoint == NULL)
    return NULL;
  limn_names_detect (checkpoint->layouts, has_entry, checkpoint);
  for (int i = 0; i < LIMN_N_PARTS; i++)
    if (checkpoint->layouts[i] != NULL)
      add_part (checkpoint, checkpoint->layouts[i]);
  return checkpoint;
}

limn_checkpoint *
limn_checkpoint_open_part (const char *path, limn_part part, GError **error)
{
  limn_checkpoint *checkpoint = open_file (path, error);
  const struct limn_safetensors_entry *entries;
  gsize count;

  if (checkpoint == NULL)
    return NULL;
  checkpoint->parts[part] = part_new ();
  entries = limn_checkpoint_entries (checkpoint, &count);
  for (gsize i = 0; i < count; i++)
    add (checkpoint->parts[part], g_strdup (entries[i].name), &entries[i]);
  return checkpoint;
}

const char *
limn_checkpoint_path (const limn_checkpoint *checkpoint)
{
  return checkpoint->gguf != NULL ? limn_gguf_path (checkpoint->gguf)
                                  : limn_safetensors_path (checkpoint->safetensors);
}

bool
limn_checkpoint_has_part (const limn_checkpoint *checkpoint, limn_part part)
{
  return checkpoint->parts[part] != NULL;
}

bool
limn_checkpoint_is_open_clip (const limn_checkpoint *checkpoint)
{
  const struct limn_layout *layout = checkpoint->layouts[LIMN_PART_TEXT_ENCODER];

  return layout != NULL && limn_layout_is_open_clip (layout);
}

const struct limn_safetensors_entry *
limn_checkpoint_find (const limn_checkpoint *checkpoint, limn_part part, const char *name)
{
  GHashTable *tensors = checkpoint->parts[part];

  return tensors != NULL ? g_hash_table_lookup (tensors, name) : NULL;
}

const struct limn_safetensors_entry *
limn_checkpoint_entries (const limn_checkpoint *checkpoint, gsize *count)
{
  return checkpoint->gguf != NULL ? limn_gguf_entries (checkpoint->gguf, count)
                                  : limn_safetensors_entries (checkpoint->safetensors, count);
}

bool
limn_checkpoint_read (
    const limn_checkpoint *checkpoint, const void *data, gsize size, void *buffer, GError **error)
{
  return checkpoint->gguf != NULL
             ? limn_gguf_read (checkpoint->gguf, data, size, buffer, error)
             : limn_safetensors_read (checkpoint->safetensors, data, size, buffer, error);
}

void
limn_checkpoint_will_read (const limn_checkpoint *checkpoint)
{
  gsize count, page = (gsize) sysconf (_SC_PAGESIZE);
  const struct limn_safetensors_entry *entries = limn_checkpoint_entries (checkpoint, &count);
  guintptr begin = G_MAXSIZE, end = 0;

  for (gsize i = 0; i < count; i++) {
    begin = MIN (begin, (guintptr) entries[i].data);
    end = MAX (end, (guintptr) entries[i].data + entries[i].size);
  }
  begin = begin / page * page;
  if (begin < end)
    madvise ((void *) begin, end - begin, MADV_WILLNEED);
}

bool
limn_checkpoint_has (const limn_checkpoint *checkpoint, const char *name)
{
  return checkpoint->gguf != NULL ? limn_gguf_find (checkpoint->gguf, name) != NULL
                                  : limn_safetensors_find (checkpoint->safetensors, name) != NULL;
}

const char *
limn_checkpoint_metadata (const limn_checkpoint *checkpoint, const char *key)
{
  return checkpoint->gguf != NULL ? limn_gguf_metadata (checkpoint->gguf, key)
                                  : limn_safetensors_metadata (checkpoint->safetensors, key);
}

bool
limn_checkpoint_is_gguf (const limn_checkpoint *checkpoint)
{
  return checkpoint->gguf != NULL;
}

/* Tensors that tell the families which Limn does not know. */
static const struct {
  const char *name, *family;
} foreign[] = {
  { "model.diffusion_model.label_emb.0.0.weight", "SDXL" },
  { "label_emb.0.0.weight", "SDXL" },
  { "control_model.label_emb.0.0.weight", "SDXL" },
  { "add_embedding.linear_1.weight", "SDXL" },
  { "conditioner.embedders.0.transformer.text_model.embeddings.token_embedding.weight", "SDXL" },
  { "model.diffusion_model.joint_blocks.0.x_block.attn.qkv.weight", "SD3" },
  { "joint_blocks.0.x_block.attn.qkv.weight", "SD3" },
  { "model.diffusion_model.double_blocks.0.img_attn.qkv.weight", "Flux" },
  { "double_blocks.0.img_attn.qkv.weight", "Flux" },
};

const char *
limn_checkpoint_foreign_family (const limn_checkpoint *checkpoint)
{
  for (gsize i = 0; i < G_N_ELEMENTS (foreign); i++)
    if (limn_checkpoint_has (checkpoint, foreign[i].name))
      return foreign[i].family;
  return NULL;
}

bool
limn_checkpoint_check_family (const limn_checkpoint *checkpoint, GError **error)
{
  const char *family = limn_checkpoint_foreign_family (checkpoint);

  if (family == NULL)
    return true;
  limn_file_set_error (error, LIMN_ERROR_FORMAT, limn_checkpoint_path (checkpoint),
                       "is of the family %s, wanted Stable Diffusion 1.x or 2.x", family);
  return false;
}

bool
limn_checkpoint_is_quantized (const struct limn_safetensors_entry *entry)
{
  return limn_gguf_is_quantized (entry);
}

void
limn_checkpoint_dequantize (const struct limn_safetensors_entry *entry,
                            const void *bytes,
                            float *values)
{
  limn_gguf_dequantize (entry, bytes, values);
}
