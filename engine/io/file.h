/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "error.h"

/* The whole of a regular file, read-only and private. Folders, devices and pipes are refused before
 * anything is read from them. LIMN_ERROR_FILE names @path. A file that somebody shortens while it
 * is mapped faults on access, as every mapping does. */
GMappedFile *limn_file_map (const char *path, GError **error);
/* The same, and *@opened is the file itself for limn_file_read(), which the caller closes; -1 on
 * failure. */
GMappedFile *limn_file_map_open (const char *path, int *opened, GError **error);

/* Bytes @offset to @offset + @size of the open file @path. What somebody has cut off meanwhile is
 * LIMN_ERROR_FILE here, where a mapping would end the program. */
bool
limn_file_read (int fd, const char *path, guint64 offset, void *buffer, gsize size, GError **error);

/* Replaces @path as a whole: writes under another name beside it, syncs, renames. On failure,
 * LIMN_ERROR_FILE, whatever was at @path is still there and nothing else. The mode of a new file is
 * what the umask leaves of 0666. */
bool limn_file_write (const char *path, const void *bytes, gsize size, GError **error);

/* The same in pieces: nothing is at @path, or what was there before, until finish() returns true.
 * Freeing a writer that was not finished drops what it wrote. */
typedef struct limn_file_writer limn_file_writer;

limn_file_writer *limn_file_writer_new (const char *path, GError **error);
bool
limn_file_writer_append (limn_file_writer *writer, const void *bytes, gsize size, GError **error);
/* What is written, open for reading too; it stays the writer's. */
int limn_file_writer_descriptor (const limn_file_writer *writer);
bool limn_file_writer_finish (limn_file_writer *writer, GError **error);
void limn_file_writer_free (limn_file_writer *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_file_writer, limn_file_writer_free)

/* Sets "PATH: MESSAGE" with the path as readable UTF-8. */
void
limn_file_set_error (GError **error, limn_error code, const char *path, const char *format, ...)
    G_GNUC_PRINTF (4, 5);

/* Foreign text for a message: control characters and broken UTF-8 escaped, shortened when it is
 * long. @length is in bytes, or -1. The caller frees it. */
char *limn_file_escape (const char *text, gssize length);
/* The same in double quotes. */
char *limn_file_quote (const char *text);
