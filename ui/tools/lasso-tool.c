/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "tools/grips.h"
#include "tools/lasso.h"

/* The outline is dragged by free hand, or clicked corner by corner, or both in turn. What it has
 * caught is moved, scaled and rotated by its grips until Enter, or a press beside it. */

/* In pixels of the view: from where on a press is a drag, and how near to the first corner is on
 * it. */
#define DRAG_THRESHOLD 3.0
#define REACH 8.0

struct lasso {
  guint32 layer;
  double dx, dy;   /* where the layer lies */
  GArray *outline; /* of struct limn_point, in pixels of the layer; NULL: none is being drawn */
  guint kept;      /* corners that were there when the pen came down */
  bool dragged, ended_another; /* since then */
  double begin[2], at[2];      /* of the pen, in pixels of the layer */

  struct limn_selection selection;
  limn_grip grip;
  cairo_matrix_t matrix; /* when the grip was taken */
};

bool
limn_lasso_has_selection (gconstpointer state)
{
  const struct lasso *lasso = state;

  return lasso->selection.layer != 0;
}

static bool
lasso_is_open (gconstpointer state)
{
  const struct lasso *lasso = state;

  return lasso->outline != NULL || lasso->selection.layer != 0;
}

static void
lasso_cancel (LimnToolbox *box, gpointer state)
{
  struct lasso *lasso = state;

  g_clear_pointer (&lasso->outline, g_array_unref);
  limn_selection_end (&lasso->selection, box);
}

static struct limn_point *
corner (const struct lasso *lasso, guint index)
{
  return &g_array_index (lasso->outline, struct limn_point, index);
}

static void
add_corner (struct lasso *lasso)
{
  struct limn_point point = limn_point_new (lasso->at[0], lasso->at[1], 1.0, 0);

  if (lasso->outline->len < LIMN_STROKE_MAX_POINTS)
    g_array_append_val (lasso->outline, point);
}

static bool
take_layer (LimnToolbox *box, struct lasso *lasso)
{
  const limn_layer *layer = limn_toolbox_get_layer (box);

  if (layer == NULL)
    return false;
  lasso->layer = layer->id;
  lasso->dx = limn_layer_get_int (layer, LIMN_LAYER_X);
  lasso->dy = limn_layer_get_int (layer, LIMN_LAYER_Y);
  return true;
}

/* The outline becomes the selection, if it encloses anything. */
static void
close_outline (LimnToolbox *box, struct lasso *lasso)
{
  g_autoptr (GArray) outline = g_steal_pointer (&lasso->outline);
  const limn_layer *layer =
      limn_document_find_layer (limn_toolbox_get_document (box), lasso->layer);

  if (layer != NULL)
    limn_selection_begin (&lasso->selection, layer,
                          (const struct limn_point *) (void *) outline->data, outline->len);
}

/* While the outline is drawn Enter closes it; the next one applies what was done with it. */
static void
lasso_finish (LimnToolbox *box, gpointer state)
{
  struct lasso *lasso = state;

  if (lasso->outline != NULL)
    close_outline (box, lasso);
  else
    limn_selection_apply (&lasso->selection, box);
}

static bool
is_on_first (LimnToolbox *box, const struct lasso *lasso)
{
  double x = lasso->at[0] - (double) corner (lasso, 0)->x / LIMN_POINT_UNIT;
  double y = lasso->at[1] - (double) corner (lasso, 0)->y / LIMN_POINT_UNIT;

  return lasso->outline->len >= 3 && hypot (x, y) * limn_toolbox_get_scale (box) <= REACH;
}

static void
pen_is_at (struct lasso *lasso, const struct limn_tool_event *event)
{
  lasso->at[0] = event->x - lasso->dx;
  lasso->at[1] = event->y - lasso->dy;
}

static bool
press_selection (LimnToolbox *box, struct lasso *lasso, const struct limn_tool_event *event)
{
  lasso->grip = limn_grip_at (box, &lasso->selection, lasso->dx, lasso->dy, event->x, event->y);
  if (lasso->grip == LIMN_GRIP_NONE)
    return false;
  pen_is_at (lasso, event);
  lasso->begin[0] = lasso->at[0];
  lasso->begin[1] = lasso->at[1];
  lasso->matrix = lasso->selection.matrix;
  limn_selection_push (&lasso->selection);
  return true;
}

