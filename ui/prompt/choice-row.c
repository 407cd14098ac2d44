/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prompt/rows.h"

#include <glib/gi18n.h>

struct _LimnChoiceRow {
  LimnSettingRow parent;

  /* Template */
  GtkDropDown *drop_down;
};

G_DEFINE_FINAL_TYPE (LimnChoiceRow, limn_choice_row, LIMN_TYPE_SETTING_ROW)

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
  limn_setting own = (limn_setting) limn_setting_row_get_setting (row);
  int choice =
      limn_choice_find (limn_settings[own].choices, limn_document_get_text (document, own));

  gtk_drop_down_set_selected (LIMN_CHOICE_ROW (row)->drop_down, (guint) choice);
}

static void
on_selected (LimnSettingRow *row)
{
  limn_setting setting = (limn_setting) limn_setting_row_get_setting (row);
  guint selected = gtk_drop_down_get_selected (LIMN_CHOICE_ROW (row)->drop_down);

  if (limn_setting_row_is_updating (row) || selected == GTK_INVALID_LIST_POSITION)
    return;
  limn_setting_row_new_step (row);
  limn_setting_row_set (row, setting,
                        g_variant_new_string (limn_settings[setting].choices[selected]));
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
  int setting = limn_setting_row_get_setting (LIMN_SETTING_ROW (self));
  g_autoptr (GtkStringList) list = gtk_string_list_new (NULL);

  G_OBJECT_CLASS (limn_choice_row_parent_class)->constructed (object);
  for (const char *const *name = limn_settings[setting].choices; *name != NULL; name++)
    gtk_string_list_append (list, title_of (*name));
  gtk_drop_down_set_model (self->drop_down, G_LIST_MODEL (list));
  g_signal_connect_swapped (self->drop_down, "notify::selected", G_CALLBACK (on_selected), self);
  limn_setting_row_name (LIMN_SETTING_ROW (self), GTK_WIDGET (self->drop_down));
}

static void
limn_choice_row_class_init (LimnChoiceRowClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->constructed = limn_choice_row_constructed;
  widget_class->grab_focus = limn_choice_row_grab_focus;
  LIMN_SETTING_ROW_CLASS (class)->update = limn_choice_row_update;

  gtk_widget_class_set_template_from_resource (widget_class, "/org/limn/Limn/prompt/choice-row.ui");
  gtk_widget_class_bind_template_child (widget_class, LimnChoiceRow, drop_down);
}

static void
limn_choice_row_init (LimnChoiceRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}
