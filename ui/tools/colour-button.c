/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/colour-button.h"

#include "tools/colour-popover.h"
#include "tools/look.h"
#include "tools/swatch.h"

struct _LimnColourButton {
  GtkWidget parent;

  /* Template */
  GtkMenuButton *button;
  LimnSwatch *swatch;

  /* Owned */
  char *title;

  guint32 colour;
};

G_DEFINE_FINAL_TYPE (LimnColourButton, limn_colour_button, GTK_TYPE_WIDGET)

enum {
  PROP_COLOUR = 1,
  PROP_TITLE,
  N_PROPS,
};
static GParamSpec *props[N_PROPS];

/* Not before it is wanted: all that is in it takes its time. */
static void
make_popover (GtkMenuButton *button, gpointer data)
{
  GtkWidget *popover;

  if (gtk_menu_button_get_popover (button) != NULL)
    return;
  popover = limn_colour_popover_new ();
  g_object_bind_property (data, "colour", popover, "colour",
                          G_BINDING_BIDIRECTIONAL | G_BINDING_SYNC_CREATE);
  gtk_menu_button_set_popover (button, popover);
}

static void
limn_colour_button_get_property (GObject *object, guint prop, GValue *value, GParamSpec *pspec)
{
  LimnColourButton *self = LIMN_COLOUR_BUTTON (object);

  switch (prop) {
  case PROP_COLOUR:
    g_value_set_uint (value, self->colour);
    break;
  case PROP_TITLE:
    g_value_set_string (value, self->title);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop, pspec);
  }
}

static void
limn_colour_button_set_property (GObject *object,
                                 guint prop,
                                 const GValue *value,
                                 GParamSpec *pspec)
{
  LimnColourButton *self = LIMN_COLOUR_BUTTON (object);

  switch (prop) {
  case PROP_COLOUR:
    if (self->colour == g_value_get_uint (value))
      return;
    self->colour = g_value_get_uint (value);
    break;
  case PROP_TITLE:
    g_free (self->title);
    self->title = g_value_dup_string (value);
    gtk_accessible_update_property (GTK_ACCESSIBLE (self->button), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                    self->title != NULL ? self->title : "", -1);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop, pspec);
    return;
  }
  g_object_notify_by_pspec (object, props[prop]);
}

static void
limn_colour_button_dispose (GObject *object)
{
  LimnColourButton *self = LIMN_COLOUR_BUTTON (object);

  if (self->button != NULL)
    gtk_widget_unparent (GTK_WIDGET (self->button));
  self->button = NULL;
  G_OBJECT_CLASS (limn_colour_button_parent_class)->dispose (object);
}

static void
limn_colour_button_finalize (GObject *object)
{
  g_free (LIMN_COLOUR_BUTTON (object)->title);
  G_OBJECT_CLASS (limn_colour_button_parent_class)->finalize (object);
}

static void
limn_colour_button_class_init (LimnColourButtonClass *class)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;
  GObjectClass *object_class = G_OBJECT_CLASS (class);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  limn_tools_look ();
  g_type_ensure (LIMN_TYPE_SWATCH);
  object_class->get_property = limn_colour_button_get_property;
  object_class->set_property = limn_colour_button_set_property;
  object_class->dispose = limn_colour_button_dispose;
  object_class->finalize = limn_colour_button_finalize;
  props[PROP_COLOUR] = g_param_spec_uint ("colour", NULL, NULL, 0, G_MAXUINT32, 0, flags);
  props[PROP_TITLE] = g_param_spec_string ("title", NULL, NULL, NULL, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/limn/Limn/tools/colour-button.ui");
  gtk_widget_class_bind_template_child (widget_class, LimnColourButton, button);
  gtk_widget_class_bind_template_child (widget_class, LimnColourButton, swatch);
}

static void
limn_colour_button_init (LimnColourButton *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_menu_button_set_create_popup_func (self->button, make_popover, self, NULL);
}
