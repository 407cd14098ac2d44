/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/sequence.h"

#include <string.h>
#include <unistd.h>

#include "error.h"
#include "io/file.h"
#include "io/png.h"

/* --- writing --- */

struct limn_sequence_writer {
  char *stem, *recipe;
  int width, height; /* 0: as the frames */
  int count;
  GPtrArray *made; /* of char *: files that were not there before */
};

limn_sequence_writer *
limn_sequence_writer_new (const char *path, const struct limn_film_params *params)
{
  limn_sequence_writer *writer = g_new0 (limn_sequence_writer, 1);
  gsize length = strlen (path);

  if (length > 4 && g_ascii_strcasecmp (path + length - 4, ".png") == 0)
    length -= 4;
  writer->stem = g_strndup (path, length);
  writer->recipe = g_strdup (params->recipe);
  writer->width = params->out_width;
  writer->height = params->out_height;
  writer->made = g_ptr_array_new_with_free_func (g_free);
  return writer;
}

bool
limn_sequence_writer_add (limn_sequence_writer *writer, const limn_image *frame, GError **error)
{
  g_autofree char *path = g_strdup_printf ("%s-%04d.png", writer->stem, ++writer->count);
  g_autoptr (limn_image) sized = NULL;
  const struct limn_png_text text = { "parameters", writer->recipe };
  bool was_there = g_file_test (path, G_FILE_TEST_EXISTS);

  if (writer->width > 0 && writer->height > 0)
    sized = limn_image_resize (frame, writer->width, writer->height);
  if (!limn_png_save (sized != NULL ? sized : frame, path, &text, writer->recipe != NULL ? 1 : 0,
                      error))
    return false;
  if (!was_there)
    g_ptr_array_add (writer->made, g_steal_pointer (&path));
  return true;
}

bool
limn_sequence_writer_finish (limn_sequence_writer *writer, GError **error)
{
  g_ptr_array_set_size (writer->made, 0);
  return true;
}

void
limn_sequence_writer_free (limn_sequence_writer *writer)
{
  if (writer == NULL)
    return;
  for (guint i = 0; i < writer->made->len; i++)
    unlink (writer->made->pdata[i]);
  g_ptr_array_unref (writer->made);
  g_free (writer->stem);
  g_free (writer->recipe);
  g_free (writer);
}

/* --- reading --- */

struct limn_sequence_reader {
  GPtrArray *files; /* of char *: paths */
  guint next;
  limn_image *first; /* read to learn the size, until it is asked for */
  int width, height;
};

/* @key is what names are sorted by. */
struct named {
  char *key, *path;
};

static void
clear_named (gpointer data)
{
  g_free (((struct named *) data)->key);
  g_free (((struct named *) data)->path);
}

static int
compare_named (gconstpointer a, gconstpointer b)
{
  return strcmp (((const struct named *) a)->key, ((const struct named *) b)->key);
}

static GPtrArray *
list_files (const char *folder, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (GDir) dir = g_dir_open (folder, 0, &local);
  g_autoptr (GArray) names = g_array_new (FALSE, FALSE, sizeof (struct named));
  GPtrArray *files;
  const char *name;

  if (dir == NULL) {
    limn_file_set_error (error, LIMN_ERROR_FILE, folder, "%s", local->message);
    return NULL;
  }
  g_array_set_clear_func (names, clear_named);
  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *lower = g_ascii_strdown (name, -1);
    g_autofree char *display = g_filename_display_name (name);
    struct named one;

    if (!g_str_has_suffix (lower, ".png"))
      continue;
    one = (struct named){ g_utf8_collate_key_for_filename (display, -1),
                          g_build_filename (folder, name, NULL) };
    g_array_append_val (names, one);
  }
  if (names->len == 0) {
    limn_file_set_error (error, LIMN_ERROR_FILE, folder, "has no .png files");
    return NULL;
  }
  g_array_sort (names, compare_named);
  files = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < names->len; i++)
    g_ptr_array_add (files, g_steal_pointer (&g_array_index (names, struct named, i).path));
  return files;
}

static limn_image *
load_frame (const char *path, GError **error)
{
  g_autoptr (limn_image) image = limn_png_load (path, error);

  return image != NULL ? limn_image_to_rgb (image) : NULL;
}

limn_sequence_reader *
limn_sequence_reader_new (const char *folder, GError **error)
{
  g_autoptr (limn_sequence_reader) reader = g_new0 (limn_sequence_reader, 1);

  reader->files = list_files (folder, error);
  if (reader->files == NULL ||
      (reader->first = load_frame (reader->files->pdata[0], error)) == NULL)
    return NULL;
  reader->width = reader->first->width;
  reader->height = reader->first->height;
  return g_steal_pointer (&reader);
}

void
limn_sequence_reader_size (const limn_sequence_reader *reader, int *width, int *height)
{
  *width = reader->width;
  *height = reader->height;
}

const char *
limn_sequence_reader_first (const limn_sequence_reader *reader)
{
  return reader->files->pdata[0];
}

limn_image *
limn_sequence_reader_next (limn_sequence_reader *reader, GError **error)
{
  g_autoptr (limn_image) frame = NULL;
  const char *path;

  if (reader->next >= reader->files->len)
    return NULL;
  path = reader->files->pdata[reader->next++];
  frame = reader->first != NULL ? g_steal_pointer (&reader->first) : load_frame (path, error);
  if (frame != NULL && (frame->width != reader->width || frame->height != reader->height)) {
    limn_file_set_error (error, LIMN_ERROR_FORMAT, path,
                         "has %d x %d pixels, wanted %d x %d as the first one", frame->width,
                         frame->height, reader->width, reader->height);
    return NULL;
  }
  return g_steal_pointer (&frame);
}

void
limn_sequence_reader_free (limn_sequence_reader *reader)
{
  if (reader == NULL)
    return;
  g_clear_pointer (&reader->files, g_ptr_array_unref);
  limn_image_free (reader->first);
  g_free (reader);
}
