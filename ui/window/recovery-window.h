/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "document/document.h"

/* Shows what a program left that ended without closing its drawings: each can be restored or
 * discarded. What is not decided about when the window is closed stays for the next start. */
#define LIMN_TYPE_RECOVERY_WINDOW (limn_recovery_window_get_type ())
G_DECLARE_FINAL_TYPE (LimnRecoveryWindow, limn_recovery_window, LIMN, RECOVERY_WINDOW, AdwWindow)

/* @document has a journal of its own by now; @problem is a sentence, or NULL. */
typedef void (*limn_restored_func) (LimnDocument *document, const char *problem, gpointer data);

/* @left as limn_journal_recover() gives it, not empty; taken. */
GtkWidget *limn_recovery_window_new (GPtrArray *left, limn_restored_func func, gpointer data);
