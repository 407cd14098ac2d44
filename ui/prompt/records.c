/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prompt/records-private.h"

#include <errno.h>
#include <string.h>

#include <glib/gi18n.h>
#include <glib/gstdio.h>

#include "limn.h"

struct _LimnRecords {
  GObject parent;

  /* Owned */
  GPtrArray *records; /* of LimnRecord: those of Limn first, then own ones by name */
  char *file;
  char *problem; /* that nobody has heard of */
  char *text;    /* to be written next */

  const limn_setting *settings;
  bool busy; /* one worker at a time */
};

static void limn_records_list_init (GListModelInterface *interface);

G_DEFINE_FINAL_TYPE_WITH_CODE (LimnRecords,
                               limn_records,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, limn_records_list_init))

static guint signal_problem;

/* --- a list --- */

static GType
get_item_type (GListModel *list)
{
  return LIMN_TYPE_RECORD;
}

static guint
get_n_items (GListModel *list)
{
  return LIMN_RECORDS (list)->records->len;
}

static gpointer
get_item (GListModel *list, guint index)
{
  LimnRecord *record = limn_records_get (LIMN_RECORDS (list), index);

  return record != NULL ? g_object_ref (record) : NULL;
}

static void
limn_records_list_init (GListModelInterface *interface)
{
  interface->get_item_type = get_item_type;
  interface->get_n_items = get_n_items;
  interface->get_item = get_item;
}

LimnRecord *
limn_records_get (LimnRecords *self, guint index)
{
  return index < self->records->len ? g_ptr_array_index (self->records, index) : NULL;
}

static int
find (LimnRecords *self, const char *name)
{
  for (guint i = 0; i < self->records->len; i++)
    if (g_str_equal (limn_record_get_name (g_ptr_array_index (self->records, i)), name))
      return (int) i;
  return -1;
}

LimnRecord *
limn_records_find (LimnRecords *self, const char *name)
{
  int index = find (self, name);

  return index >= 0 ? g_ptr_array_index (self->records, index) : NULL;
}

static void
remove_at (LimnRecords *self, guint index)
{
  g_ptr_array_remove_index (self->records, index);
  g_list_model_items_changed (G_LIST_MODEL (self), index, 1, 0);
}

/* Takes @record to its place. */
static void
insert (LimnRecords *self, LimnRecord *record)
{
  guint at = 0;

  while (at < self->records->len) {
    LimnRecord *other = g_ptr_array_index (self->records, at);

    if (limn_record_is_own (other) &&
        g_utf8_collate (limn_record_get_name (other), limn_record_get_name (record)) > 0)
      break;
    at++;
  }
  g_ptr_array_insert (self->records, (int) at, record);
  g_list_model_items_changed (G_LIST_MODEL (self), at, 0, 1);
}

/* --- the file --- */

static void
tell (LimnRecords *self, const char *problem)
{
  if (g_signal_has_handler_pending (self, signal_problem, 0, TRUE)) {
    g_signal_emit (self, signal_problem, 0, problem);
    return;
  }
  g_free (self->problem);
  self->problem = g_strdup (problem);
}

char *
limn_records_take_problem (LimnRecords *self)
{
  return g_steal_pointer (&self->problem);
}

/* Worker. A file that is no such list is kept under another name, since the next change writes a
 * new one. */
static void
put_aside (const char *path, GError *error)
{
  g_autofree char *bad = g_strconcat (path, ".bad", NULL);
  g_autofree char *name = g_filename_display_name (bad);
  g_autofree char *message = g_steal_pointer (&error->message);

  error->message = g_rename (path, bad) == 0
                       ? g_strdup_printf (_ ("%s; it is kept as %s"), message, name)
                       : g_strdup (message);
}

static void
run_read (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const char *path = data;
  g_autoptr (GMappedFile) map = NULL;
  GPtrArray *records = NULL;
  GError *error = NULL;

  if (!g_file_test (path, G_FILE_TEST_EXISTS)) {
    g_task_return_pointer (task, g_ptr_array_new_with_free_func (g_object_unref),
                           (GDestroyNotify) g_ptr_array_unref);
    return;
  }
  map = limn_file_map (path, &error);
  if (map != NULL) {
    records = limn_records_from_json (path, g_mapped_file_get_contents (map),
                                      g_mapped_file_get_length (map), &error);
    if (records == NULL)
      put_aside (path, error);
  }
  if (records == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, records, (GDestroyNotify) g_ptr_array_unref);
}

static void write_next (LimnRecords *self);

static void
on_read (GObject *object, GAsyncResult *result, gpointer data)
{
  g_autoptr (LimnRecords) self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) records = g_task_propagate_pointer (G_TASK (result), &error);

  self->busy = false;
  /* What was saved meanwhile is newer. */
  for (guint i = 0; records != NULL && i < records->len; i++) {
    LimnRecord *record = g_ptr_array_index (records, i);

    if (find (self, limn_record_get_name (record)) < 0)
      insert (self, g_object_ref (record));
  }
  if (self->text != NULL) {
    g_free (self->text);
    self->text = limn_records_to_json (self->records);
  }
  if (error != NULL)
    tell (self, error->message);
  write_next (self);
}

struct write {
  char *path, *text;
};

static void
write_free (gpointer data)
{
  struct write *write = data;

  g_free (write->path);
  g_free (write->text);
  g_free (write);
}

