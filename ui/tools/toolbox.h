/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "studio.h"
#include "tools/tool.h"

/* The tools of one studio, and what they share beyond it: which one has the pen, the second colour,
 * the stabiliser. It gives events to the tool that is chosen, and keeps the studio's "drawing".
 * The studio owns it.
 *
 * Properties, each with notify: background, stabiliser, open (whether a polygon or a selection is
 * under way), selection (whether there is one). */
#define LIMN_TYPE_TOOLBOX (limn_toolbox_get_type ())
G_DECLARE_FINAL_TYPE (LimnToolbox, limn_toolbox, LIMN, TOOLBOX, GObject)

/* Borrowed. */
LimnToolbox *limn_toolbox_of (LimnStudio *studio);
LimnStudio *limn_toolbox_get_studio (LimnToolbox *box);

/* Where the tools are seen. Without one they draw as well. */
struct limn_tool_view {
  void (*to_view) (gpointer data, double x, double y, double *to_x, double *to_y);
  double (*scale) (gpointer data);
  /* As limn_canvas_set_replacement(). */
  void (*replace) (gpointer data,
                   guint32 layer,
                   cairo_surface_t *pixels,
                   const cairo_rectangle_int_t *changed);
  bool (*pick) (gpointer data, int x, int y, guint32 *colour);
  void (*redraw) (gpointer data);
};

/* NULL for none. Both are borrowed. */
void limn_toolbox_set_view (LimnToolbox *box, const struct limn_tool_view *view, gpointer data);

/* 0xAARRGGBB. */
guint32 limn_toolbox_get_background (LimnToolbox *box);
void limn_toolbox_set_background (LimnToolbox *box, guint32 colour);
/* 0 for none, to 1: how far the line hangs behind the pen. */
double limn_toolbox_get_stabiliser (LimnToolbox *box);
void limn_toolbox_set_stabiliser (LimnToolbox *box, double strength);

/* --- what the hand does --- */

/* @eraser: it is the eraser end of a pen. */
void limn_toolbox_press (LimnToolbox *box, const struct limn_tool_event *event, bool eraser);
/* All points since the last call, the latest last. */
void limn_toolbox_motion (LimnToolbox *box, const struct limn_tool_event *events, gsize n);
void limn_toolbox_release (LimnToolbox *box, const struct limn_tool_event *event);
/* NULL: the pointer has left. */
void limn_toolbox_hover (LimnToolbox *box, const struct limn_tool_event *event);
/* Whether the key did something. */
bool limn_toolbox_key (LimnToolbox *box, guint keyval, GdkModifierType modifiers);
/* Which modifiers are held, where no event of the pointer says so. */
void limn_toolbox_set_modifiers (LimnToolbox *box, GdkModifierType modifiers);
/* The pen was taken away: what it began is undone. A polygon or selection stays. */
void limn_toolbox_abort (LimnToolbox *box);

bool limn_toolbox_is_pressed (LimnToolbox *box);
bool limn_toolbox_is_open (LimnToolbox *box);
void limn_toolbox_finish (LimnToolbox *box);
void limn_toolbox_cancel (LimnToolbox *box);
/* False when nothing is under way. */
bool limn_toolbox_take_back (LimnToolbox *box);

void limn_toolbox_draw (LimnToolbox *box, const struct limn_outline *outline);
const char *limn_toolbox_get_cursor (LimnToolbox *box);

/* --- the selection --- */

bool limn_toolbox_has_selection (LimnToolbox *box);
void limn_toolbox_select_all (LimnToolbox *box);
void limn_toolbox_erase_selection (LimnToolbox *box);
void limn_toolbox_flip_selection (LimnToolbox *box, bool vertical);

/* --- for tools --- */

/* The tool that the pen, or the pointer, has now: ctrl makes it another one. */
limn_tool_id limn_toolbox_get_tool (LimnToolbox *box);
/* The one that was pressed last: tools that share a table ask it who they are. */
limn_tool_id limn_toolbox_get_pressed_tool (LimnToolbox *box);
gpointer limn_toolbox_get_state (LimnToolbox *box, limn_tool_id tool);
/* Also while another document has already taken its place in the studio. */
LimnDocument *limn_toolbox_get_document (LimnToolbox *box);
/* Whether the pointer is over the view. */
bool limn_toolbox_has_pointer (LimnToolbox *box);
/* The layer that is drawn on. NULL, and the person was told why, when none can be. */
const limn_layer *limn_toolbox_get_layer (LimnToolbox *box);
/* Takes @op. False, and the person was told, when it could not be drawn. */
bool limn_toolbox_paint (LimnToolbox *box, guint32 layer, limn_op *op);
/* @drawn: what it makes of the layer, or NULL, as limn_document_paint_drawn() has it. */
bool
limn_toolbox_paint_drawn (LimnToolbox *box, guint32 layer, limn_op *op, cairo_surface_t *drawn);
double limn_toolbox_get_scale (LimnToolbox *box);
void limn_toolbox_to_view (LimnToolbox *box, double x, double y, double *to_x, double *to_y);
void limn_toolbox_replace (LimnToolbox *box,
                           guint32 layer,
                           cairo_surface_t *pixels,
                           const cairo_rectangle_int_t *changed);
bool limn_toolbox_pick (LimnToolbox *box, int x, int y, guint32 *colour);
void limn_toolbox_redraw (LimnToolbox *box);
/* For a tool that comes to an end by itself, not while it is called. */
void limn_toolbox_update (LimnToolbox *box);
