/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "layers/panel.h"

#include <glib/gi18n.h>

#include "layers/import.h"
#include "layers/layers.h"
#include "layers/properties.h"
#include "layers/row.h"
#include "prompt/models.h"

#define PANEL_KEY "limn-layer-panel"
/* Microseconds for which nothing may have been drawn before small pictures are drawn again. */
#define PAUSE 200000

struct _LimnLayerPanel {
  GtkWidget parent;

  /* Template */
  GtkWidget *box, *scroller;
  GtkListBox *list;
  LimnLayerProperties *properties;
  GtkWidget *menu;

  /* Owned */
  LimnStudio *studio;
  LimnDocument *document; /* whose signals are connected */
  GHashTable *rows;       /* from the layer's id to its LimnLayerRow, which the list owns */
  GHashTable *stale;      /* ids of layers whose small picture is out of date */
  guint draw_source;

  /* Borrowed */
  GtkWidget *drop_row; /* beside which something would be dropped */

  gint64 changed_at;    /* g_get_monotonic_time() */
  guint32 rename_later; /* the layer; 0 for none */
  guint menu_source;    /* while a menu is closing */
  bool updating;
};

G_DEFINE_FINAL_TYPE (LimnLayerPanel, limn_layer_panel, GTK_TYPE_WIDGET)

static LimnLayerRow *
find_row (LimnLayerPanel *self, guint32 layer)
{
  return g_hash_table_lookup (self->rows, GUINT_TO_POINTER (layer));
}

/* --- small pictures, drawn while the person does nothing --- */

static gboolean draw_next (gpointer data);

static gboolean
on_pause (gpointer data)
{
  LimnLayerPanel *self = data;

  if (limn_studio_get_drawing (self->studio) || g_get_monotonic_time () - self->changed_at < PAUSE)
    return G_SOURCE_CONTINUE;
  self->draw_source = g_idle_add (draw_next, self);
  return G_SOURCE_REMOVE;
}

/* One at a time, so that frames and input come in between. */
static gboolean
draw_next (gpointer data)
{
  LimnLayerPanel *self = data;
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, self->stale);
  if (g_hash_table_iter_next (&iter, &key, NULL)) {
    LimnLayerRow *row = find_row (self, GPOINTER_TO_UINT (key));

    g_hash_table_iter_remove (&iter);
    if (row != NULL)
      limn_layer_row_draw (row);
  }
  if (g_hash_table_size (self->stale) > 0)
    return G_SOURCE_CONTINUE;
  self->draw_source = 0;
  return G_SOURCE_REMOVE;
}

/* The pause is waited for in steps, since a stroke says hundreds of times a second that it goes on.
 */
static void
mark_stale (LimnLayerPanel *self, guint32 layer)
{
  g_hash_table_add (self->stale, GUINT_TO_POINTER (layer));
  self->changed_at = g_get_monotonic_time ();
  if (self->draw_source == 0)
    self->draw_source = g_timeout_add (PAUSE / 1000, on_pause, self);
}

static void
mark_all_stale (LimnLayerPanel *self)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, self->rows);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    mark_stale (self, GPOINTER_TO_UINT (key));
}

/* --- what it shows --- */

static void
show_active (LimnLayerPanel *self)
{
  LimnLayerRow *row = find_row (self, limn_studio_get_layer (self->studio));

  self->updating = true;
  if (row != NULL)
    gtk_list_box_select_row (self->list, GTK_LIST_BOX_ROW (row));
  else
    gtk_list_box_unselect_all (self->list);
  self->updating = false;
  limn_layer_properties_update (self->properties);
}

static void
add_row (LimnLayerPanel *self, guint32 layer)
{
  LimnLayerRow *row = limn_layer_row_new (self->studio, layer);

  g_hash_table_insert (self->rows, GUINT_TO_POINTER (layer), row);
  gtk_list_box_append (self->list, GTK_WIDGET (row));
  mark_stale (self, layer);
}

static void
remove_gone (LimnLayerPanel *self)
{
  GHashTableIter iter;
  gpointer key, row;

  g_hash_table_iter_init (&iter, self->rows);
  while (g_hash_table_iter_next (&iter, &key, &row))
    if (limn_document_layer_index (self->document, GPOINTER_TO_UINT (key)) < 0) {
      if (self->drop_row == row)
        self->drop_row = NULL;
      g_hash_table_iter_remove (&iter);
      gtk_list_box_remove (self->list, row);
    }
}

