/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prompt/rows.h"

#include <glib/gi18n.h>

struct _LimnChoiceRow {
  LimnSettingRow parent;

  /* Template */
  GtkLabel *label;
  GtkDropDown *drop_down;

  int setting;
};

G_DEFINE_FINAL_TYPE (LimnChoiceRow, limn_choice_row, LIMN_TYPE_SETTING_ROW)

enum {
  PROP_SETTING = 1,
  PROP_TITLE,
  N_PROPS,
};
static GParamSpec *props[N_PROPS];

/* What the engine's names are called here; names that are not in the list are shown as they are. */
static const struct {
  const char *name, *title;
} titles[] = {
  { "ddim", "DDIM" },
  { "euler", "Euler" },
  { "dpm++2m", "DPM++ 2M" },
  { "ddpm", "DDPM" },
  { "euler-a", N_ ("Euler ancestral") },
  { "heun", "Heun" },
  { "dpm++2m-sde", "DPM++ 2M SDE" },
  { "unipc", "UniPC" },
  { "lcm", "LCM" },
  { "default", N_ ("The sampler's own") },
  { "uniform", N_ ("Uniform") },
  { "karras", "Karras" },
  { "exponential", N_ ("Exponential") },
  { "ays", N_ ("Align your steps") },
  { "latent", N_ ("Latents") },
  { "picture", N_ ("The picture") },
};

static const char *
title_of (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (titles); i++)
    if (g_str_equal (titles[i].name, name))
      return _ (titles[i].title);
  return name;
}

static void
limn_choice_row_update (LimnSettingRow *row, LimnDocument *document, int setting)
{
  LimnChoiceRow *self = LIMN_CHOICE_ROW (row);
  const char *name;

  if (setting != self->setting && setting != LIMN_ALL_SETTINGS)
    return;
  name = limn_document_get_text (document, (limn_setting) self->setting);
  gtk_drop_down_set_selected (
      self->drop_down, (guint) limn_choice_find (limn_settings[self->setting].choices, name));
}

static void
on_selected (LimnChoiceRow *self)
{
  guint selected = gtk_drop_down_get_selected (self->drop_down);

  if (limn_setting_row_is_updating (LIMN_SETTING_ROW (self)) ||
      selected == GTK_INVALID_LIST_POSITION)
    return;
  limn_setting_row_new_step (LIMN_SETTING_ROW (self));
  limn_setting_row_set (LIMN_SETTING_ROW (self), (limn_setting) self->setting,
                        g_variant_new_string (limn_settings[self->setting].choices[selected]));
}

static gboolean
limn_choice_row_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (GTK_WIDGET (LIMN_CHOICE_ROW (widget)->drop_down));
}

static void
limn_choice_row_constructed (GObject *object)
{
  LimnChoiceRow *self = LIMN_CHOICE_ROW (object);
  g_autoptr (GtkStringList) list = gtk_string_list_new (NULL);

  G_OBJECT_CLASS (limn_choice_row_parent_class)->constructed (object);
  g_return_if_fail (self->setting >= 0);
  for (const char *const *name = limn_settings[self->setting].choices; *name != NULL; name++)
    gtk_string_list_append (list, title_of (*name));
  gtk_drop_down_set_model (self->drop_down, G_LIST_MODEL (list));
  g_signal_connect_swapped (self->drop_down, "notify::selected", G_CALLBACK (on_selected), self);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->drop_down), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  gtk_label_get_label (self->label), -1);
}

static void
limn_choice_row_set_property (GObject *object, guint prop, const GValue *value, GParamSpec *pspec)
{
  LimnChoiceRow *self = LIMN_CHOICE_ROW (object);

  if (prop == PROP_SETTING)
    self->setting = limn_setting_row_find (g_value_get_string (value));
  else if (prop == PROP_TITLE)
    gtk_label_set_label (self->label, g_value_get_string (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop, pspec);
}

static void
limn_choice_row_class_init (LimnChoiceRowClass *class)
{
  const GParamFlags flags = G_PARAM_WRITABLE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;
  GObjectClass *object_class = G_OBJECT_CLASS (class);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  object_class->constructed = limn_choice_row_constructed;
  object_class->set_property = limn_choice_row_set_property;
  widget_class->grab_focus = limn_choice_row_grab_focus;
  LIMN_SETTING_ROW_CLASS (class)->update = limn_choice_row_update;
  props[PROP_SETTING] = g_param_spec_string ("setting", NULL, NULL, NULL, flags);
  props[PROP_TITLE] = g_param_spec_string ("title", NULL, NULL, NULL, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);

  gtk_widget_class_set_template_from_resource (widget_class, "/org/limn/Limn/prompt/choice-row.ui");
  gtk_widget_class_bind_template_child (widget_class, LimnChoiceRow, label);
  gtk_widget_class_bind_template_child (widget_class, LimnChoiceRow, drop_down);
}

static void
limn_choice_row_init (LimnChoiceRow *self)
{
  self->setting = -1;
  gtk_widget_init_template (GTK_WIDGET (self));
}
