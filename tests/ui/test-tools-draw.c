/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "hand.h"
#include "tools/actions.h"
#include "tools/stabiliser.h"

/* Brush, eraser, shapes, polygon, bucket and picker, driven by points: no display. */

static void
test_brush (void)
{
  struct hand hand;
  const limn_op *op;

  hand_begin (&hand);
  limn_studio_set_colour (hand.studio, 0xffff0000u);
  hand.pressure = 0.75;
  hand_press (&hand, 20.25, 30.5);
  g_assert_true (limn_studio_get_drawing (hand.studio));
  g_assert_true (limn_document_is_drawing (hand.document));
  for (int i = 1; i <= 50; i++)
    hand_move (&hand, 20.25 + i, 30.5 + i * 0.5);
  hand_lift (&hand, 70.25, 55.5);
  g_assert_false (limn_studio_get_drawing (hand.studio));

  /* Every point is there, where and when it was; the one of the lift was there before. */
  op = hand_last_op (&hand);
  g_assert_cmpint (op->kind, ==, LIMN_OP_STROKE);
  g_assert_cmpuint (op->n_points, ==, 51);
  for (int i = 0; i <= 50; i++) {
    struct limn_point wanted = limn_point_new (20.25 + i, 30.5 + i * 0.5, 0.75, i > 0 ? 8 : 0);

    g_assert_cmpmem (&op->points[i], sizeof wanted, &wanted, sizeof wanted);
  }
  g_assert_cmphex (op->brush.colour, ==, 0xffff0000u);
  g_assert_cmphex (hand_pixel (&hand, 40, 40), ==, 0xffff0000u);
  g_assert_true (limn_document_undo (hand.document));
  g_assert_cmphex (hand_pixel (&hand, 40, 40), ==, 0);
  hand_end (&hand);
}

/* Several points of one frame, and points beside the canvas. */
static void
test_batch (void)
{
  struct limn_tool_event events[7];
  struct hand hand;

  hand_begin (&hand);
  hand_press (&hand, -20, 10);
  for (int i = 0; i < 7; i++)
    events[i] = (struct limn_tool_event){
      .x = 10 * i, .y = 10, .pressure = 1, .time = hand.time + 2 * (guint32) i, .clicks = 1
    };
  limn_toolbox_motion (hand.box, events, G_N_ELEMENTS (events));
  hand_lift (&hand, 70, 10);
  g_assert_cmpuint (hand_last_op (&hand)->n_points, ==, 9);
  g_assert_cmpint (hand_last_op (&hand)->points[4].x, ==, 30 * LIMN_POINT_UNIT);
  g_assert_cmphex (hand_pixel (&hand, 30, 10), ==, 0xff000000u);
  hand_end (&hand);
}

static void
test_opacity (void)
{
  struct hand hand;

  hand_begin (&hand);
  limn_studio_set_colour (hand.studio, 0x800000ffu);
  hand_drag (&hand, 20, 20.5, 100, 20.5);
  g_assert_cmphex (hand_pixel (&hand, 60, 20), ==, 0x80000080u);
  hand_end (&hand);
}

static void
test_eraser (void)
{
  struct limn_tool_event event = { .x = 60, .y = 60, .pressure = 1, .time = 5000, .clicks = 1 };
  struct hand hand;

  hand_begin (&hand);
  hand_fill (&hand, 20, 20, 100, 100, 0xff00ff00u);
  limn_studio_set_tool (hand.studio, LIMN_TOOL_ERASER);
  hand_drag (&hand, 30, 40, 110, 40);
  g_assert_cmphex (hand_pixel (&hand, 70, 40), ==, 0);
  g_assert_cmphex (hand_pixel (&hand, 70, 80), ==, 0xff00ff00u);
  g_assert_true (limn_document_undo (hand.document));
  g_assert_cmphex (hand_pixel (&hand, 70, 40), ==, 0xff00ff00u);

  /* The other end of the pen erases whatever tool is chosen. */
  limn_studio_set_tool (hand.studio, LIMN_TOOL_RECTANGLE);
  limn_toolbox_press (hand.box, &event, true);
  hand_lift (&hand, 60, 60);
  g_assert_true (hand_last_op (&hand)->brush.eraser);
  g_assert_cmphex (hand_pixel (&hand, 60, 60), ==, 0);
  g_assert_cmpint (limn_studio_get_tool (hand.studio), ==, LIMN_TOOL_RECTANGLE);
  hand_end (&hand);
}

