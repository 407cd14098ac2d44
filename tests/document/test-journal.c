/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The journal: what it gives back after a program ended without closing it. */

#include <glib/gstdio.h>
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

static void
start (LimnDocument *document, const char *folder)
{
  g_autoptr (GError) error = NULL;

  limn_journal_start (document, folder, &error);
  g_assert_no_error (error);
}

/* Gives the document up as a crash does. */
static void
crash (LimnDocument *document)
{
  limn_journal_sync (document);
  g_object_unref (document);
}

static limn_left *
only_left (const char *folder, GPtrArray **all)
{
  *all = limn_journal_recover (folder);
  g_assert_cmpuint ((*all)->len, ==, 1);
  return g_ptr_array_index (*all, 0);
}

static LimnDocument *
open_left (const limn_left *left)
{
  g_autoptr (GError) error = NULL;
  LimnDocument *document = limn_left_open (left, &error);

  g_assert_no_error (error);
  return document;
}

/* Random changes, undone and redone, results and groups among them. */
static void
test_replay (gconstpointer data)
{
  char *folder = test_folder_new ();
  LimnDocument *document = limn_document_new (200, 150);
  GRand *random = g_rand_new_with_seed (GPOINTER_TO_UINT (data));
  g_autoptr (LimnDocument) recovered = NULL;
  g_autoptr (GPtrArray) all = NULL;
  g_autoptr (GBytes) png = g_bytes_new_static ("0123456789", 10);
  g_autofree char *before = NULL, *after = NULL;
  limn_left *left;

  limn_document_set_results_limit (document, 35);
  limn_document_set_path (document, "/home/someone/a drawing.limn");
  limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "lines", 0);
  start (document, folder);
  for (int i = 0; i < 200; i++) {
    edits_random (document, random);
    if (i % 20 == 0)
      limn_document_add_result (document, png, "recipe");
    if (i == 90)
      limn_document_mark_saved (document, limn_document_get_state (document));
  }
  before = edits_digest (document);
  crash (document);

  left = only_left (folder, &all);
  g_assert_cmpstr (left->path, ==, "/home/someone/a drawing.limn");
  recovered = open_left (left);
  after = edits_digest (recovered);
  g_assert_cmpstr (before, ==, after);
  g_assert_true (limn_document_is_modified (recovered));
  g_assert_cmpstr (limn_document_get_path (recovered), ==, "/home/someone/a drawing.limn");
  limn_left_discard (left);
  g_assert_cmpuint (test_folder_count (folder), ==, 0);
  g_rand_free (random);
  test_folder_free (folder);
}

/* What was undone can be redone after a crash, and the other way round. */
static void
test_history_survives (void)
{
  char *folder = test_folder_new ();
  LimnDocument *document = limn_document_new (64, 64);
  g_autoptr (LimnDocument) recovered = NULL;
  g_autoptr (GPtrArray) all = NULL;
  GRand *random = g_rand_new_with_seed (4);
  guint32 id;

  start (document, folder);
  id = limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "lines", 0);
  for (int i = 0; i < 5; i++)
    edits_stroke (document, id, random, 5);
  limn_document_undo (document);
  limn_document_undo (document);
  crash (document);
  recovered = open_left (only_left (folder, &all));
  g_assert_cmpuint (recovered->undo->len, ==, 4);
  g_assert_cmpuint (recovered->redo->len, ==, 2);
  while (limn_document_undo (recovered))
    continue;
  g_assert_cmpuint (limn_document_n_layers (recovered), ==, 0);
  limn_left_discard (g_ptr_array_index (all, 0));
  g_rand_free (random);
  test_folder_free (folder);
}

/* While a document is open nobody else gets it, and closing leaves nothing. */
/* What is older than the last save, and so than the journal's file, can be undone and redone too.
 */
