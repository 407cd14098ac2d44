/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "models/weights.h"

#include <math.h>
#include <stdarg.h>

#include "error.h"
#include "io/checkpoint.h"
#include "models/finite.h"

/* Bytes that are read and looked at in one go: they stay in the processor's cache between. A
 * multiple of the size of every type. */
#define PIECE ((gsize) 64 << 10)

struct limn_weight_list {
  limn_device *device; /* borrowed */
  GArray *tensors;     /* of limn_tensor */
  GPtrArray *branches; /* of struct limn_low_rank */
};

struct limn_weights {
  limn_device *device; /* borrowed */
  limn_checkpoint *file;
  limn_part part;
  GString *prefix; /* "down_blocks.0.resnets.1." */
  GArray *lengths; /* of gsize: the prefix before each push */
  limn_weight_list *list;
  void *bytes; /* of the tensor that is being loaded; grows */
  gsize room;
  const struct limn_lora_use *loras;
  gsize n_loras;
  const limn_tensor *strengths; /* of each of them, or NULL */
  GError *error;                /* the first failure */
};

static const char *const file_names[] = {
  "diffusion_pytorch_model.safetensors",
  "model.safetensors",
  "diffusion_pytorch_model.fp16.safetensors",
  "model.fp16.safetensors",
};

static limn_weight_list *
weight_list_new (limn_device *device)
{
  limn_weight_list *list = g_new0 (limn_weight_list, 1);

  list->device = device;
  list->tensors = g_array_new (FALSE, FALSE, sizeof (limn_tensor));
  list->branches = g_ptr_array_new_with_free_func (g_free);
  return list;
}

void
limn_weight_list_free (limn_weight_list *list)
{
  if (!list)
    return;
  for (guint i = 0; i < list->tensors->len; i++)
    limn_tensor_free (list->device, &g_array_index (list->tensors, limn_tensor, i));
  g_array_unref (list->tensors);
  g_ptr_array_unref (list->branches);
  g_free (list);
}

char *
limn_weights_find (const char *folder, GError **error)
{
  g_autofree char *pickle = g_build_filename (folder, "diffusion_pytorch_model.bin", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (file_names); i++) {
    g_autofree char *path = g_build_filename (folder, file_names[i], NULL);

    if (g_file_test (path, G_FILE_TEST_EXISTS))
      return g_steal_pointer (&path);
  }
  g_set_error (error, LIMN_ERROR, LIMN_ERROR_MODEL, "%s: has neither %s nor %s%s", folder,
               file_names[0], file_names[1],
               g_file_test (pickle, G_FILE_TEST_EXISTS)
                   ? ", only a Python pickle (.bin), which can run code when it is loaded"
                   : "");
  return NULL;
}

static limn_checkpoint *
open_checkpoint (const char *path, limn_part part, GError **error)
{
  g_autoptr (limn_checkpoint) file = NULL;
  g_autofree char *found = NULL;

  if (g_file_test (path, G_FILE_TEST_IS_DIR)) {
    found = limn_weights_find (path, error);
    return found ? limn_checkpoint_open_part (found, part, error) : NULL;
  }
  file = limn_checkpoint_open (path, error);
  if (file && !limn_checkpoint_has_part (file, part)) {
    if (limn_checkpoint_check_family (file, error))
      g_set_error (error, LIMN_ERROR, LIMN_ERROR_MODEL, "%s: has no %s", path,
                   limn_part_names[part]);
    return NULL;
  }
  return g_steal_pointer (&file);
}

limn_config *
limn_weights_config (const char *path, limn_part part, GError **error)
{
  g_autoptr (limn_checkpoint) file = NULL;
  g_autofree char *config = NULL;

  if (g_file_test (path, G_FILE_TEST_IS_DIR)) {
    config = g_build_filename (path, "config.json", NULL);
    return limn_config_open (config, error);
  }
  file = open_checkpoint (path, part, error);
  return file ? limn_checkpoint_config (file, part, error) : NULL;
}

/* Takes @file; NULL where that is NULL. */
static limn_weights *
weights_new (limn_device *device, limn_checkpoint *file, limn_part part)
{
  limn_weights *weights;

  if (!file)
    return NULL;
  if (device->klass->kind != LIMN_DEVICE_MEASURE)
    limn_checkpoint_will_read (file);
  weights = g_new0 (limn_weights, 1);
  weights->device = device;
  weights->file = file;
  weights->part = part;
  weights->prefix = g_string_new (NULL);
  weights->lengths = g_array_new (FALSE, FALSE, sizeof (gsize));
  weights->list = weight_list_new (device);
  return weights;
}

