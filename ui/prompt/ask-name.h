/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>
#include <stdbool.h>

/* Whether @name will do; called at every key. */
typedef bool (*limn_name_check) (const char *name, gpointer data);
typedef void (*limn_name_func) (const char *name, gpointer data);

/* Asks for a name in a dialog above @parent's window. @done is called once with a name that passes
 * @check, and not at all when the person cancels; @data is let go by @destroy in each case. */
void limn_ask_name (GtkWidget *parent,
                    const char *title,
                    const char *accept,
                    const char *name,
                    limn_name_check check,
                    limn_name_func done,
                    gpointer data,
                    GDestroyNotify destroy);
