/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/grips.h"

#include <math.h>

/* In pixels of the view: how far the handle that rotates stands off, how near to a handle is on it,
 * and how long an edge must be to have a handle in its middle. */
#define STAND_OFF 26.0
#define REACH 11.0
#define MIDDLE_ROOM 44.0

/* Of the selection's box. */
static const double parts[8][2] = {
  { 0, 0 }, { 0.5, 0 }, { 1, 0 }, { 0, 0.5 }, { 1, 0.5 }, { 0, 1 }, { 0.5, 1 }, { 1, 1 },
};

static void
place (const struct limn_selection *selection, const double part[2], double at[2])
{
  at[0] = selection->left + part[0] * (selection->right - selection->left);
  at[1] = selection->top + part[1] * (selection->bottom - selection->top);
}

struct layout {
  double scale[8][2]; /* in the view */
  double rotate[2];
  bool shown[8];
};

static void
lay_out (LimnToolbox *box,
         const struct limn_selection *selection,
         double dx,
         double dy,
         struct layout *layout)
{
  double middle[2], out[2], length;

  for (int i = 0; i < 8; i++) {
    double at[2];

    place (selection, parts[i], at);
    cairo_matrix_transform_point (&selection->matrix, &at[0], &at[1]);
    limn_toolbox_to_view (box, at[0] + dx, at[1] + dy, &layout->scale[i][0], &layout->scale[i][1]);
  }
  for (int i = 0; i < 8; i++) {
    const double *a = layout->scale[0], *b = layout->scale[i == 1 || i == 6 ? 2 : 5];
    bool in_middle = parts[i][0] == 0.5 || parts[i][1] == 0.5;

    layout->shown[i] = !in_middle || hypot (b[0] - a[0], b[1] - a[1]) >= MIDDLE_ROOM;
  }
  for (int k = 0; k < 2; k++) {
    middle[k] = (layout->scale[0][k] + layout->scale[7][k]) / 2;
    out[k] = layout->scale[1][k] - middle[k];
  }
  length = hypot (out[0], out[1]);
  layout->rotate[0] = layout->scale[1][0] + (length > 0.1 ? out[0] / length : 0.0) * STAND_OFF;
  layout->rotate[1] = layout->scale[1][1] + (length > 0.1 ? out[1] / length : -1.0) * STAND_OFF;
}

limn_grip
limn_grip_at (LimnToolbox *box,
              const struct limn_selection *selection,
              double dx,
              double dy,
              double x,
              double y)
{
  cairo_matrix_t inverse = selection->matrix;
  double view[2], at[] = { x - dx, y - dy }, nearest = REACH;
  limn_grip grip = LIMN_GRIP_NONE;
  struct layout layout;

  lay_out (box, selection, dx, dy, &layout);
  limn_toolbox_to_view (box, x, y, &view[0], &view[1]);
  for (int i = 0; i < 8; i++) {
    double distance = hypot (layout.scale[i][0] - view[0], layout.scale[i][1] - view[1]);

    if (layout.shown[i] && distance <= nearest) {
      nearest = distance;
      grip = (limn_grip) (LIMN_GRIP_SCALE + i);
    }
  }
  if (hypot (layout.rotate[0] - view[0], layout.rotate[1] - view[1]) <= nearest)
    return LIMN_GRIP_ROTATE;
  if (grip != LIMN_GRIP_NONE || cairo_matrix_invert (&inverse) != CAIRO_STATUS_SUCCESS)
    return grip;
  cairo_matrix_transform_point (&inverse, &at[0], &at[1]);
  if (at[0] >= selection->left && at[0] <= selection->right && at[1] >= selection->top &&
      at[1] <= selection->bottom)
    return LIMN_GRIP_MOVE;
  return LIMN_GRIP_NONE;
}

/* --- dragging --- */

static cairo_matrix_t
move (const cairo_matrix_t *from,
      const double begin[2],
      const double to[2],
      GdkModifierType modifiers)
{
  double x = to[0] - begin[0], y = to[1] - begin[1];
  cairo_matrix_t matrix = *from;

  if ((modifiers & GDK_SHIFT_MASK) != 0 && fabs (x) > fabs (y))
    y = 0.0;
  else if ((modifiers & GDK_SHIFT_MASK) != 0)
    x = 0.0;
  matrix.x0 += x;
  matrix.y0 += y;
  /* What is only moved stays as sharp as it was. */
  if (matrix.xx == 1.0 && matrix.yy == 1.0 && matrix.xy == 0.0 && matrix.yx == 0.0) {
    matrix.x0 = round (matrix.x0);
    matrix.y0 = round (matrix.y0);
  }
  return matrix;
}

static cairo_matrix_t
rotate (const struct limn_selection *selection,
        const cairo_matrix_t *from,
        const double begin[2],
        const double to[2],
        GdkModifierType modifiers)
{
  const double step = 15.0 * G_PI / 180.0;
  cairo_matrix_t turn, matrix;
  double centre[2], angle;

  place (selection, (double[]){ 0.5, 0.5 }, centre);
  cairo_matrix_transform_point (from, &centre[0], &centre[1]);
  angle = atan2 (to[1] - centre[1], to[0] - centre[0]) -
          atan2 (begin[1] - centre[1], begin[0] - centre[0]);
  if ((modifiers & GDK_SHIFT_MASK) != 0)
    angle = round (angle / step) * step;
  cairo_matrix_init_translate (&turn, centre[0], centre[1]);
  cairo_matrix_rotate (&turn, angle);
  cairo_matrix_translate (&turn, -centre[0], -centre[1]);
  cairo_matrix_multiply (&matrix, from, &turn);
  return matrix;
}

