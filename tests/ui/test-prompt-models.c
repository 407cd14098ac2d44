/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Which models there are: folders that are looked through and watched, and what is opened by hand.
 * The home folder is one of with-display.sh's own. */

#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "limn.h"
#include "preferences.h"
#include "prompt/model-defaults.h"
#include "prompt/models.h"

static char *starter;
static char *models_folder;

static void
wait_idle (void)
{
  LimnModels *models = limn_models_get_default ();

  do
    g_main_context_iteration (NULL, limn_models_is_scanning (models));
  while (limn_models_is_scanning (models));
}

static void
rescan (void)
{
  limn_models_rescan (limn_models_get_default ());
  wait_idle ();
}

static void
make_link (const char *target, const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_cmpint (symlink (target, path), ==, 0);
}

static LimnModelEntry *
find (const char *name)
{
  g_autofree char *path = g_build_filename (models_folder, name, NULL);

  return limn_models_find (limn_models_get_default (), path);
}

static void
assert_controls (const char *model, const char *wanted)
{
  g_auto (GStrv) types = limn_models_controls (model);
  g_autofree char *joined = g_strjoinv ("|", types);

  g_assert_cmpstr (joined, ==, wanted);
}

/* --- the bundled one --- */

static void
test_bundled (void)
{
  LimnModels *models = limn_models_get_default ();
  g_autoptr (LimnModelEntry) first = g_list_model_get_item (G_LIST_MODEL (models), 0);
  g_autofree char *path = limn_models_resolve ("");

  /* At once, without waiting for the worker. */
  g_assert_cmpstr (limn_model_entry_get_model (first), ==, "");
  g_assert_null (limn_model_entry_get_problem (first));
  g_assert_cmpstr (path, ==, starter);
  assert_controls ("", "depth|pose|scribble");
  g_assert_null (limn_models_control_path ("", "scribble"));
  wait_idle ();
  assert_controls ("", "depth|pose|scribble");
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (models)), ==, 1);
}

/* --- folders --- */

static void
test_folders (void)
{
  g_autofree char *deep = g_build_filename (models_folder, "a", "b", NULL);
  g_autofree char *loose = g_build_filename (models_folder, "controlnets", NULL);
  g_autofree char *scribble = g_build_filename (starter, "controlnet-scribble", NULL);
  g_autofree char *unet = g_build_filename (starter, "unet", NULL);
  g_autofree char *broken = g_build_filename (models_folder, "broken.safetensors", NULL);
  g_autofree char *linked = g_build_filename (models_folder, "linked", NULL);
  g_autofree char *canny = NULL;
  LimnModels *models = limn_models_get_default ();

  make_link (starter, models_folder, "linked");
  make_link (starter, deep, "deep");
  make_link (scribble, loose, "control_v11p_sd15_canny");
  make_link (unet, models_folder, "only-a-unet");
  g_assert_true (g_file_set_contents (broken, "nothing", -1, NULL));
  rescan ();

  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (models)), ==, 4);
  g_assert_nonnull (find ("linked"));
  g_assert_nonnull (find ("a/b/deep"));
  g_assert_null (find ("only-a-unet"));
  g_assert_null (limn_model_entry_get_problem (find ("linked")));
  g_assert_nonnull (limn_model_entry_get_family (find ("linked")));
  g_assert_cmpstr (limn_model_entry_get_name (find ("a/b/deep")), ==, "deep");
  g_assert_nonnull (strstr (limn_model_entry_get_problem (find ("broken.safetensors")), broken));

  assert_controls (linked, "canny|depth|pose|scribble");
  g_assert_null (limn_models_control_path (linked, "scribble"));
  canny = limn_models_control_path (linked, "canny");
  g_assert_true (g_str_has_suffix (canny, "control_v11p_sd15_canny"));
  g_assert_null (limn_models_control_path (linked, "depth"));
  assert_controls ("/nowhere", "");
}

