/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "layers/row.h"

#include <glib/gi18n.h>

#include "layers/layers.h"

#define THUMBNAIL_SIZE 40

struct _LimnLayerRow {
  GtkListBoxRow parent;

  /* Template */
  GtkToggleButton *visible_button, *lock_button;
  GtkPicture *thumbnail;
  GtkWidget *words, *warning;
  GtkStack *stack;
  GtkLabel *name_label, *kind_label, *badge;
  GtkEntry *name_entry;
  GtkImage *kind_image;

  /* Owned */
  LimnStudio *studio;

  guint32 layer;
  guint index;
  bool updating, renaming;
};

G_DEFINE_FINAL_TYPE (LimnLayerRow, limn_layer_row, GTK_TYPE_LIST_BOX_ROW)

static const struct {
  const char *icon, *title;
} kinds[] = {
  [LIMN_LAYER_SCRIBBLE] = { "limn-layer-scribble-symbolic", N_ ("Scribble") },
  [LIMN_LAYER_PICTURE] = { "limn-layer-picture-symbolic", N_ ("Picture") },
};
G_STATIC_ASSERT (G_N_ELEMENTS (kinds) == LIMN_N_LAYER_KINDS);

static LimnDocument *
document_of (LimnLayerRow *self)
{
  return limn_studio_get_document (self->studio);
}

static const limn_layer *
layer_of (LimnLayerRow *self)
{
  return limn_document_find_layer (document_of (self), self->layer);
}

guint32
limn_layer_row_get_layer (LimnLayerRow *self)
{
  return self->layer;
}

void
limn_layer_row_set_index (LimnLayerRow *self, guint index)
{
  self->index = index;
}

guint
limn_layer_row_get_index (LimnLayerRow *self)
{
  return self->index;
}

/* --- what it shows --- */

static void
show_switch (
    GtkToggleButton *button, bool active, const char *icon, const char *tooltip, bool faint)
{
  gtk_toggle_button_set_active (button, active);
  gtk_button_set_icon_name (GTK_BUTTON (button), icon);
  gtk_widget_set_tooltip_text (GTK_WIDGET (button), tooltip);
  gtk_widget_set_opacity (GTK_WIDGET (button), faint ? 0.4 : 1.0);
}

static void
show_class (LimnLayerRow *self, const char *name, bool on)
{
  if (on)
    gtk_widget_add_css_class (GTK_WIDGET (self), name);
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self), name);
}

/* The badge of a control layer says what it is; there is little room. */
static void
show_kind (LimnLayerRow *self, const limn_layer *layer)
{
  double opacity = limn_layer_get_double (layer, LIMN_LAYER_OPACITY);
  bool feeds = *limn_layer_get_text (layer, LIMN_LAYER_CONTROL) != '\0';
  const char *kind = _ (kinds[layer->kind].title);
  g_autofree char *text = NULL;

  if (opacity < 0.995)
    text = feeds ? g_strdup_printf (_ ("%.0f%%"), opacity * 100)
                 : g_strdup_printf (_ ("%s · %.0f%%"), kind, opacity * 100);
  else if (!feeds)
    text = g_strdup (kind);
  gtk_image_set_from_icon_name (self->kind_image, kinds[layer->kind].icon);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->kind_image), kind);
  gtk_label_set_text (self->kind_label, text != NULL ? text : "");
  gtk_widget_set_visible (GTK_WIDGET (self->kind_label), text != NULL);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, kind,
                                  -1);
}

static void
show_control (LimnLayerRow *self, const limn_layer *layer)
{
  const char *type = limn_layer_get_text (layer, LIMN_LAYER_CONTROL);
  const char *title = limn_layers_control_title (type);
  bool missing = !limn_layers_has_control (document_of (self), type);
  g_autofree char *text =
      g_strdup_printf ("%s %.2g", title, limn_layer_get_double (layer, LIMN_LAYER_WEIGHT));
  g_autofree char *tooltip =
      g_strdup_printf (missing ? _ ("The model has no ControlNet “%s”: this layer does nothing")
                               : _ ("This layer feeds the ControlNet “%s”"),
                       title);

  gtk_label_set_text (self->badge, text);
  gtk_widget_set_visible (GTK_WIDGET (self->badge), *type != '\0');
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->badge), tooltip);
  if (missing)
    gtk_widget_add_css_class (GTK_WIDGET (self->badge), "limn-missing");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self->badge), "limn-missing");
  gtk_widget_set_visible (self->warning, missing);
  gtk_widget_set_tooltip_text (self->warning, tooltip);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->warning), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  tooltip, -1);
}

