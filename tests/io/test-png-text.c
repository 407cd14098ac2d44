/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/png-text.h"

#include <string.h>

#include "error.h"
#include "folder.h"
#include "io/png.h"

static char *folder;
static char *path;

/* --- files put together by hand --- */

static guint32
crc32 (const guint8 *bytes, gsize size)
{
  guint32 crc = 0xffffffff;

  for (gsize i = 0; i < size; i++) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; bit++)
      crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc;
}

static void
append_be32 (GByteArray *file, guint32 value)
{
  value = GUINT32_TO_BE (value);
  g_byte_array_append (file, (const guint8 *) &value, 4);
}

static void
append_chunk (GByteArray *file, const char *name, const void *data, gsize size)
{
  gsize at = file->len + 4;

  append_be32 (file, (guint32) size);
  g_byte_array_append (file, (const guint8 *) name, 4);
  g_byte_array_append (file, data, (guint) size);
  append_be32 (file, crc32 (file->data + at, size + 4));
}

static GByteArray *
begin_file (void)
{
  GByteArray *file = g_byte_array_new ();

  g_byte_array_append (file, (const guint8 *) "\x89PNG\r\n\x1a\n", 8);
  return file;
}

static GByteArray *
deflate_text (const char *text, gsize size)
{
  g_autoptr (GConverter) converter =
      G_CONVERTER (g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_ZLIB, 9));
  GByteArray *packed = g_byte_array_new ();
  gsize read, written;
  g_autoptr (GError) error = NULL;

  g_byte_array_set_size (packed, (guint) size + 4096);
  g_assert_cmpint (g_converter_convert (converter, text, size, packed->data, packed->len,
                                        G_CONVERTER_INPUT_AT_END, &read, &written, &error),
                   ==, G_CONVERTER_FINISHED);
  g_byte_array_set_size (packed, (guint) written);
  return packed;
}

static GPtrArray *
decode (const GByteArray *file)
{
  g_autoptr (GError) error = NULL;
  GPtrArray *texts = limn_png_texts_decode (file->data, file->len, "a.png", &error);

  g_assert_no_error (error);
  g_assert_nonnull (texts);
  return texts;
}

static void
assert_entry (const GPtrArray *texts, guint i, const char *key, const char *value)
{
  const struct limn_png_entry *entry;

  g_assert_cmpuint (i, <, texts->len);
  entry = texts->pdata[i];
  g_assert_cmpstr (entry->key, ==, key);
  g_assert_cmpstr (entry->value, ==, value);
}

static void
append_packed (
    GByteArray *file, const char *name, const char *head, gsize head_size, const GByteArray *packed)
{
  g_autoptr (GByteArray) data = g_byte_array_new ();

  g_byte_array_append (data, (const guint8 *) head, (guint) head_size);
  g_byte_array_append (data, packed->data, packed->len);
  append_chunk (file, name, data->data, data->len);
}

static void
test_kinds (void)
{
  g_autoptr (GByteArray) file = begin_file ();
  g_autoptr (GByteArray) packed = deflate_text ("\xe9t\xe9", 3);
  g_autoptr (GByteArray) packed_utf8 = deflate_text ("\303\251t\303\251", 5);
  g_autoptr (GPtrArray) texts = NULL;

  append_chunk (file, "tEXt", "Title\0caf\xe9", 10);
  append_chunk (file, "IDAT", "tEXt", 4);
  append_packed (file, "zTXt", "T\xeftle\0\0", 7, packed);
  append_chunk (file, "iTXt", "a\0\0\0de\0Wort\0\346\260\227", 15);
  append_packed (file, "iTXt", "b\0\1\0\0\0", 6, packed_utf8);
  append_chunk (file, "tEXt", "alone", 5);
  append_chunk (file, "tEXt", "nul\0x\0y", 7);
  append_chunk (file, "IEND", "", 0);
  append_chunk (file, "tEXt", "late\0x", 6);
  texts = decode (file);
  g_assert_cmpuint (texts->len, ==, 7);
  assert_entry (texts, 0, "Title", "caf\303\251");
  assert_entry (texts, 1, "T\303\257tle", "\303\251t\303\251");
  assert_entry (texts, 2, "a", "\346\260\227");
  assert_entry (texts, 3, "b", "\303\251t\303\251");
  assert_entry (texts, 4, "alone", "");
  assert_entry (texts, 5, "nul", "x");
  assert_entry (texts, 6, "late", "x");
  g_assert_cmpstr (limn_png_texts_find (texts, "b"), ==, "\303\251t\303\251");
  g_assert_null (limn_png_texts_find (texts, "c"));
}

