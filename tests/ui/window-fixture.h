/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "window/application.h"
#include "window/window-private.h"

/* What tests of the real window share: the program in this process, and a person in front of it. */

/* gtk_test_init() and what the program sets at its start. */
void fixture_init (int *argc, char ***argv);

/* The program, not started yet. */
LimnApplication *fixture_new_application (void);
/* The program, started: what was left has been offered. One for all tests. */
LimnApplication *fixture_application (void);

/* Lets the main loop run until @done; there is no limit, since meson has one. */
typedef bool (*fixture_condition) (gpointer data);
void fixture_wait (fixture_condition done, gpointer data);
/* Until nothing waits in the main loop. */
void fixture_settle (void);
/* Two frames from now, the first of which may have been on its way already. */
void fixture_frames (GtkWidget *window);

/* A new window, on the screen. The caller closes it. */
LimnWindow *fixture_window (void);
/* Without asking; checks that the window is gone, all of it. Takes @window. */
void fixture_close (LimnWindow *window);
/* The windows that there are. */
guint fixture_count (GType type);
GtkWidget *fixture_find (GType type);

/* As its button would: an AdwMessageDialog goes, and its owner hears @response. */
void fixture_respond (GtkWidget *dialog, const char *response);
/* A stroke from one place to another. */
void fixture_draw (LimnWindow *window, double x0, double y0, double x1, double y1);
/* The window as NAME.png in the folder LIMN_TEST_PICTURES. */
void fixture_screenshot (GtkWidget *window, const char *name);
/* Whether both have the same size, layers and pixels. */
void fixture_assert_equal (LimnDocument *a, LimnDocument *b);

/* Calls @func for @widget and all below it. */
typedef void (*fixture_visitor) (GtkWidget *widget, gpointer data);
void fixture_walk (GtkWidget *widget, fixture_visitor func, gpointer data);
