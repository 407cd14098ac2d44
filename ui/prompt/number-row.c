/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prompt/rows.h"

#include <math.h>

struct _LimnNumberRow {
  LimnSettingRow parent;

  /* Template */
  GtkScale *scale;
  GtkSpinButton *spin;
  GtkAdjustment *scale_adjustment, *spin_adjustment;

  double lower, upper, step;
  guint digits;
};

G_DEFINE_FINAL_TYPE (LimnNumberRow, limn_number_row, LIMN_TYPE_SETTING_ROW)

enum {
  PROP_LOWER = 1,
  PROP_UPPER,
  PROP_STEP,
  PROP_DIGITS,
  N_PROPS,
};
static GParamSpec *props[N_PROPS];

static double
get_number (GVariant *value)
{
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_INT32))
    return g_variant_get_int32 (value);
  return g_variant_get_double (value);
}

static void
limn_number_row_update (LimnSettingRow *row, LimnDocument *document, int setting)
{
  LimnNumberRow *self = LIMN_NUMBER_ROW (row);
  limn_setting own = (limn_setting) limn_setting_row_get_setting (row);
  double number = get_number (limn_document_get_value (document, own));

  gtk_adjustment_set_value (self->spin_adjustment, number);
  gtk_adjustment_set_value (self->scale_adjustment, number);
}

/* A person's; the scale is rounded to its steps. */
static void
set_number (LimnNumberRow *self, double number)
{
  limn_setting setting = (limn_setting) limn_setting_row_get_setting (LIMN_SETTING_ROW (self));
  double tens = pow (10, self->digits);
  GVariant *value = limn_settings[setting].type == LIMN_TYPE_INT
                        ? g_variant_new_int32 ((gint32) lround (number))
                        : g_variant_new_double (round (number * tens) / tens);

  limn_setting_row_set (LIMN_SETTING_ROW (self), setting, value);
}

static void
on_scale_changed (LimnNumberRow *self)
{
  double value = gtk_adjustment_get_value (self->scale_adjustment);

  if (self->step > 0)
    value = self->lower + round ((value - self->lower) / self->step) * self->step;
  if (!limn_setting_row_is_updating (LIMN_SETTING_ROW (self)))
    set_number (self, value);
}

static void
on_spin_changed (LimnNumberRow *self)
{
  if (!limn_setting_row_is_updating (LIMN_SETTING_ROW (self)))
    set_number (self, gtk_adjustment_get_value (self->spin_adjustment));
}

static void
on_pressed (LimnNumberRow *self)
{
  limn_setting_row_new_step (LIMN_SETTING_ROW (self));
}

static gboolean
limn_number_row_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (GTK_WIDGET (LIMN_NUMBER_ROW (widget)->spin));
}

static void
limn_number_row_constructed (GObject *object)
{
  LimnNumberRow *self = LIMN_NUMBER_ROW (object);
  LimnSettingRow *row = LIMN_SETTING_ROW (object);
  const struct limn_key *key = &limn_settings[limn_setting_row_get_setting (row)];

  G_OBJECT_CLASS (limn_number_row_parent_class)->constructed (object);
  gtk_adjustment_configure (self->scale_adjustment, key->number, self->lower, self->upper,
                            self->step, self->step * 5, 0);
  gtk_adjustment_configure (self->spin_adjustment, key->number, key->min, key->max, self->step,
                            self->step * 5, 0);
  gtk_spin_button_set_digits (self->spin, self->digits);
  g_signal_connect_swapped (self->scale_adjustment, "value-changed", G_CALLBACK (on_scale_changed),
                            self);
  g_signal_connect_swapped (self->spin_adjustment, "value-changed", G_CALLBACK (on_spin_changed),
                            self);
  limn_setting_row_name (row, GTK_WIDGET (self->scale));
  limn_setting_row_name (row, GTK_WIDGET (self->spin));
}

static void
limn_number_row_set_property (GObject *object, guint prop, const GValue *value, GParamSpec *pspec)
{
  LimnNumberRow *self = LIMN_NUMBER_ROW (object);

  switch (prop) {
  case PROP_LOWER:
    self->lower = g_value_get_double (value);
    break;
  case PROP_UPPER:
    self->upper = g_value_get_double (value);
    break;
  case PROP_STEP:
    self->step = g_value_get_double (value);
    break;
  case PROP_DIGITS:
    self->digits = g_value_get_uint (value);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop, pspec);
  }
}

static void
limn_number_row_class_init (LimnNumberRowClass *class)
{
  const GParamFlags flags = G_PARAM_WRITABLE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;
  GObjectClass *object_class = G_OBJECT_CLASS (class);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  object_class->constructed = limn_number_row_constructed;
  object_class->set_property = limn_number_row_set_property;
  widget_class->grab_focus = limn_number_row_grab_focus;
  LIMN_SETTING_ROW_CLASS (class)->update = limn_number_row_update;

  props[PROP_LOWER] = g_param_spec_double ("lower", NULL, NULL, 0, 1e6, 0, flags);
  props[PROP_UPPER] = g_param_spec_double ("upper", NULL, NULL, 0, 1e6, 1, flags);
  props[PROP_STEP] = g_param_spec_double ("step", NULL, NULL, 0, 1e6, 1, flags);
  props[PROP_DIGITS] = g_param_spec_uint ("digits", NULL, NULL, 0, 6, 0, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);

  gtk_widget_class_set_template_from_resource (widget_class, "/org/limn/Limn/prompt/number-row.ui");
  gtk_widget_class_bind_template_child (widget_class, LimnNumberRow, scale);
  gtk_widget_class_bind_template_child (widget_class, LimnNumberRow, spin);
  gtk_widget_class_bind_template_child (widget_class, LimnNumberRow, scale_adjustment);
  gtk_widget_class_bind_template_child (widget_class, LimnNumberRow, spin_adjustment);
  gtk_widget_class_bind_template_callback (widget_class, on_pressed);
}

static void
limn_number_row_init (LimnNumberRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}
