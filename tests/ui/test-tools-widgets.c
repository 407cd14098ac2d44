/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <adwaita.h>

#include "tools/colour-button.h"
#include "tools/curve.h"
#include "tools/options.h"
#include "tools/pen.h"
#include "tools/toolbar.h"
#include "tools/toolbox.h"

/* The bar of tools and its options as a person sees them. */

struct fixture {
  LimnDocument *document;
  LimnStudio *studio;
  GtkWidget *window, *toolbar, *options, *canvas;
};

static gboolean
on_frame (GtkWidget *widget, GdkFrameClock *clock, gpointer data)
{
  int *left = data;

  return --*left > 0 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static void
wait_for_frames (GtkWidget *widget, int count)
{
  int left = count;

  gtk_widget_add_tick_callback (widget, on_frame, &left, NULL);
  while (left > 0)
    g_main_context_iteration (NULL, TRUE);
}

static void
fixture_begin (struct fixture *fixture)
{
  GtkWidget *column = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);
  guint32 layer;

  fixture->document = limn_document_new (400, 300);
  layer = limn_document_add_layer (fixture->document, LIMN_LAYER_SCRIBBLE, "Drawing", 0);
  g_assert_cmpuint (layer, !=, 0);
  fixture->studio = limn_studio_new (fixture->document);
  fixture->toolbar = limn_toolbar_new (fixture->studio);
  fixture->options = limn_tool_options_new (fixture->studio);
  fixture->canvas = limn_canvas_new (fixture->studio);
  limn_pen_attach (LIMN_CANVAS (fixture->canvas), fixture->studio);
  gtk_widget_set_hexpand (fixture->canvas, TRUE);
  gtk_widget_set_vexpand (fixture->canvas, TRUE);

  gtk_box_append (GTK_BOX (row), fixture->toolbar);
  gtk_box_append (GTK_BOX (row), fixture->canvas);
  gtk_box_append (GTK_BOX (column), fixture->options);
  gtk_box_append (GTK_BOX (column), row);
  fixture->window = gtk_window_new ();
  gtk_window_set_decorated (GTK_WINDOW (fixture->window), FALSE);
  gtk_window_set_default_size (GTK_WINDOW (fixture->window), 900, 560);
  gtk_window_set_child (GTK_WINDOW (fixture->window), column);
  gtk_window_present (GTK_WINDOW (fixture->window));
  wait_for_frames (fixture->window, 4);
}

static void
fixture_end (struct fixture *fixture)
{
  g_object_add_weak_pointer (G_OBJECT (fixture->canvas), (gpointer *) &fixture->canvas);
  g_object_add_weak_pointer (G_OBJECT (fixture->toolbar), (gpointer *) &fixture->toolbar);
  g_object_add_weak_pointer (G_OBJECT (fixture->options), (gpointer *) &fixture->options);
  gtk_window_destroy (GTK_WINDOW (fixture->window));
  while (fixture->canvas != NULL || fixture->toolbar != NULL || fixture->options != NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_finalize_object (fixture->studio);
  g_assert_finalize_object (fixture->document);
}

/* What is drawn, for a person to look at. */
static void
keep_picture (GtkWidget *widget, const char *name)
{
  const char *folder = g_getenv ("LIMN_TEST_PICTURES");
  g_autofree char *path = folder != NULL ? g_strdup_printf ("%s/%s.png", folder, name) : NULL;
  g_autoptr (GdkPaintable) paintable = gtk_widget_paintable_new (widget);
  GtkSnapshot *snapshot = gtk_snapshot_new ();
  g_autoptr (GskRenderNode) node = NULL;
  g_autoptr (GdkTexture) texture = NULL;

  gdk_paintable_snapshot (paintable, snapshot, gtk_widget_get_width (widget),
                          gtk_widget_get_height (widget));
  node = gtk_snapshot_free_to_node (snapshot);
  g_assert_nonnull (node);
  texture = gsk_renderer_render_texture (gtk_native_get_renderer (gtk_widget_get_native (widget)),
                                         node, NULL);
  g_assert_nonnull (texture);
  if (path == NULL)
    return;
  g_mkdir_with_parents (folder, 0755);
  g_assert_true (gdk_texture_save_to_png (texture, path));
}

/* --- finding things --- */

static GtkWidget *
find_below (GtkWidget *widget,
            GType type,
            bool (*is_it) (GtkWidget *, gconstpointer),
            gconstpointer data)
{
  if (G_TYPE_CHECK_INSTANCE_TYPE (widget, type) && (is_it == NULL || is_it (widget, data)))
    return widget;
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child)) {
    GtkWidget *found = find_below (child, type, is_it, data);

    if (found != NULL)
      return found;
  }
  return NULL;
}

