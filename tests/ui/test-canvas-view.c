/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>
#include <math.h>

#include "canvas/view.h"

/* How a document lies in a widget: numbers alone. */

static GRand *random_numbers;

#define assert_near(a, b) g_assert_cmpfloat_with_epsilon ((a), (b), 1e-6)

static struct limn_view
new_view (int document_width, int document_height, int width, int height, int device_scale)
{
  struct limn_view view;

  limn_view_init (&view, document_width, document_height);
  limn_view_resize (&view, width, height, device_scale);
  return view;
}

static void
assert_shows (const struct limn_view *view, double x, double y, double to_x, double to_y)
{
  double found_x, found_y;

  limn_view_to_document (view, x, y, &found_x, &found_y);
  /* What is shown is rounded to the pixels of the screen. */
  g_assert_cmpfloat_with_epsilon (found_x, to_x, 1.0 / view->scale / view->device_scale);
  g_assert_cmpfloat_with_epsilon (found_y, to_y, 1.0 / view->scale / view->device_scale);
}

static void
test_fit (void)
{
  struct limn_view view = new_view (2000, 1000, 1048, 848, 1);

  assert_near (view.scale, 0.5);
  g_assert_true (view.fitted);
  assert_shows (&view, 524, 424, 1000, 500);
  assert_shows (&view, 24, 174, 0, 0);
  /* It follows the widget. */
  limn_view_resize (&view, 548, 848, 1);
  assert_near (view.scale, 0.25);
  /* It fits turned, too. */
  limn_view_rotate (&view, 90, 274, 424);
  g_assert_false (view.fitted);
  limn_view_fit (&view);
  assert_near (view.scale, 0.4);
  /* A widget without room for margins still shows all. */
  limn_view_resize (&view, 10, 10, 1);
  g_assert_cmpfloat (view.scale, >, 0.0);
  limn_view_resize (&view, 0, 0, 1);
  g_assert_true (isfinite (view.scale) && view.scale > 0);
}

static void
test_round_trip (void)
{
  for (int i = 0; i < 200; i++) {
    struct limn_view view =
        new_view (g_rand_int_range (random_numbers, 1, 3000),
                  g_rand_int_range (random_numbers, 1, 3000), 800, 600, 1 + i % 3);
    double x = g_rand_double_range (random_numbers, -100, 900),
           y = g_rand_double_range (random_numbers, -100, 700);
    double there_x, there_y, back_x, back_y;

    limn_view_set_scale (&view, exp2 (g_rand_double_range (random_numbers, -5, 5)), x, y);
    limn_view_rotate (&view, g_rand_double_range (random_numbers, -400, 400), x, y);
    limn_view_set_mirrored (&view, i % 2 == 1);
    limn_view_to_document (&view, x, y, &there_x, &there_y);
    limn_view_from_document (&view, there_x, there_y, &back_x, &back_y);
    assert_near (back_x, x);
    assert_near (back_y, y);
  }
}

/* What the pointer is on stays under it. */
static void
test_zoom_about (void)
{
  struct limn_view view = new_view (1000, 1000, 800, 600, 1);
  double x, y;

  limn_view_rotate (&view, 30, 400, 300);
  limn_view_set_mirrored (&view, true);
  limn_view_to_document (&view, 300, 250, &x, &y);
  for (int i = 0; i < 40; i++) {
    limn_view_set_scale (&view, view.scale * (i < 20 ? 1.1 : 1 / 1.1), 300, 250);
    assert_shows (&view, 300, 250, x, y);
  }
  limn_view_rotate (&view, 77, 300, 250);
  assert_shows (&view, 300, 250, x, y);
  limn_view_set_scale (&view, 1e9, 300, 250);
  assert_near (view.scale, LIMN_VIEW_MAX_SCALE);
  limn_view_set_scale (&view, 0, 300, 250);
  assert_near (view.scale, LIMN_VIEW_MIN_SCALE);
}

static void
test_resize_keeps_centre (void)
{
  struct limn_view view = new_view (1000, 1000, 800, 600, 1);

  limn_view_set_scale (&view, 2, 400, 300);
  limn_view_pan (&view, 111, -77);
  for (int i = 0; i < 10; i++) {
    double x = view.centre_x, y = view.centre_y;

    limn_view_resize (&view, 600 + 10 * i, 900 - 30 * i, 1);
    assert_near (view.centre_x, x);
    assert_near (view.centre_y, y);
    assert_near (view.scale, 2);
    assert_shows (&view, view.width / 2.0, view.height / 2.0, x, y);
  }
}

static void
test_pan (void)
{
  struct limn_view view = new_view (1000, 1000, 800, 600, 1);
  double x, y, x2, y2;

  limn_view_set_actual_size (&view, 400, 300);
  limn_view_rotate (&view, 90, 400, 300);
  limn_view_from_document (&view, 500, 500, &x, &y);
  limn_view_pan (&view, 30, 40);
  limn_view_from_document (&view, 500, 500, &x2, &y2);
  assert_near (x2 - x, 30);
  assert_near (y2 - y, 40);
  /* However far: some of it stays in sight. */
  limn_view_pan (&view, 1e6, -1e6);
  g_assert_cmpint (
      limn_view_area_to_document (&view, (cairo_rectangle_int_t){ 0, 0, 800, 600 }).width, >=, 16);
  limn_view_pan (&view, -1e6, 1e6);
  g_assert_cmpint (
      limn_view_area_to_document (&view, (cairo_rectangle_int_t){ 0, 0, 800, 600 }).height, >=, 16);
}

