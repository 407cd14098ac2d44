/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gstdio.h>
#include <string.h>

#include "preferences.h"
#include "window-fixture.h"
#include "window/keys.h"

/* The window as a whole: that it opens and goes, that all that menus, buttons and keys name is
 * there, and that nothing needs a mouse or eyes. */

/* --- opening --- */

static void
test_open_close (void)
{
  LimnWindow *window = fixture_window ();
  LimnDocument *document = limn_studio_get_document (limn_window_get_studio (window));
  int width, height;

  g_assert_cmpuint (limn_document_n_layers (document), ==, 1);
  limn_document_get_size (document, &width, &height);
  g_assert_cmpint (width, ==, g_settings_get_int (limn_preferences (), "canvas-width"));
  g_assert_cmpint (height, ==, g_settings_get_int (limn_preferences (), "canvas-height"));
  g_assert_false (limn_document_is_modified (document));
  g_assert_null (limn_document_undo_label (document));
  g_assert_cmpstr (gtk_window_get_title (GTK_WINDOW (window)), ==, "Untitled – Limn");
  fixture_screenshot (GTK_WIDGET (window), "window");
  fixture_close (window);
}

static struct limn_brush
brush_of (LimnWindow *window, limn_tool_id tool)
{
  return limn_studio_get_brush (limn_window_get_studio (window), tool);
}

/* Sizes, softness and curves are what they were in the window that was closed last. */
static void
test_brushes (void)
{
  static const guint8 curve[LIMN_BRUSH_CURVE] = { 9, 8, 7, 6, 5 };
  LimnWindow *window = fixture_window ();
  LimnStudio *studio = limn_window_get_studio (window);
  struct limn_brush eraser = brush_of (window, LIMN_TOOL_ERASER);
  struct limn_brush line = brush_of (window, LIMN_TOOL_LINE);
  struct limn_brush kept;

  eraser.size = 77.5f;
  eraser.softness = 0.25f;
  memcpy (eraser.curve, curve, sizeof curve);
  limn_studio_set_brush (studio, LIMN_TOOL_ERASER, &eraser);
  fixture_close (window);
  window = fixture_window ();
  kept = brush_of (window, LIMN_TOOL_ERASER);
  g_assert_cmpfloat (kept.size, ==, 77.5);
  g_assert_cmpfloat (kept.softness, ==, 0.25);
  g_assert_cmpmem (kept.curve, LIMN_BRUSH_CURVE, curve, sizeof curve);
  kept = brush_of (window, LIMN_TOOL_LINE);
  g_assert_cmpfloat (kept.size, ==, line.size);
  g_assert_cmpmem (kept.curve, LIMN_BRUSH_CURVE, line.curve, LIMN_BRUSH_CURVE);
  fixture_close (window);

  /* What somebody wrote there by hand is brought into range. */
  g_settings_set_value (
      limn_preferences (), "brushes",
      g_variant_new_parsed ("{'eraser': (1e300, -5.0, [byte 1]), 'spoon': (1.0, 1.0, @ay [])}"));
  window = fixture_window ();
  kept = brush_of (window, LIMN_TOOL_ERASER);
  g_assert_cmpfloat (kept.size, ==, LIMN_BRUSH_MAX_SIZE);
  g_assert_cmpfloat (kept.softness, ==, 0);
  g_assert_cmpmem (kept.curve, LIMN_BRUSH_CURVE, line.curve, LIMN_BRUSH_CURVE);
  fixture_close (window);
  g_settings_reset (limn_preferences (), "brushes");
}

/* --- actions --- */

static void
assert_action (LimnWindow *window, const char *detailed)
{
  g_autofree char *name = NULL;
  g_autofree char *prefix = NULL;
  g_autoptr (GVariant) target = NULL;
  g_autoptr (GError) error = NULL;
  const GVariantType *type = NULL;
  GActionGroup *group;
  char *dot;

  g_assert_true (g_action_parse_detailed_name (detailed, &name, &target, &error));
  g_assert_no_error (error);
  dot = strchr (name, '.');
  g_assert_nonnull (dot);
  prefix = g_strndup (name, (gsize) (dot - name));
  group = limn_window_get_group (window, prefix);
  if (group == NULL || !g_action_group_has_action (group, dot + 1))
    g_error ("there is no action \"%s\"", detailed);
  type = g_action_group_get_action_parameter_type (group, dot + 1);
  if (target == NULL)
    g_assert_null (type);
  else
    g_assert_true (type != NULL && g_variant_is_of_type (target, type));
}

