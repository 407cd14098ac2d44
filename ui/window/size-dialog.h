/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "window/window.h"

/* Asks for a size in pixels: of a new drawing, which gets a window, or of the canvas that is there.
 */
#define LIMN_TYPE_SIZE_DIALOG (limn_size_dialog_get_type ())
G_DECLARE_FINAL_TYPE (LimnSizeDialog, limn_size_dialog, LIMN, SIZE_DIALOG, AdwWindow)

void limn_size_dialog_new_drawing (LimnWindow *window);
void limn_size_dialog_resize (LimnWindow *window);
