/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "layers/import.h"
#include "studio.h"

/* A studio that pictures are brought to, and pictures, for tests. */

#define IMPORT_WIDTH 60
#define IMPORT_HEIGHT 40

struct fixture {
  char *folder;
  LimnDocument *document;
  LimnStudio *studio;
  GString *said; /* the sentences, one a line */
  char *offered; /* the action */
  guint32 id;    /* of the last import */
  GError *error; /* of the last import */
  bool done;
};

/* As main() does it. */
void fixture_init (int *argc, char ***argv);
#define ADD(path, function)                                                                        \
  g_test_add ("/import/" path, struct fixture, NULL, fixture_set_up, function, fixture_tear_down)

void fixture_set_up (struct fixture *fixture, gconstpointer data);
void fixture_tear_down (struct fixture *fixture, gconstpointer data);
limn_image *fixture_make_image (int width, int height);
GBytes *fixture_to_png (const limn_image *image);
GBytes *fixture_to_jpeg (const limn_image *image);
GBytes *fixture_to_webp (const limn_image *image);
GFile *fixture_put (struct fixture *fixture, const char *name, GBytes *bytes);
void fixture_wait_for_layers (struct fixture *fixture, guint count);
/* Whether the layer's pixels are those of @image, within @tolerance. */
void fixture_check_pixels (const limn_layer *layer, const limn_image *image, int tolerance);
