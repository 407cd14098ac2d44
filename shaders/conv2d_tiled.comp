#version 460
/* SPDX-License-Identifier: GPL-3.0-or-later */
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "activation.glsl"
#include "conv2d.glsl"

/* The form for GPUs: a work group of 16 x 16 invocations makes 64 positions by 64 output channels,
 * each invocation 4 by 4 of them, from tiles of 16 input channels in shared memory. */
#define TILE_ROWS 64
#define TILE_BLOCKS 16
#define TILE_C 16

shared vec4 x_tile[TILE_C][TILE_ROWS / 4 + 1]; /* one more against bank conflicts */
shared vec4 weight_tile[TILE_C][TILE_BLOCKS];

/* Each of the 256 invocations loads four channels of one row. */
void
load_x_tile (int t, int index, int c)
{
  vec4 value = c < push.c_in ? load_x (index, c) : vec4 (0.0);
  int row = t / 4;

  [[unroll]] for (int i = 0; i < 4; i++)
    x_tile[t % 4 * 4 + i][row / 4][row % 4] = value[i];
}

/* ... and four output channels of one input channel. */
void
load_weight_tile (int t, int first_block, int tap, int c, int c_padded)
{
  int block = first_block + t / TILE_C;
  int channel = c + t % TILE_C;
  vec4 value = vec4 (0.0);

  if (block < push.block_end && channel < c_padded)
    value = vec4 (weight[push.weight_shift
                         + ((block - push.block) * push.taps + tap) * c_padded + channel]);
  weight_tile[t % TILE_C][t / TILE_C] = value;
}

void
main ()
{
  int t = int (gl_LocalInvocationIndex);
  ivec2 local = ivec2 (gl_LocalInvocationID.xy);
  int first_row = int (gl_WorkGroupID.y) * TILE_ROWS;
  int first_block = push.block + int (gl_WorkGroupID.x) * TILE_BLOCKS;
  int load_row = first_row + t / 4;
  position load_position = position_of (min (load_row, push.rows - 1));
  int c_padded = in_channels_padded ();
  vec4 sums[4] = vec4[4] (vec4 (0.0), vec4 (0.0), vec4 (0.0), vec4 (0.0));

  for (int tap = 0; tap < push.taps; tap++) {
    int index = load_row < push.rows ? tap_index (load_position, tap) : -1;
    for (int c = 0; c < c_padded; c += TILE_C) {
      load_x_tile (t, index, c + t % 4 * 4);
      load_weight_tile (t, first_block, tap, c, c_padded);
      barrier ();
      [[unroll]] for (int k = 0; k < TILE_C; k++) {
        vec4 rows = x_tile[k][local.y];
        vec4 w = weight_tile[k][local.x];
        [[unroll]] for (int r = 0; r < 4; r++)
          sums[r] += rows[r] * w;
      }
      barrier ();
    }
  }

  int block = first_block + local.x;
  if (block >= push.block_end)
    return;
  vec4 start = first_sum (block);
  for (int r = 0; r < 4; r++) {
    int row = first_row + local.y * 4 + r;
    if (row < push.rows)
      store (row, block, start + sums[r]);
  }
}
