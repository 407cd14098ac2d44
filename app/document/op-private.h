/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "document/op.h"

/* What the files of operations share. */

/* Coverage of what is inside @corners [n][2], at @area, as Cairo computes it: it is not the same to
 * the last bit for a part of the area. */
cairo_surface_t *limn_op_inside (const double *corners, gsize n, cairo_rectangle_int_t area);
/* What a transform may change in @all. */
cairo_rectangle_int_t limn_op_transform_bounds (const limn_op *op, cairo_rectangle_int_t all);
