/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <gdk/x11/gdkx.h>

#include "canvas/canvas-private.h"
#include "document/composite.h"

/* What moves the view by hand, through the X server: xdotool presses and turns. */

static LimnDocument *document;
static LimnStudio *studio;
static LimnCanvas *canvas;
static GtkWidget *window;
static int presses; /* that got through to tools */
static int view_changes;

static void
on_press (GtkGestureClick *gesture, int clicks, double x, double y)
{
  presses++;
}

static void
on_view_changed (void)
{
  view_changes++;
}

/* Runs xdotool with words; while it runs, events come in. */
static void
on_done (GObject *object, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;

  g_subprocess_wait_check_finish (G_SUBPROCESS (object), result, &error);
  g_assert_no_error (error);
  *(bool *) data = true;
}

static void
xdotool (const char *words)
{
  g_autofree char *command = g_strconcat ("xdotool ", words, NULL);
  g_auto (GStrv) argv = NULL;
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;
  bool done = false;

  g_assert_true (g_shell_parse_argv (command, NULL, &argv, &error));
  process =
      g_subprocess_newv ((const char *const *) argv, G_SUBPROCESS_FLAGS_STDOUT_SILENCE, &error);
  g_assert_no_error (error);
  g_subprocess_wait_check_async (process, NULL, on_done, &done);
  while (!done)
    g_main_context_iteration (NULL, TRUE);
}

/* xdotool's events are with the server when it ends; what they do to the view is waited for. */
static void
until_view_changes (int before)
{
  while (view_changes == before)
    g_main_context_iteration (NULL, TRUE);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
}

static void
set_up (void)
{
  GtkGesture *click = gtk_gesture_click_new ();
  g_autofree char *focus = NULL;

  document = limn_document_new (300, 200);
  studio = limn_studio_new (document);
  canvas = LIMN_CANVAS (limn_canvas_new (studio));
  g_signal_connect (click, "pressed", G_CALLBACK (on_press), NULL);
  gtk_widget_add_controller (GTK_WIDGET (canvas), GTK_EVENT_CONTROLLER (click));
  g_signal_connect (canvas, "view-changed", G_CALLBACK (on_view_changed), NULL);
  window = gtk_window_new ();
  gtk_window_set_decorated (GTK_WINDOW (window), FALSE);
  gtk_window_set_default_size (GTK_WINDOW (window), 600, 500);
  gtk_window_set_child (GTK_WINDOW (window), GTK_WIDGET (canvas));
  gtk_window_present (GTK_WINDOW (window));
  while (canvas->updates == 0)
    g_main_context_iteration (NULL, TRUE);
  focus = g_strdup_printf ("windowfocus --sync %lu",
                           gdk_x11_surface_get_xid (gtk_native_get_surface (GTK_NATIVE (window))));
  xdotool (focus);
  presses = 0;
}

static void
tear_down (void)
{
  g_object_add_weak_pointer (G_OBJECT (canvas), (gpointer *) &canvas);
  gtk_window_destroy (GTK_WINDOW (window));
  while (canvas != NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_finalize_object (studio);
  g_assert_finalize_object (document);
}

/* Where a point of the document is now. */
static void
where (double *x, double *y)
{
  limn_canvas_from_document (canvas, 150, 100, x, y);
}

static void
test_wheel (void)
{
  double x, y, x2, y2, scale;
  int before;

  set_up ();
  xdotool ("mousemove 200 150");
  where (&x, &y);
  before = view_changes;
  xdotool ("click 5");
  until_view_changes (before);
  where (&x2, &y2);
  g_assert_cmpfloat_with_epsilon (x2, x, 1e-6);
  g_assert_cmpfloat (y2, <, y);
  before = view_changes;
  xdotool ("keydown shift click 4 keyup shift");
  until_view_changes (before);
  where (&x, &y);
  g_assert_cmpfloat (x, >, x2);
  g_assert_cmpfloat_with_epsilon (y, y2, 1e-6);
  /* The pointer stays on what it is on. */
  limn_canvas_to_document (canvas, 200, 150, &x, &y);
  scale = limn_canvas_get_scale (canvas);
  before = view_changes;
  xdotool ("keydown ctrl click 4 keyup ctrl");
  until_view_changes (before);
  g_assert_cmpfloat (limn_canvas_get_scale (canvas), >, scale);
  limn_canvas_to_document (canvas, 200, 150, &x2, &y2);
  g_assert_cmpfloat_with_epsilon (x2, x, 1);
  g_assert_cmpfloat_with_epsilon (y2, y, 1);
  tear_down ();
}

static void
test_middle_button (void)
{
  double x, y, x2, y2;
  int before;

  set_up ();
  xdotool ("mousemove 200 150 mousedown 2");
  where (&x, &y);
  while (!limn_canvas_is_panning (canvas))
    g_main_context_iteration (NULL, TRUE);
  before = view_changes;
  xdotool ("mousemove 230 190");
  until_view_changes (before);
  where (&x2, &y2);
  g_assert_cmpfloat_with_epsilon (x2 - x, 30, 1.01);
  g_assert_cmpfloat_with_epsilon (y2 - y, 40, 1.01);
  xdotool ("mouseup 2");
  while (limn_canvas_is_panning (canvas))
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (presses, ==, 0);
  tear_down ();
}

/* With space the first button moves the view; without, it belongs to the tools. */
static void
test_space (void)
{
  double x, y, x2, y2;
  int before;

  set_up ();
  xdotool ("mousemove 200 150 click 1");
  while (presses == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (gtk_widget_has_focus (GTK_WIDGET (canvas)));
  g_assert_false (limn_canvas_is_panning (canvas));
  presses = 0;
  xdotool ("keydown space");
  while (!limn_canvas_is_panning (canvas))
    g_main_context_iteration (NULL, TRUE);
  xdotool ("mousedown 1");
  where (&x, &y);
  while (!canvas->panning)
    g_main_context_iteration (NULL, TRUE);
  before = view_changes;
  xdotool ("mousemove 190 170");
  until_view_changes (before);
  where (&x2, &y2);
  g_assert_cmpfloat_with_epsilon (x2 - x, -10, 1.01);
  g_assert_cmpfloat_with_epsilon (y2 - y, 20, 1.01);
  xdotool ("mouseup 1 keyup space");
  while (limn_canvas_is_panning (canvas))
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (presses, ==, 0);
  tear_down ();
}

/* While another button is down, as in a stroke, the view stays. */
static void
test_not_while_drawing (void)
{
  double x, y, x2, y2;

  set_up ();
  where (&x, &y);
  xdotool (
      "mousemove 200 150 mousedown 1 mousedown 2 mousemove 230 190 click 4 mouseup 2 mouseup 1");
  /* The next press comes after all of these. */
  xdotool ("click 1");
  while (presses < 2)
    g_main_context_iteration (NULL, TRUE);
  where (&x2, &y2);
  g_assert_cmpfloat_with_epsilon (x2, x, 1e-6);
  g_assert_cmpfloat_with_epsilon (y2, y, 1e-6);
  tear_down ();
}

int
main (int argc, char **argv)
{
  gtk_test_init (&argc, &argv);
  g_test_add_func ("/canvas/input/wheel", test_wheel);
  g_test_add_func ("/canvas/input/middle-button", test_middle_button);
  g_test_add_func ("/canvas/input/space", test_space);
  g_test_add_func ("/canvas/input/not-while-drawing", test_not_while_drawing);
  return g_test_run ();
}
