#version 460
/* SPDX-License-Identifier: GPL-3.0-or-later */
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "activation.glsl"
#include "conv2d.glsl"

/* The form for a processor that plays a GPU: every invocation sums ROWS positions of four output
 * channels in registers, straight from memory. No shared memory and no barrier, which cost such a
 * device more than the loads that they save. */
#define ROWS 16

void
main ()
{
  int block = push.block + int (gl_GlobalInvocationID.x);
  int first = int (gl_GlobalInvocationID.y) * ROWS;
  int c_padded = in_channels_padded ();

  if (block >= push.block_end || first >= push.rows)
    return;

  vec4 sums[ROWS];
  position positions[ROWS];
  [[unroll]] for (int r = 0; r < ROWS; r++) {
    sums[r] = vec4 (0.0);
    positions[r] = position_of (min (first + r, push.rows - 1));
  }

  int w = push.weight_shift + (block - push.block) * push.taps * c_padded;
  for (int tap = 0; tap < push.taps; tap++) {
    int indices[ROWS];
    [[unroll]] for (int r = 0; r < ROWS; r++)
      indices[r] = tap_index (positions[r], tap);
    if (!IN_ALIGNED) {
      for (int c = 0; c < push.c_in; c++) {
        vec4 weights = vec4 (weight[w + c]);
        [[unroll]] for (int r = 0; r < ROWS; r++)
          if (indices[r] >= 0)
            sums[r] += weights * float (x[indices[r] + c]);
      }
      w += c_padded;
      continue;
    }
    for (int c = 0; c < push.c_in; c += 4) {
      mat4 weights = mat4 (vec4 (weight[w]), vec4 (weight[w + 1]), vec4 (weight[w + 2]),
                           vec4 (weight[w + 3]));
      w += 4;
      [[unroll]] for (int r = 0; r < ROWS; r++)
        sums[r] += weights * load_x (indices[r], c);
    }
  }

  [[unroll]] for (int r = 0; r < ROWS; r++)
    if (first + r < push.rows)
      store (first + r, block, sums[r]);
}
