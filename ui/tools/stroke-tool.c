/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gi18n.h>
#include <math.h>

#include "tools/stabiliser.h"
#include "tools/toolbox.h"

/* Brush and eraser. With shift a click draws a straight line from where the last stroke ended, and
 * a drag makes the brush larger or smaller. */

/* From here on, in pixels of the view, it is a drag and no click. */
#define DRAG_THRESHOLD 4.0

enum what {
  NOTHING,
  STROKE,
  SHIFT_CLICK, /* until it is known whether it is a drag */
  RESIZE,
};

struct stroke {
  enum what what;
  limn_tool_id tool;
  struct limn_stabiliser stabiliser;
  struct limn_tool_event begin; /* of what shift does */
  float size;
  double last_x, last_y; /* the last point of the stroke */
  double last_pressure;

  /* Where the last stroke ended, and on what; 0: there was none. */
  double end_x, end_y;
  gconstpointer end_document; /* to compare with, and nothing else */
  guint32 end_layer;
};

static void
ends_at (LimnToolbox *box,
         struct stroke *stroke,
         guint32 layer,
         const struct limn_tool_event *event)
{
  stroke->end_x = event->x;
  stroke->end_y = event->y;
  stroke->end_document = limn_toolbox_get_document (box);
  stroke->end_layer = layer;
}

static void
add (LimnToolbox *box, struct stroke *stroke, const struct limn_tool_event *event, bool is_first)
{
  /* A device that rests reports the same again and again. */
  if (!is_first && event->x == stroke->last_x && event->y == stroke->last_y &&
      event->pressure == stroke->last_pressure)
    return;
  stroke->last_x = event->x;
  stroke->last_y = event->y;
  stroke->last_pressure = event->pressure;
  limn_document_stroke_add (limn_toolbox_get_document (box), event->x, event->y, event->pressure,
                            event->time);
}

static bool
begin_stroke (LimnToolbox *box,
              struct stroke *stroke,
              const limn_layer *layer,
              const struct limn_tool_event *event)
{
  LimnStudio *studio = limn_toolbox_get_studio (box);
  struct limn_brush brush = limn_studio_get_brush (studio, stroke->tool);

  if (!limn_document_stroke_begin (limn_toolbox_get_document (box), layer->id, &brush)) {
    limn_studio_say (studio, _ ("There is not enough memory to draw on this layer."));
    return false;
  }
  stroke->what = STROKE;
  ends_at (box, stroke, layer->id, event);
  limn_stabiliser_begin (&stroke->stabiliser, limn_toolbox_get_stabiliser (box), event);
  add (box, stroke, event, true);
  return true;
}

static bool
stroke_press (LimnToolbox *box, gpointer state, const struct limn_tool_event *event)
{
  struct stroke *stroke = state;
  const limn_layer *layer;

  stroke->tool = limn_toolbox_get_pressed_tool (box);
  stroke->begin = *event;
  if ((event->modifiers & GDK_SHIFT_MASK) != 0) {
    stroke->what = SHIFT_CLICK;
    stroke->size = limn_studio_get_brush (limn_toolbox_get_studio (box), stroke->tool).size;
    return true;
  }
  layer = limn_toolbox_get_layer (box);
  return layer != NULL && begin_stroke (box, stroke, layer, event);
}

/* To the right it grows, as far as its edge follows the pointer. */
static void
resize (LimnToolbox *box, struct stroke *stroke, const struct limn_tool_event *event)
{
  LimnStudio *studio = limn_toolbox_get_studio (box);
  struct limn_brush brush = limn_studio_get_brush (studio, stroke->tool);
  double from_x, from_y, x, y, moved;

  limn_toolbox_to_view (box, stroke->begin.x, stroke->begin.y, &from_x, &from_y);
  limn_toolbox_to_view (box, event->x, event->y, &x, &y);
  moved = x - from_x;
  if (stroke->what == SHIFT_CLICK && hypot (moved, y - from_y) < DRAG_THRESHOLD)
    return;
  stroke->what = RESIZE;
  brush.size = stroke->size + (float) (2.0 * moved / limn_toolbox_get_scale (box));
  limn_studio_set_brush (studio, stroke->tool, &brush);
}

