/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "studio.h"

/* A layer in the list. It shows what it is told to and gives to the document what a person does
 * with it. */
#define LIMN_TYPE_LAYER_ROW (limn_layer_row_get_type ())
G_DECLARE_FINAL_TYPE (LimnLayerRow, limn_layer_row, LIMN, LAYER_ROW, GtkListBoxRow)

LimnLayerRow *limn_layer_row_new (LimnStudio *studio, guint32 layer);
guint32 limn_layer_row_get_layer (LimnLayerRow *row);

/* Where it stands: 0 is the lowest layer. For sorting the list. */
void limn_layer_row_set_index (LimnLayerRow *row, guint index);
guint limn_layer_row_get_index (LimnLayerRow *row);

/* Name, switches, badge, as the document has them now. */
void limn_layer_row_update (LimnLayerRow *row);
/* The small picture, drawn anew. */
void limn_layer_row_draw (LimnLayerRow *row);
/* Shows the name as a text that can be changed; what a person types is one step of undoing, Escape
 * leaves it. */
void limn_layer_row_rename (LimnLayerRow *row);
