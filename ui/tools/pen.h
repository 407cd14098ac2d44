/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "canvas/canvas.h"

/* Lets a person draw on @canvas with pen, mouse and finger, and the keys that tools take while the
 * canvas has the focus (limn_tool_canvas_keys). All points that a device reports come to the tools,
 * also those between two frames. Once for a studio. */
void limn_pen_attach (LimnCanvas *canvas, LimnStudio *studio);