static void
run_write (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const struct write *write = data;
  g_autofree char *folder = g_path_get_dirname (write->path);
  GError *error = NULL;

  if (g_mkdir_with_parents (folder, 0700) != 0)
    limn_file_set_error (&error, LIMN_ERROR_FILE, folder, _ ("the folder cannot be made: %s"),
                         g_strerror (errno));
  else
    limn_file_write (write->path, write->text, strlen (write->text), &error);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

static void
on_written (GObject *object, GAsyncResult *result, gpointer data)
{
  g_autoptr (LimnRecords) self = data;
  g_autoptr (GError) error = NULL;

  self->busy = false;
  if (!g_task_propagate_boolean (G_TASK (result), &error))
    tell (self, error->message);
  write_next (self);
}

static void
write_next (LimnRecords *self)
{
  g_autoptr (GTask) task = NULL;
  struct write *write;

  if (self->busy || self->text == NULL)
    return;
  write = g_new0 (struct write, 1);
  write->path = g_strdup (self->file);
  write->text = g_steal_pointer (&self->text);
  self->busy = true;
  task = g_task_new (NULL, NULL, on_written, g_object_ref (self));
  g_task_set_task_data (task, write, write_free);
  g_task_run_in_thread (task, run_write);
}

static void
changed (LimnRecords *self)
{
  g_free (self->text);
  self->text = limn_records_to_json (self->records);
  write_next (self);
}

bool
limn_records_is_idle (LimnRecords *self)
{
  return !self->busy && self->text == NULL;
}

/* --- changes --- */

bool
limn_records_save (LimnRecords *self, const char *name, GVariant *const *values)
{
  g_autofree char *line = g_strstrip (g_strdup (name));
  int index = find (self, line);

  if (*line == '\0' || (index >= 0 && !limn_record_is_own (limn_records_get (self, (guint) index))))
    return false;
  if (index >= 0)
    remove_at (self, (guint) index);
  insert (self, limn_record_new (line, true, values));
  changed (self);
  return true;
}

bool
limn_records_save_document (LimnRecords *self, const char *name, LimnDocument *document)
{
  GVariant *values[LIMN_N_SETTINGS] = { NULL };

  for (const limn_setting *setting = self->settings; *setting != LIMN_N_SETTINGS; setting++)
    values[*setting] = limn_document_get_value (document, *setting);
  return limn_records_save (self, name, values);
}

bool
limn_records_rename (LimnRecords *self, const char *name, const char *to)
{
  g_autofree char *line = g_strstrip (g_strdup (to));
  GVariant *values[LIMN_N_SETTINGS];
  LimnRecord *record = limn_records_find (self, name);
  LimnRecord *new;

  if (record == NULL || !limn_record_is_own (record) || *line == '\0' || find (self, line) >= 0)
    return false;
  for (int i = 0; i < LIMN_N_SETTINGS; i++)
    values[i] = limn_record_get_value (record, (limn_setting) i);
  new = limn_record_new (line, true, values);
  remove_at (self, (guint) find (self, name));
  insert (self, new);
  changed (self);
  return true;
}

bool
limn_records_remove (LimnRecords *self, const char *name)
{
  int index = find (self, name);

  if (index < 0 || !limn_record_is_own (limn_records_get (self, (guint) index)))
    return false;
  remove_at (self, (guint) index);
  changed (self);
  return true;
}

void
limn_records_reset (LimnRecords *self, LimnDocument *document)
{
  limn_document_begin_group (document);
  for (const limn_setting *setting = self->settings; *setting != LIMN_N_SETTINGS; setting++) {
    g_autoptr (GVariant) value = limn_key_default (&limn_settings[*setting]);

    if (!g_variant_equal (value, limn_document_get_value (document, *setting)))
      limn_document_set_value (document, *setting, value, 0);
  }
  limn_document_end_group (document);
}

/* --- GObject --- */

static void
limn_records_finalize (GObject *object)
{
  LimnRecords *self = LIMN_RECORDS (object);

  g_ptr_array_unref (self->records);
  g_free (self->file);
  g_free (self->problem);
  g_free (self->text);
  G_OBJECT_CLASS (limn_records_parent_class)->finalize (object);
}

static void
limn_records_class_init (LimnRecordsClass *class)
{
  G_OBJECT_CLASS (class)->finalize = limn_records_finalize;
  signal_problem = g_signal_new ("problem", G_TYPE_FROM_CLASS (class), G_SIGNAL_RUN_LAST, 0, NULL,
                                 NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
limn_records_init (LimnRecords *self)
{
  self->records = g_ptr_array_new_with_free_func (g_object_unref);
}

LimnRecords *
limn_records_new (const char *file, const limn_setting *settings)
{
  LimnRecords *records = g_object_new (LIMN_TYPE_RECORDS, NULL);
  g_autoptr (GTask) task = g_task_new (NULL, NULL, on_read, g_object_ref (records));

  records->file = g_strdup (file);
  records->settings = settings;
  if (settings == limn_style_settings)
    limn_records_add_styles (records->records);
  if (settings == limn_preset_settings)
    limn_records_add_presets (records->records);
  records->busy = true;
  g_task_set_task_data (task, g_strdup (file), g_free);
  g_task_run_in_thread (task, run_read);
  return records;
}

static LimnRecords *
open_default (const char *name, const limn_setting *settings)
{
  g_autofree char *file = g_build_filename (g_get_user_config_dir (), "limn", name, NULL);

  return limn_records_new (file, settings);
}

LimnRecords *
limn_styles (void)
{
  static LimnRecords *styles = NULL;

  if (styles == NULL)
    styles = open_default ("styles.json", limn_style_settings);
  return styles;
}

LimnRecords *
limn_presets (void)
{
  static LimnRecords *presets = NULL;

  if (presets == NULL)
    presets = open_default ("presets.json", limn_preset_settings);
  return presets;
}
