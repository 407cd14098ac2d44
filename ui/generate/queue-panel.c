/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "generate/queue-panel.h"

#include "generate/queue-row.h"

struct _LimnQueuePanel {
  GtkWidget parent;

  /* Template */
  GtkStack *stack;
  GtkListView *list;

  /* Borrowed: it lives as long as the program */
  LimnQueue *queue;
};

G_DEFINE_FINAL_TYPE (LimnQueuePanel, limn_queue_panel, GTK_TYPE_WIDGET)

static void
on_setup (GtkSignalListItemFactory *factory, GtkListItem *item, gpointer data)
{
  gtk_list_item_set_child (item, limn_queue_row_new ());
  /* Its buttons are what there is to do. */
  gtk_list_item_set_activatable (item, FALSE);
  gtk_list_item_set_selectable (item, FALSE);
}

static void
on_bind (GtkSignalListItemFactory *factory, GtkListItem *item, gpointer data)
{
  limn_queue_row_set_job (LIMN_QUEUE_ROW (gtk_list_item_get_child (item)),
                          gtk_list_item_get_item (item));
}

static void
on_unbind (GtkSignalListItemFactory *factory, GtkListItem *item, gpointer data)
{
  limn_queue_row_set_job (LIMN_QUEUE_ROW (gtk_list_item_get_child (item)), NULL);
}

static void
on_items_changed (LimnQueuePanel *panel)
{
  bool any = g_list_model_get_n_items (G_LIST_MODEL (panel->queue)) > 0;

  gtk_stack_set_visible_child_name (panel->stack, any ? "list" : "empty");
}

static void
limn_queue_panel_dispose (GObject *object)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (object))) != NULL)
    gtk_widget_unparent (child);
  G_OBJECT_CLASS (limn_queue_panel_parent_class)->dispose (object);
}

static void
limn_queue_panel_class_init (LimnQueuePanelClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = limn_queue_panel_dispose;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/limn/Limn/generate/queue-panel.ui");
  gtk_widget_class_bind_template_child (widget_class, LimnQueuePanel, stack);
  gtk_widget_class_bind_template_child (widget_class, LimnQueuePanel, list);
}

static void
limn_queue_panel_init (LimnQueuePanel *self)
{
  g_autoptr (GtkListItemFactory) factory = gtk_signal_list_item_factory_new ();
  g_autoptr (GtkNoSelection) selection = NULL;

  self->queue = limn_queue_get_default ();
  gtk_widget_init_template (GTK_WIDGET (self));
  g_signal_connect (factory, "setup", G_CALLBACK (on_setup), NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (on_bind), NULL);
  g_signal_connect (factory, "unbind", G_CALLBACK (on_unbind), NULL);
  gtk_list_view_set_factory (self->list, factory);
  selection = gtk_no_selection_new (g_object_ref (G_LIST_MODEL (self->queue)));
  gtk_list_view_set_model (self->list, GTK_SELECTION_MODEL (selection));
  g_signal_connect_object (self->queue, "items-changed", G_CALLBACK (on_items_changed), self,
                           G_CONNECT_SWAPPED);
  on_items_changed (self);
}

GtkWidget *
limn_queue_panel_new (LimnStudio *studio)
{
  return g_object_new (LIMN_TYPE_QUEUE_PANEL, NULL);
}
