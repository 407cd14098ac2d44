/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prompt/models-private.h"

#include <glib/gi18n.h>
#include <string.h>
#include <sys/stat.h>

#include "limn.h"
#include "paths.h"

/* Folders below a root, as checkpoints/sd15/, and files in all. */
#define MAX_DEPTH 3
#define MAX_FILES 2000
#define CONTROL_PREFIX "controlnet-"

void
limn_found_model_free (struct limn_found_model *model)
{
  if (model == NULL)
    return;
  g_free (model->model);
  g_free (model->name);
  g_free (model->family);
  g_free (model->problem);
  g_strfreev (model->controls);
  g_free (model);
}

struct limn_found_model *
limn_found_model_copy (const struct limn_found_model *model)
{
  struct limn_found_model *copy = g_new0 (struct limn_found_model, 1);

  copy->model = g_strdup (model->model);
  copy->name = g_strdup (model->name);
  copy->family = g_strdup (model->family);
  copy->problem = g_strdup (model->problem);
  copy->controls = g_strdupv (model->controls);
  return copy;
}

static void
found_control_free (gpointer data)
{
  struct limn_found_control *control = data;

  g_free (control->path);
  g_free (control->type);
  g_free (control->family);
  g_free (control);
}

void
limn_scan_free (struct limn_scan *scan)
{
  if (scan == NULL)
    return;
  g_ptr_array_unref (scan->models);
  g_ptr_array_unref (scan->controls);
  g_ptr_array_unref (scan->folders);
  g_free (scan);
}

/* --- names --- */

/* What the names of ControlNets have in them; the first that fits counts. */
static const struct {
  const char *part, *type;
} types[] = {
  { "scribble", "scribble" }, { "openpose", "pose" },         { "pose", "pose" },
  { "canny", "canny" },       { "depth", "depth" },           { "lineart", "lineart" },
  { "softedge", "softedge" }, { "hed", "softedge" },          { "mlsd", "mlsd" },
  { "normal", "normal" },     { "seg", "segmentation" },      { "shuffle", "shuffle" },
  { "tile", "tile" },         { "inpaint", "inpaint" },       { "ip2p", "ip2p" },
  { "qrcode", "qrcode" },     { "brightness", "brightness" },
};

/* Without folder and suffix; of diffusers' diffusion_pytorch_model.safetensors the folder's. */
static char *
base_name (const char *path)
{
  g_autofree char *name = g_path_get_basename (path);
  char *dot = strrchr (name, '.');

  if (dot != NULL && (g_str_equal (dot, ".safetensors") || g_str_equal (dot, ".gguf")))
    *dot = '\0';
  if (g_str_has_prefix (name, "diffusion_pytorch_model")) {
    g_autofree char *folder = g_path_get_dirname (path);

    return g_path_get_basename (folder);
  }
  return g_steal_pointer (&name);
}

char *
limn_models_control_type (const char *path)
{
  g_autofree char *name = base_name (path);
  g_autofree char *lower = g_ascii_strdown (name, -1);
  g_autofree char *valid = NULL;

  if (g_str_has_prefix (lower, CONTROL_PREFIX))
    memmove (lower, lower + strlen (CONTROL_PREFIX), strlen (lower + strlen (CONTROL_PREFIX)) + 1);
  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    if (strstr (lower, types[i].part) != NULL)
      return g_strdup (types[i].type);
  valid = g_utf8_make_valid (lower, -1);
  return g_steal_pointer (&valid);
}

static char *
show_name (const char *path)
{
  g_autofree char *name = base_name (path);

  return g_filename_display_name (name);
}

/* --- one path --- */

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

