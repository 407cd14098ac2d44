/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "layers-fixture.h"

#include "prompt/models.h"

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

GtkWidget *
fixture_get (GtkWidget *widget, const char *id)
{
  GtkWidget *found = find (widget, id);

  if (found == NULL)
    g_error ("there is no %s", id);
  return found;
}

void
fixture_set_up (struct fixture *fixture, gconstpointer data)
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
  gtk_expander_set_expanded (GTK_EXPANDER (fixture_get (fixture->panel, "expander")), TRUE);
  while (limn_models_is_scanning (limn_models_get_default ()))
    g_main_context_iteration (NULL, TRUE);
}

void
fixture_tear_down (struct fixture *fixture, gconstpointer data)
{
  gtk_window_destroy (GTK_WINDOW (fixture->window));
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_null (limn_layer_panel_of (fixture->studio));
  g_assert_finalize_object (fixture->actions);
  g_assert_finalize_object (fixture->studio);
  g_assert_finalize_object (fixture->document);
}

GtkWidget *
fixture_row_at (struct fixture *fixture, int index)
{
  return GTK_WIDGET (
      gtk_list_box_get_row_at_index (GTK_LIST_BOX (fixture_get (fixture->panel, "list")), index));
}

GtkWidget *
fixture_row_of (struct fixture *fixture, guint32 layer)
{
  GtkWidget *row;

  for (int i = 0; (row = fixture_row_at (fixture, i)) != NULL; i++)
    if (limn_layer_row_get_layer (LIMN_LAYER_ROW (row)) == layer)
      return row;
  g_error ("layer %u has no row", layer);
}

void
fixture_assert_names (struct fixture *fixture, const char *names)
{
  g_autoptr (GString) found = g_string_new (NULL);
  GtkWidget *row;

  for (int i = 0; (row = fixture_row_at (fixture, i)) != NULL; i++)
    g_string_append_printf (found, "%s%s", i > 0 ? " " : "",
                            gtk_label_get_text (GTK_LABEL (fixture_get (row, "name_label"))));
  g_assert_cmpstr (found->str, ==, names);
}

GtkEventController *
fixture_controller_of (GtkWidget *widget, GType type, guint skip)
{
  g_autoptr (GListModel) controllers = gtk_widget_observe_controllers (widget);

  for (guint i = 0; i < g_list_model_get_n_items (controllers); i++) {
    g_autoptr (GtkEventController) controller = g_list_model_get_item (controllers, i);

    if (G_TYPE_CHECK_INSTANCE_TYPE (controller, type) && skip-- == 0)
      return controller;
  }
  g_error ("no %s", g_type_name (type));
}

void
fixture_press (GtkWidget *widget)
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

const limn_layer *
fixture_layer (struct fixture *fixture, guint32 id)
{
  return limn_document_find_layer (fixture->document, id);
}

void
fixture_activate (struct fixture *fixture, const char *action)
{
  g_assert_true (g_action_group_get_action_enabled (fixture->actions, action));
  g_action_group_activate_action (fixture->actions, action, NULL);
}

guint
fixture_undo_steps (LimnDocument *document)
{
  guint steps = 0;

  while (limn_document_undo (document))
    steps++;
  for (guint i = 0; i < steps; i++)
    limn_document_redo (document);
  return steps;
}

void
fixture_set_control (struct fixture *fixture, guint32 id, const char *type)
{
  limn_document_set_layer (fixture->document, id, LIMN_LAYER_CONTROL, g_variant_new_string (type),
                           0);
}

bool
fixture_fill (
    LimnDocument *document, guint32 id, int x, int y, int width, int height, guint32 colour)
{
  const struct limn_point corners[] = { limn_point_new (x, y, 1, 0),
                                        limn_point_new (x + width, y + height, 1, 0) };
  struct limn_brush brush = limn_brush_default;

  brush.colour = colour;
  brush.size = 0.5f;
  return limn_document_paint (document, id,
                              limn_op_shape (LIMN_SHAPE_RECTANGLE, true, &brush, corners, 2));
}

GdkTexture *
fixture_shown (struct fixture *fixture, guint32 id)
{
  return GDK_TEXTURE (gtk_picture_get_paintable (
      GTK_PICTURE (fixture_get (fixture_row_of (fixture, id), "thumbnail"))));
}

void
fixture_init (int *argc, char ***argv)
{
  gtk_test_init (argc, argv, NULL);
  adw_init ();
  g_object_set (gtk_settings_get_default (), "gtk-enable-animations", FALSE, NULL);
}