static bool
has_tool (GtkWidget *button, gconstpointer tool)
{
  GVariant *target = gtk_actionable_get_action_target_value (GTK_ACTIONABLE (button));

  return target != NULL && g_str_equal (g_variant_get_string (target, NULL), tool);
}

static bool
has_action (GtkWidget *button, gconstpointer name)
{
  return g_strcmp0 (gtk_actionable_get_action_name (GTK_ACTIONABLE (button)), name) == 0;
}

/* Every icon is there, and everything that has no text has a name. */
static void
check_names (GtkWidget *widget)
{
  if (GTK_IS_BUTTON (widget) && gtk_button_get_icon_name (GTK_BUTTON (widget)) != NULL) {
    GtkIconTheme *theme = gtk_icon_theme_get_for_display (gtk_widget_get_display (widget));

    g_assert_true (gtk_icon_theme_has_icon (theme, gtk_button_get_icon_name (GTK_BUTTON (widget))));
    g_assert_nonnull (gtk_widget_get_tooltip_text (widget));
    gtk_test_accessible_assert_property (widget, GTK_ACCESSIBLE_PROPERTY_LABEL,
                                         gtk_widget_get_tooltip_text (widget));
  }
  if (GTK_IS_MENU_BUTTON (widget))
    g_assert_nonnull (gtk_widget_get_tooltip_text (widget));
  /* What is inside of these is GTK's. */
  if (GTK_IS_MENU_BUTTON (widget) || GTK_IS_SPIN_BUTTON (widget))
    return;
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    check_names (child);
}

static void
test_toolbar (void)
{
  struct fixture fixture;

  fixture_begin (&fixture);
  check_names (fixture.toolbar);
  check_names (fixture.options);
  for (int tool = LIMN_N_TOOLS - 1; tool >= 0; tool--) {
    GtkWidget *button =
        find_below (fixture.toolbar, GTK_TYPE_TOGGLE_BUTTON, has_tool, limn_tool_names[tool]);
    g_autofree char *name = g_strconcat ("tools-", limn_tool_names[tool], NULL);

    g_assert_nonnull (button);
    g_signal_emit_by_name (button, "clicked");
    g_assert_cmpint (limn_studio_get_tool (fixture.studio), ==, tool);
    g_assert_true (gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (button)));
    wait_for_frames (fixture.window, 3);
    keep_picture (fixture.window, name);
  }
  fixture_end (&fixture);
}

