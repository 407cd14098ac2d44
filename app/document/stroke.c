/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "document/stroke.h"

#include <math.h>
#include <string.h>

/* Beyond this many pixels from the layer a pen is where it is of no use. */
#define MAX_COORDINATE 65536.0
/* Pieces of one curve; further apart than this makes no pen its points. */
#define MAX_PIECES 1024

const struct limn_brush limn_brush_default = {
  .size = 4.0f,
  .colour = 0xff000000,
  .curve = { 26, 96, 160, 214, 255 },
};

void
limn_brush_clamp (struct limn_brush *brush)
{
  brush->size = brush->size >= 0.5f ? MIN (brush->size, LIMN_BRUSH_MAX_SIZE) : 0.5f;
  brush->softness = brush->softness > 0.0f ? MIN (brush->softness, 1.0f) : 0.0f;
}

void
limn_put_brush (GByteArray *out, const struct limn_brush *brush)
{
  limn_put_double (out, (double) brush->size);
  limn_put_double (out, (double) brush->softness);
  limn_put_fixed32 (out, brush->colour);
  limn_put_uint (out, brush->eraser ? 1 : 0);
  g_byte_array_append (out, brush->curve, LIMN_BRUSH_CURVE);
}

void
limn_get_brush (limn_reader *reader, struct limn_brush *brush)
{
  memset (brush, 0, sizeof *brush);
  brush->size = (float) limn_get_double (reader);
  brush->softness = (float) limn_get_double (reader);
  brush->colour = limn_get_fixed32 (reader);
  brush->eraser = limn_get_uint_max (reader, 1) != 0;
  for (int i = 0; i < LIMN_BRUSH_CURVE; i++)
    if (reader->at < reader->end)
      brush->curve[i] = *reader->at++;
    else
      reader->bad = true;
  limn_brush_clamp (brush);
}

/* --- points --- */

static gint32
to_units (double value)
{
  if (!(value > -MAX_COORDINATE))
    return (gint32) (-MAX_COORDINATE * LIMN_POINT_UNIT);
  return (gint32) lround (MIN (value, MAX_COORDINATE) * LIMN_POINT_UNIT);
}

struct limn_point
limn_point_new (double x, double y, double pressure, guint delta)
{
  pressure = pressure > 0.0 ? MIN (pressure, 1.0) : 0.0;
  return (struct limn_point){
    .x = to_units (x),
    .y = to_units (y),
    .pressure = (guint16) lround (pressure * G_MAXUINT16),
    .delta = (guint16) MIN (delta, G_MAXUINT16),
  };
}

void
limn_put_points (GByteArray *out, const struct limn_point *points, gsize count)
{
  struct limn_point last = { 0 };

  limn_put_uint (out, count);
  for (gsize i = 0; i < count; i++) {
    limn_put_int (out, points[i].x - last.x);
    limn_put_int (out, points[i].y - last.y);
    limn_put_int (out, points[i].pressure - last.pressure);
    limn_put_uint (out, points[i].delta);
    last = points[i];
  }
}

struct limn_point *
limn_get_points (limn_reader *reader, gsize *count)
{
  const int limit = (int) MAX_COORDINATE * LIMN_POINT_UNIT;
  struct limn_point *points, last = { 0 };

  *count = limn_get_uint_max (reader, LIMN_STROKE_MAX_POINTS);
  /* A point takes 4 bytes or more. */
  if (reader->bad || *count > (gsize) (reader->end - reader->at) / 4) {
    reader->bad = true;
    *count = 0;
    return NULL;
  }
  points = g_new0 (struct limn_point, *count + 1);
  for (gsize i = 0; i < *count; i++) {
    last.x += limn_get_int_range (reader, -limit - last.x, limit - last.x);
    last.y += limn_get_int_range (reader, -limit - last.y, limit - last.y);
    last.pressure = (guint16) (last.pressure + limn_get_int_range (reader, -last.pressure,
                                                                   G_MAXUINT16 - last.pressure));
    last.delta = (guint16) limn_get_uint_max (reader, G_MAXUINT16);
    points[i] = last;
  }
  return points;
}

/* --- the mask --- */

limn_mask *
limn_mask_new (cairo_rectangle_int_t area)
{
  limn_mask *mask = g_new0 (limn_mask, 1);

  mask->area = area;
  /* From the C library and not from GLib: it gives large blocks that are zero already, so that what
   * no stroke touches costs nothing. */
  mask->data = calloc (MAX ((gsize) area.width * (gsize) area.height, 1), 1);
  if (mask->data == NULL)
    g_clear_pointer (&mask, g_free);
  return mask;
}

