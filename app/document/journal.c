/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "document/journal-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* Bytes of a file from which on it begins again, since it would take long to replay. */
#define COMPACT_SIZE ((goffset) 256 << 20)

/* The next file while it begins: a copy of the document, which the thread writes, and the records
 * that came since. It is called NAME.N.part until it has all that the one before has. */
struct beginning {
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
  bool failed;                      /* and told */
  struct beginning *next, *current; /* not yet, and right now, with the thread */
  bool dirty, busy, stop;
  bool closed, detached; /* the files are gone; the thread frees the rest */
  GPtrArray *old_files;  /* of char *: go after the next sync */
  int problem;           /* of the thread, an errno */
};

static void
beginning_free (struct beginning *beginning)
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

static int
write_all (int fd, const guint8 *bytes, gsize size)
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

/* Its length comes with record_end(). */
static GByteArray *
record_begin (limn_record_kind kind)
{
  GByteArray *record = g_byte_array_new ();

  limn_put_fixed32 (record, 0);
  limn_put_fixed32 (record, kind);
  return record;
}

static void
record_end (GByteArray *record)
{
  guint32 length = GUINT32_TO_LE (record->len - 8);

  memcpy (record->data, &length, sizeof length);
  limn_put_fixed64 (record, limn_checksum (record->data, record->len));
}

/* --- the thread --- */

static int
write_document (struct beginning *beginning)
{
  g_autoptr (GByteArray) record = record_begin (LIMN_RECORD_DOCUMENT);
  gsize length = strlen (LIMN_JOURNAL_MAGIC);
  int problem;

  limn_put_string (record, beginning->copy->path);
  limn_put_document (record, beginning->copy);
  g_clear_object (&beginning->copy);
  record_end (record);
  beginning->size = (goffset) length + record->len;
  problem = write_all (beginning->fd, (const guint8 *) LIMN_JOURNAL_MAGIC, length);
  if (problem == 0)
    problem = write_all (beginning->fd, record->data, record->len);
  if (problem == 0 && fdatasync (beginning->fd) < 0)
    problem = errno;
  return problem;
}

/* What was done in the meantime. Called with the mutex, and returns with it and an empty queue. */
static int
write_queue (limn_journal *journal, struct beginning *beginning)
{
  int problem = 0;

  while (problem == 0 && beginning->queue->len > 0) {
    g_autoptr (GByteArray) queue = g_steal_pointer (&beginning->queue);

    beginning->queue = g_byte_array_new ();
    g_mutex_unlock (&journal->mutex);
    problem = write_all (beginning->fd, queue->data, queue->len);
    beginning->size += queue->len;
    g_mutex_lock (&journal->mutex);
  }
  return problem;
}

/* From here on it is the one. With the mutex: between the last record and the new name nothing may
 * come to the old file. */
static void
take_over (limn_journal *journal, struct beginning *beginning, goffset first_size)
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
  struct beginning *beginning = g_steal_pointer (&journal->next);
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
  beginning_free (beginning);
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

static void
journal_free (limn_journal *journal)
{
  if (journal->fd >= 0)
    close (journal->fd);
  if (journal->lock >= 0)
    close (journal->lock);
  beginning_free (journal->next);
  g_ptr_array_unref (journal->old_files);
  g_mutex_clear (&journal->mutex);
  g_cond_clear (&journal->cond);
  g_free (journal->folder);
  g_free (journal->name);
  g_free (journal->file);
  g_free (journal);
}

static gpointer
work (gpointer data)
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
    journal_free (journal);
  return NULL;
}

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
queue (struct beginning *beginning, const GByteArray *record)
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
  problem = write_all (journal->fd, record->data, record->len);
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
  record = record_begin (kind);
  if (payload != NULL)
    g_byte_array_append (record, payload->data, payload->len);
  record_end (record);
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
beginning_new (LimnDocument *document, limn_journal *journal, struct beginning **result)
{
  struct beginning *beginning = g_new0 (struct beginning, 1);
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
    g_clear_pointer (&beginning, beginning_free);
  *result = beginning;
  return problem;
}

/* The thread writes it; one that it has not begun with yet is not needed any more. */
static int
begin (LimnDocument *document, limn_journal *journal)
{
  struct beginning *beginning, *unneeded;
  int problem = beginning_new (document, journal, &beginning);

  if (problem != 0)
    return problem;
  g_mutex_lock (&journal->mutex);
  unneeded = journal->next;
  journal->next = beginning;
  g_cond_broadcast (&journal->cond);
  g_mutex_unlock (&journal->mutex);
  beginning_free (unneeded);
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
  journal->thread = g_thread_new ("journal", work, journal);
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
  journal_free (journal);
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
  g_clear_pointer (&journal->next, beginning_free);
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
    journal_free (journal);
}
