/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "document/journal-private.h"

/* The journal's files, and the thread that writes the whole ones and syncs. */

/* The next file while it begins: a copy of the document, which the thread writes, and the records
 * that came since. It is called NAME.N.part until it has all that the one before has. */
struct limn_beginning {
  LimnDocument *copy; /* the thread's */
  char *part, *file;
  int fd;
  goffset size;
  GByteArray *queue;
};

/* The files of one document are NAME.lock, which is locked while the document is open, and
 * NAME.1.journal, NAME.2.journal, ...: a save begins the next one, and the one before goes when the
 * new one is on the disk. Until then records go to both. */
struct limn_journal {
  char *folder, *name;
  guint number;  /* of the last one that was begun */
  goffset limit; /* bytes, from which on it begins again */
  int lock;

  GThread *thread;
  GMutex mutex; /* for what follows */
  GCond cond;
  char *file; /* the current one, and what it is */
  int fd;
  goffset size, first_size;
  bool failed;                           /* and told */
  struct limn_beginning *next, *current; /* not yet, and right now, with the thread */
  bool dirty, busy, stop;
  bool closed, detached; /* the files are gone; the thread frees the rest */
  GPtrArray *old_files;  /* of char *: go after the next sync */
  int problem;           /* of the thread, an errno */
};

void limn_beginning_free (struct limn_beginning *beginning);
/* The thread's function, of a limn_journal; it ends when that is to stop, and frees what is
 * detached. */
gpointer limn_journal_work (gpointer journal);
/* Once nobody else has it: closes the files and frees all. */
void limn_journal_end (limn_journal *journal);

/* An errno. */
int limn_journal_write_all (int fd, const guint8 *bytes, gsize size);
/* A record's head; its length comes with limn_record_end(). */
GByteArray *limn_record_begin (limn_record_kind kind);
void limn_record_end (GByteArray *record);
