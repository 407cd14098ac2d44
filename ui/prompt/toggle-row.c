/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prompt/rows.h"

struct _LimnToggleRow {
  LimnSettingRow parent;

  /* Template */
  GtkSwitch *toggle;
};

G_DEFINE_FINAL_TYPE (LimnToggleRow, limn_toggle_row, LIMN_TYPE_SETTING_ROW)

enum {
  PROP_ACTIVE = 1, /* read only: what depends on it binds to this */
  N_PROPS,
};
static GParamSpec *props[N_PROPS];

static void
limn_toggle_row_update (LimnSettingRow *row, LimnDocument *document, int setting)
{
  GVariant *value =
      limn_document_get_value (document, (limn_setting) limn_setting_row_get_setting (row));

  gtk_switch_set_active (LIMN_TOGGLE_ROW (row)->toggle, g_variant_get_boolean (value));
}

static void
on_active (LimnSettingRow *row)
{
  gboolean active = gtk_switch_get_active (LIMN_TOGGLE_ROW (row)->toggle);

  if (!limn_setting_row_is_updating (row)) {
    limn_setting_row_new_step (row);
    limn_setting_row_set (row, (limn_setting) limn_setting_row_get_setting (row),
                          g_variant_new_boolean (active));
  }
  g_object_notify_by_pspec (G_OBJECT (row), props[PROP_ACTIVE]);
}

static gboolean
limn_toggle_row_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (GTK_WIDGET (LIMN_TOGGLE_ROW (widget)->toggle));
}

static void
limn_toggle_row_constructed (GObject *object)
{
  G_OBJECT_CLASS (limn_toggle_row_parent_class)->constructed (object);
  limn_setting_row_name (LIMN_SETTING_ROW (object), GTK_WIDGET (LIMN_TOGGLE_ROW (object)->toggle));
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
  GObjectClass *object_class = G_OBJECT_CLASS (class);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  object_class->constructed = limn_toggle_row_constructed;
  object_class->get_property = limn_toggle_row_get_property;
  widget_class->grab_focus = limn_toggle_row_grab_focus;
  LIMN_SETTING_ROW_CLASS (class)->update = limn_toggle_row_update;
  props[PROP_ACTIVE] =
      g_param_spec_boolean ("active", NULL, NULL, FALSE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);

  gtk_widget_class_set_template_from_resource (widget_class, "/org/limn/Limn/prompt/toggle-row.ui");
  gtk_widget_class_bind_template_child (widget_class, LimnToggleRow, toggle);
  gtk_widget_class_bind_template_callback (widget_class, on_active);
}

static void
limn_toggle_row_init (LimnToggleRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}
