/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

/* Which models and ControlNets there are: the bundled one, what lies in the person's folders
 * ($XDG_DATA_HOME/limn/models and those of the preference "models-folders"), and what was opened by
 * hand. Folders are read on a worker thread and watched. Main thread only.
 *
 * In all of these a model is what the setting LIMN_SETTING_MODEL says: a path, or "" for the
 * bundled one. */

#define LIMN_TYPE_MODEL_ENTRY (limn_model_entry_get_type ())
G_DECLARE_FINAL_TYPE (LimnModelEntry, limn_model_entry, LIMN, MODEL_ENTRY, GObject)

/* What of it is known; all of it borrowed. Properties of the same names: model, name, family,
 * problem. */
/* The setting: "" or an absolute path. */
const char *limn_model_entry_get_model (LimnModelEntry *entry);
/* To show. */
const char *limn_model_entry_get_name (LimnModelEntry *entry);
/* As limn_inspect() has it; NULL when it is not known. */
const char *limn_model_entry_get_family (LimnModelEntry *entry);
/* The sentence that says why it cannot be used, or NULL. */
const char *limn_model_entry_get_problem (LimnModelEntry *entry);
/* Types of the ControlNets in its own folder; NULL-terminated. */
const char *const *limn_model_entry_get_controls (LimnModelEntry *entry);

/* A GListModel of LimnModelEntry: the bundled one first, then by name. Signal:
 *   controls-changed   which ControlNets there are for some model */
#define LIMN_TYPE_MODELS (limn_models_get_type ())
G_DECLARE_FINAL_TYPE (LimnModels, limn_models, LIMN, MODELS, GObject)

/* One for the program; borrowed. The first call begins to look. */
LimnModels *limn_models_get_default (void);

/* NULL while it is not known; borrowed until the list changes. */
LimnModelEntry *limn_models_find (LimnModels *models, const char *model);
/* Whether something is being looked at right now. */
bool limn_models_is_scanning (LimnModels *models);
/* Looks again, at all. */
void limn_models_rescan (LimnModels *models);
/* Looks at what a person opened: a folder, or one file. finish() gives the setting for it, freed by
 * the caller; NULL with the sentence that says why it is no model that can be used. */
void limn_models_open (LimnModels *models,
                       const char *path,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer data);
char *limn_models_open_finish (LimnModels *models, GAsyncResult *result, GError **error);

/* The path for limn_model_open(); the caller frees it. Any thread. */
char *limn_models_resolve (const char *model);

/* Types of the ControlNets that fit @model, its own and loose ones, sorted; freed by g_strfreev().
 */
char **limn_models_controls (const char *model);
/* The path of a ControlNet that is not in the model's own folder, or NULL; the caller frees it. */
char *limn_models_control_path (const char *model, const char *type);
/* "pose" for control_v11p_sd15_openpose.safetensors; the caller frees it. Any thread. */
char *limn_models_control_type (const char *path);
