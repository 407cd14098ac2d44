/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "document/document.h"

/* Documents from files and to files, on worker threads. Each call ends in @callback on the main
 * thread. The program does not end before they have, even without a window. */

/* .limn and .ora; of any other picture, a drawing without path that has it as its only layer. The
 * document has its journal when it arrives. */
void limn_files_load (GFile *file,
                      GCancellable *cancellable,
                      GAsyncReadyCallback callback,
                      gpointer data);
/* @warnings gets sentences, NULL-terminated. */
LimnDocument *limn_files_load_finish (GAsyncResult *result, GStrv *warnings, GError **error);

/* Writes the document as it is now; what is changed meanwhile stays to be saved. It has @path when
 * @callback comes. */
void limn_files_save (LimnDocument *document,
                      const char *path,
                      GAsyncReadyCallback callback,
                      gpointer data);
bool limn_files_save_finish (GAsyncResult *result, GError **error);

/* The picture of all visible layers as a PNG. */
void limn_files_export (LimnDocument *document,
                        const char *path,
                        GAsyncReadyCallback callback,
                        gpointer data);
bool limn_files_export_finish (GAsyncResult *result, GError **error);

/* Keeps the program alive as long as @task lives. */
void limn_files_hold (GTask *task);

/* "Balloon" of /home/ada/Balloon.limn, "Untitled" without a path. The caller frees it. */
char *limn_files_title (LimnDocument *document);
/* The folder for people, "~/Pictures"; NULL without a path. The caller frees it. */
char *limn_files_folder (LimnDocument *document);
