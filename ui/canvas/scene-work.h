/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "document/document.h"

/* What a scene has computed by worker threads. The copies that they work on are taken before these
 * return; false, and no callback, when there is no memory for them. @callback gets no object. */

/* @picture, stretched to a size. */
bool limn_scene_scale_async (const limn_image *picture,
                             int width,
                             int height,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer data);
/* What @layer gives to its ControlNet on a canvas of that size: a drawing as white lines on black,
 * and a picture too where it feeds a scribble's; else a picture as it is. */
bool limn_scene_control_async (const limn_layer *layer,
                               int width,
                               int height,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer data);
/* Pixels of that size; NULL when there was no memory. */
cairo_surface_t *limn_scene_work_finish (GAsyncResult *result);
