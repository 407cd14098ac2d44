/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "document/stroke.h"

/* A pressure curve: its points are dragged up and down, or chosen by Left and Right and moved by Up
 * and Down.
 *
 * Signal: changed   by the person */
#define LIMN_TYPE_CURVE (limn_curve_get_type ())
G_DECLARE_FINAL_TYPE (LimnCurve, limn_curve, LIMN, CURVE, GtkWidget)

const guint8 *limn_curve_get_values (LimnCurve *curve);
/* @values: LIMN_BRUSH_CURVE of them. */
void limn_curve_set_values (LimnCurve *curve, const guint8 *values);
