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
limn_file_map (const char *path, GError **error)
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
  if (fd >= 0)
    close (fd);
  return map;
}

static bool
write_all (int fd, const char *bytes, gsize size)
{
  while (size > 0) {
    gssize written = write (fd, bytes, size);

    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return false;
    bytes += written;
    size -= (gsize) written;
  }
  return true;
}

bool
limn_file_write (const char *path, const void *bytes, gsize size, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  /* Cut, so that the longest names that a file system takes can still be written. */
  g_autofree char *temporary = g_strdup_printf ("%s/.%.200s.XXXXXX", folder, name);
  int fd = g_mkstemp_full (temporary, O_WRONLY | O_CLOEXEC, 0666);
  int problem = 0;

  if (fd < 0) {
    limn_file_set_error (error, LIMN_ERROR_FILE, path, "cannot be written: %s", g_strerror (errno));
    return false;
  }
  if (!write_all (fd, bytes, size) || fsync (fd) < 0)
    problem = errno;
  if (close (fd) < 0 && problem == 0)
    problem = errno;
  if (problem == 0 && rename (temporary, path) < 0)
    problem = errno;
  if (problem == 0)
    return true;
  unlink (temporary);
  limn_file_set_error (error, LIMN_ERROR_FILE, path, "cannot be written: %s", g_strerror (problem));
  return false;
}
