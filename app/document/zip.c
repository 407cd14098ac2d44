/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "document/zip.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "document/bytes.h"

#define MAX_MEMBERS 10000
/* Archives of pictures unpack to little more than they are; these are far above. */
#define MAX_UNPACKED_BASE ((guint64) 16 << 20)
#define MAX_UNPACKED_RATIO 32
/* Midnight of 1 January 1980, the first day there is, so that equal documents make equal files. */
#define DOS_TIME 0
#define DOS_DATE 0x21

/* --- writing --- */

struct limn_zip_writer {
  char *path;
  limn_file_writer *file;
  GByteArray *directory;
  guint64 offset;
  guint count;
};

/* ISO 3309, as ZIP and PNG have it. */
static guint32
crc32 (const guint8 *bytes, gsize size)
{
  static guint32 table[256];
  static gsize ready;
  guint32 crc = 0xffffffff;

  if (g_once_init_enter (&ready)) {
    for (guint32 i = 0; i < 256; i++) {
      table[i] = i;
      for (int bit = 0; bit < 8; bit++)
        table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xedb88320 : 0);
    }
    g_once_init_leave (&ready, 1);
  }
  for (gsize i = 0; i < size; i++)
    crc = crc >> 8 ^ table[(crc ^ bytes[i]) & 0xff];
  return ~crc;
}

limn_zip_writer *
limn_zip_writer_new (const char *path, GError **error)
{
  limn_file_writer *file = limn_file_writer_new (path, error);
  limn_zip_writer *writer;

  if (file == NULL)
    return NULL;
  writer = g_new0 (limn_zip_writer, 1);
  writer->path = g_strdup (path);
  writer->file = file;
  writer->directory = g_byte_array_new ();
  return writer;
}

void
limn_zip_writer_free (limn_zip_writer *writer)
{
  if (writer == NULL)
    return;
  limn_file_writer_free (writer->file);
  g_byte_array_unref (writer->directory);
  g_free (writer->path);
  g_free (writer);
}

static void
put_fixed16 (GByteArray *out, guint value)
{
  guint8 bytes[] = { (guint8) value, (guint8) (value >> 8) };

  g_byte_array_append (out, bytes, sizeof bytes);
}

/* What the header before a member and its entry in the directory have in common. */
static void
put_header (GByteArray *out, const char *name, guint32 crc, gsize size)
{
  put_fixed16 (out, 10);     /* version 1.0 suffices to read it */
  put_fixed16 (out, 0x0800); /* the name is UTF-8 */
  put_fixed16 (out, 0);      /* stored */
  put_fixed16 (out, DOS_TIME);
  put_fixed16 (out, DOS_DATE);
  limn_put_fixed32 (out, crc);
  limn_put_fixed32 (out, (guint32) size);
  limn_put_fixed32 (out, (guint32) size);
  put_fixed16 (out, (guint) strlen (name));
  put_fixed16 (out, 0); /* extra fields */
}

static bool
append (limn_zip_writer *writer, const void *bytes, gsize size, GError **error)
{
  /* The offsets of a plain ZIP have 32 bits. */
  if (size > G_MAXUINT32 - writer->offset) {
    limn_file_set_error (error, LIMN_ERROR_FILE, writer->path,
                         "cannot be written: it would be larger than 4 GiB");
    return false;
  }
  writer->offset += size;
  return limn_file_writer_append (writer->file, bytes, size, error);
}

bool
limn_zip_writer_add (
    limn_zip_writer *writer, const char *name, const void *bytes, gsize size, GError **error)
{
  g_autoptr (GByteArray) header = g_byte_array_new ();
  guint32 offset = (guint32) writer->offset, crc = crc32 (bytes, size);

  limn_put_fixed32 (header, 0x04034b50);
  put_header (header, name, crc, size);
  g_byte_array_append (header, (const guint8 *) name, (guint) strlen (name));

  limn_put_fixed32 (writer->directory, 0x02014b50);
  put_fixed16 (writer->directory, 3 << 8 | 10); /* made on Unix */
  put_header (writer->directory, name, crc, size);
  put_fixed16 (writer->directory, 0); /* comment */
  put_fixed16 (writer->directory, 0); /* disk */
  put_fixed16 (writer->directory, 0); /* binary */
  limn_put_fixed32 (writer->directory, (guint32) 0100644 << 16);
  limn_put_fixed32 (writer->directory, offset);
  g_byte_array_append (writer->directory, (const guint8 *) name, (guint) strlen (name));
  writer->count++;
  return append (writer, header->data, header->len, error) && append (writer, bytes, size, error);
}

