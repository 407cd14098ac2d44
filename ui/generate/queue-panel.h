/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "generate/queue.h"

/* The list of pictures that are to be drawn. The bar shows it in a popover. */
#define LIMN_TYPE_QUEUE_PANEL (limn_queue_panel_get_type ())
G_DECLARE_FINAL_TYPE (LimnQueuePanel, limn_queue_panel, LIMN, QUEUE_PANEL, GtkWidget)

GtkWidget *limn_queue_panel_new (LimnStudio *studio);
