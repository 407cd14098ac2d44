/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "layers-fixture.h"
#include "shortcuts.h"

/* The panel of layers: it follows the document and the document follows it. */

/* --- the list --- */

static void
test_follows (struct fixture *fixture, gconstpointer data)
{
  g_autoptr (LimnDocument) other = limn_document_new (10, 10);

  fixture_assert_names (fixture, "Ink Lines Sky");
  limn_document_move_layer (fixture->document, fixture->low, 2);
  fixture_assert_names (fixture, "Sky Ink Lines");
  limn_document_undo (fixture->document);
  fixture_assert_names (fixture, "Ink Lines Sky");
  limn_document_remove_layer (fixture->document, fixture->middle);
  fixture_assert_names (fixture, "Ink Sky");
  limn_document_undo (fixture->document);
  fixture_assert_names (fixture, "Ink Lines Sky");
  limn_document_redo (fixture->document);
  fixture_assert_names (fixture, "Ink Sky");
  limn_document_set_layer (fixture->document, fixture->low, LIMN_LAYER_NAME,
                           g_variant_new_string ("Sea"), 0);
  fixture_assert_names (fixture, "Ink Sea");
  limn_document_add_layer (other, LIMN_LAYER_SCRIBBLE, "Other", 0);
  limn_studio_set_document (fixture->studio, other);
  fixture_assert_names (fixture, "Other");
  limn_document_add_layer (fixture->document, LIMN_LAYER_SCRIBBLE, "Unseen", 0);
  fixture_assert_names (fixture, "Other");
  limn_document_remove_layer (other, limn_studio_get_layer (fixture->studio));
  fixture_assert_names (fixture, "");
  g_assert_false (gtk_widget_get_sensitive (fixture_get (fixture->panel, "box") == NULL
                                                ? NULL
                                                : fixture_get (fixture->panel, "expander")));
  limn_document_undo (other);
  fixture_assert_names (fixture, "Other");
  limn_studio_set_document (fixture->studio, fixture->document);
  fixture_assert_names (fixture, "Ink Sea Unseen");
}

static void
test_active (struct fixture *fixture, gconstpointer data)
{
  GtkListBox *list = GTK_LIST_BOX (fixture_get (fixture->panel, "list"));

  g_assert_cmpuint (limn_studio_get_layer (fixture->studio), ==, fixture->high);
  g_assert_true (gtk_list_box_get_selected_row (list) == (gpointer) fixture_row_at (fixture, 0));
  limn_studio_set_layer (fixture->studio, fixture->low);
  g_assert_true (gtk_list_box_get_selected_row (list) == (gpointer) fixture_row_at (fixture, 2));
  gtk_list_box_select_row (list, GTK_LIST_BOX_ROW (fixture_row_at (fixture, 1)));
  g_assert_cmpuint (limn_studio_get_layer (fixture->studio), ==, fixture->middle);
  limn_document_remove_layer (fixture->document, fixture->middle);
  g_assert_cmpuint (limn_studio_get_layer (fixture->studio), ==, fixture->low);
  g_assert_true (gtk_list_box_get_selected_row (list) == (gpointer) fixture_row_at (fixture, 1));
}

static void
test_switches (struct fixture *fixture, gconstpointer data)
{
  static const struct {
    const char *button;
    limn_layer_key key;
    bool before;
  } cases[] = {
    { "visible_button", LIMN_LAYER_VISIBLE, true },
    { "lock_button", LIMN_LAYER_LOCKED, false },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    GtkWidget *row = fixture_row_of (fixture, fixture->middle);
    GtkToggleButton *button = GTK_TOGGLE_BUTTON (fixture_get (row, cases[i].button));

    g_assert_true (gtk_toggle_button_get_active (button) == cases[i].before);
    gtk_toggle_button_set_active (button, !cases[i].before);
    g_assert_true (limn_layer_get_bool (fixture_layer (fixture, fixture->middle), cases[i].key) ==
                   !cases[i].before);
    limn_document_undo (fixture->document);
    g_assert_true (limn_layer_get_bool (fixture_layer (fixture, fixture->middle), cases[i].key) ==
                   cases[i].before);
    g_assert_true (gtk_toggle_button_get_active (button) == cases[i].before);
    g_assert_cmpuint (limn_studio_get_layer (fixture->studio), ==, fixture->high);
  }
  g_assert_false (
      gtk_widget_has_css_class (fixture_row_of (fixture, fixture->middle), "limn-hidden"));
  limn_document_set_layer (fixture->document, fixture->middle, LIMN_LAYER_VISIBLE,
                           g_variant_new_boolean (FALSE), 0);
  g_assert_true (
      gtk_widget_has_css_class (fixture_row_of (fixture, fixture->middle), "limn-hidden"));
}

