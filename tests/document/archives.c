/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "archives.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "document/file.h"

char *files_folder;

char *
files_path_of (const char *name)
{
  return g_build_filename (files_folder, name, NULL);
}

LimnDocument *
files_load (const char *path, guint n_warnings)
{
  g_autoptr (GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  LimnDocument *document = limn_document_load (path, warnings, &error);

  g_assert_no_error (error);
  for (guint i = 0; i < warnings->len; i++) {
    g_assert_true (g_str_has_prefix (g_ptr_array_index (warnings, i), path));
    g_assert_null (strchr (g_ptr_array_index (warnings, i), '\n'));
  }
  if (warnings->len != n_warnings)
    g_error ("%u warnings, the last: %s", warnings->len,
             warnings->len > 0 ? (char *) g_ptr_array_index (warnings, warnings->len - 1) : "");
  return document;
}

void
files_save (LimnDocument *document, const char *path)
{
  g_autoptr (GError) error = NULL;

  limn_document_save (document, path, &error);
  g_assert_no_error (error);
}

void
files_write_zip (const char *path, const struct part *parts, gsize count)
{
  struct archive *archive = archive_write_new ();

  archive_write_set_format_zip (archive);
  g_assert_cmpint (archive_write_open_filename (archive, path), ==, ARCHIVE_OK);
  for (gsize i = 0; i < count; i++) {
    struct archive_entry *entry = archive_entry_new ();

    if (i == 0)
      archive_write_zip_set_compression_store (archive);
    else
      archive_write_zip_set_compression_deflate (archive);
    archive_entry_set_pathname (entry, parts[i].name);
    archive_entry_set_filetype (entry, AE_IFREG);
    archive_entry_set_perm (entry, 0644);
    archive_entry_set_size (entry, (la_int64_t) parts[i].size);
    g_assert_cmpint (archive_write_header (archive, entry), ==, ARCHIVE_OK);
    g_assert_cmpint (archive_write_data (archive, parts[i].bytes, parts[i].size), ==,
                     (gssize) parts[i].size);
    archive_entry_free (entry);
  }
  g_assert_cmpint (archive_write_close (archive), ==, ARCHIVE_OK);
  archive_write_free (archive);
}

struct part
files_text_part (const char *name, const char *text)
{
  return (struct part){ name, text, strlen (text) };
}

GByteArray *
files_grey_png (int width, int height, int value)
{
  g_autoptr (limn_image) image = limn_image_new (width, height, 4);

  for (int i = 0; i < width * height * 4; i++)
    image->pixels[i] = (guint8) (i % 4 == 3 ? 255 : value);
  return limn_png_encode (image, NULL);
}

void
files_write_ora (const char *path, const char *stack)
{
  g_autoptr (GByteArray) png = files_grey_png (8, 6, 200);
  struct part parts[] = { files_text_part ("mimetype", "image/openraster"),
                          files_text_part ("stack.xml", stack),
                          { "data/a.png", png->data, png->len } };

  files_write_zip (path, parts, G_N_ELEMENTS (parts));
}
