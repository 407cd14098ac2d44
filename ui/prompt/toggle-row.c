/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prompt/rows.h"

struct _LimnToggleRow {
  LimnSettingRow parent;

  /* Template */
  GtkLabel *label;
  GtkSwitch *toggle;

  int setting;
};

G_DEFINE_FINAL_TYPE (LimnToggleRow, limn_toggle_row, LIMN_TYPE_SETTING_ROW)

enum {
  PROP_SETTING = 1,
  PROP_TITLE,
  PROP_ACTIVE, /* read only: what depends on it binds to this */
  N_PROPS,
};
static GParamSpec *props[N_PROPS];

static void
limn_toggle_row_update (LimnSettingRow *row, LimnDocument *document, int setting)
{
  LimnToggleRow *self = LIMN_TOGGLE_ROW (row);
  gboolean active;

  if (setting != self->setting && setting != LIMN_ALL_SETTINGS)
    return;
  active = g_variant_get_boolean (limn_document_get_value (document, (limn_setting) self->setting));
  gtk_switch_set_active (self->toggle, active);
}

static void
on_active (LimnToggleRow *self)
{
  gboolean active = gtk_switch_get_active (self->toggle);

  if (!limn_setting_row_is_updating (LIMN_SETTING_ROW (self))) {
    limn_setting_row_new_step (LIMN_SETTING_ROW (self));
    limn_setting_row_set (LIMN_SETTING_ROW (self), (limn_setting) self->setting,
                          g_variant_new_boolean (active));
  }
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_ACTIVE]);
}

static gboolean
limn_toggle_row_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (GTK_WIDGET (LIMN_TOGGLE_ROW (widget)->toggle));
}

static void
limn_toggle_row_constructed (GObject *object)
{
  LimnToggleRow *self = LIMN_TOGGLE_ROW (object);

  G_OBJECT_CLASS (limn_toggle_row_parent_class)->constructed (object);
  g_return_if_fail (self->setting >= 0);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->toggle), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  gtk_label_get_label (self->label), -1);
}

static void
limn_toggle_row_set_property (GObject *object, guint prop, const GValue *value, GParamSpec *pspec)
{
  LimnToggleRow *self = LIMN_TOGGLE_ROW (object);

  if (prop == PROP_SETTING)
    self->setting = limn_setting_row_find (g_value_get_string (value));
  else if (prop == PROP_TITLE)
    gtk_label_set_label (self->label, g_value_get_string (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop, pspec);
}

static void
limn_toggle_row_get_property (GObject *object, guint prop, GValue *value, GParamSpec *pspec)
{
  LimnToggleRow *self = LIMN_TOGGLE_ROW (object);

  if (prop == PROP_ACTIVE)
    g_value_set_boolean (value, gtk_switch_get_active (self->toggle));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop, pspec);
}

static void
limn_toggle_row_class_init (LimnToggleRowClass *class)
{
  const GParamFlags flags = G_PARAM_WRITABLE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;
  GObjectClass *object_class = G_OBJECT_CLASS (class);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  object_class->constructed = limn_toggle_row_constructed;
  object_class->set_property = limn_toggle_row_set_property;
  object_class->get_property = limn_toggle_row_get_property;
  widget_class->grab_focus = limn_toggle_row_grab_focus;
  LIMN_SETTING_ROW_CLASS (class)->update = limn_toggle_row_update;
  props[PROP_SETTING] = g_param_spec_string ("setting", NULL, NULL, NULL, flags);
  props[PROP_TITLE] = g_param_spec_string ("title", NULL, NULL, NULL, flags);
  props[PROP_ACTIVE] =
      g_param_spec_boolean ("active", NULL, NULL, FALSE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);

  gtk_widget_class_set_template_from_resource (widget_class, "/org/limn/Limn/prompt/toggle-row.ui");
  gtk_widget_class_bind_template_child (widget_class, LimnToggleRow, label);
  gtk_widget_class_bind_template_child (widget_class, LimnToggleRow, toggle);
  gtk_widget_class_bind_template_callback (widget_class, on_active);
}

static void
limn_toggle_row_init (LimnToggleRow *self)
{
  self->setting = -1;
  gtk_widget_init_template (GTK_WIDGET (self));
}