static void
test_rename (struct fixture *fixture, gconstpointer data)
{
  GtkWidget *row = fixture_row_of (fixture, fixture->high);
  GtkEditable *entry = GTK_EDITABLE (fixture_get (row, "name_entry"));
  GtkStack *stack = GTK_STACK (fixture_get (row, "stack"));
  guint steps = fixture_undo_steps (fixture->document);
  gboolean handled;

  fixture_activate (fixture, "rename");
  g_assert_cmpstr (gtk_stack_get_visible_child_name (stack), ==, "entry");
  g_assert_cmpstr (gtk_editable_get_text (entry), ==, "Ink");
  gtk_editable_set_text (entry, "  Outlines ");
  g_signal_emit_by_name (entry, "activate");
  g_assert_cmpstr (gtk_stack_get_visible_child_name (stack), ==, "label");
  fixture_assert_names (fixture, "Outlines Lines Sky");
  g_assert_cmpuint (fixture_undo_steps (fixture->document), ==, steps + 1);
  limn_document_undo (fixture->document);
  fixture_assert_names (fixture, "Ink Lines Sky");

  /* Escape leaves it, and so does a name of nothing. */
  limn_layer_panel_rename (LIMN_LAYER_PANEL (fixture->panel), fixture->high);
  gtk_editable_set_text (entry, "Wrong");
  g_signal_emit_by_name (
      fixture_controller_of (GTK_WIDGET (entry), GTK_TYPE_EVENT_CONTROLLER_KEY, 0), "key-pressed",
      GDK_KEY_Escape, 9, 0, &handled);
  g_assert_true (handled);
  g_assert_cmpstr (gtk_stack_get_visible_child_name (stack), ==, "label");
  limn_layer_panel_rename (LIMN_LAYER_PANEL (fixture->panel), fixture->high);
  gtk_editable_set_text (entry, "   ");
  g_signal_emit_by_name (entry, "activate");
  fixture_assert_names (fixture, "Ink Lines Sky");
  g_assert_cmpuint (fixture_undo_steps (fixture->document), ==, steps);

  /* A double click on the name, and the focus that goes elsewhere. */
  g_signal_emit_by_name (
      fixture_controller_of (fixture_get (row, "words"), GTK_TYPE_GESTURE_CLICK, 0), "pressed", 2,
      1.0, 1.0);
  g_assert_cmpstr (gtk_stack_get_visible_child_name (stack), ==, "entry");
  gtk_editable_set_text (entry, "Away");
  g_signal_emit_by_name (
      fixture_controller_of (GTK_WIDGET (entry), GTK_TYPE_EVENT_CONTROLLER_FOCUS, 0), "leave");
  fixture_assert_names (fixture, "Away Lines Sky");
}

/* --- reordering --- */

/* Drops the row of @layer on the upper or lower half of the row at @index. */
static bool
drop (struct fixture *fixture, guint32 id, int index, bool upper)
{
  GtkWidget *list = fixture_get (fixture->panel, "list");
  GtkEventController *target = fixture_controller_of (list, GTK_TYPE_DROP_TARGET, 0);
  g_auto (GValue) value = G_VALUE_INIT;
  graphene_rect_t bounds;
  gboolean taken = FALSE;
  GdkDragAction action;
  double y;

  g_assert_true (gtk_widget_compute_bounds (fixture_row_at (fixture, index), list, &bounds));
  y = (double) bounds.origin.y + (double) bounds.size.height * (upper ? 0.2 : 0.8);
  g_value_init (&value, LIMN_TYPE_LAYER_ROW);
  g_value_set_object (&value, fixture_row_of (fixture, id));
  g_signal_emit_by_name (target, "motion", 10.0, y, &action);
  g_assert_true (gtk_widget_has_css_class (fixture_row_at (fixture, index),
                                           upper ? "limn-drop-above" : "limn-drop-below"));
  g_signal_emit_by_name (target, "drop", &value, 10.0, y, &taken);
  for (int i = 0; fixture_row_at (fixture, i) != NULL; i++) {
    g_assert_false (gtk_widget_has_css_class (fixture_row_at (fixture, i), "limn-drop-above"));
    g_assert_false (gtk_widget_has_css_class (fixture_row_at (fixture, i), "limn-drop-below"));
  }
  return taken;
}

