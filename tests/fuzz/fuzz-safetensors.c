/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Input: a .safetensors file. */

#include "fuzz.h"

#include "error.h"
#include "io/safetensors.h"

/* The bytes that @entry lends are there, and those of @before are others. */
static void
check_entry (const struct limn_safetensors_entry *entry,
             const struct limn_safetensors_entry *before)
{
  const volatile guint8 *bytes = entry->data;
  g_autofree char *shape = limn_shape_to_string (entry->n_dims, entry->shape);
  guint sum = 0;

  g_assert_true (*shape == '[');
  g_assert_nonnull (entry->name);
  g_assert_nonnull (entry->dtype_name);
  g_assert_cmpint (entry->n_dims, >=, 0);
  g_assert_cmpint (entry->n_dims, <=, LIMN_SAFETENSORS_MAX_DIMS);
  for (int i = 0; i < entry->n_dims; i++)
    g_assert_cmpint (entry->shape[i], >=, 0);
  for (gsize i = 0; i < entry->size; i++)
    sum += bytes[i];
  (void) sum;
  if (before != NULL)
    g_assert_true ((const guint8 *) before->data + before->size == entry->data);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const char *path = fuzz_put ("model.safetensors", data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_safetensors) file = limn_safetensors_open (path, &error);
  const struct limn_safetensors_entry *entries;
  gsize count, sum = 0;

  fuzz_check (file != NULL, error, LIMN_ERROR);
  if (file == NULL)
    return 0;
  g_assert_cmpstr (limn_safetensors_path (file), ==, path);
  entries = limn_safetensors_entries (file, &count);
  for (gsize i = 0; i < count; i++) {
    check_entry (&entries[i], i > 0 ? &entries[i - 1] : NULL);
    g_assert_true (limn_safetensors_find (file, entries[i].name) == &entries[i]);
    sum += entries[i].size;
  }
  g_assert_cmpuint (sum, <=, size - 8);
  g_assert_null (limn_safetensors_find (file, "__metadata__"));
  limn_safetensors_metadata (file, "format");
  return 0;
}
