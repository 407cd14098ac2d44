/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/png-text.h"

#include <string.h>

#include "error.h"
#include "io/file.h"

#define CHUNK_FRAME 12 /* length, name, checksum */
#define MAX_KEY 79
#define MAX_ENTRIES 1024
#define PIECE (64 << 10)

static const guint8 signature[] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };

/* What is left of a chunk, or of a part of it. */
struct span {
  const guint8 *at;
  gsize size;
};

struct reader {
  GPtrArray *entries;
  gsize left; /* bytes of text that may still come */
};

static void
entry_free (gpointer data)
{
  struct limn_png_entry *entry = data;

  g_free (entry->key);
  g_free (entry->value);
  g_free (entry);
}

static guint32
read_be32 (const guint8 *at)
{
  return (guint32) at[0] << 24 | (guint32) at[1] << 16 | (guint32) at[2] << 8 | at[3];
}

/* PNG's checksum (ISO 3309), four bits at a time. */
static guint32
crc32 (const guint8 *bytes, gsize size)
{
  static const guint32 table[16] = {
    0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
    0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
  };
  guint32 crc = 0xffffffff;

  for (gsize i = 0; i < size; i++) {
    crc ^= bytes[i];
    crc = crc >> 4 ^ table[crc & 15];
    crc = crc >> 4 ^ table[crc & 15];
  }
  return ~crc;
}

/* Up to a NUL, which is stepped over and need not be there at the end of a chunk. */
static struct span
take_string (struct span *rest)
{
  const guint8 *end = rest->size > 0 ? memchr (rest->at, 0, rest->size) : NULL;
  struct span string = { rest->at, end != NULL ? (gsize) (end - rest->at) : rest->size };
  gsize step = string.size + (end != NULL ? 1 : 0);

  rest->at += step;
  rest->size -= step;
  return string;
}

static int
take_byte (struct span *rest)
{
  if (rest->size == 0)
    return -1;
  rest->size--;
  return *rest->at++;
}

static char *
from_latin1 (const char *text, gsize size)
{
  GString *utf8 = g_string_sized_new (size);

  for (gsize i = 0; i < size && text[i] != '\0'; i++)
    g_string_append_unichar (utf8, (guchar) text[i]);
  return g_string_free (utf8, FALSE);
}

/* A zlib stream that must be whole; NULL where it is not, or longer than @limit. */
static GByteArray *
inflate_span (struct span packed, gsize limit)
{
  g_autoptr (GConverter) converter =
      G_CONVERTER (g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_ZLIB));
  g_autoptr (GByteArray) text = g_byte_array_new ();
  g_autofree guint8 *piece = g_malloc (PIECE);

  for (;;) {
    gsize read, written;
    GConverterResult result = g_converter_convert (converter, packed.at, packed.size, piece, PIECE,
                                                   G_CONVERTER_INPUT_AT_END, &read, &written, NULL);

    if (result == G_CONVERTER_ERROR || written > limit - text->len)
      return NULL;
    g_byte_array_append (text, piece, (guint) written);
    packed.at += read;
    packed.size -= read;
    if (result == G_CONVERTER_FINISHED)
      return g_steal_pointer (&text);
  }
}

/* NULL for what is broken or too long. */
static char *
read_value (struct reader *reader, struct span text, bool packed, bool latin1)
{
  g_autoptr (GByteArray) inflated = packed ? inflate_span (text, reader->left) : NULL;
  const char *bytes = packed && inflated != NULL ? (const char *) inflated->data : NULL;
  gsize size = packed && inflated != NULL ? inflated->len : 0;
  char *value;

  if (!packed) {
    bytes = (const char *) text.at;
    size = text.size;
  }
  if ((packed && inflated == NULL) || size > reader->left)
    return NULL;
  reader->left -= size;
  if (bytes == NULL)
    return g_strdup ("");
  if (latin1)
    return from_latin1 (bytes, size);
  size = strnlen (bytes, size);
  value = g_utf8_make_valid (bytes, (gssize) size);
  return value;
}

static void
add_entry (struct reader *reader, struct span key, char *value)
{
  struct limn_png_entry *entry = g_new0 (struct limn_png_entry, 1);

  entry->key = from_latin1 ((const char *) key.at, key.size);
  entry->value = value;
  g_ptr_array_add (reader->entries, entry);
}

/* Keyword, NUL, Latin-1 */
static char *
read_text (struct reader *reader, struct span rest)
{
  return read_value (reader, rest, false, true);
}