static void
test_drag (struct fixture *fixture, gconstpointer data)
{
  static const struct {
    int dragged, target;
    bool upper;
    const char *names;
  } cases[] = {
    { 0, 0, true, "Ink Lines Sky" },  { 0, 0, false, "Ink Lines Sky" },
    { 0, 1, true, "Ink Lines Sky" },  { 0, 1, false, "Lines Ink Sky" },
    { 0, 2, true, "Lines Ink Sky" },  { 0, 2, false, "Lines Sky Ink" },
    { 1, 0, true, "Lines Ink Sky" },  { 1, 0, false, "Ink Lines Sky" },
    { 2, 0, true, "Sky Ink Lines" },  { 2, 0, false, "Ink Sky Lines" },
    { 2, 1, false, "Ink Lines Sky" },
  };
  const guint32 ids[] = { fixture->high, fixture->middle, fixture->low };
  guint steps = fixture_undo_steps (fixture->document);

  while (gtk_widget_get_height (fixture_row_at (fixture, 2)) == 0)
    g_main_context_iteration (NULL, TRUE);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_assert_true (drop (fixture, ids[cases[i].dragged], cases[i].target, cases[i].upper));
    fixture_assert_names (fixture, cases[i].names);
    g_assert_cmpuint (fixture_undo_steps (fixture->document), <=, steps + 1);
    while (fixture_undo_steps (fixture->document) > steps)
      limn_document_undo (fixture->document);
    fixture_assert_names (fixture, "Ink Lines Sky");
    /* Rows that moved have their places after the next layout. */
    gtk_widget_queue_allocate (fixture->window);
    gtk_test_widget_wait_for_draw (fixture->window);
  }
}

/* --- actions --- */

static void
assert_enabled (struct fixture *fixture, const char *names)
{
  g_auto (GStrv) all = g_action_group_list_actions (fixture->actions);
  g_auto (GStrv) wanted = g_strsplit (names, " ", -1);

  for (int i = 0; all[i] != NULL; i++) {
    bool enabled = g_action_group_get_action_enabled (fixture->actions, all[i]);

    if (enabled != g_strv_contains ((const char *const *) wanted, all[i]))
      g_error ("%s is %s", all[i], enabled ? "enabled" : "not enabled");
  }
}

#define ALWAYS "add-scribble add-picture import paste copy use-recipe "
#define THERE "duplicate rename toggle-visible toggle-lock "

static void
test_enabled (struct fixture *fixture, gconstpointer data)
{
  assert_enabled (fixture, ALWAYS THERE "merge-down delete clear lower previous");
  limn_studio_set_layer (fixture->studio, fixture->middle);
  assert_enabled (fixture, ALWAYS THERE "merge-down delete clear raise next lower previous");
  limn_document_set_layer (fixture->document, fixture->low, LIMN_LAYER_LOCKED,
                           g_variant_new_boolean (TRUE), 0);
  assert_enabled (fixture, ALWAYS THERE "delete clear raise next lower previous");
  limn_studio_set_layer (fixture->studio, fixture->low);
  assert_enabled (fixture, ALWAYS THERE "raise next");
  for (int i = 0; i < 3; i++)
    limn_document_remove_layer (fixture->document, limn_document_layer (fixture->document, 0)->id);
  assert_enabled (fixture, ALWAYS);
  limn_document_undo (fixture->document);
  limn_studio_set_layer (fixture->studio, limn_document_layer (fixture->document, 0)->id);
  assert_enabled (fixture, ALWAYS THERE "delete clear");
}