void
limn_mask_free (limn_mask *mask)
{
  if (mask == NULL)
    return;
  free (mask->data);
  g_free (mask);
}

struct line {
  float x, y, radius;    /* of its beginning */
  float dx, dy, dradius; /* to its end */
  float scale;           /* 1 / squared length, or 0 */
  float softness;
};

/* A pixel whose centre is at @x, @y from the line's beginning. The distance is that to the line,
 * against the radius at that place. */
static inline guint8
coverage (const struct line *line, float x, float y)
{
  float along = CLAMP ((x * line->dx + y * line->dy) * line->scale, 0.0f, 1.0f);
  float from_x = x - along * line->dx, from_y = y - along * line->dy;
  float squared = from_x * from_x + from_y * from_y;
  float radius = line->radius + along * line->dradius;
  float shown = MAX (radius, 0.5f), hardness = 1.0f - line->softness;
  float outer = shown + 0.5f * hardness, inner = (shown - 0.5f) * hardness;
  float value;

  if (squared >= outer * outer)
    return 0;
  if (squared <= inner * inner) {
    value = 1.0f;
  } else {
    value = (outer - sqrtf (squared)) / (outer - inner);
    value = value * value * (3.0f - 2.0f * value);
  }
  /* Thinner than a pixel it gets paler instead. */
  return (guint8) (value * MIN (radius * 2.0f, 1.0f) * 255.0f + 0.5f);
}

/* What of a row the line can reach: columns @first up to @last. */
static void
row_range (const struct line *line, float y, float reach, float *first, float *last)
{
  float from = 0.0f, to = 1.0f;

  if (fabsf (line->dy) > 1e-3f) {
    from = CLAMP ((y - reach) / line->dy, 0.0f, 1.0f);
    to = CLAMP ((y + reach) / line->dy, 0.0f, 1.0f);
  }
  *first = line->x + MIN (from * line->dx, to * line->dx) - reach;
  *last = line->x + MAX (from * line->dx, to * line->dx) + reach;
}

static cairo_rectangle_int_t
line_bounds (const float from[3], const float to[3], float reach)
{
  int left = (int) floorf (MIN (from[0], to[0]) - reach);
  int top = (int) floorf (MIN (from[1], to[1]) - reach);

  return (cairo_rectangle_int_t){ left, top, (int) ceilf (MAX (from[0], to[0]) + reach) - left + 1,
                                  (int) ceilf (MAX (from[1], to[1]) + reach) - top + 1 };
}

cairo_rectangle_int_t
limn_mask_line (limn_mask *mask, const float from[3], const float to[3], float softness)
{
  struct line line = { .x = from[0],
                       .y = from[1],
                       .radius = from[2],
                       .dx = to[0] - from[0],
                       .dy = to[1] - from[1],
                       .dradius = to[2] - from[2],
                       .softness = softness };
  float squared = line.dx * line.dx + line.dy * line.dy, reach = MAX (from[2], to[2]) + 1.5f;
  cairo_rectangle_int_t area = limn_rectangle_intersect (line_bounds (from, to, reach), mask->area);

  line.scale = squared > 1e-6f ? 1.0f / squared : 0.0f;
  for (int y = area.y; y < area.y + area.height; y++) {
    float at_y = (float) y + 0.5f - line.y, first, last;
    guint8 *row = mask->data + (gsize) (y - mask->area.y) * (gsize) mask->area.width;
    int begin, end;

    row_range (&line, at_y, reach, &first, &last);
    begin = MAX ((int) floorf (first), area.x);
    end = MIN ((int) ceilf (last) + 1, area.x + area.width);
    for (int x = begin; x < end; x++) {
      guint8 *value = row + (x - mask->area.x);

      if (*value < 255)
        *value = MAX (*value, coverage (&line, (float) x + 0.5f - line.x, at_y));
    }
  }
  return area;
}

static void
paint_row (
    guint32 *restrict row, const guint8 *restrict values, int count, guint32 alpha, guint32 opaque)
{
  for (int x = 0, run; x < count; x += run) {
    guint32 keep = 255 - (limn_pixel_scale (alpha, values[x]) & 0xff),
            add = limn_pixel_scale (opaque, values[x]);

    run = limn_bytes_run (values + x, count - x);
    if (values[x] == 0)
      continue;
    for (int i = x; i < x + run && keep == 0; i++)
      row[i] = add;
    for (int i = x; i < x + run && keep > 0; i++)
      row[i] = limn_pixel_scale (row[i], keep) + add;
  }
}

