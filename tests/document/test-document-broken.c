/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Files that are broken, hostile or no drawings, and disks that fail. */

#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../io/folder.h"
#include "archives.h"
#include "document/file-private.h"
#include "document/file.h"
#include "document/zip.h"
#include "edits.h"

/* --- broken files --- */

static void
assert_broken (const char *path, const char *words)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LimnDocument) document = limn_document_load (path, NULL, &error);

  g_assert_null (document);
  g_assert_error (error, LIMN_ERROR, LIMN_ERROR_FORMAT);
  if (strstr (error->message, path) == NULL || strstr (error->message, words) == NULL ||
      strchr (error->message, '\n') != NULL)
    g_error ("\"%s\" lacks \"%s\"", error->message, words);
}

static void
test_broken_stack (void)
{
  static const struct {
    const char *stack, *words;
  } cases[] = {
    { "", "stack.xml is broken" },
    { "<image w='8'", "stack.xml is broken" },
    { "<stack/>", "\"image\" whose \"w\"" },
    { "<image w='0' h='6'/>", "\"image\" whose \"w" },
    { "<image w='99999999' h='6'/>", "\"image\" whose \"w" },
    { "<image w='16384' h='16384'/>", "\"image\" whose \"w" },
    { "<image w='nan' h='6'/>", "\"image\" whose \"w" },
    { "<image w='8' h='6'><layer src='data/a.png'/></image>", "\"layer\" whose \"src\"" },
    { "<image w='8' h='6'><stack><layer/></stack></image>", "\"layer\" whose \"src\"" },
    { "<image w='8' h='6'><stack><layer src='data/b.png'/></stack></image>", "lacks" },
    { "<image w='8' h='6'><stack><layer src='../a.png'/></stack></image>", "lacks" },
    { "<image w='8' h='6'><stack><layer src='/etc/passwd'/></stack></image>", "lacks" },
    { "<image w='8' h='6'><stack><layer src='stack.xml'/></stack></image>", "not a PNG" },
    { "<image w='8' h='6'><stack><layer src='data/a.png' x='1e300'/></stack></image>",
      "\"layer\" whose \"x\"" },
    { "<image w='8' h='6'><stack><layer src='data/a.png' opacity='?'/></stack></image>",
      "\"layer\" whose \"opacity\"" },
  };
  g_autofree char *path = files_path_of ("broken.ora");
  GString *deep = g_string_new ("<image w='8' h='6'>");

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    files_write_ora (path, cases[i].stack);
    assert_broken (path, cases[i].words);
  }
  for (int i = 0; i < 100000; i++)
    g_string_append (deep, "<stack>");
  files_write_ora (path, deep->str);
  assert_broken (path, "nested deeper");
  g_string_free (deep, TRUE);
}

static void
test_broken_json (void)
{
  static const char *const cases[] = {
    "",
    "{",
    "[]",
    "{\"layers\":3}",
    "{\"layers\":[{\"src\":\"data/a.png\"}]}",
    "{\"results\":[{\"id\":1}]}",
    "{\"steps\":\"many\"}",
    "{\"seed\":\"-1\"}",
    "{\"layers\":[{\"src\":\"a\",\"kind\":\"picture\",\"checksum\":\"xyz\"}]}",
    "{} x",
  };
  g_autofree char *path = files_path_of ("json.limn");

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    struct part parts[] = { files_text_part ("mimetype", "image/openraster"),
                            files_text_part ("stack.xml", "<image w='8' h='6'><stack/></image>"),
                            files_text_part ("limn.json", cases[i]) };

    files_write_zip (path, parts, G_N_ELEMENTS (parts));
    assert_broken (path, "limn.json");
  }
}

