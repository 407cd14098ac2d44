/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/safetensors.h"

#include <string.h>
#include <unistd.h>

#include "io/file.h"
#include "io/json.h"

/* The reference implementation's limit. */
#define MAX_HEADER 100000000

struct limn_safetensors {
  char *path;
  int fd;
  GMappedFile *map;
  const char *data; /* first byte after the header */
  gsize data_size;
  GArray *entries;      /* of limn_safetensors_entry, by offset */
  GHashTable *by_name;  /* name -> index + 1 */
  GHashTable *metadata; /* owned strings; NULL when absent */
};

/* All types of the format. Those under eight bits pack several elements into a byte. */
static const struct dtype_info {
  const char *name;
  guint bits;
  limn_dtype dtype;
} dtypes[] = {
  { "F32", 32, LIMN_DTYPE_F32 },
  { "F16", 16, LIMN_DTYPE_F16 },
  { "BF16", 16, LIMN_DTYPE_BF16 },
  { "I32", 32, LIMN_DTYPE_I32 },
  { "I64", 64 },
  { "U64", 64 },
  { "F64", 64 },
  { "C64", 64 },
  { "U32", 32 },
  { "I16", 16 },
  { "U16", 16 },
  { "I8", 8 },
  { "U8", 8 },
  { "BOOL", 8 },
  { "F8_E4M3", 8 },
  { "F8_E5M2", 8 },
  { "F8_E8M0", 8 },
  { "F6_E2M3", 6 },
  { "F6_E3M2", 6 },
  { "F4", 4 },
};

/* What the header says of one tensor. */
struct description {
  const struct dtype_info *dtype;
  int n_dims; /* -1 until read */
  gint64 shape[LIMN_SAFETENSORS_MAX_DIMS];
  gint64 begin, end; /* bytes into the data; begin is -1 until read */
};

G_GNUC_PRINTF (4, 5)
static bool
fail (const limn_safetensors *file, GError **error, const char *tensor, const char *format, ...)
{
  g_autofree char *quoted = tensor != NULL ? limn_file_quote (tensor) : NULL;
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  if (quoted != NULL)
    limn_file_set_error (error, LIMN_ERROR_FORMAT, file->path, "tensor %s %s", quoted, message);
  else
    limn_file_set_error (error, LIMN_ERROR_FORMAT, file->path, "%s", message);
  return false;
}

/* @json has failed, perhaps inside the description of @tensor. */
static bool
fail_json (const limn_safetensors *file, GError **error, const char *tensor, const limn_json *json)
{
  if (tensor != NULL)
    return fail (file, error, tensor, "is described wrongly at byte %zu of the header: %s",
                 limn_json_position (json), json->problem);
  return fail (file, error, NULL, "the header is not what it should be at its byte %zu: %s",
               limn_json_position (json), json->problem);
}

char *
limn_shape_to_string (int n_dims, const gint64 *shape)
{
  GString *text = g_string_new ("[");

  for (int i = 0; i < n_dims; i++)
    g_string_append_printf (text, "%s%" G_GINT64_FORMAT, i > 0 ? ", " : "", shape[i]);
  g_string_append_c (text, ']');
  return g_string_free (text, FALSE);
}

static bool
read_dtype (limn_safetensors *file,
            limn_json *json,
            const char *tensor,
            struct description *description,
            GError **error)
{
  g_autoptr (GString) name = g_string_new (NULL);
  g_autofree char *quoted = NULL;

  if (!limn_json_string (json, name))
    return fail_json (file, error, tensor, json);
  for (gsize i = 0; i < G_N_ELEMENTS (dtypes); i++)
    if (g_str_equal (dtypes[i].name, name->str)) {
      description->dtype = &dtypes[i];
      return true;
    }
  quoted = limn_file_quote (name->str);
  return fail (file, error, tensor, "has the unknown dtype %s", quoted);
}

