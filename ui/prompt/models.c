/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prompt/models-private.h"

#include <glib/gi18n.h>
#include <string.h>

#include "limn.h"
#include "paths.h"
#include "preferences.h"

#define MAX_RECENT 20
#define MAX_MONITORS 64
/* Copying a model takes a while: it is looked at when nothing has happened for so long. */
#define SETTLE_MS 500

struct _LimnModels {
  GObject parent;

  /* Owned */
  GPtrArray *entries;  /* of LimnModelEntry; the bundled one is the first */
  GPtrArray *controls; /* of limn_found_control: owned by @scan */
  struct limn_scan *scan;
  limn_scan_cache *cache; /* lent to the worker */
  GPtrArray *monitors;    /* of GFileMonitor */
  GCancellable *cancellable;

  guint settle;
  bool scanning;
  bool again; /* something changed while scanning */
};

static void limn_models_list_init (GListModelInterface *interface);

G_DEFINE_FINAL_TYPE_WITH_CODE (LimnModels,
                               limn_models,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, limn_models_list_init))

static guint signal_controls_changed;

/* --- a list --- */

static GType
get_item_type (GListModel *list)
{
  return LIMN_TYPE_MODEL_ENTRY;
}

static guint
get_n_items (GListModel *list)
{
  return LIMN_MODELS (list)->entries->len;
}

static gpointer
get_item (GListModel *list, guint index)
{
  GPtrArray *entries = LIMN_MODELS (list)->entries;

  return index < entries->len ? g_object_ref (g_ptr_array_index (entries, index)) : NULL;
}

static void
limn_models_list_init (GListModelInterface *interface)
{
  interface->get_item_type = get_item_type;
  interface->get_n_items = get_n_items;
  interface->get_item = get_item;
}

LimnModelEntry *
limn_models_find (LimnModels *self, const char *model)
{
  for (guint i = 0; i < self->entries->len; i++) {
    LimnModelEntry *entry = g_ptr_array_index (self->entries, i);

    if (g_str_equal (limn_model_entry_get_model (entry), model))
      return entry;
  }
  return NULL;
}

bool
limn_models_is_scanning (LimnModels *self)
{
  return self->scanning || self->settle != 0;
}

char *
limn_models_resolve (const char *model)
{
  return *model != '\0' ? g_strdup (model) : limn_data_path (LIMN_STARTER_MODEL);
}

/* --- what was found --- */

/* The bundled model comes first, then by name. */
static int
compare_found (gconstpointer a, gconstpointer b)
{
  const struct limn_found_model *x = *(struct limn_found_model *const *) a;
  const struct limn_found_model *y = *(struct limn_found_model *const *) b;
  g_autofree char *x_key = g_utf8_collate_key_for_filename (x->name, -1);
  g_autofree char *y_key = g_utf8_collate_key_for_filename (y->name, -1);
  int order = strcmp (x_key, y_key);

  return order != 0 ? order : strcmp (x->model, y->model);
}

static struct limn_found_model *
bundled (void)
{
  g_autofree char *path = limn_models_resolve ("");
  struct limn_found_model *found = g_new0 (struct limn_found_model, 1);

  found->model = g_strdup ("");
  found->name = g_strdup (_ ("Starter"));
  found->family = g_strdup (_ ("comes with Limn"));
  found->controls = limn_scan_controls (path);
  return found;
}

/* Found twice, as a recent one that lies in a watched folder. */
static void
drop_doubles (GPtrArray *found)
{
  for (guint i = 1; i < found->len;) {
    struct limn_found_model *before = g_ptr_array_index (found, i - 1);
    struct limn_found_model *model = g_ptr_array_index (found, i);

    if (g_str_equal (before->model, model->model))
      g_ptr_array_remove_index (found, i);
    else
      i++;
  }
}

/* Changes the list only from the first to the last entry that differs. */
static void
set_entries (LimnModels *self, GPtrArray *found)
{
  g_autoptr (GPtrArray) old = g_steal_pointer (&self->entries);
  guint first = 0, last = 0;

  self->entries = g_ptr_array_new_with_free_func (g_object_unref);
  while (first < old->len && first < found->len &&
         limn_model_entry_is (g_ptr_array_index (old, first), g_ptr_array_index (found, first)))
    first++;
  while (first + last < old->len && first + last < found->len &&
         limn_model_entry_is (g_ptr_array_index (old, old->len - 1 - last),
                              g_ptr_array_index (found, found->len - 1 - last)))
    last++;
  for (guint i = 0; i < found->len; i++) {
    guint from_end = found->len - i;
    LimnModelEntry *entry = i < first ? g_object_ref (g_ptr_array_index (old, i))
                            : from_end <= last
                                ? g_object_ref (g_ptr_array_index (old, old->len - from_end))
                                : limn_model_entry_new (g_ptr_array_index (found, i));

    g_ptr_array_add (self->entries, entry);
  }
  if (first + last < MAX (old->len, found->len))
    g_list_model_items_changed (G_LIST_MODEL (self), first, old->len - first - last,
                                found->len - first - last);
}