bool
limn_zip_writer_finish (limn_zip_writer *writer, GError **error)
{
  g_autoptr (GByteArray) end = g_byte_array_new ();

  limn_put_fixed32 (end, 0x06054b50);
  put_fixed16 (end, 0);
  put_fixed16 (end, 0);
  put_fixed16 (end, writer->count);
  put_fixed16 (end, writer->count);
  limn_put_fixed32 (end, writer->directory->len);
  limn_put_fixed32 (end, (guint32) writer->offset);
  put_fixed16 (end, 0);
  return append (writer, writer->directory->data, writer->directory->len, error) &&
         append (writer, end->data, end->len, error) &&
         limn_file_writer_finish (writer->file, error);
}

/* --- reading --- */

struct unpacker {
  struct archive *archive;
  const char *path;
  guint64 left; /* bytes that may still come out */
  GHashTable *members;
  GPtrArray *warnings;
};

static bool
fail (const struct unpacker *unpacker, const char *name, const char *problem, GError **error)
{
  g_autofree char *quoted = name != NULL ? limn_file_quote (name) : g_strdup ("the archive");
  g_autofree char *escaped = limn_file_escape (problem != NULL ? problem : "cannot be read", -1);

  limn_file_set_error (error, LIMN_ERROR_FORMAT, unpacker->path, "%s is broken: %s", quoted,
                       escaped);
  return false;
}

/* Nothing is unpacked to the disk, but somebody else may do so with what we keep. */
static bool
is_safe (const char *name)
{
  g_auto (GStrv) parts = g_strsplit (name, "/", -1);

  if (*name == '\0' || *name == '/' || strchr (name, '\\') != NULL ||
      !g_utf8_validate (name, -1, NULL))
    return false;
  for (int i = 0; parts[i] != NULL; i++)
    if (*parts[i] == '\0' || g_str_equal (parts[i], ".") || g_str_equal (parts[i], ".."))
      return false;
  return true;
}

static GBytes *
read_data (struct unpacker *unpacker, const char *name, GError **error)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  guint8 buffer[65536];

  for (;;) {
    la_ssize_t got = archive_read_data (unpacker->archive, buffer, sizeof buffer);

    if (got < 0) {
      fail (unpacker, name, archive_error_string (unpacker->archive), error);
      return NULL;
    }
    if (got == 0)
      return g_byte_array_free_to_bytes (g_steal_pointer (&bytes));
    if ((guint64) got > unpacker->left) {
      fail (unpacker, name, "it unpacks to far more than a drawing would", error);
      return NULL;
    }
    unpacker->left -= (guint64) got;
    g_byte_array_append (bytes, buffer, (guint) got);
  }
}

static bool
read_member (struct unpacker *unpacker, struct archive_entry *entry, GError **error)
{
  const char *name = archive_entry_pathname_utf8 (entry);
  GBytes *bytes;

  if (name == NULL)
    name = archive_entry_pathname (entry);
  if (archive_entry_filetype (entry) == AE_IFDIR)
    return true;
  if (name == NULL || archive_entry_filetype (entry) != AE_IFREG || !is_safe (name)) {
    g_autofree char *quoted = limn_file_quote (name != NULL ? name : "");
    g_autofree char *display = g_filename_display_name (unpacker->path);

    g_ptr_array_add (
        unpacker->warnings,
        g_strdup_printf ("%s: %s in it is no file of a drawing and was left out", display, quoted));
    return true;
  }
  if (g_hash_table_contains (unpacker->members, name))
    return fail (unpacker, name, "it is there twice", error);
  bytes = read_data (unpacker, name, error);
  if (bytes == NULL)
    return false;
  g_hash_table_insert (unpacker->members, g_strdup (name), bytes);
  return true;
}

static bool
read_members (struct unpacker *unpacker, const void *bytes, gsize size, GError **error)
{
  struct archive_entry *entry;
  int status;

  /* Only the directory at the end says what is in the file: without it the file was cut. */
  archive_read_support_format_zip_seekable (unpacker->archive);
  if (archive_read_open_memory (unpacker->archive, bytes, size) != ARCHIVE_OK)
    return fail (unpacker, NULL, archive_error_string (unpacker->archive), error);
  for (int count = 0;; count++) {
    status = archive_read_next_header (unpacker->archive, &entry);
    if (status == ARCHIVE_EOF)
      return true;
    if (status != ARCHIVE_OK && status != ARCHIVE_WARN)
      return fail (unpacker, NULL, archive_error_string (unpacker->archive), error);
    if (count >= MAX_MEMBERS)
      return fail (unpacker, NULL, "it has too many members", error);
    if (!read_member (unpacker, entry, error))
      return false;
  }
}

GHashTable *
limn_zip_read (const void *bytes, gsize size, const char *path, GPtrArray *warnings, GError **error)
{
  struct unpacker unpacker = {
    .archive = archive_read_new (),
    .path = path,
    .left = MAX_UNPACKED_BASE + size * MAX_UNPACKED_RATIO,
    .members =
        g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_bytes_unref),
    .warnings = warnings,
  };

  if (!read_members (&unpacker, bytes, size, error))
    g_clear_pointer (&unpacker.members, g_hash_table_unref);
  archive_read_free (unpacker.archive);
  return unpacker.members;
}
