/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/pen-popover.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

#include "tools/curve.h"
#include "tools/toolbox.h"

struct _LimnPenPopover {
  GtkPopover parent;

  /* Template */
  LimnCurve *curve;
  GtkBox *presets;
  GtkAdjustment *stabiliser;
  GtkScale *stabiliser_scale;

  /* Owned */
  LimnStudio *studio;
};

G_DEFINE_FINAL_TYPE (LimnPenPopover, limn_pen_popover, GTK_TYPE_POPOVER)

static const struct {
  const char *name, *tooltip;
  guint8 values[LIMN_BRUSH_CURVE];
} presets[] = {
  { N_ ("Pencil"), N_ ("Thin, and thicker as it is pressed"), { 26, 96, 160, 214, 255 } },
  { N_ ("Soft"), N_ ("For a light hand"), { 60, 165, 215, 243, 255 } },
  { N_ ("Firm"), N_ ("For a heavy hand"), { 0, 18, 64, 146, 255 } },
  { N_ ("Even"), N_ ("Pressure changes nothing"), { 255, 255, 255, 255, 255 } },
};

static void
follow (LimnPenPopover *self)
{
  struct limn_brush brush =
      limn_studio_get_brush (self->studio, limn_studio_get_tool (self->studio));

  limn_curve_set_values (self->curve, brush.curve);
}

static void
set_curve (LimnPenPopover *self, const guint8 *values)
{
  limn_tool_id tool = limn_studio_get_tool (self->studio);
  struct limn_brush brush = limn_studio_get_brush (self->studio, tool);

  memcpy (brush.curve, values, sizeof brush.curve);
  limn_studio_set_brush (self->studio, tool, &brush);
}

static void
on_curve_changed (LimnPenPopover *self)
{
  set_curve (self, limn_curve_get_values (self->curve));
}

static void
on_preset (GtkButton *button, LimnPenPopover *self)
{
  int preset = GPOINTER_TO_INT (g_object_get_data (G_OBJECT (button), "limn-preset"));

  set_curve (self, presets[preset].values);
}

static void
add_presets (LimnPenPopover *self)
{
  for (int i = 0; i < (int) G_N_ELEMENTS (presets); i++) {
    GtkWidget *button = gtk_button_new_with_label (_ (presets[i].name));

    gtk_widget_set_tooltip_text (button, _ (presets[i].tooltip));
    g_object_set_data (G_OBJECT (button), "limn-preset", GINT_TO_POINTER (i));
    g_signal_connect (button, "clicked", G_CALLBACK (on_preset), self);
    gtk_box_append (self->presets, button);
  }
}

static char *
format_percent (GtkScale *scale, double value, gpointer data)
{
  /* Translators: a part of the whole. */
  return g_strdup_printf (_ ("%d%%"), (int) lround (value * 100));
}

static void
limn_pen_popover_dispose (GObject *object)
{
  g_clear_object (&LIMN_PEN_POPOVER (object)->studio);
  G_OBJECT_CLASS (limn_pen_popover_parent_class)->dispose (object);
}

static void
limn_pen_popover_class_init (LimnPenPopoverClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = limn_pen_popover_dispose;
  g_type_ensure (LIMN_TYPE_CURVE);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/limn/Limn/tools/pen-popover.ui");
  gtk_widget_class_bind_template_child (widget_class, LimnPenPopover, curve);
  gtk_widget_class_bind_template_child (widget_class, LimnPenPopover, presets);
  gtk_widget_class_bind_template_child (widget_class, LimnPenPopover, stabiliser);
  gtk_widget_class_bind_template_child (widget_class, LimnPenPopover, stabiliser_scale);
  gtk_widget_class_bind_template_callback (widget_class, on_curve_changed);
}

static void
limn_pen_popover_init (LimnPenPopover *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_scale_set_format_value_func (self->stabiliser_scale, format_percent, NULL, NULL);
  add_presets (self);
}

GtkWidget *
limn_pen_popover_new (LimnStudio *studio)
{
  LimnPenPopover *self = g_object_new (LIMN_TYPE_PEN_POPOVER, NULL);

  self->studio = g_object_ref (studio);
  g_signal_connect_object (studio, "brush-changed", G_CALLBACK (follow), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (studio, "notify::tool", G_CALLBACK (follow), self, G_CONNECT_SWAPPED);
  g_object_bind_property (limn_toolbox_of (studio), "stabiliser", self->stabiliser, "value",
                          G_BINDING_BIDIRECTIONAL | G_BINDING_SYNC_CREATE);
  follow (self);
  return GTK_WIDGET (self);
}
