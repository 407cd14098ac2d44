/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <adwaita.h>
#include <gdk/x11/gdkx.h>
#include <math.h>

#include "tools/actions.h"
#include "tools/pen.h"
#include "tools/toolbox.h"

/* Mouse and keys through the X server: what xdotool sends is what is drawn. */

#define SIDE 400

struct fixture {
  LimnDocument *document;
  LimnStudio *studio;
  GtkWidget *window, *canvas;
  guint32 layer;
  GPtrArray *words; /* for xdotool */
};

/* --- the window --- */

static gboolean
on_frame (GtkWidget *widget, GdkFrameClock *clock, gpointer data)
{
  int *left = data;

  return --*left > 0 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static void
wait_for_frames (struct fixture *fixture, int count)
{
  int left = count;

  gtk_widget_add_tick_callback (fixture->window, on_frame, &left, NULL);
  while (left > 0)
    g_main_context_iteration (NULL, TRUE);
}

/* As the window does it: what has the focus sees a key first. */
static void
add_keys (GtkWidget *window)
{
  GtkEventController *controller = gtk_shortcut_controller_new ();

  for (const struct limn_shortcut *row = limn_tool_shortcuts; row->action != NULL; row++) {
    g_autofree char *name = NULL;
    g_autoptr (GVariant) target = NULL;
    GtkShortcut *shortcut;

    g_assert_true (g_action_parse_detailed_name (row->action, &name, &target, NULL));
    shortcut = gtk_shortcut_new (gtk_shortcut_trigger_parse_string (row->accelerator),
                                 gtk_named_action_new (name));
    g_assert_nonnull (gtk_shortcut_get_trigger (shortcut));
    gtk_shortcut_set_arguments (shortcut, target);
    gtk_shortcut_controller_add_shortcut (GTK_SHORTCUT_CONTROLLER (controller), shortcut);
  }
  gtk_widget_add_controller (window, controller);
}

static void say (struct fixture *fixture, const char *format, ...) G_GNUC_PRINTF (2, 3);

static void
say (struct fixture *fixture, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_ptr_array_add (fixture->words, g_steal_pointer (&text));
}

static void
on_exited (GObject *process, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (g_subprocess_wait_check_finish (G_SUBPROCESS (process), result, &error));
  g_assert_no_error (error);
  *(bool *) data = true;
}

/* What was said is done by the X server when this returns. @blocked: the main loop sees nothing of
 * it before. */
static void
act (struct fixture *fixture, bool blocked)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) process = NULL;
  bool done = false;

  g_ptr_array_insert (fixture->words, 0, g_strdup ("xdotool"));
  g_ptr_array_add (fixture->words, NULL);
  process = g_subprocess_newv ((const char *const *) fixture->words->pdata,
                               G_SUBPROCESS_FLAGS_STDOUT_SILENCE, &error);
  g_assert_no_error (error);
  g_ptr_array_set_size (fixture->words, 0);
  if (blocked) {
    g_assert_true (g_subprocess_wait_check (process, NULL, &error));
    g_assert_no_error (error);
  } else {
    g_subprocess_wait_check_async (process, NULL, on_exited, &done);
    while (!done)
      g_main_context_iteration (NULL, TRUE);
  }
  /* xdotool has flushed; a round trip of our own brings all events that it caused. */
  gdk_display_sync (gtk_widget_get_display (fixture->window));
  wait_for_frames (fixture, 3);
}

static void
focus (struct fixture *fixture)
{
  GdkSurface *surface = gtk_native_get_surface (GTK_NATIVE (fixture->window));

  say (fixture, "windowfocus");
  say (fixture, "%lu", gdk_x11_surface_get_xid (surface));
  act (fixture, false);
  gtk_widget_grab_focus (fixture->canvas);
  g_assert_true (gtk_widget_has_focus (fixture->canvas));
}

static void
fixture_begin (struct fixture *fixture)
{
  GActionGroup *actions;

  fixture->document = limn_document_new (SIDE, SIDE);
  fixture->layer = limn_document_add_layer (fixture->document, LIMN_LAYER_SCRIBBLE, "Drawing", 0);
  fixture->studio = limn_studio_new (fixture->document);
  fixture->words = g_ptr_array_new_with_free_func (g_free);
  fixture->canvas = limn_canvas_new (fixture->studio);
  limn_pen_attach (LIMN_CANVAS (fixture->canvas), fixture->studio);
  actions = limn_tool_actions_new (fixture->studio);

  fixture->window = gtk_window_new ();
  gtk_window_set_decorated (GTK_WINDOW (fixture->window), FALSE);
  gtk_window_set_default_size (GTK_WINDOW (fixture->window), 800, 600);
  gtk_window_set_child (GTK_WINDOW (fixture->window), fixture->canvas);
  gtk_widget_insert_action_group (fixture->window, "tool", actions);
  g_object_unref (actions);
  add_keys (fixture->window);
  gtk_window_present (GTK_WINDOW (fixture->window));
  wait_for_frames (fixture, 4);
  focus (fixture);
}

