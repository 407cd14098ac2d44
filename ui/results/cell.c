/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "results/cell.h"

#include <glib/gi18n.h>

#include "results/content.h"

/* Of the widget's pixels; the width follows from the picture, within limits. */
#define HEIGHT 92
#define MIN_WIDTH 56
#define MAX_WIDTH 168

struct _LimnResultCell {
  GtkWidget parent;

  /* Template */
  GtkPicture *picture;
  GtkImage *star;

  /* Owned */
  LimnResultItem *item;

  bool held; /* its thumbnail */
};

G_DEFINE_FINAL_TYPE (LimnResultCell, limn_result_cell, GTK_TYPE_WIDGET)

LimnResultItem *
limn_result_cell_get_item (LimnResultCell *cell)
{
  return cell->item;
}

static void
set_words (LimnResultCell *self)
{
  g_autofree char *words = limn_result_item_describe (self->item);
  bool favourite = limn_result_item_get_favourite (self->item);
  g_autofree char *label =
      favourite ? g_strdup_printf (_ ("%s, favourite"), words) : g_strdup (words);
  GtkWidget *row = gtk_widget_get_parent (GTK_WIDGET (self));

  gtk_widget_set_tooltip_text (GTK_WIDGET (self), words);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  /* What has the keyboard's focus is the list's own row. */
  if (row != NULL)
    gtk_accessible_update_property (GTK_ACCESSIBLE (row), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
}

static void
on_favourite (LimnResultCell *self)
{
  gtk_widget_set_visible (GTK_WIDGET (self->star), limn_result_item_get_favourite (self->item));
  set_words (self);
}

static void
on_thumbnail (LimnResultCell *self)
{
  g_autoptr (GdkPaintable) thumbnail = NULL;

  g_object_get (self->item, "thumbnail", &thumbnail, NULL);
  gtk_picture_set_paintable (self->picture, thumbnail);
}

static void
release (LimnResultCell *self)
{
  if (self->held)
    limn_result_item_release (self->item);
  self->held = false;
}

static void
on_scale_factor (LimnResultCell *self)
{
  LimnResultItem *item = self->item;
  int scale = gtk_widget_get_scale_factor (GTK_WIDGET (self));
  int picture_width, picture_height, width;

  if (item == NULL)
    return;
  limn_result_item_get_size (item, &picture_width, &picture_height);
  width = HEIGHT * picture_width / MAX (picture_height, 1);
  gtk_widget_set_size_request (GTK_WIDGET (self), CLAMP (width, MIN_WIDTH, MAX_WIDTH), HEIGHT);
  release (self);
  self->held = true;
  limn_result_item_hold (item, MAX (width, 1) * scale, HEIGHT * scale);
}

static void
drop_item (LimnResultCell *self)
{
  if (self->item == NULL)
    return;
  g_signal_handlers_disconnect_by_data (self->item, self);
  release (self);
  g_clear_object (&self->item);
}

void
limn_result_cell_set_item (LimnResultCell *cell, LimnResultItem *item)
{
  drop_item (cell);
  if (item == NULL) {
    gtk_picture_set_paintable (cell->picture, NULL);
    return;
  }
  cell->item = g_object_ref (item);
  g_signal_connect_object (item, "notify::favourite", G_CALLBACK (on_favourite), cell,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (item, "notify::thumbnail", G_CALLBACK (on_thumbnail), cell,
                           G_CONNECT_SWAPPED);
  on_scale_factor (cell);
  on_favourite (cell);
  on_thumbnail (cell);
}

/* --- dragging --- */

static GdkContentProvider *
on_prepare (GtkDragSource *source, double x, double y, LimnResultCell *self)
{
  g_autofree char *name = self->item != NULL ? limn_result_item_file_name (self->item) : NULL;

  return name != NULL ? limn_png_content_new (limn_result_item_get_png (self->item), name) : NULL;
}

static void
on_drag_begin (GtkDragSource *source, GdkDrag *drag, LimnResultCell *self)
{
  GdkPaintable *thumbnail = gtk_picture_get_paintable (self->picture);

  if (thumbnail != NULL)
    gtk_drag_source_set_icon (source, thumbnail, 0, 0);
}

/* --- GObject --- */

static void
limn_result_cell_dispose (GObject *object)
{
  LimnResultCell *self = LIMN_RESULT_CELL (object);

  drop_item (self);
  gtk_widget_dispose_template (GTK_WIDGET (self), LIMN_TYPE_RESULT_CELL);
  G_OBJECT_CLASS (limn_result_cell_parent_class)->dispose (object);
}

static void
limn_result_cell_class_init (LimnResultCellClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = limn_result_cell_dispose;
  gtk_widget_class_set_template_from_resource (widget_class, "/org/limn/Limn/results/cell.ui");
  gtk_widget_class_bind_template_child (widget_class, LimnResultCell, picture);
  gtk_widget_class_bind_template_child (widget_class, LimnResultCell, star);
  gtk_widget_class_bind_template_callback (widget_class, on_prepare);
  gtk_widget_class_bind_template_callback (widget_class, on_drag_begin);
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
  gtk_widget_class_set_css_name (widget_class, "resultcell");
}

static void
limn_result_cell_init (LimnResultCell *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  g_signal_connect (self, "notify::scale-factor", G_CALLBACK (on_scale_factor), NULL);
}

GtkWidget *
limn_result_cell_new (void)
{
  return g_object_new (LIMN_TYPE_RESULT_CELL, NULL);
}
