/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <adwaita.h>

#include "layers/layers.h"
#include "layers/panel.h"
#include "layers/row.h"
#include "prompt/models.h"
#include "shortcuts.h"

/* The panel of layers: it follows the document and the document follows it. */

struct fixture {
  LimnDocument *document;
  LimnStudio *studio;
  GtkWidget *window, *panel;
  GActionGroup *actions;
  guint32 low, middle, high; /* "Sky" (picture), "Lines" and "Ink" (scribbles) */
};

/* --- looking into the panel --- */

static GtkWidget *
find (GtkWidget *widget, const char *id)
{
  const char *own = gtk_buildable_get_buildable_id (GTK_BUILDABLE (widget));
  GtkWidget *found = g_strcmp0 (own, id) == 0 ? widget : NULL;

  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL && found == NULL;
       child = gtk_widget_get_next_sibling (child))
    found = find (child, id);
  return found;
}

static GtkWidget *
get (GtkWidget *widget, const char *id)
{
  GtkWidget *found = find (widget, id);

  if (found == NULL)
    g_error ("there is no %s", id);
  return found;
}

static void
set_up (struct fixture *fixture, gconstpointer data)
{
  *fixture = (struct fixture){ .document = limn_document_new (96, 64) };
  fixture->low = limn_document_add_layer (fixture->document, LIMN_LAYER_PICTURE, "Sky", 0);
  fixture->middle = limn_document_add_layer (fixture->document, LIMN_LAYER_SCRIBBLE, "Lines", 1);
  fixture->high = limn_document_add_layer (fixture->document, LIMN_LAYER_SCRIBBLE, "Ink", 2);
  /* Undoing all must not touch the layers: what is left of the history is one change of a text. */
  limn_document_set_value (fixture->document, LIMN_SETTING_PROMPT, g_variant_new_string ("a"), 0);
  limn_document_set_history_limit (fixture->document, 0);
  limn_document_set_history_limit (fixture->document, G_MAXSIZE);
  fixture->studio = limn_studio_new (fixture->document);
  fixture->panel = limn_layer_panel_new (fixture->studio);
  fixture->actions = limn_layer_actions_new (fixture->studio);
  fixture->window = adw_window_new ();
  gtk_window_set_default_size (GTK_WINDOW (fixture->window), 340, 620);
  gtk_widget_insert_action_group (fixture->window, "layer", fixture->actions);
  adw_window_set_content (ADW_WINDOW (fixture->window), fixture->panel);
  gtk_window_present (GTK_WINDOW (fixture->window));
  /* What is folded away is no part of the window. */
  gtk_expander_set_expanded (GTK_EXPANDER (get (fixture->panel, "expander")), TRUE);
  while (limn_models_is_scanning (limn_models_get_default ()))
    g_main_context_iteration (NULL, TRUE);
}

static void
tear_down (struct fixture *fixture, gconstpointer data)
{
  gtk_window_destroy (GTK_WINDOW (fixture->window));
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_null (limn_layer_panel_of (fixture->studio));
  g_assert_finalize_object (fixture->actions);
  g_assert_finalize_object (fixture->studio);
  g_assert_finalize_object (fixture->document);
}

static GtkWidget *
row_at (struct fixture *fixture, int index)
{
  return GTK_WIDGET (
      gtk_list_box_get_row_at_index (GTK_LIST_BOX (get (fixture->panel, "list")), index));
}

static GtkWidget *
row_of (struct fixture *fixture, guint32 layer)
{
  GtkWidget *row;

  for (int i = 0; (row = row_at (fixture, i)) != NULL; i++)
    if (limn_layer_row_get_layer (LIMN_LAYER_ROW (row)) == layer)
      return row;
  g_error ("layer %u has no row", layer);
}

static void
assert_names (struct fixture *fixture, const char *names)
{
  g_autoptr (GString) found = g_string_new (NULL);
  GtkWidget *row;

  for (int i = 0; (row = row_at (fixture, i)) != NULL; i++)
    g_string_append_printf (found, "%s%s", i > 0 ? " " : "",
                            gtk_label_get_text (GTK_LABEL (get (row, "name_label"))));
  g_assert_cmpstr (found->str, ==, names);
}

static GtkEventController *
controller_of (GtkWidget *widget, GType type, guint skip)
{
  g_autoptr (GListModel) controllers = gtk_widget_observe_controllers (widget);

  for (guint i = 0; i < g_list_model_get_n_items (controllers); i++) {
    g_autoptr (GtkEventController) controller = g_list_model_get_item (controllers, i);

    if (G_TYPE_CHECK_INSTANCE_TYPE (controller, type) && skip-- == 0)
      return controller;
  }
  g_error ("no %s", g_type_name (type));
}

