/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "document/keys.h"
#include "document/op.h"

/* A layer: what it is called and how it is shown (keys.h), its pixels, and the operations that they
 * came from. The pixels lie on the canvas with their corner at LIMN_LAYER_X, LIMN_LAYER_Y.
 *
 * After each of the latest operations, and after one in so many of the older ones, a snapshot of
 * the pixels is kept; tiles that did not change are shared. Taking the last operation back
 * restores, where it drew, the snapshot before it and draws what came in between. */
typedef struct {
  int references;
  guint32 id;
  limn_layer_kind kind;
  char *foreign_kind; /* what a newer file calls its kind, or NULL */
  char *foreign_json; /* members of limn.json that are not known: "\"key\":value,..." or NULL */
  GVariant *values[LIMN_N_LAYER_KEYS];
  cairo_surface_t *pixels;
  guint changes;  /* of the pixels, so far: a copy of them is up to date while it is the same */
  GPtrArray *ops; /* of limn_op */
  GPtrArray *snapshots; /* oldest first; what is older than the first cannot be taken back */
  guint8 *changed;      /* [tiles] since the last snapshot */
} limn_layer;

/* Transparent. NULL when there is no memory. */
limn_layer *limn_layer_new (guint32 id, limn_layer_kind kind, int width, int height);
/* Takes @pixels. */
limn_layer *limn_layer_new_for_pixels (guint32 id, limn_layer_kind kind, cairo_surface_t *pixels);
/* References are not atomic: a layer belongs to one document and thread. */
limn_layer *limn_layer_ref (limn_layer *layer);
void limn_layer_unref (limn_layer *layer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_layer, limn_layer_unref)
/* Without what is needed to take operations back. The pixels are shared until one of the two is
 * drawn on. NULL when there is no memory. */
limn_layer *limn_layer_copy (const limn_layer *layer, guint32 id);

bool limn_layer_get_bool (const limn_layer *layer, limn_layer_key key);
int limn_layer_get_int (const limn_layer *layer, limn_layer_key key);
double limn_layer_get_double (const limn_layer *layer, limn_layer_key key);
const char *limn_layer_get_text (const limn_layer *layer, limn_layer_key key);
/* Takes @value, which is of the key's type and range. */
void limn_layer_take_value (limn_layer *layer, limn_layer_key key, GVariant *value);

/* The last snapshot that was kept, and which of its tiles are out of date, [tiles]; NULL when there
 * is none. Borrowed until the layer changes. While a stroke grows it is that from before. */
const limn_snapshot *limn_layer_last_snapshot (const limn_layer *layer, const guint8 **changed);

/* Where its pixels lie on the canvas. */
cairo_rectangle_int_t limn_layer_area (const limn_layer *layer);

/* Draws @op and keeps a reference to it. @area is what may have changed, in the layer's pixels.
 * False, and nothing happens, without memory. */
bool limn_layer_do (limn_layer *layer, limn_op *op, cairo_rectangle_int_t *area);
/* The same where somebody has drawn it already: @drawn (may be NULL; taken) is what it makes of the
 * pixels. */
bool limn_layer_do_drawn (limn_layer *layer,
                          limn_op *op,
                          cairo_surface_t *drawn,
                          cairo_rectangle_int_t *area);
/* Takes the last operation back; false without memory, or when it was there from the beginning. */
bool limn_layer_undo (limn_layer *layer, cairo_rectangle_int_t *area);

/* For a stroke that is drawn while it grows: prepare before the pixels change, then append what
 * was drawn already. */
void limn_layer_prepare (limn_layer *layer);
void limn_layer_append (limn_layer *layer, limn_op *op);

gsize limn_layer_size (const limn_layer *layer);
void limn_put_layer (GByteArray *out, const limn_layer *layer);
/* NULL after a failure. */
limn_layer *limn_get_layer (limn_reader *reader);
/* Its values alone. */
void limn_put_layer_values (GByteArray *out, const limn_layer *layer);
void limn_get_layer_values (limn_reader *reader, limn_layer *layer);
/* The operations alone. */
void limn_put_ops (GByteArray *out, const GPtrArray *ops);
bool limn_get_ops (limn_reader *reader, GPtrArray *ops);
