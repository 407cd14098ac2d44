/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "preferences.h"

#include <glib/gstdio.h>

#define SCHEMA "org.limn.Limn"

/* GSettings reads schemas from folders only: the one in our resources is written to a folder that
 * is gone again when it has been read. */
static GSettingsSchema *
schema_from_resources (GError **error)
{
  g_autoptr (GBytes) bytes = g_resources_lookup_data ("/org/limn/Limn/gschemas.compiled",
                                                      G_RESOURCE_LOOKUP_FLAGS_NONE, error);
  g_autofree char *folder = bytes ? g_dir_make_tmp ("limn-XXXXXX", error) : NULL;
  g_autofree char *file = folder ? g_build_filename (folder, "gschemas.compiled", NULL) : NULL;
  g_autoptr (GSettingsSchemaSource) source = NULL;

  if (file == NULL)
    return NULL;
  if (g_file_set_contents (file, g_bytes_get_data (bytes, NULL), (gssize) g_bytes_get_size (bytes),
                           error))
    source = g_settings_schema_source_new_from_directory (folder, NULL, TRUE, error);
  g_unlink (file);
  g_rmdir (folder);
  return source != NULL ? g_settings_schema_source_lookup (source, SCHEMA, FALSE) : NULL;
}

/* An installed schema may be of another version than a program that runs from where it was built,
 * which LIMN_DATA_DIR tells. */
static GSettingsSchema *
schema_installed (void)
{
  GSettingsSchemaSource *source = g_settings_schema_source_get_default ();

  if (source == NULL || g_getenv ("LIMN_DATA_DIR") != NULL)
    return NULL;
  return g_settings_schema_source_lookup (source, SCHEMA, TRUE);
}

GSettings *
limn_preferences (void)
{
  static GSettings *settings = NULL;
  g_autoptr (GSettingsSchema) schema = NULL;
  g_autoptr (GError) error = NULL;

  if (settings != NULL)
    return settings;
  schema = schema_installed ();
  if (schema == NULL)
    schema = schema_from_resources (&error);
  if (schema == NULL)
    g_error ("the preferences cannot be read: %s", error != NULL ? error->message : SCHEMA);
  settings = g_settings_new_full (schema, NULL, NULL);
  return settings;
}
