/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Input: a journal. What follows its first line is tried as the payload of records as well, which
 * checksums would keep it from. */

#include "fuzz.h"

#include <string.h>

#include "document/journal-private.h"
#include "error.h"

#define MAX_SIDE 512

/* A resize would make room for what is of no interest. */
static bool
is_large (const limn_command *command)
{
  bool large = command->op != NULL && command->op->kind == LIMN_OP_RESIZE &&
               (command->op->width > MAX_SIDE || command->op->height > MAX_SIDE);

  for (guint i = 0; command->children != NULL && i < command->children->len; i++)
    large = large || is_large (g_ptr_array_index (command->children, i));
  return large;
}

static LimnDocument *
document_new (void)
{
  LimnDocument *document = limn_document_new (48, 32);

  limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "lines", 0);
  limn_document_add_layer (document, LIMN_LAYER_PICTURE, "picture", 1);
  return document;
}

static void
read_commands (const uint8_t *data, size_t size)
{
  limn_reader reader = limn_reader_init (data, size);
  g_autoptr (LimnDocument) document = document_new ();

  while (reader.at < reader.end) {
    limn_command *command = limn_get_command (&reader);

    if (command == NULL)
      break;
    if (is_large (command))
      limn_command_free (command);
    else
      limn_document_do (document, command);
  }
  while (limn_document_undo (document))
    continue;
  g_assert_cmpuint (limn_document_n_layers (document), ==, 0);
  while (limn_document_redo (document))
    continue;
}

static void
read_state (const uint8_t *data, size_t size)
{
  limn_reader reader = limn_reader_init (data, size);
  g_autoptr (LimnDocument) document = document_new ();

  limn_get_state (&reader, document);
}

static void
read_document (const uint8_t *data, size_t size)
{
  limn_reader reader = limn_reader_init (data, size);
  g_autoptr (LimnDocument) document = limn_get_document (&reader);

  g_assert_true (document != NULL || reader.bad);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  gsize first = strlen (LIMN_JOURNAL_MAGIC);
  g_autoptr (GError) error = NULL;
  g_autoptr (LimnDocument) document = limn_journal_read (data, size, "journal", &error);

  fuzz_check (document != NULL, error, LIMN_ERROR);
  if (size > first) {
    data += first;
    size -= first;
  }
  read_commands (data, size);
  read_state (data, size);
  read_document (data, size);
  return 0;
}
