/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prompt/panel-private.h"

#include "prompt/records.h"

G_DEFINE_FINAL_TYPE (LimnPromptPanel, limn_prompt_panel, GTK_TYPE_WIDGET)

LimnPromptView *
limn_prompt_panel_get_active (LimnPromptPanel *self)
{
  return limn_prompt_view_has_focus (self->negative) ? self->negative : self->prompt;
}

/* --- what the files of styles and presets say --- */

static void
on_problem (LimnPromptPanel *self, const char *sentence)
{
  limn_studio_say (self->studio, sentence);
}

static gboolean
tell_old_problems (gpointer data)
{
  LimnPromptPanel *self = data;
  LimnRecords *const all[] = { limn_styles (), limn_presets () };

  for (gsize i = 0; i < G_N_ELEMENTS (all); i++) {
    g_autofree char *problem = limn_records_take_problem (all[i]);

    if (problem != NULL && self->studio != NULL)
      limn_studio_say (self->studio, problem);
  }
  return G_SOURCE_REMOVE;
}

static void
listen (LimnPromptPanel *self)
{
  g_signal_connect_object (limn_styles (), "problem", G_CALLBACK (on_problem), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (limn_presets (), "problem", G_CALLBACK (on_problem), self,
                           G_CONNECT_SWAPPED);
  /* Once there is a window that can show them. */
  g_idle_add_full (G_PRIORITY_LOW, tell_old_problems, g_object_ref (self), g_object_unref);
}

/* --- GObject --- */

static void
load_style (void)
{
  static bool done;
  g_autoptr (GtkCssProvider) provider = NULL;
  GdkDisplay *display = gdk_display_get_default ();

  if (done || display == NULL)
    return;
  done = true;
  provider = gtk_css_provider_new ();
  gtk_css_provider_load_from_resource (provider, "/org/limn/Limn/prompt/prompt.css");
  gtk_style_context_add_provider_for_display (display, GTK_STYLE_PROVIDER (provider),
                                              GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
  gtk_icon_theme_add_resource_path (gtk_icon_theme_get_for_display (display),
                                    "/org/limn/Limn/prompt/icons");
}

static void
limn_prompt_panel_dispose (GObject *object)
{
  LimnPromptPanel *self = LIMN_PROMPT_PANEL (object);

  g_clear_pointer (&self->scroller, gtk_widget_unparent);
  g_clear_object (&self->studio);
  G_OBJECT_CLASS (limn_prompt_panel_parent_class)->dispose (object);
}

static gboolean
limn_prompt_panel_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (GTK_WIDGET (LIMN_PROMPT_PANEL (widget)->prompt));
}

static void
limn_prompt_panel_class_init (LimnPromptPanelClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = limn_prompt_panel_dispose;
  widget_class->grab_focus = limn_prompt_panel_grab_focus;
  g_type_ensure (LIMN_TYPE_CHOICE_ROW);
  g_type_ensure (LIMN_TYPE_DEVICE_ROW);
  g_type_ensure (LIMN_TYPE_MODEL_ROW);
  g_type_ensure (LIMN_TYPE_NUMBER_ROW);
  g_type_ensure (LIMN_TYPE_PRESET_ROW);
  g_type_ensure (LIMN_TYPE_PROMPT_VIEW);
  g_type_ensure (LIMN_TYPE_SEED_ROW);
  g_type_ensure (LIMN_TYPE_SIZE_ROW);
  g_type_ensure (LIMN_TYPE_STYLE_ROW);
  g_type_ensure (LIMN_TYPE_TOGGLE_ROW);
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/limn/Limn/prompt/panel.ui");
  gtk_widget_class_bind_template_child (widget_class, LimnPromptPanel, scroller);
  gtk_widget_class_bind_template_child (widget_class, LimnPromptPanel, preset);
  gtk_widget_class_bind_template_child (widget_class, LimnPromptPanel, prompt);
  gtk_widget_class_bind_template_child (widget_class, LimnPromptPanel, negative);
  gtk_widget_class_bind_template_child (widget_class, LimnPromptPanel, style);
  gtk_widget_class_bind_template_child (widget_class, LimnPromptPanel, model);
  gtk_widget_class_bind_template_child (widget_class, LimnPromptPanel, sampling);
  gtk_widget_class_bind_template_child (widget_class, LimnPromptPanel, more);
}

static void
limn_prompt_panel_init (LimnPromptPanel *self)
{
  load_style ();
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
limn_prompt_panel_new (LimnStudio *studio)
{
  LimnPromptPanel *panel = g_object_new (LIMN_TYPE_PROMPT_PANEL, NULL);

  panel->studio = g_object_ref (studio);
  limn_setting_rows_set_studio (GTK_WIDGET (panel), studio);
  /* What a closed expander holds is no child of anything. */
  limn_setting_rows_set_studio (panel->sampling, studio);
  limn_setting_rows_set_studio (panel->more, studio);
  listen (panel);
  return GTK_WIDGET (panel);
}
