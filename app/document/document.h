/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>

#include "document/layer.h"

/* A drawing and all that belongs to it: canvas, layers, prompts, settings, results. Whatever
 * changes it goes through the functions here, so that it can be taken back and is in the journal.
 * A document belongs to one thread at a time; a worker gets a copy.
 *
 * Signals:
 *   pixels-changed (guint layer, int x, int y, int width, int height)
 *                                  in the layer's own pixels
 *   layer-changed (guint layer)    one of its values: name, opacity, place, ...
 *   structure-changed              the canvas, or which layers there are and in what order
 *   setting-changed (int setting)  prompts too
 *   results-changed
 *   history-changed                what can be undone and redone, or whether there is something to
 *                                  save
 *   journal-failed (const char *)  one sentence; the document goes on without its journal */
#define LIMN_TYPE_DOCUMENT (limn_document_get_type ())
G_DECLARE_FINAL_TYPE (LimnDocument, limn_document, LIMN, DOCUMENT, GObject)

/* What no document has more of. */
#define LIMN_DOCUMENT_MAX_LAYERS 1000
#define LIMN_DOCUMENT_MAX_RESULTS 10000

/* NULL unless the size is limn_pixels_size_ok(). Without layers. */
LimnDocument *limn_document_new (int width, int height);
/* With all but history, journal and what is being drawn, for any thread. Pixels are shared until
 * one of the two is drawn on. NULL when there is no memory. */
LimnDocument *limn_document_copy (LimnDocument *document);

void limn_document_get_size (LimnDocument *document, int *width, int *height);
/* Where it was opened from or saved to; NULL for a new one. */
const char *limn_document_get_path (LimnDocument *document);
void limn_document_set_path (LimnDocument *document, const char *path);
/* Whether there is something to save. */
bool limn_document_is_modified (LimnDocument *document);
/* What a document is at a moment, to be given back once that is on the disk. */
typedef struct {
  guint64 history, results;
} limn_document_state;

limn_document_state limn_document_get_state (LimnDocument *document);
void limn_document_mark_saved (LimnDocument *document, limn_document_state state);

/* --- settings and prompts --- */

/* Borrowed. */
GVariant *limn_document_get_value (LimnDocument *document, limn_setting setting);
const char *limn_document_get_text (LimnDocument *document, limn_setting setting);

/* Changes with the same number that follow each other become one step of undoing: one drag of a
 * slider, one word typed. 0 never merges. */
guint64 limn_document_new_merge (LimnDocument *document);
/* Consumes a floating @value; false for one of a wrong type. */
bool limn_document_set_value (LimnDocument *document,
                              limn_setting setting,
                              GVariant *value,
                              guint64 merge);

/* --- layers; 0 is the lowest --- */

guint limn_document_n_layers (LimnDocument *document);
/* To read from; what is changed in it directly nobody can take back. */
const limn_layer *limn_document_layer (LimnDocument *document, guint index);
/* NULL and -1 when there is no such layer. */
const limn_layer *limn_document_find_layer (LimnDocument *document, guint32 id);
int limn_document_layer_index (LimnDocument *document, guint32 id);

/* Each of these is one step of undoing. Those that return an id return 0, and those that return a
 * bool false, when there is no such layer, no room or no memory; nothing has changed then. */

/* As large as the canvas, below what has @index now. */
guint32 limn_document_add_layer (LimnDocument *document,
                                 limn_layer_kind kind,
                                 const char *name,
                                 guint index);
guint32 limn_document_add_picture (
    LimnDocument *document, const limn_image *image, const char *name, int x, int y, guint index);
/* The same for pixels that are ready: takes @pixels, which nobody else may change. */
guint32 limn_document_add_pixels (
    LimnDocument *document, cairo_surface_t *pixels, const char *name, int x, int y, guint index);
guint32 limn_document_duplicate_layer (LimnDocument *document, guint32 id, const char *name);
/* Into the one below, which must not be locked and is gone afterwards; the new one has its name and
 * values. */
guint32 limn_document_merge_down (LimnDocument *document, guint32 id);
bool limn_document_remove_layer (LimnDocument *document, guint32 id);
bool limn_document_move_layer (LimnDocument *document, guint32 id, guint index);
bool limn_document_set_layer (
    LimnDocument *document, guint32 id, limn_layer_key key, GVariant *value, guint64 merge);
/* What was at 0, 0 comes to @dx, @dy. Scribble layers get the canvas's size. */
bool limn_document_resize (LimnDocument *document, int width, int height, int dx, int dy);

/* --- drawing, on layers that are not locked --- */

/* In the layer's own pixels. Takes @op; NULL, as the functions of op.h return it, is false. */
bool limn_document_paint (LimnDocument *document, guint32 id, limn_op *op);
/* The same where it has been drawn already: @drawn is what @op makes of the layer, to the last bit,
 * and nobody writes into it any more. */
bool
limn_document_paint_drawn (LimnDocument *document, guint32 id, limn_op *op, cairo_surface_t *drawn);

/* One stroke at a time: until it ends or is cancelled every other change is refused. Coordinates
 * are pixels of the canvas, @time in ms. */
bool
limn_document_stroke_begin (LimnDocument *document, guint32 id, const struct limn_brush *brush);
void limn_document_stroke_add (
    LimnDocument *document, double x, double y, double pressure, guint32 time);
bool limn_document_stroke_end (LimnDocument *document);
void limn_document_stroke_cancel (LimnDocument *document);
bool limn_document_is_drawing (LimnDocument *document);

/* --- results --- */

typedef struct {
  int references;
  guint32 id;
  GBytes *png;
  char *recipe; /* text; may be empty */
  bool favourite;
} limn_result;

guint limn_document_n_results (LimnDocument *document);
/* Oldest first; borrowed. */
const limn_result *limn_document_result (LimnDocument *document, guint index);
/* A result that arrives is no step of undoing; 0 when it is larger than all that may be kept. Above
 * the limit the oldest that are no favourites go. */
guint32 limn_document_add_result (LimnDocument *document, GBytes *png, const char *recipe);
void limn_document_set_results_limit (LimnDocument *document, gsize bytes);
/* These can be undone. */
bool limn_document_remove_result (LimnDocument *document, guint32 id);
bool limn_document_set_favourite (LimnDocument *document, guint32 id, bool favourite);

/* --- history --- */

/* What happens between the two is one step. They nest. */
void limn_document_begin_group (LimnDocument *document);
void limn_document_end_group (LimnDocument *document);

bool limn_document_undo (LimnDocument *document);
bool limn_document_redo (LimnDocument *document);
/* English, to be translated; NULL when there is nothing to undo or redo. */
const char *limn_document_undo_label (LimnDocument *document);
const char *limn_document_redo_label (LimnDocument *document);
/* Above it the oldest steps are forgotten; the last one always stays. */
void limn_document_set_history_limit (LimnDocument *document, gsize bytes);
