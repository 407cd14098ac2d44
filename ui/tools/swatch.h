/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

/* A colour as it is seen, on a chequered ground where it is not opaque. Property: colour
 * (0xAARRGGBB). */
#define LIMN_TYPE_SWATCH (limn_swatch_get_type ())
G_DECLARE_FINAL_TYPE (LimnSwatch, limn_swatch, LIMN, SWATCH, GtkWidget)

GtkWidget *limn_swatch_new (guint32 colour);
void limn_swatch_set_colour (LimnSwatch *swatch, guint32 colour);

GdkRGBA limn_colour_to_rgba (guint32 colour);
guint32 limn_colour_from_rgba (const GdkRGBA *rgba);
