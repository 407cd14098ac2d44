/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "studio.h"

/* Which ControlNet the active layer feeds, and how. */
#define LIMN_TYPE_CONTROL_BOX (limn_control_box_get_type ())
G_DECLARE_FINAL_TYPE (LimnControlBox, limn_control_box, LIMN, CONTROL_BOX, GtkWidget)

void limn_control_box_set_studio (LimnControlBox *control, LimnStudio *studio);
/* Shows the active layer as it is now. */
void limn_control_box_update (LimnControlBox *control);
/* A pull at a slider is over: the layer is another one. */
void limn_control_box_end_steps (LimnControlBox *control);
