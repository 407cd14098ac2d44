/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "layers/properties.h"

#include <glib/gi18n.h>
#include <math.h>

#include "layers/control.h"
#include "layers/layers.h"

struct _LimnLayerProperties {
  GtkWidget parent;

  /* Template */
  GtkWidget *box, *opacity_scale;
  GtkDropDown *blend;
  GtkAdjustment *opacity;
  GtkLabel *opacity_label;
  LimnControlBox *control;

  /* Owned */
  LimnStudio *studio;

  limn_layers_merge opacity_merge;
  bool updating;
};

G_DEFINE_FINAL_TYPE (LimnLayerProperties, limn_layer_properties, GTK_TYPE_WIDGET)

/* In the order of limn_blend_names. */
static const char *const blend_titles[] = {
  N_ ("Normal"),     N_ ("Multiply"),   N_ ("Screen"),     N_ ("Overlay"),
  N_ ("Darken"),     N_ ("Lighten"),    N_ ("Dodge"),      N_ ("Burn"),
  N_ ("Hard Light"), N_ ("Soft Light"), N_ ("Difference"), N_ ("Colour"),
  N_ ("Luminosity"), N_ ("Hue"),        N_ ("Saturation"), N_ ("Addition"),
};
G_STATIC_ASSERT (G_N_ELEMENTS (blend_titles) == LIMN_N_BLENDS);

static const limn_layer *
layer_of (LimnLayerProperties *self)
{
  return limn_document_find_layer (limn_studio_get_document (self->studio),
                                   limn_studio_get_layer (self->studio));
}

void
limn_layer_properties_update (LimnLayerProperties *self)
{
  const limn_layer *layer = layer_of (self);
  g_autofree char *percent = NULL;
  double opacity;

  gtk_widget_set_sensitive (self->box, layer != NULL);
  limn_control_box_update (self->control);
  if (layer == NULL)
    return;
  self->updating = true;
  opacity = limn_layer_get_double (layer, LIMN_LAYER_OPACITY) * 100;
  percent = g_strdup_printf (_ ("%.0f%%"), opacity);
  gtk_adjustment_set_value (self->opacity, opacity);
  gtk_label_set_text (self->opacity_label, percent);
  gtk_drop_down_set_selected (
      self->blend,
      (guint) MAX (
          limn_choice_find (limn_blend_names, limn_layer_get_text (layer, LIMN_LAYER_BLEND)), 0));
  self->updating = false;
}

void
limn_layer_properties_end_steps (LimnLayerProperties *self)
{
  self->opacity_merge.number = 0;
  limn_control_box_end_steps (self->control);
}

static void
on_opacity (LimnLayerProperties *self)
{
  LimnDocument *document;

  if (self->updating || self->studio == NULL)
    return;
  document = limn_studio_get_document (self->studio);
  limn_document_set_layer (
      document, limn_studio_get_layer (self->studio), LIMN_LAYER_OPACITY,
      g_variant_new_double (round (gtk_adjustment_get_value (self->opacity)) / 100),
      limn_layers_merge_number (&self->opacity_merge, document));
}

static void
on_blend (LimnLayerProperties *self)
{
  guint selected = gtk_drop_down_get_selected (self->blend);

  if (!self->updating && self->studio != NULL && selected < LIMN_N_BLENDS)
    limn_document_set_layer (limn_studio_get_document (self->studio),
                             limn_studio_get_layer (self->studio), LIMN_LAYER_BLEND,
                             g_variant_new_string (limn_blend_names[selected]), 0);
}

static void
limn_layer_properties_dispose (GObject *object)
{
  LimnLayerProperties *self = LIMN_LAYER_PROPERTIES (object);

  self->updating = true;
  g_clear_object (&self->studio);
  g_clear_pointer (&self->box, gtk_widget_unparent);
  G_OBJECT_CLASS (limn_layer_properties_parent_class)->dispose (object);
}

static void
limn_layer_properties_class_init (LimnLayerPropertiesClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = limn_layer_properties_dispose;
  g_type_ensure (LIMN_TYPE_CONTROL_BOX);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/limn/Limn/layers/properties.ui");
  gtk_widget_class_bind_template_child (widget_class, LimnLayerProperties, box);
  gtk_widget_class_bind_template_child (widget_class, LimnLayerProperties, opacity_scale);
  gtk_widget_class_bind_template_child (widget_class, LimnLayerProperties, blend);
  gtk_widget_class_bind_template_child (widget_class, LimnLayerProperties, opacity);
  gtk_widget_class_bind_template_child (widget_class, LimnLayerProperties, opacity_label);
  gtk_widget_class_bind_template_child (widget_class, LimnLayerProperties, control);
  gtk_widget_class_bind_template_callback (widget_class, on_opacity);
  gtk_widget_class_bind_template_callback (widget_class, on_blend);
}

static void
limn_layer_properties_init (LimnLayerProperties *self)
{
  g_autoptr (GtkStringList) blends = gtk_string_list_new (NULL);

  gtk_widget_init_template (GTK_WIDGET (self));
  for (int i = 0; i < LIMN_N_BLENDS; i++)
    gtk_string_list_append (blends, _ (blend_titles[i]));
  gtk_drop_down_set_model (self->blend, G_LIST_MODEL (blends));
  limn_layers_watch (self->opacity_scale, &self->opacity_merge);
}

void
limn_layer_properties_set_studio (LimnLayerProperties *self, LimnStudio *studio)
{
  self->studio = g_object_ref (studio);
  limn_control_box_set_studio (self->control, studio);
}
