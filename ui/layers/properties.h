/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "studio.h"

/* Opacity, blending and control of the active layer. */
#define LIMN_TYPE_LAYER_PROPERTIES (limn_layer_properties_get_type ())
G_DECLARE_FINAL_TYPE (LimnLayerProperties, limn_layer_properties, LIMN, LAYER_PROPERTIES, GtkWidget)

void limn_layer_properties_set_studio (LimnLayerProperties *properties, LimnStudio *studio);
/* Shows the active layer as it is now. */
void limn_layer_properties_update (LimnLayerProperties *properties);
/* A pull at a slider is over: the layer is another one. */
void limn_layer_properties_end_steps (LimnLayerProperties *properties);
