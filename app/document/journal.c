/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "document/journal-thread.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* Bytes of a file from which on it begins again, since it would take long to replay. */
#define COMPACT_SIZE ((goffset) 256 << 20)

static bool
is_beginning (const limn_journal *journal)
{
  return journal->next != NULL || journal->current != NULL;
}

bool
limn_journal_sync (LimnDocument *document)
{
  limn_journal *journal = document->journal;
  bool good;

  if (journal == NULL)
    return false;
  g_mutex_lock (&journal->mutex);
  while (journal->dirty || journal->busy || is_beginning (journal))
    g_cond_wait (&journal->cond, &journal->mutex);
  good = journal->fd >= 0 && !journal->failed && journal->problem == 0;
  g_mutex_unlock (&journal->mutex);
  return good;
}

/* --- writing --- */

/* From here on nothing is written until the journal begins again. */
static void
fail (LimnDocument *document, int problem)
{
  limn_journal *journal = document->journal;
  g_autofree char *name = NULL;
  g_autofree char *sentence = NULL;
  bool told;

  g_mutex_lock (&journal->mutex);
  told = journal->failed;
  journal->failed = true;
  name = g_filename_display_name (journal->file != NULL ? journal->file : journal->folder);
  g_mutex_unlock (&journal->mutex);
  if (told)
    return;
  sentence =
      g_strdup_printf ("%s: cannot be written, so that a crash would lose what is not saved: %s",
                       name, g_strerror (problem));
  limn_document_emit_journal (document, sentence);
}

static void
queue (struct limn_beginning *beginning, const GByteArray *record)
{
  if (beginning != NULL)
    g_byte_array_append (beginning->queue, record->data, record->len);
}

/* With the mutex; an errno. */
static int
append (limn_journal *journal, const GByteArray *record)
{
  int problem;

  queue (journal->current, record);
  queue (journal->next, record);
  if (journal->fd < 0 || journal->failed) {
    /* Nothing else has it: what was done must be in a file before anything more is. */
    while (is_beginning (journal))
      g_cond_wait (&journal->cond, &journal->mutex);
    return journal->problem;
  }
  problem = limn_journal_write_all (journal->fd, record->data, record->len);
  if (problem != 0) {
    /* Half a record at the end is not read, but nothing could follow it. */
    return ftruncate (journal->fd, journal->size) < 0 ? errno : problem;
  }
  journal->size += record->len;
  journal->dirty = true;
  g_cond_broadcast (&journal->cond);
  return journal->problem;
}

void
limn_journal_write (LimnDocument *document, limn_record_kind kind, const GByteArray *payload)
{
  limn_journal *journal = document->journal;
  g_autoptr (GByteArray) record = NULL;
  int problem = 0;

  if (journal == NULL)
    return;
  record = limn_record_begin (kind);
  if (payload != NULL)
    g_byte_array_append (record, payload->data, payload->len);
  limn_record_end (record);
  g_mutex_lock (&journal->mutex);
  if (!journal->failed || is_beginning (journal))
    problem = append (journal, record);
  g_mutex_unlock (&journal->mutex);
  if (problem != 0)
    fail (document, problem);
}

void
limn_journal_write_undo (LimnDocument *document, limn_record_kind kind, const limn_command *command)
{
  g_autoptr (GByteArray) payload = NULL;

  if (document->journal == NULL || command->epoch == document->epoch) {
    limn_journal_write (document, kind, NULL);
    return;
  }
  payload = g_byte_array_new ();
  limn_put_state (payload, document, command);
  limn_journal_write (document, LIMN_RECORD_STATE, payload);
  /* Who reads this has no history any more. */
  document->epoch++;
}

