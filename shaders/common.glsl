/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What every shader begins with: storage types. Activations and weights are T (float or, with
 * STORAGE_F16, float16_t) in memory and float in registers. */

#extension GL_EXT_shader_16bit_storage : require
#extension GL_EXT_control_flow_attributes : require

#ifdef STORAGE_F16
#define T float16_t
#define T4 f16vec4
#else
#define T float
#define T4 vec4
#endif

/* The place of an invocation among those that limn_vk_linear_groups () spread over x and y. */
#define LINEAR_INDEX                                                                               \
  int (gl_GlobalInvocationID.x + gl_GlobalInvocationID.y * gl_NumWorkGroups.x * gl_WorkGroupSize.x)
#define LINEAR_LAYOUT layout (local_size_x = 64) in