static void
test_add (struct fixture *fixture, gconstpointer data)
{
  limn_studio_set_layer (fixture->studio, fixture->low);
  fixture_activate (fixture, "add-scribble");
  fixture_assert_names (fixture, "Ink Lines Scribble 1 Sky");
  fixture_activate (fixture, "add-picture");
  fixture_assert_names (fixture, "Ink Lines Picture 1 Scribble 1 Sky");
  fixture_activate (fixture, "add-scribble");
  fixture_assert_names (fixture, "Ink Lines Scribble 2 Picture 1 Scribble 1 Sky");
  g_assert_cmpint (
      limn_document_layer_index (fixture->document, limn_studio_get_layer (fixture->studio)), ==,
      3);
  fixture_activate (fixture, "duplicate");
  fixture_assert_names (fixture, "Ink Lines Scribble 2 Copy Scribble 2 Picture 1 Scribble 1 Sky");
  fixture_activate (fixture, "delete");
  fixture_assert_names (fixture, "Ink Lines Scribble 2 Picture 1 Scribble 1 Sky");
  g_assert_cmpuint (fixture_undo_steps (fixture->document), ==, 1 + 5);
}

static void
test_move (struct fixture *fixture, gconstpointer data)
{
  fixture_activate (fixture, "lower");
  fixture_assert_names (fixture, "Lines Ink Sky");
  fixture_activate (fixture, "lower");
  fixture_assert_names (fixture, "Lines Sky Ink");
  g_assert_cmpuint (limn_studio_get_layer (fixture->studio), ==, fixture->high);
  fixture_activate (fixture, "raise");
  fixture_assert_names (fixture, "Lines Ink Sky");
  fixture_activate (fixture, "next");
  g_assert_cmpuint (limn_studio_get_layer (fixture->studio), ==, fixture->middle);
  fixture_activate (fixture, "previous");
  fixture_activate (fixture, "previous");
  g_assert_cmpuint (limn_studio_get_layer (fixture->studio), ==, fixture->low);
}

static void
test_merge_and_clear (struct fixture *fixture, gconstpointer data)
{
  const limn_layer *merged;

  g_assert_true (fixture_fill (fixture->document, fixture->high, 10, 10, 20, 20, 0xffff0000u));
  fixture_activate (fixture, "merge-down");
  fixture_assert_names (fixture, "Lines Sky");
  merged = fixture_layer (fixture, limn_studio_get_layer (fixture->studio));
  g_assert_cmphex (limn_pixels_row (merged->pixels, 20)[20], ==, 0xffff0000u);
  fixture_activate (fixture, "clear");
  for (int y = 0; y < 64; y++)
    for (int x = 0; x < 96; x++)
      g_assert_cmphex (limn_pixels_row (merged->pixels, y)[x], ==, 0);
  limn_document_undo (fixture->document);
  g_assert_cmphex (limn_pixels_row (merged->pixels, 20)[20], ==, 0xffff0000u);
  limn_document_undo (fixture->document);
  fixture_assert_names (fixture, "Ink Lines Sky");
}

static void
test_states (struct fixture *fixture, gconstpointer data)
{
  static const char *const names[] = { "toggle-visible", "toggle-lock" };
  static const limn_layer_key keys[] = { LIMN_LAYER_VISIBLE, LIMN_LAYER_LOCKED };

  for (int i = 0; i < 2; i++)
    for (int round = 0; round < 3; round++) {
      bool before = limn_layer_get_bool (fixture_layer (fixture, fixture->high), keys[i]);
      g_autoptr (GVariant) state = g_action_group_get_action_state (fixture->actions, names[i]);

      g_assert_true (g_variant_get_boolean (state) == before);
      fixture_activate (fixture, names[i]);
      g_assert_true (limn_layer_get_bool (fixture_layer (fixture, fixture->high), keys[i]) ==
                     !before);
    }
}

/* Each row of the table names an action that there is, and a key that GTK knows, once. */
static void
test_shortcuts (struct fixture *fixture, gconstpointer data)
{
  g_autoptr (GHashTable) keys = g_hash_table_new (g_str_hash, g_str_equal);

  for (const struct limn_shortcut *row = limn_layer_shortcuts; row->action != NULL; row++) {
    guint key;
    GdkModifierType modifiers;

    g_assert_true (g_str_has_prefix (row->action, "layer."));
    g_assert_true (g_action_group_has_action (fixture->actions, row->action + 6));
    if (row->accelerator != NULL) {
      g_assert_true (gtk_accelerator_parse (row->accelerator, &key, &modifiers));
      g_assert_true (g_hash_table_add (keys, (gpointer) row->accelerator));
    }
  }
}