/* As a press of the button does it, without the pointer's events. */
static void
press (GtkWidget *widget)
{
  g_autoptr (GListModel) controllers = gtk_widget_observe_controllers (widget);

  for (guint i = 0; i < g_list_model_get_n_items (controllers); i++) {
    g_autoptr (GtkEventController) controller = g_list_model_get_item (controllers, i);

    if (GTK_IS_GESTURE_CLICK (controller) &&
        gtk_event_controller_get_propagation_phase (controller) == GTK_PHASE_CAPTURE &&
        gtk_gesture_single_get_button (GTK_GESTURE_SINGLE (controller)) == 0)
      g_signal_emit_by_name (controller, "pressed", 1, 0.0, 0.0);
  }
}

static const limn_layer *
layer (struct fixture *fixture, guint32 id)
{
  return limn_document_find_layer (fixture->document, id);
}

static void
activate (struct fixture *fixture, const char *action)
{
  g_assert_true (g_action_group_get_action_enabled (fixture->actions, action));
  g_action_group_activate_action (fixture->actions, action, NULL);
}

static guint
undo_steps (LimnDocument *document)
{
  guint steps = 0;

  while (limn_document_undo (document))
    steps++;
  for (guint i = 0; i < steps; i++)
    limn_document_redo (document);
  return steps;
}

/* --- the list --- */

static void
test_follows (struct fixture *fixture, gconstpointer data)
{
  g_autoptr (LimnDocument) other = limn_document_new (10, 10);

  assert_names (fixture, "Ink Lines Sky");
  limn_document_move_layer (fixture->document, fixture->low, 2);
  assert_names (fixture, "Sky Ink Lines");
  limn_document_undo (fixture->document);
  assert_names (fixture, "Ink Lines Sky");
  limn_document_remove_layer (fixture->document, fixture->middle);
  assert_names (fixture, "Ink Sky");
  limn_document_undo (fixture->document);
  assert_names (fixture, "Ink Lines Sky");
  limn_document_redo (fixture->document);
  assert_names (fixture, "Ink Sky");
  limn_document_set_layer (fixture->document, fixture->low, LIMN_LAYER_NAME,
                           g_variant_new_string ("Sea"), 0);
  assert_names (fixture, "Ink Sea");
  limn_document_add_layer (other, LIMN_LAYER_SCRIBBLE, "Other", 0);
  limn_studio_set_document (fixture->studio, other);
  assert_names (fixture, "Other");
  limn_document_add_layer (fixture->document, LIMN_LAYER_SCRIBBLE, "Unseen", 0);
  assert_names (fixture, "Other");
  limn_document_remove_layer (other, limn_studio_get_layer (fixture->studio));
  assert_names (fixture, "");
  g_assert_false (gtk_widget_get_sensitive (
      get (fixture->panel, "box") == NULL ? NULL : get (fixture->panel, "expander")));
  limn_document_undo (other);
  assert_names (fixture, "Other");
  limn_studio_set_document (fixture->studio, fixture->document);
  assert_names (fixture, "Ink Sea Unseen");
}

static void
test_active (struct fixture *fixture, gconstpointer data)
{
  GtkListBox *list = GTK_LIST_BOX (get (fixture->panel, "list"));

  g_assert_cmpuint (limn_studio_get_layer (fixture->studio), ==, fixture->high);
  g_assert_true (gtk_list_box_get_selected_row (list) == (gpointer) row_at (fixture, 0));
  limn_studio_set_layer (fixture->studio, fixture->low);
  g_assert_true (gtk_list_box_get_selected_row (list) == (gpointer) row_at (fixture, 2));
  gtk_list_box_select_row (list, GTK_LIST_BOX_ROW (row_at (fixture, 1)));
  g_assert_cmpuint (limn_studio_get_layer (fixture->studio), ==, fixture->middle);
  limn_document_remove_layer (fixture->document, fixture->middle);
  g_assert_cmpuint (limn_studio_get_layer (fixture->studio), ==, fixture->low);
  g_assert_true (gtk_list_box_get_selected_row (list) == (gpointer) row_at (fixture, 1));
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
    GtkWidget *row = row_of (fixture, fixture->middle);
    GtkToggleButton *button = GTK_TOGGLE_BUTTON (get (row, cases[i].button));

    g_assert_true (gtk_toggle_button_get_active (button) == cases[i].before);
    gtk_toggle_button_set_active (button, !cases[i].before);
    g_assert_true (limn_layer_get_bool (layer (fixture, fixture->middle), cases[i].key) ==
                   !cases[i].before);
    limn_document_undo (fixture->document);
    g_assert_true (limn_layer_get_bool (layer (fixture, fixture->middle), cases[i].key) ==
                   cases[i].before);
    g_assert_true (gtk_toggle_button_get_active (button) == cases[i].before);
    g_assert_cmpuint (limn_studio_get_layer (fixture->studio), ==, fixture->high);
  }
  g_assert_false (gtk_widget_has_css_class (row_of (fixture, fixture->middle), "limn-hidden"));
  limn_document_set_layer (fixture->document, fixture->middle, LIMN_LAYER_VISIBLE,
                           g_variant_new_boolean (FALSE), 0);
  g_assert_true (gtk_widget_has_css_class (row_of (fixture, fixture->middle), "limn-hidden"));
}

