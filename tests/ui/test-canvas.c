/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <adwaita.h>

#include "canvas/canvas-private.h"
#include "document/composite.h"
#include "shortcuts.h"

/* The canvas as a widget: both renderers on the screen, what falls back and says so, actions. */

struct fixture {
  LimnDocument *document;
  LimnStudio *studio;
  LimnCanvas *canvas;
  GtkWidget *window;
  GActionGroup *actions;
  guint32 layer;
  char *message; /* the last one */
  int view_changes;
};

static void
on_message (LimnStudio *studio, const char *sentence, struct fixture *fixture)
{
  g_free (fixture->message);
  fixture->message = g_strdup (sentence);
}

static void
on_view_changed (LimnCanvas *canvas, struct fixture *fixture)
{
  fixture->view_changes++;
}

/* Until the canvas has shown all that there is. */
static void
show (struct fixture *fixture)
{
  guint before = fixture->canvas->updates;
  cairo_rectangle_int_t sight;

  gtk_widget_queue_draw (GTK_WIDGET (fixture->canvas));
  if (fixture->canvas->area != NULL)
    gtk_gl_area_queue_render (GTK_GL_AREA (fixture->canvas->area));
  do {
    g_main_context_iteration (NULL, TRUE);
    sight = limn_view_area_in_sight (&fixture->canvas->view);
  } while (fixture->canvas->updates == before || limn_scene_is_busy (fixture->canvas->scene) ||
           limn_scene_is_dirty (fixture->canvas->scene, &sight));
}

/* With "gl", "cairo", or NULL for what it chooses itself. */
static struct fixture *
fixture_new (const char *renderer, int width, int height)
{
  struct fixture *fixture = g_new0 (struct fixture, 1);

  if (renderer != NULL)
    g_setenv ("LIMN_RENDERER", renderer, TRUE);
  else
    g_unsetenv ("LIMN_RENDERER");
  fixture->document = limn_document_new (width, height);
  fixture->layer = limn_document_add_layer (fixture->document, LIMN_LAYER_SCRIBBLE, "lines", 0);
  fixture->studio = limn_studio_new (fixture->document);
  g_signal_connect (fixture->studio, "message", G_CALLBACK (on_message), fixture);
  fixture->window = gtk_window_new ();
  fixture->canvas = LIMN_CANVAS (limn_canvas_new (fixture->studio));
  fixture->actions = limn_canvas_actions_new (fixture->canvas);
  g_signal_connect (fixture->canvas, "view-changed", G_CALLBACK (on_view_changed), fixture);
  gtk_widget_insert_action_group (fixture->window, "view", fixture->actions);
  gtk_window_set_default_size (GTK_WINDOW (fixture->window), 500, 400);
  gtk_window_set_child (GTK_WINDOW (fixture->window), GTK_WIDGET (fixture->canvas));
  gtk_window_present (GTK_WINDOW (fixture->window));
  return fixture;
}

