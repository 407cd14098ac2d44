/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "shortcuts.h"

/* The tables of all parts in one place: keys for what can be done, and the window that lists them.
 */

/* All tables, in the order in which they are listed; NULL-terminated. */
extern const struct limn_shortcut *const limn_shortcut_tables[];

/* Keys with Control or Alt and function keys, for the program as a whole. */
void limn_keys_bind_application (GtkApplication *application);
/* The others, which no text and no list has taken. */
void limn_keys_bind_window (GtkWidget *window);

/* A GtkShortcutsWindow. */
GtkWidget *limn_keys_window_new (void);