/* --- how it looks --- */

static void
save_picture (GtkWidget *window, const char *name)
{
  const char *folder = g_getenv ("LIMN_TEST_PICTURES");
  g_autoptr (GdkPaintable) paintable = gtk_widget_paintable_new (window);
  GtkSnapshot *snapshot = gtk_snapshot_new ();
  g_autoptr (GskRenderNode) node = NULL;
  g_autoptr (GdkTexture) texture = NULL;
  g_autofree char *path = NULL;

  gdk_paintable_snapshot (paintable, snapshot, gtk_widget_get_width (window),
                          gtk_widget_get_height (window));
  node = gtk_snapshot_free_to_node (snapshot);
  texture = gsk_renderer_render_texture (gtk_native_get_renderer (GTK_NATIVE (window)), node, NULL);
  g_assert_cmpint (gdk_texture_get_width (texture), >, 0);
  if (folder == NULL || g_mkdir_with_parents (folder, 0777) < 0)
    return;
  path = g_build_filename (folder, name, NULL);
  g_assert_true (gdk_texture_save_to_png (texture, path));
}

/* It fits a side bar, and pictures of it lie in the build folder. */
static void
test_look (struct fixture *fixture, gconstpointer data)
{
  int minimum, natural;

  fixture_fill (fixture->document, fixture->high, 20, 20, 30, 16, 0xff000000u);
  fixture_fill (fixture->document, fixture->low, 0, 0, 96, 30, 0xff60a0e0u);
  fixture_fill (fixture->document, fixture->low, 30, 34, 60, 20, 0xff40a040u);
  limn_document_set_layer (fixture->document, fixture->middle, LIMN_LAYER_LOCKED,
                           g_variant_new_boolean (TRUE), 0);
  limn_document_set_layer (fixture->document, fixture->middle, LIMN_LAYER_VISIBLE,
                           g_variant_new_boolean (FALSE), 0);
  limn_document_set_layer (fixture->document, fixture->low, LIMN_LAYER_OPACITY,
                           g_variant_new_double (0.6), 0);
  fixture_set_control (fixture, fixture->low, "depth");
  gtk_widget_measure (fixture->panel, GTK_ORIENTATION_HORIZONTAL, -1, &minimum, &natural, NULL,
                      NULL);
  g_assert_cmpint (minimum, <=, 340);
  while (fixture_shown (fixture, fixture->low) == NULL ||
         fixture_shown (fixture, fixture->middle) == NULL ||
         fixture_shown (fixture, fixture->high) == NULL)
    g_main_context_iteration (NULL, TRUE);
  for (int i = 0; i < 4; i++) {
    gtk_expander_set_expanded (GTK_EXPANDER (fixture_get (fixture->panel, "expander")), i % 2 != 0);
    adw_style_manager_set_color_scheme (adw_style_manager_get_default (),
                                        i < 2 ? ADW_COLOR_SCHEME_FORCE_LIGHT
                                              : ADW_COLOR_SCHEME_FORCE_DARK);
    if (i == 3)
      limn_studio_set_layer (fixture->studio, fixture->low);
    gtk_test_widget_wait_for_draw (fixture->window);
    gtk_test_widget_wait_for_draw (fixture->window);
    save_picture (fixture->window,
                  (const char *const[]){ "layers-light.png", "layers-light-control.png",
                                         "layers-dark.png", "layers-dark-control.png" }[i]);
  }
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  ADD ("follows", test_follows);
  ADD ("active", test_active);
  ADD ("switches", test_switches);
  ADD ("rename", test_rename);
  ADD ("drag", test_drag);
  ADD ("enabled", test_enabled);
  ADD ("add", test_add);
  ADD ("move", test_move);
  ADD ("merge-and-clear", test_merge_and_clear);
  ADD ("states", test_states);
  ADD ("shortcuts", test_shortcuts);
  ADD ("look", test_look);
  return g_test_run ();
}
