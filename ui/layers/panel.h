/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "studio.h"

/* The list of layers, the highest first, with what belongs to the active one below it. What a
 * person can do there are the actions of the group "layer", which some ancestor must have. */
#define LIMN_TYPE_LAYER_PANEL (limn_layer_panel_get_type ())
G_DECLARE_FINAL_TYPE (LimnLayerPanel, limn_layer_panel, LIMN, LAYER_PANEL, GtkWidget)

GtkWidget *limn_layer_panel_new (LimnStudio *studio);

/* The panel of @studio that was made last, or NULL; borrowed. */
LimnLayerPanel *limn_layer_panel_of (LimnStudio *studio);
/* Lets the person type a name in the layer's row. */
void limn_layer_panel_rename (LimnLayerPanel *panel, guint32 layer);

/* The group "layer": add-scribble, add-picture, import, paste, copy, duplicate, merge-down, delete,
 * clear, rename, raise, lower, toggle-visible, toggle-lock, next, previous, use-recipe. They act on
 * the studio's layer and are enabled where they can do something. paste and copy go to the text
 * that has the focus where there is one. */
GActionGroup *limn_layer_actions_new (LimnStudio *studio);