static void
fixture_free (struct fixture *fixture)
{
  g_object_add_weak_pointer (G_OBJECT (fixture->canvas), (gpointer *) &fixture->canvas);
  gtk_widget_insert_action_group (fixture->window, "view", NULL);
  gtk_window_destroy (GTK_WINDOW (fixture->window));
  while (fixture->canvas != NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_finalize_object (fixture->actions);
  g_assert_finalize_object (fixture->studio);
  g_assert_finalize_object (fixture->document);
  g_free (fixture->message);
  g_free (fixture);
}

static void
draw_stroke (struct fixture *fixture)
{
  struct limn_brush brush = limn_brush_default;

  brush.size = 9;
  g_assert_true (limn_document_stroke_begin (fixture->document, fixture->layer, &brush));
  for (guint32 i = 0; i < 6; i++)
    limn_document_stroke_add (fixture->document, 20 + 30 * i, 40 + 25 * (i % 4), 1, i);
  g_assert_true (limn_document_stroke_end (fixture->document));
}

/* What the widget shows, as GSK draws it. */
static cairo_surface_t *
picture_of (struct fixture *fixture)
{
  GtkWidget *widget = GTK_WIDGET (fixture->canvas);
  g_autoptr (GdkPaintable) paintable = gtk_widget_paintable_new (widget);
  g_autoptr (GtkSnapshot) snapshot = gtk_snapshot_new ();
  g_autoptr (GskRenderNode) node = NULL;
  g_autoptr (GdkTexture) texture = NULL;
  int width = gtk_widget_get_width (widget), height = gtk_widget_get_height (widget);
  cairo_surface_t *pixels = limn_pixels_new (width, height);

  gdk_paintable_snapshot (paintable, snapshot, width, height);
  node = gtk_snapshot_to_node (snapshot);
  texture = gsk_renderer_render_texture (gtk_native_get_renderer (gtk_widget_get_native (widget)),
                                         node, &GRAPHENE_RECT_INIT (0, 0, width, height));
  gdk_texture_download (texture, cairo_image_surface_get_data (pixels),
                        (gsize) cairo_image_surface_get_stride (pixels));
  cairo_surface_mark_dirty (pixels);
  return pixels;
}

static int
difference (cairo_surface_t *a, cairo_surface_t *b)
{
  cairo_rectangle_int_t size = limn_pixels_area (a);
  int most = 0;

  g_assert_cmpint (size.width, ==, limn_pixels_area (b).width);
  for (int y = 0; y < size.height; y++)
    for (int x = 0; x < size.width; x++)
      for (int shift = 0; shift < 32; shift += 8)
        most = MAX (most, ABS ((int) (limn_pixels_row (a, y)[x] >> shift & 0xff) -
                               (int) (limn_pixels_row (b, y)[x] >> shift & 0xff)));
  return most;
}

static void
act (struct fixture *fixture, const char *action)
{
  g_action_group_activate_action (fixture->actions, action, NULL);
}

/* --- tests --- */

static void
test_same_on_screen (void)
{
  static const char *const steps[] = { "fit",     "actual-size", "rotate-right",
                                       "mirror",  "zoom-in",     "zoom-in",
                                       "zoom-in", "rotate-left", "reset-rotation" };
  struct fixture *gl = fixture_new ("gl", 300, 200), *cairo = fixture_new ("cairo", 300, 200);
  struct fixture *both[] = { gl, cairo };

  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++) {
    cairo_surface_t *pictures[2];

    for (int k = 0; k < 2; k++) {
      draw_stroke (both[k]);
      act (both[k], steps[i]);
      show (both[k]);
      pictures[k] = picture_of (both[k]);
    }
    g_assert_cmpint (difference (pictures[0], pictures[1]), <=, 2);
    cairo_surface_destroy (pictures[0]);
    cairo_surface_destroy (pictures[1]);
  }
  g_assert_cmpstr (limn_canvas_get_renderer (gl->canvas), ==, "gl");
  g_assert_cmpstr (limn_canvas_get_renderer (cairo->canvas), ==, "cairo");
  g_assert_null (gl->message);
  g_assert_null (cairo->message);
  fixture_free (gl);
  fixture_free (cairo);
}

/* White paper, and on it what was drawn. */
static void
test_paper (void)
{
  struct fixture *fixture = fixture_new ("cairo", 300, 200);
  cairo_surface_t *before, *after;
  double x, y;

  show (fixture);
  before = picture_of (fixture);
  limn_canvas_from_document (fixture->canvas, 20.5, 40.5, &x, &y);
  g_assert_cmphex (limn_pixels_row (before, (int) y)[(int) x], ==, 0xffffffffu);
  g_assert_cmphex (limn_pixels_row (before, 1)[1], !=, 0xffffffffu);
  draw_stroke (fixture);
  show (fixture);
  after = picture_of (fixture);
  g_assert_cmphex (limn_pixels_row (after, (int) y)[(int) x], ==, 0xff000000u);
  cairo_surface_destroy (before);
  cairo_surface_destroy (after);
  fixture_free (fixture);
}

