/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "studio.h"
#include "tools/toolbox.h"

/* A hand for tests of the tools: a studio with one layer, seen by a view of twice its size that
 * keeps what it is shown. */
struct hand {
  LimnDocument *document;
  LimnStudio *studio;
  LimnToolbox *box;
  guint32 layer;
  guint32 time;
  GdkModifierType modifiers;
  double pressure;

  cairo_surface_t *shown; /* a copy of the replacement; NULL: the layer is shown */
  int messages;
};

#define HAND_SIDE 200
#define HAND_SCALE 2.0

void hand_begin (struct hand *hand);
void hand_end (struct hand *hand);

void hand_press (struct hand *hand, double x, double y);
/* The second of a double click. */
void hand_press_again (struct hand *hand, double x, double y);
void hand_move (struct hand *hand, double x, double y);
void hand_lift (struct hand *hand, double x, double y);
void hand_hover (struct hand *hand, double x, double y);
void hand_click (struct hand *hand, double x, double y);
/* Press, a few points between, lift. */
void hand_drag (struct hand *hand, double from_x, double from_y, double to_x, double to_y);
bool hand_key (struct hand *hand, guint key);

const limn_layer *hand_layer (struct hand *hand);
/* The last operation of the layer. */
const limn_op *hand_last_op (struct hand *hand);
guint32 hand_pixel (struct hand *hand, int x, int y);
cairo_surface_t *hand_copy (struct hand *hand);
/* The largest difference of any channel. */
int hand_difference (cairo_surface_t *a, cairo_surface_t *b);
/* Fills a rectangle of the layer with a colour, hard-edged. */
void hand_fill (struct hand *hand, int x, int y, int width, int height, guint32 colour);