char **
limn_scan_controls (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  GPtrArray *names = g_ptr_array_new ();
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *config = g_build_filename (folder, name, "config.json", NULL);

    if (g_str_has_prefix (name, CONTROL_PREFIX) && name[strlen (CONTROL_PREFIX)] != '\0' &&
        g_file_test (config, G_FILE_TEST_EXISTS))
      g_ptr_array_add (names, g_strdup (name + strlen (CONTROL_PREFIX)));
  }
  g_ptr_array_sort (names, compare_names);
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_free (names, FALSE);
}

/* What else a file is, in a sentence; NULL for a model. */
static char *
problem_of (const char *path, const struct limn_inspection *inspection)
{
  g_autofree char *name = g_filename_display_name (path);

  if (inspection->problem != NULL)
    return g_strdup (inspection->problem);
  if (g_str_equal (inspection->kind, "model"))
    return NULL;
  if (inspection->family != NULL && g_str_equal (inspection->kind, "unknown"))
    return g_strdup_printf (
        _ ("%s is of the family %s, and Limn draws with Stable Diffusion 1.x and 2.x"), name,
        inspection->family);
  return g_strdup_printf (_ ("%s is no whole model, but of the kind “%s”"), name, inspection->kind);
}

static struct limn_found_model *
found_model_new (const char *path, const struct limn_inspection *inspection)
{
  struct limn_found_model *found = g_new0 (struct limn_found_model, 1);

  found->model = g_strdup (path);
  found->name = show_name (path);
  found->family = g_strdup (inspection->family);
  found->problem = problem_of (path, inspection);
  found->controls = limn_scan_controls (path);
  return found;
}

struct limn_found_model *
limn_scan_model (const char *path, GError **error)
{
  struct limn_inspection *inspection = limn_inspect (path, error);
  struct limn_found_model *found;

  if (inspection == NULL)
    return NULL;
  found = found_model_new (path, inspection);
  limn_inspection_free (inspection);
  return found;
}

/* --- the cache --- */

/* What is at a path: one of the two, or neither. */
struct cached {
  gint64 changed, size;
  struct limn_found_model *model;
  struct limn_found_control *control;
};

struct limn_scan_cache {
  GHashTable *paths; /* char * -> struct cached */
};

static void
cached_free (gpointer data)
{
  struct cached *cached = data;

  limn_found_model_free (cached->model);
  if (cached->control != NULL)
    found_control_free (cached->control);
  g_free (cached);
}

limn_scan_cache *
limn_scan_cache_new (void)
{
  limn_scan_cache *cache = g_new0 (limn_scan_cache, 1);

  cache->paths = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, cached_free);
  return cache;
}

void
limn_scan_cache_free (limn_scan_cache *cache)
{
  g_hash_table_unref (cache->paths);
  g_free (cache);
}

static struct limn_found_control *
found_control_new (const char *path, const char *family)
{
  struct limn_found_control *control = g_new0 (struct limn_found_control, 1);

  control->path = g_strdup (path);
  control->type = limn_models_control_type (path);
  control->family = g_strdup (family);
  return control;
}

/* A whole model of another family, as SDXL: its parts cannot be loaded. */
static bool
is_foreign (const struct limn_inspection *inspection)
{
  return inspection->family != NULL &&
         (inspection->problem != NULL || g_str_equal (inspection->kind, "unknown"));
}

/* A file that cannot be read at all is shown with its sentence: it was meant to be a model. Parts
 * of models and LoRAs are no models, and nobody needs to be told. */
static void
inspect (const char *path, struct cached *cached)
{
  g_autoptr (GError) error = NULL;
  struct limn_inspection *inspection = limn_inspect (path, &error);

  if (inspection == NULL) {
    cached->model = g_new0 (struct limn_found_model, 1);
    cached->model->model = g_strdup (path);
    cached->model->name = show_name (path);
    cached->model->problem = g_strdup (error->message);
    cached->model->controls = g_new0 (char *, 1);
    return;
  }
  if (g_str_equal (inspection->kind, "ControlNet")) {
    if (inspection->problem == NULL)
      cached->control = found_control_new (path, inspection->family);
  } else if (g_str_equal (inspection->kind, "model") || is_foreign (inspection)) {
    cached->model = found_model_new (path, inspection);
  }
  limn_inspection_free (inspection);
}

