/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "document/pixels.h"

/* What a pen draws: a brush, the points that it went through, and from both the coverage of every
 * pixel. All coordinates are pixels of the layer; the centre of the first one is at 0.5, 0.5. */

#define LIMN_BRUSH_MAX_SIZE 1000.0f
/* Values of a pressure curve, at pressures spread evenly from 0 to 1. */
#define LIMN_BRUSH_CURVE 5
/* Points in a stroke; a longer one has to be ended and begun again. */
#define LIMN_STROKE_MAX_POINTS (1 << 20)

struct limn_brush {
  float size;     /* diameter in pixels at full pressure, 0.5 to LIMN_BRUSH_MAX_SIZE */
  float softness; /* 0: the edge is one pixel wide; 1: it reaches to the middle */
  guint32 colour; /* 0xAARRGGBB, straight alpha: the stroke's opacity is in it */
  bool eraser;    /* takes away what is there, by the alpha of the colour */
  guint8 curve[LIMN_BRUSH_CURVE]; /* part of the size at a pressure, 255 being all */
};

/* Black, 4 pixels, hard, its size growing with the pressure. */
extern const struct limn_brush limn_brush_default;
/* Brings every value into its range. */
void limn_brush_clamp (struct limn_brush *brush);
void limn_put_brush (GByteArray *out, const struct limn_brush *brush);
void limn_get_brush (limn_reader *reader, struct limn_brush *brush);

#define LIMN_POINT_UNIT 64 /* of a pixel */

struct limn_point {
  gint32 x, y;      /* in 1/64 pixels */
  guint16 pressure; /* 65535 is 1 */
  guint16 delta;    /* ms since the point before, or the most that fits */
};

/* Rounds and clamps; @pressure is 0 to 1, NaN is 0. */
struct limn_point limn_point_new (double x, double y, double pressure, guint delta);
void limn_put_points (GByteArray *out, const struct limn_point *points, gsize count);
/* NULL after a failure; the caller frees them. */
struct limn_point *limn_get_points (limn_reader *reader, gsize *count);

/* --- coverage --- */

/* How much of each pixel within @area a stroke covers. Where a stroke crosses itself the larger
 * value holds, so that it never darkens itself. */
typedef struct {
  cairo_rectangle_int_t area;
  guint8 *data; /* rows of @area.width */
} limn_mask;

/* Empty. NULL when there is no memory. */
limn_mask *limn_mask_new (cairo_rectangle_int_t area);
void limn_mask_free (limn_mask *mask);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_mask, limn_mask_free)

/* A line from a circle to a circle; returns what of the mask may have changed. */
cairo_rectangle_int_t
limn_mask_line (limn_mask *mask, const float from[3], const float to[3], float softness);

/* Draws with the brush's colour, or erases, within @area. */
void limn_mask_paint (const limn_mask *mask,
                      cairo_surface_t *pixels,
                      cairo_rectangle_int_t area,
                      const struct limn_brush *brush);

/* The curve through a stroke's points as it grows: it goes from the middle between two points to
 * the next middle, as a quadratic spline with the points as its controls. All points are in it; the
 * hand's tremor is not. What is drawn for a point never changes afterwards. */
struct limn_path {
  const struct limn_brush *brush;
  gsize count;
  float last[3];    /* the last point: x, y, radius */
  float middle[3];  /* where the curve has come to */
  float emitted[3]; /* where the mask has come to */
};

/* Both return what of the mask may have changed. */
cairo_rectangle_int_t
limn_path_add (struct limn_path *path, limn_mask *mask, const struct limn_point *point);
cairo_rectangle_int_t limn_path_finish (struct limn_path *path, limn_mask *mask);
