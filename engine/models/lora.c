/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "models/lora.h"

#include <math.h>
#include <string.h>

#include "error.h"
#include "io/checkpoint.h"

#define FOLDER_FILE "pytorch_lora_weights.safetensors"

/* The largest side of a kernel. */
#define MAX_KERNEL 64

/* down: [rank, in] or [rank, in, kh, kw]; up: [out, rank], perhaps as a convolution of 1x1 */
struct pair {
  const struct limn_safetensors_entry *down, *up;
  const struct limn_safetensors_entry *alpha; /* the rank where there is none */
};

struct limn_lora {
  limn_checkpoint *file;
  GHashTable *pairs; /* owned name of a module -> owned struct pair */
  bool used;
};

/* Names are compared with underscores in place of dots, since kohya-ss writes them so. What stands
 * before the name of a module: */
static const char *const prefixes[] = {
  "base_model_model_", "module_", "lora_unet_", "lora_te_", "unet_", "text_encoder_", "text_model_",
};

/* Parts of names as AnimateDiff has them, and as diffusers calls them. Longer ones come first. */
static const struct {
  const char *from, *to;
} words[] = {
  { "_temporal_transformer", "" },
  { "_attention_blocks_0", "_attn1" },
  { "_attention_blocks_1", "_attn2" },
  { "_processor_to_out_lora", "_to_out_0_lora" },
  { "_processor", "" },
  { "_lora_linear_layer", "_lora" },
};

/* What stands behind it. */
static const struct {
  const char *suffix;
  gsize place; /* in struct pair */
} suffixes[] = {
  { "_lora_A_weight", G_STRUCT_OFFSET (struct pair, down) },
  { "_lora_B_weight", G_STRUCT_OFFSET (struct pair, up) },
  { "_lora_down_weight", G_STRUCT_OFFSET (struct pair, down) },
  { "_lora_up_weight", G_STRUCT_OFFSET (struct pair, up) },
  { "_alpha", G_STRUCT_OFFSET (struct pair, alpha) },
};

/* Changes of a weight that are more than two matrices: to leave a factor out is to draw something
 * else. */
static const struct {
  const char *suffix, *kind;
} refused[] = {
  { "_lora_mid_weight", "a LoCon with a Tucker decomposition" },
  { "_dora_scale", "a DoRA" },
  { "_lora_magnitude_vector", "a DoRA" },
  { "_lora_magnitude_vector_weight", "a DoRA" },
};

/* The name with diffusers' words and with underscores; the caller frees it. */
static char *
normalise (const char *name)
{
  g_autofree char *flat = g_strdelimit (g_strdup (name), ".", '_');
  const char *rest = flat;
  GString *text;

  for (gsize i = 0; i < G_N_ELEMENTS (prefixes); i++)
    if (g_str_has_prefix (rest, prefixes[i]))
      rest += strlen (prefixes[i]);
  text = g_string_new (rest);
  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    g_string_replace (text, words[i].from, words[i].to, 0);
  return g_string_free (text, FALSE);
}

/* Takes @suffix off the end of @name where it has it. */
static bool
cut (char *name, const char *suffix)
{
  if (!g_str_has_suffix (name, suffix))
    return false;
  name[strlen (name) - strlen (suffix)] = '\0';
  return true;
}

static bool
add_entry (limn_lora *lora, const struct limn_safetensors_entry *entry, GError **error)
{
  g_autofree char *name = normalise (entry->name);

  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++) {
    if (!g_str_has_suffix (name, refused[i].suffix))
      continue;
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_MODEL, "%s: is %s (\"%s\"), wanted a plain LoRA",
                 limn_checkpoint_path (lora->file), refused[i].kind, entry->name);
    return false;
  }
  for (gsize i = 0; i < G_N_ELEMENTS (suffixes); i++) {
    struct pair *pair;

    if (!cut (name, suffixes[i].suffix))
      continue;
    pair = g_hash_table_lookup (lora->pairs, name);
    if (!pair) {
      pair = g_new0 (struct pair, 1);
      g_hash_table_insert (lora->pairs, g_strdup (name), pair);
    }
    G_STRUCT_MEMBER (const struct limn_safetensors_entry *, pair, suffixes[i].place) = entry;
    break;
  }
  return true;
}

static bool
is_float (const struct limn_safetensors_entry *entry)
{
  return entry->dtype == LIMN_DTYPE_F32 || entry->dtype == LIMN_DTYPE_F16 ||
         entry->dtype == LIMN_DTYPE_BF16;
}

