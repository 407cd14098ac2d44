/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "studio.h"

/* Where a person draws: the studio's document, and its picture over it, under a view that can be
 * moved, zoomed, rotated and mirrored. It is painted by OpenGL, or by Cairo where OpenGL cannot be
 * had; both show the same. Drawing belongs to tools/, which add their gestures to this widget in
 * the bubble phase; what moves the view is claimed in the capture phase before they see it, and
 * where it begins later (a second finger) their gestures are cancelled.
 *
 * Main thread only.
 *
 * Signals:
 *   view-changed   another place, zoom, rotation, mirror or size of the widget */
#define LIMN_TYPE_CANVAS (limn_canvas_get_type ())
G_DECLARE_FINAL_TYPE (LimnCanvas, limn_canvas, LIMN, CANVAS, GtkWidget)

/* Where a driver lets the processor do OpenGL's work, Cairo is many times faster, for a canvas and
 * for all of GTK. This finds out, and chooses for GTK; to be called once, after gtk_init() and
 * before the first window. A choice in the environment holds: GSK_RENDERER, or LIMN_RENDERER=gl. */
void limn_canvas_choose_renderer (void);

GtkWidget *limn_canvas_new (LimnStudio *studio);

/* Between the widget's coordinates and pixels of the document, whose first pixel lies from 0 to 1.
 */
void limn_canvas_to_document (LimnCanvas *canvas, double x, double y, double *to_x, double *to_y);
void limn_canvas_from_document (LimnCanvas *canvas, double x, double y, double *to_x, double *to_y);
/* How many of the widget's pixels one of the document's is wide. */
double limn_canvas_get_scale (LimnCanvas *canvas);
/* Clockwise, in degrees from 0 to below 360. */
double limn_canvas_get_rotation (LimnCanvas *canvas);

/* Whether the view is being moved by hand, or would be by the next press (space is down): tools do
 * not draw then. */
bool limn_canvas_is_panning (LimnCanvas *canvas);
/* What the pointer looks like while the view is not being moved; NULL for the default. */
void limn_canvas_set_tool_cursor (LimnCanvas *canvas, GdkCursor *cursor);

/* Draws what lies above the picture, as outlines of tools, in the widget's coordinates. */
typedef void (*limn_canvas_overlay) (GtkSnapshot *snapshot, LimnCanvas *canvas, gpointer data);
/* NULL for none. @data must live until another one is set. */
void limn_canvas_set_overlay (LimnCanvas *canvas, limn_canvas_overlay overlay, gpointer data);
/* Draws it again; the picture below is kept. */
void limn_canvas_queue_overlay (LimnCanvas *canvas);

/* Shows @pixels in place of the pixels of @layer, whose place they take; their size may differ from
 * the layer's. A reference is taken; after drawing on them, call this again with the same surface.
 * @changed is what differs from what was shown so far, in pixels of @pixels; NULL for all. NULL
 * @pixels show the layer itself again. One layer at a time: another one's replacement ends. It also
 * ends when the layer is gone or the document is replaced. */
void limn_canvas_set_replacement (LimnCanvas *canvas,
                                  guint32 layer,
                                  cairo_surface_t *pixels,
                                  const cairo_rectangle_int_t *changed);

/* The colour shown at a pixel of the document, on paper: 0xffRRGGBB. False outside of it. */
bool limn_canvas_pick_colour (LimnCanvas *canvas, int x, int y, guint32 *colour);

/* "gl" or "cairo"; it may become "cairo" at any moment. */
const char *limn_canvas_get_renderer (LimnCanvas *canvas);

/* Group "view": zoom-in, zoom-out, fit, actual-size, rotate-left, rotate-right, reset-rotation,
 * mirror, model-view, show-picture. */
GActionGroup *limn_canvas_actions_new (LimnCanvas *canvas);
