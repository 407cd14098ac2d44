/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <gmodule.h>

#include "error.h"
#include "media/module.h"

#define FILE_NAME "limn-media.so"

/* Beside the program in a build folder, else where it was installed. */
static char *
module_path (void)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);

  for (int up = 0; program != NULL && up < 3; up++) {
    g_autofree char *folder = g_path_get_dirname (program);
    g_autofree char *path = g_build_filename (folder, "engine", "media", "module", FILE_NAME, NULL);

    if (g_file_test (path, G_FILE_TEST_EXISTS))
      return g_steal_pointer (&path);
    g_free (program);
    program = g_steal_pointer (&folder);
  }
  return g_build_filename (LIMN_LIBDIR, FILE_NAME, NULL);
}

static gpointer
open_module (gpointer data)
{
  GError **error = data;
  g_autofree char *path = module_path ();
  GModule *module = g_module_open (path, G_MODULE_BIND_LOCAL);
  gpointer symbol = NULL;

  if (module == NULL || !g_module_symbol (module, LIMN_MEDIA_MODULE, &symbol)) {
    g_autofree char *reason = g_strdelimit (g_strdup (g_module_error ()), "\n", ' ');

    g_set_error (error, LIMN_ERROR, LIMN_ERROR_FILE,
                 "films need FFmpeg's libraries, and they cannot be opened: %s", reason);
    return NULL;
  }
  g_module_make_resident (module);
  return symbol;
}

const struct limn_media_module *
limn_media_module_get (GError **error)
{
  static GMutex mutex;
  static const struct limn_media_module *module;
  const struct limn_media_module *found;

  g_mutex_lock (&mutex);
  if (module == NULL)
    module = open_module (error);
  found = module;
  g_mutex_unlock (&mutex);
  return found;
}