static void
test_rename (struct fixture *fixture, gconstpointer data)
{
  GtkWidget *row = row_of (fixture, fixture->high);
  GtkEditable *entry = GTK_EDITABLE (get (row, "name_entry"));
  GtkStack *stack = GTK_STACK (get (row, "stack"));
  guint steps = undo_steps (fixture->document);
  gboolean handled;

  activate (fixture, "rename");
  g_assert_cmpstr (gtk_stack_get_visible_child_name (stack), ==, "entry");
  g_assert_cmpstr (gtk_editable_get_text (entry), ==, "Ink");
  gtk_editable_set_text (entry, "  Outlines ");
  g_signal_emit_by_name (entry, "activate");
  g_assert_cmpstr (gtk_stack_get_visible_child_name (stack), ==, "label");
  assert_names (fixture, "Outlines Lines Sky");
  g_assert_cmpuint (undo_steps (fixture->document), ==, steps + 1);
  limn_document_undo (fixture->document);
  assert_names (fixture, "Ink Lines Sky");

  /* Escape leaves it, and so does a name of nothing. */
  limn_layer_panel_rename (LIMN_LAYER_PANEL (fixture->panel), fixture->high);
  gtk_editable_set_text (entry, "Wrong");
  g_signal_emit_by_name (controller_of (GTK_WIDGET (entry), GTK_TYPE_EVENT_CONTROLLER_KEY, 0),
                         "key-pressed", GDK_KEY_Escape, 9, 0, &handled);
  g_assert_true (handled);
  g_assert_cmpstr (gtk_stack_get_visible_child_name (stack), ==, "label");
  limn_layer_panel_rename (LIMN_LAYER_PANEL (fixture->panel), fixture->high);
  gtk_editable_set_text (entry, "   ");
  g_signal_emit_by_name (entry, "activate");
  assert_names (fixture, "Ink Lines Sky");
  g_assert_cmpuint (undo_steps (fixture->document), ==, steps);

  /* A double click on the name, and the focus that goes elsewhere. */
  g_signal_emit_by_name (controller_of (get (row, "words"), GTK_TYPE_GESTURE_CLICK, 0), "pressed",
                         2, 1.0, 1.0);
  g_assert_cmpstr (gtk_stack_get_visible_child_name (stack), ==, "entry");
  gtk_editable_set_text (entry, "Away");
  g_signal_emit_by_name (controller_of (GTK_WIDGET (entry), GTK_TYPE_EVENT_CONTROLLER_FOCUS, 0),
                         "leave");
  assert_names (fixture, "Away Lines Sky");
}

/* --- reordering --- */

