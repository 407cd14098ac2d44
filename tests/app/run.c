/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run.h"

#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <glib/gstdio.h>

static GPtrArray *folders;

/* --- files --- */

char *
source_path (const char *name)
{
  const char *root = g_getenv ("LIMN_SOURCE_DIR");

  g_assert_nonnull (root);
  return g_build_filename (root, name, NULL);
}

char *
make_folder (void)
{
  g_autoptr (GError) error = NULL;
  char *folder = g_dir_make_tmp ("limn-test-XXXXXX", &error);

  g_assert_no_error (error);
  if (folders == NULL)
    folders = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (folders, g_strdup (folder));
  return folder;
}

static GPtrArray *
list_folder (const char *folder)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (folder, 0, &error);
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  g_assert_no_error (error);
  while ((name = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (names, g_strdup (name));
  return names;
}

static void
remove_tree (const char *path)
{
  if (g_file_test (path, G_FILE_TEST_IS_DIR) && !g_file_test (path, G_FILE_TEST_IS_SYMLINK)) {
    g_autoptr (GPtrArray) names = list_folder (path);

    for (guint i = 0; i < names->len; i++) {
      g_autofree char *child = g_build_filename (path, names->pdata[i], NULL);

      remove_tree (child);
    }
  }
  g_assert_cmpint (g_remove (path), ==, 0);
}

void
clean_up (void)
{
  for (guint i = 0; folders != NULL && i < folders->len; i++)
    remove_tree (folders->pdata[i]);
  g_clear_pointer (&folders, g_ptr_array_unref);
}

static void
link_tree (const char *from, const char *to)
{
  g_autoptr (GPtrArray) names = list_folder (from);

  for (guint i = 0; i < names->len; i++) {
    g_autofree char *source = g_build_filename (from, names->pdata[i], NULL);
    g_autofree char *target = g_build_filename (to, names->pdata[i], NULL);

    if (g_file_test (source, G_FILE_TEST_IS_DIR)) {
      g_assert_cmpint (g_mkdir (target, 0777), ==, 0);
      link_tree (source, target);
    } else {
      g_assert_cmpint (symlink (source, target), ==, 0);
    }
  }
}

char *
link_model (const char *model)
{
  char *folder = make_folder ();

  link_tree (model, folder);
  return folder;
}

void
replace_file (const char *path, const char *data, gsize length)
{
  g_autoptr (GError) error = NULL;

  /* Never through a link into the source tree. */
  g_unlink (path);
  g_file_set_contents (path, data, (gssize) length, &error);
  g_assert_no_error (error);
}

/* --- the program --- */

run *
run_new (void)
{
  run *result = g_new0 (run, 1);

  result->folder = make_folder ();
  result->status = -1;
  return result;
}

void
run_free (run *result)
{
  if (result == NULL)
    return;
  g_free (result->folder);
  g_free (result->out);
  g_free (result->err);
  g_free (result);
}

static void
limit_files (gpointer data)
{
  const struct rlimit limit = { GPOINTER_TO_SIZE (data), GPOINTER_TO_SIZE (data) };

  setrlimit (RLIMIT_FSIZE, &limit);
}

GSubprocess *
run_start (run *result, const char *const *arguments, const char *const *environment)
{
  return run_start_limited (result, arguments, environment, 0);
}

GSubprocess *
run_start_limited (run *result,
                   const char *const *arguments,
                   const char *const *environment,
                   gsize bytes)
{
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;
  GSubprocess *process;
  const char *program = g_getenv ("LIMN_PROGRAM");

  g_assert_nonnull (program);
  g_subprocess_launcher_set_cwd (launcher, result->folder);
  if (bytes > 0)
    g_subprocess_launcher_set_child_setup (launcher, limit_files, GSIZE_TO_POINTER (bytes), NULL);
  for (gsize i = 0; environment != NULL && environment[i] != NULL; i += 2)
    g_subprocess_launcher_setenv (launcher, environment[i], environment[i + 1], TRUE);

  g_ptr_array_add (argv, (gpointer) program);
  for (gsize i = 0; arguments[i] != NULL; i++)
    g_ptr_array_add (argv, (gpointer) arguments[i]);
  g_ptr_array_add (argv, NULL);
  process = g_subprocess_launcher_spawnv (launcher, (const char *const *) argv->pdata, &error);
  g_assert_no_error (error);
  return process;
}

/* Empty bytes have no data at all. */
static char *
text_of (GBytes *bytes)
{
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);

  return size > 0 ? g_strndup (data, size) : g_strdup ("");
}

void
run_finish (run *result, GSubprocess *process)
{
  g_autoptr (GBytes) out = NULL;
  g_autoptr (GBytes) err = NULL;
  g_autoptr (GError) error = NULL;

  g_subprocess_communicate (process, NULL, NULL, &out, &err, &error);
  g_assert_no_error (error);
  result->status =
      g_subprocess_get_if_exited (process) ? g_subprocess_get_exit_status (process) : -1;
  g_free (result->out);
  g_free (result->err);
  result->out = out != NULL ? text_of (out) : NULL;
  result->err = err != NULL ? text_of (err) : NULL;
}

run *
run_limn (const char *const *arguments, const char *const *environment)
{
  g_autoptr (run) result = run_new ();
  g_autoptr (GSubprocess) process = run_start (result, arguments, environment);

  run_finish (result, process);
  return g_steal_pointer (&result);
}

/* --- assertions --- */

static void
assert_one_line (const char *text)
{
  const char *end = strchr (text, '\n');

  if (end == NULL || end[1] != '\0')
    g_test_message ("not exactly one line: \"%s\"", text);
  g_assert_nonnull (end);
  g_assert_cmpint (end[1], ==, '\0');
}

void
run_assert_failed (const run *result, const char *words)
{
  if (result->status != 1 || strstr (result->err, words) == NULL)
    g_test_message ("wanted \"%s\" in: %s", words, result->err);
  g_assert_cmpint (result->status, ==, 1);
  assert_one_line (result->err);
  g_assert_true (g_str_has_prefix (result->err, "limn: "));
  g_assert_nonnull (strstr (result->err, words));
}

void
run_assert_done (const run *result)
{
  g_assert_cmpstr (result->err, ==, "");
  g_assert_cmpint (result->status, ==, 0);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

void
run_assert_files (const run *result, const char *const *names)
{
  g_autoptr (GPtrArray) found = list_folder (result->folder);
  g_autofree char *found_text = NULL;
  g_autofree char *wanted_text = g_strjoinv (" ", (char **) names);

  g_ptr_array_sort (found, compare_names);
  g_ptr_array_add (found, NULL);
  found_text = g_strjoinv (" ", (char **) found->pdata);
  g_assert_cmpstr (found_text, ==, wanted_text);
}
