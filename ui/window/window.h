/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "studio.h"

/* A window with one drawing: its studio and all the parts around the canvas. It puts the action
 * groups of the parts where their buttons, menus and keys find them, and has one of its own, "win",
 * for the document as a file. */
#define LIMN_TYPE_WINDOW (limn_window_get_type ())
G_DECLARE_FINAL_TYPE (LimnWindow, limn_window, LIMN, WINDOW, AdwApplicationWindow)

/* @application may be NULL. @document has its journal, which goes when the window is closed. */
LimnWindow *limn_window_new (GtkApplication *application, LimnDocument *document);

LimnStudio *limn_window_get_studio (LimnWindow *window);
/* "win", "app", "view", ...; NULL for one that there is not. Borrowed. */
GActionGroup *limn_window_get_group (LimnWindow *window, const char *name);

/* Reads @file and shows it here, or in a window of its own when something was drawn here. What goes
 * wrong is told in a dialog. */
void limn_window_open (LimnWindow *window, GFile *file);
/* The same with a document that is there already. */
void limn_window_take_document (LimnWindow *window, LimnDocument *document);

/* A sentence that is translated already. */
void limn_window_say (LimnWindow *window, const char *sentence);
/* The same where it must not be overlooked. */
void limn_window_tell_error (LimnWindow *window, const char *heading, const char *sentence);