/* Drops the row of @layer on the upper or lower half of the row at @index. */
static bool
drop (struct fixture *fixture, guint32 id, int index, bool upper)
{
  GtkWidget *list = get (fixture->panel, "list");
  GtkEventController *target = controller_of (list, GTK_TYPE_DROP_TARGET, 0);
  g_auto (GValue) value = G_VALUE_INIT;
  graphene_rect_t bounds;
  gboolean taken = FALSE;
  GdkDragAction action;
  double y;

  g_assert_true (gtk_widget_compute_bounds (row_at (fixture, index), list, &bounds));
  y = (double) bounds.origin.y + (double) bounds.size.height * (upper ? 0.2 : 0.8);
  g_value_init (&value, LIMN_TYPE_LAYER_ROW);
  g_value_set_object (&value, row_of (fixture, id));
  g_signal_emit_by_name (target, "motion", 10.0, y, &action);
  g_assert_true (gtk_widget_has_css_class (row_at (fixture, index),
                                           upper ? "limn-drop-above" : "limn-drop-below"));
  g_signal_emit_by_name (target, "drop", &value, 10.0, y, &taken);
  for (int i = 0; row_at (fixture, i) != NULL; i++) {
    g_assert_false (gtk_widget_has_css_class (row_at (fixture, i), "limn-drop-above"));
    g_assert_false (gtk_widget_has_css_class (row_at (fixture, i), "limn-drop-below"));
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
  guint steps = undo_steps (fixture->document);

  while (gtk_widget_get_height (row_at (fixture, 2)) == 0)
    g_main_context_iteration (NULL, TRUE);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_assert_true (drop (fixture, ids[cases[i].dragged], cases[i].target, cases[i].upper));
    assert_names (fixture, cases[i].names);
    g_assert_cmpuint (undo_steps (fixture->document), <=, steps + 1);
    while (undo_steps (fixture->document) > steps)
      limn_document_undo (fixture->document);
    assert_names (fixture, "Ink Lines Sky");
    /* Rows that moved have their places after the next layout. */
    gtk_widget_queue_allocate (fixture->window);
    gtk_test_widget_wait_for_draw (fixture->window);
  }
}

/* --- properties --- */

static void
test_opacity (struct fixture *fixture, gconstpointer data)
{
  GtkRange *scale = GTK_RANGE (get (fixture->panel, "opacity_scale"));
  GtkLabel *label = GTK_LABEL (get (fixture->panel, "opacity_label"));
  guint steps = undo_steps (fixture->document);

  g_assert_cmpstr (gtk_label_get_text (label), ==, "100 %");
  for (int pull = 1; pull <= 2; pull++) {
    press (GTK_WIDGET (scale));
    for (int i = 1; i <= 20; i++)
      gtk_range_set_value (scale, 100 - 30 * (pull - 1) - i);
    g_assert_cmpfloat_with_epsilon (
        limn_layer_get_double (layer (fixture, fixture->high), LIMN_LAYER_OPACITY),
        pull == 1 ? 0.8 : 0.5, 1e-9);
    g_assert_cmpuint (undo_steps (fixture->document), ==, steps + (guint) pull);
  }
  g_assert_cmpstr (gtk_label_get_text (label), ==, "50 %");
  limn_document_undo (fixture->document);
  g_assert_cmpfloat_with_epsilon (gtk_range_get_value (scale), 80, 1e-9);
  limn_document_undo (fixture->document);
  g_assert_cmpfloat_with_epsilon (gtk_range_get_value (scale), 100, 1e-9);

  /* Another layer, another step, even without a press in between. */
  gtk_range_set_value (scale, 90);
  limn_studio_set_layer (fixture->studio, fixture->low);
  g_assert_cmpfloat_with_epsilon (gtk_range_get_value (scale), 100, 1e-9);
  gtk_range_set_value (scale, 40);
  limn_studio_set_layer (fixture->studio, fixture->high);
  gtk_range_set_value (scale, 70);
  g_assert_cmpuint (undo_steps (fixture->document), ==, steps + 3);
  g_assert_cmpfloat_with_epsilon (
      limn_layer_get_double (layer (fixture, fixture->low), LIMN_LAYER_OPACITY), 0.4, 1e-9);
}

static void
test_blend (struct fixture *fixture, gconstpointer data)
{
  GtkDropDown *blend = GTK_DROP_DOWN (get (fixture->panel, "blend"));

  for (guint i = LIMN_N_BLENDS; i-- > 0;) {
    gtk_drop_down_set_selected (blend, i);
    g_assert_cmpstr (limn_layer_get_text (layer (fixture, fixture->high), LIMN_LAYER_BLEND), ==,
                     limn_blend_names[i]);
  }
  limn_document_set_layer (fixture->document, fixture->high, LIMN_LAYER_BLEND,
                           g_variant_new_string ("screen"), 0);
  g_assert_cmpuint (gtk_drop_down_get_selected (blend), ==, 2);
}