/* By how much a direction grows. It never becomes thinner than half a pixel, on either side. */
static double
factor (double handle, double anchor, double to)
{
  double size = handle - anchor, least = 0.5 / MAX (fabs (size), 0.5);
  double value = (to - anchor) / size;

  return copysign (MAX (fabs (value), least), value);
}

static cairo_matrix_t
scale (int index,
       const struct limn_selection *selection,
       const cairo_matrix_t *from,
       const double begin[2],
       const double to[2],
       GdkModifierType modifiers)
{
  bool about_middle = (modifiers & GDK_CONTROL_MASK) != 0;
  double handle[2], anchor[2], opposite[2], at[2], factors[] = { 1.0, 1.0 };
  cairo_matrix_t inverse = *from, matrix = *from;

  for (int k = 0; k < 2; k++)
    opposite[k] = about_middle ? 0.5 : 1.0 - parts[index][k];
  place (selection, parts[index], handle);
  place (selection, opposite, anchor);
  if (cairo_matrix_invert (&inverse) != CAIRO_STATUS_SUCCESS)
    return matrix;
  /* The handle moves by as much as the pointer, wherever within it the pointer was. */
  at[0] = to[0] - begin[0];
  at[1] = to[1] - begin[1];
  cairo_matrix_transform_distance (&inverse, &at[0], &at[1]);
  for (int k = 0; k < 2; k++)
    if (parts[index][k] != 0.5)
      factors[k] = factor (handle[k], anchor[k], handle[k] + at[k]);
  if ((modifiers & GDK_SHIFT_MASK) != 0 && parts[index][0] != 0.5 && parts[index][1] != 0.5) {
    double larger = MAX (fabs (factors[0]), fabs (factors[1]));

    factors[0] = copysign (larger, factors[0]);
    factors[1] = copysign (larger, factors[1]);
  }
  cairo_matrix_translate (&matrix, anchor[0], anchor[1]);
  cairo_matrix_scale (&matrix, factors[0], factors[1]);
  cairo_matrix_translate (&matrix, -anchor[0], -anchor[1]);
  return matrix;
}

cairo_matrix_t
limn_grip_drag (limn_grip grip,
                const struct limn_selection *selection,
                const cairo_matrix_t *from,
                const double begin[2],
                const double to[2],
                GdkModifierType modifiers)
{
  if (grip == LIMN_GRIP_MOVE)
    return move (from, begin, to, modifiers);
  if (grip == LIMN_GRIP_ROTATE)
    return rotate (selection, from, begin, to, modifiers);
  return scale ((int) grip - LIMN_GRIP_SCALE, selection, from, begin, to, modifiers);
}

/* --- what is seen --- */

void
limn_grips_draw (LimnToolbox *box,
                 const struct limn_selection *selection,
                 double dx,
                 double dy,
                 const struct limn_outline *outline)
{
  g_autofree double *points = g_new (double, selection->n_points * 2);
  struct layout layout;
  double corners[8];

  for (gsize i = 0; i < selection->n_points; i++) {
    double at[] = { (double) selection->points[i].x / LIMN_POINT_UNIT,
                    (double) selection->points[i].y / LIMN_POINT_UNIT };

    cairo_matrix_transform_point (&selection->matrix, &at[0], &at[1]);
    limn_toolbox_to_view (box, at[0] + dx, at[1] + dy, &points[i * 2], &points[i * 2 + 1]);
  }
  limn_outline_path (outline, points, selection->n_points, true);

  lay_out (box, selection, dx, dy, &layout);
  for (int i = 0; i < 4; i++) {
    static const int around[] = { 0, 2, 7, 5 };

    corners[i * 2] = layout.scale[around[i]][0];
    corners[i * 2 + 1] = layout.scale[around[i]][1];
  }
  limn_outline_path (outline, corners, 4, true);
  limn_outline_path (
      outline,
      (double[]){ layout.scale[1][0], layout.scale[1][1], layout.rotate[0], layout.rotate[1] }, 2,
      false);
  for (int i = 0; i < 8; i++)
    if (layout.shown[i])
      limn_outline_handle (outline, layout.scale[i][0], layout.scale[i][1], false);
  limn_outline_handle (outline, layout.rotate[0], layout.rotate[1], true);
}

/* A handle's cursor points the way that it goes on the screen. */
const char *
limn_grip_cursor (limn_grip grip, LimnToolbox *box, const struct limn_selection *selection)
{
  static const char *const ways[] = { "ew-resize", "nwse-resize", "ns-resize", "nesw-resize" };
  struct layout layout;
  double x, y;
  int index = (int) grip - LIMN_GRIP_SCALE;

  if (grip == LIMN_GRIP_NONE)
    return "crosshair";
  if (grip == LIMN_GRIP_MOVE)
    return "move";
  if (grip == LIMN_GRIP_ROTATE)
    return limn_toolbox_is_pressed (box) ? "grabbing" : "grab";
  lay_out (box, selection, 0.0, 0.0, &layout);
  x = layout.scale[index][0] - layout.scale[7 - index][0];
  y = layout.scale[index][1] - layout.scale[7 - index][1];
  return ways[((int) lround (atan2 (y, x) / (G_PI / 4)) + 8) % 4];
}