/* A matrix, perhaps with a kernel of @most or less on a side. */
static bool
is_matrix (const struct limn_safetensors_entry *entry, int most)
{
  for (int i = 0; i < entry->n_dims; i++)
    if (entry->shape[i] < 1 || entry->shape[i] > (i < 2 ? G_MAXINT : most))
      return false;
  return is_float (entry) && (entry->n_dims == 2 || entry->n_dims == 4);
}

static bool
check_pair (const limn_lora *lora, const struct pair *pair, GError **error)
{
  const char *path = limn_checkpoint_path (lora->file);
  const struct limn_safetensors_entry *any = pair->down ? pair->down : pair->up;

  if (!pair->down || !pair->up) {
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_MODEL,
                 "%s: the LoRA that \"%s\" belongs to has no %s matrix", path,
                 any ? any->name : pair->alpha->name, pair->down ? "second (up)" : "first (down)");
    return false;
  }
  if (!is_matrix (pair->down, MAX_KERNEL) || !is_matrix (pair->up, 1) ||
      pair->down->shape[0] != pair->up->shape[1]) {
    g_autofree char *down = limn_shape_to_string (pair->down->n_dims, pair->down->shape);
    g_autofree char *up = limn_shape_to_string (pair->up->n_dims, pair->up->shape);

    g_set_error (error, LIMN_ERROR, LIMN_ERROR_MODEL,
                 "%s: the LoRA of \"%s\" has matrices %s %s and %s %s, wanted [rank, in] and "
                 "[out, rank] of F32, F16 or BF16",
                 path, any->name, pair->down->dtype_name, down, pair->up->dtype_name, up);
    return false;
  }
  if (pair->alpha &&
      (!is_float (pair->alpha) || pair->alpha->size != limn_dtype_size (pair->alpha->dtype))) {
    g_autofree char *shape = limn_shape_to_string (pair->alpha->n_dims, pair->alpha->shape);

    g_set_error (error, LIMN_ERROR, LIMN_ERROR_MODEL,
                 "%s: \"%s\" is %s %s, wanted a single number of F32, F16 or BF16", path,
                 pair->alpha->name, pair->alpha->dtype_name, shape);
    return false;
  }
  return true;
}

static bool
check_pairs (const limn_lora *lora, GError **error)
{
  GHashTableIter iter;
  gpointer pair;

  g_hash_table_iter_init (&iter, lora->pairs);
  while (g_hash_table_iter_next (&iter, NULL, &pair))
    if (!check_pair (lora, pair, error))
      return false;
  if (g_hash_table_size (lora->pairs) > 0)
    return true;
  g_set_error (error, LIMN_ERROR, LIMN_ERROR_MODEL, "%s: has no LoRA in it",
               limn_checkpoint_path (lora->file));
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
  lora->file = limn_checkpoint_open_part (g_file_test (path, G_FILE_TEST_IS_DIR) ? inside : path,
                                          LIMN_PART_UNET, error);
  if (!lora->file)
    return NULL;
  entries = limn_checkpoint_entries (lora->file, &count);
  for (gsize i = 0; i < count; i++)
    if (!add_entry (lora, &entries[i], error))
      return NULL;
  return check_pairs (lora, error) ? g_steal_pointer (&lora) : NULL;
}

void
limn_lora_free (limn_lora *lora)
{
  if (!lora)
    return;
  g_hash_table_unref (lora->pairs);
  limn_checkpoint_free (lora->file);
  g_free (lora);
}

static const struct pair *
find (const limn_lora *lora, const char *weight)
{
  g_autofree char *name = normalise (weight);

  return cut (name, "_weight") ? g_hash_table_lookup (lora->pairs, name) : NULL;
}

bool
limn_lora_has (const limn_lora *lora, const char *weight)
{
  return find (lora, weight) != NULL;
}

/* [out, in], or with a kernel [out, in, kh, kw]; the caller frees it. */
static char *
describe (const gint64 shape[4])
{
  return limn_shape_to_string (shape[2] == 1 && shape[3] == 1 ? 2 : 4, shape);
}

