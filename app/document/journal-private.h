/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "document/command.h"

#define LIMN_JOURNAL_MAGIC "limn journal 1\n"

typedef enum {
  LIMN_RECORD_DOCUMENT, /* the path and all of it; the first record and no other */
  LIMN_RECORD_COMMAND,
  LIMN_RECORD_MERGED, /* a command that became part of the one before */
  LIMN_RECORD_UNDO,
  LIMN_RECORD_REDO,
  LIMN_RECORD_RESULT,  /* one arrived */
  LIMN_RECORD_DROPPED, /* one went to make room */
  LIMN_RECORD_STATE,   /* something older than the file was undone or redone: how it is now */
  LIMN_N_RECORDS,
} limn_record_kind;

/* No-op without a journal. Blocks no longer than a write to the page cache takes, but where the
 * very first file is not whole yet: then until it is. A failure is told by a signal of the
 * document, once. */
void limn_journal_write (LimnDocument *document, limn_record_kind kind, const GByteArray *payload);
/* That @command was undone or redone (@kind). The file may be younger than it: then all is written
 * that it may have changed. */
void limn_journal_write_undo (LimnDocument *document,
                              limn_record_kind kind,
                              const limn_command *command);
/* Begins again with the document as it is. Does not block: a thread writes the new file, and until
 * that is whole the old one goes on. */
void limn_journal_restart (LimnDocument *document);
/* The same when the file has become large. Only between commands. */
void limn_journal_compact (LimnDocument *document);
/* Bytes from which on it is large; for tests. */
void limn_journal_set_limit (LimnDocument *document, goffset bytes);
/* Lets go of the files and leaves them. */
void limn_journal_free (limn_journal *journal);

/* The caller frees them. */
char *limn_journal_lock_path (const char *folder, const char *name);
char *limn_journal_folder (const char *folder);
/* The open file, or -1 and errno; EWOULDBLOCK when another holds it. */
int limn_journal_take_lock (const char *path);

/* The document that such a file holds up to the last whole record. */
LimnDocument *limn_journal_read (const void *bytes, gsize size, const char *name, GError **error);
/* The path in the first record; false when there is no whole first record. The caller frees it. */
bool limn_journal_read_path (const void *bytes, gsize size, char **path);

/* The document as it is, but for layers and results that @command does not touch: they stay what
 * they are where it is read. */
void limn_put_state (GByteArray *out, LimnDocument *document, const limn_command *command);
/* Gives @document that state and takes its history away; false, and nothing happens, after a
 * failure. */
bool limn_get_state (limn_reader *reader, LimnDocument *document);

void limn_put_result (GByteArray *out, const limn_result *result);
/* NULL after a failure. */
limn_result *limn_get_result (limn_reader *reader);
/* As limn_document_add_result() and what it drops do it, without more ado. */
bool limn_document_take_result (LimnDocument *document, limn_result *result);
void limn_document_drop_result (LimnDocument *document, guint index);
