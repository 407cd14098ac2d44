/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Group norm of one picture in three shaders: sums over parts of the rows, their total, and the
 * application. scratch is [groups, parts, 2]: sum and sum of squares of x - x_0, where x_0 is the
 * group's first element; in part 0, afterwards, mean and 1 / deviation. */

layout (push_constant) uniform Push {
  int rows; /* positions of one picture */
  int c, groups, parts;
  int part;        /* the first of this dispatch */
  int row, n_rows; /* of this dispatch */
  int x_shift, out_shift;
  int activation;
  float epsilon;
  int first_shift; /* of the picture's first row */
} push;

int
scratch_index (int group, int part)
{
  return (group * push.parts + part) * 2;
}