static void
test_shortcuts (void)
{
  LimnWindow *window = fixture_window ();
  g_autoptr (GHashTable) keys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GtkWidget *list;

  for (int i = 0; limn_shortcut_tables[i] != NULL; i++)
    for (const struct limn_shortcut *row = limn_shortcut_tables[i]; row->action != NULL; row++) {
      g_autofree char *key = NULL;
      GdkModifierType modifiers;
      guint value;

      assert_action (window, row->action);
      g_assert_nonnull (row->title);
      g_assert_nonnull (row->section);
      if (row->accelerator == NULL)
        continue;
      if (!gtk_accelerator_parse (row->accelerator, &value, &modifiers))
        g_error ("%s: \"%s\" is no key", row->action, row->accelerator);
      key = gtk_accelerator_name (value, modifiers);
      if (g_hash_table_contains (keys, key))
        g_error ("%s has the key %s of %s", row->action, key,
                 (const char *) g_hash_table_lookup (keys, key));
      g_hash_table_insert (keys, g_steal_pointer (&key), (gpointer) row->action);
    }
  /* The window that lists them shows them all. */
  list = limn_keys_window_new ();
  g_assert_true (GTK_IS_SHORTCUTS_WINDOW (list));
  gtk_window_present (GTK_WINDOW (list));
  fixture_settle ();
  fixture_screenshot (list, "shortcuts");
  gtk_window_destroy (GTK_WINDOW (list));
  fixture_close (window);
}

static void
check_menu (LimnWindow *window, GMenuModel *menu, guint *count)
{
  for (int i = 0; i < g_menu_model_get_n_items (menu); i++) {
    g_autoptr (GMenuModel) section = g_menu_model_get_item_link (menu, i, G_MENU_LINK_SECTION);
    g_autoptr (GMenuModel) submenu = g_menu_model_get_item_link (menu, i, G_MENU_LINK_SUBMENU);
    g_autoptr (GVariant) action =
        g_menu_model_get_item_attribute_value (menu, i, G_MENU_ATTRIBUTE_ACTION, NULL);
    g_autoptr (GVariant) target =
        g_menu_model_get_item_attribute_value (menu, i, G_MENU_ATTRIBUTE_TARGET, NULL);

    if (section != NULL)
      check_menu (window, section, count);
    if (submenu != NULL)
      check_menu (window, submenu, count);
    if (action != NULL && !g_str_equal (g_variant_get_string (action, NULL), "win.none")) {
      g_autofree char *detailed =
          g_action_print_detailed_name (g_variant_get_string (action, NULL), target);

      assert_action (window, detailed);
      (*count)++;
    }
  }
}

struct menus {
  LimnWindow *window;
  guint count, buttons;
};

static void
check_menu_of (GtkWidget *widget, gpointer data)
{
  struct menus *menus = data;
  g_autoptr (GMenuModel) model = NULL;
  g_autofree char *action = NULL;

  if (g_object_class_find_property (G_OBJECT_GET_CLASS (widget), "menu-model") != NULL)
    g_object_get (widget, "menu-model", &model, NULL);
  if (model != NULL)
    check_menu (menus->window, model, &menus->count);
  if (GTK_IS_ACTIONABLE (widget))
    action = g_strdup (gtk_actionable_get_action_name (GTK_ACTIONABLE (widget)));
  /* Others belong to a widget's class: "window.close", "menu.popup". */
  if (action != NULL &&
      limn_window_get_group (menus->window, (*strchr (action, '.') = '\0', action)) != NULL) {
    GVariant *target = gtk_actionable_get_action_target_value (GTK_ACTIONABLE (widget));
    g_autofree char *detailed = g_action_print_detailed_name (
        gtk_actionable_get_action_name (GTK_ACTIONABLE (widget)), target);

    assert_action (menus->window, detailed);
    menus->buttons++;
  }
}

static void
test_menus (void)
{
  LimnWindow *window = fixture_window ();
  struct menus menus = { .window = window };

  fixture_walk (GTK_WIDGET (window), check_menu_of, &menus);
  g_assert_cmpuint (menus.count, >, 20);
  g_assert_cmpuint (menus.buttons, >, 10);
  fixture_close (window);
}

/* --- without a mouse, without eyes --- */

static bool
is_interactive (GtkWidget *widget)
{
  return GTK_IS_BUTTON (widget) || GTK_IS_MENU_BUTTON (widget) || GTK_IS_SPIN_BUTTON (widget) ||
         GTK_IS_SWITCH (widget) || GTK_IS_SCALE (widget) || GTK_IS_DROP_DOWN (widget) ||
         GTK_IS_CHECK_BUTTON (widget) || GTK_IS_TEXT_VIEW (widget) || GTK_IS_ENTRY (widget);
}

static bool
is_drawn (GtkWidget *widget)
{
  return gtk_widget_get_visible (widget) && gtk_widget_get_child_visible (widget);
}

