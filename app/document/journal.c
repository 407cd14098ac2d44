/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "document/journal-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <string.h>
#include <unistd.h>

/* The files of one document are NAME.lock, which is locked while the document is open, and
 * NAME.1.journal, NAME.2.journal, ...: a save begins the next one, and the one before goes when the
 * new one is on the disk. */
struct limn_journal {
  char *folder, *name;
  char *file; /* the current one */
  guint number;
  int lock, fd;
  goffset size;
  bool failed; /* and told */

  GThread *thread;
  GMutex mutex; /* for what follows; @fd is changed under it too */
  GCond cond;
  bool dirty, busy, stop;
  GPtrArray *old_files; /* of char *: go after the next sync */
  int sync_error;       /* an errno */
};

/* --- the thread --- */

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
    journal->sync_error = problem;
  journal->busy = false;
  g_cond_broadcast (&journal->cond);
}

static gpointer
sync_loop (gpointer data)
{
  limn_journal *journal = data;

  g_mutex_lock (&journal->mutex);
  for (;;) {
    while (!journal->dirty && !journal->stop)
      g_cond_wait (&journal->cond, &journal->mutex);
    if (!journal->dirty)
      break;
    sync_once (journal);
  }
  g_mutex_unlock (&journal->mutex);
  return NULL;
}

void
limn_journal_sync (LimnDocument *document)
{
  limn_journal *journal = document->journal;

  if (journal == NULL)
    return;
  g_mutex_lock (&journal->mutex);
  while (journal->dirty || journal->busy)
    g_cond_wait (&journal->cond, &journal->mutex);
  g_mutex_unlock (&journal->mutex);
}

/* --- writing --- */

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

static GByteArray *
record_new (limn_record_kind kind, const GByteArray *payload)
{
  GByteArray *record = g_byte_array_new ();

  limn_put_fixed32 (record, payload != NULL ? payload->len : 0);
  limn_put_fixed32 (record, kind);
  if (payload != NULL)
    g_byte_array_append (record, payload->data, payload->len);
  limn_put_fixed64 (record, limn_checksum (record->data, record->len));
  return record;
}

/* From here on nothing is written until the journal begins again. */
static void
fail (LimnDocument *document, int problem)
{
  limn_journal *journal = document->journal;
  g_autofree char *name = g_filename_display_name (journal->file);
  g_autofree char *sentence = NULL;

  if (journal->failed)
    return;
  journal->failed = true;
  sentence =
      g_strdup_printf ("%s: cannot be written, so that a crash would lose what is not saved: %s",
                       name, g_strerror (problem));
  limn_document_emit_journal (document, sentence);
}

