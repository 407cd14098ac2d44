/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>
#include <stdbool.h>

/* Style and icons of this folder, for the default display. Called when a class is initialised; the
 * first call does it. */
void limn_tools_look (void);

/* What a shortcut of limn_tool_shortcuts is called, with its key in brackets. */
char *limn_tools_tooltip (const char *action);
