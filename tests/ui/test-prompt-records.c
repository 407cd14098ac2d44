/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Styles and presets: what comes with Limn, a person's own, and their files. */

#include <string.h>

#include <glib/gstdio.h>

#include "prompt/records-private.h"

static char *folder;

static char *
path_of (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

static void
wait_idle (LimnRecords *records)
{
  while (!limn_records_is_idle (records))
    g_main_context_iteration (NULL, TRUE);
}

static LimnRecords *
open_records (const char *path, const limn_setting *settings)
{
  LimnRecords *records = limn_records_new (path, settings);

  wait_idle (records);
  return records;
}

static void
assert_names (LimnRecords *records, const char *wanted)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (records)); i++)
    if (limn_record_is_own (limn_records_get (records, i)))
      g_string_append_printf (names, "%s|", limn_record_get_name (limn_records_get (records, i)));
  g_assert_cmpstr (names->str, ==, wanted);
}

static void
test_kept (void)
{
  g_autofree char *path = path_of ("deep/er/presets.json");
  LimnRecords *records = open_records (path, limn_preset_settings);
  g_autoptr (LimnDocument) document = limn_document_new (64, 64);
  LimnRecord *record;

  limn_document_set_value (document, LIMN_SETTING_STEPS, g_variant_new_int32 (33), 0);
  limn_document_set_value (document, LIMN_SETTING_NEGATIVE,
                           g_variant_new_string ("\"ugly\"\n\303\244"), 0);
  limn_document_set_value (document, LIMN_SETTING_PROMPT, g_variant_new_string ("mine"), 0);
  g_assert_true (limn_records_save_document (records, " Zebra ", document));
  g_assert_true (limn_records_save_document (records, "Ape", document));
  g_assert_false (limn_records_save_document (records, "  ", document));
  g_assert_false (limn_records_save_document (records, "Starter, quick", document));
  limn_document_set_value (document, LIMN_SETTING_STEPS, g_variant_new_int32 (44), 0);
  g_assert_true (limn_records_save_document (records, "Ape", document));
  assert_names (records, "Ape|Zebra|");
  wait_idle (records);
  g_assert_finalize_object (records);

  records = open_records (path, limn_preset_settings);
  assert_names (records, "Ape|Zebra|");
  record = limn_records_find (records, "Zebra");
  g_assert_cmpint (g_variant_get_int32 (limn_record_get_value (record, LIMN_SETTING_STEPS)), ==,
                   33);
  g_assert_cmpstr (limn_record_get_text (record, LIMN_SETTING_NEGATIVE), ==, "\"ugly\"\n\303\244");
  g_assert_null (limn_record_get_value (record, LIMN_SETTING_PROMPT));
  g_assert_null (limn_record_get_value (record, LIMN_SETTING_SEED));

  g_assert_false (limn_records_rename (records, "Zebra", "Ape"));
  g_assert_false (limn_records_rename (records, "Starter, quick", "Quick"));
  g_assert_true (limn_records_rename (records, "Zebra", "Aardvark"));
  g_assert_true (limn_records_remove (records, "Ape"));
  g_assert_false (limn_records_remove (records, "Live"));
  wait_idle (records);
  g_assert_finalize_object (records);

  records = open_records (path, limn_preset_settings);
  assert_names (records, "Aardvark|");
  g_assert_null (limn_records_take_problem (records));
  g_assert_finalize_object (records);
}

static void
test_apply (void)
{
  g_autofree char *path = path_of ("apply.json");
  LimnRecords *records = open_records (path, limn_preset_settings);
  g_autoptr (LimnDocument) document = limn_document_new (64, 64);
  LimnRecord *record = limn_records_find (records, "Starter, quick");
  int steps;

  limn_document_set_value (document, LIMN_SETTING_MODEL, g_variant_new_string ("/a"), 0);
  limn_document_set_value (document, LIMN_SETTING_PROMPT, g_variant_new_string ("cat"), 0);
  g_assert_false (limn_record_fits (record, document));
  limn_record_apply (record, document);
  g_assert_true (limn_record_fits (record, document));
  steps = g_variant_get_int32 (limn_document_get_value (document, LIMN_SETTING_STEPS));
  g_assert_cmpint (steps, <, 20);
  g_assert_cmpstr (limn_document_get_text (document, LIMN_SETTING_MODEL), ==, "");
  /* One step. */
  g_assert_true (limn_document_undo (document));
  g_assert_cmpstr (limn_document_get_text (document, LIMN_SETTING_MODEL), ==, "/a");
  g_assert_cmpint (g_variant_get_int32 (limn_document_get_value (document, LIMN_SETTING_STEPS)), ==,
                   20);
  g_assert_true (limn_document_redo (document));
  limn_records_reset (records, document);
  g_assert_cmpint (g_variant_get_int32 (limn_document_get_value (document, LIMN_SETTING_STEPS)), ==,
                   20);
  g_assert_cmpstr (limn_document_get_text (document, LIMN_SETTING_PROMPT), ==, "cat");
  g_assert_finalize_object (records);
}

static void
on_problem (LimnRecords *records, const char *sentence, char **problem)
{
  g_free (*problem);
  *problem = g_strdup (sentence);
}

