/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "document/journal-private.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* What programs left that ended without closing their journals. */

static void
remove_all (GPtrArray *files)
{
  for (guint i = 0; i < files->len; i++)
    g_unlink (g_ptr_array_index (files, i));
}

/* Number of the file, from 1 on, and the NAME in its name; 0 when it is none of ours. A part is the
 * beginning of one. */
static guint64
parse_name (const char *file, char **name)
{
  g_auto (GStrv) parts = g_strsplit (file, ".", -1);
  guint64 number = 0;

  *name = NULL;
  if (g_strv_length (parts) != 3 || !g_uuid_string_is_valid (parts[0]) ||
      (!g_str_equal (parts[2], "journal") && !g_str_equal (parts[2], "part")) ||
      !g_ascii_string_to_unsigned (parts[1], 10, 1, G_MAXUINT32, &number, NULL))
    return 0;
  *name = g_strdup (parts[0]);
  return number;
}

/* All files of @name, the highest number first. */
static GPtrArray *
files_of (const char *folder, const char *name)
{
  GPtrArray *files = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  g_autoptr (GArray) numbers = g_array_new (FALSE, FALSE, sizeof (guint64));
  const char *entry;

  while (dir != NULL && (entry = g_dir_read_name (dir)) != NULL) {
    g_autofree char *found = NULL;
    guint64 number = parse_name (entry, &found);
    guint at = 0;

    if (number == 0 || !g_str_equal (found, name))
      continue;
    while (at < numbers->len && g_array_index (numbers, guint64, at) > number)
      at++;
    g_array_insert_val (numbers, at, number);
    g_ptr_array_insert (files, (int) at, g_build_filename (folder, entry, NULL));
  }
  return files;
}

/* Whether there is a whole document at its beginning. */
static bool
look_into (const char *file, limn_left *left)
{
  g_autoptr (GMappedFile) map = limn_file_map (file, NULL);
  struct stat info;

  if (g_str_has_suffix (file, ".part") || map == NULL || stat (file, &info) < 0 ||
      !limn_journal_read_path (g_mapped_file_get_contents (map), g_mapped_file_get_length (map),
                               &left->path))
    return false;
  left->file = g_strdup (file);
  left->changed = info.st_mtime;
  return true;
}

static limn_left *
left_new (const char *folder, const char *name)
{
  g_autofree char *lock = limn_journal_lock_path (folder, name);
  g_autoptr (GPtrArray) files = NULL;
  limn_left *left;
  int fd = limn_journal_take_lock (lock);

  if (fd < 0)
    return NULL;
  left = g_new0 (limn_left, 1);
  left->lock = fd;
  /* Again, since its owner may have closed it while nobody held the lock. */
  files = files_of (folder, name);
  for (guint i = 0; i < files->len && left->file == NULL; i++)
    look_into (g_ptr_array_index (files, i), left);
  if (left->file != NULL)
    return left;
  remove_all (files);
  g_unlink (lock);
  limn_left_free (left);
  return NULL;
}

static int
compare_left (gconstpointer a, gconstpointer b)
{
  const limn_left *first = *(limn_left *const *) a, *second = *(limn_left *const *) b;

  return (first->changed < second->changed) - (first->changed > second->changed);
}

GPtrArray *
limn_journal_recover (const char *folder)
{
  GPtrArray *all = g_ptr_array_new_with_free_func ((GDestroyNotify) limn_left_free);
  g_autofree char *where = limn_journal_folder (folder);
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GDir) dir = g_dir_open (where, 0, NULL);
  GHashTableIter iter;
  gpointer name;
  const char *entry;

  while (dir != NULL && (entry = g_dir_read_name (dir)) != NULL) {
    char *found;

    if (parse_name (entry, &found) > 0)
      g_hash_table_add (names, found);
  }
  g_hash_table_iter_init (&iter, names);
  while (g_hash_table_iter_next (&iter, &name, NULL)) {
    limn_left *left = left_new (where, name);

    if (left != NULL)
      g_ptr_array_add (all, left);
  }
  g_ptr_array_sort (all, compare_left);
  return all;
}

LimnDocument *
limn_left_open (const limn_left *left, GError **error)
{
  g_autoptr (GMappedFile) map = limn_file_map (left->file, error);

  if (map == NULL)
    return NULL;
  return limn_journal_read (g_mapped_file_get_contents (map), g_mapped_file_get_length (map),
                            left->file, error);
}

void
limn_left_discard (limn_left *left)
{
  g_autofree char *folder = g_path_get_dirname (left->file);
  g_autofree char *entry = g_path_get_basename (left->file);
  g_autofree char *name = NULL;
  g_autofree char *lock = NULL;
  g_autoptr (GPtrArray) files = NULL;

  parse_name (entry, &name);
  files = files_of (folder, name);
  remove_all (files);
  lock = limn_journal_lock_path (folder, name);
  g_unlink (lock);
}

void
limn_left_free (limn_left *left)
{
  if (left == NULL)
    return;
  close (left->lock);
  g_free (left->file);
  g_free (left->path);
  g_free (left);
}
