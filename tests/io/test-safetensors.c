/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/safetensors.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "folder.h"

static char *folder;
static char *path;

/* In an order that is not that of the offsets, with an empty tensor, a scalar, a type that Limn
 * does not compute with, a key of no meaning and the padding that the reference writer adds. */
static const char good_header[] =
    "{\"b.weight\":{\"dtype\":\"BF16\",\"shape\":[3,1,2],\"data_offsets\":[16,28]},"
    "\"__metadata__\":{\"format\":\"pt\",\"\\u00fcber\":\"\\ud83c\\udf88\"},"
    "\"a.weight\":{\"shape\":[2,2],\"dtype\":\"F32\",\"data_offsets\":[0,16],\"x\":[{},null]},"
    "\"position_ids\":{\"dtype\":\"I64\",\"shape\":[1,2],\"data_offsets\":[28,44]},"
    "\"nothing\":{\"dtype\":\"F16\",\"shape\":[7,0],\"data_offsets\":[28,28]},"
    "\"scalar\":{\"dtype\":\"I32\",\"shape\":[],\"data_offsets\":[44,48]}}   ";
#define GOOD_DATA 48

/* The length, the header and bytes that differ from their neighbours. */
static GByteArray *
make_file (const char *header, gsize header_size, gsize data_size)
{
  GByteArray *bytes = g_byte_array_new ();
  guint64 length = GUINT64_TO_LE ((guint64) header_size);

  g_byte_array_append (bytes, (const guint8 *) &length, sizeof length);
  g_byte_array_append (bytes, (const guint8 *) header, (guint) header_size);
  for (gsize i = 0; i < data_size; i++)
    g_byte_array_append (bytes, &(guint8){ (guint8) (i * 7 + 1) }, 1);
  return bytes;
}

static limn_safetensors *
open_bytes (const GByteArray *bytes, gsize size, GError **error)
{
  test_write_file (path, bytes->data, size);
  return limn_safetensors_open (path, error);
}

/* Entries follow one another from the first byte of the data to the last, and are found by their
 * names. */
static void
check_entries (const limn_safetensors *file, const GByteArray *bytes)
{
  const struct limn_safetensors_entry *entries;
  gsize count, end;
  guint64 header;

  memcpy (&header, bytes->data, sizeof header);
  end = 8 + (gsize) GUINT64_FROM_LE (header);
  entries = limn_safetensors_entries (file, &count);
  for (gsize i = 0; i < count; i++) {
    g_assert_cmpuint (entries[i].size, <=, bytes->len - end);
    g_assert_cmpmem (entries[i].data, entries[i].size, bytes->data + end, entries[i].size);
    g_assert_cmpint (entries[i].n_dims, >=, 0);
    g_assert_cmpint (entries[i].n_dims, <=, LIMN_SAFETENSORS_MAX_DIMS);
    g_assert_true (limn_safetensors_find (file, entries[i].name) == &entries[i]);
    end += entries[i].size;
  }
  g_assert_cmpuint (end, ==, bytes->len);
}

static void
test_good (void)
{
  static const char *const order[] = { "a.weight", "b.weight", "nothing", "position_ids",
                                       "scalar" };
  g_autoptr (GByteArray) bytes = make_file (good_header, strlen (good_header), GOOD_DATA);
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_safetensors) file = open_bytes (bytes, bytes->len, &error);
  const struct limn_safetensors_entry *entries, *entry;
  g_autofree char *shape = NULL;
  gsize count;

  g_assert_no_error (error);
  g_assert_cmpstr (limn_safetensors_path (file), ==, path);
  check_entries (file, bytes);
  entries = limn_safetensors_entries (file, &count);
  g_assert_cmpuint (count, ==, G_N_ELEMENTS (order));
  for (gsize i = 0; i < count; i++)
    g_assert_cmpstr (entries[i].name, ==, order[i]);

  entry = limn_safetensors_find (file, "b.weight");
  shape = limn_shape_to_string (entry->n_dims, entry->shape);
  g_assert_cmpstr (shape, ==, "[3, 1, 2]");
  g_assert_cmpint (entry->dtype, ==, LIMN_DTYPE_BF16);
  g_assert_cmpuint (entry->size, ==, 12);
  entry = limn_safetensors_find (file, "position_ids");
  g_assert_cmpint (entry->dtype, ==, LIMN_DTYPE_NONE);
  g_assert_cmpstr (entry->dtype_name, ==, "I64");
  g_assert_cmpint (limn_safetensors_find (file, "scalar")->n_dims, ==, 0);
  g_assert_null (limn_safetensors_find (file, "a.bias"));
  g_assert_null (limn_safetensors_find (file, "__metadata__"));

  g_assert_cmpstr (limn_safetensors_metadata (file, "format"), ==, "pt");
  g_assert_cmpstr (limn_safetensors_metadata (file, "\303\274ber"), ==, "\360\237\216\210");
  g_assert_null (limn_safetensors_metadata (file, "other"));
}

