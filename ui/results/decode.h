/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gdk/gdk.h>

#include "document/pixels.h"

/* PNG bytes as pictures, decoded on worker threads. */

/* As it is; or, with @width and @height above 0, resized to that. */
void limn_decode_image (GBytes *png,
                        int width,
                        int height,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer data);
limn_image *limn_decode_image_finish (GAsyncResult *result, GError **error);

/* The same as a texture. The result is a GTask. */
void limn_decode_texture (GBytes *png,
                          int width,
                          int height,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer data);
GdkTexture *limn_decode_texture_finish (GAsyncResult *result, GError **error);

/* The same as pixels of a layer; NULL with an error. */
void limn_decode_pixels (GBytes *png,
                         int width,
                         int height,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer data);
cairo_surface_t *limn_decode_pixels_finish (GAsyncResult *result, GError **error);
