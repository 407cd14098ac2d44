/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

/* Shows a colour and lets a person choose another one. Properties: colour (0xAARRGGBB), title (what
 * the colour is for: its tooltip and accessible name). */
#define LIMN_TYPE_COLOUR_BUTTON (limn_colour_button_get_type ())
G_DECLARE_FINAL_TYPE (LimnColourButton, limn_colour_button, LIMN, COLOUR_BUTTON, GtkWidget)
