/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "tools/geometry.h"
#include "tools/preview.h"

/* A click sets a corner. A double click, a click on the first corner or Enter closes the polygon.
 */

/* How near to the first corner, in pixels of the view, is on it. */
#define REACH 8.0

struct polygon {
  struct limn_preview preview;
  GArray *corners;   /* of struct limn_point, in pixels of the layer; NULL: nothing is under way */
  double dx, dy;     /* where the layer lies */
  double at_x, at_y; /* the pointer */
};

static bool
polygon_is_open (gconstpointer state)
{
  const struct polygon *polygon = state;

  return polygon->corners != NULL;
}

static void
polygon_cancel (LimnToolbox *box, gpointer state)
{
  struct polygon *polygon = state;

  g_clear_pointer (&polygon->corners, g_array_unref);
  limn_preview_end (&polygon->preview, box);
}

static struct limn_point *
corner (const struct polygon *polygon, guint index)
{
  return &g_array_index (polygon->corners, struct limn_point, index);
}

/* Two corners are a line. */
static limn_op *
op_for (LimnToolbox *box, const struct polygon *polygon, guint n, bool closed)
{
  LimnStudio *studio = limn_toolbox_get_studio (box);
  struct limn_brush brush = limn_studio_get_brush (studio, LIMN_TOOL_POLYGON);

  return limn_op_shape (closed && n >= 3 ? LIMN_SHAPE_POLYGON : LIMN_SHAPE_LINE,
                        closed && n >= 3 && limn_studio_get_filled (studio), &brush,
                        corner (polygon, 0), n);
}

/* With a line to the pointer. */
static void
show (LimnToolbox *box, struct polygon *polygon)
{
  struct limn_point pointer =
      limn_point_new (polygon->at_x - polygon->dx, polygon->at_y - polygon->dy, 1.0, 0);
  guint n = polygon->corners->len;
  g_autoptr (limn_op) op = NULL;

  if (limn_toolbox_has_pointer (box))
    g_array_append_val (polygon->corners, pointer);
  op = op_for (box, polygon, polygon->corners->len,
               limn_studio_get_filled (limn_toolbox_get_studio (box)));
  g_array_set_size (polygon->corners, n);
  limn_preview_show (&polygon->preview, box, op);
}

static void
polygon_finish (LimnToolbox *box, gpointer state)
{
  struct polygon *polygon = state;

  if (polygon->corners->len >= 2)
    limn_toolbox_paint (box, polygon->preview.layer,
                        op_for (box, polygon, polygon->corners->len, true));
  polygon_cancel (box, state);
}

static bool
is_on_first (LimnToolbox *box, const struct polygon *polygon, double x, double y)
{
  double first_x = (double) corner (polygon, 0)->x / LIMN_POINT_UNIT + polygon->dx;
  double first_y = (double) corner (polygon, 0)->y / LIMN_POINT_UNIT + polygon->dy;

  return polygon->corners->len >= 3 &&
         hypot (x - first_x, y - first_y) * limn_toolbox_get_scale (box) <= REACH;
}

static bool
begin (LimnToolbox *box, struct polygon *polygon)
{
  const limn_layer *layer = limn_toolbox_get_layer (box);

  if (layer == NULL)
    return false;
  polygon->corners = g_array_new (FALSE, FALSE, sizeof (struct limn_point));
  polygon->dx = limn_layer_get_int (layer, LIMN_LAYER_X);
  polygon->dy = limn_layer_get_int (layer, LIMN_LAYER_Y);
  limn_preview_begin (&polygon->preview, box, layer);
  /* Without memory for a preview the polygon can be drawn all the same. */
  polygon->preview.layer = layer->id;
  return true;
}

/* Where the pointer is, with shift at a step of 15 degrees from the last of the first @n corners.
 */
