/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "studio.h"

/* One row with what can be set of the current tool. It needs little width: what does not fit can be
 * scrolled to. */
#define LIMN_TYPE_TOOL_OPTIONS (limn_tool_options_get_type ())
G_DECLARE_FINAL_TYPE (LimnToolOptions, limn_tool_options, LIMN, TOOL_OPTIONS, GtkWidget)

GtkWidget *limn_tool_options_new (LimnStudio *studio);