static void
test_shift (void)
{
  struct hand hand;
  struct limn_brush brush;
  float before;

  hand_begin (&hand);
  hand_drag (&hand, 20, 20, 40, 20);
  hand.modifiers = GDK_SHIFT_MASK;
  hand_click (&hand, 120, 90);
  g_assert_cmpint (hand_last_op (&hand)->kind, ==, LIMN_OP_SHAPE);
  g_assert_cmpint (hand_last_op (&hand)->points[0].x, ==, 40 * LIMN_POINT_UNIT);
  g_assert_cmpint (hand_last_op (&hand)->points[1].y, ==, 90 * LIMN_POINT_UNIT);
  g_assert_cmphex (hand_pixel (&hand, 80, 55), ==, 0xff000000u);
  /* And on from there. */
  hand_click (&hand, 120, 150);
  g_assert_cmphex (hand_pixel (&hand, 120, 120), ==, 0xff000000u);

  /* A drag is another size, of which the edge follows the pointer. */
  before = limn_studio_get_brush (hand.studio, LIMN_TOOL_BRUSH).size;
  hand_drag (&hand, 100, 100, 110, 100);
  brush = limn_studio_get_brush (hand.studio, LIMN_TOOL_BRUSH);
  g_assert_cmpfloat_with_epsilon (brush.size, before + 20, 0.01);
  g_assert_cmphex (hand_pixel (&hand, 105, 100), ==, 0);
  g_assert_cmpuint (hand_layer (&hand)->ops->len, ==, 3);
  hand_end (&hand);
}

static double
steady_at (double strength, guint32 step, guint32 end)
{
  struct limn_tool_event event = { .x = 0, .time = 100, .pressure = 1 }, steady = event;
  struct limn_stabiliser stabiliser;

  limn_stabiliser_begin (&stabiliser, strength, &event);
  for (guint32 time = step; time <= end; time += step) {
    event.time = 100 + time;
    event.x = 100;
    steady = limn_stabiliser_add (&stabiliser, &event);
  }
  return steady.x;
}

static void
test_stabiliser (void)
{
  struct hand hand;
  const limn_op *op;
  int rough = 0, calm = 0;

  /* Nothing without strength; by time, not by the number of points. */
  g_assert_cmpfloat (steady_at (0.0, 8, 8), ==, 100.0);
  g_assert_cmpfloat (steady_at (1.0, 8, 64), <, 40.0);
  g_assert_cmpfloat_with_epsilon (steady_at (0.5, 2, 64), steady_at (0.5, 16, 64), 1e-9);

  hand_begin (&hand);
  limn_toolbox_set_stabiliser (hand.box, 0.4);
  hand_press (&hand, 10, 50);
  for (int i = 1; i <= 60; i++)
    hand_move (&hand, 10 + 2 * i, i % 2 ? 53 : 47);
  hand_lift (&hand, 132, 50);
  op = hand_last_op (&hand);
  g_assert_cmpuint (op->n_points, ==, 62);
  for (gsize i = 10; i < 60; i++) {
    calm = MAX (calm, ABS (op->points[i].y - 50 * LIMN_POINT_UNIT));
    rough = MAX (rough, ABS (op->points[i].x - (int) (10 + 2 * i) * LIMN_POINT_UNIT));
  }
  g_assert_cmpint (calm, <, LIMN_POINT_UNIT);
  g_assert_cmpint (rough, >, 5 * LIMN_POINT_UNIT);
  /* The line ends where the pen did. */
  g_assert_cmpint (op->points[61].x, ==, 132 * LIMN_POINT_UNIT);
  hand_end (&hand);
}