static void
test_colours (void)
{
  struct fixture fixture;
  GtkWidget *swap, *button;
  guint colour;

  fixture_begin (&fixture);
  swap = find_below (fixture.toolbar, GTK_TYPE_BUTTON, has_action, "tool.swap-colours");
  button = find_below (fixture.toolbar, LIMN_TYPE_COLOUR_BUTTON, NULL, NULL);
  limn_studio_set_colour (fixture.studio, 0x80e01b24u);
  g_object_get (button, "colour", &colour, NULL);
  g_assert_cmphex (colour, ==, 0x80e01b24u);
  g_signal_emit_by_name (swap, "clicked");
  g_assert_cmphex (limn_studio_get_colour (fixture.studio), ==, 0xffffffffu);
  g_signal_emit_by_name (swap, "clicked");
  g_object_set (button, "colour", 0xff1a5fb4u, NULL);
  g_assert_cmphex (limn_studio_get_colour (fixture.studio), ==, 0xff1a5fb4u);
  limn_studio_set_colour (fixture.studio, 0x80e01b24u);

  /* The palette keeps the opacity. */
  button = find_below (button, GTK_TYPE_MENU_BUTTON, NULL, NULL);
  gtk_menu_button_popup (GTK_MENU_BUTTON (button));
  wait_for_frames (fixture.window, 20);
  keep_picture (GTK_WIDGET (gtk_menu_button_get_popover (GTK_MENU_BUTTON (button))),
                "tools-colours");
  button = find_below (GTK_WIDGET (gtk_menu_button_get_popover (GTK_MENU_BUTTON (button))),
                       GTK_TYPE_BUTTON, NULL, NULL);
  g_signal_emit_by_name (button, "clicked");
  g_assert_cmphex (limn_studio_get_colour (fixture.studio), ==, 0x80000000u);
  wait_for_frames (fixture.window, 20);
  fixture_end (&fixture);
}

static void
test_options (void)
{
  struct fixture fixture;
  GtkWidget *spin, *scale;
  GtkAdjustment *slider;

  fixture_begin (&fixture);
  spin = find_below (fixture.options, GTK_TYPE_SPIN_BUTTON, NULL, NULL);
  scale = find_below (fixture.options, GTK_TYPE_SCALE, NULL, NULL);
  slider = gtk_range_get_adjustment (GTK_RANGE (scale));
  gtk_spin_button_set_value (GTK_SPIN_BUTTON (spin), 60);
  g_assert_cmpfloat (limn_studio_get_brush (fixture.studio, LIMN_TOOL_BRUSH).size, ==, 60.0f);
  /* The slider's ends are the least and the largest, and its middle is neither's half. */
  gtk_adjustment_set_value (slider, 0);
  g_assert_cmpfloat (gtk_spin_button_get_value (GTK_SPIN_BUTTON (spin)), ==, 0.5);
  gtk_adjustment_set_value (slider, 1);
  g_assert_cmpfloat (gtk_spin_button_get_value (GTK_SPIN_BUTTON (spin)), ==, 1000.0);
  gtk_adjustment_set_value (slider, 0.5);
  g_assert_cmpfloat (gtk_spin_button_get_value (GTK_SPIN_BUTTON (spin)), ==, 22.0);
  /* Each tool has a size of its own. */
  limn_studio_set_tool (fixture.studio, LIMN_TOOL_ERASER);
  g_assert_cmpfloat (gtk_spin_button_get_value (GTK_SPIN_BUTTON (spin)), ==, 24.0);
  limn_studio_set_tool (fixture.studio, LIMN_TOOL_BRUSH);
  g_assert_cmpfloat (gtk_spin_button_get_value (GTK_SPIN_BUTTON (spin)), ==, 22.0);
  fixture_end (&fixture);
}

static bool
is_menu_button (GtkWidget *widget, gconstpointer icon)
{
  return g_strcmp0 (gtk_menu_button_get_icon_name (GTK_MENU_BUTTON (widget)), icon) == 0;
}

