/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "results/strip.h"

#include <glib/gi18n.h>

#include "number.h"
#include "results/cell.h"
#include "results/results.h"

#define RESOURCES "/org/limn/Limn/results/"
/* Of the widget's pixels, for one notch of a wheel. */
#define WHEEL_STEP 120

struct _LimnResultStrip {
  GtkWidget parent;

  /* Template */
  GtkStack *stack;
  GtkScrolledWindow *scroller;
  GtkListView *list;
  GtkWidget *buttons;
  GtkWidget *compare;
  GtkButton *star;
  GtkMenuButton *details;
  GtkLabel *details_size, *details_text;
  GMenuModel *menu;

  /* Owned */
  LimnStudio *studio;
  LimnResults *results;
  GActionGroup *actions;
  GtkWidget *context; /* a popover with @menu, once it was asked for */

  bool comparing; /* the picture is hidden as long as something is held */
};

G_DEFINE_FINAL_TYPE (LimnResultStrip, limn_result_strip, GTK_TYPE_WIDGET)

/* --- rows --- */

static void
on_setup (GtkSignalListItemFactory *factory, GtkListItem *row, LimnResultStrip *self)
{
  gtk_list_item_set_child (row, limn_result_cell_new ());
}

static void
on_bind (GtkSignalListItemFactory *factory, GtkListItem *row, LimnResultStrip *self)
{
  limn_result_cell_set_item (LIMN_RESULT_CELL (gtk_list_item_get_child (row)),
                             gtk_list_item_get_item (row));
}

static void
on_unbind (GtkSignalListItemFactory *factory, GtkListItem *row, LimnResultStrip *self)
{
  limn_result_cell_set_item (LIMN_RESULT_CELL (gtk_list_item_get_child (row)), NULL);
}

/* A wheel that only turns one way moves the row as well. */
static gboolean
on_scroll (GtkEventControllerScroll *controller, double dx, double dy, LimnResultStrip *self)
{
  GtkAdjustment *adjustment = gtk_scrolled_window_get_hadjustment (self->scroller);

  gtk_adjustment_set_value (adjustment, gtk_adjustment_get_value (adjustment) + dy * WHEEL_STEP);
  return TRUE;
}

/* --- the menu --- */

static void
show_menu (LimnResultStrip *self, GtkWidget *at, double x, double y)
{
  double to_x, to_y;

  if (limn_results_get_selected (self->results) == NULL)
    return;
  if (self->context == NULL) {
    self->context = gtk_popover_menu_new_from_model (self->menu);
    gtk_popover_set_has_arrow (GTK_POPOVER (self->context), FALSE);
    gtk_widget_set_halign (self->context, GTK_ALIGN_START);
    gtk_widget_set_parent (self->context, GTK_WIDGET (self));
  }
  if (!gtk_widget_translate_coordinates (at, GTK_WIDGET (self), x, y, &to_x, &to_y))
    return;
  gtk_popover_set_pointing_to (GTK_POPOVER (self->context),
                               &(GdkRectangle){ (int) to_x, (int) to_y, 1, 1 });
  gtk_popover_popup (GTK_POPOVER (self->context));
}

/* That of what lies under the pointer, which becomes the selected one. */
static void
show_menu_at (LimnResultStrip *self, double x, double y)
{
  GtkWidget *picked = gtk_widget_pick (GTK_WIDGET (self->list), x, y, GTK_PICK_DEFAULT);
  GtkWidget *cell = picked != NULL ? gtk_widget_get_ancestor (picked, LIMN_TYPE_RESULT_CELL) : NULL;

  if (cell == NULL)
    return;
  limn_results_select (self->results, limn_result_cell_get_item (LIMN_RESULT_CELL (cell)));
  show_menu (self, GTK_WIDGET (self->list), x, y);
}

static void
on_context_click (GtkGestureClick *gesture, int presses, double x, double y, LimnResultStrip *self)
{
  gtk_gesture_set_state (GTK_GESTURE (gesture), GTK_EVENT_SEQUENCE_CLAIMED);
  show_menu_at (self, x, y);
}

static void
on_long_press (GtkGestureLongPress *gesture, double x, double y, LimnResultStrip *self)
{
  gtk_gesture_set_state (GTK_GESTURE (gesture), GTK_EVENT_SEQUENCE_CLAIMED);
  show_menu_at (self, x, y);
}