/* --- shapes --- */

static void
check_shape (struct hand *hand, const double from[2], const double to[2], const double wanted[4])
{
  limn_tool_id tool = limn_studio_get_tool (hand->studio);
  limn_shape shape = tool == LIMN_TOOL_LINE        ? LIMN_SHAPE_LINE
                     : tool == LIMN_TOOL_RECTANGLE ? LIMN_SHAPE_RECTANGLE
                                                   : LIMN_SHAPE_ELLIPSE;
  struct limn_brush brush = limn_studio_get_brush (hand->studio, tool);
  bool filled = shape != LIMN_SHAPE_LINE && limn_studio_get_filled (hand->studio);
  struct limn_point points[] = { limn_point_new (wanted[0], wanted[1], 1, 0),
                                 limn_point_new (wanted[2], wanted[3], 1, 0) };
  g_autoptr (limn_op) op = limn_op_shape (shape, filled, &brush, points, 2);
  cairo_surface_t *expected = hand_copy (hand), *before = hand_copy (hand);

  g_assert_true (limn_op_draw (op, &expected, limn_pixels_area (expected)));
  hand_press (hand, from[0], from[1]);
  hand_move (hand, from[0] + 50, from[1] + 70);
  hand_move (hand, to[0], to[1]);
  g_assert_nonnull (hand->shown);
  g_assert_cmpint (hand_difference (hand->shown, expected), ==, 0);
  g_assert_cmpint (hand_difference (hand_layer (hand)->pixels, before), ==, 0);
  hand_lift (hand, to[0], to[1]);
  g_assert_null (hand->shown);
  g_assert_cmpint (hand_difference (hand_layer (hand)->pixels, expected), ==, 0);
  g_assert_cmpint (hand_difference (before, expected), >, 100);
  g_assert_true (limn_document_undo (hand->document));
  g_assert_cmpint (hand_difference (hand_layer (hand)->pixels, before), ==, 0);
  cairo_surface_destroy (expected);
  cairo_surface_destroy (before);
}

static void
test_shapes (void)
{
  static const struct {
    limn_tool_id tool;
    GdkModifierType modifiers;
    bool filled;
    double to[2], wanted[4];
  } cases[] = {
    { LIMN_TOOL_LINE, 0, false, { 120, 75 }, { 60, 60, 120, 75 } },
    { LIMN_TOOL_LINE, GDK_SHIFT_MASK, true, { 140, 63 }, { 60, 60, 140, 60 } },
    { LIMN_TOOL_LINE, GDK_CONTROL_MASK, false, { 80, 75 }, { 40, 45, 80, 75 } },
    { LIMN_TOOL_RECTANGLE, 0, false, { 110, 90 }, { 60, 60, 110, 90 } },
    { LIMN_TOOL_RECTANGLE, 0, true, { 30, 20 }, { 60, 60, 30, 20 } },
    { LIMN_TOOL_RECTANGLE, GDK_SHIFT_MASK, true, { 110, 40 }, { 60, 60, 110, 10 } },
    { LIMN_TOOL_ELLIPSE, 0, true, { 110, 90 }, { 60, 60, 110, 90 } },
    { LIMN_TOOL_ELLIPSE, GDK_ALT_MASK, false, { 90, 70 }, { 30, 50, 90, 70 } },
    { LIMN_TOOL_ELLIPSE, GDK_SHIFT_MASK | GDK_CONTROL_MASK, false, { 90, 70 }, { 30, 30, 90, 90 } },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    struct hand hand;

    hand_begin (&hand);
    limn_studio_set_colour (hand.studio, 0xc0205080u);
    limn_studio_set_filled (hand.studio, cases[i].filled);
    limn_studio_set_tool (hand.studio, cases[i].tool);
    hand_fill (&hand, 10, 10, 90, 60, 0xffffff00u);
    hand.modifiers = cases[i].modifiers;
    check_shape (&hand, (double[]){ 60, 60 }, cases[i].to, cases[i].wanted);
    hand_end (&hand);
  }
}

