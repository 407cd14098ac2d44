/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "document/document.h"

/* A file on the disk that has, at any moment, all of a document that is open. It begins with the
 * document as it was when it was opened or last saved; every command follows when it is done, as a
 * record with a checksum. docs/document.md says how it looks.
 *
 * A record is given to the system by the thread that draws, so that a program that is killed loses
 * nothing but the stroke under the pen; syncing to the disk happens on a thread of the journal. */
typedef struct limn_journal limn_journal;

/* Begins a journal for @document in @folder, or where the user's state belongs when that is NULL.
 * Without it the document works as well, but a crash loses it. A thread writes the document as it
 * is now; limn_journal_sync() waits for that. */
bool limn_journal_start (LimnDocument *document, const char *folder, GError **error);
/* The document was saved or is not wanted any more: nothing is left. Also when there is none. Does
 * not wait for the thread. */
void limn_journal_close (LimnDocument *document);
/* Waits until all that was written is on the disk; false where it is not. */
bool limn_journal_sync (LimnDocument *document);

/* --- after a crash --- */

/* What a program left that ended without closing a journal. While this exists no other program
 * sees it. */
typedef struct {
  char *file;
  char *path;     /* of the document; NULL if it was never saved */
  gint64 changed; /* seconds since 1970 */
  int lock;
} limn_left;

/* Of limn_left, the newest first. Empty where there is nothing, or no folder. */
GPtrArray *limn_journal_recover (const char *folder);
/* The document up to the last whole record, without a journal and to be saved. */
LimnDocument *limn_left_open (const limn_left *left, GError **error);
/* Removes it: once the document has another journal, and limn_journal_sync() was true for that, or
 * when it is not wanted. */
void limn_left_discard (limn_left *left);
void limn_left_free (limn_left *left);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_left, limn_left_free)
