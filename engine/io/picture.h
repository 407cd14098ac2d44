/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "image.h"

/* Pictures from anywhere: PNG, JPEG and WebP, told apart by how they begin, whatever they are
 * called. JPEG is read by libjpeg-turbo and WebP by libwebp rather than by a toolkit's loader,
 * since both tell the size before they decode and the engine knows no toolkit. */

/* The most pixels in a direction. */
#define LIMN_PICTURE_MAX_SIDE 16384
/* The most in all, where the caller says nothing else. */
#define LIMN_PICTURE_MAX_PIXELS (100 * 1000 * 1000)

/* 8-bit grey, RGB or RGBA, upright: the orientation that EXIF tells of is applied. More than
 * LIMN_PICTURE_MAX_SIDE pixels in a direction, or more than @max_pixels in all (0:
 * LIMN_PICTURE_MAX_PIXELS), is LIMN_ERROR_FORMAT before memory is taken for them. Of a moving WebP,
 * LIMN_ERROR_FORMAT. Blocks; any thread. */
limn_image *limn_picture_load (const char *path, gint64 max_pixels, GError **error);
/* The same from memory; @name stands in messages. */
limn_image *limn_picture_decode (
    const void *bytes, gsize size, const char *name, gint64 max_pixels, GError **error);

/* NULL-terminated: "image/png", ... */
extern const char *const limn_picture_types[];
