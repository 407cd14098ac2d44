/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/gguf.h"

#include <string.h>
#include <unistd.h>

#include "io/file.h"

#define MAX_DIMS 4
#define MAX_NAME 1024
#define MAX_STRING (16 << 20)
#define MAX_ARRAY_DEPTH 4
#define DEFAULT_ALIGNMENT 32
#define MAX_ALIGNMENT 65536
/* Elements of a block of Q8_0 and Q4_0: one scale in f16, then the elements. */
#define BLOCK 32

struct limn_gguf {
  char *path;
  int fd;
  GMappedFile *map;
  const char *data; /* the first byte after header and padding */
  gsize data_size;
  guint64 alignment;
  GArray *entries;      /* of limn_safetensors_entry, by offset */
  GHashTable *by_name;  /* borrowed name -> index + 1 */
  GHashTable *metadata; /* owned key -> owned string, NULL for values of other types */
};

static const struct type_info {
  guint32 id;
  const char *name;
  int elements, bytes; /* of a block */
  limn_dtype dtype;
} types[] = {
  { 0, "F32", 1, 4, LIMN_DTYPE_F32 },
  { 1, "F16", 1, 2, LIMN_DTYPE_F16 },
  { 2, "Q4_0", BLOCK, 18 },
  { 3, "Q4_1", BLOCK, 20 },
  { 6, "Q5_0", BLOCK, 22 },
  { 7, "Q5_1", BLOCK, 24 },
  { 8, "Q8_0", BLOCK, 34 },
  { 10, "Q2_K", 256, 84 },
  { 11, "Q3_K", 256, 110 },
  { 12, "Q4_K", 256, 144 },
  { 13, "Q5_K", 256, 176 },
  { 14, "Q6_K", 256, 210 },
  { 24, "I8", 1, 1 },
  { 25, "I16", 1, 2 },
  { 26, "I32", 1, 4, LIMN_DTYPE_I32 },
  { 27, "I64", 1, 8 },
  { 28, "F64", 1, 8 },
  { 30, "BF16", 1, 2, LIMN_DTYPE_BF16 },
};

/* The header from where it is read on; @problem is what went wrong first. */
struct reader {
  const char *start, *at, *end;
  const char *problem;
};

G_GNUC_PRINTF (4, 5)
static bool
fail (const limn_gguf *file, GError **error, const char *tensor, const char *format, ...)
{
  g_autofree char *quoted = tensor != NULL ? limn_file_quote (tensor) : NULL;
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  limn_file_set_error (error, LIMN_ERROR_FORMAT, file->path, "%s%s%s%s",
                       quoted != NULL ? "tensor " : "", quoted != NULL ? quoted : "",
                       quoted != NULL ? " " : "", message);
  return false;
}

static bool
fail_reader (const limn_gguf *file, GError **error, const struct reader *reader)
{
  return fail (file, error, NULL, "the header is not what it should be at byte %zu: %s",
               (gsize) (reader->at - reader->start), reader->problem);
}

static const char *
take (struct reader *reader, guint64 size)
{
  const char *at = reader->at;

  if (reader->problem == NULL && size > (guint64) (reader->end - at))
    reader->problem = "the file ends there";
  if (reader->problem != NULL)
    return NULL;
  reader->at += size;
  return at;
}

static guint32
take_u32 (struct reader *reader)
{
  const char *bytes = take (reader, sizeof (guint32));
  guint32 value = 0;

  if (bytes != NULL)
    memcpy (&value, bytes, sizeof value);
  return GUINT32_FROM_LE (value);
}

static guint64
take_u64 (struct reader *reader)
{
  const char *bytes = take (reader, sizeof (guint64));
  guint64 value = 0;

  if (bytes != NULL)
    memcpy (&value, bytes, sizeof value);
  return GUINT64_FROM_LE (value);
}

/* NULL after a failure. The caller frees it. */
static char *
take_string (struct reader *reader, guint64 max_length)
{
  guint64 length = take_u64 (reader);
  const char *bytes;

  if (reader->problem == NULL && length > max_length)
    reader->problem = "a string that is too long";
  bytes = take (reader, length);
  if (bytes == NULL)
    return NULL;
  if (length > 0 && !g_utf8_validate_len (bytes, (gsize) length, NULL)) {
    reader->problem = "a string that is not UTF-8";
    return NULL;
  }
  return g_strndup (bytes, (gsize) length);
}