static void
test_undo_before_save (void)
{
  char *folder = test_folder_new ();
  LimnDocument *document = edits_document_new (61, 80);
  g_autoptr (LimnDocument) recovered = NULL;
  g_autoptr (GPtrArray) all = NULL;
  g_autofree char *before = NULL, *after = NULL;
  int undone = 0;

  start (document, folder);
  while (limn_document_undo (document)) {
    g_autoptr (LimnDocument) now = NULL;
    g_autoptr (GError) error = NULL;
    g_autofree char *wanted = edits_digest (document), *digest = NULL, *path = NULL;
    g_autofree char *bytes = NULL;
    const char *name;
    gsize size;
    g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);

    while ((name = g_dir_read_name (dir)) != NULL && !g_str_has_suffix (name, ".journal"))
      continue;
    path = g_build_filename (folder, name, NULL);
    g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
    now = limn_journal_read (bytes, size, "journal", &error);
    g_assert_no_error (error);
    digest = edits_digest (now);
    g_assert_cmpstr (digest, ==, wanted);
    undone++;
  }
  g_assert_cmpint (undone, >, 30);
  for (int i = 0; i < undone / 2; i++)
    g_assert_true (limn_document_redo (document));
  limn_document_set_layer (document, limn_document_layer (document, 0)->id, LIMN_LAYER_OPACITY,
                           g_variant_new_double (0.125), 0);
  limn_document_undo (document);
  limn_document_undo (document);
  before = edits_digest (document);
  crash (document);
  recovered = open_left (only_left (folder, &all));
  after = edits_digest (recovered);
  g_assert_cmpstr (before, ==, after);
  limn_left_discard (g_ptr_array_index (all, 0));
  test_folder_free (folder);
}

/* A drag that goes on after a save is no part of what was before. */
static void
test_merge_after_save (void)
{
  char *folder = test_folder_new ();
  LimnDocument *document = limn_document_new (64, 64);
  g_autoptr (LimnDocument) recovered = NULL;
  g_autoptr (GPtrArray) all = NULL;
  g_autofree char *before = NULL, *after = NULL;
  guint64 merge = limn_document_new_merge (document);

  start (document, folder);
  for (int i = 1; i <= 20; i++) {
    limn_document_set_value (document, LIMN_SETTING_STEPS, g_variant_new_int32 (i), merge);
    if (i == 10)
      limn_document_mark_saved (document, limn_document_get_state (document));
  }
  g_assert_cmpuint (document->undo->len, ==, 2);
  limn_document_undo (document);
  before = edits_digest (document);
  crash (document);
  recovered = open_left (only_left (folder, &all));
  after = edits_digest (recovered);
  g_assert_cmpstr (before, ==, after);
  limn_left_discard (g_ptr_array_index (all, 0));
  test_folder_free (folder);
}

static void
test_lock (void)
{
  char *folder = test_folder_new ();
  g_autoptr (LimnDocument) document = limn_document_new (64, 64), second = NULL;
  g_autoptr (GPtrArray) all = NULL, none = NULL;

  start (document, folder);
  all = limn_journal_recover (folder);
  g_assert_cmpuint (all->len, ==, 0);
  g_assert_cmpuint (test_folder_count (folder), ==, 2);
  limn_journal_close (document);
  g_assert_cmpuint (test_folder_count (folder), ==, 0);
  limn_journal_close (document);

  second = limn_document_new (64, 64);
  start (second, folder);
  crash (g_steal_pointer (&second));
  g_ptr_array_unref (all);
  all = limn_journal_recover (folder);
  g_assert_cmpuint (all->len, ==, 1);
  none = limn_journal_recover (folder);
  g_assert_cmpuint (none->len, ==, 0);
  limn_left_discard (g_ptr_array_index (all, 0));
  test_folder_free (folder);
}

static void
test_saved (void)
{
  char *folder = test_folder_new ();
  g_autoptr (LimnDocument) document = limn_document_new (64, 64);
  GRand *random = g_rand_new_with_seed (2);
  guint32 id;

  start (document, folder);
  id = limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "lines", 0);
  for (int i = 0; i < 20; i++) {
    edits_stroke (document, id, random, 5);
    limn_document_mark_saved (document, limn_document_get_state (document));
  }
  limn_journal_sync (document);
  /* The lock and one file, whatever came before it. */
  g_assert_cmpuint (test_folder_count (folder), ==, 2);
  limn_journal_close (document);
  g_assert_cmpuint (test_folder_count (folder), ==, 0);
  g_rand_free (random);
  test_folder_free (folder);
}