/* The size and time of what tells of a change: of a model's folder its UNet's, beside its own,
 * which changes with what is put into it. */
static void
stat_path (const char *path, gint64 *changed, gint64 *size)
{
  g_autofree char *unet = g_build_filename (path, "unet", NULL);
  struct stat info;

  *changed = *size = 0;
  if (stat (path, &info) == 0) {
    *changed = (gint64) info.st_mtime;
    *size = (gint64) info.st_size;
  }
  if (stat (unet, &info) == 0)
    *changed = MAX (*changed, (gint64) info.st_mtime);
}

static const struct cached *
look (limn_scan_cache *cache, const char *path)
{
  struct cached *cached = g_hash_table_lookup (cache->paths, path);
  gint64 changed, size;

  stat_path (path, &changed, &size);
  if (cached != NULL && cached->changed == changed && cached->size == size)
    return cached;
  cached = g_new0 (struct cached, 1);
  cached->changed = changed;
  cached->size = size;
  inspect (path, cached);
  g_hash_table_replace (cache->paths, g_strdup (path), cached);
  return cached;
}

/* --- folders --- */

struct walk {
  struct limn_scan *scan;
  limn_scan_cache *cache;
  GCancellable *cancellable;
  int n_files;
};

static void
add_path (struct walk *walk, const char *path)
{
  const struct cached *cached = look (walk->cache, path);

  if (cached->model != NULL)
    g_ptr_array_add (walk->scan->models, limn_found_model_copy (cached->model));
  if (cached->control != NULL)
    g_ptr_array_add (walk->scan->controls,
                     found_control_new (cached->control->path, cached->control->family));
}

static bool
is_weights (const char *name)
{
  return g_str_has_suffix (name, ".safetensors") || g_str_has_suffix (name, ".gguf");
}

/* A model in the diffusers layout, or one part of one. */
static bool
is_model_folder (const char *path)
{
  g_autofree char *unet = g_build_filename (path, "unet", "config.json", NULL);
  g_autofree char *part = g_build_filename (path, "config.json", NULL);

  return g_file_test (unet, G_FILE_TEST_EXISTS) || g_file_test (part, G_FILE_TEST_EXISTS);
}

static void
walk_folder (struct walk *walk, const char *folder, int depth)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  if (dir == NULL)
    return;
  g_ptr_array_add (walk->scan->folders, g_strdup (folder));
  while ((name = g_dir_read_name (dir)) != NULL && walk->n_files < MAX_FILES &&
         !g_cancellable_is_cancelled (walk->cancellable)) {
    g_autofree char *path = g_build_filename (folder, name, NULL);
    bool is_folder = g_file_test (path, G_FILE_TEST_IS_DIR);

    if (*name == '.')
      continue;
    if (is_folder ? is_model_folder (path) : is_weights (name)) {
      walk->n_files++;
      add_path (walk, path);
    } else if (is_folder && depth < MAX_DEPTH) {
      walk_folder (walk, path, depth + 1);
    }
  }
}

struct limn_scan *
limn_scan_run (const char *const *roots,
               const char *const *files,
               limn_scan_cache *cache,
               GCancellable *cancellable)
{
  struct limn_scan *scan = g_new0 (struct limn_scan, 1);
  struct walk walk = { scan, cache, cancellable, 0 };

  scan->models = g_ptr_array_new_with_free_func ((GDestroyNotify) limn_found_model_free);
  scan->controls = g_ptr_array_new_with_free_func (found_control_free);
  scan->folders = g_ptr_array_new_with_free_func (g_free);
  for (; *roots != NULL; roots++)
    walk_folder (&walk, *roots, 0);
  for (; *files != NULL; files++)
    add_path (&walk, *files);
  return scan;
}
