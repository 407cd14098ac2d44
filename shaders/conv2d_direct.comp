#version 460
/* SPDX-License-Identifier: GPL-3.0-or-later */
#extension GL_GOOGLE_include_directive : require
#extension GL_KHR_shader_subgroup_shuffle : require
#include "common.glsl"
#include "activation.glsl"
#include "conv2d.glsl"

/* The form for a processor that plays a GPU, where a load is a loop over the lanes of a vector and
 * costs more than all arithmetic around it. Every lane sums ROWS positions of one block of output
 * channels in registers. LANE_BLOCKS neighbouring lanes have the same positions and different
 * blocks: each loads a share of the positions, and a shuffle hands them round. A work group is LANES
 * wide, which must be the device's subgroup size. */
#define ROWS 16

layout (constant_id = 0) const int LANES = 8;
layout (constant_id = 4) const int LANE_BLOCKS = 8;

const int OWN = ROWS / LANE_BLOCKS;

void
main ()
{
  int lane = int (gl_LocalInvocationID.x);
  int member = lane % LANE_BLOCKS;
  int first_member = lane - member;
  int block = push.block + int (gl_WorkGroupID.x) * LANE_BLOCKS + member;
  int first =
      (int (gl_GlobalInvocationID.y) * (LANES / LANE_BLOCKS) + lane / LANE_BLOCKS) * ROWS;
  int c_padded = in_channels_padded ();
  /* Lanes past the last block go along for the sake of the others. */
  int w = push.weight_shift
          + (min (block, push.block_end - 1) - push.block) * push.taps * c_padded;

  vec4 sums[ROWS];
  position positions[OWN];
  [[unroll]] for (int r = 0; r < ROWS; r++)
    sums[r] = vec4 (0.0);
  [[unroll]] for (int i = 0; i < OWN; i++)
    positions[i] = position_of (min (first + i * LANE_BLOCKS + member, push.rows - 1));

  for (int tap = 0; tap < push.taps; tap++) {
    int indices[OWN];
    [[unroll]] for (int i = 0; i < OWN; i++)
      indices[i] = tap_index (positions[i], tap);
    for (int c = 0; c < push.c_in; c += 4) {
      mat4 weights = mat4 (vec4 (weight[w]), vec4 (weight[w + 1]), vec4 (weight[w + 2]),
                           vec4 (weight[w + 3]));
      vec4 values[OWN];
      [[unroll]] for (int i = 0; i < OWN; i++)
        values[i] = load_x (indices[i], c);
      [[unroll]] for (int r = 0; r < ROWS; r++)
        sums[r] += weights
                   * subgroupShuffle (values[r / LANE_BLOCKS], first_member + r % LANE_BLOCKS);
      w += 4;
    }
  }

  if (block >= push.block_end)
    return;
  vec4 start = first_sum (block);
  [[unroll]] for (int r = 0; r < ROWS; r++)
    if (first + r < push.rows)
      store (first + r, block, start + sums[r]);
}