static void
on_structure_changed (LimnLayerPanel *self)
{
  guint count = limn_document_n_layers (self->document);

  self->updating = true;
  remove_gone (self);
  for (guint i = 0; i < count; i++) {
    guint32 layer = limn_document_layer (self->document, i)->id;

    if (find_row (self, layer) == NULL)
      add_row (self, layer);
    limn_layer_row_set_index (find_row (self, layer), i);
  }
  gtk_list_box_invalidate_sort (self->list);
  self->updating = false;
  /* The canvas may have another size. */
  mark_all_stale (self);
  show_active (self);
}

static void
on_pixels_changed (LimnLayerPanel *self, guint layer)
{
  mark_stale (self, layer);
}

static void
on_layer_changed (LimnLayerPanel *self, guint layer)
{
  LimnLayerRow *row = find_row (self, layer);

  if (row != NULL)
    limn_layer_row_update (row);
  mark_stale (self, layer);
  if (layer == limn_studio_get_layer (self->studio))
    limn_layer_properties_update (self->properties);
}

/* Which ControlNets there are. */
static void
on_controls_changed (LimnLayerPanel *self)
{
  GHashTableIter iter;
  gpointer row;

  g_hash_table_iter_init (&iter, self->rows);
  while (g_hash_table_iter_next (&iter, NULL, &row))
    limn_layer_row_update (row);
  limn_layer_properties_update (self->properties);
}

static void
on_setting_changed (LimnLayerPanel *self, int setting)
{
  if (setting == LIMN_SETTING_MODEL)
    on_controls_changed (self);
}

static void
on_layer (LimnLayerPanel *self)
{
  limn_layer_properties_end_steps (self->properties);
  show_active (self);
}

static void
drop_document (LimnLayerPanel *self)
{
  if (self->document != NULL)
    g_signal_handlers_disconnect_by_data (self->document, self);
  g_clear_object (&self->document);
}

/* Layers of two documents may have the same numbers: no row stays. */
static void
on_document (LimnLayerPanel *self)
{
  GtkListBoxRow *row;

  drop_document (self);
  self->updating = true;
  while ((row = gtk_list_box_get_row_at_index (self->list, 0)) != NULL)
    gtk_list_box_remove (self->list, GTK_WIDGET (row));
  self->updating = false;
  self->drop_row = NULL;
  g_hash_table_remove_all (self->rows);
  g_hash_table_remove_all (self->stale);
  self->document = g_object_ref (limn_studio_get_document (self->studio));
  g_signal_connect_swapped (self->document, "structure-changed", G_CALLBACK (on_structure_changed),
                            self);
  g_signal_connect_swapped (self->document, "pixels-changed", G_CALLBACK (on_pixels_changed), self);
  g_signal_connect_swapped (self->document, "layer-changed", G_CALLBACK (on_layer_changed), self);
  g_signal_connect_swapped (self->document, "setting-changed", G_CALLBACK (on_setting_changed),
                            self);
  on_structure_changed (self);
}

static int
compare_rows (GtkListBoxRow *a, GtkListBoxRow *b, gpointer data)
{
  guint upper = limn_layer_row_get_index (LIMN_LAYER_ROW (a));
  guint lower = limn_layer_row_get_index (LIMN_LAYER_ROW (b));

  return upper > lower ? -1 : upper < lower;
}

/* --- what a person does --- */

static void
on_row_selected (LimnLayerPanel *self, GtkListBoxRow *row)
{
  if (!self->updating && row != NULL)
    limn_studio_set_layer (self->studio, limn_layer_row_get_layer (LIMN_LAYER_ROW (row)));
}

static void
rename_row (LimnLayerPanel *self, guint32 layer)
{
  LimnLayerRow *row = find_row (self, layer);

  if (row != NULL)
    limn_layer_row_rename (row);
}

static gboolean
on_menu_gone (gpointer data)
{
  LimnLayerPanel *self = data;

  self->menu_source = 0;
  rename_row (self, self->rename_later);
  self->rename_later = 0;
  return G_SOURCE_REMOVE;
}

/* A menu that closes gives the focus back to where it was, some time after its action: a text must
 * not have got it before that. */
static void
on_menu_unmap (LimnLayerPanel *self)
{
  if (self->menu_source == 0)
    self->menu_source = g_idle_add_full (G_PRIORITY_LOW, on_menu_gone, self, NULL);
}

void
limn_layer_panel_rename (LimnLayerPanel *self, guint32 layer)
{
  if (gtk_widget_get_mapped (self->menu) || self->menu_source != 0)
    self->rename_later = layer;
  else
    rename_row (self, layer);
}

static void
pop_up_menu (LimnLayerPanel *self, const GdkRectangle *place)
{
  gtk_popover_set_pointing_to (GTK_POPOVER (self->menu), place);
  gtk_popover_popup (GTK_POPOVER (self->menu));
}