static bool
read_shape (limn_safetensors *file,
            limn_json *json,
            const char *tensor,
            struct description *description,
            GError **error)
{
  bool first = true;

  description->n_dims = 0;
  if (!limn_json_expect (json, '['))
    return fail_json (file, error, tensor, json);
  while (limn_json_next (json, ']', &first)) {
    if (description->n_dims == LIMN_SAFETENSORS_MAX_DIMS)
      return fail (file, error, tensor, "has more than %d dimensions", LIMN_SAFETENSORS_MAX_DIMS);
    if (!limn_json_natural (json, &description->shape[description->n_dims++]))
      return fail_json (file, error, tensor, json);
  }
  return json->problem == NULL || fail_json (file, error, tensor, json);
}

static bool
read_offsets (limn_safetensors *file,
              limn_json *json,
              const char *tensor,
              struct description *description,
              GError **error)
{
  if (limn_json_expect (json, '[') && limn_json_natural (json, &description->begin) &&
      limn_json_expect (json, ',') && limn_json_natural (json, &description->end) &&
      limn_json_expect (json, ']'))
    return true;
  return fail_json (file, error, tensor, json);
}

/* The object after a tensor's name. Keys other than the three are left alone, as the reference
 * implementation does. */
static bool
read_description (limn_safetensors *file,
                  limn_json *json,
                  const char *tensor,
                  struct description *description,
                  GError **error)
{
  static const struct {
    const char *key;
    bool (*read) (limn_safetensors *, limn_json *, const char *, struct description *, GError **);
  } fields[] = {
    { "dtype", read_dtype },
    { "shape", read_shape },
    { "data_offsets", read_offsets },
  };
  g_autoptr (GString) key = g_string_new (NULL);
  bool seen[G_N_ELEMENTS (fields)] = { false };
  bool first = true;
  gsize i;

  if (!limn_json_expect (json, '{'))
    return fail_json (file, error, tensor, json);
  while (limn_json_next (json, '}', &first)) {
    if (!limn_json_string (json, key) || !limn_json_expect (json, ':'))
      return fail_json (file, error, tensor, json);
    for (i = 0; i < G_N_ELEMENTS (fields); i++)
      if (g_str_equal (fields[i].key, key->str))
        break;
    if (i == G_N_ELEMENTS (fields)) {
      if (!limn_json_skip (json))
        return fail_json (file, error, tensor, json);
      continue;
    }
    if (seen[i])
      return fail (file, error, tensor, "has \"%s\" twice", fields[i].key);
    seen[i] = true;
    if (!fields[i].read (file, json, tensor, description, error))
      return false;
  }
  if (json->problem != NULL)
    return fail_json (file, error, tensor, json);
  for (i = 0; i < G_N_ELEMENTS (fields); i++)
    if (!seen[i])
      return fail (file, error, tensor, "has no \"%s\"", fields[i].key);
  return true;
}

/* Shape times type in bytes; false when that is no number of bytes. */
static bool
description_size (const struct description *description, gint64 *size)
{
  gint64 bits = description->dtype->bits;
  bool empty = false;

  /* A zero anywhere makes the product zero, wherever it would overflow before. */
  for (int i = 0; i < description->n_dims; i++)
    empty |= description->shape[i] == 0;
  for (int i = 0; i < description->n_dims && !empty; i++)
    if (__builtin_mul_overflow (bits, description->shape[i], &bits))
      return false;
  *size = empty ? 0 : bits / 8;
  return empty || bits % 8 == 0;
}

static bool
check_description (const limn_safetensors *file,
                   const char *tensor,
                   const struct description *description,
                   GError **error)
{
  g_autofree char *shape = limn_shape_to_string (description->n_dims, description->shape);
  g_autofree char *offsets =
      limn_shape_to_string (2, (gint64[]){ description->begin, description->end });
  gint64 size;

  if (description->begin > description->end)
    return fail (file, error, tensor, "has data_offsets %s, which end before they begin", offsets);
  if ((guint64) description->end > file->data_size)
    return fail (file, error, tensor, "has data_offsets %s, beyond the %zu bytes of data", offsets,
                 file->data_size);
  if (!description_size (description, &size))
    return fail (file, error, tensor, "has shape %s in %s, which is not a possible number of bytes",
                 shape, description->dtype->name);
  if (size != description->end - description->begin)
    return fail (
        file, error, tensor,
        "has data_offsets %s, %" G_GINT64_FORMAT " bytes, but shape %s in %s is %" G_GINT64_FORMAT,
        offsets, description->end - description->begin, shape, description->dtype->name, size);
  return true;
}