/* --- watching --- */

static gboolean
on_settled (gpointer data)
{
  LimnModels *self = data;

  self->settle = 0;
  limn_models_rescan (self);
  return G_SOURCE_REMOVE;
}

static void
on_folder_changed (LimnModels *self)
{
  g_clear_handle_id (&self->settle, g_source_remove);
  self->settle = g_timeout_add (SETTLE_MS, on_settled, self);
}

static void
watch (LimnModels *self, GPtrArray *folders)
{
  g_ptr_array_set_size (self->monitors, 0);
  for (guint i = 0; i < MIN (folders->len, MAX_MONITORS); i++) {
    g_autoptr (GFile) file = g_file_new_for_path (g_ptr_array_index (folders, i));
    GFileMonitor *monitor = g_file_monitor_directory (file, G_FILE_MONITOR_WATCH_MOVES, NULL, NULL);

    if (monitor == NULL)
      continue;
    g_signal_connect_object (monitor, "changed", G_CALLBACK (on_folder_changed), self,
                             G_CONNECT_SWAPPED);
    g_ptr_array_add (self->monitors, monitor);
  }
}

/* --- looking, on a worker --- */

struct look {
  char **roots, **files;
  limn_scan_cache *cache; /* borrowed from the LimnModels, which the task holds */
};

static void
look_free (gpointer data)
{
  struct look *look = data;

  g_strfreev (look->roots);
  g_strfreev (look->files);
  g_free (look);
}

static void
run_look (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  struct look *look = data;

  g_task_return_pointer (task,
                         limn_scan_run ((const char *const *) look->roots,
                                        (const char *const *) look->files, look->cache,
                                        cancellable),
                         (GDestroyNotify) limn_scan_free);
}

static void
on_looked (GObject *object, GAsyncResult *result, gpointer data)
{
  LimnModels *self = LIMN_MODELS (object);
  struct limn_scan *scan = g_task_propagate_pointer (G_TASK (result), NULL);

  self->scanning = false;
  if (scan == NULL)
    return;
  g_ptr_array_sort (scan->models, compare_found);
  drop_doubles (scan->models);
  g_ptr_array_insert (scan->models, 0, bundled ());
  limn_scan_free (self->scan);
  self->scan = scan;
  self->controls = scan->controls;
  set_entries (self, scan->models);
  watch (self, scan->folders);
  g_signal_emit (self, signal_controls_changed, 0);
  if (self->again)
    limn_models_rescan (self);
}

static char **
list_roots (void)
{
  g_auto (GStrv) folders = g_settings_get_strv (limn_preferences (), "models-folders");
  GPtrArray *roots = g_ptr_array_new ();

  g_ptr_array_add (roots, g_build_filename (g_get_user_data_dir (), "limn", "models", NULL));
  for (char **folder = folders; *folder != NULL; folder++)
    g_ptr_array_add (roots, g_strdup (*folder));
  g_ptr_array_add (roots, NULL);
  return (char **) g_ptr_array_free (roots, FALSE);
}

void
limn_models_rescan (LimnModels *self)
{
  g_autoptr (GTask) task = NULL;
  struct look *look;

  self->again = self->scanning;
  if (self->scanning)
    return;
  look = g_new0 (struct look, 1);
  look->roots = list_roots ();
  look->files = g_settings_get_strv (limn_preferences (), "recent-models");
  look->cache = self->cache;
  self->scanning = true;
  task = g_task_new (self, self->cancellable, on_looked, NULL);
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_task_data (task, look, look_free);
  g_task_run_in_thread (task, run_look);
}

/* --- opening --- */

static void
remember (const char *path)
{
  g_auto (GStrv) old = g_settings_get_strv (limn_preferences (), "recent-models");
  g_autoptr (GPtrArray) all = g_ptr_array_new ();

  g_ptr_array_add (all, (gpointer) path);
  for (char **item = old; *item != NULL && all->len < MAX_RECENT; item++)
    if (!g_str_equal (*item, path))
      g_ptr_array_add (all, *item);
  g_ptr_array_add (all, NULL);
  g_settings_set_strv (limn_preferences (), "recent-models", (const char *const *) all->pdata);
}