void
limn_layer_row_update (LimnLayerRow *self)
{
  const limn_layer *layer = layer_of (self);
  const char *name;
  bool visible, locked;

  if (layer == NULL)
    return;
  name = limn_layer_get_text (layer, LIMN_LAYER_NAME);
  visible = limn_layer_get_bool (layer, LIMN_LAYER_VISIBLE);
  locked = limn_layer_get_bool (layer, LIMN_LAYER_LOCKED);
  self->updating = true;
  show_switch (self->visible_button, visible,
               visible ? "view-reveal-symbolic" : "view-conceal-symbolic",
               visible ? _ ("Hide the Layer") : _ ("Show the Layer"), !visible);
  show_switch (self->lock_button, locked,
               locked ? "changes-prevent-symbolic" : "changes-allow-symbolic",
               locked ? _ ("Unlock the Layer") : _ ("Lock the Layer"), !locked);
  show_class (self, "limn-hidden", !visible);
  gtk_label_set_text (self->name_label, name);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->name_label), name);
  show_kind (self, layer);
  show_control (self, layer);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
  self->updating = false;
}

void
limn_layer_row_draw (LimnLayerRow *self)
{
  const limn_layer *layer = layer_of (self);
  g_autoptr (GdkTexture) texture = NULL;

  if (layer == NULL)
    return;
  texture = limn_layers_thumbnail (document_of (self), layer,
                                   THUMBNAIL_SIZE *
                                       MAX (gtk_widget_get_scale_factor (GTK_WIDGET (self)), 1));
  gtk_picture_set_paintable (self->thumbnail, GDK_PAINTABLE (texture));
}

/* --- what a person does --- */

static void
on_visible_toggled (LimnLayerRow *self)
{
  if (!self->updating)
    limn_document_set_layer (
        document_of (self), self->layer, LIMN_LAYER_VISIBLE,
        g_variant_new_boolean (gtk_toggle_button_get_active (self->visible_button)), 0);
  limn_layer_row_update (self);
}

static void
on_lock_toggled (LimnLayerRow *self)
{
  if (!self->updating)
    limn_document_set_layer (
        document_of (self), self->layer, LIMN_LAYER_LOCKED,
        g_variant_new_boolean (gtk_toggle_button_get_active (self->lock_button)), 0);
  limn_layer_row_update (self);
}

void
limn_layer_row_rename (LimnLayerRow *self)
{
  const limn_layer *layer = layer_of (self);

  if (layer == NULL)
    return;
  self->renaming = true;
  gtk_editable_set_text (GTK_EDITABLE (self->name_entry),
                         limn_layer_get_text (layer, LIMN_LAYER_NAME));
  gtk_stack_set_visible_child_name (self->stack, "entry");
  gtk_widget_grab_focus (GTK_WIDGET (self->name_entry));
}

/* The focus goes back to the row only where the text had it: who clicks elsewhere wants it there.
 */
static void
end_rename (LimnLayerRow *self, bool keep, bool take_focus)
{
  const limn_layer *layer = layer_of (self);
  g_autofree char *name = g_strdup (gtk_editable_get_text (GTK_EDITABLE (self->name_entry)));

  if (!self->renaming)
    return;
  self->renaming = false;
  g_strstrip (name);
  if (take_focus)
    gtk_widget_grab_focus (GTK_WIDGET (self));
  gtk_stack_set_visible_child_name (self->stack, "label");
  if (keep && layer != NULL && *name != '\0' &&
      !g_str_equal (name, limn_layer_get_text (layer, LIMN_LAYER_NAME)))
    limn_document_set_layer (document_of (self), self->layer, LIMN_LAYER_NAME,
                             g_variant_new_string (name), 0);
}

static void
on_entry_activate (LimnLayerRow *self)
{
  end_rename (self, true, true);
}

static void
on_entry_leave (LimnLayerRow *self)
{
  end_rename (self, true, false);
}

