/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "tools/geometry.h"
#include "tools/preview.h"

/* Line, rectangle, ellipse: dragged from one end or corner to the other. Shift keeps lines at steps
 * of 15 degrees and makes squares and circles; with ctrl or alt it grows from its middle. */

struct shape {
  struct limn_preview preview;
  limn_tool_id tool;
  double begin[2];
  double dx, dy; /* where the layer lies */
};

static const limn_shape shapes[LIMN_N_TOOLS] = {
  [LIMN_TOOL_LINE] = LIMN_SHAPE_LINE,
  [LIMN_TOOL_RECTANGLE] = LIMN_SHAPE_RECTANGLE,
  [LIMN_TOOL_ELLIPSE] = LIMN_SHAPE_ELLIPSE,
};

/* NULL while it has no extent. */
static limn_op *
op_for (LimnToolbox *box, const struct shape *shape, const struct limn_tool_event *event)
{
  LimnStudio *studio = limn_toolbox_get_studio (box);
  struct limn_brush brush = limn_studio_get_brush (studio, shape->tool);
  double from[] = { shape->begin[0], shape->begin[1] }, to[] = { event->x, event->y };
  struct limn_point points[2];

  if ((event->modifiers & GDK_SHIFT_MASK) != 0) {
    if (shape->tool == LIMN_TOOL_LINE)
      limn_snap_angle (from, to, 15.0);
    else
      limn_snap_square (from, to);
  }
  for (int i = 0; i < 2 && (event->modifiers & (GDK_CONTROL_MASK | GDK_ALT_MASK)) != 0; i++)
    from[i] = 2 * from[i] - to[i];
  if (hypot (to[0] - from[0], to[1] - from[1]) < 0.5)
    return NULL;
  points[0] = limn_point_new (from[0] - shape->dx, from[1] - shape->dy, 1.0, 0);
  points[1] = limn_point_new (to[0] - shape->dx, to[1] - shape->dy, 1.0, 0);
  return limn_op_shape (shapes[shape->tool],
                        shape->tool != LIMN_TOOL_LINE && limn_studio_get_filled (studio), &brush,
                        points, 2);
}

static bool
shape_press (LimnToolbox *box, gpointer state, const struct limn_tool_event *event)
{
  struct shape *shape = state;
  const limn_layer *layer = limn_toolbox_get_layer (box);

  if (layer == NULL)
    return false;
  shape->tool = limn_toolbox_get_pressed_tool (box);
  shape->begin[0] = event->x;
  shape->begin[1] = event->y;
  shape->dx = limn_layer_get_int (layer, LIMN_LAYER_X);
  shape->dy = limn_layer_get_int (layer, LIMN_LAYER_Y);
  limn_preview_begin (&shape->preview, box, layer);
  /* Without memory for a preview the shape can be drawn all the same. */
  shape->preview.layer = layer->id;
  return true;
}

static void
shape_motion (LimnToolbox *box, gpointer state, const struct limn_tool_event *events, gsize n)
{
  struct shape *shape = state;
  g_autoptr (limn_op) op = op_for (box, shape, &events[n - 1]);

  limn_preview_show (&shape->preview, box, op);
}

static void
shape_cancel (LimnToolbox *box, gpointer state)
{
  struct shape *shape = state;

  limn_preview_end (&shape->preview, box);
}

static void
shape_release (LimnToolbox *box, gpointer state, const struct limn_tool_event *event)
{
  struct shape *shape = state;
  limn_op *op = op_for (box, shape, event);

  if (op != NULL)
    limn_toolbox_paint (box, shape->preview.layer, op);
  shape_cancel (box, state);
}

static void
shape_layer_changed (LimnToolbox *box, gpointer state)
{
  struct shape *shape = state;
  const limn_layer *layer =
      limn_document_find_layer (limn_toolbox_get_document (box), shape->preview.layer);

  if (layer != NULL && limn_preview_begin (&shape->preview, box, layer))
    limn_preview_show (&shape->preview, box, NULL);
}

const struct limn_tool limn_shape_tool = {
  .size = sizeof (struct shape),
  .press = shape_press,
  .motion = shape_motion,
  .release = shape_release,
  .cancel = shape_cancel,
  .layer_changed = shape_layer_changed,
};