static void
run_open (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  GError *error = NULL;
  struct limn_found_model *found = limn_scan_model (data, &error);

  if (found != NULL && found->problem != NULL)
    error = g_error_new_literal (LIMN_ERROR, LIMN_ERROR_MODEL, found->problem);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, g_strdup (data), g_free);
  limn_found_model_free (found);
}

void
limn_models_open (LimnModels *self,
                  const char *path,
                  GCancellable *cancellable,
                  GAsyncReadyCallback callback,
                  gpointer data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, data);

  g_task_set_task_data (task, g_canonicalize_filename (path, NULL), g_free);
  g_task_run_in_thread (task, run_open);
}

char *
limn_models_open_finish (LimnModels *self, GAsyncResult *result, GError **error)
{
  char *path = g_task_propagate_pointer (G_TASK (result), error);

  if (path != NULL) {
    remember (path);
    limn_models_rescan (self);
  }
  return path;
}

/* --- ControlNets --- */

/* Loose ones fit models of their own family. */
static bool
fits (LimnModels *self, const struct limn_found_control *control, const char *model)
{
  LimnModelEntry *entry = limn_models_find (self, model);
  const char *family = entry != NULL && *model != '\0' ? limn_model_entry_get_family (entry) : NULL;

  return family != NULL && g_strcmp0 (control->family, family) == 0;
}

static int
compare_types (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static void
add_type (GPtrArray *types, const char *type)
{
  if (!g_ptr_array_find_with_equal_func (types, type, g_str_equal, NULL))
    g_ptr_array_add (types, g_strdup (type));
}

char **
limn_models_controls (const char *model)
{
  LimnModels *self = limn_models_get_default ();
  LimnModelEntry *entry = limn_models_find (self, model);
  GPtrArray *types = g_ptr_array_new ();

  if (entry != NULL)
    for (const char *const *type = limn_model_entry_get_controls (entry); *type != NULL; type++)
      add_type (types, *type);
  for (guint i = 0; self->controls != NULL && i < self->controls->len; i++) {
    const struct limn_found_control *control = g_ptr_array_index (self->controls, i);

    if (fits (self, control, model))
      add_type (types, control->type);
  }
  g_ptr_array_sort (types, compare_types);
  g_ptr_array_add (types, NULL);
  return (char **) g_ptr_array_free (types, FALSE);
}

char *
limn_models_control_path (const char *model, const char *type)
{
  LimnModels *self = limn_models_get_default ();
  LimnModelEntry *entry = limn_models_find (self, model);

  if (entry != NULL && g_strv_contains (limn_model_entry_get_controls (entry), type))
    return NULL;
  for (guint i = 0; self->controls != NULL && i < self->controls->len; i++) {
    const struct limn_found_control *control = g_ptr_array_index (self->controls, i);

    if (g_str_equal (control->type, type) && fits (self, control, model))
      return g_strdup (control->path);
  }
  return NULL;
}

/* --- GObject --- */

static void
limn_models_dispose (GObject *object)
{
  LimnModels *self = LIMN_MODELS (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_handle_id (&self->settle, g_source_remove);
  g_ptr_array_set_size (self->monitors, 0);
  G_OBJECT_CLASS (limn_models_parent_class)->dispose (object);
}

static void
limn_models_finalize (GObject *object)
{
  LimnModels *self = LIMN_MODELS (object);

  g_ptr_array_unref (self->entries);
  g_ptr_array_unref (self->monitors);
  limn_scan_free (self->scan);
  limn_scan_cache_free (self->cache);
  g_object_unref (self->cancellable);
  G_OBJECT_CLASS (limn_models_parent_class)->finalize (object);
}

static void
limn_models_class_init (LimnModelsClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);

  object_class->dispose = limn_models_dispose;
  object_class->finalize = limn_models_finalize;
  signal_controls_changed = g_signal_new ("controls-changed", G_TYPE_FROM_CLASS (class),
                                          G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
limn_models_init (LimnModels *self)
{
  struct limn_found_model *first = bundled ();

  self->entries = g_ptr_array_new_with_free_func (g_object_unref);
  self->monitors = g_ptr_array_new_with_free_func (g_object_unref);
  self->cancellable = g_cancellable_new ();
  self->cache = limn_scan_cache_new ();
  g_ptr_array_add (self->entries, limn_model_entry_new (first));
  limn_found_model_free (first);
  g_signal_connect_object (limn_preferences (), "changed::models-folders",
                           G_CALLBACK (limn_models_rescan), self, G_CONNECT_SWAPPED);
}

LimnModels *
limn_models_get_default (void)
{
  static LimnModels *models = NULL;

  if (models == NULL) {
    models = g_object_new (LIMN_TYPE_MODELS, NULL);
    limn_models_rescan (models);
  }
  return models;
}