static void
test_fits_at_first (void)
{
  struct fixture *fixture = fixture_new (NULL, 900, 300);
  LimnDocument *other = limn_document_new (100, 1000);
  double x, y;

  show (fixture);
  limn_canvas_from_document (fixture->canvas, 900, 300, &x, &y);
  g_assert_cmpfloat (x, <=, gtk_widget_get_width (GTK_WIDGET (fixture->canvas)));
  limn_canvas_from_document (fixture->canvas, 0, 0, &x, &y);
  g_assert_cmpfloat (x, >, 0);
  g_assert_cmpfloat (x, <, 60);
  act (fixture, "zoom-in");
  act (fixture, "rotate-left");
  g_assert_cmpfloat_with_epsilon (limn_canvas_get_rotation (fixture->canvas), 345, 1e-9);
  /* Another document is shown from the beginning. */
  limn_studio_set_document (fixture->studio, other);
  g_assert_finalize_object (fixture->document);
  fixture->document = other;
  show (fixture);
  limn_canvas_from_document (fixture->canvas, 0, 0, &x, &y);
  g_assert_cmpfloat_with_epsilon (limn_canvas_get_rotation (fixture->canvas), 0, 1e-9);
  g_assert_cmpfloat (y, >, 0);
  g_assert_cmpfloat (y, <, 60);
  fixture_free (fixture);
}

static void
test_actions (void)
{
  struct fixture *fixture = fixture_new (NULL, 300, 200);
  double scale;
  int changes;

  show (fixture);
  act (fixture, "actual-size");
  g_assert_cmpfloat_with_epsilon (limn_canvas_get_scale (fixture->canvas) *
                                      gtk_widget_get_scale_factor (GTK_WIDGET (fixture->canvas)),
                                  1, 1e-9);
  changes = fixture->view_changes;
  act (fixture, "zoom-out");
  g_assert_cmpint (fixture->view_changes, ==, changes + 1);
  scale = limn_canvas_get_scale (fixture->canvas);
  g_assert_cmpfloat (scale, <, 1);
  act (fixture, "zoom-in");
  g_assert_cmpfloat (limn_canvas_get_scale (fixture->canvas), >, scale);
  act (fixture, "rotate-right");
  g_assert_cmpfloat_with_epsilon (limn_canvas_get_rotation (fixture->canvas), 15, 1e-9);
  act (fixture, "reset-rotation");
  g_assert_cmpfloat_with_epsilon (limn_canvas_get_rotation (fixture->canvas), 0, 1e-9);
  act (fixture, "mirror");
  g_assert_true (fixture->canvas->view.mirrored);
  act (fixture, "model-view");
  g_assert_true (limn_studio_get_model_view (fixture->studio));
  act (fixture, "show-picture");
  g_assert_false (limn_studio_get_show_picture (fixture->studio));
  for (gsize i = 0; limn_canvas_shortcuts[i].action != NULL; i++) {
    const struct limn_shortcut *shortcut = &limn_canvas_shortcuts[i];
    guint key;
    GdkModifierType modifiers;

    g_assert_true (g_str_has_prefix (shortcut->action, "view."));
    g_assert_true (
        g_action_group_has_action (fixture->actions, shortcut->action + strlen ("view.")));
    g_assert_true (gtk_accelerator_parse (shortcut->accelerator, &key, &modifiers));
    g_assert_nonnull (shortcut->title);
  }
  fixture_free (fixture);
}

static void
on_overlay (GtkSnapshot *snapshot, LimnCanvas *canvas, gpointer data)
{
  ++*(int *) data;
  gtk_snapshot_append_color (snapshot, &(GdkRGBA){ 1, 0, 0, 1 }, &GRAPHENE_RECT_INIT (5, 5, 4, 4));
}

static void
test_overlay (gconstpointer renderer)
{
  struct fixture *fixture = fixture_new (renderer, 300, 200);
  cairo_surface_t *pixels;
  int count = 0;

  limn_canvas_set_overlay (fixture->canvas, on_overlay, &count);
  show (fixture);
  pixels = picture_of (fixture);
  g_assert_cmpint (count, >, 0);
  g_assert_cmphex (limn_pixels_row (pixels, 6)[6], ==, 0xffff0000u);
  cairo_surface_destroy (pixels);
  limn_canvas_set_overlay (fixture->canvas, NULL, NULL);
  fixture_free (fixture);
}

static void
test_pick_colour (void)
{
  struct fixture *fixture = fixture_new (NULL, 300, 200);
  guint32 colour;

  draw_stroke (fixture);
  g_assert_true (limn_canvas_pick_colour (fixture->canvas, 20, 40, &colour));
  g_assert_cmphex (colour, ==, 0xff000000u);
  g_assert_true (limn_canvas_pick_colour (fixture->canvas, 299, 0, &colour));
  g_assert_cmphex (colour, ==, 0xffffffffu);
  g_assert_false (limn_canvas_pick_colour (fixture->canvas, 300, 0, &colour));
  g_assert_false (limn_canvas_pick_colour (fixture->canvas, -1, 0, &colour));
  fixture_free (fixture);
}