/* As it is seen, whether it is mirrored or not. */
static void
test_rotate (void)
{
  struct limn_view view = new_view (1000, 1000, 800, 600, 1);

  for (int mirrored = 0; mirrored < 2; mirrored++) {
    double x1, y1, x2, y2;

    limn_view_set_mirrored (&view, mirrored);
    limn_view_from_document (&view, 600, 500, &x1, &y1);
    limn_view_rotate (&view, 90, 400, 300);
    limn_view_from_document (&view, 600, 500, &x2, &y2);
    /* Clockwise: what was right of the middle is below it. */
    assert_near (x2 - 400, -(y1 - 300));
    assert_near (y2 - 300, x1 - 400);
    limn_view_reset_rotation (&view);
    assert_near (limn_view_get_rotation (&view), 0);
  }
  limn_view_set_mirrored (&view, true);
  limn_view_rotate (&view, 30, 400, 300);
  assert_near (limn_view_get_rotation (&view), 30);
  limn_view_rotate (&view, -45, 400, 300);
  assert_near (limn_view_get_rotation (&view), 345);
}

static void
test_steps (void)
{
  struct limn_view view = new_view (1000, 1000, 800, 600, 2);
  double last = 0;

  limn_view_set_scale (&view, 0, 400, 300);
  for (int i = 0; i < 60; i++) {
    last = view.scale;
    limn_view_step_scale (&view, 1, 400, 300);
    g_assert_cmpfloat (view.scale, >=, last);
  }
  assert_near (view.scale, LIMN_VIEW_MAX_SCALE / 2);
  limn_view_set_scale (&view, 0.55 / 2, 400, 300);
  limn_view_step_scale (&view, 1, 400, 300);
  assert_near (view.scale, 2.0 / 3 / 2);
  /* One pixel of the screen for one of the document. */
  limn_view_step_scale (&view, 1, 400, 300);
  assert_near (view.scale, 0.5);
  limn_view_step_scale (&view, -1, 400, 300);
  assert_near (view.scale, 2.0 / 3 / 2);
  limn_view_set_scale (&view, 0.7 / 2, 400, 300);
  limn_view_step_scale (&view, -1, 400, 300);
  assert_near (view.scale, 2.0 / 3 / 2);
  limn_view_set_actual_size (&view, 400, 300);
  assert_near (view.scale, 0.5);
}

static void
test_areas (void)
{
  struct limn_view view = new_view (1000, 1000, 800, 600, 1);
  cairo_rectangle_int_t area;
  double x, y;

  limn_view_set_actual_size (&view, 400, 300);
  limn_view_from_document (&view, 100, 50, &x, &y);
  area = limn_view_area_from_document (&view, (cairo_rectangle_int_t){ 100, 50, 20, 10 });
  assert_near (area.x, x);
  assert_near (area.y, y);
  g_assert_cmpint (area.width, ==, 20);
  g_assert_cmpint (area.height, ==, 10);
  area = limn_view_area_to_document (&view, area);
  g_assert_cmpint (area.x, ==, 100);
  g_assert_cmpint (area.y, ==, 50);
  g_assert_cmpint (area.width, ==, 20);
  g_assert_cmpint (area.height, ==, 10);
  /* No more than there is. */
  area = limn_view_area_to_document (&view, (cairo_rectangle_int_t){ -9999, -9999, 20000, 20000 });
  g_assert_cmpint (area.width, ==, 1000);
  g_assert_cmpint (area.height, ==, 1000);
}

/* The projection says the same as the matrix; the corner lies on a pixel of the screen. */
static void
test_projection (void)
{
  for (int i = 0; i < 100; i++) {
    struct limn_view view = new_view (1000, 700, 801, 601, 1 + i % 3);
    struct limn_projection projection;
    double x, y, corner_x, corner_y, expected_x, expected_y;

    limn_view_set_scale (&view, exp2 (g_rand_double_range (random_numbers, -6, 4)), 400, 300);
    limn_view_rotate (&view, i % 4 == 0 ? 90 : g_rand_double_range (random_numbers, 0, 360), 400,
                      300);
    limn_view_project (&view, &projection);
    limn_view_from_document (&view, 0, 0, &corner_x, &corner_y);
    assert_near (corner_x * view.device_scale, projection.origin_x);
    assert_near (corner_y * view.device_scale, projection.origin_y);
    x = 17 - projection.origin_x;
    y = 23 - projection.origin_y;
    cairo_matrix_transform_point (&projection.to_document, &x, &y);
    limn_view_to_document (&view, 17.0 / view.device_scale, 23.0 / view.device_scale, &expected_x,
                           &expected_y);
    assert_near (x, expected_x);
    assert_near (y, expected_y);
    g_assert_cmpfloat (projection.sharpness, >=, 1);
    g_assert_true (projection.level == LIMN_VIEW_LEVELS - 1 ||
                   projection.scale * (1 << projection.level) >= 0.59);
    g_assert_true (projection.level == 0 || projection.scale * (1 << projection.level) < 1.21);
  }
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  random_numbers = g_rand_new_with_seed (1);
  g_test_add_func ("/canvas/view/fit", test_fit);
  g_test_add_func ("/canvas/view/round-trip", test_round_trip);
  g_test_add_func ("/canvas/view/zoom-about", test_zoom_about);
  g_test_add_func ("/canvas/view/resize-keeps-centre", test_resize_keeps_centre);
  g_test_add_func ("/canvas/view/pan", test_pan);
  g_test_add_func ("/canvas/view/rotate", test_rotate);
  g_test_add_func ("/canvas/view/steps", test_steps);
  g_test_add_func ("/canvas/view/areas", test_areas);
  g_test_add_func ("/canvas/view/projection", test_projection);
  status = g_test_run ();
  g_rand_free (random_numbers);
  return status;
}