/* The document that a program would find that looks right now; the thread may be renaming. */
static LimnDocument *
look_now (const char *folder)
{
  for (;;) {
    g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
    g_autofree char *newest = NULL;
    g_autofree char *bytes = NULL;
    guint64 highest = 0;
    const char *name;
    gsize size;

    while ((name = g_dir_read_name (dir)) != NULL) {
      guint64 number = g_ascii_strtoull (strchr (name, '.') + 1, NULL, 10);

      if (!g_str_has_suffix (name, ".journal") || number <= highest)
        continue;
      highest = number;
      g_free (newest);
      newest = g_build_filename (folder, name, NULL);
    }
    /* Gone between the two: then there is a newer one. */
    if (newest != NULL && g_file_get_contents (newest, &bytes, &size, NULL)) {
      g_autoptr (GError) error = NULL;
      LimnDocument *document = limn_journal_read (bytes, size, newest, &error);

      g_assert_no_error (error);
      return document;
    }
  }
}

/* At every moment, whatever the thread is at, the newest whole file has all that was done. */
static void
test_begins_again (void)
{
  char *folder = test_folder_new ();
  g_autoptr (LimnDocument) document = edits_document_new (71, 60);
  GRand *random = g_rand_new_with_seed (72);

  start (document, folder);
  for (int i = 0; i < 150; i++) {
    g_autoptr (LimnDocument) found = NULL;
    g_autofree char *wanted = NULL, *digest = NULL;

    if (i % 3 == 0)
      limn_document_mark_saved (document, limn_document_get_state (document));
    if (i % 7 == 0)
      limn_document_mark_saved (document, limn_document_get_state (document));
    edits_random (document, random);
    /* An edit may be refused; this one is not, and waits for the first file. */
    limn_document_set_value (document, LIMN_SETTING_STEPS, g_variant_new_int32 (i + 1), 0);
    wanted = edits_digest (document);
    found = look_now (folder);
    digest = edits_digest (found);
    g_assert_cmpstr (digest, ==, wanted);
  }
  g_assert_true (limn_journal_sync (document));
  g_assert_cmpuint (test_folder_count (folder), ==, 2);
  limn_journal_close (document);
  g_assert_cmpuint (test_folder_count (folder), ==, 0);
  g_rand_free (random);
  test_folder_free (folder);
}

/* Closed while a thread writes: nothing is left, and nothing comes later. */
static void
test_close_at_once (void)
{
  char *folder = test_folder_new ();

  for (int i = 0; i < 30; i++) {
    g_autoptr (LimnDocument) document = limn_document_new (300 + i, 200);

    limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "lines", 0);
    start (document, folder);
    if (i % 2 == 0)
      limn_journal_sync (document);
    if (i % 3 != 0)
      limn_document_mark_saved (document, limn_document_get_state (document));
    limn_journal_close (document);
    g_assert_cmpuint (test_folder_count (folder), ==, 0);
  }
  test_folder_free (folder);
}

/* A stroke under the pen is in no file until it ends. */
static void
test_saved_while_drawing (void)
{
  char *folder = test_folder_new ();
  LimnDocument *document = limn_document_new (300, 300);
  guint32 id = limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "lines", 0);
  g_autoptr (LimnDocument) recovered = NULL;
  g_autoptr (GPtrArray) all = NULL;
  g_autofree char *before = NULL, *during = NULL, *after = NULL, *end = NULL;
  GRand *random = g_rand_new_with_seed (73);
  g_autoptr (LimnDocument) found = NULL;

  edits_stroke (document, id, random, 20);
  before = edits_digest (document);
  start (document, folder);
  limn_document_stroke_begin (document, id, &limn_brush_default);
  limn_document_stroke_add (document, 5, 5, 1, 0);
  limn_document_stroke_add (document, 295, 290, 1, 9);
  limn_document_mark_saved (document, limn_document_get_state (document));
  limn_journal_sync (document);
  found = look_now (folder);
  during = edits_digest (found);
  g_assert_cmpstr (during, ==, before);
  limn_document_stroke_add (document, 5, 290, 1, 19);
  limn_document_stroke_end (document);
  end = edits_digest (document);
  g_assert_cmpstr (end, !=, before);
  crash (document);
  recovered = open_left (only_left (folder, &all));
  after = edits_digest (recovered);
  g_assert_cmpstr (after, ==, end);
  limn_left_discard (g_ptr_array_index (all, 0));
  g_rand_free (random);
  test_folder_free (folder);
}