/* Each is there with its key and without a value; what follows is read all the same. */
static void
test_broken (void)
{
  static const struct {
    const char *name, *data;
    gsize size;
  } chunks[] = {
    { "zTXt", "a\0\1x", 4 },            /* no method but 0 */
    { "zTXt", "a\0", 2 },               /* nothing there */
    { "zTXt", "a\0\0garbage", 10 },     /* no zlib stream */
    { "zTXt", "a\0\0\x78\x9c\xcb", 6 }, /* cut off */
    { "iTXt", "a\0\2\0\0\0x", 7 },      /* no such flag */
    { "iTXt", "a\0\1\1\0\0x", 7 },      /* no such method */
    { "iTXt", "a\0", 2 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (chunks); i++) {
    g_autoptr (GByteArray) file = begin_file ();
    g_autoptr (GPtrArray) texts = NULL;

    g_test_message ("%s %" G_GSIZE_FORMAT, chunks[i].name, i);
    append_chunk (file, chunks[i].name, chunks[i].data, chunks[i].size);
    append_chunk (file, "tEXt", "b\0good", 6);
    texts = decode (file);
    g_assert_cmpuint (texts->len, ==, 2);
    assert_entry (texts, 0, "a", NULL);
    assert_entry (texts, 1, "b", "good");
  }
}

static void
test_checksum (void)
{
  g_autoptr (GByteArray) file = begin_file ();
  g_autoptr (GPtrArray) texts = NULL;

  append_chunk (file, "tEXt", "a\0good", 6);
  file->data[file->len - 6] ^= 1;
  append_chunk (file, "tEXt", "a\0better", 8);
  texts = decode (file);
  assert_entry (texts, 0, "a", NULL);
  g_assert_cmpstr (limn_png_texts_find (texts, "a"), ==, "better");
}

static void
test_keys (void)
{
  g_autoptr (GByteArray) file = begin_file ();
  g_autofree char *long_key = g_strnfill (80, 'k');
  g_autofree char *key = g_strnfill (79, 'k');
  g_autoptr (GPtrArray) texts = NULL;

  append_chunk (file, "tEXt", "\0x", 2);
  append_chunk (file, "tEXt", "", 0);
  append_chunk (file, "tEXt", long_key, 80);
  append_chunk (file, "tEXt", key, 79);
  texts = decode (file);
  g_assert_cmpuint (texts->len, ==, 1);
  assert_entry (texts, 0, key, "");
}

/* Wherever a file ends, the chunks that are whole are read, and nothing beyond. */
static void
test_truncated (void)
{
  g_autoptr (GByteArray) file = begin_file ();
  gsize first;

  append_chunk (file, "tEXt", "a\0one", 5);
  first = file->len;
  append_chunk (file, "tEXt", "b\0two", 5);
  for (gsize size = 8; size <= file->len; size++) {
    g_autofree guint8 *copy = g_memdup2 (file->data, size);
    g_autoptr (GError) error = NULL;
    g_autoptr (GPtrArray) texts = limn_png_texts_decode (copy, size, "a.png", &error);

    g_assert_no_error (error);
    g_assert_cmpuint (texts->len, ==, size == file->len ? 2 : size >= first ? 1 : 0);
  }
}

/* Together they may have LIMN_PNG_MAX_TEXT; the one that goes beyond has no value. */
static void
test_limit (void)
{
  gsize half = LIMN_PNG_MAX_TEXT / 2;
  g_autofree char *zeros = g_malloc0 (half);
  g_autoptr (GByteArray) packed = NULL;
  g_autoptr (GByteArray) file = begin_file ();
  g_autoptr (GPtrArray) texts = NULL;

  packed = deflate_text (zeros, half);
  append_packed (file, "zTXt", "a\0\0", 3, packed);
  append_chunk (file, "tEXt", "b\0x", 3);
  append_packed (file, "zTXt", "c\0\0", 3, packed);
  append_chunk (file, "tEXt", "d\0x", 3);
  texts = decode (file);
  assert_entry (texts, 0, "a", "");
  assert_entry (texts, 1, "b", "x");
  assert_entry (texts, 2, "c", NULL);
  assert_entry (texts, 3, "d", "x");
}

static void
test_not_a_png (void)
{
  g_autoptr (GError) error = NULL;

  test_write_file (path, "GIF89a..", 8);
  g_assert_null (limn_png_texts_load (path, &error));
  test_assert_error (error, LIMN_ERROR_FORMAT, path, "not a PNG file");
  g_clear_error (&error);
  test_write_file (path, "", 0);
  g_assert_null (limn_png_texts_load (path, &error));
  test_assert_error (error, LIMN_ERROR_FORMAT, path, "not a PNG file");
  g_clear_error (&error);
  g_assert_null (limn_png_texts_load (folder, &error));
  test_assert_error (error, LIMN_ERROR_FILE, folder, "is a folder");
}

/* What limn_png_save() writes is read back, short and long, Latin-1 or not. */
static void
test_round_trip (void)
{
  g_autofree char *run = g_strnfill (5000, 'x');
  g_autofree char *wide = g_strconcat (run, "\360\237\216\210", NULL);
  const struct limn_png_text written[] = {
    { "parameters", "caf\303\251, one\nSteps: 1" },
    { "wide", "\346\260\227" },
    { "long", wide },
    { "limn", "short", .utf8 = true },
    { "more", wide, .utf8 = true },
    { "latin", run, .utf8 = true },
  };
  g_autoptr (limn_image) image = limn_image_new (2, 2, 3);
  g_autoptr (GPtrArray) texts = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *bytes = NULL;
  gsize size;

  g_assert_true (limn_png_save (image, path, written, G_N_ELEMENTS (written), &error));
  texts = limn_png_texts_load (path, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (texts->len, ==, G_N_ELEMENTS (written));
  for (guint i = 0; i < texts->len; i++)
    assert_entry (texts, i, written[i].key, written[i].value);
  g_assert_true (g_file_get_contents (path, &bytes, &size, &error));
  g_assert_nonnull (memmem (bytes, size, "tEXtparameters", 14));
  g_assert_nonnull (memmem (bytes, size, "iTXtlimn\0\0\0\0\0short", 18));
  g_assert_nonnull (memmem (bytes, size, "iTXtmore\0\1\0\0\0", 13));
  /* Only one of the three long ones lies there as it is. */
  g_assert_cmpuint (size, <, 6000);
}

/* Longer than what Pillow inflates: left as it is. */
static void
test_very_long (void)
{
  g_autofree char *run = g_strnfill (1 << 20, 'x');
  const struct limn_png_text text = { "limn", run, .utf8 = true };
  g_autoptr (limn_image) image = limn_image_new (2, 2, 3);
  g_autoptr (GPtrArray) texts = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *bytes = NULL;
  gsize size;

  g_assert_true (limn_png_save (image, path, &text, 1, &error));
  texts = limn_png_texts_load (path, &error);
  g_assert_no_error (error);
  assert_entry (texts, 0, "limn", run);
  g_assert_true (g_file_get_contents (path, &bytes, &size, &error));
  g_assert_cmpuint (size, >, 1 << 20);
}

static void
test_encode (void)
{
  g_autoptr (limn_image) image = limn_image_new (5, 3, 3);
  g_autoptr (limn_image) back = NULL;
  g_autoptr (GByteArray) first = NULL;
  g_autoptr (GByteArray) second = NULL;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 45; i++)
    image->pixels[i] = (guint8) (i * 5);
  first = limn_png_encode (image, &error);
  g_assert_no_error (error);
  second = limn_png_encode (image, &error);
  g_assert_cmpmem (first->data, first->len, second->data, second->len);
  back = limn_png_decode (first->data, first->len, "it", &error);
  g_assert_no_error (error);
  g_assert_cmpmem (back->pixels, 45, image->pixels, 45);
  g_assert_null (limn_png_decode (first->data, first->len - 9, "it", &error));
  test_assert_error (error, LIMN_ERROR_FORMAT, "it", "broken or truncated PNG");
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  folder = test_folder_new ();
  path = g_build_filename (folder, "balloon.png", NULL);
  g_test_add_func ("/png-text/kinds", test_kinds);
  g_test_add_func ("/png-text/broken", test_broken);
  g_test_add_func ("/png-text/checksum", test_checksum);
  g_test_add_func ("/png-text/keys", test_keys);
  g_test_add_func ("/png-text/truncated", test_truncated);
  g_test_add_func ("/png-text/limit", test_limit);
  g_test_add_func ("/png-text/not-a-png", test_not_a_png);
  g_test_add_func ("/png-text/round-trip", test_round_trip);
  g_test_add_func ("/png-text/very-long", test_very_long);
  g_test_add_func ("/png-text/encode", test_encode);
  result = g_test_run ();
  test_folder_free (folder);
  g_free (path);
  return result;
}
