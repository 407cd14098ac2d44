/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "paths.h"

#include <errno.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "limn.h"

char *
limn_data_path (const char *name)
{
  const char *folder = g_getenv ("LIMN_DATA_DIR");

  return g_build_filename (folder != NULL && *folder != '\0' ? folder : LIMN_DATADIR, name, NULL);
}

/* @path stands in the message, since that is what the person wrote. */
static bool
check_writable_folder (const char *folder, const char *path, GError **error)
{
  int code;

  if (g_file_test (folder, G_FILE_TEST_EXISTS) && !g_file_test (folder, G_FILE_TEST_IS_DIR)) {
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_FILE, "%s cannot be written: %s is not a folder",
                 path, folder);
    return false;
  }
  if (g_access (folder, W_OK | X_OK) != 0) {
    code = errno;
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_FILE, "%s cannot be written: %s: %s", path, folder,
                 g_strerror (code));
    return false;
  }
  return true;
}

bool
limn_check_output (const char *path, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);

  if (g_file_test (path, G_FILE_TEST_IS_DIR)) {
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_FILE, "%s cannot be written: it is a folder", path);
    return false;
  }
  return check_writable_folder (folder, path, error);
}

bool
limn_make_folder (const char *folder, GError **error)
{
  int code;

  if (g_mkdir_with_parents (folder, 0777) != 0) {
    code = errno;
    g_set_error (error, LIMN_ERROR, LIMN_ERROR_FILE, "the folder %s cannot be made: %s", folder,
                 g_strerror (code));
    return false;
  }
  return check_writable_folder (folder, folder, error);
}