static void
test_control (struct fixture *fixture, gconstpointer data)
{
  GtkSpinButton *weight = GTK_SPIN_BUTTON (get (fixture->panel, "weight_spin"));
  GtkRange *slider = GTK_RANGE (get (fixture->panel, "weight_scale"));
  GtkSpinButton *start = GTK_SPIN_BUTTON (get (fixture->panel, "start_spin"));
  GtkSpinButton *end = GTK_SPIN_BUTTON (get (fixture->panel, "end_spin"));
  GtkDropDown *mode = GTK_DROP_DOWN (get (fixture->panel, "mode"));
  guint steps = undo_steps (fixture->document);
  double low, high;

#define VALUE(key) limn_layer_get_double (layer (fixture, fixture->high), key)
  press (GTK_WIDGET (slider));
  for (int i = 1; i <= 10; i++)
    gtk_range_set_value (slider, 1.0 + i * 0.05);
  g_assert_cmpfloat_with_epsilon (VALUE (LIMN_LAYER_WEIGHT), 1.5, 1e-9);
  g_assert_cmpfloat_with_epsilon (gtk_spin_button_get_value (weight), 1.5, 1e-9);
  g_assert_cmpuint (undo_steps (fixture->document), ==, ++steps);
  press (GTK_WIDGET (weight));
  gtk_spin_button_set_value (weight, 7.25);
  g_assert_cmpfloat_with_epsilon (VALUE (LIMN_LAYER_WEIGHT), 7.25, 1e-9);
  g_assert_cmpfloat_with_epsilon (gtk_range_get_value (slider), 2, 1e-9);
  g_assert_cmpuint (undo_steps (fixture->document), ==, ++steps);
  gtk_spin_button_set_value (start, 20);
  gtk_spin_button_set_value (end, 60);
  g_assert_cmpfloat_with_epsilon (VALUE (LIMN_LAYER_START), 0.2, 1e-9);
  g_assert_cmpfloat_with_epsilon (VALUE (LIMN_LAYER_END), 0.6, 1e-9);
  gtk_spin_button_get_range (start, &low, &high);
  g_assert_cmpfloat_with_epsilon (high, 59, 1e-6);
  gtk_spin_button_get_range (end, &low, &high);
  g_assert_cmpfloat_with_epsilon (low, 21, 1e-6);
  gtk_spin_button_set_value (end, 0);
  g_assert_cmpfloat_with_epsilon (VALUE (LIMN_LAYER_END), 0.21, 1e-9);
  gtk_drop_down_set_selected (mode, LIMN_CONTROL_PROMPT);
  g_assert_cmpstr (limn_layer_get_text (layer (fixture, fixture->high), LIMN_LAYER_MODE), ==,
                   "prompt");
  limn_document_undo (fixture->document);
  g_assert_cmpuint (gtk_drop_down_get_selected (mode), ==, LIMN_CONTROL_BALANCED);
#undef VALUE
}

static void
test_presets (struct fixture *fixture, gconstpointer data)
{
  static const double wanted[][2] = { { 0.7, 0.5 }, { 1, 0.8 }, { 1, 1 } };
  GtkWidget *presets = get (fixture->panel, "presets");
  GtkWidget *button = gtk_widget_get_first_child (presets);
  guint steps = undo_steps (fixture->document);

  for (int i = 0; i < 3; i++, button = gtk_widget_get_next_sibling (button)) {
    const limn_layer *active = layer (fixture, fixture->high);

    gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (button), TRUE);
    g_assert_cmpfloat_with_epsilon (limn_layer_get_double (active, LIMN_LAYER_WEIGHT), wanted[i][0],
                                    1e-9);
    g_assert_cmpfloat_with_epsilon (limn_layer_get_double (active, LIMN_LAYER_START), 0, 1e-9);
    g_assert_cmpfloat_with_epsilon (limn_layer_get_double (active, LIMN_LAYER_END), wanted[i][1],
                                    1e-9);
    g_assert_cmpuint (undo_steps (fixture->document), ==, ++steps);
    for (GtkWidget *other = gtk_widget_get_first_child (presets); other != NULL;
         other = gtk_widget_get_next_sibling (other))
      g_assert_true (gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (other)) == (other == button));
  }
  gtk_spin_button_set_value (GTK_SPIN_BUTTON (get (fixture->panel, "weight_spin")), 1.3);
  for (GtkWidget *other = gtk_widget_get_first_child (presets); other != NULL;
       other = gtk_widget_get_next_sibling (other))
    g_assert_false (gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (other)));
}

static void
set_control (struct fixture *fixture, guint32 id, const char *type)
{
  limn_document_set_layer (fixture->document, id, LIMN_LAYER_CONTROL, g_variant_new_string (type),
                           0);
}

