/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "canvas/view.h"

#include <glib.h>
#include <math.h>

#include "document/pixels.h"

/* Around a document that is fitted, and what of one always stays in sight; the widget's pixels. */
#define FIT_MARGIN 24.0
#define SIGHT_MARGIN 32.0
/* Below it the next level is taken. */
#define LEVEL_SCALE 0.6

static const double round_scales[] = {
  1.0 / 128, 1.0 / 96, 1.0 / 64, 1.0 / 48, 1.0 / 32, 1.0 / 24, 1.0 / 16, 1.0 / 12, 1.0 / 8,
  1.0 / 6,   1.0 / 4,  1.0 / 3,  1.0 / 2,  2.0 / 3,  1.0,      1.5,      2.0,      3.0,
  4.0,       6.0,      8.0,      12.0,     16.0,     24.0,     32.0,     48.0,     64.0,
};

static double
normal_angle (double degrees)
{
  double angle = fmod (degrees, 360.0);

  if (angle < 0.0)
    angle += 360.0;
  return angle >= 360.0 ? 0.0 : angle;
}

static double
clamp_scale (const struct limn_view *view, double scale)
{
  return CLAMP (scale, LIMN_VIEW_MIN_SCALE / view->device_scale,
                LIMN_VIEW_MAX_SCALE / view->device_scale);
}

/* Without moving anything; exact for right angles. */
static void
turn (const struct limn_view *view, cairo_matrix_t *matrix)
{
  double radians = view->angle * G_PI / 180.0;
  double sine = sin (radians), cosine = cos (radians);
  double quarter = view->angle / 90.0;

  if (quarter == floor (quarter)) {
    sine = round (sine);
    cosine = round (cosine);
  }
  cairo_matrix_init (matrix, cosine * view->scale, sine * view->scale, -sine * view->scale,
                     cosine * view->scale, 0.0, 0.0);
  if (view->mirrored) {
    matrix->xx = -matrix->xx;
    matrix->xy = -matrix->xy;
  }
}

void
limn_view_get_matrix (const struct limn_view *view, cairo_matrix_t *matrix)
{
  double x = view->centre_x, y = view->centre_y;

  turn (view, matrix);
  cairo_matrix_transform_point (matrix, &x, &y);
  matrix->x0 = view->width / 2.0 - x;
  matrix->y0 = view->height / 2.0 - y;
  matrix->x0 = floor (matrix->x0 * view->device_scale + 0.5) / view->device_scale;
  matrix->y0 = floor (matrix->y0 * view->device_scale + 0.5) / view->device_scale;
}

void
limn_view_project (const struct limn_view *view, struct limn_projection *projection)
{
  cairo_matrix_t matrix;

  limn_view_get_matrix (view, &matrix);
  projection->origin_x = (int) floor (matrix.x0 * view->device_scale + 0.5);
  projection->origin_y = (int) floor (matrix.y0 * view->device_scale + 0.5);
  turn (view, &matrix);
  cairo_matrix_invert (&matrix);
  projection->to_document = matrix;
  cairo_matrix_scale (&projection->to_document, 1.0 / view->device_scale, 1.0 / view->device_scale);
  projection->scale = view->scale * view->device_scale;
  projection->level = 0;
  while (projection->level < LIMN_VIEW_LEVELS - 1 &&
         projection->scale * (1 << projection->level) < LEVEL_SCALE)
    projection->level++;
  projection->sharpness = fmax (projection->scale * (1 << projection->level), 1.0);
}

void
limn_view_from_document (
    const struct limn_view *view, double x, double y, double *to_x, double *to_y)
{
  cairo_matrix_t matrix;

  limn_view_get_matrix (view, &matrix);
  cairo_matrix_transform_point (&matrix, &x, &y);
  *to_x = x;
  *to_y = y;
}

void
limn_view_to_document (const struct limn_view *view, double x, double y, double *to_x, double *to_y)
{
  cairo_matrix_t matrix;

  limn_view_get_matrix (view, &matrix);
  cairo_matrix_invert (&matrix);
  cairo_matrix_transform_point (&matrix, &x, &y);
  *to_x = x;
  *to_y = y;
}

struct box {
  double x1, y1, x2, y2;
};