static void
on_menu_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  LimnResultStrip *self = LIMN_RESULT_STRIP (widget);
  GtkWidget *focus = gtk_root_get_focus (gtk_widget_get_root (widget));

  if (focus == NULL || !gtk_widget_is_ancestor (focus, widget))
    focus = GTK_WIDGET (self->list);
  show_menu (self, focus, gtk_widget_get_width (focus) / 2.0, gtk_widget_get_height (focus) / 2.0);
}

/* --- comparing --- */

static void
set_comparing (LimnResultStrip *self, bool comparing)
{
  if (self->comparing == comparing)
    return;
  self->comparing = comparing;
  limn_studio_set_show_picture (self->studio, !comparing);
}

static void
on_compare_state (GtkWidget *button, GtkStateFlags before, LimnResultStrip *self)
{
  bool held = (gtk_widget_get_state_flags (button) & GTK_STATE_FLAG_ACTIVE) != 0;

  if (held != ((before & GTK_STATE_FLAG_ACTIVE) != 0))
    set_comparing (self, held);
}

static gboolean
on_compare_key_pressed (GtkEventControllerKey *controller,
                        guint key,
                        guint code,
                        GdkModifierType modifiers,
                        LimnResultStrip *self)
{
  if (key != GDK_KEY_space && key != GDK_KEY_Return && key != GDK_KEY_KP_Enter)
    return FALSE;
  set_comparing (self, true);
  return TRUE;
}

static void
on_compare_key_released (GtkEventControllerKey *controller,
                         guint key,
                         guint code,
                         GdkModifierType modifiers,
                         LimnResultStrip *self)
{
  set_comparing (self, false);
}

static void
on_compare_end (LimnResultStrip *self)
{
  set_comparing (self, false);
}

/* --- how it was made --- */

static void
on_details_show (LimnResultStrip *self)
{
  LimnResultItem *item = limn_results_get_selected (self->results);
  g_autofree char *bytes = NULL;
  g_autofree char *line = NULL;
  int width, height;

  if (item == NULL)
    return;
  limn_result_item_get_size (item, &width, &height);
  bytes = g_format_size_full (g_bytes_get_size (limn_result_item_get_png (item)),
                              G_FORMAT_SIZE_IEC_UNITS);
  line = g_strdup_printf (_ ("%d × %d pixels, %s"), width, height, bytes);
  gtk_label_set_text (self->details_size, line);
  gtk_label_set_text (self->details_text, limn_result_item_get_recipe (item));
}

static void
on_details (LimnResultStrip *self)
{
  if (gtk_widget_get_mapped (GTK_WIDGET (self)))
    gtk_menu_button_popup (self->details);
}

static void
on_copy_text (LimnResultStrip *self)
{
  LimnResultItem *item = limn_results_get_selected (self->results);

  if (item != NULL)
    gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)),
                            limn_result_item_get_recipe (item));
}

/* --- what the list does --- */

static void
on_selected (LimnResultStrip *self)
{
  LimnResultItem *item = limn_results_get_selected (self->results);
  bool starred = item != NULL && limn_result_item_get_favourite (item);

  gtk_button_set_icon_name (self->star, starred ? "starred-symbolic" : "non-starred-symbolic");
  gtk_widget_set_sensitive (GTK_WIDGET (self->details), item != NULL);
  if (item == NULL)
    gtk_menu_button_popdown (self->details);
}

static void
on_items_changed (LimnResultStrip *self)
{
  GListModel *shown = G_LIST_MODEL (limn_results_get_model (self->results));
  bool any = limn_results_count (self->results) > 0;
  const char *page = "list";

  if (g_list_model_get_n_items (shown) == 0)
    page = any ? "filtered" : "empty";
  gtk_stack_set_visible_child_name (self->stack, page);
  gtk_widget_set_visible (self->buttons, any);
}

static void
on_added (LimnResultStrip *self)
{
  if (g_list_model_get_n_items (G_LIST_MODEL (limn_results_get_model (self->results))) > 0)
    gtk_widget_activate_action (GTK_WIDGET (self->list), "list.scroll-to-item", "u", 0u);
}

static void
set_studio (LimnResultStrip *self, LimnStudio *studio)
{
  GtkSelectionModel *model;

  self->studio = g_object_ref (studio);
  self->results = g_object_ref (limn_results_for (studio));
  self->actions = limn_result_actions_new (studio);
  gtk_widget_insert_action_group (GTK_WIDGET (self), "result", self->actions);
  model = limn_results_get_model (self->results);
  gtk_list_view_set_model (self->list, model);
  g_signal_connect_object (model, "items-changed", G_CALLBACK (on_items_changed), self,
                           G_CONNECT_SWAPPED | G_CONNECT_AFTER);
  g_signal_connect_object (self->results, "notify::selected", G_CALLBACK (on_selected), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->results, "added", G_CALLBACK (on_added), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->results, "details", G_CALLBACK (on_details), self,
                           G_CONNECT_SWAPPED);
  on_items_changed (self);
  on_selected (self);
}