static void
on_menu_pressed (GtkGestureClick *gesture, int presses, double x, double y, gpointer data)
{
  LimnLayerPanel *self = data;
  GtkListBoxRow *row = gtk_list_box_get_row_at_y (self->list, (int) y);
  graphene_point_t at;

  if (row == NULL || !gtk_widget_compute_point (GTK_WIDGET (self->list), GTK_WIDGET (self),
                                                &GRAPHENE_POINT_INIT ((float) x, (float) y), &at))
    return;
  gtk_gesture_set_state (GTK_GESTURE (gesture), GTK_EVENT_SEQUENCE_CLAIMED);
  gtk_list_box_select_row (self->list, row);
  pop_up_menu (self, &(GdkRectangle){ (int) at.x, (int) at.y, 1, 1 });
}

static void
on_menu_key (GtkWidget *widget, const char *name, GVariant *parameter)
{
  LimnLayerPanel *self = LIMN_LAYER_PANEL (widget);
  LimnLayerRow *row = find_row (self, limn_studio_get_layer (self->studio));
  graphene_rect_t bounds;

  if (row != NULL && gtk_widget_compute_bounds (GTK_WIDGET (row), widget, &bounds))
    pop_up_menu (self, &(GdkRectangle){ (int) graphene_rect_get_x (&bounds),
                                        (int) graphene_rect_get_y (&bounds),
                                        (int) graphene_rect_get_width (&bounds),
                                        (int) graphene_rect_get_height (&bounds) });
}

/* --- reordering by drag --- */

static void
mark_drop (LimnLayerPanel *self, GtkWidget *row, bool above)
{
  if (self->drop_row != NULL) {
    gtk_widget_remove_css_class (self->drop_row, "limn-drop-above");
    gtk_widget_remove_css_class (self->drop_row, "limn-drop-below");
  }
  self->drop_row = row;
  if (row != NULL)
    gtk_widget_add_css_class (row, above ? "limn-drop-above" : "limn-drop-below");
}

/* The row beside which a drop at @y comes to lie; below the last one when there is none at @y. */
static GtkListBoxRow *
row_for_drop (LimnLayerPanel *self, double y, bool *above)
{
  GtkListBoxRow *row = gtk_list_box_get_row_at_y (self->list, (int) y);
  graphene_rect_t bounds;

  *above = false;
  if (row == NULL)
    return gtk_list_box_get_row_at_index (self->list, (int) g_hash_table_size (self->rows) - 1);
  if (gtk_widget_compute_bounds (GTK_WIDGET (row), GTK_WIDGET (self->list), &bounds))
    *above = y < (double) bounds.origin.y + (double) bounds.size.height / 2;
  return row;
}

static GdkDragAction
on_drop_motion (GtkDropTarget *target, double x, double y, gpointer data)
{
  LimnLayerPanel *self = data;
  bool above;
  GtkListBoxRow *row = row_for_drop (self, y, &above);

  mark_drop (self, GTK_WIDGET (row), above);
  return GDK_ACTION_MOVE;
}

static void
on_drop_leave (GtkDropTarget *target, gpointer data)
{
  mark_drop (data, NULL, false);
}

static gboolean
on_drop (GtkDropTarget *target, const GValue *value, double x, double y, gpointer data)
{
  LimnLayerPanel *self = data;
  LimnLayerRow *dragged = g_value_get_object (value);
  bool above;
  GtkListBoxRow *row = row_for_drop (self, y, &above);
  guint from, to;

  mark_drop (self, NULL, false);
  if (dragged == NULL || row == NULL ||
      gtk_widget_get_parent (GTK_WIDGET (dragged)) != GTK_WIDGET (self->list))
    return FALSE;
  from = limn_layer_row_get_index (dragged);
  to = limn_layer_row_get_index (LIMN_LAYER_ROW (row)) + (above ? 1 : 0);
  /* What is above where it comes from moves down by one when it is taken out. */
  if (to > from)
    to--;
  if (to != from)
    limn_document_move_layer (self->document, limn_layer_row_get_layer (dragged), to);
  return TRUE;
}

/* --- GObject --- */

static void
add_key (GtkShortcutController *controller, const char *keys, const char *action)
{
  gtk_shortcut_controller_add_shortcut (
      controller,
      gtk_shortcut_new (gtk_shortcut_trigger_parse_string (keys), gtk_named_action_new (action)));
}

/* The list has other uses for Page Up and Page Down. */
static void
add_keys (LimnLayerPanel *self)
{
  GtkEventController *controller = gtk_shortcut_controller_new ();

  gtk_event_controller_set_propagation_phase (controller, GTK_PHASE_CAPTURE);
  add_key (GTK_SHORTCUT_CONTROLLER (controller), "Page_Up", "layer.next");
  add_key (GTK_SHORTCUT_CONTROLLER (controller), "Page_Down", "layer.previous");
  add_key (GTK_SHORTCUT_CONTROLLER (controller), "<Alt>Up", "layer.raise");
  add_key (GTK_SHORTCUT_CONTROLLER (controller), "<Alt>Down", "layer.lower");
  gtk_widget_add_controller (GTK_WIDGET (self->list), controller);
}