limn_weights *
limn_weights_open (limn_device *device, const char *path, limn_part part, GError **error)
{
  return weights_new (device, open_checkpoint (path, part, error), part);
}

limn_weights *
limn_weights_open_plain (limn_device *device, const char *path, GError **error)
{
  g_autofree char *found = NULL;

  if (g_file_test (path, G_FILE_TEST_IS_DIR)) {
    found = limn_weights_find (path, error);
    if (!found)
      return NULL;
    path = found;
  }
  return weights_new (device, limn_checkpoint_open_part (path, LIMN_PART_UNET, error),
                      LIMN_PART_UNET);
}

void
limn_weights_set_loras (limn_weights *weights,
                        const struct limn_lora_use *loras,
                        gsize n,
                        const limn_tensor *strengths)
{
  weights->loras = loras;
  weights->n_loras = n;
  weights->strengths = strengths;
}

void
limn_weights_push (limn_weights *weights, const char *format, ...)
{
  gsize length = weights->prefix->len;
  va_list arguments;

  g_array_append_val (weights->lengths, length);
  va_start (arguments, format);
  g_string_append_vprintf (weights->prefix, format, arguments);
  va_end (arguments);
  g_string_append_c (weights->prefix, '.');
}

void
limn_weights_pop (limn_weights *weights)
{
  guint last = weights->lengths->len - 1;

  g_assert (weights->lengths->len > 0);
  g_string_truncate (weights->prefix, g_array_index (weights->lengths, gsize, last));
  g_array_set_size (weights->lengths, last);
}

const struct limn_safetensors_entry *
limn_weights_entry (limn_weights *weights, const char *name)
{
  g_autofree char *full = g_strconcat (weights->prefix->str, name, NULL);

  return limn_checkpoint_find (weights->file, weights->part, full);
}

bool
limn_weights_has (limn_weights *weights, const char *name)
{
  return limn_weights_entry (weights, name) != NULL;
}

G_GNUC_PRINTF (3, 4)
static void
fail (limn_weights *weights, const char *name, const char *format, ...)
{
  g_autofree char *what = NULL;
  va_list arguments;

  va_start (arguments, format);
  what = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (&weights->error, LIMN_ERROR, LIMN_ERROR_MODEL, "%s: tensor \"%s%s\" %s",
               limn_checkpoint_path (weights->file), weights->prefix->str, name, what);
}

/* A linear layer may be stored as a convolution of 1x1: further dimensions of 1 are no matter. */
static bool
shape_fits (const struct limn_safetensors_entry *entry, int n_dims, const gint64 *dims)
{
  if (entry->n_dims != n_dims && !(n_dims == 2 && entry->n_dims == 4))
    return false;
  for (int i = 0; i < entry->n_dims; i++) {
    if (entry->shape[i] != (i < n_dims ? dims[i] : 1))
      return false;
  }
  return true;
}

static const struct limn_safetensors_entry *
find (limn_weights *weights, const char *name, int n_dims, const gint64 *dims)
{
  g_autofree char *full = g_strconcat (weights->prefix->str, name, NULL);
  const struct limn_safetensors_entry *entry =
      limn_checkpoint_find (weights->file, weights->part, full);

  if (!entry) {
    fail (weights, name, "is missing");
    return NULL;
  }
  if (!shape_fits (entry, n_dims, dims)) {
    g_autofree char *found = limn_shape_to_string (entry->n_dims, entry->shape);
    g_autofree char *wanted = limn_shape_to_string (n_dims, dims);
    fail (weights, name, "is %s, wanted %s", found, wanted);
    return NULL;
  }
  if (entry->dtype != LIMN_DTYPE_F32 && entry->dtype != LIMN_DTYPE_F16 &&
      entry->dtype != LIMN_DTYPE_BF16 && !limn_checkpoint_is_quantized (entry)) {
    fail (weights, name, "is of type %s, wanted F32, F16 or BF16%s", entry->dtype_name,
          limn_checkpoint_is_gguf (weights->file) ? ", Q8_0 or Q4_0" : "");
    return NULL;
  }
  return entry;
}

/* False after naming the first weight that is no number in @stored. @first is the place of @values
 * in the tensor. */
