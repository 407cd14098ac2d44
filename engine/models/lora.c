/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "models/lora.h"

#include <math.h>
#include <string.h>

#include "error.h"
#include "io/safetensors.h"

#define FOLDER_FILE "pytorch_lora_weights.safetensors"

struct pair {
  const struct limn_safetensors_entry *down, *up; /* [rank, in], [out, rank] */
  const struct limn_safetensors_entry *alpha;     /* the rank where there is none */
};

struct limn_lora {
  limn_safetensors *file;
  GHashTable *pairs; /* owned name of a module -> owned struct pair */
  bool used;
};

/* Parts of names, as the files have them and as diffusers calls them; the first of a kind that
 * fits, so that longer ones come first. */
static const struct {
  const char *from, *to;
} words[] = {
  { ".temporal_transformer", "" },
  { ".attention_blocks.0", ".attn1" },
  { ".attention_blocks.1", ".attn2" },
  { ".processor.to_q_lora", ".to_q.lora" },
  { ".processor.to_k_lora", ".to_k.lora" },
  { ".processor.to_v_lora", ".to_v.lora" },
  { ".processor.to_out_lora", ".to_out.0.lora" },
};

static const char *const prefixes[] = { "base_model.model.", "module.", "unet." };

static const struct {
  const char *suffix;
  gsize place; /* in struct pair */
} suffixes[] = {
  { ".lora_A.weight", G_STRUCT_OFFSET (struct pair, down) },
  { ".lora_B.weight", G_STRUCT_OFFSET (struct pair, up) },
  { ".lora.down.weight", G_STRUCT_OFFSET (struct pair, down) },
  { ".lora.up.weight", G_STRUCT_OFFSET (struct pair, up) },
  { ".lora_down.weight", G_STRUCT_OFFSET (struct pair, down) },
  { ".lora_up.weight", G_STRUCT_OFFSET (struct pair, up) },
  { ".alpha", G_STRUCT_OFFSET (struct pair, alpha) },
};

/* The name with diffusers' words; the caller frees it. */
static char *
normalise (const char *name)
{
  GString *text;

  for (gsize i = 0; i < G_N_ELEMENTS (prefixes); i++)
    if (g_str_has_prefix (name, prefixes[i]))
      name += strlen (prefixes[i]);
  text = g_string_new (name);
  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    g_string_replace (text, words[i].from, words[i].to, 0);
  return g_string_free (text, FALSE);
}

static void
add_entry (limn_lora *lora, const struct limn_safetensors_entry *entry)
{
  g_autofree char *name = normalise (entry->name);

  for (gsize i = 0; i < G_N_ELEMENTS (suffixes); i++) {
    struct pair *pair;

    if (!g_str_has_suffix (name, suffixes[i].suffix))
      continue;
    name[strlen (name) - strlen (suffixes[i].suffix)] = '\0';
    pair = g_hash_table_lookup (lora->pairs, name);
    if (!pair) {
      pair = g_new0 (struct pair, 1);
      g_hash_table_insert (lora->pairs, g_strdup (name), pair);
    }
    G_STRUCT_MEMBER (const struct limn_safetensors_entry *, pair, suffixes[i].place) = entry;
    return;
  }
}

static bool
is_float (const struct limn_safetensors_entry *entry)
{
  return entry->dtype == LIMN_DTYPE_F32 || entry->dtype == LIMN_DTYPE_F16 ||
         entry->dtype == LIMN_DTYPE_BF16;
}

/* A matrix, perhaps written as a convolution of 1x1. */
static bool
is_matrix (const struct limn_safetensors_entry *entry)
{
  for (int i = 2; i < entry->n_dims; i++)
    if (entry->shape[i] != 1)
      return false;
  return is_float (entry) && (entry->n_dims == 2 || entry->n_dims == 4) && entry->shape[0] > 0 &&
         entry->shape[0] <= G_MAXINT && entry->shape[1] > 0 && entry->shape[1] <= G_MAXINT;
}

static bool
check_pair (const limn_lora *lora, const char *name, const struct pair *pair, GError **error)
{
  const char *path = limn_safetensors_path (lora->file);

  if (!pair->down || !pair->up) {
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_MODEL, "%s: the LoRA of \"%s\" has no %s matrix",
                 path, name, pair->down ? "second (up)" : "first (down)");
    return false;
  }
  if (!is_matrix (pair->down) || !is_matrix (pair->up) ||
      pair->down->shape[0] != pair->up->shape[1]) {
    g_autofree char *down = limn_shape_to_string (pair->down->n_dims, pair->down->shape);
    g_autofree char *up = limn_shape_to_string (pair->up->n_dims, pair->up->shape);

    g_set_error (error, LIMN_ERROR, LIMN_ERROR_MODEL,
                 "%s: the LoRA of \"%s\" has matrices %s %s and %s %s, wanted [rank, in] and "
                 "[out, rank] of F32, F16 or BF16",
                 path, name, pair->down->dtype_name, down, pair->up->dtype_name, up);
    return false;
  }
  if (pair->alpha &&
      (!is_float (pair->alpha) || pair->alpha->size != limn_dtype_size (pair->alpha->dtype))) {
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_MODEL,
                 "%s: the LoRA of \"%s\" has an alpha that is no single number", path, name);
    return false;
  }
  return true;
}

