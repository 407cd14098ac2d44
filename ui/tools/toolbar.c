/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/toolbar.h"

#include "tools/actions.h"
#include "tools/colour-button.h"
#include "tools/look.h"
#include "tools/toolbox.h"

struct _LimnToolbar {
  GtkWidget parent;

  /* Template */
  GtkWidget *scroller;
  GtkBox *buttons;
  GtkWidget *colours;
  LimnColourButton *foreground, *background;
  GtkWidget *swap, *reset;

  /* Owned */
  LimnStudio *studio;
};

G_DEFINE_FINAL_TYPE (LimnToolbar, limn_toolbar, GTK_TYPE_WIDGET)

static void
set_name (GtkWidget *widget, const char *action)
{
  g_autofree char *name = limn_tools_tooltip (action);

  gtk_widget_set_tooltip_text (widget, name);
  gtk_accessible_update_property (GTK_ACCESSIBLE (widget), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
}

static void
add_tools (LimnToolbar *self)
{
  GtkWidget *last = NULL;

  for (int tool = 0; tool < LIMN_N_TOOLS; tool++) {
    g_autofree char *action = g_strconcat ("tool.choose::", limn_tool_names[tool], NULL);
    g_autofree char *icon = g_strconcat ("limn-", limn_tool_names[tool], "-symbolic", NULL);
    GtkWidget *button = gtk_toggle_button_new ();

    gtk_button_set_icon_name (GTK_BUTTON (button), icon);
    gtk_actionable_set_detailed_action_name (GTK_ACTIONABLE (button), action);
    gtk_widget_set_focus_on_click (button, FALSE);
    gtk_widget_set_halign (button, GTK_ALIGN_CENTER);
    gtk_widget_add_css_class (button, "flat");
    set_name (button, action);
    gtk_box_insert_child_after (self->buttons, button, last);
    last = button;
  }
}

static void
limn_toolbar_dispose (GObject *object)
{
  LimnToolbar *self = LIMN_TOOLBAR (object);

  g_clear_pointer (&self->scroller, gtk_widget_unparent);
  g_clear_object (&self->studio);
  G_OBJECT_CLASS (limn_toolbar_parent_class)->dispose (object);
}

static void
limn_toolbar_class_init (LimnToolbarClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  limn_tools_look ();
  g_type_ensure (LIMN_TYPE_COLOUR_BUTTON);
  G_OBJECT_CLASS (class)->dispose = limn_toolbar_dispose;
  gtk_widget_class_set_template_from_resource (widget_class, "/org/limn/Limn/tools/toolbar.ui");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_TOOLBAR);
  gtk_widget_class_bind_template_child (widget_class, LimnToolbar, scroller);
  gtk_widget_class_bind_template_child (widget_class, LimnToolbar, buttons);
  gtk_widget_class_bind_template_child (widget_class, LimnToolbar, colours);
  gtk_widget_class_bind_template_child (widget_class, LimnToolbar, foreground);
  gtk_widget_class_bind_template_child (widget_class, LimnToolbar, background);
  gtk_widget_class_bind_template_child (widget_class, LimnToolbar, swap);
  gtk_widget_class_bind_template_child (widget_class, LimnToolbar, reset);
}

static void
limn_toolbar_init (LimnToolbar *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  add_tools (self);
  set_name (self->swap, "tool.swap-colours");
  set_name (self->reset, "tool.default-colours");
}

GtkWidget *
limn_toolbar_new (LimnStudio *studio)
{
  const GBindingFlags flags = G_BINDING_BIDIRECTIONAL | G_BINDING_SYNC_CREATE;
  LimnToolbar *self = g_object_new (LIMN_TYPE_TOOLBAR, NULL);
  GActionGroup *actions = limn_tool_actions_new (studio);

  self->studio = g_object_ref (studio);
  gtk_widget_insert_action_group (GTK_WIDGET (self), "tool", actions);
  g_object_unref (actions);
  g_object_bind_property (studio, "colour", self->foreground, "colour", flags);
  g_object_bind_property (limn_toolbox_of (studio), "background", self->background, "colour",
                          flags);
  return GTK_WIDGET (self);
}