static bool
read_tensor (limn_safetensors *file, limn_json *json, const char *name, GError **error)
{
  struct description description = { .n_dims = -1, .begin = -1 };
  struct limn_safetensors_entry entry;
  char *owned;

  if (g_hash_table_contains (file->by_name, name))
    return fail (file, error, name, "is in the header twice");
  if (!read_description (file, json, name, &description, error) ||
      !check_description (file, name, &description, error))
    return false;
  owned = g_strdup (name);
  entry = (struct limn_safetensors_entry){
    .name = owned,
    .dtype = description.dtype->dtype,
    .dtype_name = description.dtype->name,
    .n_dims = description.n_dims,
    .data = file->data + description.begin,
    .size = (gsize) (description.end - description.begin),
  };
  memcpy (entry.shape, description.shape, sizeof entry.shape);
  g_array_append_val (file->entries, entry);
  g_hash_table_add (file->by_name, owned);
  return true;
}

static bool
read_metadata (limn_safetensors *file, limn_json *json, GError **error)
{
  g_autoptr (GString) key = g_string_new (NULL);
  g_autoptr (GString) value = g_string_new (NULL);
  bool first = true;

  if (file->metadata != NULL)
    return fail (file, error, NULL, "the header has \"__metadata__\" twice");
  file->metadata = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  if (!limn_json_expect (json, '{'))
    return fail (file, error, NULL, "\"__metadata__\" is not an object");
  while (limn_json_next (json, '}', &first)) {
    if (!limn_json_string (json, key) || !limn_json_expect (json, ':') ||
        !limn_json_string (json, value))
      return fail (file, error, NULL, "\"__metadata__\" is not a map of strings: %s",
                   json->problem);
    g_hash_table_replace (file->metadata, g_strdup (key->str), g_strdup (value->str));
  }
  return json->problem == NULL || fail_json (file, error, NULL, json);
}

static bool
read_header (limn_safetensors *file, const char *text, gsize length, GError **error)
{
  g_autoptr (GString) name = g_string_new (NULL);
  bool first = true;
  limn_json json;

  limn_json_init (&json, text, length);
  if (!limn_json_expect (&json, '{'))
    return fail_json (file, error, NULL, &json);
  while (limn_json_next (&json, '}', &first)) {
    if (!limn_json_string (&json, name) || !limn_json_expect (&json, ':'))
      return fail_json (file, error, NULL, &json);
    if (g_str_equal (name->str, "__metadata__")) {
      if (!read_metadata (file, &json, error))
        return false;
    } else if (!read_tensor (file, &json, name->str, error)) {
      return false;
    }
  }
  return limn_json_finish (&json) || fail_json (file, error, NULL, &json);
}

/* Empty tensors come before the one that begins where they are. */
static int
compare_entries (gconstpointer a, gconstpointer b)
{
  const struct limn_safetensors_entry *x = a, *y = b;

  if (x->data != y->data)
    return (const char *) x->data < (const char *) y->data ? -1 : 1;
  return x->size < y->size ? -1 : x->size > y->size;
}

/* The tensors must cover the data from the first byte to the last: no overlaps, and no holes in
 * which something else could hide. */
static bool
check_coverage (const limn_safetensors *file, GError **error)
{
  const struct limn_safetensors_entry *entries;
  gsize end = 0, count;

  entries = limn_safetensors_entries (file, &count);
  for (gsize i = 0; i < count; i++) {
    gsize begin = (gsize) ((const char *) entries[i].data - file->data);

    if (begin < end) {
      g_autofree char *before = limn_file_quote (entries[i - 1].name);

      return fail (file, error, entries[i].name, "overlaps tensor %s at byte %zu of the data",
                   before, begin);
    }
    if (begin > end)
      return fail (file, error, entries[i].name,
                   "begins at byte %zu of the data, but the bytes from %zu on belong to no tensor",
                   begin, end);
    end = begin + entries[i].size;
  }
  if (end != file->data_size)
    return fail (file, error, NULL, "the tensors end at byte %zu of the data, which has %zu", end,
                 file->data_size);
  return true;
}

