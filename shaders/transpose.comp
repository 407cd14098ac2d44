#version 460
/* SPDX-License-Identifier: GPL-3.0-or-later */
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"

LINEAR_LAYOUT;

/* A piece of one picture: @rows of its rows and @columns of its columns. @x begins at the first of
 * those rows, and has all of its columns; @o at the first of those columns, and has all rows. */
layout (push_constant) uniform Push {
  int rows, columns, c;
  int first_row, first_column;
  int h, w;
  int x_shift, out_shift;
} push;

layout (set = 0, binding = 0) readonly buffer X { T x[]; };
layout (set = 0, binding = 1) writeonly buffer Out { T o[]; };

void
main ()
{
  int i = LINEAR_INDEX;
  int position = i / push.c;
  int c = i - position * push.c;
  int column = position / push.rows;
  int row = position - column * push.rows;

  if (column >= push.columns)
    return;
  o[push.out_shift + (column * push.h + push.first_row + row) * push.c + c] =
      x[push.x_shift + (row * push.w + push.first_column + column) * push.c + c];
}