/* Keyword, NUL, method, zlib stream of Latin-1 */
static char *
read_ztxt (struct reader *reader, struct span rest)
{
  return take_byte (&rest) == 0 ? read_value (reader, rest, true, true) : NULL;
}

/* Keyword, NUL, flag, method, language, NUL, translated keyword, NUL, UTF-8 or a zlib stream of it
 */
static char *
read_itxt (struct reader *reader, struct span rest)
{
  int packed = take_byte (&rest), method = take_byte (&rest);

  if (packed < 0 || packed > 1 || method < 0 || (packed == 1 && method != 0))
    return NULL;
  take_string (&rest);
  take_string (&rest);
  return read_value (reader, rest, packed == 1, false);
}

static void
read_chunk (struct reader *reader, const guint8 *name, struct span data, bool whole)
{
  static const struct {
    char name[5];
    char *(*read) (struct reader *, struct span);
  } kinds[] = { { "tEXt", read_text }, { "zTXt", read_ztxt }, { "iTXt", read_itxt } };

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++) {
    struct span key;

    if (memcmp (name, kinds[i].name, 4) != 0)
      continue;
    key = take_string (&data);
    if (key.size >= 1 && key.size <= MAX_KEY)
      add_entry (reader, key, whole ? kinds[i].read (reader, data) : NULL);
  }
}

GPtrArray *
limn_png_texts_decode (const void *bytes, gsize size, const char *name, GError **error)
{
  g_autoptr (GPtrArray) entries = g_ptr_array_new_with_free_func (entry_free);
  struct reader reader = { entries, LIMN_PNG_MAX_TEXT };
  const guint8 *file = bytes;

  if (size < sizeof signature || memcmp (file, signature, sizeof signature) != 0) {
    limn_file_set_error (error, LIMN_ERROR_FORMAT, name, "not a PNG file");
    return NULL;
  }
  for (gsize at = sizeof signature; size - at >= CHUNK_FRAME && entries->len < MAX_ENTRIES;) {
    const guint8 *chunk = file + at;
    gsize length = read_be32 (chunk);
    bool text = memcmp (chunk + 5, "TXt", 3) == 0 || memcmp (chunk + 5, "EXt", 3) == 0;

    if (length > size - at - CHUNK_FRAME)
      break;
    if (text)
      read_chunk (&reader, chunk + 4, (struct span){ chunk + 8, length },
                  crc32 (chunk + 4, length + 4) == read_be32 (chunk + 8 + length));
    at += CHUNK_FRAME + length;
  }
  return g_steal_pointer (&entries);
}

GPtrArray *
limn_png_texts_load (const char *path, GError **error)
{
  g_autoptr (GMappedFile) map = limn_file_map (path, error);

  if (map == NULL)
    return NULL;
  return limn_png_texts_decode (g_mapped_file_get_contents (map), g_mapped_file_get_length (map),
                                path, error);
}

const char *
limn_png_texts_find (const GPtrArray *texts, const char *key)
{
  for (guint i = 0; i < texts->len; i++) {
    const struct limn_png_entry *entry = texts->pdata[i];

    if (entry->value != NULL && g_str_equal (entry->key, key))
      return entry->value;
  }
  return NULL;
}

/* --- writing --- */

static void
append_be32 (GByteArray *bytes, guint32 number)
{
  const guint8 parts[] = { (guint8) (number >> 24), (guint8) (number >> 16), (guint8) (number >> 8),
                           (guint8) number };

  g_byte_array_append (bytes, parts, sizeof parts);
}

GByteArray *
limn_png_text_chunk (const char *key, const char *value)
{
  bool ascii = g_str_is_ascii (value);
  /* iTXt: a NUL, no compression twice, and neither language nor translated key. */
  gsize gap = ascii ? 1 : 5;
  GByteArray *bytes = g_byte_array_new ();

  append_be32 (bytes, (guint32) (strlen (key) + gap + strlen (value)));
  g_byte_array_append (bytes, (const guint8 *) (ascii ? "tEXt" : "iTXt"), 4);
  g_byte_array_append (bytes, (const guint8 *) key, (guint) strlen (key));
  g_byte_array_append (bytes, (const guint8 *) "\0\0\0\0", (guint) gap);
  g_byte_array_append (bytes, (const guint8 *) value, (guint) strlen (value));
  append_be32 (bytes, crc32 (bytes->data + 4, bytes->len - 4));
  return bytes;
}