static void
test_no_tensors (void)
{
  g_autoptr (GByteArray) bytes = make_file ("{}", 2, 0);
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_safetensors) file = open_bytes (bytes, bytes->len, &error);
  gsize count;

  g_assert_no_error (error);
  limn_safetensors_entries (file, &count);
  g_assert_cmpuint (count, ==, 0);
  g_assert_null (limn_safetensors_find (file, "a"));
  g_assert_null (limn_safetensors_metadata (file, "format"));
}

static void
test_shape_to_string (void)
{
  g_autofree char *four = limn_shape_to_string (4, (gint64[]){ 320, 4, 3, 3 });
  g_autofree char *none = limn_shape_to_string (0, NULL);

  g_assert_cmpstr (four, ==, "[320, 4, 3, 3]");
  g_assert_cmpstr (none, ==, "[]");
}

#define TENSOR(dtype, shape, offsets)                                                              \
  "{\"t\":{\"dtype\":" dtype ",\"shape\":" shape ",\"data_offsets\":" offsets "}}"

static const struct bad_header {
  const char *header;
  gsize data_size;
  const char *words;
} bad_headers[] = {
  { "", 0, "ends too early" },
  { " ", 0, "ends too early" },
  { "[]", 0, "an object was wanted" },
  { "null", 0, "an object was wanted" },
  { "{\"t\":1}", 0, "tensor \"t\" is described wrongly" },
  { "{\"t\":null}", 0, "an object was wanted" },
  { "{\"t\":{}}", 0, "has no \"dtype\"" },
  { "{\"t\":{\"dtype\":\"F32\"}}", 0, "has no \"shape\"" },
  { "{\"t\":{\"dtype\":\"F32\",\"shape\":[]}}", 0, "has no \"data_offsets\"" },
  { "{\"t\":{\"dtype\":\"F32\",\"dtype\":\"F16\"}}", 0, "has \"dtype\" twice" },
  { "{}x", 0, "something follows the end" },
  { "{} {}", 0, "something follows the end" },
  { "{,}", 0, "a string was wanted" },
  { "{\"t\" 1}", 0, "a colon was wanted" },
  { "{'t':{}}", 0, "a string was wanted" },
  { "{\"\\u0000\":{}}", 0, "\\u0000" },
  { "{\"a\\u0000b\":{}}", 0, "\\u0000" },
  { "{\"\\ud800\":{}}", 0, "surrogate" },
  { "{\"\\udc00\\ud800\":{}}", 0, "surrogate" },
  { "{\"\\ud800\\u0041\":{}}", 0, "surrogate" },
  { "{\"\\u12g4\":{}}", 0, "hexadecimal" },
  { "{\"\\x\":{}}", 0, "an unknown escape" },
  { "{\"a\nb\":{}}", 0, "a control character" },
  { "{\"\xff\":{}}", 0, "not UTF-8" },
  { "{\"t", 0, "ends too early" },
  { "{\"t\\", 0, "ends too early" },
  { "{\"t\\n\":{}}", 0, "tensor \"t\\u000a\"" },
  { TENSOR ("1", "[1]", "[0,4]"), 4, "a string was wanted" },
  { TENSOR ("\"F31\"", "[1]", "[0,4]"), 4, "tensor \"t\" has the unknown dtype \"F31\"" },
  { TENSOR ("\"f32\"", "[1]", "[0,4]"), 4, "the unknown dtype \"f32\"" },
  { TENSOR ("\"F32\"", "1", "[0,4]"), 4, "an array was wanted" },
  { TENSOR ("\"F32\"", "[-1]", "[0,4]"), 4, "a whole number from 0 on" },
  { TENSOR ("\"F32\"", "[1.0]", "[0,4]"), 4, "a whole number from 0 on" },
  { TENSOR ("\"F32\"", "[1e300]", "[0,4]"), 4, "a whole number from 0 on" },
  { TENSOR ("\"F32\"", "[\"1\"]", "[0,4]"), 4, "a digit was wanted" },
  { TENSOR ("\"F32\"", "[01]", "[0,4]"), 4, "a comma was wanted" },
  { TENSOR ("\"F32\"", "[0x1]", "[0,4]"), 4, "a comma was wanted" },
  { TENSOR ("\"F32\"", "[1,]", "[0,4]"), 4, "a digit was wanted" },
  { TENSOR ("\"F32\"", "[NaN]", "[0,4]"), 4, "a digit was wanted" },
  { TENSOR ("\"F32\"", "[1,1,1,1,1,1,1,1,1]", "[0,4]"), 4, "more than 8 dimensions" },
  { TENSOR ("\"F32\"", "[9223372036854775808]", "[0,4]"), 4, "a number is too large" },
  { TENSOR ("\"F32\"", "[18446744073709551617]", "[0,4]"), 4, "a number is too large" },
  { TENSOR ("\"F32\"", "[9223372036854775807]", "[0,4]"), 4, "possible number of bytes" },
  { TENSOR ("\"F32\"", "[4294967296,4294967296]", "[0,0]"), 0, "possible number of bytes" },
  { TENSOR ("\"F32\"", "[4294967296,2147483648]", "[0,0]"), 0, "possible number of bytes" },
  { TENSOR ("\"F4\"", "[3]", "[0,1]"), 1, "possible number of bytes" },
  { TENSOR ("\"F32\"", "[1]", "4"), 4, "an array was wanted" },
  { TENSOR ("\"F32\"", "[1]", "[4]"), 4, "a comma was wanted" },
  { TENSOR ("\"F32\"", "[1]", "[0,4,4]"), 4, "a \"]\" was wanted" },
  { TENSOR ("\"F32\"", "[1]", "[0,4.0]"), 4, "a whole number from 0 on" },
  { TENSOR ("\"F32\"", "[1]", "[-4,0]"), 4, "a whole number from 0 on" },
  { TENSOR ("\"F32\"", "[1]", "[4,0]"), 4, "end before they begin" },
  { TENSOR ("\"F32\"", "[2]", "[0,8]"), 4, "has data_offsets [0, 8], beyond the 4 bytes of data" },
  { TENSOR ("\"F32\"", "[1]", "[9223372036854775803,9223372036854775807]"), 4, "beyond the 4" },
  { TENSOR ("\"F32\"", "[2]", "[0,4]"), 4, "4 bytes, but shape [2] in F32 is 8" },
  { TENSOR ("\"F16\"", "[1]", "[0,4]"), 4, "4 bytes, but shape [1] in F16 is 2" },
  { TENSOR ("\"F32\"", "[0]", "[0,4]"), 4, "4 bytes, but shape [0] in F32 is 0" },
  { TENSOR ("\"F32\"", "[1]", "[4,8]"), 8, "belong to no tensor" },
  { TENSOR ("\"F32\"", "[1]", "[0,4]"), 8, "the tensors end at byte 4 of the data, which has 8" },
  { "{}", 1, "the tensors end at byte 0 of the data, which has 1" },
  { "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},"
    "\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[3,7]}}",
    7, "tensor \"b\" overlaps tensor \"a\" at byte 3" },
  { "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},"
    "\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}",
    4, "overlaps" },
  { "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},"
    "\"b\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[2,2]}}",
    4, "overlaps" },
  { "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},"
    "\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,4]}}",
    4, "tensor \"a\" is in the header twice" },
  { "{\"__metadata__\":[]}", 0, "\"__metadata__\" is not an object" },
  { "{\"__metadata__\":{\"a\":1}}", 0, "\"__metadata__\" is not a map of strings" },
  { "{\"__metadata__\":{},\"__metadata__\":{}}", 0, "\"__metadata__\" twice" },
};

