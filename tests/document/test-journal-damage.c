/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The journal on disks that fail, in files that are damaged, and of programs that are killed. */

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../io/folder.h"
#include "document/file.h"
#include "document/journal-private.h"
#include "edits.h"
#include "journals.h"

/* Cut anywhere, a journal gives the document after some whole number of changes. */
static void
test_truncated (void)
{
  char *folder = test_folder_new ();
  LimnDocument *document = limn_document_new (60, 40);
  g_autoptr (GHashTable) digests = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GRand *random = g_rand_new_with_seed (12);
  g_autoptr (GPtrArray) all = NULL;
  g_autofree char *bytes = NULL;
  limn_left *left;
  gsize size, whole = 0;

  limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "lines", 0);
  journal_start (document, folder);
  g_hash_table_add (digests, edits_digest (document));
  for (int i = 0; i < 25; i++) {
    guint32 id = limn_document_layer (document, 0)->id;

    edits_stroke (document, id, random, 12);
    g_hash_table_add (digests, edits_digest (document));
    if (i % 5 == 4) {
      limn_document_undo (document);
      g_hash_table_add (digests, edits_digest (document));
    }
  }
  journal_crash (document);
  left = journal_only_left (folder, &all);
  g_assert_true (g_file_get_contents (left->file, &bytes, &size, NULL));
  for (gsize length = 0; length <= size;
       length += length + 97 > size && length < size ? size - length : 97) {
    g_autoptr (GError) error = NULL;
    g_autoptr (LimnDocument) opened = limn_journal_read (bytes, length, "journal", &error);
    g_autofree char *digest = NULL;

    if (opened == NULL) {
      g_assert_error (error, LIMN_ERROR, LIMN_ERROR_FORMAT);
      g_assert_cmpuint (whole, ==, 0);
      continue;
    }
    whole++;
    digest = edits_digest (opened);
    g_assert_true (g_hash_table_contains (digests, digest));
  }
  g_assert_cmpuint (whole, >, 10);
  limn_left_discard (left);
  g_rand_free (random);
  test_folder_free (folder);
}

/* A byte that is wrong ends the replay there. */
static void
test_overwritten (void)
{
  char *folder = test_folder_new ();
  LimnDocument *document = limn_document_new (60, 40);
  g_autoptr (GPtrArray) all = NULL;
  g_autoptr (LimnDocument) opened = NULL;
  g_autofree char *bytes = NULL;
  limn_left *left;
  gsize size;

  journal_start (document, folder);
  for (int i = 0; i < 3; i++)
    limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "lines", 0);
  journal_crash (document);
  left = journal_only_left (folder, &all);
  g_assert_true (g_file_get_contents (left->file, &bytes, &size, NULL));
  bytes[size - 20] ^= 1;
  opened = limn_journal_read (bytes, size, "journal", NULL);
  g_assert_cmpuint (limn_document_n_layers (opened), ==, 2);
  limn_left_discard (left);
  test_folder_free (folder);
}

static void
count_failure (LimnDocument *document, const char *sentence, int *count)
{
  g_assert_null (strchr (sentence, '\n'));
  g_assert_nonnull (strstr (sentence, "journal"));
  ++*count;
}

/* The disk is full: told once, drawing goes on, and what was whole is recovered. */
static int
draw_on_full_disk (const char *folder)
{
  LimnDocument *document = limn_document_new (200, 150);
  struct rlimit limit = { 20000, 20000 };
  GRand *random = g_rand_new_with_seed (7);
  guint32 id = limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "lines", 0);
  int failures = 0;

  signal (SIGXFSZ, SIG_IGN);
  setrlimit (RLIMIT_FSIZE, &limit);
  journal_start (document, folder);
  g_signal_connect (document, "journal-failed", G_CALLBACK (count_failure), &failures);
  for (int i = 0; i < 300; i++)
    edits_stroke (document, id, random, 40);
  return failures == 1 && limn_document_find_layer (document, id)->ops->len == 300 ? 0 : 1;
}

static void
test_full_disk (void)
{
  char *folder = test_folder_new ();
  g_autoptr (GPtrArray) all = NULL;
  g_autoptr (LimnDocument) opened = NULL;
  pid_t child = fork ();
  int status;

  if (child == 0)
    _exit (draw_on_full_disk (folder));
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, 0);
  opened = journal_open_left (journal_only_left (folder, &all));
  g_assert_cmpuint (limn_document_layer (opened, 0)->ops->len, >, 20);
  g_assert_cmpuint (limn_document_layer (opened, 0)->ops->len, <, 300);
  limn_left_discard (g_ptr_array_index (all, 0));
  test_folder_free (folder);
}

static void
test_no_folder (void)
{
  char *folder = test_folder_new ();
  g_autoptr (LimnDocument) document = limn_document_new (64, 64);
  g_autofree char *file = g_build_filename (folder, "file", NULL);
  g_autofree char *below = g_build_filename (file, "journal", NULL);
  g_autoptr (GPtrArray) all = NULL;
  g_autoptr (GError) error = NULL;

  test_write_file (file, "x", 1);
  g_assert_false (limn_journal_start (document, below, &error));
  test_assert_error (error, LIMN_ERROR_FILE, below, "no journal can be kept there");
  g_assert_cmpuint (limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "a", 0), !=, 0);
  all = limn_journal_recover (below);
  g_assert_cmpuint (all->len, ==, 0);
  test_folder_free (folder);
}

