/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "vk/context.h"

/* A compute shader in its two storage types, as meson embeds it. */
struct limn_vk_shader {
  const char *name;
  struct {
    const guint32 *code;
    gsize size; /* bytes */
  } spirv[2];   /* f32, f16 */
};

/* With the headers that meson makes of shaders/NAME.comp included. */
#define LIMN_VK_SHADER(name)                                                                       \
  {                                                                                                \
#name,                                                                                         \
    {                                                                                              \
      { name##_f32_spv, sizeof name##_f32_spv }, { name##_f16_spv, sizeof name##_f16_spv },        \
    }                                                                                              \
  }

#define LIMN_VK_MAX_SPEC 6
#define LIMN_VK_MAX_BINDINGS 8
#define LIMN_VK_MAX_PUSH 128 /* bytes, what every device has */

bool limn_vk_pipelines_init (struct limn_vk *vk, GError **error);
/* Writes the disk cache when something is new in it. */
void limn_vk_pipelines_fini (struct limn_vk *vk);

/* The one layout of all pipelines: LIMN_VK_MAX_BINDINGS storage buffers that are pushed, and
 * LIMN_VK_MAX_PUSH bytes of constants. */
VkPipelineLayout limn_vk_pipelines_layout (struct limn_vk *vk);

/* The pipeline for @shader in the device's storage type with specialisation constants 0 to
 * LIMN_VK_MAX_SPEC - 1, made when it is asked for first. */
VkPipeline limn_vk_pipelines_get (struct limn_vk *vk,
                                  const struct limn_vk_shader *shader,
                                  const guint32 spec[LIMN_VK_MAX_SPEC],
                                  GError **error);
