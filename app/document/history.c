/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "document/journal-private.h"

static limn_command *
last_of (const GPtrArray *commands)
{
  return commands->len > 0 ? g_ptr_array_index (commands, commands->len - 1) : NULL;
}

static guint64
current_serial (const LimnDocument *document)
{
  const limn_command *last = last_of (document->undo);

  return last != NULL ? last->serial : document->bottom_serial;
}

limn_document_state
limn_document_get_state (LimnDocument *document)
{
  return (limn_document_state){ current_serial (document), document->results_serial };
}

bool
limn_document_is_modified (LimnDocument *document)
{
  limn_document_state state = limn_document_get_state (document);

  return state.history != document->saved.history || state.results != document->saved.results;
}

void
limn_document_mark_saved (LimnDocument *document, limn_document_state state)
{
  document->saved = state;
  limn_journal_restart (document);
  limn_document_emit_history (document);
}

static void
forget (LimnDocument *document, GPtrArray *commands, guint index)
{
  limn_command *command = g_ptr_array_index (commands, index);

  document->history_size -= command->size;
  g_ptr_array_remove_index (commands, index);
}

static void
trim (LimnDocument *document)
{
  while (document->history_size > document->history_limit && document->undo->len > 1) {
    limn_command *oldest = g_ptr_array_index (document->undo, 0);

    document->bottom_serial = oldest->serial;
    forget (document, document->undo, 0);
  }
}

void
limn_document_set_history_limit (LimnDocument *document, gsize bytes)
{
  document->history_limit = bytes;
  trim (document);
}

static void
write_command (LimnDocument *document, const limn_command *command, limn_record_kind kind)
{
  g_autoptr (GByteArray) payload = NULL;

  if (document->journal == NULL)
    return;
  payload = g_byte_array_new ();
  limn_put_command (payload, command);
  limn_journal_write (document, kind, payload);
}

/* Into the list of what can be undone. */
static void
push (LimnDocument *document, limn_command *command)
{
  while (document->redo->len > 0)
    forget (document, document->redo, document->redo->len - 1);
  command->serial = ++document->next_serial;
  command->epoch = document->epoch;
  command->size = limn_command_size (command);
  document->history_size += command->size;
  g_ptr_array_add (document->undo, command);
  trim (document);
  limn_document_emit_history (document);
}

void
limn_document_keep (LimnDocument *document, limn_command *command)
{
  if (document->group_depth == 0) {
    write_command (document, command, LIMN_RECORD_COMMAND);
    push (document, command);
    limn_journal_compact (document);
    return;
  }
  if (document->journal != NULL)
    limn_put_command (document->group_bytes, command);
  g_ptr_array_add (document->group, command);
}

bool
limn_document_do (LimnDocument *document, limn_command *command)
{
  g_autoptr (limn_command) owned = command;

  if (document->live != NULL || !limn_command_apply (command, document))
    return false;
  limn_document_keep (document, g_steal_pointer (&owned));
  return true;
}

bool
limn_document_merge (LimnDocument *document, limn_command *command)
{
  g_autoptr (limn_command) owned = command;
  limn_command *last = last_of (document->undo);

  if (last == NULL || document->redo->len > 0 || last->kind != LIMN_COMMAND_SET ||
      command->kind != LIMN_COMMAND_SET || last->id != command->id || last->key != command->key)
    return false;
  if (!limn_command_apply (command, document))
    return false;
  write_command (document, command, LIMN_RECORD_MERGED);
  g_variant_unref (last->after);
  last->after = g_variant_ref (command->after);
  last->serial = ++document->next_serial;
  document->history_size -= last->size;
  last->size = limn_command_size (last);
  document->history_size += last->size;
  limn_document_emit_history (document);
  return true;
}

void
limn_document_begin_group (LimnDocument *document)
{
  document->group_depth++;
}

/* As a group is written by command.c. */
static void
write_group (LimnDocument *document)
{
  g_autoptr (GByteArray) payload = g_byte_array_new ();

  limn_put_uint (payload, LIMN_COMMAND_GROUP);
  limn_put_uint (payload, document->group->len);
  g_byte_array_append (payload, document->group_bytes->data, document->group_bytes->len);
  limn_journal_write (document, LIMN_RECORD_COMMAND, payload);
}

void
limn_document_end_group (LimnDocument *document)
{
  limn_command *command;

  g_assert (document->group_depth > 0);
  if (--document->group_depth > 0 || document->group->len == 0)
    return;
  if (document->journal != NULL)
    write_group (document);
  g_byte_array_set_size (document->group_bytes, 0);
  command = limn_command_new (LIMN_COMMAND_GROUP);
  for (guint i = 0; i < document->group->len; i++)
    g_ptr_array_add (command->children, g_ptr_array_index (document->group, i));
  /* They are the command's now. */
  g_ptr_array_set_free_func (document->group, NULL);
  g_ptr_array_set_size (document->group, 0);
  g_ptr_array_set_free_func (document->group, (GDestroyNotify) limn_command_free);
  push (document, command);
  limn_journal_compact (document);
}

static bool
is_busy (const LimnDocument *document)
{
  return document->live != NULL || document->group_depth > 0;
}

bool
limn_document_undo (LimnDocument *document)
{
  limn_command *command = last_of (document->undo);

  if (command == NULL || is_busy (document))
    return false;
  limn_command_revert (command, document);
  g_ptr_array_add (document->redo,
                   g_ptr_array_steal_index (document->undo, document->undo->len - 1));
  limn_journal_write_undo (document, LIMN_RECORD_UNDO, command);
  limn_document_emit_history (document);
  return true;
}

bool
limn_document_redo (LimnDocument *document)
{
  limn_command *command = last_of (document->redo);

  if (command == NULL || is_busy (document) || !limn_command_apply (command, document))
    return false;
  g_ptr_array_add (document->undo,
                   g_ptr_array_steal_index (document->redo, document->redo->len - 1));
  limn_journal_write_undo (document, LIMN_RECORD_REDO, command);
  limn_document_emit_history (document);
  return true;
}

const char *
limn_document_undo_label (LimnDocument *document)
{
  const limn_command *command = last_of (document->undo);

  return command != NULL ? limn_command_label (command) : NULL;
}

const char *
limn_document_redo_label (LimnDocument *document)
{
  const limn_command *command = last_of (document->redo);

  return command != NULL ? limn_command_label (command) : NULL;
}
