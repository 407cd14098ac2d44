/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The journal: what it gives back after a program ended without closing it. */

#include <glib/gstdio.h>
#include <string.h>

#include "../io/folder.h"
#include "document/journal-private.h"
#include "document/document-private.h"
#include "edits.h"
#include "journals.h"

/* Crashes, and what is found then, the only thing there, is what @document was. */
static LimnDocument *
recover (LimnDocument *document, const char *folder)
{
  g_autofree char *before = edits_digest (document), *after = NULL;
  g_autoptr (GPtrArray) all = NULL;
  LimnDocument *recovered;

  journal_crash (document);
  recovered = journal_open_left (journal_only_left (folder, &all));
  after = edits_digest (recovered);
  g_assert_cmpstr (before, ==, after);
  limn_left_discard (g_ptr_array_index (all, 0));
  return recovered;
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
  journal_start (document, folder);
  for (int i = 0; i < 200; i++) {
    edits_random (document, random);
    if (i % 20 == 0)
      limn_document_add_result (document, png, "recipe");
    if (i == 90)
      limn_document_mark_saved (document, limn_document_get_state (document));
  }
  before = edits_digest (document);
  journal_crash (document);

  left = journal_only_left (folder, &all);
  g_assert_cmpstr (left->path, ==, "/home/someone/a drawing.limn");
  recovered = journal_open_left (left);
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
  GRand *random = g_rand_new_with_seed (4);
  guint32 id;

  journal_start (document, folder);
  id = limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "lines", 0);
  for (int i = 0; i < 5; i++)
    edits_stroke (document, id, random, 5);
  limn_document_undo (document);
  limn_document_undo (document);
  recovered = recover (document, folder);
  g_assert_cmpuint (recovered->undo->len, ==, 4);
  g_assert_cmpuint (recovered->redo->len, ==, 2);
  while (limn_document_undo (recovered))
    continue;
  g_assert_cmpuint (limn_document_n_layers (recovered), ==, 0);
  g_rand_free (random);
  test_folder_free (folder);
}

/* What is older than the last save, and so than the journal's file, can be undone and redone too.
 */
static void
test_undo_before_save (void)
{
  char *folder = test_folder_new ();
  LimnDocument *document = edits_document_new (61, 80);
  g_autoptr (LimnDocument) recovered = NULL;
  int undone = 0;

  journal_start (document, folder);
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
  recovered = recover (document, folder);
  test_folder_free (folder);
}

/* A drag that goes on after a save is no part of what was before. */
static void
test_merge_after_save (void)
{
  char *folder = test_folder_new ();
  LimnDocument *document = limn_document_new (64, 64);
  g_autoptr (LimnDocument) recovered = NULL;
  guint64 merge = limn_document_new_merge (document);

  journal_start (document, folder);
  for (int i = 1; i <= 20; i++) {
    limn_document_set_value (document, LIMN_SETTING_STEPS, g_variant_new_int32 (i), merge);
    if (i == 10)
      limn_document_mark_saved (document, limn_document_get_state (document));
  }
  g_assert_cmpuint (document->undo->len, ==, 2);
  limn_document_undo (document);
  recovered = recover (document, folder);
  test_folder_free (folder);
}

/* While a document is open nobody else gets it, and closing leaves nothing. */
static void
test_lock (void)
{
  char *folder = test_folder_new ();
  g_autoptr (LimnDocument) document = limn_document_new (64, 64), second = NULL;
  g_autoptr (GPtrArray) all = NULL, none = NULL;

  journal_start (document, folder);
  all = limn_journal_recover (folder);
  g_assert_cmpuint (all->len, ==, 0);
  g_assert_cmpuint (test_folder_count (folder), ==, 2);
  limn_journal_close (document);
  g_assert_cmpuint (test_folder_count (folder), ==, 0);
  limn_journal_close (document);

  second = limn_document_new (64, 64);
  journal_start (second, folder);
  journal_crash (g_steal_pointer (&second));
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

  journal_start (document, folder);
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

  journal_start (document, folder);
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
    journal_start (document, folder);
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
  g_autofree char *before = NULL, *during = NULL, *end = NULL;
  GRand *random = g_rand_new_with_seed (73);
  g_autoptr (LimnDocument) found = NULL;

  edits_stroke (document, id, random, 20);
  before = edits_digest (document);
  journal_start (document, folder);
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
  recovered = recover (document, folder);
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
  g_autofree char *text = g_strnfill (1000, 'x');

  journal_start (document, folder);
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
  recovered = recover (document, folder);
  test_folder_free (folder);
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
  return g_test_run ();
}
