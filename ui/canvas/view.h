/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <cairo.h>
#include <stdbool.h>

/* How a document lies in a widget. Nothing but numbers: no widget, no display.
 *
 * A pixel of the document goes to the widget by: from @centre, times @scale, rotated, mirrored, to
 * the middle of the widget. What the middle shows is what a change of the widget's size keeps. */
struct limn_view {
  int document_width, document_height;
  int width, height;         /* of the widget */
  int device_scale;          /* pixels of the screen in one of the widget's */
  double scale;              /* the widget's pixels in one of the document's */
  double angle;              /* degrees clockwise before mirroring, from 0 to below 360 */
  bool mirrored;             /* left and right */
  bool fitted;               /* follows the widget's size */
  double centre_x, centre_y; /* in the document */
};

/* Of @scale times @device_scale. */
#define LIMN_VIEW_MIN_SCALE (1.0 / 128)
#define LIMN_VIEW_MAX_SCALE 64.0

/* All of the document, as large as fits. */
void limn_view_init (struct limn_view *view, int document_width, int document_height);
/* Of the widget. A view that is fitted stays so. */
void limn_view_resize (struct limn_view *view, int width, int height, int device_scale);
/* Of the document; what was at 0, 0 is taken to have stayed there. */
void limn_view_resize_document (struct limn_view *view, int width, int height);

/* From the document to the widget. The corner of the document lies on a pixel of the screen, so
 * that 100% is sharp and a moved view shows the same pixels elsewhere. */
void limn_view_get_matrix (const struct limn_view *view, cairo_matrix_t *matrix);
void limn_view_to_document (
    const struct limn_view *view, double x, double y, double *to_x, double *to_y);
void limn_view_from_document (
    const struct limn_view *view, double x, double y, double *to_x, double *to_y);

/* The smallest rectangle of the widget around one of the document, and the reverse; both rounded
 * outwards, and the second one within the document. */
cairo_rectangle_int_t limn_view_area_from_document (const struct limn_view *view,
                                                    cairo_rectangle_int_t area);
cairo_rectangle_int_t limn_view_area_to_document (const struct limn_view *view,
                                                  cairo_rectangle_int_t area);

/* What of the document the widget shows. */
cairo_rectangle_int_t limn_view_area_in_sight (const struct limn_view *view);

void limn_view_fit (struct limn_view *view);
/* In the widget's pixels. Part of the document always stays in sight. */
void limn_view_pan (struct limn_view *view, double dx, double dy);
/* @x, @y of the widget keep showing what they show. */
void limn_view_set_scale (struct limn_view *view, double scale, double x, double y);
/* One pixel of the screen for each of the document's. */
void limn_view_set_actual_size (struct limn_view *view, double x, double y);
/* To the next of the round scales, 100% among them; @steps may be negative. */
void limn_view_step_scale (struct limn_view *view, int steps, double x, double y);
/* Clockwise as it is seen, by @degrees. */
void limn_view_rotate (struct limn_view *view, double degrees, double x, double y);
/* Upright again. */
void limn_view_reset_rotation (struct limn_view *view);
void limn_view_set_mirrored (struct limn_view *view, bool mirrored);
/* How far the document is turned clockwise as it is seen, from 0 to below 360. */
double limn_view_get_rotation (const struct limn_view *view);

/* --- how pixels of the screen come from those of the document --- */

/* Documents are made smaller in two steps: by halving, level by level, each pixel the mean of four;
 * then by linear interpolation within a level. Below 0.6 pixels of the screen for one of a level
 * the next one is taken. Above 1 the interpolation narrows, so that a pixel of the document is a
 * sharp square whose border is one pixel of the screen wide. Both renderers go by these numbers. */
#define LIMN_VIEW_LEVELS 8

struct limn_projection {
  cairo_matrix_t to_document; /* from pixels of the screen; their centres are at 0.5 */
  int origin_x, origin_y;     /* of the screen, in the widget: where the document's corner lies */
  int level;                  /* 0 is the document; a pixel of it is 1 << level wide */
  double scale;               /* pixels of the screen in one of the document's */
  double sharpness;           /* what the interpolation is narrowed by, 1 or more */
};

/* @to_document counts from the origin. */
void limn_view_project (const struct limn_view *view, struct limn_projection *projection);