/* A ControlNet that the model lacks. */
static void
test_missing (struct fixture *fixture, gconstpointer data)
{
  GtkWidget *row = row_of (fixture, fixture->high);
  GtkDropDown *types = GTK_DROP_DOWN (get (fixture->panel, "type"));

  g_assert_false (gtk_widget_get_visible (get (row, "warning")));
  g_assert_true (gtk_widget_get_visible (get (row, "badge")));
  g_assert_cmpstr (gtk_label_get_text (GTK_LABEL (get (row, "badge"))), ==, "Scribble 1");
  g_assert_false (gtk_widget_get_visible (get (fixture->panel, "missing")));
  set_control (fixture, fixture->high, "telepathy");
  g_assert_true (gtk_widget_get_visible (get (row, "warning")));
  g_assert_true (gtk_widget_get_visible (get (fixture->panel, "missing")));
  g_assert_cmpstr (gtk_label_get_text (GTK_LABEL (get (row, "badge"))), ==, "telepathy 1");
  gtk_drop_down_set_selected (types, 0);
  g_assert_cmpstr (limn_layer_get_text (layer (fixture, fixture->high), LIMN_LAYER_CONTROL), ==,
                   "");
  g_assert_false (gtk_widget_get_visible (get (row, "warning")));
  g_assert_false (gtk_widget_get_visible (get (row, "badge")));
  g_assert_false (gtk_widget_get_sensitive (get (fixture->panel, "weight_scale")));

  /* A picture can feed one too. */
  limn_studio_set_layer (fixture->studio, fixture->low);
  g_assert_cmpuint (gtk_drop_down_get_selected (types), ==, 0);
  gtk_drop_down_set_selected (types, 1);
  g_assert_cmpstr (limn_layer_get_text (layer (fixture, fixture->low), LIMN_LAYER_CONTROL), ==,
                   "scribble");
  g_assert_true (gtk_widget_get_sensitive (get (fixture->panel, "weight_scale")));
}

static void
test_model_view (struct fixture *fixture, gconstpointer data)
{
  GtkCheckButton *check = GTK_CHECK_BUTTON (get (fixture->panel, "model_view"));

  gtk_check_button_set_active (check, TRUE);
  g_assert_true (limn_studio_get_model_view (fixture->studio));
  limn_studio_set_model_view (fixture->studio, false);
  g_assert_false (gtk_check_button_get_active (check));
}

/* --- small pictures --- */

static bool
fill (LimnDocument *document, guint32 id, int x, int y, int width, int height, guint32 colour)
{
  const struct limn_point corners[] = { limn_point_new (x, y, 1, 0),
                                        limn_point_new (x + width, y + height, 1, 0) };
  struct limn_brush brush = limn_brush_default;

  brush.colour = colour;
  brush.size = 0.5f;
  return limn_document_paint (document, id,
                              limn_op_shape (LIMN_SHAPE_RECTANGLE, true, &brush, corners, 2));
}

/* RGB of one pixel. */
static guint32
pixel (GdkTexture *texture, int x, int y)
{
  int width = gdk_texture_get_width (texture);
  g_autofree guint32 *pixels = g_new (guint32, width * gdk_texture_get_height (texture));

  gdk_texture_download (texture, (guchar *) pixels, (gsize) width * 4);
  return pixels[y * width + x] & 0xffffff;
}

static void
test_thumbnail_pixels (void)
{
  g_autoptr (LimnDocument) document = limn_document_new (400, 200);
  guint32 lines = limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "Lines", 0);
  guint32 sky = limn_document_add_layer (document, LIMN_LAYER_PICTURE, "Sky", 1);
  g_autoptr (GdkTexture) scribble = NULL;
  g_autoptr (GdkTexture) picture = NULL;

  g_assert_true (fill (document, lines, 100, 50, 100, 50, 0xff000000u));
  g_assert_true (fill (document, sky, 200, 0, 200, 200, 0xff2040c0u));
  scribble = limn_layers_thumbnail (document, limn_document_find_layer (document, lines), 40);
  g_assert_cmpint (gdk_texture_get_width (scribble), ==, 40);
  g_assert_cmpint (gdk_texture_get_height (scribble), ==, 20);
  for (int y = 0; y < 20; y++)
    for (int x = 0; x < 40; x++)
      if (x != 9 && x != 20 && y != 4 && y != 10) /* the outline's soft edge */
        g_assert_cmphex (pixel (scribble, x, y), ==,
                         x > 9 && x < 20 && y > 4 && y < 10 ? 0xffffff : 0);
  picture = limn_layers_thumbnail (document, limn_document_find_layer (document, sky), 40);
  g_assert_cmphex (pixel (picture, 30, 10), ==, 0x2040c0);
  g_assert_cmphex (pixel (picture, 0, 0), ==, 0xffffff);
  g_assert_cmphex (pixel (picture, 4, 0), ==, 0xcccccc);
  g_assert_cmphex (pixel (picture, 4, 4), ==, 0xffffff);

  /* It shows what is on the canvas: moved away, there is nothing. */
  limn_document_set_layer (document, sky, LIMN_LAYER_X, g_variant_new_int32 (-400), 0);
  g_clear_object (&picture);
  picture = limn_layers_thumbnail (document, limn_document_find_layer (document, sky), 40);
  g_assert_cmphex (pixel (picture, 30, 10), !=, 0x2040c0);
}

