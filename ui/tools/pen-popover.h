/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "studio.h"

/* How the pen's pressure makes the brush of the current tool, and how steadily its line is led. */
#define LIMN_TYPE_PEN_POPOVER (limn_pen_popover_get_type ())
G_DECLARE_FINAL_TYPE (LimnPenPopover, limn_pen_popover, LIMN, PEN_POPOVER, GtkPopover)

GtkWidget *limn_pen_popover_new (LimnStudio *studio);