enum value_type {
  VALUE_U32 = 4,
  VALUE_STRING = 8,
  VALUE_ARRAY = 9,
  N_VALUE_TYPES = 13,
};

static void
skip_value (struct reader *reader, guint32 type, int depth)
{
  /* Bytes; 0 for strings and arrays. */
  static const guint8 sizes[N_VALUE_TYPES] = { 1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8 };
  guint64 count;

  if (type >= N_VALUE_TYPES || depth > MAX_ARRAY_DEPTH) {
    reader->problem = type >= N_VALUE_TYPES ? "a value of unknown type" : "arrays nest too deep";
  } else if (type == VALUE_STRING) {
    take (reader, take_u64 (reader));
  } else if (type == VALUE_ARRAY) {
    type = take_u32 (reader);
    count = take_u64 (reader);
    /* Every element has a byte and more, so that this ends with the file at the latest. */
    if (type < N_VALUE_TYPES && sizes[type] > 0)
      take (reader, count > G_MAXUINT64 / 8 ? G_MAXUINT64 : count * sizes[type]);
    else
      for (guint64 i = 0; i < count && reader->problem == NULL; i++)
        skip_value (reader, type, depth + 1);
  } else {
    take (reader, sizes[type]);
  }
}

static bool
read_value (limn_gguf *file, struct reader *reader, GError **error)
{
  g_autofree char *key = take_string (reader, MAX_NAME);
  g_autofree char *value = NULL;
  guint32 type = take_u32 (reader);

  if (reader->problem != NULL)
    return fail_reader (file, error, reader);
  if (g_hash_table_contains (file->metadata, key)) {
    g_autofree char *quoted = limn_file_quote (key);

    return fail (file, error, NULL, "the key %s is in the header twice", quoted);
  }
  if (type == VALUE_U32 && g_str_equal (key, "general.alignment"))
    file->alignment = take_u32 (reader);
  else if (type == VALUE_STRING)
    value = take_string (reader, MAX_STRING);
  else
    skip_value (reader, type, 0);
  if (reader->problem != NULL)
    return fail_reader (file, error, reader);
  if (file->alignment == 0 || file->alignment > MAX_ALIGNMENT || file->alignment % 8 != 0)
    return fail (file, error, NULL,
                 "\"general.alignment\" is %" G_GUINT64_FORMAT ", wanted a multiple of 8 up to %d",
                 file->alignment, MAX_ALIGNMENT);
  g_hash_table_insert (file->metadata, g_steal_pointer (&key), g_steal_pointer (&value));
  return true;
}

static const struct type_info *
find_type (guint32 id)
{
  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    if (types[i].id == id)
      return &types[i];
  return NULL;
}

/* The bytes of the tensor by its shape and type; false when that is no number of bytes. */
static bool
tensor_size (const struct limn_safetensors_entry *entry, const struct type_info *type, gsize *size)
{
  gsize elements = 1;

  for (int i = 0; i < entry->n_dims; i++)
    if (__builtin_mul_overflow (elements, (gsize) entry->shape[i], &elements))
      return false;
  /* A block never goes over the end of a row. */
  if (entry->shape[entry->n_dims - 1] % type->elements != 0)
    return false;
  return !__builtin_mul_overflow (elements / type->elements, (gsize) type->bytes, size);
}

/* Name, dimensions from the innermost out, type, offset. The offset stays in @offset until it is
 * known where the data begins. */