/* Larger than the driver takes: Cairo shows it, and one sentence says why. */
static void
test_too_large (void)
{
  struct fixture *fixture = fixture_new ("gl", 300, 200);

  show (fixture);
  g_assert_cmpstr (limn_canvas_get_renderer (fixture->canvas), ==, "gl");
  limn_gl_set_max_size (fixture->canvas->gl, 256);
  g_assert_true (limn_document_resize (fixture->document, 257, 10, 0, 0));
  while (fixture->message == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_nonnull (strstr (fixture->message, "257 x 10"));
  g_assert_cmpstr (limn_canvas_get_renderer (fixture->canvas), ==, "cairo");
  g_assert_null (fixture->canvas->area);
  g_clear_pointer (&fixture->message, g_free);
  draw_stroke (fixture);
  show (fixture);
  g_assert_null (fixture->message);
  fixture_free (fixture);
}

/* Realised twice, as a canvas that goes to another window is. */
static void
test_again (gconstpointer renderer)
{
  struct fixture *fixture = fixture_new (renderer, 300, 200);
  GtkWidget *canvas = GTK_WIDGET (fixture->canvas);
  cairo_surface_t *first, *second;

  draw_stroke (fixture);
  show (fixture);
  first = picture_of (fixture);
  g_object_ref (canvas);
  gtk_window_set_child (GTK_WINDOW (fixture->window), NULL);
  gtk_window_set_child (GTK_WINDOW (fixture->window), canvas);
  g_object_unref (canvas);
  show (fixture);
  second = picture_of (fixture);
  g_assert_cmpint (difference (first, second), ==, 0);
  g_assert_cmpstr (limn_canvas_get_renderer (fixture->canvas), ==, renderer);
  cairo_surface_destroy (first);
  cairo_surface_destroy (second);
  fixture_free (fixture);
}

/* In a process of its own: GDK reads this once. */
static void
test_without_gl (void)
{
  if (!g_test_subprocess ()) {
    g_setenv ("GDK_DEBUG", "gl-disable", TRUE);
    g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
    g_unsetenv ("GDK_DEBUG");
    g_test_trap_assert_passed ();
    return;
  }
  {
    struct fixture *fixture = fixture_new (NULL, 300, 200);

    draw_stroke (fixture);
    show (fixture);
    while (fixture->message == NULL)
      g_main_context_iteration (NULL, TRUE);
    g_assert_nonnull (strstr (fixture->message, "OpenGL"));
    g_assert_cmpstr (limn_canvas_get_renderer (fixture->canvas), ==, "cairo");
    fixture_free (fixture);
  }
}

static void
test_accessible (void)
{
  struct fixture *fixture = fixture_new (NULL, 300, 200);
  GtkWidget *widget = GTK_WIDGET (fixture->canvas);

  gtk_test_accessible_assert_role (widget, GTK_ACCESSIBLE_ROLE_IMG);
  gtk_test_accessible_assert_property (widget, GTK_ACCESSIBLE_PROPERTY_LABEL, "Canvas");
  g_assert_true (gtk_widget_get_focusable (widget));
  g_assert_true (gtk_widget_grab_focus (widget));
  fixture_free (fixture);
}

int
main (int argc, char **argv)
{
  gtk_test_init (&argc, &argv);
  adw_init ();
  g_test_add_func ("/canvas/same-on-screen", test_same_on_screen);
  g_test_add_func ("/canvas/paper", test_paper);
  g_test_add_func ("/canvas/fits-at-first", test_fits_at_first);
  g_test_add_func ("/canvas/actions", test_actions);
  g_test_add_data_func ("/canvas/overlay/gl", "gl", test_overlay);
  g_test_add_data_func ("/canvas/overlay/cairo", "cairo", test_overlay);
  g_test_add_func ("/canvas/pick-colour", test_pick_colour);
  g_test_add_func ("/canvas/too-large", test_too_large);
  g_test_add_data_func ("/canvas/again/gl", "gl", test_again);
  g_test_add_data_func ("/canvas/again/cairo", "cairo", test_again);
  g_test_add_func ("/canvas/without-gl", test_without_gl);
  g_test_add_func ("/canvas/accessible", test_accessible);
  return g_test_run ();
}
