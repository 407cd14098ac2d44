/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

/* A few colours to choose at once, and all others below. Property: colour (0xAARRGGBB). */
#define LIMN_TYPE_COLOUR_POPOVER (limn_colour_popover_get_type ())
G_DECLARE_FINAL_TYPE (LimnColourPopover, limn_colour_popover, LIMN, COLOUR_POPOVER, GtkPopover)

GtkWidget *limn_colour_popover_new (void);
