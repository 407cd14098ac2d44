/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Input: a .gguf file. */

#include "fuzz.h"

#include "error.h"
#include "io/gguf.h"

#define MAX_VALUES (1 << 20)

/* The bytes that @entry lends are there, and its blocks can be read. */
static void
check_entry (const struct limn_safetensors_entry *entry)
{
  const volatile guint8 *bytes = entry->data;
  g_autofree float *values = NULL;
  gsize count = 1;
  guint sum = 0;

  g_assert_nonnull (entry->name);
  g_assert_nonnull (entry->dtype_name);
  g_assert_cmpint (entry->n_dims, >=, 0);
  g_assert_cmpint (entry->n_dims, <=, LIMN_SAFETENSORS_MAX_DIMS);
  for (gsize i = 0; i < entry->size; i++)
    sum += bytes[i];
  (void) sum;
  for (int i = 0; i < entry->n_dims; i++) {
    g_assert_cmpint (entry->shape[i], >=, 0);
    count *= (gsize) entry->shape[i];
  }
  if (!limn_gguf_is_quantized (entry) || count > MAX_VALUES)
    return;
  values = g_new (float, count);
  limn_gguf_dequantize (entry, entry->data, values);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const char *path = fuzz_put ("model.gguf", data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_gguf) file = limn_gguf_open (path, &error);
  const struct limn_safetensors_entry *entries;
  gsize count;

  fuzz_check (file != NULL, error, LIMN_ERROR);
  if (file == NULL)
    return 0;
  g_assert_cmpstr (limn_gguf_path (file), ==, path);
  entries = limn_gguf_entries (file, &count);
  for (gsize i = 0; i < count; i++) {
    check_entry (&entries[i]);
    g_assert_true (limn_gguf_find (file, entries[i].name) == &entries[i]);
  }
  limn_gguf_metadata (file, "general.architecture");
  return 0;
}
