/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "document/command.h"

#define MAX_CHILDREN (1 << 16)
/* Groups within groups that are read. */
#define MAX_DEPTH 8

limn_command *
limn_command_new (limn_command_kind kind)
{
  limn_command *command = g_new0 (limn_command, 1);

  command->kind = kind;
  if (kind == LIMN_COMMAND_GROUP)
    command->children = g_ptr_array_new_with_free_func ((GDestroyNotify) limn_command_free);
  return command;
}

void
limn_command_free (limn_command *command)
{
  if (command == NULL)
    return;
  g_clear_pointer (&command->before, g_variant_unref);
  g_clear_pointer (&command->after, g_variant_unref);
  limn_layer_unref (command->layer);
  limn_op_unref (command->op);
  g_clear_pointer (&command->drawn, cairo_surface_destroy);
  limn_result_unref (command->result);
  g_clear_pointer (&command->children, g_ptr_array_unref);
  g_free (command);
}

/* --- a value --- */

static const struct limn_key *
key_of (const limn_command *command)
{
  return command->id == 0 ? &limn_settings[command->key] : &limn_layer_keys[command->key];
}

/* Takes @value. */
static void
set_value (LimnDocument *document, const limn_command *command, GVariant *value)
{
  limn_layer *layer = limn_document_get_layer (document, command->id);

  if (command->id != 0) {
    limn_layer_take_value (layer, (limn_layer_key) command->key, value);
    limn_document_emit_layer (document, command->id);
    return;
  }
  g_variant_unref (document->values[command->key]);
  document->values[command->key] = value;
  limn_document_emit_setting (document, command->key);
}

static bool
apply_set (limn_command *command, LimnDocument *document)
{
  limn_layer *layer = limn_document_get_layer (document, command->id);

  if (command->id != 0 && layer == NULL)
    return false;
  if (command->before == NULL)
    command->before = g_variant_ref (layer != NULL ? layer->values[command->key]
                                                   : document->values[command->key]);
  set_value (document, command, g_variant_ref (command->after));
  return true;
}

static void
revert_set (limn_command *command, LimnDocument *document)
{
  set_value (document, command, g_variant_ref (command->before));
}

static void
put_set (GByteArray *out, const limn_command *command)
{
  limn_put_uint (out, command->id);
  limn_put_string (out, key_of (command)->name);
  limn_put_value (out, key_of (command), command->after);
}

static void
get_set (limn_reader *reader, limn_command *command, int depth)
{
  g_autofree char *name = NULL;

  command->id = (guint32) limn_get_uint_max (reader, G_MAXINT32);
  name = limn_get_string (reader);
  command->key = command->id == 0 ? limn_key_find (limn_settings, LIMN_N_SETTINGS, name)
                                  : limn_key_find (limn_layer_keys, LIMN_N_LAYER_KEYS, name);
  if (command->key >= 0)
    command->after = limn_get_value (reader, key_of (command));
  else
    reader->bad = true;
}

/* --- layers --- */

static bool
insert_layer (limn_command *command, LimnDocument *document)
{
  if (command->index > document->layers->len || document->layers->len >= LIMN_DOCUMENT_MAX_LAYERS ||
      limn_document_get_layer (document, command->layer->id) != NULL)
    return false;
  g_ptr_array_insert (document->layers, (int) command->index, limn_layer_ref (command->layer));
  document->next_id = MAX (document->next_id, command->layer->id + 1);
  limn_document_emit_structure (document);
  return true;
}

static void
take_layer_out (limn_command *command, LimnDocument *document)
{
  g_ptr_array_remove_index (document->layers, command->index);
  limn_document_emit_structure (document);
}

static void
put_add (GByteArray *out, const limn_command *command)
{
  limn_put_uint (out, command->index);
  limn_put_layer (out, command->layer);
}

static void
get_add (limn_reader *reader, limn_command *command, int depth)
{
  command->index = (guint) limn_get_uint_max (reader, LIMN_DOCUMENT_MAX_LAYERS);
  command->layer = limn_get_layer (reader);
}

static bool
apply_remove (limn_command *command, LimnDocument *document)
{
  int index = limn_document_layer_index (document, command->id);

  if (index < 0)
    return false;
  command->index = (guint) index;
  if (command->layer == NULL)
    command->layer = limn_layer_ref (g_ptr_array_index (document->layers, command->index));
  take_layer_out (command, document);
  return true;
}

static void
revert_remove (limn_command *command, LimnDocument *document)
{
  g_ptr_array_insert (document->layers, (int) command->index, limn_layer_ref (command->layer));
  limn_document_emit_structure (document);
}

static void
put_id (GByteArray *out, const limn_command *command)
{
  limn_put_uint (out, command->id);
}

static void
get_id (limn_reader *reader, limn_command *command, int depth)
{
  command->id = (guint32) limn_get_uint_max (reader, G_MAXINT32);
}

