/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "document/document.h"
#include "tools/outline.h"

/* What tools are to those who hold them: a table of functions, and a state of @size bytes, zero at
 * first, that the toolbox keeps for each. Main thread only. */

typedef struct _LimnToolbox LimnToolbox;

struct limn_tool_event {
  double x, y;     /* pixels of the document */
  double pressure; /* 0 to 1; 1 for what has none */
  guint32 time;    /* ms */
  GdkModifierType modifiers;
  int clicks; /* of a press: 2 for the second of a double click */
};

/* Any function may be NULL. */
struct limn_tool {
  gsize size;
  /* False: nothing begins, and neither motion nor release follow. */
  bool (*press) (LimnToolbox *box, gpointer state, const struct limn_tool_event *event);
  /* All that a device has reported since the last call, one or more, the latest last. */
  void (*motion) (LimnToolbox *box, gpointer state, const struct limn_tool_event *events, gsize n);
  void (*release) (LimnToolbox *box, gpointer state, const struct limn_tool_event *event);
  /* The pen moves above the paper. */
  void (*hover) (LimnToolbox *box, gpointer state, const struct limn_tool_event *event);
  /* Whether something is under way while no pen is down. */
  bool (*is_open) (gconstpointer state);
  /* Brings what is under way to its end, or to none; afterwards nothing is. */
  void (*finish) (LimnToolbox *box, gpointer state);
  void (*cancel) (LimnToolbox *box, gpointer state);
  /* What the pen that is down has done is undone, but not what was under way before. NULL: as
   * cancel. */
  void (*abort) (LimnToolbox *box, gpointer state);
  /* Takes one step of what is under way back. */
  void (*take_back) (LimnToolbox *box, gpointer state);
  /* The pixels or the place of the layer that is drawn on have changed by other hands. */
  void (*layer_changed) (LimnToolbox *box, gpointer state);
  bool (*key) (LimnToolbox *box, gpointer state, guint keyval, GdkModifierType modifiers);
  /* What lies above the picture, in the coordinates of the view. @x, @y: the pointer in pixels of
   * the document. */
  void (*draw) (
      LimnToolbox *box, gpointer state, const struct limn_outline *outline, double x, double y);
  /* The name of a cursor for the pointer at @x, @y. */
  const char *(*cursor) (LimnToolbox *box, gpointer state, double x, double y);
};

extern const struct limn_tool limn_stroke_tool;
extern const struct limn_tool limn_shape_tool;
extern const struct limn_tool limn_polygon_tool;
extern const struct limn_tool limn_bucket_tool;
extern const struct limn_tool limn_lasso_tool;
extern const struct limn_tool limn_picker_tool;