static bool
lasso_press (LimnToolbox *box, gpointer state, const struct limn_tool_event *event)
{
  struct lasso *lasso = state;

  lasso->ended_another = false;
  if (lasso->selection.layer != 0) {
    if (press_selection (box, lasso, event))
      return true;
    limn_selection_apply (&lasso->selection, box);
    lasso->ended_another = true;
  }
  if (lasso->outline == NULL) {
    if (!take_layer (box, lasso))
      return false;
    lasso->outline = g_array_new (FALSE, FALSE, sizeof (struct limn_point));
  }
  pen_is_at (lasso, event);
  if (lasso->outline->len > 0 && (event->clicks == 2 || is_on_first (box, lasso))) {
    close_outline (box, lasso);
    return false;
  }
  lasso->dragged = false;
  lasso->kept = lasso->outline->len;
  lasso->begin[0] = lasso->at[0];
  lasso->begin[1] = lasso->at[1];
  add_corner (lasso);
  return true;
}

static void
drag_grip (LimnToolbox *box, struct lasso *lasso, const struct limn_tool_event *event)
{
  cairo_matrix_t matrix;

  pen_is_at (lasso, event);
  matrix = limn_grip_drag (lasso->grip, &lasso->selection, &lasso->matrix, lasso->begin, lasso->at,
                           event->modifiers);
  limn_selection_show (&lasso->selection, box, &matrix);
}

static void
trace (LimnToolbox *box, struct lasso *lasso, const struct limn_tool_event *event)
{
  pen_is_at (lasso, event);
  if (!lasso->dragged && hypot (lasso->at[0] - lasso->begin[0], lasso->at[1] - lasso->begin[1]) *
                                 limn_toolbox_get_scale (box) <
                             DRAG_THRESHOLD)
    return;
  lasso->dragged = true;
  add_corner (lasso);
}

static void
lasso_motion (LimnToolbox *box, gpointer state, const struct limn_tool_event *events, gsize n)
{
  struct lasso *lasso = state;

  if (lasso->outline == NULL)
    drag_grip (box, lasso, &events[n - 1]);
  for (gsize i = 0; lasso->outline != NULL && i < n; i++)
    trace (box, lasso, &events[i]);
}

static void
lasso_release (LimnToolbox *box, gpointer state, const struct limn_tool_event *event)
{
  struct lasso *lasso = state;

  if (lasso->outline == NULL) {
    const cairo_matrix_t *now = &lasso->selection.matrix, *before = &lasso->matrix;

    /* A click is no step. */
    if (now->x0 == before->x0 && now->y0 == before->y0 && now->xx == before->xx &&
        now->xy == before->xy && now->yx == before->yx && now->yy == before->yy)
      limn_selection_pop (&lasso->selection, box);
    return;
  }
  /* A click beside a selection is there to end it; other clicks are corners. */
  if (lasso->dragged && lasso->kept == 0)
    close_outline (box, lasso);
  else if (!lasso->dragged && lasso->ended_another)
    lasso_cancel (box, state);
}

static void
lasso_hover (LimnToolbox *box, gpointer state, const struct limn_tool_event *event)
{
  pen_is_at (state, event);
}

static void
lasso_abort (LimnToolbox *box, gpointer state)
{
  struct lasso *lasso = state;

  if (lasso->outline == NULL)
    limn_selection_pop (&lasso->selection, box);
  else if (lasso->kept > 0)
    g_array_set_size (lasso->outline, lasso->kept);
  else
    lasso_cancel (box, state);
}

static void
lasso_take_back (LimnToolbox *box, gpointer state)
{
  struct lasso *lasso = state;

  if (lasso->outline != NULL && lasso->outline->len > 1)
    g_array_set_size (lasso->outline, lasso->outline->len - 1);
  else if (lasso->outline != NULL || !limn_selection_pop (&lasso->selection, box))
    lasso_cancel (box, state);
}

static void
lasso_layer_changed (LimnToolbox *box, gpointer state)
{
  struct lasso *lasso = state;

  if (lasso->selection.layer != 0)
    limn_selection_refresh (&lasso->selection, box);
}

/* --- without the pen --- */

void
limn_lasso_select_all (LimnToolbox *box, gpointer state)
{
  struct lasso *lasso = state;
  const limn_layer *layer;
  cairo_rectangle_int_t area;

  lasso_cancel (box, state);
  if (!take_layer (box, lasso))
    return;
  layer = limn_document_find_layer (limn_toolbox_get_document (box), lasso->layer);
  area = limn_pixels_area (layer->pixels);
  limn_selection_begin (&lasso->selection, layer,
                        (struct limn_point[]){
                            limn_point_new (0, 0, 1, 0),
                            limn_point_new (area.width, 0, 1, 0),
                            limn_point_new (area.width, area.height, 1, 0),
                            limn_point_new (0, area.height, 1, 0),
                        },
                        4);
}

void
limn_lasso_erase (LimnToolbox *box, gpointer state)
{
  struct lasso *lasso = state;

  if (lasso->selection.layer != 0)
    limn_selection_erase (&lasso->selection, box);
}

