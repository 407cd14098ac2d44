/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <glib/gstdio.h>
#include <stdio.h>

/* A folder of its own for each test program, removed with its files at the end. */
static inline char *
test_folder_new (void)
{
  g_autoptr (GError) error = NULL;
  char *folder = g_dir_make_tmp ("limn-test-XXXXXX", &error);

  g_assert_no_error (error);
  return folder;
}

/* How many files there are, hidden ones included. */
static inline guint
test_folder_count (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  guint count = 0;

  g_assert_nonnull (dir);
  while (g_dir_read_name (dir) != NULL)
    count++;
  return count;
}

static inline void
test_folder_free (char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (folder, name, NULL);

    g_assert_cmpint (g_remove (path), ==, 0);
  }
  g_assert_cmpint (g_rmdir (folder), ==, 0);
  g_free (folder);
}

/* g_file_set_contents() would sync, thousands of times. */
static inline void
test_write_file (const char *path, const void *bytes, gsize size)
{
  FILE *file = fopen (path, "wb");

  g_assert_nonnull (file);
  g_assert_cmpuint (fwrite (bytes, 1, size, file), ==, size);
  g_assert_cmpint (fclose (file), ==, 0);
}

/* An error of the engine as it must be: one sentence that names the file and has @words. */
#define test_assert_error(error, wanted_code, path, words)                                         \
  G_STMT_START                                                                                     \
  {                                                                                                \
    g_assert_error (error, LIMN_ERROR, wanted_code);                                               \
    g_assert_true (g_str_has_prefix ((error)->message, path));                                     \
    g_assert_null (strchr ((error)->message, '\n'));                                               \
    if (strstr ((error)->message, words) == NULL)                                                  \
      g_error ("\"%s\" lacks \"%s\"", (error)->message, words);                                    \
  }                                                                                                \
  G_STMT_END