static struct box
transform_box (const cairo_matrix_t *matrix, struct box box)
{
  const double corners[4][2] = {
    { box.x1, box.y1 }, { box.x2, box.y1 }, { box.x1, box.y2 }, { box.x2, box.y2 }
  };
  struct box result = { INFINITY, INFINITY, -INFINITY, -INFINITY };

  for (int i = 0; i < 4; i++) {
    double x = corners[i][0], y = corners[i][1];

    cairo_matrix_transform_point (matrix, &x, &y);
    result = (struct box){ fmin (result.x1, x), fmin (result.y1, y), fmax (result.x2, x),
                           fmax (result.y2, y) };
  }
  return result;
}

static struct box
document_box (const struct limn_view *view)
{
  cairo_matrix_t matrix;

  limn_view_get_matrix (view, &matrix);
  return transform_box (&matrix, (struct box){ 0, 0, view->document_width, view->document_height });
}

/* Outwards, a rounding error aside. */
static cairo_rectangle_int_t
round_out (struct box box)
{
  const double limit = 1e8, slack = 1e-6;
  int x1 = (int) floor (CLAMP (box.x1 + slack, -limit, limit));
  int y1 = (int) floor (CLAMP (box.y1 + slack, -limit, limit));
  int x2 = (int) ceil (CLAMP (box.x2 - slack, -limit, limit));
  int y2 = (int) ceil (CLAMP (box.y2 - slack, -limit, limit));

  return (cairo_rectangle_int_t){ x1, y1, MAX (x2 - x1, 0), MAX (y2 - y1, 0) };
}

static struct box
box_of (cairo_rectangle_int_t area)
{
  return (struct box){ area.x, area.y, area.x + area.width, area.y + area.height };
}

cairo_rectangle_int_t
limn_view_area_from_document (const struct limn_view *view, cairo_rectangle_int_t area)
{
  cairo_matrix_t matrix;

  limn_view_get_matrix (view, &matrix);
  return round_out (transform_box (&matrix, box_of (area)));
}

cairo_rectangle_int_t
limn_view_area_to_document (const struct limn_view *view, cairo_rectangle_int_t area)
{
  cairo_rectangle_int_t all = { 0, 0, view->document_width, view->document_height };
  cairo_matrix_t matrix;

  limn_view_get_matrix (view, &matrix);
  cairo_matrix_invert (&matrix);
  return limn_rectangle_intersect (round_out (transform_box (&matrix, box_of (area))), all);
}

cairo_rectangle_int_t
limn_view_area_in_sight (const struct limn_view *view)
{
  return limn_view_area_to_document (view,
                                     (cairo_rectangle_int_t){ 0, 0, view->width, view->height });
}

/* Moves the document back until some of it is in sight. */
static void
keep_in_sight (struct limn_view *view)
{
  struct box box = document_box (view);
  double margin_x = fmin (SIGHT_MARGIN, fmin (view->width / 2.0, (box.x2 - box.x1) / 2));
  double margin_y = fmin (SIGHT_MARGIN, fmin (view->height / 2.0, (box.y2 - box.y1) / 2));
  double dx = 0.0, dy = 0.0;
  cairo_matrix_t matrix;

  if (box.x2 < margin_x)
    dx = margin_x - box.x2;
  else if (box.x1 > view->width - margin_x)
    dx = view->width - margin_x - box.x1;
  if (box.y2 < margin_y)
    dy = margin_y - box.y2;
  else if (box.y1 > view->height - margin_y)
    dy = view->height - margin_y - box.y1;
  turn (view, &matrix);
  cairo_matrix_invert (&matrix);
  cairo_matrix_transform_distance (&matrix, &dx, &dy);
  view->centre_x -= dx;
  view->centre_y -= dy;
}

/* Moves the view until @x, @y show a point of the document again. */
static void
hold (struct limn_view *view, double x, double y, double document_x, double document_y)
{
  double dx = x - view->width / 2.0, dy = y - view->height / 2.0;
  cairo_matrix_t matrix;

  turn (view, &matrix);
  cairo_matrix_invert (&matrix);
  cairo_matrix_transform_distance (&matrix, &dx, &dy);
  view->centre_x = document_x - dx;
  view->centre_y = document_y - dy;
  view->fitted = false;
  keep_in_sight (view);
}