static void
move_layer (LimnDocument *document, guint from, guint to)
{
  limn_layer *layer = g_ptr_array_steal_index (document->layers, from);

  g_ptr_array_insert (document->layers, (int) to, layer);
  limn_document_emit_structure (document);
}

static bool
apply_move (limn_command *command, LimnDocument *document)
{
  int index = limn_document_layer_index (document, command->id);

  if (index < 0 || command->index >= document->layers->len)
    return false;
  command->old_index = (guint) index;
  move_layer (document, command->old_index, command->index);
  return true;
}

static void
revert_move (limn_command *command, LimnDocument *document)
{
  move_layer (document, command->index, command->old_index);
}

static void
put_move (GByteArray *out, const limn_command *command)
{
  limn_put_uint (out, command->id);
  limn_put_uint (out, command->index);
}

static void
get_move (limn_reader *reader, limn_command *command, int depth)
{
  get_id (reader, command, depth);
  command->index = (guint) limn_get_uint_max (reader, LIMN_DOCUMENT_MAX_LAYERS);
}

static bool
apply_paint (limn_command *command, LimnDocument *document)
{
  limn_layer *layer = limn_document_get_layer (document, command->id);
  cairo_rectangle_int_t area;

  if (layer == NULL ||
      !limn_layer_do_drawn (layer, command->op, g_steal_pointer (&command->drawn), &area))
    return false;
  limn_document_emit_pixels (document, command->id, area);
  return true;
}

static void
revert_paint (limn_command *command, LimnDocument *document)
{
  limn_layer *layer = limn_document_get_layer (document, command->id);
  cairo_rectangle_int_t area;

  if (limn_layer_undo (layer, &area))
    limn_document_emit_pixels (document, command->id, area);
}

static void
put_paint (GByteArray *out, const limn_command *command)
{
  limn_put_uint (out, command->id);
  limn_put_op (out, command->op);
}

static void
get_paint (limn_reader *reader, limn_command *command, int depth)
{
  get_id (reader, command, depth);
  command->op = limn_get_op (reader);
}

/* --- the canvas --- */

static bool
apply_canvas (limn_command *command, LimnDocument *document)
{
  command->old_width = document->width;
  command->old_height = document->height;
  document->width = command->width;
  document->height = command->height;
  limn_document_emit_structure (document);
  return true;
}

static void
revert_canvas (limn_command *command, LimnDocument *document)
{
  document->width = command->old_width;
  document->height = command->old_height;
  limn_document_emit_structure (document);
}

static void
put_canvas (GByteArray *out, const limn_command *command)
{
  limn_put_int (out, command->width);
  limn_put_int (out, command->height);
}

static void
get_canvas (limn_reader *reader, limn_command *command, int depth)
{
  command->width = limn_get_int_range (reader, 1, LIMN_PIXELS_MAX_SIDE);
  command->height = limn_get_int_range (reader, 1, LIMN_PIXELS_MAX_SIDE);
  if (!limn_pixels_size_ok (command->width, command->height))
    reader->bad = true;
}

/* --- results: one may have gone meanwhile, since what keeps them small is no command --- */

static bool
apply_remove_result (limn_command *command, LimnDocument *document)
{
  int index = limn_document_result_index (document, command->id);

  if (index < 0)
    return true;
  command->index = (guint) index;
  if (command->result == NULL)
    command->result = limn_result_ref (g_ptr_array_index (document->results, command->index));
  g_ptr_array_remove_index (document->results, command->index);
  limn_document_emit_results (document);
  return true;
}

static void
revert_remove_result (limn_command *command, LimnDocument *document)
{
  guint index = MIN (command->index, document->results->len);

  if (command->result == NULL)
    return;
  g_ptr_array_insert (document->results, (int) index, limn_result_ref (command->result));
  limn_document_emit_results (document);
}

static void
set_favourite (LimnDocument *document, guint32 id, bool favourite, bool *before)
{
  int index = limn_document_result_index (document, id);
  limn_result *result;

  if (index < 0)
    return;
  result = g_ptr_array_index (document->results, index);
  *before = result->favourite;
  result->favourite = favourite;
  limn_document_emit_results (document);
}

static bool
apply_favourite (limn_command *command, LimnDocument *document)
{
  set_favourite (document, command->id, command->favourite, &command->old_favourite);
  return true;
}

static void
revert_favourite (limn_command *command, LimnDocument *document)
{
  bool now;

  set_favourite (document, command->id, command->old_favourite, &now);
}

static void
put_favourite (GByteArray *out, const limn_command *command)
{
  limn_put_uint (out, command->id);
  limn_put_uint (out, command->favourite ? 1 : 0);
}

static void
get_favourite (limn_reader *reader, limn_command *command, int depth)
{
  get_id (reader, command, depth);
  command->favourite = limn_get_uint_max (reader, 1) != 0;
}

/* --- groups --- */

