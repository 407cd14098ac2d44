/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/swatch.h"

#include <math.h>

#define CHEQUER 5.0f
#define CORNER 4.0f

struct _LimnSwatch {
  GtkWidget parent;

  guint32 colour;
};

G_DEFINE_FINAL_TYPE (LimnSwatch, limn_swatch, GTK_TYPE_WIDGET)

enum {
  PROP_COLOUR = 1,
  N_PROPS,
};
static GParamSpec *props[N_PROPS];

GdkRGBA
limn_colour_to_rgba (guint32 colour)
{
  return (GdkRGBA){ (float) (colour >> 16 & 0xff) / 255.0f, (float) (colour >> 8 & 0xff) / 255.0f,
                    (float) (colour & 0xff) / 255.0f, (float) (colour >> 24) / 255.0f };
}

static guint32
channel (float value)
{
  return (guint32) lroundf (CLAMP (value, 0.0f, 1.0f) * 255.0f);
}

guint32
limn_colour_from_rgba (const GdkRGBA *rgba)
{
  return channel (rgba->alpha) << 24 | channel (rgba->red) << 16 | channel (rgba->green) << 8 |
         channel (rgba->blue);
}

static void
append_chequer (GtkSnapshot *snapshot, float width, float height)
{
  const GdkRGBA light = { 1.0f, 1.0f, 1.0f, 1.0f }, grey = { 0.6f, 0.6f, 0.6f, 1.0f };

  gtk_snapshot_append_color (snapshot, &light, &GRAPHENE_RECT_INIT (0, 0, width, height));
  gtk_snapshot_push_repeat (snapshot, &GRAPHENE_RECT_INIT (0, 0, width, height),
                            &GRAPHENE_RECT_INIT (0, 0, 2 * CHEQUER, 2 * CHEQUER));
  gtk_snapshot_append_color (snapshot, &grey, &GRAPHENE_RECT_INIT (0, 0, CHEQUER, CHEQUER));
  gtk_snapshot_append_color (snapshot, &grey,
                             &GRAPHENE_RECT_INIT (CHEQUER, CHEQUER, CHEQUER, CHEQUER));
  gtk_snapshot_pop (snapshot);
}

/* The line around it is of the theme's colour, so that it shows on any background. */
static void
limn_swatch_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  LimnSwatch *self = LIMN_SWATCH (widget);
  float width = (float) gtk_widget_get_width (widget);
  float height = (float) gtk_widget_get_height (widget);
  GdkRGBA rgba = limn_colour_to_rgba (self->colour), line;
  GskRoundedRect outline;

  gtk_style_context_get_color (gtk_widget_get_style_context (widget), &line);
  line.alpha *= 0.4f;
  gsk_rounded_rect_init_from_rect (&outline, &GRAPHENE_RECT_INIT (0, 0, width, height), CORNER);
  gtk_snapshot_push_rounded_clip (snapshot, &outline);
  if (rgba.alpha < 1.0f)
    append_chequer (snapshot, width, height);
  gtk_snapshot_append_color (snapshot, &rgba, &outline.bounds);
  gtk_snapshot_pop (snapshot);
  gtk_snapshot_append_border (snapshot, &outline, (float[]){ 1, 1, 1, 1 },
                              (GdkRGBA[]){ line, line, line, line });
}

static void
limn_swatch_get_property (GObject *object, guint prop, GValue *value, GParamSpec *pspec)
{
  if (prop == PROP_COLOUR)
    g_value_set_uint (value, LIMN_SWATCH (object)->colour);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop, pspec);
}

static void
limn_swatch_set_property (GObject *object, guint prop, const GValue *value, GParamSpec *pspec)
{
  if (prop == PROP_COLOUR)
    limn_swatch_set_colour (LIMN_SWATCH (object), g_value_get_uint (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop, pspec);
}

static void
limn_swatch_class_init (LimnSwatchClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  object_class->get_property = limn_swatch_get_property;
  object_class->set_property = limn_swatch_set_property;
  widget_class->snapshot = limn_swatch_snapshot;
  gtk_widget_class_set_css_name (widget_class, "swatch");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_PRESENTATION);
  props[PROP_COLOUR] =
      g_param_spec_uint ("colour", NULL, NULL, 0, G_MAXUINT32, 0xff000000u,
                         G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
limn_swatch_init (LimnSwatch *self)
{
  self->colour = 0xff000000u;
  gtk_widget_set_size_request (GTK_WIDGET (self), 20, 20);
}

GtkWidget *
limn_swatch_new (guint32 colour)
{
  return g_object_new (LIMN_TYPE_SWATCH, "colour", colour, NULL);
}

void
limn_swatch_set_colour (LimnSwatch *swatch, guint32 colour)
{
  if (swatch->colour == colour)
    return;
  swatch->colour = colour;
  gtk_widget_queue_draw (GTK_WIDGET (swatch));
  g_object_notify_by_pspec (G_OBJECT (swatch), props[PROP_COLOUR]);
}
