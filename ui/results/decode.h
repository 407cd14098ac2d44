/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gdk/gdk.h>

#include "document/pixels.h"

/* PNG bytes as pictures, decoded on worker threads. */

typedef enum {
  LIMN_DECODED_IMAGE,   /* limn_image */
  LIMN_DECODED_TEXTURE, /* GdkTexture */
  LIMN_DECODED_PIXELS,  /* cairo_surface_t, as a layer has them */
} limn_decoded;

/* As it is; or, with @width and @height above 0, resized to that. The result is a GTask. */
void limn_decode (GBytes *png,
                  limn_decoded kind,
                  int width,
                  int height,
                  GCancellable *cancellable,
                  GAsyncReadyCallback callback,
                  gpointer data);
/* What was asked for, which the caller frees; NULL with an error. */
gpointer limn_decode_finish (GAsyncResult *result, GError **error);