static bool
check_shape (const limn_lora *lora,
             const struct pair *pair,
             const char *weight,
             limn_tensor layer,
             GError **error)
{
  const gint64 *down = pair->down->shape;
  bool kernel = pair->down->n_dims == 4;
  const gint64 own[] = { pair->up->shape[0], down[1], kernel ? down[2] : 1, kernel ? down[3] : 1 };
  const gint64 wanted[] = { layer.n, layer.c, layer.h, layer.w };
  g_autofree char *own_text = NULL, *wanted_text = NULL;

  if (memcmp (own, wanted, sizeof own) == 0)
    return true;
  own_text = describe (own);
  wanted_text = describe (wanted);
  g_set_error (error, LIMN_ERROR, LIMN_ERROR_MODEL,
               "%s: the LoRA of \"%s\" is for a weight of %s, the layer's is %s",
               limn_checkpoint_path (lora->file), weight, own_text, wanted_text);
  return false;
}

/* All values as f32; NULL with @error for what cannot be read or is no number. */
static float *
read_values (const limn_lora *lora, const struct limn_safetensors_entry *entry, GError **error)
{
  gsize count = entry->size / limn_dtype_size (entry->dtype);
  g_autofree float *values = g_new (float, count);
  g_autofree void *bytes = g_malloc (entry->size);

  if (!limn_checkpoint_read (lora->file, entry->data, entry->size, bytes, error))
    return NULL;
  limn_convert_to_f32 (entry->dtype, bytes, values, count);
  for (gsize i = 0; i < count; i++) {
    if (isfinite (values[i]))
      continue;
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_MODEL,
                 "%s: tensor \"%s\" has %s as element %zu: the file is broken",
                 limn_checkpoint_path (lora->file), entry->name,
                 isnan (values[i]) ? "NaN" : "infinity", i);
    return NULL;
  }
  return g_steal_pointer (&values);
}

/* alpha / rank; NaN with @error. */
static float
read_scale (const limn_lora *lora, const struct pair *pair, GError **error)
{
  g_autofree float *alpha = NULL;

  if (!pair->alpha)
    return 1;
  alpha = read_values (lora, pair->alpha, error);
  return alpha ? alpha[0] / (float) pair->down->shape[0] : NAN;
}

bool
limn_lora_factors (limn_lora *lora,
                   const char *weight,
                   limn_tensor layer,
                   struct limn_lora_factors *factors,
                   bool values,
                   GError **error)
{
  const struct pair *pair = find (lora, weight);
  gsize count;
  float scale;

  *factors = (struct limn_lora_factors){ .rank = (int) pair->down->shape[0] };
  if (!check_shape (lora, pair, weight, layer, error))
    return false;
  lora->used = true;
  if (!values)
    return true;
  scale = read_scale (lora, pair, error);
  factors->down = isnan (scale) ? NULL : read_values (lora, pair->down, error);
  factors->up = factors->down ? read_values (lora, pair->up, error) : NULL;
  if (!factors->up) {
    limn_lora_factors_clear (factors);
    return false;
  }
  count = (gsize) layer.n * (gsize) factors->rank;
  for (gsize i = 0; i < count; i++)
    factors->up[i] *= scale;
  return true;
}

void
limn_lora_factors_clear (struct limn_lora_factors *factors)
{
  g_clear_pointer (&factors->down, g_free);
  g_clear_pointer (&factors->up, g_free);
}

static void
add_product (
    float *values, const struct limn_lora_factors *factors, float strength, gsize out, gsize in)
{
  gsize rank = (gsize) factors->rank;

#pragma omp parallel for
  for (gsize i = 0; i < out; i++) {
    g_autofree float *row = g_new0 (float, in);

    for (gsize k = 0; k < rank; k++) {
      float factor = factors->up[i * rank + k];

      for (gsize j = 0; j < in; j++)
        row[j] += factor * factors->down[k * in + j];
    }
    for (gsize j = 0; j < in; j++)
      values[i * in + j] += strength * row[j];
  }
}

bool
limn_lora_merge (limn_lora *lora,
                 const char *weight,
                 limn_tensor layer,
                 float strength,
                 float *values,
                 GError **error)
{
  struct limn_lora_factors factors;

  if (!limn_lora_factors (lora, weight, layer, &factors, values != NULL, error))
    return false;
  if (values)
    add_product (values, &factors, strength, (gsize) layer.n,
                 limn_tensor_elements (layer) / (gsize) layer.n);
  limn_lora_factors_clear (&factors);
  return true;
}

bool
limn_lora_is_used (const limn_lora *lora)
{
  return lora->used;
}

bool
limn_lora_check_used (const limn_lora *lora, const char *what, GError **error)
{
  if (lora->used)
    return true;
  g_set_error (error, LIMN_ERROR, LIMN_ERROR_MODEL, "%s: is no LoRA for %s: no name in it fits",
               limn_checkpoint_path (lora->file), what);
  return false;
}