static bool
read_tensor (limn_gguf *file, struct reader *reader, GArray *offsets, GError **error)
{
  g_autofree char *name = take_string (reader, MAX_NAME);
  guint32 n_dims = take_u32 (reader), type_id;
  struct limn_safetensors_entry entry = { .n_dims = (int) n_dims };
  const struct type_info *type;
  guint64 offset;

  if (reader->problem != NULL)
    return fail_reader (file, error, reader);
  if (g_hash_table_contains (file->by_name, name))
    return fail (file, error, name, "is in the header twice");
  if (n_dims < 1 || n_dims > MAX_DIMS)
    return fail (file, error, name, "has %u dimensions, wanted 1 to %d", n_dims, MAX_DIMS);
  for (int i = entry.n_dims - 1; i >= 0; i--) {
    guint64 dim = take_u64 (reader);

    if (dim < 1 || dim > G_MAXINT32)
      return reader->problem != NULL
                 ? fail_reader (file, error, reader)
                 : fail (file, error, name, "has a dimension of %" G_GUINT64_FORMAT, dim);
    entry.shape[i] = (gint64) dim;
  }
  type_id = take_u32 (reader);
  offset = take_u64 (reader);
  if (reader->problem != NULL)
    return fail_reader (file, error, reader);
  type = find_type (type_id);
  if (type == NULL)
    return fail (file, error, name, "is of type number %u, which is unknown", type_id);
  if (!tensor_size (&entry, type, &entry.size)) {
    g_autofree char *shape = limn_shape_to_string (entry.n_dims, entry.shape);

    return fail (file, error, name, "is %s in %s, which is not a possible number of bytes", shape,
                 type->name);
  }
  if (offset % file->alignment != 0)
    return fail (file, error, name,
                 "begins at byte %" G_GUINT64_FORMAT ", no multiple of %" G_GUINT64_FORMAT, offset,
                 file->alignment);
  entry.dtype = type->dtype;
  entry.dtype_name = type->name;
  entry.name = g_steal_pointer (&name);
  g_array_append_val (file->entries, entry);
  g_array_append_val (offsets, offset);
  g_hash_table_add (file->by_name, (gpointer) entry.name);
  return true;
}

static bool
place_tensors (limn_gguf *file, const GArray *offsets, GError **error)
{
  for (guint i = 0; i < file->entries->len; i++) {
    struct limn_safetensors_entry *entry =
        &g_array_index (file->entries, struct limn_safetensors_entry, i);
    guint64 offset = g_array_index (offsets, guint64, i);

    if (offset > file->data_size || entry->size > file->data_size - offset)
      return fail (file, error, entry->name,
                   "has %zu bytes from byte %" G_GUINT64_FORMAT " on, beyond the %zu bytes of data",
                   entry->size, offset, file->data_size);
    entry->data = file->data + offset;
  }
  return true;
}

static int
compare_entries (gconstpointer a, gconstpointer b)
{
  const struct limn_safetensors_entry *x = a, *y = b;

  if (x->data != y->data)
    return (const char *) x->data < (const char *) y->data ? -1 : 1;
  return 0;
}

static bool
check_overlaps (limn_gguf *file, GError **error)
{
  const struct limn_safetensors_entry *entries;
  gsize count;

  g_array_sort (file->entries, compare_entries);
  entries = limn_gguf_entries (file, &count);
  for (gsize i = 0; i < count; i++) {
    if (i > 0 &&
        (const char *) entries[i - 1].data + entries[i - 1].size > (const char *) entries[i].data) {
      g_autofree char *before = limn_file_quote (entries[i - 1].name);

      return fail (file, error, entries[i].name, "overlaps tensor %s", before);
    }
    g_hash_table_insert (file->by_name, (gpointer) entries[i].name, GUINT_TO_POINTER (i + 1));
  }
  return true;
}

static bool
read_file (limn_gguf *file, GError **error)
{
  const char *bytes = g_mapped_file_get_contents (file->map);
  gsize size = g_mapped_file_get_length (file->map), header;
  g_autoptr (GArray) offsets = g_array_new (FALSE, FALSE, sizeof (guint64));
  struct reader reader;
  guint64 n_tensors, n_values;
  guint32 version;

  if (size < 8 || memcmp (bytes, "GGUF", 4) != 0)
    return fail (file, error, NULL, "not a .gguf file: it does not begin with GGUF");
  reader = (struct reader){ bytes, bytes + 4, bytes + size, NULL };
  version = take_u32 (&reader);
  if (version < 2 || version > 3)
    return fail (file, error, NULL, "is version %u of the format, wanted 2 or 3", version);
  n_tensors = take_u64 (&reader);
  n_values = take_u64 (&reader);
  if (reader.problem != NULL)
    return fail_reader (file, error, &reader);
  for (guint64 i = 0; i < n_values; i++)
    if (!read_value (file, &reader, error))
      return false;
  for (guint64 i = 0; i < n_tensors; i++)
    if (!read_tensor (file, &reader, offsets, error))
      return false;

  header = (gsize) (reader.at - bytes);
  header += (file->alignment - header % file->alignment) % file->alignment;
  file->data = bytes + MIN (header, size);
  file->data_size = size - MIN (header, size);
  return place_tensors (file, offsets, error) && check_overlaps (file, error);
}

