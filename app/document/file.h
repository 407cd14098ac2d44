/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "document/document.h"

/* Documents as files. All of these may take seconds and may run on any thread that has the document
 * to itself, as with limn_document_copy(). docs/document.md says what a file has in it. */

/* .limn, .ora and .png, told apart by what is in them. @warnings may be NULL; else, where something
 * could not be taken as it was, a sentence with the file's name is added to it. A PNG gives a
 * document without path. */
LimnDocument *limn_document_load (const char *path, GPtrArray *warnings, GError **error);
/* The same from memory; @path stands in messages and becomes the document's. */
LimnDocument *limn_document_load_bytes (
    const void *bytes, gsize size, const char *path, GPtrArray *warnings, GError **error);

/* Everything, or with a name that ends in .ora what OpenRaster knows. On failure what was at @path
 * is still there. Says nothing to the document: limn_document_mark_saved() does. */
bool limn_document_save (LimnDocument *document, const char *path, GError **error);
/* The picture of all visible layers; @texts may be NULL. */
bool limn_document_export (LimnDocument *document,
                           const char *path,
                           const struct limn_png_text *texts,
                           gsize n_texts,
                           GError **error);