/* --- GObject --- */

static void
limn_result_strip_dispose (GObject *object)
{
  LimnResultStrip *self = LIMN_RESULT_STRIP (object);

  set_comparing (self, false);
  if (self->results != NULL) {
    g_signal_handlers_disconnect_by_data (limn_results_get_model (self->results), self);
    g_signal_handlers_disconnect_by_data (self->results, self);
  }
  g_clear_pointer (&self->context, gtk_widget_unparent);
  gtk_widget_insert_action_group (GTK_WIDGET (self), "result", NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), LIMN_TYPE_RESULT_STRIP);
  g_clear_object (&self->actions);
  g_clear_object (&self->results);
  g_clear_object (&self->studio);
  G_OBJECT_CLASS (limn_result_strip_parent_class)->dispose (object);
}

static void
load_looks (void)
{
  g_autoptr (GtkCssProvider) provider = gtk_css_provider_new ();
  GdkDisplay *display = gdk_display_get_default ();

  gtk_css_provider_load_from_resource (provider, RESOURCES "results.css");
  gtk_style_context_add_provider_for_display (display, GTK_STYLE_PROVIDER (provider),
                                              GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
  gtk_icon_theme_add_resource_path (gtk_icon_theme_get_for_display (display), RESOURCES "icons");
}

static void
bind_children (GtkWidgetClass *widget_class)
{
  gtk_widget_class_bind_template_child (widget_class, LimnResultStrip, stack);
  gtk_widget_class_bind_template_child (widget_class, LimnResultStrip, scroller);
  gtk_widget_class_bind_template_child (widget_class, LimnResultStrip, list);
  gtk_widget_class_bind_template_child (widget_class, LimnResultStrip, buttons);
  gtk_widget_class_bind_template_child (widget_class, LimnResultStrip, compare);
  gtk_widget_class_bind_template_child (widget_class, LimnResultStrip, star);
  gtk_widget_class_bind_template_child (widget_class, LimnResultStrip, details);
  gtk_widget_class_bind_template_child (widget_class, LimnResultStrip, details_size);
  gtk_widget_class_bind_template_child (widget_class, LimnResultStrip, details_text);
  gtk_widget_class_bind_template_child (widget_class, LimnResultStrip, menu);
}

static void
limn_result_strip_class_init (LimnResultStripClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = limn_result_strip_dispose;
  gtk_widget_class_set_template_from_resource (widget_class, RESOURCES "strip.ui");
  bind_children (widget_class);
  gtk_widget_class_bind_template_callback (widget_class, on_setup);
  gtk_widget_class_bind_template_callback (widget_class, on_bind);
  gtk_widget_class_bind_template_callback (widget_class, on_unbind);
  gtk_widget_class_bind_template_callback (widget_class, on_scroll);
  gtk_widget_class_bind_template_callback (widget_class, on_context_click);
  gtk_widget_class_bind_template_callback (widget_class, on_long_press);
  gtk_widget_class_bind_template_callback (widget_class, on_compare_state);
  gtk_widget_class_bind_template_callback (widget_class, on_compare_key_pressed);
  gtk_widget_class_bind_template_callback (widget_class, on_compare_key_released);
  gtk_widget_class_bind_template_callback (widget_class, on_compare_end);
  gtk_widget_class_bind_template_callback (widget_class, on_details_show);
  gtk_widget_class_bind_template_callback (widget_class, on_copy_text);
  gtk_widget_class_install_action (widget_class, "result-strip.menu", NULL, on_menu_action);
  gtk_widget_class_set_css_name (widget_class, "resultstrip");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_GROUP);
  load_looks ();
}

static void
limn_result_strip_init (LimnResultStrip *self)
{
  g_type_ensure (LIMN_TYPE_RESULT_CELL);
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
limn_result_strip_new (LimnStudio *studio)
{
  LimnResultStrip *strip = g_object_new (LIMN_TYPE_RESULT_STRIP, NULL);

  set_studio (strip, studio);
  return GTK_WIDGET (strip);
}
