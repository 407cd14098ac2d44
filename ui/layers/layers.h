/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "document/document.h"

/* What the files of this folder share. */

/* Style and icons; once is enough. */
void limn_layers_init_style (void);

/* What a person calls a ControlNet: "Scribble" for "scribble"; translated. Types that nobody knows
 * are as they are. */
const char *limn_layers_control_title (const char *type);

/* Whether the model of @document has that ControlNet; true for "". */
bool limn_layers_has_control (LimnDocument *document, const char *type);

/* A small picture of what a layer has within the canvas, at most @size pixels in a direction: a
 * scribble layer as its network sees it, any other on a checkerboard. Looks at so many pixels at
 * most that no frame is late, whatever the layer's size. */
GdkTexture *limn_layers_thumbnail (LimnDocument *document, const limn_layer *layer, int size);

/* Numbers for limn_document_set_layer() by which one pull at @widget, or one row of keys, becomes
 * one step of undoing. */
typedef struct {
  guint64 number; /* 0: the next change begins a new step */
} limn_layers_merge;

/* Begins a new step with every press and whenever the focus comes to @widget. @merge must live as
 * long as the widget. */
void limn_layers_watch (GtkWidget *widget, limn_layers_merge *merge);
guint64 limn_layers_merge_number (limn_layers_merge *merge, LimnDocument *document);
