/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "document/journal-private.h"

limn_result *
limn_result_new (guint32 id, GBytes *png, const char *recipe, bool favourite)
{
  limn_result *result = g_new0 (limn_result, 1);

  result->references = 1;
  result->id = id;
  result->png = g_bytes_ref (png);
  result->recipe = g_strdup (recipe != NULL ? recipe : "");
  result->favourite = favourite;
  return result;
}

limn_result *
limn_result_ref (limn_result *result)
{
  result->references++;
  return result;
}

void
limn_result_unref (limn_result *result)
{
  if (result == NULL || --result->references > 0)
    return;
  g_bytes_unref (result->png);
  g_free (result->recipe);
  g_free (result);
}

void
limn_put_result (GByteArray *out, const limn_result *result)
{
  limn_put_uint (out, result->id);
  limn_put_uint (out, result->favourite ? 1 : 0);
  limn_put_string (out, result->recipe);
  limn_put_blob (out, g_bytes_get_data (result->png, NULL), g_bytes_get_size (result->png));
}

limn_result *
limn_get_result (limn_reader *reader)
{
  guint32 id = (guint32) limn_get_uint_max (reader, G_MAXINT32);
  bool favourite = limn_get_uint_max (reader, 1) != 0;
  g_autofree char *recipe = limn_get_string (reader);
  gsize size;
  const guint8 *bytes = limn_get_blob (reader, &size);
  g_autoptr (GBytes) png = g_bytes_new (bytes, size);

  return reader->bad ? NULL : limn_result_new (id, png, recipe, favourite);
}

guint
limn_document_n_results (LimnDocument *document)
{
  return document->results->len;
}

const limn_result *
limn_document_result (LimnDocument *document, guint index)
{
  return g_ptr_array_index (document->results, index);
}

int
limn_document_result_index (LimnDocument *document, guint32 id)
{
  for (guint i = 0; i < document->results->len; i++)
    if (limn_document_result (document, i)->id == id)
      return (int) i;
  return -1;
}

static gsize
results_size (LimnDocument *document)
{
  gsize size = 0;

  for (guint i = 0; i < document->results->len; i++)
    size += g_bytes_get_size (limn_document_result (document, i)->png);
  return size;
}

bool
limn_document_take_result (LimnDocument *document, limn_result *result)
{
  if (result->id == 0 || limn_document_result_index (document, result->id) >= 0 ||
      document->results->len >= LIMN_DOCUMENT_MAX_RESULTS) {
    limn_result_unref (result);
    return false;
  }
  g_ptr_array_add (document->results, result);
  document->next_id = MAX (document->next_id, result->id + 1);
  document->results_serial = ++document->next_serial;
  return true;
}

void
limn_document_drop_result (LimnDocument *document, guint index)
{
  g_ptr_array_remove_index (document->results, index);
  document->results_serial = ++document->next_serial;
}

/* Index of the oldest that may go; @last is the one that has just come. */
static int
find_oldest (LimnDocument *document, guint32 last)
{
  for (guint i = 0; i < document->results->len; i++)
    if (!limn_document_result (document, i)->favourite &&
        limn_document_result (document, i)->id != last)
      return (int) i;
  return -1;
}

static void
keep_limit (LimnDocument *document, guint32 last)
{
  while (results_size (document) > document->results_limit) {
    g_autoptr (GByteArray) payload = g_byte_array_new ();
    int index = find_oldest (document, last);

    if (index < 0)
      return;
    limn_put_uint (payload, limn_document_result (document, (guint) index)->id);
    limn_document_drop_result (document, (guint) index);
    limn_journal_write (document, LIMN_RECORD_DROPPED, payload);
  }
}

guint32
limn_document_add_result (LimnDocument *document, GBytes *png, const char *recipe)
{
  g_autoptr (GByteArray) payload = NULL;
  guint32 id = document->next_id;
  g_autofree char *valid = g_utf8_make_valid (recipe != NULL ? recipe : "", -1);

  if (g_bytes_get_size (png) > document->results_limit ||
      !limn_document_take_result (document, limn_result_new (id, png, valid, false)))
    return 0;
  if (document->journal != NULL) {
    payload = g_byte_array_new ();
    limn_put_result (payload, g_ptr_array_index (document->results, document->results->len - 1));
    limn_journal_write (document, LIMN_RECORD_RESULT, payload);
  }
  keep_limit (document, id);
  limn_journal_compact (document);
  limn_document_emit_results (document);
  limn_document_emit_history (document);
  return id;
}

void
limn_document_set_results_limit (LimnDocument *document, gsize bytes)
{
  document->results_limit = bytes;
  keep_limit (document, 0);
  limn_document_emit_results (document);
}

bool
limn_document_remove_result (LimnDocument *document, guint32 id)
{
  limn_command *command;

  if (limn_document_result_index (document, id) < 0)
    return false;
  command = limn_command_new (LIMN_COMMAND_REMOVE_RESULT);
  command->id = id;
  return limn_document_do (document, command);
}

bool
limn_document_set_favourite (LimnDocument *document, guint32 id, bool favourite)
{
  limn_command *command;

  if (limn_document_result_index (document, id) < 0)
    return false;
  command = limn_command_new (LIMN_COMMAND_FAVOURITE);
  command->id = id;
  command->favourite = favourite;
  return limn_document_do (document, command);
}