static void
test_other_files (void)
{
  g_autofree char *path = files_path_of ("other"), *text = files_path_of ("text.ora");
  g_autoptr (GError) error = NULL;
  struct part parts[] = { files_text_part ("a.txt", "hello") };
  guint8 large[] = { 0x89, 'P', 'N', 'G',  13,   10, 26, 10,   0,    0, 0, 13, 'I', 'H', 'D',
                     'R',  0,   0,   0x4e, 0x20, 0,  0,  0x4e, 0x20, 8, 2, 0,  0,   0 };

  test_write_file (path, "", 0);
  assert_broken (path, "is empty");
  test_write_file (path, "GIF89a and so on", 16);
  assert_broken (path, "is no drawing");
  test_write_file (path, large, sizeof large);
  assert_broken (path, "20000 x 20000");
  test_write_file (path, "\x89PNG", 4);
  assert_broken (path, "not a PNG");
  files_write_zip (text, parts, 1);
  assert_broken (text, "lacks \"stack.xml\"");
  g_assert_null (limn_document_load (files_folder, NULL, &error));
  test_assert_error (error, LIMN_ERROR_FILE, files_folder, "is a folder");
}

static void
test_bomb (void)
{
  g_autofree char *path = files_path_of ("bomb.ora");
  gsize size = (gsize) 100 << 20;
  g_autofree char *zeros = g_malloc0 (size);
  struct part parts[] = { files_text_part ("mimetype", "image/openraster"),
                          { "stack.xml", zeros, size } };
  GStatBuf info;

  files_write_zip (path, parts, 2);
  g_assert_cmpint (g_stat (path, &info), ==, 0);
  g_assert_cmpint (info.st_size, <, 1 << 20);
  assert_broken (path, "far more");
}

/* Names that leave the archive are not kept, and so never written again. */
static void
test_traversal (void)
{
  g_autofree char *path = files_path_of ("leave.limn"), *again = files_path_of ("left.limn"),
                  *bytes = NULL;
  g_autoptr (GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GHashTable) members = NULL;
  g_autoptr (LimnDocument) document = NULL;
  struct part parts[] = {
    files_text_part ("mimetype", "image/openraster"),
    files_text_part ("stack.xml", "<image w='8' h='6'><stack/></image>"),
    files_text_part ("limn.json", "{\"limn\":1}"),
    files_text_part ("../../evil", "x"),
    files_text_part ("/evil", "x"),
    files_text_part ("a/../evil", "x"),
    files_text_part ("a//evil", "x"),
    files_text_part ("good/one", "x"),
  };
  gsize size;

  files_write_zip (path, parts, G_N_ELEMENTS (parts));
  document = files_load (path, 4);
  files_save (document, again);
  g_assert_true (g_file_get_contents (again, &bytes, &size, NULL));
  members = limn_zip_read (bytes, size, again, warnings, NULL);
  g_assert_cmpuint (warnings->len, ==, 0);
  g_assert_nonnull (g_hash_table_lookup (members, "good/one"));
  /* mimetype, stack.xml, limn.json, good/one, mergedimage.png, thumbnail.png */
  g_assert_cmpuint (g_hash_table_size (members), ==, 6);
}

static void
test_twice (void)
{
  g_autofree char *path = files_path_of ("twice.ora");
  struct part parts[] = { files_text_part ("mimetype", "image/openraster"),
                          files_text_part ("stack.xml", "<image w='8' h='6'><stack/></image>"),
                          files_text_part ("stack.xml", "<image w='9' h='6'><stack/></image>") };

  files_write_zip (path, parts, G_N_ELEMENTS (parts));
  assert_broken (path, "there twice");
}

static void
test_truncated (void)
{
  g_autoptr (LimnDocument) document = edits_document_new (44, 60);
  g_autofree char *path = files_path_of ("whole.limn"), *cut = files_path_of ("cut.limn"),
                  *bytes = NULL;
  gsize size;

  files_save (document, path);
  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  g_assert_cmpuint (size, >, 97 * 50);
  for (gsize length = 0; length < size; length += 97) {
    test_write_file (cut, bytes, length);
    assert_broken (cut, "");
  }
}

/* One wrong byte anywhere: an error, or the very same document, or other pixels with a sentence;
 * never a crash. */