static void
point_at (struct polygon *polygon, guint n, const struct limn_tool_event *event)
{
  double to[] = { event->x, event->y };

  if ((event->modifiers & GDK_SHIFT_MASK) != 0 && n > 0) {
    const struct limn_point *last = corner (polygon, n - 1);
    double from[] = { (double) last->x / LIMN_POINT_UNIT + polygon->dx,
                      (double) last->y / LIMN_POINT_UNIT + polygon->dy };

    limn_snap_angle (from, to, 15.0);
  }
  polygon->at_x = to[0];
  polygon->at_y = to[1];
}

/* The new corner can be dragged until the pen lifts. */
static bool
polygon_press (LimnToolbox *box, gpointer state, const struct limn_tool_event *event)
{
  struct polygon *polygon = state;
  struct limn_point point;

  if (polygon->corners == NULL && !begin (box, polygon))
    return false;
  if (polygon->corners->len > 0 &&
      (event->clicks == 2 || is_on_first (box, polygon, event->x, event->y))) {
    polygon_finish (box, state);
    return false;
  }
  point_at (polygon, polygon->corners->len, event);
  point = limn_point_new (polygon->at_x - polygon->dx, polygon->at_y - polygon->dy, 1.0, 0);
  g_array_append_val (polygon->corners, point);
  show (box, polygon);
  return true;
}

static void
polygon_motion (LimnToolbox *box, gpointer state, const struct limn_tool_event *events, gsize n)
{
  struct polygon *polygon = state;

  point_at (polygon, polygon->corners->len - 1, &events[n - 1]);
  *corner (polygon, polygon->corners->len - 1) =
      limn_point_new (polygon->at_x - polygon->dx, polygon->at_y - polygon->dy, 1.0, 0);
  show (box, polygon);
}

static void
polygon_hover (LimnToolbox *box, gpointer state, const struct limn_tool_event *event)
{
  struct polygon *polygon = state;

  if (polygon->corners == NULL)
    return;
  point_at (polygon, polygon->corners->len, event);
  show (box, polygon);
}

static void
polygon_take_back (LimnToolbox *box, gpointer state)
{
  struct polygon *polygon = state;

  if (polygon->corners->len <= 1) {
    polygon_cancel (box, state);
    return;
  }
  g_array_set_size (polygon->corners, polygon->corners->len - 1);
  show (box, polygon);
}

/* The corners hold on any pixels. */
static void
polygon_layer_changed (LimnToolbox *box, gpointer state)
{
  struct polygon *polygon = state;
  const limn_layer *layer =
      limn_document_find_layer (limn_toolbox_get_document (box), polygon->preview.layer);

  if (layer != NULL && limn_preview_begin (&polygon->preview, box, layer))
    show (box, polygon);
}

static void
polygon_draw (
    LimnToolbox *box, gpointer state, const struct limn_outline *outline, double x, double y)
{
  const struct polygon *polygon = state;

  if (polygon->corners == NULL)
    return;
  for (guint i = 0; i < polygon->corners->len; i++) {
    double at_x, at_y;

    limn_toolbox_to_view (box, (double) corner (polygon, i)->x / LIMN_POINT_UNIT + polygon->dx,
                          (double) corner (polygon, i)->y / LIMN_POINT_UNIT + polygon->dy, &at_x,
                          &at_y);
    limn_outline_handle (outline, at_x, at_y, true);
    if (i == 0 && limn_toolbox_has_pointer (box) && is_on_first (box, polygon, x, y))
      limn_outline_circle (outline, at_x, at_y, REACH);
  }
}

const struct limn_tool limn_polygon_tool = {
  .size = sizeof (struct polygon),
  .press = polygon_press,
  .motion = polygon_motion,
  .hover = polygon_hover,
  .is_open = polygon_is_open,
  .finish = polygon_finish,
  .cancel = polygon_cancel,
  .abort = polygon_take_back,
  .take_back = polygon_take_back,
  .layer_changed = polygon_layer_changed,
  .draw = polygon_draw,
};