static void
fixture_end (struct fixture *fixture)
{
  g_assert_false (limn_studio_get_drawing (fixture->studio));
  g_object_add_weak_pointer (G_OBJECT (fixture->canvas), (gpointer *) &fixture->canvas);
  /* GTK's muxer of a window outlives it. */
  gtk_widget_insert_action_group (fixture->window, "tool", NULL);
  g_object_add_weak_pointer (G_OBJECT (fixture->window), (gpointer *) &fixture->window);
  gtk_window_destroy (GTK_WINDOW (fixture->window));
  while (fixture->canvas != NULL || fixture->window != NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_finalize_object (fixture->studio);
  g_assert_finalize_object (fixture->document);
  g_ptr_array_unref (fixture->words);
}

/* --- the mouse --- */

/* A place of the document on the screen, in whole pixels, and what that place is exactly. */
static void
place (struct fixture *fixture, double x, double y, int screen[2], double exact[2])
{
  LimnCanvas *canvas = LIMN_CANVAS (fixture->canvas);
  double at_x, at_y, left, top;

  limn_canvas_from_document (canvas, x, y, &at_x, &at_y);
  at_x = round (at_x);
  at_y = round (at_y);
  if (exact != NULL)
    limn_canvas_to_document (canvas, at_x, at_y, &exact[0], &exact[1]);
  g_assert_true (
      gtk_widget_translate_coordinates (fixture->canvas, fixture->window, at_x, at_y, &left, &top));
  screen[0] = (int) left;
  screen[1] = (int) top;
}

static void
say_move (struct fixture *fixture, double x, double y)
{
  int screen[2];

  place (fixture, x, y, screen, NULL);
  say (fixture, "mousemove");
  say (fixture, "%d", screen[0]);
  say (fixture, "%d", screen[1]);
}

static void
say_button (struct fixture *fixture, const char *what, int button)
{
  say (fixture, "%s", what);
  say (fixture, "%d", button);
}

static void
drag (struct fixture *fixture, double from_x, double from_y, double to_x, double to_y, int button)
{
  say_move (fixture, from_x, from_y);
  say_button (fixture, "mousedown", button);
  for (int i = 1; i <= 8; i++)
    say_move (fixture, from_x + (to_x - from_x) * i / 8, from_y + (to_y - from_y) * i / 8);
  say_button (fixture, "mouseup", button);
  act (fixture, false);
}

static void
click (struct fixture *fixture, double x, double y)
{
  say_move (fixture, x, y);
  say_button (fixture, "click", 1);
  act (fixture, false);
}

static void
key (struct fixture *fixture, const char *name)
{
  say (fixture, "key");
  say (fixture, "%s", name);
  act (fixture, false);
}

static const limn_layer *
layer_of (struct fixture *fixture)
{
  return limn_document_find_layer (fixture->document, fixture->layer);
}

static const limn_op *
last_op (struct fixture *fixture)
{
  GPtrArray *ops = layer_of (fixture)->ops;

  g_assert_cmpuint (ops->len, >, 0);
  return g_ptr_array_index (ops, ops->len - 1);
}

static guint32
alpha_at (struct fixture *fixture, int x, int y)
{
  cairo_surface_flush (layer_of (fixture)->pixels);
  return limn_pixels_row (layer_of (fixture)->pixels, y)[x] >> 24;
}

/* --- tests --- */

#define POINTS 600

/* A spiral whose points are all different pixels of the screen. */
static void
check_stroke (bool blocked)
{
  struct fixture fixture;
  double wanted[POINTS][2];
  const limn_op *op;

  fixture_begin (&fixture);
  for (int i = 0; i < POINTS; i++) {
    double angle = i * 0.05, radius = 30 + i * 0.25;
    int screen[2];

    place (&fixture, SIDE / 2 + radius * cos (angle), SIDE / 2 + radius * sin (angle), screen,
           wanted[i]);
    say (&fixture, "mousemove");
    say (&fixture, "%d", screen[0]);
    say (&fixture, "%d", screen[1]);
    if (i == 0)
      say_button (&fixture, "mousedown", 1);
  }
  say_button (&fixture, "mouseup", 1);
  act (&fixture, blocked);
  while (limn_studio_get_drawing (fixture.studio))
    g_main_context_iteration (NULL, TRUE);

  op = last_op (&fixture);
  g_assert_cmpuint (layer_of (&fixture)->ops->len, ==, 1);
  g_assert_cmpuint (op->n_points, ==, POINTS);
  for (int i = 0; i < POINTS; i++) {
    struct limn_point point = limn_point_new (wanted[i][0], wanted[i][1], 1.0, 0);

    g_assert_cmpint (op->points[i].x, ==, point.x);
    g_assert_cmpint (op->points[i].y, ==, point.y);
    g_assert_cmpint (op->points[i].pressure, ==, G_MAXUINT16);
  }
  fixture_end (&fixture);
}

static void
test_stroke (void)
{
  check_stroke (false);
}

/* All of it within one frame. */
static void
test_stroke_blocked (void)
{
  check_stroke (true);
}

static void
test_keys (void)
{
  static const struct {
    const char *key;
    limn_tool_id tool;
  } choices[] = {
    { "e", LIMN_TOOL_ERASER },  { "v", LIMN_TOOL_LINE },    { "r", LIMN_TOOL_RECTANGLE },
    { "o", LIMN_TOOL_ELLIPSE }, { "y", LIMN_TOOL_POLYGON }, { "g", LIMN_TOOL_BUCKET },
    { "l", LIMN_TOOL_LASSO },   { "i", LIMN_TOOL_PICKER },  { "b", LIMN_TOOL_BRUSH },
  };
  struct fixture fixture;
  struct limn_brush before, after;

  fixture_begin (&fixture);
  for (gsize i = 0; i < G_N_ELEMENTS (choices); i++) {
    key (&fixture, choices[i].key);
    g_assert_cmpint (limn_studio_get_tool (fixture.studio), ==, choices[i].tool);
  }
  before = limn_studio_get_brush (fixture.studio, LIMN_TOOL_BRUSH);
  key (&fixture, "bracketright");
  key (&fixture, "shift+bracketright");
  after = limn_studio_get_brush (fixture.studio, LIMN_TOOL_BRUSH);
  g_assert_cmpfloat (after.size, >, before.size);
  g_assert_cmpfloat_with_epsilon (after.softness, before.softness + 0.1f, 1e-6);
  key (&fixture, "bracketleft");
  key (&fixture, "shift+bracketleft");
  after = limn_studio_get_brush (fixture.studio, LIMN_TOOL_BRUSH);
  g_assert_cmpfloat_with_epsilon (after.size, before.size, 0.01);
  g_assert_cmpfloat_with_epsilon (after.softness, before.softness, 1e-6);
  key (&fixture, "x");
  g_assert_cmphex (limn_studio_get_colour (fixture.studio), ==, 0xffffffffu);
  key (&fixture, "d");
  key (&fixture, "alt+bracketleft");
  g_assert_cmphex (limn_studio_get_colour (fixture.studio), ==, 0xe6000000u);
  key (&fixture, "shift+f");
  g_assert_true (limn_studio_get_filled (fixture.studio));
  fixture_end (&fixture);
}

/* Shift and ctrl while the button is down, and what belongs to the view. */
static void
test_modifiers (void)
{
  struct fixture fixture;

  fixture_begin (&fixture);
  drag (&fixture, 50, 50, 350, 50, 1);
  g_assert_cmpuint (layer_of (&fixture)->ops->len, ==, 1);
  say (&fixture, "keydown");
  say (&fixture, "shift");
  click (&fixture, 350, 350);
  say (&fixture, "keyup");
  say (&fixture, "shift");
  act (&fixture, false);
  g_assert_cmpint (last_op (&fixture)->kind, ==, LIMN_OP_SHAPE);
  g_assert_cmpuint (alpha_at (&fixture, 350, 200), >, 200);

  limn_studio_set_colour (fixture.studio, 0xffff0000u);
  say (&fixture, "keydown");
  say (&fixture, "ctrl");
  click (&fixture, 200, 50);
  say (&fixture, "keyup");
  say (&fixture, "ctrl");
  act (&fixture, false);
  g_assert_cmphex (limn_studio_get_colour (fixture.studio), ==, 0xff000000u);
  g_assert_cmpuint (layer_of (&fixture)->ops->len, ==, 2);

  drag (&fixture, 100, 100, 120, 130, 2);
  say (&fixture, "keydown");
  say (&fixture, "space");
  drag (&fixture, 100, 100, 120, 130, 1);
  say (&fixture, "keyup");
  say (&fixture, "space");
  act (&fixture, false);
  g_assert_cmpuint (layer_of (&fixture)->ops->len, ==, 2);
  fixture_end (&fixture);
}

static void
test_polygon (void)
{
  struct fixture fixture;

  fixture_begin (&fixture);
  limn_studio_set_filled (fixture.studio, true);
  key (&fixture, "y");
  click (&fixture, 100, 100);
  click (&fixture, 300, 100);
  click (&fixture, 200, 300);
  g_assert_true (limn_studio_get_drawing (fixture.studio));
  g_assert_cmpuint (layer_of (&fixture)->ops->len, ==, 0);
  key (&fixture, "Escape");
  g_assert_false (limn_studio_get_drawing (fixture.studio));
  g_assert_cmpuint (layer_of (&fixture)->ops->len, ==, 0);

  click (&fixture, 100, 100);
  click (&fixture, 300, 100);
  click (&fixture, 20, 20);
  key (&fixture, "BackSpace");
  click (&fixture, 200, 300);
  key (&fixture, "Return");
  g_assert_cmpuint (last_op (&fixture)->n_points, ==, 3);
  g_assert_cmpuint (alpha_at (&fixture, 200, 150), ==, 255);
  g_assert_cmpuint (alpha_at (&fixture, 60, 60), ==, 0);
  g_assert_true (limn_document_undo (fixture.document));
  g_assert_cmpuint (alpha_at (&fixture, 200, 150), ==, 0);

  /* A double click closes it where it is. */
  click (&fixture, 100, 100);
  click (&fixture, 300, 100);
  say_move (&fixture, 200, 300);
  say (&fixture, "click");
  say (&fixture, "--repeat");
  say (&fixture, "2");
  say (&fixture, "--delay");
  say (&fixture, "1");
  say (&fixture, "1");
  act (&fixture, false);
  g_assert_false (limn_studio_get_drawing (fixture.studio));
  g_assert_cmpuint (last_op (&fixture)->n_points, ==, 3);
  fixture_end (&fixture);
}

static void
test_lasso (void)
{
  struct fixture fixture;
  double far = 100;

  fixture_begin (&fixture);
  limn_studio_set_filled (fixture.studio, true);
  key (&fixture, "r");
  drag (&fixture, 120, 120, 160, 160, 1);
  key (&fixture, "l");
  say_move (&fixture, far, far);
  say_button (&fixture, "mousedown", 1);
  say_move (&fixture, 180, far);
  say_move (&fixture, 180, 180);
  say_move (&fixture, far, 180);
  say_button (&fixture, "mouseup", 1);
  act (&fixture, false);
  g_assert_true (limn_toolbox_has_selection (limn_toolbox_of (fixture.studio)));

  /* Moved by 60, 60; twice as large from its corner at 160, 160; a quarter turn about its middle
   * at 240, 240, by the handle above it. */
  drag (&fixture, 140, 140, 200, 200, 1);
  drag (&fixture, 240, 240, 320, 320, 1);
  say (&fixture, "keydown");
  say (&fixture, "shift");
  drag (&fixture, 240, 160 - 26 / limn_canvas_get_scale (LIMN_CANVAS (fixture.canvas)), 330, 238,
        1);
  say (&fixture, "keyup");
  say (&fixture, "shift");
  act (&fixture, false);
  g_assert_cmpuint (layer_of (&fixture)->ops->len, ==, 1);
  key (&fixture, "Return");
  g_assert_cmpint (last_op (&fixture)->kind, ==, LIMN_OP_TRANSFORM);
  g_assert_cmpuint (alpha_at (&fixture, 140, 140), ==, 0);
  g_assert_cmpuint (alpha_at (&fixture, 205, 205), ==, 255);
  g_assert_cmpuint (alpha_at (&fixture, 275, 275), ==, 255);
  g_assert_cmpuint (alpha_at (&fixture, 190, 240), ==, 0);
  g_assert_cmpuint (alpha_at (&fixture, 290, 240), ==, 0);
  g_assert_cmpfloat_with_epsilon (last_op (&fixture)->matrix.xx, 0, 0.01);
  g_assert_cmpfloat_with_epsilon (last_op (&fixture)->matrix.yx, 2, 0.1);

  key (&fixture, "ctrl+a");
  key (&fixture, "Delete");
  g_assert_cmpuint (alpha_at (&fixture, 240, 240), ==, 0);
  fixture_end (&fixture);
}

int
main (int argc, char **argv)
{
  gtk_test_init (&argc, &argv, NULL);
  adw_init ();
  g_test_add_func ("/pen/stroke", test_stroke);
  g_test_add_func ("/pen/stroke-blocked", test_stroke_blocked);
  g_test_add_func ("/pen/keys", test_keys);
  g_test_add_func ("/pen/modifiers", test_modifiers);
  g_test_add_func ("/pen/polygon", test_polygon);
  g_test_add_func ("/pen/lasso", test_lasso);
  return g_test_run ();
}