static bool
check_values (limn_weights *weights,
              const char *name,
              limn_dtype dtype,
              limn_dtype stored,
              const void *values,
              gsize first,
              gsize count)
{
  gsize i = limn_find_unfit (dtype, stored, values, count);
  float value;

  if (i == G_MAXSIZE)
    return true;
  limn_convert_to_f32 (dtype, (const guint8 *) values + i * limn_dtype_size (dtype), &value, 1);
  if (isfinite (value))
    fail (weights, name, "has %g as element %zu, and f16 ends at 65504: try it in f32",
          (double) value, first + i);
  else
    fail (weights, name, "has %s as element %zu: the file is broken",
          isnan (value) ? "NaN" : "infinity", first + i);
  return false;
}

/* The entry's data, checked where its type has values to check; NULL after a failure. */
static const void *
read_bytes (limn_weights *weights,
            const char *name,
            const struct limn_safetensors_entry *entry,
            limn_dtype stored)
{
  gsize size = limn_dtype_size (entry->dtype);
  guint8 *bytes;

  if (entry->size > weights->room) {
    g_free (weights->bytes);
    weights->bytes = g_malloc (entry->size);
    weights->room = entry->size;
  }
  bytes = weights->bytes;
  for (gsize at = 0; at < entry->size; at += PIECE) {
    gsize part = MIN (PIECE, entry->size - at);

    if (!limn_checkpoint_read (weights->file, (const guint8 *) entry->data + at, part, bytes + at,
                               &weights->error))
      return NULL;
    if (size > 0 &&
        !check_values (weights, name, entry->dtype, stored, bytes + at, at / size, part / size))
      return NULL;
  }
  return bytes;
}

static bool
is_branch (const limn_weights *weights, gsize i)
{
  return weights->strengths && weights->loras[i].by_frame;
}

/* Adds what the LoRAs say of @name to @values, in the order of the file; NULL only checks.
 * *@changed tells whether there was any. */
static bool
merge_loras (
    limn_weights *weights, const char *name, limn_tensor weight, float *values, bool *changed)
{
  g_autofree char *full = g_strconcat (weights->prefix->str, name, NULL);

  *changed = false;
  for (gsize i = 0; i < weights->n_loras; i++) {
    const struct limn_lora_use *use = &weights->loras[i];

    if (is_branch (weights, i) || !limn_lora_has (use->lora, full))
      continue;
    *changed = true;
    if (!limn_lora_merge (use->lora, full, weight, use->strength, values, &weights->error))
      return false;
  }
  return true;
}

/* Those that LoRAs may change. */
static bool
takes_loras (limn_weight_kind kind)
{
  return kind == LIMN_WEIGHT_LINEAR || kind == LIMN_WEIGHT_CONV;
}

static bool
upload (limn_weights *weights,
        limn_weight_kind kind,
        const char *name,
        const struct limn_safetensors_entry *entry,
        limn_tensor *weight)
{
  limn_device *device = weights->device;
  gsize count = limn_tensor_elements (*weight);
  const void *bytes = read_bytes (weights, name, entry, weight->dtype);
  bool changed = false;
  g_autofree float *values = NULL;

  if (!bytes || (takes_loras (kind) && !merge_loras (weights, name, *weight, NULL, &changed)))
    return false;
  if (!limn_checkpoint_is_quantized (entry) && !changed)
    return device->klass->weight_new (device, kind, weight, entry->dtype, bytes, &weights->error);
  values = g_new (float, count);
  if (limn_checkpoint_is_quantized (entry))
    limn_checkpoint_dequantize (entry, bytes, values);
  else
    limn_convert_to_f32 (entry->dtype, bytes, values, count);
  if (changed && !merge_loras (weights, name, *weight, values, &changed))
    return false;
  return check_values (weights, name, LIMN_DTYPE_F32, weight->dtype, values, 0, count) &&
         device->klass->weight_new (device, kind, weight, LIMN_DTYPE_F32, values, &weights->error);
}

/* @weight has its shape, with n the first of @dims. */
static limn_tensor
get (limn_weights *weights,
     limn_weight_kind kind,
     const char *name,
     limn_tensor weight,
     int n_dims,
     const gint64 *dims)
{
  limn_device *device = weights->device;
  const struct limn_safetensors_entry *entry;
  bool good, changed;

  if (weights->error)
    return (limn_tensor){ 0 };
  entry = find (weights, name, n_dims, dims);
  if (!entry)
    return (limn_tensor){ 0 };

  weight.dtype = kind == LIMN_WEIGHT_VECTOR ? LIMN_DTYPE_F32 : device->storage;
  /* The measure device does not look at values: headers are all that a forecast reads. */
  if (device->klass->kind == LIMN_DEVICE_MEASURE)
    good = (!takes_loras (kind) || merge_loras (weights, name, weight, NULL, &changed)) &&
           device->klass->weight_new (device, kind, &weight, entry->dtype, NULL, &weights->error);
  else
    good = upload (weights, kind, name, entry, &weight);
  if (!good)
    return (limn_tensor){ 0 };
  g_array_append_val (weights->list->tensors, weight);
  return weight;
}