/* The next file, still empty. An errno. */
static int
beginning_new (LimnDocument *document, limn_journal *journal, struct limn_beginning **result)
{
  struct limn_beginning *beginning = g_new0 (struct limn_beginning, 1);
  int problem = 0;

  journal->number++;
  beginning->part =
      g_strdup_printf ("%s/%s.%u.part", journal->folder, journal->name, journal->number);
  beginning->file =
      g_strdup_printf ("%s/%s.%u.journal", journal->folder, journal->name, journal->number);
  beginning->queue = g_byte_array_new ();
  beginning->fd = open (beginning->part, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
  if (beginning->fd < 0)
    problem = errno;
  else if ((beginning->copy = limn_document_copy (document)) == NULL)
    problem = ENOMEM;
  if (problem != 0)
    g_clear_pointer (&beginning, limn_beginning_free);
  *result = beginning;
  return problem;
}

/* The thread writes it; one that it has not begun with yet is not needed any more. */
static int
begin (LimnDocument *document, limn_journal *journal)
{
  struct limn_beginning *beginning, *unneeded;
  int problem = beginning_new (document, journal, &beginning);

  if (problem != 0)
    return problem;
  g_mutex_lock (&journal->mutex);
  unneeded = journal->next;
  journal->next = beginning;
  g_cond_broadcast (&journal->cond);
  g_mutex_unlock (&journal->mutex);
  limn_beginning_free (unneeded);
  document->epoch++;
  return 0;
}

void
limn_journal_restart (LimnDocument *document)
{
  limn_journal *journal = document->journal;
  bool there;
  int problem;

  if (journal == NULL)
    return;
  problem = begin (document, journal);
  g_mutex_lock (&journal->mutex);
  there = is_beginning (journal) || (journal->fd >= 0 && !journal->failed);
  g_mutex_unlock (&journal->mutex);
  /* Without a new one the old one goes on. */
  if (problem != 0 && !there)
    fail (document, problem);
}

void
limn_journal_compact (LimnDocument *document)
{
  limn_journal *journal = document->journal;
  bool large;

  if (journal == NULL)
    return;
  g_mutex_lock (&journal->mutex);
  large = !is_beginning (journal) && !journal->failed && journal->size > journal->limit &&
          journal->size / 2 > journal->first_size;
  g_mutex_unlock (&journal->mutex);
  if (large)
    limn_journal_restart (document);
}

/* --- beginning and end --- */

char *
limn_journal_lock_path (const char *folder, const char *name)
{
  return g_strdup_printf ("%s/%s.lock", folder, name);
}

int
limn_journal_take_lock (const char *path)
{
  int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600), problem;

  if (fd < 0 || flock (fd, LOCK_EX | LOCK_NB) == 0)
    return fd;
  problem = errno;
  close (fd);
  errno = problem;
  return -1;
}

char *
limn_journal_folder (const char *folder)
{
  return folder != NULL ? g_strdup (folder)
                        : g_build_filename (g_get_user_state_dir (), "limn", "journal", NULL);
}

static limn_journal *
journal_new (const char *folder)
{
  limn_journal *journal = g_new0 (limn_journal, 1);
  g_autofree char *lock = NULL;

  journal->folder = limn_journal_folder (folder);
  journal->name = g_uuid_string_random ();
  journal->limit = COMPACT_SIZE;
  journal->fd = -1;
  journal->lock = -1;
  journal->old_files = g_ptr_array_new_with_free_func (g_free);
  g_mutex_init (&journal->mutex);
  g_cond_init (&journal->cond);
  lock = limn_journal_lock_path (journal->folder, journal->name);
  if (g_mkdir_with_parents (journal->folder, 0700) == 0)
    journal->lock = limn_journal_take_lock (lock);
  return journal;
}

bool
limn_journal_start (LimnDocument *document, const char *folder, GError **error)
{
  limn_journal *journal;
  int problem;

  g_assert (document->journal == NULL);
  journal = journal_new (folder);
  problem = journal->lock < 0 ? errno : begin (document, journal);
  if (problem != 0) {
    g_autofree char *name = g_filename_display_name (journal->folder);

    g_set_error (error, LIMN_ERROR, LIMN_ERROR_FILE, "%s: no journal can be kept there: %s", name,
                 g_strerror (problem));
    document->journal = journal;
    limn_journal_close (document);
    return false;
  }
  journal->thread = g_thread_new ("journal", limn_journal_work, journal);
  document->journal = journal;
  return true;
}

void
limn_journal_set_limit (LimnDocument *document, goffset bytes)
{
  document->journal->limit = bytes;
}

void
limn_journal_free (limn_journal *journal)
{
  if (journal == NULL)
    return;
  g_mutex_lock (&journal->mutex);
  journal->stop = true;
  g_cond_broadcast (&journal->cond);
  g_mutex_unlock (&journal->mutex);
  if (journal->thread != NULL)
    g_thread_join (g_steal_pointer (&journal->thread));
  limn_journal_end (journal);
}

/* With the mutex. A part that the thread is writing has no name any more, and gets none. */
static void
remove_files (limn_journal *journal)
{
  for (guint i = 0; i < journal->old_files->len; i++)
    g_unlink (g_ptr_array_index (journal->old_files, i));
  if (journal->file != NULL)
    g_unlink (journal->file);
  if (journal->current != NULL)
    g_unlink (journal->current->part);
  g_clear_pointer (&journal->next, limn_beginning_free);
  journal->dirty = false;
  journal->closed = true;
}

void
limn_journal_close (LimnDocument *document)
{
  limn_journal *journal = g_steal_pointer (&document->journal);
  GThread *thread;

  if (journal == NULL)
    return;
  if (journal->lock >= 0) {
    g_autofree char *lock = limn_journal_lock_path (journal->folder, journal->name);

    g_unlink (lock);
  }
  g_mutex_lock (&journal->mutex);
  remove_files (journal);
  journal->stop = true;
  journal->detached = journal->thread != NULL;
  thread = g_steal_pointer (&journal->thread);
  g_cond_broadcast (&journal->cond);
  g_mutex_unlock (&journal->mutex);
  if (thread != NULL)
    g_thread_unref (thread);
  else
    limn_journal_end (journal);
}