/* What is no list is told in one sentence, put aside, and never written over. */
static void
test_bad (void)
{
  static const char *const texts[] = {
    "",
    "{",
    "[]",
    "{\"records\":[{\"steps\":3}]}",
    "{\"records\":[{\"name\":\"a\"}]",
    "\xff",
    "null",
    "{\"records\":{}}",
    "{\"records\":[{\"name\":\"a\",\"steps\":\"x\"}]}",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autofree char *name = g_strdup_printf ("bad-%d.json", (int) i);
    g_autofree char *path = path_of (name);
    g_autofree char *aside = g_strconcat (path, ".bad", NULL);
    g_autofree char *problem = NULL;
    g_autofree char *kept = NULL;
    g_autoptr (GError) error = NULL;
    LimnRecords *records;

    g_file_set_contents (path, texts[i], -1, &error);
    g_assert_no_error (error);
    records = limn_records_new (path, limn_style_settings);
    g_signal_connect (records, "problem", G_CALLBACK (on_problem), &problem);
    wait_idle (records);
    g_test_message ("%s", problem);
    g_assert_nonnull (problem);
    g_assert_null (strchr (problem, '\n'));
    g_assert_nonnull (strstr (problem, path));
    g_assert_nonnull (strstr (problem, ".bad"));
    g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
    g_file_get_contents (aside, &kept, NULL, &error);
    g_assert_no_error (error);
    g_assert_cmpstr (kept, ==, texts[i]);
    assert_names (records, "");
    g_assert_finalize_object (records);
  }
}

/* From a later version, or changed by hand. */
static void
test_strange (void)
{
  g_autofree char *path = path_of ("strange.json");
  g_autoptr (GError) error = NULL;
  LimnRecords *records;
  LimnRecord *record;

  g_file_set_contents (path,
                       "{\"limn\":7,\"more\":[1,{}],\"records\":[{\"new\":true,\"name\":\"b\","
                       "\"steps\":5000,\"sampler\":\"none\",\"cfg\":3},{\"name\":\"a\"}]}",
                       -1, &error);
  g_assert_no_error (error);
  records = open_records (path, limn_preset_settings);
  assert_names (records, "a|b|");
  record = limn_records_find (records, "b");
  g_assert_cmpint (g_variant_get_int32 (limn_record_get_value (record, LIMN_SETTING_STEPS)), ==,
                   1000);
  g_assert_null (limn_record_get_value (record, LIMN_SETTING_SAMPLER));
  g_assert_cmpfloat (g_variant_get_double (limn_record_get_value (record, LIMN_SETTING_CFG)), ==,
                     3);
  g_assert_finalize_object (records);
}

/* What was saved before the file had been read is not lost, nor is what is in the file. */
static void
test_early (void)
{
  g_autofree char *path = path_of ("early.json");
  g_autoptr (GError) error = NULL;
  GVariant *values[LIMN_N_SETTINGS] = { NULL };
  g_autoptr (GVariant) text = g_variant_ref_sink (g_variant_new_string ("new"));
  LimnRecords *records;

  g_file_set_contents (path,
                       "{\"records\":[{\"name\":\"a\",\"style-prompt\":\"old\"},"
                       "{\"name\":\"b\",\"style-prompt\":\"old\"}]}",
                       -1, &error);
  g_assert_no_error (error);
  values[LIMN_SETTING_STYLE_PROMPT] = text;
  records = limn_records_new (path, limn_style_settings);
  g_assert_true (limn_records_save (records, "b", values));
  wait_idle (records);
  g_assert_finalize_object (records);
  records = open_records (path, limn_style_settings);
  assert_names (records, "a|b|");
  g_assert_cmpstr (
      limn_record_get_text (limn_records_find (records, "a"), LIMN_SETTING_STYLE_PROMPT), ==,
      "old");
  g_assert_cmpstr (
      limn_record_get_text (limn_records_find (records, "b"), LIMN_SETTING_STYLE_PROMPT), ==,
      "new");
  g_assert_finalize_object (records);
}

/* The list goes on in memory. */
static void
test_unwritable (void)
{
  g_autofree char *file = path_of ("a-file");
  g_autofree char *path = path_of ("a-file/presets.json");
  g_autoptr (LimnDocument) document = limn_document_new (64, 64);
  g_autofree char *problem = NULL;
  LimnRecords *records;

  g_assert_true (g_file_set_contents (file, "x", 1, NULL));
  records = open_records (path, limn_preset_settings);
  g_assert_true (limn_records_save_document (records, "a", document));
  wait_idle (records);
  problem = limn_records_take_problem (records);
  g_test_message ("%s", problem);
  g_assert_nonnull (strstr (problem, file));
  assert_names (records, "a|");
  g_assert_finalize_object (records);
}

static void
remove_all (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *child = g_build_filename (path, name, NULL);

    remove_all (child);
  }
  g_remove (path);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp ("limn-test-XXXXXX", NULL);
  g_test_add_func ("/prompt-records/kept", test_kept);
  g_test_add_func ("/prompt-records/apply", test_apply);
  g_test_add_func ("/prompt-records/bad", test_bad);
  g_test_add_func ("/prompt-records/strange", test_strange);
  g_test_add_func ("/prompt-records/early", test_early);
  g_test_add_func ("/prompt-records/unwritable", test_unwritable);
  status = g_test_run ();
  remove_all (folder);
  g_free (folder);
  return status;
}