limn_tensor
limn_weights_conv (limn_weights *weights, const char *name, int out, int in, int kh, int kw)
{
  limn_tensor weight = { .n = out, .h = kh, .w = kw, .c = in };

  return get (weights, LIMN_WEIGHT_CONV, name, weight, 4, (const gint64[]){ out, in, kh, kw });
}

limn_tensor
limn_weights_linear (limn_weights *weights, const char *name, int out, int in)
{
  limn_tensor weight = { .n = out, .h = 1, .w = 1, .c = in };

  return get (weights, LIMN_WEIGHT_LINEAR, name, weight, 2, (const gint64[]){ out, in });
}

/* One matrix of a LoRA, [n, c], to the device; @values as NULL on the measure device. */
static bool
add_factor (
    limn_weights *weights, const char *name, limn_tensor *factor, int n, int c, const float *values)
{
  limn_device *device = weights->device;

  *factor = (limn_tensor){ .dtype = device->storage, .n = n, .h = 1, .w = 1, .c = c };
  if (values && !check_values (weights, name, LIMN_DTYPE_F32, factor->dtype, values, 0,
                               limn_tensor_elements (*factor)))
    return false;
  if (!device->klass->weight_new (device, LIMN_WEIGHT_LINEAR, factor, LIMN_DTYPE_F32, values,
                                  &weights->error))
    return false;
  g_array_append_val (weights->list->tensors, *factor);
  return true;
}

static bool
add_branch (limn_weights *weights,
            const char *name,
            const char *full,
            gsize i,
            limn_tensor layer,
            struct limn_low_rank *branch)
{
  bool measure = weights->device->klass->kind == LIMN_DEVICE_MEASURE, good;
  struct limn_lora_factors factors;

  branch->strengths = &weights->strengths[i];
  if (!limn_lora_factors (weights->loras[i].lora, full, layer, &factors, !measure, &weights->error))
    return false;
  good = add_factor (weights, name, &branch->down, factors.rank, layer.c, factors.down) &&
         add_factor (weights, name, &branch->up, layer.n, factors.rank, factors.up);
  limn_lora_factors_clear (&factors);
  return good;
}

const struct limn_low_rank *
limn_weights_low_rank (limn_weights *weights, const char *name, int out, int in)
{
  const limn_tensor layer = { .n = out, .h = 1, .w = 1, .c = in };
  g_autofree char *full = g_strconcat (weights->prefix->str, name, NULL);
  const struct limn_low_rank *first = NULL;

  for (gsize i = 0; i < weights->n_loras && !weights->error; i++) {
    struct limn_low_rank *branch;

    if (!is_branch (weights, i) || !limn_lora_has (weights->loras[i].lora, full))
      continue;
    branch = g_new0 (struct limn_low_rank, 1);
    g_ptr_array_add (weights->list->branches, branch);
    branch->next = first;
    first = branch;
    if (!add_branch (weights, name, full, i, layer, branch))
      return NULL;
  }
  return first;
}

limn_tensor
limn_weights_embedding (limn_weights *weights, const char *name, int rows, int c)
{
  limn_tensor weight = { .n = rows, .h = 1, .w = 1, .c = c };

  return get (weights, LIMN_WEIGHT_EMBEDDING, name, weight, 2, (const gint64[]){ rows, c });
}

limn_tensor
limn_weights_vector (limn_weights *weights, const char *name, int c)
{
  limn_tensor weight = { .n = 1, .h = 1, .w = 1, .c = c };

  return get (weights, LIMN_WEIGHT_VECTOR, name, weight, 1, (const gint64[]){ c });
}

limn_weight_list *
limn_weights_finish (limn_weights **weights, GError **error)
{
  limn_weights *done = g_steal_pointer (weights);
  limn_weight_list *list = g_steal_pointer (&done->list);

  if (done->error) {
    g_propagate_error (error, g_steal_pointer (&done->error));
    g_clear_pointer (&list, limn_weight_list_free);
  }
  limn_checkpoint_free (done->file);
  g_string_free (done->prefix, TRUE);
  g_array_unref (done->lengths);
  g_free (done->bytes);
  g_free (done);
  return list;
}