void
limn_mask_paint (const limn_mask *mask,
                 cairo_surface_t *pixels,
                 cairo_rectangle_int_t area,
                 const struct limn_brush *brush)
{
  guint32 alpha = brush->colour >> 24;
  guint32 opaque = brush->eraser ? 0 : limn_pixel_scale (brush->colour | 0xff000000, alpha);

  area = limn_rectangle_intersect (area, mask->area);
  area = limn_rectangle_intersect (area, limn_pixels_area (pixels));
  cairo_surface_flush (pixels);
  for (int y = area.y; y < area.y + area.height; y++)
    paint_row (limn_pixels_row (pixels, y) + area.x,
               mask->data + (gsize) (y - mask->area.y) * (gsize) mask->area.width +
                   (area.x - mask->area.x),
               area.width, alpha, opaque);
  cairo_surface_mark_dirty_rectangle (pixels, area.x, area.y, area.width, area.height);
}

/* --- the path --- */

static float
radius_at (const struct limn_brush *brush, guint16 pressure)
{
  float at = (float) pressure / G_MAXUINT16 * (LIMN_BRUSH_CURVE - 1);
  int index = MIN ((int) at, LIMN_BRUSH_CURVE - 2);
  float part = at - (float) index;
  float value = (1.0f - part) * brush->curve[index] + part * brush->curve[index + 1];

  return brush->size * 0.5f * value / 255.0f;
}

static cairo_rectangle_int_t
emit (struct limn_path *path, limn_mask *mask, const float to[3])
{
  cairo_rectangle_int_t area = limn_mask_line (mask, path->emitted, to, path->brush->softness);

  memcpy (path->emitted, to, sizeof path->emitted);
  return area;
}

/* From @middle over @control to @to, in pieces so short that nobody sees the corners: the softer
 * and the larger, the longer they may be. */
static cairo_rectangle_int_t
curve_to (struct limn_path *path, limn_mask *mask, const float control[3], const float to[3])
{
  const float *from = path->middle;
  float length = hypotf (control[0] - from[0], control[1] - from[1]) +
                 hypotf (to[0] - control[0], to[1] - control[1]);
  float spacing = MAX (0.7f, MIN (from[2], to[2]) * (0.02f + 0.08f * path->brush->softness));
  int pieces = CLAMP ((int) ceilf (length / spacing * 2.0f), 1, MAX_PIECES);
  cairo_rectangle_int_t area = { 0 };

  for (int i = 1; i <= pieces; i++) {
    float t = (float) i / (float) pieces, at[3];

    for (int k = 0; k < 3; k++)
      at[k] = (1 - t) * (1 - t) * from[k] + 2 * t * (1 - t) * control[k] + t * t * to[k];
    if (hypotf (at[0] - path->emitted[0], at[1] - path->emitted[1]) >= spacing)
      area = limn_rectangle_union (area, emit (path, mask, at));
  }
  memcpy (path->middle, to, sizeof path->middle);
  return area;
}

cairo_rectangle_int_t
limn_path_add (struct limn_path *path, limn_mask *mask, const struct limn_point *point)
{
  float at[3] = { (float) point->x / LIMN_POINT_UNIT, (float) point->y / LIMN_POINT_UNIT,
                  radius_at (path->brush, point->pressure) };
  cairo_rectangle_int_t area;

  if (path->count == 0) {
    memcpy (path->emitted, at, sizeof at);
    memcpy (path->middle, at, sizeof at);
    area = emit (path, mask, at);
  } else {
    float to[3];

    for (int k = 0; k < 3; k++)
      to[k] = (path->last[k] + at[k]) / 2;
    area = curve_to (path, mask, path->last, to);
  }
  memcpy (path->last, at, sizeof at);
  path->count++;
  return area;
}

cairo_rectangle_int_t
limn_path_finish (struct limn_path *path, limn_mask *mask)
{
  cairo_rectangle_int_t area = { 0 };

  if (path->count < 2)
    return area;
  area = curve_to (path, mask, path->last, path->last);
  return limn_rectangle_union (area, emit (path, mask, path->last));
}
