/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "generate/queue-row.h"

struct _LimnQueueRow {
  GtkWidget parent;

  /* Template */
  GtkLabel *title_label;
  GtkLabel *status_label;
  GtkProgressBar *progress_bar;
  GtkWidget *up_button;
  GtkWidget *down_button;
  GtkWidget *cancel_button;

  /* Owned */
  LimnJob *job;
};

G_DEFINE_FINAL_TYPE (LimnQueueRow, limn_queue_row, GTK_TYPE_WIDGET)

static void
update (LimnQueueRow *row)
{
  limn_job_state state = limn_job_get_state (row->job);
  bool waits = state == LIMN_JOB_QUEUED, ended = limn_job_has_ended (row->job);
  g_autofree char *status = limn_job_get_status (row->job);

  gtk_label_set_text (row->status_label, status);
  gtk_progress_bar_set_fraction (row->progress_bar, limn_job_get_fraction (row->job));
  gtk_widget_set_visible (GTK_WIDGET (row->progress_bar), !waits && !ended);
  gtk_widget_set_visible (row->up_button, waits);
  gtk_widget_set_visible (row->down_button, waits);
  gtk_widget_set_visible (row->cancel_button, !ended);
  if (state == LIMN_JOB_FAILED)
    gtk_widget_add_css_class (GTK_WIDGET (row->status_label), "error");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (row->status_label), "error");
}

void
limn_queue_row_set_job (LimnQueueRow *row, LimnJob *job)
{
  if (row->job != NULL)
    g_signal_handlers_disconnect_by_data (row->job, row);
  g_set_object (&row->job, job);
  if (job == NULL)
    return;
  gtk_label_set_text (row->title_label, limn_job_get_title (job));
  gtk_widget_set_tooltip_text (GTK_WIDGET (row->title_label), limn_job_get_title (job));
  g_signal_connect_swapped (job, "notify::status", G_CALLBACK (update), row);
  update (row);
}

static void
on_up (LimnQueueRow *row)
{
  limn_queue_move (limn_queue_get_default (), row->job, -1);
}

static void
on_down (LimnQueueRow *row)
{
  limn_queue_move (limn_queue_get_default (), row->job, 1);
}

static void
on_cancel (LimnQueueRow *row)
{
  limn_queue_cancel (limn_queue_get_default (), row->job);
}

static void
limn_queue_row_dispose (GObject *object)
{
  LimnQueueRow *self = LIMN_QUEUE_ROW (object);
  GtkWidget *child;

  limn_queue_row_set_job (self, NULL);
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self))) != NULL)
    gtk_widget_unparent (child);
  G_OBJECT_CLASS (limn_queue_row_parent_class)->dispose (object);
}

static void
limn_queue_row_class_init (LimnQueueRowClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = limn_queue_row_dispose;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/limn/Limn/generate/queue-row.ui");
  gtk_widget_class_bind_template_child (widget_class, LimnQueueRow, title_label);
  gtk_widget_class_bind_template_child (widget_class, LimnQueueRow, status_label);
  gtk_widget_class_bind_template_child (widget_class, LimnQueueRow, progress_bar);
  gtk_widget_class_bind_template_child (widget_class, LimnQueueRow, up_button);
  gtk_widget_class_bind_template_child (widget_class, LimnQueueRow, down_button);
  gtk_widget_class_bind_template_child (widget_class, LimnQueueRow, cancel_button);
  gtk_widget_class_bind_template_callback (widget_class, on_up);
  gtk_widget_class_bind_template_callback (widget_class, on_down);
  gtk_widget_class_bind_template_callback (widget_class, on_cancel);
}

static void
limn_queue_row_init (LimnQueueRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
limn_queue_row_new (void)
{
  return g_object_new (LIMN_TYPE_QUEUE_ROW, NULL);
}
