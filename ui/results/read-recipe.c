/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gi18n.h>

#include "limn.h"
#include "prompt/models.h"
#include "results/apply-recipe.h"

/* What a worker thread reads. */
struct reading {
  GFile *file;   /* or */
  GBytes *bytes; /* with */
  char *name;
  GPtrArray *models; /* of char *: paths of the models there are; NULL: its seed is enough */
};

/* Where the main thread applies it; apart, since a task may be freed on its worker. */
struct target {
  LimnStudio *studio;
  LimnDocument *document;
  bool seed_only;
};

static void
reading_free (struct reading *reading)
{
  g_clear_object (&reading->file);
  g_clear_pointer (&reading->bytes, g_bytes_unref);
  g_free (reading->name);
  g_clear_pointer (&reading->models, g_ptr_array_unref);
  g_free (reading);
}

/* --- on the worker thread --- */

static bool
has_fingerprint (const char *path, const char *fingerprint)
{
  g_autofree char *found = limn_recipe_fingerprint (path, NULL);

  return g_strcmp0 (found, fingerprint) == 0;
}

/* Leaves in the recipe the path of the model that was drawn with, wherever that is now. */
static void
find_model (limn_recipe *recipe, const GPtrArray *models)
{
  struct limn_recipe_file *file = &recipe->model;
  g_autofree char *path = file->path != NULL ? limn_recipe_path_from_text (file->path) : NULL;

  if (file->fingerprint == NULL || (path != NULL && has_fingerprint (path, file->fingerprint)))
    return;
  for (guint i = 0; i < models->len; i++)
    if (has_fingerprint (models->pdata[i], file->fingerprint)) {
      g_autofree char *text = limn_recipe_path_to_text (models->pdata[i]);

      file->path = g_string_chunk_insert (recipe->strings, text);
      return;
    }
  if (path != NULL && g_file_test (path, G_FILE_TEST_EXISTS)) {
    g_autofree char *shown = limn_file_escape (file->name != NULL ? file->name : path, -1);

    limn_recipe_unused (recipe, _ ("the weights that “%s” had then"), shown);
  }
}

static limn_recipe *
load (const struct reading *reading, GError **error)
{
  g_autoptr (GBytes) bytes = reading->bytes != NULL ? g_bytes_ref (reading->bytes) : NULL;
  const char *path = reading->file != NULL ? g_file_peek_path (reading->file) : NULL;

  if (path != NULL)
    return limn_recipe_load (path, error);
  if (bytes == NULL)
    bytes = g_file_load_bytes (reading->file, NULL, NULL, error);
  if (bytes == NULL)
    return NULL;
  return limn_recipe_decode (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes),
                             reading->name, error);
}

static void
read_recipe (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const struct reading *reading = data;
  GError *error = NULL;
  limn_recipe *recipe = load (reading, &error);

  if (recipe == NULL) {
    g_task_return_error (task, error);
    return;
  }
  if (reading->models != NULL)
    find_model (recipe, reading->models);
  g_task_return_pointer (task, recipe, (GDestroyNotify) limn_recipe_free);
}

/* --- on the main thread --- */

static char *
apply_seed (const limn_recipe *recipe, LimnDocument *document)
{
  g_autofree char *seed = g_strdup_printf ("%" G_GUINT64_FORMAT, recipe->params.seed);

  if (!recipe->has_seed)
    return g_strdup (_ ("The picture does not say its seed"));
  limn_document_begin_group (document);
  limn_document_set_value (document, LIMN_SETTING_SEED, g_variant_new_uint64 (recipe->params.seed),
                           0);
  limn_document_set_value (document, LIMN_SETTING_SEED_LOCKED, g_variant_new_boolean (TRUE), 0);
  limn_document_end_group (document);
  return g_strdup_printf (_ ("The seed is %s, and locked"), seed);
}

static void
apply (const struct target *target, const limn_recipe *recipe)
{
  g_autofree char *sentence = target->seed_only ? apply_seed (recipe, target->document)
                                                : limn_recipe_apply (recipe, target->document);

  limn_studio_say (target->studio, sentence != NULL ? sentence : _ ("The settings are in use"));
}

static void
on_read (GObject *object, GAsyncResult *result, gpointer data)
{
  struct target *target = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (limn_recipe) recipe = g_task_propagate_pointer (G_TASK (result), &error);

  if (limn_studio_get_document (target->studio) == target->document) {
    if (recipe != NULL)
      apply (target, recipe);
    else
      limn_studio_say (target->studio, error->message);
  }
  g_object_unref (target->studio);
  g_object_unref (target->document);
  g_free (target);
}

static GPtrArray *
known_paths (void)
{
  GListModel *models = G_LIST_MODEL (limn_models_get_default ());
  GPtrArray *paths = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < g_list_model_get_n_items (models); i++) {
    g_autoptr (LimnModelEntry) entry = g_list_model_get_item (models, i);

    g_ptr_array_add (paths, limn_models_resolve (limn_model_entry_get_model (entry)));
  }
  return paths;
}

static void
start (LimnStudio *studio, GFile *file, GBytes *bytes, const char *name, bool seed_only)
{
  struct target *target = g_new0 (struct target, 1);
  g_autoptr (GTask) task = g_task_new (NULL, NULL, on_read, target);
  struct reading *reading = g_new0 (struct reading, 1);

  target->studio = g_object_ref (studio);
  target->document = g_object_ref (limn_studio_get_document (studio));
  target->seed_only = seed_only;
  reading->file = file != NULL ? g_object_ref (file) : NULL;
  reading->bytes = bytes != NULL ? g_bytes_ref (bytes) : NULL;
  reading->name = g_strdup (name);
  reading->models = seed_only ? NULL : known_paths ();
  g_task_set_task_data (task, reading, (GDestroyNotify) reading_free);
  g_task_run_in_thread (task, read_recipe);
}

void
limn_recipe_apply_file (LimnStudio *studio, GFile *file)
{
  g_autofree char *name = g_file_get_parse_name (file);

  start (studio, file, NULL, name, false);
}

void
limn_recipe_apply_bytes (LimnStudio *studio, GBytes *bytes, const char *name)
{
  start (studio, NULL, bytes, name, false);
}

void
limn_recipe_apply_seed (LimnStudio *studio, GBytes *bytes, const char *name)
{
  start (studio, NULL, bytes, name, true);
}