static void
add_controllers (LimnLayerPanel *self)
{
  GtkDropTarget *target = gtk_drop_target_new (LIMN_TYPE_LAYER_ROW, GDK_ACTION_MOVE);
  GtkGesture *click = gtk_gesture_click_new ();

  g_signal_connect (target, "motion", G_CALLBACK (on_drop_motion), self);
  g_signal_connect (target, "leave", G_CALLBACK (on_drop_leave), self);
  g_signal_connect (target, "drop", G_CALLBACK (on_drop), self);
  gtk_widget_add_controller (GTK_WIDGET (self->list), GTK_EVENT_CONTROLLER (target));
  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (click), GDK_BUTTON_SECONDARY);
  g_signal_connect (click, "pressed", G_CALLBACK (on_menu_pressed), self);
  gtk_widget_add_controller (GTK_WIDGET (self->list), GTK_EVENT_CONTROLLER (click));
  g_signal_connect_swapped (self->menu, "unmap", G_CALLBACK (on_menu_unmap), self);
}

static void
limn_layer_panel_dispose (GObject *object)
{
  LimnLayerPanel *self = LIMN_LAYER_PANEL (object);

  g_clear_handle_id (&self->draw_source, g_source_remove);
  g_clear_handle_id (&self->menu_source, g_source_remove);
  self->updating = true;
  drop_document (self);
  if (self->studio != NULL && limn_layer_panel_of (self->studio) == self)
    g_object_set_data (G_OBJECT (self->studio), PANEL_KEY, NULL);
  g_clear_object (&self->studio);
  g_clear_pointer (&self->menu, gtk_widget_unparent);
  g_clear_pointer (&self->box, gtk_widget_unparent);
  g_clear_pointer (&self->rows, g_hash_table_unref);
  g_clear_pointer (&self->stale, g_hash_table_unref);
  G_OBJECT_CLASS (limn_layer_panel_parent_class)->dispose (object);
}

static void
limn_layer_panel_class_init (LimnLayerPanelClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = limn_layer_panel_dispose;
  limn_layers_init_style ();
  g_type_ensure (LIMN_TYPE_LAYER_PROPERTIES);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/limn/Limn/layers/panel.ui");
  gtk_widget_class_bind_template_child (widget_class, LimnLayerPanel, box);
  gtk_widget_class_bind_template_child (widget_class, LimnLayerPanel, scroller);
  gtk_widget_class_bind_template_child (widget_class, LimnLayerPanel, list);
  gtk_widget_class_bind_template_child (widget_class, LimnLayerPanel, properties);
  gtk_widget_class_bind_template_child (widget_class, LimnLayerPanel, menu);
  gtk_widget_class_bind_template_callback (widget_class, on_row_selected);
  gtk_widget_class_install_action (widget_class, "menu.popup", NULL, on_menu_key);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_F10, GDK_SHIFT_MASK, "menu.popup",
                                       NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Menu, 0, "menu.popup", NULL);
  gtk_widget_class_set_css_name (widget_class, "layer-panel");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_GROUP);
}

static void
limn_layer_panel_init (LimnLayerPanel *self)
{
  self->rows = g_hash_table_new (NULL, NULL);
  self->stale = g_hash_table_new (NULL, NULL);
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_list_box_set_sort_func (self->list, compare_rows, NULL, NULL);
  add_controllers (self);
  add_keys (self);
}

GtkWidget *
limn_layer_panel_new (LimnStudio *studio)
{
  LimnLayerPanel *self = g_object_new (LIMN_TYPE_LAYER_PANEL, NULL);

  self->studio = g_object_ref (studio);
  g_object_set_data (G_OBJECT (studio), PANEL_KEY, self);
  limn_layer_properties_set_studio (self->properties, studio);
  limn_import_attach_drop (GTK_WIDGET (self), studio);
  g_signal_connect_object (studio, "notify::document", G_CALLBACK (on_document), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (studio, "notify::layer", G_CALLBACK (on_layer), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (limn_models_get_default (), "controls-changed",
                           G_CALLBACK (on_controls_changed), self, G_CONNECT_SWAPPED);
  on_document (self);
  return GTK_WIDGET (self);
}

LimnLayerPanel *
limn_layer_panel_of (LimnStudio *studio)
{
  return g_object_get_data (G_OBJECT (studio), PANEL_KEY);
}
