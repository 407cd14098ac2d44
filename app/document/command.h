/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "document/document-private.h"

/* One change of a document, as it is done, undone and written to the journal. */

typedef enum {
  LIMN_COMMAND_SET, /* a setting (layer 0) or a layer's value */
  LIMN_COMMAND_ADD_LAYER,
  LIMN_COMMAND_REMOVE_LAYER,
  LIMN_COMMAND_MOVE_LAYER,
  LIMN_COMMAND_PAINT,
  LIMN_COMMAND_CANVAS,
  LIMN_COMMAND_REMOVE_RESULT,
  LIMN_COMMAND_FAVOURITE,
  LIMN_COMMAND_GROUP,
  LIMN_N_COMMANDS,
} limn_command_kind;

typedef struct {
  limn_command_kind kind;
  guint64 merge, serial;
  guint64 epoch; /* the document's when it was done */
  guint32 id;    /* of a layer or result */
  int key;
  GVariant *before, *after;
  limn_layer *layer; /* that was added or removed */
  guint index, old_index;
  limn_op *op;
  cairo_surface_t *drawn; /* what @op makes of the layer, until it is applied, or NULL */
  int width, height, old_width, old_height;
  limn_result *result;
  bool favourite, old_favourite;
  GPtrArray *children; /* of a group */
  gsize size;          /* in the history, when it came there */
} limn_command;

limn_command *limn_command_new (limn_command_kind kind);
void limn_command_free (limn_command *command);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_command, limn_command_free)

/* Both change the document and emit its signals. apply() is false, and nothing has changed, when
 * the command does not fit the document or there is no memory. */
bool limn_command_apply (limn_command *command, LimnDocument *document);
void limn_command_revert (limn_command *command, LimnDocument *document);

const char *limn_command_label (const limn_command *command);
/* Bytes of memory that it holds. */
gsize limn_command_size (const limn_command *command);
void limn_put_command (GByteArray *out, const limn_command *command);
/* NULL after a failure. */
limn_command *limn_get_command (limn_reader *reader);

/* --- the history --- */

/* Applies @command, keeps it and writes it to the journal. Takes it. */
bool limn_document_do (LimnDocument *document, limn_command *command);
/* The same for what was applied already. */
void limn_document_keep (LimnDocument *document, limn_command *command);
/* Gives the last command, which sets the same value as @command, the new one's value. Takes
 * @command; false when they are not of that sort. */
bool limn_document_merge (LimnDocument *document, limn_command *command);