static goffset
folder_size (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;
  goffset size = 0;

  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (folder, name, NULL);
    GStatBuf info;

    if (g_stat (path, &info) == 0)
      size += info.st_size;
  }
  return size;
}

/* A file that grew large begins again, and what is older than it can still be undone. */
static void
test_compaction (void)
{
  char *folder = test_folder_new ();
  LimnDocument *document = limn_document_new (64, 64);
  g_autoptr (LimnDocument) recovered = NULL;
  g_autoptr (GPtrArray) all = NULL;
  g_autofree char *before = NULL, *after = NULL;
  g_autofree char *text = g_strnfill (1000, 'x');

  start (document, folder);
  limn_journal_set_limit (document, 20000);
  for (int i = 0; i < 500; i++) {
    g_autofree char *prompt = g_strdup_printf ("%s %d", text, i);

    limn_document_set_value (document, LIMN_SETTING_PROMPT, g_variant_new_string (prompt), 0);
    if (i % 10 == 0)
      g_assert_true (limn_journal_sync (document));
  }
  g_assert_true (limn_journal_sync (document));
  g_assert_cmpint (folder_size (folder), <, 60000);
  for (int i = 0; i < 450; i++)
    g_assert_true (limn_document_undo (document));
  for (int i = 0; i < 20; i++)
    g_assert_true (limn_document_redo (document));
  before = edits_digest (document);
  crash (document);
  recovered = open_left (only_left (folder, &all));
  after = edits_digest (recovered);
  g_assert_cmpstr (before, ==, after);
  limn_left_discard (g_ptr_array_index (all, 0));
  test_folder_free (folder);
}

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
  start (document, folder);
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
  crash (document);
  left = only_left (folder, &all);
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

  start (document, folder);
  for (int i = 0; i < 3; i++)
    limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "lines", 0);
  crash (document);
  left = only_left (folder, &all);
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
  start (document, folder);
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
  opened = open_left (only_left (folder, &all));
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

  start (document, folder);
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
    recovered = open_left (only_left (folder, &all));
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
  for (guint seed = 21; seed <= 24; seed++) {
    g_autofree char *path = g_strdup_printf ("/journal/replay/%u", seed);

    g_test_add_data_func (path, GUINT_TO_POINTER (seed), test_replay);
  }
  g_test_add_func ("/journal/history-survives", test_history_survives);
  g_test_add_func ("/journal/undo-before-save", test_undo_before_save);
  g_test_add_func ("/journal/merge-after-save", test_merge_after_save);
  g_test_add_func ("/journal/lock", test_lock);
  g_test_add_func ("/journal/saved", test_saved);
  g_test_add_func ("/journal/begins-again", test_begins_again);
  g_test_add_func ("/journal/close-at-once", test_close_at_once);
  g_test_add_func ("/journal/saved-while-drawing", test_saved_while_drawing);
  g_test_add_func ("/journal/compaction", test_compaction);
  g_test_add_func ("/journal/truncated", test_truncated);
  g_test_add_func ("/journal/overwritten", test_overwritten);
  g_test_add_func ("/journal/full-disk", test_full_disk);
  g_test_add_func ("/journal/no-folder", test_no_folder);
  g_test_add_func ("/journal/strangers", test_strangers);
  g_test_add_func ("/journal/kill", test_kill);
  return g_test_run ();
}