static void
stroke_motion (LimnToolbox *box, gpointer state, const struct limn_tool_event *events, gsize n)
{
  struct stroke *stroke = state;

  if (stroke->what != STROKE)
    resize (box, stroke, &events[n - 1]);
  for (gsize i = 0; stroke->what == STROKE && i < n; i++) {
    struct limn_tool_event steady = limn_stabiliser_add (&stroke->stabiliser, &events[i]);

    add (box, stroke, &steady, false);
  }
}

static void
straight_line (LimnToolbox *box, struct stroke *stroke, const struct limn_tool_event *event)
{
  const limn_layer *layer = limn_toolbox_get_layer (box);
  struct limn_brush brush;
  struct limn_point points[2];

  if (layer == NULL)
    return;
  if (stroke->end_layer == layer->id && stroke->end_document == limn_toolbox_get_document (box)) {
    double dx = limn_layer_get_int (layer, LIMN_LAYER_X),
           dy = limn_layer_get_int (layer, LIMN_LAYER_Y);

    brush = limn_studio_get_brush (limn_toolbox_get_studio (box), stroke->tool);
    points[0] = limn_point_new (stroke->end_x - dx, stroke->end_y - dy, 1.0, 0);
    points[1] = limn_point_new (event->x - dx, event->y - dy, 1.0, 0);
    limn_toolbox_paint (box, layer->id, limn_op_shape (LIMN_SHAPE_LINE, false, &brush, points, 2));
  } else if (begin_stroke (box, stroke, layer, event)) {
    limn_document_stroke_end (limn_toolbox_get_document (box));
  }
  ends_at (box, stroke, layer->id, event);
}

static void
stroke_release (LimnToolbox *box, gpointer state, const struct limn_tool_event *event)
{
  struct stroke *stroke = state;
  enum what what = stroke->what;

  stroke->what = NOTHING;
  if (what == SHIFT_CLICK)
    straight_line (box, stroke, &stroke->begin);
  if (what != STROKE)
    return;
  /* A pen that has left the paper reports no pressure: the line ends with the last one. */
  if (event->x != stroke->last_x || event->y != stroke->last_y) {
    struct limn_tool_event end = *event;

    end.pressure = stroke->last_pressure;
    add (box, stroke, &end, false);
  }
  ends_at (box, stroke, stroke->end_layer, event);
  limn_document_stroke_end (limn_toolbox_get_document (box));
}

static void
stroke_cancel (LimnToolbox *box, gpointer state)
{
  struct stroke *stroke = state;

  if (stroke->what == STROKE) {
    limn_document_stroke_cancel (limn_toolbox_get_document (box));
    stroke->end_layer = 0;
  }
  stroke->what = NOTHING;
}

static void
stroke_draw (
    LimnToolbox *box, gpointer state, const struct limn_outline *outline, double x, double y)
{
  const struct stroke *stroke = state;
  limn_tool_id tool = limn_toolbox_get_tool (box);
  double radius = limn_studio_get_brush (limn_toolbox_get_studio (box), tool).size / 2.0;

  if (!limn_toolbox_has_pointer (box))
    return;
  if (stroke->what == RESIZE) {
    x = stroke->begin.x;
    y = stroke->begin.y;
  }
  limn_toolbox_to_view (box, x, y, &x, &y);
  limn_outline_circle (outline, x, y, radius * limn_toolbox_get_scale (box));
}

const struct limn_tool limn_stroke_tool = {
  .size = sizeof (struct stroke),
  .press = stroke_press,
  .motion = stroke_motion,
  .release = stroke_release,
  .cancel = stroke_cancel,
  .draw = stroke_draw,
};
