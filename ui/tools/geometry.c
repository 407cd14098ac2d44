/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/geometry.h"

#include <glib.h>
#include <math.h>

void
limn_snap_angle (const double from[2], double to[2], double step)
{
  double dx = to[0] - from[0], dy = to[1] - from[1];
  double unit = step * G_PI / 180.0, angle = round (atan2 (dy, dx) / unit) * unit;
  double length = dx * cos (angle) + dy * sin (angle);

  to[0] = from[0] + length * cos (angle);
  to[1] = from[1] + length * sin (angle);
}

void
limn_snap_square (const double from[2], double to[2])
{
  double dx = to[0] - from[0], dy = to[1] - from[1], side = MAX (fabs (dx), fabs (dy));

  to[0] = from[0] + copysign (side, dx);
  to[1] = from[1] + copysign (side, dy);
}

bool
limn_polygon_contains (const double *corners, unsigned n, double x, double y)
{
  int winding = 0;

  for (unsigned i = 0; i < n; i++) {
    const double *a = &corners[i * 2], *b = &corners[(i + 1) % n * 2];
    double side = (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]);

    if (a[1] <= y && b[1] > y && side > 0)
      winding++;
    else if (a[1] > y && b[1] <= y && side < 0)
      winding--;
  }
  return winding != 0;
}