/* Without the rounding to the screen's pixels, which would add up over many small steps. */
static void
unrounded_to_document (const struct limn_view *view, double x, double y, double *to_x, double *to_y)
{
  double dx = x - view->width / 2.0, dy = y - view->height / 2.0;
  cairo_matrix_t matrix;

  turn (view, &matrix);
  cairo_matrix_invert (&matrix);
  cairo_matrix_transform_distance (&matrix, &dx, &dy);
  *to_x = view->centre_x + dx;
  *to_y = view->centre_y + dy;
}

void
limn_view_fit (struct limn_view *view)
{
  struct limn_view unit = *view;
  struct box box;
  double width = fmax (view->width - 2 * FIT_MARGIN, fmax (view->width / 2.0, 1.0));
  double height = fmax (view->height - 2 * FIT_MARGIN, fmax (view->height / 2.0, 1.0));

  unit.scale = 1.0;
  box = document_box (&unit);
  view->scale = clamp_scale (view, fmin (width / (box.x2 - box.x1), height / (box.y2 - box.y1)));
  view->centre_x = view->document_width / 2.0;
  view->centre_y = view->document_height / 2.0;
  view->fitted = true;
}

void
limn_view_init (struct limn_view *view, int document_width, int document_height)
{
  *view = (struct limn_view){ .document_width = document_width,
                              .document_height = document_height,
                              .device_scale = 1 };
  limn_view_fit (view);
}

void
limn_view_resize (struct limn_view *view, int width, int height, int device_scale)
{
  view->width = width;
  view->height = height;
  view->device_scale = MAX (device_scale, 1);
  view->scale = clamp_scale (view, view->scale);
  if (view->fitted)
    limn_view_fit (view);
  else
    keep_in_sight (view);
}

void
limn_view_resize_document (struct limn_view *view, int width, int height)
{
  view->document_width = width;
  view->document_height = height;
  if (view->fitted)
    limn_view_fit (view);
  else
    keep_in_sight (view);
}

void
limn_view_pan (struct limn_view *view, double dx, double dy)
{
  double x, y;

  unrounded_to_document (view, view->width / 2.0 - dx, view->height / 2.0 - dy, &x, &y);
  view->centre_x = x;
  view->centre_y = y;
  view->fitted = false;
  keep_in_sight (view);
}

void
limn_view_set_scale (struct limn_view *view, double scale, double x, double y)
{
  double document_x, document_y;

  unrounded_to_document (view, x, y, &document_x, &document_y);
  view->scale = clamp_scale (view, scale);
  hold (view, x, y, document_x, document_y);
}

void
limn_view_set_actual_size (struct limn_view *view, double x, double y)
{
  limn_view_set_scale (view, 1.0 / view->device_scale, x, y);
}

void
limn_view_step_scale (struct limn_view *view, int steps, double x, double y)
{
  const int count = G_N_ELEMENTS (round_scales);
  double scale = view->scale * view->device_scale;
  int above = 0;

  /* The first that is clearly larger; the one before it may be where the view is. */
  while (above < count && round_scales[above] <= scale * 1.001)
    above++;
  if (steps < 0) {
    int below = above - 1;

    while (below >= 0 && round_scales[below] >= scale * 0.999)
      below--;
    steps += below + 1;
  } else {
    steps += above - 1;
  }
  scale = round_scales[CLAMP (steps, 0, count - 1)];
  limn_view_set_scale (view, scale / view->device_scale, x, y);
}

void
limn_view_rotate (struct limn_view *view, double degrees, double x, double y)
{
  double document_x, document_y;

  unrounded_to_document (view, x, y, &document_x, &document_y);
  view->angle = normal_angle (view->angle + (view->mirrored ? -degrees : degrees));
  hold (view, x, y, document_x, document_y);
}

void
limn_view_reset_rotation (struct limn_view *view)
{
  view->angle = 0.0;
  if (view->fitted)
    limn_view_fit (view);
  else
    keep_in_sight (view);
}

void
limn_view_set_mirrored (struct limn_view *view, bool mirrored)
{
  view->mirrored = mirrored;
}

double
limn_view_get_rotation (const struct limn_view *view)
{
  return normal_angle (view->mirrored ? -view->angle : view->angle);
}
