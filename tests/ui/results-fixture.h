/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "recipe.h"
#include "results/results.h"
#include "results/strip.h"

/* A strip of results in a window, for tests, and pictures with recipes. */

struct fixture {
  LimnStudio *studio;
  LimnDocument *document;
  LimnResults *results;
  GtkWidget *window, *strip;
  GActionGroup *actions;
  char *message;
};

/* A disc of a colour that follows from @number. */
limn_image *fixture_draw (int width, int height, guint number);
limn_recipe *fixture_new_recipe (const char *prompt, guint64 seed);
GBytes *fixture_png_with (const limn_image *image, const char *text, const char *json);
guint32 fixture_add_picture (
    LimnDocument *document, const char *prompt, guint64 seed, int width, int height);
void fixture_set_up (struct fixture *fixture, gconstpointer data);
void fixture_drain (void);
void fixture_tear_down (struct fixture *fixture, gconstpointer data);
void fixture_wait_until (bool (*done) (struct fixture *), struct fixture *fixture);
void fixture_activate (struct fixture *fixture, const char *action);
bool fixture_has_message (struct fixture *fixture);

struct fixture_case {
  const char *name;
  void (*func) (struct fixture *, gconstpointer);
  const char *data;
};

/* As main() does it. */
int fixture_run (int argc, char **argv, const struct fixture_case *cases, gsize n);
