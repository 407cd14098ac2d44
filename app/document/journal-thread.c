/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "document/journal-thread.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

void
limn_beginning_free (struct limn_beginning *beginning)
{
  if (beginning == NULL)
    return;
  g_clear_object (&beginning->copy);
  if (beginning->fd >= 0) {
    close (beginning->fd);
    g_unlink (beginning->part);
  }
  g_byte_array_unref (beginning->queue);
  g_free (beginning->part);
  g_free (beginning->file);
  g_free (beginning);
}

/* --- records --- */

int
limn_journal_write_all (int fd, const guint8 *bytes, gsize size)
{
  while (size > 0) {
    gssize written = write (fd, bytes, size);

    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return errno;
    bytes += written;
    size -= (gsize) written;
  }
  return 0;
}

GByteArray *
limn_record_begin (limn_record_kind kind)
{
  GByteArray *record = g_byte_array_new ();

  limn_put_fixed32 (record, 0);
  limn_put_fixed32 (record, kind);
  return record;
}

void
limn_record_end (GByteArray *record)
{
  guint32 length = GUINT32_TO_LE (record->len - 8);

  memcpy (record->data, &length, sizeof length);
  limn_put_fixed64 (record, limn_checksum (record->data, record->len));
}

/* --- the thread --- */

static int
write_document (struct limn_beginning *beginning)
{
  g_autoptr (GByteArray) record = limn_record_begin (LIMN_RECORD_DOCUMENT);
  gsize length = strlen (LIMN_JOURNAL_MAGIC);
  int problem;

  limn_put_string (record, beginning->copy->path);
  limn_put_document (record, beginning->copy);
  g_clear_object (&beginning->copy);
  limn_record_end (record);
  beginning->size = (goffset) length + record->len;
  problem = limn_journal_write_all (beginning->fd, (const guint8 *) LIMN_JOURNAL_MAGIC, length);
  if (problem == 0)
    problem = limn_journal_write_all (beginning->fd, record->data, record->len);
  if (problem == 0 && fdatasync (beginning->fd) < 0)
    problem = errno;
  return problem;
}

/* What was done in the meantime. Called with the mutex, and returns with it and an empty queue. */
static int
write_queue (limn_journal *journal, struct limn_beginning *beginning)
{
  int problem = 0;

  while (problem == 0 && beginning->queue->len > 0) {
    g_autoptr (GByteArray) queue = g_steal_pointer (&beginning->queue);

    beginning->queue = g_byte_array_new ();
    g_mutex_unlock (&journal->mutex);
    problem = limn_journal_write_all (beginning->fd, queue->data, queue->len);
    beginning->size += queue->len;
    g_mutex_lock (&journal->mutex);
  }
  return problem;
}

/* From here on it is the one. With the mutex: between the last record and the new name nothing may
 * come to the old file. */
static void
take_over (limn_journal *journal, struct limn_beginning *beginning, goffset first_size)
{
  if (journal->fd >= 0) {
    close (journal->fd);
    g_ptr_array_add (journal->old_files, g_steal_pointer (&journal->file));
  }
  g_free (journal->file);
  journal->file = g_steal_pointer (&beginning->file);
  journal->fd = g_steal_fd (&beginning->fd);
  journal->size = beginning->size;
  journal->first_size = first_size;
  journal->failed = false;
  journal->problem = 0;
  journal->dirty = true;
}

/* Where it fails, the file before goes on as it is. */
static void
begin_once (limn_journal *journal)
{
  struct limn_beginning *beginning = g_steal_pointer (&journal->next);
  goffset first_size;
  int problem;

  journal->current = beginning;
  g_mutex_unlock (&journal->mutex);
  problem = write_document (beginning);
  first_size = beginning->size;
  g_mutex_lock (&journal->mutex);
  if (problem == 0)
    problem = write_queue (journal, beginning);
  if (problem == 0 && !journal->closed && g_rename (beginning->part, beginning->file) < 0)
    problem = errno;
  if (problem == 0 && !journal->closed)
    take_over (journal, beginning, first_size);
  else if (journal->fd < 0 || journal->failed)
    journal->problem = problem;
  journal->current = NULL;
  limn_beginning_free (beginning);
  g_cond_broadcast (&journal->cond);
}

static void
sync_once (limn_journal *journal)
{
  g_autoptr (GPtrArray) old_files = g_steal_pointer (&journal->old_files);
  int fd = dup (journal->fd), problem = 0;

  journal->old_files = g_ptr_array_new_with_free_func (g_free);
  journal->dirty = false;
  journal->busy = true;
  g_mutex_unlock (&journal->mutex);
  if (fd < 0 || fdatasync (fd) < 0)
    problem = errno;
  if (fd >= 0)
    close (fd);
  for (guint i = 0; i < old_files->len && problem == 0; i++)
    g_unlink (g_ptr_array_index (old_files, i));
  g_mutex_lock (&journal->mutex);
  if (problem != 0)
    journal->problem = problem;
  journal->busy = false;
  g_cond_broadcast (&journal->cond);
}

void
limn_journal_end (limn_journal *journal)
{
  if (journal->fd >= 0)
    close (journal->fd);
  if (journal->lock >= 0)
    close (journal->lock);
  limn_beginning_free (journal->next);
  g_ptr_array_unref (journal->old_files);
  g_mutex_clear (&journal->mutex);
  g_cond_clear (&journal->cond);
  g_free (journal->folder);
  g_free (journal->name);
  g_free (journal->file);
  g_free (journal);
}

gpointer
limn_journal_work (gpointer data)
{
  limn_journal *journal = data;
  bool detached;

  g_mutex_lock (&journal->mutex);
  for (;;) {
    while (!journal->dirty && journal->next == NULL && !journal->stop)
      g_cond_wait (&journal->cond, &journal->mutex);
    if (journal->next != NULL)
      begin_once (journal);
    else if (journal->dirty)
      sync_once (journal);
    else
      break;
  }
  detached = journal->detached;
  g_mutex_unlock (&journal->mutex);
  if (detached)
    limn_journal_end (journal);
  return NULL;
}