static void
change (LimnToolbox *box, struct lasso *lasso, const cairo_matrix_t *by)
{
  cairo_matrix_t matrix;

  limn_selection_push (&lasso->selection);
  cairo_matrix_multiply (&matrix, &lasso->selection.matrix, by);
  limn_selection_show (&lasso->selection, box, &matrix);
}

void
limn_lasso_flip (LimnToolbox *box, gpointer state, bool vertical)
{
  struct lasso *lasso = state;
  const struct limn_selection *selection = &lasso->selection;
  double x = (selection->left + selection->right) / 2;
  double y = (selection->top + selection->bottom) / 2;
  cairo_matrix_t flip;

  if (selection->layer == 0)
    return;
  cairo_matrix_transform_point (&selection->matrix, &x, &y);
  cairo_matrix_init (&flip, vertical ? 1 : -1, 0, 0, vertical ? -1 : 1, vertical ? 0 : 2 * x,
                     vertical ? 2 * y : 0);
  change (box, lasso, &flip);
}

static bool
lasso_key (LimnToolbox *box, gpointer state, guint keyval, GdkModifierType modifiers)
{
  static const struct {
    guint key;
    double x, y;
  } nudges[] = {
    { GDK_KEY_Left, -1, 0 },  { GDK_KEY_Right, 1, 0 },    { GDK_KEY_Up, 0, -1 },
    { GDK_KEY_Down, 0, 1 },   { GDK_KEY_KP_Left, -1, 0 }, { GDK_KEY_KP_Right, 1, 0 },
    { GDK_KEY_KP_Up, 0, -1 }, { GDK_KEY_KP_Down, 0, 1 },
  };
  double length = (modifiers & GDK_SHIFT_MASK) != 0 ? 10.0 : 1.0;
  struct lasso *lasso = state;

  if (lasso->selection.layer == 0 || (modifiers & (GDK_CONTROL_MASK | GDK_ALT_MASK)) != 0)
    return false;
  if (keyval == GDK_KEY_Delete || keyval == GDK_KEY_KP_Delete) {
    limn_lasso_erase (box, state);
    return true;
  }
  if (keyval == GDK_KEY_H || keyval == GDK_KEY_V) {
    limn_lasso_flip (box, state, keyval == GDK_KEY_V);
    return true;
  }
  for (gsize i = 0; i < G_N_ELEMENTS (nudges); i++)
    if (keyval == nudges[i].key) {
      cairo_matrix_t nudge;

      cairo_matrix_init_translate (&nudge, nudges[i].x * length, nudges[i].y * length);
      change (box, lasso, &nudge);
      return true;
    }
  return false;
}

/* --- what is seen --- */

static void
lasso_draw (
    LimnToolbox *box, gpointer state, const struct limn_outline *outline, double x, double y)
{
  const struct lasso *lasso = state;
  g_autofree double *points = NULL;
  gsize n;

  if (lasso->selection.layer != 0)
    limn_grips_draw (box, &lasso->selection, lasso->dx, lasso->dy, outline);
  if (lasso->outline == NULL)
    return;
  n = lasso->outline->len;
  points = g_new (double, (n + 1) * 2);
  for (guint i = 0; i < n; i++)
    limn_toolbox_to_view (box, (double) corner (lasso, i)->x / LIMN_POINT_UNIT + lasso->dx,
                          (double) corner (lasso, i)->y / LIMN_POINT_UNIT + lasso->dy,
                          &points[i * 2], &points[i * 2 + 1]);
  if (limn_toolbox_has_pointer (box)) {
    limn_toolbox_to_view (box, x, y, &points[n * 2], &points[n * 2 + 1]);
    n++;
  }
  limn_outline_path (outline, points, n, false);
  if (!lasso->dragged || lasso->kept > 0)
    limn_outline_handle (outline, points[0], points[1], true);
  if (!lasso->dragged && is_on_first (box, lasso))
    limn_outline_circle (outline, points[0], points[1], REACH);
}

static const char *
lasso_cursor (LimnToolbox *box, gpointer state, double x, double y)
{
  const struct lasso *lasso = state;

  if (lasso->selection.layer == 0)
    return "crosshair";
  return limn_grip_cursor (limn_toolbox_is_pressed (box)
                               ? lasso->grip
                               : limn_grip_at (box, &lasso->selection, lasso->dx, lasso->dy, x, y),
                           box, &lasso->selection);
}

const struct limn_tool limn_lasso_tool = {
  .size = sizeof (struct lasso),
  .press = lasso_press,
  .motion = lasso_motion,
  .release = lasso_release,
  .hover = lasso_hover,
  .is_open = lasso_is_open,
  .finish = lasso_finish,
  .cancel = lasso_cancel,
  .abort = lasso_abort,
  .take_back = lasso_take_back,
  .layer_changed = lasso_layer_changed,
  .key = lasso_key,
  .draw = lasso_draw,
  .cursor = lasso_cursor,
};