/* A layer that does not lie at the corner, a click without extent, Escape. */
static void
test_shape_places (void)
{
  struct hand hand;

  hand_begin (&hand);
  limn_document_set_layer (hand.document, hand.layer, LIMN_LAYER_X, g_variant_new_int32 (30), 0);
  limn_document_set_layer (hand.document, hand.layer, LIMN_LAYER_Y, g_variant_new_int32 (-20), 0);
  limn_studio_set_tool (hand.studio, LIMN_TOOL_LINE);
  hand_drag (&hand, 50.5, 10.5, 100.5, 10.5);
  g_assert_cmphex (hand_pixel (&hand, 40, 30), ==, 0xff000000u);
  g_assert_cmphex (hand_pixel (&hand, 75, 10), ==, 0);

  hand_click (&hand, 60, 60);
  g_assert_cmpuint (hand_layer (&hand)->ops->len, ==, 1);

  hand_press (&hand, 60, 60);
  hand_move (&hand, 90, 90);
  g_assert_nonnull (hand.shown);
  g_assert_true (hand_key (&hand, GDK_KEY_Escape));
  g_assert_null (hand.shown);
  g_assert_false (limn_studio_get_drawing (hand.studio));
  hand_move (&hand, 100, 100);
  hand_lift (&hand, 100, 100);
  g_assert_cmpuint (hand_layer (&hand)->ops->len, ==, 1);
  hand_end (&hand);
}

/* --- polygon --- */

static void
click_triangle (struct hand *hand)
{
  hand_click (hand, 50, 50);
  hand_hover (hand, 100, 60);
  hand_click (hand, 150, 50);
  hand_hover (hand, 120, 100);
  hand_click (hand, 100, 150);
}

static void
test_polygon (void)
{
  struct hand hand;

  hand_begin (&hand);
  limn_studio_set_tool (hand.studio, LIMN_TOOL_POLYGON);
  limn_studio_set_filled (hand.studio, true);
  click_triangle (&hand);
  g_assert_true (limn_studio_get_drawing (hand.studio));
  g_assert_true (limn_toolbox_is_open (hand.box));
  g_assert_nonnull (hand.shown);
  g_assert_cmphex (hand_pixel (&hand, 100, 80), ==, 0);
  g_assert_true (hand_key (&hand, GDK_KEY_Return));
  g_assert_false (limn_studio_get_drawing (hand.studio));
  g_assert_cmpint (hand_last_op (&hand)->shape, ==, LIMN_SHAPE_POLYGON);
  g_assert_cmpuint (hand_last_op (&hand)->n_points, ==, 3);
  g_assert_cmphex (hand_pixel (&hand, 100, 80), ==, 0xff000000u);
  g_assert_true (limn_document_undo (hand.document));
  g_assert_cmphex (hand_pixel (&hand, 100, 80), ==, 0);

  /* The first corner closes it, and so does a double click. */
  click_triangle (&hand);
  hand_click (&hand, 52, 51);
  g_assert_cmpuint (hand_last_op (&hand)->n_points, ==, 3);
  g_assert_false (limn_toolbox_is_open (hand.box));
  click_triangle (&hand);
  hand_press_again (&hand, 100, 150);
  hand_lift (&hand, 100, 150);
  g_assert_cmpuint (hand_layer (&hand)->ops->len, ==, 2);
  hand_end (&hand);
}

