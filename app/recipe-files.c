/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include <glib/gstdio.h>

#include "paths.h"
#include "recipe.h"

#define WHOLE (1 << 20)
#define ENDS (256 << 10)
#define PIECES 64
#define PIECE (4 << 10)

#define OWN_DATA "limn:"

/* --- paths --- */

/* What follows @folder in @path, or NULL when @path is not below it. */
static const char *
below (const char *path, const char *folder)
{
  gsize length = strlen (folder);

  if (length == 0 || !g_str_has_prefix (path, folder) || path[length] != '/')
    return NULL;
  return path + length + 1;
}

char *
limn_recipe_path_to_text (const char *path)
{
  g_autofree char *whole = g_canonicalize_filename (path, NULL);
  g_autofree char *data = limn_data_path ("");
  g_autofree char *data_folder = g_canonicalize_filename (data, NULL);
  g_autofree char *home = g_canonicalize_filename (g_get_home_dir (), NULL);
  g_autofree char *text = NULL;
  const char *rest;

  if ((rest = below (whole, data_folder)) != NULL)
    text = g_strconcat (OWN_DATA, rest, NULL);
  else if ((rest = below (whole, home)) != NULL)
    text = g_strconcat ("~/", rest, NULL);
  return g_utf8_make_valid (text != NULL ? text : whole, -1);
}

char *
limn_recipe_path_from_text (const char *text)
{
  if (g_str_has_prefix (text, OWN_DATA))
    return limn_data_path (text + strlen (OWN_DATA));
  if (g_str_has_prefix (text, "~/"))
    return g_build_filename (g_get_home_dir (), text + 2, NULL);
  return g_strdup (text);
}

/* --- fingerprints --- */

static void
add_bytes (GChecksum *checksum, const guint8 *bytes, gsize size)
{
  if (size <= WHOLE) {
    g_checksum_update (checksum, bytes, (gssize) size);
    return;
  }
  g_checksum_update (checksum, bytes, ENDS);
  for (gsize i = 0; i < PIECES; i++) {
    gsize room = size - 2 * ENDS - PIECE;

    g_checksum_update (checksum, bytes + ENDS + room / (PIECES - 1) * i, PIECE);
  }
  g_checksum_update (checksum, bytes + size - ENDS, ENDS);
}

/* @name is what the file is called within its model. */
static bool
add_file (GChecksum *checksum, const char *path, const char *name, GError **error)
{
  g_autoptr (GMappedFile) map = limn_file_map (path, error);
  g_autofree char *head = NULL;
  gsize size;

  if (map == NULL)
    return false;
  size = g_mapped_file_get_length (map);
  head = g_strdup_printf ("%s %" G_GSIZE_FORMAT "\n", name, size);
  g_checksum_update (checksum, (const guchar *) head, -1);
  if (size > 0)
    add_bytes (checksum, (const guint8 *) g_mapped_file_get_contents (map), size);
  return true;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* The files of @folder that make a model what it is, in order. A folder that is not there has none.
 */
static GPtrArray *
list_files (const char *folder)
{
  static const char *const suffixes[] = { ".json", ".safetensors", ".txt" };
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    for (gsize i = 0; i < G_N_ELEMENTS (suffixes); i++)
      if (g_str_has_suffix (name, suffixes[i]))
        g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_names);
  return names;
}

static bool
add_folder (GChecksum *checksum, const char *path, const char *part, GError **error)
{
  g_autofree char *folder = g_build_filename (path, part, NULL);
  g_autoptr (GPtrArray) names = list_files (folder);

  for (guint i = 0; i < names->len; i++) {
    g_autofree char *file = g_build_filename (folder, names->pdata[i], NULL);
    g_autofree char *name = g_strconcat (part, "/", names->pdata[i], NULL);

    if (!add_file (checksum, file, name, error))
      return false;
  }
  return true;
}

char *
limn_recipe_fingerprint (const char *path, GError **error)
{
  static const char *const parts[] = {
    "", "text_encoder", "tokenizer", "unet", "vae", "scheduler"
  };
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);

  if (!g_file_test (path, G_FILE_TEST_IS_DIR)) {
    if (!add_file (checksum, path, "", error))
      return NULL;
    return g_strdup (g_checksum_get_string (checksum));
  }
  for (gsize i = 0; i < G_N_ELEMENTS (parts); i++)
    if (!add_folder (checksum, path, parts[i], error))
      return NULL;
  return g_strdup (g_checksum_get_string (checksum));
}

/* --- checks --- */

bool
limn_recipe_check_file (const struct limn_recipe_file *file,
                        const char *kind,
                        const char *path,
                        const char *recipe_path,
                        GError **error)
{
  g_autofree char *recipe = g_filename_display_name (recipe_path);
  g_autofree char *place = g_filename_display_name (path);
  g_autofree char *lower = g_ascii_strdown (kind, -1);
  g_autofree char *what = file->type != NULL
                              ? g_strdup_printf ("the %s %s for %s", kind, file->name, file->type)
                              : g_strdup_printf ("the %s %s", kind, file->name);
  g_autofree char *option = file->type != NULL ? g_strdup_printf ("--%s %s=PATH", lower, file->type)
                                               : g_strdup_printf ("--%s PATH", lower);
  g_autofree char *fingerprint = NULL;

  if (!g_file_test (path, G_FILE_TEST_EXISTS)) {
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_MODEL,
                 "%s was drawn with %s, which is not at %s; say %s", recipe, what, place, option);
    return false;
  }
  if (file->fingerprint == NULL)
    return true;
  fingerprint = limn_recipe_fingerprint (path, error);
  if (fingerprint == NULL)
    return false;
  if (g_str_equal (fingerprint, file->fingerprint))
    return true;
  g_set_error (error, LIMN_ERROR, LIMN_ERROR_MODEL,
               "%s was drawn with %s, and what is at %s now is another one; say %s to draw with it "
               "all the same",
               recipe, what, place, option);
  return false;
}