static void
find_text (GtkWidget *widget, gpointer found)
{
  if (GTK_IS_LABEL (widget) && *gtk_label_get_text (GTK_LABEL (widget)) != '\0')
    *(bool *) found = true;
}

static bool
has_name (GtkWidget *widget)
{
  GtkAccessible *accessible = GTK_ACCESSIBLE (widget);
  bool text = false;

  if (gtk_test_accessible_has_property (accessible, GTK_ACCESSIBLE_PROPERTY_LABEL) ||
      gtk_test_accessible_has_relation (accessible, GTK_ACCESSIBLE_RELATION_LABELLED_BY))
    return true;
  if (GTK_IS_BUTTON (widget) || GTK_IS_MENU_BUTTON (widget) || GTK_IS_CHECK_BUTTON (widget))
    fixture_walk (widget, find_text, &text);
  return text;
}

/* Where a widget stands, for the message. */
static char *
describe (GtkWidget *widget)
{
  GString *text = g_string_new (NULL);

  for (GtkWidget *each = widget; each != NULL; each = gtk_widget_get_parent (each)) {
    const char *name = gtk_buildable_get_buildable_id (GTK_BUILDABLE (each));

    g_string_append_printf (text, "%s%s%s", each == widget ? "" : " in ", G_OBJECT_TYPE_NAME (each),
                            name != NULL ? name : "");
  }
  return g_string_free (text, FALSE);
}

static void
check_access (GtkWidget *widget, gpointer data)
{
  int *problems = data;
  g_autofree char *where = describe (widget);
  GtkWidget *parent = gtk_widget_get_parent (widget);

  if (!is_interactive (widget) || !is_drawn (widget))
    return;
  /* Parts of one: the button inside of a menu button, the two in a spin button. */
  for (GtkWidget *each = parent; each != NULL; each = gtk_widget_get_parent (each))
    if (is_interactive (each) || ADW_IS_SPLIT_BUTTON (each) || GTK_IS_WINDOW_CONTROLS (each) ||
        ADW_IS_COMBO_ROW (each))
      return;
  if (!has_name (widget)) {
    g_test_message ("no name: %s", where);
    (*problems)++;
  }
  if (!gtk_widget_get_focusable (widget) && !GTK_IS_MENU_BUTTON (widget) &&
      !GTK_IS_SPIN_BUTTON (widget) && !GTK_IS_ENTRY (widget) && !GTK_IS_DROP_DOWN (widget)) {
    g_test_message ("not by keyboard: %s", where);
    (*problems)++;
  }
}

static void
test_access (void)
{
  LimnWindow *window = fixture_window ();
  int problems = 0;

  fixture_walk (GTK_WIDGET (window), check_access, &problems);
  g_assert_cmpint (problems, ==, 0);
  fixture_close (window);
}

/* The tabulator comes from the canvas through the window and back to it. */
static void
test_focus (void)
{
  LimnWindow *window = fixture_window ();
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  GtkRoot *root = GTK_ROOT (window);

  g_assert_true (gtk_widget_grab_focus (window->canvas));
  g_assert_true (gtk_root_get_focus (root) == window->canvas);
  do {
    g_assert_true (gtk_widget_child_focus (GTK_WIDGET (window), GTK_DIR_TAB_FORWARD) ||
                   gtk_widget_child_focus (GTK_WIDGET (window), GTK_DIR_TAB_FORWARD));
    if (g_test_verbose ()) {
      g_autofree char *where = describe (gtk_root_get_focus (root));

      g_test_message ("%s", where);
    }
  } while (g_hash_table_add (seen, gtk_root_get_focus (root)));
  g_assert_true (g_hash_table_contains (seen, window->canvas));
  g_assert_cmpuint (g_hash_table_size (seen), >, 15);
  fixture_close (window);
}

static bool
has_front (gpointer front)
{
  GtkWindow *active = gtk_application_get_active_window (GTK_APPLICATION (fixture_application ()));
  GListModel *all = gtk_window_get_toplevels ();

  for (guint i = 0; i < g_list_model_get_n_items (all); i++) {
    g_autoptr (GtkWidget) window = g_list_model_get_item (all, i);

    if (!LIMN_IS_WINDOW (window) && gtk_widget_get_mapped (window)) {
      *(GtkWidget **) front = window;
      return true;
    }
  }
  return active == NULL;
}

/* The windows beside the drawing: each opens by its action, can be used without a mouse, and goes.
 */