static void
test_bad_headers (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (bad_headers); i++) {
    const struct bad_header *bad = &bad_headers[i];
    g_autoptr (GByteArray) bytes = make_file (bad->header, strlen (bad->header), bad->data_size);
    g_autoptr (GError) error = NULL;

    g_assert_null (open_bytes (bytes, bytes->len, &error));
    test_assert_error (error, LIMN_ERROR_FORMAT, path, bad->words);
  }
}

static void
test_nul_in_header (void)
{
  g_autoptr (GByteArray) bytes = make_file ("{\0}", 3, 0);
  g_autoptr (GError) error = NULL;

  g_assert_null (open_bytes (bytes, bytes->len, &error));
  test_assert_error (error, LIMN_ERROR_FORMAT, path, "not UTF-8");
}

/* As a tensor, as a meaningless key of a tensor, and as the whole header. */
static void
test_deep_nesting (void)
{
  static const char *const starts[] = {
    "",
    "{\"t\":",
    "{\"t\":{\"x\":",
    "{\"__metadata__\":{\"x\":",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (starts) * 2; i++) {
    g_autoptr (GString) header = g_string_new (starts[i / 2]);
    g_autoptr (GByteArray) bytes = NULL;
    g_autoptr (GError) error = NULL;

    for (int k = 0; k < 100000; k++)
      g_string_append (header, i % 2 == 0 ? "[" : "{\"\":");
    bytes = make_file (header->str, header->len, 0);
    g_assert_null (open_bytes (bytes, bytes->len, &error));
    test_assert_error (error, LIMN_ERROR_FORMAT, path, "");
  }
}