static void
clear_entry (gpointer entry)
{
  g_free ((char *) ((struct limn_safetensors_entry *) entry)->name);
}

limn_gguf *
limn_gguf_open (const char *path, GError **error)
{
  g_autoptr (limn_gguf) file = g_new0 (limn_gguf, 1);

  file->path = g_strdup (path);
  file->alignment = DEFAULT_ALIGNMENT;
  file->entries = g_array_new (FALSE, FALSE, sizeof (struct limn_safetensors_entry));
  g_array_set_clear_func (file->entries, clear_entry);
  file->by_name = g_hash_table_new (g_str_hash, g_str_equal);
  file->metadata = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  file->map = limn_file_map_open (path, &file->fd, error);
  if (file->map == NULL || !read_file (file, error))
    return NULL;
  return g_steal_pointer (&file);
}

void
limn_gguf_free (limn_gguf *file)
{
  if (file == NULL)
    return;
  g_hash_table_unref (file->metadata);
  g_hash_table_unref (file->by_name);
  g_array_unref (file->entries);
  if (file->map != NULL)
    close (file->fd);
  g_clear_pointer (&file->map, g_mapped_file_unref);
  g_free (file->path);
  g_free (file);
}

const char *
limn_gguf_path (const limn_gguf *file)
{
  return file->path;
}

bool
limn_gguf_read (const limn_gguf *file, const void *data, gsize size, void *buffer, GError **error)
{
  gsize offset = (gsize) ((const char *) data - g_mapped_file_get_contents (file->map));

  return limn_file_read (file->fd, file->path, offset, buffer, size, error);
}

const struct limn_safetensors_entry *
limn_gguf_find (const limn_gguf *file, const char *name)
{
  guint index = GPOINTER_TO_UINT (g_hash_table_lookup (file->by_name, name));

  if (index == 0)
    return NULL;
  return &g_array_index (file->entries, struct limn_safetensors_entry, index - 1);
}

const struct limn_safetensors_entry *
limn_gguf_entries (const limn_gguf *file, gsize *count)
{
  *count = file->entries->len;
  return (const struct limn_safetensors_entry *) (const void *) file->entries->data;
}

const char *
limn_gguf_metadata (const limn_gguf *file, const char *key)
{
  return g_hash_table_lookup (file->metadata, key);
}

/* A scale, then 32 signed bytes. */
static void
dequantize_q8_0 (const guint8 *block, float scale, float *values)
{
  for (int i = 0; i < BLOCK; i++)
    values[i] = scale * (float) (gint8) block[i];
}

/* A scale, then 16 bytes: the first half of the elements in their low halves, the second in their
 * high ones; 8 stands for zero. */
static void
dequantize_q4_0 (const guint8 *block, float scale, float *values)
{
  for (int i = 0; i < BLOCK / 2; i++) {
    values[i] = scale * (float) ((block[i] & 15) - 8);
    values[i + BLOCK / 2] = scale * (float) ((block[i] >> 4) - 8);
  }
}

static const struct {
  const char *name;
  gsize bytes;
  void (*dequantize) (const guint8 *block, float scale, float *values);
} quantized[] = { { "Q8_0", 34, dequantize_q8_0 }, { "Q4_0", 18, dequantize_q4_0 } };

bool
limn_gguf_is_quantized (const struct limn_safetensors_entry *entry)
{
  for (gsize i = 0; i < G_N_ELEMENTS (quantized); i++)
    if (g_str_equal (entry->dtype_name, quantized[i].name))
      return true;
  return false;
}

void
limn_gguf_dequantize (const struct limn_safetensors_entry *entry, const void *data, float *values)
{
  const guint8 *bytes = data;

  for (gsize i = 0; i < G_N_ELEMENTS (quantized); i++) {
    if (!g_str_equal (entry->dtype_name, quantized[i].name))
      continue;
    for (gsize at = 0; at + quantized[i].bytes <= entry->size; at += quantized[i].bytes) {
      guint16 half;
      float scale;

      memcpy (&half, bytes + at, sizeof half);
      half = GUINT16_FROM_LE (half);
      limn_f16_to_f32 (&half, &scale, 1);
      quantized[i].dequantize (bytes + at + sizeof half, scale, values);
      values += BLOCK;
    }
    return;
  }
  g_assert_not_reached ();
}
