/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "canvas/canvas.h"
#include "canvas/gl.h"
#include "canvas/raster.h"

/* What the files of this folder share of a canvas. */

struct _LimnCanvas {
  GtkWidget parent;

  /* Owned */
  LimnStudio *studio;
  LimnScene *scene;
  limn_raster *raster;   /* while Cairo shows the scene */
  limn_gl *gl;           /* while OpenGL does, and the area below is realised */
  GtkWidget *area;       /* GtkGLArea, or NULL */
  GdkGLContext *context; /* for the area */
  char *sentence;        /* to be told when the frame is over */
  GdkCursor *cursor;     /* of the tool */

  /* Borrowed */
  limn_canvas_overlay overlay;
  gpointer overlay_data;

  struct limn_view view;
  bool space;   /* is down */
  bool panning; /* by hand */
  bool no_gl;   /* it was tried, or is not wanted */
  bool any_gl;  /* also by the processor */
  bool timed;   /* whether @update_time is wanted; it costs waiting for the driver */
  guint settle; /* an idle source */
  guint rest;   /* a tick callback */
  bool told_memory;

  double pointer_x, pointer_y; /* where it was last seen; the middle at first */
  double dragged_x, dragged_y; /* of the pan so far */
  double pinch_scale;          /* when the pinch began */
  double pinch_angle;          /* of the pinch so far, in degrees */
  double pinch_x, pinch_y;     /* its middle, where it was last */
  bool pinch_turns;            /* it has turned far enough to be meant */

  gint64 update_time; /* of the last frame: upload and composition, in microseconds */
  guint updates;      /* how many there were */
};

/* After every change of the view. */
void limn_canvas_view_changed (LimnCanvas *self);
void limn_canvas_update_cursor (LimnCanvas *self);
/* canvas-input.c */
void limn_canvas_add_input (LimnCanvas *self);