/* Files of other programs and of nobody are left alone. */
static void
test_strangers (void)
{
  char *folder = test_folder_new ();
  static const char *const names[] = { "notes.txt", "x.1.journal",
                                       "00000000-0000-4000-8000-000000000000.0.journal" };
  g_autoptr (GPtrArray) all = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *path = g_build_filename (folder, names[i], NULL);

    test_write_file (path, "hello", 5);
  }
  all = limn_journal_recover (folder);
  g_assert_cmpuint (all->len, ==, 0);
  g_assert_cmpuint (test_folder_count (folder), ==, G_N_ELEMENTS (names));
  test_folder_free (folder);
}

/* --- kill -9 --- */

#define KILLS 50
#define MAX_STEPS 100000

/* In memory that parent and child share. */
struct shared {
  volatile int done; /* changes that were finished */
};

static const char *save_path;

/* The same changes for the same seed: strokes with undo, layers and saves among them. */
static void
step (LimnDocument *document, GRand *random, int i)
{
  guint32 id = limn_document_layer (document, (guint) i % limn_document_n_layers (document))->id;

  if (i % 11 == 7 || i % 10 == 6)
    limn_document_undo (document);
  else if (i % 23 == 9 && limn_document_n_layers (document) < 4)
    limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "more", 0);
  else
    edits_stroke (document, id, random, 10);
}

static void
save (LimnDocument *document)
{
  g_autoptr (GError) error = NULL;

  limn_document_save (document, save_path, &error);
  g_assert_no_error (error);
  limn_document_mark_saved (document, limn_document_get_state (document));
}

static LimnDocument *
begin (void)
{
  LimnDocument *document = limn_document_new (100, 80);

  limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "lines", 0);
  limn_document_set_value (document, LIMN_SETTING_COUNT, g_variant_new_int32 (1), 0);
  return document;
}

static void
draw_until_killed (const char *folder, struct shared *shared)
{
  LimnDocument *document = begin ();
  GRand *random = g_rand_new_with_seed (50);

  journal_start (document, folder);
  for (int i = 0; i < MAX_STEPS; i++) {
    step (document, random, i);
    shared->done = i + 1;
    if (i % 10 == 5)
      save (document);
  }
  _exit (0);
}

/* Lets the child get to that many changes, a little further, and kills it. */
static void
kill_child (pid_t child, const struct shared *shared, int changes, int spins)
{
  volatile int further = 0;
  int status;

  while (shared->done < changes)
    sched_yield ();
  while (further < spins)
    further++;
  g_assert_cmpint (kill (child, SIGKILL), ==, 0);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFSIGNALED (status));
}

/* Whether @document is that of the child after @done changes, or after the one that it had begun.
 */
static bool
is_after (LimnDocument *document, int done)
{
  g_autoptr (LimnDocument) same = begin ();
  GRand *random = g_rand_new_with_seed (50);
  g_autofree char *wanted = edits_digest (document);
  bool found = false;

  for (int i = 0; i <= done && !found; i++) {
    step (same, random, i);
    if (i + 1 >= done) {
      g_autofree char *digest = edits_digest (same);

      found = g_str_equal (digest, wanted);
    }
  }
  g_rand_free (random);
  return found;
}

static void
test_kill (void)
{
  struct shared *shared =
      mmap (NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  GRand *random = g_rand_new_with_seed (99);
  char *drawings = test_folder_new ();
  g_autofree char *path = g_build_filename (drawings, "drawing.limn", NULL);

  save_path = path;
  for (int i = 0; i < KILLS; i++) {
    char *folder = test_folder_new ();
    g_autoptr (GPtrArray) all = NULL;
    g_autoptr (LimnDocument) recovered = NULL, saved = NULL;
    g_autoptr (GError) error = NULL;
    pid_t child;

    shared->done = 0;
    child = fork ();
    if (child == 0)
      draw_until_killed (folder, shared);
    kill_child (child, shared, g_rand_int_range (random, 1, 60),
                g_rand_int_range (random, 0, 2000000));
    recovered = journal_open_left (journal_only_left (folder, &all));
    g_assert_true (is_after (recovered, shared->done));
    limn_left_discard (g_ptr_array_index (all, 0));
    g_assert_cmpuint (test_folder_count (folder), ==, 0);
    test_folder_free (folder);
    /* What is there of the saved file is whole. */
    if (g_file_test (path, G_FILE_TEST_EXISTS)) {
      saved = limn_document_load (path, NULL, &error);
      g_assert_no_error (error);
    }
  }
  g_rand_free (random);
  munmap (shared, sizeof *shared);
  test_folder_free (drawings);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/journal/truncated", test_truncated);
  g_test_add_func ("/journal/overwritten", test_overwritten);
  g_test_add_func ("/journal/full-disk", test_full_disk);
  g_test_add_func ("/journal/no-folder", test_no_folder);
  g_test_add_func ("/journal/strangers", test_strangers);
  g_test_add_func ("/journal/kill", test_kill);
  return g_test_run ();
}
