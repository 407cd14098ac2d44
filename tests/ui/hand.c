/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hand.h"

#include <string.h>

static void
to_view (gpointer data, double x, double y, double *to_x, double *to_y)
{
  *to_x = x * HAND_SCALE;
  *to_y = y * HAND_SCALE;
}

static double
get_scale (gpointer data)
{
  return HAND_SCALE;
}

/* Takes over what has changed and nothing else, so that what was not told shows. */
static void
replace (gpointer data,
         guint32 layer,
         cairo_surface_t *pixels,
         const cairo_rectangle_int_t *changed)
{
  struct hand *hand = data;
  cairo_rectangle_int_t area = changed != NULL ? *changed : (cairo_rectangle_int_t){ 0 };
  cairo_t *cairo;

  g_assert_cmpuint (layer, ==, hand->layer);
  if (pixels == NULL) {
    g_clear_pointer (&hand->shown, cairo_surface_destroy);
    return;
  }
  if (hand->shown == NULL)
    hand->shown = limn_pixels_copy (hand_layer (hand)->pixels);
  if (changed == NULL)
    area = limn_pixels_area (pixels);
  cairo = cairo_create (hand->shown);
  cairo_rectangle (cairo, area.x, area.y, area.width, area.height);
  cairo_clip (cairo);
  cairo_set_operator (cairo, CAIRO_OPERATOR_SOURCE);
  cairo_set_source_surface (cairo, pixels, 0, 0);
  cairo_paint (cairo);
  cairo_destroy (cairo);
}

static bool
pick (gpointer data, int x, int y, guint32 *colour)
{
  *colour = 0xff123456u;
  return true;
}

static void
redraw (gpointer data)
{
}

static const struct limn_tool_view view = {
  .to_view = to_view,
  .scale = get_scale,
  .replace = replace,
  .pick = pick,
  .redraw = redraw,
};

static void
on_message (struct hand *hand, const char *sentence)
{
  g_assert_cmpuint (strlen (sentence), >, 0);
  hand->messages++;
}

void
hand_begin (struct hand *hand)
{
  *hand = (struct hand){ .time = 1000, .pressure = 1.0 };
  hand->document = limn_document_new (HAND_SIDE, HAND_SIDE);
  hand->layer = limn_document_add_layer (hand->document, LIMN_LAYER_PICTURE, "Drawing", 0);
  hand->studio = limn_studio_new (hand->document);
  hand->box = limn_toolbox_of (hand->studio);
  limn_toolbox_set_view (hand->box, &view, hand);
  g_signal_connect_swapped (hand->studio, "message", G_CALLBACK (on_message), hand);
}

void
hand_end (struct hand *hand)
{
  g_assert_false (limn_studio_get_drawing (hand->studio));
  g_assert_null (hand->shown);
  limn_toolbox_set_view (hand->box, NULL, NULL);
  g_object_add_weak_pointer (G_OBJECT (hand->box), (gpointer *) &hand->box);
  g_assert_finalize_object (hand->studio);
  g_assert_null (hand->box);
  g_assert_finalize_object (hand->document);
}

static struct limn_tool_event
event_at (struct hand *hand, double x, double y)
{
  hand->time += 8;
  return (struct limn_tool_event){
    .x = x,
    .y = y,
    .pressure = hand->pressure,
    .time = hand->time,
    .modifiers = hand->modifiers,
    .clicks = 1,
  };
}

void
hand_press (struct hand *hand, double x, double y)
{
  struct limn_tool_event event = event_at (hand, x, y);

  limn_toolbox_press (hand->box, &event, false);
}

void
hand_press_again (struct hand *hand, double x, double y)
{
  struct limn_tool_event event = event_at (hand, x, y);

  event.clicks = 2;
  limn_toolbox_press (hand->box, &event, false);
}

void
hand_move (struct hand *hand, double x, double y)
{
  struct limn_tool_event event = event_at (hand, x, y);

  limn_toolbox_motion (hand->box, &event, 1);
}

void
hand_lift (struct hand *hand, double x, double y)
{
  struct limn_tool_event event = event_at (hand, x, y);

  limn_toolbox_release (hand->box, &event);
}

void
hand_hover (struct hand *hand, double x, double y)
{
  struct limn_tool_event event = event_at (hand, x, y);

  limn_toolbox_hover (hand->box, &event);
}

void
hand_click (struct hand *hand, double x, double y)
{
  hand_press (hand, x, y);
  hand_lift (hand, x, y);
}

void
hand_drag (struct hand *hand, double from_x, double from_y, double to_x, double to_y)
{
  hand_press (hand, from_x, from_y);
  for (int i = 1; i <= 4; i++)
    hand_move (hand, from_x + (to_x - from_x) * i / 4, from_y + (to_y - from_y) * i / 4);
  hand_lift (hand, to_x, to_y);
}

bool
hand_key (struct hand *hand, guint key)
{
  return limn_toolbox_key (hand->box, key, hand->modifiers);
}

const limn_layer *
hand_layer (struct hand *hand)
{
  return limn_document_find_layer (hand->document, hand->layer);
}

const limn_op *
hand_last_op (struct hand *hand)
{
  GPtrArray *ops = hand_layer (hand)->ops;

  return ops->len > 0 ? g_ptr_array_index (ops, ops->len - 1) : NULL;
}

guint32
hand_pixel (struct hand *hand, int x, int y)
{
  cairo_surface_flush (hand_layer (hand)->pixels);
  return limn_pixels_row (hand_layer (hand)->pixels, y)[x];
}

cairo_surface_t *
hand_copy (struct hand *hand)
{
  return limn_pixels_copy (hand_layer (hand)->pixels);
}

int
hand_difference (cairo_surface_t *a, cairo_surface_t *b)
{
  cairo_rectangle_int_t area = limn_pixels_area (a);
  int largest = 0;

  g_assert_cmpint (area.width, ==, limn_pixels_area (b).width);
  g_assert_cmpint (area.height, ==, limn_pixels_area (b).height);
  cairo_surface_flush (a);
  cairo_surface_flush (b);
  for (int y = 0; y < area.height; y++)
    for (int x = 0; x < area.width; x++)
      for (int shift = 0; shift < 32; shift += 8) {
        int from_a = (int) (limn_pixels_row (a, y)[x] >> shift & 0xff);
        int from_b = (int) (limn_pixels_row (b, y)[x] >> shift & 0xff);

        largest = MAX (largest, ABS (from_a - from_b));
      }
  return largest;
}

/* As a bucket does it on a layer with such a rectangle: no other operation has hard edges. */
void
hand_fill (struct hand *hand, int x, int y, int width, int height, guint32 colour)
{
  struct limn_brush brush = limn_brush_default;
  cairo_surface_t *pixels = limn_pixels_new (HAND_SIDE, HAND_SIDE);
  cairo_t *cairo = cairo_create (pixels);

  cairo_set_antialias (cairo, CAIRO_ANTIALIAS_NONE);
  cairo_rectangle (cairo, x, y, width, height);
  cairo_fill (cairo);
  cairo_destroy (cairo);
  brush.colour = colour;
  g_assert_true (
      limn_document_paint (hand->document, hand->layer, limn_op_fill (pixels, x, y, 0, &brush)));
  cairo_surface_destroy (pixels);
}
