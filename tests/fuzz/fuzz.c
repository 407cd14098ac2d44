/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "error.h"

#define MAX_FILES 8

/* A name is a symbolic link to the descriptor's entry in /proc: no disk sees the bytes. */
struct file {
  char *path;
  int fd;
  bool linked;
};

static char *folder;
static struct file files[MAX_FILES];
static int n_files;

int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING);
  return 0;
}

static void
remove_folder (void)
{
  for (int i = 0; i < n_files; i++) {
    if (files[i].linked)
      unlink (files[i].path);
    close (files[i].fd);
    g_free (files[i].path);
  }
  rmdir (folder);
  g_free (folder);
}

const char *
fuzz_folder (void)
{
  if (folder == NULL) {
    folder = g_dir_make_tmp ("limn-fuzz-XXXXXX", NULL);
    g_assert_nonnull (folder);
    atexit (remove_folder);
  }
  return folder;
}

static struct file *
get_file (const char *name)
{
  g_autofree char *path = g_build_filename (fuzz_folder (), name, NULL);
  struct file *file;

  for (int i = 0; i < n_files; i++)
    if (g_str_equal (files[i].path, path))
      return &files[i];
  g_assert_cmpint (n_files, <, MAX_FILES);
  file = &files[n_files++];
  file->path = g_steal_pointer (&path);
  file->fd = memfd_create (name, MFD_CLOEXEC);
  g_assert_cmpint (file->fd, >=, 0);
  return file;
}

const char *
fuzz_put (const char *name, const void *data, size_t size)
{
  struct file *file = get_file (name);

  if (data != NULL) {
    g_assert_cmpint (ftruncate (file->fd, 0), ==, 0);
    g_assert_cmpint (pwrite (file->fd, data, size, 0), ==, (gssize) size);
  }
  if (data != NULL && !file->linked) {
    g_autofree char *target = g_strdup_printf ("/proc/self/fd/%d", file->fd);

    g_assert_cmpint (symlink (target, file->path), ==, 0);
  } else if (data == NULL && file->linked) {
    g_assert_cmpint (unlink (file->path), ==, 0);
  }
  file->linked = data != NULL;
  return file->path;
}

void
fuzz_check (bool good, const GError *error, GQuark domain)
{
  if (good) {
    g_assert_no_error (error);
    return;
  }
  g_assert_nonnull (error);
  g_assert_true (error->domain == domain);
  g_assert_cmpuint (strlen (error->message), >, 0);
  if (domain == LIMN_ERROR) {
    g_assert_true (g_utf8_validate (error->message, -1, NULL));
    g_assert_null (strpbrk (error->message, "\r\n"));
  }
}
