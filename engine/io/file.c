/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Characters of foreign text that a message shows. */
#define SHOWN_LENGTH 120

void
limn_file_set_error (GError **error, limn_error code, const char *path, const char *format, ...)
{
  g_autofree char *display = g_filename_display_name (path);
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, LIMN_ERROR, code, "%s: %s", display, message);
}

char *
limn_file_escape (const char *text, gssize length)
{
  GString *escaped = g_string_new (NULL);
  const char *at = text, *end = text + (length < 0 ? (gssize) strlen (text) : length);

  for (int i = 0; at < end && i < SHOWN_LENGTH; i++) {
    gunichar c = g_utf8_get_char_validated (at, end - at);

    if (c == (gunichar) -1 || c == (gunichar) -2) {
      g_string_append_printf (escaped, "\\x%02x", (guchar) *at++);
      continue;
    }
    if (g_unichar_isprint (c))
      g_string_append_unichar (escaped, c);
    else
      g_string_append_printf (escaped, "\\u%04x", c);
    at = g_utf8_next_char (at);
  }
  if (at < end)
    g_string_append (escaped, "...");
  return g_string_free (escaped, FALSE);
}

char *
limn_file_quote (const char *text)
{
  g_autofree char *escaped = limn_file_escape (text, -1);

  return g_strdup_printf ("\"%s\"", escaped);
}

GMappedFile *
limn_file_map_open (const char *path, int *opened, GError **error)
{
  /* Without O_NONBLOCK opening a pipe waits for a writer. */
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  GMappedFile *map = NULL;
  g_autoptr (GError) local = NULL;
  struct stat info;

  if (fd < 0 || fstat (fd, &info) < 0)
    limn_file_set_error (error, LIMN_ERROR_FILE, path, "%s", g_strerror (errno));
  else if (!S_ISREG (info.st_mode))
    limn_file_set_error (error, LIMN_ERROR_FILE, path, "is a %s, wanted a file",
                         S_ISDIR (info.st_mode) ? "folder" : "device or pipe");
  else if ((map = g_mapped_file_new_from_fd (fd, FALSE, &local)) == NULL)
    limn_file_set_error (error, LIMN_ERROR_FILE, path, "%s", local->message);
  if (opened != NULL)
    *opened = map != NULL ? g_steal_fd (&fd) : -1;
  if (fd >= 0)
    close (fd);
  return map;
}

GMappedFile *
limn_file_map (const char *path, GError **error)
{
  return limn_file_map_open (path, NULL, error);
}

bool
limn_file_read (int fd, const char *path, guint64 offset, void *buffer, gsize size, GError **error)
{
  char *at = buffer;

  while (size > 0) {
    gssize got = pread (fd, at, size, (off_t) offset);

    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0) {
      limn_file_set_error (error, LIMN_ERROR_FILE, path, "cannot be read: %s", g_strerror (errno));
      return false;
    }
    if (got == 0) {
      limn_file_set_error (error, LIMN_ERROR_FILE, path,
                           "was shortened while it was read: byte %" G_GUINT64_FORMAT " is gone",
                           offset);
      return false;
    }
    at += got;
    offset += (guint64) got;
    size -= (gsize) got;
  }
  return true;
}

/* --- writing --- */

struct limn_file_writer {
  char *path, *folder, *name;
  char *temporary; /* what it is called meanwhile; NULL while it has no name */
  int fd;
};

static bool
fail_write (const limn_file_writer *writer, int problem, GError **error)
{
  limn_file_set_error (error, LIMN_ERROR_FILE, writer->path, "cannot be written: %s",
                       g_strerror (problem));
  return false;
}

/* Cut, so that the longest names that a file system takes can still be written. */
static char *
temporary_name (const limn_file_writer *writer, const char *end)
{
  return g_strdup_printf ("%s/.%.200s.%s", writer->folder, writer->name, end);
}

/* A file without a name leaves nothing behind, however the program ends. Not every file system has
 * them, and giving one its name needs /proc. */
static int
open_nameless (const limn_file_writer *writer)
{
  if (access ("/proc/self/fd", X_OK) < 0)
    return -1;
  return open (writer->folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
}

limn_file_writer *
limn_file_writer_new (const char *path, GError **error)
{
  limn_file_writer *writer = g_new0 (limn_file_writer, 1);

  writer->path = g_strdup (path);
  writer->folder = g_path_get_dirname (path);
  writer->name = g_path_get_basename (path);
  writer->fd = open_nameless (writer);
  if (writer->fd >= 0)
    return writer;
  writer->temporary = temporary_name (writer, "XXXXXX");
  writer->fd = g_mkstemp_full (writer->temporary, O_RDWR | O_CLOEXEC, 0666);
  if (writer->fd >= 0)
    return writer;
  fail_write (writer, errno, error);
  g_clear_pointer (&writer->temporary, g_free);
  limn_file_writer_free (writer);
  return NULL;
}

void
limn_file_writer_free (limn_file_writer *writer)
{
  if (writer == NULL)
    return;
  if (writer->fd >= 0)
    close (writer->fd);
  if (writer->temporary != NULL)
    unlink (writer->temporary);
  g_free (writer->temporary);
  g_free (writer->path);
  g_free (writer->folder);
  g_free (writer->name);
  g_free (writer);
}

bool
limn_file_writer_append (limn_file_writer *writer, const void *bytes, gsize size, GError **error)
{
  const char *at = bytes;

  while (size > 0) {
    gssize written = write (writer->fd, at, size);

    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return fail_write (writer, errno, error);
    at += written;
    size -= (gsize) written;
  }
  return true;
}

int
limn_file_writer_descriptor (const limn_file_writer *writer)
{
  return writer->fd;
}

/* A link cannot take the place of a file: the nameless one gets a name beside it first. */
static bool
give_name (limn_file_writer *writer)
{
  g_autofree char *self = g_strdup_printf ("/proc/self/fd/%d", writer->fd);

  while (writer->temporary == NULL) {
    g_autofree char *end = g_strdup_printf ("%06x", g_random_int () & 0xffffff);
    g_autofree char *name = temporary_name (writer, end);

    if (linkat (AT_FDCWD, self, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0)
      writer->temporary = g_steal_pointer (&name);
    else if (errno != EEXIST)
      return false;
  }
  return true;
}

bool
limn_file_writer_finish (limn_file_writer *writer, GError **error)
{
  if (fsync (writer->fd) < 0 || !give_name (writer) || close (g_steal_fd (&writer->fd)) < 0 ||
      rename (writer->temporary, writer->path) < 0)
    return fail_write (writer, errno, error);
  g_clear_pointer (&writer->temporary, g_free);
  return true;
}

bool
limn_file_write (const char *path, const void *bytes, gsize size, GError **error)
{
  g_autoptr (limn_file_writer) writer = limn_file_writer_new (path, error);

  return writer != NULL && limn_file_writer_append (writer, bytes, size, error) &&
         limn_file_writer_finish (writer, error);
}