static limn_command *
child_of (const limn_command *command, guint index)
{
  return g_ptr_array_index (command->children, index);
}

static bool
apply_group (limn_command *command, LimnDocument *document)
{
  for (guint i = 0; i < command->children->len; i++) {
    if (limn_command_apply (child_of (command, i), document))
      continue;
    while (i > 0)
      limn_command_revert (child_of (command, --i), document);
    return false;
  }
  return true;
}

static void
revert_group (limn_command *command, LimnDocument *document)
{
  for (guint i = command->children->len; i > 0; i--)
    limn_command_revert (child_of (command, i - 1), document);
}

static void
put_group (GByteArray *out, const limn_command *command)
{
  limn_put_uint (out, command->children->len);
  for (guint i = 0; i < command->children->len; i++)
    limn_put_command (out, child_of (command, i));
}

static limn_command *get_command (limn_reader *reader, int depth);

static void
get_group (limn_reader *reader, limn_command *command, int depth)
{
  guint64 count = limn_get_uint_max (reader, MAX_CHILDREN);

  for (guint64 i = 0; i < count && !reader->bad; i++) {
    limn_command *child = get_command (reader, depth + 1);

    if (child != NULL)
      g_ptr_array_add (command->children, child);
  }
}

/* --- all of them --- */

/* For the lists of words to translate: the window translates a label when it shows it. */
#define N_(word) word

static const struct {
  const char *label;
  bool (*apply) (limn_command *, LimnDocument *);
  void (*revert) (limn_command *, LimnDocument *);
  void (*put) (GByteArray *, const limn_command *);
  void (*get) (limn_reader *, limn_command *, int depth);
} kinds[] = {
  [LIMN_COMMAND_SET] = { N_ ("Change Setting"), apply_set, revert_set, put_set, get_set },
  [LIMN_COMMAND_ADD_LAYER] = { N_ ("Add Layer"), insert_layer, take_layer_out, put_add, get_add },
  [LIMN_COMMAND_REMOVE_LAYER] = { N_ ("Remove Layer"), apply_remove, revert_remove, put_id,
                                  get_id },
  [LIMN_COMMAND_MOVE_LAYER] = { N_ ("Move Layer"), apply_move, revert_move, put_move, get_move },
  [LIMN_COMMAND_PAINT] = { N_ ("Draw"), apply_paint, revert_paint, put_paint, get_paint },
  [LIMN_COMMAND_CANVAS] = { N_ ("Resize Canvas"), apply_canvas, revert_canvas, put_canvas,
                            get_canvas },
  [LIMN_COMMAND_REMOVE_RESULT] = { N_ ("Discard Result"), apply_remove_result, revert_remove_result,
                                   put_id, get_id },
  [LIMN_COMMAND_FAVOURITE] = { N_ ("Favourite"), apply_favourite, revert_favourite, put_favourite,
                               get_favourite },
  [LIMN_COMMAND_GROUP] = { N_ ("Change"), apply_group, revert_group, put_group, get_group },
};
G_STATIC_ASSERT (G_N_ELEMENTS (kinds) == LIMN_N_COMMANDS);

bool
limn_command_apply (limn_command *command, LimnDocument *document)
{
  return kinds[command->kind].apply (command, document);
}

void
limn_command_revert (limn_command *command, LimnDocument *document)
{
  kinds[command->kind].revert (command, document);
}

const char *
limn_command_label (const limn_command *command)
{
  if (command->kind == LIMN_COMMAND_GROUP && command->children->len > 0)
    return limn_command_label (child_of (command, 0));
  return kinds[command->kind].label;
}

static gsize
value_size (GVariant *value)
{
  return value != NULL ? g_variant_get_size (value) : 0;
}

gsize
limn_command_size (const limn_command *command)
{
  gsize size = sizeof *command + value_size (command->before) + value_size (command->after);

  if (command->layer != NULL)
    size += limn_layer_size (command->layer);
  if (command->op != NULL)
    size += limn_op_size (command->op);
  if (command->result != NULL)
    size += g_bytes_get_size (command->result->png);
  for (guint i = 0; command->children != NULL && i < command->children->len; i++)
    size += limn_command_size (child_of (command, i));
  return size;
}

void
limn_put_command (GByteArray *out, const limn_command *command)
{
  limn_put_uint (out, (guint64) command->kind);
  kinds[command->kind].put (out, command);
}

static limn_command *
get_command (limn_reader *reader, int depth)
{
  limn_command *command =
      limn_command_new ((limn_command_kind) limn_get_uint_max (reader, LIMN_N_COMMANDS - 1));

  if (depth > MAX_DEPTH)
    reader->bad = true;
  else
    kinds[command->kind].get (reader, command, depth);
  if (reader->bad)
    g_clear_pointer (&command, limn_command_free);
  return command;
}

limn_command *
limn_get_command (limn_reader *reader)
{
  return get_command (reader, 0);
}