static void
on_items_changed (
    GListModel *list, guint position, guint removed, guint added, guint *positions_removed_added)
{
  positions_removed_added[0] = position;
  positions_removed_added[1] += removed;
  positions_removed_added[2] += added;
}

/* Without being asked: the folder is watched. */
static void
test_watched (void)
{
  LimnModels *models = limn_models_get_default ();
  guint changes[3] = { 0 };
  g_autofree char *path = g_build_filename (models_folder, "middle", NULL);
  gulong handler;

  rescan ();
  handler = g_signal_connect (models, "items-changed", G_CALLBACK (on_items_changed), changes);
  make_link (starter, models_folder, "middle");
  while (find ("middle") == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (changes[1], ==, 0);
  g_assert_cmpuint (changes[2], ==, 1);
  g_assert_cmpint (g_unlink (path), ==, 0);
  while (find ("middle") != NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (changes[1], ==, 1);
  g_signal_handler_disconnect (models, handler);
  wait_idle ();
}

static void
test_preference (void)
{
  g_autofree char *folder = g_dir_make_tmp ("limn-test-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "elsewhere", NULL);
  const char *folders[] = { folder, NULL };
  LimnModels *models = limn_models_get_default ();

  make_link (starter, folder, "elsewhere");
  g_settings_set_strv (limn_preferences (), "models-folders", folders);
  while (limn_models_find (models, path) == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_settings_reset (limn_preferences (), "models-folders");
  while (limn_models_find (models, path) != NULL)
    g_main_context_iteration (NULL, TRUE);
  wait_idle ();
  g_unlink (path);
  g_rmdir (folder);
}

/* --- by hand --- */

struct opened {
  char *model;
  GError *error;
  bool done;
};

static void
on_opened (GObject *source, GAsyncResult *result, gpointer data)
{
  struct opened *opened = data;

  opened->model = limn_models_open_finish (LIMN_MODELS (source), result, &opened->error);
  opened->done = true;
}

static struct opened
open_model (const char *path)
{
  struct opened opened = { 0 };

  limn_models_open (limn_models_get_default (), path, NULL, on_opened, &opened);
  while (!opened.done)
    g_main_context_iteration (NULL, TRUE);
  wait_idle ();
  return opened;
}

static void
test_opened (void)
{
  g_autofree char *folder = g_dir_make_tmp ("limn-test-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "by-hand", NULL);
  g_autofree char *roundabout = g_build_filename (folder, ".", "by-hand", NULL);
  g_auto (GStrv) recent = NULL;
  struct opened opened;

  make_link (starter, folder, "by-hand");
  opened = open_model (roundabout);
  g_assert_no_error (opened.error);
  g_assert_cmpstr (opened.model, ==, path);
  g_assert_nonnull (limn_models_find (limn_models_get_default (), path));
  g_free (opened.model);
  recent = g_settings_get_strv (limn_preferences (), "recent-models");
  g_assert_cmpstr (recent[0], ==, path);
  g_assert_null (recent[1]);

  opened = open_model (path);
  g_assert_cmpstr (opened.model, ==, path);
  g_free (opened.model);
  g_settings_reset (limn_preferences (), "recent-models");
  rescan ();
  g_assert_null (limn_models_find (limn_models_get_default (), path));
  g_unlink (path);
  g_rmdir (folder);
}

static void
test_refused (void)
{
  g_autofree char *scribble = g_build_filename (starter, "controlnet-scribble", NULL);
  g_autofree char *index = g_build_filename (starter, "model_index.json", NULL);
  const char *paths[] = { "/nowhere", scribble, index, models_folder };

  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++) {
    struct opened opened = open_model (paths[i]);

    g_assert_null (opened.model);
    g_assert_nonnull (opened.error);
    g_test_message ("%s", opened.error->message);
    g_assert_null (strchr (opened.error->message, '\n'));
    g_assert_nonnull (strstr (opened.error->message, paths[i]));
    g_error_free (opened.error);
  }
}

/* --- names --- */

static void
test_types (void)
{
  static const struct {
    const char *path, *type;
  } cases[] = {
    { "control_v11p_sd15_openpose.safetensors", "pose" },
    { "/a/control_v11p_sd15_scribble_fp16.safetensors", "scribble" },
    { "/a/control_v11f1p_sd15_depth.safetensors", "depth" },
    { "/a/control_v11p_sd15_canny.gguf", "canny" },
    { "/a/sd-controlnet-hed", "softedge" },
    { "/a/controlnet-pose", "pose" },
    { "/a/controlnet-my_own", "my_own" },
    { "/a/sd-controlnet-mlsd/diffusion_pytorch_model.safetensors", "mlsd" },
    { "/scribble/other.safetensors", "other" },
    { "/a/Other", "other" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *type = limn_models_control_type (cases[i].path);

    g_assert_cmpstr (type, ==, cases[i].type);
  }
}

/* --- what a model wants --- */

static int
get_steps (LimnDocument *document)
{
  return g_variant_get_int32 (limn_document_get_value (document, LIMN_SETTING_STEPS));
}

static void
test_defaults (void)
{
  g_autoptr (LimnDocument) document = limn_document_new (64, 64);

  limn_model_defaults_choose (document, "/m/v1-5-pruned.safetensors");
  g_assert_cmpstr (limn_document_get_text (document, LIMN_SETTING_SAMPLER), ==, "dpm++2m");
  g_assert_cmpint (get_steps (document), ==, 25);
  /* What the model before wanted counts as untouched. */
  limn_model_defaults_choose (document, "/m/dreamshaper-LCM.safetensors");
  g_assert_cmpstr (limn_document_get_text (document, LIMN_SETTING_SAMPLER), ==, "lcm");
  g_assert_cmpint (get_steps (document), ==, 6);
  /* What the person set does not. */
  limn_document_set_value (document, LIMN_SETTING_STEPS, g_variant_new_int32 (9), 0);
  limn_model_defaults_choose (document, "");
  g_assert_cmpint (get_steps (document), ==, 9);
  g_assert_cmpstr (limn_document_get_text (document, LIMN_SETTING_SAMPLER), ==, "ddim");
  g_assert_cmpfloat (g_variant_get_double (limn_document_get_value (document, LIMN_SETTING_CFG)),
                     ==, 7);
  /* Each is one step. */
  g_assert_true (limn_document_undo (document));
  g_assert_cmpstr (limn_document_get_text (document, LIMN_SETTING_SAMPLER), ==, "lcm");
  g_assert_cmpstr (limn_document_get_text (document, LIMN_SETTING_MODEL), ==,
                   "/m/dreamshaper-LCM.safetensors");
  g_assert_true (limn_document_undo (document));
  g_assert_cmpint (get_steps (document), ==, 6);
  g_assert_true (limn_document_undo (document));
  g_assert_true (limn_document_undo (document));
  g_assert_false (limn_document_undo (document));
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  starter = limn_models_resolve ("");
  models_folder = g_build_filename (g_get_user_data_dir (), "limn", "models", NULL);
  g_assert_cmpint (g_mkdir_with_parents (models_folder, 0700), ==, 0);
  g_test_add_func ("/prompt-models/types", test_types);
  g_test_add_func ("/prompt-models/defaults", test_defaults);
  g_test_add_func ("/prompt-models/bundled", test_bundled);
  g_test_add_func ("/prompt-models/folders", test_folders);
  g_test_add_func ("/prompt-models/watched", test_watched);
  g_test_add_func ("/prompt-models/preference", test_preference);
  g_test_add_func ("/prompt-models/opened", test_opened);
  g_test_add_func ("/prompt-models/refused", test_refused);
  status = g_test_run ();
  g_free (starter);
  g_free (models_folder);
  return status;
}