static void
test_other_windows (void)
{
  static const char *const actions[] = { "app.preferences",   "app.models",
                                         "app.about",         "win.new",
                                         "win.resize-canvas", "win.show-help-overlay" };
  LimnWindow *window = fixture_window ();

  for (gsize i = 0; i < G_N_ELEMENTS (actions); i++) {
    GActionGroup *group = limn_window_get_group (window, i < 3 ? "app" : "win");
    GtkWidget *front = NULL;
    int problems = 0;

    g_action_group_activate_action (group, actions[i] + 4, NULL);
    fixture_wait (has_front, &front);
    fixture_settle ();
    fixture_screenshot (front, actions[i] + 4);
    if (!GTK_IS_SHORTCUTS_WINDOW (front) && !ADW_IS_ABOUT_WINDOW (front))
      fixture_walk (front, check_access, &problems);
    g_assert_cmpint (problems, ==, 0);
    gtk_window_destroy (GTK_WINDOW (front));
    fixture_settle ();
  }
  fixture_close (window);
}

/* --- how it looks to others --- */

static void
test_right_to_left (void)
{
  LimnWindow *window;

  gtk_widget_set_default_direction (GTK_TEXT_DIR_RTL);
  window = fixture_window ();
  fixture_screenshot (GTK_WIDGET (window), "window-right-to-left");
  fixture_close (window);
  gtk_widget_set_default_direction (GTK_TEXT_DIR_LTR);
}

static void
test_dark (void)
{
  LimnWindow *window;

  g_settings_set_string (limn_preferences (), "colour-scheme", "dark");
  window = fixture_window ();
  g_assert_true (adw_style_manager_get_dark (adw_style_manager_get_default ()));
  fixture_screenshot (GTK_WIDGET (window), "window-dark");
  fixture_close (window);
  g_settings_set_string (limn_preferences (), "colour-scheme", "light");
}

static void
find_scroller (GtkWidget *widget, gpointer found)
{
  if (GTK_IS_SCROLLED_WINDOW (widget))
    *(GtkScrolledWindow **) found = GTK_SCROLLED_WINDOW (widget);
}

/* Letters of half again the size: the window can be as small as a screen, and nothing of any tool's
 * options has to be scrolled to. */
static void
test_big_text (void)
{
  GtkSettings *settings = gtk_settings_get_default ();
  GtkScrolledWindow *scroller = NULL;
  LimnWindow *window;
  int dpi, least;

  g_object_get (settings, "gtk-xft-dpi", &dpi, NULL);
  g_object_set (settings, "gtk-xft-dpi", 96 * 1024 * 3 / 2, NULL);
  window = fixture_window ();
  gtk_widget_measure (GTK_WIDGET (window), GTK_ORIENTATION_HORIZONTAL, -1, &least, NULL, NULL,
                      NULL);
  g_assert_cmpint (least, <=, 1024);
  fixture_screenshot (GTK_WIDGET (window), "window-big-text");
  fixture_walk (GTK_WIDGET (window->options_place), find_scroller, &scroller);
  for (int tool = 0; tool < LIMN_N_TOOLS; tool++) {
    GtkAdjustment *adjustment = gtk_scrolled_window_get_hadjustment (scroller);

    limn_studio_set_tool (limn_window_get_studio (window), (limn_tool_id) tool);
    fixture_settle ();
    fixture_frames (GTK_WIDGET (window));
    g_test_message ("%s: %g of %g", limn_tool_names[tool], gtk_adjustment_get_upper (adjustment),
                    gtk_adjustment_get_page_size (adjustment));
    g_assert_cmpfloat (gtk_adjustment_get_upper (adjustment), <=,
                       gtk_adjustment_get_page_size (adjustment));
  }
  fixture_close (window);
  g_object_set (settings, "gtk-xft-dpi", dpi, NULL);
}

/* It fits a small screen. */
static void
test_small (void)
{
  LimnWindow *window = fixture_window ();
  int width, height;

  gtk_widget_measure (GTK_WIDGET (window), GTK_ORIENTATION_HORIZONTAL, -1, &width, NULL, NULL,
                      NULL);
  gtk_widget_measure (GTK_WIDGET (window), GTK_ORIENTATION_VERTICAL, 1024, &height, NULL, NULL,
                      NULL);
  g_test_message ("at least %d x %d", width, height);
  g_assert_cmpint (width, <=, 1024);
  g_assert_cmpint (height, <=, 700);
  fixture_close (window);
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  g_test_add_func ("/window/open-close", test_open_close);
  g_test_add_func ("/window/brushes", test_brushes);
  g_test_add_func ("/window/shortcuts", test_shortcuts);
  g_test_add_func ("/window/menus", test_menus);
  g_test_add_func ("/window/access", test_access);
  g_test_add_func ("/window/focus", test_focus);
  g_test_add_func ("/window/other-windows", test_other_windows);
  g_test_add_func ("/window/right-to-left", test_right_to_left);
  g_test_add_func ("/window/dark", test_dark);
  g_test_add_func ("/window/big-text", test_big_text);
  g_test_add_func ("/window/small", test_small);
  return g_test_run ();
}
