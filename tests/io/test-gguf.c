/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/gguf.h"

#include <string.h>

#include "error.h"
#include "folder.h"

static char *folder;
static char *path;

static void
put (GByteArray *bytes, guint64 value, guint size)
{
  value = GUINT64_TO_LE (value);
  g_byte_array_append (bytes, (const guint8 *) &value, size);
}

static void
put_string (GByteArray *bytes, const char *text)
{
  put (bytes, strlen (text), 8);
  g_byte_array_append (bytes, (const guint8 *) text, (guint) strlen (text));
}

static void
put_tensor (GByteArray *bytes, const char *name, guint64 w, guint64 h, guint32 type, guint64 offset)
{
  put_string (bytes, name);
  put (bytes, 2, 4);
  put (bytes, w, 8);
  put (bytes, h, 8);
  put (bytes, type, 4);
  put (bytes, offset, 8);
}

/* What a test changes of the good file. */
struct change {
  const char *name, *words; /* in the message */
  guint32 version, type;
  guint64 w, offset;
  const char *second; /* the second tensor's name */
};

#define GOOD                                                                                       \
  {                                                                                                \
    "good", NULL, 3, 8, 32, 0, "q4"                                                                \
  }
#define DATA 160

/* A string, an array of strings, an array of numbers and a number; Q8_0 of 32 x 1 at 0, Q4_0 of
 * 32 x 2 at 64, F16 of 2 x 2 at 128. */
static GByteArray *
make_file (const struct change *change)
{
  GByteArray *bytes = g_byte_array_new ();

  g_byte_array_append (bytes, (const guint8 *) "GGUF", 4);
  put (bytes, change->version, 4);
  put (bytes, 3, 8);
  put (bytes, 4, 8);
  put_string (bytes, "general.name");
  put (bytes, 8, 4);
  put_string (bytes, "a name");
  put_string (bytes, "words");
  put (bytes, 9, 4);
  put (bytes, 8, 4);
  put (bytes, 2, 8);
  put_string (bytes, "x");
  put_string (bytes, "");
  put_string (bytes, "numbers");
  put (bytes, 9, 4);
  put (bytes, 2, 4);
  put (bytes, 3, 8);
  put (bytes, 0, 6);
  put_string (bytes, "number");
  put (bytes, 10, 4);
  put (bytes, 7, 8);
  put_tensor (bytes, "q8", change->w, 1, change->type, change->offset);
  put_tensor (bytes, change->second, 32, 2, 2, 64);
  put_tensor (bytes, "f16", 2, 2, 1, 128);
  g_byte_array_set_size (bytes, (bytes->len + 31) / 32 * 32);
  for (guint i = 0; i < DATA; i++)
    put (bytes, i, 1);
  return bytes;
}

static limn_gguf *
open_bytes (const GByteArray *bytes, gsize size, GError **error)
{
  test_write_file (path, bytes->data, size);
  return limn_gguf_open (path, error);
}

static void
test_good (void)
{
  static const struct change good = GOOD;
  g_autoptr (GByteArray) bytes = make_file (&good);
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_gguf) file = open_bytes (bytes, bytes->len, &error);
  const struct limn_safetensors_entry *q8, *q4, *f16;
  guint16 scale = 0x0100;
  float values[64], unit;
  gsize count;

  g_assert_no_error (error);
  limn_gguf_entries (file, &count);
  g_assert_cmpuint (count, ==, 3);
  g_assert_cmpstr (limn_gguf_metadata (file, "general.name"), ==, "a name");
  g_assert_null (limn_gguf_metadata (file, "number"));
  g_assert_null (limn_gguf_find (file, "none"));
  q8 = limn_gguf_find (file, "q8");
  q4 = limn_gguf_find (file, "q4");
  f16 = limn_gguf_find (file, "f16");
  g_assert_true (q8->shape[0] == 1 && q8->shape[1] == 32 && q8->size == 34);
  g_assert_true (q4->shape[0] == 2 && q4->shape[1] == 32 && q4->size == 36);
  g_assert_cmpint (f16->dtype, ==, LIMN_DTYPE_F16);
  g_assert_false (limn_gguf_is_quantized (f16));
  g_assert_true (limn_gguf_is_quantized (q8) && limn_gguf_is_quantized (q4));

  /* Bytes 0 and 1 are the scale, 2 to 33 the values. */
  limn_f16_to_f32 (&scale, &unit, 1);
  limn_gguf_dequantize (q8, q8->data, values);
  for (int i = 0; i < 32; i++)
    g_assert_cmpfloat (values[i], ==, unit * (float) (i + 2));
  /* The second row's scale is the bytes 82 and 83; its elements 0 and 16 share byte 84. */
  scale = 0x5352;
  limn_f16_to_f32 (&scale, &unit, 1);
  limn_gguf_dequantize (q4, q4->data, values);
  g_assert_cmpfloat (values[32], ==, unit * (float) ((84 & 15) - 8));
  g_assert_cmpfloat (values[48], ==, unit * (float) ((84 >> 4) - 8));
}