/* Not every pixel of a large layer is looked at, and yet no line of a few pixels is missed. */
static void
test_thumbnail_large (void)
{
  g_autoptr (LimnDocument) document = limn_document_new (4000, 4000);
  guint32 lines = limn_document_add_layer (document, LIMN_LAYER_SCRIBBLE, "Lines", 0);

  g_assert_true (fill (document, lines, 2011, 0, 16, 4000, 0xff000000u));
  for (int size = 40; size <= 80; size += 40) {
    g_autoptr (GdkTexture) texture =
        limn_layers_thumbnail (document, limn_document_find_layer (document, lines), size);
    int x = 2018 * size / 4000;

    for (int y = 0; y < size; y++)
      g_assert_cmphex (pixel (texture, x, y), >, 0x101010);
    g_assert_cmphex (pixel (texture, x - 2, 7), ==, 0);
  }
}

static GdkTexture *
shown (struct fixture *fixture, guint32 id)
{
  return GDK_TEXTURE (
      gtk_picture_get_paintable (GTK_PICTURE (get (row_of (fixture, id), "thumbnail"))));
}

/* They are drawn after a pause, and never while the pen is down. */
static void
test_thumbnail_later (struct fixture *fixture, gconstpointer data)
{
  gpointer before;

  while (shown (fixture, fixture->low) == NULL || shown (fixture, fixture->middle) == NULL ||
         shown (fixture, fixture->high) == NULL)
    g_main_context_iteration (NULL, TRUE);
  before = shown (fixture, fixture->high);
  g_assert_cmphex (pixel (before, 20, 13), ==, 0);
  limn_studio_set_drawing (fixture->studio, true);
  g_assert_true (fill (fixture->document, fixture->high, 30, 20, 40, 24, 0xff000000u));
  g_assert_true (shown (fixture, fixture->high) == before);
  for (int i = 0; i < 5; i++)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (shown (fixture, fixture->high) == before);
  limn_studio_set_drawing (fixture->studio, false);
  while (shown (fixture, fixture->high) == before)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmphex (pixel (shown (fixture, fixture->high), 20, 13), ==, 0xffffff);
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
  activate (fixture, "add-scribble");
  assert_names (fixture, "Ink Lines Scribble 1 Sky");
  activate (fixture, "add-picture");
  assert_names (fixture, "Ink Lines Picture 1 Scribble 1 Sky");
  activate (fixture, "add-scribble");
  assert_names (fixture, "Ink Lines Scribble 2 Picture 1 Scribble 1 Sky");
  g_assert_cmpint (
      limn_document_layer_index (fixture->document, limn_studio_get_layer (fixture->studio)), ==,
      3);
  activate (fixture, "duplicate");
  assert_names (fixture, "Ink Lines Scribble 2 Copy Scribble 2 Picture 1 Scribble 1 Sky");
  activate (fixture, "delete");
  assert_names (fixture, "Ink Lines Scribble 2 Picture 1 Scribble 1 Sky");
  g_assert_cmpuint (undo_steps (fixture->document), ==, 1 + 5);
}

static void
test_move (struct fixture *fixture, gconstpointer data)
{
  activate (fixture, "lower");
  assert_names (fixture, "Lines Ink Sky");
  activate (fixture, "lower");
  assert_names (fixture, "Lines Sky Ink");
  g_assert_cmpuint (limn_studio_get_layer (fixture->studio), ==, fixture->high);
  activate (fixture, "raise");
  assert_names (fixture, "Lines Ink Sky");
  activate (fixture, "next");
  g_assert_cmpuint (limn_studio_get_layer (fixture->studio), ==, fixture->middle);
  activate (fixture, "previous");
  activate (fixture, "previous");
  g_assert_cmpuint (limn_studio_get_layer (fixture->studio), ==, fixture->low);
}

