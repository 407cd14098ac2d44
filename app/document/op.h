/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "document/stroke.h"

/* What was done to the pixels of one layer. An operation never changes once it is made; the same
 * operations on the same pixels give the same pixels. */

typedef enum {
  LIMN_OP_STROKE,
  LIMN_OP_SHAPE,
  LIMN_OP_FILL,      /* the pixels that a bucket reached, kept as runs */
  LIMN_OP_TRANSFORM, /* what is within a polygon is cut out and drawn elsewhere */
  LIMN_OP_RESIZE,    /* the layer gets another size */
  LIMN_N_OPS,
} limn_op_kind;

typedef enum {
  LIMN_SHAPE_LINE,      /* 2 points or more */
  LIMN_SHAPE_RECTANGLE, /* 2 opposite corners */
  LIMN_SHAPE_ELLIPSE,   /* 2 opposite corners of what it stands in */
  LIMN_SHAPE_POLYGON,   /* 3 points or more */
  LIMN_N_SHAPES,
} limn_shape;

typedef struct {
  gatomicrefcount references;
  limn_op_kind kind;
  struct limn_brush brush;   /* of a stroke, a shape, a fill (its colour and eraser) */
  struct limn_point *points; /* of a stroke, a shape, the polygon of a transform */
  gsize n_points;
  limn_shape shape;
  bool filled; /* a shape: its inside too */
  GBytes
      *runs; /* of a fill: rows down from the last, columns from the last run's end, length - 1 */
  cairo_rectangle_int_t area; /* of a fill */
  cairo_matrix_t matrix;      /* of a transform: from where it was to where it goes */
  int width, height, dx, dy;  /* of a resize: the new size, and where the old corner comes to */
} limn_op;

limn_op *limn_op_ref (limn_op *op);
void limn_op_unref (limn_op *op);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (limn_op, limn_op_unref)

/* @points are copied. */
limn_op *limn_op_stroke (const struct limn_brush *brush, const struct limn_point *points, gsize n);
/* NULL when there are too few points for @shape. */
limn_op *limn_op_shape (limn_shape shape,
                        bool filled,
                        const struct limn_brush *brush,
                        const struct limn_point *points,
                        gsize n);
/* What a bucket fills from @x, @y: all pixels that hang together by their sides and differ from the
 * one there by at most @tolerance in each channel. NULL when that one is outside. */
limn_op *
limn_op_fill (cairo_surface_t *pixels, int x, int y, int tolerance, const struct limn_brush *brush);
/* NULL when @matrix cannot be inverted or there is no area. */
limn_op *limn_op_transform (const struct limn_point *points, gsize n, const cairo_matrix_t *matrix);
limn_op *limn_op_resize (int width, int height, int dx, int dy);

/* One that draws the same whatever part of it is asked for. The others read pixels to write others:
 * they are drawn as a whole or not at all. */
bool limn_op_is_local (const limn_op *op);
/* What it may change on a layer of that size. */
cairo_rectangle_int_t limn_op_bounds (const limn_op *op, int width, int height);
/* Draws it within @area; *@pixels is another surface after a resize. Without memory nothing
 * happens and the result is false. */
bool limn_op_draw (const limn_op *op, cairo_surface_t **pixels, cairo_rectangle_int_t area);

/* LIMN_OP_TRANSFORM in its two steps, for who shows it before it is done: what is within the
 * polygon leaves @pixels and comes out, at @box. NULL without memory, or with an empty box when the
 * polygon lies outside. */
cairo_surface_t *limn_op_cut (const struct limn_point *points,
                              gsize n,
                              cairo_surface_t *pixels,
                              cairo_rectangle_int_t *box);
/* Draws it where @matrix brings it; what of @pixels may have changed. */
cairo_rectangle_int_t limn_op_paste (cairo_surface_t *cut,
                                     cairo_rectangle_int_t box,
                                     const cairo_matrix_t *matrix,
                                     cairo_surface_t *pixels);

/* Bytes of memory. */
gsize limn_op_size (const limn_op *op);
void limn_put_op (GByteArray *out, const limn_op *op);
/* NULL after a failure. */
limn_op *limn_get_op (limn_reader *reader);