static void
test_flipped (void)
{
  g_autoptr (LimnDocument) document = edits_document_new (45, 40);
  g_autofree char *path = files_path_of ("flip.limn"), *bytes = NULL;
  GRand *random = g_rand_new_with_seed (6);
  guint broken = 0;
  gsize size;

  files_save (document, path);
  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  for (int i = 0; i < 300; i++) {
    gsize at = (gsize) g_rand_int_range (random, 0, (gint32) size);
    g_autoptr (LimnDocument) opened = NULL;
    g_autoptr (GError) error = NULL;

    bytes[at] ^= 0x10;
    opened = limn_document_load_bytes (bytes, size, path, NULL, &error);
    bytes[at] ^= 0x10;
    if (opened == NULL)
      g_assert_error (error, LIMN_ERROR, LIMN_ERROR_FORMAT);
    broken += opened == NULL;
  }
  /* Checksums find nearly all. */
  g_assert_cmpuint (broken, >, 200);
  g_rand_free (random);
}

/* --- a disk that fails: in a child, since the limit cannot be taken back --- */

static void
test_full_disk (void)
{
  g_autoptr (LimnDocument) document = edits_document_new (46, 60);
  g_autofree char *path = files_path_of ("kept.limn"), *before = NULL, *after = NULL;
  gsize before_size, after_size;
  guint count;
  pid_t child;
  int status;

  files_save (document, path);
  g_assert_true (g_file_get_contents (path, &before, &before_size, NULL));
  count = test_folder_count (files_folder);
  child = fork ();
  if (child == 0) {
    struct rlimit limit = { before_size / 2, before_size / 2 };
    g_autoptr (GError) error = NULL;
    bool good;

    signal (SIGXFSZ, SIG_IGN);
    setrlimit (RLIMIT_FSIZE, &limit);
    good = limn_document_save (document, path, &error);
    _exit (!good && g_error_matches (error, LIMN_ERROR, LIMN_ERROR_FILE) &&
                   g_str_has_prefix (error->message, path)
               ? 0
               : 1);
  }
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, 0);
  g_assert_true (g_file_get_contents (path, &after, &after_size, NULL));
  g_assert_cmpmem (before, before_size, after, after_size);
  g_assert_cmpuint (test_folder_count (files_folder), ==, count);
}

/* Root may write everywhere, but not into what is no folder. */
static void
test_no_folder (void)
{
  g_autoptr (LimnDocument) document = edits_document_new (47, 5);
  g_autofree char *locked = files_path_of ("locked"), *path = NULL, *file = files_path_of ("file");
  g_autofree char *below = g_build_filename (file, "drawing.limn", NULL);
  g_autoptr (GError) error = NULL;

  test_write_file (file, "x", 1);
  g_assert_false (limn_document_save (document, below, &error));
  test_assert_error (error, LIMN_ERROR_FILE, below, "cannot be written");
  g_clear_error (&error);
  g_assert_false (limn_document_export (document, below, NULL, 0, &error));
  test_assert_error (error, LIMN_ERROR_FILE, below, "cannot be written");
  g_clear_error (&error);
  g_assert_cmpint (g_mkdir (locked, 0500), ==, 0);
  path = g_build_filename (locked, "drawing.limn", NULL);
  if (geteuid () != 0) {
    g_assert_false (limn_document_save (document, path, &error));
    test_assert_error (error, LIMN_ERROR_FILE, path, "cannot be written");
  }
  g_assert_cmpint (g_rmdir (locked), ==, 0);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  files_folder = test_folder_new ();
  g_test_add_func ("/files/broken-stack", test_broken_stack);
  g_test_add_func ("/files/broken-json", test_broken_json);
  g_test_add_func ("/files/other-files", test_other_files);
  g_test_add_func ("/files/bomb", test_bomb);
  g_test_add_func ("/files/traversal", test_traversal);
  g_test_add_func ("/files/twice", test_twice);
  g_test_add_func ("/files/truncated", test_truncated);
  g_test_add_func ("/files/flipped", test_flipped);
  g_test_add_func ("/files/full-disk", test_full_disk);
  g_test_add_func ("/files/no-folder", test_no_folder);
  status = g_test_run ();
  test_folder_free (files_folder);
  return status;
}
