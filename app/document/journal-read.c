/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "document/journal-private.h"

#include <string.h>

struct record {
  limn_record_kind kind;
  limn_reader payload;
};

/* The next whole record; false at the end or where something is broken. */
static bool
next_record (limn_reader *file, struct record *record)
{
  limn_reader reader = *file;
  const guint8 *start = reader.at;
  guint32 size = limn_get_fixed32 (&reader), kind = limn_get_fixed32 (&reader);

  if (reader.bad || reader.end - reader.at < 8 || size > (gsize) (reader.end - reader.at) - 8 ||
      kind >= LIMN_N_RECORDS)
    return false;
  record->kind = (limn_record_kind) kind;
  record->payload = limn_reader_init (reader.at, size);
  reader.at += size;
  if (limn_get_fixed64 (&reader) != limn_checksum (start, 8 + (gsize) size))
    return false;
  *file = reader;
  return true;
}

/* --- what each record does; false when it does not fit --- */

static bool
do_command (limn_reader *payload, LimnDocument *document)
{
  limn_command *command = limn_get_command (payload);

  return command != NULL && limn_document_do (document, command);
}

static bool
do_merged (limn_reader *payload, LimnDocument *document)
{
  limn_command *command = limn_get_command (payload);

  return command != NULL && limn_document_merge (document, command);
}

static bool
do_undo (limn_reader *payload, LimnDocument *document)
{
  return limn_document_undo (document);
}

static bool
do_redo (limn_reader *payload, LimnDocument *document)
{
  return limn_document_redo (document);
}

static bool
do_result (limn_reader *payload, LimnDocument *document)
{
  limn_result *result = limn_get_result (payload);

  return result != NULL && limn_document_take_result (document, result);
}

static bool
do_dropped (limn_reader *payload, LimnDocument *document)
{
  int index =
      limn_document_result_index (document, (guint32) limn_get_uint_max (payload, G_MAXINT32));

  if (index < 0)
    return false;
  limn_document_drop_result (document, (guint) index);
  return true;
}

static bool
do_state (limn_reader *payload, LimnDocument *document)
{
  return limn_get_state (payload, document);
}

static bool
replay (struct record *record, LimnDocument *document)
{
  static bool (*const players[]) (limn_reader *, LimnDocument *) = {
    [LIMN_RECORD_COMMAND] = do_command, [LIMN_RECORD_MERGED] = do_merged,
    [LIMN_RECORD_UNDO] = do_undo,       [LIMN_RECORD_REDO] = do_redo,
    [LIMN_RECORD_RESULT] = do_result,   [LIMN_RECORD_DROPPED] = do_dropped,
    [LIMN_RECORD_STATE] = do_state,
  };

  G_STATIC_ASSERT (G_N_ELEMENTS (players) == LIMN_N_RECORDS);
  return players[record->kind] != NULL && players[record->kind](&record->payload, document);
}

static bool
read_first (limn_reader *file, struct record *record)
{
  gsize length = strlen (LIMN_JOURNAL_MAGIC);

  if ((gsize) (file->end - file->at) < length || memcmp (file->at, LIMN_JOURNAL_MAGIC, length) != 0)
    return false;
  file->at += length;
  return next_record (file, record) && record->kind == LIMN_RECORD_DOCUMENT;
}

static char *
get_path (limn_reader *reader)
{
  gsize size;
  const guint8 *bytes = limn_get_blob (reader, &size);

  return bytes != NULL && size > 0 ? g_strndup ((const char *) bytes, size) : NULL;
}

bool
limn_journal_read_path (const void *bytes, gsize size, char **path)
{
  limn_reader file = limn_reader_init (bytes, size);
  struct record record;

  *path = NULL;
  if (!read_first (&file, &record))
    return false;
  *path = get_path (&record.payload);
  return true;
}

LimnDocument *
limn_journal_read (const void *bytes, gsize size, const char *name, GError **error)
{
  limn_reader file = limn_reader_init (bytes, size);
  g_autoptr (LimnDocument) document = NULL;
  g_autofree char *path = NULL;
  struct record record;

  if (read_first (&file, &record)) {
    path = get_path (&record.payload);
    document = limn_get_document (&record.payload);
  }
  if (document == NULL) {
    limn_file_set_error (error, LIMN_ERROR_FORMAT, name,
                         "is no journal of this version with a document in it");
    return NULL;
  }
  limn_document_set_path (document, path);
  document->history_limit = G_MAXSIZE;
  /* What does not fit means that something was overwritten: what came before it is good. */
  while (next_record (&file, &record) && replay (&record, document))
    continue;
  limn_document_set_history_limit (document, LIMN_HISTORY_LIMIT);
  document->saved.history = G_MAXUINT64;
  return g_steal_pointer (&document);
}
