/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "generate/actions.h"
#include "studio.h"

/* The row below the canvas: Generate and why it cannot, live mode, progress, what a picture needs,
 * and a button that opens the queue. Its buttons use the action group "generate". */
#define LIMN_TYPE_GENERATE_BAR (limn_generate_bar_get_type ())
G_DECLARE_FINAL_TYPE (LimnGenerateBar, limn_generate_bar, LIMN, GENERATE_BAR, GtkWidget)

GtkWidget *limn_generate_bar_new (LimnStudio *studio);
