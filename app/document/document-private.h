/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "document/document.h"
#include "document/journal.h"

/* What the files of this folder share of a document. */

/* A member of an archive that this version does not know. */
struct limn_member {
  char *name;
  GBytes *bytes;
};

/* A stroke that is being drawn. */
struct limn_live {
  limn_layer *layer;
  struct limn_brush brush;
  struct limn_path path;
  limn_mask *mask;
  cairo_surface_t *before; /* the layer as it was, in those tiles that are marked */
  guint8 *kept;            /* [tiles] */
  GArray *points;          /* of limn_point */
  cairo_rectangle_int_t area;
  guint32 last_time;
};

struct _LimnDocument {
  GObject parent;

  int width, height;
  GPtrArray *layers; /* of limn_layer, the lowest first */
  GVariant *values[LIMN_N_SETTINGS];
  GPtrArray *results; /* of limn_result */
  guint32 next_id;    /* of layers and results */
  char *path;
  GPtrArray *members; /* of limn_member */
  char *foreign_json; /* as in a layer */

  GPtrArray *undo, *redo; /* of limn_command, the last one is next */
  gsize history_size, history_limit, results_limit;
  GPtrArray *group;        /* of limn_command: what happened since the outermost one was begun */
  GByteArray *group_bytes; /* the same for the journal, each as it was when it happened */
  int group_depth;
  guint64 next_merge;
  guint64 next_serial;
  guint64 bottom_serial;  /* of what is below the first step that can be undone */
  guint64 results_serial; /* of the last result that came or went by itself */
  limn_document_state saved;

  struct limn_live *live;
  limn_journal *journal;
  guint64 epoch; /* what was done in an earlier one, the journal's file does not tell */
};

/* Gives @copy of the layer that is drawn on the pixels from before, which are shared with nobody.
 * False without memory. */
bool limn_live_copy (const struct limn_live *live, limn_layer *copy);

/* Bytes of what can be undone; results kept. */
#define LIMN_HISTORY_LIMIT ((gsize) 1 << 30)
#define LIMN_RESULTS_LIMIT ((gsize) 256 << 20)

void limn_member_free (struct limn_member *member);
limn_result *limn_result_new (guint32 id, GBytes *png, const char *recipe, bool favourite);
limn_result *limn_result_ref (limn_result *result);
void limn_result_unref (limn_result *result);
int limn_document_result_index (LimnDocument *document, guint32 id);
limn_layer *limn_document_get_layer (LimnDocument *document, guint32 id);

void limn_document_emit_pixels (LimnDocument *document, guint32 id, cairo_rectangle_int_t area);
void limn_document_emit_layer (LimnDocument *document, guint32 id);
void limn_document_emit_structure (LimnDocument *document);
void limn_document_emit_setting (LimnDocument *document, int setting);
void limn_document_emit_results (LimnDocument *document);
void limn_document_emit_history (LimnDocument *document);
void limn_document_emit_journal (LimnDocument *document, const char *sentence);

/* The whole of it but path, history and journal. */
void limn_put_document (GByteArray *out, LimnDocument *document);
/* NULL after a failure. */
LimnDocument *limn_get_document (limn_reader *reader);
/* The prompts and settings alone. */
void limn_put_settings (GByteArray *out, LimnDocument *document);
void limn_get_settings (limn_reader *reader, LimnDocument *document);
