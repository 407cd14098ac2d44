/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "window/window.h"

/* Which models there are, where they are looked for, and a way to open one: by a file chooser, or
 * by dropping it here. Choosing one sets it in the drawing of the window that this belongs to. */
#define LIMN_TYPE_MODELS_WINDOW (limn_models_window_get_type ())
G_DECLARE_FINAL_TYPE (LimnModelsWindow, limn_models_window, LIMN, MODELS_WINDOW, AdwWindow)

GtkWidget *limn_models_window_new (LimnWindow *window);

/* Whether @file is called like a model, or is a folder. */
bool limn_models_window_is_model (GFile *file);
/* Looks at @file and sets it as the model of the window's drawing; what is wrong with it is told in
 * a dialog. */
void limn_models_window_use (LimnWindow *window, GFile *file);
