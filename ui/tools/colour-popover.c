/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/colour-popover.h"

#include <glib/gi18n.h>
#include <stdbool.h>

#include "tools/swatch.h"

struct _LimnColourPopover {
  GtkPopover parent;

  /* Template */
  GtkGrid *palette;
  GtkColorChooser *chooser;

  guint32 colour;
  bool following; /* the chooser is being told */
};

G_DEFINE_FINAL_TYPE (LimnColourPopover, limn_colour_popover, GTK_TYPE_POPOVER)

enum {
  PROP_COLOUR = 1,
  N_PROPS,
};
static GParamSpec *props[N_PROPS];

#define COLUMNS 9

static const struct {
  guint32 colour;
  const char *name;
} palette[] = {
  { 0x000000, N_ ("Black") },       { 0x3d3846, N_ ("Dark grey") }, { 0x77767b, N_ ("Grey") },
  { 0xc0bfbc, N_ ("Light grey") },  { 0xffffff, N_ ("White") },     { 0x63452c, N_ ("Brown") },
  { 0xb5835a, N_ ("Light brown") }, { 0xf6c9a0, N_ ("Skin") },      { 0xffe8c8, N_ ("Cream") },
  { 0xa51d2d, N_ ("Dark red") },    { 0xe01b24, N_ ("Red") },       { 0xff7800, N_ ("Orange") },
  { 0xf6d32d, N_ ("Yellow") },      { 0x33d17a, N_ ("Green") },     { 0x26734d, N_ ("Dark green") },
  { 0x62a0ea, N_ ("Light blue") },  { 0x1a5fb4, N_ ("Blue") },      { 0x813d9c, N_ ("Purple") },
};

static void
set_colour (LimnColourPopover *self, guint32 colour)
{
  GdkRGBA rgba = limn_colour_to_rgba (colour);

  if (self->colour == colour)
    return;
  self->colour = colour;
  self->following = true;
  gtk_color_chooser_set_rgba (self->chooser, &rgba);
  self->following = false;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_COLOUR]);
}

static void
on_chosen (LimnColourPopover *self)
{
  GdkRGBA rgba;

  if (self->following)
    return;
  gtk_color_chooser_get_rgba (self->chooser, &rgba);
  self->colour = limn_colour_from_rgba (&rgba);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_COLOUR]);
}

/* The opacity stays. */
static void
on_palette (GtkButton *button, LimnColourPopover *self)
{
  guint32 colour = GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (button), "limn-colour"));

  set_colour (self, (self->colour & 0xff000000u) | colour);
  gtk_popover_popdown (GTK_POPOVER (self));
}

static void
fill_palette (LimnColourPopover *self)
{
  for (int i = 0; i < (int) G_N_ELEMENTS (palette); i++) {
    GtkWidget *button = gtk_button_new ();

    gtk_button_set_child (GTK_BUTTON (button), limn_swatch_new (0xff000000u | palette[i].colour));
    gtk_widget_add_css_class (button, "flat");
    gtk_widget_set_tooltip_text (button, _ (palette[i].name));
    gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                    _ (palette[i].name), -1);
    g_object_set_data (G_OBJECT (button), "limn-colour", GUINT_TO_POINTER (palette[i].colour));
    g_signal_connect (button, "clicked", G_CALLBACK (on_palette), self);
    gtk_grid_attach (self->palette, button, i % COLUMNS, i / COLUMNS, 1, 1);
  }
}

static void
limn_colour_popover_get_property (GObject *object, guint prop, GValue *value, GParamSpec *pspec)
{
  if (prop == PROP_COLOUR)
    g_value_set_uint (value, LIMN_COLOUR_POPOVER (object)->colour);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop, pspec);
}

static void
limn_colour_popover_set_property (GObject *object,
                                  guint prop,
                                  const GValue *value,
                                  GParamSpec *pspec)
{
  if (prop == PROP_COLOUR)
    set_colour (LIMN_COLOUR_POPOVER (object), g_value_get_uint (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop, pspec);
}

static void
limn_colour_popover_class_init (LimnColourPopoverClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  object_class->get_property = limn_colour_popover_get_property;
  object_class->set_property = limn_colour_popover_set_property;
  props[PROP_COLOUR] =
      g_param_spec_uint ("colour", NULL, NULL, 0, G_MAXUINT32, 0,
                         G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPS, props);

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/limn/Limn/tools/colour-popover.ui");
  gtk_widget_class_bind_template_child (widget_class, LimnColourPopover, palette);
  gtk_widget_class_bind_template_child (widget_class, LimnColourPopover, chooser);
  gtk_widget_class_bind_template_callback (widget_class, on_chosen);
}

static void
limn_colour_popover_init (LimnColourPopover *self)
{
  self->following = true;
  gtk_widget_init_template (GTK_WIDGET (self));
  self->following = false;
  fill_palette (self);
}

GtkWidget *
limn_colour_popover_new (void)
{
  return g_object_new (LIMN_TYPE_COLOUR_POPOVER, NULL);
}
