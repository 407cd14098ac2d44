/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "studio.h"

/* A button for each tool, one above the other, and the two colours at the foot. */
#define LIMN_TYPE_TOOLBAR (limn_toolbar_get_type ())
G_DECLARE_FINAL_TYPE (LimnToolbar, limn_toolbar, LIMN, TOOLBAR, GtkWidget)

GtkWidget *limn_toolbar_new (LimnStudio *studio);