static void
test_pressure (void)
{
  struct fixture fixture;
  GtkWidget *button, *popover, *curve, *preset;
  guint8 values[LIMN_BRUSH_CURVE] = { 1, 2, 3, 4, 5 };
  struct limn_brush brush;

  fixture_begin (&fixture);
  button =
      find_below (fixture.options, GTK_TYPE_MENU_BUTTON, is_menu_button, "limn-pressure-symbolic");
  gtk_menu_button_popup (GTK_MENU_BUTTON (button));
  wait_for_frames (fixture.window, 20);
  popover = GTK_WIDGET (gtk_menu_button_get_popover (GTK_MENU_BUTTON (button)));
  keep_picture (popover, "tools-pressure");
  curve = find_below (popover, LIMN_TYPE_CURVE, NULL, NULL);
  g_assert_cmpmem (limn_curve_get_values (LIMN_CURVE (curve)), LIMN_BRUSH_CURVE,
                   limn_brush_default.curve, LIMN_BRUSH_CURVE);
  limn_curve_set_values (LIMN_CURVE (curve), values);
  g_signal_emit_by_name (curve, "changed");
  brush = limn_studio_get_brush (fixture.studio, LIMN_TOOL_BRUSH);
  g_assert_cmpmem (brush.curve, LIMN_BRUSH_CURVE, values, LIMN_BRUSH_CURVE);
  preset = find_below (popover, GTK_TYPE_BUTTON, NULL, NULL);
  g_signal_emit_by_name (preset, "clicked");
  g_assert_cmpmem (limn_curve_get_values (LIMN_CURVE (curve)), LIMN_BRUSH_CURVE,
                   limn_brush_default.curve, LIMN_BRUSH_CURVE);
  gtk_popover_popdown (GTK_POPOVER (popover));
  wait_for_frames (fixture.window, 20);
  fixture_end (&fixture);
}

/* What is under way, above the picture. */
static void
test_overlays (void)
{
  struct fixture fixture;
  struct limn_tool_event event = { .pressure = 1, .clicks = 1 };
  static const double corners[][2] = { { 100, 60 }, { 330, 80 }, { 300, 250 }, { 90, 220 } };
  struct limn_brush brush;
  LimnToolbox *box;

  fixture_begin (&fixture);
  box = limn_toolbox_of (fixture.studio);
  brush = limn_studio_get_brush (fixture.studio, LIMN_TOOL_BRUSH);
  brush.size = 40;
  limn_studio_set_brush (fixture.studio, LIMN_TOOL_BRUSH, &brush);
  for (int i = 0; i < 4; i++) {
    event.x = corners[i][0] + 20;
    event.y = corners[i][1];
    if (i == 0)
      limn_toolbox_press (box, &event, false);
    else
      limn_toolbox_motion (box, &event, 1);
  }
  limn_toolbox_release (box, &event);
  wait_for_frames (fixture.window, 3);
  keep_picture (fixture.window, "tools-brush-outline");

  for (int tool = 0; tool < 2; tool++) {
    limn_studio_set_tool (fixture.studio, tool == 0 ? LIMN_TOOL_POLYGON : LIMN_TOOL_LASSO);
    for (int i = 0; i < 4; i++) {
      event.x = corners[i][0];
      event.y = corners[i][1];
      limn_toolbox_press (box, &event, false);
      limn_toolbox_release (box, &event);
    }
    if (tool == 1)
      limn_toolbox_finish (box);
    wait_for_frames (fixture.window, 3);
    keep_picture (fixture.window, tool == 0 ? "tools-polygon-open" : "tools-lasso-open");
    if (tool == 0)
      limn_toolbox_cancel (box);
  }
  limn_toolbox_cancel (box);
  fixture_end (&fixture);
}

static void
test_dark (void)
{
  struct fixture fixture;

  adw_style_manager_set_color_scheme (adw_style_manager_get_default (),
                                      ADW_COLOR_SCHEME_FORCE_DARK);
  fixture_begin (&fixture);
  limn_studio_set_tool (fixture.studio, LIMN_TOOL_RECTANGLE);
  wait_for_frames (fixture.window, 30);
  keep_picture (fixture.window, "tools-dark");
  fixture_end (&fixture);
}

int
main (int argc, char **argv)
{
  gtk_test_init (&argc, &argv, NULL);
  adw_init ();
  g_test_add_func ("/tools/toolbar", test_toolbar);
  g_test_add_func ("/tools/colours", test_colours);
  g_test_add_func ("/tools/options", test_options);
  g_test_add_func ("/tools/pressure", test_pressure);
  g_test_add_func ("/tools/overlays", test_overlays);
  g_test_add_func ("/tools/dark", test_dark);
  return g_test_run ();
}
