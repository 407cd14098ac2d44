/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

/* The latents of all frames of a clip in a .safetensors file with one F32 tensor, "latents" of
 * [frames, count]: what a part of it is drawn again beside. */

/* @latents: [frames, count] */
bool
limn_latents_save (const char *path, const float *latents, int frames, gsize count, GError **error);
/* LIMN_ERROR_FORMAT unless the file has exactly that. The caller frees the floats. */
float *limn_latents_load (const char *path, int frames, gsize *count, GError **error);
