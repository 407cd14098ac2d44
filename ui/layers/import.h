/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "studio.h"

/* Pictures that come from elsewhere, as picture layers of the studio's document above its active
 * layer, and layers that go elsewhere. Reading and decoding happens on worker threads; errors
 * become toasts. What is larger than the canvas is scaled down to fit it, and a toast says so; all
 * lie in its middle. */

/* Whether @file is called like a document: .limn or .ora. Such files are opened, not imported. */
bool limn_import_is_document (GFile *file);

/* Each of these ends in @callback (which may be NULL) with the layer's id from finish(); 0 where
 * nothing came of it, with an error that the person was told of already. A result that comes after
 * the document was replaced, or after @cancellable was cancelled, is dropped without a word
 * (G_IO_ERROR_CANCELLED). One that comes while the pen is down waits for it to lift. */
void limn_import_file (LimnStudio *studio,
                       GFile *file,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer data);
/* @name becomes the layer's. */
void limn_import_bytes (LimnStudio *studio,
                        GBytes *bytes,
                        const char *name,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer data);
void limn_import_texture (LimnStudio *studio,
                          GdkTexture *texture,
                          const char *name,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer data);
guint32 limn_import_finish (LimnStudio *studio, GAsyncResult *result, GError **error);

/* One after the other, in their order. @files are GFile; documents among them are left out. */
void limn_import_files (LimnStudio *studio, GSList *files);

/* Gives the document the settings of the last picture that was imported and had a recipe, as a
 * toast offered it. False when there was none. */
bool limn_import_use_recipe (LimnStudio *studio);

/* The file chooser. @parent may be NULL. */
void limn_import_choose (LimnStudio *studio, GtkWindow *parent);

/* Lets @widget take files and pictures that are dropped on it. Documents and models are handed to
 * the action "win.open-uri" (s). */
void limn_import_attach_drop (GtkWidget *widget, LimnStudio *studio);

/* What lies on the clipboard: files or a picture. */
void limn_import_paste (LimnStudio *studio, GdkClipboard *clipboard);
/* The pixels of a layer, as they are; false when there is no such layer or no memory. */
bool limn_import_copy (LimnStudio *studio, guint32 layer, GdkClipboard *clipboard);
