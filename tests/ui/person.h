/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "canvas/canvas.h"
#include "window-fixture.h"

/* A person's hands in front of a window of this process: mouse and keys come from the X server,
 * where xdotool presses them. */

/* As main() does it: windows for drawings of @side x @side. run() is the status. */
void person_init (int *argc, char ***argv, int side);
int person_run (void);

/* Keys go to @window (a GtkWindow) from now on; there is no window manager. */
void person_faces (gpointer window);

/* Runs xdotool with words; the main loop runs meanwhile, and has seen all of it at the end. */
void person_does (const char *format, ...) G_GNUC_PRINTF (1, 2);
/* The same, while the main loop sees nothing; all of it waits there at the end. */
void person_does_at_once (const char *format, ...) G_GNUC_PRINTF (1, 2);

/* Goes there and presses the first button. */
void person_clicks (GtkWidget *widget);

/* Words for xdotool that go to a point of the document; the caller frees them. */
char *person_way_to (LimnWindow *window, double x, double y);
/* A stroke of the mouse through @n points x0, y0, x1, y1, ... of the document, from the press to
 * its end: it is in the document. */
void person_draws (LimnWindow *window, const double *points, gsize n);
