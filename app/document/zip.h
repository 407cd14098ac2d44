/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "limn.h"

/* ZIP archives as OpenRaster wants them. They are read by libarchive. They are written here, since
 * OpenRaster's first member has to lie in the file without extra fields and with its sizes before
 * it, and libarchive writes no such member. Everything is stored as it is: pictures are compressed
 * in themselves. */

typedef struct limn_zip_writer limn_zip_writer;

/* Beside @path and renamed at the end, as limn_file_writer does it. */
limn_zip_writer *limn_zip_writer_new (const char *path, GError **error);
bool limn_zip_writer_add (
    limn_zip_writer *writer, const char *name, const void *bytes, gsize size, GError **error);
bool limn_zip_writer_finish (limn_zip_writer *writer, GError **error);
void limn_zip_writer_free (limn_zip_writer *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_zip_writer, limn_zip_writer_free)

/* All members with their bytes: a table from char * to GBytes *. Their names are UTF-8 and stay
 * within the archive. What has another name or is no file is left out with a sentence in @warnings.
 * An archive that is broken, has a name twice, or would unpack to much more than it is, is
 * LIMN_ERROR_FORMAT. @path stands in messages. */
GHashTable *limn_zip_read (
    const void *bytes, gsize size, const char *path, GPtrArray *warnings, GError **error);