static void
test_polygon_back (void)
{
  struct hand hand;

  hand_begin (&hand);
  limn_studio_set_tool (hand.studio, LIMN_TOOL_POLYGON);
  click_triangle (&hand);
  hand_click (&hand, 20, 100);
  g_assert_true (hand_key (&hand, GDK_KEY_BackSpace));
  g_assert_true (hand_key (&hand, GDK_KEY_Return));
  g_assert_cmpuint (hand_last_op (&hand)->n_points, ==, 3);

  click_triangle (&hand);
  g_assert_true (hand_key (&hand, GDK_KEY_Escape));
  g_assert_false (limn_studio_get_drawing (hand.studio));
  g_assert_cmpuint (hand_layer (&hand)->ops->len, ==, 1);
  /* What is not taken goes to the window. */
  g_assert_false (hand_key (&hand, GDK_KEY_Escape));
  g_assert_false (hand_key (&hand, GDK_KEY_Return));
  g_assert_false (hand_key (&hand, GDK_KEY_BackSpace));

  /* Undo takes corners back, then leaves the document to the window. */
  hand_click (&hand, 10, 10);
  hand_click (&hand, 60, 10);
  g_assert_true (limn_tool_take_back (hand.studio));
  g_assert_true (limn_toolbox_is_open (hand.box));
  g_assert_true (limn_tool_take_back (hand.studio));
  g_assert_false (limn_toolbox_is_open (hand.box));
  g_assert_false (limn_tool_take_back (hand.studio));
  g_assert_cmpuint (hand_layer (&hand)->ops->len, ==, 1);

  /* Two corners are a line, and another tool ends it as Enter does. */
  hand_click (&hand, 10, 10.5);
  hand_click (&hand, 60, 10.5);
  limn_studio_set_tool (hand.studio, LIMN_TOOL_BRUSH);
  g_assert_cmpint (hand_last_op (&hand)->shape, ==, LIMN_SHAPE_LINE);
  g_assert_cmphex (hand_pixel (&hand, 30, 10), ==, 0xff000000u);
  hand_end (&hand);
}

/* --- bucket and picker --- */

static void
fill_at (struct hand *hand, double x, double y)
{
  hand_click (hand, x, y);
  while (limn_toolbox_is_open (hand->box)) {
    g_assert_true (limn_studio_get_drawing (hand->studio));
    g_main_context_iteration (NULL, TRUE);
  }
}

static void
test_bucket (void)
{
  struct hand hand;

  hand_begin (&hand);
  limn_studio_set_tool (hand.studio, LIMN_TOOL_BUCKET);
  limn_studio_set_colour (hand.studio, 0xff0000ffu);
  hand_fill (&hand, 50, 50, 40, 40, 0xff00ff00u);
  hand_fill (&hand, 70, 50, 20, 40, 0xff10ff10u);
  limn_studio_set_tolerance (hand.studio, 8);
  fill_at (&hand, 60.9, 60.9);
  g_assert_cmphex (hand_pixel (&hand, 50, 89), ==, 0xff0000ffu);
  g_assert_cmphex (hand_pixel (&hand, 70, 60), ==, 0xff10ff10u);
  g_assert_true (limn_document_undo (hand.document));
  limn_studio_set_tolerance (hand.studio, 16);
  fill_at (&hand, 60, 60);
  g_assert_cmphex (hand_pixel (&hand, 89, 60), ==, 0xff0000ffu);
  g_assert_cmphex (hand_pixel (&hand, 20, 20), ==, 0);
  /* Beside the layer there is nothing. */
  hand_click (&hand, -5, 300);
  g_assert_false (limn_toolbox_is_open (hand.box));
  g_assert_cmpint (hand.messages, ==, 0);
  g_assert_false (limn_studio_get_drawing (hand.studio));
  hand_end (&hand);
}

/* What happens while the bucket still searches. */
static void
test_bucket_meanwhile (void)
{
  struct hand hand;

  hand_begin (&hand);
  limn_studio_set_tool (hand.studio, LIMN_TOOL_BUCKET);
  hand_fill (&hand, 50, 50, 40, 40, 0xff00ff00u);
  hand_click (&hand, 60, 60);
  g_assert_true (limn_toolbox_is_open (hand.box));
  g_assert_true (hand_key (&hand, GDK_KEY_Escape));
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmphex (hand_pixel (&hand, 60, 60), ==, 0xff00ff00u);

  /* The pixels change: what is filled is what hangs together then. */
  hand_click (&hand, 60, 60);
  g_assert_true (limn_document_undo (hand.document));
  while (limn_toolbox_is_open (hand.box))
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmphex (hand_pixel (&hand, 10, 10), ==, 0xff000000u);
  g_assert_true (limn_document_undo (hand.document));

  /* A second click and another tool end it at once; so does the end of the studio, without. */
  hand_click (&hand, 60, 60);
  hand_click (&hand, 60, 60);
  g_assert_cmpuint (hand_layer (&hand)->ops->len, ==, 1);
  limn_studio_set_tool (hand.studio, LIMN_TOOL_BRUSH);
  g_assert_cmpuint (hand_layer (&hand)->ops->len, ==, 2);
  limn_studio_set_tool (hand.studio, LIMN_TOOL_BUCKET);
  hand_click (&hand, 60, 60);
  limn_toolbox_set_view (hand.box, NULL, NULL);
  g_assert_finalize_object (hand.studio);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (hand_layer (&hand)->ops->len, ==, 2);
  g_assert_finalize_object (hand.document);
}