static bool
check_file (limn_safetensors *file, GError **error)
{
  gsize size = g_mapped_file_get_length (file->map);
  const char *bytes = g_mapped_file_get_contents (file->map);
  g_autofree char *text = NULL;
  guint64 header;

  if (size < 8)
    return fail (file, error, NULL, "not a .safetensors file: %zu bytes, wanted 8 and more", size);
  if (!limn_file_read (file->fd, file->path, 0, &header, sizeof header, error))
    return false;
  header = GUINT64_FROM_LE (header);
  if (header > size - 8)
    return fail (file, error, NULL,
                 "not a .safetensors file, or truncated: a header of %" G_GUINT64_FORMAT
                 " bytes in a file of %zu",
                 header, size);
  if (header > MAX_HEADER)
    return fail (file, error, NULL, "a header of %" G_GUINT64_FORMAT " bytes, wanted at most %d",
                 header, MAX_HEADER);
  file->data = bytes + 8 + header;
  file->data_size = size - 8 - (gsize) header;
  text = g_malloc ((gsize) header);
  if (!limn_file_read (file->fd, file->path, 8, text, (gsize) header, error) ||
      !read_header (file, text, (gsize) header, error))
    return false;
  g_array_sort (file->entries, compare_entries);
  for (guint i = 0; i < file->entries->len; i++) {
    const struct limn_safetensors_entry *entry =
        &g_array_index (file->entries, struct limn_safetensors_entry, i);

    g_hash_table_insert (file->by_name, (gpointer) entry->name, GUINT_TO_POINTER (i + 1));
  }
  return check_coverage (file, error);
}

static void
clear_entry (gpointer entry)
{
  g_free ((char *) ((struct limn_safetensors_entry *) entry)->name);
}

limn_safetensors *
limn_safetensors_open (const char *path, GError **error)
{
  g_autoptr (limn_safetensors) file = g_new0 (limn_safetensors, 1);

  file->path = g_strdup (path);
  file->entries = g_array_new (FALSE, FALSE, sizeof (struct limn_safetensors_entry));
  g_array_set_clear_func (file->entries, clear_entry);
  file->by_name = g_hash_table_new (g_str_hash, g_str_equal);
  file->map = limn_file_map_open (path, &file->fd, error);
  if (file->map == NULL || !check_file (file, error))
    return NULL;
  return g_steal_pointer (&file);
}

void
limn_safetensors_free (limn_safetensors *file)
{
  if (file == NULL)
    return;
  g_clear_pointer (&file->metadata, g_hash_table_unref);
  g_hash_table_unref (file->by_name);
  g_array_unref (file->entries);
  if (file->map != NULL)
    close (file->fd);
  g_clear_pointer (&file->map, g_mapped_file_unref);
  g_free (file->path);
  g_free (file);
}

const char *
limn_safetensors_path (const limn_safetensors *file)
{
  return file->path;
}

bool
limn_safetensors_read (
    const limn_safetensors *file, const void *data, gsize size, void *buffer, GError **error)
{
  gsize offset = (gsize) ((const char *) data - g_mapped_file_get_contents (file->map));

  return limn_file_read (file->fd, file->path, offset, buffer, size, error);
}

const struct limn_safetensors_entry *
limn_safetensors_find (const limn_safetensors *file, const char *name)
{
  guint index = GPOINTER_TO_UINT (g_hash_table_lookup (file->by_name, name));

  if (index == 0)
    return NULL;
  return &g_array_index (file->entries, struct limn_safetensors_entry, index - 1);
}

const struct limn_safetensors_entry *
limn_safetensors_entries (const limn_safetensors *file, gsize *count)
{
  *count = file->entries->len;
  return (const struct limn_safetensors_entry *) (const void *) file->entries->data;
}

const char *
limn_safetensors_metadata (const limn_safetensors *file, const char *key)
{
  return file->metadata != NULL ? g_hash_table_lookup (file->metadata, key) : NULL;
}