static void
test_truncated (void)
{
  g_autoptr (GByteArray) bytes = make_file (good_header, strlen (good_header), GOOD_DATA);

  for (guint size = 0; size < bytes->len; size++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (open_bytes (bytes, size, &error));
    test_assert_error (error, LIMN_ERROR_FORMAT, path, "");
  }
}

static void
test_flipped_bits (void)
{
  g_autoptr (GByteArray) bytes = make_file (good_header, strlen (good_header), GOOD_DATA);
  guint opened = 0, refused = 0;

  for (guint bit = 0; bit < bytes->len * 8; bit++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (limn_safetensors) file = NULL;

    bytes->data[bit / 8] ^= (guint8) (1 << bit % 8);
    file = open_bytes (bytes, bytes->len, &error);
    if (file != NULL) {
      check_entries (file, bytes);
      opened++;
    } else {
      test_assert_error (error, LIMN_ERROR_FORMAT, path, "");
      refused++;
    }
    /* The length cannot change without notice. */
    g_assert_true (bit >= 64 || file == NULL);
    bytes->data[bit / 8] ^= (guint8) (1 << bit % 8);
  }
  /* Names and data may hold anything; structure, types and numbers may not. */
  g_assert_cmpuint (opened, >, GOOD_DATA * 8);
  g_assert_cmpuint (refused, >, 1000);
}

static void
test_header_lengths (void)
{
  static const struct {
    guint64 length;
    const char *words;
  } lengths[] = {
    { 3, "a header of 3 bytes in a file of 10" },
    { 1 << 20, "truncated" },
    { G_MAXINT64, "truncated" },
    { G_MAXUINT64, "a header of 18446744073709551615 bytes" },
    { G_MAXUINT64 - 7, "truncated" },
    { 1, "ends too early" },
    { 0, "ends too early" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (lengths); i++) {
    g_autoptr (GByteArray) bytes = make_file ("{}", 2, 0);
    guint64 length = GUINT64_TO_LE (lengths[i].length);
    g_autoptr (GError) error = NULL;

    memcpy (bytes->data, &length, sizeof length);
    g_assert_null (open_bytes (bytes, bytes->len, &error));
    test_assert_error (error, LIMN_ERROR_FORMAT, path, lengths[i].words);
  }
}

/* A sparse file: its header is there, and is too long to be one. */
static void
test_huge_header (void)
{
  guint64 length = GUINT64_TO_LE (G_GUINT64_CONSTANT (100000001));
  g_autoptr (GError) error = NULL;

  test_write_file (path, &length, sizeof length);
  g_assert_cmpint (truncate (path, 8 + 100000001), ==, 0);
  g_assert_null (limn_safetensors_open (path, &error));
  test_assert_error (error, LIMN_ERROR_FORMAT, path, "wanted at most 100000000");
}

static void
test_no_file (void)
{
  g_autofree char *missing = g_build_filename (folder, "missing.safetensors", NULL);
  g_autofree char *fifo = g_build_filename (folder, "fifo", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (limn_safetensors_open (missing, &error));
  test_assert_error (error, LIMN_ERROR_FILE, missing, g_strerror (ENOENT));
  g_clear_error (&error);
  g_assert_null (limn_safetensors_open (folder, &error));
  test_assert_error (error, LIMN_ERROR_FILE, folder, "is a folder");
  g_clear_error (&error);
  /* Nobody writes into this pipe: opening it must not wait for that. */
  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  g_assert_null (limn_safetensors_open (fifo, &error));
  test_assert_error (error, LIMN_ERROR_FILE, fifo, "pipe");
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  folder = test_folder_new ();
  path = g_build_filename (folder, "model.safetensors", NULL);
  g_test_add_func ("/safetensors/good", test_good);
  g_test_add_func ("/safetensors/no-tensors", test_no_tensors);
  g_test_add_func ("/safetensors/shape-to-string", test_shape_to_string);
  g_test_add_func ("/safetensors/bad-headers", test_bad_headers);
  g_test_add_func ("/safetensors/nul-in-header", test_nul_in_header);
  g_test_add_func ("/safetensors/deep-nesting", test_deep_nesting);
  g_test_add_func ("/safetensors/truncated", test_truncated);
  g_test_add_func ("/safetensors/flipped-bits", test_flipped_bits);
  g_test_add_func ("/safetensors/header-lengths", test_header_lengths);
  g_test_add_func ("/safetensors/huge-header", test_huge_header);
  g_test_add_func ("/safetensors/no-file", test_no_file);
  result = g_test_run ();
  g_free (path);
  test_folder_free (folder);
  return result;
}
