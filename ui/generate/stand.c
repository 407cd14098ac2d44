/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "generate/stand.h"

#include <string.h>
#include <sys/stat.h>

#include "recipe.h"

/* --- what the files are like --- */

/* Size and time of the file, or of the weights in a folder; NULL when it is not there. */
static char *
describe_files (const char *path)
{
  static const char *const parts[] = {
    "", "unet", "vae", "text_encoder", "tokenizer", "scheduler"
  };
  guint64 size = 0;
  gint64 latest = 0;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    return NULL;
  for (gsize i = 0; i < G_N_ELEMENTS (parts); i++) {
    g_autofree char *folder = g_build_filename (path, parts[i], NULL);
    g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
    const char *name = dir != NULL ? g_dir_read_name (dir) : (i == 0 ? "" : NULL);

    for (; name != NULL; name = dir != NULL ? g_dir_read_name (dir) : NULL) {
      g_autofree char *file =
          *name != '\0' ? g_build_filename (folder, name, NULL) : g_strdup (path);
      struct stat info;

      if (stat (file, &info) != 0 || !S_ISREG (info.st_mode))
        continue;
      size += (guint64) info.st_size;
      latest = MAX (latest, (gint64) info.st_mtim.tv_sec * 1000000 + info.st_mtim.tv_nsec / 1000);
    }
  }
  return g_strdup_printf ("%" G_GUINT64_FORMAT " %" G_GINT64_FORMAT, size, latest);
}

/* --- opening --- */

void
limn_stand_close_model (struct limn_stand *stand)
{
  g_clear_pointer (&stand->model, limn_model_free);
  g_clear_pointer (&stand->path, g_free);
  g_clear_pointer (&stand->state, g_free);
  g_clear_pointer (&stand->name, g_free);
  g_clear_pointer (&stand->text, g_free);
  g_clear_pointer (&stand->fingerprint, g_free);
  g_clear_pointer (&stand->controls, g_hash_table_unref);
  stand->decode_seconds = 0;
}

void
limn_stand_clear (struct limn_stand *stand)
{
  limn_stand_close_model (stand);
  g_clear_pointer (&stand->device, limn_device_free);
  g_clear_pointer (&stand->device_id, g_free);
  g_clear_pointer (&stand->checked, g_free);
}

bool
limn_stand_open_device (struct limn_stand *stand, const char *id, GError **error)
{
  const struct limn_device_params params = { .id = id, .debug = limn_debug_from_environment () };

  if (stand->device != NULL && g_strcmp0 (stand->device_id, id) == 0)
    return true;
  limn_stand_clear (stand);
  stand->device = limn_device_open (&params, error);
  stand->device_id = g_strdup (id);
  return stand->device != NULL;
}

static bool
is_open (const struct limn_stand *stand, const char *path, const char *state)
{
  return stand->model != NULL && strcmp (stand->path, path) == 0 &&
         (state == NULL || g_strcmp0 (stand->state, state) == 0);
}

bool
limn_stand_open_model (struct limn_stand *stand, const char *path, GError **error)
{
  g_autofree char *state = describe_files (path);
  g_autofree char *whole = NULL;
  g_autofree char *base = NULL;

  if (is_open (stand, path, state))
    return true;
  /* First, since there may be no room for two. */
  limn_stand_close_model (stand);
  stand->model = limn_model_open (stand->device, path, error);
  if (stand->model == NULL)
    return false;
  whole = g_canonicalize_filename (path, NULL);
  base = g_path_get_basename (whole);
  stand->path = g_strdup (path);
  stand->state = g_steal_pointer (&state);
  stand->name = g_utf8_make_valid (base, -1);
  stand->text = limn_recipe_path_to_text (path);
  stand->fingerprint = limn_recipe_fingerprint (path, NULL);
  stand->controls = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return true;
}

const char *
limn_stand_control (struct limn_stand *stand, const char *type, const char *path)
{
  g_autofree char *folder = g_strconcat ("controlnet-", type, NULL);
  g_autofree char *own = g_build_filename (stand->path, folder, NULL);
  const char *key = path != NULL ? path : type;

  if (!g_hash_table_contains (stand->controls, key))
    g_hash_table_insert (stand->controls, g_strdup (key),
                         limn_recipe_fingerprint (path != NULL ? path : own, NULL));
  return g_hash_table_lookup (stand->controls, key);
}