static bool
check_pairs (const limn_lora *lora, GError **error)
{
  GHashTableIter iter;
  gpointer name, pair;

  g_hash_table_iter_init (&iter, lora->pairs);
  while (g_hash_table_iter_next (&iter, &name, &pair))
    if (!check_pair (lora, name, pair, error))
      return false;
  if (g_hash_table_size (lora->pairs) > 0)
    return true;
  g_set_error (error, LIMN_ERROR, LIMN_ERROR_MODEL, "%s: has no LoRA in it",
               limn_safetensors_path (lora->file));
  return false;
}

limn_lora *
limn_lora_open (const char *path, GError **error)
{
  g_autoptr (limn_lora) lora = g_new0 (limn_lora, 1);
  g_autofree char *inside = g_build_filename (path, FOLDER_FILE, NULL);
  const struct limn_safetensors_entry *entries;
  gsize count;

  lora->pairs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  lora->file =
      limn_safetensors_open (g_file_test (path, G_FILE_TEST_IS_DIR) ? inside : path, error);
  if (!lora->file)
    return NULL;
  entries = limn_safetensors_entries (lora->file, &count);
  for (gsize i = 0; i < count; i++)
    add_entry (lora, &entries[i]);
  return check_pairs (lora, error) ? g_steal_pointer (&lora) : NULL;
}

void
limn_lora_free (limn_lora *lora)
{
  if (!lora)
    return;
  g_hash_table_unref (lora->pairs);
  limn_safetensors_free (lora->file);
  g_free (lora);
}

static const struct pair *
find (const limn_lora *lora, const char *weight)
{
  g_autofree char *name = normalise (weight);

  if (!g_str_has_suffix (name, ".weight"))
    return NULL;
  name[strlen (name) - strlen (".weight")] = '\0';
  return g_hash_table_lookup (lora->pairs, name);
}

bool
limn_lora_has (const limn_lora *lora, const char *weight)
{
  return find (lora, weight) != NULL;
}

/* All values as f32; NULL with @error for what cannot be read or is no number. */
static float *
read_values (const limn_lora *lora, const struct limn_safetensors_entry *entry, GError **error)
{
  gsize count = entry->size / limn_dtype_size (entry->dtype);
  g_autofree float *values = g_new (float, count);
  g_autofree void *bytes = g_malloc (entry->size);

  if (!limn_safetensors_read (lora->file, entry->data, entry->size, bytes, error))
    return NULL;
  limn_convert_to_f32 (entry->dtype, bytes, values, count);
  for (gsize i = 0; i < count; i++) {
    if (isfinite (values[i]))
      continue;
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_MODEL,
                 "%s: tensor \"%s\" has %s as element %zu: the file is broken",
                 limn_safetensors_path (lora->file), entry->name,
                 isnan (values[i]) ? "NaN" : "infinity", i);
    return NULL;
  }
  return g_steal_pointer (&values);
}

static void
add_product (
    float *values, const float *up, const float *down, float scale, int out, int in, int rank)
{
#pragma omp parallel for
  for (int i = 0; i < out; i++) {
    g_autofree float *row = g_new0 (float, (gsize) in);

    for (int k = 0; k < rank; k++) {
      float factor = up[(gsize) i * rank + k];

      for (int j = 0; j < in; j++)
        row[j] += factor * down[(gsize) k * in + j];
    }
    for (int j = 0; j < in; j++)
      values[(gsize) i * in + j] += scale * row[j];
  }
}

bool
limn_lora_merge (limn_lora *lora,
                 const char *weight,
                 float strength,
                 float *values,
                 int out,
                 int in,
                 GError **error)
{
  const struct pair *pair = find (lora, weight);
  g_autofree float *down = NULL, *up = NULL, *alpha = NULL;
  int rank = (int) pair->down->shape[0];

  if (pair->down->shape[1] != in || pair->up->shape[0] != out) {
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_MODEL,
                 "%s: the LoRA of \"%s\" is for %d inputs and %d outputs, the layer has %d and %d",
                 limn_safetensors_path (lora->file), weight, (int) pair->down->shape[1],
                 (int) pair->up->shape[0], in, out);
    return false;
  }
  lora->used = true;
  if (!values)
    return true;
  down = read_values (lora, pair->down, error);
  up = down ? read_values (lora, pair->up, error) : NULL;
  if (!up)
    return false;
  if (pair->alpha) {
    alpha = read_values (lora, pair->alpha, error);
    if (!alpha)
      return false;
    strength *= alpha[0] / (float) rank;
  }
  add_product (values, up, down, strength, out, in, rank);
  return true;
}

bool
limn_lora_check_used (const limn_lora *lora, const char *what, GError **error)
{
  if (lora->used)
    return true;
  g_set_error (error, LIMN_ERROR, LIMN_ERROR_MODEL, "%s: is no LoRA for %s: no name in it fits",
               limn_safetensors_path (lora->file), what);
  return false;
}
