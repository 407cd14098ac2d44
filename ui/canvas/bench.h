/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* `limn bench canvas`: opens a window and draws strokes on 2048 x 2048 pixels in six layers, once
 * by OpenGL and once by Cairo. False without a display. */
bool limn_canvas_bench (bool json, GError **error);
