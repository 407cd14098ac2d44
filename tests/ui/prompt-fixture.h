/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "prompt/panel-private.h"

/* A prompt panel in a window, for tests. */

typedef struct {
  LimnDocument *document;
  LimnStudio *studio;
  GtkWidget *window;
  LimnPromptPanel *panel;
  GActionGroup *actions;
} fixture;

/* As main() does it. */
void fixture_init (int *argc, char ***argv);
#define ADD(path, function)                                                                        \
  g_test_add ("/prompt-panel/" path, fixture, NULL, fixture_set_up, function, fixture_tear_down)

void fixture_settle (void);
void fixture_set_up (fixture *f, gconstpointer data);
void fixture_collect (GtkWidget *widget, GPtrArray *widgets);
/* Nothing is left behind. */
void fixture_tear_down (fixture *f, gconstpointer data);