void
limn_journal_write (LimnDocument *document, limn_record_kind kind, const GByteArray *payload)
{
  limn_journal *journal = document->journal;
  g_autoptr (GByteArray) record = NULL;
  int problem;

  if (journal == NULL || journal->failed)
    return;
  record = record_new (kind, payload);
  problem = write_all (journal->fd, record->data, record->len);
  if (problem != 0) {
    /* Half a record at the end is not read, but nothing could follow it. */
    if (ftruncate (journal->fd, journal->size) < 0)
      problem = errno;
    fail (document, problem);
    return;
  }
  journal->size += record->len;
  g_mutex_lock (&journal->mutex);
  problem = journal->sync_error;
  journal->dirty = true;
  g_cond_broadcast (&journal->cond);
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

/* The next file, with all of the document. An errno. */
static int
write_beginning (LimnDocument *document, const char *file, int *fd, goffset *size)
{
  g_autoptr (GByteArray) payload = g_byte_array_new ();
  g_autoptr (GByteArray) record = NULL;
  int problem;

  *fd = open (file, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
  if (*fd < 0)
    return errno;
  limn_put_string (payload, document->path);
  limn_put_document (payload, document);
  record = record_new (LIMN_RECORD_DOCUMENT, payload);
  *size = (goffset) strlen (LIMN_JOURNAL_MAGIC) + record->len;
  problem = write_all (*fd, (const guint8 *) LIMN_JOURNAL_MAGIC, strlen (LIMN_JOURNAL_MAGIC));
  if (problem == 0)
    problem = write_all (*fd, record->data, record->len);
  if (problem == 0)
    return 0;
  close (g_steal_fd (fd));
  g_unlink (file);
  return problem;
}

static int
begin_file (LimnDocument *document, limn_journal *journal)
{
  g_autofree char *name = g_strdup_printf ("%s.%u.journal", journal->name, journal->number + 1);
  g_autofree char *file = g_build_filename (journal->folder, name, NULL);
  goffset size = 0;
  int fd, problem = write_beginning (document, file, &fd, &size);

  if (problem != 0)
    return problem;
  g_mutex_lock (&journal->mutex);
  if (journal->fd >= 0) {
    close (journal->fd);
    g_ptr_array_add (journal->old_files, g_steal_pointer (&journal->file));
  }
  journal->fd = fd;
  journal->dirty = true;
  journal->sync_error = 0;
  g_cond_broadcast (&journal->cond);
  g_mutex_unlock (&journal->mutex);
  journal->file = g_steal_pointer (&file);
  journal->number++;
  journal->size = size;
  journal->failed = false;
  document->epoch++;
  return 0;
}

void
limn_journal_restart (LimnDocument *document)
{
  int problem;

  if (document->journal == NULL)
    return;
  problem = begin_file (document, document->journal);
  if (problem != 0)
    fail (document, problem);
}

/* --- beginning and end --- */

static char *
lock_path (const char *folder, const char *name)
{
  return g_strdup_printf ("%s/%s.lock", folder, name);
}

/* The open file, or -1 and errno; EWOULDBLOCK when another holds it. */
static int
take_lock (const char *path)
{
  int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600), problem;

  if (fd < 0 || flock (fd, LOCK_EX | LOCK_NB) == 0)
    return fd;
  problem = errno;
  close (fd);
  errno = problem;
  return -1;
}

static char *
default_folder (const char *folder)
{
  return folder != NULL ? g_strdup (folder)
                        : g_build_filename (g_get_user_state_dir (), "limn", "journal", NULL);
}

static limn_journal *
journal_new (const char *folder)
{
  limn_journal *journal = g_new0 (limn_journal, 1);
  g_autofree char *lock = NULL;

  journal->folder = default_folder (folder);
  journal->name = g_uuid_string_random ();
  journal->fd = -1;
  journal->lock = -1;
  journal->old_files = g_ptr_array_new_with_free_func (g_free);
  g_mutex_init (&journal->mutex);
  g_cond_init (&journal->cond);
  lock = lock_path (journal->folder, journal->name);
  if (g_mkdir_with_parents (journal->folder, 0700) == 0)
    journal->lock = take_lock (lock);
  return journal;
}

bool
limn_journal_start (LimnDocument *document, const char *folder, GError **error)
{
  limn_journal *journal;
  int problem;

  g_assert (document->journal == NULL);
  journal = journal_new (folder);
  problem = journal->lock < 0 ? errno : begin_file (document, journal);
  if (problem != 0) {
    g_autofree char *name = g_filename_display_name (journal->folder);

    g_set_error (error, LIMN_ERROR, LIMN_ERROR_FILE, "%s: no journal can be kept there: %s", name,
                 g_strerror (problem));
    document->journal = journal;
    limn_journal_close (document);
    return false;
  }
  journal->thread = g_thread_new ("journal", sync_loop, journal);
  document->journal = journal;
  return true;
}

static void
stop_thread (limn_journal *journal)
{
  if (journal->thread == NULL)
    return;
  g_mutex_lock (&journal->mutex);
  journal->stop = true;
  g_cond_broadcast (&journal->cond);
  g_mutex_unlock (&journal->mutex);
  g_thread_join (g_steal_pointer (&journal->thread));
}

void
limn_journal_free (limn_journal *journal)
{
  if (journal == NULL)
    return;
  stop_thread (journal);
  if (journal->fd >= 0)
    close (journal->fd);
  if (journal->lock >= 0)
    close (journal->lock);
  g_ptr_array_unref (journal->old_files);
  g_mutex_clear (&journal->mutex);
  g_cond_clear (&journal->cond);
  g_free (journal->folder);
  g_free (journal->name);
  g_free (journal->file);
  g_free (journal);
}

void
limn_journal_close (LimnDocument *document)
{
  limn_journal *journal = g_steal_pointer (&document->journal);

  if (journal == NULL)
    return;
  stop_thread (journal);
  for (guint i = 0; i < journal->old_files->len; i++)
    g_unlink (g_ptr_array_index (journal->old_files, i));
  if (journal->file != NULL)
    g_unlink (journal->file);
  if (journal->lock >= 0) {
    g_autofree char *lock = lock_path (journal->folder, journal->name);

    g_unlink (lock);
  }
  limn_journal_free (journal);
}

/* --- after a crash --- */

static void
remove_all (GPtrArray *files)
{
  for (guint i = 0; i < files->len; i++)
    g_unlink (g_ptr_array_index (files, i));
}

/* Number of the file, from 1 on, and the NAME in its name; 0 when it is none of ours. */
static guint64
parse_name (const char *file, char **name)
{
  g_auto (GStrv) parts = g_strsplit (file, ".", -1);
  guint64 number = 0;

  *name = NULL;
  if (g_strv_length (parts) != 3 || !g_uuid_string_is_valid (parts[0]) ||
      !g_str_equal (parts[2], "journal") ||
      !g_ascii_string_to_unsigned (parts[1], 10, 1, G_MAXUINT32, &number, NULL))
    return 0;
  *name = g_strdup (parts[0]);
  return number;
}

/* All files of @name, the highest number first. */
static GPtrArray *
files_of (const char *folder, const char *name)
{
  GPtrArray *files = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  g_autoptr (GArray) numbers = g_array_new (FALSE, FALSE, sizeof (guint64));
  const char *entry;

  while (dir != NULL && (entry = g_dir_read_name (dir)) != NULL) {
    g_autofree char *found = NULL;
    guint64 number = parse_name (entry, &found);
    guint at = 0;

    if (number == 0 || !g_str_equal (found, name))
      continue;
    while (at < numbers->len && g_array_index (numbers, guint64, at) > number)
      at++;
    g_array_insert_val (numbers, at, number);
    g_ptr_array_insert (files, (int) at, g_build_filename (folder, entry, NULL));
  }
  return files;
}

/* Whether there is a whole document at its beginning. */
static bool
look_into (const char *file, limn_left *left)
{
  g_autoptr (GMappedFile) map = limn_file_map (file, NULL);
  struct stat info;

  if (map == NULL || stat (file, &info) < 0 ||
      !limn_journal_read_path (g_mapped_file_get_contents (map), g_mapped_file_get_length (map),
                               &left->path))
    return false;
  left->file = g_strdup (file);
  left->changed = info.st_mtime;
  return true;
}

static limn_left *
left_new (const char *folder, const char *name)
{
  g_autofree char *lock = lock_path (folder, name);
  g_autoptr (GPtrArray) files = NULL;
  limn_left *left;
  int fd = take_lock (lock);

  if (fd < 0)
    return NULL;
  left = g_new0 (limn_left, 1);
  left->lock = fd;
  /* Again, since its owner may have closed it while nobody held the lock. */
  files = files_of (folder, name);
  for (guint i = 0; i < files->len && left->file == NULL; i++)
    look_into (g_ptr_array_index (files, i), left);
  if (left->file != NULL)
    return left;
  remove_all (files);
  g_unlink (lock);
  limn_left_free (left);
  return NULL;
}

static int
compare_left (gconstpointer a, gconstpointer b)
{
  const limn_left *first = *(limn_left *const *) a, *second = *(limn_left *const *) b;

  return (first->changed < second->changed) - (first->changed > second->changed);
}

GPtrArray *
limn_journal_recover (const char *folder)
{
  GPtrArray *all = g_ptr_array_new_with_free_func ((GDestroyNotify) limn_left_free);
  g_autofree char *where = default_folder (folder);
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GDir) dir = g_dir_open (where, 0, NULL);
  GHashTableIter iter;
  gpointer name;
  const char *entry;

  while (dir != NULL && (entry = g_dir_read_name (dir)) != NULL) {
    char *found;

    if (parse_name (entry, &found) > 0)
      g_hash_table_add (names, found);
  }
  g_hash_table_iter_init (&iter, names);
  while (g_hash_table_iter_next (&iter, &name, NULL)) {
    limn_left *left = left_new (where, name);

    if (left != NULL)
      g_ptr_array_add (all, left);
  }
  g_ptr_array_sort (all, compare_left);
  return all;
}

LimnDocument *
limn_left_open (const limn_left *left, GError **error)
{
  g_autoptr (GMappedFile) map = limn_file_map (left->file, error);

  if (map == NULL)
    return NULL;
  return limn_journal_read (g_mapped_file_get_contents (map), g_mapped_file_get_length (map),
                            left->file, error);
}

void
limn_left_discard (limn_left *left)
{
  g_autofree char *folder = g_path_get_dirname (left->file);
  g_autofree char *entry = g_path_get_basename (left->file);
  g_autofree char *name = NULL;
  g_autofree char *lock = NULL;
  g_autoptr (GPtrArray) files = NULL;

  parse_name (entry, &name);
  files = files_of (folder, name);
  remove_all (files);
  lock = lock_path (folder, name);
  g_unlink (lock);
}

void
limn_left_free (limn_left *left)
{
  if (left == NULL)
    return;
  close (left->lock);
  g_free (left->file);
  g_free (left->path);
  g_free (left);
}