static gboolean
on_entry_key (LimnLayerRow *self, guint key, guint code, GdkModifierType state)
{
  if (key != GDK_KEY_Escape)
    return FALSE;
  end_rename (self, false, true);
  return TRUE;
}

static void
on_name_pressed (LimnLayerRow *self, int presses)
{
  if (presses == 2 && !self->renaming)
    limn_layer_row_rename (self);
}

/* --- dragging --- */

static GdkContentProvider *
on_drag_prepare (LimnLayerRow *self, double x, double y, GtkDragSource *source)
{
  g_autoptr (GdkPaintable) icon = NULL;

  if (self->renaming)
    return NULL;
  icon = gtk_widget_paintable_new (GTK_WIDGET (self));
  gtk_drag_source_set_icon (source, icon, (int) x, (int) y);
  return gdk_content_provider_new_typed (LIMN_TYPE_LAYER_ROW, self);
}

static void
add_controllers (LimnLayerRow *self)
{
  GtkDragSource *source = gtk_drag_source_new ();
  GtkGesture *click = gtk_gesture_click_new ();
  GtkEventController *focus = gtk_event_controller_focus_new ();
  GtkEventController *keys = gtk_event_controller_key_new ();

  gtk_drag_source_set_actions (source, GDK_ACTION_MOVE);
  g_signal_connect_swapped (source, "prepare", G_CALLBACK (on_drag_prepare), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (source));
  g_signal_connect_swapped (click, "pressed", G_CALLBACK (on_name_pressed), self);
  gtk_widget_add_controller (self->words, GTK_EVENT_CONTROLLER (click));
  g_signal_connect_swapped (focus, "leave", G_CALLBACK (on_entry_leave), self);
  gtk_widget_add_controller (GTK_WIDGET (self->name_entry), focus);
  gtk_event_controller_set_propagation_phase (keys, GTK_PHASE_CAPTURE);
  g_signal_connect_swapped (keys, "key-pressed", G_CALLBACK (on_entry_key), self);
  gtk_widget_add_controller (GTK_WIDGET (self->name_entry), keys);
}

/* --- GObject --- */

static void
limn_layer_row_dispose (GObject *object)
{
  LimnLayerRow *self = LIMN_LAYER_ROW (object);

  self->renaming = false;
  g_clear_object (&self->studio);
  G_OBJECT_CLASS (limn_layer_row_parent_class)->dispose (object);
}

static void
limn_layer_row_class_init (LimnLayerRowClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = limn_layer_row_dispose;
  gtk_widget_class_set_template_from_resource (widget_class, "/org/limn/Limn/layers/row.ui");
  gtk_widget_class_bind_template_child (widget_class, LimnLayerRow, visible_button);
  gtk_widget_class_bind_template_child (widget_class, LimnLayerRow, lock_button);
  gtk_widget_class_bind_template_child (widget_class, LimnLayerRow, thumbnail);
  gtk_widget_class_bind_template_child (widget_class, LimnLayerRow, words);
  gtk_widget_class_bind_template_child (widget_class, LimnLayerRow, warning);
  gtk_widget_class_bind_template_child (widget_class, LimnLayerRow, stack);
  gtk_widget_class_bind_template_child (widget_class, LimnLayerRow, name_label);
  gtk_widget_class_bind_template_child (widget_class, LimnLayerRow, name_entry);
  gtk_widget_class_bind_template_child (widget_class, LimnLayerRow, kind_label);
  gtk_widget_class_bind_template_child (widget_class, LimnLayerRow, kind_image);
  gtk_widget_class_bind_template_child (widget_class, LimnLayerRow, badge);
  gtk_widget_class_bind_template_callback (widget_class, on_visible_toggled);
  gtk_widget_class_bind_template_callback (widget_class, on_lock_toggled);
  gtk_widget_class_bind_template_callback (widget_class, on_entry_activate);
}

static void
limn_layer_row_init (LimnLayerRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  add_controllers (self);
}

LimnLayerRow *
limn_layer_row_new (LimnStudio *studio, guint32 layer)
{
  LimnLayerRow *self = g_object_new (LIMN_TYPE_LAYER_ROW, NULL);

  self->studio = g_object_ref (studio);
  self->layer = layer;
  limn_layer_row_update (self);
  return self;
}
