/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "layers/layers.h"
#include "layers/panel.h"
#include "layers/row.h"

/* A panel of layers in a window, for tests. */

struct fixture {
  LimnDocument *document;
  LimnStudio *studio;
  GtkWidget *window, *panel;
  GActionGroup *actions;
  guint32 low, middle, high; /* "Sky" (picture), "Lines" and "Ink" (scribbles) */
};

/* As main() does it. */
void fixture_init (int *argc, char ***argv);
#define ADD(path, function)                                                                        \
  g_test_add ("/layers/" path, struct fixture, NULL, fixture_set_up, function, fixture_tear_down)

GtkWidget *fixture_get (GtkWidget *widget, const char *id);
void fixture_set_up (struct fixture *fixture, gconstpointer data);
void fixture_tear_down (struct fixture *fixture, gconstpointer data);
GtkWidget *fixture_row_at (struct fixture *fixture, int index);
GtkWidget *fixture_row_of (struct fixture *fixture, guint32 layer);
void fixture_assert_names (struct fixture *fixture, const char *names);
GtkEventController *fixture_controller_of (GtkWidget *widget, GType type, guint skip);
/* As a press of the button does it, without the pointer's events. */
void fixture_press (GtkWidget *widget);
const limn_layer *fixture_layer (struct fixture *fixture, guint32 id);
void fixture_activate (struct fixture *fixture, const char *action);
guint fixture_undo_steps (LimnDocument *document);
void fixture_set_control (struct fixture *fixture, guint32 id, const char *type);
bool fixture_fill (
    LimnDocument *document, guint32 id, int x, int y, int width, int height, guint32 colour);
GdkTexture *fixture_shown (struct fixture *fixture, guint32 id);