static void
test_merge_and_clear (struct fixture *fixture, gconstpointer data)
{
  const limn_layer *merged;

  g_assert_true (fill (fixture->document, fixture->high, 10, 10, 20, 20, 0xffff0000u));
  activate (fixture, "merge-down");
  assert_names (fixture, "Lines Sky");
  merged = layer (fixture, limn_studio_get_layer (fixture->studio));
  g_assert_cmphex (limn_pixels_row (merged->pixels, 20)[20], ==, 0xffff0000u);
  activate (fixture, "clear");
  for (int y = 0; y < 64; y++)
    for (int x = 0; x < 96; x++)
      g_assert_cmphex (limn_pixels_row (merged->pixels, y)[x], ==, 0);
  limn_document_undo (fixture->document);
  g_assert_cmphex (limn_pixels_row (merged->pixels, 20)[20], ==, 0xffff0000u);
  limn_document_undo (fixture->document);
  assert_names (fixture, "Ink Lines Sky");
}

static void
test_states (struct fixture *fixture, gconstpointer data)
{
  static const char *const names[] = { "toggle-visible", "toggle-lock" };
  static const limn_layer_key keys[] = { LIMN_LAYER_VISIBLE, LIMN_LAYER_LOCKED };

  for (int i = 0; i < 2; i++)
    for (int round = 0; round < 3; round++) {
      bool before = limn_layer_get_bool (layer (fixture, fixture->high), keys[i]);
      g_autoptr (GVariant) state = g_action_group_get_action_state (fixture->actions, names[i]);

      g_assert_true (g_variant_get_boolean (state) == before);
      activate (fixture, names[i]);
      g_assert_true (limn_layer_get_bool (layer (fixture, fixture->high), keys[i]) == !before);
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

  fill (fixture->document, fixture->high, 20, 20, 30, 16, 0xff000000u);
  fill (fixture->document, fixture->low, 0, 0, 96, 30, 0xff60a0e0u);
  fill (fixture->document, fixture->low, 30, 34, 60, 20, 0xff40a040u);
  limn_document_set_layer (fixture->document, fixture->middle, LIMN_LAYER_LOCKED,
                           g_variant_new_boolean (TRUE), 0);
  limn_document_set_layer (fixture->document, fixture->middle, LIMN_LAYER_VISIBLE,
                           g_variant_new_boolean (FALSE), 0);
  limn_document_set_layer (fixture->document, fixture->low, LIMN_LAYER_OPACITY,
                           g_variant_new_double (0.6), 0);
  set_control (fixture, fixture->low, "depth");
  gtk_widget_measure (fixture->panel, GTK_ORIENTATION_HORIZONTAL, -1, &minimum, &natural, NULL,
                      NULL);
  g_assert_cmpint (minimum, <=, 340);
  while (shown (fixture, fixture->low) == NULL || shown (fixture, fixture->middle) == NULL ||
         shown (fixture, fixture->high) == NULL)
    g_main_context_iteration (NULL, TRUE);
  for (int i = 0; i < 4; i++) {
    gtk_expander_set_expanded (GTK_EXPANDER (get (fixture->panel, "expander")), i % 2 != 0);
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

#define ADD(path, function)                                                                        \
  g_test_add ("/layers/" path, struct fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  gtk_test_init (&argc, &argv, NULL);
  adw_init ();
  g_object_set (gtk_settings_get_default (), "gtk-enable-animations", FALSE, NULL);
  ADD ("follows", test_follows);
  ADD ("active", test_active);
  ADD ("switches", test_switches);
  ADD ("rename", test_rename);
  ADD ("drag", test_drag);
  ADD ("opacity", test_opacity);
  ADD ("blend", test_blend);
  ADD ("control", test_control);
  ADD ("presets", test_presets);
  ADD ("missing", test_missing);
  ADD ("model-view", test_model_view);
  g_test_add_func ("/layers/thumbnail/pixels", test_thumbnail_pixels);
  g_test_add_func ("/layers/thumbnail/large", test_thumbnail_large);
  ADD ("thumbnail/later", test_thumbnail_later);
  ADD ("enabled", test_enabled);
  ADD ("add", test_add);
  ADD ("move", test_move);
  ADD ("merge-and-clear", test_merge_and_clear);
  ADD ("states", test_states);
  ADD ("shortcuts", test_shortcuts);
  ADD ("look", test_look);
  return g_test_run ();
}