static void
test_picker (void)
{
  struct hand hand;
  guint32 above;

  hand_begin (&hand);
  hand_fill (&hand, 0, 0, 100, 200, 0xff804020u);
  above = limn_document_add_layer (hand.document, LIMN_LAYER_PICTURE, "Above", 1);
  limn_studio_set_layer (hand.studio, above);
  limn_studio_set_tool (hand.studio, LIMN_TOOL_PICKER);
  limn_studio_set_colour (hand.studio, 0x60112233u);
  hand_drag (&hand, 10, 10, 50, 50);
  g_assert_cmphex (limn_studio_get_colour (hand.studio), ==, 0x60804020u);
  /* Nothing is no colour, neither where nothing is drawn nor beside the canvas. */
  hand_click (&hand, 150, 50);
  hand_click (&hand, -1, 50);
  g_assert_cmphex (limn_studio_get_colour (hand.studio), ==, 0x60804020u);
  /* Of what shines through, the colour that it has, not what its alpha makes of it. */
  limn_document_set_layer (hand.document, hand.layer, LIMN_LAYER_OPACITY,
                           g_variant_new_double (0.5), 0);
  limn_studio_set_colour (hand.studio, 0xff000000u);
  hand_click (&hand, 20, 20);
  g_assert_cmpint (limn_studio_get_colour (hand.studio) >> 16 & 0xff, ==, 0x80);
  g_assert_cmpint (limn_studio_get_colour (hand.studio) >> 24, ==, 0xff);

  /* The brush picks with ctrl. */
  limn_studio_set_tool (hand.studio, LIMN_TOOL_BRUSH);
  limn_studio_set_colour (hand.studio, 0xff000000u);
  hand.modifiers = GDK_CONTROL_MASK;
  hand_click (&hand, 20, 20);
  g_assert_cmpint (limn_studio_get_colour (hand.studio) >> 16 & 0xff, ==, 0x80);
  g_assert_cmpuint (limn_document_find_layer (hand.document, above)->ops->len, ==, 0);

  /* With a picture over all, the colour that is seen. */
  limn_studio_take_picture (hand.studio, limn_image_new (8, 8, 3));
  hand_click (&hand, 20, 20);
  g_assert_cmphex (limn_studio_get_colour (hand.studio), ==, 0xff123456u);
  hand_end (&hand);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tools/brush", test_brush);
  g_test_add_func ("/tools/batch", test_batch);
  g_test_add_func ("/tools/opacity", test_opacity);
  g_test_add_func ("/tools/eraser", test_eraser);
  g_test_add_func ("/tools/shift", test_shift);
  g_test_add_func ("/tools/stabiliser", test_stabiliser);
  g_test_add_func ("/tools/shapes", test_shapes);
  g_test_add_func ("/tools/shape-places", test_shape_places);
  g_test_add_func ("/tools/polygon", test_polygon);
  g_test_add_func ("/tools/polygon-back", test_polygon_back);
  g_test_add_func ("/tools/bucket", test_bucket);
  g_test_add_func ("/tools/bucket-meanwhile", test_bucket_meanwhile);
  g_test_add_func ("/tools/picker", test_picker);
  return g_test_run ();
}
