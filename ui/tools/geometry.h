/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stdbool.h>

/* Moves @to so that the line from @from has a multiple of @step degrees; its length stays what it
 * is along that direction. */
void limn_snap_angle (const double from[2], double to[2], double step);
/* Moves @to so that the box from @from is as high as it is wide. */
void limn_snap_square (const double from[2], double to[2]);
/* Whether @x, @y lies inside the polygon of @n corners, x and y in turn, by the winding rule. */
bool limn_polygon_contains (const double *corners, unsigned n, double x, double y);