static void
test_bad (gconstpointer data)
{
  const struct change *change = data;
  g_autoptr (GByteArray) bytes = make_file (change);
  g_autoptr (GError) error = NULL;

  g_assert_null (open_bytes (bytes, bytes->len, &error));
  test_assert_error (error, LIMN_ERROR_FORMAT, path, change->words);
}

/* Cut anywhere it is an error, never a crash. The last tensor has 8 bytes of the 32 at the end. */
static void
test_truncated (void)
{
  static const struct change good = GOOD;
  g_autoptr (GByteArray) bytes = make_file (&good);

  for (gsize size = 0; size < bytes->len - 24; size++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (open_bytes (bytes, size, &error));
    g_assert_error (error, LIMN_ERROR, LIMN_ERROR_FORMAT);
  }
}

/* Whatever opens has its tensors inside the file. */
static void
test_flipped (void)
{
  static const struct change good = GOOD;
  g_autoptr (GByteArray) bytes = make_file (&good);
  int opened = 0;

  for (guint bit = 0; bit < 8 * (bytes->len - DATA); bit++) {
    g_autoptr (limn_gguf) file = NULL;
    const struct limn_safetensors_entry *entries;
    gsize count;

    bytes->data[bit / 8] ^= (guint8) (1 << bit % 8);
    file = open_bytes (bytes, bytes->len, NULL);
    bytes->data[bit / 8] ^= (guint8) (1 << bit % 8);
    if (file == NULL)
      continue;
    opened++;
    entries = limn_gguf_entries (file, &count);
    for (gsize i = 0; i < count; i++) {
      g_assert_cmpuint (entries[i].size, <=, DATA);
      if (limn_gguf_is_quantized (&entries[i])) {
        g_autofree float *values = g_new (float, entries[i].size / 18 * 32);

        limn_gguf_dequantize (&entries[i], entries[i].data, values);
      }
    }
  }
  g_assert_cmpint (opened, >, 0);
}

int
main (int argc, char **argv)
{
  static const struct change bad[] = {
    { "version", "version 1", 1, 8, 32, 0, "q4" },
    { "type", "type number 99", 3, 99, 32, 0, "q4" },
    { "block", "not a possible number of bytes", 3, 8, 33, 0, "q4" },
    { "zero", "dimension of 0", 3, 8, 0, 0, "q4" },
    { "huge", "has a dimension", 3, 8, G_MAXUINT64, 0, "q4" },
    { "beyond", "beyond the 160 bytes", 3, 8, 1 << 20, 0, "q4" },
    { "offset", "beyond the 160 bytes", 3, 8, 32, 1 << 20, "q4" },
    { "alignment", "no multiple of 32", 3, 8, 32, 8, "q4" },
    { "overlap", "overlaps tensor", 3, 8, 64, 64, "q4" },
    { "twice", "twice", 3, 8, 32, 0, "q8" },
  };
  int status;

  g_test_init (&argc, &argv, NULL);
  folder = test_folder_new ();
  path = g_build_filename (folder, "file.gguf", NULL);
  g_test_add_func ("/gguf/good", test_good);
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autofree char *name = g_strconcat ("/gguf/", bad[i].name, NULL);

    g_test_add_data_func (name, &bad[i], test_bad);
  }
  g_test_add_func ("/gguf/truncated", test_truncated);
  g_test_add_func ("/gguf/flipped", test_flipped);
  status = g_test_run ();
  g_free (path);
  test_folder_free (folder);
  return status;
}
