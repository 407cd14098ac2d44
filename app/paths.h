/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* @name below the folder of Limn's own data: LIMN_DATA_DIR where that is set, else where Limn was
 * installed. The caller frees it. */
char *limn_data_path (const char *name);
/* The name of the bundled model there. */
#define LIMN_STARTER_MODEL "models/starter"

/* Whether @path can be made or replaced: asked before a long work begins. LIMN_ERROR_FILE. */
bool limn_check_output (const char *path, GError **error);

/* Makes @folder where it is missing, and checks that files can be made in it. */
bool limn_make_folder (const char *folder, GError **error);
